/* SPDX-License-Identifier: Apache-2.0 */
/* acts.c - what random_calls does that is no single call: see random_calls.h. */
#include "random_calls.h"

#include <linux/futex.h>
#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TOO_MANY   1000 /* faults in a row: nobody gets over this one */
#define KSIGSET    8
#define CHILDREN   4
#define STACK_SIZE (24 * PAGE) /* every signal may come at once */

/* --- accesses to memory ------------------------------------------------------------------------------- */

/* A load and a store that may fault: the handler goes on at their end. */
extern char touch_begin[], touch_end[];

__asm__(".text\n"
        ".globl touch, touch_begin, touch_end\n"
        "touch:\n" /* a0: address, a1: whether to write */
        "touch_begin:\n"
        "    lbu  a2, 0(a0)\n"
        "    beqz a1, touch_end\n"
        "    sd   a0, 0(a0)\n"
        "touch_end:\n"
        "    ret\n");

void touch(uintptr_t at, bool write);

/* --- signals -------------------------------------------------------------------------------------------- */

static struct worker *worker_here(void)
{
    int tid = (int)RAW(SYS_gettid);
    for (unsigned i = 0; i < nworkers; i++)
        if (workers[i].tid == tid)
            return &workers[i];
    return NULL;
}

static _Noreturn void give_up(const siginfo_t *info, const ucontext_t *uc)
{
    char text[120];
    int  len = snprintf(text, sizeof(text), "FAILED: signal %d, code %d at pc %#lx, address %p\n",
                        info->si_signo, info->si_code, uc->uc_mcontext.__gregs[REG_PC],
                        info->si_addr);
    RAW(SYS_write, CONSOLE_FD, text, len);
    RAW(SYS_exit_group, 1);
    abort();
}

/* The thread is one of those that acts make; it ends. Or the first, for which somebody invented a fault. */
static void fault_elsewhere(const siginfo_t *info, const ucontext_t *uc)
{
    static atomic_uint n;

    if (RAW(SYS_gettid) != RAW(SYS_getpid))
        RAW(SYS_exit, 0);
    if (++n > TOO_MANY)
        give_up(info, uc);
}

/* Codes that others send are not positive; those which they may invent change nothing. */
static void on_fault(int sig, siginfo_t *info, void *context)
{
    ucontext_t    *uc = context;
    struct worker *w = worker_here();
    uintptr_t      pc = uc->uc_mcontext.__gregs[REG_PC];

    (void)sig;
    if (!w) {
        fault_elsewhere(info, uc);
    } else if (w->mangled && w->mangling) { /* before that, whole is of another time */
        w->mangling = 0;
        uc->uc_mcontext = w->whole;
        memset(&uc->uc_sigmask, 0, KSIGSET);
    } else if (pc >= (uintptr_t)touch_begin && pc < (uintptr_t)touch_end) {
        uc->uc_mcontext.__gregs[REG_PC] = (uintptr_t)touch_end;
    } else if (++w->faults > TOO_MANY) {
        give_up(info, uc);
    }
}

/* A stack pointer that points nowhere. But who interrupted another handler keeps it: frames of handlers that
 * have not returned stay whole only as long as the next frame goes below them. */
static unsigned long bad_stack(struct worker *w, unsigned long sp)
{
    uintptr_t start = (uintptr_t)w->altstack, bad = bad_address(w);
    return sp >= start && sp <= start + ALTSTACK ? sp : bad;
}

/* What a handler finds when it returns: another context. Where the stack is none, only the fault's own
 * handler may run before the registers are set right: others may have none to run on. */
static void spoil_context(struct worker *w, ucontext_t *uc)
{
    unsigned long *regs = uc->uc_mcontext.__gregs, sp = regs[REG_SP];

    if (w->mangling <= 3)
        *(uint64_t *)&uc->uc_sigmask = ~NEEDED;
    switch (w->mangling) {
    case 1:
        for (size_t i = 1; i < 32; i++)
            regs[i] = any_number(w);
        regs[REG_SP] = bad_stack(w, sp);
        regs[REG_PC] = bad_address(w);
        return;
    case 2:
        regs[REG_PC] = bad_address(w) | 1;
        return;
    case 3: /* the stack is the kernel's only until the handler of the fault */
        regs[REG_SP] = bad_stack(w, sp);
        regs[REG_PC] = 2;
        return;
    case 4:
        *(uint64_t *)&uc->uc_sigmask = any_sigset(w);
        break;
    case 5:
        for (size_t i = 0; i < sizeof(uc->uc_mcontext.__fpregs) / 8; i++)
            ((uint64_t *)&uc->uc_mcontext.__fpregs)[i] = draw(w);
        break;
    default:
        uc->uc_link = (void *)any_number(w);
        uc->__uc_flags = any_number(w);
    }
    w->mangling = 0;
}

