/* SPDX-License-Identifier: Apache-2.0
 *
 * A.4.2: with the extension there but another satp mode, nothing of it is in the way: Bare is the
 * identity for any usid, Sv39 and Sv48 obey their own tables, U bit and SUM included.
 */
#include "lib/machine.h"

static uint64_t root[512] __attribute__((aligned(4096)));
static uint64_t leaf[512] __attribute__((aligned(4096)));

#define GIGAPAGE  (0x80000000ull >> 2)
#define PTE_S_RWX 0xcf
#define PTE_U_RW  0xd7

static void check_radix(uint64_t mode)
{
    csr_write(CSR_SATP, mode << 60 | (uint64_t)root >> 12);
    sfence();
    csr_write(CSR_USID, ~0ull);
    expect_reaches(MODE_S, LOAD, FRAME(0));
    expect_page_fault(MPRV_U, LOAD, FRAME(0));
    expect_reaches(MPRV_U, STORE, 0xc0000000 + (FRAME(0) & 0x3fffffff));
    expect_page_fault(MODE_S, LOAD, 0xc0000000 + (FRAME(0) & 0x3fffffff));
    csr_set(CSR_MSTATUS, MSTATUS_SUM);
    expect_reaches(MODE_S, LOAD, 0xc0000000 + (FRAME(0) & 0x3fffffff));
    csr_clear(CSR_MSTATUS, MSTATUS_SUM);
}

int main(void)
{
    csr_write(CSR_USID, 1234);
    expect_reaches(MODE_U, STORE, FRAME(0));
    expect(*word_at(FRAME(0)), probe_value);

    root[2] = GIGAPAGE | PTE_S_RWX;
    root[3] = GIGAPAGE | PTE_U_RW;
    progress = 39;
    check_radix(8);
    memcpy(leaf, root, sizeof(leaf));
    memset(root, 0, sizeof(root));
    root[0] = (uint64_t)leaf >> 2 | 1;
    progress = 48;
    check_radix(9);
    return 0;
}
