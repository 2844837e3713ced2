/* SPDX-License-Identifier: Apache-2.0 */
/* abi_epoll_events.c - what epoll tells and when: level- and edge-triggered, one-shot, what is told without
 * being asked for, changes of what is asked for, turns, files under several descriptors, files that are closed. */
#include "abi_epoll.h"

static void levels(void)
{
    CLAIM("level-triggered: told as long as it is so");
    int ep = epoll_create1(0), e = eventfd(0, 0);
    add(ep, e, EPOLLIN, 1);
    ready("level: empty", ep);
    count(e, 2);
    ready("level: written", ep);
    ready("level: once more", ep);
    take(e);
    ready("level: read", ep);
    count(e, 1);
    take(e);
    ready("level: written and read between two looks", ep);
    mod(ep, e, EPOLLOUT, 2);
    ready("level: asking for room instead", ep);
    mod(ep, e, EPOLLIN | EPOLLOUT, 3);
    ready("level: for both", ep);
    count(e, 1);
    ready("level: both there", ep);
    mod(ep, e, 0, 4);
    ready("level: for nothing", ep);
    mod(ep, e, EPOLLPRI, 4);
    ready("level: for what never comes", ep);
    mod(ep, e, EPOLLIN, 5);
    ready("level: for reading again", ep);
    del(ep, e);
    ready("level: removed while ready", ep);
    add(ep, e, EPOLLIN, 6);
    ready("level: added while ready", ep);
    close(e);
    ready("level: closed while ready", ep);
    close(ep);
}

static void edges(void)
{
    CLAIM("edge-triggered: told once for each change");
    int ep = epoll_create1(0), e = eventfd(1, 0);
    add(ep, e, EPOLLIN | EPOLLET, 1);
    ready("edge: added while ready", ep);
    ready("edge: not again", ep);
    count(e, 1);
    ready("edge: written again, unread", ep);
    ready("edge: not again", ep);
    count(e, 1);
    count(e, 1);
    ready("edge: written twice", ep);
    ready("edge: told once", ep);
    take(e);
    ready("edge: read", ep);
    count(e, 1);
    take(e);
    ready("edge: written and read", ep);
    count(e, 1);
    mod(ep, e, EPOLLIN | EPOLLET, 2);
    ready("edge: changed while ready", ep);
    mod(ep, e, EPOLLIN | EPOLLET, 3);
    ready("edge: changed again makes an edge", ep);
    mod(ep, e, EPOLLIN | EPOLLOUT | EPOLLET, 4);
    ready("edge: both", ep);
    count(e, 1);
    ready("edge: both, written", ep);
    take(e);
    ready("edge: both, read: the other one's edge", ep);
    ready("edge: both, nothing new", ep);
    mod(ep, e, EPOLLIN, 5);
    count(e, 1);
    ready("edge: level from now on", ep);
    ready("edge: level from now on", ep);
    close(e);
    close(ep);
}

static void once(void)
{
    CLAIM("one-shot: told once until armed again");
    int ep = epoll_create1(0), e = eventfd(1, 0);
    add(ep, e, EPOLLIN | EPOLLONESHOT, 1);
    ready("one-shot: first", ep);
    ready("one-shot: second", ep);
    count(e, 1);
    ready("one-shot: written", ep);
    SHOW(add(ep, e, EPOLLIN, 2));
    mod(ep, e, EPOLLIN | EPOLLONESHOT, 3);
    ready("one-shot: armed again", ep);
    ready("one-shot: told", ep);
    take(e);
    mod(ep, e, EPOLLIN | EPOLLONESHOT | EPOLLET, 4);
    ready("one-shot: armed while empty", ep);
    count(e, 1);
    ready("one-shot: now", ep);
    count(e, 1);
    ready("one-shot: told", ep);
    close(e);
    int p[2];
    if (pipe(p))
        return;
    add(ep, p[0], EPOLLIN | EPOLLONESHOT, 5);
    close(p[1]);
    ready("one-shot: hang-up", ep);
    ready("one-shot: not even hang-up again", ep);
    close(p[0]);
    close(ep);
}

static void unasked(void)
{
    CLAIM("errors and hang-ups are told without being asked for");
    int  ep = epoll_create1(0), p[2], s[2];
    char c[8] = "";
    if (pipe(p))
        return;
    add(ep, p[0], 0, 1);
    ready("hang-up: not yet", ep);
    if (write(p[1], c, 1) != 1)
        return;
    ready("hang-up: bytes, not asked for", ep);
    close(p[1]);
    ready("hang-up: not asked for", ep);
    mod(ep, p[0], EPOLLIN, 1);
    ready("hang-up: with bytes", ep);
    if (read(p[0], c, 8) != 1)
        return;
    ready("hang-up: without", ep);
    mod(ep, p[0], EPOLLIN | EPOLLET, 1);
    ready("hang-up: edge", ep);
    ready("hang-up: edge, once", ep);
    close(p[0]);
    if (pipe(p))
        return;
    add(ep, p[1], EPOLLET, 2);
    ready("error: not yet", ep);
    close(p[0]);
    ready("error: nobody reads", ep);
    close(p[1]);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, s))
        return;
    add(ep, s[0], EPOLLRDHUP, 3);
    ready("other end: there", ep);
    shutdown(s[1], SHUT_WR);
    ready("other end: sends no more", ep);
    mod(ep, s[0], EPOLLIN, 3);
    ready("other end: the end can be read", ep);
    mod(ep, s[0], EPOLLOUT | EPOLLRDHUP, 3);
    ready("other end: and written to", ep);
    close(s[1]);
    ready("other end: gone", ep);
    close(s[0]);
    ready("other end: both gone", ep);
    close(ep);
}

