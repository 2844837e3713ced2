/* SPDX-License-Identifier: Apache-2.0 */
/* dev.c - /dev: the table of devices, their inodes, and the memory devices themselves.
 *
 * Numbers are Linux's (admin-guide/devices), since programs compare st_rdev.
 */
#include "fs/dev.h"

#include "fs/tty.h"
#include "kernel/heap.h"
#include "kernel/random.h"
#include "kernel/time.h"
#include "lib/errno.h"
#include "lib/string.h"

#define CHUNK 256u

/* The devices have no positions, but seeking is not refused. */
static int64_t stay_at_start(struct file *f, int64_t offset, unsigned whence)
{
    (void)f;
    (void)offset;
    (void)whence;
    return 0;
}

/* --- null, zero, full ------------------------------------------------------------------------- */

static ssize_t null_read(struct file *f, struct iobuf *iob, uint64_t pos)
{
    (void)f;
    (void)iob;
    (void)pos;
    return 0;
}

/* Everything is taken; the bytes are not even looked at. */
static ssize_t null_write(struct file *f, struct iobuf *iob, uint64_t pos)
{
    (void)f;
    (void)pos;
    size_t len = iob->left;
    iob->left = 0;
    return (ssize_t)len;
}

static ssize_t zero_read(struct file *f, struct iobuf *iob, uint64_t pos)
{
    (void)f;
    (void)pos;
    return iobuf_put_zeros(iob, iob->left);
}

static int zero_mmap(struct file *f, struct pagecache **pages)
{
    (void)f;
    *pages = NULL;
    return 0;
}

static ssize_t full_write(struct file *f, struct iobuf *iob, uint64_t pos)
{
    (void)f;
    (void)iob;
    (void)pos;
    return -ENOSPC;
}

static const struct file_ops null_ops = {
    .read = null_read, .write = null_write, .seek = stay_at_start};
static const struct file_ops zero_ops = {
    .read = zero_read,
    .write = null_write,
    .seek = stay_at_start,
    .mmap = zero_mmap,
};
static const struct file_ops full_ops = {
    .read = zero_read, .write = full_write, .seek = stay_at_start};

/* --- random ----------------------------------------------------------------------------------- */

static ssize_t random_read(struct file *f, struct iobuf *iob, uint64_t pos)
{
    uint8_t chunk[CHUNK];
    ssize_t done = 0;
    (void)f;
    (void)pos;

    random_refresh();
    while (iob->left) {
        size_t part = size_min(iob->left, CHUNK);
        random_fill(chunk, part);
        ssize_t moved = iobuf_put(iob, chunk, part);
        if (moved < 0)
            return done ? done : moved;
        done += moved;
        if ((size_t)moved < part)
            break;
    }
    memset(chunk, 0, sizeof(chunk));
    return done;
}

/* What a program writes is mixed in, as on Linux, and believed to carry no entropy. */
static ssize_t random_write(struct file *f, struct iobuf *iob, uint64_t pos)
{
    uint8_t chunk[CHUNK];
    ssize_t done = 0;
    (void)f;
    (void)pos;

    while (iob->left) {
        ssize_t taken = iobuf_take(iob, chunk, CHUNK);
        if (taken < 0)
            return done ? done : taken;
        random_mix(chunk, (size_t)taken);
        done += taken;
        if (taken == 0)
            break;
    }
    return done;
}

static const struct file_ops random_ops = {
    .read = random_read, .write = random_write, .seek = stay_at_start};

/* --- the table -------------------------------------------------------------------------------- */

struct dev_entry {
    const char            *name;
    uint32_t               mode;
    uint32_t               major, minor;
    const struct file_ops *ops;
    bool                   seekable;
    const char            *target; /* of links */
};

/* The standard streams are the console, where all three lead when a program starts. */
static const struct dev_entry entries[] = {
    {"null", S_IFCHR | 0666, 1, 3, &null_ops, true, NULL},
    {"zero", S_IFCHR | 0666, 1, 5, &zero_ops, true, NULL},
    {"full", S_IFCHR | 0666, 1, 7, &full_ops, true, NULL},
    {"random", S_IFCHR | 0666, 1, 8, &random_ops, true, NULL},
    {"urandom", S_IFCHR | 0666, 1, 9, &random_ops, true, NULL},
    {"kmsg", S_IFCHR | 0644, 1, 11, &kmsg_file_ops, false, NULL},
    {"tty", S_IFCHR | 0666, 5, 0, &tty_file_ops, false, NULL},
    {"console", S_IFCHR | 0600, 5, 1, &tty_file_ops, false, NULL},
    {"stdin", S_IFLNK | 0777, 0, 0, NULL, false, "console"},
    {"stdout", S_IFLNK | 0777, 0, 0, NULL, false, "console"},
    {"stderr", S_IFLNK | 0777, 0, 0, NULL, false, "console"},
};

#define NENTRIES  ARRAY_LEN(entries)
#define ROOT_INO  1u
#define FIRST_INO 2u /* of entries[0] */

