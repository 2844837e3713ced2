/* SPDX-License-Identifier: Apache-2.0 */
/* vfs_regular.c - contents of regular files, which are in the page cache whatever the file system.
 *
 * Reading takes no lock but the page cache's. Whoever writes or changes the size holds the inode's lock,
 * so what one write puts into a file is not mixed with what another does.
 */
#include "fs/vfs_impl.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "machine/layout.h"

#define WRITE_PAGES \
    64 /* made at once: bounds what is made in vain if the program's memory gives out */

/* --- reading --------------------------------------------------------------------------------- */

/* Up to want bytes at pos to iob, as far as they lie together. How many; an error. *full: as many as
 * there were. */
static ssize_t read_run(struct pagecache *pages, struct iobuf *iob, uint64_t pos, size_t want,
                        bool *full)
{
    struct pagecache_run run;
    size_t               skip = pos & PAGE_MASK;
    uint64_t             index = pos >> PAGE_SHIFT;
    ssize_t              moved;

    int err = pages->ops->fill ? pagecache_get(pages, index, pages_for(skip + want), &run)
                               : pagecache_peek(pages, index, pages_for(skip + want), &run);
    if (err && err != -ENODATA)
        return err;

    size_t have = size_min(want, (run.npages << PAGE_SHIFT) - skip);
    if (err) { /* a hole */
        moved = iobuf_put_zeros(iob, have);
    } else {
        moved = iobuf_put(iob, (const char *)phys_ptr(run.pa) + skip, have);
        pagecache_put(&run);
    }
    *full = moved == (ssize_t)have;
    return moved;
}

static ssize_t read_pages(struct pagecache *pages, struct iobuf *iob, uint64_t pos)
{
    ssize_t done = 0;
    bool    full = true;

    while (full && iob->left && pos < pages->size) {
        size_t  want = size_min(iob->left, pages->size - pos);
        ssize_t moved = read_run(pages, iob, pos, want, &full);
        if (moved == -ENXIO) /* the file was cut off under our hands */
            break;
        if (moved < 0)
            return done ? done : moved;
        done += moved;
        pos += (size_t)moved;
    }
    return done;
}

static ssize_t regular_read(struct file *f, struct iobuf *iob, uint64_t pos)
{
    if (!iob->left)
        return 0;
    ssize_t done = read_pages(&f->inode->pages, iob, pos);
    if (!(atomic_load(&f->flags) & O_NOATIME))
        inode_accessed(f->inode);
    return done;
}

/* --- writing --------------------------------------------------------------------------------- */

/* Bytes of iob to pos, as far as pages lie together. How many; an error. *full: all there was room for. */
static ssize_t write_run(struct pagecache *pages, struct iobuf *iob, uint64_t pos, bool *full)
{
    struct pagecache_run run;
    size_t               skip = pos & PAGE_MASK;
    size_t               want = size_min(pages_for(skip + iob->left), WRITE_PAGES);

    int err = pagecache_get_write(pages, pos >> PAGE_SHIFT, want, &run);
    if (err)
        return err;

    size_t  room = size_min(iob->left, (run.npages << PAGE_SHIFT) - skip);
    ssize_t moved = iobuf_take(iob, (char *)phys_ptr(run.pa) + skip, room);
    if (moved > 0 && !(run.dirty && pos + (size_t)moved <= pages->size))
        pagecache_wrote(pages, pos, (size_t)moved);
    pagecache_put(&run);
    *full = moved == (ssize_t)room;
    return moved;
}

/* The same for whole pages behind the end. False: pos is inside the file, or less than a page is to be written, or there
 * are pages already. */
static bool write_whole(struct pagecache *pages, struct iobuf *iob, uint64_t pos, bool *full,
                        ssize_t *moved)
{
    struct pagecache_run run;
    size_t               want = size_min(iob->left >> PAGE_SHIFT, WRITE_PAGES);

    if (pos & PAGE_MASK || !want || pos < pages->size ||
        !pagecache_begin_whole(pages, pos >> PAGE_SHIFT, want, &run))
        return false;
    size_t room = run.npages << PAGE_SHIFT;
    *moved = iobuf_take(iob, phys_ptr(run.pa), room);
    pagecache_end_whole(pages, &run, *moved > 0 ? (size_t)*moved : 0);
    *full = *moved == (ssize_t)room;
    return true;
}

