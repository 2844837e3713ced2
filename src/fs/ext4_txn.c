/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_txn.c - handles, the running transaction, commits: see ext4_txn.h.
 *
 * There is one running transaction. A commit keeps handles out while it writes, so a block never changes
 * while it is being written, and after it no block is part of a transaction: what the journal
 * holds is what the cache holds, which is why blocks can be written to their places straight from the
 * cache then.
 *
 * Without a journal the blocks are written to their places at the commit, those that were made first, then,
 * after a flush, those that refer to them: the best that can be done.
 */
#include "fs/ext4_txn.h"

#include "fs/ext4_alloc.h"

#include "fs/ext4_csum.h"
#include "fs/ext4_journal.h"
#include "fs/ext4_resize.h"
#include "kernel/log.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "machine/layout.h"

/* Without a journal a transaction is as large as this. */
#define BLOCKS_MAX 2048u

/* --- handles --------------------------------------------------------------------------------- */

/* Why there is no handle to be had, or 0. */
static int refusal(const struct ext4_txn *txn)
{
    return !txn->writable ? -EROFS : txn->aborted ? -EIO : 0;
}

/* Is there room for so many blocks more? An empty transaction always has it. */
static bool fits(const struct ext4_txn *txn, unsigned credits)
{
    return txn->nrunning + txn->promised + credits <= txn->max_blocks ||
           (!txn->nrunning && !txn->handles);
}

int ext4_begin(struct ext4_fs *fs, unsigned credits)
{
    struct ext4_txn *txn = &fs->txn;
    int              err;

    ASSERT(credits <= EXT4_CREDITS_MAX);
    spinlock_acquire(&txn->lock);
    while (!(err = refusal(txn)) && (txn->committing || !fits(txn, credits))) {
        if (txn->committing) {
            waitq_sleep(&txn->changed, &txn->lock);
            continue;
        }
        spinlock_release(&txn->lock);
        ext4_commit(fs);
        spinlock_acquire(&txn->lock);
    }
    if (!err) {
        txn->handles++;
        txn->promised += credits;
    }
    spinlock_release(&txn->lock);
    return err;
}

void ext4_end(struct ext4_fs *fs)
{
    struct ext4_txn *txn = &fs->txn;

    spinlock_acquire(&txn->lock);
    ASSERT(txn->handles > 0);
    if (--txn->handles == 0) {
        txn->promised = 0;
        waitq_wake_all(&txn->changed);
    }
    spinlock_release(&txn->lock);
}

/* --- blocks ---------------------------------------------------------------------------------- */

void ext4_block_change(struct ext4_block *block)
{
    struct ext4_fs  *fs = block->fs;
    struct ext4_txn *txn = &fs->txn;

    ASSERT(txn->handles > 0);
    if (block->state == EXT4_BLOCK_RUNNING) /* it stays so until the handle ends */
        return;

    spinlock_acquire(&txn->lock);
    enum ext4_block_state was = block->state;
    if (was == EXT4_BLOCK_COMMITTED) {
        TAILQ_REMOVE(&txn->committed, block, txn_link);
        txn->ncommitted--;
    }
    if (was != EXT4_BLOCK_RUNNING) {
        TAILQ_INSERT_TAIL(&txn->running, block, txn_link);
        txn->nrunning++;
        block->state = EXT4_BLOCK_RUNNING;
    }
    spinlock_release(&txn->lock);
    if (was == EXT4_BLOCK_CLEAN)
        ext4_block_hold(block);
    if (txn->journal)
        ext4_journal_unrevoke(txn->journal, block->nr);
}

/* Take block out of the list that it is on; its reference is the caller's now. lock is held. */
static void take_out(struct ext4_txn *txn, struct ext4_block *block)
{
    if (block->state == EXT4_BLOCK_RUNNING) {
        TAILQ_REMOVE(&txn->running, block, txn_link);
        txn->nrunning--;
    } else {
        TAILQ_REMOVE(&txn->committed, block, txn_link);
        txn->ncommitted--;
    }
    block->state = EXT4_BLOCK_CLEAN;
    block->fresh = false;
}

static void forget_block(struct ext4_fs *fs, uint64_t nr)
{
    struct ext4_txn   *txn = &fs->txn;
    struct ext4_block *block = ext4_block_peek(fs, nr);
    if (!block)
        return;

    spinlock_acquire(&txn->lock);
    bool ours = block->state != EXT4_BLOCK_CLEAN;
    if (ours)
        take_out(txn, block);
    spinlock_release(&txn->lock);
    block->valid = false; /* so it leaves the cache with its last reference */
    block->checked = NULL;
    if (ours)
        ext4_block_release(block);
    ext4_block_put(block);
}

