/* SPDX-License-Identifier: Apache-2.0 */
/* test_ext4_change.c - changing ext4 file systems, against a model in memory and against e2fsck.
 *
 * Random operations go to the driver and to the model; what the driver answers must be what the model
 * expects, and now and then the whole tree is compared, the image is checked by e2fsck, which must find nothing,
 * and mounted again. The kinds of images differ in what the driver has to keep: sizes of blocks,
 * checksums, wide descriptors.
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
 *          test/host/sim_kernel.c test/host/sim_user.c test/host/model_tree.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fs/ext4.h"
#include "fs/ext4_alloc.h"
#include "fs/ext4_extent.h"
#include "fs/ext4_impl.h"
#include "fs/ext4_resize.h"
#include "fs/ext4_txn.h"
#include "kernel/time.h"
#include "lib/errno.h"
#include "model_tree.h"
#include "sim_ext4.h"
#include "sim_kernel.h"

static struct sim_disk disk;
static const char     *kind = ""; /* of the image, for messages */

#define TODAY 1700000000123456789u

static uint64_t wall_ns = TODAY;

/* The wall clock: each look at it is later. */
uint64_t time_wall_ns(void)
{
    return wall_ns += 1000003;
}

/* --- images ------------------------------------------------------------------------------------- */

static void mount_image(void)
{
    sim_writable = true;
    if (sim_mount(&disk))
        fail_msg("%s: not mounted: %s", kind, sim_log());
    if (vfs_root()->fs->read_only)
        fail_msg("%s: mounted read-only: %s", kind, sim_log());
}

static void make_image(const char *args, const char *size)
{
    char path[512];

    kind = args;
    sim_shell("rm -rf %s/empty; mkdir %s/empty", sim_scratch(), sim_scratch());
    sim_image("img", "empty", args, size);
    snprintf(path, sizeof(path), "%s/img", sim_scratch());
    sim_disk_load(&disk, path);
    sim_log();
    mount_image();
}

/* What e2fsck has to say of the disk as it is; nothing, but that a tree whose nodes were split has room in them. */
static void check_disk(void)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/img", sim_scratch());
    sim_disk_save(&disk, path);
    sim_shell("e2fsck -fn %s >%s.log 2>&1 || { cat %s.log; exit 1; }", path, path, path);
    sim_shell("if grep -v -e '^Pass' -e '^e2fsck' -e 'files (' "
              "-e 'could be narrower' -e '^$' %s.log; then exit 1; fi",
              path);
}

/* The same while it is mounted, after everything was synced: all but its being marked as in use. */
static void check_disk_in_use(void)
{
    struct ext4_super *sb = (void *)(disk.image + EXT4_SUPER_OFFSET);
    struct ext4_u16    was = sb->state;

    sb->state = ext4_put16(EXT4_STATE_CLEAN);
    check_disk();
    sb->state = was;
}

static void remount(void)
{
    sim_unmount();
    check_disk();
    mount_image();
}

static void drop_image(void)
{
    sim_unmount();
    check_disk();
    sim_disk_free(&disk);
    assert_string_equal(sim_log(), "");
}

/* --- operations ---------------------------------------------------------------------------------- */

static uint32_t seed = 1;

static uint32_t rnd(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)(seed >> 4) * n) >> 28);
}

static void expect(int got, int want, const char *what, const char *path)
{
    if (got != want)
        fail_msg("%s: %s %s: %d instead of %d: %s", kind, what, path, got, want, sim_log());
}

/* A name: mostly short; some as long as a name can be. Few enough that they are met again. */
static void some_name(char name[VFS_NAME_MAX + 1])
{
    unsigned nr = rnd(200);
    size_t   len = rnd(8) ? 8 + nr % 24 : VFS_NAME_MAX - nr % 3;

    memset(name, 'a' + (int)(nr % 26), len);
    int n = snprintf(name, 8, "%u", nr);
    name[n] = '-';
    name[len] = 0;
}

/* A path in one of the model's directories. */
static void some_path(struct model_path *p)
{
    struct model_node *dir = model_some(rnd(1u << 20), S_IFDIR);
    char               name[VFS_NAME_MAX + 1];

    some_name(name);
    model_path_make(p, dir, name);
}

