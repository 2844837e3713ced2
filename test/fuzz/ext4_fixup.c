/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_fixup.c - see ext4_fixup.h.
 *
 * Without this, nearly every mutation of an image with checksums would end at the first of them. It
 * shares the driver's view of the format (fs/ext4_format.h) and its crc32c, and none of its code: it
 * must bear any image, but need not be right about unsound ones, which it leaves with wrong sums.
 */
#include "ext4_fixup.h"

#include <stdbool.h>
#include <string.h>

#include "fs/ext4_csum.h"
#include "fs/ext4_format.h"

#define INODES_MAX 256u /* of small images; more are left alone */
#define BLOCKS_MAX 64u  /* of one file */

struct img {
    uint8_t *bytes;
    size_t   size;
    size_t   block;      /* bytes */
    size_t   inode_size; /* bytes */
    uint32_t seed;       /* of the file system */
};

/* len bytes at this place, NULL if they are not all in the image. */
static void *at(const struct img *img, uint64_t place, size_t len)
{
    return place <= img->size && len <= img->size - place ? img->bytes + place : NULL;
}

static void *block_at(const struct img *img, uint64_t nr)
{
    return nr < img->size / img->block ? at(img, nr * img->block, img->block) : NULL;
}

static void put32(void *p, uint32_t v)
{
    const uint8_t b[4] = {v & 0xff, v >> 8 & 0xff, v >> 16 & 0xff, v >> 24};
    memcpy(p, b, 4);
}

static void put16(void *p, uint32_t v)
{
    const uint8_t b[2] = {v & 0xff, v >> 8 & 0xff};
    memcpy(p, b, 2);
}

static uint32_t crc_number(uint32_t crc, uint32_t v)
{
    uint8_t b[4];
    put32(b, v);
    return ext4_crc32c(crc, b, sizeof(b));
}

/* --- directories and extents of one inode ----------------------------------------------------------- */

static void fix_leaf(const struct img *img, uint32_t seed, uint8_t *block)
{
    size_t tail = img->block - EXT4_DIR_TAIL;
    put32(block + tail + 8, ext4_crc32c(seed, block, tail));
}

/* An index block whose counts are at this offset. */
static void fix_index(const struct img *img, uint32_t seed, uint8_t *block, size_t counts)
{
    static const uint8_t             zero[4];
    const struct ext4_dx_countlimit *cl = (const void *)(block + counts);

    size_t used = counts + ext4_le16(cl->count) * sizeof(struct ext4_dx_entry);
    size_t tail = counts + ext4_le16(cl->limit) * sizeof(struct ext4_dx_entry);
    if (used > img->block || tail + 8 > img->block)
        return;
    uint32_t crc = ext4_crc32c(seed, block, used);
    crc = ext4_crc32c(crc, block + tail, 4);
    put32(block + tail + 4, ext4_crc32c(crc, zero, sizeof(zero)));
}

/* Which of the three kinds it is can be told by the length of its first entries (ext4_format.h). */
static void fix_dir_block(const struct img *img, uint32_t seed, bool indexed, uint8_t *block)
{
    const struct ext4_dirent *first = (const void *)block;
    uint32_t                  len = ext4_le16(first->rec_len);

    if (indexed && len == img->block && ext4_le32(first->inode) == 0)
        fix_index(img, seed, block, EXT4_DX_NODE_COUNT);
    else if (indexed && len == 12 &&
             ext4_le16(((const struct ext4_dirent *)(const void *)(block + 12))->rec_len) ==
                 img->block - 12)
        fix_index(img, seed, block, EXT4_DX_ROOT_INFO + sizeof(struct ext4_dx_root_info));
    else
        fix_leaf(img, seed, block);
}

/* What is done with an inode's blocks. */
struct owner {
    const struct img *img;
    uint32_t          seed;
    bool              dir, indexed;
    unsigned          budget; /* blocks still to be looked at */
};

static void fix_node(struct owner *o, uint8_t *node, size_t size, unsigned depth_max);

static void fix_child(struct owner *o, const struct ext4_extent_index *x, unsigned depth_max)
{
    uint64_t nr = ext4_le32(x->leaf_lo) | (uint64_t)ext4_le16(x->leaf_hi) << 32;
    uint8_t *child = block_at(o->img, nr);
    if (child && o->budget && depth_max) {
        o->budget--;
        fix_node(o, child, o->img->block, depth_max - 1);
    }
}

static void fix_extent(struct owner *o, const struct ext4_extent *e)
{
    uint64_t start = ext4_le32(e->start_lo) | (uint64_t)ext4_le16(e->start_hi) << 32;
    for (uint32_t i = 0; o->dir && i < ext4_le16(e->len) && o->budget; i++, o->budget--) {
        uint8_t *block = block_at(o->img, start + i);
        if (block)
            fix_dir_block(o->img, o->seed, o->indexed, block);
    }
}

