/* SPDX-License-Identifier: Apache-2.0
 *
 * radix.h - page tables of Sv39, Sv48, Sv57, and of the second stage, entry by entry, for tests of what is
 * beside the SecureCells mode. A tree maps nothing at first, the test's own image neither: MAP_IMAGE().
 */
#ifndef LIB_RADIX_H
#define LIB_RADIX_H

#include <stdint.h>

enum {
    PTE_V = 0x01,
    PTE_R = 0x02,
    PTE_W = 0x04,
    PTE_X = 0x08,
    PTE_U = 0x10,
    PTE_A = 0x40,
    PTE_D = 0x80,
    PTE_RWX = PTE_R | PTE_W | PTE_X,
    PTE_AD = PTE_A | PTE_D,
};

enum { SV39 = 8, SV48 = 9, SV57 = 10 };

struct radix {
    uint64_t  mode; /* as satp, vsatp and hgatp have it */
    uint64_t *root;
    uint64_t  top; /* entries of the root */
};

/* An empty tree for satp or vsatp; one for hgatp, whose root is four pages. Never given back. */
struct radix radix_new(uint64_t mode);
struct radix radix_new_second_stage(uint64_t mode);

/* Map va to pa by a leaf of level 0 (4 KiB), 1 (2 MiB), 2 (1 GiB), ... with these bits; V is added.
 * The leaf, to be looked at and spoilt.
 */
volatile uint64_t *radix_map(const struct radix *r, uint64_t va, uint64_t pa, unsigned level,
                             uint64_t bits);

/* The value for satp, vsatp or, with a VMID, hgatp. */
uint64_t radix_satp(const struct radix *r, uint64_t asid);

/* The gigabyte that the image is in, at VA = PA. */
#define IMAGE_GIGABYTE     0x80000000ull
#define MAP_IMAGE(r, bits) radix_map((r), IMAGE_GIGABYTE, IMAGE_GIGABYTE, 2, (bits))

/* Everything that page tables decide, in the mode (SV39, SV48, SV57): leaves of each size, rights, the U bit, SUM,
 * MXR, A and D as QEMU 7.2 sets them, misaligned leaves, addresses that are not canonical. Leaves satp Bare.
 */
void check_radix_mode(uint64_t mode);

#endif
