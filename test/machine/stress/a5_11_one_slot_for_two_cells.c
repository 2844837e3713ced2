/* SPDX-License-Identifier: Apache-2.0
 * qemu: -smp 4 -accel tcg,thread=multi
 *
 * A.5.11, A.6.6: hart 0 uses one slot in turn for two cells, by B.2, as fast as it can: X, on which
 * nobody has a right and nothing is on offer, and Y with all of that. It is h16_... with three
 * harts that walk all the time, and with instructions: a walk or an instruction that takes X's
 * descriptor with Y's byte or grant succeeds on X; an instruction that writes for Y when the slot
 * is X's leaves a right or a grant there, which the next one finds. (The generation comes round
 * every 2048 fills without a shootdown: to be fooled by that, a walk would have to sleep for
 * exactly so long between two of its reads, and meet Y in the middle.)
 */
#include "lib/stress.h"

#define OPERATIONS 200000
#define MEETINGS   1000

#define X     0x10000000ull
#define Y     0x10002000ull
#define Z     0x10004000ull
#define LIVE  5 /* SDs 1 to 4 have their rows and grants set with each turn */
#define GIVER 2
#define NEW   (P_RWX & ~P_AD) /* A and D are set by walks, which may be late */

static struct table t;
static uint64_t     slot, turns;

/* ---- hart 0, in S ---------------------------------------------------------------------------- */
static void full_fence(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* SD 1's byte changes right behind the hide: a walk that looks at it last would take the other's.
 */
static void reuse(struct desc d, uint8_t byte, uint32_t offer)
{
    volatile struct desc *where = desc(&t, slot);
    volatile uint8_t     *first = perm(&t, 1, slot);
    uint64_t              nothing = desc_empty(X / PAGE - 1).lo;

    where->lo = nothing;
    full_fence();
    *first = byte;
    for (uint64_t sd = 1; sd < LIVE; sd++) {
        *perm(&t, sd, slot) = byte;
        *grant(&t, sd, slot) = sd == GIVER ? offer : NO_GRANT;
    }
    full_fence();
    where->hi = d.hi | (++turns & 0x7ff) << DESC_GENERATION;
    full_fence();
    where->lo = d.lo;
}

/* Z keeps its place and gets a right together with other memory: the words of its range are the
 * same before and after. Nobody else's row is touched. */
static void reuse_in_place(uint64_t frame, uint8_t byte)
{
    volatile struct desc *where = desc(&t, slot);
    volatile uint8_t     *first = perm(&t, 1, slot);
    struct desc           z = desc_make(Z, 1, frame);

    z.hi |= (++turns & 0x7ff) << DESC_GENERATION;
    where->lo = desc_empty(X / PAGE - 1).lo;
    full_fence();
    *first = byte;
    where->hi = z.hi;
    where->lo = z.lo;
}

/* X and Y have the same memory in one turn of four: then the descriptors differ least. */
static void alternate(struct worker *w)
{
    while (stress_goes_on(w)) {
        uint64_t frame = below(w, 4) ? FRAME(1) : FRAME(0);

        for (unsigned n = 0; n < 4; n++) {
            reuse(desc_make(X, 1, frame), P_NONE, NO_GRANT);
            reuse(desc_make(Y, 1, FRAME(1)), NEW, GRANT_WORD(1, RWX));
        }
        reuse(desc_make(Z, 1, FRAME(0)), P_NONE, NO_GRANT);
        for (unsigned n = 0; n < 4; n++) {
            reuse_in_place(FRAME(2), P_RO);
            reuse_in_place(FRAME(0), P_NONE);
        }
    }
}

/* ---- the others, in U ------------------------------------------------------------------------ */
/* Each right on X is refused: by the row of X, or because it is Y's turn, or nobody's. */
static void try_x(struct worker *w)
{
    const struct touch *touch = &touches[below(w, TOUCHES)];
    struct result       r;

    switch (below(w, 8)) {
    case 0:
        r = attempt(w, act_prot, X, R);
        break;
    case 1:
        r = attempt(w, with_rights(act_grant, R), X, 1);
        break;
    case 2:
        r = attempt(w, act_excl, X, R);
        break;
    case 3:
        r = attempt(w, with_rights(act_recv, R), X, 1 + below(w, LIVE - 1));
        if (r.cause != BAD_ADDRESS)
            must_end(w, r, BAD_SD, 1ull << 32 | w->sd);
        w->met += r.cause == BAD_SD;
        return;
    default:
        for (unsigned k = 0; k < 16; k++)
            must_end(w, attempt(w, touch->code, X + PAGE_CODE, 0), touch->first, X + PAGE_CODE);
        return;
    }
    if (r.cause != BAD_ADDRESS)
        must_end(w, r, BAD_RIGHTS, 0x200 | R);
    w->met += r.cause == BAD_RIGHTS;
}

/* What Y's page says is Y, and whatever was done on Y stays there. */
static void use_y(struct worker *w)
{
    struct result r;

    switch (below(w, 8)) {
    case 0:
        attempt(w, with_rights(act_grant, R), Y, 1 + below(w, LIVE - 1));
        break;
    case 1:
        attempt(w, with_rights(act_tfer, RWX), Y, 1 + below(w, LIVE - 1));
        break;
    case 2:
        attempt(w, act_prot, Y, R);
        break;
    case 3:
    case 4:
        attempt(w, with_rights(act_recv, R), Y, GIVER);
        break;
    default:
        r = attempt(w, act_load, Y, 0);
        if (r.cause) {
            must_end(w, r, 13, Y);
            return;
        }
        must_be(w, r.value, Y);
        fence();
    }
}

/* What may be read of Z is the memory that came with the right. Every success is forgotten. */
static void read_z(struct worker *w)
{
    for (unsigned k = 0; k < 16; k++) {
        struct result r = attempt(w, act_load, Z, 0);

        if (r.cause) {
            must_end(w, r, 13, Z);
            continue;
        }
        must_be(w, r.value, Z);
        w->met++;
        fence();
    }
}

static void use(struct worker *w)
{
    be(w, 1);
    while (stress_goes_on(w)) {
        if (below(w, 64) == 0)
            be(w, 1 + below(w, LIVE - 1));
        switch (below(w, 4)) {
        case 0:
            use_y(w);
            break;
        case 1:
            read_z(w);
            break;
        default:
            try_x(w);
        }
    }
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = X, .pages = 1, .pa = FRAME(0), .row = {0, P_NONE, P_NONE, P_NONE, P_NONE}},
    };
    uint64_t factor = stress_factor();

    put_page(FRAME(0), X);
    put_page(FRAME(1), Y);
    put_page(FRAME(2), Z);
    t = CELLS_ON(cells);
    slot = slot_of(&t, X);
    stress_run(&(struct stress){
        .mode = {MODE_S, MODE_U, MODE_U, MODE_U},
        .table = &t,
        .operations = OPERATIONS * factor,
        .meetings = MEETINGS * factor,
        .work = {alternate, use, use, use},
    });
    stress_report();
    print("# %d turns\n", turns);
    return 0;
}
