/* SPDX-License-Identifier: Apache-2.0
 *
 * A.3.3, A.3.4: with the mode on, sret moves urid to usid and uxid to urid and clears uxid, for
 * either SPP; with Bare and with Sv39 it moves nothing. In S and in M.
 */
#include "lib/machine.h"

static const uint32_t sret = 0x10200073;
static uint64_t       sv39_root[512] __attribute__((aligned(4096)));

/* sret from mode to leave, in U or S by SPP. */
static void do_sret(enum mode mode, enum mode to)
{
    csr_write(CSR_SEPC, (uint64_t)leave);
    csr_clear(CSR_MSTATUS, MSTATUS_SPP);
    if (to == MODE_S)
        csr_set(CSR_MSTATUS, MSTATUS_SPP);
    expect_returned(exec(mode, sret, 0, 0));
    expect(csr_read(CSR_MCAUSE), 8 + to);
}

static void check(enum mode mode, enum mode to, bool rotates)
{
    sds_write(1, 2, 3);
    do_sret(mode, to);
    if (rotates)
        expect_sds(2, 3, 0);
    else
        expect_sds(1, 2, 3);
}

int main(void)
{
    check(MODE_S, MODE_U, false);
    check(MODE_S, MODE_S, false);
    check(MODE_M, MODE_S, false);

    sv39_root[2] = 0x80000000ull >> 2 | 0xcf;
    csr_write(CSR_SATP, 8ull << 60 | (uint64_t)sv39_root >> 12);
    check(MODE_S, MODE_S, false);
    check(MODE_M, MODE_S, false);

    cells_on(NULL, 0);
    check(MODE_S, MODE_U, true);
    check(MODE_S, MODE_S, true);
    check(MODE_M, MODE_U, true);
    check(MODE_M, MODE_S, true);

    /* sret to S with urid = 0 is allowed (A.3.8), and rotates. */
    sds_write(1, 0, 3);
    do_sret(MODE_S, MODE_S);
    expect_sds(0, 3, 0);

    /* With Bare, sret to U with urid = 0 is, too. */
    csr_write(CSR_SATP, 0);
    sds_write(1, 0, 3);
    do_sret(MODE_S, MODE_U);
    expect_sds(1, 0, 3);
    return 0;
}
