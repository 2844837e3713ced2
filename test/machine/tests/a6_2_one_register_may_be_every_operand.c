/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.2: one register may be address, SD or rights, and rd at once: with a cell in page 0, the
 * addresses 2 to 14 are rights and SDs, too. For jalrs, the SD has the number of its gate's
 * address.
 */
#include "lib/sc.h"

#define A0 10u

/* Every register field that the instruction has is a0. */
static uint32_t with_one_register(enum sc_name name, uint32_t rd, uint64_t imm)
{
    uint32_t word = sc_word((struct sc){.name = name, .p = imm});

    word = (word & ~(31u << 20)) | A0 << 20;
    if (name == EXCL || name == JALRS)
        word = (word & ~(31u << 7)) | rd << 7;
    return word;
}

static uint64_t run(enum mode mode, enum sc_name name, uint64_t a0, uint64_t imm)
{
    uint64_t value = expect_returned(exec(mode, with_one_register(name, A0, imm), a0, 0));

    if (name != EXCL)
        expect(value, a0);
    expect_as_shadow();
    return value;
}

static void check_on_page_0(enum mode mode)
{
    static const struct cell cells[] = {
        {.va = 0, .pages = 1, .pa = FRAME(0), .row = {P_RWX, P_RWX, P_NONE}},
    };
    struct table t = CELLS_ON(cells), want = sc_watch(&t);

    sds_write(1, 0, 0);
    expect(run(mode, EXCL, R, 0), 1);
    *perm(&want, 1, 1) = P_RW;
    run(mode, PROT, RW, 0);
    *grant(&want, 1, 1) = GRANT_WORD(4, R);
    run(mode, GRANT, 4, R);
    *grant(&want, 1, 1) = GRANT_WORD(1, RW);
    *perm(&want, 1, 1) = P_NONE;
    run(mode, TFER, 1, RW);
    *grant(&want, 1, 1) = GRANT_WORD(1, W);
    *perm(&want, 1, 1) = P_RO;
    run(mode, RECV, 1, R);
    *grant(&want, 1, 1) = NO_GRANT;
    *perm(&want, 1, 1) = P_RW;
    run(mode, RECV, 1, W);
    desc(&t, 1)->hi &= ~DESC_VALID;
    *perm(&want, 1, 1) = P_RWX;
    run(mode, REVAL, RX, 0);
}

/* R = M = 0x2001: SD 0x2000 exists, and its gate is at 0x2000. In M the target is fetched there
 * too, through the row of the SD, but the code that runs would be at PA = VA. */
static void check_jalrs(enum mode mode)
{
    static const struct cell cells[] = {
        {.va = 0x2000, .pages = 1, .pa = FRAME(1), .row = {P_RX}},
    };
    struct table   t = table_build(0x80400000, 1, 0x2001, cells, 1);
    struct outcome o;

    put_entry(FRAME(1), 9);
    *perm(&t, 0x2000, slot_of(&t, 0x2000)) = P_RX;
    csr_write(CSR_SATP, table_satp(&t));
    sds_write(1, 0, 0);
    /* a0 is rd and then loses to what the gate returns: so a1 is rd once, a0 once. */
    o = exec(mode, with_one_register(JALRS, 11, 0), 0x2000, 0);
    expect(expect_returned(o), 9);
    expect(o.x[11] % 16, 4);
    expect_sds(0x2000, 1, 0);
    sds_write(1, 0, 0);
    o = exec(mode, with_one_register(JALRS, A0, 0), 0x2000, 0);
    expect(expect_returned(o), 9);
    expect_sds(0x2000, 1, 0);
}

int main(void)
{
    for (unsigned m = 0; m < 3; m++)
        check_on_page_0(sc_modes[m]);
    check_jalrs(MODE_U);
    check_jalrs(MODE_S);
    return 0;
}
