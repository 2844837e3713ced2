/* SPDX-License-Identifier: Apache-2.0
 *
 * hart.c - the golden model's hart: memory accesses by effective privilege (A.4), the base
 * instructions that a comparison needs, traps and sret (A.3).
 */
#include "ref.h"

#define SPP_SHIFT 8
#define MPP_SHIFT 11

bool ref_raise(struct ref_hart *h, uint64_t cause, uint64_t tval)
{
    h->raised = true;
    h->raised_cause = cause;
    h->raised_tval = tval;
    return false;
}

bool ref_unknown(struct ref_hart *h, const char *why)
{
    if (!h->unknown)
        h->why = why;
    h->unknown = true;
    return false;
}

bool ref_mode_on(const struct ref_hart *h)
{
    return h->satp >> 60 == h->mode; /* A.2.1 */
}

/* ---- traps and sret: A.3 ---------------------------------------------------------------------- */

static void trap_into_m(struct ref_hart *h) /* A.3.2 */
{
    h->mepc = h->pc;
    h->mcause = h->raised_cause;
    h->mtval = h->raised_tval;
    h->mstatus = (h->mstatus & ~(uint64_t)STATUS_MPP) | (uint64_t)h->priv << MPP_SHIFT;
    h->stopped = true;
}

static void trap_into_s(struct ref_hart *h)
{
    uint64_t spie = h->mstatus & STATUS_SIE ? STATUS_SPIE : 0;

    h->sepc = h->pc;
    h->scause = h->raised_cause;
    h->stval = h->raised_tval;
    h->mstatus &= ~(uint64_t)(STATUS_SPP | STATUS_SPIE | STATUS_SIE);
    h->mstatus |= (uint64_t)h->priv << SPP_SHIFT | spie;
    h->priv = REF_S;
    h->pc = h->stvec & ~3ull;
    h->uxid = h->urid; /* A.3.1, whatever satp.MODE */
    h->urid = h->usid;
    h->usid = 0;
}

static void take_trap(struct ref_hart *h)
{
    h->raised = false;
    if (h->priv != REF_M && (h->medeleg >> h->raised_cause & 1))
        trap_into_s(h);
    else
        trap_into_m(h);
}

static bool sret(struct ref_hart *h, uint32_t insn)
{
    bool to_user = !(h->mstatus & STATUS_SPP);

    if (h->priv == REF_U || (h->priv == REF_S && (h->mstatus & STATUS_TSR)))
        return ref_raise(h, CAUSE_ILLEGAL, insn);
    if (h->mstatus & STATUS_MPRV) /* cleared since version 1.12 of the privileged architecture */
        return ref_unknown(h, "sret with MPRV");
    if (ref_mode_on(h)) {
        if (to_user && h->urid == 0)
            return ref_raise(h, CAUSE_SD, 0); /* A.3.8 */
        h->usid = h->urid;                    /* A.3.3 */
        h->urid = h->uxid;
        h->uxid = 0;
    }
    h->priv = to_user ? REF_U : REF_S;
    h->mstatus = (h->mstatus & ~(uint64_t)(STATUS_SIE | STATUS_SPP)) |
                 (h->mstatus & STATUS_SPIE ? STATUS_SIE : 0) | STATUS_SPIE;
    h->pc = h->sepc;
    return true;
}

/* ---- memory accesses: A.4 --------------------------------------------------------------------- */

static uint64_t cause_of(enum ref_access access, bool page)
{
    static const uint8_t causes[][2] = {
        [REF_FETCH] = {CAUSE_FETCH_ACCESS, CAUSE_FETCH_PAGE},
        [REF_LOAD] = {CAUSE_LOAD_ACCESS, CAUSE_LOAD_PAGE},
        [REF_STORE] = {CAUSE_STORE_ACCESS, CAUSE_STORE_PAGE},
    };

    return causes[access][page];
}

