/* SPDX-License-Identifier: Apache-2.0 */
/* test_ext4_hostile.c - the ext4 driver on images that are damaged, cut short, or of another kind.
 *
 * Nothing that an image contains may crash the driver, make it read outside of what it owns, hang it, or
 * leak; the sanitizers, the frame and heap counts and a timer watch. With checksums, damage to
 * metadata may in addition never show other contents: each operation gives the truth or an error.
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
#include "lib/errno.h"
#include "sim_ext4.h"
#include "sim_kernel.h"

#define ONE_RUN_SECONDS 60

static struct sim_disk disk;

/* --- a small tree with every structure in it ------------------------------------------------------ */

static int make_tree(void **state)
{
    (void)state;
    sim_dir("tree");
    sim_dir("tree/dir");
    sim_dir("tree/dir/deeper");
    sim_file("tree/empty", 0, 0);
    sim_file("tree/small", 700, 1);
    sim_file("tree/large", 60000, 2);
    for (size_t i = 0; i < 400; i++)
        sim_piece("tree/teeth", i * 4096, 500, (unsigned)i);
    sim_symlink("dir/deeper", "tree/link");
    char text[200];
    memset(text, 'y', sizeof(text));
    text[199] = 0;
    sim_symlink(text, "tree/dir/long link");
    for (unsigned i = 0; i < 90; i++) {
        char path[64];
        snprintf(path, sizeof(path), "tree/dir/a name of some length %u", i);
        sim_file(path, i % 3, i);
    }
    return 0;
}

static int remove_tree(void **state)
{
    (void)state;
    sim_scratch_remove();
    return 0;
}

/* An image with hash trees, in disk. */
static void load(const char *args)
{
    char full[128];

    sim_image("img", "tree", args, "3M");
    sim_shell("e2fsck -fyD %s/img; test $? -le 1", sim_scratch());
    snprintf(full, sizeof(full), "%s/img", sim_scratch());
    sim_disk_load(&disk, full);
}

/* --- damage --------------------------------------------------------------------------------------- */

static uint64_t seed;

