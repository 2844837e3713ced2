/* SPDX-License-Identifier: Apache-2.0 */
/* vfs_path.c - walking paths, and the way back from a directory to its path.
 *
 * A walk keeps a stack of texts that are still to be walked: the path at the bottom, above it the text of
 * each symbolic link on the way. VFS_LINK_MAX bounds the links followed, so the stack and the time.
 */
#include "fs/vfs_impl.h"
#include "kernel/heap.h"
#include "lib/errno.h"
#include "lib/string.h"

struct text {
    char       *buf;  /* of a link, ours; NULL: the caller's path */
    const char *rest; /* not walked yet */
};

struct walk {
    struct inode *at; /* reached so far; holds a reference */
    unsigned      flags;
    bool          parent;   /* stop before the last name */
    bool          must_dir; /* a slash follows the last name */
    unsigned      top;      /* of texts; also how many links were followed and are unfinished */
    unsigned      nlinks;   /* followed, all in all */
    struct text   texts[VFS_LINK_MAX + 1];

    struct inode *file_dir; /* if `at` is no directory: where it was found, with a reference, */
    size_t        file_len; /* and its name */
    char          file_name[VFS_NAME_MAX + 1];
};

struct name_ref {
    const char *text;
    size_t      len;
};

/* --- names in texts -------------------------------------------------------------------------- */

static void pop_text(struct walk *w)
{
    kfree(w->texts[w->top].buf);
    w->top--;
}

/* The next name; false: there is none. */
static bool next_name(struct walk *w, struct name_ref *name)
{
    for (;;) {
        struct text *t = &w->texts[w->top];
        while (*t->rest == '/')
            t->rest++;
        if (*t->rest)
            break;
        if (w->top == 0)
            return false;
        pop_text(w);
    }

    struct text *t = &w->texts[w->top];
    name->text = t->rest;
    while (*t->rest && *t->rest != '/')
        t->rest++;
    name->len = (size_t)(t->rest - name->text);
    return true;
}

/* Does anything, if only a slash, follow the name just taken? */
static bool more_follows(const struct walk *w)
{
    for (unsigned i = 0; i <= w->top; i++)
        if (*w->texts[i].rest)
            return true;
    return false;
}

static bool only_slashes(const char *s)
{
    while (*s == '/')
        s++;
    return *s == 0;
}

static bool is_last(const struct walk *w)
{
    for (unsigned i = 0; i <= w->top; i++)
        if (!only_slashes(w->texts[i].rest))
            return false;
    return true;
}

static bool is_dots(const struct name_ref *name, size_t ndots)
{
    return name->len == ndots && memcmp(name->text, "..", ndots) == 0;
}

/* --- steps ------------------------------------------------------------------------------------ */

int path_step(struct inode *dir, const char *name, size_t len, struct inode **out)
{
    *out = mount_lookup(dir, name, len);
    if (*out)
        return 0;
    return name_lookup(dir, name, len, out);
}

int path_step_up(struct inode *dir, struct inode **out)
{
    if (mount_point(dir, out, NULL))
        return 0;
    if (dir == vfs_root()) {
        *out = inode_get(dir);
        return 0;
    }
    return dir->ops->parent(dir, out);
}

static void move_to(struct walk *w, struct inode *inode)
{
    inode_put(w->at);
    w->at = inode;
}

/* Put the text of link, which was found in w->at, on the stack. */
static int push_link(struct walk *w, struct inode *link)
{
    if (w->nlinks == VFS_LINK_MAX)
        return -ELOOP;
    char *buf = kmalloc(VFS_PATH_MAX);
    if (!buf)
        return -ENOMEM;

    ssize_t len = vfs_readlink(link, buf, VFS_PATH_MAX - 1);
    if (len <= 0 || buf[0] == 0) {
        kfree(buf);
        return len < 0 ? (int)len : -ENOENT;
    }
    buf[len] = 0;
    w->nlinks++;
    w->texts[++w->top] = (struct text){buf, buf};
    if (buf[0] == '/')
        move_to(w, inode_get(vfs_root()));
    return 0;
}

/* inode, whose reference is ours now, was found as name. */
static int enter(struct walk *w, const struct name_ref *name, struct inode *inode)
{
    if (inode_is_link(inode) && (w->must_dir || !(w->flags & VFS_NOFOLLOW))) {
        int err = push_link(w, inode);
        inode_put(inode);
        return err;
    }
    if (!inode_is_dir(inode)) {
        inode_put(w->file_dir);
        w->file_dir = inode_get(w->at);
        w->file_len = name->len;
        memcpy(w->file_name, name->text, name->len);
    }
    move_to(w, inode);
    return 0;
}

static int step(struct walk *w, const struct name_ref *name)
{
    struct inode *inode;
    int           err;

    if (is_dots(name, 1))
        return 0;
    if (is_dots(name, 2))
        err = path_step_up(w->at, &inode);
    else
        err = path_step(w->at, name->text, name->len, &inode);
    if (err)
        return err;
    return enter(w, name, inode);
}

/* --- walks ------------------------------------------------------------------------------------ */

static int walk_begin(struct walk *w, struct inode *start, const char *path, unsigned flags)
{
    if (*path == 0)
        return -ENOENT;
    if (strnlen(path, VFS_PATH_MAX) == VFS_PATH_MAX)
        return -ENAMETOOLONG;
    if (!start || *path == '/')
        start = vfs_root();
    if (!start)
        return -ENOENT;

    w->at = inode_get(start);
    w->flags = flags;
    w->parent = false;
    w->must_dir = false;
    w->top = 0;
    w->nlinks = 0;
    w->texts[0] = (struct text){NULL, path};
    w->file_dir = NULL;
    return 0;
}

