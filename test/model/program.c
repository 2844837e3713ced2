/* SPDX-License-Identifier: Apache-2.0
 *
 * program.c - random programs of a few instructions for the world at hand. See world.h.
 *
 * Each instruction has registers of its own, filled before the program begins, so that its operands
 * can be chosen to fit: half of the time it is one that passes most checks on the table as it is.
 * Now and then a register is taken at random, and rd may be any.
 */
#include "table.h"
#include "world.h"

/* ---- encoding (A.6.1, A.11) --------------------------------------------------------------------- */

static uint32_t r_type(uint32_t match, unsigned rd, unsigned rs1, unsigned rs2)
{
    return match | rd << 7 | rs1 << 15 | rs2 << 20;
}

static uint32_t s_type(uint32_t match, unsigned rs1, unsigned rs2, uint64_t imm)
{
    return match | (uint32_t)(imm & 31) << 7 | rs1 << 15 | rs2 << 20 |
           (uint32_t)(imm >> 5 & 127) << 25;
}

static uint32_t i_type(uint32_t match, unsigned rd, unsigned rs1, uint64_t imm)
{
    return match | rd << 7 | rs1 << 15 | (uint32_t)(imm & 0xfff) << 20;
}

static uint32_t j_type(uint32_t match, unsigned rd, uint64_t offset)
{
    return match | rd << 7 | (uint32_t)(offset >> 20 & 1) << 31 |
           (uint32_t)(offset >> 1 & 0x3ff) << 21 | (uint32_t)(offset >> 11 & 1) << 20 |
           (uint32_t)(offset >> 12 & 0xff) << 12;
}

/* ---- operands ------------------------------------------------------------------------------------- */

struct gen {
    struct world *w;
    unsigned      next;   /* register not yet given a value */
    unsigned      offset; /* of the instruction in the code pages */
};

static unsigned any_register(struct gen *g)
{
    return (unsigned)rng_below(&g->w->rng, 32);
}

/* A register that holds value; rarely another. */
static unsigned holding(struct gen *g, uint64_t value)
{
    if (g->next > 31 || rng_once_in(&g->w->rng, 32))
        return any_register(g);
    g->w->hart.x[g->next] = value;
    return g->next++;
}

static unsigned result(struct gen *g)
{
    return rng_once_in(&g->w->rng, 2) ? any_register(g) : 31;
}

/* Operands of an SC instruction that fit each other. */
struct choice {
    uint64_t va, sd, p;
};

static uint64_t in_cell(struct world *w, uint64_t slot)
{
    return ref_sext(world_start(w, slot) << 12, 48) + rng_below(&w->rng, 512) * 8;
}

static uint8_t byte_of(struct world *w, uint64_t sd, uint64_t slot)
{
    uint8_t *byte;

    return world_byte(w, sd, slot, &byte) ? *byte : 0;
}

static uint64_t subset(struct world *w, uint64_t rights)
{
    uint64_t p = rights & (rng_next(&w->rng) | rng_next(&w->rng)) & BYTE_RWX;

    return p ? p : rights & BYTE_RWX;
}

static struct choice choose_freely(struct world *w)
{
    return (struct choice){pick_address(w), pick_sd(w), pick_rights(w)};
}

/* A cell on which the caller has rights. */
static struct choice choose_own(struct world *w, bool valid)
{
    struct choice c = choose_freely(w);
    uint64_t      u = w->hart.usid;

    for (unsigned k = 0; k < 16 && u < w->M; k++) {
        uint64_t slot = pick_slot(w);
        uint8_t  byte = byte_of(w, u, slot);

        if (world_valid(w, slot) != valid || (valid && (!(byte & 1) || !(byte & BYTE_RWX))))
            continue;
        c.va = in_cell(w, slot);
        c.p = valid ? subset(w, byte) : pick_rights(w);
        break;
    }
    return c;
}

/* A grant to the caller, or what is one bit more. */
static struct choice choose_offer(struct world *w)
{
    struct choice c = choose_freely(w);

    for (unsigned k = 0; k < 48; k++) {
        uint64_t slot = pick_slot(w), sd = rng_below(&w->rng, w->M + 1);
        uint32_t word = world_grant(w, sd, slot);

        if (word >> 4 != w->hart.usid || !world_valid(w, slot) || !(word & BYTE_RWX))
            continue;
        c.va = in_cell(w, slot);
        c.sd = sd;
        c.p = rng_once_in(&w->rng, 4) ? c.p : subset(w, word);
        break;
    }
    return c;
}

/* ---- the instructions ------------------------------------------------------------------------------ */

static uint32_t gen_jals(struct gen *g)
{
    struct world *w = g->w;
    uint64_t      to = GATES_AT + rng_below(&w->rng, GATES) * GATE_STEP;
    unsigned      rd = holding(g, pick_sd(w));

    to += rng_once_in(&w->rng, 3) ? 2 : 0;
    if (rng_once_in(&w->rng, 10))
        to = rng_once_in(&w->rng, 2) ? GATE_LAST : GATE_ACROSS;
    if (rng_once_in(&w->rng, 16))
        to = rng_next(&w->rng);
    return j_type(0x2b, rd, to - g->offset);
}

