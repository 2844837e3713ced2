/* SPDX-License-Identifier: Apache-2.0 */
/* test_vfs.c - paths, mounts, open files and /dev, over an ext4 image. */
/* sources: src/fs/ext4_super.c src/fs/ext4_block.c src/fs/ext4_txn.c src/fs/ext4_alloc.c src/fs/ext4_alloc_inode.c src/fs/ext4_dir_change.c src/fs/ext4_extent_change.c src/fs/ext4_extent_tree.c src/fs/ext4_group.c src/fs/ext4_htree_change.c src/fs/ext4_inode_store.c src/fs/ext4_names.c src/fs/ext4_orphan.c src/fs/ext4_xattr.c src/fs/ext4_xattr_change.c src/fs/xattr.c src/fs/ext4_rename.c src/fs/ext4_resize.c src/fs/ext4_journal.c src/fs/ext4_journal_write.c src/fs/ext4_journal_replay.c src/kernel/blk_batch.c src/fs/ext4_inode.c src/fs/ext4_file.c
 *          src/fs/ext4_extent.c src/fs/ext4_indirect.c src/fs/ext4_indirect_change.c src/fs/ext4_dir.c src/fs/ext4_list.c src/fs/ext4_htree.c
 *          src/fs/ext4_hash.c src/fs/ext4_csum.c src/fs/vfs_inode.c src/fs/vfs_notify.c src/fs/vfs_attr.c src/fs/vfs_change.c
 *          src/fs/vfs_regular.c src/fs/filelock.c src/fs/vfs_mount.c
 *          src/fs/vfs_name.c src/fs/vfs_place.c src/fs/vfs_path.c src/fs/vfs_open.c src/fs/vfs_file.c src/fs/vfs_sync.c src/fs/iobuf.c
 *          src/fs/dev.c src/kernel/random.c src/kernel/pollq.c
 *          src/kernel/pagecache.c src/kernel/pagecache_io.c src/kernel/pagecache_flush.c src/kernel/frame.c src/kernel/frame_blocks.c src/kernel/frame_stock.c src/kernel/frame_window.c src/lib/fmt.c
 *          src/lib/strlcpy.c test/host/sim_ext4.c test/host/sim_disk.c test/host/sim_host.c
 *          test/host/sim_kernel.c test/host/sim_user.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fs/dev.h"
#include "fs/tty.h"
#include "fs/vfs.h"
#include "kernel/devtree.h"
#include "kernel/machine.h"
#include "kernel/random.h"
#include "kernel/time.h"
#include "lib/errno.h"
#include "lister.h"
#include "machine/cpu.h"
#include "sim_ext4.h"
#include "sim_kernel.h"
#include "sim_user.h"

/* --- what /dev stands on -------------------------------------------------------------------------- */

const struct file_ops tty_file_ops, kmsg_file_ops;

bool tty_is_controlling(void)
{
    return true;
}

static uint8_t entropy;
static bool    no_entropy;

int machine_entropy(void *buf, size_t len)
{
    if (no_entropy)
        return -ENODEV;
    memset(buf, entropy, len);
    return 0;
}

const void *devtree_rng_seed(size_t *len)
{
    (void)len;
    return NULL;
}

uint64_t time_wall_ns(void)
{
    return 1000000000;
}

uint64_t cpu_time(void)
{
    return 7;
}

/* --- the tree --------------------------------------------------------------------------------------- */

static struct sim_disk disk;
static struct fs      *dev;

static int make_tree(void **state)
{
    char full[128], chain[32], name[32];
    (void)state;

    sim_dir("tree");
    sim_dir("tree/usr");
    sim_dir("tree/usr/bin");
    sim_file("tree/usr/bin/program", 5000, 1);
    sim_chmod("tree/usr/bin/program", 0755);
    sim_file("tree/usr/bin/data", 10, 2);
    sim_symlink("usr/bin", "tree/bin");
    sim_symlink("/usr/bin/program", "tree/absolute");
    sim_symlink("../usr/./bin/program", "tree/usr/relative");
    sim_symlink("/data", "tree/usr/bin/root-data");
    sim_symlink("loop2", "tree/loop1");
    sim_symlink("loop1", "tree/loop2");
    sim_symlink("nowhere", "tree/dangling");
    sim_symlink("usr/bin/", "tree/slash");
    sim_symlink("usr/bin/data/", "tree/slash-file");
    sim_symlink("data", "tree/chain0");
    sim_file("tree/data", 20, 3);
    for (unsigned i = 1; i <= 45; i++) {
        snprintf(chain, sizeof(chain), "chain%u", i - 1);
        snprintf(name, sizeof(name), "tree/chain%u", i);
        sim_symlink(chain, name);
    }
    sim_image("img", "tree", "-t ext4 -O ^has_journal -b 1024", "2M");
    snprintf(full, sizeof(full), "%s/img", sim_scratch());
    sim_disk_load(&disk, full);
    return 0;
}

