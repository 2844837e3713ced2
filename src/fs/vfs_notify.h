/* SPDX-License-Identifier: Apache-2.0 */
/* vfs_notify.h - telling those who watch files what becomes of them.
 *
 * A watch is one watcher's interest in one inode: of the inode itself, and if it is a directory, of its
 * entries. The VFS tells of each thing that it did after it has done it; a watcher decides what to do with
 * that (inotify.c puts it on a queue). Events are Linux's IN_* bits, from fs/abi.h.
 *
 * A watch holds a reference on its inode, which does not count for whether the file is still there: once
 * a file without a name has no other user, its watches are told and go.
 *
 * One spinlock, LOCK_FILELOCK, protects all watches. A file that nobody watches costs a look at a word.
 */
#ifndef FS_VFS_NOTIFY_H
#define FS_VFS_NOTIFY_H

#include "fs/vfs.h"

struct vfs_watch;

struct vfs_watcher {
    /* Something happened; name: of the directory's entry, NULL: to the watched file itself. The lock
     * is held: must not sleep. */
    void (*tell)(struct vfs_watcher *to, int wd, unsigned event, uint32_t cookie,
                 const struct vfs_name *name);
    LIST_HEAD(, vfs_watch) watches; /* protected by the lock */
    int last_wd;                    /* likewise */
};

extern atomic_uint vfs_watches; /* all there are */

extern struct spinlock vfs_watch_lock;

/* Watch inode for the events in mask, which may have IN_EXCL_UNLINK, IN_ONESHOT, IN_MASK_ADD and
 * IN_MASK_CREATE. A watch that w has of inode already is changed. Its number, from 1 on; -EEXIST
 * (IN_MASK_CREATE), -ENOSPC: there are too many, -ENOMEM. */
int vfs_watch_add(struct vfs_watcher *w, struct inode *inode, unsigned mask);

int  vfs_watch_remove(struct vfs_watcher *w, int wd); /* -EINVAL: there is none */
void vfs_watch_remove_all(struct vfs_watcher *w);     /* without telling of it */

#define VFS_WATCHES_MAX 8192u

/* --- what the VFS tells; each may be called with locks of inodes held but where it says otherwise ---- */

void vfs_tell_use(struct inode *inode, unsigned event, bool by_path);
void vfs_tell_entry(struct inode *dir, const struct vfs_name *name, bool directory, unsigned event,
                    uint32_t cookie);
void vfs_tell_self(struct inode *inode, unsigned event);

/* Put inode, whose last name is gone and which is watched. */
void vfs_put_watched(struct inode *inode);

/* Whether anything is watched: who begins to meanwhile comes too late for what is under way. */
static inline bool vfs_is_watched(void)
{
    return __builtin_expect(atomic_load_explicit(&vfs_watches, memory_order_relaxed), false);
}

/* inode (NULL: nothing to tell) was used through an open file. Its lock is not held. */
static inline void vfs_used(struct inode *inode, unsigned event)
{
    if (atomic_load_explicit(&vfs_watches, memory_order_relaxed) && inode)
        vfs_tell_use(inode, event, false);
}

/* It was changed by its name or through an open file, whichever. Its lock is not held. */
static inline void vfs_altered(struct inode *inode, unsigned event)
{
    if (atomic_load_explicit(&vfs_watches, memory_order_relaxed) && event)
        vfs_tell_use(inode, event, true);
}

/* Two directories' entries that one rename changed are told with one number. */
uint32_t vfs_next_cookie(void);

#endif
