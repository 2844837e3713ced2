/* SPDX-License-Identifier: Apache-2.0 */
/* signal_no_frame.c - a handler that has no stack to run on, and a return from one that is not there: both are
 * a SIGSEGV, whose own handler runs if it has a stack. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "show.h"

static sigjmp_buf    back;
static volatile bool ran;

static void on_user(int sig)
{
    (void)sig;
    ran = true;
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;

    printf("signal %d, code %d, address %p, sp %#lx, user's handler %s\n", sig, info->si_code,
           info->si_addr, uc->uc_mcontext.__gregs[REG_SP], ran ? "ran" : "did not run");
    printf("SIGUSR1 is blocked: %d, SIGUSR2: %d\n", sigismember(&uc->uc_sigmask, SIGUSR1),
           sigismember(&uc->uc_sigmask, SIGUSR2));
    siglongjmp(back, 1);
}

static void handle(int sig, void *handler, int flags)
{
    struct sigaction act = {.sa_flags = flags};

    act.sa_sigaction = handler;
    sigaddset(&act.sa_mask, SIGUSR2);
    sigaction(sig, &act, NULL);
}

/* One call without a stack. */
static void call_at(unsigned long sp, long nr, long a, long b, long c)
{
    register long a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c;
    register long a7 __asm__("a7") = nr;

    __asm__ volatile("mv sp, %[sp]\n ecall\n ebreak"
                     :
                     : [sp] "r"(sp), "r"(a0), "r"(a1), "r"(a2), "r"(a7)
                     : "memory");
    __builtin_unreachable();
}

static void send_at(unsigned long sp)
{
    ran = false;
    if (!sigsetjmp(back, 1))
        call_at(sp, SYS_tgkill, getpid(), gettid(), SIGUSR1);
}

int main(void)
{
    stack_t stack = {.ss_sp = malloc(1 << 16), .ss_size = 1 << 16};

    CLAIM("a frame that cannot be written is a SIGSEGV for its handler");
    setvbuf(stdout, NULL, _IONBF, 0);
    sigaltstack(&stack, NULL);
    handle(SIGSEGV, on_fault, SA_SIGINFO | SA_ONSTACK);
    handle(SIGUSR1, on_user, 0);
    send_at(0x40);
    send_at(-16ul);

    CLAIM("such a signal counts as handled");
    handle(SIGUSR1, on_user, SA_RESETHAND);
    send_at(0x40);
    struct sigaction now;
    sigaction(SIGUSR1, NULL, &now);
    puts(now.sa_handler == SIG_DFL ? "its action is the default one again" : "its handler stays");

    CLAIM("a return from a frame that is not there is a SIGSEGV for its handler");
    if (!sigsetjmp(back, 1))
        call_at(0x40, SYS_rt_sigreturn, 1, 2, 3);

    CLAIM("without such a handler the program ends");
    handle(SIGSEGV, on_fault, SA_SIGINFO);
    handle(SIGUSR1, on_user, 0);
    send_at(0x40);
    puts("it goes on");
    return 0;
}
