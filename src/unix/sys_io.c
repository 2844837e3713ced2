/* SPDX-License-Identifier: Apache-2.0 */
/* sys_io.c - system calls that move bytes of open files: read, write and their relatives, lseek,
 * sync. */
#include "fs/local.h"
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
    unsigned flags; /* RWF_* */
};

/* Of the flags only those are known that ask for no more than is so anyway: HIPRI, DSYNC, SYNC. */
#define RWF_KNOWN 7u

/* Writing where nobody reads any more is told by a signal, too, for the programs that do not look
 * at results; by packets, alone by the result. */
int64_t end_transfer(const struct file *f, int64_t result)
{
    if (result == -EPIPE && !(local_is(f) && local_type(f) != SOCK_STREAM))
        signal_pipe();
    return result == -EINTR ? -ERESTARTSYS : result;
}

static int64_t transfer(struct file *f, bool write, struct iobuf *iob, struct place at)
{
    if (at.given)
        return write ? file_pwrite(f, iob, at.pos) : file_pread(f, iob, at.pos);
    return write ? file_write(f, iob) : file_read(f, iob);
}

/* What is wrong with a call whatever the memory is that it names. */
static int check_access(const struct file *f, bool write, struct place at)
{
    unsigned flags = atomic_load(&f->flags);
    if (flags & O_PATH)
        return -EBADF;
    if (at.given && !f->seekable)
        return -ESPIPE;
    return (flags & O_ACCMODE) == (write ? O_RDONLY : O_WRONLY) ? -EBADF : 0;
}

/* Whether all of [pos, pos + len) has a position. */
static bool has_positions(struct place at, size_t len)
{
    return !at.given || (int64_t)(at.pos + len) >= 0;
}

static int64_t transfer_one(int fd, bool write, vaddr_t buf, size_t len, struct place at)
{
    struct iobuf iob;
    struct file *f = args_file(fd);
    if (!f)
        return -EBADF;
    int64_t result = check_access(f, write, at);
    if (!result && !uaccess_range_ok(buf, len))
        result = -EFAULT;
    else if (!result && !has_positions(at, len))
        result = -EINVAL;
    iobuf_user(&iob, buf, size_min(len, RW_COUNT_MAX));
    if (!result)
        result = transfer(f, write, &iob, at);
    result = end_transfer(f, result);
    file_put(f);
    return result;
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
    return transfer_one((int)a[0], write, a[1], a[2], (struct place){.given = true, .pos = a[3]});
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

/* A length above SSIZE_MAX is refused, as are ranges that are nobody's; what exceeds the most that one
 * call moves is cut off. */
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
    if (err || !iob.left)
        return err;
    if (!has_positions(at, iob.left))
        return -EINVAL;
    return at.flags & ~RWF_KNOWN ? -EOPNOTSUPP : transfer(f, write, &iob, at);
}

static int64_t transfer_vec(int fd, bool write, vaddr_t vec, size_t nsegs, struct place at)
{
    struct iobuf_seg fast[FAST_SEGS];
    struct file     *f = args_file(fd);
    if (!f)
        return -EBADF;
    struct iobuf_seg *segs = nsegs <= FAST_SEGS ? fast : NULL;
    int64_t           result = check_access(f, write, at);
    if (!result && nsegs > IOV_MAX)
        result = -EINVAL;
    if (!result && !segs && !(segs = kmalloc(nsegs * sizeof(*segs))))
        result = -ENOMEM;
    if (!result)
        result = transfer_segs(f, write, vec, nsegs, segs, at);
    if (segs != fast)
        kfree(segs);
    result = end_transfer(f, result);
    file_put(f);
    return result;
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
    return transfer_vec((int)a[0], write, a[1], a[2], (struct place){.given = true, .pos = a[3]});
}

int64_t sys_preadv(const uint64_t *a)
{
    return transfer_vec_at(a, false);
}

int64_t sys_pwritev(const uint64_t *a)
{
    return transfer_vec_at(a, true);
}

/* The newer pair: a position of -1 is the file's own. */
static int64_t transfer_vec_flags(const uint64_t *a, bool write)
{
    bool given = (int64_t)a[3] != -1;
    if (given && (int64_t)a[3] < 0)
        return -EINVAL;
    struct place at = {.given = given, .pos = given ? a[3] : 0, .flags = (unsigned)a[5]};
    return transfer_vec((int)a[0], write, a[1], a[2], at);
}

int64_t sys_preadv2(const uint64_t *a)
{
    return transfer_vec_flags(a, false);
}

int64_t sys_pwritev2(const uint64_t *a)
{
    return transfer_vec_flags(a, true);
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
