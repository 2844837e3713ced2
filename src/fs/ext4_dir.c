/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_dir.c - directories: checking blocks, looking names up. Listing is in ext4_list.c.
 *
 * A block is checked entry by entry when it is first used for a directory; walking a checked block
 * needs no further care. Blocks of the hash tree look like blocks with few or no names.
 */
#include "fs/ext4_dir.h"
#include "fs/ext4_csum.h"
#include "fs/ext4_inode.h"
#include "fs/ext4_names.h"
#include "fs/ext4_txn.h"
#include "kernel/heap.h"
#include "lib/errno.h"
#include "lib/string.h"

#define DIRENT_MIN 12u /* bytes of the shortest entry: one character, padded */

/* --- checking ------------------------------------------------------------------------------ */

static bool name_ok(const char *name, size_t len)
{
    return len > 0 && !memchr(name, '/', len) && !memchr(name, 0, len);
}

static bool dirent_ok(const struct ext4_fs *fs, const struct ext4_dirent *de, uint32_t room)
{
    uint32_t len = ext4_dirent_len(fs, de);

    if (len < DIRENT_MIN || len % 4 || len > room || sizeof(*de) + de->name_len > len)
        return false;
    if (ext4_le32(de->inode) == 0)
        return true;
    return ext4_le32(de->inode) <= fs->ninodes && name_ok(de->name, de->name_len);
}

/* Do entries fill the block exactly? */
static bool entries_ok(const struct ext4_fs *fs, const struct ext4_block *block)
{
    uint32_t offset = 0;

    while (offset < fs->block_size) {
        uint32_t room = fs->block_size - offset;
        if (room < DIRENT_MIN || !dirent_ok(fs, ext4_dirent_at(block, offset), room))
            return false;
        offset += ext4_dirent_len(fs, ext4_dirent_at(block, offset));
    }
    return true;
}

static uint32_t stored_csum(const struct ext4_block *block, uint32_t offset)
{
    struct ext4_u32 v;

    memcpy(&v, block->data + offset, sizeof(v));
    return ext4_le32(v);
}

static bool leaf_csum_ok(const struct ext4_inode *dir, const struct ext4_block *block)
{
    uint32_t                  tail = block->fs->block_size - EXT4_DIR_TAIL;
    const struct ext4_dirent *de = ext4_dirent_at(block, tail);

    return ext4_le32(de->inode) == 0 && ext4_le16(de->rec_len) == EXT4_DIR_TAIL &&
           de->name_len == 0 && de->file_type == EXT4_DIR_TAIL_TYPE &&
           ext4_crc32c(dir->csum_seed, block->data, tail) == stored_csum(block, tail + sizeof(*de));
}

/* Where the checksum of an index block is, and what it should be. 0: there is no room for it. */
static uint32_t index_csum(const struct ext4_inode *dir, const struct ext4_block *block,
                           uint32_t *crc)
{
    static const uint8_t zero[4];
    uint32_t             limit, count;
    uint32_t             at = ext4_htree_count_offset(block, &limit, &count);
    uint32_t             used = at + count * (uint32_t)sizeof(struct ext4_dx_entry);
    uint32_t             tail = at + limit * (uint32_t)sizeof(struct ext4_dx_entry);
    if (at == 0 || tail + 8 > block->fs->block_size)
        return 0;

    *crc = ext4_crc32c(dir->csum_seed, block->data, used);
    *crc = ext4_crc32c(*crc, block->data + tail, 4);
    *crc = ext4_crc32c(*crc, zero, sizeof(zero));
    return tail + 4;
}

/* An index block begins with an entry that fills it (a node), or "." and a ".." that does (the root). */
static bool looks_like_index(const struct ext4_block *block)
{
    const struct ext4_dirent *de = ext4_dirent_at(block, 0);
    uint32_t                  len = ext4_dirent_len(block->fs, de);

    if (len == block->fs->block_size)
        return ext4_le32(de->inode) == 0;
    return len == DIRENT_MIN &&
           ext4_dirent_len(block->fs, ext4_dirent_at(block, len)) == block->fs->block_size - len;
}

static bool is_index(const struct ext4_inode *dir, const struct ext4_block *block)
{
    return dir->flags & EXT4_FL_INDEX && looks_like_index(block);
}

static bool csum_ok(const struct ext4_inode *dir, const struct ext4_block *block)
{
    uint32_t crc;

    if (!block->fs->has_csum)
        return true;
    if (!is_index(dir, block))
        return leaf_csum_ok(dir, block);
    uint32_t at = index_csum(dir, block, &crc);
    return at && crc == stored_csum(block, at);
}

void ext4_dir_seal(const struct ext4_inode *dir, struct ext4_block *block)
{
    uint32_t        at = block->fs->block_size - EXT4_DIR_TAIL;
    uint32_t        crc;
    struct ext4_u32 v;
    if (!block->fs->has_csum)
        return;

    if (is_index(dir, block)) {
        at = index_csum(dir, block, &crc);
    } else {
        crc = ext4_crc32c(dir->csum_seed, block->data, at);
        at += sizeof(struct ext4_dirent);
    }
    v = ext4_put32(crc);
    if (at)
        memcpy(block->data + at, &v, sizeof(v));
}

static int dir_check(struct ext4_inode *dir, const struct ext4_block *block)
{
    unsigned long long nr = block->nr, ino = dir->inode.ino;

    if (!entries_ok(block->fs, block))
        return ext4_damaged(block->fs, "bad entries in block %llu of directory %llu", nr, ino);
    if (!csum_ok(dir, block))
        return ext4_damaged(block->fs, "wrong checksum of block %llu of directory %llu", nr, ino);
    return 0;
}

