/* SPDX-License-Identifier: Apache-2.0 */
/* abi_epoll_files.c - what makes an edge for epoll with pipes and sockets: each end of its own, by what
 * was done at the other one. */
#include "abi_epoll.h"

static char room[1 << 20];

static void put(int fd, size_t len)
{
    if (write(fd, room, len) != (ssize_t)len)
        printf("write: %s\n", strerrorname_np(errno));
}

static void get(int fd, size_t len)
{
    ssize_t n = read(fd, room, len);
    if (n != (ssize_t)len)
        printf("read: %zd\n", n);
}

static void pipes(void)
{
    CLAIM("what makes an edge at the ends of a pipe");
    int ep = epoll_create1(0), p[2];
    if (pipe2(p, O_NONBLOCK))
        return;
    add(ep, p[0], EPOLLIN | EPOLLOUT | EPOLLET, 1);
    add(ep, p[1], EPOLLIN | EPOLLOUT | EPOLLET, 2);
    ready("pipe: at first", ep);
    put(p[1], 10);
    ready("pipe: written", ep);
    ready("pipe: nothing new", ep);
    get(p[0], 5);
    ready("pipe: a part read", ep);
    put(p[1], 1);
    ready("pipe: written again", ep);
    get(p[0], 6);
    ready("pipe: all read", ep);
    put(p[1], 65536);
    ready("pipe: filled", ep);
    ready("pipe: nothing new", ep);
    get(p[0], 100);
    ready("pipe: a part of a page read", ep);
    get(p[0], 3996);
    ready("pipe: the rest of the page", ep);
    get(p[0], 4096);
    ready("pipe: one more page", ep);
    put(p[1], 8192);
    ready("pipe: filled again", ep);
    get(p[0], 65536);
    ready("pipe: emptied", ep);
    SHOW(read(p[0], room, 1));
    ready("pipe: nothing to be read", ep);
    put(p[1], 0);
    ready("pipe: nothing written", ep);
    put(p[1], 3);
    close(p[1]);
    ready("pipe: written and closed", ep);
    get(p[0], 3);
    ready("pipe: read to the end", ep);
    get(p[0], 0);
    ready("pipe: the end", ep);
    close(p[0]);
    if (pipe2(p, O_NONBLOCK))
        return;
    add(ep, p[1], EPOLLOUT | EPOLLET, 3);
    ready("pipe: another one", ep);
    int d = dup(p[0]);
    close(p[0]);
    ready("pipe: one of two descriptors of the other end closed", ep);
    close(d);
    ready("pipe: both", ep);
    close(p[1]);
    close(ep);
}

static void sockets(const char *type, int kind)
{
    CLAIM("what makes an edge at sockets");
    int ep = epoll_create1(0), s[2];
    if (socketpair(AF_UNIX, kind | SOCK_NONBLOCK, 0, s))
        return;
    printf("%s\n", type);
    add(ep, s[0], EPOLLIN | EPOLLRDHUP | EPOLLET, 1);
    add(ep, s[1], EPOLLIN | EPOLLRDHUP | EPOLLET, 2);
    ready("socket: at first", ep);
    put(s[0], 10);
    ready("socket: sent to the second", ep);
    ready("socket: nothing new", ep);
    put(s[0], 10);
    ready("socket: sent again", ep);
    get(s[1], 10);
    ready("socket: one received", ep);
    get(s[1], 10);
    ready("socket: both", ep);
    SHOW(read(s[1], room, 1));
    ready("socket: nothing to be received", ep);
    put(s[1], 1);
    ready("socket: sent to the first", ep);
    del(ep, s[0]);
    shutdown(s[0], SHUT_WR);
    ready("socket: the first sends no more", ep);
    close(s[0]);
    ready("socket: the first closed", ep);
    close(s[1]);
    close(ep);
}

static void levels(void)
{
    CLAIM("chains of epolls may be five long");
    int ep = epoll_create1(0), p[2], s[2], n = 0;
    if (pipe2(p, O_NONBLOCK) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s))
        return;
    add(ep, p[0], EPOLLIN, 1);
    add(ep, p[1], EPOLLOUT, 2);
    add(ep, s[0], EPOLLIN | EPOLLOUT, 3);
    add(ep, s[1], EPOLLIN, 4);
    ready("level: at first", ep);
    put(p[1], 65536);
    put(s[0], 1);
    ready("level: a full pipe, a byte in a socket", ep);
    get(p[0], 65536);
    get(s[1], 1);
    ready("level: both read", ep);
    while (write(s[0], room, 4096) > 0)
        n++;
    ready("level: a full socket", ep);
    while (read(s[1], room, 4096) > 0)
        n--;
    ready("level: empty again", ep);
    SHOW(n);
    close(s[1]);
    close(p[1]);
    ready("level: other ends closed", ep);
    close(s[0]);
    close(p[0]);
    close(ep);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    pipes();
    sockets("stream", SOCK_STREAM);
    sockets("datagram", SOCK_DGRAM);
    sockets("seqpacket", SOCK_SEQPACKET);
    levels();
    return 0;
}
