/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_xattr.c - see ext4_xattr.h.
 *
 * An inode has its attributes in two areas: inside, behind its fields, and in a block, which inodes with the same
 * ones may share. In each, entries grow from the front and values from the end; those of a block are
 * ordered. A new one goes inside if there is room, as on Linux. Both areas are worked on in copies: they are
 * checked whole before anything in them is believed, and a change makes a new one, which is then put in the old one's
 * place. What leads into a block that is something else too, in a damaged file system, so does no harm.
 *
 * Source: Documentation/filesystems/ext4/attributes.rst of Linux.
 */
#include "fs/ext4_xattr.h"
#include "fs/ext4_csum.h"
#include "fs/ext4_xattr_impl.h"
#include "fs/xattr.h"
#include "kernel/heap.h"
#include "lib/errno.h"
#include "lib/string.h"

static const struct {
    uint8_t     index;
    const char *text;
} prefixes[] = {{1, "user."}, {4, "trusted."}, {6, "security."}};

/* --- entries --------------------------------------------------------------------------------- */

struct xattr_entry *ext4_xattr_next(const struct xattr_area *a, uint32_t *at)
{
    struct xattr_entry *e = ext4_xattr_at(a, *at);
    if (*at >= a->end || (e->name_len | e->index | ext4_le16(e->value_offset)) == 0)
        return NULL;
    *at += ext4_xattr_padded(sizeof(*e) + e->name_len);
    return e;
}

static bool area_ok(const struct xattr_area *a)
{
    const struct xattr_entry *e;
    uint32_t                  at = a->first, values = a->end;

    while ((e = ext4_xattr_next(a, &at))) {
        uint32_t offset = ext4_le16(e->value_offset), size = ext4_le32(e->value_size);
        if (ext4_le32(e->value_inum) || memchr(e->name, 0, e->name_len))
            return false;
        if (size && (size > a->end || offset > a->end - size))
            return false;
        if (size && offset < values)
            values = offset;
    }
    return at + XATTR_END <= values;
}

int ext4_xattr_compare(const struct xattr_key *k, const struct xattr_entry *e)
{
    if (k->index != e->index)
        return k->index - e->index;
    if (k->len != e->name_len)
        return k->len - e->name_len;
    return memcmp(k->name, e->name, k->len);
}

struct xattr_entry *ext4_xattr_find(const struct xattr_area *a, const struct xattr_key *k)
{
    struct xattr_entry *e;
    uint32_t            at = a->first;

    while ((e = ext4_xattr_next(a, &at)))
        if (ext4_xattr_compare(k, e) == 0)
            break;
    return e;
}

bool ext4_xattr_key_of(const char *name, struct xattr_key *k)
{
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        size_t len = strlen(prefixes[i].text);
        if (strncmp(name, prefixes[i].text, len))
            continue;
        *k = (struct xattr_key){prefixes[i].index, (uint8_t)strlen(name + len), name + len};
        return true;
    }
    return false;
}

/* --- areas on the disk ------------------------------------------------------------------------- */

int ext4_xattr_damaged(const struct ext4_inode *ei, const char *what, int err)
{
    ext4_damaged(ext4_fs_of_inode(ei), "%s extended attributes of inode %llu", what,
                 (unsigned long long)ei->inode.ino);
    return err;
}

int ext4_xattr_alloc(struct xattr_area *a, uint32_t first, uint32_t end)
{
    *a = (struct xattr_area){kzalloc(end + XATTR_ENTRY_MAX), first, end};
    return a->base ? 0 : -ENOMEM;
}

uint8_t *ext4_xattr_inside(const struct ext4_fs *fs, struct ext4_dinode *di, uint32_t *size)
{
    uint32_t at = EXT4_INODE_SIZE_MIN + sizeof(struct ext4_u32);

    *size = 0;
    if (fs->inode_size > EXT4_INODE_SIZE_MIN && ext4_le16(di->extra_isize))
        at += ext4_le16(di->extra_isize);
    else
        at = fs->inode_size;
    if (at + XATTR_END <= fs->inode_size)
        *size = fs->inode_size - at;
    return (uint8_t *)di + at;
}

static int load_inside(struct ext4_inode *ei, struct xattr_area *a)
{
    struct ext4_fs     *fs = ext4_fs_of_inode(ei);
    struct ext4_block  *block;
    struct ext4_dinode *di;
    struct ext4_u32     magic;
    uint32_t            size;

    int err = ext4_dinode_get(fs, (uint32_t)ei->inode.ino, &block, &di);
    if (err)
        return err;
    const uint8_t *from = ext4_xattr_inside(fs, di, &size);
    err = ext4_xattr_alloc(a, 0, size);
    if (!err && size) {
        memcpy(&magic, from - sizeof(magic), sizeof(magic));
        if (ext4_le32(magic) == XATTR_MAGIC)
            memcpy(a->base, from, size);
    }
    ext4_block_put(block);
    return err;
}

