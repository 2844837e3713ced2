/* SPDX-License-Identifier: Apache-2.0 */
/* strace_signal.c - sets of signals, actions, alternate stacks, what a signal carries. See
 * strace_impl.h. */
#include "unix/abi.h"
#include "unix/process.h"
#include "unix/sigframe.h"
#include "unix/strace_impl.h"

void strace_sigset(struct text *t, uint64_t va, uint64_t size)
{
    uint64_t set;
    if (size != sizeof(set))
        text_ptr(t, va); /* the call fails */
    else if (strace_read(t, va, &set, sizeof(set)))
        text_sigset(t, set);
}

/* The size stands behind the set, in some calls not at once. */
static uint64_t size_of_set(const struct strace_call *c, unsigned set)
{
    for (unsigned i = set + 1; i < SYSCALL_ARGS; i++) {
        if (c->sc->kinds[i] == A_SIZE)
            return c->a[i];
    }
    return sizeof(uint64_t);
}

void strace_p_sigset(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_sigset(t, c->a[i], size_of_set(c, i));
}

/* pselect6 has its set and the set's size in a structure. */
void strace_p_select_mask(struct text *t, const struct strace_call *c, unsigned i)
{
    uint64_t pair[2];
    if (!strace_read(t, c->a[i], pair, sizeof(pair)))
        return;
    text_str(t, "{sigmask=");
    strace_sigset(t, pair[0], pair[1]);
    text_printf(t, ", sigsetsize=%lu}", (unsigned long)pair[1]);
}

void strace_p_sigaction(struct text *t, const struct strace_call *c, unsigned i)
{
    struct abi_sigaction action;
    if (!strace_read(t, c->a[i], &action, sizeof(action)))
        return;
    text_str(t, "{sa_handler=");
    if (action.handler == SIG_DFL)
        text_str(t, "SIG_DFL");
    else if (action.handler == SIG_IGN)
        text_str(t, "SIG_IGN");
    else
        text_ptr(t, action.handler);
    text_str(t, ", sa_mask=");
    text_sigset(t, action.mask);
    text_str(t, ", sa_flags=");
    text_flags(t, &names_sigaction_flags, action.flags);
    text_str(t, "}");
}

void strace_p_sigstack(struct text *t, const struct strace_call *c, unsigned i)
{
    struct abi_stack_t st;
    if (!strace_read(t, c->a[i], &st, sizeof(st)))
        return;
    text_str(t, "{ss_sp=");
    text_ptr(t, st.ss_sp);
    text_str(t, ", ss_flags=");
    text_flags(t, &names_sigstack_flags, (uint32_t)st.ss_flags);
    text_printf(t, ", ss_size=%lu}", (unsigned long)st.ss_size);
}

/* --- what a signal carries --------------------------------------------------------------- */

static const struct names *codes_of(int sig)
{
    switch (sig) {
    case SIGILL:
        return &names_sigcodes_ill;
    case SIGTRAP:
        return &names_sigcodes_trap;
    case SIGBUS:
        return &names_sigcodes_bus;
    case SIGFPE:
        return &names_sigcodes_fpe;
    case SIGSEGV:
        return &names_sigcodes_segv;
    default:
        return NULL;
    }
}

static void print_code(struct text *t, int sig, int code)
{
    const struct names *own = codes_of(sig);
    const char         *name = names_find(&names_sigcodes_any, (uint32_t)code);
    if (!name && own)
        name = names_find(own, (uint32_t)code);
    if (name)
        text_str(t, name);
    else
        text_printf(t, "%#x", (unsigned)code);
}

/* An exception gives codes from 1 on; what was sent has 0 or less, the kernel's own above those. */
static bool is_fault(int sig, int code)
{
    return codes_of(sig) && code > SI_USER && code < SI_KERNEL;
}

static void print_error(struct text *t, int err)
{
    text_str(t, ", si_errno=");
    text_errno(t, err);
}

void strace_siginfo(struct text *t, const struct abi_siginfo *info)
{
    int sig = info->si_signo, code = info->si_code;

    if (!sig) {
        text_str(t, "{}");
        return;
    }
    text_str(t, "{si_signo=");
    text_signal(t, sig);
    text_str(t, ", si_code=");
    print_code(t, sig, code);
    if (info->si_errno)
        print_error(t, info->si_errno);
    if (is_fault(sig, code)) {
        text_str(t, ", si_addr=");
        text_ptr(t, info->fault.addr);
    } else if (code == SI_TIMER) {
        text_printf(t, ", si_timerid=%#x, si_overrun=%u", (unsigned)info->rt.pid, info->rt.uid);
    } else if (code != SI_KERNEL) {
        text_printf(t, ", si_pid=%d, si_uid=%u", info->rt.pid, info->rt.uid);
    }
    if (code < 0 && code != SI_TKILL && info->rt.value)
        text_printf(t, ", si_int=%d, si_ptr=%#lx", (int)info->rt.value,
                    (unsigned long)info->rt.value);
    text_str(t, "}");
}

void strace_p_siginfo(struct text *t, const struct strace_call *c, unsigned i)
{
    struct abi_siginfo info;
    if (strace_read(t, c->a[i], &info, sizeof(info)))
        strace_siginfo(t, &info);
}

/* rt_sigreturn's only argument lies on the stack: the mask that it puts in force. */
void strace_p_sigreturn(struct text *t, const struct strace_call *c, unsigned i)
{
    uint64_t va = sigframe_mask_va(uthread_self()->thread->tf), mask;
    (void)c;
    (void)i;
    text_str(t, "{mask=");
    if (strace_read(t, va, &mask, sizeof(mask)))
        text_sigset(t, mask);
    text_str(t, "}");
}
