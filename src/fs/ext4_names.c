/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_names.c - making files, giving them names and taking names away. Renaming is in ext4_rename.c.
 *
 * Each operation is one handle: whatever a crash leaves, it has happened or it has not. The steps that
 * can fail come first, are undone if a later one fails, and the inodes are stored last: their blocks are
 * held in memory by then. What fails in spite of that stops all writing (ext4_abort()).
 *
 * An operation that finds the disk full tries once more after a commit, which lets go of freed blocks.
 */
#include "fs/ext4_alloc.h"
#include "fs/ext4_extent.h"
#include "fs/ext4_names_impl.h"
#include "fs/ext4_txn.h"
#include "kernel/heap.h"
#include "kernel/random.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

/* --- storing inodes ----------------------------------------------------------------------------- */

int ext4_pin(struct ext4_pins *pins, struct ext4_inode *ei)
{
    struct ext4_dinode *di;
    if (!ei)
        return 0;
    ASSERT(pins->n < ARRAY_LEN(pins->blocks));

    int err = ext4_dinode_get(ext4_fs_of_inode(ei), (uint32_t)ei->inode.ino, &pins->blocks[pins->n],
                              &di);
    if (!err)
        pins->n++;
    return err;
}

void ext4_unpin(struct ext4_pins *pins)
{
    while (pins->n)
        ext4_block_put(pins->blocks[--pins->n]);
}

void ext4_store_changed(struct ext4_inode *ei)
{
    if (ei && ext4_inode_store(ei))
        ext4_abort(ext4_fs_of_inode(ei), -EIO);
}

/* --- links -------------------------------------------------------------------------------------- */

static bool counts_links(const struct ext4_inode *dir)
{
    return !(ext4_fs_of_inode(dir)->has_dir_nlink && dir->flags & EXT4_FL_INDEX);
}

int ext4_links_check(const struct ext4_inode *dir)
{
    return dir->inode.nlink >= EXT4_LINKS_MAX && counts_links(dir) ? -EMLINK : 0;
}

/* A directory with more directories than can be counted says 1 for ever. */
void ext4_links_inc(struct ext4_inode *dir)
{
    if (dir->inode.nlink != 1)
        dir->inode.nlink++;
    if (dir->inode.nlink > EXT4_LINKS_MAX)
        dir->inode.nlink = 1;
}

void ext4_links_dec(struct ext4_inode *dir)
{
    if (dir->inode.nlink > 2)
        dir->inode.nlink--;
}

int ext4_dir_find_known(struct inode *dir, const struct vfs_name *name, const struct inode *inode,
                        struct ext4_slot *slot)
{
    int err = ext4_dir_find(ext4_inode_of(dir), name, slot);
    if (!err && ext4_le32(ext4_dirent_at(slot->block, slot->offset)->inode) == inode->ino)
        return 0;
    if (!err)
        ext4_block_put(slot->block);
    if (err && err != -ENOENT)
        return err;
    return ext4_damaged(ext4_fs_of(dir->fs), "directory %llu has lost an entry it had",
                        (unsigned long long)dir->ino);
}

int ext4_check_victim(struct ext4_inode *ei)
{
    return inode_is_dir(&ei->inode) ? ext4_dir_check_empty(ei) : 0;
}

void ext4_drop_link(struct ext4_inode *ei, struct vfs_time now)
{
    struct inode *inode = &ei->inode;

    inode->ctime = now;
    inode->nlink = inode_is_dir(inode) ? 0 : inode->nlink - 1;
    if (inode_is_dir(inode))
        inode->size = 0;
    if (inode->nlink)
        ext4_store_changed(ei);
    else if (ext4_orphan_add(ei))
        ext4_abort(ext4_fs_of_inode(ei), -EIO);
}

/* --- creating ----------------------------------------------------------------------------------- */

/* The text of a link that does not fit into the inode. */
static int link_text(struct ext4_inode *ei, const char *text)
{
    struct ext4_block *block;

    ext4_extent_init(ei);
    int err = ext4_map_add_block(ei, 0, &block);
    if (err)
        return err;
    memcpy(block->data, text, strlen(text));
    ext4_block_put(block);
    return 0;
}

static int link_init(struct ext4_inode *ei, const char *text)
{
    size_t len = strlen(text);

    ei->inode.size = len;
    if (len >= EXT4_IBLOCK_BYTES)
        return link_text(ei, text);
    memcpy(ei->block, text, len);
    return 0;
}

