/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_journal_write.c - commits: a transaction goes into the ring as revoke blocks, descriptors each with the
 * contents that it describes, and, once all that is on stable storage, the commit block.
 */
#include "fs/ext4_journal_impl.h"
#include "kernel/heap.h"
#include "kernel/time.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

#define REVOKE_BLOCKS_MAX 8u

/* One that is being written. */
struct commit {
    struct ext4_journal *j;
    struct blk_batch     batch;
    uint32_t             head;
    uint32_t             used;
    size_t               at;    /* bytes in j->work, which is a descriptor; 0: none is open */
    uint32_t             where; /* that is the descriptor's block */
};

static size_t block_end(const struct ext4_journal *j)
{
    return j->fs->block_size - (ext4_journal_has_csum(j) ? JBD2_TAIL : 0);
}

static size_t revoke_size(const struct ext4_journal *j)
{
    return j->features & JBD2_INCOMPAT_64BIT ? 8 : 4;
}

static size_t revokes_per_block(const struct ext4_journal *j)
{
    return (block_end(j) - JBD2_REVOKE_FIRST) / revoke_size(j);
}

size_t ext4_journal_room(const struct ext4_journal *j)
{
    size_t half = (j->nblocks - j->first) / 2;
    size_t tags = (block_end(j) - JBD2_HEADER - 16) / j->tag_size;

    return half - half / tags - REVOKE_BLOCKS_MAX - 3;
}

/* --- revoking -------------------------------------------------------------------------------- */

static bool revokes_grow(struct ext4_journal *j)
{
    size_t max = size_min(j->max_revokes ? 2 * j->max_revokes : 64,
                          REVOKE_BLOCKS_MAX * revokes_per_block(j));
    if (max == j->nrevokes)
        return false;
    uint64_t *more = kmalloc(max * sizeof(*more));
    if (!more)
        return false;
    if (j->nrevokes)
        memcpy(more, j->revokes, j->nrevokes * sizeof(*more));
    kfree(j->revokes);
    j->revokes = more;
    j->max_revokes = max;
    return true;
}

void ext4_journal_revoke(struct ext4_journal *j, uint64_t nr)
{
    mutex_lock(&j->lock);
    if (j->used && (j->nrevokes < j->max_revokes || revokes_grow(j)))
        j->revokes[j->nrevokes++] = nr;
    else if (j->used)
        j->unsaid = true;
    mutex_unlock(&j->lock);
}

void ext4_journal_unrevoke(struct ext4_journal *j, uint64_t nr)
{
    if (!j->nrevokes)
        return;
    mutex_lock(&j->lock);
    for (size_t i = j->nrevokes; i-- > 0;)
        if (j->revokes[i] == nr)
            j->revokes[i] = j->revokes[--j->nrevokes];
    mutex_unlock(&j->lock);
}

bool ext4_journal_has_revokes(const struct ext4_journal *j)
{
    return j->nrevokes || j->unsaid;
}

/* --- writing --------------------------------------------------------------------------------- */

static uint32_t take_block(struct commit *c)
{
    uint32_t at = c->head;

    c->head = ext4_journal_after(c->j, at);
    c->used++;
    return at;
}

static void write_at(struct commit *c, uint32_t at, const void *buf)
{
    struct ext4_fs *fs = c->j->fs;
    uint64_t        nr = ext4_journal_block(c->j, at);

    blk_batch_write(&c->batch, nr << fs->block_shift >> 9, buf, fs->block_size);
}

/* A buffer is needed again: wait for what was written from it. */
static int wait_all(struct commit *c)
{
    int err = blk_batch_finish(&c->batch);

    blk_batch_start(&c->batch, c->j->fs->dev);
    return err;
}

static void seal(struct ext4_journal *j, uint8_t *block)
{
    size_t tail = j->fs->block_size - JBD2_TAIL;

    if (ext4_journal_has_csum(j))
        jbd2_put(block, tail, ext4_journal_csum(j, block, tail));
}

static void put_revoke(struct ext4_journal *j, size_t at, uint64_t nr)
{
    if (revoke_size(j) == 8) {
        jbd2_put(j->work, at, (uint32_t)(nr >> 32));
        at += 4;
    }
    jbd2_put(j->work, at, (uint32_t)nr);
}

static int write_revokes(struct commit *c)
{
    struct ext4_journal *j = c->j;
    size_t               done = 0, step = revoke_size(j), n;
    int                  err = 0;

    for (; !err && done < j->nrevokes; done += n) {
        n = size_min(j->nrevokes - done, revokes_per_block(j));
        memset(j->work, 0, j->fs->block_size);
        jbd2_put_header(j->work, JBD2_REVOKE, j->sequence);
        jbd2_put(j->work, JBD2_REVOKE_COUNT, (uint32_t)(JBD2_REVOKE_FIRST + n * step));
        for (size_t i = 0; i < n; i++)
            put_revoke(j, JBD2_REVOKE_FIRST + i * step, j->revokes[done + i]);
        seal(j, j->work);
        write_at(c, take_block(c), j->work);
        err = wait_all(c);
    }
    return err;
}

static void descriptor_open(struct commit *c)
{
    memset(c->j->work, 0, c->j->fs->block_size);
    jbd2_put_header(c->j->work, JBD2_DESCRIPTOR, c->j->sequence);
    c->where = take_block(c);
    c->at = JBD2_HEADER;
}

