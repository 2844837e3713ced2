/* SPDX-License-Identifier: Apache-2.0
 * qemu: -smp 2
 *
 * A.3.10, A.3.2, A.7.1: hart 0 switches to and fro without pause, in U and in S, and hart 1
 * interrupts it: the trap is taken with usid and urid as they belong to the interrupted address, of
 * the caller or of the callee, never with those of one and the address of the other. An interrupt
 * that is pending but not enabled stays pending over a switch.
 */
#include "lib/sc.h"

#define MSIP0       (*(volatile uint32_t *)0x2000000)
#define IRQ_M_SOFT  0x8ull
#define IRQ_S_SOFT  0x2ull
#define INTERRUPTED (1ull << 63 | 3)
#define WANTED      400 /* of each place */

/* a0: there, a1: SD 2. The callee switches back to where the caller stands. */
extern const char to_and_fro[], there[], there_end[], to_and_fro_end[];
__asm__(".option push\n"
        ".option norvc\n"
        "    .balign 4\n"
        "to_and_fro:\n"
        "    .insn r 0x0b, 0, 0x00, ra, a0, a1\n"
        "    .insn i 0x0b, 1, x0, x0, 0\n"
        "    j     to_and_fro\n"
        "to_and_fro_end:\n"
        "there:\n"
        "    .insn i 0x0b, 1, x0, x0, 0\n"
        "    csrr  a2, 0x083\n"
        "    .insn r 0x0b, 0, 0x00, x0, ra, a2\n"
        "there_end:\n"
        ".option pop\n");

static uint32_t stop, rang;

/* Ring, wait until it was heard, think of something else for a while. */
static void ring(uint64_t unused)
{
    (void)unused;
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        for (uint32_t k = 0; k < rang * 7 % 1999; k++)
            __asm__ volatile("");
        MSIP0 = 1;
        rang++;
        while (MSIP0 && !__atomic_load_n(&stop, __ATOMIC_ACQUIRE))
            ;
    }
}

static bool within(uint64_t pc, const char *from, const char *to)
{
    return pc >= (uint64_t)from && pc < (uint64_t)to;
}

static void check_interrupts(enum mode mode)
{
    uint64_t caller = 0, callee = 0;

    for (progress = 0; caller < WANTED || callee < WANTED; progress++) {
        struct outcome o;

        sds_write(1, 2, 6);
        MSIP0 = 0;
        o = enter(mode, (uint64_t)to_and_fro, (uint64_t)there, 2);
        expect_trap(o, TRAP_M, INTERRUPTED, 0);
        if (within(o.epc, to_and_fro, to_and_fro_end)) {
            expect_sds(1, 2, 6);
            caller++;
        } else {
            expect_true(within(o.epc, there, there_end));
            expect_sds(2, 1, 6);
            callee++;
        }
    }
}

int main(void)
{
    struct table t = cells_on(NULL, 0);

    sc_watch(&t);
    csr_write(CSR_MIE, IRQ_M_SOFT);
    hart_run(ring, 0);
    check_interrupts(MODE_U);
    check_interrupts(MODE_S);
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    hart_join();
    MSIP0 = 0;

    put_entry(SPARE(0), 9);
    csr_write(CSR_MIE, IRQ_S_SOFT);
    csr_write(CSR_MIDELEG, IRQ_S_SOFT);
    csr_set(CSR_MIP, IRQ_S_SOFT);
    csr_clear(CSR_MSTATUS, MSTATUS_SIE | MSTATUS_MIE);
    static const struct cell gate[] = {
        {.va = SPARE(0), .pages = 1, .pa = SPARE(0), .row = {P_RX, 0, P_RX}},
    };
    t = CELLS_ON(gate);
    sc_watch(&t);
    for (unsigned m = 1; m < 3; m++) { /* in U it would be taken at once */
        csr_write(CSR_USID, 1);
        expect_switched(sc_modes[m], SC_JALRS(SPARE(0), 2), 9);
        expect(csr_read(CSR_MIP) & IRQ_S_SOFT, IRQ_S_SOFT);
    }
    return 0;
}