/* What is particular to a kind of file. In a handle. */
static int kind_init(struct ext4_inode *ei, const struct inode *dir, const struct vfs_new *spec)
{
    struct inode *inode = &ei->inode;

    switch (spec->mode & S_IFMT) {
    case S_IFDIR:
        inode->nlink = 2;
        ext4_extent_init(ei);
        return ext4_dir_make(ei, (uint32_t)dir->ino);
    case S_IFREG:
        ext4_extent_init(ei);
        pagecache_init(&inode->pages, &ext4_file_pages, 0);
        return 0;
    case S_IFLNK:
        return link_init(ei, spec->target);
    default:
        inode->rdev = spec->rdev;
        ext4_rdev_put(ei->block, spec->rdev);
        return 0;
    }
}

/* Undo it. */
static void kind_undo(struct ext4_inode *ei)
{
    if (ei->inode.blocks && ext4_map_drop_block(ei, 0))
        ext4_abort(ext4_fs_of_inode(ei), -EIO);
}

static void fields_init(struct ext4_inode *ei, const struct vfs_new *spec, bool named)
{
    struct inode *inode = &ei->inode;

    inode->ops = ext4_ops_of(spec->mode);
    inode->mode = spec->mode;
    inode->uid = spec->uid;
    inode->gid = spec->gid;
    inode->nlink = named;
    inode->atime = inode->mtime = inode->ctime = inode->btime = vfs_now();
}

/* ei has its number: fill it, give it its name. */
static int make(struct ext4_inode *ei, struct inode *dir, const struct vfs_name *name,
                const struct vfs_new *spec)
{
    struct ext4_inode *parent = ext4_inode_of(dir);

    ext4_inode_seed_new(ei);
    int err = kind_init(ei, dir, spec);
    if (err || !name)
        return err;
    struct ext4_entry entry = {*name, (uint32_t)ei->inode.ino, spec->mode};
    err = ext4_dir_insert(parent, &entry);
    if (err) {
        kind_undo(ei);
        return err;
    }
    if (inode_is_dir(&ei->inode))
        ext4_links_inc(parent);
    inode_modified(dir);
    return 0;
}

/* Everything is there: the inodes are stored. */
static void create_store(struct ext4_inode *ei, struct ext4_inode *dir, bool named)
{
    int err = ext4_inode_create(ei);

    if (!err && !named)
        err = ext4_orphan_add(ei);
    if (err)
        ext4_abort(ext4_fs_of_inode(ei), -EIO);
    if (named)
        ext4_store_changed(dir);
}

static int create_in_handle(struct ext4_inode *ei, struct inode *dir, const struct vfs_name *name,
                            const struct vfs_new *spec)
{
    struct ext4_fs    *fs = ext4_fs_of(dir->fs);
    struct ext4_inode *parent = ext4_inode_of(dir);
    struct ext4_pins   pins = {.n = 0};
    bool               directory = (spec->mode & S_IFMT) == S_IFDIR;
    uint32_t           ino;

    int err = ext4_ino_take(fs, parent, directory, &ino);
    if (err)
        return err;
    ei->inode.ino = ino;
    if (inode_is_known(&fs->fs, ino))
        err = ext4_damaged(fs, "inode %u is in use, but not marked so", ino);
    if (!err)
        err = ext4_pin(&pins, ei);
    if (!err)
        err = ext4_pin(&pins, parent);
    if (!err)
        err = make(ei, dir, name, spec);
    if (!err)
        create_store(ei, parent, name != NULL);
    else if (ext4_ino_free(fs, ino, directory))
        ext4_abort(fs, -EIO);
    ext4_unpin(&pins);
    return err;
}

#define CREATE_CREDITS (2 * EXT4_DIR_CREDITS + EXT4_ALLOC_CREDITS + EXT4_ORPHAN_CREDITS + 2)

static int create_once(struct inode *dir, const struct vfs_name *name, const struct vfs_new *spec,
                       struct inode **out)
{
    struct ext4_fs    *fs = ext4_fs_of(dir->fs);
    struct ext4_inode *ei = ext4_inode_alloc(fs, 0);
    if (!ei)
        return -ENOMEM;

