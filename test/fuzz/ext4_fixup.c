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
#include "fs/jbd2_format.h"

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

/* A block of extended attributes, if it is one. */
static void fix_xattrs(const struct img *img, struct ext4_u32 place)
{
    uint8_t              *block = block_at(img, ext4_le32(place));
    const struct ext4_u32 magic = ext4_put32(0xea020000);

    if (!block || memcmp(block, &magic, sizeof(magic)))
        return;
    put32(block + 16, 0);
    uint32_t crc = crc_number(crc_number(img->seed, ext4_le32(place)), 0);
    put32(block + 16, ext4_crc32c(crc, block, img->block));
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
    fix_xattrs(img, di->file_acl_lo);
    fix_sum(img, seed, di);
}

static bool used(const struct ext4_dinode *di)
{
    return ext4_le16(di->mode) || ext4_le16(di->links_count);
}

/* --- groups and superblock ------------------------------------------------------------------------------------ */

static void fix_bitmap(const struct img *img, struct ext4_u32 place, size_t nbits,
                       struct ext4_u16 *lo, struct ext4_u16 *hi)
{
    const uint8_t *map = block_at(img, ext4_le32(place));
    if (!map || nbits / 8 > img->block)
        return;
    uint32_t crc = ext4_crc32c(img->seed, map, nbits / 8);
    put16(lo, crc);
    if (hi)
        put16(hi, crc >> 16);
}

static void fix_group(const struct img *img, const struct ext4_super *sb, uint32_t nr,
                      struct ext4_group *desc, size_t size)
{
    bool wide = size >= EXT4_GROUP_SIZE_WIDE;

    fix_bitmap(img, desc->block_bitmap_lo, ext4_le32(sb->blocks_per_group),
               &desc->block_bitmap_csum_lo, wide ? &desc->block_bitmap_csum_hi : NULL);
    fix_bitmap(img, desc->inode_bitmap_lo, ext4_le32(sb->inodes_per_group),
               &desc->inode_bitmap_csum_lo, wide ? &desc->inode_bitmap_csum_hi : NULL);
    put16(&desc->checksum, 0);
    put16(&desc->checksum, ext4_crc32c(crc_number(img->seed, nr), desc, size));
}

/* The inodes of a group. */
static void fix_inodes(const struct img *img, const struct ext4_super *sb, uint32_t group,
                       uint64_t table)
{
    uint32_t n = ext4_le32(sb->inodes_per_group);
    for (uint32_t i = 0; i < n && i < INODES_MAX; i++) {
        struct ext4_dinode *di = table < img->size / img->block
                                     ? at(img, table * img->block + i * img->inode_size,
                                          img->inode_size)
                                     : NULL;
        if (di && used(di))
            fix_inode(img, group * n + i + 1, di);
    }
}

/* --- the journal ------------------------------------------------------------------------------------------ */

struct ring {
    const struct img *img;
    uint64_t          start; /* its first block */
    uint32_t          nblocks, first, features, seed;
    size_t            tag_size;
};

static uint8_t *ring_block(const struct ring *r, uint32_t i)
{
    return i < r->nblocks ? block_at(r->img, r->start + i) : NULL;
}

/* The checksum of a block with the word at `at` being 0, there. */
static void ring_seal(const struct ring *r, uint8_t *block, size_t at)
{
    jbd2_put(block, at, 0);
    jbd2_put(block, at, ext4_crc32c(r->seed, block, r->img->block));
}

static void fix_tag(const struct ring *r, uint8_t *tag, uint32_t sequence, const uint8_t *contents)
{
    uint8_t number[4];
    jbd2_put(number, 0, sequence);
    uint32_t crc = ext4_crc32c(r->seed, number, sizeof(number));
    crc = ext4_crc32c(crc, contents, r->img->block);
    if (r->features & JBD2_INCOMPAT_CSUM_V3)
        jbd2_put(tag, 12, crc);
    else
        jbd2_put(tag, 4, crc << 16 | (jbd2_get(tag, 4) & 0xffff));
}

