/* SPDX-License-Identifier: Apache-2.0 */
/* panic.c - see panic.h. Uses nothing that could be what is broken: no locks, no allocation. */
#include "kernel/panic.h"

#include <stdarg.h>

#include "kernel/hart.h"
#include "kernel/ksyms.h"
#include "kernel/log.h"
#include "kernel/machine.h"
#include "kernel/thread.h"
#include "kernel/trace.h"
#include "kernel/vmspace.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "machine/cpu.h"
#include "machine/layout.h"
#include "machine/pmap.h"

extern char _text_start[], _text_end[], _boot_stack_bottom[]; /* kernel.ld */

#define BACKTRACE_MAX 24
#define TRACE_TAIL    16

/* A function of the kernel: [start, end). */
struct ksym {
    uintptr_t start, end;
    char      name[KSYM_NAME_MAX];
};

/* What stands at next, put behind what it shares with the name before it. The place of the one after it. */
static const char *ksym_next_name(char name[KSYM_NAME_MAX], const char *next)
{
    size_t shared = (uint8_t)*next++;
    size_t size = strlen(next) + 1;

    memcpy(name + shared, next, size);
    return next + size;
}

/* The function that holds pc; false, and an empty one: none does. */
static bool ksym_find(uintptr_t pc, struct ksym *sym)
{
    const char *name = ksyms_names;
    uintptr_t   next = (uintptr_t)_text_start + ksyms_first;

    *sym = (struct ksym){0};
    if (pc < next || pc >= (uintptr_t)_text_end || !ksyms_count)
        return false;
    for (uint32_t i = 0; i < ksyms_count && next <= pc; i++) {
        name = ksym_next_name(sym->name, name);
        sym->start = next;
        next = i + 1 < ksyms_count ? next + 2ul * ksyms_sizes[i] : (uintptr_t)_text_end;
    }
    sym->end = next;
    return true;
}

const char *ksym_format(uintptr_t pc, char *buf, size_t size)
{
    struct ksym sym;

    if (ksym_find(pc, &sym))
        fmt_snprintf(buf, size, "%s+%#lx", sym.name, pc - sym.start);
    else
        fmt_snprintf(buf, size, "%#lx", pc);
    return buf;
}

/* In the function: inside the call, also when that is its last instruction. */
static uintptr_t pc_within(const struct cpu_frame *frame)
{
    return frame->exact ? frame->pc : frame->pc - 1;
}

static bool to_caller(struct cpu_frame *frame, const struct cpu_stack *stack)
{
    struct ksym sym;

    ksym_find(pc_within(frame), &sym);
    return cpu_unwind(frame, sym.start, sym.end, stack);
}

/* The callers of frame, newest first. */
static void print_backtrace(struct cpu_frame frame)
{
    char             name[80];
    struct thread   *t = thread_self();
    uintptr_t        lo = (uintptr_t)(t ? t->stack : _boot_stack_bottom);
    struct cpu_stack stack = {lo, lo + KSTACK_SIZE};

    for (int i = 0; i < BACKTRACE_MAX && to_caller(&frame, &stack); i++)
        log_error("    %s", ksym_format(pc_within(&frame), name, sizeof(name)));
}

static void print_registers(const struct trapframe *tf)
{
    static const char names[32][5] = {"zero", "ra", "sp",  "gp",  "tp", "t0", "t1", "t2",
                                      "s0",   "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
                                      "a6",   "a7", "s2",  "s3",  "s4", "s5", "s6", "s7",
                                      "s8",   "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
    for (int i = 0; i < 32; i += 4)
        log_error("  %4s %016lx %4s %016lx %4s %016lx %4s %016lx", names[i], tf->x[i], names[i + 1],
                  tf->x[i + 1], names[i + 2], tf->x[i + 2], names[i + 3], tf->x[i + 3]);
    log_error("  sepc %016lx sstatus %016lx scause %016lx stval %016lx", tf->sepc, tf->sstatus,
              tf->scause, tf->stval);
}

static void begin(const char *fmt, va_list ap)
{
    static bool panicking;
    char        text[160];

    cpu_irq_save();
    hart_halt_others(); /* who panics at the same time stops here */
    if (panicking)      /* a panic in a panic: say no more */
        machine_exit(PANIC_STATUS);
    panicking = true;
    hart_self()->locks_held = 0; /* whatever is held stays held: nobody runs after this */
    fmt_vsnprintf(text, sizeof(text), fmt, ap);
    struct thread *t = thread_self();
    log_error("panic: %s", text);
    log_error("  hart %lu, thread %s", (unsigned long)hart_self()->id, t ? t->name : "(none)");
}

static _Noreturn void end(void)
{
    trace_tail(TRACE_TAIL);
    machine_exit(PANIC_STATUS);
}

void panic(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    begin(fmt, ap);
    va_end(ap);
    print_backtrace(cpu_frame_here());
    end();
}

void panic_trap(const struct trapframe *tf, const char *fmt, ...)
{
    char    text[160];
    va_list ap;
    va_start(ap, fmt);
    begin(fmt, ap);
    va_end(ap);

    print_registers(tf);
    log_error("  at %s", ksym_format(tf->sepc, text, sizeof(text)));
    struct vmspace *vs = hart_self()->active; /* its map holds the kernel's mappings, too */
    pmap_describe(vs ? vs->pmap : NULL, tf->stval, text, sizeof(text));
    log_error("  address %#lx: %s", tf->stval, text);
    print_backtrace((struct cpu_frame){.pc = tf->sepc, .sp = tf->sp, .ra = tf->ra, .exact = true});
    end();
}

void assert_failed(const char *expr, const char *file, int line)
{
    panic("assertion failed: %s (%s:%d)", expr, file, line);
}