int dev_open(struct file *f)
{
    for (size_t i = 0; i < NENTRIES; i++) {
        const struct dev_entry *e = &entries[i];
        if (e->ops && vfs_mkdev(e->major, e->minor) == f->inode->rdev) {
            if (!strcmp(e->name, "tty") && !tty_is_controlling())
                return -ENXIO;
            f->ops = e->ops;
            f->seekable = e->seekable;
            return 0;
        }
    }
    return -ENXIO;
}

/* --- the file system -------------------------------------------------------------------------- */

struct dev_fs {
    struct fs    fs;
    struct inode root;
    struct inode inodes[NENTRIES]; /* in the order of entries */
};

static struct dev_fs *dev_fs_of(const struct inode *inode)
{
    return container_of(inode->fs, struct dev_fs, fs);
}

static int dev_lookup(struct inode *dir, const char *name, size_t len, struct inode **out)
{
    for (size_t i = 0; i < NENTRIES; i++)
        if (strlen(entries[i].name) == len && memcmp(entries[i].name, name, len) == 0) {
            *out = inode_get(&dev_fs_of(dir)->inodes[i]);
            return 0;
        }
    return -ENOENT;
}

static int dev_parent(struct inode *dir, struct inode **out)
{
    *out = inode_get(dir); /* the only directory */
    return 0;
}

static const char *entry_name(uint64_t pos)
{
    if (pos < 2)
        return pos == 0 ? "." : "..";
    return entries[pos - 2].name;
}

/* Positions: ".", "..", then the table. */
static int dev_readdir(struct inode *dir, uint64_t *pos, struct dir_sink *sink)
{
    const struct dev_fs *fs = dev_fs_of(dir);

    for (; *pos < NENTRIES + 2; ++*pos) {
        const struct inode *inode = *pos < 2 ? dir : &fs->inodes[*pos - 2];
        const char         *name = entry_name(*pos);
        unsigned            type = (inode->mode & S_IFMT) >> 12; /* DT_* is S_IF* without zeros */
        if (!sink->emit(sink, name, strlen(name), inode->ino, type, *pos + 1))
            break;
    }
    return 0;
}

static ssize_t dev_readlink(struct inode *link, char *buf, size_t size)
{
    const char *target = entries[link->ino - FIRST_INO].target;
    size_t      len = size_min(strlen(target), size);

    memcpy(buf, target, len);
    return (ssize_t)len;
}

/* The inodes are part of the file system and go with it; only its root is counted. */
static void dev_destroy(struct inode *inode)
{
    struct dev_fs *fs = dev_fs_of(inode);
    if (inode->ino != ROOT_INO)
        return;
    for (size_t i = 0; i < NENTRIES; i++)
        kfree(fs->inodes[i].place_name);
    kfree(fs);
}

static const struct inode_ops dev_dir_ops = {
    .lookup = dev_lookup,
    .parent = dev_parent,
    .readdir = dev_readdir,
    .destroy = dev_destroy,
};
static const struct inode_ops dev_node_ops = {.readlink = dev_readlink, .destroy = dev_destroy};

static int dev_statfs(struct fs *fs, struct vfs_statfs *out)
{
    (void)fs;
    *out = (struct vfs_statfs){.type = TMPFS_MAGIC, .bsize = PAGE_SIZE, .namelen = VFS_NAME_MAX};
    return 0;
}

static const struct fs_ops dev_fs_ops = {.type = "tmpfs", .statfs = dev_statfs};

static void init_times(struct inode *inode)
{
    uint64_t now = time_wall_ns();

    inode->atime = (struct vfs_time){(int64_t)(now / 1000000000), (uint32_t)(now % 1000000000)};
    inode->mtime = inode->ctime = inode->atime;
}

static void init_entry(struct dev_fs *fs, size_t i)
{
    const struct dev_entry *e = &entries[i];
    struct inode           *inode = &fs->inodes[i];

    inode_init(inode, &fs->fs, FIRST_INO + i);
    inode->ops = &dev_node_ops;
    inode->mode = e->mode;
    inode->nlink = 1;
    inode->rdev = vfs_mkdev(e->major, e->minor);
    inode->size = e->target ? strlen(e->target) : 0;
    init_times(inode);
}

int dev_fs_create(struct fs **out)
{
    struct dev_fs *fs = kzalloc(sizeof(*fs));
    if (!fs)
        return -ENOMEM;
    fs->fs.ops = &dev_fs_ops;
    fs->fs.dev = vfs_mkdev(0, 5);
    fs->fs.read_only = true;

    inode_init(&fs->root, &fs->fs, ROOT_INO);
    fs->root.ops = &dev_dir_ops;
    fs->root.mode = S_IFDIR | 0755;
    fs->root.nlink = 3;                      /* memory is mounted on shm */
    fs->root.size = 20 * (NENTRIES + 2 + 1); /* as tmpfs counts entries; shm is one, too */
    init_times(&fs->root);
    for (size_t i = 0; i < NENTRIES; i++)
        init_entry(fs, i);
    fs->fs.root = &fs->root;
    *out = &fs->fs;
    return 0;
}
