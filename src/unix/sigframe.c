/* SPDX-License-Identifier: Apache-2.0 */
/* sigframe.c - pushing and popping signal frames: see sigframe.h.
 *
 * The layout is Linux's (riscv64): struct siginfo, then struct ucontext, at a 16-byte aligned
 * stack pointer. Handlers may change the saved registers; what comes back is only what user mode
 * could set itself.
 */
#include "unix/sigframe.h"

#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "machine/cpu.h"
#include "unix/signal.h"
#include "unix/vdso.h"

struct rt_sigframe {
    struct abi_siginfo  info;
    struct abi_ucontext uc;
};
_Static_assert(sizeof(struct rt_sigframe) == SIGFRAME_SIZE, "riscv kernel/signal.c");

static bool enabled(const struct abi_stack_t *alt)
{
    return !(alt->ss_flags & SS_DISABLE);
}

/* One that disarms itself is free for the next handler even while somebody stands on it. */
bool sigframe_on_altstack(const struct uthread *ut, vaddr_t sp)
{
    const struct abi_stack_t *alt = &ut->altstack;
    return enabled(alt) && !((uint32_t)alt->ss_flags & SS_AUTODISARM) && sp > alt->ss_sp &&
           sp - alt->ss_sp <= alt->ss_size;
}

/* Where the frame goes; 0: it does not fit into the alternate stack. */
static vaddr_t frame_address(const struct uthread *ut, const struct trapframe *tf,
                             const struct abi_sigaction *action)
{
    vaddr_t sp = tf->sp;
    bool    inside = sigframe_on_altstack(ut, sp);
    if (action->flags & SA_ONSTACK && !inside && enabled(&ut->altstack))
        sp = ut->altstack.ss_sp + ut->altstack.ss_size;
    vaddr_t frame = ALIGN_DOWN(sp - sizeof(struct rt_sigframe), 16ul);
    return inside && !sigframe_on_altstack(ut, frame) ? 0 : frame;
}

typedef uint64_t __attribute__((may_alias)) word_t;

/* A few words, how many the compiler knows, one after the other: no loop pays. */
static inline __attribute__((always_inline)) void copy_words(void *dst, const void *src, size_t n)
{
    word_t       *d = dst;
    const word_t *s = src;
#pragma GCC unroll 32
    for (size_t i = 0; i < n; i++)
        d[i] = s[i];
}

static inline __attribute__((always_inline)) void clear_words(void *dst, size_t n)
{
    word_t *d = dst;
#pragma GCC unroll 32
    for (size_t i = 0; i < n; i++)
        d[i] = 0;
}

#define WORDS(object) (sizeof(object) / sizeof(word_t))

/* A fault's address lies where the sender's numbers lie otherwise. */
void siginfo_fill(struct abi_siginfo *out, int sig, const struct signal_info *info)
{
    clear_words(out, WORDS(*out));
    out->si_signo = sig;
    out->si_errno = info->error;
    out->si_code = info->code;
    if (info->code > 0 && info->code < SI_KERNEL) {
        out->fault.addr = info->value;
        return;
    }
    out->rt.pid = info->pid;
    out->rt.uid = info->uid;
    out->rt.value = info->value;
}

struct cpu_fp *fp_in_memory(struct uthread *ut, struct trapframe *tf)
{
    struct cpu_fp *fp = ut->thread->fp;
    if ((tf->sstatus & SSTATUS_FS) == SSTATUS_FS_DIRTY) {
        cpu_fp_save(fp);
        tf->sstatus = (tf->sstatus & ~SSTATUS_FS) | SSTATUS_FS_CLEAN;
    }
    return fp;
}

/* The registers go between the frame and the hart without a copy: a struct cpu_fp lies in the frame as well. */
_Static_assert(offsetof(struct cpu_fp, fcsr) ==
                   offsetof(struct abi_sigcontext, fp.d.fcsr) - offsetof(struct abi_sigcontext, fp),
               "fp.S");

static struct cpu_fp *fp_of(struct abi_sigcontext *sc)
{
    return (struct cpu_fp *)&sc->fp;
}

/* Behind the registers of D lie those of Q, and the header of what follows the frame: nothing. */
static void save_registers(const struct trapframe *tf, struct abi_sigcontext *sc)
{
    const size_t end = sizeof(sc->fp.room);
    sc->pc = tf->sepc;
    copy_words(sc->x, &tf->x[1], WORDS(sc->x));
    cpu_fp_save(fp_of(sc));
    clear_words(sc->fp.room + end - 16, 2);
}

/* Whether floating point is as at a thread's start. */
static bool fp_is_zero(const struct cpu_fp *fp)
{
    uint64_t any = fp->fcsr;
#pragma GCC unroll 32
    for (size_t i = 0; i < ARRAY_LEN(fp->f); i++)
        any |= fp->f[i];
    return !any;
}

/* What was loaded is not in memory. The upper half of what is taken for fcsr has no meaning to the hart. A thread that
 * has not used floating point, and whose handlers neither use nor change it, stays one. */
