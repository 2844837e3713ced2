/* SPDX-License-Identifier: Apache-2.0 */
/* pseudo.c - see pseudo.h: inodes and open files.
 *
 * An inode is made each time that a name is looked up, and lives as long as somebody uses it. It keeps
 * the directory above it. The same name always has the same inode number, a hash of the path.
 */
#include "fs/pseudo.h"

#include "kernel/heap.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define ROOT_INO  1u
#define STORE_MAX (PAGE_SIZE - 1)

struct pseudo_fs {
    struct fs     fs;
    struct fs_ops ops;
    uint32_t      magic;
};

struct pseudo_inode {
    struct inode               inode;
    const struct pseudo_entry *entry;
    uint64_t                   key;
    struct inode              *parent; /* holds a reference; NULL: this is the root */
};

static struct pseudo_inode *pseudo_of(const struct inode *inode)
{
    return container_of(inode, struct pseudo_inode, inode);
}

static const struct inode_ops file_ops, dir_ops, link_ops, jump_ops;

/* --- inodes ------------------------------------------------------------------------------------ */

/* FNV-1a over the number of the directory and the name. */
static uint64_t ino_of(const struct inode *dir, const char *name, size_t len)
{
    uint64_t hash = 0xcbf29ce484222325ul ^ dir->ino;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (uint8_t)name[i]) * 0x100000001b3ul;
    return hash >> 1 | 1ul << 32; /* not ROOT_INO, and positive */
}

static const struct inode_ops *ops_of(const struct pseudo_entry *e)
{
    switch (e->mode & S_IFMT) {
    case S_IFDIR:
        return &dir_ops;
    case S_IFLNK:
        return e->follow ? &jump_ops : &link_ops;
    default:
        return &file_ops;
    }
}

/* A directory has one for its name, one for its ".", and one for the ".." of each below. */
static uint32_t links_of(const struct pseudo_entry *e)
{
    uint32_t n = 2;
    if ((e->mode & S_IFMT) != S_IFDIR)
        return 1;
    for (const struct pseudo_entry *below = e->entries; below && below->name; below++)
        n += (below->mode & S_IFMT) == S_IFDIR;
    return n;
}

static struct pseudo_inode *inode_new(struct fs *fs, const struct pseudo_entry *e, uint64_t key,
                                      uint64_t ino)
{
    struct pseudo_inode *node = kzalloc(sizeof(*node));
    if (!node)
        return NULL;

    struct inode *inode = &node->inode;
    inode_init(inode, fs, ino);
    node->entry = e;
    node->key = key;
    inode->ops = ops_of(e);
    inode->mode = e->permissions ? (e->mode & S_IFMT) | e->permissions(key) : e->mode;
    inode->nlink = links_of(e);
    inode->size = e->size;
    inode->atime = inode->mtime = inode->ctime = vfs_now();
    return node;
}

/* The chain above is as long as a path has names. */
static void pseudo_destroy(struct inode *inode)
{
    struct pseudo_inode *node = pseudo_of(inode);
    struct inode        *parent = node->parent;

    if (!parent)
        kfree(container_of(inode->fs, struct pseudo_fs, fs));
    kfree(node);
    inode_put(parent);
}

/* --- names ------------------------------------------------------------------------------------- */

/* The number that a name is: digits without a leading zero. */
static bool parse_number(const char *name, size_t len, uint64_t *out)
{
    uint64_t n = 0;
    if (len == 0 || len > 10 || (len > 1 && name[0] == '0'))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (name[i] < '0' || name[i] > '9')
            return false;
        n = n * 10 + (uint64_t)(name[i] - '0');
    }
    *out = n;
    return true;
}

static const char *prefix_of(const struct pseudo_numbers *numbers)
{
    return numbers->prefix ? numbers->prefix : "";
}

/* The number that name stands for in dir. */
static bool find_number(const struct pseudo_inode *dir, const char *name, size_t len, uint64_t *n)
{
    const struct pseudo_numbers *numbers = dir->entry->numbers;
    size_t                       skip = numbers ? strlen(prefix_of(numbers)) : 0;

    if (!numbers || len < skip || memcmp(name, prefix_of(numbers), skip) ||
        !parse_number(name + skip, len - skip, n))
        return false;
    uint64_t found = *n;
    return numbers->next(dir->key, &found) && found == *n;
}

