/* SPDX-License-Identifier: Apache-2.0 */
/* area.c - a balanced tree of areas that also answers "where is the highest gap of this size".
 *
 * Each node keeps the gap below it and the largest gap of its subtree. A node whose gap is 0 can
 * come and go without changing the maximum of any subtree, but for those of nodes that are turned
 * or replaced, which tree.h has computed again (RB_AUGMENT). So a node is inserted and removed with a
 * gap of 0, and a gap is only changed by set_gap(), which walks up as far as a maximum changes.
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
RB_GENERATE_STATIC(area_tree, area, link, area_compare)

/* --- one area ---------------------------------------------------------------------------- */

struct area *area_new(void)
{
    return kzalloc(sizeof(struct area));
}

static void file_get(const struct area *area)
{
    if (area->file && area->file->ops->acquire)
        area->file->ops->acquire(area->file);
}

void area_free(struct area *area)
{
    if (!area)
        return;
    if (area->file && area->file->ops->release)
        area->file->ops->release(area->file);
    kfree(area);
}

/* upper starts where lower ends; could they be one? */
static bool area_continues(const struct area *lower, const struct area *upper)
{
    if (lower->end != upper->start || lower->prot != upper->prot || lower->flags != upper->flags ||
        lower->dom != upper->dom || lower->file != upper->file || lower->name != upper->name)
        return false;
    return !lower->file || lower->offset + (lower->end - lower->start) == upper->offset;
}

/* --- gaps -------------------------------------------------------------------------------- */

static void set_gap(struct area *area, size_t gap)
{
    size_t before;

    area->gap = gap;
    do {
        before = area->gap_max;
        area_augment(area);
    } while (area->gap_max != before && (area = RB_PARENT(area, link)));
}

static size_t gap_below(struct area *area)
{
    struct area *below = area_prev(area);
    size_t       space = area->start - (below ? below->end : USER_MIN);
    size_t       guard = area->flags & AREA_STACK ? AREA_STACK_GAP : 0;

    return space > guard ? space - guard : 0;
}

/* The space below area changed. NULL: there is no such area. */
static void regap(struct area *area)
{
    if (area)
        set_gap(area, gap_below(area));
}

/* Where the usable gap below area ends. */
static vaddr_t gap_end(const struct area *area)
{
    return area->flags & AREA_STACK ? area->start - AREA_STACK_GAP : area->start;
}

vaddr_t area_find_gap(struct area_tree *tree, size_t len)
{
    struct area *last = RB_MAX(area_tree, tree);
    vaddr_t      top = last ? last->end : USER_MIN;

    if (USER_END - top >= len)
        return USER_END - len;

    struct area *area = RB_ROOT(tree);
    if (subtree_gap(area) < len)
        return 0;
    for (;;) {
        if (subtree_gap(RB_RIGHT(area, link)) >= len)
            area = RB_RIGHT(area, link);
        else if (area->gap >= len)
            return gap_end(area) - len;
        else
            area = RB_LEFT(area, link);
    }
}

/* --- looking up -------------------------------------------------------------------------- */

struct area *area_at_or_above(struct area_tree *tree, vaddr_t va)
{
    struct area *area = RB_ROOT(tree), *best = NULL;

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
    return RB_MIN(area_tree, tree);
}

struct area *area_next(struct area *area)
{
    return area_tree_RB_NEXT(area);
}

struct area *area_prev(struct area *area)
{
    return area_tree_RB_PREV(area);
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

static void area_link(struct area_tree *tree, struct area *area)
{
    area->gap = area->gap_max = 0;
    RB_INSERT(area_tree, tree, area);
    regap(area);
}

/* Take area out of the tree; it is not freed. */
static void area_unlink(struct area_tree *tree, struct area *area)
{
    struct area *above = area_next(area);

    set_gap(area, 0);
    RB_REMOVE(area_tree, tree, area);
    regap(above);
}

/* Move the limits of area, not past a neighbour's. */
static void area_trim(struct area *area, vaddr_t start, vaddr_t end)
{
    area->offset += start - area->start;
    area->start = start;
    area->end = end;
    regap(area);
    regap(area_next(area));
}

struct area *area_merge(struct area_tree *tree, struct area *area)
{
    struct area *below = area_prev(area), *above = area_next(area);

    if (above && area_continues(area, above)) {
        vaddr_t end = above->end;
        area_unlink(tree, above);
        area_free(above);
        area_trim(area, area->start, end);
    }
    if (below && area_continues(below, area)) {
        vaddr_t end = area->end;
        area_unlink(tree, area);
        area_free(area);
        area_trim(below, below->start, end);
        area = below;
    }
    return area;
}

struct area *area_extend_down(struct area_tree *tree, struct area *area, vaddr_t start)
{
    area_trim(area, start, area->end);
    return area_merge(tree, area);
}

struct area *area_insert(struct area_tree *tree, struct area *area)
{
    struct area *above = area_at_or_above(tree, area->start);
    struct area *below = above ? area_prev(above) : RB_MAX(area_tree, tree);

    /* The common cases, growing a heap up or mappings down, need no new node. */
    if (below && area_continues(below, area)) {
        area_trim(below, below->start, area->end);
        area_free(area);
        return area_merge(tree, below);
    }
    if (above && area_continues(area, above)) {
        area_trim(above, area->start, above->end);
        area_free(area);
        return above;
    }

    area_link(tree, area);
    regap(above);
    return area;
}

void area_split(struct area_tree *tree, struct area *area, vaddr_t va, struct area *spare)
{
    ASSERT(area->start < va && va < area->end);

    *spare = *area;
    spare->start = va;
    spare->offset += va - area->start;
    file_get(spare);

    area->end = va; /* the gap above stays what it was, and the one between is 0 */
    area_link(tree, spare);
}

void area_cut(struct area_tree *tree, vaddr_t start, vaddr_t end, struct area *spare)
{
    struct area *area = area_at_or_above(tree, start);

    if (area && area->start < start) {
        if (area->end > end) {
            area_split(tree, area, end, spare);
            spare = NULL;
        }
        area_trim(area, area->start, start);
        area = area_next(area);
    }
    while (area && area->end <= end) {
        struct area *next = area_next(area);
        area_unlink(tree, area);
        area_free(area);
        area = next;
    }
    if (area && area->start < end)
        area_trim(area, end, area->end);
    area_free(spare);
}

/* --- checking ---------------------------------------------------------------------------- */

static bool area_consistent(struct area *area, const struct area *below)
{
    size_t left = subtree_gap(RB_LEFT(area, link)), right = subtree_gap(RB_RIGHT(area, link));

    if (area->start >= area->end || ((area->start | area->end) & PAGE_MASK))
        return false;
    if (area->start < (below ? below->end : USER_MIN) || area->end > USER_END)
        return false;
    if (below && area_continues(below, area))
        return false;
    return area->gap == gap_below(area) &&
           area->gap_max == size_max(area->gap, size_max(left, right));
}

bool area_tree_consistent(struct area_tree *tree)
{
    struct area *area, *below = NULL;

    RB_FOREACH(area, area_tree, tree) {
        if (!area_consistent(area, below))
            return false;
        below = area;
    }
    return true;
}
