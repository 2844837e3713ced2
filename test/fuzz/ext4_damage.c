/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_damage.c - see ext4_damage.h.
 *
 * What a piece holds is told by its looks; what is changed in it is a field that the driver goes by, most of
 * the time.
 */
#include "ext4_damage.h"

#include <stdbool.h>
#include <string.h>

#include "fs/ext4_format.h"
#include "fs/jbd2_format.h"
#include "lib/types.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

static uint64_t rng;
static uint32_t nblocks; /* of the image, in pieces */

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
        return rnd(nblocks);
    default:
        return rnd(1u << 16);
    }
}

static uint32_t get16(const struct image_piece *p, size_t at)
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

/* Of the inodes in a piece: their fields, their extents' or their block maps'. */
static struct field inode_field(void)
{
    static const struct field fields[] = {
        INODE_FIELD(mode),        INODE_FIELD(size_lo), INODE_FIELD(links_count),
        INODE_FIELD(flags),       INODE_FIELD(size_hi), INODE_FIELD(blocks_lo),
        INODE_FIELD(dtime),       INODE_FIELD(size_lo), INODE_FIELD(file_acl_lo),
        INODE_FIELD(extra_isize),
    };
    uint32_t     inode = rnd(EXT4_PIECE / 128) * 128;
    struct field f = rnd(2) ? fields[rnd(ARRAY_LEN(fields))]
                            : node_field((uint32_t)offsetof(struct ext4_dinode, block));
    f.at = (uint16_t)((f.at + inode) % (EXT4_PIECE - 4));
    return f;
}

/* Of one of the first group descriptors, which have 32 bytes or 64. */
static struct field group_field(void)
{
    static const struct field fields[] = {{0x00, 4}, {0x04, 4}, {0x08, 4}, {0x0c, 2}, {0x0e, 2},
                                          {0x10, 2}, {0x12, 2}, {0x1c, 2}, {0x20, 4}, {0x2c, 2}};
    struct field              f = fields[rnd(ARRAY_LEN(fields))];
    f.at = (uint16_t)(f.at + 32 * rnd(4));
    return f;
}

/* Of a block of the journal: of its superblock, or tags, revoked numbers, counts of the others. */
static struct field journal_field(const struct image_piece *p)
{
    static const struct field super[] = {{0x0c, 4}, {0x10, 4}, {0x14, 4}, {0x18, 4},
                                         {0x1c, 4}, {0x28, 4}, {0x24, 4}};
    uint32_t                  type = jbd2_get(p->bytes, 4);
    if (type == JBD2_SUPER_V1 || type == JBD2_SUPER_V2)
        return super[rnd(ARRAY_LEN(super))];
    return (struct field){(uint16_t)(rnd(4) ? 12 + 4 * rnd(24) : 4 * rnd(3)), 4};
}

/* Of a directory: an entry's, or those of a hash tree's root or node. */
static struct field dir_field(const struct image_piece *p)
{
    static const struct field entry[] = {{0, 4}, {4, 2}, {6, 1}, {7, 1}};
    static const struct field tree[] = {{0x1c, 1}, {0x1d, 1}, {0x1e, 1}, {0x20, 2}, {0x22, 2},
                                        {0x24, 4}, {0x28, 4}, {0x2c, 4}, {8, 2},    {10, 2}};
    if (rnd(2))
        return tree[rnd(ARRAY_LEN(tree))];
    uint32_t at = 0;
    for (uint32_t n = rnd(8); n > 0 && get16(p, at + 4) >= 12; n--)
        at = (at + get16(p, at + 4)) % (EXT4_PIECE - 12);
    struct field f = entry[rnd(ARRAY_LEN(entry))];
    f.at = (uint16_t)(f.at + at);
    return f;
}

/* Of a block of extended attributes: the header's, or those of one of the entries; of an inode's behind its fields. */
static struct field xattr_field(const struct image_piece *p, uint32_t at)
{
    static const struct field header[] = {{0x00, 4}, {0x04, 4}, {0x08, 4}};
    static const struct field entry[] = {{0, 1}, {1, 1}, {2, 2}, {4, 4}, {8, 4}, {16, 4}};

