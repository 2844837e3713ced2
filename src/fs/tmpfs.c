/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs.c - a file system in memory: inodes, contents, limits. See tmpfs.h; directories are in
 * tmpfs_dir.c. Locks: the VFS holds those of the inodes that an op is about.
 */
#include "fs/tmpfs.h"

#include "fs/tmpfs_impl.h"
#include "fs/xattr.h"
#include "kernel/frame.h"
#include "kernel/heap.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "machine/layout.h"

/* What programs see of Linux's tmpfs: */
#define TARGET_SHORT     128u /* the text of a link with its NUL; a longer one takes a page */
#define SECTORS_PER_PAGE (PAGE_SIZE / 512)

/* --- inodes ---------------------------------------------------------------------------------- */

int tmpfs_take_file(struct tmpfs *fs, uint64_t *ino)
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

void tmpfs_give_file(struct tmpfs *fs)
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

    xattr_free_all(&node->inode);
    if (inode_is_link(&node->inode))
        free_target(fs, node->target);
    else
        kfree(node->target);
    tmpfs_give_file(fs);
    kfree(node);
    return parent;
}

/* In a loop, since a chain of removed directories may be long. */
void tmpfs_destroy_inode(struct inode *inode)
{
    do {
        inode = node_free(node_of(inode));
    } while (inode && inode_put_last(inode));
}

static const struct inode_ops tmpfs_file_ops, tmpfs_link_ops, tmpfs_node_ops;

static const struct pagecache_ops tmpfs_pages = {
    .acquire = inode_pages_acquire,
    .release = inode_pages_release,
    .describe = inode_pages_describe,
    .identify = inode_pages_identify,
};

/* What is particular to a kind of file. -ENOMEM, -ENOSPC (the text of a link). */
static int set_kind(struct tmpfs_inode *node, const struct vfs_new *spec)
{
    struct inode *inode = &node->inode;

    switch (spec->mode & S_IFMT) {
    case S_IFDIR:
        inode->ops = &tmpfs_dir_ops;
        inode->size = 2 * TMPFS_ENTRY_SIZE;
        return 0;
    case S_IFREG:
        inode->ops = &tmpfs_file_ops;
        pagecache_init(&inode->pages, &tmpfs_pages, 0);
        inode->pages.quota = &tmpfs_of(inode)->pages;
        inode->seals = F_SEAL_SEAL;
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

int tmpfs_node_new(struct tmpfs *fs, const struct vfs_new *spec, struct tmpfs_inode **out)
{
    uint64_t            ino;
    struct tmpfs_inode *node = kzalloc(sizeof(*node));
    int                 err = !node ? -ENOMEM : tmpfs_take_file(fs, &ino);
    if (err) {
        kfree(node);
        return err;
    }
    init_node(node, fs, ino, spec);
    err = set_kind(node, spec);
    if (err) {
        tmpfs_give_file(fs);
        kfree(node);
        return err;
    }
    *out = node;
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

static const struct fs_ops tmpfs_fs_ops = {.type = "tmpfs", .statfs = tmpfs_statfs};

bool tmpfs_is(const struct fs *fs)
{
    return fs->ops == &tmpfs_fs_ops;
}

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
    fs->fs.has_xattrs = true;
    fs->fs.xattr_quota = &fs->pages;
    fs->max_files = opt->max_files;
    mutex_init(&fs->lock);

    int err = tmpfs_node_new(fs, &spec, &root);
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

void tmpfs_destroy(struct fs *fs)
{
    struct tmpfs *tmpfs = container_of(fs, struct tmpfs, fs);

    tmpfs_remove_all(fs->root);
    inode_put(fs->root);
    ASSERT(tmpfs->nfiles == 0 && tmpfs->pages.used == 0);
    kfree(tmpfs);
}
