/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -Wno-nonnull -Wno-stringop-overflow */
/* abi_signalfd.c - signalfd4: wrong arguments, what is read for which signal, several at once, whose signals,
 * changes of the set, with sigtimedwait and handlers, with poll and epoll. */
#include "abi_epoll.h"

#include <sys/signalfd.h>

static sigset_t set, none;

static long sfd4(long fd, const void *mask, long size, long flags)
{
    return syscall(SYS_signalfd4, fd, mask, size, flags);
}

static int of(int sig1, int sig2, int flags)
{
    sigset_t s;
    sigemptyset(&s);
    if (sig1)
        sigaddset(&s, sig1);
    if (sig2)
        sigaddset(&s, sig2);
    return signalfd(-1, &s, flags);
}

static void arguments(void)
{
    CLAIM("arguments of signalfd4");
    uint64_t mask = 1 << (SIGUSR1 - 1);
    char     room[256];
    int      fd = (int)sfd4(-1, &mask, 8, 0), null = open("/dev/null", O_RDONLY);
    int      path = open("/", O_PATH);

    SHOW(sfd4(-1, &mask, 4, 0));
    SHOW(sfd4(-1, NULL, 4, 1));
    SHOW(sfd4(-1, NULL, 8, 1));
    SHOW(sfd4(-1, &mask, 8, 1));
    SHOW(sfd4(99, &mask, 8, 1));
    SHOW(sfd4(99, &mask, 8, 0));
    SHOW(sfd4(-2, &mask, 8, 0));
    SHOW(sfd4(null, &mask, 8, 0));
    SHOW(sfd4(path, &mask, 8, 0));
    SHOW(sfd4(fd, &mask, 8, SFD_CLOEXEC | SFD_NONBLOCK) == fd);
    SHOW(fcntl(fd, F_GETFL));
    SHOW(fcntl(fd, F_GETFD));
    SHOW_POINTERS(sfd4(fd, p, 8, 0) == fd ? 0 : -1);
    SHOW(sfd4(fd, &mask, 8, 0) == fd);
    SHOW(write(fd, room, 128));
    SHOW(read(fd, room, 127));
    SHOW(read(fd, room, 0));
    SHOW(read(fd, NULL, 127));
    SHOW(pread(fd, room, 128, 0));
    SHOW(fcntl(fd, F_SETFL, O_NONBLOCK));
    SHOW(read(fd, room, 128));
    SHOW(read(fd, NULL, 128));
    close(fd);
    fd = (int)sfd4(-1, &mask, 8, SFD_CLOEXEC | SFD_NONBLOCK);
    SHOW(fcntl(fd, F_GETFL));
    SHOW(fcntl(fd, F_GETFD));
    close(fd);
    close(null);
    close(path);
}

/* Lines for what a read of room for n gives. Numbers of processes are not shown, only that they are
 * there. */
static void show_read(const char *when, int fd, int n)
{
    struct signalfd_siginfo s[8];
    memset(s, 0x55, sizeof(s));
    ssize_t len = read(fd, s, (size_t)n * sizeof(s[0]));
    if (len < 0) {
        printf("%-50s %s\n", when, strerrorname_np(errno));
        return;
    }
    printf("%-50s %zd bytes\n", when, len);
    for (int i = 0; i < (int)(len / (ssize_t)sizeof(s[0])); i++) {
        printf("   signal %u code %d errno %d %s uid %u int %d ptr %#llx", s[i].ssi_signo,
               s[i].ssi_code, s[i].ssi_errno,
               s[i].ssi_pid == (unsigned)getpid() ? "own pid" : "no pid", s[i].ssi_uid,
               s[i].ssi_int, (unsigned long long)s[i].ssi_ptr);
        printf(" tid %u overrun %u addr %#llx fd %d band %u trap %u status %d\n", s[i].ssi_tid,
               s[i].ssi_overrun, (unsigned long long)s[i].ssi_addr, s[i].ssi_fd, s[i].ssi_band,
               s[i].ssi_trapno, s[i].ssi_status);
    }
}

static void queue(int sig, long value)
{
    union sigval v = {.sival_ptr = (void *)value};
    sigqueue(getpid(), sig, v);
}

