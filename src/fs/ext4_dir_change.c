/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_dir_change.c - entries of directories come, go and change.
 *
 * An entry goes where a block has room for it. A directory that no longer fits its first block is given a
 * tree, if the file system has the feature dir_index; one that has several blocks without a tree
 * (mke2fs makes such) stays as it is and grows at its end. Blocks are never given back while the directory lives.
 */
#include "fs/ext4_alloc.h"
#include "fs/ext4_dir.h"
#include "fs/ext4_extent.h"
#include "fs/ext4_txn.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

static struct ext4_dirent *entry_at(struct ext4_block *block, uint32_t offset)
{
    return (void *)(block->data + offset);
}

/* --- leaves ------------------------------------------------------------------------------------- */

static uint8_t type_of(const struct ext4_fs *fs, uint32_t mode)
{
    static const uint8_t types[16] = {
        [S_IFREG >> 12] = 1, [S_IFDIR >> 12] = 2,  [S_IFCHR >> 12] = 3, [S_IFBLK >> 12] = 4,
        [S_IFIFO >> 12] = 5, [S_IFSOCK >> 12] = 6, [S_IFLNK >> 12] = 7};

    return fs->has_filetype ? types[mode >> 12 & 15] : 0;
}

/* Bytes that the entry itself needs of those it has. */
static uint32_t used(const struct ext4_dirent *de)
{
    return ext4_le32(de->inode) ? ext4_dirent_need(de->name_len) : 0;
}

bool ext4_leaf_insert(struct ext4_block *block, const struct ext4_entry *entry)
{
    struct ext4_fs *fs = block->fs;
    uint32_t need = ext4_dirent_need(entry->name.len), end = ext4_dir_leaf_end(fs), offset = 0;
    uint32_t len = 0, taken = 0;

    for (; offset < end; offset += len) {
        len = ext4_dirent_len(fs, entry_at(block, offset));
        taken = used(entry_at(block, offset));
        if (len >= taken + need)
            break;
    }
    if (offset >= end)
        return false;

    ext4_block_change(block);
    if (taken)
        entry_at(block, offset)->rec_len = ext4_put16(taken);
    struct ext4_dirent *de = entry_at(block, offset + taken);
    *de = (struct ext4_dirent){
        .inode = ext4_put32(entry->ino),
        .rec_len = ext4_put16(len - taken),
        .name_len = (uint8_t)entry->name.len,
        .file_type = type_of(fs, entry->mode),
    };
    memcpy(de->name, entry->name.text, entry->name.len);
    return true;
}

void ext4_leaf_init(struct ext4_block *block)
{
    struct ext4_fs *fs = block->fs;
    uint32_t        end = ext4_dir_leaf_end(fs);

    *entry_at(block, 0) = (struct ext4_dirent){.rec_len = ext4_put16(end)};
    if (fs->has_csum)
        *entry_at(block, end) = (struct ext4_dirent){.rec_len = ext4_put16(EXT4_DIR_TAIL),
                                                     .file_type = EXT4_DIR_TAIL_TYPE};
}

/* --- blocks ------------------------------------------------------------------------------------- */

int ext4_dir_append(struct ext4_inode *dir, struct ext4_block **out)
{
    struct ext4_fs *fs = ext4_fs_of_inode(dir);
    uint64_t        lblk = dir->inode.size >> fs->block_shift;
    if (lblk >= EXT4_LBLK_END)
        return -ENOSPC;

    int err = ext4_map_add_block(dir, lblk, out);
    if (!err)
        dir->inode.size += fs->block_size;
    return err;
}

void ext4_dir_unappend(struct ext4_inode *dir, struct ext4_block *block)
{
    struct ext4_fs *fs = ext4_fs_of_inode(dir);

    dir->inode.size -= fs->block_size;
    ext4_block_put(block);
    if (ext4_map_drop_block(dir, dir->inode.size >> fs->block_shift) || ext4_inode_store(dir))
        ext4_abort(fs, -EIO);
}

int ext4_dir_make(struct ext4_inode *dir, uint32_t parent)
{
    const struct ext4_entry self = {{".", 1}, (uint32_t)dir->inode.ino, S_IFDIR};
    const struct ext4_entry up = {{"..", 2}, parent, S_IFDIR};
    struct ext4_block      *block;

    int err = ext4_dir_append(dir, &block);
    if (err)
        return err;
    ext4_leaf_init(block);
    ext4_leaf_insert(block, &self);
    ext4_leaf_insert(block, &up);
    ext4_dir_seal(dir, block);
    ext4_block_put(block);
    return 0;
}

