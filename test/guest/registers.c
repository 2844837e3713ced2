/* SPDX-License-Identifier: Apache-2.0 */
/* registers.c - system calls keep the registers that functions keep, s0 to s11 and gp among them: when they return
 * at once, after a signal at their end, when they fail of it or are made again, and in a new thread. A handler sees
 * them in its context, uses them, and may change them there. The linker is told not to have code rely on gp. */
/* cpus: 4 */
/* flags: -Wl,--no-relax */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "claim.h"

/* gp, s0 to s11 */
#define KEPT 13

static const int number[KEPT] = {3, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27};

struct call {
    uint64_t nr, a[5], result;
    uint64_t in[KEPT], out[KEPT];
};

/* Make c's call with the values of c->in; what they are then goes to c->out. */
void call_with(struct call *c);
__asm__(".text\n"
        ".option push\n"
        ".option norelax\n"
        "call_with:\n"
        "addi sp, sp, -128\n"
        ".macro  each op, base, at\n"
        "\\op gp, \\at(\\base)\n"
        "\\op s0, \\at+8(\\base)\n"
        "\\op s1, \\at+16(\\base)\n"
        "\\op s2, \\at+24(\\base)\n"
        "\\op s3, \\at+32(\\base)\n"
        "\\op s4, \\at+40(\\base)\n"
        "\\op s5, \\at+48(\\base)\n"
        "\\op s6, \\at+56(\\base)\n"
        "\\op s7, \\at+64(\\base)\n"
        "\\op s8, \\at+72(\\base)\n"
        "\\op s9, \\at+80(\\base)\n"
        "\\op s10, \\at+88(\\base)\n"
        "\\op s11, \\at+96(\\base)\n"
        ".endm\n"
        "each sd, sp, 0\n"
        "sd a0, 104(sp)\n"
        "sd zero, 112(sp)\n"
        "mv t6, a0\n"
        "each ld, t6, 56\n"
        "ld a7, 0(t6)\n"
        "ld a0, 8(t6)\n"
        "ld a1, 16(t6)\n"
        "ld a2, 24(t6)\n"
        "ld a3, 32(t6)\n"
        "ld a4, 40(t6)\n"
        "ecall\n"
        /* A new thread has a stack of its own, and goes elsewhere from here: struct new_stack. */
        "ld t6, 104(sp)\n"
        "sd a0, 48(t6)\n"
        "each sd, t6, 160\n"
        "each ld, sp, 0\n"
        "ld t5, 112(sp)\n"
        "bnez t5, 1f\n"
        "addi sp, sp, 128\n"
        "ret\n"
        "1: jr t5\n"
        ".option pop\n");

/* What a thread that call_with() starts finds at its sp. */
struct new_stack {
    uint64_t     kept[KEPT]; /* gp matters, if any */
    struct call *call;
    void (*go_on)(void);
};

_Static_assert(offsetof(struct new_stack, call) == 104, "call_with");
_Static_assert(offsetof(struct call, in) == 56 && offsetof(struct call, out) == 160, "call_with");

static void check(const char *what, int good)
{
    printf("%-60s %s\n", what, good ? "ok" : "WRONG");
}

/* --- handlers ------------------------------------------------------------------------------ */

static uint64_t     seen[KEPT]; /* what the last handler found in its context */
static volatile int handled, change_by;
static int          pipe_ends[2];

static void use_registers(void)
{
    __asm__ volatile(".irp r, s1,s2,s3,s4,s5,s6,s7,s8,s9,s10,s11\n"
                     "li \\r, -77\n"
                     ".endr"
                     :
                     :
                     : "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11");
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;

    (void)sig;
    (void)info;
    use_registers();
    for (int i = 0; i < KEPT; i++) {
        seen[i] = uc->uc_mcontext.__gregs[number[i]];
        uc->uc_mcontext.__gregs[number[i]] += (unsigned long)change_by;
    }
    handled++;
}

static void on_alarm(int sig)
{
    (void)sig;
    use_registers();
    handled++;
}

static void on_alarm_write(int sig, siginfo_t *info, void *context)
{
    on_signal(sig, info, context);
    if (write(pipe_ends[1], "x", 1) != 1)
        _exit(3);
}

static void handle(int sig, void (*handler)(int, siginfo_t *, void *), int flags)
{
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    sigaction(sig, &sa, NULL);
}

