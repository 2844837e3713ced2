/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_orphan.c - inodes that are to be cleaned up: files that lost their last name, files being cut.
 *
 * A file whose last name goes lives on while it is used, and a large one is cut in several transactions.
 * Until that is over the inode is on a list on the disk: the superblock names the first, each the next in the
 * field that tells when it was deleted. Whoever mounts the file system after a crash finishes the work.
 * In memory the same list is of inodes, so that one in its middle can be taken out.
 */
#include "fs/ext4_alloc.h"
#include "fs/ext4_csum.h"
#include "fs/ext4_inode.h"
#include "fs/ext4_resize.h"
#include "fs/ext4_txn.h"
#include "fs/ext4_xattr.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

int ext4_orphan_add(struct ext4_inode *ei)
{
    struct ext4_fs *fs = ext4_fs_of_inode(ei);

    mutex_lock(&fs->orphans.lock);
    if (!ei->is_orphan) {
        struct ext4_super *sb = ext4_super_change(fs);
        ei->orphan_next = ext4_le32(sb->last_orphan);
        ei->is_orphan = true;
        sb->last_orphan = ext4_put32(ei->inode.ino);
        TAILQ_INSERT_HEAD(&fs->orphans.list, ei, orphan_link);
    }
    mutex_unlock(&fs->orphans.lock);
    return ext4_inode_store(ei);
}

/* Have the one before ei on the list lead to the one after it. */
static int bypass(struct ext4_inode *before, const struct ext4_inode *ei)
{
    struct ext4_fs     *fs = ext4_fs_of_inode(ei);
    struct ext4_block  *block;
    struct ext4_dinode *di;

    int err = ext4_dinode_get(fs, (uint32_t)before->inode.ino, &block, &di);
    if (err)
        return err;
    ext4_block_change(block);
    before->orphan_next = ei->orphan_next;
    di->dtime = ext4_put32(before->orphan_next);
    ext4_dinode_seal(fs, before->csum_seed, di);
    ext4_block_put(block);
    return 0;
}

/* Take it out of the list, but for its own field. */
static int unlink_orphan(struct ext4_inode *ei)
{
    struct ext4_fs    *fs = ext4_fs_of_inode(ei);
    struct ext4_inode *before = NULL, *other;

    TAILQ_FOREACH(other, &fs->orphans.list, orphan_link) {
        if (other == ei)
            break;
        before = other;
    }
    int err = before ? bypass(before, ei) : 0;
    if (err)
        return err;
    if (!before)
        ext4_super_change(fs)->last_orphan = ext4_put32(ei->orphan_next);
    TAILQ_REMOVE(&fs->orphans.list, ei, orphan_link);
    ei->is_orphan = false;
    ei->orphan_next = 0;
    return 0;
}

int ext4_orphan_remove(struct ext4_inode *ei)
{
    struct ext4_fs *fs = ext4_fs_of_inode(ei);

    mutex_lock(&fs->orphans.lock);
    int err = ei->is_orphan ? unlink_orphan(ei) : 0;
    mutex_unlock(&fs->orphans.lock);
    return err ? err : ext4_inode_store(ei);
}

/* --- the end of an inode --------------------------------------------------------------------------- */

/* The last handle: its blocks are free already. */
static int reap_inode(struct ext4_inode *ei)
{
    struct ext4_fs *fs = ext4_fs_of_inode(ei);
    int             err = 0;

    if (ei->file_acl)
        err = ext4_xattr_drop(ei);
    if (!err)
        err = ext4_orphan_remove(ei);
    if (!err)
        err = ext4_inode_erase(ei);
    if (!err)
        err = ext4_ino_free(fs, (uint32_t)ei->inode.ino, inode_is_dir(&ei->inode));
    if (!err) { /* it may be in use: it has no blocks, and gets none */
        mutex_lock(&ei->map_lock);
        memset(ei->block, 0, sizeof(ei->block));
        ei->flags &= ~EXT4_FL_EXTENTS;
        mutex_unlock(&ei->map_lock);
    }
    if (err)
        ext4_abort(fs, -EIO);
    return err;
}

