/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-nonnull -Wno-stringop-overread -Wno-stringop-overflow */
/* abi_unix_dgram.c - datagrams between named sockets, packets in sequence, messages by the dozen. */
#include "abi_unix.h"

#include <time.h>

static char buf[300000];

static int named(const char *name)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (bind_name(fd, name))
        printf("%s: %s\n", name, strerrorname_np(errno));
    return fd;
}

static void receive_from(int fd)
{
    struct sockaddr_un un;
    socklen_t          len = sizeof(un);
    long               n = recvfrom(fd, buf, sizeof(buf), 0, (void *)&un, &len);
    printf("received %ld \"%.*s\"\n", n, n > 0 ? (int)n : 0, buf);
    if (n >= 0)
        tell_address("from", &un, len);
}

static void addresses(void)
{
    CLAIM("datagrams by address");
    int a = named("@a"), b = named("/tmp/b"), nameless = socket(AF_UNIX, SOCK_DGRAM, 0);
    struct sockaddr_un un;
    int                len = address(&un, "@a");

    SHOW(send_name(b, "@a", "from b"));
    SHOW(send_name(nameless, "@a", "from nobody"));
    SHOW(send_name(a, "@a", "from itself"));
    SHOW(send_name(a, "/tmp/b", "answer"));
    SHOW(ready(a));
    SHOW(ioctl(a, FIONREAD, &len));
    SHOW(len);
    for (int i = 0; i < 4; i++)
        receive_from(a);
    receive_from(b);
    SHOW(send(a, "x", 1, 0));
    SHOW(sendto(a, "x", 1, 0, (void *)&un, 2));
    SHOW(sendto(a, "x", 1, 0, (void *)&un, 0));
    SHOW(sendto(a, "x", 1, 0, (void *)&un, 111));
    SHOW(sendto(a, "x", 1, 0, (void *)&un, 129));
    SHOW_POINTERS(sendto(a, "x", 1, 0, p, 20));
    SHOW(sendto(a, "x", 1, MSG_OOB, (void *)&un, 4));
    SHOW(recv(a, buf, 1, MSG_OOB));
    un.sun_family = AF_INET;
    SHOW(sendto(a, "x", 1, 0, (void *)&un, 16));
    close(nameless);
    close(b);
    SHOW(send_name(a, "/tmp/b", "x"));
    SHOW(unlink("/tmp/b"));
    SHOW(send_name(a, "/tmp/b", "x"));
    close(a);
}

static void connected(void)
{
    CLAIM("datagrams over a connection");
    int a = named("@a"), b = named("@b"), c = named("@c");
    SHOW(connect_name(a, "@b"));
    tell_names(a);
    tell_names(b);
    SHOW(send(a, "one", 3, 0));
    SHOW(send_name(c, "@a", "a is b's alone? not yet"));
    SHOW(connect_name(b, "@a"));
    SHOW(send_name(c, "@a", "x"));
    SHOW(connect_name(c, "@b"));
    SHOW(send_name(a, "@c", "a can send elsewhere"));
    receive_from(a);
    receive_from(b);
    receive_from(c);
    SHOW(shutdown(b, SHUT_RD));
    SHOW(send(a, "x", 1, 0));
    SHOW(recv(b, buf, 1, 0));
    SHOW(shutdown(a, SHUT_WR));
    SHOW(send(a, "x", 1, 0));
    SHOW(send_name(a, "@c", "x"));
    SHOW(ready(a));
    SHOW(ready(b));
    close(a);
    SHOW(ready(b));
    SHOW(send(b, "x", 1, 0));
    SHOW(send(b, "x", 1, 0));
    tell_names(b);
    close(b);
    close(c);
}

/* Who connects elsewhere loses what it has not read, and its old partner hears of it. */
static void anew(void)
{
    CLAIM("who connects elsewhere loses what it has not read");
    struct sockaddr_un none = {.sun_family = AF_UNSPEC};
    int                a = named("@a"), b = named("@b"), c = named("@c"), value;
    socklen_t          len = sizeof(value);
    SHOW(connect_name(a, "@b"));
    SHOW(connect_name(b, "@a"));
    SHOW(send(b, "lost", 4, 0));
    SHOW(connect_name(a, "@c"));
    SHOW(recv(a, buf, 10, 0));
    SHOW(ready(b));
    SHOW(getsockopt(b, SOL_SOCKET, SO_ERROR, &value, &len));
    SHOW(value);
    SHOW(send(b, "x", 1, 0));
    SHOW(connect(a, (void *)&none, 2));
    tell_names(a);
    SHOW(send(a, "x", 1, 0));
    SHOW(connect(a, (void *)&none, 2));
    SHOW(send(b, "now", 3, 0));
    receive_from(a);
    close(a);
    close(b);
    close(c);
}

