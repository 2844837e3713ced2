/* SPDX-License-Identifier: Apache-2.0 */
/* vfs_notify.c - watches of inodes: see vfs_notify.h.
 *
 * The order in which the watches of a directory and of its entry are told, and when a removed file counts
 * as gone, are Linux's: programs see them.
 */
#include "fs/vfs_notify.h"

#include "fs/vfs_impl.h"
#include "kernel/heap.h"
#include "lib/errno.h"
#include "lib/string.h"

struct vfs_watch {
    struct vfs_watch   *next; /* of the inode, or of those that ended */
    struct vfs_watcher *watcher;
    struct inode       *inode; /* holds a reference */
    unsigned            mask;  /* IN_* */
    int                 wd;
    LIST_ENTRY(vfs_watch) link; /* the watcher's */
};

atomic_uint     vfs_watches;
struct spinlock vfs_watch_lock = SPINLOCK_INIT(LOCK_FILELOCK, "watches");

static bool watched(const struct inode *inode)
{
    return atomic_load_explicit(&inode->watches, memory_order_relaxed);
}

/* --- the end of watches ---------------------------------------------------------------------- */

static void unlink_from_inode(struct vfs_watch *w)
{
    struct inode     *inode = w->inode;
    struct vfs_watch *at = atomic_load(&inode->watches);

    if (at == w) {
        atomic_store(&inode->watches, w->next);
        return;
    }
    while (at->next != w)
        at = at->next;
    at->next = w->next;
}

/* w, which is told of if tell, goes to *ended. The lock is held. */
static void end(struct vfs_watch *w, bool tell, struct vfs_watch **ended)
{
    if (tell)
        w->watcher->tell(w->watcher, w->wd, IN_IGNORED, 0, NULL);
    LIST_REMOVE(w, link);
    unlink_from_inode(w);
    w->next = *ended;
    *ended = w;
    atomic_fetch_sub(&vfs_watches, 1);
}

static void free_ended(struct vfs_watch *w)
{
    while (w) {
        struct vfs_watch *next = w->next;
        inode_put(w->inode);
        kfree(w);
        w = next;
    }
}

int vfs_watch_remove(struct vfs_watcher *watcher, int wd)
{
    struct vfs_watch *w, *ended = NULL;

    spinlock_acquire(&vfs_watch_lock);
    LIST_FOREACH(w, &watcher->watches, link)
        if (w->wd == wd)
            break;
    if (w)
        end(w, true, &ended);
    spinlock_release(&vfs_watch_lock);
    free_ended(ended);
    return w ? 0 : -EINVAL;
}

void vfs_watch_remove_all(struct vfs_watcher *watcher)
{
    struct vfs_watch *w, *ended = NULL;

    spinlock_acquire(&vfs_watch_lock);
    while ((w = LIST_FIRST(&watcher->watches)))
        end(w, false, &ended);
    spinlock_release(&vfs_watch_lock);
    free_ended(ended);
}

/* --- watching -------------------------------------------------------------------------------- */

static int change(struct vfs_watch *w, unsigned mask)
{
    if (mask & IN_MASK_CREATE)
        return -EEXIST;
    w->mask = (mask & IN_MASK_ADD ? w->mask : 0) | mask;
    return w->wd;
}

/* Hang fresh, which it takes over, on the inode. Numbers are not used again before they run out. */
static int begin(struct vfs_watch *fresh)
{
    struct vfs_watcher *watcher = fresh->watcher;

    watcher->last_wd = watcher->last_wd == INT32_MAX ? 1 : watcher->last_wd + 1;
    fresh->wd = watcher->last_wd;
    inode_get(fresh->inode);
    fresh->next = atomic_load(&fresh->inode->watches);
    atomic_store(&fresh->inode->watches, fresh);
    LIST_INSERT_HEAD(&watcher->watches, fresh, link);
    atomic_fetch_add(&vfs_watches, 1);
    return fresh->wd;
}

int vfs_watch_add(struct vfs_watcher *watcher, struct inode *inode, unsigned mask)
{
    struct vfs_watch *w, *fresh = kzalloc(sizeof(*fresh));
    int               wd;
    if (!fresh)
        return -ENOMEM;
    fresh->watcher = watcher;
    fresh->inode = inode;
    fresh->mask = mask;

    spinlock_acquire(&vfs_watch_lock);
    for (w = atomic_load(&inode->watches); w; w = w->next)
        if (w->watcher == watcher)
            break;
    if (w)
        wd = change(w, mask);
    else
        wd = atomic_load(&vfs_watches) < VFS_WATCHES_MAX ? begin(fresh) : -ENOSPC;
    spinlock_release(&vfs_watch_lock);
    if (w || wd < 0)
        kfree(fresh);
    return wd;
}

/* --- telling --------------------------------------------------------------------------------- */

/* Tell inode's watches; name: of what happened in this directory. nameless: the file has no name any more, and
 * somebody used it through an open file. The lock is held. */
