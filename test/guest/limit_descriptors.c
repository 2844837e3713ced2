/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread */
/* limit_descriptors.c - RLIMIT_NOFILE: what each call that makes a descriptor does when there is no room for it,
 * and what it then leaves undone. */
#include "abi.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <mqueue.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>

static void limited(rlim_t n)
{
    struct rlimit l = {n, 65536};
    if (setrlimit(RLIMIT_NOFILE, &l))
        puts("no limit");
}

/* Make it so that n more descriptors fit: those below are all in use. */
static void room_for(int n)
{
    limited(1024);
    int next = open("/dev/null", O_RDONLY);
    close(next);
    limited((rlim_t)(next + n));
}

static int exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static int descriptors(void)
{
    int n = 0;
    for (int i = 0; i < 1024; i++)
        n += fcntl(i, F_GETFD) >= 0;
    return n;
}

static void opening(void)
{
    struct open_how how = {.flags = O_RDONLY};
    struct stat     st;

    room_for(0);
    CLAIM("openat gives EMFILE");
    SHOW(open("/dev/null", O_RDONLY));
    CLAIM("openat2 gives EMFILE");
    SHOW(syscall(SYS_openat2, AT_FDCWD, "/dev/null", &how, sizeof(how)));
    CLAIM("a name that is missing gives EMFILE, too: the descriptor comes first");
    SHOW(open("/missing", O_RDONLY));
    CLAIM("a bad pointer gives EFAULT: the name comes before the descriptor");
    SHOW(open((void *)pointer(KERNEL), O_RDONLY));
    CLAIM("flags that do not go together give EINVAL before");
    SHOW(open("/tmp", O_TMPFILE | O_RDONLY));
    CLAIM("openat that would make a file makes none");
    SHOW(open("/tmp/made", O_CREAT | O_RDWR, 0600));
    SHOW(exists("/tmp/made"));
    limited(1024);
    int fd = open("/tmp/kept", O_CREAT | O_RDWR, 0600);
    SHOW(write(fd, "abc", 3));
    room_for(0);
    CLAIM("openat with O_TRUNC leaves the bytes");
    SHOW(open("/tmp/kept", O_RDWR | O_TRUNC));
    SHOW(fstat(fd, &st));
    SHOW(st.st_size);
    CLAIM("openat with O_TMPFILE and O_PATH gives EMFILE");
    SHOW(open("/tmp", O_TMPFILE | O_RDWR, 0600));
    SHOW(open("/tmp", O_PATH));
    CLAIM("openat of a fifo gives EMFILE and does not wait");
    mkfifo("/tmp/fifo", 0600);
    SHOW(open("/tmp/fifo", O_RDONLY));
    close(fd);
    limited(1024);
}

static void copying(void)
{
    room_for(0);
    CLAIM("dup gives EMFILE");
    SHOW(dup(0));
    CLAIM("dup of what is not open gives EBADF before");
    SHOW(dup(77));
    CLAIM("dup3 to a number past the limit gives EBADF");
    SHOW(dup3(0, 3, 0));
    SHOW(dup3(0, 900, O_CLOEXEC));
    CLAIM("dup3 to a number below it works");
    SHOW(dup3(1, 2, 0));
    CLAIM("F_DUPFD from a number past the limit gives EINVAL, from one below EMFILE");
    SHOW(fcntl(0, F_DUPFD, 3));
    SHOW(fcntl(0, F_DUPFD, 2));
    SHOW(fcntl(0, F_DUPFD_CLOEXEC, 0));
    SHOW(fcntl(0, F_DUPFD, -1));
    limited(1024);
}

static void making(void)
{
    int            fds[2] = {-7, -7};
    sigset_t       set;
    struct mq_attr attr = {.mq_maxmsg = 2, .mq_msgsize = 8};

    sigemptyset(&set);
    room_for(0);
    CLAIM("pipe2 gives EMFILE");
    SHOW(pipe2(fds, 0));
    CLAIM("pipe2 with wrong flags gives EINVAL before");
    SHOW(pipe2(fds, 1));
    CLAIM("socket gives EMFILE");
    SHOW(socket(AF_UNIX, SOCK_STREAM, 0));
    CLAIM("socket of a family that is not there does not get so far");
    SHOW(socket(77, SOCK_STREAM, 0));
    CLAIM("socketpair gives EMFILE");
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
    CLAIM("epoll_create1 gives EMFILE");
    SHOW(epoll_create1(0));
    CLAIM("eventfd2 gives EMFILE");
    SHOW(eventfd(0, 0));
    CLAIM("timerfd_create gives EMFILE");
    SHOW(timerfd_create(CLOCK_MONOTONIC, 0));
    CLAIM("signalfd4 gives EMFILE");
    SHOW(signalfd(-1, &set, 0));
    CLAIM("memfd_create gives EMFILE");
    SHOW(memfd_create("m", 0));
    CLAIM("inotify_init1 gives EMFILE");
    SHOW(inotify_init1(0));
    CLAIM("pidfd_open gives EMFILE");
    SHOW(syscall(SYS_pidfd_open, getpid(), 0));
    CLAIM("mq_open gives EMFILE, and makes no queue");
    SHOW(mq_open("/none", O_RDWR | O_CREAT, 0600, &attr));
    SHOW(mq_unlink("/none"));
    room_for(1);
    CLAIM("pipe2 with room for one gives EMFILE, keeps none and writes none");
    SHOW(pipe2(fds, 0));
    printf("%d %d, %d descriptors\n", fds[0], fds[1], descriptors());
    CLAIM("socketpair with room for one gives EMFILE and keeps none");
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
    printf("%d descriptors\n", descriptors());
    CLAIM("the one that fits is there");
    SHOW(open("/dev/null", O_RDONLY));
    SHOW(close(3));
    limited(1024);
    CLAIM("pidfd_getfd gives EMFILE");
    int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    room_for(0);
    SHOW(syscall(SYS_pidfd_getfd, pidfd, 0, 0));
    close(pidfd);
    limited(1024);
}

