/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-infinite-recursion */
/* cpus: 4 */
/* signal_delivery.c - masks while handlers run and after, nesting, one-time handlers, registers that
 * handlers see and change, alternate stacks. */
#include "abi.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <ucontext.h>

#define BIT(sig) (1ull << ((sig)-1))

static char         order[2000];
static volatile int depth, came;

static uint64_t mask_now(void)
{
    uint64_t set = 0;
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &set, 8);
    return set;
}

static void set_mask(uint64_t set)
{
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &set, NULL, 8);
}

static uint64_t pending(void)
{
    uint64_t set = 0;
    syscall(SYS_rt_sigpending, &set, 8);
    return set;
}

/* As the kernel has it: the C library neither looks nor adds. */
struct action {
    void (*handler)(int);
    unsigned long flags;
    uint64_t      mask;
};

static void on(int sig, void *handler, unsigned long flags, uint64_t mask)
{
    struct action act = {handler, flags, mask};
    syscall(SYS_rt_sigaction, sig, &act, NULL, 8);
}

static void send(int sig)
{
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), sig);
}

static void add(const char *what, int number)
{
    sprintf(order + strlen(order), " %s%d", what, number);
}

static void show_order(void)
{
    printf("%s\n", order + (order[0] == ' '));
    order[0] = 0;
}

/* --- masks ------------------------------------------------------------------------------------ */

static void show_mask(int sig)
{
    printf("in %d: mask %lx\n", sig, mask_now());
}

static void send_again(int sig)
{
    add("in", sig);
    if (!came++)
        send(sig);
    add("out", sig);
}

static void enter_leave(int sig)
{
    add("in", sig);
    add("out", sig);
}

static void send_another(int sig)
{
    add("in", sig);
    send(SIGUSR2);
    add("out", sig);
}

static void unblock_all(int sig)
{
    (void)sig;
    set_mask(0);
    send(SIGHUP);
    printf("in %d: mask %lx, pending %lx\n", sig, mask_now(), pending());
}

static void change_saved_mask(int sig, siginfo_t *info, ucontext_t *context)
{
    (void)sig, (void)info;
    printf("saved mask %lx\n", *(uint64_t *)&context->uc_sigmask);
    *(uint64_t *)&context->uc_sigmask = BIT(SIGKILL) | BIT(SIGTERM) | BIT(50);
}

static sigjmp_buf out_of_handler;

static void jump_out(int sig)
{
    (void)sig;
    siglongjmp(out_of_handler, 1);
}

