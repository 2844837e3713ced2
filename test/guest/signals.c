/* SPDX-License-Identifier: Apache-2.0 */
/* signals.c - handlers run with the right arguments, on the right stack, with the right signals
 * blocked, and the program goes on where it was, with every register as it was. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "claim.h"

static void check(const char *what, int good)
{
    printf("%-60s %s\n", what, good ? "ok" : "WRONG");
}

static volatile int calls, last, last_code, depth, blocked_inside;
static void *volatile last_addr, *volatile stack_inside;
static sigjmp_buf recover;

static void note(int sig, siginfo_t *info, void *context)
{
    sigset_t now;
    int      local;

    (void)context;
    calls++;
    last = sig;
    last_code = info->si_code;
    last_addr = info->si_addr;
    stack_inside = &local;
    sigprocmask(SIG_BLOCK, NULL, &now);
    blocked_inside = sigismember(&now, SIGUSR1) | sigismember(&now, SIGUSR2) << 1;
}

static void install(int sig, void (*handler)(int, siginfo_t *, void *), int flags)
{
    struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    sigaddset(&act.sa_mask, SIGUSR2);
    if (sigaction(sig, &act, NULL))
        perror("sigaction");
}

static void sent(void)
{
    CLAIM("signals that are sent");
    struct sigaction old;

    install(SIGUSR1, note, 0);
    check("the action is what was set", sigaction(SIGUSR1, NULL, &old) == 0 &&
                                            old.sa_sigaction == note &&
                                            sigismember(&old.sa_mask, SIGUSR2) == 1);
    check("raise runs the handler before it returns",
          raise(SIGUSR1) == 0 && calls == 1 && last == SIGUSR1);
    check("a thread sent it", last_code == SI_TKILL);
    check("itself and its mask are blocked meanwhile", blocked_inside == 3);
    kill(getpid(), SIGUSR1);
    check("kill runs it, too", calls == 2 && last_code == SI_USER);
    install(SIGUSR1, note, SA_NODEFER);
    raise(SIGUSR1);
    check("SA_NODEFER leaves the signal itself unblocked", blocked_inside == 2);
    install(SIGUSR1, note, SA_RESETHAND);
    raise(SIGUSR1);
    check("SA_RESETHAND is for once",
          calls == 4 && sigaction(SIGUSR1, NULL, &old) == 0 && old.sa_handler == SIG_DFL);
    signal(SIGUSR1, SIG_IGN);
    raise(SIGUSR1);
    check("an ignored one does nothing", calls == 4);
    check("neither do those that default to nothing",
          raise(SIGCHLD) == 0 && raise(SIGURG) == 0 && raise(SIGWINCH) == 0);
}

static void blocked(void)
{
    CLAIM("signals that are blocked");
    sigset_t set, old, pending;

    calls = 0;
    install(SIGUSR1, note, 0);
    install(SIGUSR2, note, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, &old);
    raise(SIGUSR2);
    raise(SIGUSR1);
    raise(SIGUSR1);
    check("blocked signals wait", calls == 0);
    check("and are pending", sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1) == 1 &&
                                 sigismember(&pending, SIGUSR2) == 1 &&
                                 !sigismember(&pending, SIGHUP));
    sigprocmask(SIG_SETMASK, &old, NULL);
    check("each comes once when they are unblocked", calls == 2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR2);
    calls = 0;
    check("sigsuspend lets one in",
          sigsuspend(&old) == -1 && errno == EINTR && calls == 1 && last == SIGUSR2);
    sigprocmask(SIG_BLOCK, NULL, &pending);
    check("and blocks it again", sigismember(&pending, SIGUSR2) == 1);
    sigprocmask(SIG_SETMASK, &old, NULL);
}

/* A pattern in all the registers that a handler must not disturb, kept across a fault that the
 * handler repairs. */
static void repair(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;

    (void)sig;
    (void)info;
    calls++;
    for (volatile int i = 0; i < 100; i++)
        __asm__ volatile("fcvt.d.w fa5, %0\n fadd.d fa1, fa5, fa5\n fmv.d ft1, fa1" ::"r"(i)
                         : "fa5", "fa1", "ft1");
    uc->uc_mcontext.__gregs[REG_PC] += 4;
    uc->uc_mcontext.__gregs[REG_A0] = 77;
}

