/* SPDX-License-Identifier: Apache-2.0
 * qemu: -cpu rv64,h=off,seccells=on,seccells-mode=15
 *
 * C.2: satp mode 15 and firmware that delegates causes 24 to 28 (medeleg 0x1F00B109): every value
 * that the published tests look for, seen from where they look: the bytes of the table, and in the
 * S handler scause, stval, usid = 0 and urid = the SD that trapped.
 */
#include "lib/sc.h"

#define MEDELEG 0x1f00b109
#define ECALL_U (1 << 8) /* the way out of U of these tests: it has to reach M */
#define VA      0x40000ull
#define HIGH    0xffffffffc0000000ull
#define CODE    0x48000ull
#define GATE    SPARE(0)

static uint8_t      space[PAGE] __attribute__((aligned(4096)));
static struct table t, want;
static uint64_t     slot;

static void make(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RWX, P_RWX, P_NONE, P_NONE}},
        {.va = CODE, .pages = 1, .pa = FRAME(1), .row = {P_RWX, P_RX, P_RX, P_RX}},
        {.va = GATE, .pages = 1, .pa = GATE, .row = {P_RWX, P_RX, P_RX, P_RX}},
        {.va = HIGH, .pages = 1, .pa = FRAME(2), .row = {P_RWX, P_RO, P_NONE, P_NONE}},
    };

    t = table_build((uint64_t)space, 1, 4, cells, 4);
    slot = slot_of(&t, VA);
    csr_write(CSR_SATP, 15ull << 60 | t.base >> 12);
    want = sc_watch(&t);
}

static void as(uint64_t sd)
{
    sds_write(sd, 0, 0);
}

static void done(uint64_t sd, struct sc i)
{
    as(sd);
    expect_done(MODE_U, i);
}

/* In U as sd; the S handler has it. */
static void trapped(uint64_t sd, struct sc i, uint64_t cause, uint64_t tval)
{
    sds_write(sd, 0, 0);
    sc_watch(&t);
    expect(expect_trap(sc_exec(MODE_U, i), TRAP_S, cause, tval), (uint64_t)sc_code);
    expect_sds(0, sd, 0);
    expect_as_shadow();
}

static void addresses(uint64_t va)
{
    trapped(1, SC_PROT(va, R), 24, va);
    trapped(1, SC_GRANT(va, 2, R), 24, va);
    trapped(1, SC_TFER(va, 2, R), 24, va);
    trapped(1, SC_RECV(va, 2, R), 24, va);
    trapped(1, SC_INVAL(va), 24, va);
    trapped(1, SC_REVAL(va, R), 24, va);
    trapped(1, SC_EXCL(va, R), 24, va);
}

static void causes(void)
{
    make();
    addresses(0);
    addresses(0x1000);
    addresses(0x3ffffffff000);
    addresses(0xffffffff80000000);
    addresses(~0ull);

    trapped(1, SC_PROT(VA, 0xff), 25, 0xff);
    trapped(1, SC_PROT(VA, 1ull << 63), 25, 1ull << 63);
    trapped(1, SC_GRANT(VA, 2, 1), 25, 1);
    trapped(1, SC_GRANT(VA, 2, ~0ull), 25, ~0ull);
    trapped(1, SC_TFER(VA, 2, 0), 25, 0x100);
    trapped(1, SC_EXCL(VA, 0), 25, 0x100);
    trapped(2, SC_PROT(VA, R), 25, 0x202);
    trapped(1, SC_PROT(HIGH, RW), 25, 0x206);
    trapped(2, SC_PROT(VA, 0), 25, 0x200);
    trapped(2, SC_INVAL(VA), 25, 0x200 | P_NONE);

    trapped(1, SC_GRANT(VA, 0, R), 26, 0);
    trapped(1, SC_GRANT(VA, 4, R), 26, 4);
    trapped(1, SC_TFER(VA, 1000, R), 26, 1000);
    trapped(1, SC_JALRS(GATE, 0), 26, 0);
    trapped(1, SC_JALRS(GATE, 4), 26, 4);
    trapped(1, SC_JALS(GATE, 0), 26, 0);

    trapped(1, SC_JALRS(GATE + 8, 2), 28, GATE + 8);
    trapped(1, SC_JALRS(GATE + 2, 2), 28, GATE + 2);
    trapped(1, SC_JALS(GATE + 2, 2), 28, GATE + 2);
    trapped(1, SC_JALRS(VA, 2), 28, VA);
}

