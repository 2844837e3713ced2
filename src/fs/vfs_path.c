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

/* --- names in texts -------------------------------------------------------------------------- */

static void pop_text(struct path_walk *w)
{
    kfree(w->texts[w->top].buf);
    w->top--;
}

/* The next name; false: there is none. */
static bool next_name(struct path_walk *w, struct vfs_name *name)
{
    for (;;) {
        struct path_text *t = &w->texts[w->top];
        while (*t->rest == '/')
            t->rest++;
        if (*t->rest)
            break;
        if (w->top == 0)
            return false;
        pop_text(w);
    }

    struct path_text *t = &w->texts[w->top];
    name->text = t->rest;
    while (*t->rest && *t->rest != '/')
        t->rest++;
    name->len = (size_t)(t->rest - name->text);
    return true;
}

/* Does anything, if only a slash, follow the name just taken? */
static bool more_follows(const struct path_walk *w)
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

static bool is_last(const struct path_walk *w)
{
    for (unsigned i = 0; i <= w->top; i++)
        if (!only_slashes(w->texts[i].rest))
            return false;
    return true;
}

bool name_is_dots(const struct vfs_name *name, size_t ndots)
{
    return name->len == ndots && memcmp(name->text, "..", ndots) == 0;
}

/* --- steps ------------------------------------------------------------------------------------ */

/* Where the program's paths start that begin with a slash, and where ".." leads no further; NULL: at the root
 * of all. top_lock is held to take a reference on it. */
static _Atomic(struct inode *) program_root;
static struct spinlock         top_lock = SPINLOCK_INIT(LOCK_PROCESS, "top");

void vfs_set_top(struct inode *dir)
{
    spinlock_acquire(&top_lock);
    struct inode *old = atomic_exchange(&program_root, inode_get(dir));
    spinlock_release(&top_lock);
    inode_put(old);
}

struct inode *vfs_top_get(void)
{
    if (!atomic_load_explicit(&program_root, memory_order_relaxed))
        return vfs_root() ? inode_get(vfs_root()) : NULL;
    spinlock_acquire(&top_lock);
    struct inode *dir = inode_get(atomic_load(&program_root));
    spinlock_release(&top_lock);
    return dir;
}

int path_step(struct inode *dir, const char *name, size_t len, struct inode **out)
{
    *out = mount_lookup(dir, name, len);
    if (*out)
        return 0;
    return name_lookup(dir, name, len, out);
}

int path_step_up(struct inode *dir, struct inode **out)
{
    if (dir == atomic_load(&program_root)) {
        *out = inode_get(dir);
        return 0;
    }
    if (mount_point(dir, out, NULL))
        return 0;
    if (dir == vfs_root()) {
        *out = inode_get(dir);
        return 0;
    }
    return inode_parent(dir, out);
}

int inode_parent(struct inode *dir, struct inode **out)
{
    mutex_lock(&dir->lock);
    int err = dir->ops->parent(dir, out);
    mutex_unlock(&dir->lock);
    return err;
}

static void move_to(struct path_walk *w, struct inode *inode)
{
    inode_put(w->at);
    w->at = inode;
}

/* --- walks that keep to something (RESOLVE_*) -------------------------------------------------- */

static bool keeps_to(const struct path_walk *w, unsigned resolve)
{
    return w->flags & WALK_RESOLVE(resolve);
}

int path_walk_check(const struct path_walk *w, struct inode *inode)
{
    if (!keeps_to(w, RESOLVE_NO_XDEV) || inode->fs == w->at->fs)
        return 0;
    inode_put(inode);
    return -EXDEV;
}

int path_walk_up(struct path_walk *w, struct inode **out)
{
    bool top = keeps_to(w, RESOLVE_BENEATH | RESOLVE_IN_ROOT) && w->at == w->base;
    if (top && keeps_to(w, RESOLVE_BENEATH))
        return -EXDEV;
    if (top) {
        *out = inode_get(w->at);
        return 0;
    }
    int err = path_step_up(w->at, out);
    return err ? err : path_walk_check(w, *out);
}

