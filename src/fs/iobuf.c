/* SPDX-License-Identifier: Apache-2.0 */
/* iobuf.c - copying to and from the caller of a file operation: see iobuf.h. */
#include "fs/iobuf.h"

#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"

void iobuf_kernel_vec(struct iobuf *iob, const struct iobuf_seg *segs, size_t nsegs)
{
    size_t total = 0;

    for (size_t i = 0; i < nsegs; i++)
        total += segs[i].len;
    *iob = (struct iobuf){.segs = segs, .nsegs = nsegs, .left = total, .user = false};
}

int iobuf_user_vec(struct iobuf *iob, const struct iobuf_seg *segs, size_t nsegs)
{
    size_t total = 0;

    for (size_t i = 0; i < nsegs; i++) {
        if (segs[i].len > (size_t)PTRDIFF_MAX - total)
            return -EINVAL;
        total += segs[i].len;
    }
    *iob = (struct iobuf){.segs = segs, .nsegs = nsegs, .left = total, .user = true};
    return 0;
}

/* --- moving bytes -------------------------------------------------------------------------- */

/* One contiguous copy of part bytes at address; the number moved or -EFAULT. NULL from: zeros. */
static ssize_t store(bool user, uintptr_t to, const void *from, size_t part)
{
    if (user)
        return from ? uaccess_write_some(to, from, part) : uaccess_zero_some(to, part);
    if (from)
        memcpy((void *)to, from, part);
    else
        memset((void *)to, 0, part);
    return (ssize_t)part;
}

static ssize_t load(bool user, void *to, uintptr_t from, size_t part)
{
    if (user)
        return uaccess_read_some(to, from, part);
    memcpy(to, (const void *)from, part);
    return (ssize_t)part;
}

/* The next piece that is contiguous for the caller: its address, and *part cut down to it. */
static uintptr_t piece(struct iobuf *iob, size_t *part)
{
    while (iob->skip == iob->segs->len) {
        iob->segs++;
        iob->nsegs--;
        iob->skip = 0;
    }
    *part = size_min(*part, iob->segs->len - iob->skip);
    return iob->segs->base + iob->skip;
}

static __attribute__((noinline)) ssize_t put_pieces(struct iobuf *iob, const uint8_t *from,
                                                    size_t len)
{
    size_t done = 0;

    len = size_min(len, iob->left);
    while (done < len) {
        size_t    part = len - done;
        uintptr_t to = piece(iob, &part);
        ssize_t   moved = store(iob->user, to, from ? from + done : NULL, part);
        if (moved < 0)
            return done ? (ssize_t)done : moved;
        iobuf_advance(iob, (size_t)moved);
        done += (size_t)moved;
        if ((size_t)moved < part)
            break;
    }
    return (ssize_t)done;
}

ssize_t iobuf_put(struct iobuf *iob, const void *from, size_t len)
{
    return iobuf_is_piece(iob, len) ? iobuf_put_piece(iob, from, len) : put_pieces(iob, from, len);
}

ssize_t iobuf_put_zeros(struct iobuf *iob, size_t len)
{
    return put_pieces(iob, NULL, len);
}

static __attribute__((noinline)) ssize_t take_pieces(struct iobuf *iob, void *to, size_t len)
{
    size_t done = 0;

    len = size_min(len, iob->left);
    while (done < len) {
        size_t    part = len - done;
        uintptr_t from = piece(iob, &part);
        ssize_t   moved = load(iob->user, (uint8_t *)to + done, from, part);
        if (moved < 0)
            return done ? (ssize_t)done : moved;
        iobuf_advance(iob, (size_t)moved);
        done += (size_t)moved;
        if ((size_t)moved < part)
            break;
    }
    return (ssize_t)done;
}

ssize_t iobuf_take(struct iobuf *iob, void *to, size_t len)
{
    return iobuf_is_piece(iob, len) ? iobuf_take_piece(iob, to, len) : take_pieces(iob, to, len);
}
