/* SPDX-License-Identifier: Apache-2.0 */
/* log.c - see log.h. A line is formatted on the stack and written under the lock, so lines of
 * different harts and interrupts do not mix. */
#include "kernel/log.h"

#include <stdarg.h>

#include "kernel/spinlock.h"
#include "kernel/time.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "machine/cpu.h"

#define SEVERITY_ERROR 3u /* LOG_ERROR as Linux counts */

static struct spinlock log_lock = SPINLOCK_INIT(LOCK_LOG, "log");
/* log_lock protects: */
static void (*sink)(const char *bytes, size_t len);
static struct log_record records[LOG_RECORDS]; /* by number, the latest ones */
static uint64_t          nrecords;             /* that there ever were */

enum log_level    log_threshold = LOG_NOTICE;
_Atomic(uint64_t) log_cleared;

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

static void put_line(const char *text, size_t len)
{
    static const char prefix[] = "[cella] ";

    put(prefix, sizeof(prefix) - 1);
    put(text, len);
    put("\n", 1);
}

static void keep(unsigned priority, const char *text)
{
    struct log_record *r = &records[nrecords % LOG_RECORDS];

    r->number = nrecords++;
    r->when_ns = time_ns();
    r->priority = priority;
    strlcpy(r->text, text, sizeof(r->text));
}

void log_line(enum log_level level, const char *fmt, ...)
{
    char    text[LOG_TEXT_SIZE];
    va_list ap;

    va_start(ap, fmt);
    fmt_vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    log_message(level + SEVERITY_ERROR, text);
}

void log_message(unsigned priority, const char *text)
{
    unsigned severity = priority & 7;

    spinlock_acquire(&log_lock);
    keep(priority, text);
    if (severity <= log_threshold + SEVERITY_ERROR)
        put_line(text, strlen(text));
    spinlock_release(&log_lock);
    log_readers_told_later();
}

void log_text(const char *line, size_t len)
{
    spinlock_acquire(&log_lock);
    put_line(line, len);
    spinlock_release(&log_lock);
}

uint64_t log_end(void)
{
    spinlock_acquire(&log_lock);
    uint64_t end = nrecords;
    spinlock_release(&log_lock);
    return end;
}

bool log_record(uint64_t number, struct log_record *out)
{
    spinlock_acquire(&log_lock);
    if (nrecords > LOG_RECORDS && number < nrecords - LOG_RECORDS)
        number = nrecords - LOG_RECORDS;
    bool found = number < nrecords;
    if (found)
        *out = records[number % LOG_RECORDS];
    spinlock_release(&log_lock);
    return found;
}