static enum ref_priv effective(const struct ref_hart *h, enum ref_access access)
{
    if (access == REF_FETCH || h->priv != REF_M || !(h->mstatus & STATUS_MPRV)) /* A.4.1 */
        return h->priv;
    return ref_bits(h->mstatus, 12, 11);
}

static bool translate(struct ref_hart *h, uint64_t va, enum ref_access access, enum ref_priv priv,
                      uint64_t *pa)
{
    if (priv == REF_M || h->satp >> 60 == 0) { /* A.4.2 */
        *pa = va;
        return va >> 56 == 0 || ref_unknown(h, "a physical address of more than 56 bits");
    }
    if (!ref_mode_on(h))
        return ref_unknown(h, "page tables");
    switch (ref_walk(h, va, access, priv == REF_S ? 0 : h->usid, pa)) { /* A.4.3 */
    case WALK_OK:
        return true;
    case WALK_PAGE_FAULT:
        return ref_raise(h, cause_of(access, true), va);
    case WALK_ACCESS_FAULT:
        return ref_raise(h, cause_of(access, false), va);
    default:
        return ref_unknown(h, "a walk");
    }
}

/* What memory answered an access of len bytes to va that was translated. */
static bool answered(struct ref_hart *h, enum ref_answer answer, enum ref_access access,
                     uint64_t va, size_t len)
{
    if (answer == REF_DONE)
        return true;
    if (answer == REF_UNKNOWN)
        return ref_unknown(h, "an access elsewhere, or over the end of a page");
    if (va % len)
        return ref_unknown(h, "refused and misaligned: the whole, or a part?");
    h->failed_unsure = true;                          /* is this a walk that failed? */
    return ref_raise(h, cause_of(access, false), va); /* A.5.13 */
}

static bool load(struct ref_hart *h, uint64_t va, size_t len, uint64_t *value)
{
    enum ref_priv priv = effective(h, REF_LOAD);
    uint64_t      pa;

    return translate(h, va, REF_LOAD, priv, &pa) &&
           answered(h, ref_mem_read(h->mem, pa, len, priv, REF_R, value), REF_LOAD, va, len);
}

static bool in_table(const struct ref_hart *h, uint64_t pa, size_t len)
{
    uint64_t base = ref_bits(h->satp, 43, 0) << 12, lo, bytes;

    if (!ref_mode_on(h) || pa + len <= base ||
        ref_mem_read(h->mem, base, 8, REF_M, 0, &lo) != REF_DONE)
        return false;
    bytes = 64 * ref_bits(lo, 63, 32) * (16 + 5 * ref_bits(lo, 31, 0));
    return pa - base < bytes || pa < base;
}

/* What the hart must be told of before it is sure to notice. */
static bool note_store(struct ref_hart *h, uint64_t pa, size_t len)
{
    if (in_table(h, pa, len))
        h->stale_allowed = true;
    if (h->written_count == REF_WRITTEN_MAX)
        return ref_unknown(h, "too many stores");
    h->written[h->written_count].pa = pa;
    h->written[h->written_count++].len = len;
    return true;
}

static bool store(struct ref_hart *h, uint64_t va, size_t len, uint64_t value)
{
    enum ref_priv priv = effective(h, REF_STORE);
    uint64_t      pa;

    return translate(h, va, REF_STORE, priv, &pa) &&
           answered(h, ref_mem_may(h->mem, pa, len, priv, REF_W), REF_STORE, va, len) &&
           note_store(h, pa, len) &&
           answered(h, ref_mem_write(h->mem, pa, len, priv, value), REF_STORE, va, len);
}