void ext4_forget(struct ext4_fs *fs, uint64_t nr, uint64_t len)
{
    ASSERT(fs->txn.handles > 0);
    for (uint64_t i = 0; i < len; i++) {
        forget_block(fs, nr + i);
        if (fs->txn.journal)
            ext4_journal_revoke(fs->txn.journal, nr + i);
    }
}

/* --- the superblock ---------------------------------------------------------------------------- */

static struct ext4_super *super_of(struct ext4_fs *fs)
{
    return (void *)(fs->txn.super->data + (fs->block_size > 1024 ? EXT4_SUPER_OFFSET : 0));
}

struct ext4_super *ext4_super_change(struct ext4_fs *fs)
{
    ext4_block_change(fs->txn.super);
    return super_of(fs);
}

static void super_seal(struct ext4_fs *fs)
{
    struct ext4_super *sb = super_of(fs);

    if (fs->has_csum)
        sb->checksum = ext4_put32(
            ext4_crc32c(EXT4_CSUM_START, sb, offsetof(struct ext4_super, checksum)));
}

static int super_write(struct ext4_fs *fs)
{
    super_seal(fs);
    return blk_write(fs->dev, EXT4_SUPER_OFFSET / BLK_SECTOR, super_of(fs), EXT4_SUPER_SIZE);
}

/* --- inodes ------------------------------------------------------------------------------------ */

void ext4_inode_dirtied(struct inode *inode)
{
    struct ext4_inode *ei = ext4_inode_of(inode);
    struct ext4_txn   *txn = &ext4_fs_of_inode(ei)->txn;

    if (inode->unstored)
        return;
    spinlock_acquire(&txn->lock);
    inode->unstored = true;
    LIST_INSERT_HEAD(&txn->inodes, ei, dirty_link);
    spinlock_release(&txn->lock);
}

void ext4_inode_stored(struct ext4_inode *ei)
{
    struct ext4_txn *txn = &ext4_fs_of_inode(ei)->txn;

    if (!ei->inode.unstored)
        return;
    spinlock_acquire(&txn->lock);
    LIST_REMOVE(ei, dirty_link);
    ei->inode.unstored = false;
    spinlock_release(&txn->lock);
}

/* --- committing -------------------------------------------------------------------------------- */

void ext4_abort(struct ext4_fs *fs, int err)
{
    if (fs->txn.aborted)
        return;
    log_error("ext4 on %s: writing failed (%d); the file system is read-only from now on",
              fs->dev->name, err);
    fs->txn.aborted = true;
    fs->fs.read_only = true;
}

/* Split list: blocks made in this transaction go first. */
static int write_in_place(struct ext4_fs *fs)
{
    struct ext4_block_list fresh = TAILQ_HEAD_INITIALIZER(fresh);
    struct ext4_txn       *txn = &fs->txn;
    struct ext4_block     *block, *next;

    for (block = TAILQ_FIRST(&txn->running); block; block = next) {
        next = TAILQ_NEXT(block, txn_link);
        if (!block->fresh)
            continue;
        TAILQ_REMOVE(&txn->running, block, txn_link);
        TAILQ_INSERT_TAIL(&fresh, block, txn_link);
    }
    int err = ext4_blocks_write(fs, &fresh);
    if (!err)
        err = blk_flush(fs->dev); /* contents of files, too, before what leads to them */
    if (!err)
        err = ext4_blocks_write(fs, &txn->running);
    if (!err)
        err = blk_flush(fs->dev);
    TAILQ_CONCAT(&txn->running, &fresh, txn_link);
    return err;
}

/* The blocks of list are at their places: nobody has to remember them. */
static void settle(struct ext4_txn *txn, struct ext4_block_list *list)
{
    struct ext4_block *block;

    while ((block = TAILQ_FIRST(list))) {
        spinlock_acquire(&txn->lock);
        take_out(txn, block);
        spinlock_release(&txn->lock);
        ext4_block_release(block);
    }
}

/* Everything that was committed goes to its place, and the journal is empty. No handle is open, and
 * nothing is running. */
static int checkpoint(struct ext4_fs *fs)
{
    struct ext4_txn *txn = &fs->txn;

    int err = ext4_blocks_write(fs, &txn->committed);
    if (!err)
        err = blk_flush(fs->dev);
    if (!err)
        err = ext4_journal_emptied(txn->journal);
    if (!err)
        settle(txn, &txn->committed);
    return err;
}

