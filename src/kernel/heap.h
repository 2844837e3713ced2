/* SPDX-License-Identifier: Apache-2.0 */
/* heap.h - kernel objects. Size classes over frames; large objects are frame runs. 16-aligned. */
#ifndef KERNEL_HEAP_H
#define KERNEL_HEAP_H

#include "lib/types.h"

void *kmalloc(size_t size);   /* contents undefined; NULL: no memory; any context */
void *kzalloc(size_t size);   /* zeroed */
void  kfree(void *ptr);       /* NULL is fine */
char *kstrdup(const char *s); /* NULL: no memory */

#endif
