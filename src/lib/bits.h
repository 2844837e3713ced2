/* SPDX-License-Identifier: Apache-2.0 */
/* bits.h - which bits of a word are set, for a processor that has no instructions for it.
 *
 * Every six bits of the product of a single bit and BITS_SEQUENCE, in which each value of six bits
 * occurs once (a de Bruijn sequence), name that bit.
 */
#ifndef LIB_BITS_H
#define LIB_BITS_H

#include "lib/types.h"

#define BITS_SEQUENCE 0x03f79d71b4cb0a89ull

static const uint8_t bits_position[64] = {
    0,  1,  48, 2,  57, 49, 28, 3,  61, 58, 50, 42, 38, 29, 17, 4,  62, 55, 59, 36, 53, 51,
    43, 22, 45, 39, 33, 30, 24, 18, 12, 5,  63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21,
    44, 32, 23, 11, 46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9,  13, 8,  7,  6,
};

/* The number of the lowest bit set; word is not 0. */
static inline unsigned bits_lowest(uint64_t word)
{
    return bits_position[(word & -word) * BITS_SEQUENCE >> 58];
}

/* The number of the highest bit set; word is not 0. */
static inline unsigned bits_highest(uint64_t word)
{
    for (unsigned n = 1; n < 64; n *= 2)
        word |= word >> n;
    return bits_position[(word ^ word >> 1) * BITS_SEQUENCE >> 58];
}

/* The largest power of two that is not above n, the smallest that is not below it; n is not 0. */
static inline size_t bits_power_below(size_t n)
{
    return (size_t)1 << bits_highest(n);
}

static inline size_t bits_power_above(size_t n)
{
    return n > 1 ? (size_t)2 << bits_highest(n - 1) : 1;
}

/* How many bits are set: sums of pairs, of fours, of bytes, of all. */
static inline unsigned bits_count(uint64_t word)
{
    word -= word >> 1 & 0x5555555555555555;
    word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
    word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f;
    return (unsigned)(word * 0x0101010101010101 >> 56);
}

#endif