/* The running blocks are in the journal. */
static void running_is_committed(struct ext4_txn *txn)
{
    struct ext4_block *block;

    TAILQ_FOREACH(block, &txn->running, txn_link) {
        block->state = EXT4_BLOCK_COMMITTED;
        block->fresh = false;
    }
    TAILQ_CONCAT(&txn->committed, &txn->running, txn_link);
    txn->ncommitted += txn->nrunning;
    txn->nrunning = 0;
}

/* Handles are kept out. */
static int write_running(struct ext4_fs *fs)
{
    struct ext4_txn *txn = &fs->txn;
    int              err;

    ext4_alloc_seal(fs);
    if (txn->super->state == EXT4_BLOCK_RUNNING)
        super_seal(fs);
    if (!txn->journal) {
        err = write_in_place(fs);
        if (!err)
            settle(txn, &txn->running);
        return err;
    }
    err = ext4_journal_commit(txn->journal, &txn->running);
    if (err)
        return err;
    running_is_committed(txn);
    return ext4_journal_is_full(txn->journal) ? checkpoint(fs) : 0;
}

static void keep_handles_out(struct ext4_txn *txn)
{
    spinlock_acquire(&txn->lock);
    txn->committing = true;
    while (txn->handles)
        waitq_sleep(&txn->changed, &txn->lock);
    spinlock_release(&txn->lock);
}

static void let_handles_in(struct ext4_txn *txn)
{
    spinlock_acquire(&txn->lock);
    txn->committing = false;
    waitq_wake_all(&txn->changed);
    spinlock_release(&txn->lock);
}

static bool is_idle(const struct ext4_txn *txn)
{
    return !txn->nrunning && !(txn->journal && ext4_journal_has_revokes(txn->journal));
}

/* What the commit is for: that changes are safe; that nothing has to be remembered of them, either: the journal is empty
 * then; and no handle opens any more. */
enum aim { SAFE, AT_THEIR_PLACES, LAST };

/* commit is held. */
static int commit(struct ext4_fs *fs, enum aim aim)
{
    struct ext4_txn *txn = &fs->txn;

    keep_handles_out(txn);
    int err = txn->aborted ? -EIO : 0;
    if (!err && !is_idle(txn))
        err = write_running(fs);
    else if (!err)
        err = blk_flush(fs->dev);
    if (!err && aim != SAFE && txn->journal)
        err = checkpoint(fs);
    if (aim == LAST)
        txn->writable = false;
    if (err)
        ext4_abort(fs, err);
    else
        ext4_alloc_committed(fs);
    let_handles_in(txn);
    return err;
}

static int commit_for(struct ext4_fs *fs, enum aim aim)
{
    if (!fs->txn.writable)
        return 0;
    mutex_lock(&fs->txn.commit);
    int err = commit(fs, aim);
    mutex_unlock(&fs->txn.commit);
    return err;
}

int ext4_commit(struct ext4_fs *fs)
{
    return commit_for(fs, SAFE);
}

void ext4_settle(struct ext4_fs *fs)
{
    commit_for(fs, AT_THEIR_PLACES);
}

int ext4_inode_write(struct ext4_inode *ei)
{
    struct ext4_fs *fs = ext4_fs_of_inode(ei);

    if (!ei->inode.unstored)
        return 0;
    int err = ext4_begin(fs, 2);
    if (!err) {
        err = ext4_inode_store(ei);
        ext4_end(fs);
    }
    ext4_inode_stored(ei); /* if it failed, too: what can't be stored is given up */
    return err;
}

/* Store the fields of an inode that somebody else may be about to forget. -EAGAIN: all are stored. */
static int store_first(struct ext4_fs *fs)
{
    struct ext4_txn   *txn = &fs->txn;
    struct ext4_inode *ei;

    spinlock_acquire(&txn->lock);
    LIST_FOREACH(ei, &txn->inodes, dirty_link)
        if (inode_get_live(&ei->inode))
            break;
    spinlock_release(&txn->lock);
    if (!ei)
        return -EAGAIN;

    mutex_lock(&ei->inode.lock);
    int err = ext4_inode_write(ei);
    mutex_unlock(&ei->inode.lock);
    inode_put(&ei->inode);
    return err;
}

int ext4_sync(struct ext4_fs *fs)
{
    int first = 0, err;

    if (!fs->txn.writable)
        return 0;
    while ((err = store_first(fs)) != -EAGAIN)
        first = first ? first : err;
    err = ext4_commit(fs);
    return first ? first : err;
}

