/* SPDX-License-Identifier: Apache-2.0 */
/* vfs_sync.c - what was changed goes to the disk when it is asked for, and at the end.
 *
 * File contents are written by the page cache, which knows what is dirty of which file; what the file systems
 * keep besides they write themselves.
 */
#include "fs/vfs_impl.h"
#include "lib/errno.h"

/* Every mounted file system that has something to write. */
static int for_each_fs(int (*call)(struct fs *fs), struct fs *only)
{
    struct inode *dir;
    struct fs    *fs;
    char          path[2];
    int           first = 0;

    for (unsigned n = 0; vfs_root() && !vfs_mount_at(n, &fs, &dir, path, sizeof(path)); n++) {
        int err = !only || only == fs ? call(fs) : 0;
        inode_put(dir);
        first = first ? first : err;
    }
    return first;
}

static int sync_one(struct fs *fs)
{
    return fs->ops->sync ? fs->ops->sync(fs) : 0;
}

static int stop_one(struct fs *fs)
{
    if (fs->ops->stop)
        fs->ops->stop(fs);
    return 0;
}

int vfs_sync(struct fs *fs)
{
    if (!fs || fs->ops->sync)
        pagecache_write_back(0);
    return for_each_fs(sync_one, fs);
}

void vfs_shutdown(void)
{
    pagecache_write_back(0);
    for_each_fs(stop_one, NULL);
}

void vfs_make_room(void)
{
    size_t keep;

    if (__builtin_expect(pagecache_too_dirty(&keep), false))
        pagecache_write_back(keep);
}
