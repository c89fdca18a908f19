// SPDX-License-Identifier: MIT
// TCP echo server on one thread and one io_uring, see ../README.md: what the kernel charges for an
// echo when nobody asks it for readiness first.
//
// One multishot accept, and one multishot receive for each connection, which takes its buffers from
// a ring that all share. So an echo is one request, the send, and one system call submits those of
// all connections and waits for the next completions. A connection has one send under way; what it
// receives meanwhile waits in its queue, since sends that run at once could overtake each other.

#define _GNU_SOURCE

#include "../common/echo_server.h"

#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>

enum { kRequests = 4096, kCompletions = 32768, kMaxBuffers = 8192, kBufferGroup = 1, kNone = -1 };
enum { kMaxBufferMemory = 128 << 20 };

enum tag { kAccept, kSignal, kReceive, kSend };  // in the low bits of a request's user data

struct connection {
    int fd;
    int first, last;  // received and not yet sent: a list of buffers, kNone when empty
    bool is_sending;  // `first` is under way
    bool is_receiving;
    bool is_over;  // nothing more will be received, or can be sent
    struct connection* next_starved;
};

static struct io_uring ring;
static struct io_uring_buf_ring* buffers;
static char* memory;
static size_t buffer_size;
static int buffer_count;
static int next_of[kMaxBuffers];
static int size_of[kMaxBuffers];
static struct connection* starved;  // those that found no buffer

static struct io_uring_sqe* new_request(void) {
    struct io_uring_sqe* request = io_uring_get_sqe(&ring);
    if (request == NULL) {
        io_uring_submit(&ring);
        request = io_uring_get_sqe(&ring);
    }
    if (request == NULL) {
        die("io_uring_get_sqe");
    }
    return request;
}

// Says what the completion is about; call it last, since io_uring_prep_* clears it.
static void label(struct io_uring_sqe* request, enum tag tag, void* object) {
    request->user_data = (uintptr_t)object | tag;
}

static void request_accept(int listener) {
    struct io_uring_sqe* request = new_request();
    io_uring_prep_multishot_accept(request, listener, NULL, NULL, SOCK_CLOEXEC);
    label(request, kAccept, NULL);
}

static void request_receive(struct connection* connection) {
    struct io_uring_sqe* request = new_request();
    io_uring_prep_recv_multishot(request, connection->fd, NULL, 0, 0);
    request->flags |= IOSQE_BUFFER_SELECT;
    request->buf_group = kBufferGroup;
    label(request, kReceive, connection);
    connection->is_receiving = true;
}

static void request_send(struct connection* connection) {
    int buffer = connection->first;
    struct io_uring_sqe* request = new_request();
    // MSG_WAITALL: the kernel goes on after a short send by itself.
    io_uring_prep_send(request, connection->fd, memory + (size_t)buffer * buffer_size,
                       (size_t)size_of[buffer], MSG_NOSIGNAL | MSG_WAITALL);
    label(request, kSend, connection);
    connection->is_sending = true;
}

static void give_back(int buffer) {
    io_uring_buf_ring_add(buffers, memory + (size_t)buffer * buffer_size, (unsigned)buffer_size,
                          (unsigned short)buffer, io_uring_buf_ring_mask((unsigned)buffer_count),
                          0);
    io_uring_buf_ring_advance(buffers, 1);
    if (starved != NULL) {
        struct connection* connection = starved;
        starved = connection->next_starved;
        request_receive(connection);
    }
}

// Drops the first buffer of the queue.
static void pop(struct connection* connection) {
    int buffer = connection->first;
    connection->first = next_of[buffer];
    give_back(buffer);
}

// Closes the connection when nothing is left to do for it.
static void close_if_over(struct connection* connection) {
    if (connection->is_over && !connection->is_receiving && !connection->is_sending &&
        connection->first == kNone) {
        close(connection->fd);
        free(connection);
    }
}

static void on_accept(int listener, const struct io_uring_cqe* event) {
    if (!(event->flags & IORING_CQE_F_MORE)) {
        request_accept(listener);
    }
    if (event->res < 0) {
        return;
    }
    struct connection* connection = calloc(1, sizeof *connection);
    if (connection == NULL) {
        close(event->res);
        return;
    }
    connection->fd = event->res;
    connection->first = kNone;
    set_nodelay(connection->fd);
    request_receive(connection);
}