static void do_create(void)
{
    static const uint32_t types[] = {S_IFREG, S_IFREG, S_IFREG, S_IFDIR,
                                     S_IFDIR, S_IFLNK, S_IFCHR, S_IFIFO};
    char                  target[300];
    struct model_path     p;
    struct vfs_new        spec = {.mode = types[rnd(8)] | rnd(01000)};

    some_path(&p);
    memset(target, 't', sizeof(target));
    target[1 + rnd(2) * 40 + rnd(150)] = 0;
    if ((spec.mode & S_IFMT) == S_IFLNK)
        spec.target = target;
    if ((spec.mode & S_IFMT) == S_IFCHR)
        spec.rdev = vfs_mkdev(rnd(2) ? 5 : 300, rnd(2) ? 7 : 70000);
    spec.uid = rnd(3) * 70000;
    expect(vfs_create(NULL, p.text, &spec), model_create(&p, &spec), "create", p.text);
}

static void do_link(void)
{
    struct model_node *node = model_some(rnd(1u << 20), S_IFREG);
    struct model_path  p;
    struct inode      *inode;
    char               old[VFS_PATH_MAX];

    if (!node || !model_path_of(node, old))
        return;
    some_path(&p);
    assert_int_equal(vfs_lookup(NULL, old, VFS_NOFOLLOW, &inode), 0);
    expect(vfs_link(inode, NULL, p.text), model_link(&p, node), "link", p.text);
    inode_put(inode);
}

/* A path that exists, most of the time. */
static void known_path(struct model_path *p)
{
    if (rnd(8) == 0 || !model_some_entry(rnd(1u << 20), p))
        some_path(p);
}

static void do_remove(void)
{
    struct model_path p;

    known_path(&p);
    if (rnd(3) == 0)
        expect(vfs_rmdir(NULL, p.text), model_rmdir(&p), "rmdir", p.text);
    else
        expect(vfs_unlink(NULL, p.text), model_unlink(&p), "unlink", p.text);
}

static void do_rename(void)
{
    struct model_path from, to;
    unsigned          flags = rnd(4) ? 0 : rnd(2) ? RENAME_EXCHANGE : RENAME_NOREPLACE;

    known_path(&from);
    if (rnd(2))
        some_path(&to);
    else
        known_path(&to);
    expect(vfs_rename(NULL, from.text, NULL, to.text, flags), model_rename(&from, &to, flags),
           "rename", from.text);
}

static void do_attributes(void)
{
    struct model_path  p;
    struct inode      *inode;
    struct vfs_setattr set = {.what = VFS_SET_MODE | VFS_SET_OWNER | VFS_SET_ATIME | VFS_SET_MTIME,
                              .mode = rnd(010000),
                              .uid = rnd(100000),
                              .gid = rnd(100000),
                              .atime = {(int64_t)rnd(1u << 30) * 12 - (1ll << 31), rnd(1000000000)},
                              .mtime = {-(int64_t)rnd(1u << 30), rnd(1000000000)}};

    if (!model_some_entry(rnd(1u << 20), &p) || vfs_lookup(NULL, p.text, VFS_NOFOLLOW, &inode))
        return;
    if (inode_is_link(inode))
        set.what &= ~(unsigned)VFS_SET_MODE;
    expect(vfs_setattr(inode, &set), 0, "setattr", p.text);
    model_setattr(&p, &set);
    inode_put(inode);
}

/* Blocks of a file get contents, as write-back gives them. */
static void write_blocks(struct inode *inode, uint64_t lblk, uint64_t n, uint8_t byte)
{
    struct ext4_fs *fs = ext4_fs_of(inode->fs);
    uint8_t        *buf = malloc(fs->block_size * n);

    memset(buf, byte, fs->block_size * n);
    mutex_lock(&inode->lock);
    while (n) {
        struct ext4_run run;
        assert_int_equal(ext4_begin(fs, EXT4_MAP_CREDITS), 0);
        expect(ext4_map_new(ext4_inode_of(inode), lblk, n, &run), 0, "map_new", "");
        assert_true(run.pblk != 0 && run.len >= 1 && run.len <= n);
        assert_int_equal(
            blk_write(fs->dev, run.pblk * fs->block_size / 512, buf, run.len * fs->block_size), 0);
        ext4_end(fs);
        lblk += run.len;
        n -= run.len;
    }
    mutex_unlock(&inode->lock);
    free(buf);
}

