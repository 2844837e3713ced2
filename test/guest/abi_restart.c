/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-nonnull */
/* cpus: 4 */
/* abi_restart.c - a signal comes while a call waits: calls that start anew, that fail, that had done a
 * part, and masks that are in force only while one waits.
 *
 * The signal comes from a timer, once and again, so that it finds the call waiting whenever that begins.
 * What a call waits for comes from a thread that lets it happen when the handler has run twice.
 */
#include "abi.h"

#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>

static volatile int handled;
static int          end[2], pair[2];
static uint32_t     word;

static void handler(int sig)
{
    (void)sig;
    handled++;
}

/* The C library's action with these flags, and a signal each 5 ms. */
static void start(int flags)
{
    struct sigaction act = {.sa_handler = handler, .sa_flags = flags};
    sigaction(SIGALRM, &act, NULL);
    handled = 0;
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 5000}, {0, 5000}}, NULL);
}

static void finish(void)
{
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
}

static int64_t now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Make call interrupted: once without, once with SA_RESTART. */
#define SHOW_BOTH(call)    \
    do {                   \
        start(0);          \
        SHOW(call);        \
        SHOW(handled > 0); \
        start(SA_RESTART); \
        SHOW(call);        \
        SHOW(handled > 0); \
        finish();          \
    } while (0)

static void never_restarted(void)
{
    CLAIM("calls that a handler ends with EINTR even with SA_RESTART");
    struct timespec long_time = {1000, 0}, rem = {0, 0};
    struct timeval  tv;
    struct pollfd   pfd;
    sigset_t        none, all;
    sigemptyset(&none);
    sigfillset(&all);
    sigdelset(&all, SIGALRM);
    pipe(end);
    pfd = (struct pollfd){end[0], POLLIN, 7};
    SHOW_BOTH(nanosleep(&long_time, &rem));
    SHOW(rem.tv_sec == 999 && rem.tv_nsec > 0);
    SHOW_BOTH(syscall(SYS_nanosleep, &long_time, pointer(KERNEL)));
    SHOW_BOTH(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &long_time, &rem));
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += 1000;
    rem.tv_sec = 77;
    SHOW_BOTH(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &until, &rem));
    SHOW(rem.tv_sec);
    SHOW_BOTH(poll(NULL, 0, -1));
    SHOW_BOTH(poll(&pfd, 1, 1000000));
    SHOW(pfd.revents);
    struct timespec left = {1000, 0};
    SHOW_BOTH(syscall(SYS_ppoll, &pfd, 1, &left, NULL, 8));
    SHOW(left.tv_sec < 1000 && left.tv_sec > 900);
    tv = (struct timeval){1000, 0};
    SHOW_BOTH(select(0, NULL, NULL, NULL, &tv));
    SHOW_BOTH(pause());
    SHOW_BOTH(sigsuspend(&none));
    SHOW_BOTH(sigtimedwait(&none, NULL, &long_time));
    SHOW_BOTH(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &long_time, NULL, 0));
    SHOW_BOTH(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, 0, &until, NULL, 1));
    /* The mask of such a call holds while it waits, so that nothing else can end it. */
    sigprocmask(SIG_BLOCK, &all, NULL);
    kill(getpid(), SIGUSR1);
    SHOW_BOTH(syscall(SYS_ppoll, NULL, 0, NULL, &all, 8));
    SHOW_BOTH(sigsuspend(&all));
    signal(SIGUSR1, SIG_IGN);
    sigprocmask(SIG_SETMASK, &none, NULL);
    close(end[0]);
    close(end[1]);
}

/* Ends the waits of the main thread once two signals have come. */
static void *let_go(void *what)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    while (handled < 2)
        sched_yield();
    if (what == &word) {
        __atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
        syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    } else {
        write(what == end ? end[1] : pair[1], "abc", 3);
    }
    return NULL;
}