static ssize_t write_some(struct pagecache *pages, struct iobuf *iob, uint64_t pos, bool *full)
{
    ssize_t moved;
    return write_whole(pages, iob, pos, full, &moved) ? moved : write_run(pages, iob, pos, full);
}

/* The same after it was seen to that there is space. */
static ssize_t write_prepared(struct inode *inode, struct iobuf *iob, uint64_t pos, bool *full)
{
    size_t left = iob->left, part = size_min(left, (WRITE_PAGES << PAGE_SHIFT) - (pos & PAGE_MASK));
    if (!inode->ops->prepare)
        return write_some(&inode->pages, iob, pos, full);

    ssize_t fit = inode->ops->prepare(inode, pos, part);
    if (fit < 0)
        return fit;
    iob->left = (size_t)fit;
    ssize_t moved = write_some(&inode->pages, iob, pos, full);
    iob->left += left - (size_t)fit;
    return moved;
}

static ssize_t write_pages(struct inode *inode, struct iobuf *iob, uint64_t pos)
{
    ssize_t done = 0;
    bool    full = true;

    while (full && iob->left) {
        ssize_t moved = write_prepared(inode, iob, pos, &full);
        if (moved < 0)
            return done ? done : moved;
        done += moved;
        pos += (size_t)moved;
    }
    return done;
}

/* Linux writes files in memory in parts that end at multiples of this. */
#define SEALED_PART ((uint64_t)2 << 20)

/* How many of len bytes at pos seals let pass: of a file that must not grow, those before the first part that
 * would make it. */
static size_t unsealed(const struct inode *inode, uint64_t pos, size_t len)
{
    uint64_t whole = ALIGN_DOWN(inode->size, SEALED_PART);

    if (inode->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
        return 0;
    if (!(inode->seals & F_SEAL_GROW) || pos + len <= inode->size)
        return len;
    return pos < whole ? size_min(len, whole - pos) : 0;
}

/* The times change before the bytes do, and if none can be written, too: as on Linux. */
static ssize_t regular_write(struct file *f, struct iobuf *iob, uint64_t pos)
{
    struct inode *inode = f->inode;
    ASSERT(mutex_held(&inode->lock));

    if (!iob->left)
        return 0;
    uint64_t end = attr_size_limit();
    if (pos >= end)
        return -EFBIG;
    iob->left = size_min(iob->left, end - pos);

    inode_modified(inode);
    if (inode->seals) {
        iob->left = unsealed(inode, pos, iob->left);
        if (!iob->left)
            return -EPERM;
    }
    ssize_t done = write_pages(inode, iob, pos);
    if (done > 0 && inode->size < pos + (size_t)done)
        inode->size = pos + (size_t)done;
    return done;
}

/* --- the rest -------------------------------------------------------------------------------- */

static int regular_mmap(struct file *f, struct pagecache **pages)
{
    if (!(atomic_load(&f->flags) & O_NOATIME))
        inode_accessed(f->inode);
    *pages = &f->inode->pages;
    return 0;
}

/* What could not be written is told once to each open file, whoever noticed it. */
static int regular_sync(struct file *f, bool data_only)
{
    struct inode        *inode = f->inode;
    const struct fs_ops *ops = inode->fs->ops;

    pagecache_flush(&inode->pages, 0, UINT64_MAX);
    int more = ops->sync_inode ? ops->sync_inode(inode, data_only) : 0;
    int told = pagecache_error(&inode->pages, &f->error_seen);
    return told ? told : more;
}

const struct file_ops regular_file_ops = {
    .read = regular_read,
    .write = regular_write,
    .mmap = regular_mmap,
    .sync = regular_sync,
};
