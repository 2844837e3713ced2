/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-nonnull */
/* cpus: 4 */
/* abi_signal.c - signals: wrong arguments, what is pending and in which order it comes, queueing, waiting
 * for them, alternate stacks. */
#include "abi.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>

/* What the kernel has; the C library's own is another one. */
struct action {
    void (*handler)(int);
    unsigned long flags;
    uint64_t      mask;
};

static char         order[2000];
static volatile int taken;

static void note_signal(int sig)
{
    sprintf(order + strlen(order), " %d", sig);
    taken++;
}

static void note_info(int sig, siginfo_t *info, void *context)
{
    (void)context;
    sprintf(order + strlen(order), " %d(code %d, errno %d, %s, uid %d, value %d)", sig,
            info->si_code, info->si_errno, info->si_pid == getpid() ? "self" : "other",
            info->si_uid, info->si_value.sival_int);
}

static void show_order(void)
{
    printf("came:%s\n", order);
    order[0] = 0;
}

static uint64_t bit(int sig)
{
    return 1ull << (sig - 1);
}

static long mask(int how, uint64_t set)
{
    return syscall(SYS_rt_sigprocmask, how, &set, NULL, 8);
}

static void arguments(void)
{
    CLAIM("arguments of rt_sigaction and rt_sigprocmask");
    struct action   act = {note_signal, 0, 0}, old;
    uint64_t        set = 0;
    struct timespec wrong = {0, 1000000000}, zero = {0, 0};
    siginfo_t       info;

    SHOW(syscall(SYS_rt_sigaction, 0, NULL, &old, 8));
    SHOW(syscall(SYS_rt_sigaction, 65, NULL, &old, 8));
    SHOW(syscall(SYS_rt_sigaction, -1, NULL, &old, 8));
    SHOW(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &old, 4));
    SHOW(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &old, 16));
    SHOW(syscall(SYS_rt_sigaction, SIGKILL, &act, NULL, 8));
    SHOW(syscall(SYS_rt_sigaction, SIGSTOP, &act, NULL, 8));
    SHOW(syscall(SYS_rt_sigaction, SIGKILL, NULL, &old, 8));
    SHOW_POINTERS(syscall(SYS_rt_sigaction, 99, p, NULL, 8));
    SHOW_POINTERS(syscall(SYS_rt_sigaction, SIGUSR1, NULL, p, 8));
    act.flags = ~0ul;
    act.mask = ~0ul;
    SHOW(syscall(SYS_rt_sigaction, SIGUSR2, &act, NULL, 8));
    SHOW(syscall(SYS_rt_sigaction, SIGUSR2, NULL, &old, 8));
    printf("flags %lx mask %lx\n", old.flags, old.mask);
    SHOW(syscall(SYS_rt_sigprocmask, 3, &set, NULL, 8));
    SHOW(syscall(SYS_rt_sigprocmask, 3, NULL, &set, 8));
    SHOW(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 4));
    SHOW_POINTERS(syscall(SYS_rt_sigprocmask, 3, p, NULL, 8));
    SHOW_POINTERS(syscall(SYS_rt_sigprocmask, 3, NULL, p, 8));
    set = ~0ul;
    SHOW(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &set, NULL, 8));
    SHOW(syscall(SYS_rt_sigprocmask, 0, NULL, &set, 8));
    printf("mask %lx\n", set);
    mask(SIG_SETMASK, 0);
    SHOW(syscall(SYS_rt_sigpending, &set, 9));
    SHOW(syscall(SYS_rt_sigpending, &set, 3));
    SHOW_POINTERS(syscall(SYS_rt_sigpending, p, 8));
    SHOW(syscall(SYS_rt_sigsuspend, &set, 4));
    SHOW(syscall(SYS_rt_sigsuspend, pointer(KERNEL), 8));
    SHOW(syscall(SYS_rt_sigsuspend, pointer(CROSSING), 8));
    SHOW(syscall(SYS_rt_sigtimedwait, &set, &info, &zero, 4));
    SHOW(syscall(SYS_rt_sigtimedwait, &set, &info, &wrong, 8));
    set = bit(SIGUSR1);
    SHOW(syscall(SYS_rt_sigtimedwait, &set, &info, &zero, 8));
    SHOW_POINTERS(syscall(SYS_rt_sigtimedwait, p, &info, &zero, 8));
    SHOW_POINTERS(syscall(SYS_rt_sigtimedwait, &set, &info, p, 8));
}

