/* SPDX-License-Identifier: Apache-2.0 */
/* status: 255 */
/* expect: panic: .*(CANARY|canary|stack) */
/* expect:  thread init */
#include "test/kernel/ktest.h"

/* Recursion to the last byte of the stack and no further: nothing else is damaged. */
static __attribute__((noinline)) unsigned recurse(unsigned depth)
{
    volatile uint64_t frame[16];

    for (unsigned i = 0; i < ARRAY_LEN(frame); i++)
        frame[i] = 0x5e5e5e5e5e5e5e5e;
    if ((uintptr_t)frame - (uintptr_t)thread_self()->stack > 2 * sizeof(frame))
        return recurse(depth + 1) + (unsigned)frame[depth % ARRAY_LEN(frame)];
    for (volatile uint64_t *p = frame; (uintptr_t)p >= (uintptr_t)thread_self()->stack; p--)
        *p = 0x5e5e5e5e5e5e5e5e;
    return depth;
}

void boot_program(void *arg)
{
    (void)arg;
    CHECK(recurse(0) > 16);
    thread_yield();
    CHECK(!"nobody noticed");
}
