/* SPDX-License-Identifier: Apache-2.0
 *
 * situation.c - see situation.h.
 *
 * Source: securecells.md, A.6.3, A.6.5, A.7.
 */
#include "lib/situation.h"

#define UNMAPPED      0x70000000ull
#define NOT_CANONICAL (SIT_VA | 1ull << 47) /* the cell's address but for one bit */
#define BAD_BIT       0x400ull              /* fits an immediate, outside RWX */
#define NO_ANSWER_PPN 0xffffff0000ull       /* behind all RAM */

static const enum check
    switch_checks[] = {C1, C5, C6, C7_ZERO, C7_BIG, ENTRY_UNMAPPED, ENTRY_WORD, CHECKS_END},
    prot_checks[] = {C1, C3,    C5,       C6,         C8_UNMAPPED,   C8_CANONICAL,
                     C9, C10_V, C10_NONE, C10_SUBSET, WRITE_REFUSED, CHECKS_END},
    excl_checks[] = {C1,           C3, C4,    C5,       C6,         C8_UNMAPPED,
                     C8_CANONICAL, C9, C10_V, C10_NONE, C10_SUBSET, CHECKS_END},
    grant_checks[] = {C1,        C2,      C3,       C4,          C5,
                      C6,        C7_ZERO, C7_BIG,   C8_UNMAPPED, C8_CANONICAL,
                      C9,        C10_V,   C10_NONE, C10_SUBSET,  WRITE_REFUSED,
                      CHECKS_END},
    recv_checks[] =
        {C1,        C2,          C3,           C4, C5,          C6,          C7_ZERO,
         C7_BIG,    C8_UNMAPPED, C8_CANONICAL, C9, RECV_TARGET, RECV_RIGHTS, WRITE_REFUSED,
         CHECKS_END},
    inval_checks[] = {C1,        C2,    C5,       C6,         C8_UNMAPPED,   C8_CANONICAL,
                      C9,        C10_V, C10_NONE, INVAL_HELD, INVAL_GRANTED, WRITE_REFUSED,
                      CHECKS_END},
    reval_checks[] = {C1,        C2, C3, C4, C5, C6, C8_UNMAPPED, C8_CANONICAL, C9, WRITE_REFUSED,
                      CHECKS_END};

const enum check *checks_of(enum sc_name name)
{
    static const enum check *const lists[SC_NAMES] = {
        [JALS] = switch_checks, [JALRS] = switch_checks, [PROT] = prot_checks,
        [GRANT] = grant_checks, [TFER] = grant_checks,   [RECV] = recv_checks,
        [EXCL] = excl_checks,   [INVAL] = inval_checks,  [REVAL] = reval_checks,
    };

    return lists[name];
}

uint64_t mediation_bit(enum sc_name name)
{
    if (name == INVAL || name == REVAL)
        return 1;
    return name == GRANT || name == TFER || name == RECV ? 2 : 0;
}

/* Hart 0 has the table open for reading and writing, whatever an earlier situation did. */
static void reset(void)
{
    pmp_clear(0);
    csr_write(CSR_SATP, 0);
    csr_write(CSR_SCMED, 0);
    sds_write(SIT_USID, 4, 5);
}

static struct sc operands(enum sc_name name)
{
    bool is_switch = name == JALS || name == JALRS;

    return (struct sc){
        .name = name,
        .addr = is_switch ? SIT_GATE : SIT_VA + 0x1123,
        .sd = SIT_SD,
        .p = name == INVAL ? 0 : R,
    };
}

struct situation situation_make(enum sc_name name, enum mode mode)
{
    static const struct cell cells[] = {
        {.va = SIT_VA - PAGE, .pages = 1, .pa = FRAME(3), .row = {P_RWX, P_RWX, P_RWX}},
        {.va = SIT_VA, .pages = 2, .pa = FRAME(0), .row = {P_RW, P_RW}},
        {.va = SIT_VA + 2 * PAGE, .pages = 1, .pa = FRAME(4), .row = {P_RWX, P_RWX, P_RWX}},
        {.va = SIT_GATE, .pages = 1, .pa = SIT_GATE, .row = {P_RX, P_NONE, P_RX}},
    };
    struct situation s = {.mode = mode, .insn = operands(name)};

    reset();
    s.table = CELLS_ON(cells);
    s.slot = slot_of(&s.table, SIT_VA);
    meta(&s.table)->M = SIT_M;
    if (name == RECV)
        *grant(&s.table, SIT_SD, s.slot) = GRANT_WORD(SIT_USID, RW);
    if (name == REVAL)
        desc(&s.table, s.slot)->hi &= ~DESC_VALID;
    put_entry(SIT_GATE, 9);
    sc_watch(&s.table);
    sfence();
    return s;
}

static bool in_m(const struct situation *s)
{
    return s->mode == MODE_M;
}

static bool about_rights(enum check c)
{
    return c == C3 || c == C4;
}

static bool about_own(enum check c)
{
    return c == C10_V || c == C10_NONE || c == C10_SUBSET;
}

/* Both say something of the same operand or place, and the later would undo the earlier. */
static bool exclude_each_other(enum check a, enum check b)
{
    if (a == b || a == CHECKS_END || b == CHECKS_END)
        return false;
    return (about_rights(a) && about_rights(b)) || (about_own(a) && about_own(b)) ||
           (a == C1 && b == C5) || (a == C5 && b == C1) || (a == C7_ZERO && b == C7_BIG) ||
           (a == C7_BIG && b == C7_ZERO) || (a == C8_UNMAPPED && b == C8_CANONICAL) ||
           (a == C8_CANONICAL && b == C8_UNMAPPED) || (a == C4 && b == C10_SUBSET) ||
           (a == C10_SUBSET && b == C4);
}

