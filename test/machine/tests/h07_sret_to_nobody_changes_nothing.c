/* SPDX-License-Identifier: Apache-2.0
 *
 * A.3.8, H7: sret to U with urid = 0 is cause 26, stval 0, sepc = the sret, and before the trap
 * nothing has changed: not usid, urid, uxid, not SPP, SPIE, SIE, MPRV. Privilege and TSR come
 * first.
 */
#include "lib/machine.h"

static const uint32_t sret = 0x10200073;

#define WATCHED (MSTATUS_SPP | MSTATUS_SPIE | MSTATUS_SIE | MSTATUS_SUM | MSTATUS_MXR)

/* Two settings that an sret would change: SIE <- SPIE, SPIE <- 1. */
static void check(enum mode mode, uint64_t set)
{
    csr_clear(CSR_MSTATUS, WATCHED);
    csr_set(CSR_MSTATUS, set);
    csr_write(CSR_SEPC, (uint64_t)leave);
    sds_write(7, 0, 9);

    struct outcome o = exec(mode, sret, 0, 0);
    expect(expect_trap(o, TRAP_M, 26, 0), csr_read(CSR_MEPC));
    expect(*(uint32_t *)o.epc, sret);
    expect(o.status & WATCHED, set);
    expect(o.status & MSTATUS_MPP, (uint64_t)mode << 11);
    expect(csr_read(CSR_SEPC), (uint64_t)leave);
    expect_sds(7, 0, 9);
}

/* Delegated: the trap itself rotates (A.3.1) and stacks SIE; SPP = S says sret did not happen. */
static void check_delegated(void)
{
    csr_clear(CSR_MSTATUS, WATCHED);
    csr_set(CSR_MSTATUS, MSTATUS_SIE);
    csr_write(CSR_MEDELEG, 1 << 26);
    sds_write(7, 0, 9);
    struct outcome o = exec(MODE_S, sret, 0, 0);
    expect_trap(o, TRAP_S, 26, 0);
    expect(*(uint32_t *)o.epc, sret);
    expect(o.status & WATCHED, MSTATUS_SPP | MSTATUS_SPIE);
    expect_sds(0, 7, 0);
    csr_write(CSR_MEDELEG, 0);
}

int main(void)
{
    cells_on(NULL, 0);
    check(MODE_S, MSTATUS_SPIE);
    check(MODE_S, MSTATUS_SIE);
    check(MODE_S, MSTATUS_SUM | MSTATUS_MXR);
    check(MODE_M, MSTATUS_SPIE);
    check_delegated();

    csr_clear(CSR_MSTATUS, WATCHED);
    sds_write(7, 0, 9);
    expect_trap(exec(MODE_U, sret, 0, 0), TRAP_M, 2, sret);
    csr_set(CSR_MSTATUS, MSTATUS_TSR);
    expect_trap(exec(MODE_S, sret, 0, 0), TRAP_M, 2, sret);
    expect_trap(exec(MODE_M, sret, 0, 0), TRAP_M, 26, 0);
    return 0;
}
