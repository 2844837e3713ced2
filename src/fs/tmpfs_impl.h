/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs_impl.h - what the two files of tmpfs share: tmpfs.c has inodes, contents and the file system,
 * tmpfs_dir.c directories and their entries.
 */
#ifndef FS_TMPFS_IMPL_H
#define FS_TMPFS_IMPL_H

#include <sys/tree.h>

#include "fs/vfs.h"
#include "lib/types.h"

/* A directory's size grows by this with each entry, "." and ".." included, as on Linux. */
#define TMPFS_ENTRY_SIZE 20u

struct tmpfs_entry {
    RB_ENTRY(tmpfs_entry) name_link;
    RB_ENTRY(tmpfs_entry) pos_link;
    struct inode   *inode; /* holds a reference */
    uint64_t        pos;
    struct vfs_name name; /* its text follows */
};

RB_HEAD(tmpfs_names, tmpfs_entry);
RB_HEAD(tmpfs_positions, tmpfs_entry);

struct tmpfs_inode {
    struct inode inode;

    /* of directories; inode.lock protects: */
    struct tmpfs_names     names;
    struct tmpfs_positions positions;
    uint64_t               last_pos; /* given out */
    struct inode          *parent;   /* holds a reference, but for the root, which is its own */

    char *target; /* of symbolic links; of a file without a place in a tree its name; constant */
};

struct tmpfs {
    struct fs              fs;
    struct pagecache_quota pages;

    struct mutex lock;
    /* lock protects: */
    uint64_t last_ino;
    size_t   nfiles, max_files;
};

static inline struct tmpfs *tmpfs_of(const struct inode *inode)
{
    return container_of(inode->fs, struct tmpfs, fs);
}

static inline struct tmpfs_inode *node_of(struct inode *inode)
{
    return container_of(inode, struct tmpfs_inode, inode);
}

/* One file more or less in fs; *ino, if not NULL, is its number. -ENOSPC. */
int  tmpfs_take_file(struct tmpfs *fs, uint64_t *ino);
void tmpfs_give_file(struct tmpfs *fs);

/* A new inode without a name, with one reference. -ENOMEM, -ENOSPC. */
int tmpfs_node_new(struct tmpfs *fs, const struct vfs_new *spec, struct tmpfs_inode **out);

/* Nobody refers to the inode any more. */
void tmpfs_destroy_inode(struct inode *inode);

extern const struct inode_ops tmpfs_dir_ops;

/* Take every entry out of root and all below it; nobody else uses the file system. */
void tmpfs_remove_all(struct inode *root);

#endif