static void records(void)
{
    CLAIM("what a record says of each kind of signal");
    int fd = of(SIGUSR1, SIGUSR2, SFD_NONBLOCK), rt = of(SIGRTMIN, SIGRTMIN + 1, SFD_NONBLOCK);
    int all;

    show_read("none", fd, 1);
    kill(getpid(), SIGUSR1);
    show_read("kill", fd, 1);
    show_read("taken", fd, 1);
    raise(SIGUSR2);
    show_read("raise", fd, 1);
    kill(getpid(), SIGUSR2);
    kill(getpid(), SIGUSR2);
    kill(getpid(), SIGUSR1);
    show_read("two of one kind are one; by number", fd, 8);
    queue(SIGUSR1, 0x123456789a);
    show_read("sigqueue", fd, 8);
    queue(SIGRTMIN + 1, -1);
    queue(SIGRTMIN, 2);
    queue(SIGRTMIN, 3);
    kill(getpid(), SIGRTMIN);
    show_read("not these", fd, 8);
    show_read("real-time: room for one", rt, 1);
    show_read("real-time: room for two", rt, 2);
    show_read("real-time: the rest", rt, 8);
    kill(getpid(), SIGUSR1);
    pthread_kill(pthread_self(), SIGUSR2);
    show_read("the thread's own first", fd, 8);

    siginfo_t info;
    memset(&info, 0, sizeof(info));
    info.si_code = -7;
    info.si_errno = 5;
    info.si_pid = getpid();
    info.si_uid = 3;
    info.si_value.sival_ptr = (void *)0x77;
    syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info);
    show_read("a code of its own", fd, 8);

    sigset_t full;
    sigfillset(&full);
    all = signalfd(-1, &full, SFD_NONBLOCK);
    kill(getpid(), SIGRTMIN);
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGSEGV);
    kill(getpid(), SIGCHLD);
    show_read("all: faults first; ignored ones while blocked", all, 8);
    SHOW(read(all, NULL, 128));
    kill(getpid(), SIGUSR1);
    SHOW(read(all, NULL, 128));
    show_read("what could not be stored is gone", all, 8);
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR2);
    char *end = pointer(NO_ACCESS);
    SHOW(read(all, end - 128, 256));
    show_read("the same behind one that could be", all, 8);
    close(all);
    close(rt);
    close(fd);
}

static void changes(void)
{
    CLAIM("the set of a signalfd can be changed");
    int      fd = of(SIGUSR1, 0, SFD_NONBLOCK), two = of(SIGUSR2, SIGUSR1, SFD_NONBLOCK);
    sigset_t s;
    kill(getpid(), SIGUSR2);
    show_read("set: not in it", fd, 1);
    sigemptyset(&s);
    sigaddset(&s, SIGUSR2);
    sigaddset(&s, SIGKILL);
    SHOW(signalfd(fd, &s, 0) == fd);
    show_read("set: now it is", fd, 1);
    SHOW(fcntl(fd, F_GETFL));
    kill(getpid(), SIGUSR2);
    show_read("two files: one", two, 1);
    show_read("two files: the other", fd, 1);
    kill(getpid(), SIGUSR2);
    struct timespec zero = {0, 0};
    siginfo_t       info;
    SHOW(sigtimedwait(&s, &info, &zero));
    show_read("sigtimedwait took it", fd, 1);
    kill(getpid(), SIGUSR2);
    show_read("reading took it", fd, 1);
    SHOW(sigtimedwait(&s, &info, &zero));
    sigset_t pending;
    kill(getpid(), SIGUSR2);
    sigpending(&pending);
    SHOW(sigismember(&pending, SIGUSR2));
    show_read("read", fd, 1);
    sigpending(&pending);
    SHOW(sigismember(&pending, SIGUSR2));
    SHOW(signalfd(fd, &none, 0) == fd);
    kill(getpid(), SIGUSR2);
    show_read("an empty set", fd, 1);
    show_read("the other file", two, 1);
    close(fd);
    close(two);
}

static volatile sig_atomic_t handled;

static void handler(int sig)
{
    handled = sig;
}

static pthread_t main_thread;
static int       blocking;

static void *send_thread(void *arg)
{
    let_sleep();
    pthread_kill(main_thread, (int)(intptr_t)arg);
    return NULL;
}

static void *send_process(void *arg)
{
    let_sleep();
    kill(getpid(), (int)(intptr_t)arg);
    return NULL;
}

