/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_format.h - the structures of an ext4 file system on disk.
 *
 * Everything is little-endian and may lie at any address inside a block; fields of hostile images
 * have any value. The structures are therefore made of byte arrays (alignment 1) that are read only
 * through the accessors ext4_le16(), ext4_le32(), ext4_le64() and written as what ext4_put16() and
 * ext4_put32() make. Names are those of the field without
 * their prefix. Source: Documentation/filesystems/ext4 of Linux, and images made by mke2fs.
 */
#ifndef FS_EXT4_FORMAT_H
#define FS_EXT4_FORMAT_H

#include "lib/types.h"

struct ext4_u16 {
    uint8_t b[2];
};

struct ext4_u32 {
    uint8_t b[4];
};

static inline uint32_t ext4_le16(struct ext4_u16 v)
{
    return v.b[0] | (uint32_t)v.b[1] << 8;
}

static inline uint32_t ext4_le32(struct ext4_u32 v)
{
    return v.b[0] | (uint32_t)v.b[1] << 8 | (uint32_t)v.b[2] << 16 | (uint32_t)v.b[3] << 24;
}

static inline struct ext4_u16 ext4_put16(uint32_t v)
{
    return (struct ext4_u16){{v & 0xff, v >> 8 & 0xff}};
}

static inline struct ext4_u32 ext4_put32(uint64_t v)
{
    return (struct ext4_u32){{v & 0xff, v >> 8 & 0xff, v >> 16 & 0xff, v >> 24 & 0xff}};
}

static inline uint64_t ext4_le64(struct ext4_u32 lo, struct ext4_u32 hi)
{
    return ext4_le32(lo) | (uint64_t)ext4_le32(hi) << 32;
}

/* --- superblock: 1024 bytes at byte 1024 of the device ------------------------------------ */

#define EXT4_SUPER_OFFSET 1024u
#define EXT4_SUPER_SIZE   1024u
#define EXT4_MAGIC        0xef53u
#define EXT4_ROOT_INO     2u

struct ext4_super {
    struct ext4_u32 inodes_count;         /* 0x000 */
    struct ext4_u32 blocks_count_lo;      /* 0x004 */
    struct ext4_u32 r_blocks_count_lo;    /* 0x008 */
    struct ext4_u32 free_blocks_count_lo; /* 0x00c */
    struct ext4_u32 free_inodes_count;    /* 0x010 */
    struct ext4_u32 first_data_block;     /* 0x014  1 where blocks are 1 KiB, else 0 */
    struct ext4_u32 log_block_size;       /* 0x018  block size is 1024 << this */
    struct ext4_u32 log_cluster_size;     /* 0x01c */
    struct ext4_u32 blocks_per_group;     /* 0x020 */
    struct ext4_u32 clusters_per_group;   /* 0x024 */
    struct ext4_u32 inodes_per_group;     /* 0x028 */
    struct ext4_u32 mtime;                /* 0x02c */
    struct ext4_u32 wtime;                /* 0x030 */
    struct ext4_u16 mnt_count;            /* 0x034 */
    struct ext4_u16 max_mnt_count;        /* 0x036 */
    struct ext4_u16 magic;                /* 0x038 */
    struct ext4_u16 state;                /* 0x03a */
    struct ext4_u16 errors;               /* 0x03c */
    struct ext4_u16 minor_rev_level;      /* 0x03e */
    struct ext4_u32 lastcheck;            /* 0x040 */
    struct ext4_u32 checkinterval;        /* 0x044 */
    struct ext4_u32 creator_os;           /* 0x048 */
    struct ext4_u32 rev_level;            /* 0x04c  0: inodes of 128 bytes, first free inode 11 */
    struct ext4_u16 def_resuid;           /* 0x050 */
    struct ext4_u16 def_resgid;           /* 0x052 */
    struct ext4_u32 first_ino;            /* 0x054 */
    struct ext4_u16 inode_size;           /* 0x058 */
    struct ext4_u16 block_group_nr;       /* 0x05a */
    struct ext4_u32 feature_compat;       /* 0x05c */
    struct ext4_u32 feature_incompat;     /* 0x060 */
    struct ext4_u32 feature_ro_compat;    /* 0x064 */
    uint8_t         uuid[16];             /* 0x068 */
    uint8_t         volume_name[16];      /* 0x078 */
    uint8_t         last_mounted[64];     /* 0x088 */
    uint8_t         unused1[6];           /* 0x0c8 */
    struct ext4_u16 reserved_gdt_blocks;  /* 0x0ce  kept after the descriptors for more of them */
    uint8_t         journal_uuid[16];     /* 0x0d0 */
    struct ext4_u32 journal_inum;         /* 0x0e0 */
    struct ext4_u32 journal_dev;          /* 0x0e4 */
    struct ext4_u32 last_orphan;          /* 0x0e8  first of the inodes to be cleaned up; 0: none */
    struct ext4_u32 hash_seed[4];         /* 0x0ec */
    uint8_t         def_hash_version;     /* 0x0fc */
    uint8_t         jnl_backup_type;      /* 0x0fd */
    struct ext4_u16 desc_size;            /* 0x0fe */
    uint8_t         unused2[0x50];        /* 0x100 */
    struct ext4_u32 blocks_count_hi;      /* 0x150 */
    struct ext4_u32 r_blocks_count_hi;    /* 0x154 */
    struct ext4_u32 free_blocks_count_hi; /* 0x158 */
    struct ext4_u16 min_extra_isize;      /* 0x15c */
    struct ext4_u16 want_extra_isize;     /* 0x15e */
    struct ext4_u32 flags;                /* 0x160 */
    uint8_t         unused3[0x11];        /* 0x164 */
    uint8_t         checksum_type;        /* 0x175  1: crc32c */
    uint8_t         unused4[0xd2];        /* 0x176 */
    struct ext4_u32 overhead_clusters; /* 0x248  blocks that no file can have; as mke2fs counted */
    struct ext4_u32 backup_bgs[2];     /* 0x24c  with sparse_super2: the groups with backups */
    uint8_t         unused5[0x1a8];    /* 0x254 */
    struct ext4_u32 checksum;          /* 0x3fc  of the bytes before it */
};
_Static_assert(sizeof(struct ext4_super) == EXT4_SUPER_SIZE, "superblock");
_Static_assert(offsetof(struct ext4_super, magic) == 0x38, "superblock");
_Static_assert(offsetof(struct ext4_super, uuid) == 0x68, "superblock");
_Static_assert(offsetof(struct ext4_super, last_orphan) == 0xe8, "superblock");
_Static_assert(offsetof(struct ext4_super, hash_seed) == 0xec, "superblock");
_Static_assert(offsetof(struct ext4_super, blocks_count_hi) == 0x150, "superblock");
_Static_assert(offsetof(struct ext4_super, checksum_type) == 0x175, "superblock");
_Static_assert(offsetof(struct ext4_super, overhead_clusters) == 0x248, "superblock");
_Static_assert(offsetof(struct ext4_super, checksum) == 0x3fc, "superblock");

