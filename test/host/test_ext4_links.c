/* SPDX-License-Identifier: Apache-2.0 */
/* test_ext4_links.c - how many names a file can have on ext4, and how many directories a directory: what happens at
 * the ends, to which debugfs brings the counts. Linux refuses the 65,001st name of a file (seen with link() on an image of
 * the tests), and lets a directory with a hash tree forget how many it has if the file system has dir_nlink.
 */
/* sources: src/fs/ext4_super.c src/fs/ext4_block.c src/fs/ext4_txn.c src/fs/ext4_journal.c src/fs/ext4_journal_write.c src/fs/ext4_journal_replay.c src/kernel/blk_batch.c src/fs/ext4_group.c src/fs/ext4_alloc.c src/fs/ext4_alloc_inode.c src/fs/ext4_inode_store.c src/fs/ext4_orphan.c src/fs/ext4_xattr.c src/fs/ext4_xattr_change.c src/fs/xattr.c src/fs/ext4_resize.c
 *          src/fs/ext4_extent_tree.c src/fs/ext4_extent_change.c src/fs/ext4_dir_change.c src/fs/ext4_htree_change.c src/fs/ext4_names.c src/fs/ext4_rename.c
 *          src/fs/ext4_inode.c src/fs/ext4_file.c
 *          src/fs/ext4_extent.c src/fs/ext4_indirect.c src/fs/ext4_indirect_change.c src/fs/ext4_dir.c src/fs/ext4_list.c src/fs/ext4_htree.c
 *          src/fs/ext4_hash.c src/fs/ext4_csum.c src/fs/vfs_inode.c src/fs/vfs_notify.c src/fs/vfs_attr.c src/fs/vfs_change.c
 *          src/fs/vfs_regular.c src/fs/filelock.c src/fs/vfs_mount.c
 *          src/fs/vfs_name.c src/fs/vfs_place.c src/fs/vfs_path.c src/fs/vfs_open.c src/fs/vfs_file.c src/fs/vfs_sync.c src/fs/iobuf.c
 *          src/kernel/pagecache.c src/kernel/pagecache_io.c src/kernel/pagecache_flush.c src/kernel/frame.c src/kernel/frame_blocks.c src/kernel/frame_stock.c src/kernel/frame_window.c src/lib/fmt.c
 *          src/lib/strlcpy.c test/host/sim_ext4.c test/host/sim_disk.c test/host/sim_host.c
 *          test/host/sim_kernel.c test/host/sim_user.c */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fs/ext4_impl.h"
#include "lib/errno.h"
#include "sim_ext4.h"
#include "sim_kernel.h"

static struct sim_disk disk;

static int make_tree(void **state)
{
    (void)state;
    sim_dir("tree");
    sim_file("tree/file", 700, 1);
    sim_dir("tree/dir");
    sim_dir("tree/dir/one");
    sim_dir("tree/dir/two");
    sim_dir("tree/large");
    for (unsigned i = 0; i < 60; i++) {
        char path[64];
        snprintf(path, sizeof(path), "tree/large/a name of some length %u", i);
        sim_file(path, 0, 0);
    }
    return 0;
}

static int remove_tree(void **state)
{
    (void)state;
    sim_scratch_remove();
    return 0;
}

/* Mounts an image on which that file has so many links. */
static void mount_with(const char *args, const char *path, unsigned links)
{
    char image[256];

    sim_image("img", "tree", args, "4M");
    snprintf(image, sizeof(image), "%s/img", sim_scratch());
    sim_shell("e2fsck -fyD %s; test $? -le 1", image);
    sim_shell("debugfs -w -R 'sif %s links_count %u' %s", path, links, image);
    sim_disk_load(&disk, image);
    sim_writable = true;
    assert_int_equal(sim_mount(&disk), 0);
}

static void unmount(void)
{
    sim_unmount();
    sim_disk_free(&disk);
}

