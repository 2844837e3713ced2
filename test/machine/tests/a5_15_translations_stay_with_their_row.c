/* SPDX-License-Identifier: Apache-2.0
 *
 * A.5.15, A.2.4, H3: seventy compartments, more than any emulator keeps caches for, with
 * different rights on two pages, take turns in orders that revisit recent and old ones. Nothing
 * is fenced; each finds exactly its own rights, and S, now and then, row 0's. (Seldom, since going
 * to another mode by mret may drop more than it must and hide what is looked for.)
 */
#include "lib/machine.h"

#define VA    0x10000
#define SDS   70
#define TURNS 4000

static uint8_t  space[8 * PAGE] __attribute__((aligned(4096)));
static uint32_t seed = 12345;

static uint32_t random(uint32_t below)
{
    seed = seed * 1103515245 + 12345;
    return (seed >> 16) % below;
}

static uint8_t byte_of(uint64_t sd, unsigned page)
{
    static const uint8_t bytes[] = {P_NONE, P_RO, P_RW, P_XO, P_RX, P_RWX};

    return bytes[(sd * 7 + page * 5 + sd / 6) % 6];
}

static void check(enum mode mode, uint64_t sd, unsigned page, enum access a)
{
    static const uint8_t need[] = {P_X, P_R, P_W};
    uint64_t             va = VA + page * PAGE;

    if (byte_of(sd, page) & need[a])
        expect_reaches(mode, a, a == STORE ? va + 64 : va);
    else
        expect_page_fault(mode, a, va);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0)},
        {.va = VA + PAGE, .pages = 1, .pa = FRAME(1)},
    };
    struct table t = table_build((uint64_t)space, 1, SDS, cells, 2);
    uint64_t     recent[4] = {1, 2, 3, 4};

    for (uint64_t sd = 0; sd < SDS; sd++)
        for (unsigned page = 0; page < 2; page++)
            *perm(&t, sd, slot_of(&t, VA + page * PAGE)) = byte_of(sd, page);
    put_code(FRAME(0), 1);
    put_code(FRAME(1), 1);
    csr_write(CSR_SATP, table_satp(&t));

    for (progress = 0; progress < TURNS; progress++) {
        uint64_t sd = random(3) ? recent[random(4)] : random(SDS);

        recent[random(4)] = sd;
        csr_write(CSR_USID, sd);
        for (unsigned page = 0; page < 2; page++)
            for (enum access a = FETCH; a <= STORE; a++)
                check(MODE_U, sd, page, a);
        if (random(64) == 0)
            check(MODE_S, 0, random(2), (enum access)random(3));
    }
    return 0;
}
