/* SPDX-License-Identifier: Apache-2.0 */
/* area.c - a balanced tree of areas that also answers "where is the highest gap of this size".
 *
 * Each node keeps the gap below it and the largest gap of its subtree. A node whose gap is 0 can
 * come and go without changing the maximum of any subtree, but for those of nodes that are turned
 * or replaced, which tree.h has computed again (RB_AUGMENT). So a node is inserted and removed with a
 * gap of 0, and where gaps change, set_gaps() walks up as far as a maximum changes. An area whose
 * lower neighbour ends where it starts has a gap of 0: splitting and joining walk nowhere.
 *
 * A new node's place is known from its neighbours: see link_between().
 */
#include "kernel/area.h"

#include "kernel/heap.h"
#include "kernel/pagecache.h"
#include "lib/assert.h"
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

#define SPARES 8

struct area *area_new(struct area_tree *tree)
{
    struct area *area = tree->spare;

    if (area) {
        tree->spare = RB_LEFT(area, link);
        tree->nspare--;
    } else {
        area = kmalloc(sizeof(*area));
    }
    if (area)
        area->file = NULL;
    return area;
}

static void file_get(const struct area *area)
{
    if (area->file && area->file->ops->acquire)
        area->file->ops->acquire(area->file);
}

void area_free(struct area_tree *tree, struct area *area)
{
    if (!area)
        return;
    if (area->file && area->file->ops->release)
        area->file->ops->release(area->file);
    if (tree->nspare == SPARES) {
        kfree(area);
        return;
    }
    RB_LEFT(area, link) = tree->spare;
    tree->spare = area;
    tree->nspare++;
}

void area_tree_init(struct area_tree *tree)
{
    *tree = (struct area_tree){.nodes = RB_INITIALIZER(&tree->nodes)};
}

