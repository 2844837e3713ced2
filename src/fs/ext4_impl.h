/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_impl.h - what the files of the ext4 driver share.
 *
 *   ext4_super.c   superblock, features, mounting          ext4_block.c     cache of metadata blocks
 *   ext4_inode.c   group descriptors, inodes, links        ext4_extent.c    extent trees
 *   ext4_file.c    contents of regular files               ext4_indirect.c  block maps of old files
 *   ext4_dir.c     directory blocks, lookup                ext4_htree.c     lookup by name hash
 *   ext4_list.c    listing directories       ext4_txn.c      transactions
 *
 * and for writing (all in handles of ext4_txn.h):
 *
 *   ext4_group.c         descriptors, bitmaps              ext4_alloc.c, ext4_alloc_inode.c
 *   ext4_inode_store.c   inodes' fields                    ext4_orphan.c    what has no name any more
 *   ext4_extent_change.c extent trees                      ext4_resize.c    sizes, holes
 *   ext4_dir_change.c    entries of directories            ext4_htree_change.c  and of their trees
 *   ext4_names.c         create, link, unlink, rename      ext4_xattr.c     extended attributes
 *
 * The rule for everything that comes from the disk: a number is compared with its bounds before it is
 * used as an address, an index or a loop's end, and every loop or descent is bounded by something
 * other than the disk's word. Metadata is read through the block cache, and a block is checked (structure
 * and checksum) when it is first used for an owner, not at every use.
 */
#ifndef FS_EXT4_IMPL_H
#define FS_EXT4_IMPL_H

#include "fs/ext4_format.h"
#include "fs/vfs.h"
#include "kernel/blk.h"
#include "lib/types.h"

struct ext4_block;
struct ext4_fs;
struct ext4_inode;

/* --- metadata blocks ---------------------------------------------------------------------- */

/* Is block what owner takes it for? 0, or -EIO after a log line. */
typedef int ext4_check(struct ext4_inode *owner, const struct ext4_block *block);

enum ext4_block_state {
    EXT4_BLOCK_CLEAN,
    EXT4_BLOCK_RUNNING,   /* changed in the running transaction */
    EXT4_BLOCK_COMMITTED, /* in the journal, but not yet at its place */
};

struct ext4_block {
    struct ext4_fs *fs;   /* constant */
    uint64_t        nr;   /* constant */
    uint8_t        *data; /* fs->block_size bytes, constant once valid */

    struct mutex lock; /* held while the block is read and checked */
    /* lock protects: */
    bool        valid;       /* data was read */
    ext4_check *checked;     /* the check that data passed last, */
    uint32_t    checked_ino; /* for this inode */

    /* cache->lock protects: */
    unsigned    refs;  /* one is the transaction's, unless state is EXT4_BLOCK_CLEAN */
    unsigned    users; /* the others */
    ext4_check *role;  /* what they, or the last of them, took it for, */
    uint32_t    role_ino;
    LIST_ENTRY(ext4_block) hash_link;
    TAILQ_ENTRY(ext4_block) lru_link; /* while refs is 0 */

    /* fs->txn.lock protects: */
    enum ext4_block_state state;
    bool                  fresh;      /* made by ext4_block_get_new() in the running transaction */
    TAILQ_ENTRY(ext4_block) txn_link; /* unless clean */
};

TAILQ_HEAD(ext4_block_list, ext4_block);

#define EXT4_CACHE_BUCKETS 64u
#define EXT4_CACHE_BYTES   (256u * 1024)

struct ext4_cache {
    struct mutex lock;
    /* lock protects: */
    LIST_HEAD(, ext4_block) buckets[EXT4_CACHE_BUCKETS];
    TAILQ_HEAD(ext4_lru, ext4_block) unused; /* least recently used first */
    size_t nblocks;
    size_t max_blocks; /* constant; more only while they are referenced */
};

void ext4_cache_init(struct ext4_fs *fs);
void ext4_cache_destroy(struct ext4_fs *fs); /* no block is referenced */
void ext4_cache_drop(struct ext4_fs *fs);    /* forget all blocks, none of which is referenced */

/* Block nr with a reference, read, and accepted by check for owner (NULL: any contents). What was accepted stands
 * still but for its owner's changes: who takes the block for something else meanwhile, as the structures of a damaged
 * file system may, is refused. -EIO (also where nr is not on the device), -ENOMEM. */
int  ext4_block_get(struct ext4_fs *fs, uint64_t nr, ext4_check *check, struct ext4_inode *owner,
                    struct ext4_block **out);
void ext4_block_put(struct ext4_block *block);

/* The transaction's own reference, which it takes while somebody has one. */
void ext4_block_hold(struct ext4_block *block);
void ext4_block_release(struct ext4_block *block);