static void alarm_ms(long first, long interval)
{
    struct itimerval it = {.it_value.tv_usec = first * 1000,
                           .it_interval.tv_usec = interval * 1000};
    setitimer(ITIMER_REAL, &it, NULL);
}

/* --- calls --------------------------------------------------------------------------------- */

/* Make the call; whether its registers came back, plus `more`. */
static int kept(struct call *c, uint64_t more)
{
    static uint64_t seed;
    int             good = 1;

    seed++;
    for (int i = 0; i < KEPT; i++)
        c->in[i] = seed << 32 | (uint64_t)number[i] << 8 | 0x11;
    memset(seen, 0, sizeof(seen));
    call_with(c);
    for (int i = 0; i < KEPT; i++)
        good &= c->out[i] == c->in[i] + more;
    return good;
}

static int seen_by_handler(const struct call *c)
{
    return memcmp(seen, c->in, sizeof(seen)) == 0;
}

static void simple_calls(void)
{
    CLAIM("system calls keep registers");
    struct call c = {.nr = SYS_getppid};
    check("a call that returns at once", kept(&c, 0));
    c.nr = 10000;
    check("a call that is none", kept(&c, 0) && (int64_t)c.result == -38);
    c.nr = SYS_sched_yield;
    check("a call that gives the processor away", kept(&c, 0));
}

static void signals(void)
{
    CLAIM("signals keep registers");
    struct call c = {.nr = SYS_tgkill, .a = {(uint64_t)getpid(), (uint64_t)gettid(), SIGUSR1}};
    handle(SIGUSR1, on_signal, 0);
    check("a call that a signal follows", kept(&c, 0) && handled == 1 && c.result == 0);
    check("  what its handler saw", seen_by_handler(&c));
    change_by = 5;
    check("what the handler changed", kept(&c, 5) && handled == 2);
    change_by = 0;
}

static void interrupted(void)
{
    CLAIM("interrupted calls keep registers");
    char        byte;
    struct call c = {.nr = SYS_read, .a = {(uint64_t)pipe_ends[0], (uint64_t)&byte, 1}};
    handle(SIGALRM, on_signal, 0);
    alarm_ms(20, 0);
    check("a call that a signal ends", kept(&c, 0) && (int64_t)c.result == -4);
    check("  what its handler saw", seen_by_handler(&c));
    handle(SIGALRM, on_alarm_write, SA_RESTART);
    alarm_ms(20, 0);
    check("a call that is made again", kept(&c, 0) && c.result == 1 && byte == 'x');
    check("  what its handler saw", seen_by_handler(&c));
}

/* Signals come between any two instructions. */
static void many(void)
{
    CLAIM("signals between any two instructions keep registers");
    struct call      c = {.nr = SYS_getppid};
    struct sigaction sa = {.sa_handler = on_alarm};
    int              good = 1;

    sigaction(SIGALRM, &sa, NULL);
    handled = 0;
    alarm_ms(1, 1);
    while (handled < 50 && good)
        good = kept(&c, 0);
    alarm_ms(0, 0);
    check("calls while signals come at any time", good);
}

/* --- a thread ------------------------------------------------------------------------------ */

static volatile uint32_t thread_runs = 1; /* its tid; 0 after its end */

static void thread_ends(void)
{
    register long nr __asm__("a7") = SYS_exit;
    __asm__ volatile("ecall" : : "r"(nr) : "memory");
    __builtin_unreachable();
}

static void threads(void)
{
    CLAIM("other threads keep registers");
    static _Alignas(16) char stack[65536];
    struct new_stack        *top = (struct new_stack *)(stack + sizeof(stack) - 256);
    struct call              child = {.nr = 0};
    struct call              c = {.nr = SYS_clone,
                                  .a = {CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                                            CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID,
                                        (uint64_t)top, 0, 0, (uint64_t)&thread_runs}};
    int                      good;

    *top = (struct new_stack){.call = &child, .go_on = thread_ends};
    __asm__("mv %0, gp" : "=r"(top->kept[0]));
    good = kept(&c, 0);
    while (thread_runs)
        usleep(1000);
    check("a call that starts a thread", good && (int64_t)c.result > 0);
    check("  the thread's own", memcmp(child.out, c.in, sizeof(c.in)) == 0 && child.result == 0);
}

int main(void)
{
    if (pipe(pipe_ends))
        return 1;
    simple_calls();
    signals();
    interrupted();
    many();
    threads();
    return 0;
}