static void walk_end(struct walk *w)
{
    while (w->top)
        pop_text(w);
    inode_put(w->file_dir);
    inode_put(w->at);
}

/* Walk to the end, or to the last name, which is then in *last. */
static int walk_run(struct walk *w, struct name_ref *last)
{
    struct name_ref name;

    while (next_name(w, &name)) {
        if (!inode_is_dir(w->at))
            return -ENOTDIR;
        if (name.len > VFS_NAME_MAX)
            return -ENAMETOOLONG;
        w->must_dir = more_follows(w);
        if (w->parent && is_last(w)) {
            *last = name;
            return 0;
        }
        int err = step(w, &name);
        if (err)
            return err;
    }
    if ((w->must_dir || w->flags & VFS_DIRECTORY) && !inode_is_dir(w->at) && !w->parent)
        return -ENOTDIR;
    return 0;
}

int vfs_lookup(struct inode *start, const char *path, unsigned flags, struct inode **out)
{
    struct walk w;

    int err = walk_begin(&w, start, path, flags);
    if (err)
        return err;
    err = walk_run(&w, NULL);
    if (!err)
        *out = inode_get(w.at);
    walk_end(&w);
    return err;
}

int vfs_lookup_parent(struct inode *start, const char *path, struct inode **dir, const char **name,
                      size_t *len, bool *trailing)
{
    struct walk     w;
    struct name_ref last = {path + strlen(path), 0};

    int err = walk_begin(&w, start, path, 0);
    if (err)
        return err;
    w.parent = true;
    err = walk_run(&w, &last);
    if (!err) {
        *dir = inode_get(w.at);
        *name = last.text;
        *len = last.len;
        *trailing = w.must_dir;
    }
    walk_end(&w);
    return err;
}

/* --- the way back ----------------------------------------------------------------------------- */

/* A sink that looks for an inode number. */
struct finder {
    struct dir_sink sink;
    uint64_t        ino;
    bool            found;
    size_t          len;
    char            name[VFS_NAME_MAX + 1];
};

static bool finder_emit(struct dir_sink *sink, const char *name, size_t len, uint64_t ino,
                        unsigned type, uint64_t next)
{
    struct finder  *f = container_of(sink, struct finder, sink);
    struct name_ref ref = {name, len};
    (void)type;
    (void)next;

    if (ino != f->ino || is_dots(&ref, 1) || is_dots(&ref, 2))
        return true;
    f->found = true;
    f->len = len;
    memcpy(f->name, name, len);
    return false;
}

/* The directory above dir and dir's name in it. */
static int name_above(struct inode *dir, struct inode **above, struct finder *f)
{
    if (mount_point(dir, above, f->name)) {
        f->len = strlen(f->name);
        return 0;
    }
    int err = dir->ops->parent(dir, above);
    if (err)
        return err;

    uint64_t pos = 0;
    *f = (struct finder){.sink = {finder_emit}, .ino = dir->ino};
    err = (*above)->ops->readdir(*above, &pos, &f->sink);
    if (!err && !f->found)
        err = -ENOENT;
    if (err)
        inode_put(*above);
    return err;
}

/* Write "/name" before buf[*at]. */
static int prepend(char *buf, size_t *at, const char *name, size_t len)
{
    if (*at < len + 1)
        return -ERANGE;
    *at -= len;
    memcpy(buf + *at, name, len);
    buf[--*at] = '/';
    return 0;
}

/* The path of dir to the end of buf, without NUL; *at: where it begins. "/" is empty. */
static int climb(struct inode *dir, char *buf, size_t *at)
{
    struct finder f;
    int           err = 0;

    inode_get(dir);
    while (!err && dir != vfs_root()) {
        struct inode *above;
        err = name_above(dir, &above, &f);
        if (err)
            break;
        inode_put(dir);
        dir = above;
        err = prepend(buf, at, f.name, f.len);
    }
    inode_put(dir);
    return err;
}

ssize_t vfs_dir_path(struct inode *dir, char *buf, size_t size)
{
    if (size < 2)
        return -ERANGE;

    size_t at = size - 1;
    buf[at] = 0;
    int err = climb(dir, buf, &at);
    if (err)
        return err;
    if (at == size - 1)
        buf[--at] = '/';
    memmove(buf, buf + at, size - at);
    return (ssize_t)(size - at);
}

/* The path of what a walk found. */
static ssize_t walk_path(const struct walk *w, char *buf, size_t size)
{
    if (inode_is_dir(w->at))
        return vfs_dir_path(w->at, buf, size);

    ssize_t dir_len = vfs_dir_path(w->file_dir, buf, size);
    if (dir_len < 0)
        return dir_len;
    size_t end = (size_t)dir_len - 1;
    if (end > 1)
        buf[end++] = '/';
    if (size - end < w->file_len + 1)
        return -ERANGE;
    memcpy(buf + end, w->file_name, w->file_len);
    buf[end + w->file_len] = 0;
    return (ssize_t)(end + w->file_len + 1);
}

ssize_t vfs_canonical_path(struct inode *start, const char *path, char *buf, size_t size)
{
    struct walk w;

    int err = walk_begin(&w, start, path, 0);
    if (err)
        return err;
    ssize_t len = walk_run(&w, NULL);
    if (len == 0)
        len = walk_path(&w, buf, size);
    walk_end(&w);
    return len;
}
