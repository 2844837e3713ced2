/* SPDX-License-Identifier: Apache-2.0
 * qemu: -cpu rv64,h=off,pmp=off,seccells=on
 *
 * A.5.4: a hart without PMP reads and writes its table with nobody to ask; what the table denies, it
 * denies here, too.
 */
#include "lib/sc.h"

#define VA   0x10000
#define GATE SPARE(0)

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_NONE, P_V | P_R | P_W, P_NONE}},
        {.va = GATE, .pages = 1, .pa = GATE, .row = {P_RX, P_NONE, P_RX}},
    };
    struct table t = CELLS_ON(cells), want = sc_watch(&t);
    uint64_t     slot = slot_of(&t, VA);

    csr_write(CSR_USID, 1);
    expect_reaches(MODE_U, LOAD, VA);
    expect(*perm(&t, 1, slot), P_V | P_R | P_W | P_A);
    expect_reaches(MODE_U, STORE, VA);
    expect(*perm(&t, 1, slot), P_RW);
    expect_page_fault(MODE_U, FETCH, VA);
    expect_page_fault(MODE_S, LOAD, VA);

    *perm(&want, 1, slot) = P_RO;
    expect_done(MODE_U, SC_PROT(VA, R));
    expect_page_fault(MODE_U, STORE, VA);
    put_entry(GATE, 7);
    expect_switched(MODE_U, SC_JALRS(GATE, 2), 7);
    return 0;
}
