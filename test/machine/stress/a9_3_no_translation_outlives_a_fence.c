/* SPDX-License-Identifier: Apache-2.0
 * qemu: -smp 4 -accel tcg,thread=multi
 *
 * A.9.3, A.5.10, A.5.14: hart 0 gives pages other memory while three harts are at them, and says
 * which memory is in force since. Whoever has read that and then fenced never meets older memory,
 * in none of its compartments, whatever walk was under way meanwhile. The other half is D: hart 0
 * clears it, has everybody fence, and copies the page; as long as D is clear since, the page is
 * what was copied.
 */
#include "lib/stress.h"

#define OPERATIONS 8000
#define MEETINGS   40
#define WRITTEN    10

#define SDS    8
#define MOVING 2 /* pages that are given other memory, FRAMES_EACH in turn */
#define DIRTY  2 /* pages whose D is cleared */
#define VA(c)  (0x10000000ull + 0x2000 * (c))

#define FRAMES_EACH 6
#define DIRTY_FRAME (MOVING * FRAMES_EACH)

static struct table t;

static uint32_t          in_force[MOVING]; /* a page's memory carries this number, or a later one */
static volatile uint32_t given[FRAMES];    /* the last number of each frame */
static uint64_t          asked, acknowledged[HARTS];
static uint64_t          copied;    /* the shootdown after which the page is written again */
static uint64_t collected, written; /* times that D was cleared; and that it was found set again */

/* Every hart has met the others, and hart 0 has seen writing often enough. */
static bool goes_on(struct worker *w)
{
    return stress_goes_on(w) || __atomic_load_n(&written, __ATOMIC_ACQUIRE) < WRITTEN;
}

/* ---- hart 0, in S ---------------------------------------------------------------------------- */
/* Number n goes into the n-th frame. That was in force long ago: who uses it still has not fenced
 * since, and finds a later number, not an earlier one. Code in a frame that may be in use stays as
 * it is: it returns the frame, whose number is in given[]. */
static void give_memory(uint64_t c)
{
    uint32_t              n = in_force[c] + 1, frame = FRAMES_EACH * (uint32_t)c + n % FRAMES_EACH;
    volatile struct desc *d = desc(&t, slot_of(&t, VA(c)));
    uint64_t              generation = d->hi + (1ull << DESC_GENERATION);

    given[frame] = n;
    *word_at(FRAME(frame)) = n;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    d->hi = (desc_make(VA(c), 1, FRAME(frame)).hi & ~(0x7ffull << DESC_GENERATION)) |
            (generation & 0x7ffull << DESC_GENERATION);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    __atomic_store_n(&in_force[c], n, __ATOMIC_RELEASE);
}

/* Every other hart fences between two of its instructions. Meanwhile memory is given on. */
static void all_fence(struct worker *w)
{
    uint64_t number = asked + 1;

    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    __atomic_store_n(&asked, number, __ATOMIC_RELEASE);
    fence();
    for (uint64_t h = 1; h < HARTS; h++) {
        while (__atomic_load_n(&acknowledged[h], __ATOMIC_ACQUIRE) < number) {
            if (below(w, 64) == 0)
                give_memory(below(w, MOVING));
        }
    }
}

/* The D bits of all rows of a slot; and clear them, by an AMO on the word (B.2.6). */
static uint8_t dirty(uint64_t slot)
{
    uint8_t bits = 0;

    for (uint64_t sd = 0; sd < SDS; sd++)
        bits |= *perm(&t, sd, slot) & P_D;
    return bits;
}

static void clear_dirty(uint64_t slot)
{
    for (uint64_t sd = 0; sd < SDS; sd++) {
        uint64_t at = (uint64_t)perm(&t, sd, slot);

        __atomic_fetch_and((uint32_t *)(at & ~3ull), ~((uint32_t)P_D << 8 * (at & 3)),
                           __ATOMIC_SEQ_CST);
    }
}

/* The words that are written: one in each line from PAGE_DATA on. */
#define WORDS (8 * HARTS)

static uint64_t word_of(uint64_t c, uint64_t k)
{
    return __atomic_load_n(word_at(FRAME(DIRTY_FRAME + c) + PAGE_DATA + 64 * k), __ATOMIC_SEQ_CST);
}

/* Nobody writes between his answer and here. */
static bool copy_page(uint64_t c, uint64_t copy[WORDS], uint64_t slot)
{
    bool clean;

    for (uint64_t k = 0; k < WORDS; k++)
        copy[k] = word_of(c, k);
    clean = !dirty(slot);
    __atomic_store_n(&copied, asked, __ATOMIC_RELEASE);
    return clean;
}

