/* SPDX-License-Identifier: Apache-2.0 */
/* proc_files.c - the program's files in /proc: its descriptors, the program itself, its directories. See
 * proc.h. The key is a descriptor's number.
 */
#include "kernel/heap.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "unix/proc.h"
#include "unix/process.h"

/* The size of the link of a descriptor, as Linux gives it. */
#define FD_LINK_SIZE 64

static struct file *file_of(uint64_t fd)
{
    return fd <= INT32_MAX ? fd_get(&the_process.fds, (int)fd) : NULL;
}

/* The first open descriptor from *n on. */
static bool next_fd(uint64_t key, uint64_t *n)
{
    uint64_t end = fd_table_size(&the_process.fds);
    (void)key;

    for (; *n < end; ++*n) {
        struct file *f = file_of(*n);
        file_put(f);
        if (f)
            return true;
    }
    return false;
}

/* --- fd -------------------------------------------------------------------------------------- */

static int text_fd(struct pseudo_text *t, uint64_t fd)
{
    struct file *f = file_of(fd);
    char        *buf = kmalloc(VFS_PATH_MAX);

    ssize_t len = !f ? -ENOENT : !buf ? -ENOMEM : file_describe(f, buf, VFS_PATH_MAX);
    if (len > 0)
        pseudo_put(t, buf, (size_t)len);
    kfree(buf);
    file_put(f);
    return len < 0 ? (int)len : 0;
}

static int follow_fd(uint64_t fd, struct pseudo_target *out)
{
    struct file *f = file_of(fd);
    if (!f)
        return -ENOENT;
    if (!f->inode) {
        out->file = f;
        return 0;
    }
    out->inode = inode_get(f->inode);
    file_put(f);
    return 0;
}

/* What the descriptor is open for. */
static uint32_t permissions_fd(uint64_t fd)
{
    struct file *f = file_of(fd);
    uint32_t     read = f && file_readable(f) ? 0500 : 0;
    uint32_t     write = f && file_writable(f) ? 0300 : 0;
    file_put(f);
    return read | write;
}

static const struct pseudo_entry fd_entry = {
    .mode = S_IFLNK,
    .size = FD_LINK_SIZE,
    .text = text_fd,
    .follow = follow_fd,
    .permissions = permissions_fd,
};

const struct pseudo_numbers proc_fds = {.entry = &fd_entry, .next = next_fd};

/* --- fdinfo ---------------------------------------------------------------------------------- */

static int show_fdinfo(struct pseudo_text *t, uint64_t fd)
{
    struct vfs_attr attr;
    struct file    *f = file_of(fd);
    if (!f)
        return -ENOENT;

    bool cloexec = fd_get_cloexec(&the_process.fds, (int)fd) == 1;
    file_stat(f, &attr);
    pseudo_printf(t, "pos:\t%lu\nflags:\t0%o\nmnt_id:\t%lu\nino:\t%lu\n", (unsigned long)f->pos,
                  atomic_load(&f->flags) | (cloexec ? O_CLOEXEC : 0), (unsigned long)attr.dev,
                  (unsigned long)attr.ino);
    file_put(f);
    return 0;
}

static const struct pseudo_entry fdinfo_entry = {.mode = S_IFREG | 0444, .show = show_fdinfo};

const struct pseudo_numbers proc_fdinfos = {.entry = &fdinfo_entry, .next = next_fd};

/* --- the program and its directories ------------------------------------------------------------ */

/* That of a program that was removed says so. */
int proc_text_exe(struct pseudo_text *t, uint64_t key)
{
    char *buf = kmalloc(VFS_PATH_MAX);
    (void)key;

    ssize_t len = buf ? inode_describe(the_process.exe, buf, VFS_PATH_MAX) : -ENOMEM;
    if (len > 0)
        pseudo_puts(t, buf);
    kfree(buf);
    return len < 0 ? (int)len : 0;
}

int proc_follow_exe(uint64_t key, struct pseudo_target *out)
{
    (void)key;
    out->inode = inode_get(the_process.exe);
    return 0;
}

int proc_text_cwd(struct pseudo_text *t, uint64_t key)
{
    struct inode *cwd = process_cwd();
    char         *buf = kmalloc(VFS_PATH_MAX);
    (void)key;

    ssize_t len = buf ? vfs_dir_path(cwd, buf, VFS_PATH_MAX) : -ENOMEM;
    if (len > 0)
        pseudo_puts(t, buf);
    else if (len == -ENOENT) /* nobody remembers what it was called */
        pseudo_puts(t, "/ (deleted)");
    kfree(buf);
    inode_put(cwd);
    return len == -ERANGE ? -ENAMETOOLONG : len < 0 && len != -ENOENT ? (int)len : 0;
}

int proc_follow_cwd(uint64_t key, struct pseudo_target *out)
{
    (void)key;
    out->inode = process_cwd();
    return 0;
}

int proc_text_root(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    pseudo_puts(t, "/");
    return 0;
}

int proc_follow_root(uint64_t key, struct pseudo_target *out)
{
    (void)key;
    out->inode = vfs_top_get();
    return 0;
}
