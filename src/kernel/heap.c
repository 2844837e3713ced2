/* SPDX-License-Identifier: Apache-2.0 */
/* heap.c - kernel objects: slabs of one frame for sizes up to 2 KiB, frame runs above.
 *
 * A slab starts with a header and holds objects of one size class; the free ones form a list through
 * themselves. Slabs with free objects are on their class's list; a slab that becomes empty gives its
 * frame back, unless it is its class's last. The frame's tag says what kfree() looks at: a class, or
 * the length of a run, whose first byte is page-aligned, which no slab object is.
 */
#include "kernel/heap.h"

#include <stdatomic.h>
#include <sys/queue.h>

#include "kernel/frame.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include "lib/string.h"

#define TAG_SLAB 0x80000000u

struct slab {
    LIST_ENTRY(slab) link; /* while it has a free object */
    void    *free;         /* first free object; its first word points to the next */
    uint16_t nused;
    uint16_t class;
};

#define SLAB_HEADER 32
_Static_assert(sizeof(struct slab) <= SLAB_HEADER, "objects start 16-aligned behind the header");

/* Sizes are multiples of 16; the large ones are what divides a frame less its header. */
static const uint16_t class_size[] = {32,  48,  64,  96,   128,  192, 256,
                                      384, 512, 672, 1008, 1344, 2032};

#define CLASSES  ARRAY_LEN(class_size)
#define SLAB_MAX 2032
#define UNIT     16

/* The class for a size, by units rounded up. */
#define FITS(above, upto) [(above) / UNIT + 1 ...(upto) / UNIT]
static const uint8_t class_for[SLAB_MAX / UNIT + 1] = {
    FITS(0, 32) = 0,       FITS(32, 48) = 1,   FITS(48, 64) = 2,     FITS(64, 96) = 3,
    FITS(96, 128) = 4,     FITS(128, 192) = 5, FITS(192, 256) = 6,   FITS(256, 384) = 7,
    FITS(384, 512) = 8,    FITS(512, 672) = 9, FITS(672, 1008) = 10, FITS(1008, 1344) = 11,
    FITS(1344, 2032) = 12,
};

static struct spinlock lock = SPINLOCK_INIT(LOCK_HEAP, "heap");
/* lock protects: */
static LIST_HEAD(, slab) partial[CLASSES];
static size_t nslabs[CLASSES]; /* those without a free object, too */

static atomic_size_t large_frames; /* of all runs */

static size_t per_slab(unsigned c)
{
    return (PAGE_SIZE - SLAB_HEADER) / class_size[c];
}

/* A new slab of class c, all objects free. NULL: no memory. */
static struct slab *slab_new(unsigned c)
{
    paddr_t pa;
    if (frame_alloc(1, &pa))
        return NULL;

    struct slab *s = phys_ptr(pa);
    *s = (struct slab){.class = (uint16_t)c};
    frame_set_tag(pa, TAG_SLAB);
    char *obj = (char *)s + SLAB_HEADER, *last = (char *)s + PAGE_SIZE - class_size[c];
    for (; obj <= last; obj += class_size[c]) {
        *(void **)obj = s->free;
        s->free = obj;
    }
    return s;
}

static void *slab_alloc(unsigned c)
{
    spinlock_acquire(&lock);
    struct slab *s = LIST_FIRST(&partial[c]);
    if (!s) {
        spinlock_release(&lock); /* frame_alloc may have to reclaim */
        s = slab_new(c);
        if (!s)
            return NULL;
        spinlock_acquire(&lock);
        LIST_INSERT_HEAD(&partial[c], s, link);
        nslabs[c]++;
    }
    void *obj = s->free;
    s->free = *(void **)obj;
    s->nused++;
    if (!s->free)
        LIST_REMOVE(s, link);
    spinlock_release(&lock);
    return obj;
}

static void slab_release(struct slab *s, void *obj)
{
    spinlock_acquire(&lock);
    ASSERT(s->nused > 0);
    if (!s->free)
        LIST_INSERT_HEAD(&partial[s->class], s, link);
    *(void **)obj = s->free;
    s->free = obj;
    bool give_back = --s->nused == 0 && (LIST_FIRST(&partial[s->class]) != s || LIST_NEXT(s, link));
    if (give_back) {
        LIST_REMOVE(s, link);
        nslabs[s->class]--;
    }
    spinlock_release(&lock);
    if (give_back)
        frame_put(phys_of(s));
}

static void *run_alloc(size_t size)
{
    paddr_t pa;
    size_t  npages = pages_for(size);
    if (size > PTRDIFF_MAX || frame_alloc(npages, &pa))
        return NULL;
    frame_set_tag(pa, (uint32_t)npages);
    atomic_fetch_add_explicit(&large_frames, npages, memory_order_relaxed);
    return phys_ptr(pa);
}

void *kmalloc(size_t size)
{
    return size <= SLAB_MAX ? slab_alloc(class_for[(size + UNIT - 1) / UNIT]) : run_alloc(size);
}

void *kzalloc(size_t size)
{
    void *obj = kmalloc(size);
    if (obj)
        memset(obj, 0, size);
    return obj;
}

void kfree(void *ptr)
{
    if (!ptr)
        return;
    struct slab *s = (struct slab *)ALIGN_DOWN((uintptr_t)ptr, PAGE_SIZE);
    uint32_t     tag = frame_tag(phys_of(s));

    if (ptr == s) {
        ASSERT(tag && !(tag & TAG_SLAB));
        atomic_fetch_sub_explicit(&large_frames, tag, memory_order_relaxed);
        frame_put_run(phys_of(ptr), tag);
    } else {
        ASSERT(tag == TAG_SLAB);
        slab_release(s, ptr);
    }
}

char *kstrdup(const char *s)
{
    size_t size = strlen(s) + 1;
    char  *copy = kmalloc(size);
    return copy ? memcpy(copy, s, size) : NULL;
}

/* --- statistics ------------------------------------------------------------------------------ */

/* What is free lies in slabs that are on their class's list. */
bool heap_class(unsigned n, struct heap_class *out)
{
    struct slab *s;
    if (n >= CLASSES)
        return false;

    *out = (struct heap_class){.size = class_size[n], .per_slab = per_slab(n)};
    spinlock_acquire(&lock);
    out->slabs = nslabs[n];
    out->used = nslabs[n] * out->per_slab;
    LIST_FOREACH(s, &partial[n], link)
        out->used -= out->per_slab - s->nused;
    spinlock_release(&lock);
    return true;
}

size_t heap_large_frames(void)
{
    return atomic_load_explicit(&large_frames, memory_order_relaxed);
}