static int remove_tree(void **state)
{
    (void)state;
    sim_disk_free(&disk);
    sim_scratch_remove();
    return 0;
}

static int mount_all(void **state)
{
    (void)state;
    if (sim_mount(&disk) || dev_fs_create(&dev) || vfs_mount(vfs_root(), "dev", dev))
        return -1;
    return 0;
}

static int unmount_all(void **state)
{
    (void)state;
    if (vfs_unmount(dev))
        return -1;
    inode_put(dev->root);
    sim_unmount();
    return 0;
}

/* The inode number that path leads to, or the error. */
static int64_t lookup_from(struct inode *start, const char *path, unsigned flags)
{
    struct inode *inode;

    int err = vfs_lookup(start, path, flags, &inode);
    if (err)
        return err;
    int64_t ino = (int64_t)inode->ino;
    inode_put(inode);
    return ino;
}

static int64_t lookup(const char *path)
{
    return lookup_from(NULL, path, 0);
}

static struct inode *inode_at(const char *path)
{
    struct inode *inode;

    if (vfs_lookup(NULL, path, 0, &inode))
        fail_msg("%s is not there", path);
    return inode;
}

static int open_error(const char *path, unsigned flags)
{
    struct file *f;

    int err = vfs_open(NULL, path, flags, 0644, &f);
    if (!err)
        file_put(f);
    return err;
}

static struct file *open_at(const char *path, unsigned flags)
{
    struct file *f;

    if (vfs_open(NULL, path, flags, 0644, &f))
        fail_msg("%s cannot be opened", path);
    return f;
}

/* --- walking ------------------------------------------------------------------------------------------ */

static void slashes_and_dots_do_not_matter(void **state)
{
    int64_t bin = lookup("/usr/bin");
    (void)state;

    assert_true(bin > 0);
    assert_int_equal(lookup("/usr//bin"), bin);
    assert_int_equal(lookup("///usr/./bin/."), bin);
    assert_int_equal(lookup("/usr/bin/../bin"), bin);
    assert_int_equal(lookup("/../../usr/bin"), bin);
    assert_int_equal(lookup("usr/bin/"), bin);
    assert_int_equal(lookup("/"), 2);
    assert_int_equal(lookup(".."), 2);
}

static void relative_paths_start_where_they_are_told(void **state)
{
    struct inode *usr = inode_at("/usr");
    (void)state;

    assert_int_equal(lookup_from(usr, "bin/program", 0), lookup("/usr/bin/program"));
    assert_int_equal(lookup_from(usr, ".", 0), lookup("/usr"));
    assert_int_equal(lookup_from(usr, "../data", 0), lookup("/data"));
    assert_int_equal(lookup_from(usr, "/data", 0), lookup("/data"));
    assert_int_equal(lookup_from(usr, "usr", 0), -ENOENT);
    inode_put(usr);
}

static void links_are_followed_from_where_they_lie(void **state)
{
    int64_t program = lookup("/usr/bin/program");
    (void)state;

    assert_int_equal(lookup("/bin/program"), program);
    assert_int_equal(lookup("/absolute"), program);
    assert_int_equal(lookup("/usr/relative"), program);
    assert_int_equal(lookup("/bin/../relative"), program);
    assert_int_equal(lookup("/slash/program"), program);
    assert_int_equal(lookup("/bin/root-data"), lookup("/data"));
    assert_int_equal(lookup("/dangling"), -ENOENT);
}