    if (at == 32 && rnd(4) == 0)
        return header[rnd(ARRAY_LEN(header))];
    for (uint32_t n = rnd(4); n > 0 && at < EXT4_PIECE - 64 && get16(p, at); n--)
        at += (16 + p->bytes[at] + 3u) & ~3u;
    struct field f = entry[rnd(ARRAY_LEN(entry))];
    f.at = (uint16_t)(f.at + at % (EXT4_PIECE - 20));
    return f;
}

static struct field any_field(void)
{
    struct field f = {(uint16_t)rnd(EXT4_PIECE - 4), (uint16_t)(1u << rnd(3))};
    f.at = (uint16_t)(f.at & ~(f.len - 1u));
    return f;
}

/* What a piece holds shows, as long as it is sound enough. */
static bool is_super(const struct image_piece *p)
{
    return get16(p, offsetof(struct ext4_super, magic)) == EXT4_MAGIC;
}

static bool is_node(const struct image_piece *p)
{
    return get16(p, 0) == EXT4_EXTENT_MAGIC;
}

static bool is_dir(const struct image_piece *p)
{
    uint32_t len = get16(p, 4);
    return len >= 12 && len % 4 == 0 && get16(p, 2) == 0 && get16(p, 0) < 256 && p->bytes[7] < 8 &&
           (p->bytes[6] > 0 || len >= 1024);
}

static bool is_inodes(const struct image_piece *p)
{
    for (uint32_t at = 0; at < EXT4_PIECE; at += 128)
        if (get16(p, at) >> 12 && get16(p, at + 0x1a) && get16(p, at + 0x1a) < 256)
            return true;
    return false;
}

static bool is_journal(const struct image_piece *p)
{
    return jbd2_get(p->bytes, 0) == JBD2_MAGIC;
}

static bool is_xattrs(const struct image_piece *p)
{
    return get16(p, 0) == 0 && get16(p, 2) == 0xea02;
}

/* Of an inode of 256 bytes: where the first of its attributes is, or 0. */
static uint32_t inner_xattrs(const struct image_piece *p)
{
    uint32_t at = rnd(EXT4_PIECE / 256) * 256 + 128;
    at += get16(p, at);
    return at < EXT4_PIECE - 64 && get16(p, at + 2) == 0xea02 ? at + 4 : 0;
}

/* Descriptors are in the block behind the superblock's, wherever that ends. */
static bool is_groups(const struct image_piece *p)
{
    uint32_t nr = p->number[0] | (uint32_t)p->number[1] << 8;
    return nr == 2 || nr == 4;
}

static bool is_bitmap(const struct image_piece *p)
{
    return p->bytes[0] == 0xff && p->bytes[EXT4_PIECE - 1] == 0xff;
}

static bool is_known(const struct image_piece *p)
{
    return is_super(p) || is_node(p) || is_xattrs(p) || is_journal(p) || is_groups(p) ||
           is_dir(p) || is_bitmap(p) || is_inodes(p);
}

static struct field choose_field(const struct image_piece *p)
{
    if (rnd(8) == 0)
        return any_field();
    if (is_super(p))
        return super_field();
    if (is_node(p))
        return node_field(0);
    if (is_xattrs(p))
        return xattr_field(p, 32);
    if (is_journal(p))
        return journal_field(p);
    if (is_groups(p))
        return group_field();
    if (is_dir(p))
        return dir_field(p);
    uint32_t inner = is_inodes(p) && rnd(4) == 0 ? inner_xattrs(p) : 0;
    if (inner)
        return xattr_field(p, inner);
    return is_inodes(p) ? inode_field() : any_field();
}

/* Mostly one whose structure is known. */
static struct image_piece *choose_piece(struct image_piece *pieces, size_t n)
{
    struct image_piece *p = &pieces[rnd((uint32_t)n)];
    for (unsigned tries = 0; tries < 12 && !is_known(p); tries++)
        p = &pieces[rnd((uint32_t)n)];
    return p;
}

