/* SPDX-License-Identifier: Apache-2.0 */
/* sys_io.c - system calls that move bytes of open files: read, write and their relatives, lseek,
 * sync. */
#include "kernel/heap.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/args.h"
#include "unix/signal.h"
#include "unix/syscall.h"

/* Vectors up to this size need no memory. */
#define FAST_SEGS 8u

/* Where bytes go: a file's position or a given place. */
struct place {
    bool     given;
    uint64_t pos;
};

/* A signal ended the call before it moved a byte: it may start anew. */
static int64_t restartable(int64_t result)
{
    return result == -EINTR ? -ERESTARTSYS : result;
}

static int64_t transfer(struct file *f, bool write, struct iobuf *iob, struct place at)
{
    if (at.given)
        return write ? file_pwrite(f, iob, at.pos) : file_pread(f, iob, at.pos);
    return write ? file_write(f, iob) : file_read(f, iob);
}

static int64_t transfer_one(int fd, bool write, vaddr_t buf, size_t len, struct place at)
{
    struct iobuf iob;
    struct file *f = args_file(fd);
    if (!f)
        return -EBADF;
    iobuf_user(&iob, buf, size_min(len, RW_COUNT_MAX));
    int64_t result = uaccess_range_ok(buf, len) ? transfer(f, write, &iob, at) : -EFAULT;
    file_put(f);
    return restartable(result);
}

int64_t sys_read(const uint64_t *a)
{
    return transfer_one((int)a[0], false, a[1], a[2], (struct place){.given = false});
}

int64_t sys_write(const uint64_t *a)
{
    return transfer_one((int)a[0], true, a[1], a[2], (struct place){.given = false});
}

static int64_t transfer_one_at(const uint64_t *a, bool write)
{
    if ((int64_t)a[3] < 0)
        return -EINVAL;
    return transfer_one((int)a[0], write, a[1], a[2], (struct place){true, a[3]});
}

int64_t sys_pread64(const uint64_t *a)
{
    return transfer_one_at(a, false);
}

int64_t sys_pwrite64(const uint64_t *a)
{
    return transfer_one_at(a, true);
}

/* --- vectors ----------------------------------------------------------------------------- */

/* A length above SSIZE_MAX is refused; what exceeds the most that one call moves is cut off. */
static int check_segs(struct iobuf_seg *segs, size_t nsegs)
{
    size_t left = RW_COUNT_MAX;
    for (size_t i = 0; i < nsegs; i++) {
        if (segs[i].len > (size_t)INT64_MAX)
            return -EINVAL;
        if (!uaccess_range_ok(segs[i].base, segs[i].len))
            return -EFAULT;
        segs[i].len = size_min(segs[i].len, left);
        left -= segs[i].len;
    }
    return 0;
}

static int64_t transfer_segs(struct file *f, bool write, vaddr_t vec, size_t nsegs,
                             struct iobuf_seg *segs, struct place at)
{
    struct iobuf iob;
    if (uaccess_read(segs, vec, nsegs * sizeof(*segs)))
        return -EFAULT;
    int err = check_segs(segs, nsegs);
    if (!err)
        err = iobuf_user_vec(&iob, segs, nsegs);
    return err ? err : transfer(f, write, &iob, at);
}

static int64_t transfer_vec(int fd, bool write, vaddr_t vec, size_t nsegs, struct place at)
{
    struct iobuf_seg fast[FAST_SEGS];
    struct file     *f = args_file(fd);
    if (!f)
        return -EBADF;
    int64_t           result = -ENOMEM;
    struct iobuf_seg *segs = nsegs <= FAST_SEGS ? fast : NULL;
    if (nsegs > IOV_MAX)
        result = -EINVAL;
    else if (segs || (segs = kmalloc(nsegs * sizeof(*segs))))
        result = transfer_segs(f, write, vec, nsegs, segs, at);
    if (segs != fast)
        kfree(segs);
    file_put(f);
    return restartable(result);
}

int64_t sys_readv(const uint64_t *a)
{
    return transfer_vec((int)a[0], false, a[1], a[2], (struct place){.given = false});
}

int64_t sys_writev(const uint64_t *a)
{
    return transfer_vec((int)a[0], true, a[1], a[2], (struct place){.given = false});
}