static struct file *open_some(struct model_node **node)
{
    char         path[VFS_PATH_MAX];
    struct file *f;

    *node = model_some(rnd(1u << 20), S_IFREG);
    if (!*node || !model_path_of(*node, path))
        return NULL;
    assert_int_equal(vfs_open(NULL, path, O_RDWR, 0, &f), 0);
    return f;
}

static void do_write(void)
{
    struct model_node *node;
    struct file       *f = open_some(&node);
    uint64_t           lblk = rnd(MODEL_BLOCKS), n = 1 + rnd(4) * rnd(20);
    uint8_t            byte = (uint8_t)(1 + rnd(250));
    if (!f)
        return;
    n = size_min(n, MODEL_BLOCKS - lblk);
    uint64_t bs = ext4_fs_of(f->inode->fs)->block_size, end = (lblk + n) * bs;
    if (f->inode->size < end)
        expect(file_truncate(f, end), 0, "grow", "");
    pagecache_punch(&f->inode->pages, 0,
                    pages_for(f->inode->size)); /* what is cached is old soon */
    write_blocks(f->inode, lblk, n, byte);
    model_write(node, lblk, n, byte, bs);
    file_put(f);
}

static void do_truncate(void)
{
    struct model_node *node;
    struct file       *f = open_some(&node);
    if (!f)
        return;
    uint64_t bs = ext4_fs_of(f->inode->fs)->block_size, size = rnd(MODEL_BLOCKS) * bs;
    expect(file_truncate(f, size), 0, "truncate", "");
    model_truncate(node, size, bs);
    file_put(f);
}

static void do_allocate(void)
{
    struct model_node *node;
    struct file       *f = open_some(&node);
    if (!f)
        return;
    uint64_t bs = ext4_fs_of(f->inode->fs)->block_size, lblk = rnd(MODEL_BLOCKS);
    uint64_t n = size_min(1 + rnd(30), MODEL_BLOCKS - lblk);
    if (rnd(2)) {
        unsigned mode = rnd(2) ? FALLOC_FL_KEEP_SIZE : 0;
        int      want = ext4_inode_of(f->inode)->flags & EXT4_FL_EXTENTS ? 0 : -EOPNOTSUPP;
        expect(file_allocate(f, mode, (int64_t)(lblk * bs), (int64_t)(n * bs)), want, "allocate",
               "");
        if (!mode && !want)
            model_grow(node, (lblk + n) * bs);
    } else {
        expect(file_allocate(f, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, (int64_t)(lblk * bs),
                             (int64_t)(n * bs)),
               0, "punch", "");
        model_write(node, lblk, n, 0, 0);
    }
    file_put(f);
}

/* A file without a name gets one, or goes. */
static void do_nameless(void)
{
    struct model_path p;
    struct file      *f;

    some_path(&p);
    expect(vfs_open(NULL, "/", O_TMPFILE | O_RDWR, 0600, &f), 0, "tmpfile", "");
    expect(file_truncate(f, 3 * ext4_fs_of(f->inode->fs)->block_size), 0, "grow", "");
    write_blocks(f->inode, 0, 3, 9);
    if (rnd(2)) {
        struct vfs_new spec = {.mode = S_IFREG | 0600};
        int            want = model_create(&p, &spec);
        expect(vfs_link(f->inode, NULL, p.text), want, "link of a nameless", p.text);
        if (!want) {
            expect(file_truncate(f, 0), 0, "truncate", "");
            expect(f->inode->nlink, 1, "links", p.text);
        }
    }
    file_put(f);
}

static void step(void)
{
    static void (*const ops[])(void) = {do_create, do_create,   do_create,     do_link,
                                        do_remove, do_remove,   do_rename,     do_rename,
                                        do_write,  do_write,    do_truncate,   do_allocate,
                                        do_create, do_allocate, do_attributes, do_nameless};

    ops[rnd(16)]();
}

static void steps_in_three_parts(unsigned steps)
{
    for (unsigned i = 1; i <= steps; i++) {
        step();
        if (i % (steps / 3) == 0) {
            model_compare(kind);
            remount();
            model_compare(kind);
        }
    }
}

