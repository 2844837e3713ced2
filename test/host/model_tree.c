/* SPDX-License-Identifier: Apache-2.0 */
/* model_tree.c - see model_tree.h. Nodes and entries are in arrays that are searched from end to end. */
#include "model_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fs/ext4_impl.h"
#include "lib/errno.h"

#define NODES   2000
#define ENTRIES 4000

struct model_node {
    unsigned           nlink; /* 0: not in use */
    uint32_t           mode, uid, gid;
    uint64_t           rdev, size;
    bool               timed; /* the times below were set, and nothing changed them since */
    struct vfs_time    atime, mtime;
    char              *target;
    uint8_t            blocks[MODEL_BLOCKS];
    struct model_node *parent; /* of a directory */
};

struct entry {
    struct model_node *dir, *node; /* dir NULL: not in use */
    char               name[VFS_NAME_MAX + 1];
};

static struct model_node nodes[NODES];
static struct entry      entries[ENTRIES];

static bool is_dir(const struct model_node *node)
{
    return (node->mode & S_IFMT) == S_IFDIR;
}

/* --- finding -------------------------------------------------------------------------------------- */

static struct entry *find(const struct model_node *dir, const char *name)
{
    for (struct entry *e = entries; e < entries + ENTRIES; e++)
        if (e->dir == dir && strcmp(e->name, name) == 0)
            return e;
    return NULL;
}

struct model_node *model_some(uint32_t chance, uint32_t type)
{
    for (unsigned i = 0; i < NODES; i++) {
        struct model_node *node = &nodes[(chance + i) % NODES];
        if (node->nlink && (node->mode & S_IFMT) == type)
            return node;
    }
    return NULL;
}

static struct entry *entry_of(const struct model_node *node)
{
    for (struct entry *e = entries; e < entries + ENTRIES; e++)
        if (e->dir && e->node == node)
            return e;
    return NULL;
}

bool model_path_of(struct model_node *node, char path[VFS_PATH_MAX])
{
    char above[VFS_PATH_MAX];

    if (node == nodes) {
        strcpy(path, "");
        return true;
    }
    struct entry *e = entry_of(node);
    if (!e || !model_path_of(e->dir, above))
        return false;
    return snprintf(path, VFS_PATH_MAX, "%s/%s", above, e->name) < VFS_PATH_MAX;
}

/* Paths that would be too long lead to the root's entry of that name instead. */
void model_path_make(struct model_path *p, struct model_node *dir, const char *name)
{
    char above[VFS_PATH_MAX];

    if (!model_path_of(dir, above) || strlen(above) + strlen(name) + 2 > VFS_PATH_MAX - 300) {
        dir = nodes;
        above[0] = 0;
    }
    p->dir = dir;
    strcpy(p->name, name);
    snprintf(p->text, sizeof(p->text), "%.3600s/%s", above, name);
}

bool model_some_entry(uint32_t chance, struct model_path *p)
{
    for (unsigned i = 0; i < ENTRIES; i++) {
        struct entry *e = &entries[(chance + i) % ENTRIES];
        if (e->dir && strcmp(e->name, "lost+found")) {
            char name[VFS_NAME_MAX + 1];
            strcpy(name, e->name);
            model_path_make(p, e->dir, name);
            return find(p->dir, name) != NULL;
        }
    }
    return false;
}

/* --- changing -------------------------------------------------------------------------------------- */

static void enter(struct model_node *dir, const char *name, struct model_node *node)
{
    struct entry *e = entries;

    while (e->dir)
        assert_true(++e < entries + ENTRIES);
    e->dir = dir;
    e->node = node;
    strcpy(e->name, name);
    dir->timed = false;
    if (is_dir(node)) {
        node->parent = dir;
        dir->nlink++;
    }
}

static void leave(struct entry *e)
{
    if (is_dir(e->node))
        e->dir->nlink--;
    e->dir->timed = false;
    e->dir = NULL;
}

static void drop(struct model_node *node)
{
    node->nlink = is_dir(node) ? 0 : node->nlink - 1;
    if (node->nlink)
        return;
    free(node->target);
    memset(node, 0, sizeof(*node));
}

static bool is_empty(const struct model_node *dir)
{
    for (struct entry *e = entries; e < entries + ENTRIES; e++)
        if (e->dir == dir)
            return false;
    return true;
}

static struct model_node *node_new(const struct vfs_new *spec)
{
    struct model_node *node = nodes;

    while (node->nlink)
        assert_true(++node < nodes + NODES);
    node->mode = spec->mode;
    node->uid = spec->uid;
    node->gid = spec->gid;
    node->rdev = spec->rdev;
    node->nlink = is_dir(node) ? 2 : 1;
    if (spec->target) {
        node->target = strdup(spec->target);
        node->size = strlen(spec->target);
    }
    return node;
}

int model_create(const struct model_path *p, const struct vfs_new *spec)
{
    if (find(p->dir, p->name))
        return -EEXIST;
    enter(p->dir, p->name, node_new(spec));
    return 0;
}

