/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_group.c - block groups: descriptors, their counts and checksums, bitmaps.
 *
 * Descriptors of 32 bytes have half of each field. Two features have checksums of descriptors, each its own
 * kind: metadata_csum (crc32c; of bitmaps, too) and the older uninit_bg (crc16). With either, a
 * bitmap may never have been written: flags say so, and it is made when it is first needed.
 */
#include "fs/ext4_alloc.h"
#include "fs/ext4_csum.h"
#include "fs/ext4_txn.h"
#include "lib/errno.h"
#include "lib/string.h"

static bool wide(const struct ext4_fs *fs)
{
    return fs->group_size >= EXT4_GROUP_SIZE_WIDE;
}

/* --- checksums ----------------------------------------------------------------------------- */

/* crc16 (reflected 0x8005), bit by bit: a few dozen bytes at a time, of old images only. */
static uint16_t crc16(uint16_t crc, const void *data, size_t len)
{
    const uint8_t *p = data;

    while (len--) {
        crc ^= *p++;
        for (unsigned bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc >> 1 ^ (crc & 1 ? 0xa001 : 0));
    }
    return crc;
}

static uint16_t group_csum(const struct ext4_fs *fs, uint32_t group, const struct ext4_group *desc)
{
    static const struct ext4_u16 zero;
    const uint8_t               *bytes = (const uint8_t *)desc;
    struct ext4_u32              nr = ext4_put32(group);
    size_t                       at = offsetof(struct ext4_group, checksum);
    size_t                       rest = at + sizeof(desc->checksum);

    if (!fs->has_csum) {
        uint16_t crc = crc16(crc16(0xffff, fs->uuid, sizeof(fs->uuid)), &nr, sizeof(nr));
        return crc16(crc16(crc, bytes, at), bytes + rest, fs->group_size - rest);
    }
    uint32_t crc = ext4_crc32c(fs->csum_seed, &nr, sizeof(nr));
    crc = ext4_crc32c(crc, bytes, at);
    crc = ext4_crc32c(crc, &zero, sizeof(zero));
    return (uint16_t)ext4_crc32c(crc, bytes + rest, fs->group_size - rest);
}

static bool has_group_csum(const struct ext4_fs *fs)
{
    return fs->has_csum || fs->has_gdt_csum;
}

void ext4_group_seal(const struct ext4_fs *fs, struct ext4_group_at *g)
{
    if (has_group_csum(fs))
        g->desc->checksum = ext4_put16(group_csum(fs, g->nr, g->desc));
}

/* --- descriptors ----------------------------------------------------------------------------- */

int ext4_group_get(struct ext4_fs *fs, uint32_t nr, struct ext4_group_at *g)
{
    uint64_t offset = (uint64_t)nr * fs->group_size;
    uint64_t at = fs->first_data_block + 1 + (offset >> fs->block_shift);

    int err = ext4_block_get(fs, at, NULL, NULL, &g->block);
    if (err)
        return err;
    g->nr = nr;
    g->desc = (void *)(g->block->data + (offset & (fs->block_size - 1)));
    if (!has_group_csum(fs) || group_csum(fs, nr, g->desc) == ext4_le16(g->desc->checksum))
        return 0;
    ext4_group_put(g);
    return ext4_damaged(fs, "wrong checksum of group descriptor %u (block %llu)", nr,
                        (unsigned long long)at);
}

void ext4_group_put(struct ext4_group_at *g)
{
    ext4_block_put(g->block);
}

uint64_t ext4_group_first(const struct ext4_fs *fs, uint32_t nr)
{
    return fs->first_data_block + (uint64_t)nr * fs->blocks_per_group;
}

uint32_t ext4_group_blocks(const struct ext4_fs *fs, uint32_t nr)
{
    return (uint32_t)size_min(fs->blocks_per_group, fs->nblocks - ext4_group_first(fs, nr));
}

static uint64_t place(const struct ext4_fs *fs, struct ext4_u32 lo, const struct ext4_u32 *hi)
{
    return wide(fs) ? ext4_le64(lo, *hi) : ext4_le32(lo);
}

uint64_t ext4_group_inode_table(const struct ext4_fs *fs, const struct ext4_group *desc)
{
    return place(fs, desc->inode_table_lo, &desc->inode_table_hi);
}

static uint32_t count_get(const struct ext4_fs *fs, struct ext4_u16 lo, const struct ext4_u16 *hi)
{
    return ext4_le16(lo) | (wide(fs) ? ext4_le16(*hi) << 16 : 0);
}

static void count_put(const struct ext4_fs *fs, struct ext4_u16 *lo, struct ext4_u16 *hi,
                      uint32_t value)
{
    *lo = ext4_put16(value);
    if (wide(fs))
        *hi = ext4_put16(value >> 16);
}