/* One walk, as a store; W implies R (A.5.8). */
static bool amo(struct ref_hart *h, uint64_t va, size_t len, unsigned op, uint64_t operand,
                uint64_t *old)
{
    enum ref_priv priv = effective(h, REF_STORE);
    uint64_t      pa, new;

    if (va % len)
        return ref_unknown(h, "a misaligned AMO");
    if (!translate(h, va, REF_STORE, priv, &pa))
        return false;
    if (ref_mem_may(h->mem, pa, len, REF_M, 0) == REF_REFUSED) /* a read or a write that failed? */
        return ref_unknown(h, "an AMO where nothing answers");
    if (!answered(h, ref_mem_may(h->mem, pa, len, priv, REF_R | REF_W), REF_STORE, va, len) ||
        !note_store(h, pa, len) ||
        !answered(h, ref_mem_read(h->mem, pa, len, priv, REF_R, old), REF_STORE, va, len))
        return false;
    new = op == 0 ? *old + operand : op == 1 ? operand : *old | operand;
    if (len == 4)
        *old = ref_sext(*old, 32);
    return answered(h, ref_mem_write(h->mem, pa, len, priv, new), REF_STORE, va, len);
}

static bool fetch_half(struct ref_hart *h, uint64_t va, uint32_t *half)
{
    uint64_t pa, value;

    if (!translate(h, va, REF_FETCH, h->priv, &pa) ||
        !answered(h, ref_mem_read(h->mem, pa, 2, h->priv, REF_X, &value), REF_FETCH, va, 2))
        return false;
    for (size_t k = 0; k < h->written_count; k++) {
        if (pa < h->written[k].pa + h->written[k].len && h->written[k].pa < pa + 2)
            return ref_unknown(h, "code was written and not fenced");
    }
    *half = (uint32_t)value;
    return true;
}

/* The instruction at pc; one of two bytes in the lower half. */
static bool fetch(struct ref_hart *h, uint32_t *insn)
{
    uint32_t low, high = 0;

    if (!fetch_half(h, h->pc, &low))
        return false;
    if ((low & 3) == 3 && !fetch_half(h, h->pc + 2, &high))
        return false;
    *insn = low | high << 16;
    return true;
}

/* ---- instructions ----------------------------------------------------------------------------- */

static void set_x(struct ref_hart *h, unsigned rd, uint64_t value)
{
    if (rd)
        h->x[rd] = value;
}

static bool do_load(struct ref_hart *h, uint32_t insn)
{
    unsigned kind = ref_bits(insn, 14, 12), width = 8u << (kind & 3);
    uint64_t va = h->x[ref_bits(insn, 19, 15)] + ref_sext(ref_bits(insn, 31, 20), 12), value;

    if (kind == 7)
        return ref_raise(h, CAUSE_ILLEGAL, insn);
    if (!load(h, va, width / 8, &value))
        return false;
    set_x(h, ref_bits(insn, 11, 7), kind & 4 ? value : ref_sext(value, width));
    h->pc += 4;
    return true;
}

static bool do_store(struct ref_hart *h, uint32_t insn)
{
    unsigned kind = ref_bits(insn, 14, 12);
    uint64_t offset = ref_sext(ref_bits(insn, 31, 25) << 5 | ref_bits(insn, 11, 7), 12);

    if (kind > 3)
        return ref_raise(h, CAUSE_ILLEGAL, insn);
    if (!store(h, h->x[ref_bits(insn, 19, 15)] + offset, 1u << kind, h->x[ref_bits(insn, 24, 20)]))
        return false;
    h->pc += 4;
    return true;
}

/* amoadd, amoswap and amoor, of 4 and 8 bytes. */
static bool do_amo(struct ref_hart *h, uint32_t insn)
{
    unsigned kind = ref_bits(insn, 14, 12), op = ref_bits(insn, 31, 27);
    uint64_t old;

    if ((kind != 2 && kind != 3) || (op != 0 && op != 1 && op != 8))
        return ref_unknown(h, "this AMO");
    if (!amo(h, h->x[ref_bits(insn, 19, 15)], 1u << kind, op, h->x[ref_bits(insn, 24, 20)], &old))
        return false;
    set_x(h, ref_bits(insn, 11, 7), old);
    h->pc += 4;
    return true;
}

