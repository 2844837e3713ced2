/* SPDX-License-Identifier: Apache-2.0
 * qemu: -cpu rv64,h=on,seccells=off
 *
 * A.2.1: with the property off nothing of the extension shows: a trap that is delegated to S moves no
 * register that does not exist, causes 24 to 28 cannot be delegated, sfence.vma counts nothing, and
 * hgatp and vsatp hold what they are given, as they always did.
 */
#include "lib/machine.h"

#define EBREAK 0x00100073u

int main(void)
{
    const uint64_t value = 14ull << 60 | 0x80000;

    sfence();
    csr_write(CSR_MEDELEG, 0x1full << 24 | 1 << 3);
    expect(csr_read(CSR_MEDELEG) & 0x1full << 24, 0);
    expect_trap(exec(MODE_U, EBREAK, 0, 0), TRAP_S, 3, csr_read(CSR_STVAL));
    csr_write(CSR_HGATP, value);
    expect(csr_read(CSR_HGATP), value);
    csr_write(CSR_VSATP, value);
    expect(csr_read(CSR_VSATP), value);
    return 0;
}
