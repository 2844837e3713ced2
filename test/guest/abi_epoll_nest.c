/* SPDX-License-Identifier: Apache-2.0 */
/* abi_epoll_nest.c - epolls that are watched by epolls, poll and select: rings and rows that are too long,
 * what is told through them, what becomes of one that is closed. */
#include "abi_epoll.h"

#include <sys/select.h>

static void rings(void)
{
    CLAIM("a ring of epolls is refused");
    int a = epoll_create1(0), b = epoll_create1(0), c = epoll_create1(0), d = dup(a);
    SHOW(add(a, d, EPOLLIN, 1));
    SHOW(add(a, b, EPOLLIN, 1));
    SHOW(add(b, a, EPOLLIN, 1));
    SHOW(add(b, d, EPOLLIN, 1));
    SHOW(add(b, c, EPOLLIN, 1));
    SHOW(add(c, a, EPOLLIN, 1));
    SHOW(add(a, c, EPOLLIN, 1));
    SHOW(add(a, b, EPOLLIN, 1));
    SHOW(del(a, b));
    SHOW(add(c, a, EPOLLIN, 1));
    SHOW(del(a, c));
    SHOW(add(c, a, EPOLLIN, 1));
    SHOW(add(a, b, EPOLLIN, 1));
    close(c);
    SHOW(add(a, b, EPOLLIN, 1));
    close(a);
    close(d);
    close(b);
}

#define ROW 8

static void rows(void)
{
    CLAIM("a row of epolls that is too long is refused");
    int ep[ROW], e = eventfd(1, 0), extra = epoll_create1(0);
    for (int i = 0; i < ROW; i++)
        ep[i] = epoll_create1(0);
    for (int i = 0; i + 1 < ROW; i++) { /* downwards */
        errno = 0;
        tell("row: one more below", add(ep[i], ep[i + 1], EPOLLIN, (uint64_t)i));
    }
    for (int i = 0; i < ROW; i++) {
        errno = 0;
        tell("row: a file at its level", add(ep[i], e, EPOLLIN, 100 + (uint64_t)i));
    }
    SHOW(add(extra, ep[0], EPOLLIN, 1));
    SHOW(add(extra, ep[1], EPOLLIN, 1));
    SHOW(add(ep[3], extra, EPOLLIN, 1));
    for (int i = 0; i < ROW; i++) {
        ready("row: ready", ep[i]);
        close(ep[i]);
    }
    close(extra);
    for (int i = 0; i < ROW; i++)
        ep[i] = epoll_create1(0);
    for (int i = ROW - 1; i > 0; i--) { /* upwards */
        errno = 0;
        tell("row: one more above", add(ep[i - 1], ep[i], EPOLLIN, (uint64_t)i));
    }
    for (int i = 0; i < ROW; i++)
        close(ep[i]);
    close(e);
}

static void through(void)
{
    CLAIM("what is told through an epoll in an epoll");
    int outer = epoll_create1(0), inner = epoll_create1(0), e = eventfd(0, 0), f = eventfd(0, 0);
    add(inner, e, EPOLLIN, 1);
    add(outer, inner, EPOLLIN, 10);
    ready("nested: nothing", outer);
    count(e, 1);
    ready("nested: the outer one", outer);
    ready("nested: and again", outer);
    ready("nested: the inner one", inner);
    take(e);
    ready("nested: read", outer);
    count(e, 1);
    take(e);
    ready("nested: written and read between", outer);
    add(outer, f, EPOLLIN, 11);
    count(f, 1);
    count(e, 1);
    ready("nested: both", outer);
    mod(outer, inner, EPOLLIN | EPOLLET, 12);
    ready("nested: edge", outer);
    ready("nested: edge, once", outer);
    count(e, 1);
    ready("nested: edge, written again", outer);
    ready("nested: edge, once", outer);
    add(inner, f, EPOLLIN, 13);
    ready("nested: edge, by one more inside that is ready", outer);
    mod(inner, e, EPOLLIN | EPOLLET, 14);
    ready("nested: edge, by a change inside", outer);
    ready("nested: inner", inner);
    del(outer, f);
    take(f);
    mod(outer, inner, EPOLLIN, 15);
    ready("nested: level, what is inside was told", outer);
    count(e, 1);
    ready("nested: level, an edge inside", outer);
    ready("nested: which asking does not use up", outer);
    ready("nested: but waiting does", inner);
    ready("nested: so it is gone", outer);
    mod(outer, inner, EPOLLIN | EPOLLOUT | EPOLLONESHOT, 16);
    count(e, 1);
    ready("nested: one-shot", outer);
    count(e, 1);
    ready("nested: one-shot, told", outer);
    close(inner);
    ready("nested: closed", outer);
    close(outer);
    close(e);
    close(f);
}

static void poll_it(const char *when, int ep)
{
    struct pollfd p = {ep, POLLIN | POLLOUT | POLLRDNORM | POLLPRI, 0};
    int           n = poll(&p, 1, 0);
    printf("%-58s %d %#x\n", when, n, p.revents);
}

static void polled(void)
{
    CLAIM("poll and select watch an epoll");
    int            ep = epoll_create1(0), e = eventfd(0, 0);
    struct timeval tv = {0, 0};
    fd_set         in, out;
    poll_it("poll: empty epoll", ep);
    add(ep, e, EPOLLIN | EPOLLET, 1);
    poll_it("poll: nothing", ep);
    count(e, 1);
    poll_it("poll: ready", ep);
    poll_it("poll: still", ep);
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(ep, &in);
    FD_SET(ep, &out);
    SHOW(select(ep + 1, &in, &out, NULL, &tv));
    SHOW(FD_ISSET(ep, &in));
    ready("poll: waited", ep);
    poll_it("poll: told", ep);
    close(e);
    poll_it("poll: closed", ep);
    close(ep);
}

static int slow;

static void *write_later(void *arg)
{
    (void)arg;
    let_sleep();
    count(slow, 1);
    return NULL;
}

/* A sleeper learns through all levels. */
static void woken(void)
{
    CLAIM("a sleeper learns through all levels");
    int       ep[4];
    pthread_t t;
    slow = eventfd(0, 0);
    for (int i = 0; i < 4; i++) {
        ep[i] = epoll_create1(0);
        add(ep[i], i ? ep[i - 1] : slow, EPOLLIN, (uint64_t)i);
    }
    pthread_create(&t, NULL, write_later, NULL);
    ready_within("woken: through three others", ep[3], 1, -1);
    pthread_join(t, NULL);
    take(slow);
    pthread_create(&t, NULL, write_later, NULL);
    struct pollfd p = {ep[2], POLLIN, 0};
    SHOW(poll(&p, 1, -1));
    pthread_join(t, NULL);
    for (int i = 3; i >= 0; i--)
        ready("woken: each", ep[i]);
    take(slow);
    pthread_create(&t, NULL, write_later, NULL);
    fd_set in;
    FD_ZERO(&in);
    FD_SET(ep[1], &in);
    SHOW(select(ep[1] + 1, &in, NULL, NULL, NULL));
    pthread_join(t, NULL);
    for (int i = 0; i < 4; i++)
        close(ep[i]);
    close(slow);
}

int main(void)
{
    rings();
    rows();
    through();
    polled();
    woken();
    return 0;
}