static uint32_t rnd(uint32_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

/* Sectors that a walk reads as metadata. */
static uint64_t *meta;
static size_t    nmeta;
static size_t    block_size;
static bool      seen[16384];

static void note_read(uint64_t sector, const void *buf, size_t len)
{
    (void)len;
    if (sim_is_frame(buf) || seen[sector])
        return;
    seen[sector] = true;
    meta[nmeta++] = sector;
}

/* What the undamaged image looks like, and where its metadata is. */
static struct sim_walk learn(size_t size_of_block)
{
    block_size = size_of_block;
    meta = realloc(meta, disk.size / BLK_SECTOR * sizeof(*meta));
    nmeta = 0;
    memset(seen, 0, sizeof(seen));
    disk.on_read = note_read;
    assert_int_equal(sim_mount(&disk), 0);
    struct sim_walk w = sim_walk_tree();
    sim_unmount();
    disk.on_read = NULL;
    assert_int_equal(w.errors, 0);
    return w;
}

/* Mount and walk; a mount that is refused counts as an error. */
static struct sim_walk visit(void)
{
    struct sim_walk w = {.errors = 1};

    alarm(ONE_RUN_SECONDS);
    w.last_error = sim_mount(&disk);
    if (!w.last_error) {
        w = sim_walk_tree();
        sim_unmount();
    }
    alarm(0);
    return w;
}

struct flip {
    size_t  at;
    uint8_t mask;
};

static void flip(const struct flip *f)
{
    disk.image[f->at] ^= f->mask;
}

/* Somewhere in the metadata; half of the flips in the first 64 bytes of a block, where headers are. */
static struct flip flip_choose(void)
{
    uint64_t sector = meta[rnd((uint32_t)nmeta)];
    size_t   size = sector == 2 ? EXT4_SUPER_SIZE : block_size;
    size_t   at = rnd(2) ? rnd((uint32_t)size) : rnd(64);

    return (struct flip){sector * BLK_SECTOR + at, (uint8_t)(1u << rnd(8))};
}

static void damage_at_random(unsigned runs, unsigned max_flips)
{
    for (unsigned run = 0; run < runs; run++) {
        struct flip flips[8];
        unsigned    n = 1 + rnd(max_flips);
        for (unsigned i = 0; i < n; i++) {
            flips[i] = flip_choose();
            if (rnd(4) == 0) /* some whole bytes: large numbers, zeros */
                flips[i].mask = (uint8_t)(rnd(2) ? disk.image[flips[i].at]
                                                 : ~disk.image[flips[i].at]);
            flip(&flips[i]);
        }
        visit();
        while (n--)
            flip(&flips[n]);
    }
}

static void damage_without_checksums_never_crashes_or_leaks(void **state)
{
    (void)state;
    load("-t ext4 -O ^has_journal,^metadata_csum -b 1024 -N 160");
    seed = 1;
    learn(1024);
    damage_at_random(1500, 8);
    sim_disk_free(&disk);
}

static void damage_to_block_maps_never_crashes_or_leaks(void **state)
{
    (void)state;
    load("-t ext2 -b 1024 -N 160");
    seed = 2;
    learn(1024);
    damage_at_random(700, 8);
    sim_disk_free(&disk);
}

static void damage_with_checksums_never_crashes_or_leaks(void **state)
{
    (void)state;
    load("-t ext4 -O ^has_journal -b 4096 -N 160");
    seed = 3;
    learn(4096);
    damage_at_random(500, 4);
    sim_disk_free(&disk);
}

/* The text of a long link is a file's data and has no checksum. */
static bool is_link_text(size_t at)
{
    size_t start = at - at % block_size;
    size_t y = 0;

    for (size_t i = 0; i < block_size; i++)
        y += disk.image[start + i] == 'y';
    return y >= 199;
}

static void with_checksums_each_bit_flip_in_metadata_shows_the_truth_or_an_error(void **state)
{
    unsigned detected = 0;
    (void)state;

    load("-t ext4 -O ^has_journal -b 1024 -N 160");
    seed = 4;
    struct sim_walk truth = learn(1024);
    for (unsigned run = 0; run < 1200; run++) {
        struct flip f = flip_choose();
        if (is_link_text(f.at))
            continue;
        flip(&f);
        struct sim_walk w = visit();
        flip(&f);
        detected += w.errors != 0;
        if (!w.errors && w.digest != truth.digest)
            fail_msg("flip of %#x at %zu (block %zu, byte %zu) shows other contents", f.mask, f.at,
                     f.at / block_size, f.at % block_size);
    }
    if (detected < 300)
        fail_msg("only %u flips were met at all", detected);
    sim_disk_free(&disk);
}

static void a_wrong_checksum_is_one_clear_line(void **state)
{
    (void)state;
    load("-t ext4 -O ^has_journal -b 1024 -N 160");
    sim_shell("debugfs -w -R 'sif /small mtime 0' %s/img", sim_scratch());
    learn(1024);
    for (size_t i = 0; i < nmeta; i++) { /* directory blocks have names that can be found */
        uint8_t *block = disk.image + meta[i] * BLK_SECTOR;
        if (memmem(block, 1024, "a name of some length 8", 23)) {
            block[1023] ^= 1;
            break;
        }
    }
    sim_log();
    struct sim_walk w = visit();
    assert_int_equal(w.last_error, -EIO);
    const char *log = sim_log();
    if (!strstr(log, "ext4 on disk: wrong checksum of block ") || !strstr(log, " of directory "))
        fail_msg("%s", log);
    sim_disk_free(&disk);
}

/* --- damage on purpose ------------------------------------------------------------------------------- */

static void put_u32(size_t at, uint32_t value)
{
    memcpy(disk.image + at, &value, 4);
}

static void put_u16(size_t at, uint16_t value)
{
    memcpy(disk.image + at, &value, 2);
}

static struct inode *inode_at(const char *path)
{
    struct inode *inode;

    if (vfs_lookup(NULL, path, 0, &inode))
        fail_msg("%s is not there", path);
    return inode;
}

/* Where block lblk of the file is in the image. */
static size_t place_of(const char *path, uint64_t lblk)
{
    struct ext4_run run;

    assert_int_equal(sim_mount(&disk), 0);
    struct inode *inode = inode_at(path);
    assert_int_equal(ext4_map(ext4_inode_of(inode), lblk, &run), 0);
    inode_put(inode);
    sim_unmount();
    return run.pblk * 1024;
}

/* Of the first node below an extent root of depth 1 or more. */
static size_t place_of_node(const char *path)
{
    struct ext4_extent_index x;

    assert_int_equal(sim_mount(&disk), 0);
    struct inode *inode = inode_at(path);
    memcpy(&x, ext4_inode_of(inode)->block + EXT4_EXTENT_ENTRY, sizeof(x));
    inode_put(inode);
    sim_unmount();
    return (size_t)ext4_le32(x.leaf_lo) * 1024;
}

static void an_extent_tree_that_leads_to_itself_ends(void **state)
{
    (void)state;
    load("-t ext4 -O ^has_journal,^metadata_csum -b 1024 -N 160");
    size_t node = place_of_node("/teeth");
    put_u16(node + 2, 1); /* one entry, */
    put_u16(node + 6, 1); /* an index, */
    put_u32(node + 12, 0);
    put_u32(node + 16, (uint32_t)(node / 1024)); /* to this block */
    put_u32(node + 20, 0);
    sim_log();
    assert_int_equal(visit().last_error, -EIO);
    assert_non_null(strstr(sim_log(), "does not belong where it is"));
    sim_disk_free(&disk);
}

static void an_extent_node_with_more_entries_than_room_is_refused(void **state)
{
    (void)state;
    load("-t ext4 -O ^has_journal,^metadata_csum -b 1024 -N 160");
    size_t node = place_of_node("/teeth");
    put_u16(node + 2, 1000);
    put_u16(node + 4, 1000);
    sim_log();
    assert_int_equal(visit().last_error, -EIO);
    assert_non_null(strstr(sim_log(), "has a bad number of entries"));
    sim_disk_free(&disk);
}

static void an_extent_root_with_more_entries_than_room_is_refused(void **state)
{
    uint8_t root[EXT4_IBLOCK_BYTES];
    (void)state;

    load("-t ext4 -O ^has_journal,^metadata_csum -b 1024 -N 160");
    assert_int_equal(sim_mount(&disk), 0);
    struct inode *inode = inode_at("/large");
    memcpy(root, ext4_inode_of(inode)->block, sizeof(root));
    inode_put(inode);
    sim_unmount();
    uint8_t *at = memmem(disk.image, disk.size, root, sizeof(root));
    assert_non_null(at);
    put_u16((size_t)(at - disk.image) + 2, 5);
    put_u16((size_t)(at - disk.image) + 4, 5);
    sim_log();
    assert_int_equal(visit().last_error, -EIO);
    assert_non_null(strstr(sim_log(), "has a bad number of entries"));
    sim_disk_free(&disk);
}

static void a_directory_entry_that_leaves_its_block_is_refused(void **state)
{
    (void)state;
    load("-t ext4 -O ^has_journal,^metadata_csum -b 1024 -N 160");
    size_t block = place_of("/dir/deeper", 0); /* "." of 12 bytes, then ".." to the end */
    assert_int_equal(disk.image[block + 16] | disk.image[block + 17] << 8, 1012);
    put_u16(block + 16, 1016);
    sim_log();
    assert_int_equal(visit().last_error, -EIO);
    assert_non_null(strstr(sim_log(), "bad entries in block"));
    sim_disk_free(&disk);
}

static void an_index_with_impossible_counts_is_not_used(void **state)
{
    (void)state;
    load("-t ext4 -O ^has_journal,^metadata_csum -b 1024 -N 160");
    struct sim_walk truth = visit();
    size_t          root = place_of("/dir", 0);
    put_u16(root + 0x20, 0xffff);
    put_u16(root + 0x22, 0xffff);
    struct sim_walk w = visit(); /* all blocks are searched instead */
    assert_int_equal(w.errors, 0);
    assert_int_equal(w.digest, truth.digest);
    sim_disk_free(&disk);
}

/* An odd hash says that its leaf continues the one before. Made so, names with just that hash are looked
 * for in the leaf before and found only by going on. */
static void names_of_one_hash_are_found_across_leaves(void **state)
{
    unsigned found = 0;
    (void)state;

    load("-t ext4 -O ^has_journal,^metadata_csum -b 1024 -N 160");
    size_t   root = place_of("/dir", 0);
    unsigned count = disk.image[root + 0x22];
    assert_true(count > 2);
    for (unsigned i = 1; i < count; i++)
        disk.image[root + 0x20 + 8 * i] |= 1;
    assert_int_equal(sim_mount(&disk), 0);
    struct inode *dir = inode_at("/dir");
    for (unsigned i = 0; i < 90; i++) {
        char     name[64];
        uint32_t ino = 0;
        int      len = snprintf(name, sizeof(name), "a name of some length %u", i);
        assert_int_equal(ext4_htree_find(ext4_inode_of(dir), name, (size_t)len, &ino), 0);
        found += ino != 0;
    }
    inode_put(dir);
    sim_unmount();
    assert_int_equal(found, 90);
    sim_disk_free(&disk);
}

/* --- cut short, unreadable, no memory ---------------------------------------------------------------- */

static void a_truncated_image_is_refused_with_both_sizes(void **state)
{
    (void)state;
    load("-t ext4 -O ^has_journal -b 1024 -N 160");
    sim_disk_truncate(&disk, disk.size / 2);
    sim_log();
    assert_int_equal(sim_mount(&disk), -EINVAL);
    assert_non_null(strstr(sim_log(), "it has 3072 blocks, but the disk only 1536"));
    sim_disk_truncate(&disk, 1024);
    assert_int_equal(sim_mount(&disk), -EINVAL);
    sim_disk_truncate(&disk, 0);
    assert_int_equal(sim_mount(&disk), -EINVAL);
    sim_disk_free(&disk);
}

static void a_disk_error_at_any_read_is_an_error_and_no_leak(void **state)
{
    (void)state;
    load("-t ext4 -O ^has_journal -b 1024 -N 160");
    struct sim_walk truth = visit();
    size_t          reads = disk.reads;
    unsigned        errors = 0;
    for (size_t n = 1; n <= reads; n += 1 + n / 40) {
        disk.fail_after = n;
        struct sim_walk w = visit();
        assert_int_equal(disk.fail_after, 0);
        errors += w.errors != 0;
        if (!w.errors && w.digest != truth.digest) /* what was read ahead may be read again */
            fail_msg("the failure of read %zu of %zu shows other contents", n, reads);
    }
    if (errors < 20)
        fail_msg("only %u failures were seen", errors);
    sim_disk_free(&disk);
}

static void a_failing_allocation_is_an_error_or_harmless_and_no_leak(void **state)
{
    unsigned errors = 0;
    (void)state;

    load("-t ext4 -O ^has_journal -b 1024 -N 160");
    struct sim_walk truth = learn(1024);
    for (size_t n = 1; n < 4000; n += 1 + n / 30) {
        alarm(ONE_RUN_SECONDS);
        sim_heap_fail_after(n);
        struct sim_walk w = visit();
        sim_heap_fail_after(0);
        errors += w.errors != 0;
        assert_true(w.errors || w.digest == truth.digest);
    }
    assert_true(errors > 10);
    sim_disk_free(&disk);
}

/* --- features ------------------------------------------------------------------------------------------ */

/* Set bits in the superblock and let its checksum be right again. */
static void set_incompat(uint32_t bits)
{
    struct ext4_super *sb = (struct ext4_super *)(disk.image + EXT4_SUPER_OFFSET);
    uint32_t           now = ext4_le32(sb->feature_incompat) ^ bits;
    memcpy(&sb->feature_incompat, &now, 4);
    ext4_csum_init();
    uint32_t crc = ext4_crc32c(EXT4_CSUM_START, sb, offsetof(struct ext4_super, checksum));
    memcpy(&sb->checksum, &crc, 4);
}

static void an_unsupported_feature_is_refused_by_its_name(void **state)
{
    static const struct {
        uint32_t    bits;
        const char *names;
    } cases[] = {
        {0x1, ": compression\n"},
        {0x8, ": journal_dev\n"},
        {0x10, ": meta_bg\n"},
        {0x100, ": mmp\n"},
        {0x400, ": ea_inode\n"},
        {0x1000, ": dirdata\n"},
        {0x2000, ": metadata_csum_seed\n"},
        {0x4000, ": large_dir\n"},
        {0x8000, ": inline_data\n"},
        {0x10000, ": encrypt\n"},
        {0x20000, ": casefold\n"},
        {0x20, ": number 5\n"},
        {0x80000000, ": number 31\n"},
        {0x30010, ": meta_bg, encrypt, casefold\n"},
    };
    (void)state;

    load("-t ext4 -O ^has_journal -b 1024 -N 160");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set_incompat(cases[i].bits);
        sim_log();
        assert_int_equal(sim_mount(&disk), -EINVAL);
        const char *log = sim_log();
        if (!strstr(log, "features that are not supported") || !strstr(log, cases[i].names))
            fail_msg("%#x: %s", cases[i].bits, log);
        set_incompat(cases[i].bits);
    }
    set_incompat(~0u);
    assert_int_equal(sim_mount(&disk), -EINVAL);
    sim_disk_free(&disk);
}

