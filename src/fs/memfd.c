/* SPDX-License-Identifier: Apache-2.0 */
/* memfd.c - see memfd.h. The files live in a tmpfs that is mounted nowhere. What seals forbid is refused
 * where it is done: vfs_file.c, vfs_attr.c, vfs_regular.c, and where files are mapped. */
#include "fs/memfd.h"

#include "fs/tmpfs.h"
#include "fs/tmpfs_impl.h"
#include "kernel/frame.h"
#include "kernel/heap.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"

static struct mutex tree_lock = MUTEX_INIT(tree_lock);
static struct fs   *tree; /* NULL: not needed so far; under tree_lock */

/* As much as there is memory for. */
static int get_tree(struct fs **out)
{
    struct frame_stats mem;
    frame_stats(&mem);
    struct tmpfs_options opt = {mem.total, SIZE_MAX, 01777};

    mutex_lock(&tree_lock);
    int err = tree ? 0 : tmpfs_create(&opt, &tree);
    *out = tree;
    mutex_unlock(&tree_lock);
    return err;
}

/* A mapping shows itself with the name that the file was given. */
static void describe(struct pagecache *pages, char *buf, size_t size)
{
    struct inode *inode = container_of(pages, struct inode, pages);
    fmt_snprintf(buf, size, "/memfd:%s (deleted)", node_of(inode)->target);
}

static const struct pagecache_ops memfd_pages = {
    .acquire = inode_pages_acquire,
    .release = inode_pages_release,
    .describe = describe,
    .identify = inode_pages_identify,
};

static int new_inode(const char *name, unsigned mode, unsigned seals, struct inode **out)
{
    struct vfs_new      spec = {.mode = S_IFREG | mode};
    struct tmpfs_inode *node;
    struct fs          *fs;

    char *own = kstrdup(name);
    int   err = own ? get_tree(&fs) : -ENOMEM;
    if (!err)
        err = tmpfs_node_new(container_of(fs, struct tmpfs, fs), &spec, &node);
    if (err) {
        kfree(own);
        return err;
    }
    node->target = own;
    node->inode.seals = (uint8_t)seals;
    node->inode.pages.ops = &memfd_pages; /* nobody has seen it */
    *out = &node->inode;
    return 0;
}

/* A descriptor's link in /proc shows it by the same name. */
static void set_place(struct inode *inode, const char *name)
{
    char text[VFS_NAME_MAX + 1];

    size_t len = fmt_snprintf(text, sizeof(text), "memfd:%s", name);
    inode_set_place(inode, NULL, text, size_min(len, VFS_NAME_MAX));
}

int memfd_create(const char *name, unsigned mode, unsigned seals, struct file **out)
{
    struct inode *inode;
    int           err = new_inode(name, mode, seals, &inode);
    if (err)
        return err;
    set_place(inode, name);
    err = vfs_open_inode(inode, O_RDWR | O_LARGEFILE, out);
    inode_put(inode);
    return err;
}

/* --- seals --------------------------------------------------------------------------------- */

#define SEALS_ALL \
    (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE | F_SEAL_EXEC)

struct mutex memfd_seal_lock = MUTEX_INIT(memfd_seal_lock);

bool memfd_has_seals(const struct file *f)
{
    return f->inode && inode_is_regular(f->inode) && tmpfs_is(f->inode->fs);
}

int memfd_get_seals(const struct file *f)
{
    return memfd_has_seals(f) ? f->inode->seals : -EINVAL;
}

static int add_seals(struct inode *inode, unsigned seals,
                     bool (*is_mapped_writable)(const struct inode *inode))
{
    if (inode->seals & F_SEAL_SEAL)
        return -EPERM;
    if (seals & ~inode->seals & F_SEAL_WRITE && is_mapped_writable(inode))
        return -EBUSY;
    /* What can be executed and is to stay so is not to become something else. */
    if (seals & F_SEAL_EXEC && inode->mode & 0111)
        seals |= F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
    inode->seals |= (uint8_t)seals;
    return 0;
}

int memfd_add_seals(struct file *f, unsigned seals,
                    bool (*is_mapped_writable)(const struct inode *inode))
{
    if (!file_writable(f))
        return -EPERM;
    if (seals & ~SEALS_ALL || !memfd_has_seals(f))
        return -EINVAL;
    mutex_lock(&memfd_seal_lock);
    mutex_lock(&f->inode->lock);
    int err = add_seals(f->inode, seals, is_mapped_writable);
    mutex_unlock(&f->inode->lock);
    mutex_unlock(&memfd_seal_lock);
    return err;
}
