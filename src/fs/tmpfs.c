/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs.c - a file system in memory. See tmpfs.h; locks: the VFS holds those of the inodes that an op is
 * about.
 *
 * A directory keeps its entries in two trees: by name, and by position for listing. Positions grow and
 * are never used twice; an entry that is made or moved gets the next one. Listing goes from the newest
 * entry to the oldest, as on Linux, so what is added meanwhile is not met and what stays is met once.
 *
 * An entry holds a reference on its inode, a directory one on its parent: ".." of a removed directory that
 * somebody still uses leads somewhere. Removing the entry breaks the circle.
 */
#include "fs/tmpfs.h"

#include <sys/tree.h>

#include "kernel/frame.h"
#include "kernel/heap.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "machine/layout.h"

/* What programs see of Linux's tmpfs: */
#define ENTRY_SIZE       20u /* a directory's size grows by this with each entry, "." and ".." included */
#define TARGET_SHORT     128u /* the text of a link with its NUL; a longer one takes a page */
#define SECTORS_PER_PAGE (PAGE_SIZE / 512)

struct tmpfs_entry {
    RB_ENTRY(tmpfs_entry) name_link;
    RB_ENTRY(tmpfs_entry) pos_link;
    struct inode   *inode; /* holds a reference */
    uint64_t        pos;
    struct vfs_name name; /* its text follows */
};

RB_HEAD(tmpfs_names, tmpfs_entry);
RB_HEAD(tmpfs_positions, tmpfs_entry);

struct tmpfs_inode {
    struct inode inode;

    /* of directories; inode.lock protects: */
    struct tmpfs_names     names;
    struct tmpfs_positions positions;
    uint64_t               last_pos; /* given out */
    struct inode          *parent;   /* holds a reference, but for the root, which is its own */

    char *target; /* of symbolic links; constant */
};

struct tmpfs {
    struct fs              fs;
    struct pagecache_quota pages;

    struct mutex lock;
    /* lock protects: */
    uint64_t last_ino;
    size_t   nfiles, max_files;
};

static struct tmpfs *tmpfs_of(const struct inode *inode)
{
    return container_of(inode->fs, struct tmpfs, fs);
}

static struct tmpfs_inode *node_of(struct inode *inode)
{
    return container_of(inode, struct tmpfs_inode, inode);
}

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
    dir->size += ENTRY_SIZE;
}

/* Take entry out; its reference is the caller's. */
static struct inode *entry_remove(struct inode *dir, struct tmpfs_entry *entry)
{
    struct tmpfs_inode *node = node_of(dir);
    struct inode       *inode = entry->inode;

    RB_REMOVE(tmpfs_names, &node->names, entry);
    RB_REMOVE(tmpfs_positions, &node->positions, entry);
    dir->size -= ENTRY_SIZE;
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

/* --- inodes ---------------------------------------------------------------------------------- */

/* One file more; its number. -ENOSPC. */
static int take_file(struct tmpfs *fs, uint64_t *ino)
{
    mutex_lock(&fs->lock);
    bool fits = fs->nfiles < fs->max_files;
    if (fits)
        fs->nfiles++;
    if (fits && ino)
        *ino = ++fs->last_ino;
    mutex_unlock(&fs->lock);
    return fits ? 0 : -ENOSPC;
}

static void give_file(struct tmpfs *fs)
{
    mutex_lock(&fs->lock);
    fs->nfiles--;
    mutex_unlock(&fs->lock);
}

static size_t target_pages(const char *target)
{
    return strlen(target) + 1 > TARGET_SHORT;
}

static void free_target(struct tmpfs *fs, char *target)
{
    pagecache_quota_give(&fs->pages, target_pages(target));
    kfree(target);
}

static int set_target(struct tmpfs_inode *node, const char *target)
{
    struct tmpfs *fs = tmpfs_of(&node->inode);
    size_t        npages = target_pages(target);
    if (!pagecache_quota_take(&fs->pages, npages))
        return -ENOSPC;

    node->target = kstrdup(target);
    if (!node->target) {
        pagecache_quota_give(&fs->pages, npages);
        return -ENOMEM;
    }
    node->inode.size = strlen(target);
    node->inode.blocks = npages * SECTORS_PER_PAGE;
    return 0;
}

/* Free an inode that nothing refers to; the reference on its parent is the caller's (NULL: none). */
static struct inode *node_free(struct tmpfs_inode *node)
{
    struct tmpfs *fs = tmpfs_of(&node->inode);
    struct inode *parent = node->parent == &node->inode ? NULL : node->parent;