static void sending(void)
{
    CLAIM("arguments of kill, tkill, tgkill and rt_sigqueueinfo");
    int pid = getpid();
    SHOW(syscall(SYS_kill, 123456, 0));
    SHOW(syscall(SYS_kill, 123456, 99));
    SHOW(syscall(SYS_kill, -123456, 0));
    SHOW(syscall(SYS_kill, 0x80000000, 0));
    SHOW(syscall(SYS_kill, pid, 0));
    SHOW(syscall(SYS_kill, pid, 65));
    SHOW(syscall(SYS_kill, pid, -1));
    SHOW(syscall(SYS_kill, pid, 1l << 33));
    SHOW(syscall(SYS_tkill, 0, 0));
    SHOW(syscall(SYS_tkill, -1, 0));
    SHOW(syscall(SYS_tkill, 123456, 99));
    SHOW(syscall(SYS_tkill, pid, 99));
    SHOW(syscall(SYS_tkill, pid, 0));
    SHOW(syscall(SYS_tgkill, pid, pid, 0));
    SHOW(syscall(SYS_tgkill, pid, 123456, 99));
    SHOW(syscall(SYS_tgkill, 123456, pid, 0));
    SHOW(syscall(SYS_tgkill, 0, pid, 0));
    SHOW(syscall(SYS_tgkill, pid, 0, 0));
    siginfo_t info = {.si_code = SI_QUEUE};
    SHOW(syscall(SYS_rt_sigqueueinfo, pid, 65, &info));
    SHOW(syscall(SYS_rt_sigqueueinfo, pid, 0, &info));
    SHOW(syscall(SYS_rt_sigqueueinfo, 123456, 0, &info));
    SHOW(syscall(SYS_rt_tgsigqueueinfo, pid, pid, 0, &info));
    SHOW(syscall(SYS_rt_tgsigqueueinfo, pid, 0, 0, &info));
    SHOW(syscall(SYS_rt_tgsigqueueinfo, pid, 123456, 0, &info));
    SHOW(syscall(SYS_rt_tgsigqueueinfo, 123456, pid, 0, &info));
    info.si_code = SI_TKILL;
    SHOW(syscall(SYS_rt_sigqueueinfo, 123456, 0, &info));
    SHOW(syscall(SYS_rt_tgsigqueueinfo, pid, 123456, 0, &info));
    SHOW_POINTERS(syscall(SYS_rt_sigqueueinfo, pid, 0, p));
    SHOW_POINTERS(syscall(SYS_rt_tgsigqueueinfo, pid, pid, 0, p));
}

static void install(int sig, unsigned long flags, uint64_t blocked)
{
    struct action act = {flags & SA_SIGINFO ? (void *)note_info : note_signal, flags, blocked};
    syscall(SYS_rt_sigaction, sig, &act, NULL, 8);
}

/* Which signals come, how often, in which order. */
static void pending(void)
{
    CLAIM("which signals come, how often, in which order");
    uint64_t  set;
    siginfo_t info = {.si_code = SI_QUEUE, .si_errno = 4};
    int       pid = getpid();

    for (int sig = 1; sig <= 64; sig++)
        if (sig != SIGKILL && sig != SIGSTOP && sig != SIGSEGV)
            install(sig, 0, ~0ul);
    mask(SIG_SETMASK, ~0ul);
    kill(pid, SIGUSR2);
    kill(pid, SIGUSR1);
    kill(pid, SIGUSR1);
    kill(pid, 40);
    kill(pid, 40);
    kill(pid, SIGSEGV + 1);
    syscall(SYS_tkill, pid, SIGTERM);
    syscall(SYS_tkill, pid, 35);
    kill(pid, SIGSYS); /* comes first, as what an instruction causes */
    SHOW(syscall(SYS_rt_sigpending, &set, 8));
    printf("pending %lx\n", set);
    mask(SIG_SETMASK, 0);
    show_order();
    install(SIGUSR1, SA_SIGINFO, 0);
    install(SIGUSR2, SA_SIGINFO | SA_RESETHAND, 0);
    install(50, SA_SIGINFO, ~0ul);
    mask(SIG_SETMASK, ~0ul);
    for (int i = 1; i < 5; i++) {
        info.si_value.sival_int = i;
        info.si_pid = i % 2 ? pid : 99999;
        info.si_uid = 7;
        SHOW(syscall(SYS_rt_sigqueueinfo, pid, 50, &info));
        SHOW(syscall(SYS_rt_sigqueueinfo, pid, SIGUSR1, &info));
    }
    mask(SIG_SETMASK, 0);
    show_order();
    kill(pid, SIGUSR1);
    syscall(SYS_tkill, pid, SIGUSR2);
    show_order();
    struct action old;
    syscall(SYS_rt_sigaction, SIGUSR2, NULL, &old, 8);
    SHOW(old.handler == SIG_DFL);
}