/* Until somebody writes, and sets D first, the page stays as it was copied. */
static void compare_until_dirty(struct worker *w, uint64_t c, const uint64_t copy[WORDS],
                                uint64_t slot)
{
    while (!dirty(slot) && goes_on(w)) {
        uint64_t k = below(w, WORDS), now = word_of(c, k);

        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (!dirty(slot))
            must_be(w, now, copy[k]);
    }
    __atomic_fetch_add(&written, 1, __ATOMIC_RELEASE);
}

/* D is cleared while the others write, who may set it again before they fence, or while they
 * rest. */
static void collect(struct worker *w, uint64_t c)
{
    uint64_t copy[WORDS], slot = slot_of(&t, VA(MOVING + c));
    bool     rest = below(w, 2), clean;

    if (rest)
        all_fence(w);
    clear_dirty(slot);
    all_fence(w);
    collected++;
    clean = copy_page(c, copy, slot);
    must_be(w, clean || !rest, true);
    if (clean)
        compare_until_dirty(w, c, copy, slot);
}

static void edit(struct worker *w)
{
    while (goes_on(w)) {
        give_memory(below(w, MOVING));
        collect(w, below(w, DIRTY));
    }
}

/* ---- the others, in U ------------------------------------------------------------------------ */
static void answer(struct worker *w)
{
    uint64_t number = __atomic_load_n(&asked, __ATOMIC_ACQUIRE);

    if (acknowledged[w->hart] == number)
        return;
    fence();
    __atomic_store_n(&acknowledged[w->hart], number, __ATOMIC_RELEASE);
}

/* The number of the memory that was met there. */
static uint64_t number_at(struct worker *w, uint64_t c)
{
    bool          by_call = below(w, 4) == 0;
    struct result r = attempt(w, by_call ? act_call : act_load, VA(c) + (by_call ? PAGE_CODE : 0),
                              0);

    must_end(w, r, 0, 0);
    return by_call ? given[r.value / PAGE] : r.value;
}

/* Use it with what is cached, in several compartments; fence in one of them; use it again in all.
 * */
static void look(struct worker *w)
{
    static uint64_t last[HARTS][MOVING];
    uint64_t        c = below(w, MOVING), sd = w->sd, since;

    number_at(w, c);
    since = __atomic_load_n(&in_force[c], __ATOMIC_ACQUIRE);
    be(w, 1 + below(w, SDS - 1));
    fence();
    must_be(w, number_at(w, c) >= since, true);
    be(w, sd);
    must_be(w, number_at(w, c) >= since, true);
    w->met += since != last[w->hart][c];
    last[w->hart][c] = since;
}

static void scribble(struct worker *w)
{
    uint64_t at = VA(MOVING + below(w, DIRTY)) + PAGE_DATA + 64 * below(w, WORDS);

    must_end(w, attempt(w, below(w, 2) ? act_store : act_add, at, random_number(w)), 0, 0);
}

static void use(struct worker *w)
{
    while (goes_on(w)) {
        answer(w);
        be(w, 1 + below(w, SDS - 1));
        if (below(w, 16) == 0 &&
            __atomic_load_n(&copied, __ATOMIC_ACQUIRE) >= acknowledged[w->hart])
            scribble(w);
        else
            look(w);
    }
    __atomic_store_n(&acknowledged[w->hart], ~0ull, __ATOMIC_RELEASE);
}

int main(void)
{
    uint64_t    factor = stress_factor();
    struct cell cells[MOVING + DIRTY];

    for (uint64_t c = 0; c < MOVING + DIRTY; c++) {
        uint64_t frame = c < MOVING ? FRAMES_EACH * c : DIRTY_FRAME + c - MOVING;

        cells[c] = (struct cell){.va = VA(c),
                                 .pages = 1,
                                 .pa = FRAME(frame),
                                 .row = {P_RW, P_RWX, P_RWX, P_RWX, P_RWX, P_RWX, P_RWX, P_RWX}};
    }
    t = CELLS_ON(cells);
    for (uint64_t f = 0; f < MOVING * FRAMES_EACH; f++) {
        put_page(FRAME(f), f * PAGE);
        *word_at(FRAME(f)) = 0;
    }
    stress_run(&(struct stress){
        .mode = {MODE_S, MODE_U, MODE_U, MODE_U},
        .table = &t,
        .operations = OPERATIONS * factor,
        .meetings = MEETINGS * factor,
        .work = {edit, use, use, use},
    });
    stress_report();
    print("# memory was given %d times, D cleared %d times and set again %d times\n",
          (uint64_t)in_force[0] + in_force[1], collected, written);
    return 0;
}
