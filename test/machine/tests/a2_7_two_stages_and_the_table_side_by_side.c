/* SPDX-License-Identifier: Apache-2.0
 * qemu: -cpu rv64,h=on,seccells=on
 *
 * A.2.7: with the mode on in HS, a guest still has its two stages, Sv39 over Sv39x4: what the hypervisor reaches by
 * HLV and HSV and what the guest loads, stores and fetches goes through these, the hypervisor's own accesses
 * go through the table, and neither uses what is cached for the other. Guest page faults are 20, 21 and 23, with the
 * guest's physical address; SC instructions are illegal in VS and VU; the table is not walked for any of it.
 */
#include "lib/machine.h"
#include "lib/radix.h"

#define CSR_HSTATUS 0x600
#define CSR_HTVAL   0x643
#define CSR_MTVAL2  0x34b
#define SPVP        0x100 /* hstatus: HLV and HSV act as VS */

#define VA      0x40000000ull /* in the table: FRAME(0); for the guest by way of GPA: FRAME(1) */
#define GPA     0x50000000ull
#define CODE    (VA + PAGE)     /* FRAME(2), X alone */
#define USER    (VA + 2 * PAGE) /* FRAME(3), for VU */
#define HOLE    (VA + 3 * PAGE) /* mapped to a place where the guest has no memory */
#define NOWHERE 0x60000000ull
#define ABSENT  (VA + 4 * PAGE)

#define HLV_D 0x6c054573u /* hlv.d a0, (a0) */
#define HSV_D 0x6eb54073u /* hsv.d a1, (a0) */
#define LD    0x00053503u /* ld a0, 0(a0) */
#define SD    0x00b53023u /* sd a1, 0(a0) */

static struct outcome in_guest(enum mode mode, uint64_t pc, uint64_t a0, uint64_t a1)
{
    csr_set(CSR_MSTATUS, MSTATUS_MPV);
    struct outcome o = enter(mode, pc, a0, a1);
    csr_clear(CSR_MSTATUS, MSTATUS_MPV);
    return o;
}

static void build(void)
{
    struct radix first = radix_new(SV39), second = radix_new_second_stage(SV39);

    /* The guest's page tables are memory of the guest's, at GPA = PA. Each leaf of the second stage is the user's. */
    radix_map(&second, IMAGE_GIGABYTE, IMAGE_GIGABYTE, 2, PTE_RWX | PTE_U);
    radix_map(&second, GPA, FRAME(1), 0, PTE_RWX | PTE_U);
    MAP_IMAGE(&first, PTE_RWX);
    radix_map(&first, VA, GPA, 0, PTE_R | PTE_W);
    radix_map(&first, CODE, FRAME(2), 0, PTE_X);
    radix_map(&first, USER, FRAME(3), 0, PTE_RWX | PTE_U);
    radix_map(&first, HOLE, NOWHERE, 0, PTE_RWX);
    csr_write(CSR_HGATP, radix_satp(&second, 3));
    csr_write(CSR_VSATP, radix_satp(&first, 5));
    csr_set(CSR_HSTATUS, SPVP);
    csr_write(CSR_VSTVEC, (uint64_t)s_vector);
}

/* The same address, in turns: by the table in HS, by two stages through HLV and HSV in the same mode. */
static uint64_t take_turns(uint64_t va, uint64_t rounds)
{
    uint64_t wrong = 0;

    for (uint64_t k = 1; k <= rounds; k++) {
        register uint64_t a0 __asm__("a0") = va;
        register uint64_t a1 __asm__("a1") = 1000 + k;
        *word_at(va) = k;
        __asm__ volatile(".word %1" : "+r"(a0) : "i"(HSV_D), "r"(a1) : "memory");
        __asm__ volatile(".word %1" : "+r"(a0) : "i"(HLV_D), "r"(a1) : "memory");
        wrong += a0 != 1000 + k;
        wrong += *word_at(va) != k;
    }
    return wrong;
}

