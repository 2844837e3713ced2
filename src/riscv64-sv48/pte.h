/* SPDX-License-Identifier: Apache-2.0 */
/* pte.h - Sv48 page-table entries (RISC-V privileged architecture 1.12, 4.4 and 4.5).
 *
 *   63      54 53                      10 9   8 7 6 5 4 3 2 1 0
 *  +----------+--------------------------+-----+-+-+-+-+-+-+-+-+
 *  | reserved |     physical page (44)   | RSW |D|A|G|U|X|W|R|V|
 *  +----------+--------------------------+-----+-+-+-+-+-+-+-+-+
 *
 * Four levels of 512 entries; an entry at level n covers 4 KiB << 9n. V with R = W = X = 0 points
 * to the next table, V with any of them is a leaf. A, D: set by hardware, or by fault.c where it
 * traps instead.
 *
 * RSW bit 0 is ours: "mapped". It is set in every user leaf, also in one without rights
 * (PROT_NONE), whose V must be 0: the entry keeps its page and hardware ignores it.
 */
#ifndef RISCV64_SV48_PTE_H
#define RISCV64_SV48_PTE_H

#include "lib/types.h"

typedef uint64_t pte_t;

#define SATP_MODE_SV48  9ull
#define SATP_MODE_SHIFT 60

#define PTE_V      0x001ull
#define PTE_R      0x002ull
#define PTE_W      0x004ull
#define PTE_X      0x008ull
#define PTE_U      0x010ull
#define PTE_G      0x020ull
#define PTE_A      0x040ull
#define PTE_D      0x080ull
#define PTE_MAPPED 0x100ull
#define PTE_RIGHTS (PTE_R | PTE_W | PTE_X)

#define PTE_PPN_SHIFT 10
#define PTE_PPN_MASK  (((1ull << 44) - 1) << PTE_PPN_SHIFT)

#define PTE_LEVELS     4u
#define PTE_INDEX_BITS 9u
#define PTE_PER_TABLE  512u
#define PTE_MAX_LEAF   2u /* 1 GiB; level 3 has leaves too, but nothing here is that large */

_Static_assert(PTE_PER_TABLE == 1u << PTE_INDEX_BITS, "an index selects an entry");
_Static_assert(PTE_PER_TABLE * sizeof(pte_t) == 4096, "a table is one page");

/* Bytes that an entry at this level covers: 1 << that. */
static inline unsigned pte_shift(unsigned level)
{
    return 12 + PTE_INDEX_BITS * level;
}

static inline uint64_t pte_size(unsigned level)
{
    return 1ull << pte_shift(level);
}

static inline unsigned pte_index(vaddr_t va, unsigned level)
{
    return (unsigned)(va >> pte_shift(level)) % PTE_PER_TABLE;
}

static inline paddr_t pte_pa(pte_t pte)
{
    return (pte & PTE_PPN_MASK) << 2;
}

static inline pte_t pte_of_pa(paddr_t pa)
{
    return pa >> 2;
}

static inline bool pte_is_table(pte_t pte)
{
    return (pte & (PTE_V | PTE_RIGHTS)) == PTE_V;
}

static inline bool pte_is_mapped(pte_t pte)
{
    return pte & PTE_MAPPED;
}

/* Between pmap_suspend() and pmap_resume(): V is gone, and the rights say that it comes back. */
static inline bool pte_is_hidden(pte_t pte)
{
    return !(pte & PTE_V) && (pte & PTE_RIGHTS);
}

/* The bits of a user leaf with these rights: R, W, X. */
static inline pte_t pte_user_bits(pte_t rights)
{
    return rights ? PTE_MAPPED | PTE_V | PTE_U | PTE_A | rights : PTE_MAPPED;
}

#endif
