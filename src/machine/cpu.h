/* SPDX-License-Identifier: Apache-2.0 */
/* cpu.h - what the CPU room (riscv64/) offers the kernel. */
#ifndef MACHINE_CPU_H
#define MACHINE_CPU_H

#include <stdatomic.h>

#include "lib/types.h"
#include "machine/trapframe.h"

/* One per hart; tp points at it in the kernel. Fields are the hart's own but where it says otherwise. */
struct hart {
    struct trapframe
            *user_frame; /* where a trap from user mode is saved: the current thread's tf */
    uint64_t scratch;    /* trapentry.inc: the user's sp on the way in */
    uint64_t id;         /* mhartid */
    uint64_t satp;       /* start.S: what a hart that is started translates by first, */
    void    *stack_top;  /* and the stack that it runs on */
    unsigned index;      /* its place in cpu_harts[]: what programs take for its number */

    struct thread     *thread;     /* current thread; NULL before threads exist */
    struct vmspace    *active;     /* whose map translates user addresses; NULL: none yet */
    struct thread     *fp_owner;   /* whose floating point registers are loaded; NULL: nobody's */
    bool               fp_initial; /* and they are as a thread finds them that has not used any */
    struct hart_sched *sched;      /* the scheduler's; constant once threads exist */
    uint64_t           locks_held; /* spinlocks by order number: sleeping is a bug while not 0 */
    uint64_t           timer_at;   /* when its timer interrupts it; UINT64_MAX: never */
    uint64_t           irq_before; /* interrupts before the first lock: SSTATUS_SIE or 0 */
    volatile bool      resched;    /* leave the CPU at the next chance; others set it, too */

    /* What other harts ask of this one (kernel/hart.c): */
    atomic_uint started; /* it has arrived in the kernel */
    atomic_bool unused;  /* user translations: until it looks at what is asked */
    atomic_uint what, asked, served;
};

_Static_assert(offsetof(struct hart, user_frame) == 0, "trapentry.inc");
_Static_assert(offsetof(struct hart, scratch) == 8, "trapentry.inc");
_Static_assert(offsetof(struct hart, id) == 16, "start.S");
_Static_assert(offsetof(struct hart, satp) == 24, "start.S");
_Static_assert(offsetof(struct hart, stack_top) == 32, "start.S");

#define HARTS_MAX 32u /* a set of harts is a bit mask of their indices */

/* The harts that run the kernel, the one that booted first. More come in while kmain() runs on that one, and
 * none afterwards. */
extern struct hart *cpu_harts[HARTS_MAX];
extern unsigned     cpu_nharts;

/* What is used at every lock and every trap is inline: this hart, its interrupts, the time. */
#ifdef __riscv
register struct hart *hart_in_tp __asm__("tp");

static inline struct hart *hart_self(void)
{
    return hart_in_tp;
}

/* Interrupts off; returns SSTATUS_SIE if they were on, else 0. */
static inline uint64_t cpu_irq_off(void)
{
    uint64_t old;
    __asm__ volatile("csrrc %0, sstatus, %1" : "=r"(old) : "rK"(SSTATUS_SIE) : "memory");
    return old & SSTATUS_SIE;
}

/* As cpu_irq_off() said. */
static inline void cpu_irq_as(uint64_t before)
{
    __asm__ volatile("csrs sstatus, %0" : : "rK"(before) : "memory");
}

/* Interrupts off; returns whether they were on. */
static inline bool cpu_irq_save(void)
{
    return cpu_irq_off();
}

/* As cpu_irq_save() said. */
static inline void cpu_irq_restore(bool was_on)
{
    if (was_on)
        cpu_irq_as(SSTATUS_SIE);
}

/* Take the pointer at p away, with release: what was stored before is seen by who finds it gone, and acquires. Returns it.
 * Gcc 12 makes a fence and an amoswap of what is one instruction. Device registers are ordered where they are written
 * (mmio.c). */
static inline void *cpu_release(void *p)
{
    void *old;
    __asm__ volatile("amoswap.d.rl %0, zero, (%1)" : "=r"(old) : "r"(p) : "memory");
    return old;
}

/* Ticks of bootinfo.timebase_hz since reset. */
static inline uint64_t cpu_time(void)
{
    uint64_t now;
    __asm__ volatile("rdtime %0" : "=r"(now));
    return now;
}
#else /* host tests supply them */
struct hart *hart_self(void);
bool         cpu_irq_save(void);
void         cpu_irq_restore(bool was_on);
uint64_t     cpu_time(void);
#endif

/* mvendorid, marchid, mimpid: who made the CPU, which it is, and which version. 0: not told. */
struct cpu_identity {
    uint64_t vendor, arch, implementation;
};
void cpu_identify(struct cpu_identity *out);

