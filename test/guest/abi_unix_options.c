/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-nonnull -Wno-stringop-overread -Wno-stringop-overflow */
/* abi_unix_options.c - options of local sockets; waiting with a limit, by poll and select, and through
 * signals. */
#include "abi_unix.h"

#include <sys/select.h>
#include <sys/time.h>
#include <time.h>

static char buf[300000];

static long get(int fd, int option)
{
    int       value = -77;
    socklen_t len = sizeof(value);
    return getsockopt(fd, SOL_SOCKET, option, &value, &len) ? -1 : value;
}

static long set(int fd, int option, int value)
{
    return setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value));
}

#define SHOW_SET(option, value)       \
    do {                              \
        SHOW(set(fd, option, value)); \
        SHOW(get(fd, option));        \
    } while (0)

static void numbers(void)
{
    CLAIM("options that are numbers");
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(get(fd, SO_TYPE));
    SHOW(get(fd, SO_DOMAIN));
    SHOW(get(fd, SO_PROTOCOL));
    SHOW(get(fd, SO_ACCEPTCONN));
    SHOW(get(fd, SO_SNDBUF));
    SHOW(get(fd, SO_RCVBUF));
    SHOW(get(fd, SO_SNDLOWAT));
    SHOW_SET(SO_REUSEADDR, 1);
    SHOW_SET(SO_REUSEADDR, 0);
    SHOW_SET(SO_KEEPALIVE, 5);
    SHOW_SET(SO_BROADCAST, -1);
    SHOW_SET(SO_DONTROUTE, 1);
    SHOW_SET(SO_OOBINLINE, 1);
    SHOW_SET(SO_DEBUG, 1);
    SHOW_SET(SO_PASSCRED, 2);
    SHOW_SET(SO_PRIORITY, 3);
    SHOW_SET(SO_RCVLOWAT, 0);
    SHOW_SET(SO_RCVLOWAT, 10);
    SHOW_SET(SO_RCVLOWAT, -1);
    SHOW_SET(SO_SNDLOWAT, 10);
    SHOW_SET(SO_SNDBUF, 0);
    SHOW_SET(SO_SNDBUF, 3000);
    SHOW_SET(SO_SNDBUF, 100000000);
    SHOW_SET(SO_SNDBUF, -1);
    SHOW_SET(SO_RCVBUF, 0);
    SHOW_SET(SO_RCVBUF, 3000);
    SHOW_SET(SO_RCVBUF, 100000000);
    SHOW(set(fd, SO_SNDBUFFORCE, 1000000));
    SHOW(get(fd, SO_SNDBUF));
    SHOW(set(fd, SO_RCVBUFFORCE, 1000000));
    SHOW(get(fd, SO_RCVBUF));
    SHOW(get(fd, SO_SNDBUFFORCE));
    SHOW(set(fd, SO_TYPE, 1));
    SHOW(set(fd, SO_DOMAIN, 1));
    SHOW(set(fd, SO_ERROR, 1));
    SHOW(set(fd, SO_ACCEPTCONN, 1));
    SHOW(set(fd, SO_PEERCRED, 1));
    SHOW(set(fd, SO_REUSEPORT, 1));
    SHOW(set(fd, SO_REUSEPORT, 0));
    SHOW(get(fd, SO_REUSEPORT));
    SHOW(get(fd, 12345));
    SHOW(set(fd, 12345, 1));
    SHOW(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, buf, 3));
    SHOW(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, buf, 40));
    SHOW(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, buf, -1));
    SHOW_POINTERS(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, p, 4));
    SHOW_POINTERS(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, p, 16));
    close(fd);
}