static int64_t transfer_vec_at(const uint64_t *a, bool write)
{
    if ((int64_t)a[3] < 0)
        return -EINVAL;
    return transfer_vec((int)a[0], write, a[1], a[2], (struct place){true, a[3]});
}

int64_t sys_preadv(const uint64_t *a)
{
    return transfer_vec_at(a, false);
}

int64_t sys_pwritev(const uint64_t *a)
{
    return transfer_vec_at(a, true);
}

/* --- from file to file ------------------------------------------------------------------- */

#define SENDFILE_PIECE ((size_t)16384)

/* Move up to len bytes through buf; *pos (of in) moves by what out took. */
static int64_t pump(struct file *out, struct file *in, uint64_t *pos, size_t len, void *buf)
{
    size_t done = 0;
    while (done < len) {
        struct iobuf iob;
        iobuf_kernel(&iob, buf, size_min(len - done, SENDFILE_PIECE));
        ssize_t got = file_pread(in, &iob, *pos);
        if (got <= 0)
            return done ? (int64_t)done : got;
        iobuf_kernel(&iob, buf, (size_t)got);
        ssize_t put = file_write(out, &iob);
        if (put <= 0)
            return done ? (int64_t)done : put;
        *pos += (uint64_t)put;
        done += (size_t)put;
        if (put < got)
            break;
    }
    return (int64_t)done;
}

/* sendfile with both files and a buffer at hand. */
static int64_t sendfile_at(struct file *out, struct file *in, vaddr_t offset, size_t len, void *buf)
{
    uint64_t pos;
    if (!in->inode || !inode_is_regular(in->inode))
        return -EINVAL;
    if (offset && uaccess_read(&pos, offset, sizeof(pos)))
        return -EFAULT;
    if (!offset)
        pos = (uint64_t)file_seek(in, 0, SEEK_CUR);
    if ((int64_t)pos < 0)
        return -EINVAL;
    int64_t result = pump(out, in, &pos, len, buf);
    if (!offset)
        file_seek(in, (int64_t)pos, SEEK_SET);
    else if (uaccess_write(offset, &pos, sizeof(pos)))
        return -EFAULT;
    return result;
}

int64_t sys_sendfile(const uint64_t *a)
{
    struct file *out = args_file((int)a[0]);
    struct file *in = args_file((int)a[1]);
    void        *buf = kmalloc(SENDFILE_PIECE);
    int64_t      result = !out || !in ? -EBADF : !buf ? -ENOMEM : 0;
    if (!result)
        result = sendfile_at(out, in, a[2], size_min(a[3], RW_COUNT_MAX), buf);
    kfree(buf);
    file_put(in);
    file_put(out);
    return restartable(result);
}

/* --- positions and durability ------------------------------------------------------------ */

int64_t sys_lseek(const uint64_t *a)
{
    struct file *f = args_file((int)a[0]);
    if (!f)
        return -EBADF;
    int64_t result = file_seek(f, (int64_t)a[1], (unsigned)a[2]);
    file_put(f);
    return result;
}

int64_t sys_fsync(const uint64_t *a)
{
    struct file *f = args_file((int)a[0]);
    if (!f)
        return -EBADF;
    int result = file_sync(f);
    file_put(f);
    return result;
}

int64_t sys_fdatasync(const uint64_t *a)
{
    return sys_fsync(a);
}

/* File systems are read-only: there is never anything to write back. */
int64_t sys_sync(const uint64_t *a)
{
    (void)a;
    return 0;
}

int64_t sys_syncfs(const uint64_t *a)
{
    struct file *f = args_file((int)a[0]);
    file_put(f);
    return f ? 0 : -EBADF;
}

/* Advice is checked and then not taken: the page cache reads ahead by what it sees. */
int64_t sys_fadvise64(const uint64_t *a)
{
    struct file *f = args_file((int)a[0]);
    if (!f)
        return -EBADF;
    int result = (int)a[3] < 0 || (int)a[3] > 5 || (int64_t)a[2] < 0 ? -EINVAL : 0;
    if (!f->seekable)
        result = -ESPIPE;
    file_put(f);
    return result;
}
