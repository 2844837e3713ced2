/* SPDX-License-Identifier: Apache-2.0 */
/* area.c - a balanced tree of areas that also answers "where is the highest gap of this size".
 *
 * Each node keeps the gap below it and a bound: no gap of its subtree is larger, and no bound of a
 * subtree is larger than that of the tree around it. Where a gap shrinks, bounds stay as they are; a
 * search that finds one too large corrects it on its way. Where a gap grows, set_gap() raises the bounds
 * above it as far as they are smaller. So the map and unmap of a program that does the same again
 * and again walk nowhere, and what a search corrects was paid for by a change.
 *
 * A node is inserted and removed with a gap of 0; the bounds of nodes that are turned or replaced
 * meanwhile are computed again by tree.h (RB_AUGMENT). Neighbours know each other, so that a new
 * node's place needs no search: see link_between().
 */
#include "kernel/area.h"

#include "kernel/heap.h"
#include "kernel/pagecache.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "machine/layout.h"

static size_t subtree_gap(const struct area *area)
{
    return area ? area->gap_max : 0;
}

static void area_augment(struct area *area)
{
    size_t below = size_max(subtree_gap(RB_LEFT(area, link)), subtree_gap(RB_RIGHT(area, link)));

    area->gap_max = size_max(area->gap, below);
}

static int area_compare(const struct area *a, const struct area *b)
{
    return a->start < b->start ? -1 : a->start > b->start;
}

#undef RB_AUGMENT
#define RB_AUGMENT(area) area_augment(area)
RB_GENERATE_STATIC(area_nodes, area, link, area_compare)

/* --- one area ---------------------------------------------------------------------------- */

static void file_get(const struct area *area)
{
    if (area->file && area->file->ops->acquire)
        area->file->ops->acquire(area->file);
}

static void file_put(const struct area *area)
{
    if (area->file && area->file->ops->release)
        area->file->ops->release(area->file);
}

int area_fetch(struct area_tree *tree, unsigned n)
{
    while (tree->nspare < n) {
        struct area *area = kmalloc(sizeof(*area));
        if (!area)
            return -ENOMEM;
        area->above = tree->spare;
        tree->spare = area;
        tree->nspare++;
    }
    return 0;
}

struct area *area_new(struct area_tree *tree)
{
    struct area *area = tree->spare;
    ASSERT(area);

    tree->spare = area->above;
    tree->nspare--;
    return area;
}

/* It is in no tree, and has no reference on its file. */
static inline void put_back(struct area_tree *tree, struct area *area)
{
    if (tree->nspare == AREA_WANT_MAX) {
        kfree(area);
        return;
    }
    area->above = tree->spare;
    tree->spare = area;
    tree->nspare++;
}

void area_tree_init(struct area_tree *tree)
{
    *tree = (struct area_tree){.nodes = RB_INITIALIZER(&tree->nodes)};
}

void area_tree_destroy(struct area_tree *tree)
{
    area_cut(tree, tree->lowest, USER_MIN, USER_END);
    while (tree->spare)
        kfree(area_new(tree));
}

/* Does upper start where lower ends, and could they be one? */
static inline bool area_continues(const struct area *lower, const struct area *upper)
{
    if (lower->end != upper->start || lower->prot != upper->prot || lower->flags != upper->flags ||
        lower->dom != upper->dom || lower->file != upper->file || lower->name != upper->name)
        return false;
    return !lower->file || lower->offset + (lower->end - lower->start) == upper->offset;
}

/* --- gaps -------------------------------------------------------------------------------- */

static void set_gap(struct area *area, size_t gap)
{
    area->gap = gap;
    for (; area && area->gap_max < gap; area = RB_PARENT(area, link))
        area->gap_max = gap;
}

/* Free space from `bottom` up to area, as much as may be handed out. */
static size_t gap_above(vaddr_t bottom, const struct area *area)
{
    size_t space = area->start - bottom;
    size_t guard = area->flags & AREA_STACK ? AREA_STACK_GAP : 0;

    return space > guard ? space - guard : 0;
}

static vaddr_t end_of(const struct area *below)
{
    return below ? below->end : USER_MIN;
}

