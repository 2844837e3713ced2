/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_rename.c - renaming: in one handle, so that no crash leaves a file with both names or with none.
 *
 * There are three kinds: two entries swap their inodes; an entry is taken over by another inode; a new
 * entry is made. The old entry is removed last, and looked up again then, since making an entry may move
 * others to new blocks. A directory that changes its parent has its ".." changed with it.
 */
#include "fs/ext4_alloc.h"
#include "fs/ext4_names_impl.h"
#include "fs/ext4_txn.h"
#include "lib/errno.h"
#include "lib/string.h"

/* All that was gathered before the first change. */
struct renaming {
    const struct vfs_rename *r;
    struct ext4_inode       *old_dir, *new_dir, *ei, *target; /* target: or NULL */
    struct ext4_slot         from, to;                        /* to: if there is a target */
    struct ext4_slot         up, target_up; /* ".." of the two, if they change; block NULL: not */
    struct ext4_pins         pins;
};

/* --- gathering ---------------------------------------------------------------------------------- */

/* The ".." of directory ei. */
static int find_up(struct ext4_inode *ei, struct ext4_slot *slot)
{
    int err = ext4_dir_block(ei, 0, &slot->block);
    if (err) {
        slot->block = NULL;
        return err;
    }
    if (ext4_dir_search_slot(slot->block, "..", 2, &slot->offset, &slot->before))
        return 0;
    return ext4_damaged(ext4_fs_of_inode(ei), "directory %llu has no ..",
                        (unsigned long long)ei->inode.ino);
}

static void slot_release(struct ext4_slot *slot)
{
    if (slot->block)
        ext4_block_put(slot->block);
    slot->block = NULL;
}

static void release(struct renaming *m)
{
    slot_release(&m->from);
    slot_release(&m->to);
    slot_release(&m->up);
    slot_release(&m->target_up);
    ext4_unpin(&m->pins);
}

static int find_entries(struct renaming *m)
{
    const struct vfs_rename *r = m->r;

    int err = ext4_dir_find_known(r->old_dir, &r->old_name, r->inode, &m->from);
    if (err) {
        m->from.block = NULL;
        return err;
    }
    if (!r->target)
        return 0;
    err = ext4_dir_find_known(r->new_dir, &r->new_name, r->target, &m->to);
    if (err)
        m->to.block = NULL;
    return err;
}

static int find_parents(struct renaming *m)
{
    const struct vfs_rename *r = m->r;
    int                      err = 0;

    if (r->old_dir == r->new_dir)
        return 0;
    if (inode_is_dir(r->inode))
        err = find_up(m->ei, &m->up);
    if (!err && r->exchange && inode_is_dir(r->target))
        err = find_up(m->target, &m->target_up);
    return err;
}

static int pin_all(struct renaming *m)
{
    int err = ext4_pin(&m->pins, m->old_dir);

    if (!err && m->new_dir != m->old_dir)
        err = ext4_pin(&m->pins, m->new_dir);
    if (!err)
        err = ext4_pin(&m->pins, m->ei);
    if (!err)
        err = ext4_pin(&m->pins, m->target);
    return err;
}

/* Does dir get one more directory? */
static int check_links(const struct renaming *m)
{
    const struct vfs_rename *r = m->r;
    bool in = inode_is_dir(r->inode), out = r->target && inode_is_dir(r->target);

    if (r->old_dir == r->new_dir || in == out)
        return 0;
    if (in)
        return ext4_links_check(m->new_dir);
    return r->exchange ? ext4_links_check(m->old_dir) : 0;
}

static int gather(struct renaming *m)
{
    int err = check_links(m);

    if (!err && m->r->target && !m->r->exchange)
        err = ext4_check_victim(m->target);
    if (!err)
        err = find_entries(m);
    if (!err)
        err = find_parents(m);
    if (!err)
        err = pin_all(m);
    return err;
}

/* --- changing ----------------------------------------------------------------------------------- */

static void set_up(struct ext4_inode *ei, struct ext4_slot *up, const struct inode *parent)
{
    if (up->block)
        ext4_dir_set(ei, up, (uint32_t)parent->ino, S_IFDIR);
}