/* A link's text begins with a slash. */
static int move_to_root(struct path_walk *w)
{
    if (keeps_to(w, RESOLVE_BENEATH))
        return -EXDEV;
    struct inode *root = keeps_to(w, RESOLVE_IN_ROOT) ? inode_get(w->base) : vfs_top_get();
    int           err = path_walk_check(w, root);
    if (!err)
        move_to(w, root);
    return err;
}

/* Put the text of link, which was found in w->at, on the stack. */
int path_walk_push(struct path_walk *w, struct inode *link)
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
    int err = buf[0] == '/' ? move_to_root(w) : 0;
    if (err) {
        kfree(buf);
        return err;
    }
    w->nlinks++;
    w->texts[++w->top] = (struct path_text){buf, buf};
    return 0;
}

/* A link that leads somewhere else than its text says. */
static int jump(struct path_walk *w, struct inode *link)
{
    struct inode *target;
    if (w->nlinks == VFS_LINK_MAX || keeps_to(w, RESOLVE_NO_MAGICLINKS))
        return -ELOOP;
    int err = link->ops->follow(link, &target);
    if (!err)
        err = path_walk_check(w, target);
    if (err)
        return err;
    if (keeps_to(w, RESOLVE_BENEATH | RESOLVE_IN_ROOT)) {
        inode_put(target);
        return -EXDEV;
    }
    w->nlinks++;
    inode_put(w->file_dir);
    w->file_dir = NULL;
    move_to(w, target);
    return 0;
}

int path_walk_follow(struct path_walk *w, struct inode *link)
{
    if (keeps_to(w, RESOLVE_NO_SYMLINKS))
        return -ELOOP;
    return link->ops->follow ? jump(w, link) : path_walk_push(w, link);
}

/* inode, whose reference is ours now, was found as name. */
static int enter(struct path_walk *w, const struct vfs_name *name, struct inode *inode)
{
    if (inode_is_link(inode) && (w->must_dir || !(w->flags & VFS_NOFOLLOW))) {
        int err = path_walk_follow(w, inode);
        inode_put(inode);
        return err;
    }
    if (w->flags & VFS_KEEP_NAME && !inode_is_dir(inode)) {
        inode_put(w->file_dir);
        w->file_dir = inode_get(w->at);
        w->file_len = name->len;
        memcpy(w->file_name, name->text, name->len);
    }
    move_to(w, inode);
    return 0;
}

static int step(struct path_walk *w, const struct vfs_name *name)
{
    struct inode *inode;
    int           err;

    if (name_is_dots(name, 1))
        return 0;
    if (name_is_dots(name, 2))
        err = path_walk_up(w, &inode);
    else
        err = path_step(w->at, name->text, name->len, &inode);
    if (!err && !name_is_dots(name, 2))
        err = path_walk_check(w, inode);
    if (err)
        return err;
    return enter(w, name, inode);
}

/* --- walks ------------------------------------------------------------------------------------ */

int path_walk_begin(struct path_walk *w, struct inode *start, const char *path, unsigned flags)
{
    if (*path == 0)
        return -ENOENT;
    unsigned resolve = flags / WALK_RESOLVE(1u);
    if (*path == '/' && resolve & RESOLVE_BENEATH)
        return -EXDEV;
    if (!start || (*path == '/' && !(resolve & RESOLVE_IN_ROOT)))
        start = vfs_top_get();
    else
        inode_get(start);
    if (!start)
        return -ENOENT;

    w->at = start;
    w->base = start; /* its caller's, or the root */
    w->flags = flags;
    w->parent = false;
    w->must_dir = false;
    w->top = 0;
    w->nlinks = 0;
    w->texts[0] = (struct path_text){NULL, path};
    w->file_dir = NULL;
    return 0;
}

void path_walk_end(struct path_walk *w)
{
    while (w->top)
        pop_text(w);
    inode_put(w->file_dir);
    inode_put(w->at);
}

/* Walk to the end, or to the last name, which is then in *last. */
static int walk_run(struct path_walk *w, struct vfs_name *last)
{
    struct vfs_name name;

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
    struct path_walk w;

    int err = path_walk_begin(&w, start, path, flags);
    if (err)
        return err;
    err = walk_run(&w, NULL);
    if (!err) {
        *out = w.at; /* and the reference with it */
        w.at = NULL;
    }
    path_walk_end(&w);
    return err;
}