static void restore_registers(struct trapframe *tf, struct abi_sigcontext *sc)
{
    tf->sepc = sc->pc & ~1ul; /* instructions are 2-byte aligned; sepc's bit 0 is always 0 */
    copy_words(&tf->x[1], sc->x, WORDS(sc->x));
    if ((tf->sstatus & SSTATUS_FS) == SSTATUS_FS_INITIAL && fp_is_zero(fp_of(sc)))
        return;
    cpu_fp_restore(fp_of(sc));
    tf->sstatus = (tf->sstatus & ~SSTATUS_FS) | SSTATUS_FS_DIRTY;
}

/* All of it but what has no meaning. */
static void fill(struct rt_sigframe *frame, const struct uthread *ut, const struct trapframe *tf,
                 const struct delivery *d)
{
    siginfo_fill(&frame->info, d->sig, &d->info);
    frame->uc.uc_flags = frame->uc.uc_link = 0;
    frame->uc.uc_stack = ut->altstack;
    if (sigframe_on_altstack(ut, tf->sp))
        frame->uc.uc_stack.ss_flags |= SS_ONSTACK;
    frame->uc.uc_sigmask = d->mask;
    save_registers(tf, &frame->uc.uc_mcontext);
}

/* By way of the kernel's stack: to memory that is not there, or not in one piece. */
static __attribute__((noinline)) int push_copy(vaddr_t va, const struct uthread *ut,
                                               const struct trapframe *tf, const struct delivery *d)
{
    struct rt_sigframe frame;
    memset(&frame, 0, sizeof(frame)); /* nothing of the kernel's is told */
    fill(&frame, ut, tf, d);
    return uaccess_write(va, &frame, sizeof(frame));
}

static int push(vaddr_t va, const struct uthread *ut, const struct trapframe *tf,
                const struct delivery *d)
{
    struct rt_sigframe *frame = uaccess_begin(va, sizeof(*frame), PMAP_W);
    if (!frame)
        return push_copy(va, ut, tf, d);
    fill(frame, ut, tf, d);
    uaccess_end();
    return 0;
}

int sigframe_push(struct uthread *ut, struct trapframe *tf, const struct delivery *d)
{
    vaddr_t va = frame_address(ut, tf, &d->action);
    if (!va || push(va, ut, tf, d))
        return -EFAULT;
    if (ut->altstack.ss_flags & (int32_t)SS_AUTODISARM)
        ut->altstack = (struct abi_stack_t){.ss_flags = SS_DISABLE};

    tf->sepc = d->action.handler;
    tf->ra = VDSO_VA + VDSO_SIGRETURN;
    tf->sp = va;
    tf->a0 = (uint64_t)d->sig;
    tf->a1 = va + offsetof(struct rt_sigframe, info);
    tf->a2 = va + offsetof(struct rt_sigframe, uc);
    return 0;
}

/* What a frame holds besides registers. */
struct saved {
    struct abi_stack_t stack;
    uint64_t           mask;
};

/* Behind fcsr, as it is with the registers of Q, comes a reserved word, and then the header of what follows (struct
 * __riscv_extra_ext_header of asm/ptrace.h): zeros, of what save_registers() made. */
static bool is_whole(const struct abi_sigcontext *sc)
{
    const word_t *last = (const word_t *)(sc->fp.room + sizeof(sc->fp.room)) - 2;
    return !(last[0] >> 32 | last[1]);
}

static inline int take(struct trapframe *tf, struct rt_sigframe *frame, struct saved *saved)
{
    restore_registers(tf, &frame->uc.uc_mcontext);
    saved->stack = frame->uc.uc_stack;
    saved->mask = frame->uc.uc_sigmask;
    return is_whole(&frame->uc.uc_mcontext) ? 0 : -EINVAL;
}

static __attribute__((noinline)) int pop_copy(struct trapframe *tf, struct saved *saved)
{
    struct rt_sigframe frame;
    if (uaccess_read(&frame, tf->sp, sizeof(frame)))
        return -EFAULT;
    return take(tf, &frame, saved);
}

static int pop(struct trapframe *tf, struct saved *saved)
{
    struct rt_sigframe *frame = uaccess_begin(tf->sp, sizeof(*frame), PMAP_R);
    if (!frame)
        return pop_copy(tf, saved);
    int err = take(tf, frame, saved);
    uaccess_end();
    return err;
}

int sigframe_pop(struct uthread *ut, struct trapframe *tf, uint64_t *mask)
{
    struct saved saved;
    int          err = pop(tf, &saved);
    if (err == -EFAULT)
        return err;
    *mask = saved.mask;
    if (!err)
        (void)signal_set_altstack(ut, &saved.stack, tf->sp); /* refused: it stays as it is */
    return err;
}

vaddr_t sigframe_mask_va(const struct trapframe *tf)
{
    return tf->sp + offsetof(struct rt_sigframe, uc.uc_sigmask);
}
