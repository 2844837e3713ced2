/* SPDX-License-Identifier: Apache-2.0 */
/* vfs_inode.c - inodes in memory: references, and the table that finds them by number.
 *
 * An inode in the table has at least one reference. The last one is dropped under the table's lock,
 * together with the removal, so inode_find() never meets an inode that is going away.
 */
#include "fs/vfs_impl.h"
#include "fs/vfs_notify.h"
#include "kernel/log.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

#define TABLE_BUCKETS 256u

static struct {
    struct mutex lock;
    /* lock protects: */
    LIST_HEAD(, inode) buckets[TABLE_BUCKETS];
} table = {.lock = MUTEX_INIT(table.lock)};

static unsigned bucket_of(const struct fs *fs, uint64_t ino)
{
    return (unsigned)((ino ^ (uintptr_t)fs >> 6) % TABLE_BUCKETS);
}

void inode_init(struct inode *inode, struct fs *fs, uint64_t ino)
{
    inode->fs = fs;
    inode->ino = ino;
    atomic_store(&inode->refs, 1);
    mutex_init(&inode->lock);
    pagecache_init(&inode->pages, NULL, 0);
}

bool inode_get_live(struct inode *inode)
{
    unsigned refs = atomic_load(&inode->refs);

    while (refs > 0)
        if (atomic_compare_exchange_weak(&inode->refs, &refs, refs + 1))
            return true;
    return false;
}

static void inode_destroy(struct inode *inode)
{
    struct inode *dir = inode_forget_place(inode);

    if (inode->pages.ops)
        pagecache_destroy(&inode->pages);
    inode->ops->destroy(inode);
    inode_put(dir);
}

/* An inode that has a name is found on the disk again, so everything of it must be there, or on its way,
 * before it is forgotten. One without a name is forgotten on the disk, too. */
static bool is_dirty(const struct inode *inode)
{
    return inode->fs->ops->clean && inode->nlink && (inode->unstored || inode->pages.ndirty);
}

/* Drop a reference; false: it is the last one, and inode is dirty. */
static bool put_clean(struct inode *inode, bool *last)
{
    mutex_lock(&table.lock);
    unsigned refs = atomic_load(&inode->refs);
    bool     clean = refs > 1 || !is_dirty(inode);
    if (clean) {
        refs = atomic_fetch_sub(&inode->refs, 1);
        ASSERT(refs > 0);
        *last = refs == 1;
        if (*last && inode->in_table)
            LIST_REMOVE(inode, table_link);
    }
    mutex_unlock(&table.lock);
    return clean;
}

bool inode_put_last(struct inode *inode)
{
    bool last;

    if (inode_put_shared(inode))
        return false;
    while (!put_clean(inode, &last))
        inode->fs->ops->clean(inode);
    return last;
}

void inode_put_rare(struct inode *inode)
{
    if (inode->nlink == 0 && atomic_load_explicit(&inode->watches, memory_order_relaxed)) {
        vfs_put_watched(inode);
        return;
    }
    if (inode_put_last(inode))
        inode_destroy(inode);
}

static struct inode *table_find(struct fs *fs, uint64_t ino)
{
    struct inode *inode;

    LIST_FOREACH(inode, &table.buckets[bucket_of(fs, ino)], table_link)
        if (inode->ino == ino && inode->fs == fs)
            return inode_get(inode);
    return NULL;
}

struct inode *inode_find(struct fs *fs, uint64_t ino)
{
    mutex_lock(&table.lock);
    struct inode *inode = table_find(fs, ino);
    mutex_unlock(&table.lock);
    return inode;
}

bool inode_is_known(struct fs *fs, uint64_t ino)
{
    const struct inode *inode;

    mutex_lock(&table.lock);
    LIST_FOREACH(inode, &table.buckets[bucket_of(fs, ino)], table_link)
        if (inode->ino == ino && inode->fs == fs)
            break;
    mutex_unlock(&table.lock);
    return inode;
}

struct inode *inode_insert(struct inode *inode)
{
    mutex_lock(&table.lock);
    struct inode *first = table_find(inode->fs, inode->ino);
    if (!first) {
        LIST_INSERT_HEAD(&table.buckets[bucket_of(inode->fs, inode->ino)], inode, table_link);
        inode->in_table = true;
    }
    mutex_unlock(&table.lock);
    if (!first)
        return inode;
    inode_put(inode);
    return first;
}

/* --- what a page cache asks of its inode ------------------------------------------------------ */

static struct inode *inode_of_pages(struct pagecache *pages)
{
    return container_of(pages, struct inode, pages);
}

void inode_pages_acquire(struct pagecache *pages)
{
    inode_get(inode_of_pages(pages));
}

void inode_pages_release(struct pagecache *pages)
{
    inode_put(inode_of_pages(pages));
}

/* "" if there is no room for the whole. */
void inode_pages_describe(struct pagecache *pages, char *buf, size_t size)
{
    if (inode_describe(inode_of_pages(pages), buf, size) < 0 && size)
        buf[0] = 0;
}

void inode_pages_identify(struct pagecache *pages, uint64_t *dev, uint64_t *ino)
{
    const struct inode *inode = inode_of_pages(pages);

    *dev = inode->fs->dev;
    *ino = inode->ino;
}

void inode_pages_lock(struct pagecache *pages)
{
    mutex_lock(&inode_of_pages(pages)->lock);
}

void inode_pages_unlock(struct pagecache *pages)
{
    mutex_unlock(&inode_of_pages(pages)->lock);
}

bool inode_pages_acquire_live(struct pagecache *pages)
{
    return inode_get_live(inode_of_pages(pages));
}

bool inode_pages_alone(struct pagecache *pages)
{
    return atomic_load(&inode_of_pages(pages)->refs) == 1;
}
