/* SPDX-License-Identifier: Apache-2.0 */
/* strace_signals.c - signals that are taken, and calls that they interrupt, for a trace of them
 * (guest.mk). What it ignores it does not send: a tracer on Linux is told of those as well. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static sigjmp_buf back;

static void nothing(int sig)
{
    (void)sig;
}

static void jump(int sig)
{
    (void)sig;
    siglongjmp(back, 1);
}

static void handle(int sig, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigaddset(&action.sa_mask, SIGUSR2);
    sigaction(sig, &action, NULL);
}

static void send(void)
{
    union sigval value = {.sival_int = 7};
    siginfo_t    info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE, .si_errno = EIO};

    kill(getpid(), SIGUSR1);
    raise(SIGRTMIN + 3);
    sigqueue(getpid(), SIGUSR1, value);
    syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info);
    syscall(SYS_kill, getpid(), 99);
    syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, NULL);
}

/* An alarm soon, which ends whatever waits then. */
static void alarm_soon(void)
{
    struct itimerval soon = {.it_value.tv_usec = 20000};
    setitimer(ITIMER_REAL, &soon, NULL);
}

static void interrupt_calls(void)
{
    struct timespec hour = {.tv_sec = 3600};
    sigset_t        set;
    char            c;
    int             ends[2];

    handle(SIGALRM, nothing, 0);
    alarm_soon();
    pause();
    sigemptyset(&set);
    alarm_soon();
    syscall(SYS_rt_sigsuspend, &set, 8);
    if (pipe(ends))
        abort();
    alarm_soon();
    if (read(ends[0], &c, 1) != -1)
        abort();
    alarm_soon();
    syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &hour, NULL);
}

static void wait_for_one(void)
{
    struct timespec now = {0};
    sigset_t        set;
    siginfo_t       info;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN + 1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    sigtimedwait(&set, &info, &now);
    kill(getpid(), SIGUSR1);
    sigpending(&set);
    sigtimedwait(&set, &info, &now);
    sigfillset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
    sigemptyset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
    sigprocmask(SIG_BLOCK, NULL, &set);
}

static void fault(volatile int *at)
{
    if (!sigsetjmp(back, 1))
        *at = 1;
}

int main(void)
{
    stack_t stack = {.ss_sp = (void *)0x40000000, .ss_size = 65536};

    handle(SIGUSR1, nothing, SA_RESTART);
    handle(SIGRTMIN + 3, nothing, SA_NODEFER | SA_RESETHAND);
    send();
    interrupt_calls();
    wait_for_one();
    handle(SIGSEGV, jump, 0);
    fault((int *)0x40);
    fault(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    sigaltstack(&stack, NULL);
    sigaltstack(NULL, &stack);
    signal(SIGTERM, SIG_DFL);
    raise(SIGTERM);
}