static void run(const char *args, const char *size, unsigned steps)
{
    make_image(args, size);
    model_init(vfs_root());
    steps_in_three_parts(steps);
    model_destroy();
    drop_image();
}

static void random_operations_leave_what_the_model_has(void **state)
{
    static const char *const kinds[] = {
        "-t ext4 -O ^has_journal -b 4096 -N 2000",
        "-t ext4 -O ^has_journal -b 1024 -N 2000",
        "-t ext4 -O ^has_journal -b 2048 -N 2000 -I 128",
        "-t ext4 -O ^has_journal,^metadata_csum,^64bit -b 1024 -N 2000",
        "-t ext4 -O ^has_journal,^metadata_csum,uninit_bg -b 1024 -N 2000",
        "-t ext4 -O ^has_journal,^dir_index,^flex_bg -b 1024 -N 2000 -g 2048",
        "-t ext2 -b 1024 -N 2000",
        "-t ext2 -b 4096 -N 2000 -O ^dir_index",
        "-t ext3 -b 1024 -N 2000 -I 128",
        "-t ext4 -O ^extent,^64bit -b 1024 -N 2000",
    };
    (void)state;

    for (unsigned i = 0; i < ARRAY_LEN(kinds); i++) {
        seed = i + 1;
        run(kinds[i], "64M", 900);
    }
}

/* --- block maps ---------------------------------------------------------------------------------- */

static void reload(void)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/img", sim_scratch());
    sim_disk_free(&disk);
    sim_disk_load(&disk, path);
}

/* An old file system is given extents: its files keep their maps, new ones have trees. */
static void files_with_maps_and_with_trees_live_side_by_side(void **state)
{
    (void)state;

    seed = 11;
    make_image("-t ext3 -b 1024 -N 2000", "64M");
    model_init(vfs_root());
    steps_in_three_parts(600);
    sim_unmount();
    check_disk();
    sim_shell("tune2fs -O extents %s/img >/dev/null", sim_scratch());
    reload();
    mount_image();
    model_compare(kind);
    steps_in_three_parts(900);
    model_destroy();
    drop_image();
}

/* Blocks at the edges of the map's parts, where tables come and go. */
static void every_level_of_a_map_grows_and_shrinks(void **state)
{
    static const uint64_t at[] = {0,   11,   12,    13,    267,   268,   523,    524,
                                  800, 1500, 65803, 65804, 65805, 66100, 140000, 200000};
    const unsigned        n = ARRAY_LEN(at);
    struct file          *f;
    uint8_t               byte;
    (void)state;

    make_image("-t ext2 -b 1024", "64M");
    assert_int_equal(vfs_open(NULL, "/f", O_RDWR | O_CREAT, 0644, &f), 0);
    assert_int_equal(file_truncate(f, (at[n - 1] + 1) * 1024), 0);
    for (unsigned i = 0; i < n; i++)
        write_blocks(f->inode, at[(i * 7 + 3) % n], 1, (uint8_t)((i * 7 + 3) % n + 1));
    file_put(f);
    remount();
    assert_int_equal(vfs_open(NULL, "/f", O_RDWR, 0, &f), 0);
    for (unsigned i = n; i-- > 0;) {
        assert_int_equal(file_read_exact(f, &byte, 1, at[i] * 1024), 0);
        assert_int_equal(byte, i + 1);
        if (i % 3 == 1)
            expect(file_allocate(f, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE,
                                 (int64_t)at[i] * 1024, 1024),
                   0, "punch", "");
        else
            expect(file_truncate(f, at[i] * 1024), 0, "truncate", "");
        file_sync(f, false);
        check_disk_in_use();
    }
    assert_int_equal(f->inode->size, 0);
    assert_int_equal(f->inode->blocks, 0);
    expect(file_truncate(f, ((uint64_t)1 << 34) + (66000 << 10)), -EFBIG, "grow", "");
    file_put(f);
    drop_image();
}

/* --- directories --------------------------------------------------------------------------------- */

static void name_nr(char path[64], const char *dir, unsigned nr)
{
    snprintf(path, 64, "%s/a name of some length %u", dir, nr);
}

