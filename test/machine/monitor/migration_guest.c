/* SPDX-License-Identifier: Apache-2.0
 *
 * migration_guest.c - sets every register of the extension, waits for a letter in M, and checks
 * that all is as it was (A.2.3). Between the two the machine is moved to another emulator.
 */
#include "lib/sc.h"

#define VA   0x10000
#define GATE SPARE(0)

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {0, P_RW, P_NONE}},
        {.va = GATE, .pages = 1, .pa = GATE, .row = {0, P_NONE, P_RX}},
    };
    struct counts before, after;

    CELLS_ON(cells);
    put_entry(GATE, 1);
    csr_write(CSR_USID, 1);
    expect_returned(sc_exec(MODE_M, SC_JALRS(GATE, 2)));
    csr_write(CSR_USID, 1);
    expect_reaches(MODE_U, STORE, VA);
    csr_write(CSR_USID, 2);
    expect_page_fault(MODE_U, STORE, VA);
    csr_write(CSR_MEDELEG, 0x1full << 24);
    csr_write(CSR_SCMED, 2);
    sds_write(0xfedcba9876543210, 2, 1ull << 63);
    before = counts_read();
    print("ready\n");
    serial_getc();

    after = counts_read();
    expect_sds(0xfedcba9876543210, 2, 1ull << 63);
    expect(csr_read(CSR_SCMED), 2);
    expect(csr_read(CSR_MEDELEG), 0x1full << 24);
    expect(after.walks, before.walks);
    expect(after.descs, before.descs);
    expect(after.perms, before.perms);
    expect(after.failed, before.failed);
    expect(after.switches, before.switches);
    expect(after.flushes, before.flushes);
    expect(before.walks && before.failed && before.switches && before.flushes, 1);

    csr_write(CSR_USID, 1);
    expect_reaches(MODE_U, LOAD, VA);
    csr_write(CSR_USID, 2);
    expect_page_fault(MODE_U, LOAD, VA);
    return 0;
}
