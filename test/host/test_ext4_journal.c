/* SPDX-License-Identifier: Apache-2.0 */
/* test_ext4_journal.c - transactions survive a cut at any write, whole or not at all.
 *
 * The blocks of a file of the image, the arena, stand for metadata: what is in them is nobody else's business. A
 * workload changes groups of them in handles, commits, and revokes some that become data. Every write is
 * logged. A cut leaves what was flushed and any part of what was written since, in any order. From each such
 * image e2fsck, and the driver by itself, must make one where every group is of one generation, not older than
 * the last that was committed, and where what was revoked is what was written to it as data.
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
#include "fs/ext4_impl.h"
#include "fs/ext4_txn.h"
#include "fs/jbd2_format.h"
#include "lib/errno.h"
#include "sim_ext4.h"

#define BLOCK      1024u
#define GROUPS     20u /* of arena blocks that change together */
#define GROUP_SIZE 6u
#define DATA       (GROUPS * GROUP_SIZE) /* arena block that is metadata first, data later */
#define ARENA      (DATA + 1)

static struct sim_disk disk;
static uint64_t        arena[ARENA]; /* blocks of the disk */

/* --- the log of writes ------------------------------------------------------------------------ */

struct logged {
    uint64_t sector;
    size_t   len; /* 0: a flush */
    uint8_t *bytes;
};

static struct logged *writes;
static size_t         nwrites, max_writes;
static uint8_t       *before; /* the image when the log began */

static void log_write(struct sim_disk *d, uint64_t sector, const void *buf, size_t len)
{
    (void)d;
    if (nwrites == max_writes) {
        max_writes = max_writes ? 2 * max_writes : 1024;
        writes = realloc(writes, max_writes * sizeof(*writes));
    }
    struct logged *w = &writes[nwrites++];
    *w = (struct logged){sector, len, NULL};
    if (len) {
        w->bytes = malloc(len);
        memcpy(w->bytes, buf, len);
    }
}

static void log_clear(void)
{
    for (size_t i = 0; i < nwrites; i++)
        free(writes[i].bytes);
    nwrites = 0;
}

static void apply(uint8_t *image, const struct logged *w)
{
    if (w->len)
        memcpy(image + w->sector * BLK_SECTOR, w->bytes, w->len);
}

/* What the disk may hold when it is cut before write number cut: kind 0: nothing that was not flushed; 1: all; else any part. */
static void image_at(uint8_t *image, size_t cut, unsigned kind)
{
    size_t flushed = 0;

    memcpy(image, before, disk.size);
    for (size_t i = 0; i < cut; i++)
        if (!writes[i].len)
            flushed = i;
    for (size_t i = 0; i < cut; i++)
        if (i < flushed || kind == 1 || (kind > 1 && rand() % 2))
            apply(image, &writes[i]);
}

/* --- the workload ----------------------------------------------------------------------------- */

/* How far it was when so many writes had been made. */
struct mark {
    size_t   nwrites;
    uint32_t committed[GROUPS]; /* generations that must be there */
    bool     is_data;           /* DATA was written as data, and that was flushed */
};

static struct mark marks[400];
static size_t      nmarks;
static uint32_t    generation[GROUPS]; /* changed in a handle */
static bool        data_written;

static struct ext4_fs *fs_of_root(void)
{
    return ext4_fs_of(vfs_root()->fs);
}

static void mark(void)
{
    struct mark *m = &marks[nmarks++];

    assert_true(nmarks < sizeof(marks) / sizeof(marks[0]));
    m->nwrites = nwrites;
    memcpy(m->committed, generation, sizeof(generation));
    m->is_data = data_written;
}

/* A block of a generation; some begin with the journal's magic. */
static void pattern(uint8_t *data, unsigned block, uint32_t gen)
{
    memset(data, (int)(gen * 31 + block), BLOCK);
    jbd2_put(data, 0, block % 3 ? gen : JBD2_MAGIC);
    jbd2_put(data, 4, gen);
    jbd2_put(data, 8, block);
}

static void change_block(unsigned block, uint32_t gen)
{
    struct ext4_fs    *fs = fs_of_root();
    struct ext4_block *b;

    assert_int_equal(ext4_block_get(fs, arena[block], NULL, NULL, &b), 0);
    ext4_block_change(b);
    pattern(b->data, block, gen);
    ext4_block_put(b);
}

