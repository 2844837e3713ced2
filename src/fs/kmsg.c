/* SPDX-License-Identifier: Apache-2.0 */
/* kmsg.c - /dev/kmsg: the kernel's log, a record by each read, and further records by writing.
 *
 * A file's position is the number of the record that is read next, and one; 0: the oldest that is kept.
 * Source: Documentation/ABI/testing/dev-kmsg.
 */
#include "fs/dev.h"
#include "kernel/log.h"
#include "lib/errno.h"
#include "lib/fmt.h"

#define WRITE_MAX     1024u
#define FACILITY_USER 8u
#define SEVERITY      4u /* where none is said: a warning */

/* r as a reader gets it, with what is no plain text as \xHH. Returns its length. */
static size_t format(const struct log_record *r, char *out, size_t size)
{
    size_t len = fmt_snprintf(out, size, "%u,%lu,%lu,-;", r->priority, r->number,
                              r->when_ns / 1000);

    for (const char *c = r->text; *c; c++)
        len += fmt_snprintf(out + len, size - len,
                            *c < ' ' || *c > '~' || *c == '\\' ? "\\x%02x" : "%c", (uint8_t)*c);
    out[len++] = '\n';
    return len;
}

static ssize_t kmsg_read(struct file *f, struct iobuf *iob, uint64_t pos)
{
    struct log_record r;
    char              line[64 + 4 * LOG_TEXT_SIZE];

    pos = f->pos;
    uint64_t number = pos ? pos - 1 : 0;
    bool     wait = !(atomic_load(&f->flags) & O_NONBLOCK);
    if (!wait && !log_record(number, &r))
        return -EAGAIN;
    if (wait && log_record_wait(number, &r))
        return -EINTR;
    if (pos && r.number != number) { /* it is gone */
        f->pos = r.number + 1;
        return -EPIPE;
    }
    f->pos = r.number + 2;
    size_t len = format(&r, line, sizeof(line));
    return iob->left < len ? -EINVAL : iobuf_put(iob, line, len);
}

/* What "<N>" at the beginning of line says; *rest is behind it. */
static unsigned take_priority(const char *line, const char **rest)
{
    const char *p = line;
    unsigned    n = 0;

    *rest = line;
    if (*p++ != '<')
        return FACILITY_USER | SEVERITY;
    while (*p >= '0' && *p <= '9')
        n = n * 10 + (unsigned)(*p++ - '0');
    if (*p != '>')
        return FACILITY_USER | SEVERITY;
    *rest = p + 1;
    n &= 0x7ff;
    return n > 7 ? n : FACILITY_USER | n;
}

static ssize_t kmsg_write(struct file *f, struct iobuf *iob, uint64_t pos)
{
    char        line[LOG_TEXT_SIZE + 8];
    const char *text;
    size_t      len = iob->left;
    (void)f;
    (void)pos;

    if (len > WRITE_MAX)
        return -EINVAL;
    ssize_t taken = iobuf_take(iob, line, sizeof(line) - 1);
    if (taken < 0)
        return taken;
    iob->left = 0; /* a record holds no more */
    if (taken && line[taken - 1] == '\n')
        taken--;
    line[taken] = 0;
    unsigned priority = take_priority(line, &text);
    log_message(priority, text);
    return (ssize_t)len;
}

static int64_t kmsg_seek(struct file *f, int64_t offset, unsigned whence)
{
    if (offset)
        return -ESPIPE;
    switch (whence) {
    case SEEK_SET:
        f->pos = 0;
        return 0;
    case SEEK_DATA:
        f->pos = log_cleared + 1;
        return 0;
    case SEEK_END:
        f->pos = log_end() + 1;
        return 0;
    default:
        return -EINVAL;
    }
}

static unsigned kmsg_poll(struct file *f, struct pollq **q)
{
    struct log_record r;

    if (q)
        *q = &log_pollers;
    return log_record(f->pos ? f->pos - 1 : 0, &r) ? POLLIN | POLLRDNORM : 0;
}

const struct file_ops kmsg_file_ops = {
    .read = kmsg_read, .write = kmsg_write, .seek = kmsg_seek, .poll = kmsg_poll};
