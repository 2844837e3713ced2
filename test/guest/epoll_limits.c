/* SPDX-License-Identifier: Apache-2.0 */
/* epoll_limits.c - edges of pipes for writing, and how far epolls may be nested. */
#include "abi.h"

#include <fcntl.h>
#include <sys/epoll.h>

static int watch(int ep, int fd, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.fd = fd};
    return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}

static void show_events(int ep)
{
    struct epoll_event e[4];
    int                n = epoll_wait(ep, e, 4, 0);
    printf("%d:", n);
    for (int i = 0; i < n; i++)
        printf(" %x", e[i].events);
    putchar('\n');
}

static void fill(int fd)
{
    static char page[PAGE];
    while (write(fd, page, sizeof(page)) > 0)
        ;
}

static void edges(void)
{
    static char page[PAGE];
    int         end[2], ep = epoll_create1(0);

    pipe2(end, O_NONBLOCK);
    SHOW(watch(ep, end[1], EPOLLOUT | EPOLLET));
    CLAIM("a pipe with room has an edge at first");
    show_events(ep);
    show_events(ep);
    CLAIM("writing makes no edge while there is room");
    SHOW(write(end[1], "x", 1));
    show_events(ep);
    fill(end[1]);
    show_events(ep);
    CLAIM("reading a part of a page of a full pipe makes none");
    SHOW(read(end[0], page, 1));
    show_events(ep);
    CLAIM("reading a whole page does");
    SHOW(read(end[0], page, PAGE));
    show_events(ep);
    show_events(ep);
    CLAIM("reading on makes no other");
    SHOW(read(end[0], page, PAGE));
    show_events(ep);
    fill(end[1]);
    SHOW(read(end[0], page, PAGE));
    show_events(ep);
    CLAIM("no reader is an edge");
    close(end[0]);
    show_events(ep);
    show_events(ep);
    close(end[1]), close(ep);
}

static void reading_edges(void)
{
    char buf[8];
    int  end[2], ep = epoll_create1(0);

    pipe2(end, O_NONBLOCK);
    watch(ep, end[0], EPOLLIN | EPOLLET);
    CLAIM("each write is an edge for who reads");
    show_events(ep);
    write(end[1], "a", 1);
    show_events(ep);
    write(end[1], "b", 1);
    show_events(ep);
    show_events(ep);
    CLAIM("reading a part is none");
    SHOW(read(end[0], buf, 1));
    show_events(ep);
    CLAIM("no writer is one");
    close(end[1]);
    show_events(ep);
    close(end[0]), close(ep);
}

static void nesting(void)
{
    int ep[8];

    for (int i = 0; i < 8; i++)
        ep[i] = epoll_create1(0);
    CLAIM("epolls are nested five deep");
    for (int i = 0; i + 1 < 7; i++)
        SHOW(watch(ep[i + 1], ep[i], EPOLLIN));
    CLAIM("and not in a circle");
    SHOW(watch(ep[0], ep[1], EPOLLIN));
    SHOW(watch(ep[0], ep[3], EPOLLIN));
    SHOW(watch(ep[0], ep[0], EPOLLIN));
    CLAIM("also from above");
    SHOW(watch(ep[7], ep[4], EPOLLIN));
    SHOW(watch(ep[7], ep[3], EPOLLIN));
    for (int i = 0; i < 8; i++)
        close(ep[i]);
}

static void ways(void)
{
    int end[2], made = 0;

    pipe(end);
    CLAIM("one file may be told of in any number of epolls");
    for (int i = 0; i < 600; i++)
        made += !watch(epoll_create1(0), end[0], EPOLLIN);
    SHOW(made);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 1000);
    edges();
    reading_edges();
    nesting();
    ways();
    return 0;
}
