/* SPDX-License-Identifier: Apache-2.0 */
/* test_model.c - the golden model of the machine (test/model) gives the values that the published
 * conformance tests demand (securecells.md, C.2), and those of A.7 and A.8 that they leave out.
 *
 * One table of one line and four rows; cell k is page 16 + k and shows frame k. All rights that a
 * test does not name are 0xC1. The code page is mapped for everybody.
 */
/* sources: test/model/memory.c test/model/walk.c test/model/insn.c test/model/csr.c
 * test/model/hart.c
 */
/* flags: -Itest/model */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "table.h"

#define PAGE  4096ull
#define BASE  0x87ff0000ull
#define SIZE  0x8000ull
#define TABLE (BASE + 0x4000)
#define CELL  3 /* the slot that most tests work on */
#define VA    ((16 + CELL) * PAGE)
#define CODE  (16 * PAGE)
#define ROWS  4
#define SLOTS 8
#define MODE  14ull

static uint8_t         bytes[SIZE];
static struct ref_mem  mem;
static struct ref_hart hart;

static void put(uint64_t pa, unsigned len, uint64_t value)
{
    for (unsigned k = 0; k < len; k++)
        bytes[pa - BASE + k] = (uint8_t)(value >> (8 * k));
}

static const struct ref_table table = {.base = TABLE, .R = ROWS, .T = 1, .M = ROWS, .N = SLOTS};

static uint8_t *byte(unsigned sd, unsigned slot)
{
    return &bytes[ref_perm_at(&table, sd, slot) - BASE];
}

static uint32_t word(unsigned sd, unsigned slot)
{
    uint32_t v;

    memcpy(&v, &bytes[ref_grant_at(&table, sd, slot) - BASE], sizeof(v));
    return v;
}

static void put_word(unsigned sd, unsigned slot, uint32_t v)
{
    put(ref_grant_at(&table, sd, slot), 4, v);
}

static bool valid(unsigned slot)
{
    return bytes[ref_desc_at(&table, slot) + 15 - BASE] >> 7;
}

static void set_valid(unsigned slot, bool on)
{
    uint8_t *top = &bytes[ref_desc_at(&table, slot) + 15 - BASE];

    *top = (uint8_t)((*top & 0x7f) | (on ? 0x80 : 0));
}

static int setup(void **state)
{
    (void)state;
    memset(bytes, 0, sizeof(bytes));
    mem = (struct ref_mem){.base = BASE, .size = SIZE, .ram_end = BASE + SIZE, .bytes = bytes};
    hart = (struct ref_hart){.mem = &mem,
                             .mode = MODE,
                             .satp = MODE << 60 | TABLE / PAGE,
                             .priv = REF_U,
                             .usid = 1,
                             .medeleg = 0x1f00b109,
                             .pc = CODE,
                             .stvec = CODE + 0x800};
    put(TABLE, 4, ROWS);
    put(TABLE + 4, 4, 1);
    put(TABLE + 8, 4, ROWS);
    put(TABLE + 12, 4, SLOTS);
    for (unsigned slot = 1; slot < SLOTS; slot++) {
        uint64_t vpn = slot == 1 ? 16 : 16 + slot, ppn = BASE / PAGE + (slot == 1 ? 0 : slot % 4);

        put(ref_desc_at(&table, slot), 8, vpn | vpn << 36);
        put(ref_desc_at(&table, slot) + 8, 8, 1ull << 63 | ppn << 8);
        for (unsigned sd = 0; sd < ROWS; sd++) {
            *byte(sd, slot) = slot == 1 ? 0xcb : 0xc1;
            put_word(sd, slot, GRANT_NONE);
        }
    }
    return 0;
}

/* ---- running one instruction ---------------------------------------------------------------- */

#define RS1 10
#define RS2 11
#define RD  12

static void run(uint32_t insn, uint64_t rs1, uint64_t rs2)
{
    put(BASE, 4, insn);
    hart.x[RS1] = rs1;
    hart.x[RS2] = rs2;
    hart.pc = CODE;
    hart.scause = hart.stval = 0;
    ref_step(&hart);
    assert_false(hart.unknown);
}

