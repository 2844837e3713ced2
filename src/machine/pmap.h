/* SPDX-License-Identifier: Apache-2.0 */
/* pmap.h - the contract between the kernel and a memory model.
 *
 * A model is one folder (riscv64-...) that implements everything below; the linker chooses it. The
 * names follow pmap(9) of the BSDs. Everything is a range of bytes, a multiple of
 * pmap_limits->granule. A pmap maps an address to a frame once, and gives each domain (compartment)
 * its own permission for it; domain 0 is the kernel, 1 the program's first compartment.
 *
 * Rules for both sides:
 * - A call that changes a map can fail, and a failing call leaves the map as it was.
 * - Changes that take something away are complete only after pmap_update(): until then other
 *   harts, and this one, may still use the old translation, and frames must not be reused.
 * - Kernel mappings (the window) exist in every pmap from its creation and are not changed by
 *   these calls. A range that touches [USER_END, ...) or page 0 is refused with -EINVAL.
 * - The kernel does not hold a shadow copy of permissions: the model's table is the truth.
 * - The caller serialises calls on one pmap (the vmspace lock); the hardware and other harts'
 *   instructions may read and change the table at any instant.
 * - None of these functions sleeps. Table memory comes from frame_alloc() (machine/upcall.h).
 */
#ifndef MACHINE_PMAP_H
#define MACHINE_PMAP_H

#include "lib/types.h"
#include "machine/bootinfo.h"
#include "machine/trapframe.h"

struct pmap;

typedef uint32_t pmap_dom_t; /* a domain's number; PMAP_DOM_KERNEL is the kernel's */

#define PMAP_DOM_KERNEL 0u
#define PMAP_DOM_FIRST  1u

/* Permissions. Every combination that a program can ask for with mmap is allowed; a model
 * strengthens what its hardware cannot express as Linux does (write implies read). */
enum pmap_prot {
    PMAP_NONE = 0,
    PMAP_R = 1,
    PMAP_W = 2,
    PMAP_X = 4,
};

struct pmap_limits {
    const char *name;         /* "cells", "sv48": for messages only, never for decisions */
    size_t      granule;      /* bytes; every address and length is a multiple */
    size_t      fault_extent; /* bytes: how much a fault should fill at least, when cheap */
    size_t      run_align;   /* bytes: a range whose address and frames are equal modulo this can be
                                 mapped more cheaply; granule: it makes no difference */
    size_t      run_max;     /* bytes: contiguous frames beyond this make nothing cheaper, so that
                                 nothing should be moved to get them; SIZE_MAX: always worth it */
    size_t      max_ranges;  /* discontiguous ranges one pmap can hold; SIZE_MAX: no limit */
    pmap_dom_t  max_domains; /* domains, the kernel's included */
    bool        tracks_dirty; /* pmap_clear_modified tells written from unwritten */
    bool        user_switch;  /* user code changes its domain by an instruction */
};

extern const struct pmap_limits *const pmap_limits;

/* --- life ------------------------------------------------------------------------------- */

/* Build the kernel's own map from bi (text RX, rodata R, window and mmio RW). Runs before
 * translation is on, at physical addresses: no absolute pointer, memory from boot_alloc().
 * Returns the value for satp. Called once. */
uint64_t pmap_bootstrap(struct bootinfo *bi);

/* Prepare this hart's translation registers; called on each hart after translation is on and before
 * it enters user mode for the first time. */
void pmap_init_hart(void);

/* Create an empty map (kernel mappings, no user mapping, domains 0 and 1). -ENOMEM. */
int pmap_create(struct pmap **out);

/* Free the map and its tables (not the frames it maps). Must not be active on any hart. */
void pmap_destroy(struct pmap *pm);

/* Translate through pm on this hart from now on; NULL: the kernel's own map. */
void pmap_activate(struct pmap *pm);

/* --- ranges ------------------------------------------------------------------------------ */