static uint64_t gate_address(struct world *w)
{
    uint64_t to = w->code_va + GATES_AT + rng_below(&w->rng, GATES) * GATE_STEP;

    if (rng_once_in(&w->rng, 10))
        to = w->code_va + (rng_once_in(&w->rng, 2) ? GATE_LAST : GATE_ACROSS);
    if (rng_once_in(&w->rng, 10))
        return pick_address(w);
    return to + rng_below(&w->rng, 4) * rng_below(&w->rng, 2);
}

static uint32_t gen_jalrs(struct gen *g)
{
    unsigned rs1 = holding(g, gate_address(g->w)), rs2 = holding(g, pick_sd(g->w));

    return r_type(0x0b, result(g), rs1, rs2);
}

static uint32_t gen_jalr(struct gen *g)
{
    uint64_t to = g->w->hart.pc - PROGRAM_AT + GATES_AT + rng_below(&g->w->rng, GATES) * GATE_STEP;

    return i_type(0x67, result(g), holding(g, to), 0);
}

static uint32_t gen_inval(struct gen *g)
{
    return r_type(0x8000200b, 0, holding(g, choose_own(g->w, true).va), 0);
}

static uint32_t gen_reval(struct gen *g)
{
    struct choice c = choose_own(g->w, rng_once_in(&g->w->rng, 4));
    unsigned      rs1 = holding(g, c.va), rs2 = holding(g, c.p);

    return r_type(0x200b, 0, rs1, rs2);
}

static uint32_t gen_prot(struct gen *g)
{
    struct choice c = choose_own(g->w, true);
    unsigned      rs1 = holding(g, c.va), rs2;

    rs2 = holding(g, rng_once_in(&g->w->rng, 4) ? pick_rights(g->w) : c.p);
    return r_type(0x300b, 0, rs1, rs2);
}

static uint32_t gen_excl(struct gen *g)
{
    struct choice c = choose_own(g->w, true);
    unsigned      rs1 = holding(g, c.va), rs2;

    rs2 = holding(g, rng_once_in(&g->w->rng, 6) ? pick_rights(g->w) : c.p);
    return r_type(0x700b, result(g), rs1, rs2);
}

static uint32_t gen_give(struct gen *g)
{
    struct choice c = choose_own(g->w, true);
    unsigned      rs1 = holding(g, c.va), rs2 = holding(g, pick_sd(g->w));
    uint32_t      match = rng_once_in(&g->w->rng, 2) ? 0x400b : 0x500b;

    return s_type(match, rs1, rs2, rng_once_in(&g->w->rng, 4) ? pick_rights(g->w) : c.p);
}

static uint32_t gen_recv(struct gen *g)
{
    struct choice c = choose_offer(g->w);
    unsigned      rs1 = holding(g, c.va), rs2 = holding(g, c.sd);

    return s_type(0x600b, rs1, rs2, c.p);
}

static uint64_t data_address(struct gen *g)
{
    struct world *w = g->w;
    uint64_t      frames = ARENA_BASE + FRAME_FIRST * 4096;

    if ((w->hart.priv == REF_M || w->hart.satp >> 60 == 0) && !rng_once_in(&w->rng, 4))
        return frames + rng_below(&w->rng, FRAME_COUNT * 512) * 8;
    if (rng_once_in(&w->rng, 3))
        return pick_address(w);
    return choose_own(w, true).va;
}

static uint32_t gen_load(struct gen *g)
{
    unsigned rs1 = holding(g, data_address(g));

    return i_type(0x03 | (uint32_t)rng_below(&g->w->rng, 7) << 12, result(g), rs1, 0);
}

static uint32_t gen_store(struct gen *g)
{
    unsigned rs1 = holding(g, data_address(g));

    return s_type(0x23 | (uint32_t)rng_below(&g->w->rng, 4) << 12, rs1, any_register(g), 0);
}

static uint32_t gen_amo(struct gen *g)
{
    static const uint32_t ops[] = {0x0000202f, 0x0800302f, 0x4000202f, 0x0000302f};
    unsigned              rs1 = holding(g, data_address(g));

    return r_type(ops[rng_below(&g->w->rng, 4)], result(g), rs1, any_register(g));
}

/* An access to the cell that another instruction of the program names, by its register. */
static uint32_t gen_touch(struct gen *g)
{
    unsigned rs1 = g->next > 1 ? 1 + (unsigned)rng_below(&g->w->rng, g->next - 1) : 1;

    return rng_once_in(&g->w->rng, 2) ? i_type(0x3003, result(g), rs1, 0)
                                      : s_type(0x3023, rs1, any_register(g), 0);
}

