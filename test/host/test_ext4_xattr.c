/* SPDX-License-Identifier: Apache-2.0 */
/* test_ext4_xattr.c - extended attributes on ext4: those that debugfs makes are read, those that the driver writes are
 * what e2fsck likes; blocks that inodes share; damage.
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

#include "fs/ext4_csum.h"
#include "fs/ext4_impl.h"
#include "fs/xattr.h"
#include "kernel/time.h"
#include "lib/errno.h"
#include "sim_ext4.h"
#include "sim_kernel.h"

static struct sim_disk disk;

static const char *const kinds[] = {
    "-t ext4 -b 1024 -J size=1",
    "-t ext4 -b 4096 -O ^has_journal",
    "-t ext4 -b 1024 -O ^has_journal,^metadata_csum,^64bit -I 128",
    "-t ext4 -b 2048 -O ^has_journal,^ext_attr -I 512",
};

/* The wall clock: inodes are removed at some time. */
uint64_t time_wall_ns(void)
{
    return 1700000000123456789;
}

/* --- images ---------------------------------------------------------------------------------------- */

static int make_tree(void **state)
{
    (void)state;
    sim_dir("tree");
    sim_dir("tree/dir");
    sim_file("tree/a", 700, 1);
    sim_file("tree/b", 0, 0);
    sim_file("tree/c", 5000, 2);
    return 0;
}

static int remove_tree(void **state)
{
    (void)state;
    sim_scratch_remove();
    return 0;
}

static void debugfs(const char *command)
{
    sim_shell("debugfs -w -R '%s' %s/img", command, sim_scratch());
}

static void load(void)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/img", sim_scratch());
    sim_disk_load(&disk, path);
    sim_log();
}

static void mount_image(bool writable)
{
    sim_writable = writable;
    assert_int_equal(sim_mount(&disk), 0);
}

static void check_disk(const char *kind)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/img", sim_scratch());
    sim_disk_save(&disk, path);
    sim_shell("e2fsck -fn %s >%s.log 2>&1 || { echo '%s'; cat %s.log; exit 1; }", path, path, kind,
              path);
}

/* --- attributes ------------------------------------------------------------------------------------ */

static struct inode *inode_at(const char *path)
{
    struct inode *inode;
    assert_int_equal(vfs_lookup(NULL, path, VFS_NOFOLLOW, &inode), 0);
    return inode;
}

static ssize_t get(const char *path, const char *name, char *buf, size_t size)
{
    struct inode *inode = inode_at(path);
    ssize_t       n = xattr_get(inode, name, buf, size, true);
    inode_put(inode);
    return n;
}

static int set(const char *path, const char *name, const char *value, size_t size)
{
    struct inode *inode = inode_at(path);
    int           err = xattr_set(inode, name, value, size, 0, true);
    inode_put(inode);
    return err;
}

static void names_are(const char *path, const char *want)
{
    char          names[4000];
    struct inode *inode = inode_at(path);
    ssize_t       n = xattr_list(inode, names, sizeof(names), true);
    inode_put(inode);
    for (ssize_t i = 0; i < n; i++)
        names[i] = names[i] ? names[i] : ' ';
    assert_true(n >= 0);
    names[n] = 0;
    assert_string_equal(names, want);
}

static void what_debugfs_sets_is_read(void **state)
{
    char buf[400];
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strstr(kinds[i], "^ext_attr")) /* then debugfs refuses to */
            continue;
        sim_image("img", "tree", kinds[i], "4M");
        debugfs("ea_set /a user.one first");
        debugfs("ea_set /a trusted.two \"\"");
        char text[400] = "ea_set /a security.long ";
        memset(text + strlen(text), 'x', 300);
        debugfs(text);
        load();
        mount_image(false);
        assert_int_equal(get("/a", "user.one", buf, sizeof(buf)), 5);
        assert_memory_equal(buf, "first", 5);
        assert_int_equal(get("/a", "trusted.two", buf, sizeof(buf)), 0);
        assert_int_equal(get("/a", "security.long", buf, sizeof(buf)), 300);
        for (unsigned k = 0; k < 300; k++)
            assert_int_equal(buf[k], 'x');
        assert_int_equal(get("/a", "security.long", buf, 299), -ERANGE);
        assert_int_equal(get("/a", "user.two", buf, sizeof(buf)), -ENODATA);
        assert_int_equal(get("/b", "user.one", buf, sizeof(buf)), -ENODATA);
        names_are("/b", "");
        sim_unmount();
        sim_disk_free(&disk);
    }
}

/* --- changes ------------------------------------------------------------------------------------------ */

#define NAMES 12u