static unsigned links_of(const char *path)
{
    struct inode *inode;
    assert_int_equal(vfs_lookup(NULL, path, VFS_NOFOLLOW, &inode), 0);
    unsigned n = inode->nlink;
    inode_put(inode);
    return n;
}

static int add_name(const char *old, const char *new)
{
    struct inode *inode;
    assert_int_equal(vfs_lookup(NULL, old, VFS_NOFOLLOW, &inode), 0);
    int err = vfs_link(inode, NULL, new);
    inode_put(inode);
    return err;
}

static int make_dir(const char *path)
{
    const struct vfs_new spec = {.mode = S_IFDIR | 0755};
    return vfs_create(NULL, path, &spec);
}

static void a_file_has_at_most_65000_names(void **state)
{
    (void)state;
    mount_with("-t ext4 -b 1024 -O ^has_journal", "/file", 64999);
    assert_int_equal(add_name("/file", "/dir/a"), 0);
    assert_int_equal(links_of("/file"), 65000);
    assert_int_equal(add_name("/dir/a", "/dir/b"), -EMLINK);
    assert_int_equal(add_name("/file", "/dir/a"), -EEXIST);
    assert_int_equal(vfs_rename(NULL, "/dir/a", NULL, "/dir/c", 0), 0);
    assert_int_equal(vfs_unlink(NULL, "/dir/c"), 0);
    assert_int_equal(add_name("/file", "/dir/b"), 0);
    unmount();
}

static void a_directory_without_a_tree_has_at_most_64998_others(void **state)
{
    (void)state;
    mount_with("-t ext4 -b 1024 -O ^has_journal", "/dir", 64999);
    assert_int_equal(make_dir("/dir/three"), 0);
    assert_int_equal(make_dir("/dir/four"), -EMLINK);
    assert_int_equal(make_dir("/other"), 0);
    assert_int_equal(vfs_rename(NULL, "/other", NULL, "/dir/other", 0), -EMLINK);
    assert_int_equal(vfs_rename(NULL, "/dir/three", NULL, "/dir/four", 0), 0);
    assert_int_equal(vfs_rename(NULL, "/other", NULL, "/dir/four", 0), 0);
    assert_int_equal(links_of("/dir"), 65000);
    assert_int_equal(vfs_rename(NULL, "/large", NULL, "/dir/four", RENAME_EXCHANGE), 0);
    assert_int_equal(vfs_rename(NULL, "/file", NULL, "/dir/one", RENAME_EXCHANGE), 0);
    assert_int_equal(vfs_rename(NULL, "/file", NULL, "/dir/one", RENAME_EXCHANGE), 0);
    assert_int_equal(links_of("/dir"), 65000);
    assert_int_equal(vfs_rmdir(NULL, "/dir/one"), 0);
    assert_int_equal(make_dir("/dir/four more"), 0);
    unmount();
}

static void a_directory_with_a_tree_forgets_how_many_it_has(void **state)
{
    (void)state;
    mount_with("-t ext4 -b 1024 -O ^has_journal", "/large", 65000);
    assert_int_equal(make_dir("/large/one"), 0);
    assert_int_equal(links_of("/large"), 1);
    assert_int_equal(make_dir("/large/two"), 0);
    assert_int_equal(vfs_rmdir(NULL, "/large/one"), 0);
    assert_int_equal(links_of("/large"), 1);
    assert_int_equal(vfs_rmdir(NULL, "/large"), -ENOTEMPTY);
    unmount();
}

static void without_dir_nlink_it_does_not(void **state)
{
    (void)state;
    mount_with("-t ext4 -b 1024 -O ^has_journal,^dir_nlink", "/large", 65000);
    assert_int_equal(make_dir("/large/one"), -EMLINK);
    unmount();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_has_at_most_65000_names),
        cmocka_unit_test(a_directory_without_a_tree_has_at_most_64998_others),
        cmocka_unit_test(a_directory_with_a_tree_forgets_how_many_it_has),
        cmocka_unit_test(without_dir_nlink_it_does_not),
    };
    return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