/* More than a few from others must wait; those of a pair need not. */
static void crowded(void)
{
    CLAIM("more than a few from others must wait");
    int a = named("@a"), b = named("@b"), n = 0;
    while (send_name(b, "@a", "x") == 1)
        n++;
    printf("%d: %s\n", n, strerrorname_np(errno));
    SHOW(ready(b));
    SHOW(connect_name(b, "@a"));
    SHOW(ready(b));
    SHOW(send(b, "x", 1, 0));
    SHOW(recv(a, buf, 1, 0));
    SHOW(ready(b));
    SHOW(send(b, "x", 1, 0));
    SHOW(send(b, "x", 1, 0));
    SHOW(connect_name(a, "@b"));
    SHOW(ready(b));
    close(a);
    close(b);
}

static void *send_blocking(void *arg)
{
    int  fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    long n = send_name(fd, arg, "late");
    long err = errno;
    close(fd);
    return (void *)(n < 0 ? -err : n);
}

static void *receive_blocking(void *arg)
{
    char c[10];
    long n = recv(*(int *)arg, c, sizeof(c), 0);
    return (void *)(n < 0 ? (long)-errno : n);
}

static void waiting(void)
{
    CLAIM("senders and receivers of datagrams wait");
    int a = named("@a"), b = socket(AF_UNIX, SOCK_DGRAM, 0);
    SHOW(send_name(a, "@a", "x"));
    for (int i = 0; i < 10; i++)
        send_name(b, "@a", "x");
    pthread_t t = start(send_blocking, "@a");
    SHOW(recv(a, buf, 10, 0));
    SHOW(finish(t));
    t = start(send_blocking, "@a");
    close(a);
    SHOW(finish(t) == -ECONNREFUSED);
    SHOW(bind_name(b, "@b"));
    t = start(receive_blocking, &b);
    SHOW(send_name(b, "@b", "wake"));
    SHOW(finish(t));
    t = start(receive_blocking, &b);
    SHOW(shutdown(b, SHUT_RD));
    SHOW(finish(t));
    close(b);
}

static void sizes(int type)
{
    CLAIM("how large messages may be");
    int       s[2], size = 0;
    socklen_t len = sizeof(size);
    printf("type %d\n", type);
    SHOW(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, s));
    SHOW(send(s[0], buf, 212992 - 32, 0));
    SHOW(send(s[0], buf, 1, 0));
    SHOW(recv(s[1], buf, sizeof(buf), 0));
    SHOW(send(s[0], buf, 212992 - 31, 0));
    SHOW(setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &(int){10000}, 4));
    SHOW(getsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &size, &len));
    SHOW(size);
    SHOW(send(s[0], buf, 20000 - 32, 0));
    SHOW(send(s[0], buf, 20000 - 31, 0));
    SHOW(ready(s[0]));
    SHOW(recv(s[1], buf, 10, MSG_TRUNC | MSG_PEEK));
    SHOW(recv(s[1], buf, 10, 0));
    SHOW(ready(s[0]));
    SHOW(recv(s[1], buf, 10, 0));
    SHOW(send(s[0], NULL, 0, 0));
    SHOW(ready(s[1]));
    SHOW(recv(s[1], buf, 10, MSG_PEEK));
    SHOW(recv(s[1], NULL, 0, 0));
    SHOW(recv(s[1], NULL, 0, 0));
    SHOW(send(s[0], "abc", 3, 0));
    SHOW(recv(s[1], NULL, 0, MSG_TRUNC));
    SHOW(recv(s[1], buf, 10, 0));
    close(s[0]);
    close(s[1]);
}

