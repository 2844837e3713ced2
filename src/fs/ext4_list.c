/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_list.c - listing directories.
 *
 * A directory with a hash tree is listed in the order of its names' hashes, as on Linux: an order that
 * stays when entries come and go. With the feature dir_index Linux also lists so what is one
 * block and has no tree yet. Positions are then the hashes. All other directories are listed as they
 * lie, positions being offsets.
 *
 * By hash: each round goes through all blocks and keeps the NBATCH entries that come next, so it needs
 * little memory for any directory, and no sound tree.
 */
#include "fs/ext4_hash.h"
#include "fs/ext4_impl.h"
#include "kernel/heap.h"
#include "lib/errno.h"
#include "lib/string.h"

#define NBATCH  512u
#define POS_END ((uint64_t)1 << 61) /* all positions by hash are below */

static unsigned dirent_type(const struct ext4_fs *fs, const struct ext4_dirent *de)
{
    static const uint8_t types[] = {DT_UNKNOWN, DT_REG,  DT_DIR,  DT_CHR,
                                    DT_BLK,     DT_FIFO, DT_SOCK, DT_LNK};

    if (!fs->has_filetype || de->file_type >= ARRAY_LEN(types))
        return DT_UNKNOWN;
    return types[de->file_type];
}

static bool emit(const struct ext4_fs *fs, const struct ext4_dirent *de, uint64_t next,
                 struct dir_sink *sink)
{
    return sink->emit(sink, de->name, de->name_len, ext4_le32(de->inode), dirent_type(fs, de),
                      next);
}

/* --- as they lie ----------------------------------------------------------------------------- */

/* The entries of a block from *pos on. False: sink has had enough. */
static bool list_block(const struct ext4_block *block, uint64_t *pos, struct dir_sink *sink)
{
    const struct ext4_fs *fs = block->fs;
    uint64_t              start = ALIGN_DOWN(*pos, (uint64_t)fs->block_size);

    for (uint32_t offset = 0; offset < fs->block_size;) {
        const struct ext4_dirent *de = ext4_dirent_at(block, offset);
        uint64_t                  next = start + offset + ext4_dirent_len(fs, de);
        if (start + offset >= *pos && ext4_le32(de->inode) && !emit(fs, de, next, sink))
            return false;
        offset = (uint32_t)(next - start);
        if (*pos < next)
            *pos = next;
    }
    return true;
}

static int list_in_place(struct ext4_inode *dir, uint64_t *pos, struct dir_sink *sink)
{
    struct ext4_fs *fs = ext4_fs_of_inode(dir);
    bool            more = true;

    while (more && *pos < dir->inode.size) {
        struct ext4_block *block;
        int                err = ext4_dir_block(dir, *pos >> fs->block_shift, &block);
        if (err)
            return err;
        more = list_block(block, pos, sink);
        ext4_block_put(block);
    }
    return 0;
}

/* --- by hash --------------------------------------------------------------------------------- */

struct found {
    uint64_t pos;
    uint32_t lblk, offset; /* where the entry lies */
};

/* The entries that come next, in order. */
struct batch {
    struct ext4_inode *dir;
    unsigned           version; /* of the hash */
    uint64_t           from;    /* entries before it were told */
    size_t             n;
    struct found       found[NBATCH];
};

/* In a tree "." and ".." come first, elsewhere they have hashes like all names. Two bits of the second
 * hash are given up for positions of mounts. -EOPNOTSUPP: the hash is of an unknown kind. */
static int position_of(const struct batch *b, const struct ext4_dirent *de, uint64_t *pos)
{
    uint32_t hash, minor;
    bool     tree = b->dir->flags & EXT4_FL_INDEX;
    bool     dots = de->name_len <= 2 && memcmp(de->name, "..", de->name_len) == 0;
    if (tree && dots) {
        *pos = de->name_len - 1u;
        return 0;
    }

    int err = ext4_name_hash(ext4_fs_of_inode(b->dir), b->version, de->name, de->name_len, &hash,
                             &minor);
    if (err)
        return err;
    *pos = (uint64_t)(hash >> 1) << 30 | minor >> 2;
    if (tree && *pos < 2)
        *pos = 2;
    return 0;
}

