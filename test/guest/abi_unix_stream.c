/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-nonnull -Wno-stringop-overread -Wno-stringop-overflow */
/* abi_unix_stream.c - listening, connecting and accepting; how connections end. */
#include "abi_unix.h"

static char buf[300000];
static int  server;

static void listening(int type)
{
    CLAIM("arguments of listen and accept");
    int l = socket(AF_UNIX, type | SOCK_NONBLOCK, 0), fresh = socket(AF_UNIX, type, 0), value = 0;
    socklen_t len = sizeof(value);

    printf("type %d\n", type);
    SHOW(listen(l, 1));
    SHOW(bind_name(l, "@listen"));
    SHOW(accept(l, NULL, NULL));
    SHOW(ready(l));
    SHOW(listen(l, 1));
    SHOW(listen(l, 3));
    SHOW(ready(l));
    SHOW(getsockopt(l, SOL_SOCKET, SO_ACCEPTCONN, &value, &len));
    SHOW(value);
    SHOW(accept(l, NULL, NULL));
    SHOW(accept4(l, NULL, NULL, 1));
    SHOW(read(l, buf, 1));
    SHOW(write(l, buf, 1));
    SHOW(ioctl(l, FIONREAD, &value));
    SHOW(connect_name(l, "@listen"));
    SHOW(connect_name(l, "@missing"));
    SHOW(connect_name(fresh, "@listen"));
    SHOW(ready(l));
    SHOW(connect_name(fresh, "@listen"));
    SHOW(listen(fresh, 1));
    SHOW(bind_name(fresh, "@fresh"));
    SHOW(listen(fresh, 1));
    SHOW(shutdown(l, SHUT_RD));
    SHOW(ready(l));
    SHOW_OK(accept(l, NULL, NULL));
    SHOW(accept(l, NULL, NULL));
    close(l);
    close(fresh);
}

