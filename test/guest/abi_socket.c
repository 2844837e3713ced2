/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-stringop-overflow -Wno-stringop-overread -Wno-nonnull -Wno-pointer-sign */
/* abi_socket.c - sockets within the machine: making, connecting to nobody as C libraries do that look
 * for a name service, and pairs. */
#include "abi_stream.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static char buf[100000];

static void making(void)
{
    CLAIM("arguments of socket and socketpair");
    int fd;
    SHOW(socket(-1, SOCK_STREAM, 0));
    SHOW(socket(46, SOCK_STREAM, 0));
    SHOW(socket(5, SOCK_STREAM, 0));
    SHOW(socket(AF_UNIX, 0, 0));
    SHOW(socket(AF_UNIX, 4, 0));
    SHOW(socket(AF_UNIX, 11, 0));
    SHOW(socket(5, 11, 0));
    SHOW(socket(AF_UNIX, SOCK_STREAM | 0x10, 0));
    SHOW(socket(-1, SOCK_STREAM | 0x10, 0));
    SHOW(socket(AF_UNIX, SOCK_STREAM, 2));
    SHOW(socket(AF_UNIX, 4, 2));
    fd = socket(AF_UNIX, SOCK_STREAM, AF_UNIX);
    SHOW(fd);
    SHOW(close(fd));
    fd = socket(AF_UNIX, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int       type = 0;
    socklen_t len = sizeof(type);
    SHOW(getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len));
    SHOW(type);
    SHOW(fcntl(fd, F_GETFD));
    SHOW(fcntl(fd, F_GETFL));
    close(fd);
}

static int path_len(const char *path)
{
    return (int)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1);
}

static long connect_path(int fd, const char *path)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    strcpy(un.sun_path, path);
    return syscall(SYS_connect, fd, &un, path_len(path));
}

/* As the C library asks nscd. */
static void connecting(int type)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/var/run/nscd/socket"};
    int                fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int                pathfd = open("/", O_PATH);

    printf("type %d\n", type);
    SHOW(connect_path(fd, "/var/run/nscd/socket"));
    SHOW(syscall(SYS_connect, fd, &un, sizeof(un)));
    SHOW(connect_path(fd, "/missing"));
    SHOW(connect_path(fd, "/bin/abi_socket"));
    SHOW(connect_path(fd, "/bin/abi_socket/x"));
    SHOW(connect_path(fd, "/bin"));
    SHOW(connect_path(fd, "/dev/null"));
    SHOW(connect_path(fd, "bin"));
    SHOW(connect_path(fd, ""));
    SHOW(syscall(SYS_connect, fd, &un, 0));
    SHOW(syscall(SYS_connect, fd, &un, 1));
    SHOW(syscall(SYS_connect, fd, &un, 2));
    SHOW(syscall(SYS_connect, fd, &un, 3));
    SHOW(syscall(SYS_connect, fd, &un, 111));
    SHOW(syscall(SYS_connect, fd, &un, 129));
    SHOW(syscall(SYS_connect, fd, &un, -1));
    SHOW(syscall(SYS_connect, 99, &un, -1));
    SHOW(syscall(SYS_connect, 0, &un, -1));
    SHOW(syscall(SYS_connect, 0, &un, 10));
    SHOW(syscall(SYS_connect, pathfd, &un, 10));
    SHOW_POINTERS(syscall(SYS_connect, fd, p, 20));
    un.sun_family = AF_INET;
    SHOW(syscall(SYS_connect, fd, &un, 30));
    un.sun_family = AF_UNSPEC;
    SHOW(syscall(SYS_connect, fd, &un, 30));
    SHOW(syscall(SYS_connect, fd, &un, 2));
    close(fd);
    close(pathfd);
}

