/* SPDX-License-Identifier: Apache-2.0 */
/* test_ext4.c - the ext4 driver against images that mke2fs makes of a source tree on the host.
 *
 * The same tree, with everything in it that is awkward, goes into images of many kinds; through the
 * driver it must look as it does on the host. Another test, test_ext4_hostile.c, is about images
 * that are damaged.
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
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fs/ext4.h"
#include "fs/ext4_csum.h"
#include "fs/ext4_hash.h"
#include "fs/ext4_impl.h"
#include "lib/errno.h"
#include "sim_ext4.h"

static struct sim_disk disk;

static void in_scratch(char full[512], const char *path)
{
    snprintf(full, 512, "%s/%s", sim_scratch(), path);
}

/* --- the source tree ----------------------------------------------------------------------------- */

#define NAMES_MANY 3000

static void make_sizes(void)
{
    static const size_t sizes[] = {0,    1,    59,   60,   1023,   1024,
                                   1025, 4095, 4096, 4097, 100000, 1500000};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char path[64];
        snprintf(path, sizeof(path), "tree/size-%zu", sizes[i]);
        sim_file(path, sizes[i], (unsigned)i);
    }
}

static void make_sparse(void)
{
    sim_piece("tree/holes", 1000000, 5000, 1);
    sim_piece("tree/holes", 3000000, 1, 2);
    sim_truncate("tree/holes", 5000000);
    sim_piece("tree/huge", (size_t)5 << 30, 100, 3); /* past 32 bits of size, triple indirect */
    for (size_t i = 0; i < 1200; i++) /* an extent each: a tree of more than one level */
        sim_piece("tree/teeth", i * 16384, 3000, (unsigned)i);
}

static void make_links(void)
{
    char text[1200];

    sim_symlink("size-1", "tree/link");
    sim_symlink("/etc/passwd", "tree/link-absolute");
    sim_symlink("nowhere", "tree/link-dangling");
    memset(text, 'x', sizeof(text));
    static const size_t lengths[] = {58, 59, 60, 61, 1000};
    for (size_t i = 0; i < 5; i++) {
        char path[64];
        snprintf(path, sizeof(path), "tree/link-%zu", lengths[i]);
        text[lengths[i]] = 0;
        sim_symlink(text, path);
        text[lengths[i]] = 'x';
    }
}

static void make_dirs(void)
{
    char path[512], name[260];

    sim_dir("tree/empty");
    sim_dir("tree/many");
    for (unsigned i = 0; i < NAMES_MANY; i++) {
        snprintf(path, sizeof(path), "tree/many/name number %u, which is a bit longer", i);
        sim_file(path, i % 7, i);
    }
    strcpy(path, "tree/deep");
    for (unsigned i = 0; i < 20; i++) {
        sim_dir(path);
        strcat(path, "/down");
    }
    memset(name, 'n', 255);
    name[255] = 0;
    snprintf(path, sizeof(path), "tree/empty/%s", name);
    sim_file(path, 10, 10);
    sim_file("tree/\xc3\xa4\xc3\xb6\xc3\xbc \xff", 11, 11);
    sim_hardlink("tree/size-1", "tree/hard link");
    sim_chmod("tree/size-59", 04711);
}

static int make_tree(void **state)
{
    (void)state;
    sim_dir("tree");
    make_sizes();
    make_sparse();
    make_links();
    make_dirs();
    return 0;
}

static int remove_tree(void **state)
{
    (void)state;
    sim_scratch_remove();
    return 0;
}

/* --- comparing ------------------------------------------------------------------------------------ */

static void compare_attributes(const char *path, const struct sim_stat *host, struct inode *inode)
{
    struct vfs_attr attr;

    vfs_stat(inode, &attr);
    if (attr.mode != host->mode || attr.nlink != host->nlink || attr.uid != host->uid ||
        attr.gid != host->gid || attr.mtime.sec != host->mtime)
        fail_msg("%s: mode %o nlink %u uid %u gid %u mtime %lld", path, attr.mode, attr.nlink,
                 attr.uid, attr.gid, (long long)attr.mtime.sec);
    if ((host->mode & S_IFMT) != S_IFDIR && attr.size != (uint64_t)host->size)
        fail_msg("%s: size %llu", path, (unsigned long long)attr.size);
}