static void the_last_link_is_followed_unless_told_otherwise(void **state)
{
    (void)state;
    int64_t link = lookup_from(NULL, "/bin", VFS_NOFOLLOW);
    assert_true(link > 0 && link != lookup("/bin"));
    assert_int_equal(lookup_from(NULL, "/bin/", VFS_NOFOLLOW), lookup("/usr/bin"));
    assert_int_equal(lookup_from(NULL, "/bin/program", VFS_NOFOLLOW), lookup("/usr/bin/program"));
    assert_true(lookup_from(NULL, "/dangling", VFS_NOFOLLOW) > 0);
}

static void forty_links_are_followed_and_no_more(void **state)
{
    (void)state;
    assert_int_equal(lookup("/chain39"), lookup("/data"));
    assert_int_equal(lookup("/chain40"), -ELOOP);
    assert_int_equal(lookup("/loop1"), -ELOOP);
    assert_int_equal(lookup("/loop1/x"), -ELOOP);
    assert_true(lookup_from(NULL, "/loop1", VFS_NOFOLLOW) > 0);
}

static void a_slash_at_the_end_asks_for_a_directory(void **state)
{
    (void)state;
    assert_int_equal(lookup("/data/"), -ENOTDIR);
    assert_int_equal(lookup("/data/."), -ENOTDIR);
    assert_int_equal(lookup("/absolute/"), -ENOTDIR);
    assert_int_equal(lookup("/slash-file"), -ENOTDIR);
    assert_int_equal(lookup("/slash"), lookup("/usr/bin"));
    assert_int_equal(lookup_from(NULL, "/data", VFS_DIRECTORY), -ENOTDIR);
}

static void files_have_nothing_below_them(void **state)
{
    (void)state;
    assert_int_equal(lookup("/data/x"), -ENOTDIR);
    assert_int_equal(lookup("/data/../data"), -ENOTDIR);
    assert_int_equal(lookup("/nowhere/x"), -ENOENT);
    assert_int_equal(lookup(""), -ENOENT);
}

static void long_names_are_refused(void **state)
{
    static char path[VFS_PATH_MAX];
    (void)state;

    memset(path, 'x', 256);
    assert_int_equal(lookup(path), -ENAMETOOLONG);
    path[255] = 0;
    assert_int_equal(lookup(path), -ENOENT);
    for (size_t i = 0; i < sizeof(path) - 1; i++)
        path[i] = i % 2 ? '.' : '/';
    assert_int_equal(lookup(path), 2);
}

static void the_parent_of_a_missing_file_is_found(void **state)
{
    struct inode *dir;
    const char   *name;
    size_t        len;
    bool          trailing;
    (void)state;

    assert_int_equal(vfs_lookup_parent(NULL, "/bin/new//", &dir, &name, &len, &trailing), 0);
    assert_int_equal(dir->ino, lookup("/usr/bin"));
    assert_int_equal(len, 3);
    assert_memory_equal(name, "new", 3);
    assert_true(trailing);
    inode_put(dir);
    assert_int_equal(vfs_lookup_parent(NULL, "bin", &dir, &name, &len, &trailing), 0);
    assert_int_equal(dir->ino, 2);
    assert_false(trailing);
    inode_put(dir);
    assert_int_equal(vfs_lookup_parent(NULL, "/", &dir, &name, &len, &trailing), 0);
    assert_int_equal(len, 0);
    inode_put(dir);
    assert_int_equal(vfs_lookup_parent(NULL, "/data/x", &dir, &name, &len, &trailing), -ENOTDIR);
    assert_int_equal(vfs_lookup_parent(NULL, "/no/x", &dir, &name, &len, &trailing), -ENOENT);
}

static void assert_dir_path(const char *path, const char *expected)
{
    char          buf[128];
    struct inode *dir = inode_at(path);

    assert_int_equal(vfs_dir_path(dir, buf, sizeof(buf)), strlen(expected) + 1);
    assert_string_equal(buf, expected);
    assert_int_equal(vfs_dir_path(dir, buf, strlen(expected)), -ERANGE);
    assert_int_equal(vfs_dir_path(dir, buf, strlen(expected) + 1), strlen(expected) + 1);
    inode_put(dir);
}

