/* SPDX-License-Identifier: Apache-2.0 */
/* pipe_impl.h - what the files of pipes share: pipe.c has reading, writing and sizes, pipe_fifo.c
 * pipes with a name, pipe_splice.c moving bytes between a pipe and something else.
 *
 * The mutex orders those who move bytes, since copying to and from a program may sleep; what sleepers and
 * pollers look at is published once the bytes are in place. Who finds that it does not allow what he wants becomes a
 * sleeper, and looks again; who has published it looks for sleepers. Of the two at least one sees the
 * other: between what each writes and what he looks at stands a full fence. The spinlock is for sleepers, and
 * for who opens and closes. It may be read without it how many have an end open: a release and an acquire see to
 * it that who finds no writer any more finds all that they wrote.
 */
#ifndef FS_PIPE_IMPL_H
#define FS_PIPE_IMPL_H

#include "fs/pipe.h"
#include "kernel/pollq.h"

#define SLOT_SIZE ((size_t)PAGE_SIZE)

/* Bytes [start, start + len) of a page wait to be read. */
struct slot {
    uint8_t *page; /* kept for reuse when empty; NULL: none yet */
    uint32_t start, len;
    bool     packet; /* nothing is added to it, and one read takes it */
    bool     closed; /* nothing is added to it */
};

struct pipe {
    struct mutex mutex;
    /* mutex protects: */
    struct slot *slots;
    uint32_t     nslots; /* a power of two */
    uint32_t     head;   /* the oldest used slot; counts modulo nslots */
    uint32_t     used;
    bool         added; /* bytes came, since pipe_publish() told so last */

    atomic_bool empty, full; /* written with the mutex held, read without */
    atomic_uint sleepers;

    struct spinlock lock; /* LOCK_DEVICE */
    /* lock protects: */
    atomic_uint  readers, writers;         /* open files */
    unsigned     had_readers, had_writers; /* opened ever; of pipes with a name */
    struct waitq waiters;
    bool         shared; /* some file is both ends: it hears of everything through readable */

    struct pollq readable, writable; /* pollers of either end */
    atomic_uint
             refs; /* open files not yet released; of a pipe with a name under pipe_fifo.c's lock */
    uint64_t ino;
};

extern const struct file_ops pipe_ops;

/* A pipe that nobody has open. NULL: no memory. */
struct pipe *pipe_new(void);
void         pipe_free(struct pipe *p);

/* A file that is open for reading, writing or both is there no more. */
void pipe_leave(struct pipe *p, const struct file *f);

/* The i-th used slot, or the first free one: i == used. The mutex is held. */
static inline struct slot *slot_at(struct pipe *p, uint32_t i)
{
    return &p->slots[(p->head + i) & (p->nslots - 1)];
}

/* Tell what is so now to those who wait for it. The mutex is held. */
void pipe_publish(struct pipe *p);

/* Sleep while *flag and the other side is there. No lock is held. 0, or -EINTR. */
int pipe_wait_while(struct pipe *p, const atomic_bool *flag, const atomic_uint *others);

/* How many have that end open now, readers or writers. */
static inline unsigned pipe_count(const atomic_uint *count)
{
    return atomic_load_explicit(count, memory_order_acquire);
}

#endif
