/* SPDX-License-Identifier: Apache-2.0
 * qemu: -cpu rv64,h=on,seccells=on
 *
 * A.2.7, H9: vsatp and hgatp never take MODE 14 or 15; with V = 1 the mode is not on: SC
 * instructions are illegal, a trap into VS and sret in VS leave usid, urid, uxid alone.
 */
#include "lib/machine.h"

static void check_refused(void)
{
    for (uint64_t mode = 14; mode <= 15; mode++) {
        csr_write(CSR_VSATP, mode << 60 | 0x80000);
        expect(csr_read(CSR_VSATP), 0);
        csr_write(CSR_HGATP, mode << 60 | 0x80000);
        expect(csr_read(CSR_HGATP), 0);
    }
    csr_write(CSR_VSATP, 9ull << 60 | 0x80000);
    expect(csr_read(CSR_VSATP), 9ull << 60 | 0x80000);
    csr_write(CSR_VSATP, 14ull << 60 | 0x81000);
    expect(csr_read(CSR_VSATP), 9ull << 60 | 0x80000);
    csr_write(CSR_VSATP, 0);
}

static struct outcome exec_virtual(enum mode mode, uint32_t insn)
{
    csr_set(CSR_MSTATUS, MSTATUS_MPV);
    struct outcome o = exec(mode, insn, 0x80000000, 2);
    csr_clear(CSR_MSTATUS, MSTATUS_MPV);
    return o;
}

int main(void)
{
    static const uint32_t sc[] = {0x8005200b, 0x00b5200b, 0x00b5300b, 0x00b5410b,
                                  0x00b5530b, 0x00b5630b, 0x00c5f50b};
    const uint32_t        sret = 0x10200073, ebreak = 0x00100073, entry = 0x0000100b;

    csr_write(CSR_VSTVEC, (uint64_t)s_vector);
    check_refused();
    cells_on(NULL, 0); /* the mode is on in HS, which V = 1 must not notice */
    check_refused();

    sds_write(1, 2, 3);
    for (progress = 0; progress < 7; progress++)
        expect_trap(exec_virtual(MODE_S, sc[progress]), TRAP_M, 2, sc[progress]);
    expect_returned(exec_virtual(MODE_S, entry));

    /* In VS, satp is vsatp. */
    for (uint64_t mode = 14; mode <= 15; mode++) {
        csr_set(CSR_MSTATUS, MSTATUS_MPV);
        exec(MODE_S, 0x18051073, mode << 60 | 0x80000, 0); /* csrw satp, a0 */
        csr_clear(CSR_MSTATUS, MSTATUS_MPV);
        expect(csr_read(CSR_VSATP), 0);
    }
    expect(csr_read(CSR_SATP) >> 60, SATP_MODE_CELLS);

    /* A trap into VS: ebreak in VU, delegated twice. */
    csr_write(CSR_MEDELEG, 1 << 3);
    csr_write(CSR_HEDELEG, 1 << 3);
    struct outcome o = exec_virtual(MODE_U, ebreak);
    expect(csr_read(CSR_MCAUSE), 10); /* s_vector's ecall, from VS */
    expect(o.by, TRAP_S);
    expect_sds(1, 2, 3);

    /* sret in VS, to VU, with urid = 0 as well */
    __asm__ volatile("csrw 0x241, %0" ::"r"((uint64_t)leave)); /* vsepc */
    __asm__ volatile("csrw 0x200, x0");                        /* vsstatus: SPP = U */
    expect_returned(exec_virtual(MODE_S, sret));
    expect(csr_read(CSR_MCAUSE), 8);
    expect_sds(1, 2, 3);
    csr_write(CSR_URID, 0);
    __asm__ volatile("csrw 0x200, x0");
    expect_returned(exec_virtual(MODE_S, sret));
    expect_sds(1, 0, 3);
    return 0;
}
