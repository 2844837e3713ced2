/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread */
/* cpus: 4 */
/* signal_queue.c - what is pending: how often, in which order, for which thread, and how many may be. */
#include "abi.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>

static char order[2000];

static void note_it(int sig, siginfo_t *info, void *context)
{
    (void)context;
    sprintf(order + strlen(order), " %d(%d,%d)", sig, info->si_code,
            info->si_code == SI_QUEUE ? info->si_value.sival_int : 0);
}

static void show_order(void)
{
    printf("came:%s\n", order);
    order[0] = 0;
}

static void handle(int sig)
{
    struct sigaction sa = {.sa_sigaction = note_it, .sa_flags = SA_SIGINFO};
    sigfillset(&sa.sa_mask);
    sigaction(sig, &sa, NULL);
}

/* By the calls themselves: the C library keeps some signals to itself. */
static void mask_all(int block)
{
    uint64_t set = block ? ~0ull : 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &set, NULL, 8);
}

static uint64_t pending(void)
{
    uint64_t set = 0;
    syscall(SYS_rt_sigpending, &set, 8);
    return set;
}

static long queue(int sig, int value)
{
    siginfo_t info;
    memset(&info, 0, sizeof(info));
    info.si_code = SI_QUEUE;
    info.si_pid = getpid();
    info.si_value.sival_int = value;
    return syscall(SYS_rt_sigqueueinfo, getpid(), sig, &info);
}

static long queue_here(int sig, int value)
{
    siginfo_t info;
    memset(&info, 0, sizeof(info));
    info.si_code = SI_QUEUE;
    info.si_pid = getpid();
    info.si_value.sival_int = value;
    return syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), sig, &info);
}

static void orders(void)
{
    mask_all(1);
    CLAIM("a real-time signal comes as often as it was sent, in the order of sending");
    for (int i = 1; i < 5; i++)
        queue(40, i);
    mask_all(0);
    show_order();
    mask_all(1);
    CLAIM("another signal comes once, with what the first sender said");
    for (int i = 1; i < 5; i++)
        queue(SIGUSR1, i);
    mask_all(0);
    show_order();
    mask_all(1);
    CLAIM("lower numbers come first");
    queue(50, 1);
    queue(40, 2);
    queue(SIGUSR2, 3);
    queue(45, 4);
    queue(SIGHUP, 5);
    queue(40, 6);
    queue(64, 7);
    mask_all(0);
    show_order();
    mask_all(1);
    CLAIM("what came for the thread comes before what came for the process");
    queue(40, 1);
    queue_here(45, 2);
    queue(SIGUSR1, 3);
    queue_here(40, 4);
    queue(40, 5);
    mask_all(0);
    show_order();
    mask_all(1);
    CLAIM("one signal may be pending for the thread and for the process");
    queue(SIGUSR1, 1);
    queue_here(SIGUSR1, 2);
    printf("pending %lx\n", pending());
    mask_all(0);
    show_order();
    mask_all(1);
    CLAIM("what faults are told by comes before others");
    queue_here(SIGHUP, 1);
    queue_here(SIGSEGV, 2);
    queue_here(SIGINT, 3);
    queue_here(SIGTRAP, 4);
    mask_all(0);
    show_order();
}

