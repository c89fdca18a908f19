// SPDX-License-Identifier: MIT
// What the echo servers in C share: the command line, the listening socket, the descriptor limit.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { kBacklog = 1024, kMaxBuffer = 1 << 20 };

struct echo_options {
    uint16_t port;
    size_t buffer;
    bool multi;
    unsigned workers;
};

static inline void die(const char* what) {
    perror(what);
    exit(1);
}

// Reads the command line; on a mistake says how it should be, and ends the process with 2.
static inline struct echo_options parse_echo_options(int argc, char** argv, bool multi_allowed) {
    struct echo_options options = {.port = 0, .buffer = 4096, .multi = false, .workers = 1};
    bool good = true;
    for (int i = 1; i < argc && good; i += 2) {
        const char* value = i + 1 < argc ? argv[i + 1] : "";
        char* end = NULL;
        unsigned long number = strtoul(value, &end, 10);
        bool is_number = end != value && *end == '\0';
        if (strcmp(argv[i], "--port") == 0) {
            options.port = (uint16_t)number;
            good = is_number && number <= UINT16_MAX;
        } else if (strcmp(argv[i], "--buffer") == 0) {
            options.buffer = number;
            good = is_number && number > 0 && number <= kMaxBuffer;
        } else if (strcmp(argv[i], "--workers") == 0) {
            options.workers = (unsigned)number;
            good = is_number && number > 0 && (multi_allowed || number == 1);
        } else if (strcmp(argv[i], "--flavor") == 0) {
            options.multi = strcmp(value, "multi") == 0;
            good = options.multi ? multi_allowed : strcmp(value, "current_thread") == 0;
        } else {
            good = false;
        }
    }
    if (!good) {
        fprintf(
            stderr,
            "usage: %s [--port P] [--buffer BYTES] [--flavor current_thread%s] [--workers %s]\n",
            argv[0], multi_allowed ? "|multi" : "", multi_allowed ? "N" : "1");
        exit(2);
    }
    return options;
}

// Lets the process open as many descriptors as it is allowed to.
static inline void raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

// Says where the server listens; the load generator waits for that line.
static inline void announce(int fd) {
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr*)&address, &size) != 0) {
        die("getsockname");
    }
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
}

// `type_flags` are those of socket(2), for example SOCK_NONBLOCK.
static inline int listen_on(uint16_t port, int type_flags) {
    int fd = socket(AF_INET, SOCK_STREAM | type_flags, 0);
    int one = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, (struct sockaddr*)&address, sizeof address) != 0 || listen(fd, kBacklog) != 0) {
        die("listen");
    }
    announce(fd);
    return fd;
}

static inline void set_nodelay(int fd) {
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

// Blocks SIGTERM and SIGINT in this thread and those it will start; returns the two.
static inline sigset_t block_stop_signals(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    return signals;
}
