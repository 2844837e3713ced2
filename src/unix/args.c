/* SPDX-License-Identifier: Apache-2.0 */
/* args.c - see args.h. */
#include "unix/args.h"

#include "kernel/heap.h"
#include "kernel/time.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/process.h"
#include "unix/signal.h"

#define NS_PER_SEC 1000000000ul

/* --- paths ------------------------------------------------------------------------------- */

struct file *args_file(int fd)
{
    return fd_get(&the_process.fds, fd);
}

struct file *args_usable_file(int fd)
{
    struct file *f = args_file(fd);
    if (!f || !file_is_path(f))
        return f;
    file_put(f);
    return NULL;
}

/* The directory behind a descriptor, with a reference. */
static int directory_of(int dirfd, struct inode **out)
{
    if (dirfd == AT_FDCWD) {
        *out = process_cwd();
        return 0;
    }
    struct file *f = args_file(dirfd);
    if (!f)
        return -EBADF;
    int err = f->inode && inode_is_dir(f->inode) ? 0 : -ENOTDIR;
    if (!err)
        *out = inode_get(f->inode);
    file_put(f);
    return err;
}

/* A buffer for a path that nobody uses, so that there need not be one from the heap for each call; or NULL.
 * Acquire and release: who uses it next comes after who used it last. */
static _Atomic(char *) spare_path;

static char *path_new(void)
{
    char *buf = atomic_exchange_explicit(&spare_path, NULL, memory_order_acquire);
    return buf ? buf : kmalloc(VFS_PATH_MAX);
}

static void path_free(char *buf)
{
    kfree(atomic_exchange_explicit(&spare_path, buf, memory_order_acq_rel));
}

int args_path(int dirfd, vaddr_t path, struct path_arg *out)
{
    struct path_arg p = {.path = path_new()};
    if (!p.path)
        return -ENOMEM;
    ssize_t len = uaccess_read_str(p.path, path, VFS_PATH_MAX);
    int     err = len < 0 ? (int)len : 0;
    if (!err && p.path[0] != '/')
        err = p.path[0] ? directory_of(dirfd, &p.start) : -ENOENT;
    if (err) {
        path_free(p.path);
        return err;
    }
    *out = p;
    return 0;
}

int args_path_anchor(int dirfd, struct path_arg *p)
{
    return p->start ? 0 : directory_of(dirfd, &p->start);
}

void args_path_put(struct path_arg *p)
{
    inode_put(p->start);
    path_free(p->path);
}

/* What AT_EMPTY_PATH with an empty path means. */
int args_inode_of_fd(int fd, struct inode **out)
{
    if (fd == AT_FDCWD) {
        *out = process_cwd();
        return 0;
    }
    struct file *f = args_file(fd);
    if (!f)
        return -EBADF;
    int err = f->inode ? 0 : -ENOENT;
    if (!err)
        *out = inode_get(f->inode);
    file_put(f);
    return err;
}

bool args_path_is_empty(vaddr_t path)
{
    char c;
    return uaccess_read(&c, path, 1) == 0 && c == '\0';
}

int args_lookup(int dirfd, vaddr_t path, unsigned at_flags, struct inode **out)
{
    struct path_arg p;
    if (at_flags & AT_EMPTY_PATH && args_path_is_empty(path))
        return args_inode_of_fd(dirfd, out);
    int err = args_path(dirfd, path, &p);
    if (err)
        return err;
    err = vfs_lookup(p.start, p.path, at_flags & AT_SYMLINK_NOFOLLOW ? VFS_NOFOLLOW : 0, out);
    args_path_put(&p);
    return err;
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

int args_iovec(vaddr_t vec, size_t nsegs, struct iobuf_seg **segs, struct iobuf *iob)
{
    struct iobuf_seg *fast = *segs;
    if (nsegs > IOV_MAX)
        return -EINVAL;
    if (nsegs > ARGS_FAST_SEGS && !(*segs = kmalloc(nsegs * sizeof(**segs)))) {
        *segs = fast;
        return -ENOMEM;
    }
    if (uaccess_read(*segs, vec, nsegs * sizeof(**segs)))
        return -EFAULT;
    int err = check_segs(*segs, nsegs);
    return err ? err : iobuf_user_vec(iob, *segs, nsegs);
}

/* --- times ------------------------------------------------------------------------------- */

/* -EINVAL */
static int to_ns(const struct abi_timespec *ts, uint64_t *ns)
{
    if (ts->tv_sec < 0 || (uint64_t)ts->tv_nsec >= NS_PER_SEC)
        return -EINVAL;
    bool fits = (uint64_t)ts->tv_sec < UINT64_MAX / NS_PER_SEC;
    *ns = fits ? (uint64_t)ts->tv_sec * NS_PER_SEC + (uint64_t)ts->tv_nsec : UINT64_MAX;
    return 0;
}

static struct abi_timespec to_timespec(uint64_t ns)
{
    return (struct abi_timespec){(int64_t)(ns / NS_PER_SEC), (int64_t)(ns % NS_PER_SEC)};
}

int args_timespec(vaddr_t va, uint64_t *ns)
{
    struct abi_timespec ts;
    return uaccess_read(&ts, va, sizeof(ts)) ? -EFAULT : to_ns(&ts, ns);
}

int args_put_timespec(vaddr_t va, uint64_t ns)
{
    struct abi_timespec ts = to_timespec(ns);
    return uaccess_write(va, &ts, sizeof(ts));
}

int args_itimerspec(vaddr_t va, uint64_t *value, uint64_t *interval)
{
    struct abi_itimerspec it;
    if (uaccess_read(&it, va, sizeof(it)))
        return -EFAULT;
    if (to_ns(&it.it_value, value) || to_ns(&it.it_interval, interval))
        return -EINVAL;
    *value = *value > TIME_MAX_NS ? TIME_MAX_NS : *value;
    *interval = *interval > TIME_MAX_NS ? TIME_MAX_NS : *interval;
    return 0;
}

struct abi_itimerspec args_itimerspec_of(uint64_t value, uint64_t interval)
{
    return (struct abi_itimerspec){to_timespec(interval), to_timespec(value)};
}

int args_timeout(vaddr_t va, uint64_t *deadline)
{
    uint64_t ns;
    *deadline = WAIT_FOREVER;
    int err = va ? args_timespec(va, &ns) : 0;
    if (va && !err)
        *deadline = time_ns_to_deadline(ns);
    return err;
}

/* --- signal masks ------------------------------------------------------------------------ */

int args_swap_mask(vaddr_t va, size_t size)
{
    uint64_t mask;
    if (!va)
        return 0;
    if (size != sizeof(mask))
        return -EINVAL;
    if (uaccess_read(&mask, va, sizeof(mask)))
        return -EFAULT;
    signal_swap_mask(uthread_self(), mask);
    return 0;
}