static void turns(void)
{
    CLAIM("ready files are told in turns");
    int ep = epoll_create1(0), e[5];
    for (int i = 0; i < 5; i++) {
        e[i] = eventfd(0, 0);
        add(ep, e[i], EPOLLIN, (uint64_t)i);
    }
    for (int i = 4; i >= 0; i--)
        count(e[i], 1);
    for (int i = 0; i < 4; i++)
        ready_within("turns: two at a time", ep, 2, 0);
    ready_within("turns: one at a time", ep, 1, 0);
    ready_within("turns: all", ep, 32, 0);
    take(e[2]);
    ready_within("turns: one is not ready now", ep, 3, 0);
    ready_within("turns: one is not ready now", ep, 3, 0);
    count(e[2], 1);
    ready_within("turns: again, at the end", ep, 32, 0);
    for (int i = 0; i < 5; i++)
        mod(ep, e[i], EPOLLIN | EPOLLET, (uint64_t)i);
    for (int i = 0; i < 4; i++)
        ready_within("turns: edges, two at a time", ep, 2, 0);
    for (int i = 0; i < 5; i++)
        close(e[i]);
    close(ep);
}

static void descriptors(void)
{
    CLAIM("a watch belongs to a descriptor and a file");
    int ep = epoll_create1(0), e = eventfd(1, 0), d = dup(e), ep2 = dup(ep);
    SHOW(add(ep, e, EPOLLIN, 1));
    SHOW(add(ep, d, EPOLLIN, 2));
    SHOW(add(ep, e, EPOLLIN, 3));
    SHOW(add(ep2, e, EPOLLIN, 3));
    SHOW(add(ep2, ep, EPOLLIN, 3));
    ready("descriptors: both", ep);
    ready("descriptors: by another one of the epoll", ep2);
    close(e);
    ready("descriptors: one closed, the file is open", ep);
    SHOW(del(ep, e));
    SHOW(mod(ep, d, EPOLLIN | EPOLLET, 4));
    ready("descriptors: one changed", ep);
    ready("descriptors: one changed", ep);
    int other = eventfd(1, 0); /* the number of the one that was closed */
    SHOW(other == e);
    SHOW(mod(ep, other, EPOLLIN, 5));
    SHOW(add(ep, other, EPOLLIN, 5));
    ready("descriptors: the number names another file now", ep);
    SHOW(dup2(d, other) == other);
    ready("descriptors: and the first file again", ep);
    SHOW(mod(ep, other, EPOLLIN, 6));
    ready("descriptors: found under its old number", ep);
    close(d);
    close(other);
    ready("descriptors: all closed", ep);
    close(ep);
    SHOW(add(ep2, ep2, EPOLLIN, 1));
    ready("descriptors: the epoll is still open", ep2);
    close(ep2);
}

/* What could not be stored is told again. */
static void unstored(void)
{
    CLAIM("what could not be stored is told again");
    int                 ep = epoll_create1(0), e[3];
    struct epoll_event *end = (struct epoll_event *)pointer(NO_ACCESS), *out = end - 2;
    for (int i = 0; i < 3; i++) {
        e[i] = eventfd(1, 0);
        add(ep, e[i], EPOLLIN | (i == 0 ? 0u : EPOLLET), (uint64_t)i);
    }
    SHOW(epoll_wait(ep, end, 1, 0));
    SHOW(epoll_wait(ep, end, 1, 0));
    SHOW(epoll_wait(ep, out, 3, 0));
    printf("%d %d\n", (int)out[0].data.u64, (int)out[1].data.u64);
    SHOW(epoll_wait(ep, end, 3, -1));
    ready("not stored: the rest", ep);
    ready("not stored: the level-triggered one", ep);
    mod(ep, e[1], EPOLLIN | EPOLLONESHOT, 1);
    close(e[0]);
    SHOW(epoll_wait(ep, pointer(READ_ONLY), 3, 0));
    ready("not stored: one-shot", ep);
    ready("not stored: one-shot, told", ep);
    for (int i = 1; i < 3; i++)
        close(e[i]);
    close(ep);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    levels();
    edges();
    once();
    unasked();
    turns();
    descriptors();
    unstored();
    return 0;
}
