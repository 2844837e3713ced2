/* SPDX-License-Identifier: Apache-2.0 */
/* shmem.h - shared memory without a file: what MAP_SHARED | MAP_ANONYMOUS maps. A page cache that
 * only mappings hold, so that the memory can be shown twice, moved, and unmapped in parts, and what
 * lies past its end is an error, all as for a file. */
#ifndef KERNEL_SHMEM_H
#define KERNEL_SHMEM_H

#include "kernel/pagecache.h"

/* size bytes of zeros, which take no memory until touched; the caller holds one reference. -ENOMEM:
 * no memory; or more than the machine has, unless huge says that this is meant. */
int shmem_create(size_t size, bool huge, struct pagecache **out);

/* Drop the caller's reference; the last one frees the memory. NULL is fine. */
void shmem_put(struct pagecache *pc);

#endif