/* --- interrupts of this hart --- */
bool cpu_irq_enabled(void);
void cpu_wait(void); /* stop until an interrupt is pending; also returns while interrupts are off */

/* --- other harts --- */

/* Have the firmware start hart h->id: it runs kmain_hart() on the stack that ends at h->stack_top, in the map
 * that this hart is in. 0, or the firmware's error, negative. */
long cpu_hart_start(struct hart *h);

/* Interrupt h, or this hart (IRQ_SOFT). What was stored before is seen by who takes the interrupt. */
void cpu_ipi(const struct hart *h);
void cpu_ipi_clear(void); /* this hart's is not pending any more */

void cpu_drop_translations(void); /* of user addresses, this hart's */

/* A short rest between two looks at what another hart is to change. */
static inline void cpu_pause(void)
{
#ifdef __riscv
    __asm__ volatile(".4byte 0x0100000f"
                     :
                     :
                     : "memory"); /* Zihintpause; elsewhere it does nothing */
#endif
}

/* --- threads --- */

/* Callee-saved registers of a thread that is not running, and gp: not used in the kernel, so that the
 * program's stays there during a system call. */
struct cpu_context {
    uint64_t ra, sp, s[12], gp;
};

/* ctx will run entry(arg) on the stack that ends at stack_top (16-aligned). */
void cpu_context_init(struct cpu_context *ctx, void *stack_top, void (*entry)(void *), void *arg);

/* Save the callee-saved registers to from, load to. Interrupts off. Returns when somebody switches back. */
void cpu_switch(struct cpu_context *from, const struct cpu_context *to);

/* Enter user mode with tf, the current thread's, from which on its kernel stack grows down. */
_Noreturn void cpu_user_enter(struct trapframe *tf);

/* Prepare tf for a first entry: registers zero, pc, sp, floating point initial. */
void cpu_trapframe_init(struct trapframe *tf, vaddr_t pc, vaddr_t sp);

/* --- floating point of user threads (the kernel uses none) --- */
struct cpu_fp {
    uint64_t f[32];
    uint64_t fcsr;
};

void cpu_fp_save(struct cpu_fp *fp);          /* registers to memory */
void cpu_fp_restore(const struct cpu_fp *fp); /* memory to registers */
void cpu_fp_clear(void);                      /* registers as at a thread's start */

/* --- time --- */

/* Interrupt this hart when cpu_time() >= deadline; UINT64_MAX: never. Interrupts off. */
void cpu_timer_arm(uint64_t deadline);

/* --- traps --- */
void cpu_trap_init(void);       /* stvec of this hart; only other harts can interrupt it */
void cpu_external_enable(void); /* accept external (device) interrupts */
void cpu_icache_sync(void);     /* stores to code are seen by this hart's fetch */

#define CAUSE_ILLEGAL    2u
#define CAUSE_BREAKPOINT 3u
#define CAUSE_ECALL_U    8u
#define CAUSE_FETCH_PAGE 12u
#define CAUSE_LOAD_PAGE  13u
#define CAUSE_STORE_PAGE 15u
#define CAUSE_CUSTOM     24u /* from here on causes are the memory model's */
#define IRQ_SOFT         1u  /* from another hart */
#define IRQ_TIMER        5u
#define IRQ_EXTERNAL     9u

/* --- the end --- */
_Noreturn void cpu_halt(
    void);                   /* firmware shutdown; the last resort when no poweroff device exists */
void cpu_early_putc(char c); /* through the firmware, before the UART driver runs */

/* --- call chains (the kernel has no frame pointers) --- */

/* A place in a call chain: the function that pc is in has sp there. */
struct cpu_frame {
    uintptr_t pc; /* exact: the instruction that would be next; else what a call returns to */
    uintptr_t sp;
    uintptr_t ra;    /* exact: the register; else nothing */
    bool      exact; /* the innermost function, or one that a trap interrupted */
};

struct cpu_stack {
    uintptr_t lo, hi;
};

/* The place in its caller from which this is called. */
struct cpu_frame cpu_frame_here(void);

/* From a frame to that of its caller, or, where the trap entry made it, to what was interrupted.
 * [start, end): the code of the function that holds pc, or pc - 1 if it is not exact: a call that does
 * not return may be its last. Empty: there is none, as after a call of what is no code. stack: what frames lie on; nothing else is read.
 * False: the chain ends here, or what the stack holds makes no sense; *frame is as it was. A chain is never longer than
 * its stack has room for. Also in a panic. */
bool cpu_unwind(struct cpu_frame *frame, uintptr_t start, uintptr_t end,
                const struct cpu_stack *stack);

#endif
