/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_journal.c - where the journal is, what kind it is, its superblock. Everything that the other files
 * divide by or index with is bounded here.
 */
#include "fs/ext4_csum.h"
#include "fs/ext4_journal_impl.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

#define INCOMPAT_SUPPORTED \
    (JBD2_INCOMPAT_REVOKE | JBD2_INCOMPAT_64BIT | JBD2_INCOMPAT_CSUM_V2 | JBD2_INCOMPAT_CSUM_V3)
#define BLOCKS_MIN 1024u /* as mke2fs has it */

uint64_t ext4_journal_block(const struct ext4_journal *j, uint32_t at)
{
    unsigned i = 0;

    ASSERT(at < j->nblocks);
    while (at >= j->runs[i].end)
        i++;
    return j->runs[i].pblk + at - (i ? j->runs[i - 1].end : 0);
}

int ext4_journal_read(struct ext4_journal *j, uint32_t at, void *buf)
{
    uint64_t nr = ext4_journal_block(j, at);

    return blk_read(j->fs->dev, nr << j->fs->block_shift >> 9, buf, j->fs->block_size);
}

/* --- checksums ------------------------------------------------------------------------------- */

static uint32_t csum_of(uint32_t seed, uint8_t *bytes, size_t len, size_t at)
{
    uint32_t was = jbd2_get(bytes, at);

    jbd2_put(bytes, at, 0);
    uint32_t crc = ext4_crc32c(seed, bytes, len);
    jbd2_put(bytes, at, was);
    return crc;
}

uint32_t ext4_journal_csum(const struct ext4_journal *j, uint8_t *block, size_t at)
{
    return csum_of(j->seed, block, j->fs->block_size, at);
}

uint32_t ext4_journal_tag_csum(const struct ext4_journal *j, uint32_t sequence, const void *data)
{
    uint8_t number[4];

    jbd2_put(number, 0, sequence);
    return ext4_crc32c(ext4_crc32c(j->seed, number, sizeof(number)), data, j->fs->block_size);
}

/* --- the superblock -------------------------------------------------------------------------- */

static int super_write(struct ext4_journal *j)
{
    if (ext4_journal_has_csum(j))
        jbd2_put(j->super, JBD2_S_CHECKSUM,
                 csum_of(EXT4_CSUM_START, j->super, JBD2_S_SIZE, JBD2_S_CHECKSUM));
    uint64_t nr = ext4_journal_block(j, 0);
    return blk_write(j->fs->dev, nr << j->fs->block_shift >> 9, j->super, j->fs->block_size);
}

int ext4_journal_set_start(struct ext4_journal *j, uint32_t start, uint32_t sequence)
{
    jbd2_put(j->super, JBD2_S_START, start);
    jbd2_put(j->super, JBD2_S_SEQUENCE, sequence);
    return super_write(j);
}

static int refuse(const struct ext4_journal *j, const char *what, uint32_t value)
{
    log_error("ext4 on %s: the journal: %s (%#x)", j->fs->dev->name, what, value);
    return -EINVAL;
}

/* What follows from the features. */
static void features_take(struct ext4_journal *j)
{
    j->features = jbd2_get(j->super, JBD2_S_INCOMPAT);
    j->seed = ext4_crc32c(EXT4_CSUM_START, j->super + JBD2_S_UUID, 16);
    j->tag_size = 8;
    if (j->features & JBD2_INCOMPAT_64BIT)
        j->tag_size += 4;
    if (j->features & JBD2_INCOMPAT_CSUM_V2)
        j->tag_size += 2;
    if (j->features & JBD2_INCOMPAT_CSUM_V3)
        j->tag_size = 16;
}

static int super_check(struct ext4_journal *j)
{
    uint32_t type = jbd2_get(j->super, 4), maxlen = jbd2_get(j->super, JBD2_S_MAXLEN);

    if (jbd2_get(j->super, 0) != JBD2_MAGIC || (type != JBD2_SUPER_V2 && type != JBD2_SUPER_V1))
        return refuse(j, "there is none", type);
    if (type == JBD2_SUPER_V1)
        return refuse(j, "it is of an old kind", type);
    uint32_t unknown = jbd2_get(j->super, JBD2_S_INCOMPAT) & ~INCOMPAT_SUPPORTED;
    if (unknown || jbd2_get(j->super, JBD2_S_RO_COMPAT))
        return refuse(j, "it uses features that are not supported", unknown);
    if (jbd2_get(j->super, JBD2_S_BLOCKSIZE) != j->fs->block_size)
        return refuse(j, "bad block size", jbd2_get(j->super, JBD2_S_BLOCKSIZE));
    if (maxlen > j->nblocks || maxlen < BLOCKS_MIN)
        return refuse(j, "bad length", maxlen);
    j->nblocks = maxlen;
    j->first = jbd2_get(j->super, JBD2_S_FIRST);
    if (j->first == 0 || j->first >= maxlen / 2)
        return refuse(j, "bad first block", j->first);
    uint32_t start = jbd2_get(j->super, JBD2_S_START);
    if (start && (start < j->first || start >= maxlen))
        return refuse(j, "bad start", start);

    features_take(j);
    if (!ext4_journal_has_csum(j))
        return 0;
    if (j->super[JBD2_S_CHECKSUM_TYPE] != JBD2_CRC32C)
        return refuse(j, "unknown kind of checksum", j->super[JBD2_S_CHECKSUM_TYPE]);
    if (csum_of(EXT4_CSUM_START, j->super, JBD2_S_SIZE, JBD2_S_CHECKSUM) !=
        jbd2_get(j->super, JBD2_S_CHECKSUM))
        return ext4_damaged(j->fs, "wrong checksum of the journal's superblock");
    return 0;
}

