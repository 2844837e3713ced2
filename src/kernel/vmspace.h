/* SPDX-License-Identifier: Apache-2.0 */
/* vmspace.h - the user address space of a program: areas, and the mappings made of them on demand.
 *
 * An area says what a range is meant to be (area.h); pages are mapped when they are touched
 * (fault.h). The memory model's table is the truth about rights: compartments may change
 * their own without the kernel, and no copy is kept.
 *
 * Calls behave as Linux's mmap family does, errors included, down to what has happened when they
 * fail: a call over several areas stops at the first that it cannot change, or at a hole, and what
 * stands before it has been changed. Programs see that, and some rely on it. For want of memory a
 * call fails before it changes anything, but for vmspace_discard() and vmspace_populate(), which
 * may have done a part, and vmspace_remap(), which may have unmapped its target or tail. Addresses and
 * lengths are bytes; lengths are rounded up to pages. All calls take vs->mutex themselves and may
 * sleep, unless they say otherwise.
 */
#ifndef KERNEL_VMSPACE_H
#define KERNEL_VMSPACE_H

#include "kernel/area.h"
#include "kernel/reserve.h"
#include "kernel/waitq.h"
#include "lib/types.h"
#include "machine/layout.h"
#include "machine/pmap.h"

/* Areas of this size and above get a multiple of it as their start, if the program leaves it to the kernel,
 * so that memory models can map them in large pieces. Bytes. */
#define VMSPACE_LARGE ((size_t)2 << 20)

struct vmspace {
    struct mutex mutex; /* first: whoever locks it has its address at hand */

    struct pmap *pmap; /* constant; calls on it need mutex */