static void change_group(unsigned group)
{
    struct ext4_fs *fs = fs_of_root();

    assert_int_equal(ext4_begin(fs, GROUP_SIZE), 0);
    generation[group]++;
    for (unsigned i = 0; i < GROUP_SIZE; i++)
        change_block(group * GROUP_SIZE + i, generation[group]);
    ext4_end(fs);
}

static void commit(void)
{
    assert_int_equal(ext4_commit(fs_of_root()), 0);
    mark();
}

/* The block is freed as metadata, and is data after the commit. */
static void metadata_becomes_data(void)
{
    struct ext4_fs *fs = fs_of_root();
    uint8_t         data[BLOCK];

    assert_int_equal(ext4_begin(fs, 1), 0);
    ext4_forget(fs, arena[DATA], 1);
    ext4_end(fs);
    commit();
    memset(data, 0xda, sizeof(data));
    assert_int_equal(blk_write(fs->dev, arena[DATA] * BLOCK / BLK_SECTOR, data, BLOCK), 0);
    assert_int_equal(blk_flush(fs->dev), 0);
    data_written = true;
    mark();
}

static void work(unsigned rounds)
{
    for (unsigned r = 0; r < rounds; r++) {
        for (unsigned n = 1 + (unsigned)rand() % 8; n; n--)
            change_group((unsigned)rand() % GROUPS);
        if (r == 2) {
            assert_int_equal(ext4_begin(fs_of_root(), 1), 0);
            change_block(DATA, 1);
            ext4_end(fs_of_root());
        }
        commit();
        if (r == 5)
            metadata_becomes_data();
    }
}

/* --- images ------------------------------------------------------------------------------------ */

static void find_arena(void)
{
    struct inode *inode;

    assert_int_equal(vfs_lookup(NULL, "/arena", 0, &inode), 0);
    for (unsigned i = 0; i < ARENA; i++) {
        struct ext4_run run;
        assert_int_equal(ext4_map(ext4_inode_of(inode), i, &run), 0);
        arena[i] = run.pblk;
    }
    inode_put(inode);
}

static void make_image(const char *features)
{
    char args[256], path[512];

    sim_dir("tree");
    sim_file("tree/arena", ARENA * BLOCK, 7);
    snprintf(args, sizeof(args), "-t ext4 -b 1024 -J size=1 -O %s", features);
    sim_image("image", "tree", args, "8M");
    snprintf(path, sizeof(path), "%s/image", sim_scratch());
    sim_disk_load(&disk, path);
    /* Block 0 of every group starts as generation 0. */
    sim_writable = true;
    assert_int_equal(sim_mount(&disk), 0);
    find_arena();
    for (unsigned i = 0; i < ARENA; i++)
        pattern(disk.image + arena[i] * BLOCK, i, 0);
    sim_unmount();
    memset(generation, 0, sizeof(generation));
    nmarks = 0;
    data_written = false;
}

static void save(const uint8_t *image, const char *name)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s", sim_scratch(), name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(image, 1, disk.size, f), disk.size);
    fclose(f);
}

static void load(uint8_t *image, const char *name)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s", sim_scratch(), name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fread(image, 1, disk.size, f), disk.size);
    fclose(f);
}

static uint32_t generation_in(const uint8_t *image, unsigned block)
{
    const uint8_t *data = image + arena[block] * BLOCK;
    uint8_t        whole[BLOCK];
    uint32_t       gen = jbd2_get(data, 4);

    pattern(whole, block, gen);
    assert_memory_equal(data, whole, BLOCK);
    return gen;
}

/* What was there before the cut must be there. */
static void check_arena(const uint8_t *image, size_t cut)
{
    const struct mark *m = NULL;

    for (size_t i = 0; i < nmarks && marks[i].nwrites <= cut; i++)
        m = &marks[i];
    for (unsigned g = 0; g < GROUPS; g++) {
        uint32_t gen = generation_in(image, g * GROUP_SIZE);
        for (unsigned i = 1; i < GROUP_SIZE; i++)
            assert_int_equal(generation_in(image, g * GROUP_SIZE + i), gen);
        assert_true(!m || gen >= m->committed[g]);
    }
    if (m && m->is_data)
        assert_int_equal(image[arena[DATA] * BLOCK], 0xda);
}

