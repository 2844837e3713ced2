/* SPDX-License-Identifier: Apache-2.0
 *
 * insn.c - the SC instructions of the golden model (A.6, A.7): their checks one by one, in the order
 * of the specification, and what they do once all have passed.
 *
 * A check returns false when the instruction ends in it, having raised the trap (or having found that
 * the outcome is not determined). Each instruction is a list of its checks, so that it can be held
 * against A.7 line by line.
 */
#include "table.h"

/* One SC instruction on its way through the checks. */
struct sc {
    struct ref_hart *h;
    uint32_t         insn;
    uint64_t         rs1, rs2, p; /* p: rights, on 64 bits */
    uint64_t         u;           /* A.6.3 */
    uint64_t         fail_tval;   /* stval of causes 5 and 7: rs1 (switch: target) */

    struct ref_table t;   /* from C5 on */
    struct ref_cell  c;   /* from C8 on */
    uint64_t         own; /* PT(u,i), from C10 on */
};

#define ROW_FIRST_USER 1

/* ---- table accesses of an instruction: A.6.5 ------------------------------------------------- */

static bool read_place(struct sc *s, uint64_t pa, size_t len, uint64_t *value)
{
    switch (ref_mem_read(s->h->mem, pa, len, REF_S, REF_R, value)) {
    case REF_DONE:
        return true;
    case REF_REFUSED:
        return ref_raise(s->h, CAUSE_LOAD_ACCESS, s->fail_tval);
    default:
        return ref_unknown(s->h, "an SC instruction reads memory elsewhere");
    }
}

static bool may_write(struct sc *s, uint64_t pa, size_t len)
{
    switch (ref_mem_may(s->h->mem, pa, len, REF_S, REF_W)) {
    case REF_DONE:
        return true;
    case REF_REFUSED:
        return ref_raise(s->h, CAUSE_STORE_ACCESS, s->fail_tval);
    default:
        return ref_unknown(s->h, "an SC instruction writes memory elsewhere");
    }
}

/* After may_write(). */
static void write_place(struct sc *s, uint64_t pa, size_t len, uint64_t value)
{
    if (ref_mem_write(s->h->mem, pa, len, REF_S, value) != REF_DONE)
        ref_unknown(s->h, "too much written");
}

static bool read_perm(struct sc *s, uint64_t sd, uint64_t *byte)
{
    return read_place(s, ref_perm_at(&s->t, sd, s->c.slot), 1, byte);
}

static bool read_grant(struct sc *s, uint64_t sd, uint64_t *word)
{
    return read_place(s, ref_grant_at(&s->t, sd, s->c.slot), 4, word);
}

static bool may_write_perm(struct sc *s, uint64_t sd)
{
    return may_write(s, ref_perm_at(&s->t, sd, s->c.slot), 1);
}

static bool may_write_grant(struct sc *s, uint64_t sd)
{
    return may_write(s, ref_grant_at(&s->t, sd, s->c.slot), 4);
}

static void write_perm(struct sc *s, uint64_t sd, uint64_t byte)
{
    write_place(s, ref_perm_at(&s->t, sd, s->c.slot), 1, byte);
}

static void write_grant(struct sc *s, uint64_t sd, uint64_t word)
{
    write_place(s, ref_grant_at(&s->t, sd, s->c.slot), 4, word);
}

/* The highest byte of the descriptor holds valid and the upper bits of the generation. */
static uint64_t valid_byte_at(struct sc *s)
{
    return ref_desc_at(&s->t, s->c.slot) + 15;
}

/* ---- the checks of A.6.3 ---------------------------------------------------------------------- */

static bool c1_mode_on(struct sc *s)
{
    return ref_mode_on(s->h) || ref_raise(s->h, CAUSE_ILLEGAL, s->insn);
}

enum mediated { MEDIATED_STATE = 1, MEDIATED_GRANTS = 2 }; /* A.6.4: bits of scmed */

static bool c2_mediated(struct sc *s, enum mediated what)
{
    if (s->h->priv == REF_U && (s->h->scmed & what))
        return ref_raise(s->h, CAUSE_PERMISSION, PERM_MED);
    return true;
}

static bool c3_rights(struct sc *s)
{
    if (s->p & ~(uint64_t)BYTE_RWX)
        return ref_raise(s->h, CAUSE_PERMISSION, s->p);
    return true;
}

static bool c4_not_zero(struct sc *s)
{
    return s->p != 0 || ref_raise(s->h, CAUSE_PERMISSION, PERM_ZERO);
}

static bool c5_metacell(struct sc *s)
{
    switch (ref_table_read(s->h, &s->t)) {
    case REF_DONE:
        return true;
    case REF_REFUSED:
        return ref_raise(s->h, CAUSE_LOAD_ACCESS, s->fail_tval);
    default:
        return ref_unknown(s->h, "the metacell is elsewhere");
    }
}

