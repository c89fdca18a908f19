// SPDX-License-Identifier: MIT
// TCP echo server on one thread and one edge-triggered epoll: the yardstick of ../README.md.
//
// What the kernel charges for an echo, and as little else as C allows. A descriptor is registered
// once, for both directions, and never modified again. Its readiness is remembered between system
// calls: a read shorter than the buffer means that the socket is drained, so the next thing to
// happen is an edge and not a recv that would return EAGAIN. Connections that are ready wait their
// turn in a queue, and a turn is bounded: one endless stream must not keep all others waiting.

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { kMaxEvents = 256, kReadsATurn = 16, kBacklog = 1024, kMaxBuffer = 1 << 20 };

struct connection {
    int fd;
    bool readable;
    bool writable;
    bool hung_up;   // the end of the stream is near: a short read no longer means drained
    char* pending;  // bytes read but not yet accepted by the socket, or NULL
    size_t pending_size;
    size_t pending_sent;
    struct connection* next;  // in the queue
    bool queued;
};

struct queue {
    struct connection* first;
    struct connection** end;
};

enum outcome { kWaiting, kReady, kClosed };

static char read_buffer[kMaxBuffer];
static size_t buffer_size = 4096;
static struct queue ready = {.first = NULL, .end = &ready.first};

static void die(const char* what) {
    perror(what);
    exit(1);
}

// Sends until all is sent or the socket is full. Returns the number of bytes sent, or -1 when the
// connection is broken.
static ssize_t send_some(struct connection* connection, const char* bytes, size_t size) {
    size_t sent = 0;
    while (sent < size && connection->writable) {
        ssize_t count = send(connection->fd, bytes + sent, size - sent, MSG_NOSIGNAL);
        if (count >= 0) {
            connection->writable = (size_t)count == size - sent;
            sent += (size_t)count;
        } else if (errno == EAGAIN) {
            connection->writable = false;
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return (ssize_t)sent;
}

static enum outcome flush_pending(struct connection* connection) {
    ssize_t sent = send_some(connection, connection->pending + connection->pending_sent,
                             connection->pending_size - connection->pending_sent);
    if (sent < 0) {
        return kClosed;
    }
    connection->pending_sent += (size_t)sent;
    if (connection->pending_sent == connection->pending_size) {
        free(connection->pending);
        connection->pending = NULL;
    }
    return kWaiting;
}

static enum outcome echo(struct connection* connection, size_t size) {
    ssize_t sent = send_some(connection, read_buffer, size);
    if (sent < 0) {
        return kClosed;
    }
    size_t rest = size - (size_t)sent;
    if (rest > 0) {
        connection->pending = malloc(rest);
        if (connection->pending == NULL) {
            return kClosed;
        }
        memcpy(connection->pending, read_buffer + sent, rest);
        connection->pending_size = rest;
        connection->pending_sent = 0;
    }
    return kWaiting;
}

// Does what the remembered readiness allows, for one turn. `kReady` asks for another turn.
static enum outcome serve(struct connection* connection) {
    if (connection->pending != NULL && flush_pending(connection) == kClosed) {
        return kClosed;
    }
    for (int reads = 0; connection->readable && connection->pending == NULL; ++reads) {
        if (reads == kReadsATurn) {
            return kReady;
        }
        ssize_t count = recv(connection->fd, read_buffer, buffer_size, 0);
        if (count == 0) {
            return kClosed;
        }
        if (count < 0) {
            if (errno == EAGAIN) {
                connection->readable = false;
            } else if (errno != EINTR) {
                return kClosed;
            }
            continue;
        }
        if ((size_t)count < buffer_size && !connection->hung_up) {
            connection->readable = false;
        }
        if (echo(connection, (size_t)count) == kClosed) {
            return kClosed;
        }
    }
    return kWaiting;
}

static void close_connection(struct connection* connection) {
    close(connection->fd);
    free(connection->pending);
    free(connection);
}

static void enqueue(struct connection* connection) {
    if (!connection->queued) {
        connection->queued = true;
        connection->next = NULL;
        *ready.end = connection;
        ready.end = &connection->next;
    }
}

// Gives a turn to each connection that is in the queue now. A connection is closed nowhere else,
// so none in the queue or in the events still to come is ever a dangling one.
static void serve_ready(void) {
    struct connection* connection = ready.first;
    ready = (struct queue){.first = NULL, .end = &ready.first};
    while (connection != NULL) {
        struct connection* next = connection->next;
        connection->queued = false;
        enum outcome outcome = serve(connection);
        if (outcome == kReady) {
            enqueue(connection);
        } else if (outcome == kClosed) {
            close_connection(connection);
        }
        connection = next;
    }
}

static void on_connection_event(struct connection* connection, uint32_t events) {
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
        connection->hung_up = true;
        connection->readable = true;
    }
    if (events & EPOLLIN) {
        connection->readable = true;
    }
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) {
        connection->writable = true;
    }
    enqueue(connection);
}

static void accept_all(int epoll, int listener) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EINTR || errno == ECONNABORTED) {
                continue;
            }
            if (errno != EAGAIN) {
                die("accept");
            }
            return;
        }
        int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct connection* connection = calloc(1, sizeof *connection);
        if (connection == NULL) {
            close(fd);
            continue;
        }
        connection->fd = fd;
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                    .data.ptr = connection};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
            close_connection(connection);
        }
    }
}

static int listen_on(uint16_t port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int one = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, (struct sockaddr*)&address, size) != 0 || listen(fd, kBacklog) != 0 ||
        getsockname(fd, (struct sockaddr*)&address, &size) != 0) {
        die("listen");
    }
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static int open_signals(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

// Registers a descriptor that is not a connection; `tag` is what its events carry.
static void watch(int epoll, int fd, void* tag) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = tag};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        die("epoll_ctl");
    }
}

static void run(uint16_t port) {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    int signals = open_signals();
    int listener = listen_on(port);
    watch(epoll, listener, &listener);
    watch(epoll, signals, &signals);

    struct epoll_event events[kMaxEvents];
    for (;;) {
        int count = epoll_wait(epoll, events, kMaxEvents, ready.first == NULL ? -1 : 0);
        if (count < 0 && errno != EINTR) {
            die("epoll_wait");
        }
        for (int i = 0; i < count; ++i) {
            void* tag = events[i].data.ptr;
            if (tag == &signals) {
                return;
            }
            if (tag == &listener) {
                accept_all(epoll, listener);
            } else {
                on_connection_event(tag, events[i].events);
            }
        }
        serve_ready();
    }
}

static void raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

// Accepts the options of the other echo servers; here there is only one flavor, of one thread.
int main(int argc, char** argv) {
    long port = 0;
    for (int i = 1; i < argc; i += 2) {
        const char* value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--port") == 0) {
            port = strtol(value, NULL, 10);
        } else if (strcmp(argv[i], "--buffer") == 0) {
            buffer_size = strtoul(value, NULL, 10);
        } else if ((strcmp(argv[i], "--workers") != 0 || strcmp(value, "1") != 0) &&
                   (strcmp(argv[i], "--flavor") != 0 || strcmp(value, "current_thread") != 0)) {
            port = -1;
            break;
        }
    }
    if (port < 0 || port > UINT16_MAX || buffer_size == 0 || buffer_size > kMaxBuffer) {
        fprintf(stderr,
                "usage: raw_epoll_echo [--port P] [--buffer BYTES]"
                " [--flavor current_thread] [--workers 1]\n");
        return 2;
    }
    raise_descriptor_limit();
    run((uint16_t)port);
    return 0;
}
