/* SPDX-License-Identifier: Apache-2.0
 *
 * A.3.1, A.3.4: under Sv39, Sv48 and Sv57 a trap from U into S rotates, and the sret behind it does not: with page
 * tables, usid is 0 from the first trap on and everything 0 from the third. A trap into M moves nothing (A.3.2).
 */
#include "lib/machine.h"
#include "lib/radix.h"

#define ECALL 0x00000073u
#define SRET  0x10200073u
#define USER  0x40000000ull

static void check_mode(uint64_t mode)
{
    struct radix r = radix_new(mode);

    MAP_IMAGE(&r, PTE_RWX | PTE_AD);
    radix_map(&r, USER, FRAME(0), 0, PTE_RWX | PTE_U);
    *(volatile uint32_t *)FRAME(0) = ECALL;
    csr_write(CSR_SATP, radix_satp(&r, 0));

    csr_write(CSR_MEDELEG, 1 << 8);
    sds_write(5, 6, 7);
    expect_trap(enter(MODE_U, USER, 0, 0), TRAP_S, 8, 0);
    expect_sds(0, 5, 6);
    expect_trap(enter(MODE_U, USER, 0, 0), TRAP_S, 8, 0);
    expect_sds(0, 0, 5);
    expect_trap(enter(MODE_U, USER, 0, 0), TRAP_S, 8, 0);
    expect_sds(0, 0, 0);

    csr_write(CSR_MEDELEG, 0);
    sds_write(5, 0, 7);
    csr_write(CSR_SEPC, USER);
    csr_clear(CSR_MSTATUS, MSTATUS_SPP);
    expect_trap(exec(MODE_S, SRET, 0, 0), TRAP_M, 8, 0); /* in U at USER, with urid 0 */
    expect(csr_read(CSR_MEPC), USER);
    expect_sds(5, 0, 7);
    csr_write(CSR_SATP, 0);
}

int main(void)
{
    for (progress = SV39; progress <= SV57; progress++)
        check_mode(progress);
    return 0;
}