/* --- sockets ---------------------------------------------------------------------------------- */

static struct sockaddr_un name = {AF_UNIX, "/tmp/socket"};

static void accepting(void)
{
    struct sockaddr_un from;
    socklen_t          length = sizeof(from);
    int                s = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(s, (void *)&name, sizeof(name));
    listen(s, 2);
    connect(c, (void *)&name, sizeof(name));
    room_for(0);
    CLAIM("accept gives EMFILE");
    SHOW(accept(s, NULL, NULL));
    SHOW(accept4(s, NULL, NULL, SOCK_CLOEXEC));
    limited(1024);
    CLAIM("the connection is still to be had");
    SHOW(accept(s, (void *)&from, &length));
    for (int fd = 3; fd < 6; fd++)
        close(fd);
}

/* Send n copies of descriptor 0. */
static void send_descriptors(int to, int n)
{
    union {
        char           space[CMSG_SPACE(8 * sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct iovec    v = {"x", 1};
    struct msghdr   m = {.msg_iov = &v,
                         .msg_iovlen = 1,
                         .msg_control = &control,
                         .msg_controllen = CMSG_SPACE((unsigned)n * sizeof(int))};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN((unsigned)n * sizeof(int));
    for (int i = 0; i < n; i++)
        ((int *)CMSG_DATA(c))[i] = 0;
    SHOW(sendmsg(to, &m, 0));
}

static void receive_descriptors(int from, int flags)
{
    char          byte, space[CMSG_SPACE(8 * sizeof(int))];
    struct iovec  v = {&byte, 1};
    struct msghdr m = {
        .msg_iov = &v, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space)};
    SHOW(recvmsg(from, &m, flags));
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    printf("flags %x, control of %ld, %ld descriptors, %d open\n", (unsigned)m.msg_flags,
           (long)m.msg_controllen, c ? (long)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int)) : 0,
           descriptors());
}

static void receiving(void)
{
    int p[2];
    (void)!socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    CLAIM("recvmsg of descriptors for which there is no room has MSG_CTRUNC and none");
    send_descriptors(p[1], 2);
    room_for(0);
    receive_descriptors(p[0], 0);
    CLAIM("recvmsg of more than there is room for has those that fit");
    send_descriptors(p[1], 5);
    room_for(2);
    receive_descriptors(p[0], MSG_CMSG_CLOEXEC);
    SHOW(fcntl(5, F_GETFD));
    SHOW(fcntl(6, F_GETFD));
    limited(1024);
    for (int fd = 3; fd < 7; fd++)
        close(fd);
}

/* --- the limit itself ------------------------------------------------------------------------- */

static void limit(void)
{
    struct pollfd f[4] = {{0, 0, 0}};
    struct rlimit l;
    fd_set        set;

    CLAIM("what is open past a new limit stays usable");
    SHOW(dup3(1, 500, 0));
    limited(3);
    SHOW(fcntl(500, F_GETFD));
    SHOW(write(500, "", 0));
    CLAIM("but nothing can be put there again");
    SHOW(dup3(1, 500, 0));
    SHOW(close(500));
    SHOW(dup3(1, 500, 0));
    CLAIM("poll of more than the limit gives EINVAL");
    SHOW(poll(f, 3, 0));
    SHOW(poll(f, 4, 0));
    CLAIM("select does not mind");
    FD_ZERO(&set);
    struct timeval zero = {0, 0};
    SHOW(select(1000, &set, NULL, NULL, &zero));
    CLAIM("a limit of zero closes nothing and opens nothing");
    limited(0);
    SHOW(open("/dev/null", O_RDONLY));
    SHOW(fcntl(0, F_GETFD));
    CLAIM("the descriptors follow when the limit is raised");
    limited(3);
    SHOW(open("/dev/null", O_RDONLY));
    limited(4);
    SHOW(open("/dev/null", O_RDONLY));
    SHOW(open("/dev/null", O_RDONLY));
    close(3);
    limited(1024);
    CLAIM("a soft limit above the hard one gives EINVAL");
    l = (struct rlimit){65537, 65536};
    SHOW(setrlimit(RLIMIT_NOFILE, &l));
    CLAIM("a hard limit above what there can be gives EPERM");
    l = (struct rlimit){1024, 1 << 30};
    SHOW(setrlimit(RLIMIT_NOFILE, &l));
    l = (struct rlimit){1024, RLIM_INFINITY};
    SHOW(setrlimit(RLIMIT_NOFILE, &l));
    SHOW(getrlimit(RLIMIT_NOFILE, &l));
    printf("%ld %ld\n", (long)l.rlim_cur, (long)l.rlim_max);
    CLAIM("a descriptor at the soft limit's end works");
    limited(65536);
    SHOW(dup3(1, 65535, 0));
    SHOW(dup3(1, 65536, 0));
    SHOW(close(65535));
}

int main(void)
{
    buffer_output();
    opening();
    copying();
    making();
    accepting();
    receiving();
    limit();
    return 0;
}
