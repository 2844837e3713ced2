/* SPDX-License-Identifier: Apache-2.0 */
/* vfs_mount.c - which trees hang where. A tree is mounted on a name of a directory, whether or not the
 * directory has that entry: an image needs no empty /dev. Mounts are few and stay.
 */
#include "fs/vfs_impl.h"
#include "kernel/heap.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

struct mount {
    TAILQ_ENTRY(mount) link;
    struct inode *dir; /* holds a reference */
    struct inode *root;
    size_t        len;
    char          name[VFS_NAME_MAX + 1];
};

static struct {
    struct mutex lock;
    /* lock protects: */
    TAILQ_HEAD(, mount) mounts; /* in the order in which they were made */
    struct inode *root;
} table = {
    .lock = MUTEX_INIT(table.lock),
    .mounts = TAILQ_HEAD_INITIALIZER(table.mounts),
};

void vfs_init(void)
{
    name_cache_init();
}

struct inode *vfs_root(void)
{
    return table.root;
}

void vfs_mount_root(struct fs *fs)
{
    ASSERT(!table.root);
    table.root = inode_get(fs->root);
}

/* --- mounting ------------------------------------------------------------------------------ */

static struct mount *table_find(const struct inode *dir, const char *name, size_t len)
{
    struct mount *m;

    TAILQ_FOREACH(m, &table.mounts, link)
        if (m->dir == dir && m->len == len && memcmp(m->name, name, len) == 0)
            return m;
    return NULL;
}

static struct mount *mount_new(struct inode *dir, const char *name, size_t len, struct fs *fs)
{
    struct mount *m = kzalloc(sizeof(*m));
    if (!m)
        return NULL;
    m->dir = inode_get(dir);
    m->root = inode_get(fs->root);
    m->len = len;
    memcpy(m->name, name, len);
    return m;
}

static void mount_insert(struct mount *m)
{
    TAILQ_INSERT_TAIL(&table.mounts, m, link);
    m->dir->nmounts++;
    m->root->mounted_as = m;
}

int vfs_mount(struct inode *dir, const char *name, struct fs *fs)
{
    size_t len = strlen(name);
    if (!inode_is_dir(dir))
        return -ENOTDIR;
    if (len > VFS_NAME_MAX)
        return -ENAMETOOLONG;

    struct mount *m = mount_new(dir, name, len, fs);
    if (!m)
        return -ENOMEM;
    mutex_lock(&table.lock);
    bool busy = table_find(dir, name, len) || fs->root->mounted_as;
    if (!busy)
        mount_insert(m);
    mutex_unlock(&table.lock);
    if (!busy)
        return 0;
    inode_put(m->dir);
    inode_put(m->root);
    kfree(m);
    return -EBUSY;
}

int vfs_unmount(struct fs *fs)
{
    mutex_lock(&table.lock);
    struct mount *m = fs->root->mounted_as;
    if (m) {
        TAILQ_REMOVE(&table.mounts, m, link);
        m->dir->nmounts--;
        m->root->mounted_as = NULL;
    }
    mutex_unlock(&table.lock);
    if (!m)
        return -EINVAL;
    inode_put(m->dir);
    inode_put(m->root);
    kfree(m);
    return 0;
}

void vfs_unmount_root(void)
{
    ASSERT(TAILQ_EMPTY(&table.mounts));
    name_cache_drop();
    file_cache_drop();
    inode_put(table.root);
    table.root = NULL;
}

/* --- asking -------------------------------------------------------------------------------- */

struct inode *mount_lookup(struct inode *dir, const char *name, size_t len)
{
    if (dir->nmounts == 0) /* mounts are made at boot: a walk at that time may miss one */
        return NULL;

    mutex_lock(&table.lock);
    struct mount *m = table_find(dir, name, len);
    struct inode *root = m ? inode_get(m->root) : NULL;
    mutex_unlock(&table.lock);
    return root;
}

bool mount_point(const struct inode *root, struct inode **dir, char name[VFS_NAME_MAX + 1])
{
    if (!root->mounted_as)
        return false;

    mutex_lock(&table.lock);
    struct mount *m = root->mounted_as;
    if (m) {
        *dir = inode_get(m->dir);
        if (name)
            memcpy(name, m->name, m->len + 1);
    }
    mutex_unlock(&table.lock);
    return m != NULL;
}

/* The n-th mount, its directory and its root with references. False: there are not that many. */
static bool get_mount(unsigned n, struct inode **dir, struct inode **root,
                      char name[VFS_NAME_MAX + 1])
{
    struct mount *m;

    mutex_lock(&table.lock);
    TAILQ_FOREACH(m, &table.mounts, link)
        if (n-- == 0)
            break;
    if (m) {
        *dir = inode_get(m->dir);
        *root = inode_get(m->root);
        memcpy(name, m->name, m->len + 1);
    }
    mutex_unlock(&table.lock);
    return m;
}

int vfs_mount_at(unsigned n, struct fs **fs, struct inode **dir, char *path, size_t size)
{
    char          name[VFS_NAME_MAX + 1];
    struct inode *root;

    if (n == 0) {
        *fs = table.root->fs;
        *dir = NULL;
        strlcpy(path, "/", size);
        return 0;
    }
    if (!get_mount(n - 1, dir, &root, name))
        return -ENOENT;
    *fs = root->fs;
    if (vfs_dir_path(root, path, size) < 0)
        strlcpy(path, name, size);
    inode_put(root);
    return 0;
}

/* The n-th name mounted in dir, with its root. */
static struct inode *nth_mount(const struct inode *dir, uint64_t n, char name[VFS_NAME_MAX + 1])
{
    struct inode *root = NULL;
    struct mount *m;

    mutex_lock(&table.lock);
    TAILQ_FOREACH(m, &table.mounts, link)
        if (m->dir == dir && n-- == 0)
            break;
    if (m) {
        root = inode_get(m->root);
        memcpy(name, m->name, m->len + 1);
    }
    mutex_unlock(&table.lock);
    return root;
}

/* Does dir itself have the name? Then it was listed already. */
static bool has_entry(struct inode *dir, const char *name)
{
    struct inode *inode;

    if (name_lookup(dir, name, strlen(name), &inode))
        return false;
    inode_put(inode);
    return true;
}

int mount_readdir(struct inode *dir, uint64_t *pos, struct dir_sink *sink)
{
    char          name[VFS_NAME_MAX + 1];
    struct inode *root;

    while ((root = nth_mount(dir, *pos & ~MOUNT_POS, name))) {
        bool taken = has_entry(dir, name) ||
                     sink->emit(sink, name, strlen(name), root->ino, DT_DIR, *pos + 1);
        inode_put(root);
        if (!taken)
            break;
        ++*pos;
    }
    return 0;
}

void vfs_drop_names(void)
{
    struct fs *fs = vfs_root()->fs;

    name_cache_drop();
    if (fs->ops->forget)
        fs->ops->forget(fs);
}
