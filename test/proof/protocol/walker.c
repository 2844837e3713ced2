/* SPDX-License-Identifier: Apache-2.0 */
/* walker.c - one hart that looks one page up, uses it once, and perhaps again from its cache.
 *
 * The walk of A.5.5 to A.5.14, one access to memory a step, in this order: descriptors of the
 * search, byte, compare-exchange of A and D where one is missing, and the descriptor again.
 */
#include "world.h"

static const struct access *wish(unsigned hart)
{
    return &world_access[hart];
}

static uint8_t needed(unsigned hart)
{
    return A | (wish(hart)->store ? D : 0);
}

static void forget(struct walker *w)
{
    w->lo = w->hi = w->mid = w->dlo = w->p = 0;
    w->dhi = 0;
}

static void forget_truths(struct walker *w)
{
    w->stages_seen = w->rights_seen = 0;
    w->unmapped_seen = 0;
}

static void start_search(const struct state *s, unsigned hart, struct walker *w)
{
    const struct table *t = world_table(s, hart);
    forget(w);
    w->lo = t->first;
    w->hi = t->past;
    w->pc = PROBE;
}

static void restart(const struct state *s, unsigned hart, struct walker *w)
{
    world_count.restarts++;
    start_search(s, hart, w);
}

/* Whether some truth during the walk denies the access. */
static bool denied_by_a_truth(unsigned hart, const struct walker *w)
{
    if (w->unmapped_seen)
        return true;
    for (unsigned rights = 0; rights < 16; rights++) {
        if (w->rights_seen >> rights & 1 && !world_allows((uint8_t)rights, wish(hart)->store))
            return true;
    }
    return false;
}

static void fault(struct state *s, unsigned hart)
{
    struct walker *w = &s->w[hart];
    bool           during_edit = w->early && (s->segment || s->done);

    if (!denied_by_a_truth(hart, w)) {
        if (!during_edit)
            world_fail("S3", "fault without an edit in progress on a page that is mapped");
        else if (!world_plan->affected[wish(hart)->page])
            world_fail("S2", "spurious fault on a page that the edit does not touch");
        else
            world_count.spurious_faults++;
    }
    forget(w);
    forget_truths(w);
    w->pc = FAULT;
}

static bool was_true(const struct walker *w, int page, int frame)
{
    for (int stage = 0; stage <= world_plan->stage; stage++) {
        if (w->stages_seen >> stage & 1 && frame && world_plan->frame[stage][page] == frame)
            return true;
    }
    return false;
}

static void succeed(struct state *s, unsigned hart)
{
    struct walker *w = &s->w[hart];
    int            page = wish(hart)->page;
    int            frame = (w->dhi & 0x7f) + page - range_start(w->dlo);
    uint8_t        byte = w->p;

    if (!was_true(w, page, frame))
        world_fail("S1", "walk ends with a frame that was not the truth");
    if (!(w->rights_seen >> (byte & RIGHTS) & 1))
        world_fail("S1", "walk ends with rights that were not the truth");
    if (wish(hart)->store)
        w->stored = 1;
    forget(w);
    forget_truths(w);
    w->frame = (uint8_t)frame;
    w->p = byte | needed(hart);
    w->pc = ACCESS;
}

/* The access itself, which is data going to or coming from a frame. */
static void use_frame(struct state *s, unsigned hart)
{
    const struct plan   *p = world_plan;
    const struct walker *w = &s->w[hart];
    int                  page = wish(hart)->page;

    if (p->migrates && p->frame[0][page] != p->frame[p->stage][page]) {
        if (w->frame != p->frame[0][page] && !s->copied)
            world_fail("S4", "new frame used before the copy");
        if (w->frame == p->frame[0][page] && wish(hart)->store)
            s->lost = 1; /* unless a copy follows */
    }
    for (unsigned h = 0; h < HARTS && wish(hart)->store; h++) {
        if (h != hart && wish(h)->on && wish(h)->page == page && s->w[h].pc == TLB &&
            s->w[h].frame != w->frame)
            world_fail("S8", "store to one frame while another hart still uses the other");
    }
}

