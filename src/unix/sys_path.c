/* SPDX-License-Identifier: Apache-2.0 */
/* sys_path.c - system calls that look files up by name: access, readlink, directories, file
 * systems. */
#include "kernel/heap.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "unix/args.h"
#include "unix/cred.h"
#include "unix/process.h"
#include "unix/syscall.h"

/* --- access ------------------------------------------------------------------------------ */

static int64_t access_at(int dirfd, vaddr_t path, unsigned mode, unsigned flags)
{
    struct inode *inode;
    if (mode & ~(unsigned)(R_OK | W_OK | X_OK))
        return -EINVAL;
    if (flags & ~(unsigned)(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    int err = args_lookup(dirfd, path, flags, &inode);
    if (err)
        return err;
    err = vfs_access(inode, mode);
    inode_put(inode);
    return err;
}

int64_t sys_faccessat(const uint64_t *a)
{
    return access_at((int)a[0], a[1], (unsigned)a[2], 0);
}

int64_t sys_faccessat2(const uint64_t *a)
{
    return access_at((int)a[0], a[1], (unsigned)a[2], (unsigned)a[3]);
}

/* --- links ------------------------------------------------------------------------------- */

static int64_t read_link(struct inode *link, vaddr_t to, size_t size)
{
    char *buf = kmalloc(VFS_PATH_MAX);
    if (!buf)
        return -ENOMEM;
    ssize_t len = vfs_readlink(link, buf, size_min(size, VFS_PATH_MAX));
    if (len > 0 && uaccess_write(to, buf, (size_t)len))
        len = -EFAULT;
    kfree(buf);
    return len;
}

static bool path_is_empty(vaddr_t path)
{
    char c;
    return uaccess_read(&c, path, 1) == 0 && c == '\0';
}

/* An empty path is the link that the descriptor itself stands for. */
int64_t sys_readlinkat(const uint64_t *a)
{
    struct inode *inode;
    int           size = (int)a[3];
    if (size <= 0)
        return -EINVAL;
    int err = args_lookup((int)a[0], a[1], AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, &inode);
    if (err)
        return err;
    int64_t result = read_link(inode, a[2], (size_t)size);
    if (result == -EINVAL && path_is_empty(a[1]))
        result = -ENOENT;
    inode_put(inode);
    return result;
}

/* --- working directory ------------------------------------------------------------------- */

int64_t sys_getcwd(const uint64_t *a)
{
    char *buf = kmalloc(VFS_PATH_MAX);
    if (!buf)
        return -ENOMEM;
    struct inode *cwd = process_cwd();
    ssize_t       len = vfs_dir_path(cwd, buf, VFS_PATH_MAX);
    inode_put(cwd);
    if (len > 0 && (size_t)len > a[1])
        len = -ERANGE;
    if (len > 0 && uaccess_write(a[0], buf, (size_t)len))
        len = -EFAULT;
    kfree(buf);
    return len;
}

/* Takes dir over. */
static int change_cwd(struct inode *dir)
{
    if (!inode_is_dir(dir)) {
        inode_put(dir);
        return -ENOTDIR;
    }
    process_set_cwd(dir);
    return 0;
}

int64_t sys_chdir(const uint64_t *a)
{
    struct inode *dir;
    int           err = args_lookup(AT_FDCWD, a[0], 0, &dir);
    return err ? err : change_cwd(dir);
}

int64_t sys_fchdir(const uint64_t *a)
{
    struct file *f = args_file((int)a[0]);
    if (!f)
        return -EBADF;
    int err = f->inode ? change_cwd(inode_get(f->inode)) : -ENOTDIR;
    file_put(f);
    return err;
}

/* For all paths of the process, with a leading slash or with ".."; its working directory stays. */
int64_t sys_chroot(const uint64_t *a)
{
    struct inode *dir;
    int           err = args_lookup(AT_FDCWD, a[0], 0, &dir);
    if (err)
        return err;
    if (!inode_is_dir(dir))
        err = -ENOTDIR;
    else if (!cred_privileged())
        err = -EPERM;
    else
        vfs_set_top(dir);
    inode_put(dir);
    return err;
}

int64_t sys_umask(const uint64_t *a)
{
    spinlock_acquire(&the_process.lock);
    unsigned old = the_process.umask;
    the_process.umask = (unsigned)a[0] & 0777;
    spinlock_release(&the_process.lock);
    return old;
}

/* --- directory entries ------------------------------------------------------------------- */

/* Receives entries and stores them in the program's buffer. */
struct dents {
    struct dir_sink sink;
    vaddr_t         buf;
    size_t          size, used;
    int             error; /* why it stopped */
};

static int store_dent(struct dents *d, const char *name, size_t len, size_t reclen,
                      const struct abi_dirent64 *head)
{
    char bytes[offsetof(struct abi_dirent64, d_name) + VFS_NAME_MAX + 8] = {0};
    memcpy(bytes, head, offsetof(struct abi_dirent64, d_name));
    memcpy(bytes + offsetof(struct abi_dirent64, d_name), name, len);
    return uaccess_write(d->buf + d->used, bytes, reclen);
}

static bool emit_dent(struct dir_sink *sink, const char *name, size_t len, uint64_t ino,
                      unsigned type, uint64_t next)
{
    struct dents *d = container_of(sink, struct dents, sink);
    size_t reclen = ALIGN_UP(offsetof(struct abi_dirent64, d_name) + len + 1, sizeof(uint64_t));
    struct abi_dirent64 head = {.d_ino = ino,
                                .d_off = (int64_t)next,
                                .d_reclen = (uint16_t)reclen,
                                .d_type = (uint8_t)type};

    if (reclen > d->size - d->used)
        d->error = -EINVAL; /* Linux's word for a buffer that takes not even one entry */
    else
        d->error = store_dent(d, name, len, reclen, &head);
    if (d->error)
        return false;
    d->used += reclen;
    return true;
}

int64_t sys_getdents64(const uint64_t *a)
{
    struct dents d = {.sink.emit = emit_dent, .buf = a[1], .size = (uint32_t)a[2]};
    struct file *f = args_file((int)a[0]);
    if (!f)
        return -EBADF;
    int err = file_readdir(f, &d.sink);
    file_put(f);
    if (d.used)
        return (int64_t)d.used;
    return err ? err : d.error;
}

/* --- file systems ------------------------------------------------------------------------ */

static int put_statfs(struct inode *inode, vaddr_t to)
{
    struct vfs_statfs fs;
    int               err = vfs_statfs(inode, &fs);
    if (err)
        return err;
    struct abi_statfs out = {
        .f_type = fs.type,
        .f_bsize = fs.bsize,
        .f_blocks = fs.blocks,
        .f_bfree = fs.bfree,
        .f_bavail = fs.bavail,
        .f_files = fs.files,
        .f_ffree = fs.ffree,
        .f_fsid = {(int32_t)fs.fsid, (int32_t)(fs.fsid >> 32)},
        .f_namelen = fs.namelen,
        .f_frsize = fs.bsize,
        .f_flags = ST_VALID | ST_RELATIME | (fs.read_only ? ST_RDONLY : 0),
    };
    return uaccess_write(to, &out, sizeof(out));
}

int64_t sys_statfs(const uint64_t *a)
{
    struct inode *inode;
    int           err = args_lookup(AT_FDCWD, a[0], 0, &inode);
    if (err)
        return err;
    err = put_statfs(inode, a[1]);
    inode_put(inode);
    return err;
}

int64_t sys_fstatfs(const uint64_t *a)
{
    struct file *f = args_file((int)a[0]);
    if (!f)
        return -EBADF;
    int err = f->inode ? put_statfs(f->inode, a[1]) : -ENOSYS;
    file_put(f);
    return err;
}
