/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.3, C3: any of the 61 bits of a rights operand outside R, W, X is cause 25 type 0, with the
 * operand in tval; an immediate is sign-extended first. 0 is type 1, but not for prot.
 */
#include "lib/sc.h"

#define VA 0x40000

static const struct cell cells[] = {
    {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW, P_RW}},
};

static void check_registers(enum mode mode, uint64_t p)
{
    expect_refused(mode, SC_PROT(VA, p), BAD_RIGHTS, p);
    expect_refused(mode, SC_EXCL(VA, p), BAD_RIGHTS, p);
    expect_refused(mode, SC_REVAL(VA, p), BAD_RIGHTS, p); /* of a valid cell: C9 is later */
}

static void check_immediates(enum mode mode, uint64_t p)
{
    expect_refused(mode, SC_GRANT(VA, 2, p), BAD_RIGHTS, p);
    expect_refused(mode, SC_TFER(VA, 2, p), BAD_RIGHTS, p);
    expect_refused(mode, SC_RECV(VA, 2, p), BAD_RIGHTS, p);
}

int main(void)
{
    struct table t = CELLS_ON(cells);

    sc_watch(&t);
    csr_write(CSR_USID, 1);
    for (progress = 0; progress < 64; progress++) {
        uint64_t bit = 1ull << progress;

        if (bit & RWX)
            continue;
        check_registers(sc_modes[progress % 3], bit);
        check_registers(sc_modes[progress % 3], bit | R);
        if (progress < 11) {
            check_immediates(sc_modes[progress % 3], bit);
            check_immediates(sc_modes[progress % 3], bit | R);
        }
    }
    check_registers(MODE_U, ~0ull);
    check_registers(MODE_U, 0x100000000 | RWX);
    check_immediates(MODE_U, ~0ull);
    check_immediates(MODE_U, ~0x7ffull);
    check_immediates(MODE_U, ~0x7f1ull);
    check_immediates(MODE_U, 0x7ff);

    for (unsigned m = 0; m < 3; m++) {
        expect_refused(sc_modes[m], SC_EXCL(VA, 0), BAD_RIGHTS, 0x100);
        expect_refused(sc_modes[m], SC_REVAL(VA, 0), BAD_RIGHTS, 0x100);
        expect_refused(sc_modes[m], SC_GRANT(VA, 2, 0), BAD_RIGHTS, 0x100);
        expect_refused(sc_modes[m], SC_TFER(VA, 2, 0), BAD_RIGHTS, 0x100);
        expect_refused(sc_modes[m], SC_RECV(VA, 2, 0), BAD_RIGHTS, 0x100);
    }
    return 0;
}
