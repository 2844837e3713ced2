/* SPDX-License-Identifier: Apache-2.0 */
/* random.c - a ChaCha20 generator that erases its key after each use.
 *
 * The state is one key. To give bytes out, a block is made from it: one half becomes the next key, so what
 * was given out cannot be computed from a later state; the other half is the output, or the key of a
 * stream for a longer one, made outside the lock. Mixing in absorbs bytes into the key block by block.
 * The block function is that of RFC 8439.
 */
#include "kernel/random.h"

#include "kernel/devtree.h"
#include "kernel/log.h"
#include "kernel/machine.h"
#include "kernel/spinlock.h"
#include "kernel/time.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "machine/cpu.h"

#define KEY_WORDS     8
#define KEY_BYTES     32
#define BLOCK_BYTES   64
#define REFRESH_BYTES ((size_t)1 << 20) /* given out before fresh entropy is asked for */

static struct {
    struct spinlock lock;
    /* lock protects: */
    uint32_t key[KEY_WORDS];
    size_t   since_refresh; /* bytes given out */
} pool = {.lock = SPINLOCK_INIT(LOCK_RANDOM, "random")};

static uint32_t rol(uint32_t v, unsigned n)
{
    return v << n | v >> (32 - n);
}

static void quarter(uint32_t *x, unsigned a, unsigned b, unsigned c, unsigned d)
{
    x[a] += x[b];
    x[d] = rol(x[d] ^ x[a], 16);
    x[c] += x[d];
    x[b] = rol(x[b] ^ x[c], 12);
    x[a] += x[b];
    x[d] = rol(x[d] ^ x[a], 8);
    x[c] += x[d];
    x[b] = rol(x[b] ^ x[c], 7);
}

void chacha20_block(const uint32_t state[16], uint8_t out[BLOCK_BYTES])
{
    uint32_t x[16];

    memcpy(x, state, sizeof(x));
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned i = 0; i < 4; i++) /* the columns, */
            quarter(x, i, 4 + i, 8 + i, 12 + i);
        for (unsigned i = 0; i < 4; i++) /* then the diagonals */
            quarter(x, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
    }
    for (unsigned i = 0; i < 16; i++)
        x[i] += state[i];
    memcpy(out, x, BLOCK_BYTES); /* little-endian, like every machine this runs on */
    memset(x, 0, sizeof(x));
}

static void block_of(const uint32_t key[KEY_WORDS], uint64_t counter, uint8_t out[BLOCK_BYTES])
{
    uint32_t state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

    memcpy(state + 4, key, KEY_BYTES);
    memcpy(state + 12, &counter, sizeof(counter));
    chacha20_block(state, out);
    memset(state, 0, sizeof(state));
}

/* A fresh key for one use; the pool moves on. */
static void take_key(uint32_t key[KEY_WORDS], size_t for_bytes)
{
    uint8_t block[BLOCK_BYTES];

    spinlock_acquire(&pool.lock);
    block_of(pool.key, 0, block);
    memcpy(pool.key, block, KEY_BYTES);
    pool.since_refresh += for_bytes;
    spinlock_release(&pool.lock);
    memcpy(key, block + KEY_BYTES, KEY_BYTES);
    memset(block, 0, sizeof(block));
}

void random_fill(void *buf, size_t len)
{
    uint32_t key[KEY_WORDS];
    uint8_t  block[BLOCK_BYTES];
    uint8_t *to = buf;

    take_key(key, len);
    for (uint64_t counter = 0; len; counter++) {
        size_t part = size_min(len, BLOCK_BYTES);
        block_of(key, counter, block);
        memcpy(to, block, part);
        to += part;
        len -= part;
    }
    memset(key, 0, sizeof(key));
    memset(block, 0, sizeof(block));
}

/* Absorb: xor up to 32 bytes into the key, then replace it by a block made of it. */
static void absorb(const uint8_t *bytes, size_t len)
{
    uint8_t key[KEY_BYTES];
    uint8_t block[BLOCK_BYTES];

    memcpy(key, pool.key, KEY_BYTES);
    for (size_t i = 0; i < len; i++)
        key[i] ^= bytes[i];
    memcpy(pool.key, key, KEY_BYTES);
    block_of(pool.key, len, block);
    memcpy(pool.key, block, KEY_BYTES);
    memset(key, 0, sizeof(key));
    memset(block, 0, sizeof(block));
}

void random_mix(const void *bytes, size_t len)
{
    const uint8_t *from = bytes;

    while (len) {
        size_t part = size_min(len, KEY_BYTES);
        spinlock_acquire(&pool.lock);
        absorb(from, part);
        spinlock_release(&pool.lock);
        from += part;
        len -= part;
    }
}

static bool mix_entropy(void)
{
    uint8_t fresh[BLOCK_BYTES];

    if (machine_entropy(fresh, sizeof(fresh)))
        return false;
    random_mix(fresh, sizeof(fresh));
    memset(fresh, 0, sizeof(fresh));
    return true;
}

void random_refresh(void)
{
    spinlock_acquire(&pool.lock);
    bool due = pool.since_refresh >= REFRESH_BYTES;
    if (due)
        pool.since_refresh = 0;
    spinlock_release(&pool.lock);
    if (due)
        mix_entropy(); /* without a device the generator goes on as it is */
}

void random_init(void)
{
    uint64_t    times[2] = {time_wall_ns(), cpu_time()};
    size_t      len;
    const void *seed = devtree_rng_seed(&len);

    random_mix(times, sizeof(times));
    if (seed)
        random_mix(seed, len);
    if (!mix_entropy())
        log_warn("there is no entropy device%s",
                 seed ? "; the firmware's seed is all there is"
                      : " and no seed: random numbers can be predicted");
}