static void run_as(uint64_t usid, uint32_t insn, uint64_t rs1, uint64_t rs2)
{
    hart.priv = REF_U;
    hart.usid = usid;
    run(insn, rs1, rs2);
}

static void ok(uint64_t usid, uint32_t insn, uint64_t rs1, uint64_t rs2)
{
    run_as(usid, insn, rs1, rs2);
    assert_int_equal(hart.priv, REF_U);
    assert_int_equal(hart.scause, 0);
}

/* The instruction traps into S, with the rotation of A.3.1. */
static void traps(uint64_t usid, uint32_t insn, uint64_t rs1, uint64_t rs2, uint64_t cause,
                  uint64_t stval)
{
    static uint8_t before[SIZE];

    put(BASE, 4, insn);
    memcpy(before, bytes, sizeof(bytes));
    run_as(usid, insn, rs1, rs2);
    assert_int_equal(hart.priv, REF_S);
    assert_int_equal(hart.scause, cause);
    assert_int_equal(hart.stval, stval);
    assert_int_equal(hart.sepc, CODE);
    assert_int_equal(hart.usid, 0);
    assert_int_equal(hart.urid, usid);
    assert_memory_equal(before, bytes, sizeof(bytes));
}

#define INVAL 0x8005200bu /* A.11: a0 */
#define REVAL 0x00b5200bu /* a0, a1 */
#define PROT  0x00b5300bu
#define EXCL  (0x00b5700bu | RD << 7)
#define JALRS (0x00b5000bu | RD << 7)

static uint32_t imm(uint32_t match, unsigned p)
{
    return match | RS1 << 15 | RS2 << 20 | (p & 31) << 7 | (p >> 5 & 127) << 25;
}

static uint32_t grant(unsigned p)
{
    return imm(0x400b, p);
}

static uint32_t tfer(unsigned p)
{
    return imm(0x500b, p);
}

static uint32_t recv(unsigned p)
{
    return imm(0x600b, p);
}

/* ---- encodings: A.6.1, A.11 ------------------------------------------------------------------ */

static void check_words_of_a_11_are_instructions(void **state)
{
    static const uint32_t words[] = {0x0100002b, 0x01400e2b, 0xffdff52b, 0x00c5808b,
                                     0x8005200b, 0x00b5200b, 0x00b5300b, 0x00b5410b,
                                     0xffefcf8b, 0x00b5530b, 0x00b5630b, 0x00c5f50b};
    static const uint32_t odd[] = {0x8000700b, 0x8200700b, 0x0200000b, 0x8010200b, 0x0000208b,
                                   0x0000308b, 0x0200300b, 0x0000100b, 0x0000108b};

    (void)state;
    for (unsigned k = 0; k < sizeof(words) / sizeof(words[0]); k++)
        assert_true(ref_is_sc_insn(words[k]));
    for (unsigned k = 0; k < sizeof(odd) / sizeof(odd[0]); k++)
        assert_false(ref_is_sc_insn(odd[k]));
}

static void other_words_of_custom_0_are_illegal_with_their_bits(void **state)
{
    (void)state;
    hart.medeleg |= 1 << 2;
    traps(1, 0x8000700b, VA, 2, 2, 0x8000700b);
}

static void entry_does_nothing(void **state)
{
    (void)state;
    ok(1, REF_ENTRY, 0, 0);
    assert_int_equal(hart.pc, CODE + 4);
}

/* ---- C.2: bytes --------------------------------------------------------------------------------- */

static void inval_takes_rw_to_none_and_v_from_row_0(void **state)
{
    (void)state;
    *byte(0, CELL) = 0xcf;
    *byte(1, CELL) = 0xc7;
    ok(1, INVAL, VA, 0);
    assert_int_equal(*byte(0, CELL), 0xce);
    assert_int_equal(*byte(1, CELL), 0xc1);
    assert_false(valid(CELL));
    hart.medeleg |= 1 << 15;
    traps(1, 0x00a53023 /* sd a0, (a0) */, VA, 0, 15, VA);
}

