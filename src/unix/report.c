/* SPDX-License-Identifier: Apache-2.0 */
/* report.c - fault reports: see report.h. Lines are built whole, so that each is one call of the
 * log. What ended the program and where are always shown; the registers with the boot argument verbose, the
 * areas and everything that is mapped with debug. */
#include "unix/report.h"

#include "kernel/frame.h"
#include "kernel/log.h"
#include "kernel/vmspace.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "unix/abi.h"
#include "unix/strace_names.h"

const char *report_signal_name(int sig)
{
    const char *name = names_find(&names_signals, (uint64_t)sig);
    return name ? name : "real-time signal";
}

static const char *exception_name(uint64_t cause)
{
    switch (cause) {
    case CAUSE_ILLEGAL:
        return "illegal instruction";
    case CAUSE_BREAKPOINT:
        return "breakpoint";
    case 0:
        return "misaligned jump";
    case 4:
    case 6:
        return "misaligned access";
    default:
        return "exception";
    }
}

static const char *access_name(unsigned access)
{
    return access & PMAP_X ? "executing" : access & PMAP_W ? "writing" : "reading";
}

const char *report_reason(const struct fault *f, int area_err)
{
    if (f->kind == FAULT_NONE)
        return "";
    if (f->kind == FAULT_DOMAIN)
        return "the compartment may not do this";
    if (f->kind == FAULT_ACCESS)
        return "the machine refused the access";
    switch (area_err) {
    case -EFAULT:
        return "nothing is mapped there";
    case -EACCES:
        return "the memory there does not allow it";
    case -EIO:
        return "it lies past the end of its file, or the disk failed";
    default:
        return "the fault could not be resolved";
    }
}

static void report_registers(const struct trapframe *tf)
{
    static const char names[32][4] = {
        "",   "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
        "a1", "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
        "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
    };
    for (unsigned i = 1; i < 32; i += 4) {
        char   line[128];
        size_t used = 0;
        for (unsigned n = i; n < i + 4 && n < 32; n++)
            used += fmt_snprintf(line + used, sizeof(line) - used, "  %-3s %016lx", names[n],
                                 (unsigned long)tf->x[n]);
        log_info("%s", line);
    }
}

static void report_line(void *arg, const char *line)
{
    (void)arg;
    log_debug("  %s", line);
}

/* Lines are made for the log alone: none are if it would not show them. */
static void report_memory(struct thread *t)
{
    if (log_threshold < LOG_DEBUG)
        return;
    vmspace_dump(t->vmspace, report_line, NULL);
    vmspace_dump_map(t->vmspace, report_line, NULL);
}

/* An exception that is no memory fault, in words: "illegal instruction 0xffffffff". */
static void describe_exception(const struct trapframe *tf, char *buf, size_t size)
{
    if (tf->scause == CAUSE_BREAKPOINT)
        strlcpy(buf, exception_name(tf->scause), size);
    else if (tf->scause >= CAUSE_CUSTOM)
        fmt_snprintf(buf, size, "instruction refused with cause %lu, value 0x%lx",
                     (unsigned long)tf->scause, (unsigned long)tf->stval);
    else
        fmt_snprintf(buf, size, "%s 0x%lx", exception_name(tf->scause), (unsigned long)tf->stval);
}

static void describe_fault(struct thread *t, const struct fault *f, const char *reason, char *buf,
                           size_t size)
{
    char where[200];
    vmspace_describe_addr(t->vmspace, f->va, where, sizeof(where));
    fmt_snprintf(buf, size, "%s 0x%lx: %s; %s", access_name(f->access), (unsigned long)f->va,
                 reason, where);
}

void report_fault(struct thread *t, const struct trapframe *tf, const struct fault *f, int sig,
                  const char *reason)
{
    char what[320], where[200];

    if (f->kind == FAULT_NONE)
        describe_exception(tf, what, sizeof(what));
    else
        describe_fault(t, f, reason, what, sizeof(what));
    vmspace_locate_addr(t->vmspace, tf->sepc, where, sizeof(where));
    log_error("%s ended by signal %d (%s): %s", t->name, sig, report_signal_name(sig), what);
    log_error("  pc 0x%lx, %s", (unsigned long)tf->sepc, where);
    report_registers(tf);
    report_memory(t);
}

void report_out_of_memory(struct thread *t, const struct fault *f, int sig)
{
    char                 where[200];
    struct vmspace_stats stats;

    vmspace_stats(t->vmspace, &stats);
    vmspace_describe_addr(t->vmspace, f->va, where, sizeof(where));
    log_error(
        "%s ended by signal %d (%s): out of memory: it has %zu MiB, and none is left for 0x%lx, "
        "%s",
        t->name, sig, report_signal_name(sig), stats.resident >> 20, (unsigned long)f->va, where);

    struct frame_stats frames;
    struct pmap_stats  map;
    frame_stats(&frames);
    vmspace_map_stats(t->vmspace, &map);
    log_error(
        "  of %zu KiB of memory %zu are free, the largest piece has %zu; the map has %zu ranges "
        "in %zu KiB of tables",
        frames.total << 2, frames.free << 2, frame_largest_run() << 2, map.ranges,
        map.table_bytes >> 10);
}
