/* SPDX-License-Identifier: Apache-2.0 */
/* trace.c - see trace.h. One ring; records are formatted when they are made. */
#include "kernel/trace.h"

#include <stdarg.h>
#include <stdatomic.h>

#include "kernel/log.h"
#include "kernel/time.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define RING     64
#define TEXT_MAX 96

static struct record {
    uint64_t when_ns;
    uint8_t  cls;
    char     text[TEXT_MAX];
} ring[RING];
static atomic_uint next; /* records ever made; two that wrap onto the same one at a time may mix */

uint32_t trace_enabled;

static const char *const class_names[TRACE_CLASSES] = {
    [TRACE_CLASS_vm] = "vm",     [TRACE_CLASS_fault] = "fault",     [TRACE_CLASS_sched] = "sched",
    [TRACE_CLASS_irq] = "irq",   [TRACE_CLASS_blk] = "blk",         [TRACE_CLASS_fs] = "fs",
    [TRACE_CLASS_exec] = "exec", [TRACE_CLASS_syscall] = "syscall",
};

static void print_record(const struct record *r)
{
    log_error("trace %lu.%06lu %s: %s", r->when_ns / 1000000000, r->when_ns / 1000 % 1000000,
              class_names[r->cls], r->text);
}

void trace_record(enum trace_class cls, const char *fmt, ...)
{
    struct record *r = &ring[atomic_fetch_add_explicit(&next, 1, memory_order_relaxed) % RING];
    va_list        ap;

    r->when_ns = time_ns();
    r->cls = (uint8_t)cls;
    va_start(ap, fmt);
    fmt_vsnprintf(r->text, sizeof(r->text), fmt, ap);
    va_end(ap);
    print_record(r);
}

static void enable(const char *name, size_t len)
{
    for (unsigned cls = 0; cls < TRACE_CLASSES; cls++) {
        if (strlen(class_names[cls]) == len && !memcmp(class_names[cls], name, len)) {
            trace_enabled |= 1u << cls;
            return;
        }
    }
    log_error("trace: no class \"%.*s\"; there are vm fault sched irq blk fs exec syscall",
              (int)len, name);
}

void trace_configure(const char *list)
{
    while (*list) {
        const char *end = strchr(list, ',');
        size_t      len = end ? (size_t)(end - list) : strlen(list);
        enable(list, len);
        list += len + (end != NULL);
    }
}

void trace_tail(size_t n)
{
    unsigned first = next > size_min(n, RING) ? next - (unsigned)size_min(n, RING) : 0;
    for (unsigned i = first; i < next; i++)
        print_record(&ring[i % RING]);
}
