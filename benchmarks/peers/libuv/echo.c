// SPDX-License-Identifier: MIT
// TCP echo server with libuv, see ../README.md.
//
// One loop on one thread, libuv's model. A connection has a buffer and a write request of its own,
// so that an echo allocates nothing. uv_try_write sends at once; only what the socket does not take
// becomes a request, and reading pauses until it is done.

#define _GNU_SOURCE

#include "../common/echo_server.h"

#include <uv.h>

struct connection {
    uv_tcp_t socket;
    uv_write_t request;
    char buffer[];
};

static size_t buffer_size;
static uv_signal_t signals[2];

static void check(int result, const char* what) {
    if (result < 0) {
        fprintf(stderr, "uv_echo: %s: %s\n", what, uv_strerror(result));
        exit(1);
    }
}

static void on_closed(uv_handle_t* handle) {
    free(handle->data);
}

static void close_connection(struct connection* connection) {
    if (!uv_is_closing((uv_handle_t*)&connection->socket)) {
        uv_close((uv_handle_t*)&connection->socket, on_closed);
    }
}

static void on_alloc(uv_handle_t* handle, size_t suggested, uv_buf_t* buffer) {
    (void)suggested;
    struct connection* connection = handle->data;
    *buffer = uv_buf_init(connection->buffer, (unsigned)buffer_size);
}

static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer);

static void on_written(uv_write_t* request, int status) {
    struct connection* connection = request->data;
    if (status < 0 || uv_read_start((uv_stream_t*)&connection->socket, on_alloc, on_read) < 0) {
        close_connection(connection);
    }
}

static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
    struct connection* connection = stream->data;
    if (count <= 0) {
        if (count < 0) {
            close_connection(connection);
        }
        return;
    }
    uv_buf_t bytes = uv_buf_init(buffer->base, (unsigned)count);
    int sent = uv_try_write(stream, &bytes, 1);
    if (sent == count) {
        return;
    }
    if (sent > 0) {
        bytes.base += sent;
        bytes.len -= (size_t)sent;
    } else if (sent != UV_EAGAIN) {
        close_connection(connection);
        return;
    }
    uv_read_stop(stream);
    connection->request.data = connection;
    if (uv_write(&connection->request, stream, &bytes, 1, on_written) < 0) {
        close_connection(connection);
    }
}

static void on_connection(uv_stream_t* listener, int status) {
    if (status < 0) {
        return;
    }
    struct connection* connection = malloc(sizeof *connection + buffer_size);
    if (connection == NULL) {
        return;
    }
    uv_tcp_init(listener->loop, &connection->socket);
    connection->socket.data = connection;
    uv_stream_t* stream = (uv_stream_t*)&connection->socket;
    if (uv_accept(listener, stream) < 0 || uv_tcp_nodelay(&connection->socket, 1) < 0 ||
        uv_read_start(stream, on_alloc, on_read) < 0) {
        close_connection(connection);
    }
}

static void on_signal(uv_signal_t* signal, int number) {
    (void)number;
    uv_stop(signal->loop);
}

static void watch_signals(uv_loop_t* loop) {
    const int numbers[] = {SIGTERM, SIGINT};
    for (int i = 0; i < 2; ++i) {
        check(uv_signal_init(loop, &signals[i]), "uv_signal_init");
        check(uv_signal_start(&signals[i], on_signal, numbers[i]), "uv_signal_start");
    }
}

int main(int argc, char** argv) {
    struct echo_options options = parse_echo_options(argc, argv, false);
    buffer_size = options.buffer;
    raise_descriptor_limit();
    signal(SIGPIPE, SIG_IGN);  // libuv leaves that to the program
    uv_loop_t* loop = uv_default_loop();
    watch_signals(loop);

    uv_tcp_t listener;
    struct sockaddr_in address;
    check(uv_tcp_init(loop, &listener), "uv_tcp_init");
    check(uv_ip4_addr("127.0.0.1", options.port, &address), "uv_ip4_addr");
    check(uv_tcp_bind(&listener, (struct sockaddr*)&address, 0), "uv_tcp_bind");
    check(uv_listen((uv_stream_t*)&listener, kBacklog, on_connection), "uv_listen");
    uv_os_fd_t fd;
    check(uv_fileno((uv_handle_t*)&listener, &fd), "uv_fileno");
    announce(fd);
    uv_run(loop, UV_RUN_DEFAULT);
    return 0;
}