struct model {
    size_t size[NAMES]; /* 0: it is not there */
    char   byte[NAMES];
};

static uint32_t seed = 1;

static uint32_t rnd(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)(seed >> 4) * n) >> 28);
}

static void name_of(char name[64], unsigned i)
{
    static const char *const prefixes[] = {"user.", "trusted.", "security."};
    snprintf(name, 64, "%sn%0*u", prefixes[i % 3], (int)(1 + i * 3), i);
}

static void change(const char *path, struct model *m)
{
    static char value[3000];
    char        name[64];
    unsigned    i = rnd(NAMES);

    name_of(name, i);
    if (rnd(3) == 0) {
        assert_int_equal(set(path, name, NULL, 0), m->size[i] ? 0 : -ENODATA);
        m->size[i] = 0;
        return;
    }
    size_t size = 1 + rnd(rnd(3) ? 50 : rnd(3) ? 300 : sizeof(value) - 1);
    char   byte = (char)('a' + rnd(26));
    memset(value, byte, size);
    int err = set(path, name, value, size);
    if (err == -ENOSPC)
        return;
    assert_int_equal(err, 0);
    m->size[i] = size;
    m->byte[i] = byte;
}

static void compare(const char *path, const struct model *m)
{
    char name[64], buf[3000];

    for (unsigned i = 0; i < NAMES; i++) {
        name_of(name, i);
        ssize_t n = get(path, name, buf, sizeof(buf));
        assert_int_equal(n, m->size[i] ? (ssize_t)m->size[i] : -ENODATA);
        for (ssize_t k = 0; k < n; k++)
            assert_int_equal(buf[k], m->byte[i]);
    }
}

static void random_changes_leave_what_the_model_has(void **state)
{
    static const char *const paths[] = {"/a", "/b", "/dir"};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct model models[3] = {0};
        sim_image("img", "tree", kinds[i], "4M");
        load();
        mount_image(true);
        for (unsigned step = 0; step < 600; step++) {
            unsigned p = rnd(3);
            change(paths[p], &models[p]);
            compare(paths[p], &models[p]);
            if (step % 150 == 149) {
                sim_unmount();
                check_disk(kinds[i]);
                mount_image(true);
                for (p = 0; p < 3; p++)
                    compare(paths[p], &models[p]);
            }
        }
        assert_int_equal(vfs_unlink(NULL, "/a"), 0);
        assert_int_equal(vfs_rmdir(NULL, "/dir"), 0);
        sim_unmount();
        check_disk(kinds[i]);
        sim_disk_free(&disk);
    }
    assert_string_equal(sim_log(), "");
}

/* Every change is tried with each of its allocations failing in turn. */
static void a_change_without_memory_changes_nothing(void **state)
{
    static char value[600];
    size_t      sizes[8] = {0};
    char        name[64];
    (void)state;

    sim_image("img", "tree", kinds[0], "4M");
    load();
    mount_image(true);
    struct inode *inode = inode_at("/a");
    for (unsigned step = 0; step < 60; step++) {
        unsigned i = rnd(8);
        size_t   size = rnd(3) ? 1 + rnd(rnd(2) ? 30 : 200) : 0;
        int      err = -ENOMEM;
        name_of(name, i);
        for (size_t nth = 1; err == -ENOMEM; nth++) {
            sim_heap_fail_after(nth);
            err = xattr_set(inode, name, size ? value : NULL, size, 0, true);
            sim_heap_fail_after(0);
            if (err == -ENOMEM)
                assert_int_equal(get("/a", name, NULL, 0), sizes[i] ? (ssize_t)sizes[i] : -ENODATA);
        }
        if (err != -ENOSPC)
            assert_int_equal(err, size || sizes[i] ? 0 : -ENODATA);
        sizes[i] = err ? sizes[i] : size;
        ext4_cache_drop(container_of(vfs_root()->fs, struct ext4_fs, fs));
    }
    inode_put(inode);
    sim_unmount();
    check_disk("no memory");
    sim_disk_free(&disk);
    assert_string_equal(sim_log(), "");
}

/* --- blocks ------------------------------------------------------------------------------------------- */

/* The only block of attributes on the disk, which has blocks of 1 KiB. */
static uint8_t *the_block(void)
{
    const uint8_t magic[4] = {0, 0, 2, 0xea};
    for (uint64_t at = 0; at < disk.size; at += 1024)
        if (memcmp(disk.image + at, magic, 4) == 0)
            return disk.image + at;
    fail_msg("there is no such block");
    return NULL;
}

static void with_a_block(const char *args)
{
    char text[400] = "ea_set /a user.long ";

    sim_image("img", "tree", args, "4M");
    memset(text + strlen(text), 'x', 300);
    debugfs(text);
    load();
}