/* What name in dir is, and its key. NULL: there is no such name. */
static const struct pseudo_entry *find(const struct pseudo_inode *dir, const char *name, size_t len,
                                       uint64_t *key)
{
    uint64_t n;

    *key = dir->key;
    for (const struct pseudo_entry *e = dir->entry->entries; e && e->name; e++)
        if (strlen(e->name) == len && memcmp(e->name, name, len) == 0)
            return e;
    if (!find_number(dir, name, len, &n))
        return NULL;
    *key = n;
    return dir->entry->numbers->entry;
}

static int pseudo_lookup(struct inode *dir, const char *name, size_t len, struct inode **out)
{
    uint64_t                   key;
    const struct pseudo_entry *e = find(pseudo_of(dir), name, len, &key);
    if (!e)
        return -ENOENT;

    struct pseudo_inode *node = inode_new(dir->fs, e, key, ino_of(dir, name, len));
    if (!node)
        return -ENOMEM;
    node->parent = inode_get(dir);
    *out = &node->inode;
    return 0;
}

static int pseudo_parent(struct inode *dir, struct inode **out)
{
    struct inode *parent = pseudo_of(dir)->parent;

    *out = inode_get(parent ? parent : dir);
    return 0;
}

/* No name can be made here, nor one be given to a file: there is nothing that it could be. */
static int pseudo_new_name(struct inode *dir, const struct vfs_name *name,
                           const struct vfs_new *spec, struct inode **out)
{
    (void)dir;
    (void)name;
    (void)spec;
    (void)out;
    return -ENOENT;
}

static int pseudo_rename(const struct vfs_rename *r)
{
    return r->target ? -EPERM : -ENOENT;
}

/* --- listing ----------------------------------------------------------------------------------- */

#define FIRST_ENTRY 2u                  /* positions: ".", "..", the entries, */
#define NUMBERS     ((uint64_t)1 << 32) /* and from here on the numbers */

static bool emit(struct inode *dir, struct dir_sink *sink, const char *name, uint32_t mode,
                 uint64_t next)
{
    size_t len = strlen(name);

    return sink->emit(sink, name, len, ino_of(dir, name, len), (mode & S_IFMT) >> 12, next);
}

/* "." and "..". */
static bool emit_dots(struct inode *dir, uint64_t *pos, struct dir_sink *sink)
{
    struct inode *parent = pseudo_of(dir)->parent;

    for (; *pos < FIRST_ENTRY; ++*pos) {
        const struct inode *inode = *pos && parent ? parent : dir;
        if (!sink->emit(sink, "..", *pos + 1, inode->ino, DT_DIR, *pos + 1))
            return false;
    }
    return true;
}

static bool emit_entries(struct inode *dir, uint64_t *pos, struct dir_sink *sink)
{
    const struct pseudo_entry *e = pseudo_of(dir)->entry->entries;

    for (uint64_t i = 0; e && e->name; i++, e++) {
        if (*pos != FIRST_ENTRY + i)
            continue;
        if (!emit(dir, sink, e->name, e->mode, *pos + 1))
            return false;
        ++*pos;
    }
    return true;
}

static void emit_numbers(struct inode *dir, uint64_t *pos, struct dir_sink *sink)
{
    const struct pseudo_inode   *node = pseudo_of(dir);
    const struct pseudo_numbers *numbers = node->entry->numbers;
    char                         name[32];

    for (uint64_t n = *pos - NUMBERS; numbers->next(node->key, &n); n++) {
        fmt_snprintf(name, sizeof(name), "%s%lu", prefix_of(numbers), (unsigned long)n);
        if (!emit(dir, sink, name, numbers->entry->mode, NUMBERS + n + 1))
            return;
        *pos = NUMBERS + n + 1;
    }
}

static int pseudo_readdir(struct inode *dir, uint64_t *pos, struct dir_sink *sink)
{
    if (*pos < NUMBERS && (!emit_dots(dir, pos, sink) || !emit_entries(dir, pos, sink)))
        return 0;
    if (!pseudo_of(dir)->entry->numbers)
        return 0;
    if (*pos < NUMBERS)
        *pos = NUMBERS;
    emit_numbers(dir, pos, sink);
    return 0;
}

/* --- files ------------------------------------------------------------------------------------- */

