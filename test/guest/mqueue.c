/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-nonnull */
/* mqueue.c - POSIX message queues: names, attributes and limits, which message comes first, waiting and what
 * ends it, being told by a signal, polling. */
#include "abi.h"

#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

static char buf[8192];

#define OPEN(n, f, m, a)       syscall(SYS_mq_open, n, f, m, a)
#define UNLINK(n)              syscall(SYS_mq_unlink, n)
#define SEND(q, p, n, prio, t) syscall(SYS_mq_timedsend, q, p, (long)(n), prio, t)
#define RECV(q, p, n, prio, t) syscall(SYS_mq_timedreceive, q, p, (long)(n), prio, t)
#define NOTIFY(q, e)           syscall(SYS_mq_notify, q, e)
#define ATTR(q, n, o)          syscall(SYS_mq_getsetattr, q, n, o)

static struct mq_attr small = {.mq_maxmsg = 3, .mq_msgsize = 16};
static int            q;

static void names(void)
{
    CLAIM("queues and their names");
    char *long_name = memset(malloc(5001), 'x', 5000);
    long_name[5000] = 0;
    SHOW(OPEN("a", O_RDWR, 0, NULL));
    SHOW_OK(q = (int)OPEN("a", O_RDWR | O_CREAT, 0640, &small));
    SHOW(fcntl(q, F_GETFD));
    SHOW(fcntl(q, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
    SHOW(OPEN("a", O_RDWR | O_CREAT | O_EXCL, 0640, &small));
    SHOW(OPEN("a", O_ACCMODE, 0, NULL));
    SHOW_OK(OPEN("a", O_RDONLY, 0, NULL));
    SHOW(OPEN("/a", O_RDWR | O_CREAT, 0600, NULL));
    SHOW(OPEN("b/a", O_RDWR | O_CREAT, 0600, NULL));
    SHOW(OPEN(".", O_RDWR | O_CREAT, 0600, NULL));
    SHOW(OPEN("..", O_RDWR, 0600, NULL));
    SHOW(OPEN("", O_RDWR | O_CREAT, 0600, NULL));
    SHOW(OPEN(long_name, O_RDWR | O_CREAT, 0600, NULL));
    long_name[256] = 0;
    SHOW(OPEN(long_name, O_RDWR | O_CREAT, 0600, NULL));
    long_name[255] = 0;
    SHOW_OK(OPEN(long_name, O_RDWR | O_CREAT, 0600, NULL));
    SHOW(UNLINK(long_name));
    SHOW(UNLINK(long_name));
    SHOW(UNLINK("/a"));
    SHOW(UNLINK(""));
    SHOW_POINTERS(OPEN(p, O_RDWR, 0, NULL));
    SHOW_POINTERS(OPEN("c", O_RDWR | O_CREAT, 0600, p));
    SHOW_POINTERS(OPEN("c", O_RDWR, 0600, p));
    SHOW_POINTERS(UNLINK(p));
}

static void limits(void)
{
    CLAIM("attributes and limits of queues");
    struct mq_attr wrong[] = {
        {.mq_maxmsg = 0, .mq_msgsize = 1},       {.mq_maxmsg = 1, .mq_msgsize = 0},
        {.mq_maxmsg = -1, .mq_msgsize = 1},      {.mq_maxmsg = 65537, .mq_msgsize = 1},
        {.mq_maxmsg = 1, .mq_msgsize = 1 << 25}, {.mq_maxmsg = 1000, .mq_msgsize = 8192}};
    for (int i = 0; i < 6; i++)
        SHOW(OPEN("wrong", O_RDWR | O_CREAT, 0600, &wrong[i]));
    struct rlimit lim = {100, 100}, old;
    getrlimit(RLIMIT_MSGQUEUE, &old);
    SHOW(old.rlim_cur);
    old.rlim_cur = 0;
    SHOW(setrlimit(RLIMIT_MSGQUEUE, &old));
    SHOW(OPEN("limited", O_RDWR | O_CREAT, 0600, &small));
    old.rlim_cur = 819200;
    SHOW(setrlimit(RLIMIT_MSGQUEUE, &old));
    (void)lim;
    int  n = 0;
    char name[20];
    do
        sprintf(name, "q%d", n++);
    while (OPEN(name, O_RDWR | O_CREAT, 0600, NULL) >= 0);
    printf("%d queues as large as nobody says\n", n - 1);
    while (n-- > 0) {
        sprintf(name, "q%d", n);
        UNLINK(name);
    }
    SHOW(OPEN("q", O_RDWR | O_CREAT, 0600, NULL)); /* those are still open */
    for (int fd = 3; fd < 30; fd++)
        if (fd != q)
            close(fd);
    SHOW_OK(n = (int)OPEN("q", O_RDWR | O_CREAT, 0600, NULL));
    struct mq_attr attr;
    SHOW(ATTR(n, NULL, &attr));
    printf("%ld %ld %ld %ld\n", attr.mq_flags, attr.mq_maxmsg, attr.mq_msgsize, attr.mq_curmsgs);
    SHOW(UNLINK("q"));
    close(n);
}

static void take(void)
{
    unsigned prio = 99;
    memset(buf, 0, sizeof(buf));
    long n = RECV(q, buf, 16, &prio, NULL);
    printf("%ld \"%s\" %u\n", n, buf, prio);
}

static void order(void)
{
    CLAIM("messages come by priority");
    struct mq_attr attr = {.mq_flags = O_NONBLOCK}, old;
    SHOW(SEND(q, "low", 3, 1, NULL));
    SHOW(SEND(q, "high", 4, 32767, NULL));
    SHOW(SEND(q, "low too", 7, 1, NULL));
    SHOW(ATTR(q, &attr, &old));
    printf("%ld %ld %ld %ld\n", old.mq_flags, old.mq_maxmsg, old.mq_msgsize, old.mq_curmsgs);
    SHOW(SEND(q, "one more", 8, 1, NULL));
    SHOW(read(q, buf, 100));
    printf("%.*s", 60, buf);
    SHOW(read(q, buf, 100));
    SHOW(write(q, buf, 100));
    take();
    take();
    take();
    SHOW(RECV(q, buf, 16, NULL, NULL));
    SHOW(SEND(q, "", 0, 0, NULL));
    take();
    SHOW(SEND(q, buf, 17, 0, NULL));
    SHOW(SEND(q, buf, 1, 32768, NULL));
    SHOW(SEND(q, buf, 1, -1, NULL));
    SHOW(RECV(q, buf, 15, NULL, NULL));
    SHOW(SEND(0, buf, 1, 0, NULL));
    SHOW(RECV(0, buf, 16, NULL, NULL));
    SHOW(SEND(-1, buf, 1, 32768, NULL));
    int reader = (int)OPEN("a", O_RDONLY | O_NONBLOCK, 0, NULL),
        writer = (int)OPEN("a", O_WRONLY, 0, NULL);
    SHOW(SEND(reader, buf, 1, 0, NULL));
    SHOW(RECV(reader, buf, 16, NULL, NULL));
    SHOW(RECV(writer, buf, 16, NULL, NULL));
    attr.mq_flags = O_APPEND;
    SHOW(ATTR(q, &attr, NULL));
    SHOW(ATTR(0, NULL, NULL));
    SHOW_POINTERS(ATTR(q, p, NULL));
    attr.mq_flags = O_NONBLOCK;
    SHOW(ATTR(q, &attr, NULL));
    SHOW_POINTERS(ATTR(q, NULL, p));
    SHOW_POINTERS((SEND(q, "12", 2, 0, NULL), RECV(q, p, 16, NULL, NULL)));
    SHOW_POINTERS((SEND(q, "12", 2, 0, NULL), RECV(q, buf, 16, p, NULL)));
    SHOW_POINTERS(SEND(q, p, 2, 0, NULL));
    while (RECV(q, buf, 16, NULL, NULL) >= 0)
        ;
    SHOW_POINTERS(SEND(q, "1", 1, 0, p));
    while (RECV(q, buf, 16, NULL, NULL) >= 0)
        ;
    close(reader);
    close(writer);
    struct stat st;
    SHOW(fstat(q, &st));
    printf("%o %ld\n", st.st_mode, (long)st.st_size);
    SHOW(fcntl(q, F_SETFL, 0));
}

/* --- waiting --------------------------------------------------------------------------------- */

static void *send_later(void *arg)
{
    for (int i = 0; i < 50; i++)
        sched_yield();
    SEND(q, arg, strlen(arg), 7, NULL);
    return NULL;
}

static void *receive_later(void *arg)
{
    char text[16];
    for (int i = 0; i < 50; i++)
        sched_yield();
    RECV(q, text, 16, NULL, NULL);
    return arg;
}

static void waiting(void)
{
    CLAIM("senders and receivers wait");
    struct timespec past = {1, 0}, wrong = {1, -1}, soon;
    pthread_t       t;
    pthread_create(&t, NULL, send_later, "later");
    take();
    pthread_join(t, NULL);
    SHOW(RECV(q, buf, 16, NULL, &past));
    SHOW(RECV(q, buf, 16, NULL, &wrong));
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_nsec = (soon.tv_nsec + 20000000) % 1000000000;
    soon.tv_sec += soon.tv_nsec < 20000000;
    SHOW(RECV(q, buf, 16, NULL, &soon));
    SHOW(SEND(q, "x", 1, 0, &wrong));
    for (int i = 0; i < 3; i++)
        SEND(q, "full", 4, 0, &past);
    SHOW(SEND(q, "x", 1, 0, &past));
    pthread_create(&t, NULL, receive_later, NULL);
    SHOW(SEND(q, "now", 3, 9, NULL));
    pthread_join(t, NULL);
    interrupt_soon(0, do_nothing);
    SHOW(SEND(q, "x", 1, 0, NULL));
    interrupt_end();
    for (int i = 0; i < 3; i++)
        take();
    interrupt_soon(0, do_nothing);
    SHOW(RECV(q, buf, 16, NULL, NULL));
    interrupt_end();
}

/* --- being told ------------------------------------------------------------------------------ */

static volatile int       told;
static volatile siginfo_t how;

static void on_message(int sig, siginfo_t *info, void *context)
{
    (void)sig;
    (void)context;
    told++;
    how = *info;
}

static void notification(void)
{
    CLAIM("mq_notify");
    struct sigaction sa = {.sa_sigaction = on_message, .sa_flags = SA_SIGINFO};
    struct sigevent  ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct sigevent  none = {.sigev_notify = SIGEV_NONE}, wrong = {.sigev_notify = 7};
    struct sigevent  thread = {.sigev_notify = SIGEV_THREAD, .sigev_signo = -1};
    ev.sigev_value.sival_int = 42;
    thread.sigev_value.sival_ptr = buf;
    sigaction(SIGUSR1, &sa, NULL);
    SHOW(NOTIFY(q, NULL));
    SHOW(NOTIFY(0, &ev));
    SHOW(NOTIFY(q, &wrong));
    SHOW(NOTIFY(q, &thread));
    thread.sigev_signo = 0;
    SHOW(NOTIFY(q, &thread));
    SHOW_POINTERS(NOTIFY(q, p));
    SHOW(NOTIFY(q, NULL));
    SHOW(NOTIFY(q, &ev));
    SHOW(NOTIFY(q, &ev));
    SHOW(pread(q, buf, 100, 0));
    SHOW(strncmp(buf, "QSIZE:0          NOTIFY:0     SIGNO:10    NOTIFY_PID:", 53));
    SHOW(SEND(q, "x", 1, 0, NULL));
    printf("%d %d %d %d %d\n", told, how.si_signo, how.si_code, how.si_value.sival_int,
           how.si_pid == getpid());
    SHOW(NOTIFY(q, &ev)); /* not told of what is there */
    SHOW(SEND(q, "x", 1, 0, NULL));
    SHOW(told);
    take();
    take();
    SHOW(SEND(q, "x", 1, 0, NULL));
    SHOW(told);
    take();
    SHOW(NOTIFY(q, &none));
    SHOW(NOTIFY(q, &ev));
    SHOW(NOTIFY(q, NULL));
    SHOW(NOTIFY(q, &ev));
    pthread_t t;
    pthread_create(&t, NULL, send_later, "direct");
    take(); /* who waits gets it, and nobody is told */
    pthread_join(t, NULL);
    SHOW(told);
    int other = (int)OPEN("a", O_RDONLY, 0, NULL);
    close(other); /* ends it */
    SHOW(NOTIFY(q, &ev));
    SHOW(NOTIFY(q, NULL));
}

static void polling(void)
{
    CLAIM("poll and epoll watch a queue");
    struct pollfd      pfd = {.fd = q, .events = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM};
    struct epoll_event ev = {.events = EPOLLIN | EPOLLET}, got;
    int                ep = epoll_create1(0);
    SHOW(epoll_ctl(ep, EPOLL_CTL_ADD, q, &ev));
    SHOW(epoll_wait(ep, &got, 1, 0));
    SHOW(poll(&pfd, 1, 0));
    SHOW(pfd.revents);
    SEND(q, "1", 1, 0, NULL);
    SHOW(epoll_wait(ep, &got, 1, 0));
    SHOW(epoll_wait(ep, &got, 1, 0));
    SHOW(poll(&pfd, 1, 0));
    SHOW(pfd.revents);
    SEND(q, "1", 1, 0, NULL);
    SHOW(epoll_wait(ep, &got, 1, 0));
    SEND(q, "1", 1, 0, NULL);
    SHOW(poll(&pfd, 1, 0));
    SHOW(pfd.revents);
    SHOW(UNLINK("a"));
    take();
    SHOW(OPEN("a", O_RDWR, 0, NULL));
    SHOW_OK(OPEN("a", O_RDWR | O_CREAT, 0200, NULL));
    SHOW(setresuid(1000, 1000, 0));
    SHOW(OPEN("a", O_RDWR, 0, NULL));
    SHOW(UNLINK("a"));
    struct mq_attr many = {.mq_maxmsg = 11, .mq_msgsize = 16},
                   large = {.mq_maxmsg = 1, .mq_msgsize = 8193};
    SHOW(OPEN("u", O_RDWR | O_CREAT, 0600, &many));
    SHOW(OPEN("u", O_RDWR | O_CREAT, 0600, &large));
}

int main(void)
{
    buffer_output();
    names();
    limits();
    order();
    waiting();
    notification();
    polling();
    return 0;
}