/* What fails here is left to the next mount. Nothing of ei is stored afterwards. */
static void reap(struct ext4_inode *ei)
{
    struct ext4_fs *fs = ext4_fs_of_inode(ei);

    mutex_lock(&ei->inode.lock);
    int err = ext4_free_contents(ei, 0);
    if (!err)
        err = ext4_begin(fs, EXT4_ORPHAN_CREDITS + 2 * EXT4_ALLOC_CREDITS + 3);
    if (!err) {
        err = reap_inode(ei);
        ext4_end(fs);
    }
    ei->gone = !err;
    mutex_unlock(&ei->inode.lock);
}

/* The first orphan without a name, with a reference. NULL: there is none. */
static struct ext4_inode *first_nameless(struct ext4_fs *fs)
{
    struct ext4_inode *ei;

    mutex_lock(&fs->orphans.lock);
    TAILQ_FOREACH(ei, &fs->orphans.list, orphan_link)
        if (ei->inode.nlink == 0 && inode_get_live(&ei->inode))
            break;
    mutex_unlock(&fs->orphans.lock);
    return ei;
}

void ext4_orphans_end(struct ext4_fs *fs)
{
    struct ext4_inode *ei;
    bool               done = true;

    while (fs->txn.writable && done && (ei = first_nameless(fs))) {
        reap(ei);
        done = ei->gone;
        inode_put(&ei->inode);
    }
}

void ext4_inode_destroy(struct inode *inode)
{
    struct ext4_inode *ei = ext4_inode_of(inode);
    struct ext4_fs    *fs = ext4_fs_of_inode(ei);

    if (ei->is_orphan && inode->nlink == 0 && fs->txn.writable)
        reap(ei);
    mutex_lock(&fs->orphans.lock);
    if (ei->is_orphan) /* it stays one on the disk */
        TAILQ_REMOVE(&fs->orphans.list, ei, orphan_link);
    mutex_unlock(&fs->orphans.lock);
    ext4_inode_stored(ei);
    kfree(ei);
}

/* --- after a crash ----------------------------------------------------------------------------------- */

/* Read the list. Whatever is wrong with it ends it: a hostile one would be a circle. */
static void orphans_load(struct ext4_fs *fs, uint32_t ino)
{
    while (ino) {
        struct inode *inode;
        if (ext4_inode_get_orphan(fs, ino, &inode))
            return;
        struct ext4_inode *ei = ext4_inode_of(inode);
        if (ei->is_orphan || inode == fs->fs.root) {
            inode_put(inode);
            ext4_damaged(fs, "the list of orphans leads to inode %u twice", ino);
            return;
        }
        ei->is_orphan = true;
        TAILQ_INSERT_TAIL(&fs->orphans.list, ei, orphan_link);
        ino = ei->orphan_next;
    }
}

/* A file that was being cut. */
static void orphan_cut(struct ext4_inode *ei)
{
    struct ext4_fs *fs = ext4_fs_of_inode(ei);

    mutex_lock(&ei->inode.lock);
    int err = ext4_free_contents(ei, ei->inode.size);
    if (!err)
        err = ext4_begin(fs, EXT4_ORPHAN_CREDITS);
    if (!err) {
        if (ext4_orphan_remove(ei))
            ext4_abort(fs, -EIO);
        ext4_end(fs);
    }
    mutex_unlock(&ei->inode.lock);
}

int ext4_orphans_clean(struct ext4_fs *fs)
{
    struct ext4_inode *ei;
    unsigned           n = 0;

    if (!fs->txn.writable)
        return 0;
    int err = ext4_begin(fs, 1);
    if (err)
        return err;
    uint32_t first = ext4_le32(ext4_super_change(fs)->last_orphan);
    ext4_end(fs);
    orphans_load(fs, first);
    for (; (ei = TAILQ_FIRST(&fs->orphans.list)); n++) {
        if (ei->inode.nlink)
            orphan_cut(ei);
        struct inode *inode = &ei->inode;
        if (inode->nlink && ei->is_orphan) { /* it failed */
            TAILQ_REMOVE(&fs->orphans.list, ei, orphan_link);
            ei->is_orphan = false;
        }
        inode_put(inode); /* reaps the others */
    }
    if (n)
        log_info("ext4 on %s: %u files without names or half cut were cleaned up", fs->dev->name,
                 n);
    return 0;
}