/* Descriptor i: the sums of what it describes, which follows, and its own. */
static void fix_descriptor(const struct ring *r, uint32_t i, uint8_t *block)
{
    size_t   offset = JBD2_HEADER, end = r->img->block - JBD2_TAIL;
    uint32_t flags = 0;

    while (!(flags & JBD2_TAG_LAST) && offset + r->tag_size <= end) {
        uint8_t *tag = block + offset;
        i = i + 1 < r->nblocks ? i + 1 : r->first;
        const uint8_t *contents = ring_block(r, i);
        if (!contents)
            break;
        fix_tag(r, tag, jbd2_get(block, 8), contents);
        flags = jbd2_get(tag, 4);
        offset += r->tag_size + (flags & JBD2_TAG_SAME_UUID ? 0 : 16);
    }
    ring_seal(r, block, end);
}

static void fix_ring(const struct ring *r)
{
    for (uint32_t i = 1; i < r->nblocks; i++) {
        uint8_t *block = ring_block(r, i);
        if (!block || jbd2_get(block, 0) != JBD2_MAGIC)
            continue;
        if (jbd2_get(block, 4) == JBD2_DESCRIPTOR)
            fix_descriptor(r, i, block);
        else if (jbd2_get(block, 4) == JBD2_REVOKE)
            ring_seal(r, block, r->img->block - JBD2_TAIL);
        else if (jbd2_get(block, 4) == JBD2_COMMIT)
            ring_seal(r, block, JBD2_COMMIT_CHECKSUM);
    }
}

/* The journal of which inode 8's first extent leads to. */
static void fix_journal(const struct img *img, const struct ext4_dinode *di)
{
    const struct ext4_extent *e = (const void *)(di->block + sizeof(struct ext4_extent_header));
    struct ring               r = {.img = img, .start = ext4_le32(e->start_lo)};
    uint8_t                  *super = block_at(img, r.start);
    if (!super || jbd2_get(super, 0) != JBD2_MAGIC)
        return;

    r.nblocks = jbd2_get(super, JBD2_S_MAXLEN);
    r.nblocks = r.nblocks < img->size / img->block ? r.nblocks : (uint32_t)(img->size / img->block);
    r.first = jbd2_get(super, JBD2_S_FIRST);
    r.features = jbd2_get(super, JBD2_S_INCOMPAT);
    if (!(r.features & (JBD2_INCOMPAT_CSUM_V2 | JBD2_INCOMPAT_CSUM_V3)))
        return;
    r.tag_size = r.features & JBD2_INCOMPAT_CSUM_V3 ? 16
                 : r.features & JBD2_INCOMPAT_64BIT ? 14
                                                    : 10;
    r.seed = ext4_crc32c(EXT4_CSUM_START, super + JBD2_S_UUID, 16);
    jbd2_put(super, JBD2_S_CHECKSUM, 0);
    jbd2_put(super, JBD2_S_CHECKSUM, ext4_crc32c(EXT4_CSUM_START, super, JBD2_S_SIZE));
    fix_ring(&r);
}

#define JOURNAL_INO 8u

/* What group nr's descriptor leads to, and itself. */
static void fix_all_of_group(const struct img *img, const struct ext4_super *sb, uint32_t nr,
                             struct ext4_group *desc, size_t size)
{
    uint64_t table = ext4_le32(desc->inode_table_lo);

    fix_inodes(img, sb, nr, table);
    if (nr == 0 && table < img->size / img->block) {
        const struct ext4_dinode *di = at(
            img, table * img->block + (JOURNAL_INO - 1) * img->inode_size, img->inode_size);
        if (di)
            fix_journal(img, di);
    }
    fix_group(img, sb, nr, desc, size);
}

#define GROUPS_MAX 8u

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
    if (desc_size < EXT4_GROUP_SIZE_MIN || img.inode_size < EXT4_INODE_SIZE_MIN ||
        ext4_le32(sb->blocks_per_group) == 0)
        return;
    uint64_t first = (ext4_le32(sb->first_data_block) + 1) * img.block;
    uint32_t ngroups = ext4_le32(sb->blocks_count_lo) / ext4_le32(sb->blocks_per_group) + 1;
    for (uint32_t nr = 0; nr < ngroups && nr < GROUPS_MAX; nr++) {
        struct ext4_group *desc = at(&img, first + nr * desc_size, desc_size);
        if (desc)
            fix_all_of_group(&img, sb, nr, desc, desc_size);
    }
}
