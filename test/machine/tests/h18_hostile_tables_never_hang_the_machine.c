/* SPDX-License-Identifier: Apache-2.0
 *
 * A.1.4, A.1.5, A.6.3, H8, H18: metacells, descriptors and usid of any values, each SC instruction in
 * M over each: it succeeds or traps with a cause that is allowed to it, and the next one runs.
 * Values are edges and a fixed pseudo-random sequence; the addresses are such that rows lie
 * everywhere: in RAM, in devices, beyond 2^56.
 */
#include "lib/sc.h"

#define ROUNDS 3000
#define VA     0x40000

static uint64_t state = 0x9e3779b97f4a7c15;

static uint64_t random64(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint32_t any32(void)
{
    static const uint32_t edges[] = {0,          1,         2,          7,          8,
                                     9,          63,        64,         65,         0x7fffffff,
                                     0x80000000, 0xfffffff, 0x10000000, 0xfffffffe, 0xffffffff};
    uint64_t              r = random64();

    return r & 0x100 ? edges[r % (sizeof(edges) / sizeof(edges[0]))] : (uint32_t)(r >> 32) & 0xff;
}

static bool is_allowed(struct outcome o, struct sc i)
{
    if (o.by == RETURNED)
        return true;
    if (i.name <= JALRS)
        return o.cause == 5 || o.cause == BAD_SD || o.cause == BAD_TARGET;
    return o.cause == 5 || o.cause == 7 || (o.cause >= BAD_ADDRESS && o.cause <= BAD_STATE);
}

/* A column of so many rows takes a machine long to read; what is asked here is not that. */
static bool is_long(struct meta m)
{
    return m.R > 4096 && m.M > 4096;
}

static struct meta any_meta(void)
{
    struct meta m = {any32(), any32(), any32(), any32()};

    if (is_long(m))
        m.M &= 0xfff;
    return m;
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RWX, P_RWX, P_RWX}},
        {.va = SPARE(0), .pages = 1, .pa = SPARE(0), .row = {P_RX, P_RX, P_RX}},
    };
    struct table t = CELLS_ON(cells);

    put_entry(SPARE(0), 1);
    for (progress = 0; progress < ROUNDS; progress++) {
        struct sc i = {.name = (enum sc_name)(progress % SC_NAMES), .addr = VA, .p = R};

        if (i.name <= JALRS)
            i.addr = SPARE(0);
        if (i.name == INVAL)
            i.p = 0;
        i.sd = any32() & 0xf;
        t = CELLS_ON(cells);
        if (random64() & 1)
            *meta(&t) = any_meta();
        else
            desc(&t, 1 + progress % 3)->hi = random64();
        sfence();
        csr_write(CSR_USID, progress & 0x10 ? any32() : 1);
        struct outcome o = sc_exec(MODE_M, i);
        if (!is_allowed(o, i))
            expect_trap(o, TRAP_M, 5, i.addr);
    }

    /* and the machine is in order afterwards */
    t = CELLS_ON(cells);
    sc_watch(&t);
    csr_write(CSR_USID, 1);
    expect_switched(MODE_U, SC_JALRS(SPARE(0), 2), 1);
    return 0;
}
