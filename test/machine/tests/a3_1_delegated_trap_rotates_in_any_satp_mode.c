/* SPDX-License-Identifier: Apache-2.0
 *
 * A.3.1: an exception taken in S moves usid to urid, urid to uxid, and makes usid 0: from U and
 * from S, with the mode on, with Bare and with Sv39. Values of any size move whole.
 */
#include "lib/machine.h"

#define ECALL   0x00000073
#define EBREAK  0x00100073
#define ILLEGAL 0xffffffff

static uint64_t sv39_root[512] __attribute__((aligned(4096)));

static void check_from_u(void)
{
    sds_write(5, 6, 7);
    expect_trap(exec(MODE_U, ECALL, 0, 0), TRAP_S, 8, 0);
    expect_sds(0, 5, 6);

    sds_write(4, 0xfedcba9876543210, 9);
    expect_trap(exec(MODE_U, ILLEGAL, 0, 0), TRAP_S, 2, ILLEGAL);
    expect_sds(0, 4, 0xfedcba9876543210);
}

static void check_from_s(void)
{
    sds_write(1ull << 63, 8, 9);
    expect_trap(exec(MODE_S, ILLEGAL, 0, 0), TRAP_S, 2, ILLEGAL);
    expect_sds(0, 1ull << 63, 8);
}

int main(void)
{
    csr_write(CSR_MEDELEG, 1 << 2 | 1 << 8);
    progress = 0; /* Bare */
    check_from_u();
    check_from_s();

    progress = SATP_MODE_CELLS;
    cells_on(NULL, 0);
    check_from_u();
    check_from_s();

    progress = 8; /* Sv39: one gigapage for S; a U page would not let S run there */
    sv39_root[2] = 0x80000000ull >> 2 | 0xcf;
    csr_write(CSR_SATP, 8ull << 60 | (uint64_t)sv39_root >> 12);
    check_from_s();
    return 0;
}