/* A directory is in `to` now instead of in `from`. */
static void move_link(const struct inode *inode, struct ext4_inode *from, struct ext4_inode *to)
{
    if (!inode_is_dir(inode) || from == to)
        return;
    ext4_links_inc(to);
    ext4_links_dec(from);
}

static void exchange(struct renaming *m)
{
    const struct vfs_rename *r = m->r;

    ext4_dir_set(m->old_dir, &m->from, (uint32_t)r->target->ino, r->target->mode);
    ext4_dir_set(m->new_dir, &m->to, (uint32_t)r->inode->ino, r->inode->mode);
    set_up(m->ei, &m->up, r->new_dir);
    set_up(m->target, &m->target_up, r->old_dir);
    if (inode_is_dir(r->inode) == inode_is_dir(r->target))
        return; /* neither has one more or less, not even for a moment: it may have all that it can */
    move_link(r->inode, m->old_dir, m->new_dir);
    move_link(r->target, m->new_dir, m->old_dir);
}

static void replace(struct renaming *m)
{
    const struct vfs_rename *r = m->r;

    ext4_dir_set(m->new_dir, &m->to, (uint32_t)r->inode->ino, r->inode->mode);
    ext4_dir_remove(m->old_dir, &m->from);
    set_up(m->ei, &m->up, r->new_dir);
    if (inode_is_dir(r->target)) /* one comes and one goes, but in the old one */
        ext4_links_dec(m->old_dir);
}

/* The only kind that can fail. */
static int move(struct renaming *m)
{
    const struct vfs_rename *r = m->r;
    struct ext4_entry        entry = {r->new_name, (uint32_t)r->inode->ino, r->inode->mode};

    int err = ext4_dir_insert(m->new_dir, &entry);
    if (err)
        return err;
    slot_release(&m->from);
    err = ext4_dir_find_known(r->old_dir, &r->old_name, r->inode, &m->from);
    if (err) {
        m->from.block = NULL;
        ext4_abort(ext4_fs_of_inode(m->ei), -EIO);
        return err;
    }
    ext4_dir_remove(m->old_dir, &m->from);
    set_up(m->ei, &m->up, r->new_dir);
    move_link(r->inode, m->old_dir, m->new_dir);
    return 0;
}

/* Times change, and all inodes are stored. */
static void finish(struct renaming *m)
{
    const struct vfs_rename *r = m->r;

    inode_modified(r->old_dir);
    if (r->new_dir != r->old_dir)
        inode_modified(r->new_dir);
    r->inode->ctime = r->new_dir->ctime;
    ext4_store_changed(m->ei);
    if (r->target && r->exchange) {
        r->target->ctime = r->new_dir->ctime;
        ext4_store_changed(m->target);
    } else if (r->target) {
        ext4_drop_link(m->target, r->new_dir->ctime);
    }
    ext4_store_changed(m->old_dir);
    if (m->new_dir != m->old_dir)
        ext4_store_changed(m->new_dir);
}

static int rename_once(struct renaming *m)
{
    struct ext4_fs *fs = ext4_fs_of_inode(m->ei);
    int             err = 0;

    err = ext4_begin(fs, EXT4_DIR_CREDITS + EXT4_ORPHAN_CREDITS + 12);
    if (err)
        return err;
    err = gather(m);
    if (!err && m->r->exchange)
        exchange(m);
    else if (!err && m->r->target)
        replace(m);
    else if (!err)
        err = move(m);
    if (!err)
        finish(m);
    release(m);
    ext4_end(fs);
    return err;
}

int ext4_rename(const struct vfs_rename *r)
{
    struct renaming m = {
        .r = r,
        .old_dir = ext4_inode_of(r->old_dir),
        .new_dir = ext4_inode_of(r->new_dir),
        .ei = ext4_inode_of(r->inode),
        .target = r->target ? ext4_inode_of(r->target) : NULL,
    };
    unsigned tries = 0;
    int      err;

    do {
        err = rename_once(&m);
    } while (err == -ENOSPC && ext4_more_space(ext4_fs_of(r->old_dir->fs), &tries));
    return err;
}
