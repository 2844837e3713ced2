/* SPDX-License-Identifier: Apache-2.0 */
/* pipe_splice.c - moving bytes between a pipe and a file, another pipe, or memory: see pipe.h.
 *
 * Bytes are copied between a file and the pipe's slots, and slots change hands between pipes. A slot takes
 * what one page of a file or of the program's memory held, as in Linux, where programs can tell by what
 * fits; nothing is added to it later. A pipe's mutex is held while a file is read or written, so others
 * of the same pipe wait until that is done.
 */
#include "fs/pipe_impl.h"
#include "kernel/heap.h"
#include "lib/errno.h"
#include "lib/string.h"

#define PIECES 16u /* slots written to a file at once */

/* --- waiting ------------------------------------------------------------------------------ */

/* Have the mutex of p, and something in it: 1; 0: nothing comes any more. Else without the mutex:
 * -EAGAIN, -EINTR. */
static int lock_with_bytes(struct pipe *p, bool wait)
{
    for (;;) {
        bool last = !pipe_count(&p->writers); /* before looking: what they wrote is there */
        mutex_lock(&p->mutex);
        if (p->used)
            return 1;
        if (last)
            return 0;
        mutex_unlock(&p->mutex);
        int err = wait ? pipe_wait_while(p, &p->empty, &p->writers) : -EAGAIN;
        if (err)
            return err;
    }
}

/* Have the mutex of p, and a free slot: 0. Else without it: -EPIPE, -EAGAIN, -EINTR. */
static int lock_with_room(struct pipe *p, bool wait)
{
    for (;;) {
        if (!pipe_count(&p->readers))
            return -EPIPE;
        mutex_lock(&p->mutex);
        if (p->used < p->nslots)
            return 0;
        mutex_unlock(&p->mutex);
        int err = wait ? pipe_wait_while(p, &p->full, &p->readers) : -EAGAIN;
        if (err)
            return err;
    }
}

static void unlock(struct pipe *p)
{
    pipe_publish(p);
    mutex_unlock(&p->mutex);
}

/* --- slots: the mutex is held --------------------------------------------------------------- */

/* len bytes of the oldest slots are gone. */
static void consume(struct pipe *p, size_t len)
{
    while (len) {
        struct slot *s = slot_at(p, 0);
        uint32_t     part = (uint32_t)size_min(len, s->len);
        s->start += part;
        s->len -= part;
        len -= part;
        if (!s->len) {
            p->head = (p->head + 1) % p->nslots;
            p->used--;
        }
    }
}

/* The i-th free slot with a page; NULL: no memory. */
static struct slot *free_slot(struct pipe *p, uint32_t i)
{
    struct slot *s = slot_at(p, p->used + i);
    if (!s->page)
        s->page = kmalloc(SLOT_SIZE);
    return s->page ? s : NULL;
}

/* The first free slot has len bytes now. */
static void add_slot(struct pipe *p, size_t len, bool packet)
{
    struct slot *s = slot_at(p, p->used++);
    s->start = 0;
    s->len = (uint32_t)len;
    s->packet = packet;
    s->closed = true;
    p->added = true;
}

/* --- to and from files ------------------------------------------------------------------------ */

/* The first len bytes of p, as far as PIECES go. How many segments. */
static size_t gather(struct pipe *p, size_t len, struct iobuf_seg segs[PIECES])
{
    uint32_t n;
    for (n = 0; n < PIECES && n < p->used && len; n++) {
        struct slot *s = slot_at(p, n);
        segs[n] = (struct iobuf_seg){(uintptr_t)s->page + s->start, size_min(len, s->len)};
        len -= segs[n].len;
    }
    return n;
}

/* Up to len bytes of p into out, in one go. */
static ssize_t write_once(struct pipe *p, struct file *out, uint64_t *pos, size_t len)
{
    struct iobuf_seg segs[PIECES];
    struct iobuf     iob;
    iobuf_kernel_vec(&iob, segs, gather(p, len, segs));
    ssize_t n = pos ? file_pwrite(out, &iob, *pos) : file_write(out, &iob);
    if (n > 0) {
        consume(p, (size_t)n);
        if (pos)
            *pos += (uint64_t)n;
    }
    return n;
}