static void accepting(int type)
{
    CLAIM("a connection is accepted");
    struct sockaddr_un un;
    socklen_t          len = sizeof(un);
    int                l = listener(type, "/tmp/accept", 5), c = socket(AF_UNIX, type, 0), s;

    printf("type %d\n", type);
    SHOW(connect_name(c, "/tmp/accept"));
    SHOW(ready(c));
    tell_names(c);
    SHOW(write(c, "early", 5)); /* before anybody accepts */
    s = accept4(l, (void *)&un, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
    tell_address("who", &un, len);
    SHOW(fcntl(s, F_GETFD));
    SHOW(fcntl(s, F_GETFL));
    tell_names(s);
    SHOW(read(s, buf, 100));
    SHOW(read(s, buf, 100));
    SHOW(write(s, "answer", 6));
    SHOW(read(c, buf, 100));
    SHOW(bind_name(c, "@late"));
    tell_names(s);
    len = sizeof(un);
    SHOW(recvfrom(s, buf, 10, 0, (void *)&un, &len));
    SHOW(send(c, "named", 5, 0));
    SHOW(recvfrom(s, buf, 10, 0, (void *)&un, &len));
    tell_address("from", &un, len);
    SHOW(send(s, "named", 5, 0));
    len = sizeof(un);
    SHOW(recvfrom(c, buf, 10, 0, (void *)&un, &len));
    tell_address("from", &un, len);
    SHOW(send_name(c, "/tmp/accept", "x"));
    close(c);
    SHOW(ready(s));
    tell_names(s);
    SHOW(send(s, "x", 1, MSG_NOSIGNAL));
    SHOW(read(s, buf, 1));
    close(s);
    c = socket(AF_UNIX, type, 0);
    SHOW(connect_name(c, "/tmp/accept"));
    SHOW(write(c, "left", 4));
    close(c);
    SHOW(ready(l));
    len = sizeof(un);
    s = accept(l, (void *)&un, &len);
    tell_address("who", &un, len);
    SHOW(read(s, buf, 100));
    SHOW(read(s, buf, 100));
    close(s);
    close(l);
    unlink("/tmp/accept");
}

/* A connection that nobody accepted ends with its listener. */
static void refused(int type)
{
    CLAIM("a connection that nobody accepted ends with its listener");
    int l = listener(type, "@refused", 5), c = socket(AF_UNIX, type, 0), value;
    printf("type %d\n", type);
    SHOW(connect_name(c, "@refused"));
    SHOW(write(c, "x", 1));
    close(l);
    SHOW(ready(c));
    SHOW(read(c, buf, 1));
    SHOW(read(c, buf, 1));
    SHOW(send(c, "x", 1, MSG_NOSIGNAL));
    socklen_t len = sizeof(value);
    SHOW(getsockopt(c, SOL_SOCKET, SO_ERROR, &value, &len));
    SHOW(value);
    close(c);
}

/* accept gives its descriptor back when it cannot tell who it is. */
static void wrong_pointers(void)
{
    CLAIM("accept gives its descriptor back when it cannot tell who it is");
    struct sockaddr_un un;
    socklen_t          len = sizeof(un);
    int                l = listener(SOCK_STREAM, "@pointers", 20), c[20];
    for (int i = 0; i < 20; i++) {
        c[i] = socket(AF_UNIX, SOCK_STREAM, 0);
        connect_name(c[i], "@pointers");
    }
    SHOW_POINTERS((len = 20, accept(l, p, &len)));
    SHOW_POINTERS(accept(l, (void *)&un, p));
    SHOW_OK(accept(l, NULL, (void *)1));
    for (int i = 0; i < 20; i++)
        close(c[i]);
    close(l);
}

/* One more than the backlog gets in; the next waits, or does not. */
static void backlog(void)
{
    CLAIM("one more than the backlog gets in");
    int l = listener(SOCK_STREAM, "@backlog", 2), c[5];
    for (int i = 0; i < 5; i++) {
        c[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        printf("%d: ", i);
        SHOW(connect_name(c[i], "@backlog"));
    }
    SHOW_OK(accept(l, NULL, NULL));
    SHOW(connect_name(c[3], "@backlog"));
    SHOW(connect_name(c[4], "@backlog"));
    SHOW(listen(l, 3));
    SHOW(connect_name(c[4], "@backlog"));
    for (int i = 0; i < 5; i++)
        close(c[i]);
    close(l);
}

static void *connect_one(void *arg)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    (void)arg;
    long result = connect_name(fd, "@wait");
    long err = errno;
    close(fd);
    return (void *)(result ? -err : 0);
}

static void *accept_one(void *arg)
{
    int  fd = accept(*(int *)arg, NULL, NULL);
    long err = errno;
    if (fd >= 0)
        close(fd);
    return (void *)(fd < 0 ? -err : 0);
}

static void waiting(void)
{
    CLAIM("who connects waits for room in the backlog");
    int       l = listener(SOCK_STREAM, "@wait", 0), c = socket(AF_UNIX, SOCK_STREAM, 0), s;
    pthread_t t = start(accept_one, &l);
    SHOW(connect_name(c, "@wait"));
    SHOW(finish(t));
    close(c);

    c = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(connect_name(c, "@wait"));
    t = start(connect_one, NULL);
    s = accept(l, NULL, NULL);
    SHOW(finish(t));
    SHOW_OK(accept(l, NULL, NULL));
    SHOW(read(s, buf, 0));
    close(s);

    t = start(accept_one, &l);
    SHOW(shutdown(l, SHUT_RDWR));
    SHOW(finish(t));
    SHOW(connect_name(socket(AF_UNIX, SOCK_STREAM, 0), "@wait"));
    close(c);
    close(l);
}

/* Who waits to connect when the listener goes is refused. */
static void listener_goes(void)
{
    CLAIM("who waits to connect is refused when the listener goes");
    int l = listener(SOCK_STREAM, "@wait", 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(connect_name(c, "@wait"));
    pthread_t t = start(connect_one, NULL);
    SHOW(close(l));
    SHOW(finish(t) == -ECONNREFUSED);
    close(c);
}

static void *echo(void *arg)
{
    char c[1000];
    long n, sum = 0;
    int  fd = accept(server, NULL, NULL);
    (void)arg;
    while ((n = read(fd, c, sizeof(c))) > 0) {
        sum += n;
        for (long at = 0; at < n;)
            at += write(fd, c + at, (size_t)(n - at));
    }
    close(fd);
    return (void *)sum;
}

/* Bytes come back in order, however they are cut. */
static void echoed(void)
{
    CLAIM("bytes come back in order");
    server = listener(SOCK_STREAM, "@echo", 1);
    pthread_t t = start(echo, NULL);
    int       fd = socket(AF_UNIX, SOCK_STREAM, 0);
    long      wrong = 0, total = 0;
    SHOW(connect_name(fd, "@echo"));
    for (int round = 0; round < 50; round++) {
        int len = 1 + round * 97;
        for (int i = 0; i < len; i++)
            buf[i] = (char)(i * 7 + round);
        write(fd, buf, (size_t)len);
        memset(buf, 0, (size_t)len);
        total += recv(fd, buf, (size_t)len, MSG_WAITALL);
        for (int i = 0; i < len; i++)
            wrong += buf[i] != (char)(i * 7 + round);
    }
    printf("total %ld, wrong %ld\n", total, wrong);
    SHOW(shutdown(fd, SHUT_WR));
    SHOW(finish(t) == total);
    SHOW(read(fd, buf, 1));
    close(fd);
    close(server);
}

/* What remains after either end shuts down a half. */
static void halves(int type)
{
    CLAIM("what remains after either end shuts down a half");
    int s[2];
    printf("type %d\n", type);
    SHOW(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, s));
    SHOW(write(s[0], "abc", 3));
    SHOW(shutdown(s[1], SHUT_RD));
    SHOW(ready(s[0]));
    SHOW(ready(s[1]));
    SHOW(read(s[1], buf, 10));
    SHOW(read(s[1], buf, 10));
    SHOW(send(s[0], "x", 1, MSG_NOSIGNAL));
    SHOW(write(s[1], "def", 3));
    SHOW(read(s[0], buf, 10));
    SHOW(shutdown(s[0], SHUT_RD));
    SHOW(ready(s[0]));
    SHOW(ready(s[1]));
    SHOW(send(s[1], "x", 1, MSG_NOSIGNAL));
    SHOW(read(s[0], buf, 10));
    SHOW(close(s[1]));
    SHOW(ready(s[0]));
    close(s[0]);
}

/* Room for so much of a program's bytes, whatever it is set to, and the news that there is some again. */
static void full(void)
{
    CLAIM("a full socket, and the news that there is room again");
    int  s[2];
    long n, sum = 0;
    SHOW(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s));
    while ((n = write(s[0], buf, 1000)) > 0)
        sum += n;
    printf("some: %d\n", sum > 50000 && sum < 400000);
    SHOW(ready(s[0]));
    SHOW(write(s[0], buf, 1));
    SHOW(recv(s[1], buf, 1000, MSG_WAITALL));
    SHOW(ready(s[0]));
    long got = 1000;
    while ((n = read(s[1], buf, 5000)) > 0)
        got += n;
    SHOW(got == sum);
    SHOW(ready(s[0]));
    SHOW(write(s[0], buf, 1));
    close(s[0]);
    close(s[1]);
}

int main(void)
{
    buffer_output();
    signal(SIGPIPE, count_signal);
    listening(SOCK_STREAM);
    listening(SOCK_SEQPACKET);
    accepting(SOCK_STREAM);
    accepting(SOCK_SEQPACKET);
    refused(SOCK_STREAM);
    refused(SOCK_SEQPACKET);
    wrong_pointers();
    backlog();
    waiting();
    listener_goes();
    echoed();
    halves(SOCK_STREAM);
    halves(SOCK_SEQPACKET);
    halves(SOCK_DGRAM);
    full();
    SHOW(signals);
    return 0;
}