#define EXT4_STATE_CLEAN  0x1u
#define EXT4_STATE_ERRORS 0x2u

#define EXT4_SUPER_SIGNED_HASH   0x1u /* flags: names were hashed as signed char */
#define EXT4_SUPER_UNSIGNED_HASH 0x2u

#define EXT4_COMPAT_HAS_JOURNAL   0x0004u
#define EXT4_COMPAT_EXT_ATTR      0x0008u
#define EXT4_COMPAT_DIR_INDEX     0x0020u
#define EXT4_COMPAT_SPARSE_SUPER2 0x0200u

#define EXT4_INCOMPAT_FILETYPE 0x0002u
#define EXT4_INCOMPAT_RECOVER  0x0004u /* the journal holds what is to be done first */
#define EXT4_INCOMPAT_EXTENTS  0x0040u
#define EXT4_INCOMPAT_64BIT    0x0080u
#define EXT4_INCOMPAT_FLEX_BG  0x0200u

#define EXT4_RO_COMPAT_SPARSE_SUPER  0x0001u
#define EXT4_RO_COMPAT_LARGE_FILE    0x0002u
#define EXT4_RO_COMPAT_HUGE_FILE     0x0008u
#define EXT4_RO_COMPAT_GDT_CSUM      0x0010u
#define EXT4_RO_COMPAT_DIR_NLINK     0x0020u
#define EXT4_RO_COMPAT_EXTRA_ISIZE   0x0040u
#define EXT4_RO_COMPAT_METADATA_CSUM 0x0400u

#define EXT4_CHECKSUM_CRC32C 1u

/* --- group descriptor: 32 bytes, or desc_size with 64bit; an array from the block after the
 * superblock's on --------------------------------------------------------------------------- */

#define EXT4_GROUP_SIZE_MIN 32u