/* Block nr if it is in the cache, with a reference, read or not. NULL. */
struct ext4_block *ext4_block_peek(struct ext4_fs *fs, uint64_t nr);

/* Write every block of list to its place, several at once. Their contents stand still. */
int ext4_blocks_write(struct ext4_fs *fs, const struct ext4_block_list *list);

/* --- the transaction (ext4_txn.h) ------------------------------------------------------------ */

struct ext4_journal;

struct ext4_txn {
    struct mutex commit; /* one commit at a time; before any handle */

    struct spinlock lock; /* LOCK_FS */
    struct waitq    changed;
    /* lock protects: */
    bool                   committing; /* no handle opens */
    bool                   aborted;    /* for ever */
    unsigned               handles;    /* open ones */
    size_t                 promised;   /* credits of those, and of others since there was none */
    struct ext4_block_list running;    /* of EXT4_BLOCK_RUNNING blocks */
    size_t                 nrunning;
    struct ext4_block_list committed; /* oldest commit first */
    size_t                 ncommitted;
    LIST_HEAD(, ext4_inode) inodes; /* whose fields are to be stored */

    /* constant while mounted: */
    bool                 writable;
    size_t               max_blocks; /* in one transaction */
    struct ext4_block   *super;      /* holds a reference; NULL: read-only */
    struct ext4_journal *journal;    /* NULL: there is none, blocks are written to their places */
};

/* --- allocation (ext4_alloc.h) ---------------------------------------------------------------- */

/* What is known of a group besides what is on the disk. */
struct ext4_alloc_group {
    uint8_t *busy;     /* bits of blocks that the running transaction freed; NULL: none */
    bool     closed;   /* it freed some, and there was no memory to say which */
    bool     unsealed; /* the checksum of the bitmap of blocks is to be set */
    bool     blocks_verified, inodes_verified; /* the bitmaps' checksums */
    uint64_t itable;                           /* 0: not looked up yet */
};

struct ext4_alloc {
    struct mutex lock; /* after a handle and map_lock; before the block cache's */
    /* lock protects, with all descriptors and bitmaps: */
    struct ext4_alloc_group *groups;   /* NULL: read-only */
    uint64_t                 nbusy;    /* blocks freed that cannot be given out yet */
    bool                     unsealed; /* a group is */
    uint64_t                 kept_back;
};

/* --- the mounted file system ---------------------------------------------------------------- */

struct ext4_fs {
    struct fs          fs;
    struct blk_device *dev;

    /* From the superblock, checked, constant: */
    uint32_t block_shift;
    uint32_t block_size; /* bytes */
    uint64_t nblocks;
    uint32_t first_data_block;
    uint32_t ninodes;
    uint32_t first_ino; /* smaller ones, the root's apart, are not for names */
    uint32_t inodes_per_group;
    uint32_t inode_size; /* bytes */
    uint32_t group_size; /* bytes of a descriptor */
    uint32_t ngroups;
    uint32_t blocks_per_group;
    uint32_t itable_blocks; /* of a group's inode table */
    uint32_t gdt_blocks, reserved_gdt_blocks;
    uint32_t backup_bgs[2];
    uint32_t extra_isize; /* bytes of fields after the first 128 in new inodes */
    uint8_t  uuid[16];
    uint32_t ro_compat; /* features */
    bool     has_extents;
    bool     has_filetype;
    bool     has_gdt_csum, sparse_super, sparse_super2, has_huge_file, has_dir_nlink;
    bool     has_csum;
    uint32_t csum_seed;
    uint32_t hash_seed[4];
    bool     hash_unsigned;
    bool     has_dir_index;
    uint32_t journal_ino;     /* 0: there is none */
    bool     needs_recovery;  /* what it holds comes first */
    bool     finding_journal; /* at mounting: its inode, which is not for names, may be had */
    uint8_t  hash_version; /* of directories without a tree, as far as they are listed like trees */

    uint64_t          reserved_blocks, overhead; /* for statfs */
    struct ext4_alloc alloc;
    /* alloc.lock protects: */
    uint64_t free_blocks;
    uint32_t free_inodes;

    struct {
        struct mutex lock; /* after inodes' locks, a handle; before the block cache's */
        /* lock protects: */
        TAILQ_HEAD(, ext4_inode) list; /* as on the disk: the newest first */
    } orphans;

    struct ext4_cache cache;
    struct ext4_txn   txn;
    atomic_uint       complaints;
    _Atomic uint32_t  last_complaint; /* checksum of its text */
};

static inline struct ext4_fs *ext4_fs_of(struct fs *fs)
{
    return container_of(fs, struct ext4_fs, fs);
}

