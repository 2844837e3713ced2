/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.5: a table in flash answers reads: excl, switches and every check work. What is not RAM is not
 * written: each instruction that would is refused with cause 7, rs1 in tval.
 */
#include "lib/sc.h"

#define VA      0x40000
#define INVALID 0x48000
#define OFFERED 0x50000
#define GATE    SPARE(0)

static uint8_t space[PAGE] __attribute__((aligned(4096)));

static void make(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW}},
        {.va = INVALID, .pages = 1, .pa = FRAME(1), .row = {P_RW, P_RW}},
        {.va = OFFERED, .pages = 1, .pa = FRAME(2), .row = {P_RW, P_RW, P_RW}},
        {.va = GATE, .pages = 1, .pa = GATE, .row = {P_RX, P_NONE, P_RX}},
    };
    struct table t = table_build((uint64_t)space, 1, 4, cells, 4);

    desc(&t, slot_of(&t, INVALID))->hi &= ~DESC_VALID;
    *grant(&t, 2, slot_of(&t, OFFERED)) = GRANT_WORD(1, RW);
    flash_program(space, TABLE_BYTES(1, 4));
}

int main(void)
{
    struct table t = {FLASH, 1, 4};

    make();
    csr_write(CSR_SATP, table_satp(&t));
    sc_watch(&t);
    put_entry(GATE, 9);
    for (unsigned m = 0; m < 3; m++) {
        enum mode mode = sc_modes[m];

        sds_write(1, 0, 0);
        expect(expect_done(mode, SC_EXCL(VA, RW)), 1);
        expect(expect_done(mode, SC_EXCL(OFFERED, R)), 0);
        expect_refused(mode, SC_PROT(VA, R), 7, VA);
        expect_refused(mode, SC_GRANT(VA, 2, R), 7, VA);
        expect_refused(mode, SC_TFER(VA, 2, R), 7, VA);
        expect_refused(mode, SC_RECV(OFFERED, 2, R), 7, OFFERED);
        expect_refused(mode, SC_INVAL(VA), 7, VA);
        expect_refused(mode, SC_REVAL(INVALID, R), 7, INVALID);
        expect_refused(mode, SC_PROT(VA, X), BAD_RIGHTS, 0x208);
        expect_switched(mode, SC_JALRS(GATE, 2), 9);
    }
    return 0;
}