static void on_mangle(int sig, siginfo_t *info, void *context)
{
    ucontext_t    *uc = context;
    struct worker *w = worker_here();

    (void)sig;
    (void)info;
    if (!w || !w->mangling || w->mangled)
        return; /* somebody else sent it */
    w->whole = uc->uc_mcontext;
    atomic_signal_fence(memory_order_seq_cst); /* a fault that somebody sends may be handled here */
    w->mangled = true;
    atomic_signal_fence(memory_order_seq_cst);
    spoil_context(w, uc);
}

static void on_other(int sig)
{
    (void)sig;
}

/* A fault may come while one is handled; of others, hundreds of which may be queued, each runs once at a time. */
static void set_handler(int sig, void *handler)
{
    struct {
        void    *handler;
        uint64_t flags, mask;
    } act = {handler, SA_SIGINFO | SA_ONSTACK | (handler == on_fault ? SA_NODEFER : 0), 0};
    RAW(SYS_rt_sigaction, sig, &act, 0, KSIGSET);
}

void catch_signals(void)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};

    for (int sig = 1; sig <= 64; sig++)
        set_handler(sig, on_other);
    for (size_t i = 0; i < COUNT(faults); i++)
        set_handler(faults[i], on_fault);
    set_handler(MANGLE, on_mangle);
}

static void mangle(struct worker *w)
{
    static const uint64_t none;

    w->call = "(return from a handler)";
    RAW(SYS_rt_sigprocmask, SIG_SETMASK, &none, 0, KSIGSET);
    w->mangled = false;
    w->mangling = 1 + (unsigned)below(w, 6);
    RAW(SYS_tgkill, getpid(), w->tid, MANGLE);
    w->mangling = 0;
}

/* --- threads --------------------------------------------------------------------------------------------- */

/* clone or clone3. The new thread runs run(arg) on its own stack, at whose end both lie; then it ends. */
static long clone_call(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
    register uint64_t a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c;
    register uint64_t a3 __asm__("a3") = d, a4 __asm__("a4") = e;
    register long     a7 __asm__("a7") = nr;
    __asm__ volatile("    ecall\n"
                     "    bnez a0, 1f\n"
                     "    ld   t0, 0(sp)\n"
                     "    ld   a0, 8(sp)\n"
                     "    jalr t0\n"
                     "    li   a0, 0\n"
                     "    li   a7, 93\n" /* exit */
                     "    ecall\n"
                     "1:"
                     : "+r"(a0)
                     : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a7)
                     : "memory");
    return (long)a0;
}

static uint64_t prepared(void *stack_end, void (*run)(void *), void *arg)
{
    uint64_t *top = (uint64_t *)stack_end - 2;

    top[0] = (uint64_t)run;
    top[1] = (uint64_t)arg;
    return (uint64_t)top;
}

#define THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

int new_thread(uint64_t flags, void *stack_end, void (*run)(void *), void *arg)
{
    return (int)clone_call(SYS_clone, THREAD | flags, prepared(stack_end, run, arg), 0, 0, 0);
}

struct child {
    int      tid;
    uint64_t what, address;
    struct {
        uint64_t head, offset, pending, entry;
    } list; /* of locks */
    _Alignas(16) uint8_t stack[STACK_SIZE];
};

static struct child children[MAX_THREADS][CHILDREN];