static void forgetting(void)
{
    mask_all(1);
    CLAIM("SIG_IGN forgets what is pending");
    queue(40, 1);
    queue(40, 2);
    queue(SIGUSR1, 3);
    signal(40, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    printf("pending %lx\n", pending());
    handle(40);
    handle(SIGUSR1);
    mask_all(0);
    show_order();
    mask_all(1);
    CLAIM("SIG_DFL does where nothing is what happens by default");
    queue(SIGURG, 1);
    queue(SIGWINCH, 1);
    signal(SIGURG, SIG_DFL);
    printf("pending %lx\n", pending());
    handle(SIGURG);
    CLAIM("what is ignored is not kept when blocked");
    signal(SIGUSR1, SIG_IGN);
    queue(SIGUSR1, 1);
    signal(SIGCHLD, SIG_DFL);
    queue(SIGCHLD, 2);
    printf("pending %lx\n", pending());
    handle(SIGUSR1);
    handle(SIGCHLD);
    mask_all(0);
    show_order();
    mask_all(1);
    CLAIM("SIGCONT forgets what would stop, and what would stop forgets SIGCONT");
    handle(SIGTSTP);
    handle(SIGCONT);
    queue(SIGTSTP, 1);
    queue(SIGCONT, 2);
    printf("pending %lx\n", pending());
    queue(SIGTSTP, 3);
    printf("pending %lx\n", pending());
    mask_all(0);
    show_order();
}

static void taking(void)
{
    struct timespec         zero = {0, 0};
    uint64_t                set = 1ull << 39 | 1ull << 44 | 1ull << (SIGUSR1 - 1);
    siginfo_t               info;
    struct signalfd_siginfo read_info[4];

    mask_all(1);
    CLAIM("rt_sigtimedwait takes the lowest, one at a time");
    queue(45, 1);
    queue(40, 2);
    queue(40, 3);
    queue(SIGUSR1, 4);
    for (int i = 0; i < 5; i++) {
        SHOW(syscall(SYS_rt_sigtimedwait, &set, &info, &zero, 8));
        if (i < 4)
            printf("value %d, pending %lx\n", info.si_value.sival_int, pending());
    }
    CLAIM("a signalfd takes the lowest, as many as there is room for");
    queue(45, 1);
    queue(40, 2);
    queue(40, 3);
    queue(SIGUSR1, 4);
    int fd = (int)syscall(SYS_signalfd4, -1, &set, 8, SFD_NONBLOCK);
    SHOW(read(fd, read_info, 3 * sizeof(read_info[0]) + 5) / sizeof(read_info[0]));
    for (int i = 0; i < 3; i++)
        printf("%d code %d value %d\n", read_info[i].ssi_signo, read_info[i].ssi_code,
               read_info[i].ssi_int);
    SHOW(read(fd, read_info, sizeof(read_info)) / (long)sizeof(read_info[0]));
    SHOW(read(fd, read_info, sizeof(read_info)));
    close(fd);
    mask_all(0);
    show_order();
}

/* --- threads ---------------------------------------------------------------------------------- */

static volatile int go;
static int          took_main, took_other;
static int          main_tid;

static void note_thread(int sig)
{
    (void)sig;
    if ((int)syscall(SYS_gettid) == main_tid)
        __atomic_store_n(&took_main, 1, __ATOMIC_SEQ_CST);
    else
        __atomic_store_n(&took_other, 1, __ATOMIC_SEQ_CST);
}

static void *open_thread(void *arg)
{
    (void)arg;
    mask_all(0);
    go = 1;
    while (!__atomic_load_n(&took_other, __ATOMIC_SEQ_CST))
        sched_yield();
    mask_all(1);
    return NULL;
}

static void *look_at_pending(void *result)
{
    *(uint64_t *)result = pending();
    return NULL;
}

static void threads(void)
{
    struct sigaction sa = {.sa_handler = note_thread};
    pthread_t        t;
    uint64_t         theirs;

    main_tid = getpid();
    sigaction(SIGUSR2, &sa, NULL);
    mask_all(1);
    CLAIM("a signal for the process goes to the thread that does not block it");
    pthread_create(&t, NULL, open_thread, NULL);
    while (!go)
        sched_yield();
    kill(getpid(), SIGUSR2);
    pthread_join(t, NULL);
    printf("main %d, other %d\n", took_main, took_other);
    CLAIM("a new thread has its maker's mask and nothing pending of its own");
    queue_here(SIGUSR1, 1);
    queue(45, 2);
    pthread_create(&t, NULL, look_at_pending, &theirs);
    pthread_join(t, NULL);
    printf("here %lx, there %lx\n", pending(), theirs);
    mask_all(0);
    show_order();
}

/* --- how many --------------------------------------------------------------------------------- */

static void limited(rlim_t n)
{
    struct rlimit l = {n, RLIM_INFINITY};
    setrlimit(RLIMIT_SIGPENDING, &l);
}

static void limits(void)
{
    struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    timer_t         timer[3];

    mask_all(1);
    limited(2);
    CLAIM("sigqueue past RLIMIT_SIGPENDING gives EAGAIN");
    for (int i = 0; i < 3; i++)
        SHOW(queue(40, i));
    SHOW(queue(SIGUSR1, 3));
    CLAIM("kill past it sends the signal alone");
    SHOW(kill(getpid(), 41));
    SHOW(kill(getpid(), 41));
    SHOW(kill(getpid(), SIGUSR2));
    printf("pending %lx\n", pending());
    handle(SIGUSR2);
    mask_all(0);
    show_order();
    CLAIM("what has come makes room");
    mask_all(1);
    SHOW(queue(40, 7));
    mask_all(0);
    show_order();
    CLAIM("each timer takes a place");
    for (int i = 0; i < 3; i++)
        SHOW(timer_create(CLOCK_MONOTONIC, &ev, &timer[i]) ? -1 : 0);
    mask_all(1);
    SHOW(queue(40, 8));
    timer_delete(timer[0]);
    SHOW(queue(40, 9));
    timer_delete(timer[1]);
    mask_all(0);
    show_order();
    CLAIM("a limit of zero leaves signals without a cause");
    limited(0);
    mask_all(1);
    SHOW(queue(40, 1));
    SHOW(kill(getpid(), 40));
    SHOW(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1));
    SHOW(syscall(SYS_tgkill, getpid(), getpid(), 41));
    mask_all(0);
    show_order();
    CLAIM("the limit may be raised again");
    limited(RLIM_INFINITY);
    mask_all(1);
    for (int i = 0; i < 3; i++)
        SHOW(queue(42, i));
    mask_all(0);
    show_order();
}

int main(void)
{
    buffer_output();
    for (int sig = 1; sig <= 64; sig++)
        if (sig != SIGKILL && sig != SIGSTOP && sig != 32 && sig != 33)
            handle(sig);
    orders();
    forgetting();
    taking();
    threads();
    limits();
    return 0;
}
