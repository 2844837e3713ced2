/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.3, A.7.1, H5: epc of a refused instruction is its own address wherever it stands: behind
 * other instructions, two-byte aligned, over two pages; every instruction but jals, in U, S and M, and
 * what came before it has happened, what follows has not.
 */
#include "lib/sc.h"

#define CODE SPARE(1)

/* a4 = a5 = 0; n times "c.addi a5, 1", the instruction, "c.addi a4, 1", return. */
static uint64_t put_block(uint64_t pa, unsigned n, uint32_t word)
{
    uint16_t *p = (uint16_t *)pa;

    *p++ = 0x4701;
    *p++ = 0x4781;
    for (unsigned k = 0; k < n; k++)
        *p++ = 0x0785;
    *p++ = word & 0xffff;
    *p++ = (uint16_t)(word >> 16);
    *p++ = 0x0705;
    *p++ = 0x8082;
    __asm__ volatile("fence.i" ::: "memory");
    return pa + 4 + 2 * n;
}

/* All are refused with a0 = where no cell is and a1 = 2, which is an SD and the right R. */
static const struct {
    uint32_t word;
    unsigned cause;
} refused[] = {
    {0x00b5028b, 28}, {0x8005200b, 24}, {0x00b5200b, 24}, {0x00b5300b, 24},
    {0x00b5410b, 24}, {0x00b5530b, 24}, {0x00b5630b, 24}, {0x00b5750b, 24},
};

int main(void)
{
    static const struct cell cells[] = {
        {.va = CODE, .pages = 2, .pa = CODE, .row = {P_RX, P_RX}},
    };

    CELLS_ON(cells);
    for (unsigned k = 0; k < sizeof(refused) / sizeof(refused[0]); k++)
        for (unsigned n = 0; n < 40; n += 1 + n / 8)
            for (unsigned m = 0; m < 3; m++) {
                progress = k << 16 | n << 8 | m;
                sds_write(1, 7, 8);
                uint64_t       at = put_block(CODE + PAGE - 48, n, refused[k].word);
                struct outcome o = enter(sc_modes[m], CODE + PAGE - 48, 0x70000000, 2);
                expect(expect_trap(o, TRAP_M, refused[k].cause, 0x70000000), at);
                expect(o.x[10], 0x70000000);
                expect(o.x[15], n);
                expect(o.x[14], 0);
                expect_sds(1, 7, 8);
            }
    return 0;
}
