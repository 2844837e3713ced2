/* SPDX-License-Identifier: Apache-2.0
 * qemu: -cpu rv64,h=off,seccells=off
 *
 * A.2.1: with the property off, every CSR and every encoding is illegal, entry included, in every
 * mode, with the instruction bits in tval; satp and medeleg know nothing of it.
 */
#include "lib/machine.h"

static const uint32_t insns[] = {
    0x0100002b, 0x01400e2b, 0xffdff52b, /* jals */
    0x00c5808b, 0x0000100b, 0x8005200b, /* jalrs, entry, inval */
    0x00b5200b, 0x00b5300b, 0x00b5410b, /* reval, prot, grant */
    0x00b5530b, 0x00b5630b, 0x00c5f50b, /* tfer, recv, excl */
};
static const uint16_t csrs[] = {0x082, 0x083, 0x084, 0x5c0, 0xdc0, 0xdc1,
                                0xdc2, 0xdc3, 0xdc4, 0xdc5, 0xbc0, 0xbc4};

/* Any word of the two opcodes, whatever its fields. */
static void check_opcode(enum mode mode, uint32_t opcode)
{
    uint32_t fields = 0x9e3779b9;

    for (progress = 0; progress < 1024; progress++) {
        uint32_t insn = (fields & ~0xfe00707fu) | (uint32_t)(progress >> 3) << 25 |
                        (uint32_t)(progress & 7) << 12 | opcode;

        expect_trap(exec(mode, insn, 0, 0), TRAP_M, 2, insn);
        fields = fields * 1664525 + 1013904223;
    }
}

int main(void)
{
    static const enum mode modes[] = {MODE_U, MODE_S, MODE_M};

    for (unsigned m = 0; m < 3; m++) {
        for (progress = 0; progress < sizeof(insns) / sizeof(insns[0]); progress++)
            expect_trap(exec(modes[m], insns[progress], 0, 0), TRAP_M, 2, insns[progress]);
        for (progress = 0; progress < sizeof(csrs) / sizeof(csrs[0]); progress++) {
            uint32_t csrr = (uint32_t)csrs[progress] << 20 | 0x2573; /* csrr a0, csr */
            expect_trap(exec(modes[m], csrr, 0, 0), TRAP_M, 2, csrr);
        }
        check_opcode(modes[m], 0x0b);
        check_opcode(modes[m], 0x2b);
    }
    for (uint64_t mode = 14; mode <= 15; mode++) {
        csr_write(CSR_SATP, mode << 60 | 0x80000);
        expect(csr_read(CSR_SATP), 0);
    }
    return 0;
}
