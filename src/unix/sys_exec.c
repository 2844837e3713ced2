/* SPDX-License-Identifier: Apache-2.0 */
/* sys_exec.c - execve and execveat: another program in the place of the one that runs.
 *
 * Everything that the new program needs is taken out of the old one's memory, found and examined first:
 * until then the call can fail. Then all other threads end, and the address space, which stays the same
 * object, is emptied and filled anew. What fails from there on ends the process, as there is no program left to
 * tell it to.
 */
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "unix/admin.h"
#include "unix/args.h"
#include "unix/cred.h"
#include "unix/exec.h"
#include "unix/futex.h"
#include "unix/posix_timer.h"
#include "unix/process.h"
#include "unix/signal.h"
#include "unix/syscall.h"

#define STRINGS_LEAST ((size_t)128 << 10) /* bytes: whatever the stack's limit */
#define STRINGS_MOST  ((size_t)6 << 20)
#define FD_PATH_ROOM  32u /* "/dev/fd/", a number, a slash, NUL */

/* --- arguments and environment -------------------------------------------------------------- */

/* Strings that are taken over one by one. */
struct strings {
    char    *bytes; /* of the heap */
    size_t   len, room;
    unsigned count;
};

static struct strlist list_of(const struct strings *s)
{
    return (struct strlist){.bytes = s->bytes, .len = s->len, .count = s->count};
}

static int grow(struct strings *s)
{
    size_t room = s->room ? 2 * s->room : 1024;
    char  *bytes = kmalloc(room);
    if (!bytes)
        return -ENOMEM;
    if (s->len)
        memcpy(bytes, s->bytes, s->len);
    kfree(s->bytes);
    s->bytes = bytes;
    s->room = room;
    return 0;
}

/* *left: how many bytes there may be yet. */
static int add_string(struct strings *s, vaddr_t va, size_t *left)
{
    for (;;) {
        size_t  max = size_min(s->room - s->len, EXEC_STRING_MAX);
        ssize_t n = max ? uaccess_read_str(s->bytes + s->len, va, max) : -ENAMETOOLONG;
        if (n >= 0 && (size_t)n < *left) {
            *left -= (size_t)n + 1;
            s->len += (size_t)n + 1;
            s->count++;
            return 0;
        }
        if (n >= 0 || (n == -ENAMETOOLONG && max == EXEC_STRING_MAX))
            return -E2BIG;
        int err = n == -ENAMETOOLONG ? grow(s) : (int)n;
        if (err)
            return err;
    }
}

/* The strings that an array of pointers at va names, up to the one that is NULL; va 0: none. */
static int add_strings(struct strings *s, vaddr_t va, size_t *left)
{
    uint64_t string;
    int      err = 0;
    for (; va && !err; va += sizeof(string)) {
        if (uaccess_read(&string, va, sizeof(string)))
            return -EFAULT;
        if (!string)
            break;
        if (*left < sizeof(string))
            return -E2BIG;
        *left -= sizeof(string);
        err = add_string(s, string, left);
    }
    return err;
}

/* A program without arguments finds one that is empty. */
static int add_empty(struct strings *s)
{
    int err = s->room ? 0 : grow(s);
    if (!err) {
        s->bytes[s->len++] = '\0';
        s->count++;
    }
    return err;
}

/* --- the call ------------------------------------------------------------------------------- */

struct exec_call {
    struct exec_request req;
    struct path_arg     path; /* .path NULL: the file behind dirfd itself */
    struct inode       *inode;
    char
        *fd_path; /* of the heap: what the program finds as its path that dirfd leads to; or NULL */
    char              *called; /* of the heap, VFS_PATH_MAX: the path by which the file is known */
    struct strings     args, env;
    struct exec_image *image;
};

static size_t strings_max(void)
{
    uint64_t limit = the_process.limits[RLIMIT_STACK].cur / 4;
    limit = limit < STRINGS_MOST ? limit : STRINGS_MOST;
    return limit < STRINGS_LEAST ? STRINGS_LEAST : limit;
}

/* What a descriptor leads to is found under it as long as it is open. */
static int name_by_fd(struct exec_call *c, int dirfd)
{
    const char *below = c->path.path ? c->path.path : "";
    size_t      size = strlen(below) + FD_PATH_ROOM;
    c->fd_path = kmalloc(size);
    if (!c->fd_path)
        return -ENOMEM;
    fmt_snprintf(c->fd_path, size, "/dev/fd/%d%s%s", dirfd, *below ? "/" : "", below);
    c->req.path = c->fd_path;
    c->req.unreachable = fd_get_cloexec(&the_process.fds, dirfd) == 1;
    return 0;
}