static void many_names(const char *args, unsigned n)
{
    const struct vfs_new dir = {.mode = S_IFDIR | 0755}, file = {.mode = S_IFIFO | 0644};
    char                 path[64];
    struct inode        *inode;

    make_image(args, "64M");
    assert_int_equal(vfs_create(NULL, "/d", &dir), 0);
    for (unsigned i = 0; i < n; i++) {
        name_nr(path, "/d", i);
        expect(vfs_create(NULL, path, &file), 0, "create", path);
    }
    remount();
    for (unsigned i = 0; i < n; i += 2) {
        name_nr(path, "/d", i);
        expect(vfs_unlink(NULL, path), 0, "unlink", path);
    }
    remount();
    for (unsigned i = 0; i < n; i++) {
        name_nr(path, "/d", i);
        int err = vfs_lookup(NULL, path, 0, &inode);
        expect(err, i % 2 ? 0 : -ENOENT, "lookup", path);
        if (!err)
            inode_put(inode);
    }
    drop_image();
}

static void a_directory_of_many_names_has_a_tree_that_e2fsck_likes(void **state)
{
    (void)state;
    many_names("-t ext4 -O ^has_journal -b 1024 -N 12000", 9000);
    sim_shell("debugfs -R 'htree_dump /d' %s/img 2>&1 | grep -q 'Indirect levels: 1'",
              sim_scratch());
    many_names("-t ext4 -O ^has_journal -b 4096 -N 12000", 3000);
    many_names("-t ext4 -O ^has_journal,^metadata_csum -b 1024 -N 12000", 3000);
    many_names("-t ext4 -O ^has_journal,^dir_index -b 1024 -N 12000", 1000);
    many_names("-t ext3 -b 1024 -N 12000", 4000);
}

/* --- extents ----------------------------------------------------------------------------------------- */

static void a_file_of_many_extents_grows_and_shrinks_its_tree(void **state)
{
    struct file *f;
    (void)state;

    make_image("-t ext4 -O ^has_journal -b 1024", "64M");
    assert_int_equal(vfs_open(NULL, "/teeth", O_RDWR | O_CREAT, 0644, &f), 0);
    assert_int_equal(file_truncate(f, 20000 * 1024), 0);
    for (uint64_t i = 0; i < 9000; i++) { /* in an order that splits nodes everywhere */
        uint64_t nr = i * 4001 % 9000;
        write_blocks(f->inode, 2 * nr, 1, (uint8_t)(nr % 251 + 1));
    }
    file_put(f);
    remount();
    sim_shell("debugfs -R 'ex /teeth' %s/img 2>/dev/null | grep -q '^ 2/ 2'", sim_scratch());
    assert_int_equal(vfs_open(NULL, "/teeth", O_RDWR, 0644, &f), 0);
    for (uint64_t i = 0; i < 9000; i += 7) {
        uint8_t byte;
        assert_int_equal(file_read_exact(f, &byte, 1, 2 * i * 1024), 0);
        assert_int_equal(byte, i % 251 + 1);
        assert_int_equal(file_read_exact(f, &byte, 1, (2 * i + 1) * 1024), 0);
        assert_int_equal(byte, 0);
    }
    for (uint64_t i = 9000; i-- > 8;)
        if (i % 3)
            assert_int_equal(file_allocate(f, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE,
                                           (int64_t)(2 * i * 1024), 1024),
                             0);
    file_put(f);
    remount();
    assert_int_equal(vfs_open(NULL, "/teeth", O_RDWR, 0644, &f), 0);
    assert_int_equal(file_truncate(f, 7 * 1024), 0);
    assert_int_equal(f->inode->blocks, 4 * 2);
    file_put(f);
    drop_image();
}

/* --- the end of the disk ----------------------------------------------------------------------------- */

static void fill_inodes(unsigned *n)
{
    char path[64];
    int  err = 0;

    for (*n = 0; !err; ++*n) {
        const struct vfs_new spec = {.mode = (*n % 5 ? S_IFREG : S_IFDIR) | 0644};
        snprintf(path, sizeof(path), "/%u", *n);
        err = vfs_create(NULL, path, &spec);
    }
    --*n;
    expect(err, -ENOSPC, "create", path);
}