    fields_init(ei, spec, name != NULL);
    int err = ext4_begin(fs, CREATE_CREDITS);
    if (!err) {
        mutex_lock(&ei->inode.lock); /* nobody else has it */
        err = create_in_handle(ei, dir, name, spec);
        mutex_unlock(&ei->inode.lock);
        ext4_end(fs);
    }
    if (err) {
        ext4_inode_stored(ei);
        kfree(ei);
        return err;
    }
    *out = inode_insert(&ei->inode);
    return 0;
}

static int create_check(const struct inode *dir, const struct vfs_new *spec)
{
    if ((spec->mode & S_IFMT) == S_IFDIR)
        return ext4_links_check(ext4_inode_of((struct inode *)dir));
    if ((spec->mode & S_IFMT) == S_IFLNK && strlen(spec->target) >= ext4_fs_of(dir->fs)->block_size)
        return -ENAMETOOLONG;
    return 0;
}

int ext4_create(struct inode *dir, const struct vfs_name *name, const struct vfs_new *spec,
                struct inode **out)
{
    int err = create_check(dir, spec);
    if (err)
        return err;
    unsigned tries = 0;
    do {
        err = create_once(dir, name, spec, out);
    } while (err == -ENOSPC && ext4_more_space(ext4_fs_of(dir->fs), &tries));
    return err;
}

/* --- one more name ------------------------------------------------------------------------------ */

static int link_in_handle(struct inode *dir, const struct vfs_name *name, struct inode *inode)
{
    struct ext4_inode *parent = ext4_inode_of(dir), *ei = ext4_inode_of(inode);
    struct ext4_entry  entry = {*name, (uint32_t)inode->ino, inode->mode};
    struct ext4_pins   pins = {.n = 0};

    int err = ext4_pin(&pins, parent);
    if (!err)
        err = ext4_pin(&pins, ei);
    if (!err)
        err = ext4_dir_insert(parent, &entry);
    if (!err) {
        inode_modified(dir);
        inode->nlink++;
        inode->ctime = dir->ctime;
        if (ext4_orphan_remove(ei)) /* of a file that had no name; stores it in any case */
            ext4_abort(ext4_fs_of_inode(ei), -EIO);
        ext4_store_changed(parent);
    }
    ext4_unpin(&pins);
    return err;
}

int ext4_link(struct inode *dir, const struct vfs_name *name, struct inode *inode)
{
    struct ext4_fs *fs = ext4_fs_of(dir->fs);
    unsigned        tries = 0;
    int             err;
    if (inode->nlink >= EXT4_LINKS_MAX)
        return -EMLINK;

    do {
        err = ext4_begin(fs, EXT4_DIR_CREDITS + EXT4_ORPHAN_CREDITS + 2);
        if (err)
            return err;
        err = link_in_handle(dir, name, inode);
        ext4_end(fs);
    } while (err == -ENOSPC && ext4_more_space(fs, &tries));
    return err;
}

/* --- one name less ------------------------------------------------------------------------------ */

static int unlink_in_handle(struct inode *dir, struct inode *inode, const struct ext4_slot *slot)
{
    struct ext4_inode *parent = ext4_inode_of(dir), *ei = ext4_inode_of(inode);
    struct ext4_pins   pins = {.n = 0};

    int err = ext4_pin(&pins, parent);
    if (!err)
        err = ext4_pin(&pins, ei);
    if (!err) {
        ext4_dir_remove(parent, slot);
        inode_modified(dir);
        if (inode_is_dir(inode))
            ext4_links_dec(parent);
        ext4_drop_link(ei, dir->ctime);
        ext4_store_changed(parent);
    }
    ext4_unpin(&pins);
    return err;
}

int ext4_unlink(struct inode *dir, const struct vfs_name *name, struct inode *inode)
{
    struct ext4_fs  *fs = ext4_fs_of(dir->fs);
    struct ext4_slot slot;

    int err = ext4_check_victim(ext4_inode_of(inode));
    if (!err)
        err = ext4_dir_find_known(dir, name, inode, &slot);
    if (err)
        return err;
    err = ext4_begin(fs, EXT4_ORPHAN_CREDITS + 4);
    if (!err) {
        err = unlink_in_handle(dir, inode, &slot);
        ext4_end(fs);
    }
    ext4_block_put(slot.block);
    return err;
}
