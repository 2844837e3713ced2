/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_extent.c - extent trees: from a file's block to the device's.
 *
 * A node is checked as a whole when it is first used: then entries are in order, within the node, and
 * point at the device. What a node cannot know by itself, its depth and the range of blocks that it
 * is responsible for, is compared with its parent on each descent; the depth falls by one a level
 * from at most EXT4_EXTENT_DEPTH_MAX, so a descent ends.
 */
#include "fs/ext4_extent.h"
#include "fs/ext4_csum.h"
#include "lib/errno.h"
#include "lib/string.h"

/* --- checking ------------------------------------------------------------------------------ */

static const char *extents_bad(const struct ext4_fs *fs, const struct ext4_node *n)
{
    uint64_t next = 0; /* the smallest block that the entry may begin with */

    for (uint32_t i = 0; i < n->entries; i++) {
        const struct ext4_extent *e = ext4_extent_at(n, i);
        uint64_t                  block = ext4_le32(e->block);
        uint32_t                  len = ext4_extent_len(e);
        if (len == 0 || block + len > EXT4_LBLK_END)
            return "an extent of impossible length";
        if (block < next)
            return "extents out of order";
        if (!ext4_blocks_ok(fs, ext4_extent_start(e), len))
            return "an extent that is not on the disk";
        next = block + len;
    }
    return NULL;
}

static const char *indices_bad(const struct ext4_fs *fs, const struct ext4_node *n)
{
    uint64_t next = 0;

    if (n->entries == 0)
        return "an empty index";
    for (uint32_t i = 0; i < n->entries; i++) {
        uint64_t block = ext4_le32(ext4_index_at(n, i)->block);
        if (block < next)
            return "indices out of order";
        if (!ext4_blocks_ok(fs, ext4_index_leaf(ext4_index_at(n, i)), 1))
            return "an index that is not on the disk";
        next = block + 1;
    }
    return NULL;
}

/* What is wrong with the node in bytes[0, size), NULL if nothing. */
static const char *node_bad(const struct ext4_fs *fs, const void *bytes, size_t size)
{
    const struct ext4_extent_header *header = bytes;
    uint32_t                         max = ext4_le16(header->max);
    struct ext4_node                 n = ext4_node_of(bytes);

    if (ext4_le16(header->magic) != EXT4_EXTENT_MAGIC)
        return "no magic number";
    if (max == 0 || max > size / EXT4_EXTENT_ENTRY - 1 || n.entries > max)
        return "a bad number of entries";
    if (n.depth > EXT4_EXTENT_DEPTH_MAX)
        return "a bad depth";
    return n.depth ? indices_bad(fs, &n) : extents_bad(fs, &n);
}

int ext4_extent_check_root(struct ext4_inode *ei)
{
    struct ext4_fs *fs = ext4_fs_of_inode(ei);
    const char     *bad = node_bad(fs, ei->block, sizeof(ei->block));

    if (!bad)
        return 0;
    return ext4_damaged(fs, "extent root of inode %llu has %s", (unsigned long long)ei->inode.ino,
                        bad);
}

void ext4_extent_seal(const struct ext4_inode *ei, uint8_t *bytes)
{
    const struct ext4_extent_header *header = (const void *)bytes;
    size_t                           end = (size_t)EXT4_EXTENT_ENTRY * (ext4_le16(header->max) + 1);
    if (!ext4_fs_of_inode(ei)->has_csum)
        return;

    struct ext4_u32 crc = ext4_put32(ext4_crc32c(ei->csum_seed, bytes, end));
    memcpy(bytes + end, &crc, sizeof(crc));
}

/* The checksum's room comes after max entries, which node_bad() bounded. */
static const char *csum_bad(const struct ext4_fs *fs, const struct ext4_inode *ei,
                            const uint8_t *bytes)
{
    if (!fs->has_csum)
        return NULL;

    const struct ext4_extent_header *header = (const void *)bytes;
    size_t                           end = (size_t)EXT4_EXTENT_ENTRY * (ext4_le16(header->max) + 1);
    struct ext4_u32                  stored;
    if (end + sizeof(stored) > fs->block_size)
        return "no room for a checksum";
    memcpy(&stored, bytes + end, sizeof(stored));
    return ext4_crc32c(ei->csum_seed, bytes, end) == ext4_le32(stored) ? NULL : "a wrong checksum";
}