static void masks(void)
{
    CLAIM("a handler runs with its signal blocked, and the mask is as before when it is over");
    on(SIGUSR1, show_mask, 0, 0);
    set_mask(BIT(45));
    send(SIGUSR1);
    printf("after: mask %lx\n", mask_now());
    CLAIM("sa_mask is blocked, too");
    on(SIGUSR1, show_mask, 0, BIT(SIGUSR2) | BIT(64));
    send(SIGUSR1);
    CLAIM("SA_NODEFER leaves the signal itself open");
    on(SIGUSR1, show_mask, SA_NODEFER, BIT(SIGUSR2));
    send(SIGUSR1);
    CLAIM("SA_NODEFER with the signal in sa_mask does not");
    on(SIGUSR1, show_mask, SA_NODEFER, BIT(SIGUSR1));
    send(SIGUSR1);
    CLAIM("no mask holds SIGKILL and SIGSTOP");
    on(SIGUSR1, show_mask, 0, ~0ull);
    send(SIGUSR1);
    set_mask(~0ull);
    printf("mask %lx\n", mask_now());
    set_mask(0);
    CLAIM("the same signal in its handler waits until that is over");
    on(SIGUSR1, send_again, 0, 0);
    send(SIGUSR1);
    show_order();
    CLAIM("with SA_NODEFER it comes at once");
    came = 0;
    on(SIGUSR1, send_again, SA_NODEFER, 0);
    send(SIGUSR1);
    show_order();
    CLAIM("another signal comes in the middle of a handler");
    on(SIGUSR1, send_another, 0, 0);
    on(SIGUSR2, enter_leave, 0, 0);
    send(SIGUSR1);
    show_order();
    CLAIM("unless sa_mask has it");
    on(SIGUSR1, send_another, 0, BIT(SIGUSR2));
    send(SIGUSR1);
    show_order();
    CLAIM("of two that come at once the handler of the later one runs first");
    on(SIGUSR1, enter_leave, 0, 0);
    set_mask(~0ull);
    send(SIGUSR1);
    send(SIGUSR2);
    set_mask(0);
    show_order();
    CLAIM("what a handler unblocks is blocked again when it is over");
    on(SIGHUP, enter_leave, 0, 0);
    on(SIGUSR1, unblock_all, 0, BIT(SIGHUP));
    set_mask(BIT(SIGHUP));
    send(SIGUSR1);
    printf("after: mask %lx\n", mask_now());
    show_order();
    set_mask(BIT(44));
    CLAIM("a handler leaves with the mask that it writes into its context");
    on(SIGUSR1, change_saved_mask, SA_SIGINFO, 0);
    send(SIGUSR1);
    printf("after: mask %lx\n", mask_now());
    set_mask(0);
    CLAIM("siglongjmp out of a handler brings the mask back");
    on(SIGUSR1, jump_out, 0, ~0ull);
    if (!sigsetjmp(out_of_handler, 1))
        send(SIGUSR1);
    printf("after: mask %lx\n", mask_now());
    CLAIM("longjmp without the mask leaves it as it was in the handler");
    if (!sigsetjmp(out_of_handler, 0))
        send(SIGUSR1);
    printf("after: mask %lx\n", mask_now());
    set_mask(0);
    CLAIM("SIG_BLOCK adds, SIG_UNBLOCK takes away, SIG_SETMASK replaces");
    uint64_t set = BIT(1) | BIT(64), old;
    SHOW(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, &old, 8));
    set = BIT(2) | BIT(64);
    SHOW(syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &set, &old, 8));
    printf("old %lx, now %lx\n", old, mask_now());
    SHOW(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &set, &old, 8));
    printf("old %lx, now %lx\n", old, mask_now());
    set_mask(0);
}

/* --- actions ---------------------------------------------------------------------------------- */

static void show_action(int sig)
{
    struct action old = {0};
    syscall(SYS_rt_sigaction, sig, NULL, &old, 8);
    add(old.handler == SIG_DFL ? "default" : "handler", (int)(old.flags >> 31 & 1));
}

static void actions(void)
{
    struct action old;

    CLAIM("SA_RESETHAND takes the handler away before it runs, and keeps the flags");
    on(SIGURG, show_action, SA_RESETHAND, BIT(SIGHUP));
    send(SIGURG);
    send(SIGURG);
    show_order();
    syscall(SYS_rt_sigaction, SIGURG, NULL, &old, 8);
    printf("flags %lx mask %lx\n", old.flags, old.mask);
    CLAIM("SA_RESETHAND does not mean SA_NODEFER");
    on(SIGURG, show_mask, SA_RESETHAND, 0);
    send(SIGURG);
    CLAIM("sigaction tells what was set before, without SIGKILL and SIGSTOP in the mask");
    on(SIGUSR1, show_mask, SA_RESTART | SA_NODEFER, ~0ull);
    struct action next = {SIG_IGN, 0, 0};
    SHOW(syscall(SYS_rt_sigaction, SIGUSR1, &next, &old, 8));
    printf("flags %lx mask %lx, handler %s\n", old.flags, old.mask,
           old.handler == show_mask ? "ours" : "other");
    CLAIM("flags that nobody knows are not kept");
    next.flags = 0x0fffffff;
    SHOW(syscall(SYS_rt_sigaction, SIGUSR1, &next, NULL, 8));
    SHOW(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &old, 8));
    printf("flags %lx\n", old.flags);
    CLAIM("SIGKILL and SIGSTOP keep their actions");
    next = (struct action){show_mask, 0, 0};
    SHOW(syscall(SYS_rt_sigaction, SIGKILL, &next, NULL, 8));
    SHOW(syscall(SYS_rt_sigaction, SIGSTOP, &next, NULL, 8));
}

/* --- registers -------------------------------------------------------------------------------- */

static void change_a5(int sig, siginfo_t *info, ucontext_t *context)
{
    (void)sig, (void)info;
    printf("x15 is %ld\n", context->uc_mcontext.__gregs[15]);
    context->uc_mcontext.__gregs[15] = 4712;
}