static void grants(void)
{
    make();
    *grant(&want, 1, slot) = 2 << 4 | R;
    done(1, SC_GRANT(VA, 2, R));
    trapped(3, SC_RECV(VA, 1, R), 26, 1ull << 32 | 3);
    trapped(2, SC_RECV(VA, 1, W), 25, 0x304);
    *grant(&want, 1, slot) = 0xfffffff0;
    *perm(&want, 2, slot) = 0xc3;
    done(2, SC_RECV(VA, 1, R)); /* 0xC1 -> 0xC3 */
    *grant(&want, 1, slot) = 2 << 4 | W;
    done(1, SC_GRANT(VA, 2, W));
    *grant(&want, 1, slot) = 0xfffffff0;
    *perm(&want, 2, slot) = 0xc7;
    done(2, SC_RECV(VA, 1, W)); /* then 0xC7 */
    *grant(&want, 1, slot) = 3 << 4 | R;
    *perm(&want, 1, slot) = 0xc1;
    done(1, SC_TFER(VA, 3, R)); /* RWX: all gone */
    *perm(&want, 2, slot) = 0xc3;
    done(2, SC_PROT(VA, R));
}

static void exclusive(void)
{
    make();
    as(1);
    expect(expect_done(MODE_U, SC_EXCL(VA, RWX)), 1);
    *grant(&want, 1, slot) = 2 << 4 | R;
    done(1, SC_GRANT(VA, 2, R));
    as(1);
    expect(expect_done(MODE_U, SC_EXCL(VA, R)), 0);
    expect(expect_done(MODE_U, SC_EXCL(VA, W)), 1);
    trapped(1, SC_REVAL(VA, R), 27, 1);
    *grant(&t, 1, slot) = 0xfffffff0;
    *grant(&t, 2, slot) = 3 << 4 | R;
    trapped(1, SC_INVAL(VA), 27, 3);
    *perm(&t, 2, slot) = 0xc3;
    trapped(1, SC_INVAL(VA), 27, 2);
}

/* SD 2 invalidates, SD 1 takes it. */
static void validity(void)
{
    static const struct {
        unsigned p;
        uint8_t  byte;
    } rights[] = {{R, 0xc3}, {RW, 0xc7}, {RWX, 0xcf}};

    for (unsigned k = 0; k < 3; k++) {
        make();
        *perm(&t, 1, slot) = 0xc1;
        *perm(&t, 2, slot) = 0xc7;
        want = sc_watch(&t);
        *perm(&want, 2, slot) = 0xc1;
        *perm(&want, 0, slot) = 0xce;
        desc(&want, slot)->hi &= ~DESC_VALID;
        done(2, SC_INVAL(VA));

        trapped(1, SC_INVAL(VA), 27, 0);
        trapped(1, SC_PROT(VA, R), 27, 0);
        trapped(1, SC_GRANT(VA, 2, R), 27, 0);
        as(1);
        expect(expect_trap(probe(MODE_U, STORE, VA), TRAP_S, 15, VA), csr_read(CSR_SEPC));
        expect_sds(0, 1, 0);

        desc(&want, slot)->hi |= DESC_VALID;
        *perm(&want, 0, slot) = 0xcf;
        *perm(&want, 1, slot) = rights[k].byte;
        done(1, SC_REVAL(VA, rights[k].p));
    }
}

static uint64_t registers_in_u(uint64_t value, uint64_t unused)
{
    (void)unused;
    csr_write(CSR_URID, value);
    return csr_read(CSR_USID) << 32 | csr_read(CSR_URID);
}

static uint64_t registers_in_s(uint64_t a, uint64_t b)
{
    csr_write(CSR_URID, a);
    csr_write(CSR_UXID, b);
    return csr_read(CSR_USID) << 32 | csr_read(CSR_URID) << 16 | csr_read(CSR_UXID);
}

static void switches_and_registers(void)
{
    make();
    put_entry(GATE, 9);
    as(1);
    expect_switched(MODE_U, SC_JALRS(GATE, 2), 9);
    as(2);
    expect_switched(MODE_U, SC_JALS(GATE, 3), 9);

    as(1);
    expect(expect_returned(call(MODE_U, registers_in_u, 77, 0)), 1ull << 32 | 77);
    as(3);
    expect(expect_returned(call(MODE_S, registers_in_s, 5, 6)), 3ull << 32 | 5 << 16 | 6);
    as(1);
    expect_trap(exec(MODE_U, 0x08251073, 2, 0), TRAP_M, 2, 0x08251073); /* csrw usid, a0 */
    expect_sds(1, 0, 0);
}

int main(void)
{
    csr_write(CSR_MEDELEG, MEDELEG);
    expect(csr_read(CSR_MEDELEG), MEDELEG);
    csr_write(CSR_MEDELEG, MEDELEG & ~ECALL_U);
    put_entry(GATE, 9);
    causes();
    grants();
    exclusive();
    validity();
    switches_and_registers();
    return 0;
}
