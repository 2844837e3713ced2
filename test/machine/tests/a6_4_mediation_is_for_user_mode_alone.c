/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.4: scmed bit 0 stops inval and reval, bit 1 grant, tfer and recv, with 25 and 0x500, whatever
 * their operands; in U, not in S and M; prot, excl and switches never.
 */
#include "lib/situation.h"

static bool is_mediated(enum sc_name name, uint64_t scmed, enum mode mode)
{
    return mode == MODE_U && (mediation_bit(name) & scmed);
}

int main(void)
{
    for (uint64_t scmed = 0; scmed < 4; scmed++)
        for (enum sc_name name = 0; name < SC_NAMES; name++)
            for (unsigned m = 0; m < 3; m++) {
                struct situation s = situation_make(name, sc_modes[m]);

                progress = scmed << 16 | name << 8 | sc_modes[m];
                csr_write(CSR_SCMED, scmed);
                if (is_mediated(name, scmed, sc_modes[m]))
                    expect_refused(sc_modes[m], s.insn, BAD_RIGHTS, 0x500);
                else
                    expect_returned(sc_exec(sc_modes[m], s.insn));
            }
    return 0;
}