/* --- mounting ---------------------------------------------------------------------------------- */

/* What the superblock says of the file system's state: clean, or in use. */
static void super_set_state(struct ext4_fs *fs, bool clean)
{
    struct ext4_super *sb = super_of(fs);
    uint32_t           state = ext4_le16(sb->state) & ~EXT4_STATE_CLEAN;
    uint32_t           incompat = ext4_le32(sb->feature_incompat) & ~EXT4_INCOMPAT_RECOVER;

    if (fs->txn.journal) /* it is the journal that makes it clean */
        sb->feature_incompat = ext4_put32(incompat | (clean ? 0 : EXT4_INCOMPAT_RECOVER));
    else
        sb->state = ext4_put16(state | (clean ? EXT4_STATE_CLEAN : 0));
}

void ext4_txn_init(struct ext4_fs *fs)
{
    struct ext4_txn *txn = &fs->txn;

    mutex_init(&txn->commit);
    spinlock_init(&txn->lock, LOCK_FS, "ext4 transaction");
    waitq_init(&txn->changed);
    TAILQ_INIT(&txn->running);
    TAILQ_INIT(&txn->committed);
    LIST_INIT(&txn->inodes);
}

static int journal_get(struct ext4_fs *fs)
{
    struct ext4_txn *txn = &fs->txn;

    txn->max_blocks = BLOCKS_MAX;
    if (!fs->journal_ino)
        return 0;
    int err = ext4_journal_open(fs, &txn->journal);
    if (!err)
        txn->max_blocks = ext4_journal_room(txn->journal);
    return err;
}

static int start(struct ext4_fs *fs)
{
    int err = ext4_block_get(fs, EXT4_SUPER_OFFSET >> fs->block_shift, NULL, NULL, &fs->txn.super);
    if (err)
        return err;
    if (fs->block_size > PAGE_SIZE) {
        log_warn("ext4 on %s: it can only be read: its blocks are larger than pages",
                 fs->dev->name);
        return -EROFS;
    }
    err = ext4_alloc_start(fs);
    if (!err)
        err = journal_get(fs);
    if (err)
        return err;
    super_set_state(fs, false);
    err = super_write(fs);
    return err ? err : blk_flush(fs->dev);
}

int ext4_txn_start(struct ext4_fs *fs)
{
    int err = start(fs);
    if (err) {
        ext4_txn_drop(fs);
        return err;
    }
    fs->txn.writable = true;
    fs->fs.read_only = false;
    return 0;
}

static int mark_clean(struct ext4_fs *fs)
{
    super_set_state(fs, true);
    int err = super_write(fs);
    return err ? err : blk_flush(fs->dev);
}

void ext4_txn_stop(struct ext4_fs *fs)
{
    struct ext4_txn *txn = &fs->txn;
    if (!txn->writable)
        return;

    ext4_orphans_end(fs);
    ext4_sync(fs);
    mutex_lock(&txn->commit);
    int err = commit(fs, LAST);
    if (!err)
        err = mark_clean(fs);
    mutex_unlock(&txn->commit);
    if (err)
        log_error("ext4 on %s: it was not unmounted cleanly (%d)", fs->dev->name, err);
    fs->fs.read_only = true;
}

void ext4_txn_drop(struct ext4_fs *fs)
{
    settle(&fs->txn, &fs->txn.running);
    settle(&fs->txn, &fs->txn.committed);
    if (fs->txn.super)
        ext4_block_put(fs->txn.super);
    ext4_journal_close(fs->txn.journal);
    fs->txn.super = NULL;
    fs->txn.journal = NULL;
}

/* --- what the VFS asks for ----------------------------------------------------------------------- */

int ext4_sync_inode(struct inode *inode, bool data_only)
{
    struct ext4_fs *fs = ext4_fs_of(inode->fs);
    (void)data_only;

    if (!fs->txn.writable)
        return 0;
    mutex_lock(&inode->lock);
    int err = ext4_inode_write(ext4_inode_of(inode));
    mutex_unlock(&inode->lock);
    int committed = ext4_commit(fs);
    return err ? err : committed;
}

void ext4_clean(struct inode *inode)
{
    if (inode_is_regular(inode))
        pagecache_flush(&inode->pages, 0, UINT64_MAX);
    mutex_lock(&inode->lock);
    ext4_inode_write(ext4_inode_of(inode)); /* what cannot be stored is given up */
    mutex_unlock(&inode->lock);
}
