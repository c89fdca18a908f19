// SPDX-License-Identifier: MIT
// TCP echo server with a blocking thread for each connection, see ../README.md.
//
// What a program was before there were events: no readiness, no queue, one recv and one send an
// echo, and a switch of threads by the kernel in between. `--workers` is accepted and has no
// meaning: it has as many threads as connections, and the CPUs it is given by taskset.

#define _GNU_SOURCE

#include "../common/echo_server.h"

#include <errno.h>
#include <pthread.h>

enum { kStackSize = 64 * 1024 };  // the buffer is on the heap

static size_t buffer_size;

static bool send_all(int fd, const char* bytes, size_t size) {
    while (size > 0) {
        ssize_t count = send(fd, bytes, size, MSG_NOSIGNAL);
        if (count < 0 && errno != EINTR) {
            return false;
        }
        if (count > 0) {
            bytes += count;
            size -= (size_t)count;
        }
    }
    return true;
}

static void* echo(void* argument) {
    int fd = (int)(intptr_t)argument;
    set_nodelay(fd);
    char* buffer = malloc(buffer_size);
    while (buffer != NULL) {
        ssize_t count = recv(fd, buffer, buffer_size, 0);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0 || !send_all(fd, buffer, (size_t)count)) {
            break;
        }
    }
    free(buffer);
    close(fd);
    return NULL;
}

static void* serve(void* argument) {
    int listener = (int)(intptr_t)argument;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, kStackSize);
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EINTR || errno == ECONNABORTED) {
                continue;
            }
            die("accept");
        }
        pthread_t thread;
        if (pthread_create(&thread, &attributes, echo, (void*)(intptr_t)fd) != 0) {
            close(fd);  // the load generator reports it
        }
    }
    return NULL;
}

int main(int argc, char** argv) {
    struct echo_options options = parse_echo_options(argc, argv, true);
    buffer_size = options.buffer;
    raise_descriptor_limit();
    sigset_t signals = block_stop_signals();
    int listener = listen_on(options.port, SOCK_CLOEXEC);
    pthread_t acceptor;
    if (pthread_create(&acceptor, NULL, serve, (void*)(intptr_t)listener) != 0) {
        die("pthread_create");
    }
    int signal_number = 0;
    sigwait(&signals, &signal_number);
    _exit(0);  // the connections' threads are waiting for bytes that will not come
}