int ext4_dir_block(struct ext4_inode *dir, uint64_t lblk, struct ext4_block **out)
{
    struct ext4_fs *fs = ext4_fs_of_inode(dir);
    struct ext4_run run;

    int err = ext4_map(dir, lblk, &run);
    if (err)
        return err;
    if (run.pblk == 0)
        return ext4_damaged(fs, "directory %llu has a hole", (unsigned long long)dir->inode.ino);
    return ext4_block_get(fs, run.pblk, dir_check, dir, out);
}

/* --- looking up ---------------------------------------------------------------------------- */

bool ext4_dir_search_slot(const struct ext4_block *block, const char *name, size_t len,
                          uint32_t *offset, uint32_t *before)
{
    const struct ext4_fs *fs = block->fs;

    *before = 0;
    for (*offset = 0; *offset < fs->block_size;) {
        const struct ext4_dirent *de = ext4_dirent_at(block, *offset);
        if (de->name_len == len && ext4_le32(de->inode) && memcmp(de->name, name, len) == 0)
            return true;
        *before = *offset;
        *offset += ext4_dirent_len(fs, de);
    }
    return false;
}

uint32_t ext4_dir_search(const struct ext4_block *block, const char *name, size_t len)
{
    uint32_t offset, before;

    if (!ext4_dir_search_slot(block, name, len, &offset, &before))
        return 0;
    return ext4_le32(ext4_dirent_at(block, offset)->inode);
}

/* The block that has name, NULL if none has. */
static int find_in_all_blocks(struct ext4_inode *dir, const char *name, size_t len,
                              struct ext4_block **found)
{
    struct ext4_fs *fs = ext4_fs_of_inode(dir);
    uint64_t        nblocks = dir->inode.size >> fs->block_shift;

    *found = NULL;
    for (uint64_t lblk = 0; lblk < nblocks; lblk++) {
        struct ext4_block *block;
        int                err = ext4_dir_block(dir, lblk, &block);
        if (err)
            return err;
        if (ext4_dir_search(block, name, len)) {
            *found = block;
            return 0;
        }
        ext4_block_put(block);
    }
    return 0;
}

static int find(struct ext4_inode *dir, const char *name, size_t len, struct ext4_block **found)
{
    if (dir->flags & EXT4_FL_INDEX) {
        int err = ext4_htree_find_block(dir, name, len, found);
        if (err != -EOPNOTSUPP)
            return err;
    }
    return find_in_all_blocks(dir, name, len, found);
}

int ext4_dir_find(struct ext4_inode *dir, const struct vfs_name *name, struct ext4_slot *slot)
{
    int err = find(dir, name->text, name->len, &slot->block);

    if (!err && !slot->block)
        err = -ENOENT;
    if (!err)
        ext4_dir_search_slot(slot->block, name->text, name->len, &slot->offset, &slot->before);
    return err;
}

/* What ".." says, which is in the first block, indexed or not. */
static int find_up(struct inode *dir, uint32_t *ino)
{
    struct ext4_block *block;

    int err = ext4_dir_block(ext4_inode_of(dir), 0, &block);
    if (err)
        return err;
    *ino = ext4_dir_search(block, "..", 2);
    ext4_block_put(block);
    if (*ino)
        return 0;
    return ext4_damaged(ext4_fs_of(dir->fs), "directory %llu has no ..",
                        (unsigned long long)dir->ino);
}

/* A directory is entered only from the one that it says is above it, and the root from none. So whatever
 * the disk says directories are a tree, which the order of their locks and everybody who walks up relies on. */
static int check_child(struct inode *dir, struct inode *child)
{
    uint32_t up = 0;

    int err = child->ino == EXT4_ROOT_INO ? 0 : find_up(child, &up);
    if (err || (up == dir->ino && child != dir))
        return err;
    return ext4_damaged(ext4_fs_of(dir->fs),
                        "directory %llu has a name in directory %llu, whose it is not",
                        (unsigned long long)child->ino, (unsigned long long)dir->ino);
}

static int ext4_lookup(struct inode *dir, const char *name, size_t len, struct inode **out)
{
    struct ext4_block *block;
    struct inode      *inode;

    int err = find(ext4_inode_of(dir), name, len, &block);
    if (err)
        return err;
    if (!block)
        return -ENOENT;
    uint32_t ino = ext4_dir_search(block, name, len);
    ext4_block_put(block);
    err = ext4_inode_get(ext4_fs_of(dir->fs), ino, &inode);
    if (err)
        return err;
    err = inode_is_dir(inode) ? check_child(dir, inode) : 0;
    if (err)
        inode_put(inode);
    else
        *out = inode;
    return err;
}

static int ext4_parent(struct inode *dir, struct inode **out)
{
    struct ext4_fs *fs = ext4_fs_of(dir->fs);
    uint32_t        ino;
    if (dir->ino == EXT4_ROOT_INO) {
        *out = inode_get(dir);
        return 0;
    }

    int err = find_up(dir, &ino);
    if (!err)
        err = ext4_inode_get(fs, ino, out);
    if (err || inode_is_dir(*out))
        return err;
    inode_put(*out);
    return ext4_damaged(fs, ".. of directory %llu is no directory", (unsigned long long)dir->ino);
}

const struct inode_ops ext4_dir_ops = {
    .lookup = ext4_lookup,
    .parent = ext4_parent,
    .readdir = ext4_readdir,
    .create = ext4_create,
    .link = ext4_link,
    .unlink = ext4_unlink,
    .rename = ext4_rename,
    .dirtied = ext4_inode_dirtied,
    .destroy = ext4_inode_destroy,
};
