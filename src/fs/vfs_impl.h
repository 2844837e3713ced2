/* SPDX-License-Identifier: Apache-2.0 */
/* vfs_impl.h - what the files of the VFS share.
 *
 *   vfs_inode.c    the inode table             vfs_attr.c  attributes
 *   vfs_name.c     the cache of names          vfs_path.c  walking paths
 *   vfs_mount.c    which trees hang where      vfs_open.c  opening, directories
 *   vfs_change.c   changing the tree           vfs_file.c  operations on open files
 *   vfs_regular.c  contents of regular files   vfs_place.c what open files are called
 *   vfs_notify.c   who watches what
 */
#ifndef FS_VFS_IMPL_H
#define FS_VFS_IMPL_H

#include "fs/vfs.h"

/* --- names (vfs_name.c) --------------------------------------------------------------------- */

void name_cache_init(void);

/* The inode called name in dir: from the cache or else from the file system. *out holds a reference.
 * -ENOENT, -EIO, -ENOMEM. The second form is for those who hold dir->lock. */
int name_lookup(struct inode *dir, const char *name, size_t len, struct inode **out);
int name_lookup_locked(struct inode *dir, const char *name, size_t len, struct inode **out);

/* dir's entry called name was changed: it is inode now (NULL: gone). dir->lock is held. */
void name_changed(struct inode *dir, const struct vfs_name *name, struct inode *inode);

/* Directory dir was removed: forget the names that are not in it. */
void name_forget_dir(struct inode *dir);

/* Any cached name of inode: 0, and *dir with a reference. -ENOENT. */
int name_of(const struct inode *inode, struct inode **dir, char name[VFS_NAME_MAX + 1]);

/* Forget all names; their references go. */
void name_cache_drop(void);

/* --- open files (vfs_file.c) ----------------------------------------------------------------- */

/* Give the memory of files that are no more back. Nobody looks for files any more. */
void file_cache_drop(void);

/* --- mounts (vfs_mount.c) ------------------------------------------------------------------- */

/* The root of what is mounted as name in dir, with a reference; NULL: nothing is. */
struct inode *mount_lookup(struct inode *dir, const char *name, size_t len);

/* root is a mount's root: where that is. *dir holds a reference. False: root is not one. */
bool mount_point(const struct inode *root, struct inode **dir, char name[VFS_NAME_MAX + 1]);

#define MOUNT_POS ((uint64_t)1 << 62) /* positions in directories from here on count mounts */

/* The names mounted in dir which dir itself does not have; *pos is MOUNT_POS and more. */
int mount_readdir(struct inode *dir, uint64_t *pos, struct dir_sink *sink);

/* --- attributes (vfs_attr.c) ---------------------------------------------------------------- */

/* One more writes inode, until the second call. -ETXTBSY: it is being run. */
int  attr_begin_write(struct inode *inode);
void attr_end_write(struct inode *inode);

/* --- paths (vfs_path.c) --------------------------------------------------------------------- */

/* The entry called name in dir, mounts considered. */
int path_step(struct inode *dir, const char *name, size_t len, struct inode **out);

/* The directory above dir, out of a mount too. */
int path_step_up(struct inode *dir, struct inode **out);

/* What inode number ino is called in directory dir, whose lock is not held. -ENOENT, -EIO. */
int path_find_name(struct inode *dir, uint64_t ino, char name[VFS_NAME_MAX + 1]);

/* ops->parent under dir's lock. */
int inode_parent(struct inode *dir, struct inode **out);

struct path_text {
    char       *buf;  /* of a link, ours; NULL: the caller's path */
    const char *rest; /* not walked yet */
};

/* A walk under way. Members are vfs_path.c's, but for `at`. */
struct path_walk {
    struct inode    *at;   /* reached so far; holds a reference */
    struct inode    *base; /* where it started; the caller's reference */
    unsigned         flags;
    bool             parent;   /* stop before the last name */
    bool             must_dir; /* a slash follows the last name */
    unsigned         top;      /* of texts; also how many links were followed and are unfinished */
    unsigned         nlinks;   /* followed, all in all */
    struct path_text texts[VFS_LINK_MAX + 1];

    struct inode *
        file_dir; /* if `at` is no directory (VFS_KEEP_NAME): where it was found, with a reference, */
    size_t file_len; /* and its name */
    char   file_name[VFS_NAME_MAX + 1];
};

/* Walk step by step, for who has to do something with the last name: begin, then run to the last name,
 * which is in directory w->at (*last: a text that stays until the next step, of length 0 if there is
 * none); should it be a link to follow, push it and run again. end is needed only after begin succeeded. */
#define WALK_RESOLVE(flags) ((flags) << 8) /* among the flags: RESOLVE_* */
int  path_walk_begin(struct path_walk *w, struct inode *start, const char *path, unsigned flags);
int  path_walk_to_end(struct path_walk *w); /* and do not stop at the last name */
int  path_walk_to_last(struct path_walk *w, struct vfs_name *last);
int  path_walk_push(struct path_walk *w, struct inode *link);
void path_walk_end(struct path_walk *w);

/* link, which was found on the way and is to be followed: go on from what it leads to. */
int path_walk_follow(struct path_walk *w, struct inode *link);

/* The directory above w->at. -EXDEV: the walk is not to go there. */
int path_walk_up(struct path_walk *w, struct inode **out);

/* May the walk go on to inode? Else -EXDEV, and inode is put. */
int path_walk_check(const struct path_walk *w, struct inode *inode);

/* Is name text, of that many dots (1 or 2)? */
bool name_is_dots(const struct vfs_name *name, size_t ndots);

/* --- changing (vfs_change.c) ---------------------------------------------------------------- */

/* Make spec under name in dir, whose lock is held and which has no such name; name NULL: a file without
 * one. *out holds a reference. -EROFS, -ENOENT (dir was removed), and what ops->create says. */
int change_create(struct inode *dir, const struct vfs_name *name, const struct vfs_new *spec,
                  struct inode **out);

/* --- attributes (vfs_attr.c) ---------------------------------------------------------------- */

/* Set a regular file's size; its lock is held. always: times change even if the size does not. */
int attr_resize(struct inode *inode, uint64_t size, bool always);

/* The size that no file may grow beyond: vfs_set_size_limit()'s, or what an offset can say. */
uint64_t attr_size_limit(void);

/* --- what open files are called (vfs_place.c) ------------------------------------------------- */

/* inode_set_place() for who holds inode->lock. */
void inode_set_place_locked(struct inode *inode, struct inode *dir, const char *name, size_t len);

/* inode, which nobody uses any more, has none: a directory to put when it is gone, or NULL. */
struct inode *inode_forget_place(struct inode *inode);

/* --- files of inodes (vfs_open.c, vfs_regular.c) ----------------------------------------------- */

#define VFS_OFFSET_MAX ((uint64_t)INT64_MAX)

extern const struct file_ops regular_file_ops;
extern const struct file_ops directory_file_ops;

#endif
