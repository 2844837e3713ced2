/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_htree.c - finding a name through a directory's hash tree.
 *
 * The tree's inner blocks map ranges of name hashes to blocks. Names of one hash may go on in the next
 * leaf, which its hash's low bit says. The tree only says where to look, so an index that
 * is of an unknown kind or unsound is not an error: the caller searches all blocks.
 */
#include "fs/ext4_dir.h"
#include "fs/ext4_hash.h"
#include "lib/errno.h"
#include "lib/string.h"

uint32_t ext4_htree_count_offset(const struct ext4_block *block, uint32_t *limit, uint32_t *count)
{
    const struct ext4_dirent *first = (const void *)block->data;
    uint32_t                  at = EXT4_DX_NODE_COUNT;

    if (ext4_dirent_len(block->fs, first) != block->fs->block_size) {
        const struct ext4_dx_root_info *info = (const void *)(block->data + EXT4_DX_ROOT_INFO);
        if (ext4_le32(info->reserved) != 0 || info->info_length != sizeof(*info))
            return 0;
        at = EXT4_DX_ROOT_INFO + info->info_length;
    }

    const struct ext4_dx_countlimit *cl = (const void *)(block->data + at);
    *limit = ext4_le16(cl->limit);
    *count = ext4_le16(cl->count);
    if (*count == 0 || *count > *limit ||
        at + *limit * sizeof(struct ext4_dx_entry) > block->fs->block_size)
        return 0;
    return at;
}

void ext4_dx_release(struct ext4_dx_path *path)
{
    while (path->depth)
        ext4_block_put(path->steps[--path->depth].block);
}

/* The last entry whose hash is not above hash; entry 0 has none and is smaller than all. */
static uint32_t entry_for(const struct ext4_dx_step *s, uint32_t hash)
{
    uint32_t lo = 1, hi = s->count;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (ext4_le32(s->entries[mid].hash) <= hash)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo - 1;
}

/* Add index block lblk to the path. */
static int path_push(struct ext4_inode *dir, uint64_t lblk, uint32_t hash,
                     struct ext4_dx_path *path)
{
    struct ext4_dx_step *s = &path->steps[path->depth];

    int err = ext4_dir_block(dir, lblk, &s->block);
    if (err)
        return err;
    uint32_t at = ext4_htree_count_offset(s->block, &s->limit, &s->count);
    if (at == 0 || (lblk && at != EXT4_DX_NODE_COUNT)) {
        ext4_block_put(s->block);
        return -EOPNOTSUPP;
    }
    s->entries = (void *)(s->block->data + at);
    s->at = entry_for(s, hash);
    path->depth++;
    return 0;
}

/* The block that the taken entry of the last step leads to. */
uint64_t ext4_dx_block(const struct ext4_dx_path *path)
{
    const struct ext4_dx_step *s = &path->steps[path->depth - 1];

    return ext4_le32(s->entries[s->at].block) & 0x0fffffff;
}

static int path_descend(struct ext4_inode *dir, uint32_t hash, unsigned levels,
                        struct ext4_dx_path *path)
{
    struct ext4_fs *fs = ext4_fs_of_inode(dir);

    while (path->depth < levels + 1) {
        uint64_t lblk = ext4_dx_block(path);
        if (lblk == 0 || lblk >= dir->inode.size >> fs->block_shift)
            return -EOPNOTSUPP;
        int err = path_push(dir, lblk, hash, path);
        if (err)
            return err;
    }
    return 0;
}

/* Go to the next leaf if it continues hash: 1, 0: it does not, or an error. */
static int path_next(struct ext4_inode *dir, uint32_t hash, struct ext4_dx_path *path)
{
    unsigned levels = path->depth - 1;
    unsigned up = levels;

    while (path->steps[up].at + 1 >= path->steps[up].count) {
        if (up == 0)
            return 0;
        up--;
    }
    const struct ext4_dx_step *s = &path->steps[up];
    uint32_t                   next = ext4_le32(s->entries[s->at + 1].hash);
    if ((next & 1) == 0 || (next & ~1u) != hash)
        return 0;

    while (path->depth > up + 1)
        ext4_block_put(path->steps[--path->depth].block);
    path->steps[up].at++;
    int err = path_descend(dir, 0, levels, path);
    return err ? err : 1;
}

static int search_leaves(struct ext4_inode *dir, const char *name, size_t len,
                         struct ext4_dx_path *path, struct ext4_block **found)
{
    struct ext4_fs *fs = ext4_fs_of_inode(dir);
    uint64_t        nblocks = dir->inode.size >> fs->block_shift;

    /* Entries of hostile trees can all continue one hash and lead anywhere, but there are only so many:
     * more leaves than the directory has blocks are no tree. */
    for (uint64_t n = 0; n < nblocks; n++) {
        uint64_t lblk = ext4_dx_block(path);
        if (lblk == 0 || lblk >= nblocks)
            return -EOPNOTSUPP;
        int err = ext4_dir_block(dir, lblk, found);
        if (err)
            return err;
        if (ext4_dir_search(*found, name, len))
            return 0;
        ext4_block_put(*found);
        *found = NULL;
        err = path_next(dir, path->hash, path);
        if (err <= 0)
            return err;
    }
    return -EOPNOTSUPP;
}

/* The tree's kind of hash and its depth, from the root block. */
static int root_info(const struct ext4_block *root, unsigned *version, unsigned *levels)
{
    const struct ext4_dx_root_info *info = (const void *)(root->data + EXT4_DX_ROOT_INFO);

    *version = info->hash_version;
    *levels = info->indirect_levels;
    if (*levels > EXT4_DX_LEVELS_MAX || info->unused_flags & 1)
        return -EOPNOTSUPP;
    return 0;
}

int ext4_dx_find(struct ext4_inode *dir, const char *name, size_t len, struct ext4_dx_path *path)
{
    struct ext4_fs    *fs = ext4_fs_of_inode(dir);
    struct ext4_block *root;
    unsigned           levels;

    int err = ext4_dir_block(dir, 0, &root);
    if (err)
        return err;
    err = root_info(root, &path->version, &levels);
    if (!err)
        err = ext4_name_hash(fs, path->version, name, len, &path->hash, NULL);
    ext4_block_put(root);
    if (err)
        return err;

    path->depth = 0;
    err = path_push(dir, 0, path->hash, path);
    if (!err)
        err = path_descend(dir, path->hash, levels, path);
    if (err)
        ext4_dx_release(path);
    return err;
}

int ext4_htree_find_block(struct ext4_inode *dir, const char *name, size_t len,
                          struct ext4_block **block)
{
    struct ext4_dx_path path;

    *block = NULL;
    int err = ext4_dx_find(dir, name, len, &path);
    if (err)
        return err;
    err = search_leaves(dir, name, len, &path, block);
    ext4_dx_release(&path);
    return err;
}

int ext4_htree_find(struct ext4_inode *dir, const char *name, size_t len, uint32_t *ino)
{
    struct ext4_block *block;

    int err = ext4_htree_find_block(dir, name, len, &block);
    if (err)
        return err;
    *ino = block ? ext4_dir_search(block, name, len) : 0;
    if (block)
        ext4_block_put(block);
    return 0;
}