int model_link(const struct model_path *p, struct model_node *node)
{
    if (find(p->dir, p->name))
        return -EEXIST;
    enter(p->dir, p->name, node);
    node->nlink++;
    return 0;
}

int model_unlink(const struct model_path *p)
{
    struct entry *e = find(p->dir, p->name);
    if (!e)
        return -ENOENT;
    if (is_dir(e->node))
        return -EISDIR;
    leave(e);
    drop(e->node);
    return 0;
}

int model_rmdir(const struct model_path *p)
{
    struct entry *e = find(p->dir, p->name);
    if (!e)
        return -ENOENT;
    if (!is_dir(e->node))
        return -ENOTDIR;
    if (!is_empty(e->node))
        return -ENOTEMPTY;
    leave(e);
    drop(e->node);
    return 0;
}

static bool is_below(const struct model_node *dir, const struct model_node *top)
{
    while (dir != top && dir != nodes)
        dir = dir->parent;
    return dir == top;
}

static int check_rename(const struct entry *from, const struct entry *to,
                        const struct model_path *to_path, unsigned flags)
{
    if (flags & RENAME_NOREPLACE && to)
        return -EEXIST;
    if (flags & RENAME_EXCHANGE && !to)
        return -ENOENT;
    if (is_dir(from->node) && is_below(to_path->dir, from->node))
        return -EINVAL;
    if (to && is_dir(to->node) && is_below(from->dir, to->node))
        return flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
    if (!to || flags & RENAME_EXCHANGE || to->node == from->node)
        return 0;
    if (is_dir(from->node) && !is_dir(to->node))
        return -ENOTDIR;
    if (!is_dir(from->node) && is_dir(to->node))
        return -EISDIR;
    return is_dir(to->node) && !is_empty(to->node) ? -ENOTEMPTY : 0;
}

int model_rename(const struct model_path *from, const struct model_path *to, unsigned flags)
{
    struct entry *a = find(from->dir, from->name), *b = find(to->dir, to->name);
    if (!a)
        return -ENOENT;
    int err = check_rename(a, b, to, flags);
    if (err || (b && a->node == b->node))
        return err;

    struct model_node *moved = a->node, *other = b ? b->node : NULL;
    leave(a);
    if (b)
        leave(b);
    enter(to->dir, to->name, moved);
    if (flags & RENAME_EXCHANGE)
        enter(from->dir, from->name, other);
    else if (other)
        drop(other);
    from->dir->timed = false;
    return 0;
}

void model_setattr(const struct model_path *p, const struct vfs_setattr *set)
{
    struct model_node *node = find(p->dir, p->name)->node;

    if (set->what & VFS_SET_MODE)
        node->mode = (node->mode & S_IFMT) | set->mode;
    if (!is_dir(node)) /* the set-id bits go with the owner */
        node->mode &= ~(uint32_t)(S_ISUID | (node->mode & S_IXGRP ? S_ISGID : 0));
    node->uid = set->uid;
    node->gid = set->gid;
    node->atime = set->atime;
    node->mtime = set->mtime;
    node->timed = true;
}

/* --- contents ---------------------------------------------------------------------------------------- */

void model_grow(struct model_node *node, uint64_t size)
{
    node->size = size_max(node->size, size);
    node->timed = false;
}

void model_write(struct model_node *node, uint64_t lblk, uint64_t n, uint8_t byte, uint64_t block)
{
    memset(node->blocks + lblk, byte, n);
    model_grow(node, byte ? (lblk + n) * block : 0);
}

void model_truncate(struct model_node *node, uint64_t size, uint64_t block)
{
    node->size = size;
    memset(node->blocks + size / block, 0, MODEL_BLOCKS - size / block);
    node->timed = false;
}

/* --- beginning and end -------------------------------------------------------------------------------- */

static struct model_node *node_of(struct inode *inode)
{
    const struct vfs_new spec = {.mode = inode->mode, .uid = inode->uid, .gid = inode->gid};

    return node_new(&spec);
}

void model_init(struct inode *root)
{
    struct inode *lost;

    memset(nodes, 0, sizeof(nodes));
    memset(entries, 0, sizeof(entries));
    struct model_node *top = node_of(root);
    top->parent = top;
    assert_int_equal(vfs_lookup(root, "lost+found", 0, &lost), 0);
    enter(top, "lost+found", node_of(lost));
    inode_put(lost);
}

void model_destroy(void)
{
    for (struct model_node *node = nodes; node < nodes + NODES; node++)
        free(node->target);
}

/* --- comparing ---------------------------------------------------------------------------------------- */

static const char *comparing;

static void same(const struct model_node *node, const char *name, const char *what, int64_t got,
                 int64_t want)
{
    if (got != want)
        fail_msg("%s: %s of %.40s (mode %o): %lld instead of %lld", comparing, what, name,
                 node->mode, (long long)got, (long long)want);
}