/* Map [va, va+len) to frames [pa, pa+len) with prot for domain dom, none for the others (domain 0
 * gets what the model needs, never X). -EEXIST if any page is mapped, -ENOMEM, -ENOSPC (no room
 * for another range), -EINVAL (alignment, bounds, unknown domain). */
int pmap_enter(struct pmap *pm, vaddr_t va, paddr_t pa, size_t len, pmap_dom_t dom, unsigned prot);

/* The same with one permission per domain: prot[d] for d in 1..ndom-1 (prot[0] ignored). */
int pmap_enter_all(struct pmap *pm, vaddr_t va, paddr_t pa, size_t len, const uint8_t *prot,
                   pmap_dom_t ndom);

/* Remove every mapping in [va, va+len); unmapped parts are skipped. -ENOMEM or -ENOSPC when a
 * split at an edge found no room. Frames may be reused after pmap_update(). Whether the pages were
 * written is forgotten with them: who needs it takes the right to write away, calls pmap_update() and
 * pmap_clear_modified(), and then removes. */
int pmap_remove(struct pmap *pm, vaddr_t va, size_t len);

/* Set the permission of dom on [va, va+len). -EFAULT if a page is unmapped, -ENOMEM, -ENOSPC. */
int pmap_protect(struct pmap *pm, pmap_dom_t dom, vaddr_t va, size_t len, unsigned prot);

/* Put the frames [pa, pa+len) under the mapped range [va, va+len), permissions unchanged. The
 * old and the new frames hold equal contents and nobody can write either until this returns:
 * the caller has taken write permission away, and called pmap_update(), before it copied.
 * Includes the shootdown. -EFAULT if a page is unmapped, -ENOMEM, -ENOSPC. */
int pmap_replace(struct pmap *pm, vaddr_t va, paddr_t pa, size_t len);

/* For moving frames whose contents change (compaction). pmap_suspend(): from its return on no hart
 * reads or writes through the mapped range [va, va+len); an access faults, and the fault waits for
 * the caller's lock. Includes the shootdown. -EFAULT if a page is unmapped, -ENOMEM, -ENOSPC.
 * pmap_resume(), next and for the same range: shows it again, on the frames [pa, pa+len), with
 * permissions, grants and "written" as they were. Cannot fail. Between the two no other call but
 * pmap_extract() may touch the range, and no fault on it is decoded. */
int  pmap_suspend(struct pmap *pm, vaddr_t va, size_t len);
void pmap_resume(struct pmap *pm, vaddr_t va, paddr_t pa, size_t len);

/* Move the mappings of [old, old+len) to [new, new+len), frames and permissions kept, offers
 * of rights between domains (grants) dropped; holes stay holes. The ranges do not overlap.
 * -EEXIST if the target has a mapping, -ENOMEM, -ENOSPC. */
int pmap_move(struct pmap *pm, vaddr_t old_va, vaddr_t new_va, size_t len);

/* A contiguous piece of a map. */
struct pmap_run {
    paddr_t  pa;   /* of the address asked for */
    size_t   len;  /* bytes from there on, physically contiguous, same permission */
    unsigned prot; /* of the domain asked for */
};

/* pmap_remove() of a range whose pages are at most one run, which *run then tells (pa, len; not prot),
 * wherever in the range it lies: what unmapping most often is, in one step. -ENOENT: nothing is mapped
 * there. -E2BIG: more than one run, as pmap_next() and pmap_extract() would tell them; a model may do with
 * less than they do, that is take contiguous pages of different permission for one. Errors change
 * nothing, and are otherwise those of pmap_remove(). */
int pmap_remove_run(struct pmap *pm, vaddr_t va, size_t len, struct pmap_run *run);

/* Look va up for dom. -ENOENT: unmapped. run->len may be less than the largest possible run,
 * never 0. */
int pmap_extract(struct pmap *pm, pmap_dom_t dom, vaddr_t va, struct pmap_run *run);

struct pmap_piece {
    paddr_t pa;
    size_t  len; /* bytes; 0: nothing is there */
};