/* It ends with a lock that it owns, of which its list tells or does not. */
static void hold_lock(struct child *c)
{
    _Atomic uint32_t *lock = &locks[c->what >> 8 & 15];
    struct timespec   t;

    RAW(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
    RAW(SYS_futex, lock, FUTEX_LOCK_PI2, 0, &t); /* at once, or not */
    c->list.head = (uint64_t)&c->list.entry;
    c->list.entry = (uint64_t)&c->list.head | (c->what >> 12 & 1); /* the owner's mark, or none */
    c->list.offset = (uint64_t)lock - (uint64_t)&c->list.entry;
    c->list.pending = c->what & 1 << 13 ? (uint64_t)&c->list.entry : 0;
    if (c->what & 64)
        RAW(SYS_set_robust_list, &c->list, 24);
}

/* The life of a thread: it leaves a list of locks behind, or ends by a fault, or goes to sleep first. */
static void live(void *arg)
{
    struct child         *c = arg;
    static const uint64_t none;
    const struct timespec nap = {0, 1000000};

    RAW(SYS_rt_sigprocmask, SIG_SETMASK, &none, 0, KSIGSET);
    if (c->what & 1)
        RAW(SYS_set_robust_list, c->address, 24);
    if (c->what & 2)
        RAW(SYS_set_tid_address, c->address);
    if (c->what & 4)
        RAW(SYS_nanosleep, &nap, 0);
    if (c->what & 8)
        RAW(SYS_futex, c->address & ~3ul, FUTEX_WAIT, 0, &nap);
    if (c->what & 32)
        hold_lock(c);
    if (c->what & 16)
        __asm__ volatile("sd zero, 8(zero)");
}

static uint64_t clone_flags(struct worker *w)
{
    static const uint64_t more[] = {CLONE_SETTLS,       CLONE_PARENT_SETTID, CLONE_CHILD_CLEARTID,
                                    CLONE_CHILD_SETTID, CLONE_DETACHED,      CLONE_UNTRACED,
                                    CLONE_IO,           CLONE_PTRACE,        CLONE_PIDFD,
                                    CLONE_NEWNS,        CLONE_VFORK,         CLONE_PARENT};
    uint64_t              flags = THREAD;

    for (unsigned n = (unsigned)below(w, 3); n; n--)
        flags |= PICK(w, more);
    if (chance(w, 12))
        flags &= ~(1ul << below(w, 64));
    return flags;
}

static bool ended(const struct child *c)
{
    return !c->tid || RAW(SYS_tgkill, getpid(), c->tid, 0) == -3 /* ESRCH */;
}

static void start_thread(struct worker *w)
{
    struct child *c = &PICK(w, children[w->index]);
    uint64_t      sp = (uint64_t)(c->stack + STACK_SIZE) - 16, flags = clone_flags(w);

    w->call = "clone";
    if (!ended(c))
        return;
    c->what = draw(w);
    c->address = chance(w, 2) ? in_arena(w) : any_address(w, 24);
    prepared(c->stack + STACK_SIZE, live, c);
    if (chance(w, 2)) {
        c->tid = (int)clone_call(SYS_clone, flags, sp, any_address(w, 4), any_address(w, 8),
                                 any_address(w, 4));
    } else {
        uint64_t args[11] = {flags & ~0xfful,
                             any_address(w, 4),
                             any_address(w, 4),
                             any_address(w, 4),
                             chance(w, 8) ? any_number(w) : 0,
                             (uint64_t)c->stack,
                             STACK_SIZE - 16,
                             any_address(w, 8)};
        size_t   size = chance(w, 8) ? below(w, 89) : chance(w, 2) ? 64 : 88;
        args[8] = chance(w, 12) ? any_number(w) : 0;
        c->tid = (int)clone_call(SYS_clone3, placed(w, args, sizeof(args)), size, 0, 0, 0);
    }
    if (c->tid < 0)
        c->tid = 0;
}

/* --- all -------------------------------------------------------------------------------------------------- */

void settle_thread(struct worker *w)
{
    static const uint64_t none, roomy[2] = {-1ul, -1ul}, files[2] = {LAST_FD + 1, LAST_FD + 1},
                                size[2] = {FILE_LIMIT, FILE_LIMIT}, stack_size[2] = {LARGE, LARGE},
                                core[2];
    stack_t stack = {.ss_sp = w->altstack, .ss_size = 40 * PAGE};

    RAW(SYS_sigaltstack, &stack, 0); /* before signals come that need it */
    RAW(SYS_rt_sigprocmask, SIG_SETMASK, &none, 0, KSIGSET);
    RAW(SYS_setresuid, 0, 0, 0);
    RAW(SYS_setresgid, 0, 0, 0);
    for (int resource = 0; resource < RLIM_NLIMITS; resource++)
        RAW(SYS_prlimit64, 0, resource,
            resource == RLIMIT_NOFILE  ? files
            : resource == RLIMIT_FSIZE ? size
            : resource == RLIMIT_STACK ? stack_size
            : resource == RLIMIT_CORE  ? core
                                       : roomy,
            0);
}

/* Timers fire until somebody removes them. */
static void tidy(struct worker *w)
{
    static const uint64_t none[4];

    settle_thread(w);
    for (int id = 0; id < 64; id++)
        if (chance(w, 2))
            RAW(SYS_timer_delete, id);
    for (int which = 0; which < 3; which++)
        RAW(SYS_setitimer, which, none, 0);
    for (size_t i = 0; i < COUNT(locks); i++)
        RAW(SYS_futex, &locks[i], FUTEX_UNLOCK_PI);
    if (chance(w, 2))
        RAW(SYS_chdir, chance(w, 2) ? "/tmp" : "/root");
    if (chance(w, 20))
        remove_ipc();
}

void random_act(struct worker *w)
{
    w->faults = 0;
    switch (below(w, 4)) {
    case 0:
        mangle(w);
        return;
    case 1:
        w->scratch_used = 0;
        start_thread(w);
        return;
    case 2:
        w->call = "(tidying)";
        tidy(w);
        return;
    default:
        w->call = "(access)";
        for (unsigned n = 8; n; n--)
            touch(chance(w, 8) ? in_ring(w) : in_arena(w) + below(w, PAGE / 8) * 8, chance(w, 2));
    }
}