static void a_block_that_two_share_is_copied_when_one_changes(void **state)
{
    char command[64], buf[400];
    (void)state;

    with_a_block("-t ext4 -b 1024 -O ^has_journal,^metadata_csum");
    unsigned nr = (unsigned)((size_t)(the_block() - disk.image) / 1024);
    sim_disk_free(&disk);
    snprintf(command, sizeof(command), "sif /b file_acl %u", nr);
    debugfs(command);
    debugfs("sif /b blocks 2");
    load();
    the_block()[4] = 2;
    check_disk("two have one block");
    mount_image(true);
    assert_int_equal(get("/b", "user.long", buf, sizeof(buf)), 300);
    assert_int_equal(set("/b", "user.long",
                         "short but for ............................................"
                         "..............................................",
                         100),
                     0);
    assert_int_equal(set("/b", "user.other", "y", 1), 0);
    names_are("/a", "user.long ");
    assert_int_equal(get("/a", "user.long", buf, sizeof(buf)), 300);
    assert_int_equal(get("/b", "user.long", buf, sizeof(buf)), 100);
    sim_unmount();
    check_disk("each has its own");
    mount_image(true);
    assert_int_equal(vfs_unlink(NULL, "/b"), 0);
    assert_int_equal(set("/a", "user.long", NULL, 0), 0);
    names_are("/a", "");
    sim_unmount();
    check_disk("none has any");
    sim_disk_free(&disk);
}

static void damaged_attributes_are_an_error_and_the_rest_is_there(void **state)
{
    static const struct {
        size_t   at, len;
        uint32_t number;
    } cases[] = {{0, 4, 0},           {4, 4, 0},     {34, 2, 0xffff}, {34, 2, 40},
                 {40, 4, 0x7fffffff}, {40, 4, 1000}, {36, 4, 5},      {48, 1, 0}};
    char buf[400];
    (void)state;

    for (unsigned sums = 0; sums < 2; sums++)
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
            with_a_block(sums ? "-t ext4 -b 1024 -O ^has_journal"
                              : "-t ext4 -b 1024 -O ^has_journal,^metadata_csum");
            memcpy(the_block() + cases[i].at, &cases[i].number, cases[i].len);
            int want = sums && cases[i].at >= 8 ? -EBADMSG : -EUCLEAN;
            mount_image(true);
            assert_int_equal(get("/a", "user.long", buf, sizeof(buf)), want);
            assert_non_null(strstr(sim_log(), "extended attributes of inode"));
            assert_int_equal(set("/a", "user.long", "v", 1), want);
            assert_int_equal(get("/b", "user.long", buf, sizeof(buf)), -ENODATA);
            assert_int_equal(set("/b", "user.long", "v", 1), 0);
            sim_unmount();
            sim_disk_free(&disk);
        }
}

static void a_full_disk_takes_no_block(void **state)
{
    static char  bytes[65536];
    char         buf[400];
    struct file *f;
    struct iobuf iob;
    ssize_t      n;
    (void)state;

    memset(bytes, 'z', sizeof(bytes));
    sim_image("img", "tree", kinds[0], "4M");
    load();
    mount_image(true);
    assert_int_equal(vfs_open(NULL, "/full", O_RDWR | O_CREAT, 0600, &f), 0);
    uint64_t at = 0;
    for (size_t piece = sizeof(bytes); piece; piece /= 2)
        do {
            iobuf_kernel(&iob, bytes, piece);
            n = file_pwrite(f, &iob, at);
            at += n > 0 ? (uint64_t)n : 0;
        } while (n > 0);
    assert_int_equal(set("/b", "user.small", bytes, 20), 0);
    assert_int_equal(set("/b", "user.long", bytes, 300), -ENOSPC);
    names_are("/b", "user.small ");
    file_put(f);
    assert_int_equal(vfs_unlink(NULL, "/full"), 0);
    assert_int_equal(set("/b", "user.long", bytes, 300), 0);
    assert_int_equal(get("/b", "user.long", buf, sizeof(buf)), 300);
    sim_unmount();
    check_disk("full");
    sim_disk_free(&disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_debugfs_sets_is_read),
        cmocka_unit_test(random_changes_leave_what_the_model_has),
        cmocka_unit_test(a_change_without_memory_changes_nothing),
        cmocka_unit_test(a_block_that_two_share_is_copied_when_one_changes),
        cmocka_unit_test(damaged_attributes_are_an_error_and_the_rest_is_there),
        cmocka_unit_test(a_full_disk_takes_no_block),
    };
    return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
