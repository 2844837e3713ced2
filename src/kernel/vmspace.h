/* SPDX-License-Identifier: Apache-2.0 */
/* vmspace.h - the user address space of a program: areas, and the mappings made of them on demand.
 *
 * An area says what a range is meant to be (area.h); pages are mapped when they are touched
 * (fault.h). The memory model's table is the truth about rights: compartments may change
 * their own without the kernel, and no copy is kept.
 *
 * Calls behave as Linux's mmap family does, errors included, with one difference: a call that fails
 * has changed nothing. Exceptions: a fixed or shrinking vmspace_remap() may have unmapped its target
 * or tail, vmspace_discard() and vmspace_populate() may have done a part. Addresses and lengths are
 * bytes; lengths are rounded up to pages. All calls take vs->mutex themselves and may sleep, unless
 * they say otherwise.
 */
#ifndef KERNEL_VMSPACE_H
#define KERNEL_VMSPACE_H

#include "kernel/area.h"
#include "kernel/waitq.h"
#include "lib/types.h"
#include "machine/layout.h"
#include "machine/pmap.h"

struct vmspace {
    struct pmap *pmap; /* constant; calls on it need mutex */

    struct mutex mutex;
    /* mutex protects: */
    struct area_tree areas;
    size_t           mapped;    /* bytes in areas */
    size_t           resident;  /* bytes mapped to frames */
    vaddr_t          brk_start; /* 0: no brk yet */
    vaddr_t          brk;       /* bytes: not rounded */
};

/* What to map. Zero-initialise and name the fields that matter. */
struct area_spec {
    vaddr_t           hint;   /* wish, or with AREA_FIXED* demand; 0: no wish */
    size_t            len;    /* bytes */
    unsigned          prot;   /* PMAP_* */
    unsigned          flags;  /* enum area_flags */
    pmap_dom_t        dom;    /* compartment it belongs to; 0 means PMAP_DOM_FIRST */
    struct pagecache *file;   /* NULL: zeroed memory. The area takes its own reference. */
    uint64_t          offset; /* in file, bytes, page-aligned */
    const char       *name;   /* static string for vmspace_dump(), or NULL */
};

int  vmspace_create(struct vmspace **out); /* -ENOMEM */
void vmspace_destroy(struct vmspace *vs);  /* not active on any hart, no thread uses it */

/* Map; *va: where. Nothing is read or allocated for the pages yet. -EINVAL: len 0, unaligned
 * fixed hint or offset, offset + len overflows; -ENOMEM: no room, no memory, a fixed range
 * outside of USER_MIN..USER_END; -EEXIST: AREA_FIXED_NOREPLACE; -EACCES: PMAP_W with
 * AREA_READ_ONLY. */
int vmspace_map(struct vmspace *vs, const struct area_spec *spec, vaddr_t *va);

/* Unmap [va, va + len); holes are skipped. -EINVAL: unaligned va, len 0, outside of user space;
 * -ENOMEM. */
int vmspace_unmap(struct vmspace *vs, vaddr_t va, size_t len);

/* Set the rights of compartment dom. -EINVAL: unaligned va; -ENOMEM: a hole, no memory; -EACCES:
 * an area of another compartment, or PMAP_W where AREA_READ_ONLY forbids it. len 0 is fine. */
int vmspace_protect(struct vmspace *vs, pmap_dom_t dom, vaddr_t va, size_t len, unsigned prot);

/* madvise(MADV_DONTNEED): private pages go and read as zeros, or as the file, again; shared
 * memory keeps its contents. -EINVAL: unaligned va; -ENOMEM: a hole, no memory. */
int vmspace_discard(struct vmspace *vs, vaddr_t va, size_t len);

/* MAP_POPULATE: fill [va, va + len) as if each page were accessed (PMAP_R or PMAP_W). -ENOMEM: a
 * hole, no memory; -EACCES, -EIO as fault_handle(). May have filled a part. */
int vmspace_populate(struct vmspace *vs, vaddr_t va, size_t len, unsigned access);

/* mremap(2). new_va: with AREA_FIXED, where to; else 0. may_move: when it cannot grow in place.
 * -EINVAL, -EFAULT: old range not in one area; -ENOMEM. */
int vmspace_remap(struct vmspace *vs, vaddr_t old_va, size_t old_len, size_t new_len, bool may_move,
                  unsigned flags, vaddr_t new_va, vaddr_t *va);

/* msync(2): dirty pages of shared mappings in the range go to their files. -ENOMEM: a hole;
 * -EIO. */
int vmspace_sync(struct vmspace *vs, vaddr_t va, size_t len);

/* The heap starts here, empty (exec, once; page-aligned). */
void vmspace_brk_init(struct vmspace *vs, vaddr_t start);

/* brk(2): move the break to addr; returns the new break, or the unchanged one if that is not
 * possible. */
vaddr_t vmspace_brk(struct vmspace *vs, vaddr_t addr);

/* Where a mapping of len bytes without a wish would go: the highest free place; 0: none. */
vaddr_t vmspace_find_free(struct vmspace *vs, size_t len);

/* A copy of the area that holds va (links meaningless, file not referenced). -ENOENT. */
int vmspace_find(struct vmspace *vs, vaddr_t va, struct area *out);

/* One line per area as in /proc/self/maps, no newline. */
void vmspace_dump(struct vmspace *vs, void (*out)(void *arg, const char *line), void *arg);

/* One line for fault reports: the area that holds va, or its neighbours, and what maps it. Takes
 * no lock if the calling thread holds vs->mutex already. Never fails. */
void vmspace_describe_addr(struct vmspace *vs, vaddr_t va, char *buf, size_t size);

struct vmspace_stats {
    size_t mapped;   /* bytes */
    size_t resident; /* bytes */
    size_t areas;
};

void vmspace_stats(struct vmspace *vs, struct vmspace_stats *out);

#endif