/* Log "ext4 on DEVICE: ..." (the first few times) and return -EIO. */
int ext4_damaged(struct ext4_fs *fs, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* 0, or -EROFS after a log line: it has a feature that writing does not respect. */
int ext4_features_check_write(struct ext4_fs *fs);

/* Are blocks [start, start + len) on the device and none of them the superblock's? */
static inline bool ext4_blocks_ok(const struct ext4_fs *fs, uint64_t start, uint64_t len)
{
    return start > fs->first_data_block && start < fs->nblocks && len <= fs->nblocks - start;
}

/* --- inodes --------------------------------------------------------------------------------- */

struct ext4_inode {
    struct inode    inode;
    uint32_t        csum_seed;
    struct ext4_u32 generation;  /* of an inode that is being made */
    uint64_t        file_acl;    /* block of extended attributes; 0: none */
    uint32_t        orphan_next; /* orphans.lock's: the number after this one on the list */
    uint64_t        ready_from, ready_to; /* inode.lock's: these logical blocks are no holes */
    bool            gone; /* inode.lock's: it was freed on the disk, while somebody has it open */
    bool            is_orphan;           /* likewise: it is on that list */
    TAILQ_ENTRY(ext4_inode) orphan_link; /* likewise, while it is */
    LIST_ENTRY(ext4_inode) dirty_link;   /* while inode.unstored; fs->txn.lock's */

    struct mutex map_lock; /* after inode.lock, a handle */
    /* map_lock protects, and inode.lock as well, so that one of them is enough to read: */
    uint32_t flags;
    uint8_t  block[EXT4_IBLOCK_BYTES]; /* checked, if it is an extent root */
};

static inline struct ext4_inode *ext4_inode_of(struct inode *inode)
{
    return container_of(inode, struct ext4_inode, inode);
}

static inline struct ext4_fs *ext4_fs_of_inode(const struct ext4_inode *ei)
{
    return ext4_fs_of(ei->inode.fs);
}

/* The inode numbered ino, with a reference. -EIO, -ENOMEM. */
int ext4_inode_get(struct ext4_fs *fs, uint32_t ino, struct inode **out);

extern const struct inode_ops     ext4_dir_ops, ext4_file_ops;
extern const struct pagecache_ops ext4_file_pages;

/* --- where a file's blocks are ---------------------------------------------------------------- */

#define EXT4_LBLK_END ((uint64_t)1 << 32) /* logical blocks are below it */

struct ext4_run {
    uint64_t pblk; /* first block on the device; 0: a hole, reads as zeros */
    uint64_t len;  /* blocks, at least 1 */
};

/* The run of ei's blocks that starts at lblk (< EXT4_LBLK_END). It may be shorter than what is
 * contiguous. -EIO, -ENOMEM. */
int ext4_map(struct ext4_inode *ei, uint64_t lblk, struct ext4_run *run);

int ext4_extent_map(struct ext4_inode *ei, uint64_t lblk, struct ext4_run *run);
int ext4_indirect_map(struct ext4_inode *ei, uint64_t lblk, struct ext4_run *run);

/* 0 if ei->block is a sound extent root; else -EIO, logged. */
int ext4_extent_check_root(struct ext4_inode *ei);

/* --- directories -------------------------------------------------------------------------------- */

static inline uint32_t ext4_dirent_len(const struct ext4_fs *fs, const struct ext4_dirent *de)
{
    uint32_t len = ext4_le16(de->rec_len);

    /* 64 KiB does not fit 16 bits: the two low bits, always zero otherwise, hold its bits 16 and 17. */
    if (len == 0xffff || len == 0)
        return fs->block_size;
    return (len & 0xfffc) | (len & 3) << 16;
}

/* Block lblk of directory dir, checked. -EIO, -ENOMEM. */
int ext4_dir_block(struct ext4_inode *dir, uint64_t lblk, struct ext4_block **out);

static inline const struct ext4_dirent *ext4_dirent_at(const struct ext4_block *block,
                                                       uint32_t                 offset)
{
    return (const void *)(block->data + offset);
}

int ext4_readdir(struct inode *dir, uint64_t *pos, struct dir_sink *sink);

/* The inode number under name in a checked block; 0: not there. */
uint32_t ext4_dir_search(const struct ext4_block *block, const char *name, size_t len);

/* The same through dir's hash tree: 0 and *ino (0: not there), -EOPNOTSUPP: the index cannot be used,
 * search all blocks. -EIO, -ENOMEM. */
int ext4_htree_find(struct ext4_inode *dir, const char *name, size_t len, uint32_t *ino);

/* Where limit and count of an index block are, or 0: block is not a sound one. */
uint32_t ext4_htree_count_offset(const struct ext4_block *block, uint32_t *limit, uint32_t *count);

#endif
