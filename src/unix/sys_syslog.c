/* SPDX-License-Identifier: Apache-2.0 */
/* sys_syslog.c - syslog(2): the kernel's log as text, and how much of it is shown on the console. */
#include "kernel/log.h"
#include "kernel/uaccess.h"
#include "kernel/waitq.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "unix/cred.h"
#include "unix/signal.h"
#include "unix/syscall.h"

#define LINE_SIZE (LOG_TEXT_SIZE + 40)
#define LEVEL_MAX 8

static struct mutex lock = MUTEX_INIT(lock);
/* lock protects: */
static uint64_t next;      /* record that is to be read */
static size_t   next_part; /* bytes of it that were */
static int      shown;     /* log_threshold while the console is off, and one; 0: it is not */

static size_t format(const struct log_record *r, char line[LINE_SIZE])
{
    return fmt_snprintf(line, LINE_SIZE, "<%u>[%5lu.%06lu] %s\n", r->priority,
                        r->when_ns / 1000000000, r->when_ns / 1000 % 1000000, r->text);
}

/* The length as text of all records from number on. */
static size_t length_from(uint64_t number)
{
    struct log_record r;
    char              line[LINE_SIZE];
    size_t            len = 0;

    for (; log_record(number, &r); number = r.number + 1)
        len += format(&r, line);
    return len;
}

/* What fits of the records that were not read yet, of the first at least a part. lock is held. */
static int64_t read_next(vaddr_t buf, size_t size, struct log_record *r)
{
    char   line[LINE_SIZE];
    size_t done = 0;

    do {
        if (r->number != next)
            next_part = 0; /* the rest of the other one is gone */
        size_t len = format(r, line);
        size_t part = size_min(len - next_part, size - done);
        if (part < len - next_part && done)
            break;
        if (uaccess_write(buf + done, line + next_part, part))
            return done ? (int64_t)done : -EFAULT;
        done += part;
        next_part = (next_part + part) % len;
        next = r->number + !next_part;
    } while (done < size && log_record(next, r));
    return (int64_t)done;
}

static int64_t read_waiting(vaddr_t buf, size_t size)
{
    struct log_record r;

    for (;;) {
        mutex_lock(&lock);
        if (log_record(next, &r)) {
            int64_t n = read_next(buf, size, &r);
            mutex_unlock(&lock);
            return n;
        }
        uint64_t number = next;
        mutex_unlock(&lock);
        if (log_record_wait(number, &r))
            return -ERESTARTSYS;
    }
}

/* The latest records since the last clearing, as many as fit whole. */
static int64_t read_all(vaddr_t buf, size_t size, bool clear)
{
    struct log_record r;
    char              line[LINE_SIZE];
    uint64_t          number = log_cleared;
    size_t            done = 0, all = length_from(number);

    for (; log_record(number, &r); number = r.number + 1) {
        size_t len = format(&r, line);
        if (all > size) {
            all -= size_min(all, len);
            continue;
        }
        if (done + len > size) /* they have become more */
            break;
        if (uaccess_write(buf + done, line, len))
            return -EFAULT;
        done += len;
    }
    if (clear)
        log_cleared = number;
    return (int64_t)done;
}

static int64_t unread(void)
{
    mutex_lock(&lock);
    size_t n = length_from(next) - next_part;
    mutex_unlock(&lock);
    return (int64_t)n;
}

/* level: messages more important than it are shown, LOG_ERROR in any case; 0: as they were before those that -1
 * turned off. */
static void show_from(int level)
{
    enum log_level wanted = level > 4 ? (enum log_level)(level - 4) : LOG_ERROR;

    mutex_lock(&lock);
    if (level < 0 && !shown)
        shown = (int)log_threshold + 1;
    if (level == 0)
        wanted = shown ? (enum log_level)(shown - 1) : log_threshold;
    if (level >= 0)
        shown = 0;
    log_threshold = wanted;
    mutex_unlock(&lock);
}

int64_t sys_syslog(const uint64_t *a)
{
    enum {
        CLOSE,
        OPEN,
        READ,
        READ_ALL,
        READ_CLEAR,
        CLEAR,
        OFF,
        ON,
        LEVEL,
        SIZE_UNREAD,
        SIZE_BUFFER
    };
    unsigned type = (unsigned)a[0];
    int      len = (int)a[2];
    bool     reads = type >= READ && type <= READ_CLEAR;

    if (!cred_privileged())
        return -EPERM;
    if (reads && (!a[1] || len < 0))
        return -EINVAL;
    if (reads && !len)
        return 0;
    if (reads && !uaccess_range_ok(a[1], (size_t)len))
        return -EFAULT;
    switch (type) {
    case CLOSE:
    case OPEN:
        return 0;
    case READ:
        return read_waiting(a[1], (size_t)len);
    case READ_ALL:
    case READ_CLEAR:
        return read_all(a[1], (size_t)len, type == READ_CLEAR);
    case CLEAR:
        log_cleared = log_end();
        return 0;
    case OFF:
    case ON:
        show_from(type == OFF ? -1 : 0);
        return 0;
    case LEVEL:
        if (len < 1 || len > LEVEL_MAX)
            return -EINVAL;
        show_from(len);
        return 0;
    case SIZE_UNREAD:
        return unread();
    case SIZE_BUFFER:
        return LOG_RECORDS * LOG_TEXT_SIZE;
    default:
        return -EINVAL;
    }
}
