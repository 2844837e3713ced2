/* SPDX-License-Identifier: Apache-2.0 */
/* vfs_impl.h - what the files of the VFS share.
 *
 *   vfs_inode.c  the inode table, attributes     vfs_name.c  the cache of names
 *   vfs_mount.c  which trees hang where          vfs_path.c  walking paths
 *   vfs_open.c   opening, files of inodes        vfs_file.c  operations on open files
 */
#ifndef FS_VFS_IMPL_H
#define FS_VFS_IMPL_H

#include "fs/vfs.h"

/* --- names (vfs_name.c) --------------------------------------------------------------------- */

void name_cache_init(void);

/* The inode called name in dir: from the cache or else from the file system. *out holds a reference.
 * -ENOENT, -EIO, -ENOMEM. */
int name_lookup(struct inode *dir, const char *name, size_t len, struct inode **out);

/* Any cached name of inode: 0, and *dir with a reference. -ENOENT. */
int name_of(const struct inode *inode, struct inode **dir, char name[VFS_NAME_MAX + 1]);

/* Forget all names; their references go. */
void name_cache_drop(void);

/* --- mounts (vfs_mount.c) ------------------------------------------------------------------- */

/* The root of what is mounted as name in dir, with a reference; NULL: nothing is. */
struct inode *mount_lookup(struct inode *dir, const char *name, size_t len);

/* root is a mount's root: where that is. *dir holds a reference. False: root is not one. */
bool mount_point(const struct inode *root, struct inode **dir, char name[VFS_NAME_MAX + 1]);

#define MOUNT_POS ((uint64_t)1 << 62) /* positions in directories from here on count mounts */

/* The names mounted in dir which dir itself does not have; *pos is MOUNT_POS and more. */
int mount_readdir(struct inode *dir, uint64_t *pos, struct dir_sink *sink);

/* --- paths (vfs_path.c) --------------------------------------------------------------------- */

/* The entry called name in dir, mounts considered. */
int path_step(struct inode *dir, const char *name, size_t len, struct inode **out);

/* The directory above dir, out of a mount too. */
int path_step_up(struct inode *dir, struct inode **out);

/* --- files of inodes (vfs_open.c) ------------------------------------------------------------ */

extern const struct file_ops regular_file_ops;
extern const struct file_ops directory_file_ops;

#endif
