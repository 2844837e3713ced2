/* SPDX-License-Identifier: Apache-2.0 */
/* vfs_name.c - the cache of names: (directory, name) to inode, or to "no such name".
 *
 * Dynamic programs look the same names up again and again, many of which do not exist. An entry
 * holds references on its directory and its inode, so the cache, bounded in number, is also what keeps
 * recently used inodes and their pages in memory. The least recently used entry makes room.
 * References are dropped only after the lock is released: the last one may start disk writes.
 */
#include "fs/vfs_impl.h"
#include "kernel/heap.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

#define NAMES_MAX     1024u
#define NAMES_BUCKETS 512u

struct name {
    LIST_ENTRY(name) hash_link;
    TAILQ_ENTRY(name) lru_link;
    struct inode *dir;
    struct inode *inode; /* NULL: dir has no such name */
    uint32_t      hash;
    uint32_t      len;
    char          text[];
};

static struct {
    struct mutex lock;
    /* lock protects: */
    LIST_HEAD(, name) buckets[NAMES_BUCKETS];
    TAILQ_HEAD(name_lru, name) lru; /* least recently used first */
    unsigned count;
} cache;

void name_cache_init(void)
{
    mutex_init(&cache.lock);
    TAILQ_INIT(&cache.lru);
}

/* FNV-1a over the directory's address and the name. */
static uint32_t hash_of(const struct inode *dir, const char *text, size_t len)
{
    uint32_t hash = 0x811c9dc5 ^ (uint32_t)((uintptr_t)dir >> 5);

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x01000193;
    return hash ^ hash >> 15;
}

static void name_free(struct name *name)
{
    inode_put(name->dir);
    inode_put(name->inode);
    kfree(name);
}

static struct name *cache_find(const struct inode *dir, const char *text, size_t len, uint32_t hash)
{
    struct name *name;

    LIST_FOREACH(name, &cache.buckets[hash % NAMES_BUCKETS], hash_link)
        if (name->hash == hash && name->dir == dir && name->len == len &&
            memcmp(name->text, text, len) == 0)
            return name;
    return NULL;
}

static void cache_remove(struct name *name)
{
    LIST_REMOVE(name, hash_link);
    TAILQ_REMOVE(&cache.lru, name, lru_link);
    cache.count--;
}

/* True if the cache knows: *out is the inode with a reference, or NULL. */
static bool cache_ask(struct inode *dir, const char *text, size_t len, uint32_t hash,
                      struct inode **out)
{
    mutex_lock(&cache.lock);
    struct name *name = cache_find(dir, text, len, hash);
    if (name) {
        TAILQ_REMOVE(&cache.lru, name, lru_link);
        TAILQ_INSERT_TAIL(&cache.lru, name, lru_link);
        *out = name->inode ? inode_get(name->inode) : NULL;
    }
    mutex_unlock(&cache.lock);
    return name != NULL;
}

static struct name *name_new(struct inode *dir, const char *text, size_t len, uint32_t hash,
                             struct inode *inode)
{
    struct name *name = kmalloc(sizeof(*name) + len);
    if (!name)
        return NULL;
    name->dir = inode_get(dir);
    name->inode = inode ? inode_get(inode) : NULL;
    name->hash = hash;
    name->len = (uint32_t)len;
    memcpy(name->text, text, len);
    return name;
}

/* Remember an answer; failing to is no error. */
static void cache_tell(struct inode *dir, const char *text, size_t len, uint32_t hash,
                       struct inode *inode)
{
    struct name *name = name_new(dir, text, len, hash, inode);
    struct name *old = NULL;
    if (!name)
        return;

    mutex_lock(&cache.lock);
    if (cache_find(dir, text, len, hash)) {
        old = name; /* another thread was faster */
    } else {
        if (cache.count >= NAMES_MAX) {
            old = TAILQ_FIRST(&cache.lru);
            cache_remove(old);
        }
        LIST_INSERT_HEAD(&cache.buckets[hash % NAMES_BUCKETS], name, hash_link);
        TAILQ_INSERT_TAIL(&cache.lru, name, lru_link);
        cache.count++;
    }
    mutex_unlock(&cache.lock);
    if (old)
        name_free(old);
}

/* An entry may change only under its directory's lock, so what the file system says there is still true
 * when the cache is told. */
int name_lookup_locked(struct inode *dir, const char *text, size_t len, struct inode **out)
{
    ASSERT(mutex_held(&dir->lock));
    if (!dir->fs->cache_names)
        return dir->ops->lookup(dir, text, len, out);

    uint32_t hash = hash_of(dir, text, len);
    if (cache_ask(dir, text, len, hash, out))
        return *out ? 0 : -ENOENT;

    int err = dir->ops->lookup(dir, text, len, out);
    if (err == 0 || err == -ENOENT)
        cache_tell(dir, text, len, hash, err ? NULL : *out);
    return err;
}

int name_lookup(struct inode *dir, const char *text, size_t len, struct inode **out)
{
    if (dir->fs->cache_names && cache_ask(dir, text, len, hash_of(dir, text, len), out))
        return *out ? 0 : -ENOENT;

    mutex_lock(&dir->lock);
    int err = name_lookup_locked(dir, text, len, out);
    mutex_unlock(&dir->lock);
    return err;
}

/* --- changes -------------------------------------------------------------------------------- */

void name_changed(struct inode *dir, const struct vfs_name *name, struct inode *inode)
{
    ASSERT(mutex_held(&dir->lock));
    if (!dir->fs->cache_names)
        return;

    uint32_t hash = hash_of(dir, name->text, name->len);
    mutex_lock(&cache.lock);
    struct name *old = cache_find(dir, name->text, name->len, hash);
    if (old)
        cache_remove(old);
    mutex_unlock(&cache.lock);
    if (old)
        name_free(old);
    cache_tell(dir, name->text, name->len, hash, inode);
}

/* Any entry of dir, taken out; NULL: there is none. */
static struct name *take_entry_of(const struct inode *dir)
{
    struct name *name;

    mutex_lock(&cache.lock);
    TAILQ_FOREACH(name, &cache.lru, lru_link)
        if (name->dir == dir)
            break;
    if (name)
        cache_remove(name);
    mutex_unlock(&cache.lock);
    return name;
}

void name_forget_dir(struct inode *dir)
{
    struct name *name;

    while (dir->fs->cache_names && (name = take_entry_of(dir)))
        name_free(name);
}

int name_of(const struct inode *inode, struct inode **dir, char text[VFS_NAME_MAX + 1])
{
    struct name *name;

    mutex_lock(&cache.lock);
    TAILQ_FOREACH(name, &cache.lru, lru_link)
        if (name->inode == inode)
            break;
    if (name) {
        memcpy(text, name->text, name->len);
        text[name->len] = 0;
        *dir = inode_get(name->dir);
    }
    mutex_unlock(&cache.lock);
    return name ? 0 : -ENOENT;
}

void name_cache_drop(void)
{
    struct name *name;

    do {
        mutex_lock(&cache.lock);
        name = TAILQ_FIRST(&cache.lru);
        if (name)
            cache_remove(name);
        mutex_unlock(&cache.lock);
        if (name)
            name_free(name);
    } while (name);
}