uint32_t ext4_group_free_blocks(const struct ext4_fs *fs, const struct ext4_group *desc)
{
    return count_get(fs, desc->free_blocks_count_lo, &desc->free_blocks_count_hi);
}

uint32_t ext4_group_free_inodes(const struct ext4_fs *fs, const struct ext4_group *desc)
{
    return count_get(fs, desc->free_inodes_count_lo, &desc->free_inodes_count_hi);
}

uint32_t ext4_group_dirs(const struct ext4_fs *fs, const struct ext4_group *desc)
{
    return count_get(fs, desc->used_dirs_count_lo, &desc->used_dirs_count_hi);
}

uint32_t ext4_group_unused(const struct ext4_fs *fs, const struct ext4_group *desc)
{
    return count_get(fs, desc->itable_unused_lo, &desc->itable_unused_hi);
}

void ext4_group_set_unused(const struct ext4_fs *fs, struct ext4_group *desc, uint32_t n)
{
    count_put(fs, &desc->itable_unused_lo, &desc->itable_unused_hi, n);
}

static uint32_t added(uint32_t count, int n)
{
    return n < 0 && count < (uint32_t)-n ? 0 : count + (uint32_t)n;
}

void ext4_group_count(const struct ext4_fs *fs, struct ext4_group *desc, int blocks, int inodes,
                      int dirs)
{
    count_put(fs, &desc->free_blocks_count_lo, &desc->free_blocks_count_hi,
              added(ext4_group_free_blocks(fs, desc), blocks));
    count_put(fs, &desc->free_inodes_count_lo, &desc->free_inodes_count_hi,
              added(ext4_group_free_inodes(fs, desc), inodes));
    count_put(fs, &desc->used_dirs_count_lo, &desc->used_dirs_count_hi,
              added(ext4_group_dirs(fs, desc), dirs));
}

/* --- bits ------------------------------------------------------------------------------------ */

/* In whole bytes where they are all alike. */
uint32_t ext4_bits_find(const uint8_t *a, const uint8_t *b, uint32_t from, uint32_t end, bool set)
{
    const uint8_t dull = set ? 0 : 0xff;

    while (from < end) {
        uint8_t byte = a[from / 8] | (b ? b[from / 8] : 0);
        if (from % 8 == 0 && byte == dull)
            from += 8;
        else if ((byte >> from % 8 & 1) == set)
            return from;
        else
            from++;
    }
    return end;
}

void ext4_bits_put(uint8_t *map, uint32_t from, uint32_t n, bool set)
{
    for (uint32_t i = from; i < from + n;) {
        if (i % 8 == 0 && i + 8 <= from + n) {
            map[i / 8] = set ? 0xff : 0;
            i += 8;
            continue;
        }
        uint8_t bit = (uint8_t)(1u << i % 8);
        map[i / 8] = (uint8_t)(set ? map[i / 8] | bit : map[i / 8] & ~bit);
        i++;
    }
}

/* --- bitmaps --------------------------------------------------------------------------------- */

/* A bitmap's checksum is over as many bits as a group has things. */
static uint32_t bitmap_csum(const struct ext4_fs *fs, const struct ext4_block *bitmap,
                            uint32_t nbits)
{
    return ext4_crc32c(fs->csum_seed, bitmap->data, nbits / 8);
}

void ext4_block_bitmap_changed(struct ext4_fs *fs, struct ext4_group_at *g,
                               const struct ext4_block *bitmap)
{
    if (fs->has_csum)
        count_put(fs, &g->desc->block_bitmap_csum_lo, &g->desc->block_bitmap_csum_hi,
                  bitmap_csum(fs, bitmap, fs->blocks_per_group));
}

void ext4_inode_bitmap_changed(struct ext4_fs *fs, struct ext4_group_at *g,
                               const struct ext4_block *bitmap)
{
    if (fs->has_csum)
        count_put(fs, &g->desc->inode_bitmap_csum_lo, &g->desc->inode_bitmap_csum_hi,
                  bitmap_csum(fs, bitmap, fs->inodes_per_group));
}

/* Read a bitmap. stored: its checksum; of narrow descriptors the low half. */
static int bitmap_read(struct ext4_fs *fs, struct ext4_group_at *g, uint64_t nr, uint32_t nbits,
                       uint32_t stored, bool *verified, struct ext4_block **out)
{
    int err = ext4_block_get(fs, nr, NULL, NULL, out);
    if (err || !fs->has_csum || *verified)
        return err;

    uint32_t crc = bitmap_csum(fs, *out, nbits);
    *verified = (wide(fs) ? crc : crc & 0xffff) == stored;
    if (*verified)
        return 0;
    ext4_block_put(*out);
    return ext4_damaged(fs, "wrong checksum of a bitmap of group %u (block %llu)", g->nr,
                        (unsigned long long)nr);
}

