/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_alloc_inode.c - giving out and taking back inodes.
 *
 * A file's inode is in its directory's group, so that listing a directory and looking at its files reads
 * one part of the disk. Directories are spread, so that each has room: a new one goes to the first group,
 * from its parent's on, with free inodes and free blocks not below the average; those in the root
 * directory begin at the group with the fewest directories.
 */
#include "fs/ext4_alloc.h"
#include "fs/ext4_txn.h"
#include "lib/errno.h"

static uint32_t group_of(const struct ext4_fs *fs, uint32_t ino)
{
    return (ino - 1) / fs->inodes_per_group;
}

uint64_t ext4_ino_goal(const struct ext4_fs *fs, uint32_t ino)
{
    return ext4_group_first(fs, group_of(fs, ino));
}

/* --- choosing a group -------------------------------------------------------------------------- */

/* What counts for directories. */
struct room {
    uint32_t inodes, blocks, dirs;
};

static int group_room(struct ext4_fs *fs, uint32_t nr, struct room *room)
{
    struct ext4_group_at g;

    int err = ext4_group_get(fs, nr, &g);
    if (err)
        return err;
    *room = (struct room){ext4_group_free_inodes(fs, g.desc), ext4_group_free_blocks(fs, g.desc),
                          ext4_group_dirs(fs, g.desc)};
    ext4_group_put(&g);
    return 0;
}

/* The group where the search for a new directory's begins. */
static int directory_group(struct ext4_fs *fs, uint32_t parent, bool at_top, uint32_t *best)
{
    uint32_t inodes = fs->free_inodes / fs->ngroups, fewest = UINT32_MAX;
    uint64_t blocks = fs->free_blocks / fs->ngroups;

    *best = parent;
    for (uint32_t i = 0; i < fs->ngroups; i++) {
        struct room room;
        uint32_t    nr = (parent + i) % fs->ngroups;
        int         err = group_room(fs, nr, &room);
        if (err)
            return err;
        if (room.inodes == 0 || room.inodes < inodes || room.blocks < blocks || room.dirs >= fewest)
            continue;
        *best = nr;
        fewest = room.dirs;
        if (!at_top)
            break;
    }
    return 0;
}

/* --- taking -------------------------------------------------------------------------------------- */

/* Inodes past the last one ever used are known by their number alone. */
static void first_use(struct ext4_fs *fs, struct ext4_group *desc, uint32_t index)
{
    uint32_t unused = fs->inodes_per_group - index - 1;

    if (ext4_group_unused(fs, desc) > unused)
        ext4_group_set_unused(fs, desc, unused);
}

static void take_index(struct ext4_fs *fs, struct ext4_group_at *g, struct ext4_block *bitmap,
                       uint32_t index, bool directory)
{
    ext4_block_change(bitmap);
    ext4_block_change(g->block);
    ext4_bits_put(bitmap->data, index, 1, true);
    if (fs->has_csum || fs->has_gdt_csum)
        first_use(fs, g->desc, index);
    ext4_inode_bitmap_changed(fs, g, bitmap);
    ext4_alloc_count(fs, g, 0, -1, directory);
    ext4_group_seal(fs, g);
}

/* An inode of group nr, *ino being 0 if there is none. Those below first_ino are not for files. */
static int take_in_group(struct ext4_fs *fs, uint32_t nr, bool directory, uint32_t *ino)
{
    uint32_t             first = nr == 0 ? fs->first_ino - 1 : 0;
    struct ext4_group_at g;
    struct ext4_block   *bitmap;

    *ino = 0;
    int err = ext4_group_get(fs, nr, &g);
    if (err)
        return err;
    if (ext4_group_free_inodes(fs, g.desc) == 0)
        goto out;
    err = ext4_group_inode_bitmap(fs, &g, &bitmap);
    if (err)
        goto out;
    uint32_t index = ext4_bits_find(bitmap->data, NULL, first, fs->inodes_per_group, false);
    uint64_t number = (uint64_t)nr * fs->inodes_per_group + index + 1;
    if (index < fs->inodes_per_group && number <= fs->ninodes) {
        take_index(fs, &g, bitmap, index, directory);
        *ino = (uint32_t)number;
    }
    ext4_block_put(bitmap);
out:
    ext4_group_put(&g);
    return err;
}

static int take(struct ext4_fs *fs, const struct ext4_inode *dir, bool directory, uint32_t *ino)
{
    uint32_t first = dir ? group_of(fs, (uint32_t)dir->inode.ino) : 0;
    int      err = 0;

    if (directory)
        err = directory_group(fs, first, !dir || dir->inode.ino == EXT4_ROOT_INO, &first);
    *ino = 0;
    for (uint32_t i = 0; i < fs->ngroups && !err && *ino == 0; i++)
        err = take_in_group(fs, (first + i) % fs->ngroups, directory, ino);
    return err ? err : *ino ? 0 : -ENOSPC;
}

int ext4_ino_take(struct ext4_fs *fs, const struct ext4_inode *dir, bool directory, uint32_t *ino)
{
    mutex_lock(&fs->alloc.lock);
    int err = take(fs, dir, directory, ino);
    mutex_unlock(&fs->alloc.lock);
    return err;
}

/* --- giving back ----------------------------------------------------------------------------------- */

static int give(struct ext4_fs *fs, uint32_t ino, bool directory)
{
    uint32_t             index = (ino - 1) % fs->inodes_per_group;
    struct ext4_group_at g;
    struct ext4_block   *bitmap;

    int err = ext4_group_get(fs, group_of(fs, ino), &g);
    if (err)
        return err;
    err = ext4_group_inode_bitmap(fs, &g, &bitmap);
    if (err)
        goto out;
    if (!ext4_bit(bitmap->data, index)) {
        err = ext4_damaged(fs, "inode %u is free already", ino);
    } else {
        ext4_block_change(bitmap);
        ext4_block_change(g.block);
        ext4_bits_put(bitmap->data, index, 1, false);
        ext4_inode_bitmap_changed(fs, &g, bitmap);
        ext4_alloc_count(fs, &g, 0, 1, directory ? -1 : 0);
        ext4_group_seal(fs, &g);
    }
    ext4_block_put(bitmap);
out:
    ext4_group_put(&g);
    return err;
}

int ext4_ino_free(struct ext4_fs *fs, uint32_t ino, bool directory)
{
    mutex_lock(&fs->alloc.lock);
    int err = give(fs, ino, directory);
    mutex_unlock(&fs->alloc.lock);
    return err;
}