static void reval_gives_what_was_asked_and_v_to_row_0(void **state)
{
    static const uint8_t give[][2] = {{2, 0xc3}, {6, 0xc7}, {14, 0xcf}};

    (void)state;
    for (unsigned k = 0; k < 3; k++) {
        set_valid(CELL, false);
        *byte(0, CELL) = 0xce;
        *byte(1, CELL) = 0xc1;
        ok(1, REVAL, VA, give[k][0]);
        assert_int_equal(*byte(1, CELL), give[k][1]);
        assert_int_equal(*byte(0, CELL), 0xcf);
        assert_true(valid(CELL));
    }
}

static void cell_invalidated_by_one_is_revalidated_by_another(void **state)
{
    (void)state;
    *byte(2, CELL) = 0xcf;
    ok(2, INVAL, VA, 0);
    ok(1, REVAL, VA, 6);
    assert_int_equal(*byte(1, CELL), 0xc7);
    assert_int_equal(*byte(2, CELL), 0xc1);
}

static void tfer_of_r_by_an_rwx_holder_leaves_none(void **state)
{
    (void)state;
    *byte(1, CELL) = 0xcf;
    ok(1, tfer(2), VA, 2);
    assert_int_equal(*byte(1, CELL), 0xc1);
    assert_int_equal(word(1, CELL), 2 << 4 | 2);
}

static void recv_takes_bit_after_bit_then_the_grant_is_gone(void **state)
{
    (void)state;
    *byte(1, CELL) = 0xcf;
    ok(1, grant(6), VA, 2);
    assert_int_equal(*byte(1, CELL), 0xcf);
    ok(2, recv(2), VA, 1);
    assert_int_equal(*byte(2, CELL), 0xc3);
    assert_int_equal(word(1, CELL), 2 << 4 | 4);
    ok(2, recv(4), VA, 1);
    assert_int_equal(*byte(2, CELL), 0xc7);
    assert_int_equal(word(1, CELL), GRANT_NONE);
}

static void recv_sets_v_where_there_was_nothing(void **state)
{
    (void)state;
    *byte(2, CELL) = 0;
    put_word(1, CELL, 2 << 4 | 2);
    ok(2, recv(2), VA, 1);
    assert_int_equal(*byte(2, CELL), 0x03);
}

static void prot_keeps_a_and_d(void **state)
{
    (void)state;
    *byte(1, CELL) = 0xcf;
    ok(1, PROT, VA, 2);
    assert_int_equal(*byte(1, CELL), 0xc3);
    ok(1, PROT, VA, 0);
    assert_int_equal(*byte(1, CELL), 0xc1);
    traps(1, PROT, VA, 0, 25, 0x200);
}

static void excl_is_1_when_alone(void **state)
{
    (void)state;
    *byte(0, CELL) = 0xcf; /* does not count */
    *byte(1, CELL) = 0xcf;
    *byte(2, CELL) = 0xc3;
    ok(1, EXCL, VA, 4);
    assert_int_equal(hart.x[RD], 1);
    ok(1, EXCL, VA, 6);
    assert_int_equal(hart.x[RD], 0);
    *byte(2, CELL) = 0x02; /* V clear */
    ok(1, EXCL, VA, 6);
    assert_int_equal(hart.x[RD], 1);
    put_word(1, CELL, 0 << 4 | 2); /* the caller's own counts, and SD 0's */
    ok(1, EXCL, VA, 6);
    assert_int_equal(hart.x[RD], 0);
    put_word(1, CELL, GRANT_NONE);
    put_word(0, CELL, 3 << 4 | 4);
    ok(1, EXCL, VA, 6);
    assert_int_equal(hart.x[RD], 0);
}

/* ---- C.2: stval ---------------------------------------------------------------------------------- */

static void cause_24_has_the_whole_operand(void **state)
{
    static const uint64_t nowhere[] = {0, 0x5000, 0xffffffffff000000, 1ull << 63 | VA, 1ull << 47};

    (void)state;
    for (unsigned k = 0; k < 5; k++) {
        traps(1, PROT, nowhere[k], 2, 24, nowhere[k]);
        traps(1, INVAL, nowhere[k], 0, 24, nowhere[k]);
        traps(1, grant(2), nowhere[k], 2, 24, nowhere[k]);
    }
}