/* Does the group have copies of the superblock and the descriptors? */
static bool has_backup(const struct ext4_fs *fs, uint32_t nr)
{
    if (nr == 0)
        return true;
    if (fs->sparse_super2)
        return nr == fs->backup_bgs[0] || nr == fs->backup_bgs[1];
    if (nr == 1 || !fs->sparse_super)
        return true;
    for (uint32_t base = 3; base <= 7; base += 2) {
        uint64_t power = 1;
        while (power < nr)
            power *= base;
        if (power == nr)
            return true;
    }
    return false;
}

/* The part of [start, start + len) that is in the group is in use. */
static void mark_part(const struct ext4_fs *fs, uint32_t nr, uint8_t *map, uint64_t start,
                      uint64_t len)
{
    uint64_t first = ext4_group_first(fs, nr), end = first + ext4_group_blocks(fs, nr);
    uint64_t from = size_max(start, first), to = size_min(start + len, end);

    if (from < to)
        ext4_bits_put(map, (uint32_t)(from - first), (uint32_t)(to - from), true);
}

static void fill_block_bitmap(const struct ext4_fs *fs, const struct ext4_group_at *g, uint8_t *map)
{
    const struct ext4_group *desc = g->desc;
    uint64_t                 first = ext4_group_first(fs, g->nr);
    uint32_t                 n = ext4_group_blocks(fs, g->nr);

    if (has_backup(fs, g->nr))
        mark_part(fs, g->nr, map, first, 1 + fs->gdt_blocks + fs->reserved_gdt_blocks);
    mark_part(fs, g->nr, map, place(fs, desc->block_bitmap_lo, &desc->block_bitmap_hi), 1);
    mark_part(fs, g->nr, map, place(fs, desc->inode_bitmap_lo, &desc->inode_bitmap_hi), 1);
    mark_part(fs, g->nr, map, ext4_group_inode_table(fs, desc), fs->itable_blocks);
    ext4_bits_put(map, n, fs->block_size * 8 - n, true);
}

/* Make a bitmap that is not there yet, and say that it is now. */
static int bitmap_make(struct ext4_fs *fs, struct ext4_group_at *g, uint64_t nr, uint32_t flag,
                       struct ext4_block **out)
{
    int err = ext4_block_get_new(fs, nr, out);
    if (err)
        return err;
    ext4_block_change(g->block);
    g->desc->flags = ext4_put16(ext4_le16(g->desc->flags) & ~flag);
    return 0;
}

static bool is_uninit(const struct ext4_fs *fs, const struct ext4_group_at *g, uint32_t flag)
{
    return has_group_csum(fs) && ext4_le16(g->desc->flags) & flag;
}

int ext4_group_block_bitmap(struct ext4_fs *fs, struct ext4_group_at *g, struct ext4_block **out)
{
    const struct ext4_group *desc = g->desc;
    uint64_t                 nr = place(fs, desc->block_bitmap_lo, &desc->block_bitmap_hi);
    if (!ext4_blocks_ok(fs, nr, 1))
        return ext4_damaged(fs, "the block bitmap of group %u is not on the disk", g->nr);

    if (!is_uninit(fs, g, EXT4_GROUP_BLOCK_UNINIT))
        return bitmap_read(fs, g, nr, fs->blocks_per_group,
                           count_get(fs, desc->block_bitmap_csum_lo, &desc->block_bitmap_csum_hi),
                           &fs->alloc.groups[g->nr].blocks_verified, out);
    int err = bitmap_make(fs, g, nr, EXT4_GROUP_BLOCK_UNINIT, out);
    if (err)
        return err;
    fs->alloc.groups[g->nr].blocks_verified = true;
    fill_block_bitmap(fs, g, (*out)->data);
    ext4_block_bitmap_changed(fs, g, *out);
    ext4_group_seal(fs, g);
    return 0;
}

int ext4_group_inode_bitmap(struct ext4_fs *fs, struct ext4_group_at *g, struct ext4_block **out)
{
    const struct ext4_group *desc = g->desc;
    uint64_t                 nr = place(fs, desc->inode_bitmap_lo, &desc->inode_bitmap_hi);
    if (!ext4_blocks_ok(fs, nr, 1))
        return ext4_damaged(fs, "the inode bitmap of group %u is not on the disk", g->nr);

    if (!is_uninit(fs, g, EXT4_GROUP_INODE_UNINIT))
        return bitmap_read(fs, g, nr, fs->inodes_per_group,
                           count_get(fs, desc->inode_bitmap_csum_lo, &desc->inode_bitmap_csum_hi),
                           &fs->alloc.groups[g->nr].inodes_verified, out);
    int err = bitmap_make(fs, g, nr, EXT4_GROUP_INODE_UNINIT, out);
    if (err)
        return err;
    ext4_bits_put((*out)->data, fs->inodes_per_group, fs->block_size * 8 - fs->inodes_per_group,
                  true);
    ext4_inode_bitmap_changed(fs, g, *out);
    ext4_group_seal(fs, g);
    return 0;
}