/* In pieces of an odd size; what is a hole on the host too may be skipped. */
static void compare_contents(const char *path, struct inode *inode)
{
    static uint8_t want[100003], got[100003];
    struct file   *f;
    FILE          *host = fopen(path, "rb");
    uint64_t       pos = 0;

    assert_non_null(host);
    assert_int_equal(vfs_open_inode(inode, O_RDONLY, &f), 0);
    if (inode->size > (uint64_t)1 << 32) { /* the data at the end, and enough of the hole */
        pos = inode->size - 300000;
        assert_int_equal(fseek(host, (long)pos, SEEK_SET), 0);
        assert_int_equal(file_seek(f, (int64_t)pos, SEEK_SET), pos);
    }
    for (;;) {
        struct iobuf iob;
        size_t       n = fread(want, 1, sizeof(want), host);
        iobuf_kernel(&iob, got, sizeof(got));
        ssize_t m = file_read(f, &iob);
        if (m != (ssize_t)n || memcmp(want, got, n))
            fail_msg("%s: contents differ at %llu or after (%zd of %zu bytes)", path,
                     (unsigned long long)pos, m, n);
        pos += n;
        if (n < sizeof(want))
            break;
    }
    fclose(host);
    file_put(f);
}

static void compare_link(const char *path, struct inode *inode)
{
    char want[VFS_PATH_MAX], got[VFS_PATH_MAX];

    ssize_t n = sim_readlink(path, want, sizeof(want));
    assert_int_equal(vfs_readlink(inode, got, sizeof(got)), n);
    assert_memory_equal(want, got, (size_t)n);
}

struct counter {
    struct dir_sink sink;
    const char     *path;
    unsigned        n, room;
};

static bool count_emit(struct dir_sink *sink, const char *name, size_t len, uint64_t ino,
                       unsigned type, uint64_t next)
{
    struct counter *c = (struct counter *)sink;
    struct sim_stat st;
    char            full[1024];
    (void)ino;
    (void)next;

    if (c->room-- == 0)
        return false;
    c->n++;
    snprintf(full, sizeof(full), "%s/%.*s", c->path, (int)len, name);
    if (len == 10 && !memcmp(name, "lost+found", len))
        c->n--;
    else if (sim_lstat(full, &st))
        fail_msg("%s is listed but does not exist", full);
    else if (type != (ext4_fs_of(vfs_root()->fs)->has_filetype ? st.mode >> 12 : DT_UNKNOWN))
        fail_msg("%s is listed as of type %u", full, type);
    return true;
}

/* As many names as on the host, each of which is there: then they are the same. In steps of 7. */
static void compare_listing(const char *path, struct inode *dir)
{
    struct counter c = {.sink = {count_emit}, .path = path};
    struct file   *f;
    unsigned       before;

    assert_int_equal(vfs_open_inode(dir, O_RDONLY | O_DIRECTORY, &f), 0);
    do {
        before = c.n;
        c.room = 7;
        assert_int_equal(file_readdir(f, &c.sink), 0);
    } while (c.n != before);
    file_put(f);
    assert_int_equal(c.n, sim_list(path, NULL, NULL));
}

static void compare_tree(const char *host_path, struct inode *inode);

struct place {
    const char   *path;
    struct inode *dir;
};

static void compare_entry(void *arg, const char *name)
{
    struct place *p = arg;
    char          full[1024];
    struct inode *inode;

    snprintf(full, sizeof(full), "%s/%s", p->path, name);
    if (vfs_lookup(p->dir, name, VFS_NOFOLLOW, &inode))
        fail_msg("%s is not found: %s", full, sim_log());
    compare_tree(full, inode);
    inode_put(inode);
}

static void compare_dir(const char *path, struct inode *dir)
{
    struct place p = {path, dir};

    compare_listing(path, dir);
    sim_list(path, compare_entry, &p);
}