static uint32_t gen_csr(struct gen *g)
{
    static const uint16_t csrs[] = {0x082, 0x082, 0x083, 0x083, 0x084, 0x5c0, 0x141, 0x142,
                                    0x143, 0xdc3, 0xdc4, 0x180, 0xbc0, 0xbc4, 0xdc0, 0xdc5};
    struct rng           *r = &g->w->rng;
    uint32_t              csr = csrs[rng_below(r, 16)];
    unsigned              op = 1 + (unsigned)rng_below(r, 3);
    bool                  immediate = rng_once_in(r, 4);
    uint64_t value = csr == 0x180 ? g->w->hart.satp ^ (rng_once_in(r, 2) ? rng_next(r) << 60 : 0)
                                  : pick_sd(g->w);
    unsigned field = immediate ? any_register(g) : rng_once_in(r, 2) ? holding(g, value) : 0;

    return i_type(0x73 | (immediate ? 0x4000u : 0) | op << 12, result(g), field, csr);
}

static uint32_t gen_status(struct gen *g)
{
    static const uint64_t machine[] = {STATUS_MPRV, STATUS_MPRV | 1 << 11,    STATUS_MPRV,
                                       STATUS_MXR,  STATUS_MPRV | STATUS_MXR, STATUS_SPP,
                                       STATUS_TSR,  STATUS_MPRV | STATUS_MPP};
    static const uint64_t supervisor[] = {STATUS_SPP, STATUS_MXR, STATUS_SUM, STATUS_SPIE};
    struct rng           *r = &g->w->rng;
    uint32_t              op = rng_once_in(r, 3) ? 0x3073 : 0x2073;

    if (g->w->hart.priv == REF_M)
        return i_type(op, 0, holding(g, machine[rng_below(r, 8)]), 0x300);
    return i_type(op, 0, holding(g, supervisor[rng_below(r, 4)]), 0x100);
}

/* Words beside the encodings of A.6.1, entry among them. */
static uint32_t gen_odd(struct gen *g)
{
    static const uint32_t words[] = {0x0000100b, 0x0000100b, 0x8000000b, 0x0200000b, 0x8010200b,
                                     0x0000208b, 0x0000308b, 0x0200300b, 0x0200700b, 0x8000700b,
                                     0x8000300b, 0x8200700b, 0x8400700b, 0x8600700b, 0x0000108b,
                                     0x00000000, 0x0000100f, 0x12000073, 0x10200073};
    uint32_t              word = words[rng_below(&g->w->rng, 19)];

    return word >> 12 && rng_once_in(&g->w->rng, 8) && (word & 0x7f) == 0x0b
               ? word ^ 1u << (7 + rng_below(&g->w->rng, 25))
               : word;
}

#define SRET 0x10200073u

static uint32_t gen_sret(struct gen *g)
{
    (void)g;
    return SRET;
}

static const struct {
    uint32_t (*gen)(struct gen *g);
    unsigned weight;
} kinds[] = {
    {gen_jals, 6},  {gen_jalrs, 8}, {gen_inval, 8},  {gen_reval, 8}, {gen_prot, 8}, {gen_excl, 8},
    {gen_give, 12}, {gen_recv, 12}, {gen_load, 6},   {gen_store, 6}, {gen_amo, 3},  {gen_touch, 8},
    {gen_csr, 10},  {gen_jalr, 2},  {gen_status, 3}, {gen_odd, 4},   {gen_sret, 3},
};

static uint32_t gen_insn(struct gen *g)
{
    uint64_t total = 0, n;

    for (unsigned k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
        total += kinds[k].weight;
    n = rng_below(&g->w->rng, total);
    for (unsigned k = 0;; k++) {
        if (n < kinds[k].weight)
            return kinds[k].gen(g);
        n -= kinds[k].weight;
    }
}

/* The end of a handler: return, perhaps behind the instruction that trapped. */
static void gen_return(struct gen *g)
{
    static const uint32_t behind[] = {0x14102ff3, 0x004f8f93, 0x141f9073}; /* sepc += 4, by x31 */
    struct world         *w = g->w;

    for (unsigned k = 0; k < 3 && !rng_once_in(&w->rng, 16); k++)
        w->handler[w->handler_len++] = behind[k];
    w->handler[w->handler_len++] = SRET;
}

void world_program(struct world *w)
{
    struct rng *r = &w->rng;
    struct gen  g = {.w = w, .next = 1};

    for (unsigned k = 1; k < 32; k++)
        w->hart.x[k] = rng_once_in(r, 3)   ? pick_address(w)
                       : rng_once_in(r, 2) ? pick_sd(w)
                                           : rng_next(r);
    w->handler_len = 0;
    w->program_len = 1 + (unsigned)rng_below(r, rng_once_in(r, 3) ? 8 : 3);
    for (unsigned k = 0; k < w->program_len; k++) {
        g.offset = PROGRAM_AT + 4 * k;
        w->program[k] = gen_insn(&g);
    }
    while (w->handler_len < 3 && rng_once_in(r, 3)) {
        g.offset = HANDLER_AT + 4 * w->handler_len;
        w->handler[w->handler_len++] = gen_insn(&g);
    }
    if (rng_once_in(r, 2))
        gen_return(&g);
}