static bool do_jalr(struct ref_hart *h, uint32_t insn)
{
    uint64_t target = h->x[ref_bits(insn, 19, 15)] + ref_sext(ref_bits(insn, 31, 20), 12);

    if (ref_bits(insn, 14, 12))
        return ref_raise(h, CAUSE_ILLEGAL, insn);
    set_x(h, ref_bits(insn, 11, 7), h->pc + 4);
    h->pc = target & ~1ull;
    return true;
}

static bool do_sfence(struct ref_hart *h, uint32_t insn)
{
    if (h->priv == REF_U)
        return ref_raise(h, CAUSE_ILLEGAL, insn);
    h->stale_allowed = false; /* A.9.1 */
    h->pc += 4;
    return true;
}

#define INSN_ECALL       0x00000073
#define INSN_SRET        0x10200073
#define INSN_SFENCE      0x12000073 /* and two source registers */
#define INSN_SFENCE_MASK 0xfe007fff

static bool do_system(struct ref_hart *h, uint32_t insn)
{
    if (insn == INSN_ECALL)
        return ref_raise(h, CAUSE_ECALL + h->priv, 0);
    if (insn == INSN_SRET)
        return sret(h, insn);
    if ((insn & INSN_SFENCE_MASK) == INSN_SFENCE)
        return do_sfence(h, insn);
    if (ref_bits(insn, 13, 12))
        return ref_csr(h, insn);
    return ref_unknown(h, "this system instruction");
}

static bool do_fence(struct ref_hart *h, uint32_t insn)
{
    if (ref_bits(insn, 14, 12) == 1)
        h->written_count = 0; /* fence.i */
    h->pc += 4;
    return true;
}

static bool do_addi(struct ref_hart *h, uint32_t insn)
{
    if (ref_bits(insn, 14, 12))
        return ref_unknown(h, "this arithmetic");
    set_x(h, ref_bits(insn, 11, 7), h->x[ref_bits(insn, 19, 15)] + ref_sext(insn >> 20, 12));
    h->pc += 4;
    return true;
}

/* custom-0 and custom-1 (A.6.1, A.7.2). */
static bool do_custom(struct ref_hart *h, uint32_t insn)
{
    if (ref_is_sc_insn(insn))
        return ref_sc_insn(h, insn);
    if (insn != REF_ENTRY)
        return ref_raise(h, CAUSE_ILLEGAL, insn);
    h->pc += 4;
    return true;
}

static bool do_short(struct ref_hart *h, uint32_t insn)
{
    if (insn == 0)
        return ref_raise(h, CAUSE_ILLEGAL, 0);
    if (insn != 0x0001 || h->no_c)
        return ref_unknown(h, "this compressed instruction");
    h->pc += 2; /* c.nop */
    return true;
}

static bool execute(struct ref_hart *h, uint32_t insn)
{
    if ((insn & 3) != 3)
        return do_short(h, insn);
    switch (insn & 0x7f) {
    case 0x03:
        return do_load(h, insn);
    case 0x0b:
    case 0x2b:
        return do_custom(h, insn);
    case 0x0f:
        return do_fence(h, insn);
    case 0x13:
        return do_addi(h, insn);
    case 0x23:
        return do_store(h, insn);
    case 0x2f:
        return do_amo(h, insn);
    case 0x67:
        return do_jalr(h, insn);
    case 0x73:
        return do_system(h, insn);
    default:
        return ref_unknown(h, "this instruction");
    }
}

void ref_step(struct ref_hart *h)
{
    uint32_t insn;

    if (h->no_c && (h->pc & 2))
        ref_unknown(h, "a jump between two instructions without C");
    else if (fetch(h, &insn))
        execute(h, insn);
    if (h->raised && !h->unknown)
        take_trap(h);
}

void ref_run(struct ref_hart *h, unsigned limit)
{
    while (!h->stopped && !h->unknown) {
        if (limit-- == 0)
            ref_unknown(h, "no end");
        else
            ref_step(h);
    }
}
