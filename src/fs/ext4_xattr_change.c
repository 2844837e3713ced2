/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_xattr_change.c - setting and removing extended attributes: an area is made anew from the old one, and takes its
 * place in one handle with all else that changes. What can fail comes before the first change.
 */
#include "fs/ext4_alloc.h"
#include "fs/ext4_names_impl.h"
#include "fs/ext4_txn.h"
#include "fs/ext4_xattr_impl.h"
#include "fs/xattr.h"
#include "kernel/heap.h"
#include "lib/errno.h"
#include "lib/string.h"

/* --- a new area ------------------------------------------------------------------------------ */

struct value {
    const void *bytes; /* NULL: the attribute goes */
    size_t      size;
};

/* An area that is being filled. */
struct filling {
    struct xattr_area a;
    uint32_t names, values; /* where the next entry comes to lie, and where the last value does */
    bool     full;
};

static uint32_t hash_of(const struct xattr_key *k, struct value v)
{
    uint32_t hash = 0;

    for (uint8_t i = 0; i < k->len; i++)
        hash = (hash << 5) ^ (hash >> 27) ^ (uint8_t)k->name[i];
    for (size_t i = 0; i < v.size; i += XATTR_PAD) {
        struct ext4_u32 word = ext4_put32(0);
        memcpy(&word, (const uint8_t *)v.bytes + i, size_min(v.size - i, sizeof(word)));
        hash = (hash << 16) ^ (hash >> 16) ^ ext4_le32(word);
    }
    return hash;
}

static void append(struct filling *f, const struct xattr_key *k, struct value v,
                   struct ext4_u32 hash)
{
    struct xattr_entry *e = ext4_xattr_at(&f->a, f->names);
    uint32_t name = ext4_xattr_padded(sizeof(*e) + k->len), value = ext4_xattr_padded(v.size);

    f->full |= f->names + name + value + XATTR_END > f->values;
    if (f->full)
        return;
    f->names += name;
    f->values -= value;
    e->name_len = k->len;
    e->index = k->index;
    e->value_offset = ext4_put16(v.size ? f->values : 0);
    e->value_size = ext4_put32(v.size);
    e->hash = hash;
    memcpy(e->name, k->name, k->len);
    memcpy(f->a.base + f->values, v.bytes, v.size);
}

/* Fill f with what old has, k being v. -ENOMEM, -E2BIG: there is no room. */
static int rebuild(struct filling *f, const struct xattr_area *old, const struct xattr_key *k,
                   struct value v)
{
    bool                      ordered = old->first != 0, done = !v.bytes;
    struct ext4_u32           hash = ext4_put32(ordered && v.bytes ? hash_of(k, v) : 0);
    const struct xattr_entry *e;
    uint32_t                  at = old->first;

    int err = ext4_xattr_alloc(&f->a, old->first, old->end);
    if (err)
        return err;
    f->names = old->first;
    f->values = old->end;
    const struct xattr_entry *same = ext4_xattr_find(old, k);
    while ((e = ext4_xattr_next(old, &at))) {
        if (!done && (e == same || (!same && ordered && ext4_xattr_compare(k, e) < 0))) {
            append(f, k, v, hash);
            done = true;
        }
        if (e != same)
            append(f, &(struct xattr_key){e->index, e->name_len, e->name},
                   (struct value){old->base + ext4_le16(e->value_offset), ext4_le32(e->value_size)},
                   e->hash);
    }
    if (!done)
        append(f, k, v, hash);
    return f->full ? -E2BIG : 0;
}

/* --- writing: in a handle -------------------------------------------------------------------- */

