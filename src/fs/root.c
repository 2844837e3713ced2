/* SPDX-License-Identifier: Apache-2.0 */
/* root.c - building the file tree: see root.h. */
#include "fs/root.h"

#include "fs/dev.h"
#include "fs/ext4.h"
#include "fs/tmpfs.h"
#include "fs/tty.h"
#include "fs/vfs.h"
#include "kernel/log.h"
#include "kernel/random.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "lib/errno.h"

/* Memory for everybody's files, as name of dir. */
static int mount_memory(struct inode *dir, const char *name)
{
    struct tmpfs_options opt = tmpfs_defaults(01777);
    struct fs           *fs;

    int err = tmpfs_create(&opt, &fs);
    return err ? err : vfs_mount(dir, name, fs);
}

static int mount_dev(void)
{
    struct fs *dev;

    int err = dev_fs_create(&dev);
    if (!err)
        err = vfs_mount(vfs_root(), "dev", dev);
    return err ? err : mount_memory(dev->root, "shm");
}

/* What a program does not ask to be written is on the disk after so long. */
#define WRITE_EVERY_S 5u

static void writer(void *arg)
{
    (void)arg;
    for (;;) {
        thread_sleep_until(time_ns_to_deadline(WRITE_EVERY_S * (uint64_t)1000000000));
        vfs_sync(NULL);
    }
}

static int start_writer(void)
{
    return thread_create("writer", writer, NULL) ? 0 : -ENOMEM;
}

static int mount_all(struct blk_device *disk)
{
    struct fs *root;

    int err = tty_init();
    if (!err)
        err = ext4_mount(disk, !disk->read_only, &root);
    if (err)
        return err;
    vfs_mount_root(root);
    err = root->read_only ? 0 : start_writer();
    if (!err)
        err = mount_dev();
    return err ? err : mount_memory(vfs_root(), "tmp");
}

int root_mount(struct blk_device *disk)
{
    if (!disk) {
        log_error("there is no disk to take the root file system from");
        return -ENODEV;
    }

    vfs_init();
    random_init();
    int err = mount_all(disk); /* what is wrong with the disk, ext4_mount() has said */
    if (err == -ENOMEM)
        log_error("there is too little memory to mount the root file system");
    return err;
}