static void *widen(void *arg)
{
    (void)arg;
    let_sleep();
    signalfd(blocking, &set, 0);
    return NULL;
}

static void *read_here(void *arg)
{
    show_read(arg, blocking, 1);
    return NULL;
}

static void later(void *(*fn)(void *), int sig, const char *when)
{
    pthread_t t;
    pthread_create(&t, NULL, fn, (void *)(intptr_t)sig);
    show_read(when, blocking, 2);
    pthread_join(t, NULL);
}

static void sleeping(void)
{
    CLAIM("reading a signalfd waits, and a handler ends that");
    struct sigaction action = {.sa_handler = handler};
    sigset_t         usr2;
    pthread_t        t;
    main_thread = pthread_self();
    sigaction(SIGUSR2, &action, NULL);
    blocking = of(SIGUSR1, 0, 0);
    later(send_thread, SIGUSR1, "sleeping: to the thread");
    later(send_process, SIGUSR1, "sleeping: to the process");
    sigemptyset(&usr2);
    sigaddset(&usr2, SIGUSR2);
    pthread_sigmask(SIG_UNBLOCK, &usr2, NULL);
    later(send_thread, SIGUSR2, "sleeping: interrupted by another one");
    SHOW(handled);
    handled = 0;
    blocking = of(SIGUSR1, SIGUSR2, 0);
    later(send_thread, SIGUSR2, "sleeping: by one of the set that is not blocked");
    SHOW(handled);
    pthread_sigmask(SIG_BLOCK, &usr2, NULL);
    close(blocking);
    blocking = of(SIGUSR1, 0, 0);
    pthread_kill(pthread_self(), SIGUSR2);
    later(widen, 0, "sleeping: the set grows");
    pthread_kill(pthread_self(), SIGUSR2);
    kill(getpid(), SIGUSR1);
    signalfd(blocking, &set, 0);
    pthread_create(&t, NULL, read_here, "another thread: the process's signal");
    pthread_join(t, NULL);
    fcntl(blocking, F_SETFL, O_NONBLOCK);
    pthread_create(&t, NULL, read_here, "another thread: not the thread's");
    pthread_join(t, NULL);
    show_read("which is still there", blocking, 1);
    close(blocking);
}

static void poll_it(const char *when, int fd)
{
    struct pollfd p = {fd, POLLIN | POLLOUT | POLLRDNORM, 0};
    int           n = poll(&p, 1, 0);
    printf("%-58s %d %#x\n", when, n, p.revents);
}

static void polling(void)
{
    CLAIM("a signalfd is ready for who can take the signal");
    int       fd = of(SIGUSR1, SIGUSR2, SFD_NONBLOCK), ep = epoll_create1(0);
    pthread_t t;
    poll_it("poll: none", fd);
    add(ep, fd, EPOLLIN, 1);
    ready("epoll: none", ep);
    kill(getpid(), SIGUSR1);
    poll_it("poll: one", fd);
    ready("epoll: one", ep);
    show_read("read", fd, 1);
    poll_it("poll: read", fd);
    ready("epoll: read", ep);
    kill(getpid(), SIGCHLD);
    ready("epoll: another one", ep);
    mod(ep, fd, EPOLLIN | EPOLLET, 2);
    kill(getpid(), SIGUSR1);
    ready("epoll: edge", ep);
    ready("epoll: edge, once", ep);
    kill(getpid(), SIGUSR2);
    ready("epoll: edge, another one", ep);
    show_read("read", fd, 2);
    pthread_create(&t, NULL, send_process, (void *)SIGUSR2);
    ready_within("epoll: sleeping", ep, 1, -1);
    pthread_join(t, NULL);
    show_read("read", fd, 2);
    pthread_create(&t, NULL, send_thread, (void *)SIGUSR1);
    struct pollfd p = {fd, POLLIN, 0};
    SHOW(poll(&p, 1, -1));
    pthread_join(t, NULL);
    show_read("read", fd, 2);
    close(fd);
    ready("epoll: closed", ep);
    close(ep);
}

int main(void)
{
    sigemptyset(&none);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigset_t blocked;
    sigfillset(&blocked);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
    arguments();
    records();
    changes();
    sleeping();
    polling();
    return 0;
}