/* The gap below area, which may be NULL, above `below`, which may be, too. */
static inline void regap(const struct area *below, struct area *area)
{
    if (area)
        set_gap(area, gap_above(end_of(below), area));
}

/* Where the usable gap below area ends. */
static vaddr_t gap_end(const struct area *area)
{
    return area->flags & AREA_STACK ? area->start - AREA_STACK_GAP : area->start;
}

vaddr_t area_find_gap(struct area_tree *tree, size_t len, struct area **above)
{
    struct area *area;

    *above = NULL;
    if (USER_END - end_of(tree->highest) >= len)
        return USER_END - len;

    area = RB_ROOT(&tree->nodes);
    while (area) {
        if (subtree_gap(RB_RIGHT(area, link)) >= len) {
            area = RB_RIGHT(area, link);
        } else if (area->gap >= len) {
            break;
        } else if (subtree_gap(RB_LEFT(area, link)) >= len) {
            area = RB_LEFT(area, link);
        } else { /* there is none: the bound that led here was too large */
            area_augment(area);
            area = RB_PARENT(area, link);
        }
    }
    if (!area)
        return 0;
    *above = area;
    return gap_end(area) - len;
}

vaddr_t area_find_aligned_gap(struct area_tree *tree, size_t len, size_t align, struct area **above)
{
    vaddr_t va = area_find_gap(tree, len, above), bottom;
    if (!va)
        return 0;

    bottom = *above ? end_of((*above)->below) : end_of(tree->highest);
    if (ALIGN_DOWN(va, align) >= bottom)
        return ALIGN_DOWN(va, align);
    return ALIGN_UP(area_find_gap(tree, len + align - PAGE_SIZE, above), align);
}

/* --- looking up -------------------------------------------------------------------------- */

struct area *area_search(struct area_tree *tree, vaddr_t va)
{
    struct area *area = RB_ROOT(&tree->nodes), *best = NULL;

    while (area && !(best && area_holds(best, va))) {
        bool ends_above = va < area->end;
        best = ends_above ? area : best;
        area = ends_above ? RB_LEFT(area, link) : RB_RIGHT(area, link);
    }
    return tree->last = best;
}

bool area_range_free(struct area_tree *tree, vaddr_t start, vaddr_t end)
{
    struct area *area = area_at_or_above(tree, start);

    return !area || area->start >= end;
}

bool area_range_covered(struct area_tree *tree, vaddr_t start, vaddr_t end)
{
    struct area *area = area_find(tree, start);

    while (area && area->end < end) {
        struct area *next = area_next(area);
        if (!next || next->start != area->end)
            return false;
        area = next;
    }
    return area != NULL;
}

/* --- changing ---------------------------------------------------------------------------- */

/* Hang area, with a gap of 0, between its neighbours, of which either may be NULL. In a search tree one
 * of two neighbours lies below the other, as its nearest on that side: so the upper one has no left
 * child, or else the lower one has no right child. */
static void link_between(struct area_tree *tree, struct area *below, struct area *area,
                         struct area *above)
{
    area->below = below;
    area->above = above;
    *(below ? &below->above : &tree->lowest) = area;
    *(above ? &above->below : &tree->highest) = area;

    area->gap = area->gap_max = 0;
    if (above && !RB_LEFT(above, link)) {
        RB_SET(area, above, link);
        RB_LEFT(above, link) = area;
    } else {
        RB_SET(area, below, link);
        if (below)
            RB_RIGHT(below, link) = area;
        else
            RB_ROOT(&tree->nodes) = area;
    }
    area_nodes_RB_INSERT_COLOR(&tree->nodes, area);
}

/* Take area, whose gap is 0, out and free it. */
static void unlink_and_free(struct area_tree *tree, struct area *area)
{
    *(area->below ? &area->below->above : &tree->lowest) = area->above;
    *(area->above ? &area->above->below : &tree->highest) = area->below;
    RB_REMOVE(area_nodes, &tree->nodes, area);
    if (tree->last == area)
        tree->last = NULL;
    file_put(area);
    put_back(tree, area);
}