/* file->private of an open one. */
struct reader {
    struct mutex lock;
    /* lock protects: */
    struct pseudo_text text;
    bool               made;
};

/* Write the text, in place of the one that was there. */
static int make(struct reader *r, const struct pseudo_inode *node)
{
    pseudo_text_clear(&r->text);
    int err = node->entry->show(&r->text, node->key);
    if (!err && r->text.failed)
        err = -ENOMEM;
    r->made = !err;
    return err;
}

static ssize_t text_read(struct file *f, struct iobuf *iob, uint64_t pos)
{
    struct pseudo_inode *node = pseudo_of(f->inode);
    struct reader       *r = f->private;
    ssize_t              n = 0;
    if (!node->entry->show)
        return -EINVAL;
    if (!iob->left)
        return 0;

    mutex_lock(&r->lock);
    int err = pos && r->made ? 0 : make(r, node);
    if (!err && pos < r->text.len)
        n = iobuf_put(iob, r->text.bytes + pos, r->text.len - (size_t)pos);
    mutex_unlock(&r->lock);
    return err ? err : n;
}

static int store(const struct pseudo_inode *node, struct iobuf *iob, char *buf, size_t *len)
{
    ssize_t n = iobuf_take(iob, buf, STORE_MAX);
    if (n < 0)
        return (int)n;
    buf[n] = 0;
    *len = (size_t)n;
    return node->entry->store(buf, *len, node->key);
}

static ssize_t text_write(struct file *f, struct iobuf *iob, uint64_t pos)
{
    struct pseudo_inode *node = pseudo_of(f->inode);
    size_t               len = 0;
    (void)pos;
    if (!node->entry->store)
        return node->entry->no_write ? node->entry->no_write : -EINVAL;

    char *buf = kmalloc(STORE_MAX + 1);
    if (!buf)
        return -ENOMEM;
    int err = store(node, iob, buf, &len);
    kfree(buf);
    return err ? err : (ssize_t)len;
}

/* The end is not known before the text is made. */
static int64_t text_seek(struct file *f, int64_t offset, unsigned whence)
{
    int64_t target;
    if (whence != SEEK_SET && whence != SEEK_CUR)
        return -EINVAL;

    mutex_lock(&f->lock);
    bool wraps = __builtin_add_overflow(offset, whence == SEEK_CUR ? (int64_t)f->pos : 0, &target);
    if (wraps || target < 0)
        target = -EINVAL;
    else
        f->pos = (uint64_t)target;
    mutex_unlock(&f->lock);
    return target;
}

static void text_release(struct file *f)
{
    struct reader *r = f->private;

    pseudo_text_clear(&r->text);
    kfree(r);
}

static const struct file_ops text_ops = {
    .read = text_read,
    .write = text_write,
    .seek = text_seek,
    .release = text_release,
};

static int text_open(struct inode *inode, struct file *f)
{
    const struct pseudo_entry *e = pseudo_of(inode)->entry;
    if (file_writable(f) && e->no_open)
        return e->no_open;

    struct reader *r = kzalloc(sizeof(*r));
    if (!r)
        return -ENOMEM;
    mutex_init(&r->lock);
    f->private = r;
    f->ops = &text_ops;
    return 0;
}

/* --- links ------------------------------------------------------------------------------------- */

static ssize_t link_read(struct inode *link, char *buf, size_t size)
{
    struct pseudo_inode *node = pseudo_of(link);
    struct pseudo_text   t = {0};

    ssize_t n = node->entry->text(&t, node->key);
    if (!n && t.failed)
        n = -ENOMEM;
    if (!n) {
        n = (ssize_t)size_min(t.len, size);
        memcpy(buf, t.bytes, (size_t)n);
    }
    pseudo_text_clear(&t);
    return n;
}

/* What a path reaches where a link leads to an open file that has no inode. */
struct stand_in {
    struct inode inode;
    /* inode.lock protects: */
    struct file    *file; /* holds a reference; NULL: let go */
    struct vfs_attr was;  /* what was told of it then */
};

static struct stand_in *stand_in_of(const struct inode *inode)
{
    return container_of(inode, struct stand_in, inode);
}

static void stand_in_getattr(struct inode *inode, struct vfs_attr *attr)
{
    struct stand_in *s = stand_in_of(inode);

    if (s->file)
        file_stat(s->file, attr);
    else
        *attr = s->was;
}

