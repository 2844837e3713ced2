/* SPDX-License-Identifier: Apache-2.0
 * qemu: -cpu rv64,h=off,c=off,seccells=on
 *
 * A.7.1.2: without the C extension a target with bit 1 set is cause 0, tval the target; that comes
 * after the mode (C1) and before everything that looks at the table or the SD.
 */
#include "lib/sc.h"

#define GATE SPARE(0)

static void check_misaligned(enum mode mode, uint64_t sd)
{
    expect_refused(mode, SC_JALS(GATE + 2, sd), 0, GATE + 2);
    expect_refused(mode, SC_JALRS(GATE + 2, sd), 0, GATE + 2);
    expect_refused(mode, SC_JALRS(GATE + 3, sd), 0, GATE + 2);
    expect_refused(mode, SC_JALRS(~1ull, sd), 0, ~1ull);
    expect_refused(mode, SC_JALRS(1ull << 63 | 2, sd), 0, 1ull << 63 | 2);
}

static void check_aligned(enum mode mode, struct sc insn)
{
    csr_write(CSR_USID, 1);
    expect_switched(mode, insn, 9);
    csr_write(CSR_USID, 1);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = GATE, .pages = 1, .pa = GATE, .row = {P_RX, P_NONE, P_RX}},
    };
    struct table t;

    put_entry(GATE, 9);
    put_entry(GATE + PAGE - 12, 9);
    t = CELLS_ON(cells);
    sc_watch(&t);
    for (unsigned m = 0; m < 3; m++) {
        check_aligned(sc_modes[m], SC_JALS(GATE, 2));
        check_aligned(sc_modes[m], SC_JALRS(GATE, 2));
        check_aligned(sc_modes[m], SC_JALRS(GATE + 1, 2));
        check_aligned(sc_modes[m], SC_JALRS(GATE + PAGE - 12, 2));
        check_misaligned(sc_modes[m], 2);
        check_misaligned(sc_modes[m], 0); /* C7 */
        check_misaligned(sc_modes[m], 8);
    }
    csr_write(CSR_USID, 100); /* C6; U has no code there */
    check_misaligned(MODE_S, 2);
    check_misaligned(MODE_M, 2);
    pmp_set(0, t.base, 16, PMP_NONE); /* C5 */
    check_misaligned(MODE_M, 2);
    pmp_clear(0);
    csr_write(CSR_SATP, 0); /* C1 */
    expect_refused(MODE_M, SC_JALRS(GATE + 2, 2), 2, sc_word(SC_JALRS(GATE + 2, 2)));
    return 0;
}
