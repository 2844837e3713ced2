/* SPDX-License-Identifier: Apache-2.0 */
/* sys_copy.c - copy_file_range and sendfile: from a file to another one, or to anything, through a
 * buffer; splice, tee and vmsplice: from and to pipes. */
#include "fs/local.h"
#include "fs/pipe.h"
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

/* Move up to len bytes through buf; positions move by what out took. With a position for out it takes what it takes at
 * once; else it is asked for more, and a limit that it then meets is told by a signal, as on Linux. */
static int64_t pump(struct file *in, uint64_t *in_pos, struct file *out, uint64_t *out_pos,
                    size_t len, void *buf)
{
    size_t done = 0;
    while (done < len) {
        struct iobuf iob;
        iobuf_kernel(&iob, buf, size_min(len - done, PIECE));
        ssize_t got = file_pread(in, &iob, *in_pos);
        ssize_t n = got > 0 ? put(out, out_pos, buf, (size_t)got) : got;
        if (n <= 0 && !done)
            return n;
        if (n <= 0) {
            signal_size_limit(n);
            break;
        }
        *in_pos += (uint64_t)n;
        done += (size_t)n;
        if (n < got && out_pos)
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
    if (!file_readable(in) || !file_writable(out) || atomic_load(&out->flags) & O_APPEND)
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
    return result == -EINTR ? -ERESTARTSYS : signal_size_limit(result);
}

/* Whether bytes of f can be moved without the program: contents and streams, no events or counters. */
static bool can_splice(const struct file *f)
{
    return local_is(f) ||
           (f->inode && (inode_is_regular(f->inode) || (f->inode->mode & S_IFMT) == S_IFCHR));
}

/* --- sendfile ---------------------------------------------------------------------------- */

/* What is wrong with sending from in to out. In Linux's order: in first. */
static int check_sendfile(const struct file *out, const struct file *in, const uint64_t *pos,
                          size_t len)
{
    if (!in || !file_readable(in))
        return -EBADF;
    if (pos && !in->seekable)
        return -ESPIPE;
    if (pos && (int64_t)*pos < 0)
        return -EINVAL;
    if (!out || !file_writable(out))
        return -EBADF;
    if ((int64_t)len < 0)
        return -EINVAL;
    return atomic_load(&out->flags) & O_APPEND || !in->seekable || !can_splice(in) ? -EINVAL : 0;
}

static bool blocks(const struct file *f)
{
    return !(atomic_load(&f->flags) & O_NONBLOCK);
}

/* A pipe takes what fits, anything else all of it. */
static int64_t send_to(struct file *out, struct file *in, uint64_t *pos, size_t len)
{
    if (pipe_is(out))
        return pipe_splice_from_file(out, in, pos, size_min(len, RW_COUNT_MAX), blocks(out));
    return copy(in, pos, out, NULL, len);
}

/* From *pos, which moves, or (NULL) from in's own position. */
static int64_t send_file(struct file *out, struct file *in, uint64_t *pos, size_t len)
{
    int err = check_sendfile(out, in, pos, len);
    if (err)
        return err;
    if (pos)
        return send_to(out, in, pos, len);
    uint64_t own = (uint64_t)file_seek(in, 0, SEEK_CUR);
    int64_t  result = send_to(out, in, &own, len);
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

/* --- splice ------------------------------------------------------------------------------ */

/* Of a file that is no pipe. pos: as the call was given it, or the file's own. */
static int check_spliced(const struct file *f, const uint64_t *pos, bool given, size_t len)
{
    if (given && !f->seekable)
        return -EINVAL;
    return (int64_t)len < 0 || (int64_t)*pos < 0 || *pos + len > INT64_MAX ? -EINVAL : 0;
}

/* From a pipe to out. */
static int64_t splice_out(struct file *in, struct file *out, uint64_t *pos, bool given, size_t len,
                          bool wait)
{
    int err = atomic_load(&out->flags) & O_APPEND ? -EINVAL : check_spliced(out, pos, given, len);
    if (!err && !can_splice(out))
        err = -EINVAL;
    if (err)
        return err;
    len = size_min(len, RW_COUNT_MAX);
    ssize_t end = 0;
    int64_t n = pipe_splice_to_file(in, out, out->seekable ? pos : NULL, len, wait && blocks(in),
                                    &end);
    if (n > 0)
        signal_size_limit(end);
    return n;
}

/* From in to a pipe. A socket that must not be waited for is asked first. */
static int64_t splice_in(struct file *in, struct file *out, uint64_t *pos, bool given, size_t len,
                         bool wait)
{
    int err = check_spliced(in, pos, given, len);
    if (err)
        return err;
    if (!can_splice(in))
        return -EINVAL;
    if (!wait && local_is(in) && !(file_poll(in, NULL) & (POLLIN | POLLHUP)))
        return -EAGAIN;
    return pipe_splice_from_file(out, in, pos, size_min(len, RW_COUNT_MAX), wait && blocks(out));
}

struct splice {
    struct file *in, *out;
    vaddr_t      in_off, out_off; /* where positions are; 0: the file's own */
    size_t       len;
    bool         wait;
};

static int64_t splice_at(const struct splice *s, uint64_t *pos)
{
    if (!file_readable(s->in) || !file_writable(s->out))
        return -EBADF;
    if (pipe_is(s->in))
        return splice_out(s->in, s->out, pos, s->out_off, s->len, s->wait);
    return splice_in(s->in, s->out, pos, s->in_off, s->len, s->wait);
}

/* Between a pipe and a file, whose position moves. */
static int64_t splice_file(const struct splice *s)
{
    struct file *f = pipe_is(s->in) ? s->out : s->in;
    vaddr_t      va = pipe_is(s->in) ? s->out_off : s->in_off;
    uint64_t     pos;
    if (take_position(f, va, &pos))
        return -EFAULT;
    int64_t result = splice_at(s, &pos);
    if (result <= 0 || (!va && !f->seekable))
        return result;
    return give_position(f, va, pos) ? -EFAULT : result;
}

/* Both are pipes; keep: tee. */
static int64_t splice_pipes(const struct splice *s, bool keep)
{
    if (!file_readable(s->in) || !file_writable(s->out))
        return -EBADF;
    if (!pipe_is(s->in) || !pipe_is(s->out) || pipe_same(s->in, s->out))
        return -EINVAL;
    bool wait = s->wait && blocks(s->in) && blocks(s->out);
    return pipe_splice_to_pipe(s->in, s->out, s->len, keep, wait);
}

static int64_t splice(const struct splice *s)
{
    bool     from = pipe_is(s->in), to = pipe_is(s->out);
    uint64_t pos;
    if ((from && s->in_off) || (to && s->out_off))
        return -ESPIPE;
    if (s->out_off && uaccess_read(&pos, s->out_off, sizeof(pos)))
        return -EFAULT;
    if (s->in_off && uaccess_read(&pos, s->in_off, sizeof(pos)))
        return -EFAULT;
    if (from && to)
        return splice_pipes(s, false);
    if (from || to)
        return splice_file(s);
    return file_readable(s->in) && file_writable(s->out) ? -EINVAL : -EBADF;
}

static bool is_open(const struct file *f)
{
    return f && !file_is_path(f);
}

/* Open the files, move, close them. */
static int64_t with_files(struct splice *s, int in, int out,
                          int64_t (*move)(const struct splice *s))
{
    s->in = args_file(in);
    s->out = args_file(out);
    int64_t result = !is_open(s->in) || !is_open(s->out) ? -EBADF : move(s);
    if (s->out)
        result = end_transfer(s->out, result);
    file_put(s->in);
    file_put(s->out);
    return result;
}

int64_t sys_splice(const uint64_t *a)
{
    struct splice s = {.in_off = a[1],
                       .out_off = a[3],
                       .len = a[4],
                       .wait = !((unsigned)a[5] & SPLICE_F_NONBLOCK)};
    if (!s.len)
        return 0;
    return (unsigned)a[5] & ~SPLICE_F_ALL ? -EINVAL : with_files(&s, (int)a[0], (int)a[2], splice);
}

static int64_t tee(const struct splice *s)
{
    return splice_pipes(s, true);
}

int64_t sys_tee(const uint64_t *a)
{
    struct splice s = {.len = a[2], .wait = !((unsigned)a[3] & SPLICE_F_NONBLOCK)};
    if ((unsigned)a[3] & ~SPLICE_F_ALL)
        return -EINVAL;
    return s.len ? with_files(&s, (int)a[0], (int)a[1], tee) : 0;
}

/* Bytes are copied: a program that changes its memory afterwards does not change the pipe. */
static int64_t vmsplice(struct file *f, vaddr_t vec, size_t nsegs, bool wait)
{
    struct iobuf_seg fast[ARGS_FAST_SEGS], *segs = fast;
    struct iobuf     iob;
    if (!file_readable(f) && !file_writable(f))
        return -EBADF;
    int64_t result = args_iovec(vec, nsegs, &segs, &iob);
    if (!result && iob.left && !pipe_is(f))
        result = -EBADF;
    else if (!result && iob.left)
        result = file_writable(f) ? pipe_splice_from_memory(f, &iob, wait)
                                  : pipe_splice_to_memory(f, &iob, wait);
    if (segs != fast)
        kfree(segs);
    return result;
}

int64_t sys_vmsplice(const uint64_t *a)
{
    if ((unsigned)a[3] & ~SPLICE_F_ALL)
        return -EINVAL;
    struct file *f = args_file((int)a[0]);
    int64_t      result = -EBADF;
    if (f)
        result = end_transfer(f, vmsplice(f, a[1], a[2], !((unsigned)a[3] & SPLICE_F_NONBLOCK)));
    file_put(f);
    return result;
}
