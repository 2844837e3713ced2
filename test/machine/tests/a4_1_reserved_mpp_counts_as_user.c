/* SPDX-License-Identifier: Apache-2.0
 *
 * A.4.1: MPP's value 2 stands for no mode. Where a hart keeps it nevertheless, an access by MPRV is not
 * one of S: it has the row of usid, and the rights of that alone.
 */
#include "lib/machine.h"

#define VA 0x10000

static bool keeps_reserved_mpp(void)
{
    csr_clear(CSR_MSTATUS, MSTATUS_MPP);
    csr_set(CSR_MSTATUS, 2ull << 11);
    return (csr_read(CSR_MSTATUS) & MSTATUS_MPP) == 2ull << 11;
}

/* A load with MPRV and the MPP at hand. */
static uint64_t load(uint64_t va)
{
    uint64_t value;

    __asm__ volatile("csrs mstatus, %1\n"
                     "ld   %0, (%2)\n"
                     "csrc mstatus, %1"
                     : "=&r"(value)
                     : "r"((uint64_t)MSTATUS_MPRV), "r"(va)
                     : "memory");
    return value;
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_V, P_V | P_R, P_V | P_R}},
    };
    struct table t = cells_on(cells, 1);
    uint64_t     slot = slot_of(&t, VA);

    *word_at(FRAME(0)) = 0x1234;
    csr_write(CSR_USID, 1);
    if (!keeps_reserved_mpp())
        return 0;
    expect(load(VA), 0x1234);
    expect(*perm(&t, 0, slot), P_V);
    expect(*perm(&t, 1, slot), P_V | P_R | P_A);
    csr_write(CSR_USID, 2);
    expect(load(VA), 0x1234);
    expect(*perm(&t, 2, slot), P_V | P_R | P_A);
    return 0;
}
