/* SPDX-License-Identifier: Apache-2.0
 *
 * A.1.4, A.1.12, A.7.4: with M and R beyond what a grant can name, Me is 0xFFFFFFF: a grant to
 * 0xFFFFFFE has all its bits set but the rights, and one to 0xFFFFFFF is 26. A table that large
 * does not fit: only the own row, at an address that exists, is looked at.
 */
#include "lib/sc.h"

#define VA 0x40000

/* R is 8 where the rows are counted, so GT lies where the builder put it; M alone is huge. */
int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RWX, P_RWX}},
    };
    struct table t = CELLS_ON(cells);

    sc_watch(&t);
    csr_write(CSR_USID, 1);
    meta(&t)->M = ~0u; /* Me = R = 8 */
    sfence();
    sc_watch(&t);
    expect_refused(MODE_M, SC_GRANT(VA, 8, R), BAD_SD, 8);
    meta(&t)->R = ~0u; /* Me = 0xFFFFFFF; the grants move to where nothing is */
    sfence();
    sc_watch(&t);
    expect_refused(MODE_M, SC_GRANT(VA, 0xfffffff, R), BAD_SD, 0xfffffff);
    expect_refused(MODE_M, SC_RECV(VA, 0xfffffff, R), BAD_SD, 0xfffffff);
    struct outcome o = sc_exec(MODE_M, SC_GRANT(VA, 0xffffffe, R));
    expect_true(o.by == TRAP_M && (o.cause == 7 || o.cause == 5));
    expect(o.tval, VA);
    expect_as_shadow();
    return 0;
}