ssize_t pipe_splice_to_file(struct file *in, struct file *out, uint64_t *pos, size_t len, bool wait,
                            ssize_t *end)
{
    struct pipe *p = in->private;
    ssize_t      done = 0, n = 1;
    int          found = lock_with_bytes(p, wait);
    if (found < 0)
        return found;
    while (len && p->used && n > 0) {
        n = write_once(p, out, pos, len);
        if (n > 0) {
            done += n;
            len -= (size_t)n;
        }
    }
    unlock(p);
    *end = n;
    return done || !found ? done : n;
}

/* Pages of a regular file, a slot each. */
static ssize_t read_pages(struct pipe *p, struct file *in, uint64_t *pos, size_t len)
{
    ssize_t done = 0;
    while (len && p->used < p->nslots) {
        struct iobuf iob;
        struct slot *s = free_slot(p, 0);
        size_t       want = size_min(len, SLOT_SIZE - (*pos & PAGE_MASK));
        if (s)
            iobuf_kernel(&iob, s->page, want);
        ssize_t n = s ? file_pread(in, &iob, *pos) : -ENOMEM;
        if (n <= 0)
            return done ? done : n;
        add_slot(p, (size_t)n, false);
        *pos += (uint64_t)n;
        done += n;
        len -= (size_t)n;
        if ((size_t)n < want)
            break;
    }
    return done;
}

/* Bytes that one read gives, over as many slots as they need. */
static ssize_t read_once(struct pipe *p, struct file *in, uint64_t *pos, size_t len)
{
    struct iobuf_seg segs[PIECES];
    struct iobuf     iob;
    uint32_t         i;
    for (i = 0; i < PIECES && p->used + i < p->nslots && len; i++) {
        struct slot *s = free_slot(p, i);
        if (!s)
            return -ENOMEM;
        segs[i] = (struct iobuf_seg){(uintptr_t)s->page, size_min(len, SLOT_SIZE)};
        len -= segs[i].len;
    }
    iobuf_kernel_vec(&iob, segs, i);
    ssize_t n = in->seekable ? file_pread(in, &iob, *pos) : file_read(in, &iob);
    for (ssize_t done = 0; done < n; done += (ssize_t)SLOT_SIZE)
        add_slot(p, size_min((size_t)(n - done), SLOT_SIZE), false);
    if (n > 0)
        *pos += (uint64_t)n;
    return n;
}

ssize_t pipe_splice_from_file(struct file *out, struct file *in, uint64_t *pos, size_t len,
                              bool wait)
{
    struct pipe *p = out->private;
    int          err = lock_with_room(p, wait);
    if (err)
        return err;
    bool    regular = in->inode && inode_is_regular(in->inode);
    ssize_t n = regular ? read_pages(p, in, pos, len) : read_once(p, in, pos, len);
    unlock(p);
    return n;
}

/* --- between pipes --------------------------------------------------------------------------- */

/* Two mutexes: that of the lower address first. */
static void lock_both(struct pipe *a, struct pipe *b)
{
    mutex_lock(a < b ? &a->mutex : &b->mutex);
    mutex_lock(a < b ? &b->mutex : &a->mutex);
}

/* Wait until in has bytes, or none will come, and out has room. */
static int wait_for_both(struct pipe *in, struct pipe *out, bool wait)
{
    int found = lock_with_bytes(in, wait);
    if (found < 0)
        return found;
    mutex_unlock(&in->mutex);
    if (!found) /* nothing will be moved */
        return 0;
    int err = lock_with_room(out, wait);
    if (!err)
        mutex_unlock(&out->mutex);
    return err;
}

/* The whole first slot of in becomes one of out. */
static void hand_over(struct pipe *in, struct pipe *out)
{
    struct slot *from = slot_at(in, 0), *to = slot_at(out, out->used);
    struct slot  spare = *to;
    *to = *from;
    *from = spare;
    in->head = (in->head + 1) % in->nslots;
    in->used--;
    out->used++;
    out->added = true;
}