/* --- what is done to them --- */

static void put_number(struct image_piece *p)
{
    struct field f = choose_field(p);
    uint32_t     v = choose_number();
    if (is_journal(p)) /* big-endian */
        v = v << 24 | (v & 0xff00) << 8 | (v >> 8 & 0xff00) | v >> 24;
    memcpy(p->bytes + f.at, &v, f.len);
}

static void step_number(struct image_piece *p)
{
    struct field f = choose_field(p);
    p->bytes[f.at] = (uint8_t)(p->bytes[f.at] + rnd(9) - 4);
}

/* libFuzzer's own mutations within a few bytes, with its dictionary and what it saw compared. */
static void mutate_window(struct image_piece *p)
{
    uint8_t window[64];
    size_t  len = 4u << rnd(5), at = choose_field(p).at & ~3u;
    len = size_min(len, EXT4_PIECE - at);
    memcpy(window, p->bytes + at, len);
    size_t n = LLVMFuzzerMutate(window, len, len);
    memcpy(p->bytes + at, window, n);
}

/* Some bytes of one piece also in another. */
static void copy_window(struct image_piece *to, const struct image_piece *from)
{
    size_t len = 4u << rnd(5), a = choose_field(to).at & ~3u, b = choose_field(from).at & ~3u;
    memmove(to->bytes + a, from->bytes + b, size_min(len, EXT4_PIECE - (a > b ? a : b)));
}

static void swap_places(struct image_piece *a, struct image_piece *b)
{
    uint8_t number[2];
    memcpy(number, a->number, 2);
    memcpy(a->number, b->number, 2);
    memcpy(b->number, number, 2);
}

/* Bits of a bitmap, a few or many. */
static void flip_bits(struct image_piece *p)
{
    uint32_t from = rnd(2048), n = rnd(4) ? 1 + rnd(8) : 1 + rnd(2048);
    for (uint32_t i = from; i < from + n && i < 8 * EXT4_PIECE; i++)
        p->bytes[i / 8] ^= (uint8_t)(1u << i % 8);
}

static void mutate_piece(struct image_piece *p, struct image_piece *other)
{
    if (is_bitmap(p) && rnd(4)) {
        flip_bits(p);
        return;
    }
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

/* --- what others call ----------------------------------------------------------------------------- */

void ext4_damage_input(struct image_piece *pieces, size_t n, uint32_t npieces, unsigned seed)
{
    rng = seed;
    nblocks = npieces;
    struct image_piece *p = choose_piece(pieces, n);
    for (uint32_t times = 1 + rnd(6); times > 0; times--) {
        mutate_piece(p, choose_piece(pieces, n));
        if (rnd(3) == 0)
            p = choose_piece(pieces, n);
    }
}

/* A copy of what is at a place of the image: mostly one whose structure is known. */
static struct image_piece piece_copy(const uint8_t *image)
{
    struct image_piece p;
    unsigned           tries = 0;
    do {
        uint32_t nr = rnd(rnd(2) ? nblocks : 128);
        p.number[0] = (uint8_t)nr;
        p.number[1] = (uint8_t)(nr >> 8);
        memcpy(p.bytes, image + (size_t)nr * EXT4_PIECE, EXT4_PIECE);
    } while (!is_known(&p) && tries++ < 200);
    return p;
}

void ext4_damage_image(uint8_t *image, uint32_t npieces, unsigned seed)
{
    rng = seed;
    nblocks = npieces;
    for (uint32_t times = rnd(4); times > 0; times--) {
        struct image_piece p = piece_copy(image), other = piece_copy(image);
        mutate_piece(&p, &other);
        uint32_t nr = (p.number[0] | (uint32_t)p.number[1] << 8) % npieces;
        memcpy(image + (size_t)nr * EXT4_PIECE, p.bytes, EXT4_PIECE);
    }
}
