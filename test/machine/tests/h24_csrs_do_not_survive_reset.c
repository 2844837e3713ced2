/* SPDX-License-Identifier: Apache-2.0
 *
 * A.2.3, A.2.8, H24: every reset clears usid, urid, uxid, scmed, all counters and bits 24..28 of
 * medeleg. The machine starts twice; a word far behind the image, which the loader
 * does not write again, tells the second start from the first.
 */
#include "lib/machine.h"

#define MARK   (*(volatile uint64_t *)0x84000000)
#define SECOND 0x5ec04d

static void check_all_zero(void)
{
    struct counts c = counts_read();

    expect_sds(0, 0, 0);
    expect(csr_read(CSR_SCMED), 0);
    expect(c.walks, 0);
    expect(c.descs, 0);
    expect(c.perms, 0);
    expect(c.failed, 0);
    expect(c.switches, 0);
    expect(c.flushes, 0);
    expect(csr_read(CSR_MEDELEG) & 0x1full << 24, 0);
}

static void make_all_nonzero(void)
{
    struct counts c;

    cells_on(NULL, 0);
    csr_write(CSR_USID, 1);
    expect_reaches(MPRV_U, LOAD, FRAME(0));
    expect_page_fault(MPRV_U, LOAD, 0x1000);
    sfence();
    csr_write(CSR_SCMED, 3);
    csr_set(CSR_MEDELEG, 0x1full << 24);
    sds_write(1, 2, 3);
    c = counts_read();
    expect_true(c.walks && c.descs && c.perms && c.failed && c.flushes);
}

int main(void)
{
    progress = MARK == SECOND;
    check_all_zero();
    if (MARK == SECOND) {
        MARK = 0;
        return 0;
    }
    make_all_nonzero();
    MARK = SECOND;
    machine_reset();
}