static void a_directory_knows_its_path(void **state)
{
    (void)state;
    assert_dir_path("/", "/");
    assert_dir_path("/bin", "/usr/bin");
    assert_dir_path("/usr/bin/..", "/usr");
    assert_dir_path("/dev", "/dev");
}

static void assert_canonical(const char *path, const char *expected)
{
    char buf[128];

    assert_int_equal(vfs_canonical_path(NULL, path, buf, sizeof(buf)), strlen(expected) + 1);
    assert_string_equal(buf, expected);
    assert_int_equal(vfs_canonical_path(NULL, path, buf, strlen(expected)), -ERANGE);
}

static void the_canonical_path_has_no_links_in_it(void **state)
{
    char buf[128];
    (void)state;

    assert_canonical("/absolute", "/usr/bin/program");
    assert_canonical("bin/../relative", "/usr/bin/program");
    assert_canonical("chain10", "/data");
    assert_canonical("/slash", "/usr/bin");
    assert_canonical("/dev/stdin", "/dev/console");
    assert_int_equal(vfs_canonical_path(NULL, "/dangling", buf, sizeof(buf)), -ENOENT);
}

/* --- mounts --------------------------------------------------------------------------------------------- */

static void a_mount_needs_no_directory_to_be_there(void **state)
{
    struct inode *d = inode_at("/dev");
    (void)state;

    assert_ptr_equal(d->fs, dev);
    assert_int_equal(lookup_from(d, "..", 0), 2);
    assert_int_equal(lookup_from(d, "../data", 0), lookup("/data"));
    assert_int_equal(lookup("/dev/null/x"), -ENOTDIR);
    assert_int_equal(lookup("/dev/nothing"), -ENOENT);
    assert_int_equal(vfs_mount(vfs_root(), "dev", dev), -EBUSY);
    assert_int_equal(vfs_mount(vfs_root(), "elsewhere", dev), -EBUSY);
    inode_put(d);
}

static const char *list(struct lister *l, const char *path, unsigned step)
{
    struct file *f = open_at(path, O_RDONLY | O_DIRECTORY);

    *l = (struct lister){.sink = {lister_emit}, .text = " "}; /* each name between blanks */
    do {
        l->room = step;
        assert_int_equal(file_readdir(f, &l->sink), 0);
    } while (l->room < step);
    file_put(f);
    return l->text;
}

static void a_mount_is_listed_once_whatever_the_step(void **state)
{
    struct lister l, one;
    (void)state;

    list(&l, "/", 1000);
    const char *at = strstr(l.text, " dev ");
    assert_non_null(at);
    assert_null(strstr(at + 1, " dev "));
    assert_string_equal(list(&one, "/", 1), l.text);
    assert_string_equal(list(&one, "/", 3), l.text);
    assert_string_equal(
        list(&l, "/dev", 2),
        " . .. null zero full random urandom kmsg tty console stdin stdout stderr ");
}

static void a_mount_over_an_entry_hides_it_and_is_listed_once(void **state)
{
    struct inode *usr = inode_at("/usr");
    struct lister l;
    struct fs    *over;
    (void)state;

    int64_t hidden = lookup("/usr/bin");
    assert_int_equal(dev_fs_create(&over), 0);
    assert_int_equal(vfs_mount(usr, "bin", over), 0);
    assert_int_not_equal(lookup("/usr/bin"), hidden);
    assert_true(lookup("/bin/null") > 0);
    assert_dir_path("/usr/bin", "/usr/bin");
    list(&l, "/usr", 1);
    const char *at = strstr(l.text, " bin ");
    assert_non_null(at);
    assert_null(strstr(at + 1, " bin "));
    assert_int_equal(vfs_unmount(over), 0);
    assert_int_equal(lookup("/usr/bin"), hidden);
    inode_put(over->root);
    inode_put(usr);
}

/* --- open files ----------------------------------------------------------------------------------------- */