static void structures(void)
{
    CLAIM("options that are structures");
    int            fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct linger  l = {7, 7};
    struct timeval t = {7, 7};
    socklen_t      len = sizeof(l);
    SHOW(getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &len));
    printf("%d %d, length %u\n", l.l_onoff, l.l_linger, len);
    l = (struct linger){5, 9};
    SHOW(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
    SHOW(getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &len));
    printf("%d %d\n", l.l_onoff, l.l_linger);
    SHOW(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, 4));
    len = 100;
    SHOW(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, &len));
    printf("%ld %ld, length %u\n", t.tv_sec, t.tv_usec, len);
    t = (struct timeval){3, 200000};
    SHOW(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)));
    len = sizeof(t);
    SHOW(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, &len));
    printf("%ld %ld\n", t.tv_sec, t.tv_usec);
    t = (struct timeval){-1, 0};
    SHOW(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)));
    SHOW(getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, &len));
    printf("%ld %ld\n", t.tv_sec, t.tv_usec);
    t = (struct timeval){0, 1000000};
    SHOW(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)));
    t = (struct timeval){0, -1};
    SHOW(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)));
    SHOW(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, 15));
    len = 2;
    t = (struct timeval){-1, -1};
    SHOW(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, &len));
    printf("%lx %ld, length %u\n", t.tv_sec, t.tv_usec, len);
    len = 4;
    struct ucred c = {7, 7, 7};
    SHOW(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &len));
    printf("%d %d %d, length %u\n", c.pid, c.uid, c.gid, len);
    close(fd);
}

static void limited(void)
{
    CLAIM("SO_RCVTIMEO and SO_SNDTIMEO limit waits");
    struct timeval  t = {0, 40000};
    struct timespec a, b;
    int s[2], l = listener(SOCK_STREAM, "@limit", 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    SHOW(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)));
    SHOW(setsockopt(s[0], SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)));
    SHOW(setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)));
    SHOW(setsockopt(c, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)));
    clock_gettime(CLOCK_MONOTONIC, &a);
    SHOW(read(s[0], buf, 1));
    clock_gettime(CLOCK_MONOTONIC, &b);
    SHOW((b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec >= 40000000);
    SHOW(accept(l, NULL, NULL));
    SHOW(connect_name(socket(AF_UNIX, SOCK_STREAM, 0), "@limit"));
    SHOW(connect_name(c, "@limit"));
    SHOW(write(s[1], "part", 4));
    SHOW(recv(s[0], buf, 10, MSG_WAITALL));
    long n = write(s[0], buf, sizeof(buf));
    SHOW(n > 0 && n < (long)sizeof(buf));
    SHOW(write(s[0], buf, 1));
    close(s[0]);
    close(s[1]);
    close(c);
    close(l);
}

static pthread_t main_thread;

static void *kill_main(void *arg)
{
    let_others_sleep();
    pthread_kill(main_thread, SIGUSR1);
    let_others_sleep();
    if (arg)
        send(*(int *)arg, "on", 2, 0);
    return NULL;
}

static void handle(int flags)
{
    struct sigaction sa = {.sa_handler = count_signal, .sa_flags = flags};
    sigaction(SIGUSR1, &sa, NULL);
    signals = 0;
}

/* Run call while another thread sends a signal, and then something to what it waits for. */
#define SHOW_SIGNALLED(flags, fd_or_null, call)                   \
    do {                                                          \
        pthread_t t_;                                             \
        handle(flags);                                            \
        pthread_create(&t_, NULL, kill_main, (void *)fd_or_null); \
        SHOW(call);                                               \
        pthread_join(t_, NULL);                                   \
        SHOW(signals);                                            \
    } while (0)

static void interrupted(void)
{
    CLAIM("signals end waits at sockets");
    struct timeval t = {50, 0};
    int            s[2], l = listener(SOCK_STREAM, "@signal", 0);
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    SHOW_SIGNALLED(0, NULL, read(s[0], buf, 10));
    SHOW_SIGNALLED(0, NULL, recv(s[0], buf, 10, 0));
    SHOW_SIGNALLED(SA_RESTART, &s[1], read(s[0], buf, 10));
    SHOW_SIGNALLED(SA_RESTART, &s[1], recv(s[0], buf, 10, 0));
    SHOW_SIGNALLED(0, NULL, accept(l, NULL, NULL));
    SHOW(write(s[1], "part", 4));
    SHOW_SIGNALLED(0, NULL, recv(s[0], buf, 10, MSG_WAITALL));
    SHOW(connect_name(socket(AF_UNIX, SOCK_STREAM, 0), "@signal"));
    int c = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW_SIGNALLED(0, NULL, connect_name(c, "@signal"));
    SHOW(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)));
    SHOW_SIGNALLED(SA_RESTART, NULL, recv(s[0], buf, 10, 0));
    SHOW_SIGNALLED(SA_RESTART, NULL, read(s[0], buf, 10));
    SHOW_SIGNALLED(0, NULL, send(s[0], buf, sizeof(buf), 0) > 0);
    SHOW_SIGNALLED(0, NULL, send(s[0], buf, 1, 0));
    close(s[0]);
    close(s[1]);
    close(l);
    close(c);
}

