/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_csum.c - crc32c eight bytes at a time.
 *
 * Table k holds the crc of a byte followed by k zero bytes, so the eight bytes of a step are looked up
 * independently and combined by xor: about 2.5 instructions a byte instead of 7. The tables (8 KiB) are
 * computed at the first mount rather than carried in the image.
 */
#include "fs/ext4_csum.h"

#define CRC32C_POLY 0x82f63b78u
#define STEP        8

typedef uint32_t __attribute__((may_alias)) word; /* reads bytes of any structure */

static uint32_t tables[STEP][256];

/* The crc of 0x80, 0x40, ... follows by halving; that of any other byte is the xor of two smaller ones. */
static void first_table(void)
{
    uint32_t crc = 1;
    for (uint32_t bit = 0x80; bit; bit >>= 1) {
        crc = (crc >> 1) ^ (crc & 1 ? CRC32C_POLY : 0);
        for (uint32_t byte = 0; byte < 256; byte += 2 * bit)
            tables[0][byte + bit] = tables[0][byte] ^ crc;
    }
}

void ext4_csum_init(void)
{
    first_table();
    for (unsigned k = 1; k < STEP; k++)
        for (unsigned byte = 0; byte < 256; byte++)
            tables[k][byte] = (tables[k - 1][byte] >> 8) ^ tables[0][tables[k - 1][byte] & 0xff];
}

static uint32_t crc_bytes(uint32_t crc, const uint8_t *p, size_t len)
{
    while (len--)
        crc = (crc >> 8) ^ tables[0][(crc ^ *p++) & 0xff];
    return crc;
}

/* One step; p is 4-aligned. */
static uint32_t crc_step(uint32_t crc, const uint8_t *p)
{
    uint32_t a = crc ^ *(const word *)(const void *)p;
    uint32_t b = *(const word *)(const void *)(p + 4);
    return tables[7][a & 0xff] ^ tables[6][a >> 8 & 0xff] ^ tables[5][a >> 16 & 0xff] ^
           tables[4][a >> 24] ^ tables[3][b & 0xff] ^ tables[2][b >> 8 & 0xff] ^
           tables[1][b >> 16 & 0xff] ^ tables[0][b >> 24];
}

uint32_t ext4_crc32c(uint32_t crc, const void *data, size_t len)
{
    const uint8_t *p = data;
    size_t         head = size_min(-(uintptr_t)p & 3, len);

    crc = crc_bytes(crc, p, head);
    p += head;
    len -= head;
    for (; len >= STEP; p += STEP, len -= STEP)
        crc = crc_step(crc, p);
    return crc_bytes(crc, p, len);
}