static uint32_t block_csum(const struct ext4_fs *fs, uint64_t nr, void *data)
{
    struct xattr_header *h = data;
    struct ext4_u32      number[2] = {ext4_put32(nr), ext4_put32(nr >> 32)}, stored = h->checksum;

    h->checksum = ext4_put32(0);
    uint32_t crc = ext4_crc32c(fs->csum_seed, number, sizeof(number));
    crc = ext4_crc32c(crc, data, fs->block_size);
    h->checksum = stored;
    return crc;
}

void ext4_xattr_seal(const struct ext4_fs *fs, struct ext4_block *block)
{
    struct xattr_header *h = (void *)block->data;
    if (fs->has_csum)
        h->checksum = ext4_put32(block_csum(fs, block->nr, h));
}

int ext4_xattr_block(struct ext4_inode *ei, struct ext4_block **block)
{
    struct ext4_fs *fs = ext4_fs_of_inode(ei);
    if (!ext4_blocks_ok(fs, ei->file_acl, 1))
        return ext4_xattr_damaged(ei, "bad block of", -EUCLEAN);
    return ext4_block_get(fs, ei->file_acl, NULL, NULL, block);
}

static int load_block(struct ext4_inode *ei, struct xattr_area *a)
{
    struct ext4_fs    *fs = ext4_fs_of_inode(ei);
    struct ext4_block *block;

    int err = ext4_xattr_alloc(a, sizeof(struct xattr_header), fs->block_size);
    if (err || !ei->file_acl)
        return err;
    err = ext4_xattr_block(ei, &block);
    if (err)
        return err;
    memcpy(a->base, block->data, fs->block_size);
    ext4_block_put(block);
    const struct xattr_header *h = (void *)a->base;
    if (ext4_le32(h->magic) != XATTR_MAGIC || !ext4_le32(h->refcount))
        return ext4_xattr_damaged(ei, "no block of", -EUCLEAN);
    if (fs->has_csum && ext4_le32(h->checksum) != block_csum(fs, ei->file_acl, a->base))
        return ext4_xattr_damaged(ei, "wrong checksum of", -EBADMSG);
    return 0;
}

int ext4_xattr_load(struct ext4_inode *ei, enum xattr_where where, struct xattr_area *a)
{
    a->base = NULL;
    int err = where == XATTR_INSIDE ? load_inside(ei, a) : load_block(ei, a);
    if (!err && a->end && !area_ok(a))
        err = ext4_xattr_damaged(ei, "bad", -EUCLEAN);
    return err;
}

/* --- reading --------------------------------------------------------------------------------- */

static enum xattr_where last_area(const struct ext4_inode *ei)
{
    return ei->file_acl ? XATTR_BLOCK : XATTR_INSIDE;
}

static ssize_t value_of(const struct xattr_area *a, const struct xattr_entry *e, void *buf,
                        size_t size)
{
    uint32_t len = ext4_le32(e->value_size);
    if (size && len > size)
        return -ERANGE;
    if (size)
        memcpy(buf, a->base + ext4_le16(e->value_offset), len);
    return (ssize_t)len;
}

ssize_t ext4_xattr_get(struct inode *inode, const char *name, void *buf, size_t size)
{
    struct ext4_inode *ei = ext4_inode_of(inode);
    struct xattr_key   k;
    ssize_t            n = -ENODATA;

    if (!ext4_xattr_key_of(name, &k))
        return -EOPNOTSUPP;
    for (enum xattr_where w = XATTR_INSIDE; n == -ENODATA && w <= last_area(ei); w++) {
        struct xattr_area a;
        int               err = ext4_xattr_load(ei, w, &a);
        if (err)
            n = err;
        else if (ext4_xattr_find(&a, &k))
            n = value_of(&a, ext4_xattr_find(&a, &k), buf, size);
        kfree(a.base);
    }
    return n;
}

static void list_area(const struct xattr_area *a, struct xattr_names *names)
{
    const struct xattr_entry *e;
    uint32_t                  at = a->first;

    while ((e = ext4_xattr_next(a, &at)))
        for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
            if (prefixes[i].index == e->index)
                xattr_names_add(names, prefixes[i].text, e->name, e->name_len);
}

int ext4_xattr_list(struct inode *inode, struct xattr_names *names)
{
    struct ext4_inode *ei = ext4_inode_of(inode);
    int                err = 0;

    for (enum xattr_where w = XATTR_INSIDE; !err && w <= last_area(ei); w++) {
        struct xattr_area a;
        err = ext4_xattr_load(ei, w, &a);
        if (!err)
            list_area(&a, names);
        kfree(a.base);
    }
    return err;
}