struct ext4_group {
    struct ext4_u32 block_bitmap_lo;      /* 0x00 */
    struct ext4_u32 inode_bitmap_lo;      /* 0x04 */
    struct ext4_u32 inode_table_lo;       /* 0x08 */
    struct ext4_u16 free_blocks_count_lo; /* 0x0c */
    struct ext4_u16 free_inodes_count_lo; /* 0x0e */
    struct ext4_u16 used_dirs_count_lo;   /* 0x10 */
    struct ext4_u16 flags;                /* 0x12 */
    struct ext4_u32 exclude_bitmap_lo;    /* 0x14 */
    struct ext4_u16 block_bitmap_csum_lo; /* 0x18 */
    struct ext4_u16 inode_bitmap_csum_lo; /* 0x1a */
    struct ext4_u16 itable_unused_lo;     /* 0x1c */
    struct ext4_u16 checksum;        /* 0x1e  low half of crc32c(seed, group number, descriptor) */
    struct ext4_u32 block_bitmap_hi; /* 0x20  from here on only in descriptors of 64 bytes */
    struct ext4_u32 inode_bitmap_hi; /* 0x24 */
    struct ext4_u32 inode_table_hi;  /* 0x28 */
    struct ext4_u16 free_blocks_count_hi; /* 0x2c */
    struct ext4_u16 free_inodes_count_hi; /* 0x2e */
    struct ext4_u16 used_dirs_count_hi;   /* 0x30 */
    struct ext4_u16 itable_unused_hi;     /* 0x32 */
    struct ext4_u32 exclude_bitmap_hi;    /* 0x34 */
    struct ext4_u16 block_bitmap_csum_hi; /* 0x38 */
    struct ext4_u16 inode_bitmap_csum_hi; /* 0x3a */
    struct ext4_u32 unused;               /* 0x3c */
};
#define EXT4_GROUP_SIZE_WIDE 64u
_Static_assert(sizeof(struct ext4_group) == EXT4_GROUP_SIZE_WIDE, "group descriptor");

#define EXT4_GROUP_INODE_UNINIT 0x1u /* flags: the bitmap was never written: all are free */
#define EXT4_GROUP_BLOCK_UNINIT 0x2u /* the same: all are free but the group's own metadata */
#define EXT4_GROUP_ZEROED       0x4u /* the inode table was cleared */

_Static_assert(offsetof(struct ext4_group, checksum) == 0x1e, "group descriptor");
_Static_assert(offsetof(struct ext4_group, inode_table_hi) == 0x28, "group descriptor");

/* --- inode: inode_size bytes in the table of its group ------------------------------------- */

#define EXT4_INODE_SIZE_MIN 128u
#define EXT4_IBLOCK_BYTES   60u

struct ext4_dinode {
    struct ext4_u16 mode;                     /* 0x00 */
    struct ext4_u16 uid_lo;                   /* 0x02 */
    struct ext4_u32 size_lo;                  /* 0x04 */
    struct ext4_u32 atime;                    /* 0x08 */
    struct ext4_u32 ctime;                    /* 0x0c */
    struct ext4_u32 mtime;                    /* 0x10 */
    struct ext4_u32 dtime;                    /* 0x14 */
    struct ext4_u16 gid_lo;                   /* 0x18 */
    struct ext4_u16 links_count;              /* 0x1a */
    struct ext4_u32 blocks_lo;                /* 0x1c  512-byte units, or blocks with HUGE_FILE */
    struct ext4_u32 flags;                    /* 0x20 */
    struct ext4_u32 version;                  /* 0x24 */
    uint8_t         block[EXT4_IBLOCK_BYTES]; /* 0x28  extent root, block map, link text, device */
    struct ext4_u32 generation;               /* 0x64 */
    struct ext4_u32 file_acl_lo;              /* 0x68  block of extended attributes */
    struct ext4_u32 size_hi;                  /* 0x6c */
    struct ext4_u32 obso_faddr;               /* 0x70 */
    struct ext4_u16 blocks_hi;                /* 0x74 */
    struct ext4_u16 file_acl_hi;              /* 0x76 */
    struct ext4_u16 uid_hi;                   /* 0x78 */
    struct ext4_u16 gid_hi;                   /* 0x7a */
    struct ext4_u16 checksum_lo;              /* 0x7c */
    struct ext4_u16 reserved;                 /* 0x7e */
    /* The rest is there as far as extra_isize reaches, which counts from 0x80. */
    struct ext4_u16 extra_isize;  /* 0x80 */
    struct ext4_u16 checksum_hi;  /* 0x82 */
    struct ext4_u32 ctime_extra;  /* 0x84  bits 0-1: seconds bits 32-33; bits 2-31: nanoseconds */
    struct ext4_u32 mtime_extra;  /* 0x88 */
    struct ext4_u32 atime_extra;  /* 0x8c */
    struct ext4_u32 crtime;       /* 0x90 */
    struct ext4_u32 crtime_extra; /* 0x94 */
};
_Static_assert(offsetof(struct ext4_dinode, block) == 0x28, "inode");
_Static_assert(offsetof(struct ext4_dinode, checksum_lo) == 0x7c, "inode");
_Static_assert(offsetof(struct ext4_dinode, extra_isize) == EXT4_INODE_SIZE_MIN, "inode");
_Static_assert(offsetof(struct ext4_dinode, crtime_extra) == 0x94, "inode");