static bool c6_caller(struct sc *s)
{
    return s->u < s->t.Me || ref_raise(s->h, CAUSE_SD, s->u);
}

static bool c7_sd(struct sc *s, uint64_t sd, uint64_t tval)
{
    return (sd != 0 && sd < s->t.Me) || ref_raise(s->h, CAUSE_SD, tval);
}

static bool c8_cell(struct sc *s)
{
    bool found;

    if (!ref_canonical(s->rs1))
        return ref_raise(s->h, CAUSE_ADDRESS, s->rs1);
    switch (ref_lookup(s->h, &s->t, s->rs1, &found, &s->c)) {
    case REF_DONE:
        return found || ref_raise(s->h, CAUSE_ADDRESS, s->rs1);
    case REF_REFUSED:
        return ref_raise(s->h, CAUSE_LOAD_ACCESS, s->fail_tval); /* A.6.5 */
    default:
        return ref_unknown(s->h, "a descriptor is elsewhere");
    }
}

static bool c9_valid(struct sc *s)
{
    return s->c.valid || ref_raise(s->h, CAUSE_STATE, 0);
}

static bool c9_invalid(struct sc *s)
{
    return !s->c.valid || ref_raise(s->h, CAUSE_STATE, 1);
}

static bool has_rights(uint64_t byte)
{
    return (byte & BYTE_V) && (byte & BYTE_RWX);
}

static bool c10_own(struct sc *s)
{
    if (!read_perm(s, s->u, &s->own))
        return false;
    if (!has_rights(s->own) || (s->p & ~s->own))
        return ref_raise(s->h, CAUSE_PERMISSION, PERM_OWN | s->p);
    return true;
}

/* ---- A.7.3 to A.7.9 ---------------------------------------------------------------------------- */

static bool prot(struct sc *s)
{
    s->p = s->rs2;
    if (!c1_mode_on(s) || !c3_rights(s) || !c5_metacell(s) || !c6_caller(s) || !c8_cell(s) ||
        !c9_valid(s) || !c10_own(s) || !may_write_perm(s, s->u))
        return false;
    write_perm(s, s->u, (s->own & ~(uint64_t)BYTE_RWX) | s->p);
    return true;
}

/* The immediate of grant, tfer and recv is that of a store. */
static uint64_t rights_imm(uint32_t insn)
{
    return ref_sext(ref_bits(insn, 31, 25) << 5 | ref_bits(insn, 11, 7), 12);
}

static bool may_give(struct sc *s)
{
    s->p = rights_imm(s->insn);
    return c1_mode_on(s) && c2_mediated(s, MEDIATED_GRANTS) && c3_rights(s) && c4_not_zero(s) &&
           c5_metacell(s) && c6_caller(s) && c7_sd(s, s->rs2, s->rs2) && c8_cell(s) &&
           c9_valid(s) && c10_own(s);
}

static bool grant(struct sc *s)
{
    if (!may_give(s) || !may_write_grant(s, s->u))
        return false;
    write_grant(s, s->u, s->rs2 << 4 | s->p);
    return true;
}

static bool tfer(struct sc *s)
{
    if (!may_give(s) || !may_write_grant(s, s->u) || !may_write_perm(s, s->u))
        return false;
    write_grant(s, s->u, s->rs2 << 4 | s->p);
    write_perm(s, s->u, s->own & ~(uint64_t)BYTE_RWX);
    return true;
}

static bool recv_offer(struct sc *s, uint64_t source, uint64_t *word)
{
    if (!read_grant(s, source, word))
        return false;
    if (ref_bits(*word, 31, 4) != s->u)
        return ref_raise(s->h, CAUSE_SD, 1ull << 32 | s->u);
    if (s->p & ~*word)
        return ref_raise(s->h, CAUSE_PERMISSION, PERM_GRANT | s->p);
    return true;
}

/* Rights that are gained can make a byte that denies everything (A.5.8), and yet need no flush
 * (A.6.7): what was cached under the former byte may still be used.
 */
static void note_gain(struct sc *s, uint64_t now)
{
    uint64_t rights = now & BYTE_RWX;

    if (has_rights(s->own) && rights != (s->own & BYTE_RWX) &&
        (rights == BYTE_W || rights == (BYTE_W | BYTE_X)))
        s->h->stale_allowed = true;
}

static bool recv(struct sc *s)
{
    uint64_t source = s->rs2, word;

    s->p = rights_imm(s->insn);
    if (!c1_mode_on(s) || !c2_mediated(s, MEDIATED_GRANTS) || !c3_rights(s) || !c4_not_zero(s) ||
        !c5_metacell(s) || !c6_caller(s) || !c7_sd(s, source, ref_bits(source, 31, 0)) ||
        !c8_cell(s) || !c9_valid(s) || !recv_offer(s, source, &word) ||
        !may_write_grant(s, source) || !may_write_perm(s, s->u) || !read_perm(s, s->u, &s->own))
        return false;
    write_grant(s, source, s->p == (word & BYTE_RWX) ? GRANT_NONE : word & ~s->p);
    write_perm(s, s->u, s->own | s->p | BYTE_V);
    note_gain(s, s->own | s->p);
    return true;
}

