/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -Wno-nonnull */
/* efault_files.c - bad pointers given to calls on files, sockets and what tells of events: each pointer
 * that a call takes, with each kind of bad pointer (abi.h). mem_efault.c has those on paths and buffers. */
#include "abi.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>

static int  file, other;
static char buffer[64];

static void attributes(void)
{
    CLAIM("extended attributes: names and values");
    SHOW_POINTERS(syscall(SYS_setxattr, p, "user.a", "v", 1, 0));
    SHOW_POINTERS(syscall(SYS_lsetxattr, "/tmp/file", p, "v", 1, 0));
    SHOW_POINTERS(syscall(SYS_fsetxattr, file, p, "v", 1, 0));
    SHOW_POINTERS(syscall(SYS_fsetxattr, file, "trusted.a", p, 2, 0));
    SHOW(syscall(SYS_fsetxattr, file, "trusted.a", "value", 5, 0));
    SHOW_POINTERS(syscall(SYS_getxattr, p, "trusted.a", buffer, 64));
    SHOW_POINTERS(syscall(SYS_getxattr, "/tmp/file", p, buffer, 64));
    SHOW_POINTERS(syscall(SYS_fgetxattr, file, "trusted.a", p, 64));
    SHOW_POINTERS(syscall(SYS_listxattr, p, buffer, 64));
    SHOW_POINTERS(syscall(SYS_flistxattr, file, p, 64));
    SHOW_POINTERS(syscall(SYS_removexattr, p, "trusted.a"));
    SHOW_POINTERS(syscall(SYS_fremovexattr, file, p));
}

static void vectors(void)
{
    struct iovec good = {buffer, 8};
    int          pipes[2];
    CLAIM("vectors at bad addresses");
    SHOW_POINTERS(syscall(SYS_writev, file, p, 1));
    SHOW_POINTERS(syscall(SYS_preadv, file, p, 1, 0, 0));
    SHOW_POINTERS(syscall(SYS_pwritev, file, p, 1, 0, 0));
    SHOW_POINTERS(syscall(SYS_preadv2, file, p, 1, 0, 0, 0));
    SHOW_POINTERS(syscall(SYS_pwritev2, file, p, 1, 0, 0, 0));
    (void)!pipe(pipes);
    SHOW_POINTERS(syscall(SYS_vmsplice, pipes[1], p, 1, 0));
    SHOW_POINTERS(syscall(SYS_process_vm_readv, getpid(), p, 1, &good, 1, 0));
    SHOW_POINTERS(syscall(SYS_process_vm_readv, getpid(), &good, 1, p, 1, 0));
    SHOW_POINTERS(syscall(SYS_process_vm_writev, getpid(), p, 1, &good, 1, 0));
    CLAIM("positions at bad addresses");
    SHOW_POINTERS(syscall(SYS_splice, file, p, pipes[1], NULL, 8, 0));
    SHOW_POINTERS(syscall(SYS_splice, pipes[0], NULL, file, p, 8, SPLICE_F_NONBLOCK));
    SHOW_POINTERS(syscall(SYS_copy_file_range, file, p, other, NULL, 8, 0));
    SHOW_POINTERS(syscall(SYS_copy_file_range, file, NULL, other, p, 8, 0));
    SHOW_POINTERS(syscall(SYS_sendfile, other, file, p, 8));
    CLAIM("descriptors that a call cannot write are not kept");
    SHOW_POINTERS(syscall(SYS_pipe2, p, 0));
    SHOW_POINTERS(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, p));
    SHOW(close_range(pipes[1] + 1, ~0u, 0));
    close(pipes[0]);
    close(pipes[1]);
}