/* Where va is, and how many bytes from it on lie together, if dom may access them so (PMAP_R or PMAP_W); as far as
 * the model finds that quickly, and never less than the page. len 0: dom may not, or nothing is mapped. Any va. */
struct pmap_piece pmap_reach(struct pmap *pm, pmap_dom_t dom, vaddr_t va, unsigned access);

/* The way to a few bytes: where in the window [va, va+len) is, if it lies together and dom may access all of it so, PMAP_R or
 * PMAP_W. NULL: dom may not, or something is not mapped, or the model does not see all of it as one piece. Any va. */
void *pmap_window(struct pmap *pm, pmap_dom_t dom, vaddr_t va, size_t len, unsigned access);

/* Find the first mapped page in [va, va+len): -ENOENT if there is none. Lets callers walk
 * sparse maps in time proportional to what is mapped. */
int pmap_next(struct pmap *pm, vaddr_t va, size_t len, vaddr_t *mapped);

/* Collect and clear "written since last asked" for [va, va+len): sets bit n of bitmap (8 pages a
 * byte) if page n may have been written. Includes the shootdown. */
int pmap_clear_modified(struct pmap *pm, vaddr_t va, size_t len, uint8_t *bitmap);

/* The commit point: every hart sees all earlier changes when this returns. */
void pmap_update(struct pmap *pm);

/* --- domains ----------------------------------------------------------------------------- */

int  pmap_domain_create(struct pmap *pm, pmap_dom_t *dom); /* -ENOSPC, -ENOMEM */
int  pmap_domain_destroy(struct pmap *pm, pmap_dom_t dom); /* -EINVAL */
void pmap_domain_switch(struct pmap *pm, pmap_dom_t dom);  /* models without user_switch */

/* --- faults ------------------------------------------------------------------------------ */

enum fault_kind {
    FAULT_HANDLED,    /* nothing left to do: spurious, or the model set A or D; retry */
    FAULT_UNMAPPED,   /* no translation: look for an area */
    FAULT_PROTECTION, /* mapped, but the domain lacks the right */
    FAULT_DOMAIN,     /* a compartment instruction was refused for its address */
    FAULT_ACCESS,     /* physical access refused by the machine (access fault) */
    FAULT_NONE,       /* the trap is no memory fault at all */
};

struct fault {
    enum fault_kind kind;
    vaddr_t         va;
    unsigned        access; /* PMAP_R, PMAP_W or PMAP_X; PMAP_NONE: any right will do */
    pmap_dom_t      dom;    /* who tried */
    uint64_t        cause;  /* as the machine reported it */
};

/* Classify the trap in tf, which interrupted pm's user (or the kernel: dom 0). */
void pmap_fault_decode(struct pmap *pm, const struct trapframe *tf, struct fault *fault);

/* --- debugging --------------------------------------------------------------------------- */

/* Write a readable table through out, a line a call (no newline). pm may be NULL: the kernel's
 * own. */
void pmap_dump(struct pmap *pm, void (*out)(void *arg, const char *line), void *arg);

/* One line that names what maps va ("cell 12: 0x10000..0x5afff -> 0x80400000 ..."), for panics
 * and fault reports. Never fails. */
void pmap_describe(struct pmap *pm, vaddr_t va, char *buf, size_t size);

struct pmap_stats {
    size_t   ranges; /* that map user pages: cells, or leaves */
    size_t   room;   /* ranges that can be added before tables must grow; SIZE_MAX: no such limit */
    size_t   table_bytes; /* of memory that only this map's tables take */
    uint64_t moved;       /* ranges that were moved aside for others, since pmap_create() */
    uint64_t rebuilt;     /* how often a whole table was replaced */
    uint64_t shootdowns;  /* how often translations were dropped */
};

/* Counts for reports and benchmarks. */
void pmap_stats(struct pmap *pm, struct pmap_stats *out);

/* Every invariant, canonical form included; false after describing the first violation in buf. */
bool pmap_consistent(struct pmap *pm, char *buf, size_t size);

#endif