/* With a reference; NULL: it was let go. */
static struct file *stand_in_file(struct stand_in *s)
{
    mutex_lock(&s->inode.lock);
    struct file *file = s->file ? file_get(s->file) : NULL;
    mutex_unlock(&s->inode.lock);
    return file;
}

/* f then has no inode, as what it is has none: the stand-in would keep the file that it was opened by. */
static int stand_in_open(struct inode *inode, struct file *f)
{
    struct file *of = stand_in_file(stand_in_of(inode));
    int          err = of && of->ops->reopen ? of->ops->reopen(of, f) : -ENXIO;

    file_put(of);
    if (!err) {
        inode_put(f->inode);
        f->inode = NULL;
    }
    return err;
}

static void stand_in_destroy(struct inode *inode)
{
    file_put(stand_in_of(inode)->file);
    kfree(stand_in_of(inode));
}

static const struct inode_ops stand_in_ops = {
    .getattr = stand_in_getattr,
    .open = stand_in_open,
    .destroy = stand_in_destroy,
};

void pseudo_let_go(struct inode *inode)
{
    struct stand_in *s = stand_in_of(inode);

    if (inode->ops != &stand_in_ops)
        return;
    mutex_lock(&inode->lock);
    struct file *file = s->file;
    if (file)
        file_stat(file, &s->was);
    s->file = NULL;
    mutex_unlock(&inode->lock);
    file_put(file);
}

/* Takes the reference on file over. */
static int stand_in_new(struct fs *fs, struct file *file, struct inode **out)
{
    struct vfs_attr  attr;
    struct stand_in *s = kzalloc(sizeof(*s));
    if (!s) {
        file_put(file);
        return -ENOMEM;
    }
    file_stat(file, &attr);
    inode_init(&s->inode, fs, attr.ino);
    s->inode.ops = &stand_in_ops;
    s->inode.mode = attr.mode;
    s->inode.nlink = 1;
    s->file = file;
    *out = &s->inode;
    return 0;
}

static int link_follow(struct inode *link, struct inode **out)
{
    struct pseudo_inode *node = pseudo_of(link);
    struct pseudo_target to = {0};

    int err = node->entry->follow(node->key, &to);
    if (err)
        return err;
    if (to.file)
        return stand_in_new(link->fs, to.file, out);
    *out = to.inode;
    return 0;
}

/* --- the file system ----------------------------------------------------------------------------- */

static const struct inode_ops file_ops = {.open = text_open, .destroy = pseudo_destroy};
static const struct inode_ops link_ops = {.readlink = link_read, .destroy = pseudo_destroy};
static const struct inode_ops jump_ops = {
    .readlink = link_read,
    .follow = link_follow,
    .destroy = pseudo_destroy,
};
static const struct inode_ops dir_ops = {
    .lookup = pseudo_lookup,
    .parent = pseudo_parent,
    .readdir = pseudo_readdir,
    .create = pseudo_new_name,
    .rename = pseudo_rename,
    .destroy = pseudo_destroy,
};

static int pseudo_statfs(struct fs *fs, struct vfs_statfs *out)
{
    *out = (struct vfs_statfs){
        .type = container_of(fs, struct pseudo_fs, fs)->magic,
        .bsize = PAGE_SIZE,
        .fsid = fs->dev,
        .namelen = VFS_NAME_MAX,
    };
    return 0;
}

/* Device numbers of file systems without a device have major number 0; these come before tmpfs's. */
static uint64_t next_dev(void)
{
    static atomic_uint minor = 20;

    return vfs_mkdev(0, atomic_fetch_add(&minor, 1));
}

int pseudo_create(const char *type, uint32_t magic, const struct pseudo_entry *root,
                  struct fs **out)
{
    struct pseudo_fs *fs = kzalloc(sizeof(*fs));
    if (!fs)
        return -ENOMEM;
    struct pseudo_inode *node = inode_new(&fs->fs, root, 0, ROOT_INO);
    if (!node) {
        kfree(fs);
        return -ENOMEM;
    }
    fs->ops = (struct fs_ops){.type = type, .statfs = pseudo_statfs};
    fs->magic = magic;
    fs->fs.ops = &fs->ops;
    fs->fs.dev = next_dev();
    fs->fs.root = &node->inode;
    *out = &fs->fs;
    return 0;
}
