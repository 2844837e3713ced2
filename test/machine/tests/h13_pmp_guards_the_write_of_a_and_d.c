/* SPDX-License-Identifier: Apache-2.0
 *
 * A.5.4, A.5.10, H13: where PMP lets the permission byte be read but not written, an access that
 * has to set A or D is an access fault and changes nothing; one that has not goes through.
 */
#include "lib/machine.h"

#define VA 0x10000

static struct table t;
static uint64_t     slot;

static void set(uint8_t byte)
{
    perm_put(&t, 1, slot, byte);
    sfence();
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {0, P_RWX}},
    };

    t = cells_on(cells, 1);
    slot = slot_of(&t, VA);
    csr_write(CSR_USID, 1);
    put_code(FRAME(0), 1);
    pmp_set(0, (uint64_t)perm(&t, 1, 0), 8, PMP_R); /* M may write there all the same */

    set(P_V | P_R | P_W | P_X);
    expect_access_fault(MODE_U, LOAD, VA);
    expect_access_fault(MODE_U, LR, VA);
    expect_access_fault(MODE_U, STORE, VA);
    expect_access_fault(MODE_U, AMO, VA);
    expect_access_fault(MODE_U, FETCH, VA);
    expect(*perm(&t, 1, slot), P_V | P_R | P_W | P_X);

    set(P_V | P_R | P_W | P_X | P_A);
    expect_reaches(MODE_U, FETCH, VA);
    expect_reaches(MODE_U, LOAD, VA + 8);
    expect_access_fault(MODE_U, STORE, VA + 8);
    expect_access_fault(MODE_U, SC, VA + 8);
    expect(*perm(&t, 1, slot), P_V | P_R | P_W | P_X | P_A);

    set(P_RWX);
    expect_reaches(MODE_U, STORE, VA + 8);

    /* Rights come first: what is denied anyway is a page fault, whatever PMP says. */
    set(P_V | P_R);
    expect_page_fault(MODE_U, STORE, VA + 8);
    return 0;
}