    if (node->target)
        free_target(fs, node->target);
    give_file(fs);
    kfree(node);
    return parent;
}

/* In a loop, since a chain of removed directories may be long. */
static void tmpfs_destroy_inode(struct inode *inode)
{
    do {
        inode = node_free(node_of(inode));
    } while (inode && inode_put_last(inode));
}

static const struct inode_ops tmpfs_dir_ops, tmpfs_file_ops, tmpfs_link_ops, tmpfs_node_ops;

static const struct pagecache_ops tmpfs_pages = {
    .acquire = inode_pages_acquire,
    .release = inode_pages_release,
    .describe = inode_pages_describe,
};

/* What is particular to a kind of file. -ENOMEM, -ENOSPC (the text of a link). */
static int set_kind(struct tmpfs_inode *node, const struct vfs_new *spec)
{
    struct inode *inode = &node->inode;

    switch (spec->mode & S_IFMT) {
    case S_IFDIR:
        inode->ops = &tmpfs_dir_ops;
        inode->size = 2 * ENTRY_SIZE;
        return 0;
    case S_IFREG:
        inode->ops = &tmpfs_file_ops;
        pagecache_init(&inode->pages, &tmpfs_pages, 0);
        inode->pages.quota = &tmpfs_of(inode)->pages;
        return 0;
    case S_IFLNK:
        inode->ops = &tmpfs_link_ops;
        return set_target(node, spec->target);
    default:
        inode->ops = &tmpfs_node_ops;
        inode->rdev = spec->rdev;
        return 0;
    }
}

static void init_node(struct tmpfs_inode *node, struct tmpfs *fs, uint64_t ino,
                      const struct vfs_new *spec)
{
    struct inode *inode = &node->inode;

    inode_init(inode, &fs->fs, ino);
    RB_INIT(&node->names);
    RB_INIT(&node->positions);
    inode->mode = spec->mode;
    inode->uid = spec->uid;
    inode->gid = spec->gid;
    inode->atime = inode->mtime = inode->ctime = inode->btime = vfs_now();
}

/* A new inode without a name, with one reference. */
static int node_new(struct tmpfs *fs, const struct vfs_new *spec, struct tmpfs_inode **out)
{
    uint64_t            ino;
    struct tmpfs_inode *node = kzalloc(sizeof(*node));
    int                 err = !node ? -ENOMEM : take_file(fs, &ino);
    if (err) {
        kfree(node);
        return err;
    }
    init_node(node, fs, ino, spec);
    err = set_kind(node, spec);
    if (err) {
        give_file(fs);
        kfree(node);
        return err;
    }
    *out = node;
    return 0;
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
    int                 err = name && !entry ? -ENOMEM : node_new(tmpfs_of(dir), spec, &node);
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
    int                 err = !entry ? -ENOMEM : inode->nlink ? take_file(tmpfs_of(dir), NULL) : 0;
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
        give_file(tmpfs_of(dir)); /* that name's; the last one's goes with the inode */
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

/* --- files ----------------------------------------------------------------------------------- */

static void tmpfs_getattr(struct inode *inode, struct vfs_attr *attr)
{
    attr->blocks = inode->pages.nresident * SECTORS_PER_PAGE;
}

static int tmpfs_resize(struct inode *inode, uint64_t size)
{
    pagecache_resize(&inode->pages, size);
    inode->size = size;
    return 0;
}

/* How many of the pages [index, end) are not there. */
static uint64_t count_missing(struct pagecache *pages, uint64_t index, uint64_t end)
{
    uint64_t missing = 0;

    while ((index = pagecache_find(pages, index, end, false)) < end) {
        uint64_t hole_end = pagecache_find(pages, index, end, true);
        missing += hole_end - index;
        index = hole_end;
    }
    return missing;
}

/* Fill the holes in [index, end). */
static int fill_holes(struct pagecache *pages, uint64_t index, uint64_t end)
{
    while ((index = pagecache_find(pages, index, end, false)) < end) {
        struct pagecache_run run;
        uint64_t             hole_end = pagecache_find(pages, index, end, true);
        int err = pagecache_get_write(pages, index, size_min(hole_end - index, 64), &run);
        if (err)
            return err;
        pagecache_put(&run);
    }
    return 0;
}

/* Whether there is room is known before the first page is taken. */
static int tmpfs_allocate(struct inode *inode, uint64_t off, uint64_t len)
{
    struct tmpfs *fs = tmpfs_of(inode);
    uint64_t      index = off >> PAGE_SHIFT, end = pages_for(off + len);
    uint64_t      room = fs->pages.limit - fs->pages.used;
    if (end - index > fs->pages.limit || count_missing(&inode->pages, index, end) > room)
        return -ENOSPC;
    return fill_holes(&inode->pages, index, end);
}

/* Zero bytes of one page, if it is there. */
static void zero_within(struct pagecache *pages, uint64_t off, size_t len)
{
    struct pagecache_run run;
    if (!len || pagecache_peek(pages, off >> PAGE_SHIFT, 1, &run))
        return;
    memset((char *)phys_ptr(run.pa) + (off & PAGE_MASK), 0, len);
    pagecache_put(&run);
}

static int tmpfs_punch(struct inode *inode, uint64_t off, uint64_t len)
{
    struct pagecache *pages = &inode->pages;
    uint64_t          end = off + len, first = pages_for(off), last = end >> PAGE_SHIFT;

    if (first > last) { /* both ends are within one page */
        zero_within(pages, off, len);
        return 0;
    }
    zero_within(pages, off, (first << PAGE_SHIFT) - off);
    zero_within(pages, last << PAGE_SHIFT, end & PAGE_MASK);
    pagecache_punch(pages, first, last - first);
    return 0;
}

static int64_t tmpfs_seek(struct inode *inode, uint64_t off, bool hole)
{
    uint64_t end = pages_for(inode->size);
    uint64_t index = pagecache_find(&inode->pages, off >> PAGE_SHIFT, end, !hole);

    if (index == end)
        return hole ? (int64_t)inode->size : -ENXIO;
    return (int64_t)size_max(off, index << PAGE_SHIFT);
}

static ssize_t tmpfs_readlink(struct inode *link, char *buf, size_t size)
{
    size_t len = size_min(link->size, size);

    memcpy(buf, node_of(link)->target, len);
    return (ssize_t)len;
}

/* --- ops ------------------------------------------------------------------------------------- */

static const struct inode_ops tmpfs_dir_ops = {
    .lookup = tmpfs_lookup,
    .parent = tmpfs_parent,
    .readdir = tmpfs_readdir,
    .create = tmpfs_create_inode,
    .link = tmpfs_link,
    .unlink = tmpfs_unlink,
    .rename = tmpfs_rename,
    .destroy = tmpfs_destroy_inode,
};

static const struct inode_ops tmpfs_file_ops = {
    .resize = tmpfs_resize,
    .allocate = tmpfs_allocate,
    .punch = tmpfs_punch,
    .seek = tmpfs_seek,
    .getattr = tmpfs_getattr,
    .destroy = tmpfs_destroy_inode,
};

static const struct inode_ops tmpfs_link_ops = {
    .readlink = tmpfs_readlink,
    .destroy = tmpfs_destroy_inode,
};

static const struct inode_ops tmpfs_node_ops = {.destroy = tmpfs_destroy_inode};

/* --- the file system ------------------------------------------------------------------------- */

static int tmpfs_statfs(struct fs *fs, struct vfs_statfs *out)
{
    struct tmpfs *tmpfs = container_of(fs, struct tmpfs, fs);
    size_t        used = tmpfs->pages.used;

    *out = (struct vfs_statfs){
        .type = TMPFS_MAGIC,
        .bsize = PAGE_SIZE,
        .blocks = tmpfs->pages.limit,
        .bfree = tmpfs->pages.limit - used,
        .bavail = tmpfs->pages.limit - used,
        .files = tmpfs->max_files,
        .ffree = tmpfs->max_files - tmpfs->nfiles,
        .fsid = fs->dev,
        .namelen = VFS_NAME_MAX,
    };
    return 0;
}

static const struct fs_ops tmpfs_fs_ops = {.statfs = tmpfs_statfs};

struct tmpfs_options tmpfs_defaults(uint32_t mode)
{
    struct frame_stats mem;
    frame_stats(&mem);

    return (struct tmpfs_options){mem.total / 2, mem.total / 2, mode};
}

/* Device numbers of file systems without a device have major number 0. */
static uint64_t next_dev(void)
{
    static atomic_uint minor = 32;

    return vfs_mkdev(0, atomic_fetch_add(&minor, 1));
}

int tmpfs_create(const struct tmpfs_options *opt, struct fs **out)
{
    struct vfs_new      spec = {.mode = S_IFDIR | opt->mode};
    struct tmpfs_inode *root;
    struct tmpfs       *fs = kzalloc(sizeof(*fs));
    if (!fs)
        return -ENOMEM;
    fs->fs.ops = &tmpfs_fs_ops;
    fs->fs.dev = next_dev();
    fs->pages.limit = opt->max_pages;
    fs->max_files = opt->max_files;
    mutex_init(&fs->lock);

    int err = node_new(fs, &spec, &root);
    if (err) {
        kfree(fs);
        return err;
    }
    root->inode.nlink = 2;
    root->parent = &root->inode;
    fs->fs.root = &root->inode;
    *out = &fs->fs;
    return 0;
}

/* Down to a directory whose entries are no directories, and up when it is empty. */
static void remove_everything(struct inode *root)
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

void tmpfs_destroy(struct fs *fs)
{
    struct tmpfs *tmpfs = container_of(fs, struct tmpfs, fs);

    remove_everything(fs->root);
    inode_put(fs->root);
    ASSERT(tmpfs->nfiles == 0 && tmpfs->pages.used == 0);
    kfree(tmpfs);
}