static void compare_tree(const char *path, struct inode *inode)
{
    struct sim_stat st;

    assert_int_equal(sim_lstat(path, &st), 0);
    if (inode != vfs_root()) /* lost+found counts as a link */
        compare_attributes(path, &st, inode);
    if (inode_is_dir(inode))
        compare_dir(path, inode);
    else if (inode_is_regular(inode))
        compare_contents(path, inode);
    else if (inode_is_link(inode))
        compare_link(path, inode);
}

static void load(const char *image)
{
    char full[512];

    in_scratch(full, image);
    sim_disk_load(&disk, full);
    if (sim_mount(&disk))
        fail_msg("%s: not mounted: %s", image, sim_log());
}

static void unload(void)
{
    sim_unmount();
    sim_disk_free(&disk);
}

static void compare_image(const char *image)
{
    char full[512];

    load(image);
    in_scratch(full, "tree");
    compare_tree(full, vfs_root());
    assert_string_equal(sim_log(), "");
    unload();
}

static void same_tree(const char *args, const char *size)
{
    sim_image("img", "tree", args, size);
    compare_image("img");
}

/* --- images of many kinds ------------------------------------------------------------------------- */

static void the_pinned_image_shows_the_source_tree(void **state)
{
    (void)state;
    same_tree("-t ext4 -O ^has_journal", "64M");
}

static void blocks_of_1_kib_show_the_source_tree(void **state)
{
    (void)state;
    same_tree("-t ext4 -O ^has_journal -b 1024", "64M");
}

static void blocks_of_2_kib_show_the_source_tree(void **state)
{
    (void)state;
    same_tree("-t ext4 -O ^has_journal -b 2048 -I 128", "64M");
}

static void blocks_of_64_kib_show_the_source_tree(void **state)
{
    (void)state;
    same_tree("-t ext4 -O ^has_journal -b 65536 -N 8000", "400M");
}

static void an_image_without_checksums_shows_the_source_tree(void **state)
{
    (void)state;
    same_tree("-t ext4 -O ^has_journal,^metadata_csum,^64bit", "64M");
}

static void an_image_with_a_clean_journal_shows_the_source_tree(void **state)
{
    (void)state;
    same_tree("-t ext4 -b 1024", "64M");
}

static void block_maps_instead_of_extents_show_the_source_tree(void **state)
{
    (void)state;
    same_tree("-t ext2 -b 1024", "64M");
}

static void block_maps_in_blocks_of_4_kib_show_the_source_tree(void **state)
{
    (void)state;
    same_tree("-t ext3 -O ^has_journal,^filetype -b 4096", "64M");
}

/* e2fsck -D makes hash trees out of directories that mke2fs wrote in order. */
static void index_image(const char *args)
{
    const char *s = sim_scratch();

    sim_image("img", "tree", args, "64M");
    sim_shell("e2fsck -fyD %s/img >%s/log; test $? -le 1", s, s);
    sim_shell("debugfs -R 'htree_dump /many' %s/img 2>&1 | grep -q 'Root node dump'", s);
}

static void indexed_directories_show_the_source_tree(void **state)
{
    static const char *const hashes[] = {"half_md4", "tea", "legacy"};
    (void)state;

    for (unsigned i = 0; i < 3; i++) {
        char args[128];
        snprintf(args, sizeof(args), "-t ext4 -O ^has_journal -b 1024 -E hash_seed=%s",
                 "01234567-89ab-cdef-0123-456789abcdef");
        sim_image("img", "tree", args, "64M");
        sim_shell("tune2fs -E hash_alg=%s %s/img", hashes[i], sim_scratch());
        sim_shell("e2fsck -fyD %s/img; test $? -le 1", sim_scratch());
        compare_image("img");
    }
}

static size_t reads_of_lookups(unsigned step)
{
    size_t before = disk.reads;

    for (unsigned i = 0; i < NAMES_MANY; i += step) {
        char          path[128];
        struct inode *inode;
        snprintf(path, sizeof(path), "/many/name number %u, which is a bit longer", i);
        assert_int_equal(vfs_lookup(NULL, path, 0, &inode), 0);
        inode_put(inode);
        snprintf(path, sizeof(path), "/many/not number %u", i);
        assert_int_equal(vfs_lookup(NULL, path, 0, &inode), -ENOENT);
    }
    return disk.reads - before;
}