void area_tree_destroy(struct area_tree *tree)
{
    area_cut(tree, area_first(tree), USER_MIN, USER_END, NULL);
    while (tree->spare) {
        struct area *area = tree->spare;
        tree->spare = RB_LEFT(area, link);
        kfree(area);
    }
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

/* The gap of area has changed: correct the maxima. */
static void gap_changed(struct area *area)
{
    size_t before;

    do {
        before = area->gap_max;
        area_augment(area);
    } while (area->gap_max != before && (area = RB_PARENT(area, link)));
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

/* Where the space below area starts. Its gap tells, unless some of the space is not handed out. */
static vaddr_t bottom_of(struct area *area)
{
    return area->flags & AREA_STACK ? end_of(area_prev(area)) : area->start - area->gap;
}

/* The gaps of area and, unless it is NULL, of above change. Both are set before a walk: where the way up
 * from one leads through the other, one walk does for both. */
static void set_gaps(struct area *area, size_t gap, struct area *above, size_t gap_of_above)
{
    area->gap = gap;
    if (above)
        above->gap = gap_of_above;
    gap_changed(area);
    if (above)
        gap_changed(above);
}

/* area's limits have changed, between bottom, where the space below it starts, and above, or NULL. */
static void regap(vaddr_t bottom, struct area *area, struct area *above)
{
    set_gaps(area, gap_above(bottom, area), above, above ? gap_above(area->end, above) : 0);
}

/* Where the usable gap below area ends. */
static vaddr_t gap_end(const struct area *area)
{
    return area->flags & AREA_STACK ? area->start - AREA_STACK_GAP : area->start;
}

vaddr_t area_find_gap(struct area_tree *tree, size_t len, struct area **above)
{
    struct area *area = RB_MAX(area_nodes, &tree->nodes);

    *above = NULL;
    if (USER_END - end_of(area) >= len)
        return USER_END - len;

    area = RB_ROOT(&tree->nodes);
    if (subtree_gap(area) < len)
        return 0;
    for (;;) {
        if (subtree_gap(RB_RIGHT(area, link)) >= len)
            area = RB_RIGHT(area, link);
        else if (area->gap >= len)
            break;
        else
            area = RB_LEFT(area, link);
    }
    *above = area;
    return gap_end(area) - len;
}

vaddr_t area_find_aligned_gap(struct area_tree *tree, size_t len, size_t align, struct area **above)
{
    vaddr_t va = area_find_gap(tree, len, above), bottom;
    if (!va)
        return 0;

    bottom = *above ? gap_end(*above) - (*above)->gap : end_of(RB_MAX(area_nodes, &tree->nodes));
    if (ALIGN_DOWN(va, align) >= bottom)
        return ALIGN_DOWN(va, align);
    return ALIGN_UP(area_find_gap(tree, len + align - PAGE_SIZE, above), align);
}

/* --- looking up -------------------------------------------------------------------------- */

struct area *area_at_or_above(struct area_tree *tree, vaddr_t va)
{
    struct area *area = RB_ROOT(&tree->nodes), *best = NULL;

    while (area) {
        if (va < area->end) {
            best = area;
            if (va >= area->start)
                break;
            area = RB_LEFT(area, link);
        } else {
            area = RB_RIGHT(area, link);
        }
    }
    return best;
}

struct area *area_find(struct area_tree *tree, vaddr_t va)
{
    struct area *area = area_at_or_above(tree, va);

    return area && area->start <= va ? area : NULL;
}

struct area *area_first(struct area_tree *tree)
{
    return RB_MIN(area_nodes, &tree->nodes);
}

struct area *area_next(struct area *area)
{
    return area_nodes_RB_NEXT(area);
}

struct area *area_prev(struct area *area)
{
    return area_nodes_RB_PREV(area);
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

/* Take area out of the tree; it is not freed. above: the next one, or NULL. */
static void area_unlink(struct area_tree *tree, struct area *area, struct area *above)
{
    set_gaps(area, 0, above, above ? gap_above(bottom_of(area), above) : 0);
    RB_REMOVE(area_nodes, &tree->nodes, area);
}

/* Move the limits of area, not past a neighbour's. */
static void area_trim(struct area *area, vaddr_t start, vaddr_t end)
{
    vaddr_t bottom = bottom_of(area);

    area->offset += start - area->start;
    area->start = start;
    area->end = end;
    regap(bottom, area, area_next(area));
}

/* The next one, which goes on where area ends, becomes part of it. The gap between is 0, and the one
 * above stays what it was. */
static void area_absorb(struct area_tree *tree, struct area *area, struct area *above)
{
    area->end = above->end;
    RB_REMOVE(area_nodes, &tree->nodes, above);
    area_free(tree, above);
}

struct area *area_merge(struct area_tree *tree, struct area *area)
{
    struct area *below = area_prev(area), *above = area_next(area);

    if (above && area_continues(area, above))
        area_absorb(tree, area, above);
    if (!below || !area_continues(below, area))
        return area;
    area_absorb(tree, below, area);
    return below;
}

struct area *area_extend_down(struct area_tree *tree, struct area *area, vaddr_t start)
{
    area_trim(area, start, area->end);
    return area_merge(tree, area);
}

struct area *area_insert(struct area_tree *tree, struct area *area, struct area *above)
{
    struct area *below = above ? area_prev(above) : RB_MAX(area_nodes, &tree->nodes);

    /* The common cases, growing a heap up or mappings down, need no new node. */
    if (below && area_continues(below, area)) {
        area_trim(below, below->start, area->end);
        area_free(tree, area);
        return area_merge(tree, below);
    }
    if (above && area_continues(area, above)) {
        area_trim(above, area->start, above->end);
        area_free(tree, area);
        return above;
    }

    link_between(tree, below, area, above);
    regap(end_of(below), area, above);
    return area;
}

/* The gap above stays what it was, and the one between is 0. */
void area_split(struct area_tree *tree, struct area *area, vaddr_t va, struct area *spare)
{
    ASSERT(area->start < va && va < area->end);

    struct area *above = RB_RIGHT(area, link) ? area_next(area) : NULL;
    *spare = *area;
    spare->start = va;
    spare->offset += va - area->start;
    file_get(spare);
    area->end = va;
    link_between(tree, area, spare, above);
}

size_t area_cut(struct area_tree *tree, struct area *first, vaddr_t start, vaddr_t end,
                struct area *spare)
{
    struct area *area = first, *next;
    size_t       bytes = 0;

    if (area && area->start < start) {
        bytes = (area->end < end ? area->end : end) - start;
        if (area->end > end) {
            area_split(tree, area, end, spare);
            spare = NULL;
        }
        area_trim(area, area->start, start);
        area = area_next(area);
    }
    for (; area && area->end <= end; area = next) {
        next = area_next(area);
        bytes += area->end - area->start;
        area_unlink(tree, area, next);
        area_free(tree, area);
    }
    if (area && area->start < end) {
        bytes += end - area->start;
        area_trim(area, end, area->end);
    }
    area_free(tree, spare);
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
           area->gap_max == size_max(area->gap, size_max(left, right));
}

bool area_tree_consistent(struct area_tree *tree)
{
    struct area *area, *below = NULL;

    RB_FOREACH(area, area_nodes, &tree->nodes) {
        if (!area_consistent(area, below))
            return false;
        below = area;
    }
    return true;
}
