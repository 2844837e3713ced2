/* SPDX-License-Identifier: Apache-2.0 */
/* panic.c - see panic.h. Uses nothing that could be what is broken: no locks, no allocation. */
#include "kernel/panic.h"

#include <stdarg.h>

#include "kernel/ksyms.h"
#include "kernel/log.h"
#include "kernel/machine.h"
#include "kernel/thread.h"
#include "kernel/trace.h"
#include "kernel/vmspace.h"
#include "lib/fmt.h"
#include "machine/cpu.h"
#include "machine/layout.h"
#include "machine/pmap.h"

extern char _text_start[], _text_end[];

#define BACKTRACE_MAX 24
#define TRACE_TAIL    16

const char *ksym_format(uintptr_t pc, char *buf, size_t size)
{
    if (pc < (uintptr_t)_text_start || pc >= (uintptr_t)_text_end || !ksyms_count) {
        fmt_snprintf(buf, size, "%#lx", pc);
        return buf;
    }
    uint32_t off = (uint32_t)(pc - (uintptr_t)_text_start), lo = 0, hi = ksyms_count;
    while (hi - lo > 1) { /* the last symbol at or below off */
        uint32_t mid = lo + (hi - lo) / 2;
        if (ksyms_offsets[mid] <= off)
            lo = mid;
        else
            hi = mid;
    }
    fmt_snprintf(buf, size, "%s+%#x", ksyms_names + ksyms_name_offs[lo], off - ksyms_offsets[lo]);
    return buf;
}

static void print_backtrace(uintptr_t fp)
{
    uintptr_t      pcs[BACKTRACE_MAX];
    char           name[80];
    struct thread *t = thread_self();
    uintptr_t      lo = t ? (uintptr_t)t->stack : fp, hi = t ? lo + KSTACK_SIZE : fp + KSTACK_SIZE;
    size_t         n = cpu_backtrace(fp, lo, hi, pcs, BACKTRACE_MAX);

    for (size_t i = 0; i < n; i++) /* -1: inside the call, also when it is the last instruction */
        log_error("    %s", ksym_format(pcs[i] - 1, name, sizeof(name)));
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
    if (panicking) /* a panic in a panic: say no more */
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
    print_backtrace((uintptr_t)__builtin_frame_address(0));
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
    print_backtrace(tf->s0);
    end();
}

void assert_failed(const char *expr, const char *file, int line)
{
    panic("assertion failed: %s (%s:%d)", expr, file, line);
}
