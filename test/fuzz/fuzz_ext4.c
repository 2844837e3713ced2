/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_ext4.c - the ext4 driver and the VFS above it on images of any contents: mounted, walked through
 * (names, attributes, links, contents, lookups by hash), unmounted, with nothing left over.
 *
 * An input is a small image without its zeros: a byte of flags, then pieces, each a number (16 bits)
 * and the 1024 bytes that lie there. Flag 1: checksums are made right first (ext4_fixup.h), so that
 * what they cover is looked at at all. The mutator knows where the numbers are that the driver
 * goes by, and changes those.
 */
/* sources: test/fuzz/ext4_fixup.c test/fuzz/ext4_damage.c src/fs/ext4_super.c src/fs/ext4_block.c src/fs/ext4_txn.c src/fs/ext4_journal.c src/fs/ext4_journal_write.c src/fs/ext4_journal_replay.c src/kernel/blk_batch.c src/fs/ext4_inode.c
 *          src/fs/ext4_group.c src/fs/ext4_alloc.c src/fs/ext4_alloc_inode.c src/fs/ext4_inode_store.c src/fs/ext4_orphan.c src/fs/ext4_xattr.c src/fs/ext4_xattr_change.c src/fs/xattr.c src/fs/ext4_resize.c
 *          src/fs/ext4_extent_tree.c src/fs/ext4_extent_change.c src/fs/ext4_dir_change.c src/fs/ext4_htree_change.c src/fs/ext4_names.c src/fs/ext4_rename.c
 *          src/fs/ext4_file.c src/fs/ext4_extent.c src/fs/ext4_indirect.c src/fs/ext4_indirect_change.c src/fs/ext4_dir.c
 *          src/fs/ext4_list.c src/fs/ext4_htree.c src/fs/ext4_hash.c src/fs/ext4_csum.c
 *          src/fs/vfs_inode.c src/fs/vfs_notify.c src/fs/vfs_attr.c src/fs/vfs_change.c src/fs/vfs_regular.c
 *          src/fs/filelock.c src/fs/vfs_mount.c src/fs/vfs_name.c src/fs/vfs_place.c src/fs/vfs_path.c
 *          src/fs/vfs_open.c src/fs/vfs_file.c src/fs/vfs_sync.c src/fs/iobuf.c src/kernel/pagecache.c
 *          src/kernel/pagecache_io.c src/kernel/pagecache_flush.c src/kernel/frame.c src/kernel/frame_blocks.c src/kernel/frame_stock.c src/kernel/frame_window.c src/lib/fmt.c src/lib/strlcpy.c
 *          test/host/sim_ext4.c test/host/sim_disk.c test/host/sim_host.c test/host/sim_kernel.c
 *          test/host/sim_user.c */
/* runs: 8000 */
/* options: -max_len=131072 -len_control=0 */
#include "ext4_damage.h"
#include "ext4_fixup.h"
#include "fuzz.h"
#include "lib/types.h"
#include "sim_ext4.h"

#define NPIECES    512u
#define FLAG_FIXUP 1u

static uint8_t image[NPIECES * EXT4_PIECE];

/* A directory that is below itself can be walked through for a minute; the seeds have 78 files. */
#define WALK_FILES 150u

static size_t piece_count(size_t size)
{
    return size ? (size - 1) / sizeof(struct image_piece) : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct image_piece *pieces = (const void *)(data + 1);
    struct sim_disk           disk = {.image = image,
                                      .size = sizeof(image),
                                      .dev = {.name = "disk", .nsectors = sizeof(image) / BLK_SECTOR}};

    memset(image, 0, sizeof(image));
    for (size_t i = 0; i < piece_count(size); i++) {
        size_t at = (pieces[i].number[0] | (size_t)pieces[i].number[1] << 8) % NPIECES;
        memcpy(image + at * EXT4_PIECE, pieces[i].bytes, EXT4_PIECE);
    }
    if (size && data[0] & FLAG_FIXUP)
        ext4_fixup(image, sizeof(image));
    sim_walk_files_max = WALK_FILES;
    if (sim_mount(&disk) == 0) {
        sim_walk_tree();
        sim_unmount();
    }
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    size_t n = piece_count(size);
    if (n == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    if (seed % 64 == 0)
        data[0] ^= FLAG_FIXUP;
    ext4_damage_input((void *)(data + 1), n, NPIECES, seed);
    return size;
}
