/* SPDX-License-Identifier: Apache-2.0 */
/* epoll.h - files that stand for a set of watched files, and tell which of those are ready.
 *
 * Waiting costs what is ready, not what is watched. A watched file is named by the open file and the
 * descriptor that it was added by; it is forgotten when the last descriptor of the open file is
 * closed.
 */
#ifndef FS_EPOLL_H
#define FS_EPOLL_H

#include "fs/vfs.h"

/* As programs have it: riscv64 does not pack it. */
struct epoll_event {
    uint32_t events; /* POLL*, EPOLL* */
    uint32_t unused;
    uint64_t data; /* the program's own */
};
_Static_assert(sizeof(struct epoll_event) == 16, "linux/eventpoll.h");

int epoll_create(struct file **out); /* -ENOMEM */

extern const struct file_ops epoll_ops;

static inline bool epoll_is(const struct file *f)
{
    return f->ops == &epoll_ops;
}

/* All three: ep is one; f is another file, not a name only, which has the op poll. */

/* Watch f. -EEXIST, -ENOMEM; -ELOOP: f watches ep, or too many would watch one another in a row. */
int epoll_add(struct file *ep, struct file *f, int fd, const struct epoll_event *event);

/* -ENOENT: not watched; -EINVAL: it is watched exclusively. */
int epoll_modify(struct file *ep, struct file *f, int fd, const struct epoll_event *event);
int epoll_remove(struct file *ep, struct file *f, int fd); /* -ENOENT */

/* Wait until deadline (ticks; 0: not at all) for files to be ready, and store at most max events at va.
 * How many; 0: the deadline passed; -EINTR: thread_interrupt(); -EFAULT: not even one could be
 * stored. Those that were not stored are told the next time. max > 0. */
int epoll_wait(struct file *ep, vaddr_t va, unsigned max, uint64_t deadline);

#endif
