/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-nonnull -Wno-stringop-overread -Wno-stringop-overflow */
/* abi_unix_rights.c - open files and identities that go through sockets with messages. */
#include "abi_unix.h"

static char buf[1000];

/* Control messages, and what there is room for. */
static union {
    char           bytes[3000];
    struct cmsghdr align;
} control;

static struct msghdr message(struct iovec *v, size_t controllen)
{
    return (struct msghdr){
        .msg_iov = v,
        .msg_iovlen = 1,
        .msg_control = controllen ? control.bytes : NULL,
        .msg_controllen = controllen,
    };
}

static size_t put_fds(size_t at, const int *fds, int n)
{
    struct cmsghdr *m = (void *)(control.bytes + at);
    m->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)n);
    m->cmsg_level = SOL_SOCKET;
    m->cmsg_type = SCM_RIGHTS;
    memcpy(CMSG_DATA(m), fds, sizeof(int) * (size_t)n);
    return at + CMSG_SPACE(sizeof(int) * (size_t)n);
}

static long send_fds(int s, const char *text, const int *fds, int n)
{
    struct iovec  v = {(char *)text, strlen(text)};
    size_t        len = put_fds(0, fds, n);
    struct msghdr h = message(&v, len);
    return sendmsg(s, &h, 0);
}

static int last_fds[300], nlast;

static const char *what_of(int fd)
{
    struct stat st;
    if (fstat(fd, &st))
        return "closed";
    return S_ISFIFO(st.st_mode)   ? "pipe"
           : S_ISSOCK(st.st_mode) ? "socket"
           : S_ISCHR(st.st_mode)  ? "device"
                                  : "other";
}

static void tell_control(struct msghdr *h)
{
    nlast = 0;
    for (struct cmsghdr *m = CMSG_FIRSTHDR(h); m; m = CMSG_NXTHDR(h, m)) {
        printf("   control: length %zu level %d type %d", (size_t)m->cmsg_len, m->cmsg_level,
               m->cmsg_type);
        int n = (int)((m->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        if (m->cmsg_type == SCM_RIGHTS) {
            memcpy(last_fds, CMSG_DATA(m), sizeof(int) * (size_t)n);
            nlast = n;
            for (int i = 0; i < n && i < 4; i++)
                printf(" %s%s", what_of(last_fds[i]),
                       fcntl(last_fds[i], F_GETFD) ? " cloexec" : "");
        } else {
            struct ucred c;
            memcpy(&c, CMSG_DATA(m), sizeof(c));
            printf(" pid %s uid %d gid %d",
                   c.pid == getpid() ? "own"
                   : c.pid           ? "other"
                                     : "0",
                   c.uid, c.gid);
        }
        printf("\n");
    }
}

/* Receive with that much room, and say what came. */
static void receive(int s, size_t len, size_t room, int flags)
{
    struct iovec  v = {buf, len};
    struct msghdr h = message(&v, room);
    memset(&control, 0x55, sizeof(control));
    long n = recvmsg(s, &h, flags);
    if (n < 0) {
        printf("receive: %s\n", strerrorname_np(errno));
        return;
    }
    printf("receive: %ld \"%.*s\" controllen %zu flags %#x\n", n, (int)n, buf,
           (size_t)h.msg_controllen, h.msg_flags);
    tell_control(&h);
}

static void close_last(void)
{
    for (int i = 0; i < nlast; i++)
        close(last_fds[i]);
    nlast = 0;
}

static void rights(int type)
{
    CLAIM("files travel in messages");
    int s[2], p[2], c;
    printf("type %d\n", type);
    SHOW(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, s));
    SHOW(pipe(p));
    SHOW(send_fds(s[0], "read end", &p[0], 1));
    close(p[0]);
    receive(s[1], 100, sizeof(control), 0);
    p[0] = last_fds[0];
    SHOW(write(p[1], "through", 7));
    SHOW(read(p[0], buf, 100));
    /* two at once, to be closed at exec */
    SHOW(send_fds(s[0], "both", p, 2));
    receive(s[1], 100, sizeof(control), MSG_CMSG_CLOEXEC);
    close_last();
    /* peeking gives new ones each time */
    SHOW(send_fds(s[0], "peek", &p[1], 1));
    receive(s[1], 100, sizeof(control), MSG_PEEK);
    c = last_fds[0];
    receive(s[1], 100, sizeof(control), 0);
    SHOW(c != last_fds[0]);
    close(c);
    close_last();
    /* too little room: what does not fit is closed */
    for (size_t room = 0; room <= 32; room += 4) {
        printf("room %zu: %ld\n", room, send_fds(s[0], "room", p, 2));
        receive(s[1], 100, room, 0);
        close_last();
    }
    /* nobody asks */
    SHOW(send_fds(s[0], "read", p, 2));
    SHOW(read(s[1], buf, 100));
    SHOW(send_fds(s[0], "recv", p, 2));
    SHOW(recv(s[1], buf, 2, 0));
    SHOW(recv(s[1], buf, 100, 0));
    c = dup(0); /* nothing was left open */
    SHOW(c);
    close(c);
    /* what nobody receives is closed with the socket */
    SHOW(send_fds(s[0], "write end", &p[1], 1));
    close(p[1]);
    SHOW(fcntl(p[0], F_SETFL, O_NONBLOCK));
    SHOW(read(p[0], buf, 1));
    SHOW(ready(p[0]));
    close(s[1]);
    SHOW(read(p[0], buf, 1));
    SHOW(ready(p[0]));
    close(s[0]);
    close(p[0]);
}

/* Bytes after a message with files wait for the next call. */
static void borders(void)
{
    CLAIM("bytes after a message with files wait for the next call");
    int s[2], fd = 0;
    SHOW(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s));
    SHOW(write(s[0], "before ", 7));
    SHOW(send_fds(s[0], "with ", &fd, 1));
    SHOW(write(s[0], "after ", 6));
    SHOW(send_fds(s[0], "again", &fd, 1));
    receive(s[1], 100, sizeof(control), MSG_PEEK);
    close_last();
    receive(s[1], 100, sizeof(control), 0);
    close_last();
    receive(s[1], 8, sizeof(control), 0);
    close_last();
    receive(s[1], 100, sizeof(control), 0);
    close_last();
    receive(s[1], 100, sizeof(control), 0);
    SHOW(send_fds(s[0], "", &fd, 1)); /* a stream takes no message without a byte */
    receive(s[1], 100, sizeof(control), 0);
    close_last();
    close(s[0]);
    close(s[1]);
}

