/* SPDX-License-Identifier: Apache-2.0 */
/* sys_epoll.c - system calls on epolls, which are fs/epoll.c's. */
#include "fs/epoll.h"
#include "kernel/time.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/args.h"
#include "unix/process.h"
#include "unix/signal.h"
#include "unix/syscall.h"

#define EPOLL_CTL_ADD 1
#define EPOLL_CTL_DEL 2
#define EPOLL_CTL_MOD 3

/* What can be asked for together with EPOLLEXCLUSIVE. */
#define EXCLUSIVE_WITH \
    (POLLIN | POLLOUT | POLLERR | POLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)

#define MAX_EVENTS (INT32_MAX / (int)sizeof(struct epoll_event))

int64_t sys_epoll_create1(const uint64_t *a)
{
    struct file *f;
    unsigned     flags = (unsigned)a[0];
    if (flags & ~(unsigned)O_CLOEXEC)
        return -EINVAL;
    int err = epoll_create(&f);
    return err ? err : fd_install_or_put(f, flags & O_CLOEXEC);
}

/* --- control ------------------------------------------------------------------------------- */

static int check_exclusive(int op, const struct file *f, unsigned events)
{
    if (!(events & EPOLLEXCLUSIVE) || op == EPOLL_CTL_DEL)
        return 0;
    if (op == EPOLL_CTL_MOD)
        return -EINVAL;
    return op == EPOLL_CTL_ADD && (epoll_is(f) || events & ~EXCLUSIVE_WITH) ? -EINVAL : 0;
}

static int control(struct file *ep, int op, struct file *f, int fd, const struct epoll_event *event)
{
    if (!f->ops->poll)
        return -EPERM;
    if (ep == f || !epoll_is(ep))
        return -EINVAL;
    int err = check_exclusive(op, f, event->events);
    if (err)
        return err;
    switch (op) {
    case EPOLL_CTL_ADD:
        return epoll_add(ep, f, fd, event);
    case EPOLL_CTL_MOD:
        return epoll_modify(ep, f, fd, event);
    case EPOLL_CTL_DEL:
        return epoll_remove(ep, f, fd);
    default:
        return -EINVAL;
    }
}

int64_t sys_epoll_ctl(const uint64_t *a)
{
    struct epoll_event event = {.events = 0};
    int                op = (int)a[1], fd = (int)a[2];
    if (op != EPOLL_CTL_DEL && uaccess_read(&event, a[3], sizeof(event)))
        return -EFAULT;
    struct file *ep = args_usable_file((int)a[0]);
    if (!ep)
        return -EBADF;
    struct file *f = args_usable_file(fd);
    int          err = f ? control(ep, op, f, fd, &event) : -EBADF;
    file_put(f);
    file_put(ep);
    return err;
}

/* --- waiting ------------------------------------------------------------------------------- */

/* What interrupts a wait ends it, also a signal that another thread then took: Linux tells of that, too,
 * and it never starts the call anew. */
static int64_t wait_on(int fd, vaddr_t va, int max, uint64_t deadline)
{
    if (max <= 0 || max > MAX_EVENTS)
        return -EINVAL;
    if (!uaccess_range_ok(va, (size_t)max * sizeof(struct epoll_event)))
        return -EFAULT;
    struct fd_use ep = fd_use(&the_process.fds, fd);
    int           n = -EBADF;
    if (ep.file && !file_is_path(ep.file))
        n = epoll_is(ep.file) ? epoll_wait(ep.file, va, (unsigned)max, deadline) : -EINVAL;
    fd_used(ep);
    return n;
}

/* With the mask of a[4], a[5] in force; a signal that ends the call is handled under it. */
static __attribute__((noinline)) int64_t wait_masked(const uint64_t *a, uint64_t deadline)
{
    int err = args_swap_mask(a[4], a[5]);
    if (err)
        return err;
    int64_t n = wait_on((int)a[0], a[1], (int)a[2], deadline);
    if (n != -EINTR)
        signal_unswap_mask(uthread_self());
    return n;
}

static inline int64_t wait_until(const uint64_t *a, uint64_t deadline)
{
    return a[4] ? wait_masked(a, deadline) : wait_on((int)a[0], a[1], (int)a[2], deadline);
}

#define NS_PER_MS 1000000ul

static __attribute__((noinline)) int64_t wait_ms(const uint64_t *a, uint64_t ms)
{
    return wait_until(a, time_ns_to_deadline(ms * NS_PER_MS));
}

int64_t sys_epoll_pwait(const uint64_t *a)
{
    int ms = (int)a[3];
    if (ms > 0)
        return wait_ms(a, (uint64_t)ms);
    return wait_until(a, ms < 0 ? WAIT_FOREVER : 0);
}

int64_t sys_epoll_pwait2(const uint64_t *a)
{
    uint64_t deadline;
    int      err = args_timeout(a[3], &deadline);
    return err ? err : wait_until(a, deadline);
}
