/* SPDX-License-Identifier: Apache-2.0
 *
 * A.2.2, A.2.3, A.2.5: the table of rights, tried with a read (csrrs x0), a write (csrrw) and a
 * read-modify-write (csrrs rs1); what is not allowed is cause 2 with the instruction in tval.
 */
#include "lib/machine.h"

enum { NO = 0, RD = 1, RW = 3 };

static const struct {
    uint32_t csr;
    uint8_t  rights[4]; /* by mode: U, S, -, M */
} rules[] = {
    {0x082, {RD, RW, 0, RW}}, {0x083, {RW, RW, 0, RW}}, {0x084, {NO, RW, 0, RW}},
    {0x5c0, {NO, RW, 0, RW}}, {0xdc0, {NO, RD, 0, RD}}, {0xdc1, {NO, RD, 0, RD}},
    {0xdc2, {NO, RD, 0, RD}}, {0xdc3, {NO, RD, 0, RD}}, {0xdc4, {NO, RD, 0, RD}},
    {0xdc5, {NO, RD, 0, RD}}, {0xdc6, {NO, NO, 0, NO}}, {0xbc0, {NO, NO, 0, NO}},
    {0xbc1, {NO, NO, 0, NO}}, {0xbc2, {NO, NO, 0, NO}}, {0xbc3, {NO, NO, 0, NO}},
    {0xbc4, {NO, NO, 0, NO}},
};

static void check_one(enum mode mode, uint32_t insn, bool allowed)
{
    struct outcome o = exec(mode, insn, 0, 1);

    if (allowed)
        expect_returned(o);
    else
        expect_trap(o, TRAP_M, 2, insn);
}

static void check(void)
{
    static const enum mode modes[] = {MODE_U, MODE_S, MODE_M};

    for (progress = 0; progress < sizeof(rules) / sizeof(rules[0]); progress++) {
        uint32_t csr = rules[progress].csr << 20;

        for (unsigned m = 0; m < 3; m++) {
            unsigned rights = rules[progress].rights[modes[m]];

            csr_write(CSR_USID, 1);
            check_one(modes[m], csr | 0x2573, rights & RD);
            check_one(modes[m], csr | 0x59573, rights == RW); /* csrrw a0, csr, a1 */
            check_one(modes[m], csr | 0x5a573, rights == RW); /* csrrs a0, csr, a1 */
        }
    }
}

int main(void)
{
    check();
    cells_on(NULL, 0);
    check();
    return 0;
}