static long send_raw(int s, size_t len, size_t cmsg_len, int level, int type, int fd)
{
    struct iovec    v = {"x", 1};
    struct msghdr   h = message(&v, len);
    struct cmsghdr *m = &control.align;
    memset(&control, 0, sizeof(control));
    m->cmsg_len = cmsg_len;
    m->cmsg_level = level;
    m->cmsg_type = type;
    memcpy(CMSG_DATA(m), &fd, sizeof(fd));
    return sendmsg(s, &h, MSG_DONTWAIT);
}

static void errors(void)
{
    CLAIM("messages with files that are refused");
    int s[2], fds[254] = {0}, bad = 99, path = open("/", O_PATH);
    SHOW(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, s));
    SHOW(send_fds(s[0], "x", &bad, 1));
    bad = -1;
    SHOW(send_fds(s[0], "x", &bad, 1));
    SHOW(send_fds(s[0], "x", &path, 1));
    receive(s[1], 10, sizeof(control), 0);
    close_last();
    SHOW(send_fds(s[0], "x", fds, 253));
    receive(s[1], 10, sizeof(control), 0);
    SHOW(nlast);
    close_last();
    SHOW(send_fds(s[0], "x", fds, 254));
    SHOW(send_fds(s[0], "none", fds, 0));
    receive(s[1], 10, sizeof(control), 0);
    SHOW(send_raw(s[0], 24, 24, SOL_SOCKET, 77, 0));
    SHOW(send_raw(s[0], 24, 24, 77, SCM_RIGHTS, 0));
    SHOW(send_raw(s[0], 24, 25, SOL_SOCKET, SCM_RIGHTS, 0));
    SHOW(send_raw(s[0], 24, 15, SOL_SOCKET, SCM_RIGHTS, 0));
    SHOW(send_raw(s[0], 15, 24, SOL_SOCKET, SCM_RIGHTS, 0));
    SHOW(send_raw(s[0], 20, 20, SOL_SOCKET, SCM_RIGHTS, 99));
    SHOW(send_raw(s[0], 19, 19, SOL_SOCKET, SCM_RIGHTS, 99));
    SHOW(send_raw(s[0], 32, 24, SOL_SOCKET, SCM_CREDENTIALS, 0));
    struct iovec  v = {"x", 1};
    struct msghdr h = message(&v, 24);
    SHOW_POINTERS((h.msg_control = p, sendmsg(s[0], &h, 0)));
    h.msg_control = &control;
    h.msg_controllen = 1ul << 31;
    SHOW(sendmsg(s[0], &h, 0));
    while (recv(s[1], buf, 1, 0) >= 0)
        ;
    /* no descriptor is free */
    struct rlimit {
        unsigned long cur, max;
    } limit = {20, 1024};
    for (int i = 0; i < 40; i++)
        dup(0);
    SHOW(send_fds(s[0], "two", fds, 2));
    SHOW(syscall(SYS_prlimit64, 0, 7, &limit, NULL));
    receive(s[1], 10, sizeof(control), 0);
    SHOW(nlast);
    for (int i = 10; i < 60; i++)
        close(i);
    close(s[0]);
    close(s[1]);
    close(path);
}

