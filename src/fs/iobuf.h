/* SPDX-License-Identifier: Apache-2.0 */
/* iobuf.h - where the bytes of a file operation come from or go to: kernel memory, or ranges of the
 * calling thread's user memory. One file operation so serves read(2), readv(2), exec and the kernel.
 *
 * An iobuf is consumed from the front: each copy moves it on. Copying may sleep (a user page has to
 * come from a disk).
 */
#ifndef FS_IOBUF_H
#define FS_IOBUF_H

#include "kernel/uaccess.h"
#include "lib/types.h"

/* One range; the same layout as a program's struct iovec. */
struct iobuf_seg {
    uintptr_t base;
    size_t    len; /* bytes */
};

struct iobuf {
    const struct iobuf_seg *segs;  /* the current one; the caller's array, or one below */
    size_t                  nsegs; /* from it on */
    size_t                  skip;  /* bytes used of the current one */
    size_t                  left;  /* bytes, all in all */
    bool                    user;  /* addresses are the program's, checked at each copy */
    struct iobuf_seg        one;
};

static inline void iobuf_one(struct iobuf *iob, uintptr_t base, size_t len, bool user)
{
    iob->one = (struct iobuf_seg){base, len};
    iob->segs = &iob->one;
    iob->nsegs = 1;
    iob->skip = 0;
    iob->left = len;
    iob->user = user;
}

static inline void iobuf_kernel(struct iobuf *iob, void *buf, size_t len)
{
    iobuf_one(iob, (uintptr_t)buf, len, false);
}

static inline void iobuf_user(struct iobuf *iob, vaddr_t va, size_t len)
{
    iobuf_one(iob, va, len, true);
}

/* segs as below, of kernel addresses. */
void iobuf_kernel_vec(struct iobuf *iob, const struct iobuf_seg *segs, size_t nsegs);

/* segs: kernel memory with user addresses, valid while iob is used. -EINVAL: the sum of lengths
 * exceeds SSIZE_MAX. */
int iobuf_user_vec(struct iobuf *iob, const struct iobuf_seg *segs, size_t nsegs);

/* Bytes into iob: min(len, iob->left) of them. Returns how many, which is less where the memory behind
 * iob gives out, or -EFAULT if not even one could be stored. */
ssize_t iobuf_put(struct iobuf *iob, const void *from, size_t len);

/* The same with zeros. */
ssize_t iobuf_put_zeros(struct iobuf *iob, size_t len);

/* Bytes out of iob. */
ssize_t iobuf_take(struct iobuf *iob, void *to, size_t len);

/* --- the two without a call of their own: for files of which few bytes are moved at once --- */

static inline void iobuf_advance(struct iobuf *iob, size_t moved)
{
    iob->skip += moved;
    iob->left -= moved;
}

/* Whether the next len bytes are one piece of the program's memory, as they nearly always are. Not if len is 0. */
static inline bool iobuf_is_piece(const struct iobuf *iob, size_t len)
{
    return iob->user && len - 1 < iob->left && len <= iob->segs->len - iob->skip;
}

static inline ssize_t iobuf_put_piece(struct iobuf *iob, const void *from, size_t len)
{
    ssize_t moved = uaccess_write_some(iob->segs->base + iob->skip, from, len);
    if (moved > 0)
        iobuf_advance(iob, (size_t)moved);
    return moved;
}

static inline ssize_t iobuf_take_piece(struct iobuf *iob, void *to, size_t len)
{
    ssize_t moved = uaccess_read_some(to, iob->segs->base + iob->skip, len);
    if (moved > 0)
        iobuf_advance(iob, (size_t)moved);
    return moved;
}

static inline ssize_t iobuf_put_few(struct iobuf *iob, const void *from, size_t len)
{
    return iobuf_is_piece(iob, len) ? iobuf_put_piece(iob, from, len) : iobuf_put(iob, from, len);
}

static inline ssize_t iobuf_take_few(struct iobuf *iob, void *to, size_t len)
{
    return iobuf_is_piece(iob, len) ? iobuf_take_piece(iob, to, len) : iobuf_take(iob, to, len);
}

#endif