static void features_that_mke2fs_sets_are_refused_by_the_name_that_it_uses(void **state)
{
    static const char *const names[] = {
        "inline_data", "meta_bg,^resize_inode", "mmp", "ea_inode", "encrypt", "casefold",
        "large_dir",   "metadata_csum_seed"};
    (void)state;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char args[128];
        snprintf(args, sizeof(args), "-t ext4 -O ^has_journal,%s -b 1024 -N 160", names[i]);
        load(args);
        sim_log();
        assert_int_equal(sim_mount(&disk), -EINVAL);
        char name[32];
        snprintf(name, sizeof(name), ": %.*s\n", (int)strcspn(names[i], ","), names[i]);
        const char *log = sim_log();
        if (!strstr(log, name))
            fail_msg("%s: %s", names[i], log);
        sim_disk_free(&disk);
    }
}

static void what_is_no_file_system_is_refused(void **state)
{
    (void)state;
    load("-t ext4 -O ^has_journal -b 1024 -N 160");
    memset(disk.image, 0, disk.size);
    sim_log();
    assert_int_equal(sim_mount(&disk), -EINVAL);
    assert_non_null(strstr(sim_log(), "no ext4 file system"));
    sim_disk_free(&disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damage_without_checksums_never_crashes_or_leaks),
        cmocka_unit_test(damage_to_block_maps_never_crashes_or_leaks),
        cmocka_unit_test(damage_with_checksums_never_crashes_or_leaks),
        cmocka_unit_test(with_checksums_each_bit_flip_in_metadata_shows_the_truth_or_an_error),
        cmocka_unit_test(a_wrong_checksum_is_one_clear_line),
        cmocka_unit_test(an_extent_tree_that_leads_to_itself_ends),
        cmocka_unit_test(an_extent_node_with_more_entries_than_room_is_refused),
        cmocka_unit_test(an_extent_root_with_more_entries_than_room_is_refused),
        cmocka_unit_test(a_directory_entry_that_leaves_its_block_is_refused),
        cmocka_unit_test(an_index_with_impossible_counts_is_not_used),
        cmocka_unit_test(names_of_one_hash_are_found_across_leaves),
        cmocka_unit_test(a_truncated_image_is_refused_with_both_sizes),
        cmocka_unit_test(a_disk_error_at_any_read_is_an_error_and_no_leak),
        cmocka_unit_test(a_failing_allocation_is_an_error_or_harmless_and_no_leak),
        cmocka_unit_test(an_unsupported_feature_is_refused_by_its_name),
        cmocka_unit_test(features_that_mke2fs_sets_are_refused_by_the_name_that_it_uses),
        cmocka_unit_test(what_is_no_file_system_is_refused),
    };
    return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