/* The children first; the root, in the inode, has no sum of its own. */
static void fix_node(struct owner *o, uint8_t *node, size_t size, unsigned depth_max)
{
    const struct ext4_extent_header *header = (const void *)node;

    uint32_t entries = ext4_le16(header->entries), max = ext4_le16(header->max);
    for (uint32_t i = 0; i < entries && (i + 2) * EXT4_EXTENT_ENTRY <= size; i++) {
        const void *entry = node + (size_t)(i + 1) * EXT4_EXTENT_ENTRY;
        if (ext4_le16(header->depth))
            fix_child(o, entry, depth_max);
        else
            fix_extent(o, entry);
    }
    size_t end = (size_t)(max + 1) * EXT4_EXTENT_ENTRY;
    if (size == o->img->block && end + 4 <= size)
        put32(node + end, ext4_crc32c(o->seed, node, end));
}

/* --- inodes ---------------------------------------------------------------------------------------------- */

static void fix_sum(const struct img *img, uint32_t seed, struct ext4_dinode *di)
{
    size_t end = offsetof(struct ext4_dinode, checksum_hi) + sizeof(di->checksum_hi);
    bool   wide = img->inode_size > EXT4_INODE_SIZE_MIN &&
                EXT4_INODE_SIZE_MIN + ext4_le16(di->extra_isize) >= end;

    put16(&di->checksum_lo, 0);
    if (wide)
        put16(&di->checksum_hi, 0);
    uint32_t crc = ext4_crc32c(seed, di, img->inode_size);
    put16(&di->checksum_lo, crc);
    if (wide)
        put16(&di->checksum_hi, crc >> 16);
}

static void fix_inode(const struct img *img, uint32_t ino, struct ext4_dinode *di)
{
    uint32_t seed = ext4_crc32c(crc_number(img->seed, ino), &di->generation, 4);
    uint32_t type = ext4_le16(di->mode) & 0xf000, flags = ext4_le32(di->flags);

    if (flags & EXT4_FL_EXTENTS) {
        struct owner o = {.img = img,
                          .seed = seed,
                          .dir = type == 0x4000,
                          .indexed = flags & EXT4_FL_INDEX,
                          .budget = BLOCKS_MAX};
        fix_node(&o, (uint8_t *)&di->block, sizeof(di->block), EXT4_EXTENT_DEPTH_MAX);
    }
    fix_sum(img, seed, di);
}

static bool used(const struct ext4_dinode *di)
{
    return ext4_le16(di->mode) || ext4_le16(di->links_count);
}

/* --- groups and superblock ------------------------------------------------------------------------------------ */

static void fix_group(const struct img *img, uint32_t nr, struct ext4_group *desc, size_t size)
{
    put16(&desc->checksum, 0);
    put16(&desc->checksum, ext4_crc32c(crc_number(img->seed, nr), desc, size));
}

/* The inodes of the first group; small images have no other. */
static void fix_inodes(const struct img *img, const struct ext4_super *sb, uint64_t table)
{
    uint32_t n = ext4_le32(sb->inodes_per_group);
    for (uint32_t i = 0; i < n && i < INODES_MAX; i++) {
        struct ext4_dinode *di = table < img->size / img->block
                                     ? at(img, table * img->block + i * img->inode_size,
                                          img->inode_size)
                                     : NULL;
        if (di && used(di))
            fix_inode(img, i + 1, di);
    }
}

void ext4_fixup(uint8_t *image, size_t size)
{
    struct img         img = {.bytes = image, .size = size};
    struct ext4_super *sb = at(&img, EXT4_SUPER_OFFSET, EXT4_SUPER_SIZE);
    if (!sb || !(ext4_le32(sb->feature_ro_compat) & EXT4_RO_COMPAT_METADATA_CSUM))
        return;

    ext4_csum_init();
    sb->checksum_type = EXT4_CHECKSUM_CRC32C;
    put32(&sb->checksum, ext4_crc32c(EXT4_CSUM_START, sb, offsetof(struct ext4_super, checksum)));
    img.seed = ext4_crc32c(EXT4_CSUM_START, sb->uuid, sizeof(sb->uuid));
    img.block = 1024u << (ext4_le32(sb->log_block_size) & 7);
    img.inode_size = ext4_le16(sb->inode_size);
    size_t desc_size = EXT4_GROUP_SIZE_MIN;
    if (ext4_le32(sb->feature_incompat) & EXT4_INCOMPAT_64BIT)
        desc_size = ext4_le16(sb->desc_size);
    struct ext4_group *desc = at(&img, (ext4_le32(sb->first_data_block) + 1) * img.block,
                                 desc_size);
    if (!desc || desc_size < EXT4_GROUP_SIZE_MIN || img.inode_size < EXT4_INODE_SIZE_MIN)
        return;
    fix_inodes(&img, sb, ext4_le32(desc->inode_table_lo));
    fix_group(&img, 0, desc, desc_size);
}
