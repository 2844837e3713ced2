/* SPDX-License-Identifier: Apache-2.0
 *
 * A.8.1, A.6.3 (C1), H10, H12: with the mode off, SC instructions are illegal with their own
 * bits in tval, not those of a trap before, and read no table: satp's PPN points where nothing
 * answers. Encodings that nobody defined are, too, with the mode on as well.
 */
#include "lib/machine.h"

static const uint32_t defined[] = {
    0x01400e2b, 0xffdff52b, 0x00c5808b, 0x8005200b, 0x00b5200b,
    0x00b5300b, 0x00b5410b, 0x00b5530b, 0x00b5630b, 0x00c5f50b,
};
static const uint32_t undefined[] = {
    0x8105200b,                                                 /* inval with rs2 */
    0x8005208b,                                                 /* inval with rd */
    0x00b5208b,                                                 /* reval with rd */
    0x00b5308b,                                                 /* prot with rd */
    0x40c5f50b, 0x80b5700b, 0x82b5700b, 0x84b5700b, 0x86b5700b, /* funct3 7, other funct7 */
    0x02c5808b, 0x80c5808b,                                     /* jalrs with funct7 */
};

static void check(enum mode mode, const uint32_t *insns, unsigned n)
{
    for (progress = 0; progress < n; progress++) {
        csr_write(CSR_MTVAL, 0x5555);
        expect_trap(exec(mode, insns[progress], FRAME(0), 2), TRAP_M, 2, insns[progress]);
    }
}

int main(void)
{
    static const enum mode modes[] = {MODE_U, MODE_S, MODE_M};

    cells_on(NULL, 0);
    sds_write(1, 2, 3);
    for (unsigned m = 0; m < 3; m++)
        check(modes[m], undefined, sizeof(undefined) / sizeof(undefined[0]));
    csr_write(CSR_SATP, 0xffffff0000);
    for (unsigned m = 0; m < 3; m++)
        check(modes[m], defined, sizeof(defined) / sizeof(defined[0]));
    return 0;
}
