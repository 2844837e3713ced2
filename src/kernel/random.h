/* SPDX-License-Identifier: Apache-2.0 */
/* random.h - unpredictable bytes for programs and for the kernel.
 *
 * A generator that is seeded from the machine's entropy device. Without one, from /chosen rng-seed of the
 * device tree and the time, and the log warns where even the former is missing: then who knows when
 * the machine started can compute what comes out.
 */
#ifndef KERNEL_RANDOM_H
#define KERNEL_RANDOM_H

#include "lib/types.h"

/* Seed. A thread, after drivers were probed; random_fill() before gives bytes that are always the same. */
void random_init(void);

/* Fill buf. Any context; constant time for a small len, no lock is held for a long one. */
void random_fill(void *buf, size_t len);

/* Mix bytes in: what comes out later depends on them as well. Any context. */
void random_mix(const void *bytes, size_t len);

/* Mix fresh bytes of the entropy device in if much was taken since the last time. May sleep. */
void random_refresh(void);

/* The block function, for its test: 64 bytes out of state (constants, key, counter, nonce). */
void chacha20_block(const uint32_t state[16], uint8_t out[64]);

#endif
