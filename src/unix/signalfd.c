/* SPDX-License-Identifier: Apache-2.0 */
/* signalfd.c - see signalfd.h.
 *
 * Which signals are pending depends on who asks: a thread sees its own and the process's. So all these files
 * share one queue of pollers, signal.c's, which is told of every signal, and each poller asks for itself.
 * Lock: the_process.lock, LOCK_PROCESS, which is taken before a pollq's.
 */
#include "unix/signalfd.h"

#include "kernel/heap.h"
#include "kernel/pollq.h"
#include "lib/errno.h"
#include "unix/signal.h"

struct signalfd {
    uint64_t set; /* protected by the_process.lock */
};

/* One signal, as a program reads it. */
struct signalfd_siginfo {
    uint32_t signo;
    int32_t  error;
    int32_t  code;
    uint32_t pid, uid;
    int32_t  fd;
    uint32_t tid; /* a timer's number */
    uint32_t band;
    uint32_t overrun;
    uint32_t trapno;
    int32_t  status;
    int32_t  sival_int;
    uint64_t sival_ptr;
    uint64_t utime, stime;
    uint64_t addr;
    uint8_t  unused[48];
};
_Static_assert(sizeof(struct signalfd_siginfo) == 128, "linux/signalfd.h");
_Static_assert(offsetof(struct signalfd_siginfo, addr) == 72, "linux/signalfd.h");

/* Codes from 1 on below SI_KERNEL are those of faults, whatever the signal is. */
static bool has_address(const struct signal_info *info)
{
    return info->code > SI_USER && info->code < SI_KERNEL;
}

static void fill(struct signalfd_siginfo *out, int sig, const struct signal_info *info)
{
    *out = (struct signalfd_siginfo){
        .signo = (uint32_t)sig, .error = info->error, .code = info->code};
    if (has_address(info)) {
        out->addr = info->value;
        return;
    }
    if (info->code == SI_TIMER) {
        out->tid = (uint32_t)info->pid;
        out->overrun = info->uid;
    } else {
        out->pid = (uint32_t)info->pid;
        out->uid = info->uid;
    }
    if (info->code < 0) {
        out->sival_ptr = info->value;
        out->sival_int = (int32_t)info->value;
    }
}

/* As many signals as there are and fit, but at least one. What cannot be stored is gone. */
static ssize_t signalfd_read(struct file *f, struct iobuf *iob, uint64_t pos)
{
    struct signalfd        *s = f->private;
    bool                    wait = !(atomic_load(&f->flags) & O_NONBLOCK);
    struct signalfd_siginfo record;
    struct signal_info      info;
    ssize_t                 done = 0, n = 0;
    (void)pos;
    if (iob->left < sizeof(record))
        return -EINVAL;
    while (iob->left >= sizeof(record)) {
        int sig = signal_read(uthread_self(), &s->set, wait && !done, &info);
        if (sig < 0)
            return done ? done : sig;
        fill(&record, sig, &info);
        n = iobuf_put(iob, &record, sizeof(record));
        if (n != sizeof(record))
            return done ? done : -EFAULT;
        done += n;
    }
    return done;
}

static unsigned signalfd_poll(struct file *f, struct pollq **q)
{
    struct signalfd *s = f->private;
    if (q)
        *q = signal_watchers();
    return signal_readable(uthread_self(), &s->set) ? POLLIN : 0;
}

static void signalfd_release(struct file *f)
{
    kfree(f->private);
}

static const struct file_ops signalfd_ops = {
    .read = signalfd_read,
    .poll = signalfd_poll,
    .getattr = file_getattr_anonymous,
    .release = signalfd_release,
    .label = "anon_inode:[signalfd]",
};

int signalfd_create(uint64_t set, unsigned flags, struct file **out)
{
    struct signalfd *s = kmalloc(sizeof(*s));
    if (!s)
        return -ENOMEM;
    s->set = set;
    signal_watchers(); /* from now on there are some */
    *out = file_new(&signalfd_ops, s, O_RDWR | flags);
    if (!*out)
        kfree(s);
    return *out ? 0 : -ENOMEM;
}

int signalfd_set(struct file *f, uint64_t set)
{
    struct signalfd *s = f->private;
    if (f->ops != &signalfd_ops)
        return -EINVAL;
    spinlock_acquire(&the_process.lock);
    s->set = set;
    signal_watch_changed();
    spinlock_release(&the_process.lock);
    return 0;
}
