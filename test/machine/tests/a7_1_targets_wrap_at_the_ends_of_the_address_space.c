/* SPDX-License-Identifier: Apache-2.0
 *
 * A.7.1, A.5.1, A.6.2: jals adds modulo 2^64 and cuts nothing. From the last page below 2^47
 * forward and from the first of the upper half backward it names addresses that are not canonical:
 * 28, with all 64 bits. Over the end of the address space, either way, it arrives; what follows the
 * last instruction of all is address 0.
 */
#include "lib/sc.h"

#define LOW_END   0x00007ffffffff000ull
#define HIGH      0xffff800000000000ull
#define LAST_PAGE 0xfffffffffffff000ull
#define GATE      0x20 /* in the first page and in the last */

/* Execute jals a1 at va, whose memory is pa. */
static struct outcome jals_at(enum mode mode, uint64_t va, uint64_t pa, uint64_t offset)
{
    *(volatile uint32_t *)(pa + va % PAGE) = sc_word(SC_JALS((uint64_t)sc_code + offset, 0));
    __asm__ volatile("fence.i" ::: "memory");
    csr_write(CSR_USID, 1);
    csr_write(CSR_URID, 5);
    return enter(mode, va, 0, 2);
}

static void check_refused_at(enum mode mode, uint64_t va, uint64_t pa, uint64_t offset)
{
    struct outcome o = jals_at(mode, va, pa, offset);

    expect(expect_trap(o, TRAP_M, BAD_TARGET, va + offset), va);
    expect_sds(1, 5, 0);
    expect(o.x[11], 2);
}

static void check_arrives(enum mode mode, uint64_t va, uint64_t pa, uint64_t target, uint64_t k)
{
    struct outcome o = jals_at(mode, va, pa, target - va);

    expect(expect_returned(o), k);
    expect_sds(2, 1, 0);
    expect(o.x[11], va + 4);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = 0, .pages = 1, .pa = FRAME(0), .row = {P_RX, P_RX, P_RX}},
        {.va = LOW_END, .pages = 1, .pa = FRAME(1), .row = {P_RX, P_RX, P_RX}},
        {.va = HIGH, .pages = 1, .pa = FRAME(2), .row = {P_RX, P_RX, P_RX}},
        {.va = LAST_PAGE, .pages = 1, .pa = FRAME(3), .row = {P_RX, P_RX, P_RX}},
    };

    CELLS_ON(cells);
    put_entry(FRAME(0) + GATE, 7);
    put_entry(FRAME(3) + GATE, 8);
    for (unsigned m = 0; m < 2; m++) {
        enum mode mode = sc_modes[m];

        check_refused_at(mode, LOW_END + 0xff0, FRAME(1), 0x10);
        check_refused_at(mode, LOW_END + 0xff0, FRAME(1), 0xffffe);
        check_refused_at(mode, HIGH, FRAME(2), (uint64_t)-2);
        check_refused_at(mode, HIGH + 8, FRAME(2), (uint64_t)-0x100000);
        check_arrives(mode, LAST_PAGE + 0x100, FRAME(3), GATE, 7);
        check_arrives(mode, 0x100, FRAME(0), LAST_PAGE + GATE, 8);
        check_arrives(mode, LAST_PAGE + 0xffc, FRAME(3), GATE, 7); /* rd is 0 */
    }
    return 0;
}