#define EXT4_FL_COMPRESSED  0x00000004u
#define EXT4_FL_ENCRYPT     0x00000800u
#define EXT4_FL_INDEX       0x00001000u /* directory with a hash tree */
#define EXT4_FL_HUGE_FILE   0x00040000u /* blocks count is in file-system blocks */
#define EXT4_FL_EXTENTS     0x00080000u
#define EXT4_FL_EA_INODE    0x00200000u
#define EXT4_FL_INLINE_DATA 0x10000000u

/* --- block map of inodes without EXTENTS: 12 direct blocks, then single, double, triple ----- */

#define EXT4_MAP_DIRECT 12u
#define EXT4_MAP_LEVELS 3u

/* --- extent tree: each node is a header and as many entries; the root is in the inode ------- */

#define EXT4_EXTENT_MAGIC     0xf30au
#define EXT4_EXTENT_DEPTH_MAX 5u
#define EXT4_EXTENT_LEN_MAX   32768u /* a longer length is of an uninitialised extent, plus this */

struct ext4_extent_header {
    struct ext4_u16 magic;      /* 0x0 */
    struct ext4_u16 entries;    /* 0x2 */
    struct ext4_u16 max;        /* 0x4 */
    struct ext4_u16 depth;      /* 0x6  0: entries are extents; else indices */
    struct ext4_u32 generation; /* 0x8 */
};

struct ext4_extent {
    struct ext4_u32 block;    /* 0x0  first logical block */
    struct ext4_u16 len;      /* 0x4 */
    struct ext4_u16 start_hi; /* 0x6 */
    struct ext4_u32 start_lo; /* 0x8 */
};

struct ext4_extent_index {
    struct ext4_u32 block;   /* 0x0  first logical block under it */
    struct ext4_u32 leaf_lo; /* 0x4 */
    struct ext4_u16 leaf_hi; /* 0x8 */
    struct ext4_u16 unused;  /* 0xa */
};

/* With metadata_csum the le32 crc32c(inode seed, node up to here) follows the max-th entry. */
#define EXT4_EXTENT_ENTRY 12u
_Static_assert(sizeof(struct ext4_extent_header) == EXT4_EXTENT_ENTRY, "extent header");
_Static_assert(sizeof(struct ext4_extent) == EXT4_EXTENT_ENTRY, "extent");
_Static_assert(sizeof(struct ext4_extent_index) == EXT4_EXTENT_ENTRY, "extent index");

/* --- directory block: entries that fill it exactly ------------------------------------------ */

struct ext4_dirent {
    struct ext4_u32 inode;    /* 0x0  0: unused */
    struct ext4_u16 rec_len;  /* 0x4  multiple of 4; ext4_dirent_len() decodes it */
    uint8_t         name_len; /* 0x6 */
    uint8_t file_type; /* 0x7  with the filetype feature, else the name length's high byte: 0 */
    char    name[];    /* 0x8 */
};
_Static_assert(sizeof(struct ext4_dirent) == 8, "directory entry");

/* With metadata_csum the last 12 bytes are an unused entry of this type and the le32 checksum:
 * crc32c(inode seed, block up to that entry). */
#define EXT4_DIR_TAIL      12u
#define EXT4_DIR_TAIL_TYPE 0xdeu

/* --- hash tree: block 0 is the root, inner nodes are other blocks, leaves are plain blocks ------
 *
 *   root: entries "." (12 bytes) and ".." (the rest), so that the block is a plain one with two names:
 *         struct ext4_dx_root_info at 0x18, entries at 0x20 (if info_length is 8)
 *   node: an unused entry that fills the block; entries at 8
 *
 * The first entry's hash field holds limit and count instead; its hash is 0. With metadata_csum a tail of
 * 8 bytes (reserved, checksum) follows entry number limit; the checksum is over the block up to entry
 * count, the reserved word, and four zero bytes. */

struct ext4_dx_root_info {
    struct ext4_u32 reserved;        /* 0 */
    uint8_t         hash_version;    /* ext4_hash.c */
    uint8_t         info_length;     /* 8 */
    uint8_t         indirect_levels; /* levels of nodes between the root and the leaves */
    uint8_t         unused_flags;
};

struct ext4_dx_entry {
    struct ext4_u32 hash; /* smallest in the subtree; bit 0: continued from the one before */
    struct ext4_u32 block;
};

struct ext4_dx_countlimit {
    struct ext4_u16 limit;
    struct ext4_u16 count;
};

#define EXT4_DX_ROOT_INFO  0x18u
#define EXT4_DX_NODE_COUNT 0x08u
#define EXT4_DX_LEVELS_MAX 3u

#endif