/* --- inserting ---------------------------------------------------------------------------------- */

/* Into the first block that has room; -ENOSPC: none has. */
static int insert_somewhere(struct ext4_inode *dir, const struct ext4_entry *entry)
{
    struct ext4_fs *fs = ext4_fs_of_inode(dir);
    uint64_t        nblocks = dir->inode.size >> fs->block_shift;

    for (uint64_t lblk = 0; lblk < nblocks; lblk++) {
        struct ext4_block *block;
        int                err = ext4_dir_block(dir, lblk, &block);
        if (err)
            return err;
        bool done = ext4_leaf_insert(block, entry);
        if (done)
            ext4_dir_seal(dir, block);
        ext4_block_put(block);
        if (done)
            return 0;
    }
    return -ENOSPC;
}

static int insert_at_end(struct ext4_inode *dir, const struct ext4_entry *entry)
{
    struct ext4_block *block;

    int err = ext4_dir_append(dir, &block);
    if (err)
        return err;
    ext4_leaf_init(block);
    ext4_leaf_insert(block, entry);
    ext4_dir_seal(dir, block);
    ext4_block_put(block);
    return 0;
}

/* The tree stays, with one leaf, if there is no room for a second. */
static int insert_in_new_tree(struct ext4_inode *dir, const struct ext4_entry *entry)
{
    int err = ext4_htree_insert(dir, entry);

    if (err && ext4_inode_store(dir))
        ext4_abort(ext4_fs_of_inode(dir), -EIO);
    return err;
}

int ext4_dir_insert(struct ext4_inode *dir, const struct ext4_entry *entry)
{
    struct ext4_fs *fs = ext4_fs_of_inode(dir);
    ASSERT(mutex_held(&dir->inode.lock));
    if (dir->flags & EXT4_FL_INDEX)
        return ext4_htree_insert(dir, entry);

    int err = insert_somewhere(dir, entry);
    if (err != -ENOSPC)
        return err;
    if (fs->has_dir_index && dir->inode.size == fs->block_size) {
        err = ext4_htree_make(dir);
        if (err != -EOPNOTSUPP)
            return err ? err : insert_in_new_tree(dir, entry);
    }
    return insert_at_end(dir, entry);
}

/* --- removing, changing --------------------------------------------------------------------------- */

/* The entry before takes over the room; the first one of a block becomes unused. */
void ext4_dir_remove(struct ext4_inode *dir, const struct ext4_slot *slot)
{
    struct ext4_fs     *fs = ext4_fs_of_inode(dir);
    struct ext4_dirent *de = entry_at(slot->block, slot->offset);
    struct ext4_dirent *before = entry_at(slot->block, slot->before);

    ext4_block_change(slot->block);
    if (before != de)
        before->rec_len = ext4_put16(ext4_dirent_len(fs, before) + ext4_dirent_len(fs, de));
    de->inode = ext4_put32(0);
    ext4_dir_seal(dir, slot->block);
}

void ext4_dir_set(struct ext4_inode *dir, const struct ext4_slot *slot, uint32_t ino, uint32_t mode)
{
    struct ext4_dirent *de = entry_at(slot->block, slot->offset);

    ext4_block_change(slot->block);
    de->inode = ext4_put32(ino);
    de->file_type = type_of(slot->block->fs, mode);
    ext4_dir_seal(dir, slot->block);
}

/* --- empty? ----------------------------------------------------------------------------------------- */

static bool block_is_empty(const struct ext4_block *block)
{
    uint32_t offset = 0;

    while (offset < block->fs->block_size) {
        const struct ext4_dirent *de = ext4_dirent_at(block, offset);
        bool dots = de->name_len <= 2 && memcmp(de->name, "..", de->name_len) == 0;
        if (ext4_le32(de->inode) && !dots)
            return false;
        offset += ext4_dirent_len(block->fs, de);
    }
    return true;
}

int ext4_dir_check_empty(struct ext4_inode *dir)
{
    uint64_t nblocks = dir->inode.size >> ext4_fs_of_inode(dir)->block_shift;

    for (uint64_t lblk = 0; lblk < nblocks; lblk++) {
        struct ext4_block *block;
        int                err = ext4_dir_block(dir, lblk, &block);
        if (err)
            return err;
        bool empty = block_is_empty(block);
        ext4_block_put(block);
        if (!empty)
            return -ENOTEMPTY;
    }
    return 0;
}
