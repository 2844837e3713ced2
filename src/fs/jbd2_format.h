/* SPDX-License-Identifier: Apache-2.0 */
/* jbd2_format.h - a journal on disk: big-endian words at fixed offsets of its blocks.
 *
 *   block 0        superblock
 *   s_first on     a ring of transactions, each of
 *                    revoke blocks       numbers of blocks that older transactions must not write any more
 *                    descriptor blocks   numbers ("tags") of the blocks whose contents follow each
 *                    a commit block      without which none of it counts
 *
 * Every block but contents begins with magic, type and the transaction's sequence number. Contents that begin
 * with the magic have zero there instead, and a flag in their tag. With checksums a
 * descriptor and a revoke block end with one, and each tag has its contents' one.
 *
 * Source: Documentation/filesystems/ext4/journal.rst of Linux, and journals that mke2fs and e2fsck made.
 */
#ifndef FS_JBD2_FORMAT_H
#define FS_JBD2_FORMAT_H

#include "lib/types.h"

#define JBD2_MAGIC  0xc03b3998u
#define JBD2_HEADER 12u /* bytes: magic, type, sequence */

enum jbd2_type {
    JBD2_DESCRIPTOR = 1,
    JBD2_COMMIT = 2,
    JBD2_SUPER_V1 = 3,
    JBD2_SUPER_V2 = 4,
    JBD2_REVOKE = 5,
};

/* The superblock. */
#define JBD2_S_BLOCKSIZE     0x0cu
#define JBD2_S_MAXLEN        0x10u /* blocks in all */
#define JBD2_S_FIRST         0x14u /* of the ring */
#define JBD2_S_SEQUENCE      0x18u /* of the first transaction in it */
#define JBD2_S_START         0x1cu /* where that is; 0: there is none */
#define JBD2_S_ERRNO         0x20u
#define JBD2_S_COMPAT        0x24u /* from here on only in version 2 */
#define JBD2_S_INCOMPAT      0x28u
#define JBD2_S_RO_COMPAT     0x2cu
#define JBD2_S_UUID          0x30u /* 16 bytes */
#define JBD2_S_CHECKSUM_TYPE 0x50u /* a byte */
#define JBD2_S_CHECKSUM      0xfcu /* of the superblock's 1024 bytes, this word being 0 */
#define JBD2_S_SIZE          1024u

#define JBD2_INCOMPAT_REVOKE  0x01u
#define JBD2_INCOMPAT_64BIT   0x02u
#define JBD2_INCOMPAT_CSUM_V2 0x08u
#define JBD2_INCOMPAT_CSUM_V3 0x10u

#define JBD2_CRC32C 4u

/* Tags; with CSUM_V3 number, flags, number's high half, checksum; else number, 16 bits of the checksum,
 * 16 bits of flags, and with 64BIT the number's high half (and 2 bytes with CSUM_V2). A tag without SAME_UUID
 * is followed by 16 bytes. */
#define JBD2_TAG_ESCAPED   1u
#define JBD2_TAG_SAME_UUID 2u
#define JBD2_TAG_LAST      8u
#define JBD2_TAG_MAX       16u

/* Revoke blocks: how many bytes are used, then numbers of 4 (64BIT: 8) bytes. */
#define JBD2_REVOKE_COUNT 0x0cu
#define JBD2_REVOKE_FIRST 0x10u

/* Commit blocks. */
#define JBD2_COMMIT_CHECKSUM 0x10u /* of the block, this word being 0 */
#define JBD2_COMMIT_SEC      0x30u /* 64 bits */
#define JBD2_COMMIT_NSEC     0x38u

#define JBD2_TAIL 4u /* the checksum at a block's end */

static inline uint32_t jbd2_get(const void *block, size_t at)
{
    const uint8_t *b = (const uint8_t *)block + at;

    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static inline void jbd2_put(void *block, size_t at, uint32_t v)
{
    uint8_t *b = (uint8_t *)block + at;

    b[0] = (uint8_t)(v >> 24);
    b[1] = (uint8_t)(v >> 16);
    b[2] = (uint8_t)(v >> 8);
    b[3] = (uint8_t)v;
}

static inline bool jbd2_is(const void *block, enum jbd2_type type, uint32_t sequence)
{
    return jbd2_get(block, 0) == JBD2_MAGIC && jbd2_get(block, 4) == type &&
           jbd2_get(block, 8) == sequence;
}

static inline void jbd2_put_header(void *block, enum jbd2_type type, uint32_t sequence)
{
    jbd2_put(block, 0, JBD2_MAGIC);
    jbd2_put(block, 4, type);
    jbd2_put(block, 8, sequence);
}

#endif
