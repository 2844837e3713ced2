/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_block.c - the cache of metadata blocks.
 *
 * Blocks are found by number. One that nobody references stays until room is needed, least recently used
 * first. The cache's lock is never held over a disk access or a check: a block that is being read
 * is in the table already and its own lock makes others wait. The two are never held together.
 */
#include "fs/ext4_impl.h"
#include "fs/ext4_txn.h"
#include "kernel/heap.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

void ext4_cache_init(struct ext4_fs *fs)
{
    struct ext4_cache *cache = &fs->cache;

    mutex_init(&cache->lock);
    for (unsigned i = 0; i < EXT4_CACHE_BUCKETS; i++)
        LIST_INIT(&cache->buckets[i]);
    TAILQ_INIT(&cache->unused);
    cache->nblocks = 0;
    cache->max_blocks = size_max(EXT4_CACHE_BYTES >> fs->block_shift, 8);
}

static void block_free(struct ext4_cache *cache, struct ext4_block *block)
{
    LIST_REMOVE(block, hash_link);
    cache->nblocks--;
    kfree(block->data);
    kfree(block);
}

static void cache_trim(struct ext4_cache *cache, size_t max)
{
    while (cache->nblocks > max && !TAILQ_EMPTY(&cache->unused)) {
        struct ext4_block *block = TAILQ_FIRST(&cache->unused);
        TAILQ_REMOVE(&cache->unused, block, lru_link);
        block_free(cache, block);
    }
}

void ext4_cache_drop(struct ext4_fs *fs)
{
    mutex_lock(&fs->cache.lock);
    cache_trim(&fs->cache, 0);
    mutex_unlock(&fs->cache.lock);
}

void ext4_cache_destroy(struct ext4_fs *fs)
{
    ext4_cache_drop(fs);
}

static struct ext4_block *block_new(struct ext4_fs *fs, uint64_t nr)
{
    struct ext4_block *block = kzalloc(sizeof(*block));
    if (!block)
        return NULL;
    block->data = kmalloc(fs->block_size);
    if (!block->data) {
        kfree(block);
        return NULL;
    }
    block->fs = fs;
    block->nr = nr;
    mutex_init(&block->lock);
    LIST_INSERT_HEAD(&fs->cache.buckets[nr % EXT4_CACHE_BUCKETS], block, hash_link);
    fs->cache.nblocks++;
    return block;
}

/* Block nr, if it is cached, for who uses it now; else NULL. cache->lock is held. */
static struct ext4_block *cached(struct ext4_cache *cache, uint64_t nr)
{
    struct ext4_block *block;

    LIST_FOREACH(block, &cache->buckets[nr % EXT4_CACHE_BUCKETS], hash_link)
        if (block->nr == nr)
            break;
    if (block && block->refs == 0)
        TAILQ_REMOVE(&cache->unused, block, lru_link);
    return block;
}

static void use(struct ext4_block *block)
{
    block->users++;
    block->refs++;
}

/* Is it taken for the same thing as before? What nobody uses may become another's, and is checked again. */
static bool take_role(struct ext4_block *block, ext4_check *role, uint32_t ino)
{
    if (block->role == role && block->role_ino == ino)
        return true;
    if (block->users)
        return false;
    block->role = role;
    block->role_ino = ino;
    block->checked = NULL;
    return true;
}

/* Block nr with a reference, read or not, for who takes it for that. -ENOMEM, -EIO. */
static int cache_get(struct ext4_fs *fs, uint64_t nr, ext4_check *role, uint32_t ino,
                     struct ext4_block **out)
{
    bool taken = false;
    if (nr >= fs->nblocks)
        return ext4_damaged(fs, "block %llu is beyond the end", (unsigned long long)nr);

    mutex_lock(&fs->cache.lock);
    struct ext4_block *block = cached(&fs->cache, nr);
    if (!block)
        block = block_new(fs, nr);
    if (block)
        taken = take_role(block, role, ino);
    if (taken)
        use(block);
    mutex_unlock(&fs->cache.lock);
    if (!block)
        return -ENOMEM;
    if (!taken)
        return ext4_damaged(fs, "block %llu is used for two things", (unsigned long long)nr);
    *out = block;
    return 0;
}

struct ext4_block *ext4_block_peek(struct ext4_fs *fs, uint64_t nr)
{
    mutex_lock(&fs->cache.lock);
    struct ext4_block *block = cached(&fs->cache, nr);
    if (block)
        use(block);
    mutex_unlock(&fs->cache.lock);
    return block;
}

void ext4_block_hold(struct ext4_block *block)
{
    struct ext4_cache *cache = &block->fs->cache;

    mutex_lock(&cache->lock);
    ASSERT(block->refs > 0);
    block->refs++;
    mutex_unlock(&cache->lock);
}

static int block_read(struct ext4_block *block)
{
    struct ext4_fs *fs = block->fs;

    int err = blk_read(fs->dev, block->nr << fs->block_shift >> 9, block->data, fs->block_size);
    if (!err)
        block->valid = true;
    return err;
}

static int block_check(struct ext4_block *block, ext4_check *check, struct ext4_inode *owner)
{
    if (!check || (block->checked == check && block->checked_ino == owner->inode.ino))
        return 0;
    int err = check(owner, block);
    if (!err) {
        block->checked = check;
        block->checked_ino = (uint32_t)owner->inode.ino;
    }
    return err;
}

int ext4_block_get(struct ext4_fs *fs, uint64_t nr, ext4_check *check, struct ext4_inode *owner,
                   struct ext4_block **out)
{
    struct ext4_block *block;

    int err = cache_get(fs, nr, check, check ? (uint32_t)owner->inode.ino : 0, &block);
    if (err)
        return err;
    mutex_lock(&block->lock);
    err = block->valid ? 0 : block_read(block);
    if (!err)
        err = block_check(block, check, owner);
    mutex_unlock(&block->lock);

    if (err) {
        ext4_block_put(block);
        return err;
    }
    *out = block;
    return 0;
}

int ext4_block_get_new(struct ext4_fs *fs, uint64_t nr, struct ext4_block **out)
{
    struct ext4_block *block;

    int err = cache_get(fs, nr, NULL, 0, &block);
    if (err)
        return err;
    ext4_block_change(block);
    mutex_lock(&block->lock);
    memset(block->data, 0, fs->block_size);
    block->valid = true;
    block->checked = NULL;
    mutex_unlock(&block->lock);
    block->fresh = true;
    *out = block;
    return 0;
}

int ext4_blocks_write(struct ext4_fs *fs, const struct ext4_block_list *list)
{
    struct blk_batch   batch;
    struct ext4_block *block;

    blk_batch_start(&batch, fs->dev);
    TAILQ_FOREACH(block, list, txn_link)
        blk_batch_write(&batch, block->nr << fs->block_shift >> 9, block->data, fs->block_size);
    return blk_batch_finish(&batch);
}

static void put(struct ext4_block *block, unsigned users)
{
    struct ext4_cache *cache = &block->fs->cache;

    mutex_lock(&cache->lock);
    block->users -= users;
    if (--block->refs == 0) {
        if (block->valid)
            TAILQ_INSERT_TAIL(&cache->unused, block, lru_link);
        else
            block_free(cache, block);
        cache_trim(cache, cache->max_blocks);
    }
    mutex_unlock(&cache->lock);
}

void ext4_block_put(struct ext4_block *block)
{
    put(block, 1);
}

void ext4_block_release(struct ext4_block *block)
{
    put(block, 0);
}