/* What is ignored is not kept, unless it is blocked; what becomes ignored is forgotten. */
static void ignoring(void)
{
    CLAIM("what is ignored is not kept unless it is blocked");
    uint64_t set;
    int      pid = getpid();
    signal(SIGUSR1, SIG_IGN);
    kill(pid, SIGUSR1);
    mask(SIG_SETMASK, bit(SIGUSR1) | bit(SIGCHLD) | bit(SIGHUP));
    syscall(SYS_rt_sigpending, &set, 8);
    printf("pending %lx\n", set);
    signal(SIGCHLD, SIG_DFL);
    kill(pid, SIGUSR1);
    kill(pid, SIGCHLD);
    kill(pid, SIGHUP);
    syscall(SYS_rt_sigpending, &set, 8);
    printf("pending %lx\n", set);
    signal(SIGHUP, SIG_IGN);
    signal(SIGUSR1, note_signal);
    syscall(SYS_rt_sigpending, &set, 8);
    printf("pending %lx\n", set);
    signal(SIGCHLD, SIG_DFL);
    syscall(SYS_rt_sigpending, &set, 8);
    printf("pending %lx\n", set);
    mask(SIG_SETMASK, 0);
    show_order();
}

static void waiting(void)
{
    CLAIM("rt_sigtimedwait takes what is pending");
    struct timespec zero = {0, 0}, ms20 = {0, 20000000};
    siginfo_t       info;
    uint64_t        set = bit(SIGUSR1) | bit(45);
    int             pid = getpid();

    mask(SIG_SETMASK, set);
    kill(pid, 45);
    kill(pid, SIGUSR1);
    kill(pid, 45);
    SHOW(syscall(SYS_rt_sigtimedwait, &set, &info, NULL, 8));
    printf("%d %d %d\n", info.si_signo, info.si_code, info.si_pid == pid);
    SHOW(syscall(SYS_rt_sigtimedwait, &set, NULL, &zero, 8));
    SHOW(syscall(SYS_rt_sigtimedwait, &set, pointer(KERNEL), &zero, 8));
    SHOW(syscall(SYS_rt_sigtimedwait, &set, &info, &zero, 8));
    SHOW(syscall(SYS_rt_sigtimedwait, &set, &info, &ms20, 8));
    /* Signals that are ignored are seen by those who wait for them, if they are blocked. */
    signal(SIGUSR1, SIG_IGN);
    kill(pid, SIGUSR1);
    SHOW(syscall(SYS_rt_sigtimedwait, &set, &info, &zero, 8));
    signal(SIGUSR1, note_signal);
    mask(SIG_SETMASK, 0);
}

static volatile uint32_t waiter_tid;

static void *wait_for_signal(void *arg)
{
    uint64_t set = bit(SIGUSR1);
    mask(SIG_SETMASK, ~0ul);
    (void)arg;
    waiter_tid = (uint32_t)syscall(SYS_gettid);
    return (void *)syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 8);
}

static void waking(void)
{
    CLAIM("rt_sigtimedwait waits for what comes");
    pthread_t t;
    void     *result;
    siginfo_t info = {.si_code = SI_USER};

    mask(SIG_SETMASK, bit(SIGUSR1)); /* so that only the waiting thread can take it */
    pthread_create(&t, NULL, wait_for_signal, NULL);
    while (!waiter_tid)
        sched_yield();
    SHOW(syscall(SYS_rt_tgsigqueueinfo, getpid(), waiter_tid, 0, &info));
    kill(getpid(), SIGUSR1);
    pthread_join(t, &result);
    SHOW((long)result);
    mask(SIG_SETMASK, 0);
}

static volatile int other_took, sent;

static void other_takes(int sig)
{
    (void)sig;
    other_took = 1;
}