static void what_cannot_be_opened_says_why(void **state)
{
    (void)state;
    assert_int_equal(open_error("/data", O_WRONLY), -EROFS);
    assert_int_equal(open_error("/data", O_RDONLY | O_TRUNC), -EROFS);
    assert_int_equal(open_error("/usr", O_RDWR), -EISDIR);
    assert_int_equal(open_error("/usr", O_RDONLY | O_CREAT), -EISDIR);
    assert_int_equal(open_error("/new", O_WRONLY | O_CREAT), -EROFS);
    assert_int_equal(open_error("/nowhere/new", O_WRONLY | O_CREAT), -ENOENT);
    assert_int_equal(open_error("/new", O_WRONLY), -ENOENT);
    assert_int_equal(open_error("/data", O_RDWR | O_CREAT | O_EXCL), -EEXIST);
    assert_int_equal(open_error("/dangling", O_RDWR | O_CREAT | O_EXCL), -EEXIST);
    assert_int_equal(open_error("/absolute", O_RDONLY | O_NOFOLLOW), -ELOOP);
    assert_int_equal(open_error("/absolute", O_PATH | O_NOFOLLOW), 0);
    assert_int_equal(open_error("/data", O_RDONLY | O_DIRECTORY), -ENOTDIR);
    assert_int_equal(open_error("/data", O_RDONLY | O_CREAT), 0);
    assert_int_equal(open_error("/dev/null", O_RDWR | O_CREAT | O_TRUNC), 0);
}

static ssize_t read_some(struct file *f, void *buf, size_t len)
{
    struct iobuf iob;

    iobuf_kernel(&iob, buf, len);
    return file_read(f, &iob);
}

static void reading_moves_the_position_and_ends_at_the_end(void **state)
{
    uint8_t      all[5000], buf[5000];
    struct file *f = open_at("/usr/bin/program", O_RDONLY);
    (void)state;

    assert_int_equal(file_read_exact(f, all, 5000, 0), 0);
    assert_int_equal(read_some(f, buf, 4090), 4090);
    assert_int_equal(read_some(f, buf + 4090, 2000), 910);
    assert_memory_equal(buf, all, 5000);
    assert_int_equal(read_some(f, buf, 1), 0);
    assert_int_equal(file_seek(f, -10, SEEK_END), 4990);
    assert_int_equal(read_some(f, buf, 100), 10);
    assert_memory_equal(buf, all + 4990, 10);
    assert_int_equal(file_seek(f, 1 << 20, SEEK_SET), 1 << 20);
    assert_int_equal(read_some(f, buf, 1), 0);
    assert_int_equal(file_read_exact(f, buf, 11, 4990), -EIO);
    file_put(f);
}

static void seeking_checks_its_target(void **state)
{
    struct file *f = open_at("/data", O_RDONLY);
    (void)state;

    assert_int_equal(file_seek(f, -1, SEEK_SET), -EINVAL);
    assert_int_equal(file_seek(f, -21, SEEK_END), -EINVAL);
    assert_int_equal(file_seek(f, 5, SEEK_CUR), 5);
    assert_int_equal(file_seek(f, INT64_MAX, SEEK_CUR), -EINVAL);
    assert_int_equal(file_seek(f, 0, SEEK_CUR), 5);
    assert_int_equal(file_seek(f, 3, SEEK_DATA), 3);
    assert_int_equal(file_seek(f, 3, SEEK_HOLE), 20);
    assert_int_equal(file_seek(f, 20, SEEK_DATA), -ENXIO);
    assert_int_equal(file_seek(f, 0, 9), -EINVAL);
    file_put(f);
}

static void access_modes_are_enforced(void **state)
{
    char         c = 0;
    struct iobuf iob;
    struct file *f = open_at("/data", O_RDONLY);
    (void)state;

    iobuf_kernel(&iob, &c, 1);
    assert_int_equal(file_write(f, &iob), -EBADF);
    file_put(f);
    f = open_at("/dev/null", O_WRONLY);
    assert_int_equal(file_read(f, &iob), -EBADF);
    file_put(f);
    f = open_at("/data", O_PATH);
    assert_int_equal(file_read(f, &iob), -EBADF);
    assert_int_equal(file_pread(f, &iob, 0), -EBADF);
    assert_int_equal(file_seek(f, 0, SEEK_SET), -EBADF);
    file_put(f);
    f = open_at("/usr", O_RDONLY);
    assert_int_equal(file_read(f, &iob), -EISDIR);
    file_put(f);
}

