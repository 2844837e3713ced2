/* SPDX-License-Identifier: Apache-2.0 */
/* log.c - see log.h. A line is formatted on the stack and written in one piece, so lines of
 * different harts and interrupts do not mix. */
#include "kernel/log.h"

#include <stdarg.h>

#include "kernel/spinlock.h"
#include "lib/fmt.h"
#include "machine/cpu.h"

#define LINE_MAX 256

static const char prefix[] = "[cella] ";

static struct spinlock log_lock = SPINLOCK_INIT(LOCK_LOG, "log");
/* log_lock protects: */
static void (*sink)(const char *bytes, size_t len);

enum log_level log_threshold = LOG_NOTICE;

void log_set_sink(void (*put)(const char *bytes, size_t len))
{
    sink = put;
}

static void put(const char *bytes, size_t len)
{
    if (sink) {
        sink(bytes, len);
        return;
    }
    for (size_t i = 0; i < len; i++)
        cpu_early_putc(bytes[i]);
}

void log_line(enum log_level level, const char *fmt, ...)
{
    if (level > log_threshold)
        return;

    char    line[LINE_MAX];
    size_t  len = sizeof(prefix) - 1;
    va_list ap;

    for (size_t i = 0; i < len; i++)
        line[i] = prefix[i];
    va_start(ap, fmt);
    int n = fmt_vsnprintf(line + len, sizeof(line) - len - 1, fmt, ap);
    va_end(ap);
    len = size_min(len + (size_t)n, sizeof(line) - 2); /* a longer line is cut */
    line[len++] = '\n';

    spinlock_acquire(&log_lock);
    put(line, len);
    spinlock_release(&log_lock);
}

void log_text(const char *line, size_t len)
{
    spinlock_acquire(&log_lock);
    put(prefix, sizeof(prefix) - 1);
    put(line, len);
    put("\n", 1);
    spinlock_release(&log_lock);
}