int ext4_xattr_drop(struct ext4_inode *ei)
{
    struct ext4_fs    *fs = ext4_fs_of_inode(ei);
    struct ext4_block *block;
    uint64_t           nr = ei->file_acl;

    int err = ext4_xattr_block(ei, &block);
    if (err)
        return err;
    struct xattr_header *h = (void *)block->data;
    uint32_t             refs = ext4_le32(h->refcount);
    bool                 sound = ext4_le32(h->magic) == XATTR_MAGIC && refs > 0;
    if (sound && refs > 1) {
        ext4_block_change(block);
        h->refcount = ext4_put32(refs - 1);
        ext4_xattr_seal(fs, block);
    }
    ext4_block_put(block);
    if (!sound)
        return ext4_xattr_damaged(ei, "bad", -EIO);
    ei->file_acl = 0;
    ei->inode.blocks -= size_min(fs->block_size / 512, ei->inode.blocks);
    if (refs > 1)
        return 0;
    ext4_forget(fs, nr, 1);
    return ext4_blocks_free(fs, nr, 1);
}

static int put_inside(struct ext4_inode *ei, const struct xattr_area *a)
{
    struct ext4_fs       *fs = ext4_fs_of_inode(ei);
    const struct ext4_u32 magic = ext4_put32(XATTR_MAGIC);
    struct ext4_block    *block;
    struct ext4_dinode   *di;
    uint32_t              size;

    int err = ext4_dinode_get(fs, (uint32_t)ei->inode.ino, &block, &di);
    if (err)
        return err;
    ext4_block_change(block);
    mutex_lock(&fs->orphans.lock); /* as ext4_inode_store.c, which sets the checksum afterwards */
    uint8_t *to = ext4_xattr_inside(fs, di, &size);
    if (size == a->end) {
        memcpy(to - sizeof(magic), &magic, sizeof(magic));
        memcpy(to, a->base, size);
    } else {
        err = -EIO;
    }
    mutex_unlock(&fs->orphans.lock);
    ext4_block_put(block);
    return err;
}

static void fill_block(struct ext4_block *block, const struct xattr_area *a)
{
    struct xattr_header *h = (void *)block->data;

    ext4_block_change(block);
    memcpy(block->data, a->base, a->end);
    h->magic = ext4_put32(XATTR_MAGIC);
    h->refcount = h->blocks = ext4_put32(1);
    ext4_xattr_seal(block->fs, block);
}

/* Its own block becomes that. */
static int put_own_block(struct ext4_inode *ei, const struct xattr_area *a)
{
    struct ext4_block *block;
    int                err = ext4_xattr_block(ei, &block);
    if (err)
        return err;
    fill_block(block, a);
    ext4_block_put(block);
    return 0;
}

static int put_new_block(struct ext4_inode *ei, const struct xattr_area *a)
{
    struct ext4_fs    *fs = ext4_fs_of_inode(ei);
    struct ext4_block *block;
    uint64_t           nr, len;

    int err = ext4_blocks_take(fs, ext4_ino_goal(fs, (uint32_t)ei->inode.ino), 1, false, &nr, &len);
    if (err)
        return err;
    err = ext4_block_get_new(fs, nr, &block);
    if (err) {
        if (ext4_blocks_free(fs, nr, 1))
            ext4_abort(fs, -EIO);
        return err;
    }
    fill_block(block, a);
    ext4_block_put(block);
    err = ei->file_acl ? ext4_xattr_drop(ei) : 0; /* others have it, too */
    ei->file_acl = nr;
    ei->inode.blocks += fs->block_size / 512;
    if (err)
        ext4_abort(fs, err);
    return err;
}

static int put_block(struct ext4_inode *ei, const struct xattr_area *old, const struct filling *f)
{
    if (f->names == f->a.first) {
        int err = ext4_xattr_drop(ei);
        if (err)
            ext4_abort(ext4_fs_of_inode(ei), err);
        return err;
    }
    if (ei->file_acl && ext4_le32(((struct xattr_header *)old->base)->refcount) == 1)
        return put_own_block(ei, &f->a);
    return put_new_block(ei, &f->a);
}

/* An attribute that is to be changed, and where it is now. */
struct change {
    struct xattr_key  key;
    struct value      value;
    struct xattr_area areas[2];
    bool              found[2];
};

