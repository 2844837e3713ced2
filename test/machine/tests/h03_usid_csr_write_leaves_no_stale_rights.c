/* SPDX-License-Identifier: Apache-2.0
 *
 * A.2.4, A.5.15, H3: a write to usid counts from the next instruction on, and nothing cached for
 * the former compartment is used. In M with MPRV (MPP is U after mret), so that nothing else
 * comes between; by all CSR instructions that write; and across mret.
 */
#include "lib/machine.h"

#define VA 0x10000

/* usid <- 1; load, which fills the caches; "usid <- 2" by the instruction; load again. */
#define SWITCH_BY(name, insn)                               \
    __asm__(".globl " #name "\n" #name ": li t0, 0x20000\n" \
            "li t2, 1\n"                                    \
            "li t3, 2\n"                                    \
            "li t4, 3\n"                                    \
            "csrw 0x82, t2\n"                               \
            "csrs mstatus, t0\n"                            \
            "ld a1, (a0)\n" insn "\n"                       \
            "ld a0, (a0)\n"                                 \
            "csrc mstatus, t0\n"                            \
            "ret\n");                                       \
    extern const char name[];

SWITCH_BY(by_csrrw, "csrrw x0, 0x82, t3")
SWITCH_BY(by_csrrwi, "csrrwi x0, 0x82, 2")
SWITCH_BY(by_csrrs, "csrrsi t5, 0x82, 2\n csrrci x0, 0x82, 1")
SWITCH_BY(by_csrrc, "csrrw x0, 0x82, t4\n csrrc x0, 0x82, t2")

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {0, P_RW, 0}},
    };
    const char *const ways[] = {by_csrrw, by_csrrwi, by_csrrs, by_csrrc};

    cells_on(cells, 1);
    for (progress = 0; progress < 4; progress++) {
        expect_trap(enter(MODE_M, (uint64_t)ways[progress], VA, 0), TRAP_M, 13, VA);
        expect(csr_read(CSR_USID), 2);
    }

    for (progress = 0; progress < 4; progress++) {
        csr_write(CSR_USID, 1);
        expect_reaches(MODE_U, STORE, VA);
        csr_write(CSR_USID, 2);
        expect_page_fault(MODE_U, STORE, VA);
        expect_page_fault(MODE_U, LOAD, VA);
    }
    return 0;
}
