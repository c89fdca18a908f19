// SPDX-License-Identifier: MIT
// UDP echo server on one thread, see ../README.md: what the kernel charges when datagrams are
// received and sent in batches. There is one socket and nothing else to wait for, so recvmmsg
// itself waits: until there is one datagram, and takes those that are there.

#define _GNU_SOURCE

#include "../common/echo_server.h"

#include <errno.h>

enum { kBatch = 64, kSystemBuffer = 1 << 20 };

static int open_socket(uint16_t port) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int size = kSystemBuffer;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || bind(fd, (struct sockaddr*)&address, sizeof address) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) != 0) {
        die("bind");
    }
    announce(fd);
    return fd;
}

static void send_all(int fd, struct mmsghdr* messages, unsigned count) {
    while (count > 0) {
        int sent = sendmmsg(fd, messages, count, 0);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0) {
            die("sendmmsg");
        }
        messages += sent;
        count -= (unsigned)sent;
    }
}

static void serve(int fd, size_t buffer_size) {
    static struct mmsghdr messages[kBatch];
    static struct iovec vectors[kBatch];
    static struct sockaddr_in senders[kBatch];
    char* memory = malloc(kBatch * buffer_size);
    for (;;) {
        for (int i = 0; i < kBatch; ++i) {
            vectors[i] = (struct iovec){memory + (size_t)i * buffer_size, buffer_size};
            messages[i].msg_hdr = (struct msghdr){.msg_name = &senders[i],
                                                  .msg_namelen = sizeof senders[i],
                                                  .msg_iov = &vectors[i],
                                                  .msg_iovlen = 1};
        }
        int count = recvmmsg(fd, messages, kBatch, MSG_WAITFORONE, NULL);
        if (count < 0 && errno != EINTR) {
            die("recvmmsg");
        }
        for (int i = 0; i < count; ++i) {
            vectors[i].iov_len = messages[i].msg_len;
        }
        send_all(fd, messages, count < 0 ? 0 : (unsigned)count);
    }
}

static void on_signal(int number) {
    (void)number;
    _exit(0);
}

int main(int argc, char** argv) {
    struct echo_options options = parse_echo_options(argc, argv, false);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    serve(open_socket(options.port), options.buffer);
    return 0;
}