static void a_full_disk_says_so_and_stays_sound(void **state)
{
    unsigned     n;
    char         path[64];
    struct file *f;
    (void)state;

    make_image("-t ext4 -O ^has_journal -b 1024 -N 300", "1M");
    fill_inodes(&n);
    remount();
    for (unsigned i = 0; i < n; i++) {
        snprintf(path, sizeof(path), "/%u", i);
        expect(i % 5 ? vfs_unlink(NULL, path) : vfs_rmdir(NULL, path), 0, "remove", path);
    }
    assert_int_equal(vfs_open(NULL, "/big", O_RDWR | O_CREAT, 0644, &f), 0);
    assert_int_equal(file_allocate(f, 0, 0, 2 << 20), -ENOSPC);
    assert_int_equal(f->inode->blocks, 0);
    int64_t most = 0;
    while (file_allocate(f, 0, most, 10240) == 0)
        most += 10240;
    assert_true(most > 500 << 10);
    const struct vfs_new spec = {.mode = S_IFDIR | 0755};
    while (file_allocate(f, 0, most, 1024) == 0)
        most += 1024;
    expect(vfs_create(NULL, "/dir", &spec), -ENOSPC, "create", "/dir");
    assert_int_equal(file_truncate(f, 0), 0);
    expect(vfs_create(NULL, "/dir", &spec), 0, "create",
           "/dir"); /* of blocks that were just freed */
    file_put(f);
    drop_image();
}

/* --- no memory --------------------------------------------------------------------------------------- */

/* Every operation is tried with each of its allocations failing in turn. */
static void an_operation_without_memory_changes_nothing(void **state)
{
    (void)state;
    make_image("-t ext4 -O ^has_journal -b 1024 -N 2000", "64M");
    model_init(vfs_root());
    seed = 77;
    for (unsigned i = 0; i < 250; i++)
        do_create();
    for (unsigned i = 0; i < 150; i++) {
        struct model_path p;
        struct vfs_new    spec = {.mode = (rnd(2) ? S_IFDIR : S_IFREG) | 0700};
        int               err = -ENOMEM;
        some_path(&p);
        for (size_t nth = 1; err == -ENOMEM; nth++) {
            sim_heap_fail_after(nth);
            err = vfs_create(NULL, p.text, &spec);
            sim_heap_fail_after(0);
        }
        expect(err, model_create(&p, &spec), "create", p.text);
    }
    model_compare(kind);
    model_destroy();
    drop_image();
}

/* --- crashes ------------------------------------------------------------------------------------------ */

/* The disk stops while a file without a name is in use, and is mounted again. */
static void a_file_without_a_name_is_gone_after_a_crash(void **state)
{
    struct file      *f;
    struct vfs_statfs before, after;
    (void)state;

    make_image("-t ext4 -O ^has_journal -b 1024", "64M");
    assert_int_equal(vfs_statfs(vfs_root(), &before), 0);
    assert_int_equal(vfs_open(NULL, "/file", O_RDWR | O_CREAT, 0644, &f), 0);
    assert_int_equal(file_truncate(f, 1 << 20), 0);
    write_blocks(f->inode, 0, 1024, 5);
    assert_int_equal(vfs_unlink(NULL, "/file"), 0);
    assert_int_equal(ext4_commit(ext4_fs_of(vfs_root()->fs)), 0);
    uint8_t *crashed = malloc(disk.size);
    memcpy(crashed, disk.image, disk.size);
    file_put(f);
    sim_unmount();
    check_disk();

    memcpy(disk.image, crashed, disk.size);
    free(crashed);
    mount_image();
    assert_non_null(strstr(sim_log(), "1 files without names"));
    assert_int_equal(vfs_statfs(vfs_root(), &after), 0);
    assert_int_equal(after.bfree, before.bfree);
    assert_int_equal(after.ffree, before.ffree);
    drop_image();
}