/* --- steps --- */

static void probe(struct state *s, unsigned hart)
{
    struct walker *w = &s->w[hart];
    int            page = wish(hart)->page;

    if (w->lo >= w->hi) {
        fault(s, hart);
        return;
    }
    uint8_t mid = (uint8_t)(w->lo + (w->hi - w->lo) / 2), lo = s->lo[mid];
    if (page > range_end(lo)) {
        w->lo = mid + 1;
    } else if (page < range_start(lo)) {
        w->hi = mid;
    } else {
        w->mid = mid;
        w->dlo = lo;
        w->lo = w->hi = 0;
        w->dhi = world_fault == HALVES ? 0 : s->hi[mid];
        w->pc = world_fault == HALVES ? PROBE_HI : PERM;
    }
}

static bool unchanged(const struct state *s, const struct walker *w)
{
    bool lo = s->lo[w->mid] == w->dlo, hi = s->hi[w->mid] == w->dhi;
    return lo && (hi || world_fault == REREAD_LOW_ONLY);
}

static void read_byte(struct state *s, unsigned hart)
{
    struct walker *w = &s->w[hart];
    uint8_t        byte = s->perm[wish(hart)->row][w->mid];
    bool           complete = (byte & needed(hart)) == needed(hart);

    if (!(w->dhi & VALID) || !world_allows(byte, wish(hart)->store)) {
        fault(s, hart);
        return;
    }
    w->p = byte;
    w->pc = complete ? REREAD : CAS;
    if (world_fault == REREAD_EARLY && !unchanged(s, w))
        restart(s, hart, w);
    else if (complete && (world_fault == NO_REREAD || world_fault == REREAD_EARLY))
        succeed(s, hart);
}

static void compare_exchange(struct state *s, unsigned hart)
{
    struct walker *w = &s->w[hart];
    uint8_t       *byte = &s->perm[wish(hart)->row][w->mid];

    if (*byte != w->p && world_fault != PLAIN_AD) {
        restart(s, hart, w);
        return;
    }
    *byte = w->p | needed(hart);
    if (world_fault == NO_REREAD || world_fault == REREAD_EARLY)
        succeed(s, hart);
    else
        w->pc = REREAD;
}

static void read_again(struct state *s, unsigned hart)
{
    struct walker *w = &s->w[hart];

    if (world_fault == HALVES && w->pc == REREAD && s->lo[w->mid] == w->dlo)
        w->pc = REREAD_HI;
    else if (w->pc == REREAD_HI ? s->hi[w->mid] == w->dhi : unchanged(s, w))
        succeed(s, hart);
    else
        restart(s, hart, w);
}

static void check_table_is_ours(const struct state *s, unsigned hart)
{
    if (s->freed && !(s->second >> hart & 1) && s->w[hart].pc < ACCESS)
        world_fail("S8", "walk of a table that was freed");
}

bool walker_step(struct state *s, unsigned hart)
{
    struct walker *w = &s->w[hart];

    if (s->stopped >> hart & 1)
        return false;
    if (w->pc < FAULT)
        check_table_is_ours(s, hart);
    switch (w->pc) {
    case IDLE:
        w->early = s->segment != DONE;
        start_search(s, hart, w);
        return true;
    case PROBE:
        probe(s, hart);
        return true;
    case PROBE_HI:
        w->dhi = s->hi[w->mid];
        w->pc = PERM;
        return true;
    case PERM:
        read_byte(s, hart);
        return true;
    case CAS:
        compare_exchange(s, hart);
        return true;
    case REREAD:
    case REREAD_HI:
        read_again(s, hart);
        return true;
    case ACCESS:
        use_frame(s, hart);
        w->pc = w->uncached ? END : TLB;
        return true;
    case TLB: /* a later access through what is cached */
        use_frame(s, hart);
        return true;
    default:
        return false;
    }
}