/* --- where it is ----------------------------------------------------------------------------- */

static int runs_take(struct ext4_journal *j, struct ext4_inode *ei)
{
    uint64_t n = ei->inode.size >> j->fs->block_shift;
    if (n > UINT32_MAX)
        return refuse(j, "it is too long", UINT32_MAX);

    for (j->nblocks = 0; j->nblocks < n;) {
        struct ext4_run run;
        int             err = ext4_map(ei, j->nblocks, &run);
        if (err)
            return err;
        if (!run.pblk)
            return ext4_damaged(j->fs, "the journal has a hole");
        if (j->nruns == JOURNAL_RUNS_MAX)
            return refuse(j, "it is in too many pieces", j->nruns);
        j->nblocks += (uint32_t)size_min(run.len, n - j->nblocks);
        j->runs[j->nruns].end = j->nblocks;
        j->runs[j->nruns++].pblk = run.pblk;
    }
    return n ? 0 : refuse(j, "it is empty", 0);
}

static int find(struct ext4_journal *j)
{
    struct inode *inode;

    j->fs->finding_journal = true;
    int err = ext4_inode_get(j->fs, j->fs->journal_ino, &inode);
    j->fs->finding_journal = false;
    if (err)
        return err;
    err = runs_take(j, ext4_inode_of(inode));
    inode_put(inode);
    if (!err)
        err = ext4_journal_read(j, 0, j->super);
    return err ? err : super_check(j);
}

int ext4_journal_load(struct ext4_fs *fs, struct ext4_journal **out)
{
    struct ext4_journal *j = kzalloc(sizeof(*j));
    if (!j)
        return -ENOMEM;
    j->fs = fs;
    mutex_init(&j->lock);
    j->super = kmalloc(fs->block_size);
    j->work = kmalloc(fs->block_size);
    j->copy = kmalloc(fs->block_size);
    int err = j->super && j->work && j->copy ? find(j) : -ENOMEM;
    if (err) {
        ext4_journal_close(j);
        return err;
    }
    *out = j;
    return 0;
}

/* Features that commits are to have: what the file system has, as Linux does it. */
static void features_choose(struct ext4_journal *j)
{
    uint32_t want = j->features | JBD2_INCOMPAT_REVOKE;

    if (j->fs->group_size > EXT4_GROUP_SIZE_MIN)
        want |= JBD2_INCOMPAT_64BIT;
    if (j->fs->has_csum) {
        want = (want & ~JBD2_INCOMPAT_CSUM_V2) | JBD2_INCOMPAT_CSUM_V3;
        j->super[JBD2_S_CHECKSUM_TYPE] = JBD2_CRC32C;
        jbd2_put(j->super, JBD2_S_COMPAT, jbd2_get(j->super, JBD2_S_COMPAT) & ~1u);
    }
    jbd2_put(j->super, JBD2_S_INCOMPAT, want);
    features_take(j);
}

int ext4_journal_open(struct ext4_fs *fs, struct ext4_journal **out)
{
    int err = ext4_journal_load(fs, out);
    if (err)
        return err == -EINVAL ? -EROFS : err;

    struct ext4_journal *j = *out;
    if (jbd2_get(j->super, JBD2_S_START)) { /* of a file system that does not say so: as on Linux */
        log_warn("ext4 on %s: the journal holds what nobody waits for; it is emptied",
                 fs->dev->name);
        jbd2_put(j->super, JBD2_S_START, 0);
    }
    features_choose(j);
    j->sequence = jbd2_get(j->super, JBD2_S_SEQUENCE);
    j->sequence += !j->sequence;
    j->head = j->first;
    return 0;
}

void ext4_journal_close(struct ext4_journal *j)
{
    if (!j)
        return;
    kfree(j->super);
    kfree(j->work);
    kfree(j->copy);
    kfree(j->revokes);
    kfree(j);
}
