/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.3 (C1), H10: with satp Bare, Sv39 or Sv48, though its PPN names a good table of cells, every SC
 * instruction but entry is illegal with its bits in tval, and changes nothing.
 */
#include "lib/situation.h"

static void check(enum sc_name name, uint64_t satp_mode)
{
    struct situation s = situation_make(name, MODE_M);
    enum mode        low = satp_mode ? MODE_M : MODE_U; /* a table of cells is no page table */

    csr_write(CSR_SATP, satp_mode << 60 | s.table.base >> 12);
    expect(csr_read(CSR_SATP) >> 60, satp_mode);
    expect_refused(low, s.insn, 2, sc_word(s.insn));
    expect_refused(MODE_M, s.insn, 2, sc_word(s.insn));
    csr_write(CSR_SATP, table_satp(&s.table));
    expect_returned(sc_exec(MODE_M, s.insn));
}

int main(void)
{
    static const uint64_t modes[] = {0, 8, 9};

    for (unsigned k = 0; k < 3; k++)
        for (progress = 0; progress < SC_NAMES; progress++)
            check((enum sc_name)progress, modes[k]);
    return 0;
}
