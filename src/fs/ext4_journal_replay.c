/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_journal_replay.c - recovery: what was committed but may not be at its place is written there.
 *
 * The ring is walked three times from the first transaction on: to find the last one that is whole, to
 * collect what was revoked, and to write. A walk ends at the first block that is not what should follow.
 * It never has more steps than the ring has blocks, whatever they say.
 */
#include "fs/ext4_journal_impl.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "lib/errno.h"
#include "lib/string.h"

struct revoked {
    uint64_t nr; /* of a block; 0: the entry is free */
    uint32_t sequence;
};

struct replay {
    struct ext4_journal *j;
    enum { PASS_SCAN, PASS_REVOKE, PASS_WRITE } pass;
    uint32_t begin, end;   /* transactions [begin, end) are whole; end is known after the scan */
    struct revoked *table; /* open addressing */
    size_t          nslots, nrevoked; /* nslots: 0 or a power of two */
    size_t          nwritten;
};

/* Sequence numbers wrap around. */
static bool before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

/* --- what was revoked ------------------------------------------------------------------------ */

static struct revoked *slot_of(const struct replay *r, uint64_t nr)
{
    size_t i = (size_t)(nr * 0x9e3779b97f4a7c15u >> 32);

    while (r->table[i & (r->nslots - 1)].nr && r->table[i & (r->nslots - 1)].nr != nr)
        i++;
    return &r->table[i & (r->nslots - 1)];
}

static int table_grow(struct replay *r)
{
    struct replay more = *r;

    more.nslots = r->nslots ? 2 * r->nslots : 256;
    more.table = kzalloc(more.nslots * sizeof(*more.table));
    if (!more.table)
        return -ENOMEM;
    for (size_t i = 0; i < r->nslots; i++)
        if (r->table[i].nr)
            *slot_of(&more, r->table[i].nr) = r->table[i];
    kfree(r->table);
    r->table = more.table;
    r->nslots = more.nslots;
    return 0;
}

static int revoke(struct replay *r, uint64_t nr, uint32_t sequence)
{
    if (nr == 0)
        return 0;
    int err = 2 * (r->nrevoked + 1) > r->nslots ? table_grow(r) : 0;
    if (err)
        return err;
    struct revoked *slot = slot_of(r, nr);
    r->nrevoked += !slot->nr;
    if (!slot->nr || before(slot->sequence, sequence))
        *slot = (struct revoked){nr, sequence};
    return 0;
}

/* Is what that transaction says of the block overtaken? */
static bool is_revoked(const struct replay *r, uint64_t nr, uint32_t sequence)
{
    if (!r->nslots)
        return false;
    const struct revoked *slot = slot_of(r, nr);
    return slot->nr && !before(slot->sequence, sequence);
}

/* --- blocks of the ring ---------------------------------------------------------------------- */

static size_t block_end(const struct ext4_journal *j)
{
    return j->fs->block_size - (ext4_journal_has_csum(j) ? JBD2_TAIL : 0);
}

static bool tail_ok(struct ext4_journal *j)
{
    size_t tail = j->fs->block_size - JBD2_TAIL;

    return !ext4_journal_has_csum(j) ||
           ext4_journal_csum(j, j->work, tail) == jbd2_get(j->work, tail);
}

static bool commit_ok(struct ext4_journal *j)
{
    return !ext4_journal_has_csum(j) || ext4_journal_csum(j, j->work, JBD2_COMMIT_CHECKSUM) ==
                                            jbd2_get(j->work, JBD2_COMMIT_CHECKSUM);
}

/* The revoke block in j->work. */
static int take_revokes(struct replay *r, uint32_t sequence)
{
    struct ext4_journal *j = r->j;
    size_t               step = j->features & JBD2_INCOMPAT_64BIT ? 8 : 4;
    size_t               end = size_min(jbd2_get(j->work, JBD2_REVOKE_COUNT), block_end(j));
    int                  err = 0;

    for (size_t at = JBD2_REVOKE_FIRST; !err && at + step <= end; at += step) {
        uint64_t nr = jbd2_get(j->work, at);
        if (step == 8)
            nr = nr << 32 | jbd2_get(j->work, at + 4);
        err = revoke(r, nr, sequence);
    }
    return err;
}

struct tag {
    uint64_t nr;
    uint32_t flags, csum;
};

/* The tag at *at of the descriptor in j->work; *at moves behind it. False: there is none. */
static bool next_tag(const struct ext4_journal *j, size_t *at, struct tag *tag)
{
    bool wide = j->features & JBD2_INCOMPAT_CSUM_V3;
    if (*at + j->tag_size > block_end(j))
        return false;

    uint32_t word = jbd2_get(j->work, *at + 4);
    tag->nr = jbd2_get(j->work, *at);
    tag->flags = wide ? word : word & 0xffff;
    tag->csum = wide ? jbd2_get(j->work, *at + 12) : word >> 16;
    if (j->features & JBD2_INCOMPAT_64BIT)
        tag->nr |= (uint64_t)jbd2_get(j->work, *at + 8) << 32;
    *at += j->tag_size + (tag->flags & JBD2_TAG_SAME_UUID ? 0 : 16);
    return true;
}