/* Else a wrong hash would go unnoticed, as all blocks would be searched. Without the index each missing
 * name needs the directory's nearly 200 blocks, which the cache of blocks holds, so check the way. */
static void indexed_lookups_find_names_by_the_index_alone(void **state)
{
    (void)state;
    index_image("-t ext4 -O ^has_journal -b 1024");
    load("img");
    struct inode *dir;
    assert_int_equal(vfs_lookup(NULL, "/many", 0, &dir), 0);
    for (unsigned i = 0; i < NAMES_MANY; i++) {
        char     name[128];
        uint32_t ino = 0;
        int      len = snprintf(name, sizeof(name), "name number %u, which is a bit longer", i);
        assert_int_equal(ext4_htree_find(ext4_inode_of(dir), name, (size_t)len, &ino), 0);
        assert_int_not_equal(ino, 0);
        len = snprintf(name, sizeof(name), "no %u", i);
        assert_int_equal(ext4_htree_find(ext4_inode_of(dir), name, (size_t)len, &ino), 0);
        assert_int_equal(ino, 0);
    }
    inode_put(dir);
    unload();
}

static void repeated_lookups_do_not_read_the_disk(void **state)
{
    (void)state;
    sim_image("img", "tree", "-t ext4 -O ^has_journal", "64M");
    load("img");
    reads_of_lookups(30);
    assert_int_equal(reads_of_lookups(30), 0);
    unload();
}

static void a_contiguous_file_is_read_in_few_large_requests(void **state)
{
    static uint8_t buf[1500000];
    struct file   *f;
    (void)state;

    sim_image("img", "tree", "-t ext4 -O ^has_journal", "64M");
    load("img");
    assert_int_equal(vfs_open(NULL, "/size-1500000", O_RDONLY, 0, &f), 0);
    size_t before = disk.reads;
    assert_int_equal(file_read_exact(f, buf, sizeof(buf), 0), 0);
    if (disk.reads - before > 20 || disk.largest < 65536)
        fail_msg("%zu requests, the largest of %zu bytes", disk.reads - before, disk.largest);
    file_put(f);
    unload();
}

/* --- what mke2fs does not make -------------------------------------------------------------------- */

static void debugfs(const char *command)
{
    sim_shell("debugfs -w -R '%s' %s/img", command, sim_scratch());
}

static void preallocated_blocks_read_as_zeros(void **state)
{
    static uint8_t buf[20 * 4096];
    struct file   *f;
    (void)state;

    sim_image("img", "tree", "-t ext4 -O ^has_journal", "64M");
    sim_shell("dd if=/dev/urandom of=%s/img bs=1M seek=40 count=20 conv=notrunc", sim_scratch());
    debugfs("fallocate /size-100000 24 60");
    debugfs("sif /size-100000 size 200000");
    load("img");
    assert_int_equal(vfs_open(NULL, "/size-100000", O_RDONLY, 0, &f), 0);
    assert_int_equal(file_read_exact(f, buf, sizeof(buf), 102400), 0);
    for (size_t i = 0; i < sizeof(buf); i++)
        assert_int_equal(buf[i], 0);
    file_put(f);
    unload();
}

static void device_nodes_carry_their_numbers(void **state)
{
    static const struct {
        const char *name, *args;
        unsigned    type, major, minor;
    } nodes[] = {
        {"null", "c 1 3", S_IFCHR, 1, 3},
        {"disk", "b 8 17", S_IFBLK, 8, 17},
        {"wide", "c 1 1", S_IFCHR, 300, 70000},
        {"pipe", "p", S_IFIFO, 0, 0},
    };
    (void)state;

    sim_image("img", "tree", "-t ext4 -O ^has_journal", "64M");
    for (unsigned i = 0; i < 4; i++) {
        char command[64];
        snprintf(command, sizeof(command), "mknod %s %s", nodes[i].name, nodes[i].args);
        debugfs(command);
    }
    debugfs("sif /wide block[0] 0"); /* mknod makes small numbers only */
    debugfs("sif /wide block[1] 0x11112c70");
    load("img");
    for (unsigned i = 0; i < 4; i++) {
        struct inode *inode;
        struct file  *f;
        assert_int_equal(vfs_lookup(NULL, nodes[i].name, 0, &inode), 0);
        assert_int_equal(inode->mode & S_IFMT, nodes[i].type);
        assert_int_equal(inode->rdev, vfs_mkdev(nodes[i].major, nodes[i].minor));
        inode_put(inode);
        assert_int_equal(vfs_open(NULL, nodes[i].name, O_RDWR, 0, &f), -ENXIO);
    }
    unload();
}

