/* SPDX-License-Identifier: Apache-2.0 */
/* tblmem.h - every access of celltable.c to memory that the hardware walks goes through here.
 *
 * The walker and the users' instructions run on other harts at any instant, so each access is a
 * single one of its size, and order comes from tbl_fence() alone. Loads and stores are volatile
 * accesses to aligned objects, which are one instruction each (gcc 12 makes an amoswap of a
 * relaxed atomic store); the read-modify-writes are relaxed C11 atomics: amoand.w and amoor.w.
 *
 * test/host/test_celltable.c defines this header's guard and brings its own versions, to look at
 * the table between any two stores.
 */
#ifndef RISCV64_CELLS_TBLMEM_H
#define RISCV64_CELLS_TBLMEM_H

#include "lib/types.h"

static inline uint64_t tbl_load64(const uint64_t *p)
{
    return *(const volatile uint64_t *)p;
}

static inline void tbl_store64(uint64_t *p, uint64_t v)
{
    *(volatile uint64_t *)p = v;
}

static inline uint32_t tbl_load32(const uint32_t *p)
{
    return *(const volatile uint32_t *)p;
}

static inline void tbl_store32(uint32_t *p, uint32_t v)
{
    *(volatile uint32_t *)p = v;
}

static inline uint8_t tbl_load8(const uint8_t *p)
{
    return *(const volatile uint8_t *)p;
}

/* Only into a column whose slot is hidden or empty: rule 1 of the protocol (celltable.c). */
static inline void tbl_store8(uint8_t *p, uint8_t v)
{
    *(volatile uint8_t *)p = v;
}

/* There are no byte atomics (B.2.6): work on the aligned word around the byte and leave its other
 * bytes, which belong to other cells, as they are. Both return the byte as it was. */
static inline uint32_t *tbl_word_of(uint8_t *p, unsigned *shift)
{
    *shift = (unsigned)((uintptr_t)p & 3) * 8;
    return (uint32_t *)((uintptr_t)p & ~(uintptr_t)3);
}

static inline uint8_t tbl_and8(uint8_t *p, uint8_t mask)
{
    unsigned  shift;
    uint32_t *word = tbl_word_of(p, &shift);
    uint32_t  keep = ~((uint32_t)(uint8_t)~mask << shift);
    return (uint8_t)(__atomic_fetch_and(word, keep, __ATOMIC_RELAXED) >> shift);
}

static inline uint8_t tbl_or8(uint8_t *p, uint8_t bits)
{
    unsigned  shift;
    uint32_t *word = tbl_word_of(p, &shift);
    return (uint8_t)(__atomic_fetch_or(word, (uint32_t)bits << shift, __ATOMIC_RELAXED) >> shift);
}

/* A full fence (at least fence rw,rw), also for the compiler. The caller says what it orders. */
static inline void tbl_fence(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif
