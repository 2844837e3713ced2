/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs_dir.c - directories of tmpfs. The VFS holds the locks of the inodes that an op is about.
 *
 * A directory keeps its entries in two trees: by name, and by position for listing. Positions grow and
 * are never used twice; an entry that is made or moved gets the next one. Listing goes from the newest
 * entry to the oldest, as on Linux, so what is added meanwhile is not met and what stays is met once.
 *
 * An entry holds a reference on its inode, a directory one on its parent: ".." of a removed directory that
 * somebody still uses leads somewhere. Removing the entry breaks the circle.
 */
#include "fs/tmpfs_impl.h"
#include "kernel/heap.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

/* --- entries --------------------------------------------------------------------------------- */

static int compare_names(const struct vfs_name *a, const struct vfs_name *b)
{
    int order = memcmp(a->text, b->text, size_min(a->len, b->len));

    return order ? order : a->len < b->len ? -1 : a->len > b->len;
}

static int entry_compare_names(const struct tmpfs_entry *a, const struct tmpfs_entry *b)
{
    return compare_names(&a->name, &b->name);
}

static int entry_compare_positions(const struct tmpfs_entry *a, const struct tmpfs_entry *b)
{
    return a->pos < b->pos ? -1 : a->pos > b->pos;
}

RB_GENERATE_STATIC(tmpfs_names, tmpfs_entry, name_link, entry_compare_names)
RB_GENERATE_STATIC(tmpfs_positions, tmpfs_entry, pos_link, entry_compare_positions)

static struct tmpfs_entry *entry_new(const struct vfs_name *name)
{
    struct tmpfs_entry *entry = kmalloc(sizeof(*entry) + name->len);
    if (!entry)
        return NULL;
    char *text = (char *)(entry + 1);
    memcpy(text, name->text, name->len);
    entry->name = (struct vfs_name){text, name->len};
    return entry;
}

static struct tmpfs_entry *entry_find(struct inode *dir, const struct vfs_name *name)
{
    struct tmpfs_entry *entry = RB_ROOT(&node_of(dir)->names);

    while (entry) {
        int order = compare_names(name, &entry->name);
        if (order == 0)
            break;
        entry = order < 0 ? RB_LEFT(entry, name_link) : RB_RIGHT(entry, name_link);
    }
    return entry;
}

/* Put inode, whose reference the entry takes over, into dir. */
static void entry_insert(struct inode *dir, struct tmpfs_entry *entry, struct inode *inode)
{
    struct tmpfs_inode *node = node_of(dir);

    entry->inode = inode;
    entry->pos = ++node->last_pos;
    RB_INSERT(tmpfs_names, &node->names, entry);
    RB_INSERT(tmpfs_positions, &node->positions, entry);
    dir->size += TMPFS_ENTRY_SIZE;
}

/* Take entry out; its reference is the caller's. */
static struct inode *entry_remove(struct inode *dir, struct tmpfs_entry *entry)
{
    struct tmpfs_inode *node = node_of(dir);
    struct inode       *inode = entry->inode;

    RB_REMOVE(tmpfs_names, &node->names, entry);
    RB_REMOVE(tmpfs_positions, &node->positions, entry);
    dir->size -= TMPFS_ENTRY_SIZE;
    kfree(entry);
    return inode;
}

/* The entry is another inode now, and the newest. The reference on the old one is the caller's. */
static struct inode *entry_replace(struct inode *dir, struct tmpfs_entry *entry,
                                   struct inode *inode)
{
    struct tmpfs_inode *node = node_of(dir);
    struct inode       *old = entry->inode;

    RB_REMOVE(tmpfs_positions, &node->positions, entry);
    entry->inode = inode;
    entry->pos = ++node->last_pos;
    RB_INSERT(tmpfs_positions, &node->positions, entry);
    return old;
}

/* The newest entry older than pos. */
static struct tmpfs_entry *entry_below(struct inode *dir, uint64_t pos)
{
    struct tmpfs_entry *entry = RB_ROOT(&node_of(dir)->positions), *best = NULL;

    while (entry) {
        if (entry->pos < pos) {
            best = entry;
            entry = RB_RIGHT(entry, pos_link);
        } else {
            entry = RB_LEFT(entry, pos_link);
        }
    }
    return best;
}

static bool is_empty(struct inode *dir)
{
    return RB_EMPTY(&node_of(dir)->names);
}

/* --- directories ----------------------------------------------------------------------------- */

static int tmpfs_lookup(struct inode *dir, const char *name, size_t len, struct inode **out)
{
    struct tmpfs_entry *entry = entry_find(dir, &(struct vfs_name){name, len});
    if (!entry)
        return -ENOENT;
    *out = inode_get(entry->inode);
    return 0;
}

static int tmpfs_parent(struct inode *dir, struct inode **out)
{
    *out = inode_get(node_of(dir)->parent);
    return 0;
}

/* Positions: 0 and 1 are "." and "..", 2 the newest entry; 2 + n: those older than the n-th given out. */
#define POS_ENTRIES 2u

static bool list_dots(struct inode *dir, uint64_t *pos, struct dir_sink *sink)
{
    for (; *pos < POS_ENTRIES; ++*pos) {
        const struct inode *inode = *pos == 0 ? dir : node_of(dir)->parent;
        if (!sink->emit(sink, "..", (size_t)*pos + 1, inode->ino, DT_DIR, *pos + 1))
            return false;
    }
    return true;
}

static int tmpfs_readdir(struct inode *dir, uint64_t *pos, struct dir_sink *sink)
{
    struct tmpfs_entry *entry;
    if (!list_dots(dir, pos, sink))
        return 0;

    entry = entry_below(dir, *pos == POS_ENTRIES ? UINT64_MAX : *pos - POS_ENTRIES);
    for (; entry; entry = RB_PREV(tmpfs_positions, &node_of(dir)->positions, entry)) {
        unsigned type = (entry->inode->mode & S_IFMT) >> 12; /* DT_* is S_IF* without zeros */
        uint64_t next = entry->pos + POS_ENTRIES;
        if (!sink->emit(sink, entry->name.text, entry->name.len, entry->inode->ino, type, next))
            return 0;
        *pos = next;
    }
    return 0;
}

static int tmpfs_create_inode(struct inode *dir, const struct vfs_name *name,
                              const struct vfs_new *spec, struct inode **out)
{
    struct tmpfs_entry *entry = name ? entry_new(name) : NULL;
    struct tmpfs_inode *node = NULL;
    int                 err = name && !entry ? -ENOMEM : tmpfs_node_new(tmpfs_of(dir), spec, &node);
    if (err) {
        kfree(entry);
        return err;
    }

    *out = &node->inode;
    if (!name)
        return 0;
    (*out)->nlink = inode_is_dir(*out) ? 2 : 1;
    if (inode_is_dir(*out)) {
        node->parent = inode_get(dir);
        dir->nlink++;
    }
    entry_insert(dir, entry, inode_get(*out));
    inode_modified(dir);
    return 0;
}

static int tmpfs_link(struct inode *dir, const struct vfs_name *name, struct inode *inode)
{
    struct tmpfs_entry *entry = entry_new(name);
    int err = !entry ? -ENOMEM : inode->nlink ? tmpfs_take_file(tmpfs_of(dir), NULL) : 0;
    if (err) {
        kfree(entry);
        return err;
    }
    entry_insert(dir, entry, inode_get(inode));
    inode->nlink++;
    inode_modified(dir);
    inode->ctime = dir->ctime;
    return 0;
}

/* inode loses a name in dir. */
static void drop_link(struct inode *dir, struct inode *inode)
{
    if (inode_is_dir(inode)) {
        inode->nlink = 0;
        dir->nlink--;
    } else if (--inode->nlink) {
        tmpfs_give_file(tmpfs_of(dir)); /* that name's; the last one's goes with the inode */
    }
    inode->ctime = dir->ctime;
}

static int tmpfs_unlink(struct inode *dir, const struct vfs_name *name, struct inode *inode)
{
    struct tmpfs_entry *entry = entry_find(dir, name);
    ASSERT(entry && entry->inode == inode);
    if (inode_is_dir(inode) && !is_empty(inode))
        return -ENOTEMPTY;

    inode_put(entry_remove(dir, entry)); /* not the last one: the caller has one */
    inode_modified(dir);
    drop_link(dir, inode);
    return 0;
}

/* inode is in to instead of from. */
static void change_parent(struct inode *inode, struct inode *from, struct inode *to)
{
    if (!inode_is_dir(inode) || from == to)
        return;
    node_of(inode)->parent = inode_get(to);
    to->nlink++;
    from->nlink--;
    inode_put(from); /* not the last one */
}

static int exchange(const struct vfs_rename *r)
{
    struct tmpfs_entry *old = entry_find(r->old_dir, &r->old_name);
    struct tmpfs_entry *new = entry_find(r->new_dir, &r->new_name);

    entry_replace(r->old_dir, old, r->target);
    entry_replace(r->new_dir, new, r->inode);
    change_parent(r->inode, r->old_dir, r->new_dir);
    change_parent(r->target, r->new_dir, r->old_dir);
    return 0;
}

static int replace(const struct vfs_rename *r)
{
    struct tmpfs_entry *entry = entry_find(r->new_dir, &r->new_name);
    if (inode_is_dir(r->target) && !is_empty(r->target))
        return -ENOTEMPTY;

    struct inode *moved = entry_remove(r->old_dir, entry_find(r->old_dir, &r->old_name));
    inode_put(entry_replace(r->new_dir, entry, moved)); /* not the last one */
    change_parent(r->inode, r->old_dir, r->new_dir);
    drop_link(r->new_dir, r->target);
    return 0;
}

static int move(const struct vfs_rename *r)
{
    struct tmpfs_entry *entry = entry_new(&r->new_name);
    if (!entry)
        return -ENOMEM;

    struct inode *moved = entry_remove(r->old_dir, entry_find(r->old_dir, &r->old_name));
    entry_insert(r->new_dir, entry, moved);
    change_parent(r->inode, r->old_dir, r->new_dir);
    return 0;
}

static int tmpfs_rename(const struct vfs_rename *r)
{
    int err = r->exchange ? exchange(r) : r->target ? replace(r) : move(r);
    if (err)
        return err;
    inode_modified(r->old_dir);
    inode_modified(r->new_dir);
    r->inode->ctime = r->new_dir->ctime;
    if (r->target)
        r->target->ctime = r->new_dir->ctime;
    return 0;
}

/* Down to a directory whose entries are no directories, and up when it is empty. */
void tmpfs_remove_all(struct inode *root)
{
    struct inode       *dir = root;
    struct tmpfs_entry *entry;

    while ((entry = RB_ROOT(&node_of(dir)->names)) || dir != root) {
        if (!entry) {
            dir = node_of(dir)->parent;
        } else if (inode_is_dir(entry->inode) && !is_empty(entry->inode)) {
            dir = entry->inode;
        } else {
            struct inode *inode = entry_remove(dir, entry);
            drop_link(dir, inode);
            inode_put(inode);
        }
    }
}

const struct inode_ops tmpfs_dir_ops = {
    .lookup = tmpfs_lookup,
    .parent = tmpfs_parent,
    .readdir = tmpfs_readdir,
    .create = tmpfs_create_inode,
    .link = tmpfs_link,
    .unlink = tmpfs_unlink,
    .rename = tmpfs_rename,
    .destroy = tmpfs_destroy_inode,
};