/* It is shortened, and then closed: inode and blocks are free again. */
static void a_file_without_a_name_that_is_cut_goes_when_it_is_closed(void **state)
{
    struct file      *f;
    struct vfs_statfs before, after;
    (void)state;

    make_image("-t ext4 -b 1024", "64M");
    assert_int_equal(vfs_statfs(vfs_root(), &before), 0);
    assert_int_equal(vfs_open(NULL, "/file", O_RDWR | O_CREAT, 0644, &f), 0);
    assert_int_equal(file_truncate(f, 1 << 16), 0);
    write_blocks(f->inode, 0, 64, 5);
    assert_int_equal(vfs_unlink(NULL, "/file"), 0);
    assert_int_equal(file_truncate(f, 3000), 0);
    file_put(f);
    assert_int_equal(vfs_sync(NULL), 0);
    assert_int_equal(vfs_statfs(vfs_root(), &after), 0);
    assert_int_equal(after.bfree, before.bfree);
    assert_int_equal(after.ffree, before.ffree);
    drop_image();
}

/* Machines without a battery begin in 1970. */
static void what_is_deleted_in_1970_is_no_orphan_for_e2fsck(void **state)
{
    struct file *f;
    (void)state;

    make_image("-t ext4", "64M");
    wall_ns = 100000000000;
    assert_int_equal(vfs_open(NULL, "/file", O_RDWR | O_CREAT, 0644, &f), 0);
    file_put(f);
    assert_int_equal(vfs_unlink(NULL, "/file"), 0);
    wall_ns = TODAY;
    drop_image();
}

/* --- memory ------------------------------------------------------------------------------------------ */

/* Of what was changed and synced nothing has to stay, but the superblock. */
static void changed_blocks_are_forgotten_when_that_is_asked_for(void **state)
{
    struct ext4_fs *fs;
    struct file    *f;
    char            path[64];
    (void)state;

    make_image("-t ext4 -b 1024", "64M");
    fs = ext4_fs_of(vfs_root()->fs);
    for (unsigned i = 0; i < 100; i++) {
        name_nr(path, "", i);
        assert_int_equal(vfs_open(NULL, path, O_RDWR | O_CREAT, 0644, &f), 0);
        file_put(f);
    }
    assert_int_equal(vfs_sync(NULL), 0);
    assert_true(fs->cache.nblocks > 5);
    vfs_drop_names();
    assert_int_equal(fs->cache.nblocks, 1);
    drop_image();
}

/* --- bits -------------------------------------------------------------------------------------------- */

static void bits_are_found_one_by_one_as_by_the_search(void **state)
{
    uint8_t a[16], b[16];
    (void)state;

    for (unsigned round = 0; round < 2000; round++) {
        for (unsigned i = 0; i < 16; i++) {
            a[i] = rnd(3) ? (uint8_t) - (int)rnd(2) : (uint8_t)rnd(256);
            b[i] = rnd(3) ? 0 : (uint8_t)rnd(256);
        }
        uint32_t from = rnd(128), end = from + rnd(129 - from), n = rnd(end - from + 1);
        bool     set = rnd(2);
        uint32_t want = from;
        while (want < end && (ext4_bit(a, want) || ext4_bit(b, want)) != set)
            want++;
        assert_int_equal(ext4_bits_find(a, b, from, end, set), want);
        memcpy(b, a, sizeof(a));
        ext4_bits_put(a, from, n, set);
        for (uint32_t i = 0; i < 128; i++)
            assert_int_equal(ext4_bit(a, i), i >= from && i < from + n ? set : ext4_bit(b, i));
    }
}

static int cleanup(void **state)
{
    (void)state;
    sim_scratch_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_are_found_one_by_one_as_by_the_search),
        cmocka_unit_test(a_directory_of_many_names_has_a_tree_that_e2fsck_likes),
        cmocka_unit_test(every_level_of_a_map_grows_and_shrinks),
        cmocka_unit_test(files_with_maps_and_with_trees_live_side_by_side),
        cmocka_unit_test(a_file_of_many_extents_grows_and_shrinks_its_tree),
        cmocka_unit_test(a_full_disk_says_so_and_stays_sound),
        cmocka_unit_test(a_file_without_a_name_is_gone_after_a_crash),
        cmocka_unit_test(a_file_without_a_name_that_is_cut_goes_when_it_is_closed),
        cmocka_unit_test(what_is_deleted_in_1970_is_no_orphan_for_e2fsck),
        cmocka_unit_test(changed_blocks_are_forgotten_when_that_is_asked_for),
        cmocka_unit_test(an_operation_without_memory_changes_nothing),
        cmocka_unit_test(random_operations_leave_what_the_model_has),
    };
    return cmocka_run_group_tests(tests, NULL, cleanup);
}