static int look_up(struct exec_call *c, int dirfd, unsigned flags)
{
    if (flags & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    if (!c->path.path) {
        int err = args_inode_of_fd(dirfd, &c->inode);
        return err == -ENOENT ? -EACCES : err; /* a pipe or the like */
    }
    return vfs_lookup(c->path.start, c->path.path, flags & AT_SYMLINK_NOFOLLOW ? VFS_NOFOLLOW : 0,
                      &c->inode);
}

static int find_file(struct exec_call *c, int dirfd, vaddr_t path, unsigned flags)
{
    bool by_fd = flags & AT_EMPTY_PATH && args_path_is_empty(path);
    int  err = by_fd ? 0 : args_path(dirfd, path, &c->path);
    if (!err)
        err = look_up(c, dirfd, flags);
    if (err)
        return err;
    if (inode_is_link(c->inode))
        return -ELOOP;
    if (!inode_is_regular(c->inode) || vfs_access(c->inode, X_OK))
        return -EACCES;
    c->req.inode = c->inode;
    c->req.path = by_fd ? "" : c->path.path;
    return dirfd == AT_FDCWD || c->req.path[0] == '/' ? 0 : name_by_fd(c, dirfd);
}

/* A path says itself what the thread will be called, a descriptor's file is asked. */
static int name_file(struct exec_call *c)
{
    c->called = kmalloc(VFS_PATH_MAX);
    if (!c->called)
        return -ENOMEM;
    if (c->path.path)
        strlcpy(c->called, c->path.path, VFS_PATH_MAX);
    else if (inode_describe(c->inode, c->called, VFS_PATH_MAX) < 0)
        strlcpy(c->called, c->req.path, VFS_PATH_MAX);
    return 0;
}

static int take_strings(struct exec_call *c, vaddr_t argv, vaddr_t envp)
{
    size_t left = strings_max();
    c->req.strings_max = left;
    int err = add_strings(&c->args, argv, &left);
    if (!err)
        err = add_strings(&c->env, envp, &left);
    if (!err && !c->args.count)
        err = add_empty(&c->args);
    c->req.args = list_of(&c->args);
    c->req.env = list_of(&c->env);
    return err;
}

static void release(struct exec_call *c)
{
    if (c->image)
        exec_close(c->image);
    if (c->path.path)
        args_path_put(&c->path);
    inode_put(c->req.cwd);
    inode_put(c->inode);
    kfree(c->fd_path);
    kfree(c->called);
    kfree(c->args.bytes);
    kfree(c->env.bytes);
    kfree(c);
}

/* --- from one program to the next ----------------------------------------------------------------- */

/* What the old program leaves behind, and the new one must not find. The caller is the only thread. */
static int leave_old(struct uthread *ut, struct exec_call *c)
{
    futex_abandon(ut->robust_list, ut->tid);
    ut->robust_list = ut->clear_child_tid = 0;
    aio_exec();
    int err = vmspace_clear(the_process.vmspace);
    posix_timer_delete_all();
    signal_forget_handlers(ut);
    ut->altstack = (struct abi_stack_t){.ss_flags = SS_DISABLE};
    ut->restart.go_on = NULL;
    fd_close_marked(&the_process.fds);
    prctl_exec();
    admin_exec();
    cred_exec(exec_inode(c->image));
    return err;
}

static void name_new(struct uthread *ut, struct exec_call *c)
{
    exec_leave(process_set_exe(exec_keep(c->image)));
    spinlock_acquire(&the_process.lock);
    memset(ut->thread->name, 0, sizeof(ut->thread->name));
    strlcpy(ut->thread->name, process_name_of(c->called), sizeof(ut->thread->name));
    spinlock_release(&the_process.lock);
}

/* Registers as at the start of any program; floating point, too. */
static void enter_new(struct thread *t, const struct exec_result *at)
{
    bool on = cpu_irq_save();
    memset(t->fp, 0, sizeof(*t->fp));
    cpu_fp_restore(t->fp);
    cpu_trapframe_init(t->tf, at->entry, at->sp);
    t->tf->dom = PMAP_DOM_FIRST;
    cpu_irq_restore(on);
}

/* -EAGAIN: another thread was faster. */
static int replace(struct exec_call *c)
{
    struct uthread    *ut = uthread_self();
    struct exec_result at;
    int                err = process_end_others();
    if (err)
        return err;
    err = leave_old(ut, c);
    name_new(ut, c);
    if (!err)
        err = exec_map(the_process.vmspace, c->image, &at);
    if (err) {
        log_warn("%s: it cannot be loaded, and the program that wanted it is gone", c->req.path);
        process_killed(SIGSEGV);
    }
    the_process.places = at.places;
    enter_new(ut->thread, &at);
    return 0;
}

static int64_t exec(int dirfd, vaddr_t path, vaddr_t argv, vaddr_t envp, unsigned flags)
{
    struct exec_call *c = kzalloc(sizeof(*c));
    if (!c)
        return -ENOMEM;
    c->req.quiet = true;
    c->req.cwd = process_cwd();
    c->req.map_max = the_process.limits[RLIMIT_AS].cur;
    c->req.stack_max = the_process.limits[RLIMIT_STACK].cur;
    int err = find_file(c, dirfd, path, flags);
    if (!err)
        err = name_file(c);
    if (!err)
        err = take_strings(c, argv, envp);
    if (!err)
        err = exec_open(&c->req, &c->image);
    if (!err)
        err = replace(c);
    release(c);
    return err;
}

int64_t sys_execve(const uint64_t *a)
{
    return exec(AT_FDCWD, a[0], a[1], a[2], 0);
}

int64_t sys_execveat(const uint64_t *a)
{
    return exec((int)a[0], a[1], a[2], a[3], (unsigned)a[4]);
}