int path_walk_to_end(struct path_walk *w)
{
    return walk_run(w, NULL);
}

int path_walk_to_last(struct path_walk *w, struct vfs_name *last)
{
    *last = (struct vfs_name){"", 0};
    w->parent = true;
    return walk_run(w, last);
}

int vfs_lookup_parent(struct inode *start, const char *path, struct inode **dir, const char **name,
                      size_t *len, bool *trailing)
{
    struct path_walk w;
    struct vfs_name  last;

    int err = path_walk_begin(&w, start, path, 0);
    if (err)
        return err;
    err = path_walk_to_last(&w, &last);
    if (!err) {
        *dir = inode_get(w.at);
        *name = last.text;
        *len = last.len;
        *trailing = w.must_dir;
    }
    path_walk_end(&w);
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
    struct vfs_name ref = {name, len};
    (void)type;
    (void)next;

    if (ino != f->ino || name_is_dots(&ref, 1) || name_is_dots(&ref, 2))
        return true;
    f->found = true;
    f->len = len;
    memcpy(f->name, name, len);
    return false;
}

static int find_name(struct inode *dir, uint64_t ino, struct finder *f)
{
    uint64_t pos = 0;

    *f = (struct finder){.sink = {finder_emit}, .ino = ino};
    mutex_lock(&dir->lock);
    int err = dir->ops->readdir(dir, &pos, &f->sink);
    mutex_unlock(&dir->lock);
    return err || f->found ? err : -ENOENT;
}

int path_find_name(struct inode *dir, uint64_t ino, char name[VFS_NAME_MAX + 1])
{
    struct finder f;

    int err = find_name(dir, ino, &f);
    if (!err) {
        memcpy(name, f.name, f.len);
        name[f.len] = 0;
    }
    return err;
}

/* The directory above dir and dir's name in it. */
static int name_above(struct inode *dir, struct inode **above, struct finder *f)
{
    if (mount_point(dir, above, f->name)) {
        f->len = strlen(f->name);
        return 0;
    }
    int err = inode_parent(dir, above);
    if (err)
        return err;

    err = find_name(*above, dir->ino, f);
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

/* The path of dir to the end of buf, without NUL; *at: where it begins. "/" is empty. *below: it is below the
 * program's root. */
static int climb(struct inode *dir, char *buf, size_t *at, bool *below)
{
    struct finder f;
    int           err = 0;

    inode_get(dir);
    while (!err && dir != vfs_root() && dir != atomic_load(&program_root)) {
        struct inode *above;
        err = name_above(dir, &above, &f);
        if (err)
            break;
        inode_put(dir);
        dir = above;
        err = prepend(buf, at, f.name, f.len);
    }
    *below = !atomic_load(&program_root) || dir == atomic_load(&program_root);
    inode_put(dir);
    return err;
}

/* What stands before the path of what is not below the program's root. */
static const char unreachable[] = "(unreachable)";

ssize_t vfs_dir_path(struct inode *dir, char *buf, size_t size)
{
    if (size < 2)
        return -ERANGE;

    size_t at = size - 1, before = sizeof(unreachable) - 1;
    bool   below;
    buf[at] = 0;
    int err = climb(dir, buf, &at, &below);
    if (err)
        return err;
    if (at == size - 1)
        buf[--at] = '/';
    if (!below && at < before)
        return -ERANGE;
    if (!below)
        memcpy(buf + (at -= before), unreachable, before);
    memmove(buf, buf + at, size - at);
    return (ssize_t)(size - at);
}

/* The path of what a walk found. */
static ssize_t walk_path(const struct path_walk *w, char *buf, size_t size)
{
    if (inode_is_dir(w->at))
        return vfs_dir_path(w->at, buf, size);
    if (!w->file_dir)
        return -ENOENT;

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
    struct path_walk w;

    int err = path_walk_begin(&w, start, path, VFS_KEEP_NAME);
    if (err)
        return err;
    ssize_t len = walk_run(&w, NULL);
    if (len == 0)
        len = walk_path(&w, buf, size);
    path_walk_end(&w);
    return len;
}