/* Have the attribute in that area alone: what can fail is first. */
static int change_in(struct ext4_inode *ei, struct change *c, enum xattr_where where)
{
    struct filling f[2] = {0};
    int            err = 0;

    for (enum xattr_where w = XATTR_INSIDE; !err && w <= XATTR_BLOCK; w++)
        if (w == where || c->found[w])
            err = rebuild(&f[w], &c->areas[w], &c->key, w == where ? c->value : (struct value){0});
    if (!err && f[XATTR_BLOCK].a.base)
        err = put_block(ei, &c->areas[XATTR_BLOCK], &f[XATTR_BLOCK]);
    if (!err && f[XATTR_INSIDE].a.base) {
        err = put_inside(ei, &f[XATTR_INSIDE].a);
        if (err)
            ext4_abort(ext4_fs_of_inode(ei), err);
    }
    kfree(f[XATTR_INSIDE].a.base);
    kfree(f[XATTR_BLOCK].a.base);
    return err;
}

static int change(struct ext4_inode *ei, struct change *c)
{
    struct ext4_fs *fs = ext4_fs_of_inode(ei);

    int err = change_in(ei, c,
                        c->found[XATTR_BLOCK] && !c->value.bytes ? XATTR_BLOCK : XATTR_INSIDE);
    if (err == -E2BIG)
        err = change_in(ei, c, XATTR_BLOCK);
    if (err)
        return err == -E2BIG ? -ENOSPC : err;
    struct ext4_super *super = ext4_super_change(fs);
    super->feature_compat = ext4_put32(ext4_le32(super->feature_compat) | EXT4_COMPAT_EXT_ATTR);
    ei->inode.ctime = vfs_now();
    err = ext4_inode_store(ei);
    if (err)
        ext4_abort(fs, err);
    return err;
}

static int set_pinned(struct ext4_inode *ei, struct change *c, unsigned flags)
{
    int err = ext4_xattr_load(ei, XATTR_INSIDE, &c->areas[XATTR_INSIDE]);
    if (!err)
        err = ext4_xattr_load(ei, XATTR_BLOCK, &c->areas[XATTR_BLOCK]);
    if (err)
        return err;
    for (enum xattr_where w = XATTR_INSIDE; w <= XATTR_BLOCK; w++)
        c->found[w] = ext4_xattr_find(&c->areas[w], &c->key);
    bool found = c->found[XATTR_INSIDE] || c->found[XATTR_BLOCK];
    if (found && flags & XATTR_CREATE)
        return -EEXIST;
    if (!found && (flags & XATTR_REPLACE || !c->value.bytes))
        return -ENODATA;
    return change(ei, c);
}

/* The inode's block stays in memory, so that putting what is new into it cannot fail. */
static int set_once(struct ext4_inode *ei, struct change *c, unsigned flags)
{
    struct ext4_pins pins = {.n = 0};

    c->areas[XATTR_INSIDE].base = c->areas[XATTR_BLOCK].base = NULL;
    int err = ext4_pin(&pins, ei);
    if (!err)
        err = set_pinned(ei, c, flags);
    ext4_unpin(&pins);
    kfree(c->areas[XATTR_INSIDE].base);
    kfree(c->areas[XATTR_BLOCK].base);
    return err;
}

#define SET_CREDITS (2 * EXT4_ALLOC_CREDITS + 5)

int ext4_xattr_set(struct inode *inode, const char *name, const void *value, size_t size,
                   unsigned flags)
{
    struct ext4_inode *ei = ext4_inode_of(inode);
    struct ext4_fs    *fs = ext4_fs_of_inode(ei);
    struct change      c = {.value = {value, size}};
    unsigned           tries = 0;
    int                err;

    if (!ext4_xattr_key_of(name, &c.key))
        return -EOPNOTSUPP;
    do {
        err = ext4_begin(fs, SET_CREDITS);
        if (err)
            return err;
        err = set_once(ei, &c, flags);
        ext4_end(fs);
    } while (err == -ENOSPC && ext4_more_space(fs, &tries));
    return err;
}