static void violate_own(struct situation *s, enum check check)
{
    static const uint8_t bytes[] = {
        [C10_V] = P_RWX & ~P_V, [C10_NONE] = P_NONE, [C10_SUBSET] = P_AD | P_V | P_X};

    *perm(&s->table, SIT_USID, s->slot) = bytes[check];
}

static void select_table(uint64_t ppn)
{
    csr_write(CSR_SATP, SATP_MODE_CELLS << 60 | ppn);
}

/* Fetches of U and S need the table, too: some violations can be seen from M alone, and a U
 * compartment that does not exist cannot execute anything. */
static bool is_possible(const struct situation *s, enum check check)
{
    if (check == C2)
        return s->mode == MODE_U;
    if (check == C6)
        return s->mode != MODE_U;
    return check != C5 || in_m(s);
}

bool violate(struct situation *s, enum check check, enum check before)
{
    uint64_t ppn = s->table.base >> 12;
    uint32_t g = *grant(&s->table, SIT_SD, s->slot);

    if (!is_possible(s, check) || exclude_each_other(check, before))
        return false;
    switch (check) {
    case C1:
        csr_write(CSR_SATP, 0);
        break;
    case C2:
        csr_write(CSR_SCMED, mediation_bit(s->insn.name));
        break;
    case C3:
        s->insn.p |= BAD_BIT;
        break;
    case C4:
        s->insn.p = 0;
        break;
    case C5:
        select_table(NO_ANSWER_PPN);
        break;
    case C6:
        csr_write(CSR_USID, SIT_M);
        break;
    case C7_ZERO:
        s->insn.sd = 0;
        break;
    case C7_BIG:
        s->insn.sd = SIT_M;
        break;
    case C8_UNMAPPED:
        s->insn.addr = UNMAPPED;
        break;
    case C8_CANONICAL:
        s->insn.addr = NOT_CANONICAL;
        break;
    case C9:
        desc(&s->table, s->slot)->hi ^= DESC_VALID;
        break;
    case C10_V:
    case C10_NONE:
    case C10_SUBSET:
        violate_own(s, check);
        break;
    case RECV_TARGET:
        *grant(&s->table, SIT_SD, s->slot) = GRANT_WORD(SIT_USID + 2, g & 15);
        break;
    case RECV_RIGHTS:
        *grant(&s->table, SIT_SD, s->slot) = GRANT_WORD(g >> 4, WX);
        break;
    case INVAL_HELD:
        *perm(&s->table, 3, s->slot) = P_V | P_R;
        break;
    case INVAL_GRANTED:
        *grant(&s->table, 3, s->slot) = GRANT_WORD(SIT_USID, R);
        break;
    case ENTRY_UNMAPPED:
        *perm(&s->table, SIT_SD, slot_of(&s->table, SIT_GATE)) = P_RW;
        break;
    case ENTRY_WORD:
        put_code(SIT_GATE, 9);
        break;
    case WRITE_REFUSED:
        pmp_set(0, ppn << 12, PAGE, PMP_R);
        break;
    default:
        return false;
    }
    sfence();
    return true;
}

static uint64_t tval_of(const struct situation *s, enum check check)
{
    const struct sc *i = &s->insn;

    switch (check) {
    case C1:
        return sc_word(*i);
    case C2:
        return 0x500;
    case C3:
        return i->p;
    case C4:
        return 0x100;
    case C6:
        return SIT_M;
    case C7_ZERO:
    case C7_BIG:
        return i->sd;
    case C9:
        return i->name == REVAL ? 1 : 0;
    case C10_V:
    case C10_NONE:
    case C10_SUBSET:
        return 0x200 | (i->name == INVAL ? *perm(&s->table, SIT_USID, s->slot) : i->p);
    case RECV_TARGET:
        return 1ull << 32 | SIT_USID;
    case RECV_RIGHTS:
        return 0x300 | i->p;
    case INVAL_HELD:
        return 2;
    case INVAL_GRANTED:
        return 3;
    default:
        return i->addr;
    }
}

static uint64_t cause_of(enum check check)
{
    static const uint8_t causes[] = {
        [C1] = 2,
        [C2] = BAD_RIGHTS,
        [C3] = BAD_RIGHTS,
        [C4] = BAD_RIGHTS,
        [C5] = 5,
        [C6] = BAD_SD,
        [C7_ZERO] = BAD_SD,
        [C7_BIG] = BAD_SD,
        [C8_UNMAPPED] = BAD_ADDRESS,
        [C8_CANONICAL] = BAD_ADDRESS,
        [C9] = BAD_STATE,
        [C10_V] = BAD_RIGHTS,
        [C10_NONE] = BAD_RIGHTS,
        [C10_SUBSET] = BAD_RIGHTS,
        [RECV_TARGET] = BAD_SD,
        [RECV_RIGHTS] = BAD_RIGHTS,
        [INVAL_HELD] = BAD_STATE,
        [INVAL_GRANTED] = BAD_STATE,
        [ENTRY_UNMAPPED] = BAD_TARGET,
        [ENTRY_WORD] = BAD_TARGET,
        [WRITE_REFUSED] = 7,
    };

    return causes[check];
}

void check_refused_for(const char *file, int line, const struct situation *s, enum check check)
{
    check_refused(file, line, s->mode, s->insn, cause_of(check), tval_of(s, check));
}