static void tell(struct inode *inode, const struct vfs_name *name, unsigned event, uint32_t cookie,
                 bool nameless, struct vfs_watch **ended)
{
    struct vfs_watch *w, *next;

    for (w = atomic_load(&inode->watches); w; w = next) {
        next = w->next;
        if (!(w->mask & event & IN_ALL_EVENTS) || (nameless && w->mask & IN_EXCL_UNLINK))
            continue;
        w->watcher->tell(w->watcher, w->wd, event, cookie, name);
        if (w->mask & IN_ONESHOT)
            end(w, true, ended);
    }
}

/* Tell of inode and, as its entry called name, of directory dir (NULL: none). */
static void tell_both(struct inode *dir, const struct vfs_name *name, struct inode *inode,
                      unsigned event, uint32_t cookie, bool nameless)
{
    struct vfs_watch *ended = NULL;

    spinlock_acquire(&vfs_watch_lock);
    if (dir)
        tell(dir, name, event, cookie, nameless, &ended);
    if (inode)
        tell(inode, NULL, event, cookie, nameless, &ended);
    spinlock_release(&vfs_watch_lock);
    free_ended(ended);
}

void vfs_tell_entry(struct inode *dir, const struct vfs_name *name, bool directory, unsigned event,
                    uint32_t cookie)
{
    if (watched(dir))
        tell_both(dir, name, NULL, event | (directory ? IN_ISDIR : 0), cookie, false);
}

void vfs_tell_self(struct inode *inode, unsigned event)
{
    if (watched(inode))
        tell_both(NULL, NULL, inode, event | (inode_is_dir(inode) ? IN_ISDIR : 0), 0, false);
}

/* The directory, with a reference, in which a file is and its name there, if that is watched. -ENOENT: it
 * is not known. */
static int watched_place(struct inode *inode, struct inode **dir, char name[VFS_NAME_MAX + 1])
{
    mutex_lock(&inode->lock);
    bool known = inode->place_name && inode->place_dir;
    if (known) {
        *dir = inode_get(inode->place_dir);
        if (watched(*dir))
            strlcpy(name, inode->place_name, VFS_NAME_MAX + 1);
    }
    mutex_unlock(&inode->lock);
    return known ? 0 : name_of(inode, dir, name);
}

/* A directory's name is looked for if it is needed. */
static int watched_parent_of(struct inode *dir, struct inode **parent, char name[VFS_NAME_MAX + 1])
{
    int err = inode_parent(dir, parent);
    if (err || !watched(*parent))
        return err;
    err = path_find_name(*parent, dir->ino, name);
    if (err)
        inode_put(*parent);
    return err;
}

/* The watched directory, with a reference, in which inode is called name; NULL: none is. A file system's root
 * is told as itself alone. */
static struct inode *watched_parent(struct inode *inode, char name[VFS_NAME_MAX + 1])
{
    struct inode *dir;
    if (inode == inode->fs->root)
        return NULL;
    if (inode_is_dir(inode) ? watched_parent_of(inode, &dir, name)
                            : watched_place(inode, &dir, name))
        return NULL;
    if (watched(dir))
        return dir;
    inode_put(dir);
    return NULL;
}

/* What goes through a pipe with a name is no change of the file. */
static bool is_told(const struct inode *inode, unsigned event)
{
    return (inode->mode & S_IFMT) != S_IFIFO || !(event & (IN_ACCESS | IN_MODIFY));
}

void vfs_tell_use(struct inode *inode, unsigned event, bool by_path)
{
    char text[VFS_NAME_MAX + 1];
    if (!is_told(inode, event))
        return;

    struct inode   *dir = watched_parent(inode, text);
    struct vfs_name name = {text, dir ? strlen(text) : 0};

    if (dir || watched(inode))
        tell_both(dir, &name, inode, event | (inode_is_dir(inode) ? IN_ISDIR : 0), 0,
                  !by_path && inode->nlink == 0);
    inode_put(dir);
}

uint32_t vfs_next_cookie(void)
{
    static atomic_uint last;

    return atomic_fetch_add(&last, 1) + 1;
}

/* --- files that are gone --------------------------------------------------------------------- */

/* Watches of inode. The lock is held. */
static unsigned count(const struct inode *inode)
{
    unsigned n = 0;

    for (const struct vfs_watch *w = atomic_load(&inode->watches); w; w = w->next)
        n++;
    return n;
}

/* Of several who put it at once, one finds under the lock that only watches hold the inode. */
void vfs_put_watched(struct inode *inode)
{
    struct vfs_watch *ended = NULL;

    spinlock_acquire(&vfs_watch_lock);
    unsigned n = count(inode);
    bool     gone = n && atomic_fetch_sub(&inode->refs, 1) == n + 1;
    if (gone)
        tell(inode, NULL, IN_DELETE_SELF, 0, false, &ended);
    while (gone && watched(inode))
        end(atomic_load(&inode->watches), true, &ended);
    spinlock_release(&vfs_watch_lock);
    free_ended(ended);
    if (!n)
        inode_put(inode);
}