static void skip_trap(int sig, siginfo_t *info, ucontext_t *context)
{
    uint16_t *pc = (uint16_t *)context->uc_mcontext.__gregs[REG_PC];
    (void)sig, (void)info;
    context->uc_mcontext.__gregs[REG_PC] += (*pc & 3) == 3 ? 4 : 2;
    came++;
}

static void change_fa5(int sig, siginfo_t *info, ucontext_t *context)
{
    double x;
    (void)sig, (void)info;
    memcpy(&x, &context->uc_mcontext.__fpregs.__d.__f[15], 8);
    printf("f15 is %g, fcsr %x\n", x, context->uc_mcontext.__fpregs.__d.__fcsr);
    x = -2.5;
    memcpy(&context->uc_mcontext.__fpregs.__d.__f[15], &x, 8);
    context->uc_mcontext.__fpregs.__d.__fcsr = 0x45;
    __asm__ volatile("fmv.d.x fa5, zero\n fmv.d.x fs5, zero\n fscsr zero" ::: "fa5", "fs5");
}

/* tgkill of the thread itself, and a register before and after. */
static long around_signal(long before)
{
    register long a0 __asm__("a0") = getpid();
    register long a1 __asm__("a1") = getpid();
    register long a2 __asm__("a2") = SIGUSR1;
    register long a5 __asm__("a5") = before;
    register long a7 __asm__("a7") = SYS_tgkill;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a5) : "r"(a1), "r"(a2), "r"(a7) : "memory");
    return a5;
}

static void around_signal_fp(void)
{
    register long   a0 __asm__("a0") = getpid();
    register long   a1 __asm__("a1") = getpid();
    register long   a2 __asm__("a2") = SIGUSR1;
    register long   a7 __asm__("a7") = SYS_tgkill;
    register double fa5 __asm__("fa5") = 1.25;
    register double fs5 __asm__("fs5") = 8.5;
    long            fcsr = 0x21;
    __asm__ volatile("fscsr %[c]\n ecall\n frcsr %[c]\n fscsr zero"
                     : "+r"(a0), "+f"(fa5), "+f"(fs5), [c] "+r"(fcsr)
                     : "r"(a1), "r"(a2), "r"(a7)
                     : "memory");
    printf("f15 %g, f21 %g, fcsr %lx\n", fa5, fs5, fcsr);
}

static void change_result(int sig, siginfo_t *info, ucontext_t *context)
{
    (void)sig, (void)info;
    printf("x10 is %ld\n", context->uc_mcontext.__gregs[REG_A0]);
    context->uc_mcontext.__gregs[REG_A0] = 99;
}

static void registers(void)
{
    CLAIM("a handler sees and changes an integer register");
    on(SIGUSR1, change_a5, SA_SIGINFO, 0);
    printf("after: %ld\n", around_signal(4711));
    CLAIM("a handler sees and changes a floating-point register and fcsr, and loses none");
    on(SIGUSR1, change_fa5, SA_SIGINFO, 0);
    around_signal_fp();
    CLAIM("a handler moves the pc");
    on(SIGTRAP, skip_trap, SA_SIGINFO, 0);
    on(SIGILL, skip_trap, SA_SIGINFO, 0);
    came = 0;
    __asm__ volatile("ebreak");
    __asm__ volatile(".option push\n.option norvc\nebreak\n.option pop");
    __asm__ volatile(".word 0x10200073");
    printf("came %d\n", came);
    CLAIM("a handler changes the result of a system call that is over");
    on(SIGUSR1, change_result, SA_SIGINFO, 0);
    printf("%ld\n", syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1));
}

/* --- alternate stacks ------------------------------------------------------------------------- */

static char stacks[2][65536];

static int in_stack(const char *p)
{
    return p >= stacks[0] && p < stacks[1] ? 0 : p >= stacks[1] && p < stacks[2] ? 1 : -1;
}

static void show_stack(const char *when)
{
    char    here;
    stack_t st = {0};
    syscall(SYS_sigaltstack, NULL, &st);
    printf("%s: on stack %d; set: stack %d, flags %x, size %ld\n", when, in_stack(&here),
           in_stack(st.ss_sp), (unsigned)st.ss_flags, (long)st.ss_size);
}

