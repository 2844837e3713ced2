/* SPDX-License-Identifier: Apache-2.0 */
/* invariants.c - what must hold (docs/edit-protocol.md names the properties).
 *
 * S1 to S3, S6 and parts of S4 and S8 are looked at where they happen, in walker.c and user.c. Here:
 * what every state must satisfy in which the edit has returned.
 */
#include "world.h"

const struct plan *world_plan;
struct access      world_access[HARTS];
struct user        world_user[USERS];
enum machine_fault world_fault;
bool               world_any_order;
const char        *world_violation, *world_violation_text;
struct counters    world_count;

void world_fail(const char *property, const char *text)
{
    if (world_violation)
        return;
    world_violation = property;
    world_violation_text = text;
}

const struct table *world_table(const struct state *s, unsigned hart)
{
    return &world_plan->table[s->second >> hart & 1];
}

int world_find(const struct state *s, const struct table *t, int page)
{
    int lo = t->first, hi = t->past;
    while (lo < hi) {
        int mid = lo + (hi - lo) / 2;
        if (page > range_end(s->lo[mid]))
            lo = mid + 1;
        else if (page < range_start(s->lo[mid]))
            hi = mid;
        else
            return mid;
    }
    return 0;
}

/* A.5.8 and A.5.9. */
bool world_allows(uint8_t byte, bool store)
{
    int rwx = byte & RWX;
    return byte & V && rwx != W && rwx != (W | X) && byte & (store ? W : R);
}

void world_see(struct state *s)
{
    for (unsigned h = 0; h < HARTS; h++) {
        struct walker *w = &s->w[h];
        if (w->pc == IDLE || w->pc >= ACCESS)
            continue;
        uint8_t rights = s->rights[world_access[h].row][world_access[h].page];
        w->stages_seen |= (uint16_t)(1u << s->stage);
        if (rights == UNMAPPED)
            w->unmapped_seen = 1;
        else
            w->rights_seen |= (uint16_t)(1u << rights);
    }
}

/* --- when the edit has returned --- */

static int next_live_start(const struct state *s, const struct table *t, int slot)
{
    for (int i = slot + 1; i < t->past; i++) {
        if (range_start(s->lo[i]) <= range_end(s->lo[i]))
            return range_start(s->lo[i]);
    }
    return NO_RIGHT;
}

static void check_empty(const struct state *s, const struct table *t, int slot, int end_before)
{
    int start = range_start(s->lo[slot]), end = range_end(s->lo[slot]);

    if (start != end + 1)
        world_fail("S7", "odd empty range");
    if (s->hi[slot] & 0xff)
        world_fail("S7", "empty slot keeps base or valid");
    for (int row = 0; row < ROWS; row++) {
        if (s->perm[row][slot] || s->grant[row][slot] != NO_GRANT)
            world_fail("S7", "empty slot keeps rights or grants");
    }
    if (end < end_before || start > next_live_start(s, t, slot))
        world_fail("S7", "empty range outside its gap");
}

static void check_table(const struct state *s, const struct table *t)
{
    int end_before = 0;

    for (int i = t->first; i < t->past; i++) {
        int start = range_start(s->lo[i]), end = range_end(s->lo[i]);
        if (i > t->first && end < range_end(s->lo[i - 1]))
            world_fail("S7", "ends of slots fall");
        if (start > end) {
            check_empty(s, t, i, end_before);
            continue;
        }
        if (start <= end_before)
            world_fail("S7", "cells overlap or are out of order");
        if (!(s->hi[i] & VALID))
            world_fail("S7", "live cell is not valid");
        end_before = end;
    }
}

static void check_revoked(const struct state *s, int slot, int row)
{
    if (s->perm[row][slot] & RWX)
        world_fail("S5", "revoked rights are back");
    for (int granter = 0; granter < ROWS; granter++) {
        if (s->grant[granter][slot] >> 4 == row + 1)
            world_fail("S5", "revoked rights can be received again");
    }
}

static void check_page(const struct state *s, const struct table *t, int page)
{
    const struct plan *p = world_plan;
    int                slot = world_find(s, t, page), frame = p->frame[s->stage][page];

    if (!slot) {
        if (frame)
            world_fail("S7", "mapped page is not found");
        return;
    }
    if ((s->hi[slot] & 0x7f) + page - range_start(s->lo[slot]) != frame)
        world_fail("S7", "page has the wrong frame");
    for (int row = 0; row < ROWS; row++) {
        unsigned have = s->perm[row][slot] & RIGHTS, truth = s->rights[row][page];
        if (have != truth)
            world_fail(truth & ~have & RIGHTS ? "S6" : "S5", "final rights are not the truth");
        if (s->grant[row][slot] != s->grants[row][page])
            world_fail("S5", "final grant is not the truth");
        if (p->revoked >> row & 1 && p->revoked_page[page] && !s->regranted && !s->aborted)
            check_revoked(s, slot, row);
    }
}

static void check_hart(const struct state *s, const struct table *t, unsigned hart)
{
    const struct access *a = &world_access[hart];
    const struct walker *w = &s->w[hart];
    int                  frame = world_plan->frame[s->stage][a->page];
    int                  slot = world_find(s, t, a->page);
    bool                 dirty = slot && s->perm[a->row][slot] & D;
    bool                 cached = w->pc == TLB || w->pc == ACCESS;

    if (w->stored && frame && !dirty && !s->taken[a->row])
        world_fail("S4", "dirty bit of a completed store is lost");
    if (w->stored && !frame && world_plan->collects && !dirty && !s->taken[a->row])
        world_fail("S4", "dirty bit of a removed page was not collected");
    if (cached && w->frame != frame)
        world_fail("S8", "old frame still usable when the edit returns");
    if (cached && !w->uncached && frame && w->p & RIGHTS & ~s->rights[a->row][a->page])
        world_fail("S8", "old rights still usable when the edit returns");
    if (cached && a->store && frame && !dirty)
        world_fail("S4", "writable translation is cached with D clear");
}

/* Not wrong, but counted: D on a cell that nobody stores to. */
static void count_stray_dirty(const struct state *s, const struct table *t)
{
    if (world_plan->in_place || world_plan->dirty)
        return;
    for (int i = t->first; i < t->past; i++) {
        bool mine = false;
        for (unsigned h = 0; h < HARTS; h++)
            mine |= world_access[h].on && world_find(s, t, world_access[h].page) == i;
        for (int row = 0; row < ROWS; row++)
            world_count.stray_dirty += !mine && s->perm[row][i] & D;
    }
}

void world_check_done(const struct state *s)
{
    const struct table *t = &world_plan->table[world_plan->replaces];

    check_table(s, t);
    for (int q = 1; q < PAGES; q++)
        check_page(s, t, q);
    for (unsigned h = 0; h < HARTS; h++) {
        if (world_access[h].on)
            check_hart(s, t, h);
    }
    if (world_plan->migrates && s->lost && s->copied)
        world_fail("S4", "data stored to the old frame after the copy is lost");
    count_stray_dirty(s, t);
}