/* Make call, which ends when let_go(what) has run. */
#define SHOW_RESTARTED(what, call)                 \
    do {                                           \
        pthread_t t_;                              \
        start(SA_RESTART);                         \
        pthread_create(&t_, NULL, let_go, (what)); \
        SHOW(call);                                \
        finish();                                  \
        pthread_join(t_, NULL);                    \
        SHOW(handled >= 2);                        \
    } while (0)

static void restarted(void)
{
    CLAIM("calls that go on after a handler with SA_RESTART");
    char         c[9];
    struct iovec v = {c, 9};
    pipe(end);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    SHOW_RESTARTED(end, read(end[0], c, 9));
    SHOW_RESTARTED(end, readv(end[0], &v, 1));
    SHOW_RESTARTED(pair, read(pair[0], c, 9));
    SHOW_RESTARTED(pair, recv(pair[0], c, 9, 0));
    SHOW_RESTARTED(&word, syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0) == 0 ||
                              errno == EAGAIN);
    start(0);
    SHOW(read(end[0], c, 9));
    SHOW(readv(end[0], &v, 1));
    SHOW(recv(pair[0], c, 9, 0));
    word = 0;
    SHOW(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0));
    finish();
}

/* What was moved before the signal counts. */
static void partly(void)
{
    CLAIM("what was moved before the signal counts");
    static char much[100000];
    start(SA_RESTART);
    SHOW(write(end[1], much, sizeof(much)));
    SHOW(handled > 0);
    finish();
}

/* Many a signal that is ignored, or that another thread takes, ends nothing. */
static volatile int done;

static void *disturb(void *main_thread)
{
    int64_t until = now() + 30000000;
    while (now() < until) {
        pthread_kill(*(pthread_t *)main_thread, SIGUSR1);
        kill(getpid(), SIGCHLD);
        sched_yield();
    }
    done = 1;
    return NULL;
}

static void undisturbed(void)
{
    CLAIM("an ignored signal disturbs no sleep");
    pthread_t       self = pthread_self(), t;
    struct timespec ms60 = {0, 60000000};
    int64_t         before = now();
    signal(SIGUSR1, SIG_IGN);
    pthread_create(&t, NULL, disturb, &self);
    SHOW(nanosleep(&ms60, NULL));
    SHOW(now() - before >= 60000000);
    pthread_join(t, NULL);
    SHOW(done);
}

/* Masks of ppoll and pselect. */
static void masks(void)
{
    CLAIM("the masks of ppoll and pselect6");
    sigset_t        usr, none;
    struct pollfd   pfd = {end[1], POLLOUT, 0};
    struct timespec zero = {0, 0}, long_time = {1000, 0};
    char            c[70000];

    read(end[0], c, sizeof(c));
    signal(SIGUSR1, handler);
    sigemptyset(&none);
    sigemptyset(&usr);
    sigaddset(&usr, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr, NULL);
    handled = 0;
    kill(getpid(), SIGUSR1);
    /* A file is ready: the signal stays blocked, though the call's mask would let it through. */
    SHOW(ppoll(&pfd, 1, NULL, &none));
    SHOW(handled);
    /* None is: the signal that was pending ends the wait at once. */
    SHOW(ppoll(NULL, 0, &long_time, &none));
    SHOW(handled);
    kill(getpid(), SIGUSR1);
    SHOW(pselect(0, NULL, NULL, NULL, NULL, &none));
    SHOW(handled);
    kill(getpid(), SIGUSR1);
    SHOW(ppoll(NULL, 0, &zero, &none));
    SHOW(handled);
    kill(getpid(), SIGUSR1);
    SHOW(sigsuspend(&none));
    SHOW(handled);
    sigprocmask(SIG_SETMASK, NULL, &none);
    SHOW(sigismember(&none, SIGUSR1));
    SHOW(syscall(SYS_restart_syscall));
}

int main(void)
{
    buffer_output();
    never_restarted();
    restarted();
    partly();
    undisturbed();
    masks();
    return 0;
}