static long set_stack(int which, unsigned flags)
{
    stack_t st = {stacks[which], (int)flags, sizeof(stacks[0])};
    return syscall(SYS_sigaltstack, &st, NULL);
}

static void tell_stack(int sig)
{
    (void)sig;
    show_stack("in the handler");
}

static void change_stack(int sig)
{
    tell_stack(sig);
    SHOW(set_stack(1, 0));
    show_stack("changed");
}

static void nest(int sig)
{
    tell_stack(sig);
    send(SIGUSR2);
    show_stack("in the first again");
}

static void *show_in_thread(void *arg)
{
    (void)arg;
    show_stack("in a thread");
    return NULL;
}

static void leave_overflow(int sig)
{
    char here;
    (void)sig;
    came = in_stack(&here);
    siglongjmp(out_of_handler, 1);
}

static int recurse(volatile char *p)
{
    volatile char much[4096];
    much[0] = p ? p[0] : 0;
    return recurse(much) + much[0];
}

static void *overflow(void *arg)
{
    (void)arg;
    set_stack(1, 0);
    if (!sigsetjmp(out_of_handler, 1))
        recurse(NULL);
    printf("the handler ran on stack %d\n", came);
    return NULL;
}

static void alternate(void)
{
    stack_t   st = {stacks[0], 0, sizeof(stacks[0])};
    pthread_t t;

    CLAIM("SA_ONSTACK runs the handler on the alternate stack");
    SHOW(set_stack(0, 0));
    on(SIGUSR1, tell_stack, SA_ONSTACK, 0);
    send(SIGUSR1);
    show_stack("after");
    CLAIM("without it the handler runs on the stack that there is");
    on(SIGUSR1, tell_stack, 0, 0);
    send(SIGUSR1);
    CLAIM("a handler in a handler stays on the alternate stack");
    on(SIGUSR1, nest, SA_ONSTACK, 0);
    on(SIGUSR2, tell_stack, SA_ONSTACK, 0);
    send(SIGUSR1);
    CLAIM("the alternate stack cannot be changed while it is in use");
    on(SIGUSR1, change_stack, SA_ONSTACK, 0);
    send(SIGUSR1);
    show_stack("after");
    CLAIM("with SS_AUTODISARM it can, and is again what it was when the handler is over");
    SHOW(set_stack(0, 1u << 31));
    send(SIGUSR1);
    show_stack("after");
    CLAIM("a handler in such a handler is at the end of the same stack");
    on(SIGUSR1, nest, SA_ONSTACK, 0);
    send(SIGUSR1);
    show_stack("after");
    CLAIM("SA_ONSTACK without an alternate stack runs where the program is");
    SHOW(set_stack(0, SS_DISABLE));
    on(SIGUSR1, tell_stack, SA_ONSTACK, 0);
    send(SIGUSR1);
    CLAIM("SS_DISABLE does not look at the size");
    st.ss_flags = SS_DISABLE;
    st.ss_size = 1;
    SHOW(syscall(SYS_sigaltstack, &st, NULL));
    CLAIM("a stack that is too small gives ENOMEM");
    st.ss_flags = 0;
    st.ss_size = 2047;
    SHOW(syscall(SYS_sigaltstack, &st, NULL));
    st.ss_size = 2048;
    SHOW(syscall(SYS_sigaltstack, &st, NULL));
    CLAIM("flags that nobody knows give EINVAL");
    for (int i = 0; i < 4; i++) {
        st.ss_flags = (int[]){3, 4, SS_DISABLE | 1, 1 << 30}[i];
        SHOW(syscall(SYS_sigaltstack, &st, NULL));
    }
    CLAIM("a new thread has no alternate stack");
    set_stack(0, 0);
    pthread_create(&t, NULL, show_in_thread, NULL);
    pthread_join(t, NULL);
    CLAIM("a thread that runs out of its stack is told on the alternate one");
    on(SIGSEGV, leave_overflow, SA_ONSTACK, 0);
    pthread_create(&t, NULL, overflow, NULL);
    pthread_join(t, NULL);
}

int main(void)
{
    buffer_output();
    masks();
    actions();
    registers();
    alternate();
    return 0;
}