static void cause_25_tells_its_type(void **state)
{
    (void)state;
    *byte(1, CELL) = 0xc3;
    traps(1, PROT, VA, 1ull << 32 | 2, 25, 1ull << 32 | 2);
    traps(1, grant(0xfff), VA, 2, 25, ~0ull);
    traps(1, grant(0), VA, 2, 25, 0x100);
    traps(1, grant(6), VA, 2, 25, 0x206);
    put_word(2, CELL, 1 << 4 | 2);
    traps(1, recv(6), VA, 2, 25, 0x306);
    *byte(1, CELL) = 0x46;
    traps(1, INVAL, VA, 0, 25, 0x246);
}

static void mediation_comes_first_and_binds_u_only(void **state)
{
    (void)state;
    hart.scmed = 3;
    traps(1, grant(0xfff), 0, 0, 25, 0x500);
    traps(1, INVAL, 0, 0, 25, 0x500);
    traps(1, REVAL, 0, 0, 25, 0x500);
    *byte(1, CELL) = 0xcf;
    ok(1, PROT, VA, 6);
    hart.scmed = 1;
    ok(1, grant(2), VA, 2);
    hart.scmed = 3;
    hart.priv = REF_S;
    hart.usid = 1;
    run(INVAL, VA, 0);
    assert_int_equal(hart.scause, 0);
    assert_false(valid(CELL));
}

static void cause_26_has_the_sd(void **state)
{
    static const uint64_t bad[] = {0, ROWS, 1ull << 32 | 1, ~0ull};

    (void)state;
    *byte(1, CELL) = 0xcf;
    for (unsigned k = 0; k < 4; k++) {
        traps(1, grant(2), VA, bad[k], 26, bad[k]);
        traps(1, recv(2), VA, bad[k], 26, bad[k] & 0xffffffff);
        traps(1, JALRS, CODE + 0x100, bad[k], 26, bad[k]);
    }
    traps(1, recv(2), VA, 2, 26, 1ull << 32 | 1);
}

static void cause_27_tells_the_state(void **state)
{
    (void)state;
    *byte(1, CELL) = *byte(2, CELL) = 0xcf;
    traps(1, REVAL, VA, 2, 27, 1);
    traps(1, INVAL, VA, 0, 27, 2);
    *byte(2, CELL) = 0xc1;
    put_word(2, CELL, 0);
    traps(1, INVAL, VA, 0, 27, 3);
    set_valid(CELL, false);
    traps(1, PROT, VA, 2, 27, 0);
    traps(1, INVAL, VA, 0, 27, 0);
}

static void switch_lands_on_an_entry_and_nowhere_else(void **state)
{
    (void)state;
    put(BASE + 0x102, 4, REF_ENTRY);
    ok(1, JALRS, CODE + 0x103, 2);
    assert_int_equal(hart.usid, 2);
    assert_int_equal(hart.urid, 1);
    assert_int_equal(hart.pc, CODE + 0x102);
    assert_int_equal(hart.x[RD], CODE + 4);
    assert_int_equal(hart.switches, 1);
    traps(1, JALRS, CODE + 0x104, 2, 28, CODE + 0x104);
    traps(1, JALRS, CODE + 0x100, 2, 28, CODE + 0x100);
    traps(1, JALRS, VA, 2, 28, VA);
    traps(1, JALRS, 1ull << 47, 2, 28, 1ull << 47);
    traps(1, 0x0100002b /* jals x0 */, 0, 0, 26, 0);
}

/* ---- CSRs, sret ------------------------------------------------------------------------------------ */

static void u_reads_usid_and_urid_and_writes_urid(void **state)
{
    static const uint32_t illegal[] = {0x08251073, 0x0842a073, 0x08402573,
                                       0x5c002573, 0xdc002573, 0xbc002573};

    (void)state;
    hart.medeleg |= 1 << 2;
    ok(1, 0x08202673 /* csrr a2, usid */, 0, 0);
    assert_int_equal(hart.x[RD], 1);
    ok(1, 0x08351073 /* csrw urid, a0 */, 7, 0);
    assert_int_equal(hart.urid, 7);
    for (unsigned k = 0; k < sizeof(illegal) / sizeof(illegal[0]); k++)
        traps(1, illegal[k], 0, 0, 2, illegal[k]);
}