/* len bytes of slot s of another pipe into a slot of p's. */
static int copy_slot(struct pipe *p, const struct slot *s, size_t len)
{
    struct slot *to = free_slot(p, 0);
    if (!to)
        return -ENOMEM;
    memcpy(to->page, s->page + s->start, len);
    add_slot(p, len, s->packet);
    return 0;
}

static ssize_t move_slots(struct pipe *in, struct pipe *out, size_t len)
{
    ssize_t done = 0;
    while (len && in->used && out->used < out->nslots) {
        struct slot *s = slot_at(in, 0);
        size_t       part = size_min(len, s->len);
        if (part == s->len) {
            hand_over(in, out);
        } else {
            int err = copy_slot(out, s, part);
            if (err)
                return done ? done : err;
            consume(in, part);
        }
        done += (ssize_t)part;
        len -= part;
    }
    return done;
}

static ssize_t copy_slots(struct pipe *in, struct pipe *out, size_t len)
{
    ssize_t done = 0;
    for (uint32_t i = 0; len && i < in->used && out->used < out->nslots; i++) {
        struct slot *s = slot_at(in, i);
        size_t       part = size_min(len, s->len);
        int          err = copy_slot(out, s, part);
        if (err)
            return done ? done : err;
        done += (ssize_t)part;
        len -= part;
    }
    return done;
}

ssize_t pipe_splice_to_pipe(struct file *in, struct file *out, size_t len, bool keep, bool wait)
{
    struct pipe *from = in->private, *to = out->private;
    for (;;) {
        bool last = !pipe_count(&from->writers);
        int  err = wait_for_both(from, to, wait);
        if (err)
            return err;
        if (!pipe_count(&to->readers))
            return -EPIPE;
        lock_both(from, to);
        bool    nothing = !from->used;
        ssize_t n = keep ? copy_slots(from, to, len) : move_slots(from, to, len);
        pipe_publish(from);
        pipe_publish(to);
        mutex_unlock(&from->mutex);
        mutex_unlock(&to->mutex);
        if (n || (nothing && last))
            return n;
    }
}

/* --- to and from memory ------------------------------------------------------------------------ */

ssize_t pipe_splice_to_memory(struct file *in, struct iobuf *iob, bool wait)
{
    struct pipe *p = in->private;
    ssize_t      done = 0, n = 1;
    int          found = lock_with_bytes(p, wait);
    if (found < 0)
        return found;
    while (iob->left && p->used && n > 0) {
        struct slot *s = slot_at(p, 0);
        size_t       part = size_min(iob->left, s->len);
        n = iobuf_put(iob, s->page + s->start, part);
        if (n < (ssize_t)part) /* what cannot be stored as a whole stays */
            n = -EFAULT;
        if (n > 0) {
            consume(p, (size_t)n);
            done += n;
        }
    }
    unlock(p);
    return done || !found ? done : n;
}

/* Bytes from where iob is to the end of a page or of a segment. */
static size_t page_rest(struct iobuf *iob)
{
    while (iob->skip == iob->segs->len) {
        iob->segs++;
        iob->nsegs--;
        iob->skip = 0;
    }
    uintptr_t at = iob->segs->base + iob->skip;
    return size_min(iob->segs->len - iob->skip, PAGE_SIZE - (at & PAGE_MASK));
}

ssize_t pipe_splice_from_memory(struct file *out, struct iobuf *iob, bool wait)
{
    struct pipe *p = out->private;
    ssize_t      done = 0, n = 1;
    int          err = lock_with_room(p, wait);
    if (err)
        return err;
    while (iob->left && p->used < p->nslots && n > 0) {
        struct slot *s = free_slot(p, 0);
        n = s ? iobuf_take(iob, s->page, page_rest(iob)) : -ENOMEM;
        if (n > 0) {
            add_slot(p, (size_t)n, false);
            done += n;
        }
    }
    unlock(p);
    return done ? done : n;
}

bool pipe_same(const struct file *a, const struct file *b)
{
    return a->private == b->private;
}