static void names(void)
{
    CLAIM("openat2, memfd_create, inotify and mknodat: structures and names");
    SHOW_POINTERS(syscall(SYS_openat2, AT_FDCWD, "/tmp", p, sizeof(struct open_how)) < 0 ? -1 : 0);
    SHOW_POINTERS(syscall(SYS_openat2, AT_FDCWD, p, p, 3));
    SHOW_POINTERS(syscall(SYS_memfd_create, p, 0) < 0 ? -1 : 0);
    int in = inotify_init1(0);
    SHOW_POINTERS(syscall(SYS_inotify_add_watch, in, p, IN_CREATE));
    SHOW_POINTERS(syscall(SYS_mknodat, AT_FDCWD, p, S_IFIFO, 0));
    SHOW_POINTERS(syscall(452 /* fchmodat2 */, AT_FDCWD, p, 0, 0));
    SHOW_POINTERS(syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", p, 8));
    SHOW_POINTERS(syscall(SYS_utimensat, AT_FDCWD, "/tmp/file", p, 0));
    CLAIM("fcntl and ioctl: locks and numbers");
    SHOW_POINTERS(syscall(SYS_fcntl, file, F_GETLK, p));
    SHOW_POINTERS(syscall(SYS_fcntl, file, F_SETLK, p));
    SHOW_POINTERS(syscall(SYS_fcntl, file, F_OFD_GETLK, p));
    SHOW_POINTERS(syscall(SYS_ioctl, in, FIONREAD, p));
    SHOW_POINTERS(syscall(SYS_ioctl, file, FIONBIO, p));
    close(in);
}

static void events(void)
{
    int                e = epoll_create1(0), count = eventfd(3, EFD_NONBLOCK);
    struct epoll_event ev = {.events = EPOLLIN};
    struct itimerspec  never = {{0, 0}, {0, 0}};
    sigset_t           set;

    sigemptyset(&set);
    CLAIM("epoll: events, times and masks");
    SHOW_POINTERS(syscall(SYS_epoll_ctl, e, EPOLL_CTL_ADD, count, p));
    SHOW(epoll_ctl(e, EPOLL_CTL_DEL, count, NULL));
    SHOW(epoll_ctl(e, EPOLL_CTL_ADD, count, &ev));
    SHOW_POINTERS(syscall(SYS_epoll_ctl, e, EPOLL_CTL_MOD, count, p));
    SHOW(epoll_ctl(e, EPOLL_CTL_MOD, count, &ev));
    SHOW_POINTERS(syscall(SYS_epoll_pwait, e, p, 1, 0, NULL, 8));
    SHOW_POINTERS(syscall(SYS_epoll_pwait, e, &ev, 1, 0, p, 8));
    SHOW_POINTERS(syscall(SYS_epoll_pwait2, e, &ev, 1, p, NULL, 8));
    CLAIM("eventfd: what cannot be stored is not taken away, or is");
    SHOW_POINTERS(read(count, p, 8));
    SHOW_POINTERS(write(count, p, 8));
    CLAIM("timerfd and signalfd: structures");
    int t = timerfd_create(CLOCK_MONOTONIC, 0);
    SHOW_POINTERS(syscall(SYS_timerfd_settime, t, 0, p, NULL));
    SHOW_POINTERS(syscall(SYS_timerfd_settime, t, 0, &never, p));
    SHOW_POINTERS(syscall(SYS_timerfd_gettime, t, p));
    SHOW_POINTERS(syscall(SYS_signalfd4, -1, p, 8, 0) < 0 ? -1 : 0);
    SHOW(close_range(e, ~0u, 0));
}

static void sockets(void)
{
    struct sockaddr_un name = {AF_UNIX, "/tmp/socket"};
    struct iovec       v = {buffer, 3};
    struct msghdr      m = {.msg_iov = &v, .msg_iovlen = 1};
    struct timeval     tv = {0, 0};
    socklen_t          length = sizeof(name);
    int                pair[2], s = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)!socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    CLAIM("addresses of sockets, given");
    SHOW_POINTERS(syscall(SYS_bind, s, p, sizeof(name)));
    SHOW_POINTERS(syscall(SYS_connect, s, p, sizeof(name)));
    SHOW_POINTERS(syscall(SYS_sendto, pair[1], "x", 1, 0, p, sizeof(name)));
    SHOW(bind(s, (void *)&name, sizeof(name)));
    SHOW(listen(s, 5));
    CLAIM("addresses of sockets and their lengths, taken");
    SHOW_POINTERS(syscall(SYS_getsockname, s, p, &length));
    SHOW_POINTERS(syscall(SYS_getsockname, s, &name, p));
    SHOW_POINTERS(syscall(SYS_getpeername, pair[0], &name, p));
    CLAIM("options of sockets and their lengths");
    length = 4;
    SHOW_POINTERS(syscall(SYS_getsockopt, s, SOL_SOCKET, SO_TYPE, p, &length));
    SHOW_POINTERS(syscall(SYS_getsockopt, s, SOL_SOCKET, SO_TYPE, buffer, p));
    SHOW_POINTERS(syscall(SYS_setsockopt, s, SOL_SOCKET, SO_PASSCRED, p, 4));
    SHOW_POINTERS(syscall(SYS_setsockopt, s, SOL_SOCKET, SO_RCVTIMEO, p, sizeof(tv)));
    CLAIM("messages: headers, vectors, buffers, control");
    SHOW_POINTERS(syscall(SYS_sendto, pair[1], p, 2, 0, NULL, 0));
    SHOW_POINTERS(syscall(SYS_sendmsg, pair[1], p, 0));
    m.msg_iov = pointer(KERNEL);
    SHOW(sendmsg(pair[1], &m, 0));
    m.msg_iov = &v;
    v.iov_base = pointer(NO_ACCESS);
    SHOW(sendmsg(pair[1], &m, 0));
    v.iov_base = buffer;
    m.msg_control = pointer(NO_ACCESS);
    m.msg_controllen = 24;
    SHOW(sendmsg(pair[1], &m, 0));
    m.msg_control = NULL;
    m.msg_controllen = 0;
    m.msg_name = pointer(NO_ACCESS);
    m.msg_namelen = 10;
    SHOW(sendmsg(pair[1], &m, 0));
    SHOW_POINTERS(syscall(SYS_sendmmsg, pair[1], p, 1, 0));
    CLAIM("a message that cannot be stored is lost, or is not");
    while (recv(pair[0], buffer, 64, MSG_DONTWAIT) >= 0)
        ;
    for (int i = 0; i < 5; i++)
        SHOW(send(pair[1], "abc", 3, 0));
    SHOW_POINTERS(syscall(SYS_recvfrom, pair[0], p, 3, MSG_DONTWAIT, NULL, NULL));
    SHOW_POINTERS(syscall(SYS_recvmsg, pair[0], p, MSG_DONTWAIT));
    SHOW_POINTERS(syscall(SYS_recvmmsg, pair[0], p, 1, MSG_DONTWAIT, NULL));
    SHOW(recv(pair[0], buffer, 64, MSG_DONTWAIT));
    SHOW(close_range(s, ~0u, 0));
}

int main(void)
{
    buffer_output();
    file = open("/tmp/file", O_RDWR | O_CREAT, 0600);
    other = open("/tmp/other", O_RDWR | O_CREAT, 0600);
    (void)!write(file, "0123456789012345678901234567890123456789", 40);
    lseek(file, 0, SEEK_SET);
    attributes();
    vectors();
    names();
    events();
    sockets();
    return 0;
}
