/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_ext4.c - the ext4 driver and the VFS above it on images of any contents: mounted, walked through
 * (names, attributes, links, contents, lookups by hash), unmounted, with nothing left over.
 *
 * An input is a small image without its zeros: a byte of flags, then pieces, each a number (16 bits)
 * and the 1024 bytes that lie there. Flag 1: checksums are made right first (ext4_fixup.h), so that
 * what they cover is looked at at all. The mutator knows where the numbers are that the driver
 * goes by, and changes those.
 */
/* sources: test/fuzz/ext4_fixup.c src/fs/ext4_super.c src/fs/ext4_block.c src/fs/ext4_txn.c src/fs/ext4_journal.c src/fs/ext4_journal_write.c src/fs/ext4_journal_replay.c src/kernel/blk_batch.c src/fs/ext4_inode.c
 *          src/fs/ext4_group.c src/fs/ext4_alloc.c src/fs/ext4_alloc_inode.c src/fs/ext4_inode_store.c src/fs/ext4_orphan.c src/fs/ext4_resize.c
 *          src/fs/ext4_extent_tree.c src/fs/ext4_extent_change.c src/fs/ext4_dir_change.c src/fs/ext4_htree_change.c src/fs/ext4_names.c src/fs/ext4_rename.c
 *          src/fs/ext4_file.c src/fs/ext4_extent.c src/fs/ext4_indirect.c src/fs/ext4_dir.c
 *          src/fs/ext4_list.c src/fs/ext4_htree.c src/fs/ext4_hash.c src/fs/ext4_csum.c
 *          src/fs/vfs_inode.c src/fs/vfs_notify.c src/fs/vfs_attr.c src/fs/vfs_change.c src/fs/vfs_regular.c
 *          src/fs/filelock.c src/fs/vfs_mount.c src/fs/vfs_name.c src/fs/vfs_place.c src/fs/vfs_path.c
 *          src/fs/vfs_open.c src/fs/vfs_file.c src/fs/vfs_sync.c src/fs/iobuf.c src/kernel/pagecache.c
 *          src/kernel/pagecache_io.c src/kernel/pagecache_flush.c src/kernel/frame.c src/kernel/frame_blocks.c src/kernel/frame_stock.c src/kernel/frame_window.c src/lib/fmt.c src/lib/strlcpy.c
 *          test/host/sim_ext4.c test/host/sim_disk.c test/host/sim_host.c test/host/sim_kernel.c
 *          test/host/sim_user.c */
/* runs: 8000 */
/* options: -max_len=131072 -len_control=0 */
#include "ext4_fixup.h"
#include "fs/ext4_format.h"
#include "fuzz.h"
#include "lib/types.h"
#include "sim_ext4.h"

#define PIECE      1024u
#define NPIECES    512u
#define FLAG_FIXUP 1u

struct piece {
    uint8_t number[2];
    uint8_t bytes[PIECE];
};
_Static_assert(sizeof(struct piece) == 2 + PIECE, "as seeds.py writes it");

static uint8_t image[NPIECES * PIECE];

/* A directory that is below itself can be walked through for a minute; the seeds have 78 files. */
#define WALK_FILES 150u

