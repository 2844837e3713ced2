/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_hash.c - three hashes over names: MD4 cut to three short rounds, TEA as a block function, and
 * an old multiplicative one. The directory's tree says which.
 *
 * The first two take the name in blocks of 32 or 16 bytes as words: each byte is added to the word before
 * shifted left by 8, starting from a filler that repeats the length of what is left. Whether a
 * byte above 127 counts as negative depends on the machine that made the image.
 */
#include "fs/ext4_hash.h"

#include "fs/ext4_impl.h"
#include "lib/errno.h"

#define HASH_EOF 0x7fffffffu /* 32-bit hash position that stands for "end": no name may have it */

static uint32_t byte_of(const char *name, size_t i, bool is_unsigned)
{
    unsigned char c = (unsigned char)name[i];

    if (is_unsigned || c < 128)
        return c;
    return (uint32_t)c - 256;
}

/* nwords words of the next block of name[0, len). */
static void words_of(const char *name, size_t len, bool is_unsigned, uint32_t *words, size_t nwords)
{
    uint32_t filler = (uint32_t)len | (uint32_t)len << 8;
    filler |= filler << 16;

    size_t used = size_min(len, nwords * 4);
    for (size_t w = 0; w < nwords; w++) {
        uint32_t word = filler;
        for (size_t i = w * 4; i < w * 4 + 4 && i < used; i++)
            word = byte_of(name, i, is_unsigned) + (word << 8);
        words[w] = word;
    }
}

static uint32_t rol(uint32_t v, unsigned n)
{
    return v << n | v >> (32 - n);
}

/* --- MD4, half ------------------------------------------------------------------------------ */

static uint32_t choose(uint32_t x, uint32_t y, uint32_t z)
{
    return z ^ (x & (y ^ z));
}

static uint32_t majority(uint32_t x, uint32_t y, uint32_t z)
{
    return (x & y) + ((x ^ y) & z);
}

static uint32_t parity(uint32_t x, uint32_t y, uint32_t z)
{
    return x ^ y ^ z;
}

struct md4_round {
    uint32_t (*mix)(uint32_t x, uint32_t y, uint32_t z);
    uint32_t constant;
    uint8_t  shifts[4];
    uint8_t  order[8]; /* of the words */
};

static const struct md4_round md4_rounds[3] = {
    {choose, 0, {3, 7, 11, 19}, {0, 1, 2, 3, 4, 5, 6, 7}},
    {majority, 0x5a827999, {3, 5, 9, 13}, {1, 3, 5, 7, 0, 2, 4, 6}},
    {parity, 0x6ed9eba1, {3, 9, 11, 15}, {3, 7, 2, 6, 1, 5, 0, 4}},
};

static void half_md4(uint32_t state[4], const uint32_t words[8])
{
    uint32_t s[4] = {state[0], state[1], state[2], state[3]};

    for (unsigned r = 0; r < ARRAY_LEN(md4_rounds); r++) {
        const struct md4_round *round = &md4_rounds[r];
        for (unsigned i = 0; i < 8; i++) {
            /* The register that changes goes a, d, c, b; the other three follow it in order. */
            unsigned a = (4 - i % 4) % 4;
            s[a] += round->mix(s[(a + 1) % 4], s[(a + 2) % 4], s[(a + 3) % 4]) +
                    words[round->order[i]] + round->constant;
            s[a] = rol(s[a], round->shifts[i % 4]);
        }
    }
    for (unsigned i = 0; i < 4; i++)
        state[i] += s[i];
}

/* --- TEA ------------------------------------------------------------------------------------- */

static void tea(uint32_t state[4], const uint32_t words[4])
{
    uint32_t sum = 0, x = state[0], y = state[1];

    for (unsigned i = 0; i < 16; i++) {
        sum += 0x9e3779b9;
        x += ((y << 4) + words[0]) ^ (y + sum) ^ ((y >> 5) + words[1]);
        y += ((x << 4) + words[2]) ^ (x + sum) ^ ((x >> 5) + words[3]);
    }
    state[0] += x;
    state[1] += y;
}

/* --- the old one ----------------------------------------------------------------------------- */

static uint32_t legacy(const char *name, size_t len, bool is_unsigned)
{
    uint32_t hash = 0x12a3fe2d, before = 0x37abe8f9;

    for (size_t i = 0; i < len; i++) {
        uint32_t next = before + (hash ^ byte_of(name, i, is_unsigned) * 7152373);
        if (next & 0x80000000)
            next -= 0x7fffffff;
        before = hash;
        hash = next;
    }
    return hash << 1;
}

/* Run a block function over the name. */
static void over_blocks(const char *name, size_t len, bool is_unsigned, size_t nwords,
                        void (*block)(uint32_t state[4], const uint32_t *words), uint32_t state[4])
{
    for (size_t done = 0; done < len; done += nwords * 4) {
        uint32_t words[8];
        words_of(name + done, len - done, is_unsigned, words, nwords);
        block(state, words);
    }
}

static void seed(const struct ext4_fs *fs, uint32_t state[4])
{
    static const uint32_t standard[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    bool                  none = true;

    for (unsigned i = 0; i < 4; i++)
        none = none && fs->hash_seed[i] == 0;
    for (unsigned i = 0; i < 4; i++)
        state[i] = none ? standard[i] : fs->hash_seed[i];
}

int ext4_name_hash(const struct ext4_fs *fs, unsigned version, const char *name, size_t len,
                   uint32_t *hash, uint32_t *minor)
{
    bool     is_unsigned = version >= EXT4_HASH_LEGACY_UNSIGNED || fs->hash_unsigned;
    uint32_t state[4], second = 0;

    seed(fs, state);
    switch (version) {
    case EXT4_HASH_LEGACY:
    case EXT4_HASH_LEGACY_UNSIGNED:
        *hash = legacy(name, len, is_unsigned);
        break;
    case EXT4_HASH_HALF_MD4:
    case EXT4_HASH_HALF_MD4_UNSIGNED:
        over_blocks(name, len, is_unsigned, 8, half_md4, state);
        *hash = state[1];
        second = state[2];
        break;
    case EXT4_HASH_TEA:
    case EXT4_HASH_TEA_UNSIGNED:
        over_blocks(name, len, is_unsigned, 4, tea, state);
        *hash = state[0];
        second = state[1];
        break;
    default:
        return -EOPNOTSUPP;
    }
    *hash &= ~1u;
    if (*hash == HASH_EOF << 1)
        *hash = (HASH_EOF - 1) << 1;
    if (minor)
        *minor = second;
    return 0;
}
