/* SPDX-License-Identifier: Apache-2.0 */
/* user.c - the instructions prot, grant, tfer and recv, each one step (A.6.6). */
#include "world.h"

enum { PENDING, COMPLETED, REFUSED };

/* A cell that is not found: cause 24. The handler looks again if the edit has the page in hand. */
static void refuse_unfound(struct state *s, const struct user *u)
{
    if (s->rights[u->row][u->page] == UNMAPPED)
        return;
    if (world_plan->affected[u->page] && s->segment != DONE)
        world_count.spurious_refusals++;
    else
        world_fail("S2", "user instruction does not find a cell that no edit touches");
}

static void check_against_truth(const struct state *s, const struct user *u, int slot, int page)
{
    if (s->rights[u->row][page] != (s->perm[u->row][slot] & RIGHTS))
        world_fail("S6", "user instruction meets a permission byte that is not the truth");
    if (s->grants[u->row][page] != s->grant[u->row][slot] ||
        (u->kind == RECV && s->grants[u->other][page] != s->grant[u->other][slot]))
        world_fail("S6", "user instruction meets a grant that is not the truth");
}

static bool receive(struct state *s, const struct user *u, int slot)
{
    uint8_t *offer = &s->grant[u->other][slot];

    if (*offer >> 4 != u->row + 1 || (u->perm & ~*offer & RWX))
        return false;
    *offer = (*offer & RWX) == u->perm ? NO_GRANT : (uint8_t)(*offer & ~u->perm);
    s->perm[u->row][slot] |= V | u->perm;
    return true;
}

static bool give(struct state *s, const struct user *u, int slot)
{
    uint8_t *byte = &s->perm[u->row][slot];

    if (!(*byte & V) || !(*byte & RWX) || u->perm & ~*byte)
        return false;
    if (u->kind == PROT)
        *byte = (uint8_t)((*byte & ~RWX) | u->perm);
    else
        s->grant[u->row][slot] = (uint8_t)((u->other + 1) << 4 | u->perm);
    if (u->kind == TFER)
        *byte &= (uint8_t)~RWX;
    return true;
}

/* prot and tfer drop what is cached of the row on every hart. */
static void drop_cached(struct state *s, const struct user *u, int start, int end)
{
    for (unsigned h = 0; h < HARTS; h++) {
        const struct access *a = &world_access[h];
        struct walker       *w = &s->w[h];
        if (!a->on || a->row != u->row || a->page < start || a->page > end)
            continue;
        if (w->pc == TLB)
            w->pc = END;
        else if (w->pc != IDLE && w->pc < TLB)
            w->uncached = 1;
    }
}

static void make_true(struct state *s, const struct user *u, int slot, int start, int end)
{
    for (int q = start; q <= end; q++) {
        s->rights[u->row][q] = s->perm[u->row][slot] & RIGHTS;
        s->grants[u->row][q] = s->grant[u->row][slot];
        if (u->kind == RECV)
            s->grants[u->other][q] = s->grant[u->other][slot];
    }
}

void user_step(struct state *s, unsigned user)
{
    const struct user *u = &world_user[user];
    unsigned           hart = HARTS + user;

    if (s->freed && !(s->second >> hart & 1))
        world_fail("S8", "user instruction on a table that was freed");
    int slot = world_find(s, world_table(s, hart), u->page);
    s->user_done[user] = REFUSED;
    if (!slot) {
        refuse_unfound(s, u);
        return;
    }
    int start = range_start(s->lo[slot]), end = range_end(s->lo[slot]);
    if (end >= PAGES)
        end = PAGES - 1;
    for (int q = start; q <= end; q++)
        check_against_truth(s, u, slot, q);
    if (!(u->kind == RECV ? receive(s, u, slot) : give(s, u, slot)))
        return;

    s->user_done[user] = COMPLETED;
    if ((u->kind == GRANT || u->kind == TFER) && s->stage >= world_plan->revoke_stage)
        s->regranted = 1;
    make_true(s, u, slot, start, end);
    if (u->kind == PROT || u->kind == TFER)
        drop_cached(s, u, start, end);
}