    /* mutex protects: */
    struct area_tree        areas;
    struct reservation_tree reservations;
    size_t                  mapped;    /* bytes in areas */
    size_t                  resident;  /* bytes mapped to frames */
    vaddr_t                 brk_start; /* 0: no brk yet */
    vaddr_t                 brk;       /* bytes: not rounded */
    unsigned                map_flags; /* AREA_LOCKED...: every new area has them */
    size_t commit_max;                 /* bytes: see vmspace_commit_check() in vmspace_internal.h */
    size_t data_max;  /* bytes: no more are private and writable; SIZE_MAX at first */
    size_t stack_max; /* bytes: no AREA_STACK grows beyond; 0 at first */
    size_t map_max;   /* bytes: mapped stays below; SIZE_MAX at first */
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

/* Make vs, the calling thread's, what it was when it was created, but for the limit of its data; no other thread uses it. -ENOMEM, and then a
 * part of it may be gone. */
int vmspace_clear(struct vmspace *vs);

/* Map; *va: where. Nothing is read or allocated for the pages yet. -EINVAL: len 0, unaligned fixed
 * hint or offset, offset + len overflows; -ENOMEM: no room, no memory, private writable memory
 * larger than the machine's without AREA_NORESERVE, a fixed range outside of USER_MIN..USER_END;
 * -EEXIST: AREA_FIXED_NOREPLACE; -EACCES: PMAP_W with AREA_READ_ONLY. */
int vmspace_map(struct vmspace *vs, const struct area_spec *spec, vaddr_t *va);

/* Unmap [va, va + len); holes are skipped. -EINVAL: unaligned va, len 0, reaches past USER_END;
 * -ENOMEM. */
int vmspace_unmap(struct vmspace *vs, vaddr_t va, size_t len);

/* Set the rights of compartment dom. -EINVAL: unaligned va; -ENOMEM: a hole, no memory; -EACCES:
 * an area of another compartment, or PMAP_W where AREA_READ_ONLY forbids it. len 0 is fine. */
int vmspace_protect(struct vmspace *vs, pmap_dom_t dom, vaddr_t va, size_t len, unsigned prot);

/* Lock memory (flags: AREA_LOCKED, AREA_LOCK_LAZY) or unlock it (0). Fills nothing. As
 * vmspace_protect(). */
int vmspace_lock(struct vmspace *vs, pmap_dom_t dom, vaddr_t va, size_t len, unsigned flags);

/* The same for every area there is, if current, and for those to come: future. */
void vmspace_lock_all(struct vmspace *vs, bool current, unsigned flags, unsigned future);

/* madvise(MADV_DONTNEED): private pages go and read as zeros, or as the file, again; shared
 * memory keeps its contents. -EINVAL: unaligned va, or an area that is locked (unless even_locked);
 * -ENOMEM: no memory; a hole, which is told after the rest is done. */
int vmspace_discard(struct vmspace *vs, vaddr_t va, size_t len, bool even_locked);

/* Pages of a file are gone: the calling thread's address space shows them no more, so that a touch
 * is judged by the file's size again, and finds its contents of now. cut: private copies go, too,
 * as they do in Linux where a file gets shorter. The page cache calls it (pagecache_set_forget()). */
void vmspace_forget_file(const struct pagecache *file, uint64_t index, uint64_t npages, bool cut);

/* Fill [va, va + len) as if each page were accessed (PMAP_R or PMAP_W). -ENOMEM: a hole, no memory;
 * -EACCES: an area was not asked to have that right, even if it comes with others; -EIO as
 * fault_handle(). May have filled a part. */
int vmspace_populate(struct vmspace *vs, vaddr_t va, size_t len, unsigned access);

/* Fill what is mapped in the range for the use that its rights allow, as MAP_POPULATE and mlock()
 * do; holes are skipped. The first error: -EACCES: nothing may touch it; else as above. */
int vmspace_fill(struct vmspace *vs, vaddr_t va, size_t len);

enum remap_flags {
    REMAP_MAY_MOVE = 1, /* when it cannot grow in place */
    REMAP_FIXED = 2,    /* to new_va; what is there goes */
    REMAP_KEEP = 4,     /* move the pages, leave the old area there empty; new_va is a wish */
};

/* mremap(2). old_len 0: show shared memory a second time. -EINVAL, -EPERM; -EFAULT: the old range
 * is not in one area; -ENOMEM. Shared memory of no file can be shown at one place only: -EINVAL. */
int vmspace_remap(struct vmspace *vs, vaddr_t old_va, size_t old_len, size_t new_len,
                  unsigned flags, vaddr_t new_va, vaddr_t *va);

/* msync(2): dirty pages of shared mappings in the range go to their files. -EBUSY: invalidate, and
 * an area is locked; -EIO; -ENOMEM: a hole, which is told after the rest is done. */
int vmspace_sync(struct vmspace *vs, vaddr_t va, size_t len, bool invalidate);

/* mincore(2): out[i] = whether page i from va on can be had without reading a disk. -ENOMEM: a
 * hole; out is written up to it. */
int vmspace_resident(struct vmspace *vs, vaddr_t va, size_t npages, uint8_t *out);

/* The heap starts here, empty (exec, once; page-aligned). */
void vmspace_brk_init(struct vmspace *vs, vaddr_t start);

/* brk(2): move the break to addr; returns the new break, or the unchanged one if that is not
 * possible. */
vaddr_t vmspace_brk(struct vmspace *vs, vaddr_t addr);

/* Bytes: how much may be mapped in all (RLIMIT_AS), how large a stack may grow (RLIMIT_STACK). */
void vmspace_set_limits(struct vmspace *vs, size_t map_max, size_t stack_max);

/* Bytes: how much of it all may be private and writable and no stack (RLIMIT_DATA). */
void vmspace_set_data_limit(struct vmspace *vs, size_t data_max);

/* va is touched and in no area: let the stack above it, if there is one, grow down to it. The area
 * that holds va now, or NULL: too large, or too close to what is mapped below (AREA_STACK_GAP).
 * With vs->mutex held. */
struct area *vmspace_grow_stack(struct vmspace *vs, vaddr_t va);

/* Where a mapping of len bytes without a wish would go: the highest free place; 0: none. */
vaddr_t vmspace_find_free(struct vmspace *vs, size_t len);

/* A copy of the area that holds va (links meaningless, file not referenced). -ENOENT. */
int vmspace_find(struct vmspace *vs, vaddr_t va, struct area *out);

/* The same for the first area that ends above va. */
int vmspace_find_next(struct vmspace *vs, vaddr_t va, struct area *out);

/* A copy of the first area that ends above va (links meaningless), with a reference on its file, which
 * vmspace_area_done() drops. *resident, if asked for: how many bytes of it are in memory. -ENOENT. Who
 * walks so sees each area as it is when it is its turn. */
int  vmspace_next_area(struct vmspace *vs, vaddr_t va, struct area *out, size_t *resident);
void vmspace_area_done(const struct area *copy);

/* One line per area as in /proc/self/maps, no newline. */
void vmspace_dump(struct vmspace *vs, void (*out)(void *arg, const char *line), void *arg);

/* What is mapped of them now, in the memory model's own words (pmap_dump()), the kernel's mappings
 * included. out may not use vs. */
void vmspace_dump_map(struct vmspace *vs, void (*out)(void *arg, const char *line), void *arg);

/* One line for fault reports: the area that holds va, or its neighbours, and what maps it. Never
 * fails. */
void vmspace_describe_addr(struct vmspace *vs, vaddr_t va, char *buf, size_t size);

/* The same in the terms of who made the program: "/bin/program+0x1b6", a file and the place in it. */
void vmspace_locate_addr(struct vmspace *vs, vaddr_t va, char *buf, size_t size);

struct vmspace_stats {
    size_t mapped;   /* bytes */
    size_t resident; /* bytes */
    size_t areas;
};

void vmspace_stats(struct vmspace *vs, struct vmspace_stats *out);

/* pmap_stats() of it. */
void vmspace_map_stats(struct vmspace *vs, struct pmap_stats *out);

#endif