static size_t piece_count(size_t size)
{
    return size ? (size - 1) / sizeof(struct piece) : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct piece *pieces = (const void *)(data + 1);
    struct sim_disk     disk = {.image = image,
                                .size = sizeof(image),
                                .dev = {.name = "disk", .nsectors = sizeof(image) / BLK_SECTOR}};

    memset(image, 0, sizeof(image));
    for (size_t i = 0; i < piece_count(size); i++) {
        size_t at = (pieces[i].number[0] | (size_t)pieces[i].number[1] << 8) % NPIECES;
        memcpy(image + at * PIECE, pieces[i].bytes, PIECE);
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

/* --- mutations ------------------------------------------------------------------------------------ */

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

static uint64_t rng;

static uint32_t rnd(uint32_t below)
{
    rng = rng * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)((rng >> 33) % below);
}

/* A number as file systems have them, or as they should not. */
static uint32_t choose_number(void)
{
    static const uint32_t edges[] = {0,      1,       2,          11,         12,       0x7fff,
                                     0x8000, 0xffff,  0x10000,    0x7fffffff, 1u << 31, 0xffff0000,
                                     0xf30a, 0x80000, 0xffffffff, 1012,       1024,     4096};
    switch (rnd(3)) {
    case 0:
        return edges[rnd(ARRAY_LEN(edges))];
    case 1:
        return rnd(NPIECES);
    default:
        return rnd(1u << 16);
    }
}

static uint32_t get16(const struct piece *p, size_t at)
{
    return p->bytes[at] | (uint32_t)p->bytes[at + 1] << 8;
}

/* --- where the fields are: offset and size in a piece --- */

struct field {
    uint16_t at, len;
};

#define SUPER_FIELD(name)                                                         \
    {                                                                             \
        offsetof(struct ext4_super, name), sizeof(((struct ext4_super *)0)->name) \
    }
#define INODE_FIELD(name)                                                           \
    {                                                                               \
        offsetof(struct ext4_dinode, name), sizeof(((struct ext4_dinode *)0)->name) \
    }

static struct field super_field(void)
{
    static const struct field fields[] = {
        SUPER_FIELD(inodes_count),
        SUPER_FIELD(blocks_count_lo),
        SUPER_FIELD(first_data_block),
        SUPER_FIELD(log_block_size),
        SUPER_FIELD(blocks_per_group),
        SUPER_FIELD(inodes_per_group),
        SUPER_FIELD(rev_level),
        SUPER_FIELD(first_ino),
        SUPER_FIELD(inode_size),
        SUPER_FIELD(feature_compat),
        SUPER_FIELD(feature_incompat),
        SUPER_FIELD(feature_ro_compat),
        SUPER_FIELD(def_hash_version),
        SUPER_FIELD(desc_size),
        SUPER_FIELD(blocks_count_hi),
        SUPER_FIELD(overhead_clusters),
        SUPER_FIELD(flags),
        SUPER_FIELD(checksum_type),
    };
    return fields[rnd(ARRAY_LEN(fields))];
}

/* Of an extent node at this offset: its header, or one of the first entries. */
static struct field node_field(uint32_t node)
{
    static const struct field header[] = {{2, 2}, {4, 2}, {6, 2}},
                              entry[] = {{0, 4}, {4, 2}, {8, 4}};
    struct field f = rnd(2) ? header[rnd(3)] : entry[rnd(3)];
    if (f.len == 4 || f.at == 4)
        f.at = (uint16_t)(f.at + (rnd(2) ? 12 * (1 + rnd(4)) : 0));
    f.at = (uint16_t)(f.at + node);
    return f;
}

static struct field inode_field(void)
{
    static const struct field fields[] = {
        INODE_FIELD(mode),  INODE_FIELD(size_lo),     INODE_FIELD(links_count),
        INODE_FIELD(flags), INODE_FIELD(size_hi),     INODE_FIELD(blocks_lo),
        INODE_FIELD(mode),  INODE_FIELD(extra_isize), INODE_FIELD(size_lo),
    };
    uint32_t     inode = rnd(PIECE / 128) * 128;
    struct field f = rnd(2) ? fields[rnd(ARRAY_LEN(fields))]
                            : node_field((uint32_t)offsetof(struct ext4_dinode, block));
    f.at = (uint16_t)((f.at + inode) % (PIECE - 4));
    return f;
}

/* Of a directory: an entry's, or those of a hash tree's root or node. */
static struct field dir_field(const struct piece *p)
{
    static const struct field entry[] = {{0, 4}, {4, 2}, {6, 1}, {7, 1}};
    static const struct field tree[] = {{0x1c, 1}, {0x1d, 1}, {0x1e, 1}, {0x20, 2}, {0x22, 2},
                                        {0x24, 4}, {0x28, 4}, {0x2c, 4}, {8, 2},    {10, 2}};
    if (rnd(2))
        return tree[rnd(ARRAY_LEN(tree))];
    uint32_t at = 0;
    for (uint32_t n = rnd(8); n > 0 && get16(p, at + 4) >= 12; n--)
        at = (at + get16(p, at + 4)) % (PIECE - 12);
    struct field f = entry[rnd(ARRAY_LEN(entry))];
    f.at = (uint16_t)(f.at + at);
    return f;
}

static struct field any_field(void)
{
    struct field f = {(uint16_t)rnd(PIECE - 4), (uint16_t)(1u << rnd(3))};
    f.at = (uint16_t)(f.at & ~(f.len - 1u));
    return f;
}

/* What a piece holds shows, as long as it is sound enough. */
static bool is_super(const struct piece *p)
{
    return get16(p, offsetof(struct ext4_super, magic)) == EXT4_MAGIC;
}

static bool is_node(const struct piece *p)
{
    return get16(p, 0) == EXT4_EXTENT_MAGIC;
}

static bool is_dir(const struct piece *p)
{
    uint32_t len = get16(p, 4);
    return len >= 12 && len % 4 == 0 && get16(p, 2) == 0 && get16(p, 0) < 256 && p->bytes[7] < 8 &&
           (p->bytes[6] > 0 || len >= 1024);
}

static bool is_inodes(const struct piece *p)
{
    for (uint32_t at = 0; at < PIECE; at += 128)
        if (get16(p, at) >> 12 && get16(p, at + 0x1a) && get16(p, at + 0x1a) < 256)
            return true;
    return false;
}

static bool is_known(const struct piece *p)
{
    return is_super(p) || is_node(p) || is_dir(p) || is_inodes(p);
}

static struct field choose_field(const struct piece *p)
{
    if (rnd(8) == 0)
        return any_field();
    if (is_super(p))
        return super_field();
    if (is_node(p))
        return node_field(0);
    if (is_dir(p))
        return dir_field(p);
    return is_inodes(p) ? inode_field() : any_field();
}

/* Mostly one whose structure is known. */
static struct piece *choose_piece(struct piece *pieces, size_t n)
{
    struct piece *p = &pieces[rnd((uint32_t)n)];
    for (unsigned tries = 0; tries < 12 && !is_known(p); tries++)
        p = &pieces[rnd((uint32_t)n)];
    return p;
}

/* --- what is done to them --- */

static void put_number(struct piece *p)
{
    struct field f = choose_field(p);
    uint32_t     v = choose_number();
    memcpy(p->bytes + f.at, &v, f.len);
}

static void step_number(struct piece *p)
{
    struct field f = choose_field(p);
    p->bytes[f.at] = (uint8_t)(p->bytes[f.at] + rnd(9) - 4);
}

/* libFuzzer's own mutations within a few bytes, with its dictionary and what it saw compared. */
static void mutate_window(struct piece *p)
{
    uint8_t window[64];
    size_t  len = 4u << rnd(5), at = choose_field(p).at & ~3u;
    len = size_min(len, PIECE - at);
    memcpy(window, p->bytes + at, len);
    size_t n = LLVMFuzzerMutate(window, len, len);
    memcpy(p->bytes + at, window, n);
}

/* Some bytes of one piece also in another. */
static void copy_window(struct piece *to, const struct piece *from)
{
    size_t len = 4u << rnd(5), a = choose_field(to).at & ~3u, b = choose_field(from).at & ~3u;
    memmove(to->bytes + a, from->bytes + b, size_min(len, PIECE - (a > b ? a : b)));
}

static void swap_places(struct piece *a, struct piece *b)
{
    uint8_t number[2];
    memcpy(number, a->number, 2);
    memcpy(a->number, b->number, 2);
    memcpy(b->number, number, 2);
}

static void mutate_piece(struct piece *p, struct piece *other)
{
    switch (rnd(16)) {
    case 0:
        if (rnd(4) == 0)
            swap_places(p, other);
        break;
    case 1:
        copy_window(p, other);
        break;
    case 2:
    case 3:
        mutate_window(p);
        break;
    case 4:
    case 5:
    case 6:
        step_number(p);
        break;
    case 7:
        p->bytes[choose_field(p).at] ^= (uint8_t)(1u << rnd(8));
        break;
    default:
        put_number(p);
        break;
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    struct piece *pieces = (void *)(data + 1);
    size_t        n = piece_count(size);
    rng = seed;
    if (n == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    if (rnd(64) == 0)
        data[0] ^= FLAG_FIXUP;
    struct piece *p = choose_piece(pieces, n);
    for (uint32_t times = 1 + rnd(6); times > 0; times--) {
        mutate_piece(p, choose_piece(pieces, n));
        if (rnd(3) == 0)
            p = choose_piece(pieces, n);
    }
    return size;
}