static long send_cred(int s, int pid, int uid, int gid)
{
    struct iovec    v = {"cred", 4};
    struct msghdr   h = message(&v, CMSG_SPACE(sizeof(struct ucred)));
    struct ucred    c = {pid, (unsigned)uid, (unsigned)gid};
    struct cmsghdr *m = &control.align;
    m->cmsg_len = CMSG_LEN(sizeof(c));
    m->cmsg_level = SOL_SOCKET;
    m->cmsg_type = SCM_CREDENTIALS;
    memcpy(CMSG_DATA(m), &c, sizeof(c));
    return sendmsg(s, &h, 0);
}

static void tell_peercred(int s)
{
    struct ucred c = {7, 7, 7};
    socklen_t    len = sizeof(c);
    if (getsockopt(s, SOL_SOCKET, SO_PEERCRED, &c, &len))
        printf("   peer: %s\n", strerrorname_np(errno));
    else
        printf("   peer: pid %s uid %d gid %d, length %u\n",
               c.pid == getpid() ? "own"
               : c.pid           ? "other"
                                 : "0",
               c.uid, c.gid, len);
}

static void credentials(int type)
{
    CLAIM("senders' credentials");
    int s[2], l, c, one = 1, fd = 0, pid = getpid();
    printf("type %d\n", type);
    SHOW(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, s));
    tell_peercred(s[0]);
    SHOW(write(s[0], "unasked", 7));
    SHOW(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)));
    receive(s[1], 100, sizeof(control), 0);
    SHOW(write(s[0], "asked", 5));
    receive(s[1], 100, sizeof(control), 0);
    SHOW(write(s[0], "little room", 11));
    receive(s[1], 100, 20, 0);
    SHOW(write(s[0], "no room", 7));
    receive(s[1], 100, 0, 0);
    SHOW(send_cred(s[0], pid, 0, 0));
    SHOW(send_cred(s[0], pid, 1000, 1001));
    SHOW(send_cred(s[0], 4000000, 0, 0));
    SHOW(send_cred(s[0], pid, -1, 0));
    receive(s[1], 100, sizeof(control), 0);
    receive(s[1], 100, sizeof(control), 0);
    receive(s[1], 100, sizeof(control), 0);
    SHOW(send_fds(s[0], "with a file", &fd, 1));
    receive(s[1], 100, sizeof(control), 0);
    close_last();
    close(s[0]);
    close(s[1]);

    c = socket(AF_UNIX, type, 0);
    tell_peercred(c);
    if (type != SOCK_DGRAM) {
        l = listener(type, "@cred", 2);
        tell_peercred(l);
        SHOW(connect_name(c, "@cred"));
        tell_peercred(c);
        SHOW(write(c, "early", 5));
        int a = accept(l, NULL, NULL);
        tell_peercred(a);
        SHOW(setsockopt(a, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)));
        receive(a, 100, sizeof(control), 0);
        close(a);
        close(l);
    }
    close(c);
    /* who wants to be told has a name */
    c = socket(AF_UNIX, SOCK_DGRAM, 0);
    l = socket(AF_UNIX, SOCK_DGRAM, 0);
    SHOW(bind_name(l, "@cred"));
    SHOW(setsockopt(c, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)));
    SHOW(send_name(c, "@cred", "named"));
    struct sockaddr_un un;
    socklen_t          len = sizeof(un);
    SHOW(getsockname(c, (void *)&un, &len));
    SHOW(len);
    close(c);
    close(l);
}