static void compare_attributes(const struct model_node *node, const char *name, struct inode *inode)
{
    struct vfs_attr a;

    vfs_stat(inode, &a);
    same(node, name, "mode", a.mode, node->mode);
    same(node, name, "nlink", a.nlink, node->nlink);
    same(node, name, "uid", a.uid, node->uid);
    same(node, name, "gid", a.gid, node->gid);
    same(node, name, "rdev", (int64_t)a.rdev, (int64_t)node->rdev);
    if (!is_dir(node))
        same(node, name, "size", (int64_t)a.size, (int64_t)node->size);
    if (!node->timed)
        return;
    same(node, name, "mtime", a.mtime.sec, node->mtime.sec);
    if (ext4_fs_of(inode->fs)->inode_size > EXT4_INODE_SIZE_MIN) {
        same(node, name, "mtime's ns", a.mtime.nsec, node->mtime.nsec);
    }
    if (ext4_fs_of(inode->fs)->inode_size > EXT4_INODE_SIZE_MIN &&
        !is_dir(node)) { /* that were listed */
        same(node, name, "atime", a.atime.sec, node->atime.sec);
        same(node, name, "atime's ns", a.atime.nsec, node->atime.nsec);
    }
}

static void compare_contents(const struct model_node *node, const char *name, struct inode *inode)
{
    static uint8_t buf[4096];
    uint32_t       block = ext4_fs_of(inode->fs)->block_size;
    struct file   *f;

    assert_int_equal(vfs_open_inode(inode, O_RDONLY | O_NOATIME, &f), 0);
    for (uint64_t at = 0; at < node->size; at += block) {
        uint8_t want = at / block < MODEL_BLOCKS ? node->blocks[at / block] : 0;
        size_t  len = size_min(block, node->size - at);
        assert_int_equal(file_read_exact(f, buf, len, at), 0);
        same(node, name, "first byte of a block", buf[0], want);
        same(node, name, "last byte of a block", buf[len - 1], want);
    }
    file_put(f);
}

struct counter {
    struct dir_sink          sink;
    const struct model_node *dir;
    unsigned                 n;
};

static bool count(struct dir_sink *sink, const char *name, size_t len, uint64_t ino, unsigned type,
                  uint64_t next)
{
    struct counter *c = (struct counter *)sink;
    char            text[VFS_NAME_MAX + 1];
    (void)ino, (void)next;

    snprintf(text, sizeof(text), "%.*s", (int)len, name);
    c->n++;
    if (!strcmp(text, ".") || !strcmp(text, ".."))
        return true;
    struct entry *e = find(c->dir, text);
    if (!e)
        fail_msg("%s: %s is listed but is not in the model", comparing, text);
    same(e->node, text, "type", type, e->node->mode >> 12);
    return true;
}

static void compare_listing(const struct model_node *dir, const char *name, struct inode *inode)
{
    struct counter c = {.sink = {count}, .dir = dir};
    unsigned       want = 2, before;
    struct file   *f;

    for (struct entry *e = entries; e < entries + ENTRIES; e++)
        want += e->dir == dir;
    assert_int_equal(vfs_open_inode(inode, O_RDONLY | O_DIRECTORY | O_NOATIME, &f), 0);
    do {
        before = c.n;
        assert_int_equal(file_readdir(f, &c.sink), 0);
    } while (c.n != before);
    file_put(f);
    same(dir, name, "number of names", c.n, want);
}

static void compare_parent(const struct model_node *dir, const char *name, struct inode *inode)
{
    struct inode *parent, *up;
    char          path[VFS_PATH_MAX];

    assert_true(model_path_of(dir->parent, path));
    strcat(path, "/.");
    assert_int_equal(vfs_lookup(NULL, path, 0, &up), 0);
    assert_int_equal(inode->ops->parent(inode, &parent), 0);
    same(dir, name, "parent", (int64_t)parent->ino, (int64_t)up->ino);
    inode_put(parent);
    inode_put(up);
}

static void compare_entry(const struct entry *e)
{
    char          path[VFS_PATH_MAX], text[VFS_PATH_MAX];
    struct inode *inode;

    assert_true(model_path_of(e->dir, path));
    strcat(strcat(path, "/"), e->name);
    int err = vfs_lookup(NULL, path, VFS_NOFOLLOW, &inode);
    same(e->node, e->name, "lookup", err, 0);
    compare_attributes(e->node, e->name, inode);
    if (inode_is_regular(inode))
        compare_contents(e->node, e->name, inode);
    if (inode_is_dir(inode)) {
        compare_listing(e->node, e->name, inode);
        compare_parent(e->node, e->name, inode);
    }
    if (inode_is_link(inode)) {
        ssize_t n = inode->ops->readlink(inode, text, sizeof(text));
        same(e->node, e->name, "length of text", n, (int64_t)strlen(e->node->target));
        assert_memory_equal(text, e->node->target, (size_t)n);
    }
    inode_put(inode);
}

void model_compare(const char *what)
{
    comparing = what;
    compare_listing(nodes, "/", vfs_root());
    for (struct entry *e = entries; e < entries + ENTRIES; e++)
        if (e->dir)
            compare_entry(e);
}
