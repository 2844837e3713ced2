/* SPDX-License-Identifier: Apache-2.0
 *
 * radix_check.c - check_radix_mode() of radix.h, for a CPU with the extension and one without it.
 */
#include "lib/machine.h"
#include "lib/radix.h"

#define VA   0x40000000ull
#define HIGH 0x1000000000ull /* 64 GiB: its gigabyte is free in all modes */

static struct radix       tree;
static volatile uint64_t *leaf;

/* The page at VA is FRAME(0) with these bits and no others. */
static void page_is(uint64_t bits)
{
    *leaf = FRAME(0) >> 2 | bits | PTE_V;
    sfence();
}

static uint64_t bits_of(volatile uint64_t *pte)
{
    return *pte & 0x3ff;
}

static void check_rights(void)
{
    page_is(PTE_R | PTE_W);
    expect_reaches(MODE_S, STORE, VA);
    expect(*word_at(FRAME(0)), probe_value);
    expect_page_fault(MODE_S, FETCH, VA);
    page_is(PTE_R);
    expect_reaches(MODE_S, LOAD, VA);
    expect_page_fault(MODE_S, STORE, VA);
    expect_page_fault(MODE_S, AMO, VA);
    page_is(PTE_X);
    put_code(FRAME(0), 21);
    expect(expect_reaches(MODE_S, FETCH, VA), 21);
    expect_page_fault(MODE_S, LOAD, VA);
    csr_set(CSR_MSTATUS, MSTATUS_MXR);
    expect_reaches(MODE_S, LOAD, VA);
    csr_clear(CSR_MSTATUS, MSTATUS_MXR);
    page_is(PTE_W); /* reserved */
    expect_page_fault(MODE_S, STORE, VA);
    *leaf = 0;
    sfence();
    expect_page_fault(MODE_S, LOAD, VA);
}

static void check_user(void)
{
    page_is(PTE_RWX | PTE_U);
    expect_reaches(MPRV_U, LOAD, VA);
    expect_reaches(MPRV_U, STORE, VA);
    expect_page_fault(MODE_S, LOAD, VA);
    expect_page_fault(MODE_S, FETCH, VA);
    csr_set(CSR_MSTATUS, MSTATUS_SUM);
    expect_reaches(MODE_S, LOAD, VA);
    expect_reaches(MODE_S, STORE, VA);
    expect_page_fault(MODE_S, FETCH, VA); /* SUM is for data */
    csr_clear(CSR_MSTATUS, MSTATUS_SUM);
    page_is(PTE_RWX);
    expect_page_fault(MPRV_U, LOAD, VA);
    expect_page_fault(MODE_U, FETCH, VA);
}

static void check_accessed_and_dirty(void)
{
    page_is(PTE_R | PTE_W);
    expect_reaches(MODE_S, LOAD, VA);
    expect(bits_of(leaf), PTE_V | PTE_R | PTE_W | PTE_A);
    expect_reaches(MODE_S, STORE, VA);
    expect(bits_of(leaf), PTE_V | PTE_R | PTE_W | PTE_AD);
    page_is(PTE_R);
    expect_page_fault(MODE_S, STORE, VA);
    expect(bits_of(leaf), PTE_V | PTE_R);
}

/* Leaves above 4 KiB, at offsets that show that all bits of the address below them count. */
static void check_large(unsigned level)
{
    uint64_t size = 1ull << (12 + 9 * level), base = FRAME(1) & -size;
    uint64_t va = HIGH + (FRAME(1) - base);

    volatile uint64_t *large = radix_map(&tree, HIGH, base, level, PTE_RWX);
    sfence();
    *word_at(FRAME(1)) = 77 + level;
    expect(expect_reaches(MODE_S, LOAD, va), 77 + level);
    expect_reaches(MODE_S, STORE, va + 8);
    expect(bits_of(large), PTE_V | PTE_RWX | PTE_AD);
    *large |= 1 << 10; /* the lowest bit of its page number: misaligned */
    sfence();
    expect_page_fault(MODE_S, LOAD, va);
    *large = 0;
    sfence();
    expect_page_fault(MODE_S, LOAD, va);
}

static void check_canonical(uint64_t mode)
{
    uint64_t beyond = 1ull << (38 + 9 * (mode - SV39));

    expect_page_fault(MODE_S, LOAD, beyond | VA);
    expect_page_fault(MODE_S, STORE, 1ull << 63 | VA);
    radix_map(&tree, -beyond | VA, FRAME(2), 0, PTE_R);
    sfence();
    *word_at(FRAME(2)) = 5;
    expect(expect_reaches(MODE_S, LOAD, -beyond | VA), 5);
}

void check_radix_mode(uint64_t mode)
{
    tree = radix_new(mode);
    MAP_IMAGE(&tree, PTE_RWX);
    leaf = radix_map(&tree, VA, FRAME(0), 0, PTE_R);
    csr_write(CSR_SATP, radix_satp(&tree, 0));
    expect(csr_read(CSR_SATP), radix_satp(&tree, 0));
    check_rights();
    check_user();
    check_accessed_and_dirty();
    check_large(2);
    check_canonical(mode);
    csr_write(CSR_SATP, 0);

    tree = radix_new(mode); /* the place of HIGH's gigabyte is a table now */
    MAP_IMAGE(&tree, PTE_RWX);
    csr_write(CSR_SATP, radix_satp(&tree, 0));
    check_large(1);
    csr_write(CSR_SATP, 0);
}