/* A.7.7: does SD j hold, or offer, any of the rights? */
static bool shared_by(struct sc *s, uint64_t j, bool *shared)
{
    uint64_t byte, word;

    if (j >= ROW_FIRST_USER && j != s->u) {
        if (!read_perm(s, j, &byte))
            return false;
        *shared |= (byte & BYTE_V) && (byte & s->p);
    }
    if (!read_grant(s, j, &word))
        return false;
    *shared |= (word & s->p) != 0;
    return true;
}

#define ROWS_MAX 4096 /* more rows than memory holds: they end in a refused read or elsewhere */

static bool excl(struct sc *s)
{
    bool     shared = false;
    unsigned rd = ref_bits(s->insn, 11, 7);

    s->p = s->rs2;
    if (!c1_mode_on(s) || !c3_rights(s) || !c4_not_zero(s) || !c5_metacell(s) || !c6_caller(s) ||
        !c8_cell(s) || !c9_valid(s) || !c10_own(s))
        return false;
    for (uint64_t j = 0; j < s->t.Me && j < ROWS_MAX; j++) {
        if (!shared_by(s, j, &shared)) /* also where the answer is known already */
            return false;
    }
    if (rd)
        s->h->x[rd] = !shared;
    return true;
}

/* A.7.8, 3: nobody else has rights, or a grant of his standing. */
static bool inval_others(struct sc *s)
{
    uint64_t byte, word;

    for (uint64_t j = ROW_FIRST_USER; j < s->t.Me && j < ROWS_MAX; j++) {
        if (j == s->u)
            continue;
        if (!read_perm(s, j, &byte))
            return false;
        if (has_rights(byte))
            return ref_raise(s->h, CAUSE_STATE, 2);
        if (!read_grant(s, j, &word))
            return false;
        if (word != GRANT_NONE)
            return ref_raise(s->h, CAUSE_STATE, 3);
    }
    return true;
}

static bool inval_may_write(struct sc *s)
{
    if (!may_write(s, valid_byte_at(s), 1) || !may_write_grant(s, s->u) || !may_write_grant(s, 0))
        return false;
    for (uint64_t j = 0; j < s->t.Me; j++) {
        if (!may_write_perm(s, j))
            return false;
    }
    return true;
}

static void set_valid(struct sc *s, bool valid)
{
    uint64_t byte;

    if (ref_mem_read(s->h->mem, valid_byte_at(s), 1, REF_S, REF_R, &byte) == REF_DONE)
        write_place(s, valid_byte_at(s), 1, (byte & 0x7f) | (valid ? 0x80 : 0));
}

static bool inval(struct sc *s)
{
    uint64_t row0, byte;

    if (!c1_mode_on(s) || !c2_mediated(s, MEDIATED_STATE) || !c5_metacell(s) || !c6_caller(s) ||
        !c8_cell(s) || !c9_valid(s) || !read_perm(s, s->u, &s->own))
        return false;
    if (!has_rights(s->own))
        return ref_raise(s->h, CAUSE_PERMISSION, PERM_OWN | s->own);
    if (!inval_others(s) || !inval_may_write(s) || !read_perm(s, 0, &row0))
        return false;
    set_valid(s, false);
    write_perm(s, 0, row0 & ~(uint64_t)BYTE_V);
    for (uint64_t j = ROW_FIRST_USER; j < s->t.Me; j++) {
        if (!read_perm(s, j, &byte))
            return false;
        write_perm(s, j, byte & ~(uint64_t)BYTE_RWX);
    }
    write_grant(s, s->u, GRANT_NONE);
    write_grant(s, 0, GRANT_NONE);
    return true;
}

static bool reval(struct sc *s)
{
    uint64_t row0;

    s->p = s->rs2;
    if (!c1_mode_on(s) || !c2_mediated(s, MEDIATED_STATE) || !c3_rights(s) || !c4_not_zero(s) ||
        !c5_metacell(s) || !c6_caller(s) || !c8_cell(s) || !c9_invalid(s) ||
        !may_write(s, valid_byte_at(s), 1) || !may_write_perm(s, 0) || !may_write_perm(s, s->u) ||
        !read_perm(s, 0, &row0) || !read_perm(s, s->u, &s->own))
        return false;
    set_valid(s, true);
    write_perm(s, 0, row0 | BYTE_V);
    write_perm(s, s->u, s->own | BYTE_V | s->p | (s->u == 0 ? row0 : 0));
    return true;
}

