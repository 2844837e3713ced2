/* SPDX-License-Identifier: Apache-2.0 */
/* root.c - building the file tree: see root.h. */
#include "fs/root.h"

#include "fs/dev.h"
#include "fs/ext4.h"
#include "fs/tty.h"
#include "fs/vfs.h"
#include "kernel/log.h"
#include "kernel/random.h"
#include "lib/errno.h"

static int mount_dev(void)
{
    struct fs *dev;

    int err = dev_fs_create(&dev);
    return err ? err : vfs_mount(vfs_root(), "dev", dev);
}

int root_mount(struct blk_device *disk)
{
    struct fs *root;
    if (!disk) {
        log_error("there is no disk to take the root file system from");
        return -ENODEV;
    }

    vfs_init();
    random_init();
    int err = tty_init();
    if (!err)
        err = ext4_mount(disk, &root);
    if (err)
        return err;
    vfs_mount_root(root);
    return mount_dev();
}
