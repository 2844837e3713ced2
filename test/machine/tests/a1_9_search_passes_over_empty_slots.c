/* SPDX-License-Identifier: Apache-2.0
 *
 * A.1.9, A.5.6: every pattern of live and empty slots over eight places, with the empty ones
 * hidden at either end of the gap that they may lie in, gives each live page its frame and each
 * other page a fault.
 */
#include "lib/machine.h"

#define PLACES 8
#define VPN(k) (0x100 + 3 * (uint64_t)(k)) /* live pages, with a gap between */

static struct table t;

/* The page before the next live cell behind place k: the image is the last. */
static uint64_t right_end(unsigned live, unsigned k)
{
    while (++k < PLACES)
        if (live >> k & 1)
            return VPN(k) - 1;
    return 0x80000 - 1;
}

static uint64_t left_end(unsigned live, unsigned k)
{
    while (k--)
        if (live >> k & 1)
            return VPN(k);
    return 0x80;
}

static void check_pattern(unsigned live, int hide_right)
{
    for (unsigned k = 0; k < PLACES; k++)
        desc_put(&t, 1 + k,
                 live >> k & 1 ? desc_make(VPN(k) * PAGE, 1, FRAME(k))
                 : hide_right  ? desc_empty(right_end(live, k))
                               : desc_empty(left_end(live, k)));
    sfence();
    for (unsigned k = 0; k < PLACES; k++) {
        uint64_t va = VPN(k) * PAGE;

        if (live >> k & 1)
            expect(expect_reaches(MPRV_U, LOAD, va), k);
        else
            expect_page_fault(MPRV_U, LOAD, va);
        expect_page_fault(MPRV_U, LOAD, va + PAGE);
        expect_page_fault(MPRV_U, LOAD, va - PAGE);
    }
}

int main(void)
{
    static struct cell cells[PLACES];

    for (unsigned k = 0; k < PLACES; k++) {
        *word_at(FRAME(k)) = k;
        cells[k] = (struct cell){VPN(k) * PAGE, 1, FRAME(k), {0, P_RW}};
    }
    t = CELLS_ON(cells);
    csr_write(CSR_USID, 1);
    for (progress = 0; progress < 1 << PLACES; progress++) {
        check_pattern((unsigned)progress, 0);
        check_pattern((unsigned)progress, 1);
    }
    return 0;
}