static void faults(void)
{
    CLAIM("signals of faults");
    const uint64_t in[] = {0x1111111111111111, 0x2222222222222222, 0x3333333333333333};
    uint64_t       out[3], a0, rounding;
    double         fin[] = {2.5, 3.25}, fout[2];

    calls = 0;
    install(SIGILL, repair, 0);
    install(SIGSEGV, repair, 0);
    __asm__ volatile("mv s2, %[i0]\n mv t4, %[i1]\n mv t6, %[i2]\n li a0, 5\n"
                     "fmv.d fa5, %[f0]\n fmv.d ft1, %[f1]\n fsrmi 3\n"
                     ".word 0\n" /* illegal: the handler steps over it and sets a0 */
                     "frrm %[rm]\n fsrmi 0\n"
                     "sd s2, 0(%[out])\n sd t4, 8(%[out])\n sd t6, 16(%[out])\n mv %[a0], a0\n"
                     "fsd fa5, 0(%[fout])\n fsd ft1, 8(%[fout])\n"
                     : [rm] "=&r"(rounding), [a0] "=&r"(a0)
                     : [i0] "r"(in[0]), [i1] "r"(in[1]), [i2] "r"(in[2]), [f0] "f"(fin[0]),
                       [f1] "f"(fin[1]), [out] "r"(out), [fout] "r"(fout)
                     : "memory", "a0", "s2", "t4", "t6", "fa5", "ft1");
    check("an illegal instruction was handled", calls == 1);
    check("the handler changed a register", a0 == 77);
    check("the others are as they were", !memcmp(in, out, sizeof(in)));
    check("floating point, too", !memcmp(fin, fout, sizeof(fin)) && rounding == 3);
    __asm__ volatile(".option push\n.option norvc\n li t0, 64\n ld a0, 0(t0)\n .option pop" ::
                         : "a0", "t0");
    check("a load from nowhere was handled", calls == 2);
}

static void jump_out(int sig, siginfo_t *info, void *context)
{
    note(sig, info, context);
    siglongjmp(recover, 1);
}

static volatile int sink;

static __attribute__((noinline)) int overflow(int n)
{
    volatile char frame[1024];
    frame[n % 1024] = 1;
    return n < 0 ? 0 : overflow(n + 1) + frame[0];
}

static void alternate(void)
{
    CLAIM("handlers on an alternate stack");
    static char memory[64 * 1024];
    stack_t     st = {.ss_sp = memory, .ss_size = sizeof(memory)}, old;
    char       *inside;

    check("an alternate stack", sigaltstack(&st, NULL) == 0);
    install(SIGUSR1, note, SA_ONSTACK);
    raise(SIGUSR1);
    inside = stack_inside;
    check("is used when asked for", inside > memory && inside < memory + sizeof(memory));
    install(SIGUSR1, note, 0);
    raise(SIGUSR1);
    inside = stack_inside;
    check("and else not", !(inside > memory && inside < memory + sizeof(memory)));
    install(SIGSEGV, jump_out, SA_ONSTACK);
    calls = 0;
    if (!sigsetjmp(recover, 1))
        sink = overflow(0);
    check("it survives the overflow of the other one", calls == 1 && last == SIGSEGV);
    check("sigaltstack tells of it",
          sigaltstack(NULL, &old) == 0 && old.ss_sp == memory && old.ss_flags == 0);
    st.ss_flags = SS_DISABLE;
    check("it can be taken away", sigaltstack(&st, NULL) == 0 && sigaltstack(NULL, &old) == 0 &&
                                      old.ss_flags == SS_DISABLE);
}

static void codes(void)
{
    CLAIM("what siginfo says");
    char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    install(SIGSEGV, jump_out, 0);
    install(SIGTRAP, jump_out, 0);
    if (!sigsetjmp(recover, 1))
        sink = page[5];
    check("SEGV_ACCERR with its address",
          last == SIGSEGV && last_code == SEGV_ACCERR && last_addr == page + 5);
    munmap(page, 4096);
    if (!sigsetjmp(recover, 1))
        page[6] = 1;
    check("SEGV_MAPERR with its address",
          last == SIGSEGV && last_code == SEGV_MAPERR && last_addr == page + 6);
    if (!sigsetjmp(recover, 1))
        __asm__ volatile("ebreak");
    check("TRAP_BRKPT", last == SIGTRAP && last_code == TRAP_BRKPT);
}

int main(void)
{
    sent();
    blocked();
    faults();
    alternate();
    codes();
    signal(SIGTERM, SIG_DFL);
    fflush(stdout);
    raise(SIGTERM);
    puts("still here");
    return 0;
}