/* SIGUSR2, which came for any thread, is blocked here meanwhile: another one is to take it. */
static void until_other_took(int sig)
{
    struct timespec ms = {0, 1000000};
    (void)sig;
    for (int i = 0; i < 2000 && !other_took; i++)
        nanosleep(&ms, NULL);
    SHOW(other_took);
}

static void *pause_until_taken(void *arg)
{
    struct timespec s10 = {10, 0};
    (void)arg;
    mask(SIG_SETMASK, ~bit(SIGUSR2));
    if (!other_took)
        nanosleep(&s10, NULL);
    return NULL;
}

static void *send_both(void *arg)
{
    (void)arg;
    mask(SIG_SETMASK, ~0ul);
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR2);
    sent = 1;
    return NULL;
}

/* A signal that woke a thread which then does not take it goes to another thread that can. */
static void handing_on(void)
{
    CLAIM("a signal that woke a thread which does not take it goes to another");
    pthread_t       t[2];
    struct timespec ms = {0, 1000000};
    struct action   act = {until_other_took, 0, bit(SIGUSR2)};

    signal(SIGUSR2, other_takes);
    syscall(SYS_rt_sigaction, SIGUSR1, &act, NULL, 8);
    pthread_create(&t[0], NULL, pause_until_taken, NULL);
    for (int i = 0; i < 20; i++) /* it sleeps by then, as a rule */
        nanosleep(&ms, NULL);
    pthread_create(&t[1], NULL, send_both, NULL);
    while (!sent)
        nanosleep(&ms, NULL);
    pthread_join(t[1], NULL);
    pthread_join(t[0], NULL);
    signal(SIGUSR1, note_signal);
}

static char altstack[3][16384];

static void on_stack(int sig)
{
    char    local;
    stack_t now;
    (void)sig;
    int inside = &local > altstack[0] && &local < altstack[0] + sizeof(altstack[0]);
    SHOW(inside);
    SHOW(syscall(SYS_sigaltstack, NULL, &now));
    printf("flags %x\n", (unsigned)now.ss_flags);
    now.ss_flags = SS_DISABLE;
    SHOW(syscall(SYS_sigaltstack, &now, NULL));
}

static void stacks(void)
{
    CLAIM("arguments of sigaltstack");
    stack_t st = {altstack[0], 0, sizeof(altstack[0])}, old;
    SHOW(syscall(SYS_sigaltstack, NULL, &old));
    printf("flags %x size %ld\n", (unsigned)old.ss_flags, (long)old.ss_size);
    SHOW_POINTERS(syscall(SYS_sigaltstack, NULL, p));
    SHOW(syscall(SYS_sigaltstack, pointer(KERNEL), NULL));
    SHOW(syscall(SYS_sigaltstack, pointer(CROSSING), NULL));
    st.ss_flags = 8;
    SHOW(syscall(SYS_sigaltstack, &st, NULL));
    st.ss_flags = 0;
    st.ss_size = 500;
    SHOW(syscall(SYS_sigaltstack, &st, NULL));
    st.ss_size = sizeof(altstack[0]);
    for (unsigned i = 0; i < 3; i++) {
        static const unsigned kinds[] = {0, SS_ONSTACK, 1u << 31};
        st.ss_flags = (int)kinds[i];
        SHOW(syscall(SYS_sigaltstack, &st, NULL));
        SHOW(syscall(SYS_sigaltstack, NULL, &old));
        printf("flags %x size %ld\n", (unsigned)old.ss_flags, (long)old.ss_size);
        struct action act = {on_stack, SA_ONSTACK, 0};
        syscall(SYS_rt_sigaction, SIGUSR1, &act, NULL, 8);
        kill(getpid(), SIGUSR1);
        SHOW(syscall(SYS_sigaltstack, NULL, &old));
        printf("flags %x size %ld\n", (unsigned)old.ss_flags, (long)old.ss_size);
    }
    st.ss_flags = SS_DISABLE;
    SHOW(syscall(SYS_sigaltstack, &st, &old));
    SHOW(syscall(SYS_sigaltstack, NULL, &old));
    printf("flags %x size %ld\n", (unsigned)old.ss_flags, (long)old.ss_size);
}

int main(void)
{
    buffer_output();
    arguments();
    sending();
    pending();
    ignoring();
    waiting();
    waking();
    handing_on();
    stacks();
    return 0;
}
