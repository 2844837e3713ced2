/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.1: with the mode on, every word of custom-0 that the table of encodings does not list is an
 * illegal instruction with its bits in tval: all funct3 and funct7, register fields 0 and not.
 */
#include "lib/sc.h"

static const struct {
    uint32_t match, mask;
} listed[] = {
    {0x0000000b, 0xfe00707f}, {0x0000100b, 0xffffffff}, {0x8000200b, 0xfff07fff},
    {0x0000200b, 0xfe007fff}, {0x0000300b, 0xfe007fff}, {0x0000400b, 0x0000707f},
    {0x0000500b, 0x0000707f}, {0x0000600b, 0x0000707f}, {0x0000700b, 0xfe00707f},
};

static bool is_listed(uint32_t word)
{
    for (unsigned k = 0; k < sizeof(listed) / sizeof(listed[0]); k++)
        if ((word & listed[k].mask) == listed[k].match)
            return true;
    return false;
}

int main(void)
{
    static const uint32_t registers[] = {
        0,       10 << 7, 10 << 15, 11 << 20, 11 << 20 | 10 << 15, 11 << 20 | 10 << 15 | 10 << 7,
        31 << 7, 1 << 20};
    unsigned illegal = 0;

    cells_on(NULL, 0);
    csr_write(CSR_USID, 1);
    for (uint32_t k = 0; k < 128 * 8 * 8; k++) {
        uint32_t word = (k >> 6) << 25 | (k >> 3 & 7) << 12 | registers[k & 7] | 0x0b;

        if (is_listed(word))
            continue;
        progress = word;
        expect_trap(exec(sc_modes[k % 3], word, 0x80000000, 2), TRAP_M, 2, word);
        illegal++;
    }
    expect_true(illegal > 4000);
    return 0;
}