/* Keep the entry if it is among the next ones. */
static void keep(struct batch *b, struct found entry)
{
    size_t at = b->n;
    if (entry.pos < b->from || (at == NBATCH && b->found[at - 1].pos <= entry.pos))
        return;

    while (at > 0 && b->found[at - 1].pos > entry.pos)
        at--;
    if (b->n < NBATCH)
        b->n++;
    memmove(&b->found[at + 1], &b->found[at], (b->n - 1 - at) * sizeof(entry));
    b->found[at] = entry;
}

static int keep_of_block(struct batch *b, uint32_t lblk)
{
    struct ext4_fs    *fs = ext4_fs_of_inode(b->dir);
    struct ext4_block *block;

    int err = ext4_dir_block(b->dir, lblk, &block);
    if (err)
        return err;
    for (uint32_t offset = 0; offset < fs->block_size && !err;) {
        const struct ext4_dirent *de = ext4_dirent_at(block, offset);
        struct found              entry = {0, lblk, offset};
        if (ext4_le32(de->inode)) {
            err = position_of(b, de, &entry.pos);
            if (!err)
                keep(b, entry);
        }
        offset += ext4_dirent_len(fs, de);
    }
    ext4_block_put(block);
    return err;
}

static int batch_collect(struct batch *b, uint64_t from)
{
    uint64_t nblocks = b->dir->inode.size >> ext4_fs_of_inode(b->dir)->block_shift;
    int      err = 0;

    b->from = from;
    b->n = 0;
    for (uint64_t lblk = 0; lblk < nblocks && !err; lblk++)
        err = keep_of_block(b, (uint32_t)lblk);
    return err;
}

/* Tell the batch. *more: sink has room still. */
static int batch_emit(struct batch *b, uint64_t *pos, struct dir_sink *sink, bool *more)
{
    *more = true;
    for (size_t i = 0; i < b->n && *more; i++) {
        const struct found *entry = &b->found[i];
        struct ext4_block  *block;
        bool same = i + 1 < b->n && b->found[i + 1].pos == entry->pos; /* one hash, two names */
        int  err = ext4_dir_block(b->dir, entry->lblk, &block);
        if (err)
            return err;
        *pos = entry->pos;
        *more = emit(block->fs, ext4_dirent_at(block, entry->offset), entry->pos + !same, sink);
        if (*more)
            *pos = entry->pos + !same;
        ext4_block_put(block);
    }
    return 0;
}

static int list_batches(struct batch *b, uint64_t *pos, struct dir_sink *sink)
{
    bool more = true;

    while (more && *pos < POS_END) {
        int err = batch_collect(b, *pos);
        if (!err)
            err = batch_emit(b, pos, sink, &more);
        if (err)
            return err;
        if (more && b->n < NBATCH)
            *pos = POS_END;
    }
    return 0;
}

/* The kind of hash of dir's tree, which its first block tells. */
static int hash_version(struct ext4_inode *dir, unsigned *version)
{
    struct ext4_fs    *fs = ext4_fs_of_inode(dir);
    struct ext4_block *root;
    *version = fs->hash_version;
    if (!(dir->flags & EXT4_FL_INDEX))
        return 0;

    int err = ext4_dir_block(dir, 0, &root);
    if (err)
        return err;
    const struct ext4_dx_root_info *info = (const void *)(root->data + EXT4_DX_ROOT_INFO);
    *version = info->hash_version;
    ext4_block_put(root);
    return 0;
}

static int list_by_hash(struct ext4_inode *dir, uint64_t *pos, struct dir_sink *sink)
{
    struct batch *b = kmalloc(sizeof(*b));
    if (!b)
        return -ENOMEM;
    b->dir = dir;
    int err = hash_version(dir, &b->version);
    if (!err)
        err = list_batches(b, pos, sink);
    kfree(b);
    return err;
}

int ext4_readdir(struct inode *inode, uint64_t *pos, struct dir_sink *sink)
{
    struct ext4_inode *dir = ext4_inode_of(inode);
    struct ext4_fs    *fs = ext4_fs_of(inode->fs);
    bool               tree = dir->flags & EXT4_FL_INDEX || inode->size == fs->block_size;

    if (fs->has_dir_index && tree) {
        int err = list_by_hash(dir, pos, sink);
        if (err != -EOPNOTSUPP)
            return err;
    }
    return list_in_place(dir, pos, sink);
}