static int node_check(struct ext4_inode *ei, const struct ext4_block *block)
{
    struct ext4_fs *fs = ext4_fs_of_inode(ei);

    const char *bad = node_bad(fs, block->data, fs->block_size);
    if (!bad)
        bad = csum_bad(fs, ei, block->data);
    if (!bad)
        return 0;
    return ext4_damaged(fs, "extent block %llu of inode %llu has %s", (unsigned long long)block->nr,
                        (unsigned long long)ei->inode.ino, bad);
}

/* --- looking up ---------------------------------------------------------------------------- */

/* How many entries begin at or before lblk: the last of those is the one to look at. */
uint32_t ext4_entries_up_to(const struct ext4_node *n, uint64_t lblk)
{
    uint32_t lo = 0, hi = n->entries;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (ext4_le32(ext4_extent_at(n, mid)->block) <= lblk)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Where the responsibility of entry i - 1 ends: at the next entry, or with the node's own. */
static uint64_t entry_end(const struct ext4_node *n, uint32_t i, uint64_t end)
{
    uint64_t next = i < n->entries ? ext4_le32(ext4_extent_at(n, i)->block) : end;

    return next < end ? next : end;
}

/* The answer of a leaf that is responsible up to end. */
static struct ext4_run leaf_map(const struct ext4_node *n, uint64_t lblk, uint64_t end)
{
    uint32_t i = ext4_entries_up_to(n, lblk);
    uint64_t next = entry_end(n, i, end);
    if (i == 0)
        return (struct ext4_run){0, next - lblk};

    const struct ext4_extent *e = ext4_extent_at(n, i - 1);
    uint64_t                  first = ext4_le32(e->block);
    uint64_t                  past = first + ext4_extent_len(e);
    if (lblk >= past)
        return (struct ext4_run){0, next - lblk};
    if (past > end)
        past = end;
    return (struct ext4_run){ext4_extent_unwritten(e) ? 0 : ext4_extent_start(e) + (lblk - first),
                             past - lblk};
}

int ext4_extent_child(struct ext4_inode *ei, const struct ext4_node *n, uint32_t i,
                      struct ext4_block **child)
{
    struct ext4_fs                 *fs = ext4_fs_of_inode(ei);
    const struct ext4_extent_index *x = ext4_index_at(n, i);

    int err = ext4_block_get(fs, ext4_index_leaf(x), node_check, ei, child);
    if (err)
        return err;

    struct ext4_node c = ext4_node_of((*child)->data);
    if (c.depth + 1 == n->depth &&
        (c.entries == 0 || ext4_le32(ext4_extent_at(&c, 0)->block) >= ext4_le32(x->block)))
        return 0;
    ext4_damaged(fs, "extent block %llu of inode %llu does not belong where it is",
                 (unsigned long long)(*child)->nr, (unsigned long long)ei->inode.ino);
    ext4_block_put(*child);
    return -EIO;
}

/* Go from node n down to the child responsible for lblk; *end shrinks to where that child's
 * responsibility ends. Leaves *child NULL if no child is. */
static int descend(struct ext4_inode *ei, const struct ext4_node *n, uint64_t lblk, uint64_t *end,
                   struct ext4_block **child)
{
    uint32_t i = ext4_entries_up_to(n, lblk);

    *child = NULL;
    *end = entry_end(n, i, *end);
    if (i == 0)
        return 0;

    return ext4_extent_child(ei, n, i - 1, child);
}

int ext4_extent_map(struct ext4_inode *ei, uint64_t lblk, struct ext4_run *run)
{
    struct ext4_node   n = ext4_node_of(ei->block);
    struct ext4_block *block = NULL;
    uint64_t           end = EXT4_LBLK_END;

    while (n.depth) {
        struct ext4_block *child;
        int                err = descend(ei, &n, lblk, &end, &child);
        if (block)
            ext4_block_put(block);
        if (err)
            return err;
        if (!child) {
            *run = (struct ext4_run){0, end - lblk};
            return 0;
        }
        block = child;
        n = ext4_node_of(block->data);
    }

    *run = leaf_map(&n, lblk, end);
    if (block)
        ext4_block_put(block);
    return 0;
}