static bool contents_ok(const struct ext4_journal *j, const struct tag *tag, uint32_t sequence)
{
    if (!ext4_journal_has_csum(j))
        return true;
    uint32_t mask = j->features & JBD2_INCOMPAT_CSUM_V3 ? UINT32_MAX : 0xffff;
    return (ext4_journal_tag_csum(j, sequence, j->copy) & mask) == tag->csum;
}

/* Block at of the journal goes to its place. */
static int write_block(struct replay *r, const struct tag *tag, uint32_t at, uint32_t sequence)
{
    struct ext4_journal *j = r->j;
    struct ext4_fs      *fs = j->fs;
    if (is_revoked(r, tag->nr, sequence))
        return 0;

    int err = ext4_journal_read(j, at, j->copy);
    if (err)
        return err;
    if (tag->nr >= fs->nblocks || !contents_ok(j, tag, sequence))
        return ext4_damaged(fs, "the journal is damaged (block %u)", at);
    if (tag->flags & JBD2_TAG_ESCAPED)
        jbd2_put(j->copy, 0, JBD2_MAGIC);
    r->nwritten++;
    return blk_write(fs->dev, tag->nr << fs->block_shift >> 9, j->copy, fs->block_size);
}

/* The descriptor in j->work, *at being the block behind it: *at moves behind its contents. */
static int walk_tags(struct replay *r, uint32_t *at, uint32_t *left, uint32_t sequence)
{
    size_t     offset = JBD2_HEADER;
    struct tag tag = {0};

    while (!(tag.flags & JBD2_TAG_LAST) && next_tag(r->j, &offset, &tag)) {
        if (!*left)
            return -ENODATA;
        int err = r->pass == PASS_WRITE ? write_block(r, &tag, *at, sequence) : 0;
        if (err)
            return err;
        *at = ext4_journal_after(r->j, *at);
        --*left;
    }
    return 0;
}

/* The next block, in j->work, whatever it is. -ENODATA: nothing that follows counts. */
static int walk_block(struct replay *r, uint32_t *at, uint32_t *left, uint32_t *sequence)
{
    struct ext4_journal *j = r->j;

    *at = ext4_journal_after(j, *at);
    --*left;
    if (jbd2_is(j->work, JBD2_DESCRIPTOR, *sequence))
        return tail_ok(j) ? walk_tags(r, at, left, *sequence) : -ENODATA;
    if (jbd2_is(j->work, JBD2_REVOKE, *sequence)) {
        if (!tail_ok(j))
            return -ENODATA;
        return r->pass == PASS_REVOKE ? take_revokes(r, *sequence) : 0;
    }
    if (!jbd2_is(j->work, JBD2_COMMIT, *sequence) || !commit_ok(j))
        return -ENODATA;
    ++*sequence;
    return 0;
}

static int walk(struct replay *r, uint32_t start)
{
    uint32_t at = start, left = r->j->nblocks - r->j->first, sequence = r->begin;
    int      err = 0;

    while (!err && left && (r->pass == PASS_SCAN || before(sequence, r->end))) {
        err = ext4_journal_read(r->j, at, r->j->work);
        if (!err)
            err = walk_block(r, &at, &left, &sequence);
    }
    if (r->pass == PASS_SCAN)
        r->end = sequence;
    return err == -ENODATA ? 0 : err;
}

static int replay(struct ext4_journal *j, uint32_t start)
{
    struct replay r = {.j = j, .begin = jbd2_get(j->super, JBD2_S_SEQUENCE)};

    int err = walk(&r, start);
    for (r.pass = PASS_REVOKE; !err && r.pass <= PASS_WRITE; r.pass++)
        err = walk(&r, start);
    kfree(r.table);
    if (!err)
        err = blk_flush(j->fs->dev);
    if (!err)
        err = ext4_journal_set_start(j, 0, r.end + 1);
    if (!err)
        err = blk_flush(j->fs->dev);
    if (!err)
        log_info("ext4 on %s: recovered: %u transactions, %zu blocks", j->fs->dev->name,
                 r.end - r.begin, r.nwritten);
    return err;
}

int ext4_journal_recover(struct ext4_fs *fs)
{
    struct ext4_journal *j;

    int err = ext4_journal_load(fs, &j);
    if (err)
        return err;
    uint32_t start = jbd2_get(j->super, JBD2_S_START);
    if (start)
        err = fs->dev->read_only ? -EROFS : replay(j, start);
    ext4_journal_close(j);
    return err;
}