/* Flags of the last tag, which is before at. */
static void mark_last(const struct ext4_journal *j, size_t at, bool first)
{
    size_t tag = at - j->tag_size - (first ? 16 : 0);

    j->work[tag + 7] |= JBD2_TAG_LAST; /* the flags' low byte, in either form */
}

static int descriptor_close(struct commit *c)
{
    struct ext4_journal *j = c->j;
    if (!c->at)
        return 0;

    mark_last(j, c->at, c->at == JBD2_HEADER + j->tag_size + 16);
    seal(j, j->work);
    write_at(c, c->where, j->work);
    c->at = 0;
    return wait_all(c);
}

static void put_tag(struct commit *c, uint64_t nr, uint32_t flags, uint32_t csum)
{
    struct ext4_journal *j = c->j;
    bool                 first = c->at == JBD2_HEADER;
    size_t               at = c->at;

    flags |= first ? 0 : JBD2_TAG_SAME_UUID;
    jbd2_put(j->work, at, (uint32_t)nr);
    if (j->features & JBD2_INCOMPAT_CSUM_V3) {
        jbd2_put(j->work, at + 4, flags);
        jbd2_put(j->work, at + 8, (uint32_t)(nr >> 32));
        jbd2_put(j->work, at + 12, csum);
    } else {
        uint32_t low = j->features & JBD2_INCOMPAT_CSUM_V2 ? csum & 0xffff : 0;
        jbd2_put(j->work, at + 4, low << 16 | flags);
        if (j->features & JBD2_INCOMPAT_64BIT)
            jbd2_put(j->work, at + 8, (uint32_t)(nr >> 32));
    }
    c->at += j->tag_size;
    if (first) {
        memcpy(j->work + c->at, j->super + JBD2_S_UUID, 16);
        c->at += 16;
    }
}

static int add_block(struct commit *c, const struct ext4_block *block)
{
    struct ext4_journal *j = c->j;
    const uint8_t       *data = block->data;
    uint32_t             flags = 0;
    int                  err = 0;

    if (c->at && c->at + j->tag_size > block_end(j))
        err = descriptor_close(c);
    if (!err && jbd2_get(data, 0) == JBD2_MAGIC) {
        err = wait_all(c); /* j->copy is free again */
        memcpy(j->copy, data, j->fs->block_size);
        jbd2_put(j->copy, 0, 0);
        data = j->copy;
        flags = JBD2_TAG_ESCAPED;
    }
    if (err)
        return err;
    if (!c->at)
        descriptor_open(c);
    put_tag(c, block->nr, flags, ext4_journal_tag_csum(j, j->sequence, data));
    write_at(c, take_block(c), data);
    return 0;
}

static int write_commit_block(struct commit *c)
{
    struct ext4_journal *j = c->j;
    uint64_t             now = time_wall_ns(), sec = now / 1000000000;

    memset(j->work, 0, j->fs->block_size);
    jbd2_put_header(j->work, JBD2_COMMIT, j->sequence);
    jbd2_put(j->work, JBD2_COMMIT_SEC, (uint32_t)(sec >> 32));
    jbd2_put(j->work, JBD2_COMMIT_SEC + 4, (uint32_t)sec);
    jbd2_put(j->work, JBD2_COMMIT_NSEC, (uint32_t)(now % 1000000000));
    if (ext4_journal_has_csum(j))
        jbd2_put(j->work, JBD2_COMMIT_CHECKSUM,
                 ext4_journal_csum(j, j->work, JBD2_COMMIT_CHECKSUM));
    write_at(c, take_block(c), j->work);
    return wait_all(c);
}

static int write_all(struct commit *c, const struct ext4_block_list *blocks)
{
    const struct ext4_block *block;

    int err = write_revokes(c);
    TAILQ_FOREACH(block, blocks, txn_link) {
        if (err)
            return err;
        err = add_block(c, block);
    }
    return err ? err : descriptor_close(c);
}

int ext4_journal_commit(struct ext4_journal *j, const struct ext4_block_list *blocks)
{
    struct commit c = {.j = j, .head = j->head, .used = j->used};
    blk_batch_start(&c.batch, j->fs->dev);

    int err = j->used ? 0 : ext4_journal_set_start(j, j->head, j->sequence);
    if (!err)
        err = write_all(&c, blocks);
    int waited = wait_all(&c); /* also after an error: buffers are theirs until then */
    if (!err)
        err = waited;
    if (!err)
        err = blk_flush(j->fs->dev); /* what it commits is there before the commit block */
    if (!err)
        err = write_commit_block(&c);
    if (!err)
        err = blk_flush(j->fs->dev);
    if (err)
        return err;
    j->sequence++;
    j->head = c.head;
    j->used = c.used;
    j->nrevokes = 0;
    return 0;
}

bool ext4_journal_is_full(const struct ext4_journal *j)
{
    return j->unsaid || j->used > (j->nblocks - j->first) / 2;
}

int ext4_journal_emptied(struct ext4_journal *j)
{
    int err = ext4_journal_set_start(j, 0, j->sequence);
    if (!err)
        err = blk_flush(j->fs->dev);
    if (err)
        return err;
    j->used = 0;
    j->head = j->first;
    j->unsaid = false;
    return 0;
}
