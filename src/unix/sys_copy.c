/* SPDX-License-Identifier: Apache-2.0 */
/* sys_copy.c - copy_file_range and sendfile: from a regular file to another one, or to anything, through
 * a buffer. */
#include "kernel/heap.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/args.h"
#include "unix/signal.h"
#include "unix/syscall.h"

#define PIECE ((size_t)16384)

/* What out takes of len bytes at buf: at *pos, or (NULL) at its own position. */
static ssize_t put(struct file *out, uint64_t *pos, void *buf, size_t len)
{
    struct iobuf iob;
    iobuf_kernel(&iob, buf, len);
    ssize_t n = pos ? file_pwrite(out, &iob, *pos) : file_write(out, &iob);
    if (pos && n > 0)
        *pos += (uint64_t)n;
    return n;
}

/* Move up to len bytes through buf; positions move by what out took. */
static int64_t pump(struct file *in, uint64_t *in_pos, struct file *out, uint64_t *out_pos,
                    size_t len, void *buf)
{
    size_t done = 0;
    while (done < len) {
        struct iobuf iob;
        iobuf_kernel(&iob, buf, size_min(len - done, PIECE));
        ssize_t got = file_pread(in, &iob, *in_pos);
        ssize_t n = got > 0 ? put(out, out_pos, buf, (size_t)got) : got;
        if (n <= 0)
            return done ? (int64_t)done : n;
        *in_pos += (uint64_t)n;
        done += (size_t)n;
        if (n < got)
            break;
    }
    return (int64_t)done;
}

/* Copy up to len bytes. out_pos NULL: to out's own position. */
static int64_t copy(struct file *in, uint64_t *in_pos, struct file *out, uint64_t *out_pos,
                    size_t len)
{
    void *buf = kmalloc(PIECE);
    if (!buf)
        return -ENOMEM;
    int64_t result = pump(in, in_pos, out, out_pos, size_min(len, RW_COUNT_MAX), buf);
    kfree(buf);
    return result;
}

static bool readable(const struct file *f)
{
    unsigned flags = atomic_load(&f->flags);
    return !(flags & O_PATH) && (flags & O_ACCMODE) != O_WRONLY;
}

static bool writable(const struct file *f)
{
    unsigned flags = atomic_load(&f->flags);
    return !(flags & O_PATH) && (flags & O_ACCMODE) != O_RDONLY;
}

/* A position that a call was given by address, or (0) the file's own. */
static int take_position(struct file *f, vaddr_t va, uint64_t *pos)
{
    if (va)
        return uaccess_read(pos, va, sizeof(*pos));
    int64_t own = file_seek(f, 0, SEEK_CUR);
    *pos = own < 0 ? 0 : (uint64_t)own;
    return 0;
}

static int give_position(struct file *f, vaddr_t va, uint64_t pos)
{
    if (va)
        return uaccess_write(va, &pos, sizeof(pos));
    file_seek(f, (int64_t)pos, SEEK_SET);
    return 0;
}

/* --- copy_file_range --------------------------------------------------------------------- */

/* May bytes be copied from in to out? */
static int check_copy(const struct file *in, const struct file *out)
{
    if ((in->inode && inode_is_dir(in->inode)) || (out->inode && inode_is_dir(out->inode)))
        return -EISDIR;
    if (!in->inode || !inode_is_regular(in->inode) || !out->inode || !inode_is_regular(out->inode))
        return -EINVAL;
    if (!readable(in) || !writable(out) || atomic_load(&out->flags) & O_APPEND)
        return -EBADF;
    return 0;
}

/* Of one file, ranges that overlap are refused. */
static int check_ranges(const struct file *in, uint64_t in_pos, const struct file *out,
                        uint64_t out_pos, size_t *len)
{
    uint64_t size = in->inode->size;
    if ((int64_t)in_pos < 0 || (int64_t)out_pos < 0)
        return -EINVAL;
    if (*len > INT64_MAX - in_pos || *len > INT64_MAX - out_pos)
        return -EOVERFLOW;
    *len = in_pos < size ? size_min(*len, size - in_pos) : 0;
    bool overlap = out_pos + *len > in_pos && out_pos < in_pos + *len;
    return in->inode == out->inode && overlap ? -EINVAL : 0;
}

static int64_t copy_range(struct file *in, vaddr_t in_off, struct file *out, vaddr_t out_off,
                          size_t len, unsigned flags)
{
    uint64_t in_pos, out_pos;
    if (take_position(in, in_off, &in_pos) || take_position(out, out_off, &out_pos))
        return -EFAULT;
    int err = flags ? -EINVAL : check_copy(in, out);
    if (!err)
        err = check_ranges(in, in_pos, out, out_pos, &len);
    if (err || !len)
        return err;
    int64_t result = copy(in, &in_pos, out, &out_pos, len);
    if (result > 0 && (give_position(in, in_off, in_pos) || give_position(out, out_off, out_pos)))
        return -EFAULT;
    return result;
}

int64_t sys_copy_file_range(const uint64_t *a)
{
    struct file *in = args_file((int)a[0]), *out = args_file((int)a[2]);
    int64_t      result = -EBADF;
    if (in && out)
        result = copy_range(in, a[1], out, a[3], a[4], (unsigned)a[5]);
    file_put(in);
    file_put(out);
    return result == -EINTR ? -ERESTARTSYS : result;
}

/* --- sendfile ---------------------------------------------------------------------------- */

/* What is wrong with sending from in to out. In Linux's order: in first. */
static int check_sendfile(const struct file *out, const struct file *in, const uint64_t *pos)
{
    if (!in || !readable(in))
        return -EBADF;
    if (pos && !in->seekable)
        return -ESPIPE;
    if (pos && (int64_t)*pos < 0)
        return -EINVAL;
    if (!out || !writable(out))
        return -EBADF;
    if (!in->inode || !inode_is_regular(in->inode))
        return -EINVAL;
    return atomic_load(&out->flags) & O_APPEND ? -EINVAL : 0;
}

/* From *pos, which moves, or (NULL) from in's own position. */
static int64_t send_file(struct file *out, struct file *in, uint64_t *pos, size_t len)
{
    int err = check_sendfile(out, in, pos);
    if (err)
        return err;
    if (pos)
        return copy(in, pos, out, NULL, len);
    uint64_t own = (uint64_t)file_seek(in, 0, SEEK_CUR);
    int64_t  result = copy(in, &own, out, NULL, len);
    file_seek(in, (int64_t)own, SEEK_SET);
    return result;
}

int64_t sys_sendfile(const uint64_t *a)
{
    uint64_t pos;
    if (a[2] && uaccess_read(&pos, a[2], sizeof(pos)))
        return -EFAULT;
    struct file *out = args_file((int)a[0]);
    struct file *in = args_file((int)a[1]);
    int64_t      result = send_file(out, in, a[2] ? &pos : NULL, a[3]);
    if (out)
        result = end_transfer(out, result);
    file_put(in);
    file_put(out);
    if (a[2] && uaccess_write(a[2], &pos, sizeof(pos)))
        return -EFAULT;
    return result;
}