static void on_receive(struct connection* connection, const struct io_uring_cqe* event) {
    connection->is_receiving = event->flags & IORING_CQE_F_MORE;
    if (event->res > 0) {
        int buffer = (int)(event->flags >> IORING_CQE_BUFFER_SHIFT);
        size_of[buffer] = event->res;
        next_of[buffer] = kNone;
        if (connection->first == kNone) {
            connection->first = buffer;
        } else {
            next_of[connection->last] = buffer;
        }
        connection->last = buffer;
        if (!connection->is_sending) {
            request_send(connection);
        }
        if (!connection->is_receiving) {
            request_receive(connection);
        }
    } else if (event->res == -ENOBUFS) {
        connection->next_starved = starved;
        starved = connection;
        connection->is_receiving = true;  // it will be: keeps the connection alive until then
    } else {
        connection->is_over = true;
        close_if_over(connection);
    }
}

static void on_send(struct connection* connection, const struct io_uring_cqe* event) {
    connection->is_sending = false;
    bool failed = event->res != size_of[connection->first];
    pop(connection);
    if (failed) {
        shutdown(connection->fd, SHUT_RDWR);  // ends the receive, which ends the connection
        while (connection->first != kNone) {
            pop(connection);
        }
    } else if (connection->first != kNone) {
        request_send(connection);
    }
    close_if_over(connection);
}

static void open_ring(void) {
    struct io_uring_params parameters = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
        .cq_entries = kCompletions};
    int result = io_uring_queue_init_params(kRequests, &ring, &parameters);
    if (result < 0) {
        errno = -result;
        die("io_uring_queue_init");
    }
    io_uring_register_ring_fd(&ring);
}

static void open_buffers(void) {
    buffer_count = kMaxBuffers;
    while ((size_t)buffer_count * buffer_size > kMaxBufferMemory) {
        buffer_count /= 2;
    }
    size_t ring_size = (size_t)buffer_count * sizeof(struct io_uring_buf);
    buffers = mmap(NULL, ring_size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    memory = mmap(NULL, (size_t)buffer_count * buffer_size, PROT_READ | PROT_WRITE,
                  MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    struct io_uring_buf_reg description = {.ring_addr = (uintptr_t)buffers,
                                           .ring_entries = (unsigned)buffer_count,
                                           .bgid = kBufferGroup};
    if (buffers == MAP_FAILED || memory == MAP_FAILED) {
        die("mmap");
    }
    int result = io_uring_register_buf_ring(&ring, &description, 0);
    if (result < 0) {
        errno = -result;
        die("io_uring_register_buf_ring");
    }
    io_uring_buf_ring_init(buffers);
    for (int i = 0; i < buffer_count; ++i) {
        give_back(i);
    }
}

static void watch_signals(void) {
    sigset_t signals = block_stop_signals();
    int fd = signalfd(-1, &signals, SFD_CLOEXEC);
    struct io_uring_sqe* request = new_request();
    io_uring_prep_poll_add(request, fd, POLLIN);
    label(request, kSignal, NULL);
}

// Serves the completions that are there; false when it is time to stop.
static bool serve(int listener) {
    struct io_uring_cqe* event;
    unsigned head;
    unsigned count = 0;
    bool goes_on = true;
    io_uring_for_each_cqe(&ring, head, event) {
        ++count;
        void* object = (void*)(uintptr_t)(event->user_data & ~(uint64_t)3);
        switch ((enum tag)(event->user_data & 3)) {
            case kAccept:
                on_accept(listener, event);
                break;
            case kSignal:
                goes_on = false;
                break;
            case kReceive:
                on_receive(object, event);
                break;
            case kSend:
                on_send(object, event);
                break;
        }
    }
    io_uring_cq_advance(&ring, count);
    return goes_on;
}

int main(int argc, char** argv) {
    struct echo_options options = parse_echo_options(argc, argv, false);
    buffer_size = options.buffer;
    raise_descriptor_limit();
    open_ring();
    open_buffers();
    watch_signals();
    int listener = listen_on(options.port, SOCK_CLOEXEC);
    request_accept(listener);
    do {
        int result = io_uring_submit_and_wait(&ring, 1);
        if (result < 0 && result != -EINTR) {
            errno = -result;
            die("io_uring_submit_and_wait");
        }
    } while (serve(listener));
    return 0;
}