/* Sockets that hold each other, by themselves or in a ring, with the end of a pipe among them: that is
 * closed when nobody can get at it any more. */
static void rings(int n)
{
    CLAIM("sockets that hold each other in a ring go when nobody can get at them");
    int s[8][2], p[2], fds[2];
    printf("a ring of %d\n", n);
    pipe(p);
    for (int i = 0; i < n; i++)
        socketpair(AF_UNIX, SOCK_STREAM, 0, s[i]);
    for (int i = 0; i < n; i++) {
        fds[0] = s[(i + 1) % n][1];
        fds[1] = p[1];
        SHOW(send_fds(s[i][0], "hold", fds, i ? 1 : 2) > 0);
    }
    close(p[1]);
    fcntl(p[0], F_SETFL, O_NONBLOCK);
    for (int i = 0; i < n; i++)
        close(s[i][1]);
    SHOW(read(p[0], buf, 1));
    for (int i = 0; i < n; i++)
        close(s[i][0]);
    struct pollfd wait = {p[0], POLLIN, 0}; /* Linux looks for them some time after */
    SHOW(poll(&wait, 1, 10000));
    SHOW(read(p[0], buf, 1));
    close(p[0]);
}

/* A listener in a message to a connection that waits at that very listener. */
static void listener_ring(void)
{
    CLAIM("a listener that waits at itself goes, too");
    int l = listener(SOCK_STREAM, "@ring", 2), c = socket(AF_UNIX, SOCK_STREAM, 0), p[2];
    pipe(p);
    connect_name(c, "@ring");
    int fds[2] = {l, p[1]};
    SHOW(send_fds(c, "hold", fds, 2));
    close(p[1]);
    close(l);
    fcntl(p[0], F_SETFL, O_NONBLOCK);
    SHOW(read(p[0], buf, 1));
    SHOW(close(c));
    struct pollfd wait = {p[0], POLLIN, 0};
    SHOW(poll(&wait, 1, 10000));
    SHOW(read(p[0], buf, 1));
    SHOW(connect_name(socket(AF_UNIX, SOCK_STREAM, 0), "@ring"));
    close(p[0]);
}

/* Each socket in a message at the one before: closing the first closes all, however many. */
static void chain(void)
{
    CLAIM("sockets in messages at one another go with the first");
    int last = -1, s[2], p[2];
    pipe(p);
    last = p[1];
    for (int i = 0; i < 3000; i++) {
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) || send_fds(s[0], "x", &last, 1) != 1)
            printf("%d: %s\n", i, strerrorname_np(errno));
        close(s[0]);
        close(last);
        last = s[1];
    }
    fcntl(p[0], F_SETFL, O_NONBLOCK);
    SHOW(read(p[0], buf, 1));
    SHOW(close(last));
    struct pollfd wait = {p[0], POLLIN, 0};
    SHOW(poll(&wait, 1, 10000));
    SHOW(read(p[0], buf, 1));
    close(p[0]);
}

static void *receive_one(void *arg)
{
    char          c[10];
    struct iovec  v = {c, sizeof(c)};
    char          room[CMSG_SPACE(sizeof(int))];
    struct msghdr h = {
        .msg_iov = &v, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room)};
    long n = recvmsg(*(int *)arg, &h, 0);
    int  fd = -1;
    if (n > 0 && h.msg_controllen)
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&h)), sizeof(fd));
    long moved = write(fd, "from the other thread", 21);
    close(fd);
    return (void *)moved;
}

static void between_threads(void)
{
    CLAIM("files travel between threads");
    int s[2], p[2];
    SHOW(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s));
    SHOW(pipe(p));
    pthread_t t = start(receive_one, &s[1]);
    SHOW(send_fds(s[0], "take", &p[1], 1));
    close(p[1]);
    SHOW(finish(t));
    SHOW(read(p[0], buf, 100));
    SHOW(read(p[0], buf, 100));
    close(p[0]);
    close(s[0]);
    close(s[1]);
}

int main(void)
{
    buffer_output();
    signal(SIGPIPE, count_signal);
    rights(SOCK_STREAM);
    rights(SOCK_DGRAM);
    rights(SOCK_SEQPACKET);
    borders();
    credentials(SOCK_STREAM);
    credentials(SOCK_DGRAM);
    credentials(SOCK_SEQPACKET);
    rings(1);
    rings(2);
    rings(5);
    listener_ring();
    chain();
    between_threads();
    errors();
    return 0;
}
