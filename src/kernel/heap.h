/* SPDX-License-Identifier: Apache-2.0 */
/* heap.h - kernel objects. Size classes over frames; large objects are frame runs. 16-aligned. */
#ifndef KERNEL_HEAP_H
#define KERNEL_HEAP_H

#include "lib/types.h"

void *kmalloc(size_t size);   /* contents undefined; NULL: no memory; any context */
void *kzalloc(size_t size);   /* zeroed */
void  kfree(void *ptr);       /* NULL is fine */
char *kstrdup(const char *s); /* NULL: no memory */

/* --- statistics --- */

/* Objects of one size. Each slab is a frame. */
struct heap_class {
    size_t size;     /* bytes of an object */
    size_t per_slab; /* objects */
    size_t slabs;
    size_t used; /* objects in use */
};

/* Those of class n, counted from 0. False: there is no such class. Takes time by the number of slabs. */
bool heap_class(unsigned n, struct heap_class *out);

/* Frames of the objects that have frames of their own. */
size_t heap_large_frames(void);

#endif