static void remove_area(struct area_tree *tree, struct area *area)
{
    area->gap = 0;
    regap(area->below, area->above);
    unlink_and_free(tree, area);
}

/* Move a limit of area, not past a neighbour's. */
static void set_start(struct area *area, vaddr_t start)
{
    area->offset += start - area->start;
    area->start = start;
    regap(area->below, area);
}

static void set_end(struct area *area, vaddr_t end)
{
    area->end = end;
    regap(area, area->above);
}

/* The next one, which goes on where area ends, becomes part of it. The gap between is 0, and the one
 * above stays what it was. */
static void absorb_next(struct area_tree *tree, struct area *area)
{
    area->end = area->above->end;
    unlink_and_free(tree, area->above);
}

struct area *area_merge(struct area_tree *tree, struct area *area)
{
    struct area *below = area->below, *above = area->above;

    if (above && area_continues(area, above))
        absorb_next(tree, area);
    if (below && area_continues(below, area)) {
        absorb_next(tree, below);
        area = below;
    }
    return tree->last = area;
}

struct area *area_extend_down(struct area_tree *tree, struct area *area, vaddr_t start)
{
    set_start(area, start);
    return area_merge(tree, area);
}

/* The common cases, growing a heap up or mappings down, need no new node. */
struct area *area_insert(struct area_tree *tree, struct area *area, struct area *above)
{
    struct area *below = above ? above->below : tree->highest;

    if (below && area_continues(below, area)) {
        set_end(below, area->end);
        put_back(tree, area);
        return area_merge(tree, below);
    }
    if (above && area_continues(area, above)) {
        set_start(above, area->start);
        put_back(tree, area);
        return tree->last = above;
    }

    area->fill_next = 0;
    area->fill_bytes = 0;
    file_get(area);
    link_between(tree, below, area, above);
    regap(below, area);
    regap(area, above);
    return tree->last = area;
}

/* The gap above stays what it was, and the one between is 0. */
struct area *area_split(struct area_tree *tree, struct area *area, vaddr_t va)
{
    struct area *upper = area_new(tree);

    ASSERT(area->start < va && va < area->end);
    upper->start = va;
    upper->end = area->end;
    upper->prot = area->prot;
    upper->flags = area->flags;
    upper->dom = area->dom;
    upper->file = area->file;
    upper->offset = area->offset + (va - area->start);
    upper->name = area->name;
    upper->fill_next = area->fill_next;
    upper->fill_bytes = area->fill_bytes;
    file_get(upper);
    area->end = va;
    link_between(tree, area, upper, area->above);
    return upper;
}

size_t area_cut(struct area_tree *tree, struct area *first, vaddr_t start, vaddr_t end)
{
    struct area *area = first, *next;
    size_t       bytes = 0;

    if (area && area->start < start) {
        bytes = (area->end < end ? area->end : end) - start;
        if (area->end > end)
            area_split(tree, area, end);
        set_end(area, start);
        area = area->above;
    }
    for (; area && area->end <= end; area = next) {
        next = area->above;
        bytes += area->end - area->start;
        remove_area(tree, area);
    }
    if (area && area->start < end) {
        bytes += end - area->start;
        set_start(area, end);
    }
    return bytes;
}

/* --- checking ---------------------------------------------------------------------------- */

static bool area_consistent(struct area *area, const struct area *below)
{
    size_t left = subtree_gap(RB_LEFT(area, link)), right = subtree_gap(RB_RIGHT(area, link));

    if (area->start >= area->end || ((area->start | area->end) & PAGE_MASK))
        return false;
    if (area->start < end_of(below) || area->end > USER_END)
        return false;
    if (below && area_continues(below, area))
        return false;
    return area->gap == gap_above(end_of(below), area) &&
           area->gap_max >= size_max(area->gap, size_max(left, right));
}

bool area_tree_consistent(struct area_tree *tree)
{
    struct area *area, *below = NULL;

    RB_FOREACH(area, area_nodes, &tree->nodes) {
        if (!area_consistent(area, below))
            return false;
        if (area->below != below || (below ? below->above : tree->lowest) != area)
            return false;
        below = area;
    }
    return tree->highest == below && (below ? !below->above : !tree->lowest);
}
