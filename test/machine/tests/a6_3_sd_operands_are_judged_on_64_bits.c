/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.3, C7: an SD operand of 0 or from Me on is cause 26, compared with all its 64 bits, with the
 * SD in tval; recv gives only its low 32 bits. Me - 1 is accepted.
 */
#include "lib/sc.h"

#define VA   0x40000
#define GATE SPARE(0)
#define ME   6

static const uint64_t invalid[] = {
    0,
    ME,
    ME + 1,
    7,
    8,
    63,
    0xffffffe,
    0xfffffff,
    0x10000002,
    0xffffffff,
    0x100000000,
    0x100000002,
    0x8000000000000002,
    0xffffffff00000002,
    ~0ull,
};

static struct table t, want;

static void check_refusals(enum mode mode, uint64_t sd)
{
    expect_refused(mode, SC_JALS(GATE, sd), BAD_SD, sd);
    expect_refused(mode, SC_JALRS(GATE, sd), BAD_SD, sd);
    expect_refused(mode, SC_GRANT(VA, sd, R), BAD_SD, sd);
    expect_refused(mode, SC_TFER(VA, sd, R), BAD_SD, sd);
    expect_refused(mode, SC_RECV(VA, sd, R), BAD_SD, sd & 0xffffffff);
}

static void check_accepted(enum mode mode, uint64_t sd)
{
    uint64_t slot = slot_of(&t, VA);

    csr_write(CSR_USID, 1);
    *grant(&want, 1, slot) = GRANT_WORD(sd, R);
    expect_done(mode, SC_GRANT(VA, sd, R));
    expect_switched(mode, SC_JALRS(GATE, sd), 9);
    *grant(&want, 1, slot) = NO_GRANT;
    expect_done(mode, SC_RECV(VA, 1, R));
    csr_write(CSR_USID, 1);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW, 0, 0, 0, P_V | P_R}},
        {.va = GATE, .pages = 1, .pa = GATE, .row = {P_RX, P_RX, P_RX, P_RX, P_RX, P_RX, P_RX}},
    };

    put_entry(GATE, 9);
    t = CELLS_ON(cells);
    meta(&t)->M = ME;
    sfence();
    want = sc_watch(&t);
    for (unsigned m = 0; m < 3; m++) {
        csr_write(CSR_USID, 1);
        for (progress = 0; progress < sizeof(invalid) / sizeof(invalid[0]); progress++)
            check_refusals(sc_modes[m], invalid[progress]);
        check_accepted(sc_modes[m], ME - 1);
    }
    return 0;
}
