/* SPDX-License-Identifier: Apache-2.0 */
/* area.h - areas: what an address range is meant to be, whether or not it is mapped yet.
 *
 * The areas of an address space are disjoint and kept in a tree sorted by address, in which each
 * node also knows how large the gaps of its subtree are at most: the search for free space is
 * logarithmic. Two neighbours that could be one area are one area. This file knows nothing of
 * mappings; vmspace.c keeps both in step. The caller holds the vmspace's mutex.
 */
#ifndef KERNEL_AREA_H
#define KERNEL_AREA_H

#include <sys/tree.h>

#include "lib/types.h"
#include "machine/pmap.h"

struct pagecache;

/* What an area is. The first group are requests to vmspace_map() and not kept. */
enum area_flags {
    AREA_FIXED = 1u << 0,           /* at hint exactly; what is there goes */
    AREA_FIXED_NOREPLACE = 1u << 1, /* at hint exactly; -EEXIST if something is there */

    AREA_SHARED = 1u << 8,     /* writes reach the file; without it the area is private */
    AREA_STACK = 1u << 9,      /* grows down when touched below (vmspace_grow_stack()); free space
                                  below it is not handed out nearby */
    AREA_NORESERVE = 1u << 10, /* may be larger than the machine's memory */
    AREA_READ_ONLY = 1u << 11, /* never PMAP_W: a shared file that was opened for reading */
    AREA_LOCKED = 1u << 12,    /* mlock(2): contents may not be discarded */
    AREA_LOCK_LAZY = 1u << 13, /* with it: pages need not be there before they are touched */
};

#define AREA_KEPT \
    (AREA_SHARED | AREA_STACK | AREA_NORESERVE | AREA_READ_ONLY | AREA_LOCKED | AREA_LOCK_LAZY)

/* Free space that stays below a stack. */
#define AREA_STACK_GAP ((size_t)1 << 20)

struct area {
    vaddr_t           start, end; /* bytes, page-aligned, end exclusive */
    unsigned          prot;       /* PMAP_*: what dom may do */
    unsigned          flags;      /* AREA_KEPT */
    pmap_dom_t        dom;        /* the compartment it belongs to */
    struct pagecache *file;       /* holds a reference on its owner; NULL: zeroed memory */
    uint64_t          offset;     /* of start in the file, bytes, page-aligned */
    const char       *name;       /* "[heap]", or NULL; static string */

    vaddr_t fill_next;  /* where the last fault's memory ended: a fault here is sequential */
    size_t  fill_bytes; /* how much it got */

    struct area *below, *above; /* its neighbours; NULL: there is none */
    RB_ENTRY(area) link;
    size_t gap;     /* free bytes below start that may be handed out */
    size_t gap_max; /* no gap in the subtree is larger */
};

struct area_tree {
    RB_HEAD(area_nodes, area) nodes;

    struct area *lowest, *highest; /* NULL: there are none */
    struct area *last;             /* that was looked for, or NULL: often the next one, too */
    struct area *spare;            /* some for use, by above: areas come and go all the time */
    unsigned     nspare;
};

void area_tree_init(struct area_tree *tree);
void area_tree_destroy(struct area_tree *tree); /* the areas that are left, too */

/* Have memory for n more areas (at most AREA_WANT_MAX): calls below that say they need some do not
 * fail then. It stays there until they use it. -ENOMEM. */
#define AREA_WANT_MAX 8
int area_fetch(struct area_tree *tree, unsigned n);

static inline int area_want(struct area_tree *tree, unsigned n)
{
    return tree->nspare >= n ? 0 : area_fetch(tree, n);
}

/* An area that is not in the tree yet, of which nothing is defined. Needs one area, as the name says: the
 * caller fills it in and calls area_insert(). */
struct area *area_new(struct area_tree *tree);

static inline bool area_holds(const struct area *area, vaddr_t va)
{
    return area->start <= va && va < area->end;
}

/* The first area that ends above va (it may start above it); NULL: none. area_search() is its slow part:
 * mostly it is the area that was wanted last. */
struct area *area_search(struct area_tree *tree, vaddr_t va);

static inline struct area *area_at_or_above(struct area_tree *tree, vaddr_t va)
{
    struct area *last = tree->last;

    return last && area_holds(last, va) ? last : area_search(tree, va);
}

/* The area that holds va, or NULL. */
static inline struct area *area_find(struct area_tree *tree, vaddr_t va)
{
    struct area *area = area_at_or_above(tree, va);

    return area && area->start <= va ? area : NULL;
}

/* What a pmap is told for the rights a program asked for: writing implies reading, as on Linux. */
static inline unsigned area_rights(unsigned prot)
{
    return prot & PMAP_W ? prot | PMAP_R : prot;
}

/* The rights of pages as they are mapped before the program has written to them. A file's pages
 * lack PMAP_W: the first write copies a private one and marks a shared one dirty (fault.c). */
static inline unsigned area_mapped_prot(const struct area *area, unsigned prot)
{
    return area->file ? area_rights(prot) & ~(unsigned)PMAP_W : area_rights(prot);
}

/* No area has a byte in [start, end). */
bool area_range_free(struct area_tree *tree, vaddr_t start, vaddr_t end);

/* Areas cover [start, end) without a hole. */
bool area_range_covered(struct area_tree *tree, vaddr_t start, vaddr_t end);

static inline struct area *area_first(const struct area_tree *tree) /* NULL: there is none */
{
    return tree->lowest;
}

static inline struct area *area_next(const struct area *area) /* NULL: it is the last */
{
    return area->above;
}

static inline struct area *area_prev(const struct area *area) /* NULL: it is the first */
{
    return area->below;
}

/* Put area, which overlaps no other, into the tree, joined with neighbours that it continues. The caller has
 * filled in what comes before fill_next; the area takes a reference of its own on the file. above: the first
 * area above it; NULL: there is none. Returns the area that holds the range now. */
struct area *area_insert(struct area_tree *tree, struct area *area, struct area *above);

/* Cut area at va, strictly inside. Needs one area. Returns the upper part. */
struct area *area_split(struct area_tree *tree, struct area *area, vaddr_t va);

/* Leave no area in [start, end). first: the first one that ends above start. Needs one area if first reaches
 * over both ends. Returns how many bytes areas had there. */
size_t area_cut(struct area_tree *tree, struct area *first, vaddr_t start, vaddr_t end);

/* Join area with neighbours it continues (after its rights have changed). Returns what holds it
 * now. */
struct area *area_merge(struct area_tree *tree, struct area *area);

/* Move the start of area down to start; what lies between is free. Returns what holds it now. */
struct area *area_extend_down(struct area_tree *tree, struct area *area, vaddr_t start);

/* The highest free range of len bytes: its start, or 0 if there is none. *above: the area above it,
 * or NULL. */
vaddr_t area_find_gap(struct area_tree *tree, size_t len, struct area **above);

/* The same with a start that is a multiple of align, a power of two above a page, in one of the two
 * places that are found at once: the top of the highest gap for len, or of the highest that has room
 * for it whatever its start. */
vaddr_t area_find_aligned_gap(struct area_tree *tree, size_t len, size_t align,
                              struct area **above);

/* Every invariant; for tests. */
bool area_tree_consistent(struct area_tree *tree);

#endif