static void a_vector_of_user_ranges_is_filled_in_order(void **state)
{
    uint8_t          all[20], a[3], b[7], c[30];
    struct iobuf     iob;
    struct iobuf_seg segs[] = {
        {(uintptr_t)a, 3}, {0, 0}, {(uintptr_t)b, 7}, {(uintptr_t)c, 30}, {(uintptr_t)c, 0}};
    struct file *f = open_at("/data", O_RDONLY);
    (void)state;

    assert_int_equal(file_read_exact(f, all, 20, 0), 0);
    assert_int_equal(iobuf_user_vec(&iob, segs, 5), 0);
    assert_int_equal(file_read(f, &iob), 20);
    assert_memory_equal(a, all, 3);
    assert_memory_equal(b, all + 3, 7);
    assert_memory_equal(c, all + 10, 10);
    segs[1].len = SIZE_MAX - 2;
    assert_int_equal(iobuf_user_vec(&iob, segs, 5), -EINVAL);
    file_put(f);
}

static void memory_that_gives_out_makes_a_read_short_then_an_error(void **state)
{
    uint8_t      buf[100];
    struct iobuf iob;
    struct file *f = open_at("/usr/bin/program", O_RDONLY);
    (void)state;

    sim_user_end = (uintptr_t)buf + 60;
    iobuf_user(&iob, (uintptr_t)buf, 100);
    assert_int_equal(file_read(f, &iob), 60);
    iobuf_user(&iob, (uintptr_t)buf + 60, 40);
    assert_int_equal(file_read(f, &iob), -EFAULT);
    assert_int_equal(file_seek(f, 0, SEEK_CUR), 60);
    sim_user_end = (vaddr_t)-1;
    file_put(f);
}

static void access_tells_what_may_be_done(void **state)
{
    struct inode *program = inode_at("/bin/program"), *data = inode_at("/data");
    struct inode *null = inode_at("/dev/null");
    (void)state;

    assert_int_equal(vfs_access(program, R_OK | X_OK), 0);
    assert_int_equal(vfs_access(data, R_OK), 0);
    assert_int_equal(vfs_access(data, X_OK), -EACCES);
    assert_int_equal(vfs_access(data, W_OK), -EROFS);
    assert_int_equal(vfs_access(null, R_OK | W_OK), 0);
    inode_put(program);
    inode_put(data);
    inode_put(null);
}

static void a_mapping_is_described_by_the_files_path(void **state)
{
    char              buf[64];
    struct pagecache *pages;
    struct file      *f = open_at("/bin/program", O_RDONLY);
    (void)state;

    assert_int_equal(file_mmap(f, &pages), 0);
    pages->ops->describe(pages, buf, sizeof(buf));
    assert_string_equal(buf, "/usr/bin/program");
    pages->ops->describe(pages, buf, 10);
    assert_true(strlen(buf) < 10);
    pages->ops->acquire(pages);
    file_put(f);
    assert_int_equal(pages->size, 5000);
    pages->ops->release(pages);
}

/* --- /dev ------------------------------------------------------------------------------------------------ */

static void devices_have_linux_numbers(void **state)
{
    static const struct {
        const char *path;
        unsigned    major, minor;
    } devices[] = {{"/dev/null", 1, 3},   {"/dev/zero", 1, 5},    {"/dev/full", 1, 7},
                   {"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0},
                   {"/dev/console", 5, 1}};
    (void)state;

    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        struct inode   *inode = inode_at(devices[i].path);
        struct vfs_attr attr;
        vfs_stat(inode, &attr);
        assert_int_equal(attr.rdev, vfs_mkdev(devices[i].major, devices[i].minor));
        assert_int_equal(attr.mode & S_IFMT, S_IFCHR);
        inode_put(inode);
    }
}

