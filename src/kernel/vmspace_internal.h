/* SPDX-License-Identifier: Apache-2.0 */
/* vmspace_internal.h - what the vmspace*.c files use of each other; nobody else includes it.
 *
 *     vmspace.c         life, mapping, unmapping, the heap, growing stacks
 *     vmspace_change.c  rights and other attributes of areas
 *     vmspace_pages.c   contents: filling, dropping, writing back
 *     vmspace_remap.c   moving and resizing
 *     vmreport.c        describing
 *
 * Calls that end in _locked want vs->mutex held and take pages' addresses: [va, end), aligned.
 */
#ifndef KERNEL_VMSPACE_INTERNAL_H
#define KERNEL_VMSPACE_INTERNAL_H

#include "kernel/vmspace.h"
#include "lib/errno.h"

/* [va, va + len), rounded up to pages, lies in user space. va: page-aligned. */
static inline bool vmspace_range_valid(vaddr_t va, size_t len)
{
    return va >= USER_MIN && va <= USER_END && len <= USER_END - va;
}

/* For calls on what exists: outside of user space nothing does. -EINVAL: va is unaligned; -ENOMEM.
 * *end: of the last page. */
static inline int vmspace_range_check(vaddr_t va, size_t len, vaddr_t *end)
{
    if (va & PAGE_MASK)
        return -EINVAL;
    if (!vmspace_range_valid(va, len))
        return -ENOMEM;
    *end = va + ALIGN_UP(len, PAGE_SIZE);
    return 0;
}

/* Every reason to refuse spec that does not depend on what is mapped: see vmspace_map(). */
int vmspace_spec_check(const struct area_spec *spec);

/* The rare end of the next: len bytes, of which as many as more are not data yet. */
int vmspace_commit(const struct vmspace *vs, unsigned flags, size_t len, size_t more);

/* Would len more bytes with these rights and AREA_* flags be promised in vain? Nothing is set aside
 * for what is mapped, as in Linux by default; only a single request for private memory that is
 * larger than all there is gets -ENOMEM, so that a program's malloc() of nonsense fails where it
 * looks. Where there is a limit for data, commit_max is 0 and it is looked at, too. */
static inline int vmspace_commit_check(const struct vmspace *vs, unsigned prot, unsigned flags,
                                       size_t len)
{
    bool counts = (prot & PMAP_W) && !(flags & AREA_SHARED);

    return counts && len > vs->commit_max ? vmspace_commit(vs, flags, len, len) : 0;
}

/* Map a spec that was checked. -EEXIST, -ENOMEM: nothing changed. */
int vmspace_map_locked(struct vmspace *vs, const struct area_spec *spec, vaddr_t *out);

/* Leave no area in [va, end). -ENOMEM: nothing changed. */
int vmspace_unmap_locked(struct vmspace *vs, vaddr_t va, vaddr_t end);

/* The end of every unmapping, and of a move's old place: [va, end), of which nothing is mapped any more, is
 * free. first: the first area that ends above va; it needs areas as area_cut() does. */
void vmspace_forget_areas(struct vmspace *vs, struct area *first, vaddr_t va, vaddr_t end);

/* Take [va, end) out of the pmap and drop its frames; areas stay. -ENOMEM: nothing changed. */
int vmspace_drop_pages(struct vmspace *vs, vaddr_t va, vaddr_t end);

/* Where the part of area that lies in [va, end) starts and ends. */
static inline vaddr_t area_part_start(const struct area *area, vaddr_t va)
{
    return area->start > va ? area->start : va;
}

static inline vaddr_t area_part_end(const struct area *area, vaddr_t end)
{
    return area->end < end ? area->end : end;
}

#endif
