/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.4, B.1.3, H19: inval and reval together turn a read-only cell into RWX: that is what they
 * are, and with scmed bit 0 set U cannot do either; grants and prot never add a right that nobody
 * had, so a cell that is read-only in every row stays it.
 */
#include "lib/sc.h"

#define VA 0x40000

static const struct cell cells[] = {
    {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RWX, P_RO}},
};

int main(void)
{
    struct table t = cells_on(cells, 1);

    sc_watch(&t);
    sds_write(1, 0, 0);
    expect_returned(sc_exec(MODE_U, SC_INVAL(VA)));
    expect_returned(sc_exec(MODE_U, SC_REVAL(VA, RWX)));
    expect_reaches(MODE_U, STORE, VA); /* the hole: it is there unless the kernel closes it */

    t = cells_on(cells, 1);
    csr_write(CSR_SCMED, 1);
    sds_write(1, 0, 0);
    expect_refused(MODE_U, SC_INVAL(VA), BAD_RIGHTS, 0x500);
    expect_refused(MODE_U, SC_REVAL(VA, RWX), BAD_RIGHTS, 0x500);
    expect_refused(MODE_U, SC_PROT(VA, RW), BAD_RIGHTS, 0x206);
    expect_refused(MODE_U, SC_GRANT(VA, 1, RW), BAD_RIGHTS, 0x206);
    expect_refused(MODE_U, SC_TFER(VA, 1, W), BAD_RIGHTS, 0x204);
    expect_refused(MODE_U, SC_RECV(VA, 2, W), BAD_SD, 1ull << 32 | 1);
    expect_returned(sc_exec(MODE_U, SC_GRANT(VA, 1, R)));
    expect_refused(MODE_U, SC_RECV(VA, 1, RW), BAD_RIGHTS, 0x306);
    expect_page_fault(MODE_U, STORE, VA);
    expect_returned(sc_exec(MODE_S, SC_INVAL(VA))); /* S may */
    expect_refused(MODE_U, SC_REVAL(VA, RWX), BAD_RIGHTS, 0x500);
    return 0;
}
