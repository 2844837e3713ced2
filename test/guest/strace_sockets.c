/* SPDX-License-Identifier: Apache-2.0 */
/* strace_sockets.c - calls on local sockets, as strace shows them. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static union {
    char           bytes[200];
    struct cmsghdr align;
} control;

static void put_control(int type, const void *data, size_t len)
{
    control.align = (struct cmsghdr){CMSG_LEN(len), SOL_SOCKET, type};
    memcpy(CMSG_DATA(&control.align), data, len);
}

static void messages(void)
{
    char          buf[20];
    int           s[2], one = 1, fds[2] = {0, 1};
    struct iovec  v = {"files", 5}, w = {buf, sizeof(buf)};
    struct msghdr h = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &control};
    struct ucred  cred = {1, 0, 0};

    socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
    put_control(SCM_RIGHTS, fds, sizeof(fds));
    h.msg_controllen = CMSG_SPACE(sizeof(fds));
    sendmsg(s[0], &h, MSG_NOSIGNAL);
    h.msg_iov = &w;
    recvmsg(s[1], &h, MSG_CMSG_CLOEXEC);
    setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof(one));
    put_control(SCM_CREDENTIALS, &cred, sizeof(cred));
    h.msg_iov = &v;
    h.msg_controllen = 15;
    sendmsg(s[0], &h, 0);
    struct mmsghdr many[2] = {{.msg_hdr = {.msg_iov = &v, .msg_iovlen = 1}},
                              {.msg_hdr = {.msg_iov = &v, .msg_iovlen = 1}}};
    sendmmsg(s[0], many, 2, MSG_DONTWAIT);
    many[0].msg_hdr.msg_iov = many[1].msg_hdr.msg_iov = &w;
    syscall(SYS_recvmmsg, s[1], many, 2, MSG_DONTWAIT, NULL);
    syscall(SYS_recvmmsg, 99, many, 2, 0, NULL);
    sendmmsg(99, many, 2, 0);
}

int main(void)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/tmp/named"};
    struct sockaddr_un abstract = {.sun_family = AF_UNIX, .sun_path = "\0name"}, got;
    socklen_t          len = sizeof(got);
    struct linger      linger = {1, 2};

    int l = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(l, (void *)&un, sizeof(un));
    bind(c, (void *)&abstract, 7);
    listen(l, 5);
    connect(c, (void *)&un, sizeof(un));
    int a = accept4(l, (void *)&got, &len, SOCK_NONBLOCK);
    len = sizeof(got);
    getpeername(c, (void *)&got, &len);
    send(c, "text", 4, 0);
    len = sizeof(got);
    char buf[10];
    recvfrom(a, buf, sizeof(buf), 0, (void *)&got, &len);
    recvfrom(a, buf, sizeof(buf), 0, NULL, NULL);
    setsockopt(a, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    len = sizeof(linger);
    getsockopt(a, SOL_SOCKET, SO_LINGER, &linger, &len);
    shutdown(a, SHUT_RDWR);
    close(a);
    messages();
    return 0;
}
