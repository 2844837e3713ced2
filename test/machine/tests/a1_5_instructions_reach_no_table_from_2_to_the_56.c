/* SPDX-License-Identifier: Apache-2.0
 *
 * A.1.5, A.6.5: what an instruction would read or write at or above 2^56 fails like a bus error: 5
 * for a read with rs1 in tval, 7 for what is only written, and nothing is changed. With T = 2^31
 * the row of SD 2^19 - 16 starts at B + 2^56; cut to 56 bits it would be the table itself. A table
 * in the last page below 2^56 has no memory at all.
 */
#include "lib/sc.h"

#define VA      0x70000000
#define INVALID 0x70002000
#define FAR     ((1ull << 19) - 16)

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(1), .row = {0, P_RW, P_RW}},
        {.va = INVALID, .pages = 1, .pa = FRAME(2), .row = {0, P_RW, P_RW}},
    };
    struct table t = cells_on_behind_a_row(cells, 2);

    desc(&t, slot_of(&t, INVALID))->hi &= ~DESC_VALID;
    meta(&t)->T = 1u << 31;
    meta(&t)->R = meta(&t)->M = 0xffffffff;
    sc_watch(&t);
    csr_write(CSR_USID, FAR);
    expect_refused(MODE_M, SC_PROT(VA, R), 5, VA);
    expect_refused(MODE_M, SC_GRANT(VA, 1, R), 5, VA);
    expect_refused(MODE_M, SC_TFER(VA, 1, R), 5, VA);
    expect_refused(MODE_M, SC_EXCL(VA, R), 5, VA);
    expect_refused(MODE_M, SC_INVAL(VA), 5, VA);
    for (uint64_t sd = 1; sd < 1ull << 28; sd = 3 * sd + 1)
        expect_refused(MODE_M, SC_RECV(VA, sd, R), 5, VA); /* the grants are all out of reach */
    expect_refused(MODE_M, SC_REVAL(INVALID, R), 7, INVALID);

    csr_write(CSR_SATP, SATP_MODE_CELLS << 60 | ((1ull << 44) - 1));
    expect(csr_read(CSR_SATP) << 20 >> 20, (1ull << 44) - 1);
    for (enum sc_name name = JALS; name < SC_NAMES; name++) {
        struct sc insn = {.name = name, .addr = SPARE(0), .sd = 1, .p = R};

        expect_refused(MODE_M, insn, 5, SPARE(0));
    }
    return 0;
}