static void memory_devices_do_what_their_names_say(void **state)
{
    char         buf[16];
    struct iobuf iob;
    (void)state;

    struct file *f = open_at("/dev/null", O_RDWR);
    assert_int_equal(read_some(f, buf, 16), 0);
    iobuf_user(&iob, 0, 1000); /* not even looked at */
    assert_int_equal(file_write(f, &iob), 1000);
    file_put(f);

    f = open_at("/dev/zero", O_RDWR);
    memset(buf, 1, 16);
    assert_int_equal(read_some(f, buf, 15), 15);
    assert_memory_equal(buf, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
    struct pagecache *pages = (void *)&iob;
    assert_int_equal(file_mmap(f, &pages), 0);
    assert_null(pages);
    file_put(f);

    f = open_at("/dev/full", O_RDWR);
    iobuf_kernel(&iob, buf, 16);
    assert_int_equal(file_write(f, &iob), -ENOSPC);
    assert_int_equal(read_some(f, buf, 16), 16);
    file_put(f);
}

static void random_bytes_differ_and_depend_on_the_seed(void **state)
{
    uint8_t      first[1000], again[1000];
    struct file *f = open_at("/dev/urandom", O_RDWR);
    (void)state;

    assert_int_equal(read_some(f, first, 1000), 1000);
    assert_int_equal(read_some(f, again, 1000), 1000);
    assert_memory_not_equal(first, again, 16);
    assert_memory_not_equal(first + 500, again + 500, 16);
    file_put(f);
}

static void without_entropy_there_is_a_warning_and_still_bytes(void **state)
{
    uint8_t first[32], again[32];
    (void)state;

    no_entropy = true;
    sim_log();
    random_init();
    assert_non_null(strstr(sim_log(), "random numbers can be predicted"));
    no_entropy = false;
    random_init();
    assert_string_equal(sim_log(), "");
    random_fill(first, 32);
    random_fill(again, 32);
    assert_memory_not_equal(first, again, 32);
}

/* RFC 8439, 2.3.2. */
static void chacha20_has_the_published_value(void **state)
{
    static const uint32_t in[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574,
                                    0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c,
                                    0x13121110, 0x17161514, 0x1b1a1918, 0x1f1e1d1c,
                                    0x00000001, 0x09000000, 0x4a000000, 0x00000000};
    static const uint8_t  expected[64] = {
         0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3,
         0x20, 0x71, 0xc4, 0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03, 0x04, 0x22,
         0xaa, 0x9a, 0xc3, 0xd4, 0x6c, 0x4e, 0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa,
         0x09, 0x14, 0xc2, 0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2, 0xb5, 0x12, 0x9c, 0xd1,
         0xde, 0x16, 0x4e, 0xb9, 0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e};
    uint8_t out[64];
    (void)state;

    chacha20_block(in, out);
    assert_memory_equal(out, expected, 64);
}

/* Many more names than the cache holds: old ones make room, and their inodes go. */
static void the_cache_of_names_is_bounded(void **state)
{
    char path[64];
    (void)state;

    size_t before = sim_heap_blocks();
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(path, sizeof(path), "/no file %u", i);
        assert_int_equal(lookup(path), -ENOENT);
    }
    assert_true(sim_heap_blocks() - before < 1100);
    assert_int_equal(lookup("/bin/program"), lookup("/usr/bin/program"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, mount_all, unmount_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(slashes_and_dots_do_not_matter),
        T(relative_paths_start_where_they_are_told),
        T(links_are_followed_from_where_they_lie),
        T(the_last_link_is_followed_unless_told_otherwise),
        T(forty_links_are_followed_and_no_more),
        T(a_slash_at_the_end_asks_for_a_directory),
        T(files_have_nothing_below_them),
        T(long_names_are_refused),
        T(the_parent_of_a_missing_file_is_found),
        T(a_directory_knows_its_path),
        T(the_canonical_path_has_no_links_in_it),
        T(a_mount_needs_no_directory_to_be_there),
        T(a_mount_is_listed_once_whatever_the_step),
        T(a_mount_over_an_entry_hides_it_and_is_listed_once),
        T(what_cannot_be_opened_says_why),
        T(reading_moves_the_position_and_ends_at_the_end),
        T(seeking_checks_its_target),
        T(access_modes_are_enforced),
        T(a_vector_of_user_ranges_is_filled_in_order),
        T(memory_that_gives_out_makes_a_read_short_then_an_error),
        T(access_tells_what_may_be_done),
        T(a_mapping_is_described_by_the_files_path),
        T(devices_have_linux_numbers),
        T(memory_devices_do_what_their_names_say),
        T(random_bytes_differ_and_depend_on_the_seed),
        T(without_entropy_there_is_a_warning_and_still_bytes),
        T(chacha20_has_the_published_value),
        T(the_cache_of_names_is_bounded),
    };
    return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