static void sret_rotates_back_and_not_to_nobody(void **state)
{
    (void)state;
    hart.priv = REF_S;
    hart.usid = 0;
    hart.urid = 3;
    hart.uxid = 2;
    hart.sepc = CODE;
    run(0x10200073, 0, 0);
    assert_int_equal(hart.priv, REF_U);
    assert_int_equal(hart.usid, 3);
    assert_int_equal(hart.urid, 2);
    assert_int_equal(hart.uxid, 0);
    hart.priv = REF_S;
    hart.usid = hart.urid = 0;
    hart.mstatus = 0;
    run(0x10200073, 0, 0);
    assert_int_equal(hart.scause, 26);
    assert_int_equal(hart.stval, 0);
    assert_int_equal(hart.mstatus & STATUS_SPP, STATUS_SPP);
}

static void s_uses_row_0_and_an_sd_from_m_on_faults(void **state)
{
    (void)state;
    *byte(0, CELL) = 0x03;
    hart.priv = REF_S;
    hart.usid = 99;
    run(0x00053603 /* ld a2, (a0) */, VA, 0);
    assert_int_equal(hart.pc, CODE + 4);
    assert_int_equal(*byte(0, CELL), 0x43);
    hart.medeleg |= 1 << 12;
    hart.priv = REF_U;
    hart.pc = CODE;
    ref_step(&hart);
    assert_int_equal(hart.scause, 12);
    assert_int_equal(hart.stval, CODE);
}

static void m_and_n_of_a_hostile_metacell_are_bounded(void **state)
{
    (void)state;
    *byte(1, CELL) = 0xcf;
    put(TABLE + 8, 4, 0xffffffff);
    traps(1, grant(2), VA, ROWS, 26, ROWS);
    put(TABLE + 12, 4, 1);
    hart.priv = REF_M;
    hart.usid = 1;
    hart.pc = BASE;
    ref_step(&hart);
    assert_int_equal(hart.mcause, 26);
    put(TABLE + 8, 4, ROWS);
    hart.stopped = false;
    hart.x[RS2] = 2;
    hart.pc = BASE;
    ref_step(&hart);
    assert_int_equal(hart.mcause, 24);
    assert_int_equal(hart.mtval, VA);
}

static void refused_write_changes_nothing(void **state)
{
    (void)state;
    *byte(1, CELL) = 0xcf;
    mem.pmp_base = ref_perm_at(&table, 1, 0); /* tfer writes the grant and this row */
    mem.pmp_size = 64;
    mem.pmp_rights = REF_R;
    hart.medeleg |= 1 << 7 | 1 << 5;
    traps(1, tfer(2), VA, 2, 7, VA);
    mem.pmp_rights = 0; /* its code could not be fetched in U */
    hart.priv = REF_M;
    hart.usid = 1;
    hart.pc = BASE;
    ref_step(&hart);
    assert_int_equal(hart.mcause, 5);
    assert_int_equal(hart.mtval, VA);
    assert_int_equal(*byte(1, CELL), 0xcf);
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T(check_words_of_a_11_are_instructions),
        T(other_words_of_custom_0_are_illegal_with_their_bits),
        T(entry_does_nothing),
        T(inval_takes_rw_to_none_and_v_from_row_0),
        T(reval_gives_what_was_asked_and_v_to_row_0),
        T(cell_invalidated_by_one_is_revalidated_by_another),
        T(tfer_of_r_by_an_rwx_holder_leaves_none),
        T(recv_takes_bit_after_bit_then_the_grant_is_gone),
        T(recv_sets_v_where_there_was_nothing),
        T(prot_keeps_a_and_d),
        T(excl_is_1_when_alone),
        T(cause_24_has_the_whole_operand),
        T(cause_25_tells_its_type),
        T(mediation_comes_first_and_binds_u_only),
        T(cause_26_has_the_sd),
        T(cause_27_tells_the_state),
        T(switch_lands_on_an_entry_and_nowhere_else),
        T(u_reads_usid_and_urid_and_writes_urid),
        T(sret_rotates_back_and_not_to_nobody),
        T(s_uses_row_0_and_an_sd_from_m_on_faults),
        T(m_and_n_of_a_hostile_metacell_are_bounded),
        T(refused_write_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