static void statfs_tells_what_dumpe2fs_tells(void **state)
{
    struct vfs_statfs st;
    (void)state;

    sim_image("img", "tree", "-t ext4 -O ^has_journal", "64M");
    load("img");
    assert_int_equal(vfs_statfs(vfs_root(), &st), 0);
    sim_shell("dumpe2fs -h %s/img >%s/dump", sim_scratch(), sim_scratch());
    sim_shell(
        "awk -F: '/^Block count/ {n += $2} /^Overhead/ {n -= $2} END {exit n != %llu}' %s/dump",
        (unsigned long long)st.blocks, sim_scratch());
    sim_shell("grep -qx 'Free blocks: *%llu' %s/dump", (unsigned long long)st.bfree, sim_scratch());
    sim_shell("grep -qx 'Free inodes: *%llu' %s/dump", (unsigned long long)st.ffree, sim_scratch());
    assert_int_equal(st.type, EXT4_SUPER_MAGIC);
    unload();
}

/* --- pure parts ----------------------------------------------------------------------------------- */

static void crc32c_has_the_known_values(void **state)
{
    uint8_t bytes[64];
    (void)state;

    ext4_csum_init();
    assert_int_equal(~ext4_crc32c(~0u, "123456789", 9), 0xe3069283);
    memset(bytes, 0, 32);
    assert_int_equal(~ext4_crc32c(~0u, bytes, 32), 0x8a9136aa);
    for (unsigned i = 0; i < 32; i++)
        bytes[i] = (uint8_t)i;
    assert_int_equal(~ext4_crc32c(~0u, bytes, 32), 0x46dd794e);
}

static void crc32c_in_pieces_of_any_alignment_is_the_same(void **state)
{
    uint8_t bytes[100];
    (void)state;

    ext4_csum_init();
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 37);
    uint32_t whole = ext4_crc32c(5, bytes, sizeof(bytes));
    for (size_t cut = 0; cut <= sizeof(bytes); cut++) {
        uint32_t first = ext4_crc32c(5, bytes, cut);
        assert_int_equal(ext4_crc32c(first, bytes + cut, sizeof(bytes) - cut), whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pinned_image_shows_the_source_tree),
        cmocka_unit_test(blocks_of_1_kib_show_the_source_tree),
        cmocka_unit_test(blocks_of_2_kib_show_the_source_tree),
        cmocka_unit_test(blocks_of_64_kib_show_the_source_tree),
        cmocka_unit_test(an_image_without_checksums_shows_the_source_tree),
        cmocka_unit_test(an_image_with_a_clean_journal_shows_the_source_tree),
        cmocka_unit_test(block_maps_instead_of_extents_show_the_source_tree),
        cmocka_unit_test(block_maps_in_blocks_of_4_kib_show_the_source_tree),
        cmocka_unit_test(indexed_directories_show_the_source_tree),
        cmocka_unit_test(indexed_lookups_find_names_by_the_index_alone),
        cmocka_unit_test(repeated_lookups_do_not_read_the_disk),
        cmocka_unit_test(a_contiguous_file_is_read_in_few_large_requests),
        cmocka_unit_test(preallocated_blocks_read_as_zeros),
        cmocka_unit_test(device_nodes_carry_their_numbers),
        cmocka_unit_test(statfs_tells_what_dumpe2fs_tells),
        cmocka_unit_test(crc32c_has_the_known_values),
        cmocka_unit_test(crc32c_in_pieces_of_any_alignment_is_the_same),
    };
    return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