/* ---- A.7.1: jals and jalrs ----------------------------------------------------------------------- */

/* Two bytes at va as code of SD sd. Any failure is that of the whole check. */
static bool read_entry_half(struct sc *s, uint64_t va, uint64_t target, uint64_t sd, uint64_t *half)
{
    struct ref_hart *h = s->h;
    uint64_t         pa;

    switch (ref_walk(h, va, REF_FETCH, sd, &pa)) {
    case WALK_OK:
        break;
    case WALK_UNKNOWN:
        return ref_unknown(h, "the walk of an entry check");
    default:
        return ref_raise(h, CAUSE_TARGET, target);
    }
    for (size_t k = 0; k < h->written_count; k++) {
        if (pa < h->written[k].pa + h->written[k].len && h->written[k].pa < pa + 2)
            return ref_unknown(h, "an entry was written and not fenced");
    }
    switch (ref_mem_read(h->mem, pa, 2, REF_S, REF_X, half)) { /* A.5.13 */
    case REF_DONE:
        return true;
    case REF_UNKNOWN:
        return ref_unknown(h, "an entry elsewhere");
    default:
        h->failed_unsure = true;
        return ref_raise(h, CAUSE_TARGET, target);
    }
}

/* A.7.1.6: the four bytes at target. They may lie on two pages, and so in two cells. */
static bool read_entry(struct sc *s, uint64_t target, uint64_t sd, uint64_t *word)
{
    uint64_t low, high;

    if (!read_entry_half(s, target, target, sd, &low) ||
        !read_entry_half(s, target + 2, target, sd, &high))
        return false;
    *word = low | high << 16;
    return true;
}

static bool switch_to(struct sc *s, uint64_t target, uint64_t sd)
{
    struct ref_hart *h = s->h;
    unsigned         rd = ref_bits(s->insn, 11, 7);
    uint64_t         word;

    s->fail_tval = target;
    if (!c1_mode_on(s))
        return false;
    if (h->no_c && (target & 2)) /* A.7.1.2 */
        return ref_raise(h, CAUSE_MISALIGNED, target);
    if (!c5_metacell(s) || !c6_caller(s) || !c7_sd(s, sd, sd) || !read_entry(s, target, sd, &word))
        return false;
    if (word != REF_ENTRY) /* A.7.1.7 */
        return ref_raise(h, CAUSE_TARGET, target);
    h->urid = s->u; /* A.7.1.8 */
    h->usid = sd;
    if (rd)
        h->x[rd] = h->pc + 4;
    h->pc = target - 4; /* the end of the instruction adds 4 */
    h->switches++;
    return true;
}

static bool jals(struct sc *s)
{
    uint32_t insn = s->insn;
    uint64_t offset = ref_sext(ref_bits(insn, 31, 31) << 20 | ref_bits(insn, 19, 12) << 12 |
                                   ref_bits(insn, 20, 20) << 11 | ref_bits(insn, 30, 21) << 1,
                               21);

    return switch_to(s, s->h->pc + offset, s->h->x[ref_bits(insn, 11, 7)]);
}

static bool jalrs(struct sc *s)
{
    return switch_to(s, s->rs1 & ~1ull, s->rs2);
}

/* ---- decoding: A.6.1 ------------------------------------------------------------------------------ */

static const struct {
    uint32_t match, mask;
    bool (*run)(struct sc *s);
} insns[] = {
    {0x0000002b, 0x0000007f, jals},  {0x0000000b, 0xfe00707f, jalrs},
    {0x8000200b, 0xfff07fff, inval}, {0x0000200b, 0xfe007fff, reval},
    {0x0000300b, 0xfe007fff, prot},  {0x0000400b, 0x0000707f, grant},
    {0x0000500b, 0x0000707f, tfer},  {0x0000600b, 0x0000707f, recv},
    {0x0000700b, 0xfe00707f, excl},
};

static int find_insn(uint32_t insn)
{
    for (unsigned k = 0; k < sizeof(insns) / sizeof(insns[0]); k++) {
        if ((insn & insns[k].mask) == insns[k].match)
            return (int)k;
    }
    return -1;
}

bool ref_is_sc_insn(uint32_t insn)
{
    return find_insn(insn) >= 0;
}

bool ref_sc_insn(struct ref_hart *h, uint32_t insn)
{
    struct sc s = {
        .h = h,
        .insn = insn,
        .rs1 = h->x[ref_bits(insn, 19, 15)],
        .rs2 = h->x[ref_bits(insn, 24, 20)],
        .u = h->usid,
        .fail_tval = h->x[ref_bits(insn, 19, 15)],
    };

    if (!insns[find_insn(insn)].run(&s) || h->unknown)
        return false;
    h->pc += 4;
    return true;
}
