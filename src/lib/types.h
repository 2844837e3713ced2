/* SPDX-License-Identifier: Apache-2.0 */
/* types.h - the scalar types with meaning and the few helpers that every room uses.
 *
 * A physical and a virtual address are different types by name, so that they are not passed for
 * one another by habit. Everything here works in the kernel and on the host.
 */
#ifndef LIB_TYPES_H
#define LIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t  paddr_t; /* physical address, bytes */
typedef uintptr_t vaddr_t; /* virtual address, bytes */
typedef ptrdiff_t ssize_t;

#define PAGE_SHIFT 12
#define PAGE_SIZE  ((size_t)1 << PAGE_SHIFT)
#define PAGE_MASK  (PAGE_SIZE - 1)

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The structure of type `type` whose member `member` is at `ptr`. */
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

/* Rounding to a power of two. */
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a)-1))
#define ALIGN_UP(x, a)   ALIGN_DOWN((x) + ((__typeof__(x))(a)-1), a)

static inline size_t size_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t size_max(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* How many pages hold `bytes`. */
static inline size_t pages_for(size_t bytes)
{
    return (bytes + PAGE_MASK) >> PAGE_SHIFT;
}

#endif