/* What nobody is at the other end of. */
static void alone(int type)
{
    CLAIM("a socket that nobody is at the other end of");
    int                fd = socket(AF_UNIX, type | SOCK_NONBLOCK, 0), value = 9;
    struct stat        st;
    struct sockaddr_un un = {.sun_family = 77};
    socklen_t          len = sizeof(un);

    printf("type %d\n", type);
    signal(SIGPIPE, count_signal);
    SHOW(ready(fd));
    SHOW(fstat(fd, &st));
    printf("mode %o size %ld links %ld block %ld\n", st.st_mode, st.st_size, (long)st.st_nlink,
           (long)st.st_blksize);
    SHOW(read(fd, buf, 1));
    SHOW(read(fd, buf, 0));
    SHOW(write(fd, buf, 1));
    SHOW(recv(fd, buf, 1, 0));
    SHOW(send(fd, buf, 1, 0));
    SHOW(send(fd, buf, 1, MSG_NOSIGNAL));
    SHOW(signals);
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(pread(fd, buf, 1, 0));
    SHOW(fsync(fd));
    SHOW((long)mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0));
    SHOW(ioctl(fd, FIONREAD, &value));
    SHOW(value);
    SHOW(ioctl(fd, 0x5401, buf));
    SHOW(listen(fd, 1));
    SHOW(accept(fd, NULL, NULL));
    SHOW(accept4(fd, NULL, NULL, 1));
    SHOW(getsockname(fd, (void *)&un, &len));
    SHOW(len);
    SHOW(un.sun_family);
    SHOW(getpeername(fd, (void *)&un, &len));
    len = -1;
    SHOW(getsockname(fd, (void *)&un, &len));
    len = sizeof(value);
    SHOW(getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &len));
    SHOW(value);
    SHOW(getsockopt(fd, SOL_SOCKET, 9999, &value, &len));
    SHOW(getsockopt(fd, 6, 1, &value, &len));
    SHOW(setsockopt(fd, 6, 1, &value, 4));
    SHOW(setsockopt(fd, SOL_SOCKET, 9999, &value, 4));
    SHOW(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &value, 3));
    SHOW(shutdown(fd, 3));
    SHOW(shutdown(fd, -1));
    SHOW(shutdown(fd, SHUT_RDWR));
    SHOW(ready(fd));
    SHOW_POINTERS(getsockname(fd, p, &len));
    SHOW_POINTERS(getsockname(fd, (void *)&un, (void *)p));
    SHOW_POINTERS(getsockopt(fd, SOL_SOCKET, SO_TYPE, p, &len));
    SHOW_POINTERS(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, p, 4));
    close(fd);
}

static void no_sockets(void)
{
    CLAIM("socket calls on what is no socket");
    int fds[2] = {open("/dev/null", O_RDWR), open("/", O_PATH)};
    for (int i = 0; i < 3; i++) {
        int fd = i < 2 ? fds[i] : 99;
        SHOW(bind(fd, NULL, 1000));
        SHOW(listen(fd, 1));
        SHOW(accept4(fd, NULL, NULL, 1));
        SHOW(accept(fd, NULL, NULL));
        SHOW(getsockname(fd, NULL, NULL));
        SHOW(getpeername(fd, NULL, NULL));
        SHOW(send(fd, buf, 1, 0));
        SHOW(send(fd, pointer(KERNEL), 1, 0));
        SHOW(recv(fd, buf, 1, 0));
        SHOW(sendmsg(fd, NULL, 0));
        SHOW(recvmsg(fd, NULL, 0));
        SHOW(shutdown(fd, 9));
        SHOW(getsockopt(fd, SOL_SOCKET, SO_TYPE, NULL, NULL));
        SHOW(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, NULL, -1));
    }
    close(fds[0]);
    close(fds[1]);
}

static void pairs(int type)
{
    CLAIM("a pair of sockets");
    int                s[2], value;
    struct sockaddr_un un;
    socklen_t          len = sizeof(un);

    printf("type %d\n", type);
    SHOW(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, s));
    SHOW(ready(s[0]));
    SHOW(getpeername(s[0], (void *)&un, &len));
    SHOW(len);
    SHOW(connect_path(s[0], "/missing"));
    SHOW(read(s[0], buf, 10));
    SHOW(write(s[1], "abcde", 5));
    SHOW(write(s[1], "fgh", 3));
    SHOW(ready(s[0]));
    SHOW(ioctl(s[0], FIONREAD, &value));
    SHOW(value);
    SHOW(recv(s[0], buf, 3, MSG_PEEK));
    SHOW(recv(s[0], buf, 3, 0));
    SHOW(recv(s[0], buf, 10, 0));
    SHOW(recv(s[0], buf, 10, 0));
    SHOW(write(s[1], "abcde", 5));
    SHOW(recv(s[0], buf, 3, MSG_TRUNC));
    SHOW(recv(s[0], buf, 3, 0));
    SHOW(send(s[1], "", 0, 0));
    SHOW(recv(s[0], buf, 3, 0));
    struct iovec  v[2] = {{buf, 2}, {buf + 10, 2}};
    struct msghdr h = {.msg_iov = v, .msg_iovlen = 2, .msg_flags = 7};
    SHOW(sendmsg(s[1], &h, 0));
    SHOW(recvmsg(s[0], &h, 0));
    SHOW(h.msg_flags);
    SHOW(write(s[1], "abcdefgh", 8));
    SHOW(recvmsg(s[0], &h, 0));
    SHOW(h.msg_flags);
    h.msg_iovlen = 1025;
    SHOW(recvmsg(s[0], &h, 0));
    SHOW_POINTERS(recvmsg(s[0], p, 0));
    SHOW_POINTERS(sendmsg(s[0], p, 0));
    while (recv(s[0], buf, 10, 0) >= 0)
        ;
    while (recv(s[1], buf, 10, 0) >= 0)
        ;
    SHOW_POINTERS(write(s[1], p, 2));
    SHOW(write(s[1], "abcde", 5));
    SHOW_POINTERS(read(s[0], p, 2));
    while (recv(s[0], buf, 10, 0) >= 0)
        ;
    SHOW(write(s[1], "abcde", 5));
    SHOW(shutdown(s[1], SHUT_WR));
    SHOW(ready(s[0]));
    SHOW(ready(s[1]));
    signals = 0;
    SHOW(write(s[1], "x", 1));
    SHOW(signals);
    SHOW(read(s[0], buf, 10));
    SHOW(read(s[0], buf, 10));
    SHOW(write(s[0], "back", 4));
    SHOW(close(s[1]));
    SHOW(ready(s[0]));
    signals = 0;
    SHOW(send(s[0], "x", 1, MSG_NOSIGNAL));
    SHOW(signals);
    SHOW(write(s[0], "x", 1));
    SHOW(signals);
    SHOW(read(s[0], buf, 10));
    SHOW(read(s[0], buf, 10));
    SHOW(getpeername(s[0], (void *)&un, &len));
    close(s[0]);
}

/* Who closes what it has not read tells the other end so, which loses nothing that it was sent. */
static void unread(int type)
{
    CLAIM("who closes what it has not read tells the other end");
    int s[2];
    printf("type %d\n", type);
    SHOW(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, s));
    SHOW(write(s[0], "abc", 3));
    SHOW(write(s[1], "defgh", 5));
    SHOW(write(s[1], "ij", 2));
    SHOW(recv(s[0], buf, 100, MSG_PEEK));
    SHOW(recv(s[0], buf, 6, MSG_PEEK));
    SHOW(close(s[1]));
    SHOW(ready(s[0]));
    SHOW(recv(s[0], buf, 100, 0));
    SHOW(recv(s[0], buf, 100, 0));
    SHOW(recv(s[0], buf, 100, 0));
    SHOW(recv(s[0], buf, 100, 0));
    close(s[0]);
}

/* Small messages use a socket's buffer up, too, empty ones included. */
static void small_messages(int type, size_t len)
{
    CLAIM("small messages use up a socket's buffer, too");
    int s[2], n = 0;
    socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, s);
    while (n < 1000 && send(s[0], buf, len, 0) >= 0)
        n++;
    printf("type %d, %zu bytes: %d messages\n", type, len, n);
    SHOW(ready(s[0]));
    SHOW(recv(s[1], buf, len + 1, 0));
    SHOW(send(s[0], buf, len, 0));
    close(s[0]);
    close(s[1]);
}

static int pair[2];

static void *write_much(void *arg)
{
    (void)arg;
    long sum = 0;
    for (int i = 0; i < 10; i++)
        sum += write(pair[1], buf, sizeof(buf));
    close(pair[1]);
    return (void *)sum;
}

static volatile int reading;

static void *read_one(void *arg)
{
    char c;
    (void)arg;
    reading = 1;
    return (void *)read(pair[0], &c, 1);
}

/* The other end goes while somebody waits for what it sends. */
static void left_alone(void)
{
    CLAIM("the other end goes while somebody waits");
    pthread_t t;
    void     *result;
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    pthread_create(&t, NULL, read_one, NULL);
    while (!reading)
        sched_yield();
    for (int i = 0; i < 100; i++) /* it goes from there to its sleep without a pause */
        sched_yield();
    close(pair[1]);
    pthread_join(t, &result);
    SHOW((long)result);
    close(pair[0]);
}

static void blocking(void)
{
    CLAIM("whoever comes first waits for the other one");
    static char in[5000];
    pthread_t   t;
    void       *result;
    long        sum = 0, n;

    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    pthread_create(&t, NULL, write_much, NULL);
    while ((n = read(pair[0], in, sizeof(in))) > 0)
        sum += n;
    pthread_join(t, &result);
    printf("written %ld, read %ld\n", (long)result, sum);
    close(pair[0]);
    SHOW_POINTERS(socketpair(AF_UNIX, SOCK_STREAM, 0, p));
    SHOW(socketpair(5, SOCK_STREAM, 0, pair));
    SHOW(socketpair(AF_UNIX, 4, 0, pair));
}

int main(void)
{
    buffer_output();
    making();
    connecting(SOCK_STREAM);
    connecting(SOCK_DGRAM);
    connecting(SOCK_SEQPACKET);
    alone(SOCK_STREAM);
    alone(SOCK_DGRAM);
    alone(SOCK_SEQPACKET);
    no_sockets();
    pairs(SOCK_STREAM);
    pairs(SOCK_DGRAM);
    pairs(SOCK_SEQPACKET);
    unread(SOCK_STREAM);
    unread(SOCK_DGRAM);
    unread(SOCK_SEQPACKET);
    small_messages(SOCK_STREAM, 1);
    small_messages(SOCK_DGRAM, 0);
    small_messages(SOCK_DGRAM, 1);
    small_messages(SOCK_SEQPACKET, 1);
    blocking();
    left_alone();
    return 0;
}
