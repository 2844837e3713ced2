/* SPDX-License-Identifier: Apache-2.0 */
/* compact.h - making contiguous memory by moving frames of a program that is running.
 *
 * A window of memory is chosen that is free or holds a program's own pages; those are copied
 * elsewhere, and the map shows the copies (pmap_suspend(), pmap_resume()). The program notices
 * nothing; an access meanwhile waits. Frames of the kernel, of files and of the memory model's tables
 * stay where they are.
 */
#ifndef KERNEL_COMPACT_H
#define KERNEL_COMPACT_H

#include "lib/types.h"

struct vmspace;

/* Kernel allocations of several frames that find none have the calling program's pages moved for
 * them. Once, at boot, behind reserve_init() and before what is dearer to lose. */
void compact_init(void);

/* Make a run as frame_reserve() does, its frames reserved by id, moving at most `limit` frames.
 * -ENOMEM: not possible. With vs->mutex held, and vs->pmap in no operation. */
int compact_reserve(struct vmspace *vs, size_t npages, size_t align, size_t phase, size_t limit,
                    uint64_t id, paddr_t *pa);

/* A call of the memory model failed with -ENOMEM: a larger table may need a run that is not there
 * although memory is. Make one. Whether the call is worth trying again. As above. */
bool compact_for_tables(struct vmspace *vs);

struct compact_stats {
    uint64_t runs;   /* made */
    uint64_t failed; /* given up half-way */
    uint64_t moved;  /* frames */
};

void compact_stats(struct compact_stats *out);

#endif