/* Packets in sequence go over a connection, which an address does not change. */
static void in_sequence(void)
{
    CLAIM("packets in sequence go over a connection");
    int l = listener(SOCK_SEQPACKET, "@l", 5), c = socket(AF_UNIX, SOCK_SEQPACKET, 0), s;
    SHOW(send(c, "x", 1, 0));
    SHOW(recv(c, buf, 1, 0));
    SHOW(send_name(c, "@l", "x"));
    SHOW(connect_name(c, "@l"));
    SHOW(connect_name(c, "@l"));
    SHOW(send(c, "first", 5, 0));
    SHOW(send(c, "second packet", 13, 0));
    SHOW(send_name(c, "@nowhere", "to"));
    s = accept4(l, NULL, NULL, SOCK_NONBLOCK);
    for (int i = 0; i < 30; i++)
        if (send(s, "n", 1, MSG_DONTWAIT) != 1)
            printf("%d: %s\n", i, strerrorname_np(errno));
    SHOW(recv(s, buf, 100, 0));
    SHOW(recv(s, buf, 4, 0));
    SHOW(recv(s, buf, 100, 0));
    SHOW(recv(s, buf, 100, 0));
    SHOW(shutdown(c, SHUT_WR));
    SHOW(recv(s, buf, 100, 0));
    SHOW(ready(s));
    SHOW(send(s, "still", 5, 0));
    close(s);
    SHOW(ready(c));
    SHOW(recv(c, buf, 10, 0));
    SHOW(send(c, "x", 1, 0));
    close(c);
    close(l);
}

#define MANY 4

static void many(void)
{
    CLAIM("sendmmsg and recvmmsg");
    int             s[2];
    char            text[MANY][8] = {"one", "two", "three", "four"}, in[MANY][4];
    struct iovec    v[MANY], w[MANY];
    struct mmsghdr  out[MANY] = {0}, got[MANY] = {0};
    struct timespec t = {5, 0};
    SHOW(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, s));
    for (int i = 0; i < MANY; i++) {
        v[i] = (struct iovec){text[i], strlen(text[i])};
        w[i] = (struct iovec){in[i], sizeof(in[i])};
        out[i].msg_hdr = (struct msghdr){.msg_iov = &v[i], .msg_iovlen = 1};
        got[i].msg_hdr = (struct msghdr){.msg_iov = &w[i], .msg_iovlen = 1};
    }
    SHOW(sendmmsg(s[0], out, MANY, 0));
    for (int i = 0; i < MANY; i++)
        printf("   %u\n", out[i].msg_len);
    SHOW(syscall(SYS_recvmmsg, s[1], got, 3, 0, &t));
    printf("left: %d\n", t.tv_sec == 4 || (t.tv_sec == 5 && !t.tv_nsec));
    SHOW(syscall(SYS_recvmmsg, s[1], got + 3, 3, 0, NULL));
    for (int i = 0; i < MANY; i++)
        printf("   %u flags %#x \"%.*s\"\n", got[i].msg_len, got[i].msg_hdr.msg_flags,
               (int)got[i].msg_len, in[i]);
    SHOW(syscall(SYS_recvmmsg, s[1], got, 3, 0, NULL));
    SHOW(syscall(SYS_recvmmsg, s[1], got, 0, 0, NULL));
    SHOW(sendmmsg(s[0], out, 2, 0));
    SHOW(fcntl(s[1], F_SETFL, 0));
    SHOW(syscall(SYS_recvmmsg, s[1], got, MANY, MSG_WAITFORONE, NULL));
    SHOW(sendmmsg(s[0], out, 0, 0));
    SHOW(sendmmsg(0, out, 1, 0));
    SHOW(sendmmsg(99, out, 1, 0));
    SHOW(syscall(SYS_recvmmsg, 99, got, 1, 0, &t));
    t.tv_nsec = -1;
    SHOW(syscall(SYS_recvmmsg, 99, got, 1, 0, &t));
    SHOW_POINTERS(sendmmsg(s[0], p, 1, 0));
    SHOW_POINTERS(syscall(SYS_recvmmsg, s[1], p, 1, MSG_DONTWAIT, NULL));
    out[1].msg_hdr.msg_iovlen = 1025;
    SHOW(sendmmsg(s[0], out, MANY, 0));
    close(s[0]);
    close(s[1]);
}

int main(void)
{
    buffer_output();
    signal(SIGPIPE, count_signal);
    addresses();
    connected();
    anew();
    crowded();
    waiting();
    sizes(SOCK_DGRAM);
    sizes(SOCK_SEQPACKET);
    in_sequence();
    many();
    SHOW(signals);
    return 0;
}