static void expect_sound(const char *name)
{
    sim_shell("e2fsck -fn %s/%s >%s/fsck.log 2>&1 || { cat %s/fsck.log; false; }", sim_scratch(),
              name, sim_scratch(), sim_scratch());
}

static void recover_by_e2fsck(uint8_t *image, size_t cut)
{
    save(image, "cut");
    sim_shell("e2fsck -fy %s/cut >%s/fsck.log 2>&1; [ $? -le 1 ]", sim_scratch(), sim_scratch());
    expect_sound("cut");
    load(image, "cut");
    check_arena(image, cut);
}

static void recover_by_mounting(uint8_t *image, size_t cut)
{
    uint8_t *whole = disk.image;

    disk.image = image;
    disk.on_write = NULL;
    assert_int_equal(sim_mount(&disk), 0);
    sim_unmount();
    check_arena(image, cut);
    save(image, "mounted");
    expect_sound("mounted");
    disk.image = whole;
}

/* --- tests ------------------------------------------------------------------------------------- */

static void run_workload(unsigned rounds)
{
    before = malloc(disk.size);
    memcpy(before, disk.image, disk.size);
    disk.on_write = log_write;
    assert_int_equal(sim_mount(&disk), 0);
    work(rounds);
    sim_unmount();
    disk.on_write = NULL;
}

static void cut_everywhere(const char *features, size_t every)
{
    srand(1);
    make_image(features);
    run_workload(24);
    check_arena(disk.image, nwrites);
    save(disk.image, "clean");
    expect_sound("clean");

    uint8_t *image = malloc(disk.size);
    size_t   cuts = 0;
    for (size_t cut = 1; cut <= nwrites; cut += 1 + (size_t)rand() % every, cuts++) {
        image_at(image, cut, (unsigned)(cuts % 4));
        recover_by_mounting(image, cut);
        image_at(image, cut, (unsigned)(cuts % 4));
        recover_by_e2fsck(image, cut);
    }
    print_message("%s: %zu writes and flushes, %zu cuts\n", features, nwrites, cuts);
    assert_true(cuts > 10);
    free(image);
    free(before);
    log_clear();
    sim_disk_free(&disk);
    sim_scratch_remove();
}

static void a_cut_leaves_whole_transactions_with_checksums(void **state)
{
    (void)state;
    cut_everywhere("64bit,metadata_csum", 80);
}

static void a_cut_leaves_whole_transactions_without_checksums(void **state)
{
    (void)state;
    cut_everywhere("^64bit,^metadata_csum", 120);
}

static void a_clean_stop_leaves_an_empty_journal(void **state)
{
    (void)state;
    make_image("64bit,metadata_csum");
    run_workload(3);
    save(disk.image, "clean");
    expect_sound("clean");
    sim_shell("! dumpe2fs -h %s/clean 2>/dev/null | grep -q needs_recovery", sim_scratch());
    sim_shell("dumpe2fs -h %s/clean 2>/dev/null | grep -q '^Journal start: *0$'", sim_scratch());
    free(before);
    log_clear();
    sim_disk_free(&disk);
    sim_scratch_remove();
}

static void a_failed_write_ends_writing(void **state)
{
    (void)state;
    make_image("64bit,metadata_csum");
    assert_int_equal(sim_mount(&disk), 0);
    change_group(1);
    disk.fail_write = 3;
    assert_int_equal(ext4_commit(fs_of_root()), -EIO);
    assert_int_equal(ext4_begin(fs_of_root(), 1), -EIO);
    assert_int_equal(ext4_commit(fs_of_root()), -EIO);
    assert_true(vfs_root()->fs->read_only);
    sim_unmount();
    assert_int_equal(generation_in(disk.image, GROUP_SIZE), 0);
    assert_non_null(strstr(sim_log(), "read-only from now on"));
    sim_disk_free(&disk);
    sim_scratch_remove();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_leaves_whole_transactions_with_checksums),
        cmocka_unit_test(a_cut_leaves_whole_transactions_without_checksums),
        cmocka_unit_test(a_clean_stop_leaves_an_empty_journal),
        cmocka_unit_test(a_failed_write_ends_writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
