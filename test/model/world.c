/* SPDX-License-Identifier: Apache-2.0
 *
 * world.c - random tables, from orderly to hostile, and the hart that meets them. See world.h.
 *
 * A table is mostly such as a kernel would keep it, or nothing would ever succeed; then some of its
 * parts are spoiled. The weights were chosen by what the comparison counts (see README.md):
 * every outcome of every instruction must come up often.
 */
#include "world.h"

#include "table.h"

#define PAGE 4096ull

uint64_t rng_next(struct rng *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

uint64_t rng_below(struct rng *r, uint64_t n)
{
    return (rng_next(r) >> 16) % n;
}

bool rng_once_in(struct rng *r, uint64_t n)
{
    return rng_below(r, n) == 0;
}

/* ---- the arena ------------------------------------------------------------------------------- */

static void put(struct world *w, uint64_t pa, size_t len, uint64_t value)
{
    for (size_t k = 0; k < len; k++) {
        if (pa + k >= ARENA_BASE && pa + k < ARENA_END)
            w->mem.bytes[pa + k - ARENA_BASE] = (uint8_t)(value >> (8 * k));
    }
}

static uint64_t get(struct world *w, uint64_t pa, size_t len)
{
    uint64_t value = 0;

    for (size_t k = 0; k < len; k++) {
        if (pa + k >= ARENA_BASE && pa + k < ARENA_END)
            value |= (uint64_t)w->mem.bytes[pa + k - ARENA_BASE] << (8 * k);
    }
    return value;
}

static struct ref_table layout(const struct world *w)
{
    return (struct ref_table){.base = w->base, .R = w->R, .T = w->T};
}

static uint64_t desc_at(struct world *w, uint64_t slot)
{
    struct ref_table t = layout(w);

    return ref_desc_at(&t, slot);
}

static uint64_t perm_at(struct world *w, uint64_t sd, uint64_t slot)
{
    struct ref_table t = layout(w);

    return ref_perm_at(&t, sd, slot);
}

static uint64_t grant_at(struct world *w, uint64_t sd, uint64_t slot)
{
    struct ref_table t = layout(w);

    return ref_grant_at(&t, sd, slot);
}

bool world_byte(struct world *w, uint64_t sd, uint64_t slot, uint8_t **byte)
{
    uint64_t at = perm_at(w, sd, slot);

    *byte = &w->mem.bytes[at - ARENA_BASE];
    return at >= ARENA_BASE && at < ARENA_END;
}

uint32_t world_grant(struct world *w, uint64_t sd, uint64_t slot)
{
    return (uint32_t)get(w, grant_at(w, sd, slot), 4);
}

uint64_t world_start(struct world *w, uint64_t slot)
{
    return ref_bits(get(w, desc_at(w, slot), 8), 35, 0);
}

uint64_t world_end(struct world *w, uint64_t slot)
{
    uint64_t at = desc_at(w, slot);

    return ref_bits(get(w, at, 8), 63, 36) | ref_bits(get(w, at + 8, 8), 7, 0) << 28;
}

bool world_valid(struct world *w, uint64_t slot)
{
    return get(w, desc_at(w, slot) + 8, 8) >> 63;
}

/* ---- what to choose from ---------------------------------------------------------------------- */

uint64_t pick_slot(struct world *w)
{
    return w->N > 1 ? 1 + rng_below(&w->rng, w->N - 1) : 1;
}

/* A virtual address in or beside a cell, or anywhere. */
uint64_t pick_address(struct world *w)
{
    struct rng *r = &w->rng;
    uint64_t    slot = pick_slot(w), start = world_start(w, slot), end = world_end(w, slot), va;

    switch (rng_below(r, 16)) {
    case 0:
        va = (start - 1) << 12 | 0xff8;
        break;
    case 1:
        va = (end + 1) << 12;
        break;
    case 2:
        va = end << 12 | 0xff8;
        break;
    case 3:
        va = ARENA_BASE + rng_below(r, ARENA_SIZE);
        break;
    case 4:
        va = rng_once_in(r, 2) ? rng_next(r)
                               : (uint64_t[]){0, ~7ull, REF_HOLE, 1ull << 47}[rng_below(r, 4)];
        break;
    default:
        va = (start + rng_below(r, 2 < end - start ? 3 : end - start + 1)) << 12;
        va |= rng_below(r, 512) * 8;
    }
    va = rng_once_in(r, 16) ? va : ref_sext(va, 48);
    return va ^ (rng_once_in(r, 40) ? 1ull << (47 + rng_below(r, 17)) : 0);
}

uint64_t pick_sd(struct world *w)
{
    struct rng *r = &w->rng;

    if (!rng_once_in(r, 5) && w->M > 1)
        return 1 + rng_below(r, w->M - 1);
    switch (rng_below(r, 10)) {
    case 0:
        return w->M;
    case 1:
        return w->M - 1;
    case 2:
        return w->R;
    case 3:
        return (1ull << 32) + 1 + rng_below(r, 2);
    case 4:
        return rng_next(r);
    case 5:
        return 0xffffffeull + rng_below(r, 3);
    case 6:
        return ~0ull << (4 * rng_below(r, 16));
    default:
        return 0;
    }
}

uint64_t pick_rights(struct world *w)
{
    static const uint64_t odd[] = {0, 1, 4, 12, 3, 0x10, 0xfff, 1ull << 32 | 2, ~0ull, 1ull << 63};
    struct rng           *r = &w->rng;

    if (!rng_once_in(r, 5))
        return (uint64_t[]){2, 6, 10, 14, 8}[rng_below(r, 5)];
    return rng_once_in(r, 8) ? rng_next(r) : odd[rng_below(r, 10)];
}

static uint8_t pick_byte(struct world *w)
{
    static const uint8_t usual[] = {0xc1, 0xc3, 0xc7, 0xcb, 0xcf, 0xcf, 0xcf, 0xc9, 0x00, 0x07,
                                    0x0f, 0x03, 0x47, 0x0b, 0xce, 0xc5, 0xcd, 0xe7, 0x01};

    return rng_once_in(&w->rng, 12) ? (uint8_t)rng_next(&w->rng)
                                    : usual[rng_below(&w->rng, sizeof(usual))];
}

static uint32_t pick_grant(struct world *w)
{
    struct rng *r = &w->rng;

    if (rng_once_in(r, 16))
        return rng_once_in(r, 2) ? 0 : (uint32_t)rng_next(r);
    return (uint32_t)(pick_sd(w) << 4 | (rng_below(r, 8) << 1));
}

/* ---- building a table ------------------------------------------------------------------------- */

static void put_cell(struct world *w, uint64_t slot, uint64_t start, uint64_t end, uint64_t ppn,
                     bool valid)
{
    uint64_t generation = rng_below(&w->rng, 2048);

    start &= ref_bits(~0ull, 35, 0);
    end &= ref_bits(~0ull, 35, 0);
    put(w, desc_at(w, slot), 8, start | end << 36);
    put(w, desc_at(w, slot) + 8, 8,
        end >> 28 | ppn << 8 | generation << 52 | (uint64_t)valid << 63);
}

static uint64_t pick_frame(struct world *w)
{
    struct rng *r = &w->rng;
    uint64_t    first = ARENA_BASE / PAGE;

    switch (rng_below(r, 24)) {
    case 0:
        return REF_HOLE / PAGE + rng_below(r, 16);
    case 1:
        return ref_bits(~0ull, 43, 0) - rng_below(r, 3); /* A.5.12 */
    case 2:
        return first + ARENA_PAGES - 1; /* and over the end of RAM */
    case 3:
        return first + TABLE_FIRST + rng_below(r, ARENA_PAGES - TABLE_FIRST);
    case 4:
    case 5:
        return first;
    default:
        return first + FRAME_FIRST + rng_below(r, FRAME_COUNT);
    }
}

/* Rows and grants of a cell: one SD's own, shared by many, or nobody's. */
static void put_rights(struct world *w, uint64_t slot)
{
    struct rng *r = &w->rng;
    uint64_t    kind = rng_below(r, 8), owner = w->M ? rng_below(r, w->M) : 0;

    for (uint64_t sd = 0; sd < w->R; sd++) {
        uint8_t  byte = pick_byte(w);
        uint32_t word = rng_once_in(r, 2) ? GRANT_NONE : pick_grant(w);

        if (kind < 3 && sd != owner)
            byte = rng_once_in(r, 2) ? 0xc1 : 0x00;
        if (kind < 3 && (sd != owner || rng_once_in(r, 2)))
            word = GRANT_NONE;
        if (kind == 3) {
            byte = (uint8_t)(rng_once_in(r, 4) ? byte : byte & 0xc1);
            word = rng_once_in(r, 3) ? word : GRANT_NONE;
        }
        put(w, perm_at(w, sd, slot), 1, byte);
        put(w, grant_at(w, sd, slot), 4, word);
    }
}

static void put_code_rights(struct world *w, uint64_t slot)
{
    static const uint8_t usual[] = {0xcf, 0xcb, 0xcf, 0x0b, 0xc9, 0x4b};

    for (uint64_t sd = 0; sd < w->R; sd++) {
        uint8_t byte = rng_once_in(&w->rng, 16) ? pick_byte(w) : usual[rng_below(&w->rng, 6)];

        put(w, perm_at(w, sd, slot), 1, byte);
        put(w, grant_at(w, sd, slot), 4, rng_once_in(&w->rng, 4) ? pick_grant(w) : GRANT_NONE);
    }
}

/* Places where ranges begin that are worth a look: 47 and 48 bits, the arena itself. */
static uint64_t pick_gap(struct world *w, uint64_t at)
{
    static const uint64_t marks[] = {(1ull << 35) - 3, 1ull << 35, (1ull << 36) - 40};
    struct rng           *r = &w->rng;

    if (rng_once_in(r, 12)) {
        for (unsigned k = 0; k < 3; k++) {
            if (at < marks[k])
                return marks[k] - at;
        }
    }
    return rng_once_in(r, 3) ? rng_below(r, 4) : 0;
}

static void put_slot(struct world *w, uint64_t slot, uint64_t *at)
{
    struct rng *r = &w->rng;
    uint64_t    len = rng_once_in(r, 20) ? rng_below(r, 1 << 14) : rng_below(r, 3);

    *at += pick_gap(w, *at);
    if (rng_once_in(r, 12) && *at > 0) {
        put_cell(w, slot, *at, *at - 1, 0, false); /* A.1.9 */
    } else {
        put_cell(w, slot, *at, *at + len, pick_frame(w), !rng_once_in(r, 8));
        *at += len + 1;
    }
    put_rights(w, slot);
}

static void put_code_slot(struct world *w, uint64_t slot, uint64_t *at)
{
    uint64_t identity = ARENA_BASE / PAGE;

    if (*at <= identity && !rng_once_in(&w->rng, 3))
        *at = identity;
    put_cell(w, slot, *at, *at + CODE_PAGES - 1, identity, true);
    put_code_rights(w, slot);
    w->code_va = ref_sext(*at * PAGE, 48);
    w->code_slot = slot;
    *at += CODE_PAGES;
    if (w->code_va == ARENA_BASE && !rng_once_in(&w->rng, 3) && slot + 1 < w->N) {
        /* and the frames behind it, so that a program in M finds them, too */
        put_cell(w, slot + 1, *at, *at + FRAME_COUNT - 1, *at, true);
        put_rights(w, slot + 1);
        *at += FRAME_COUNT;
    }
}

static void put_meta(struct world *w, uint64_t R, uint64_t T, uint64_t M, uint64_t N)
{
    put(w, w->base, 4, R);
    put(w, w->base + 4, 4, T);
    put(w, w->base + 8, 4, M);
    put(w, w->base + 12, 4, N);
}

/* A.1.4, H18: what no kernel would write there. */
static void spoil_meta(struct world *w)
{
    static const uint32_t odd[] = {0, 1, 2, 64, 65, 0xfffffff, 0x10000000, 0x80000000, 0xffffffff};
    struct rng           *r = &w->rng;
    uint32_t              value = odd[rng_below(r, 9)];

    put(w, w->base + 4 * rng_below(r, 4), 4, rng_once_in(r, 3) ? rng_next(r) : value);
}

static void choose_sizes(struct world *w)
{
    struct rng *r = &w->rng;
    uint64_t    page = TABLE_FIRST;

    w->T = rng_once_in(r, 8) ? 2 + rng_below(r, 3) : 1;
    w->R = 2 + rng_below(r, rng_once_in(r, 8) ? 21 : 6);
    w->M = rng_once_in(r, 2) ? w->R : rng_once_in(r, 8) ? 1 : 2 + rng_below(r, w->R - 1);
    w->N = 4 + rng_below(r, rng_once_in(r, 8) ? 64 * w->T - 3 : 20);
    if (rng_once_in(r, 6)) {
        uint64_t bytes = 64 * w->T * (16 + 5 * w->R);

        page = ARENA_PAGES - 1 - (bytes > 5 * PAGE ? 5 : bytes / PAGE); /* near the end of RAM */
        page += rng_below(r, 2) && page < ARENA_PAGES - 1;
    }
    w->base = ARENA_BASE + page * PAGE;
}

static void make_table(struct world *w)
{
    uint64_t at = 1 + rng_below(&w->rng, 64), code = pick_slot(w);

    for (uint64_t slot = 1; slot < w->N; slot++) {
        if (slot == code) {
            put_code_slot(w, slot, &at);
            slot += at == ARENA_BASE / PAGE + CODE_PAGES + FRAME_COUNT;
        } else {
            put_slot(w, slot, &at);
        }
    }
    put_meta(w, w->R, w->T, w->M, w->N);
}

/* ---- code that does not change ------------------------------------------------------------------ */

#define ECALL 0x00000073u

static void put_code(struct world *w)
{
    static const uint32_t almost[] = {0x0000108b, 0x0001100b, 0x0000100f, 0x8000100b};
    uint64_t              at = ARENA_BASE + GATES_AT;

    for (unsigned k = 0; k < GATES; k++, at += GATE_STEP) {
        uint32_t word = k < 5 ? REF_ENTRY : almost[rng_below(&w->rng, 4)];
        unsigned skip = k % 3 == 2 ? 2 : 0; /* some begin in the middle of a word */

        put(w, at, 2, 1);
        put(w, at + skip, 4, word);
        put(w, at + skip + 4, 4, ECALL);
    }
    put(w, ARENA_BASE + GATE_LAST, 4, REF_ENTRY);
    put(w, ARENA_BASE + GATE_LAST + 4, 4, ECALL);
    put(w, ARENA_BASE + GATE_ACROSS, 4, REF_ENTRY);
    put(w, ARENA_BASE + GATE_ACROSS + 4, 4, ECALL);
}

void world_make(struct world *w, uint64_t seed, uint64_t mode, bool no_c, uint8_t *bytes)
{
    w->rng.state = seed * 0xd1342543de82ef95ull;
    w->mem.base = ARENA_BASE;
    w->mem.size = ARENA_SIZE;
    w->mem.ram_end = ARENA_END;
    w->mem.bytes = bytes;
    w->mem.pmp_size = 0;
    w->hart.mode = mode;
    w->hart.no_c = no_c;
    for (uint64_t k = 0; k < ARENA_SIZE; k += 8)
        put(w, ARENA_BASE + k, 8, 0);
    for (uint64_t k = FRAME_FIRST * PAGE; k < TABLE_FIRST * PAGE; k += 64)
        put(w, ARENA_BASE + k, 8, rng_next(&w->rng));
    choose_sizes(w);
    make_table(w);
    put_code(w);
}

/* ---- before each step ---------------------------------------------------------------------------- */

static void edit_once(struct world *w)
{
    struct rng *r = &w->rng;
    uint64_t    slot = pick_slot(w), sd = rng_below(r, w->R), at;

    if (slot == w->code_slot && !rng_once_in(r, 16))
        return;
    switch (rng_below(r, 5)) {
    case 0:
    case 1:
        put(w, perm_at(w, sd, slot), 1, pick_byte(w));
        break;
    case 2:
        put(w, grant_at(w, sd, slot), 4, rng_once_in(r, 2) ? GRANT_NONE : pick_grant(w));
        break;
    case 3:
        at = desc_at(w, slot) + 15;
        put(w, at, 1, get(w, at, 1) ^ 0x80);
        break;
    default:
        put_rights(w, slot);
    }
}

/* PMP over a page of the arena, or a line of the table. */
static void choose_pmp(struct world *w)
{
    struct rng *r = &w->rng;

    w->mem.pmp_size = 0;
    if (!rng_once_in(r, 8))
        return;
    w->mem.pmp_rights = (unsigned[]){
        0, REF_R, REF_R, REF_X, REF_R | REF_X, REF_R | REF_W}[rng_below(r, 6)];
    w->mem.pmp_base = ARENA_BASE + FRAME_FIRST * PAGE + rng_below(r, FRAME_COUNT) * PAGE;
    w->mem.pmp_size = PAGE;
    if (!rng_once_in(r, 3)) {
        w->mem.pmp_size = rng_once_in(r, 4) ? PAGE : 64;
        w->mem.pmp_base = w->base + rng_below(r, 64 * w->T * (16 + 5 * w->R));
        w->mem.pmp_base &= ~(w->mem.pmp_size - 1);
        if (w->mem.pmp_base >= ARENA_END)
            w->mem.pmp_size = 0;
    }
}

void world_edit(struct world *w)
{
    struct rng *r = &w->rng;

    put_meta(w, w->R, w->T, w->M, w->N);
    while (rng_once_in(r, 2))
        edit_once(w);
    if (rng_once_in(r, 4)) { /* what programs did to their own cell */
        uint64_t at = desc_at(w, w->code_slot) + 15;

        put(w, at, 1, get(w, at, 1) | 0x80);
        put_code_rights(w, w->code_slot);
    }
    if (rng_once_in(r, 24))
        spoil_meta(w);
    choose_pmp(w);
}

static uint64_t pick_satp(struct world *w)
{
    struct rng *r = &w->rng;
    uint64_t    ppn = w->base / PAGE, mode = w->hart.mode;

    if (rng_once_in(r, 64))
        ppn = REF_HOLE / PAGE; /* no table at all */
    if (rng_once_in(r, 16))
        mode = w->hart.priv == REF_M && rng_once_in(r, 2) ? 9 : 0;
    return mode << 60 | rng_below(r, 1 << 16) << 44 | ppn;
}

static uint64_t pick_status(struct world *w)
{
    struct rng *r = &w->rng;

    return (rng_once_in(r, 16) ? STATUS_TSR : 0) | (rng_once_in(r, 8) ? STATUS_MXR : 0) |
           (rng_once_in(r, 4) ? STATUS_SUM : 0) | (rng_once_in(r, 2) ? STATUS_SPP : 0) |
           (rng_once_in(r, 2) ? STATUS_SPIE : 0);
}

#define DELEGABLE 0x1f00b0a6ull

static uint64_t pick_delegation(struct world *w)
{
    switch (rng_below(&w->rng, 3)) {
    case 0:
        return 0;
    case 1:
        return DELEGABLE;
    default:
        return rng_next(&w->rng) & DELEGABLE;
    }
}

static uint64_t pick_usid(struct world *w)
{
    struct rng *r = &w->rng;

    if (w->hart.priv != REF_U && rng_once_in(r, 2))
        return 0;
    return rng_once_in(r, 4) || w->M < 2 ? pick_sd(w) : 1 + rng_below(r, w->M - 1);
}

void world_hart(struct world *w)
{
    struct rng      *r = &w->rng;
    struct ref_hart *h = &w->hart;
    uint64_t         code;

    *h = (struct ref_hart){.mem = &w->mem, .mode = h->mode, .no_c = h->no_c};
    h->priv = (enum ref_priv[]){REF_U, REF_U, REF_U, REF_S, REF_M}[rng_below(r, 5)];
    h->mstatus = pick_status(w);
    h->medeleg = pick_delegation(w);
    h->satp = pick_satp(w);
    h->usid = pick_usid(w);
    h->urid = rng_once_in(r, 3) ? 0 : pick_sd(w);
    h->uxid = rng_once_in(r, 3) ? 0 : pick_sd(w);
    h->scmed = rng_once_in(r, 4) ? rng_below(r, 4) : 0;
    code = h->priv == REF_M || h->satp >> 60 == 0 ? ARENA_BASE : w->code_va;
    h->pc = rng_once_in(r, 32) ? pick_address(w) & ~1ull : code + PROGRAM_AT;
    h->stvec = (h->satp >> 60 == 0 ? ARENA_BASE : w->code_va) + HANDLER_AT;
    h->sepc = w->code_va + GATES_AT + rng_below(r, GATES) * GATE_STEP;
    h->scause = rng_next(r) & 0xff;
    h->stval = rng_next(r);
}

void world_put_program(struct world *w)
{
    for (unsigned k = 0; k <= PROGRAM_MAX; k++) {
        put(w, ARENA_BASE + PROGRAM_AT + 4 * k, 4, k < w->program_len ? w->program[k] : ECALL);
        put(w, ARENA_BASE + HANDLER_AT + 4 * k, 4, k < w->handler_len ? w->handler[k] : ECALL);
    }
}