static void *do_connect(void *arg)
{
    (void)arg;
    int  fd = socket(AF_UNIX, SOCK_STREAM, 0);
    long n = connect_name(fd, "@poll");
    send(fd, "hello", 5, 0);
    return (void *)(n ? -1l : fd);
}

static void *do_close(void *arg)
{
    close(*(int *)arg);
    return NULL;
}

static void *do_drain(void *arg)
{
    while (recv(*(int *)arg, buf, 10000, MSG_DONTWAIT) > 0)
        ;
    return NULL;
}

static void *poll_one(void *arg)
{
    struct pollfd *p = arg;
    return (void *)(long)poll(p, 1, 10000);
}

/* A thread that waits for events is woken by what the other does. */
#define SHOW_POLL(fd_, events_, action)                            \
    do {                                                           \
        struct pollfd p_ = {fd_, events_, 0};                      \
        pthread_t     t_ = start(poll_one, &p_);                   \
        action;                                                    \
        printf("%s: %ld, %#x\n", #action, finish(t_), p_.revents); \
    } while (0)

static void polled(void)
{
    CLAIM("what poll and select say of sockets");
    int  l = listener(SOCK_STREAM, "@poll", 5), s[2];
    long c = -1;
    SHOW_POLL(l, POLLIN, c = (long)do_connect(NULL));
    int a = accept(l, NULL, NULL);
    SHOW_POLL(l, POLLIN, shutdown(l, SHUT_RD));
    SHOW(read(a, buf, 10));
    SHOW_POLL(a, POLLIN, write((int)c, "x", 1));
    SHOW(read(a, buf, 10));
    SHOW_POLL(a, POLLRDHUP, shutdown((int)c, SHUT_WR));
    int ci = (int)c;
    SHOW_POLL(a, 0, do_close(&ci));
    close(a);
    close(l);
    socketpair(AF_UNIX, SOCK_STREAM, 0, s);
    while (send(s[0], buf, 5000, MSG_DONTWAIT) > 0)
        ;
    SHOW_POLL(s[0], POLLOUT, do_drain(&s[1]));
    SHOW_POLL(s[0], POLLIN, do_close(&s[1]));
    close(s[0]);
    socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
    SHOW_POLL(s[1], POLLIN, write(s[0], "x", 1));
    fd_set         in, out;
    struct timeval t = {0, 0};
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(s[0], &in);
    FD_SET(s[1], &in);
    FD_SET(s[0], &out);
    SHOW(select(s[1] + 1, &in, &out, NULL, &t));
    printf("%d %d %d\n", !!FD_ISSET(s[0], &in), !!FD_ISSET(s[1], &in), !!FD_ISSET(s[0], &out));
    close(s[0]);
    close(s[1]);
    /* who waits for room among many others' datagrams */
    int d = socket(AF_UNIX, SOCK_DGRAM, 0), e = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    bind_name(d, "@crowd");
    SHOW(connect_name(e, "@crowd"));
    while (send(e, "x", 1, 0) == 1)
        ;
    SHOW_POLL(e, POLLOUT, do_drain(&d));
    close(d);
    close(e);
}

int main(void)
{
    buffer_output();
    signal(SIGPIPE, count_signal);
    main_thread = pthread_self();
    numbers();
    structures();
    limited();
    interrupted();
    polled();
    return 0;
}