static void check_guest_data(void)
{
    *word_at(FRAME(1)) = 11;
    expect(expect_returned(in_guest(MODE_S, FRAME(4), VA, 0)), 11);
    struct outcome o = in_guest(MODE_S, FRAME(4) + 8, VA, 12);
    expect_returned(o);
    expect(*word_at(FRAME(1)), 12);
    put_code(FRAME(2), 13);
    expect(expect_returned(in_guest(MODE_S, CODE, 0, 0)), 13);
    expect_trap(in_guest(MODE_S, FRAME(4), CODE, 0), TRAP_M, 13, CODE);
    expect_trap(in_guest(MODE_S, FRAME(4), USER, 0), TRAP_M, 13, USER);
    expect_trap(in_guest(MODE_S, USER, 0, 0), TRAP_M, 12, USER);
    expect_trap(in_guest(MODE_S, FRAME(4) + 8, ABSENT, 0), TRAP_M, 15, ABSENT);
}

static void expect_guest_fault(struct outcome o, uint64_t cause, uint64_t va, uint64_t gpa)
{
    expect_trap(o, TRAP_M, cause, va);
    expect(csr_read(CSR_MTVAL2), gpa >> 2);
}

static void check_guest_faults(void)
{
    expect_guest_fault(in_guest(MODE_S, FRAME(4), HOLE + 8, 0), 21, HOLE + 8, NOWHERE + 8);
    expect_guest_fault(in_guest(MODE_S, FRAME(4) + 8, HOLE + 16, 0), 23, HOLE + 16, NOWHERE + 16);
    expect_guest_fault(in_guest(MODE_S, HOLE, 0, 0), 20, HOLE, NOWHERE);
    expect_guest_fault(exec(MODE_S, HLV_D, HOLE + 8, 0), 21, HOLE + 8, NOWHERE + 8);
    expect_guest_fault(exec(MODE_S, HSV_D, HOLE + 8, 0), 23, HOLE + 8, NOWHERE + 8);

    /* Delegated to HS, where it moves the compartment registers as any trap into S. */
    csr_write(CSR_MEDELEG, 1 << 21);
    sds_write(1, 2, 3);
    expect_trap(exec(MODE_S, HLV_D, HOLE + 8, 0), TRAP_S, 21, HOLE + 8);
    expect(csr_read(CSR_HTVAL), (NOWHERE + 8) >> 2);
    expect_sds(0, 1, 2);
    csr_write(CSR_MEDELEG, 0);
}

static void check_guest_instructions(void)
{
    static const uint32_t sc[] = {0x8005200b, 0x00b5200b, 0x00b5300b, 0x00b5410b, 0x00b5530b,
                                  0x00b5630b, 0x00c5f50b, 0x00b5050b, 0x0000052b};

    for (progress = 0; progress < sizeof(sc) / sizeof(sc[0]); progress++) {
        *(volatile uint32_t *)FRAME(2) = sc[progress];
        *(volatile uint32_t *)FRAME(3) = sc[progress];
        __asm__ volatile("fence.i" ::: "memory");
        expect_trap(in_guest(MODE_S, CODE, VA, 2), TRAP_M, 2, sc[progress]);
        expect_trap(in_guest(MODE_U, USER, VA, 2), TRAP_M, 2, sc[progress]);
    }
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RW}},
    };
    struct table t = CELLS_ON(cells);

    (void)t;
    build();
    memcpy(word_at(FRAME(4)), (const uint32_t[]){LD, 0x00008067, SD, 0x00008067},
           16); /* ret behind each */
    __asm__ volatile("fence.i" ::: "memory");
    expect(expect_returned(call(MODE_S, take_turns, VA, 20)), 0);
    *word_at(FRAME(0)) = 10;
    expect(expect_reaches(MODE_S, LOAD, VA), 10);

    uint64_t walks = csr_read(CSR_SCC_WALKS);
    check_guest_data();
    check_guest_instructions();
    expect(csr_read(CSR_SCC_WALKS), walks);
    check_guest_faults();
    expect(expect_returned(call(MODE_S, take_turns, VA, 20)), 0);
    return 0;
}
