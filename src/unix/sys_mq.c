/* SPDX-License-Identifier: Apache-2.0 */
/* sys_mq.c - POSIX message queues: files without a place in the tree, found by names of their own, from which
 * the most urgent message is taken first. A queue lives as long as it has its name or is open. One spinlock,
 * LOCK_FILELOCK, protects all; texts are copied from and to the program without it. */
#include <sys/queue.h>

#include "kernel/heap.h"
#include "kernel/pollq.h"
#include "kernel/time.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "unix/args.h"
#include "unix/cred.h"
#include "unix/process.h"
#include "unix/signal.h"
#include "unix/syscall.h"

#define QUEUES_MAX    256u
#define PRIORITIES    32768u
#define MSGS_MAX      65536l /* of one queue */
#define MSG_SIZE_MAX  (16l << 20)
#define MSGS_MAX_USER 10l /* without the right to more; also what a queue has if nobody says */
#define MSG_SIZE_USER 8192l
#define OVERHEAD      96u /* bytes that a message counts besides its own */
#define SI_MESGQ      (-3)
#define COOKIE_SIZE   32

struct mq_msg {
    TAILQ_ENTRY(mq_msg) link;
    unsigned priority;
    size_t   size;
    char     text[];
};

struct mq {
    LIST_ENTRY(mq) link;
    bool         named; /* is listed */
    char         name[VFS_NAME_MAX + 1];
    uint32_t     mode, uid, gid;
    uint64_t     ino;
    long         maxmsg, msgsize; /* constant */
    struct pollq pollers;
    /* lock protects: */
    unsigned refs; /* open files */
    long     n;
    uint64_t bytes;
    unsigned receiving;               /* who waits for a message */
    TAILQ_HEAD(mq_msgs, mq_msg) msgs; /* most urgent first */
    struct waitq senders, receivers;
    bool         notify; /* somebody wants to be told */
    int          how, signo;
    uint64_t     value;
};

struct abi_mq_attr {
    int64_t flags, maxmsg, msgsize, curmsgs, reserved[4];
};

static struct spinlock lock = SPINLOCK_INIT(LOCK_FILELOCK, "mqueue");
/* lock protects: */
static LIST_HEAD(, mq) queues = LIST_HEAD_INITIALIZER(queues);
static unsigned nqueues;
static uint64_t used_bytes, last_ino;

static const struct file_ops mq_ops;

/* --- queues ---------------------------------------------------------------------------------- */

static struct mq *find(const char *name)
{
    struct mq *q;

    LIST_FOREACH(q, &queues, link)
        if (strcmp(q->name, name) == 0)
            return q;
    return NULL;
}

static uint64_t cost(const struct mq *q)
{
    return (uint64_t)q->maxmsg * ((uint64_t)q->msgsize + OVERHEAD);
}

static bool is_unused(const struct mq *q)
{
    return !q->named && q->refs == 0;
}

static void destroy(struct mq *q)
{
    struct mq_msg *m;

    while ((m = TAILQ_FIRST(&q->msgs))) {
        TAILQ_REMOVE(&q->msgs, m, link);
        kfree(m);
    }
    kfree(q);
}

/* Its name goes, or an open file of it; NULL: the other is still there. The lock is held. */
static struct mq *forget(struct mq *q)
{
    if (!is_unused(q))
        return NULL;
    nqueues--;
    used_bytes -= cost(q);
    return q;
}

static int check_attr(const struct abi_mq_attr *attr)
{
    bool all = cred_privileged();
    if (attr->maxmsg <= 0 || attr->msgsize <= 0)
        return -EINVAL;
    return attr->maxmsg > (all ? MSGS_MAX : MSGS_MAX_USER) ||
                   attr->msgsize > (all ? MSG_SIZE_MAX : MSG_SIZE_USER)
               ? -EINVAL
               : 0;
}

static struct mq *mq_new(const char *name, unsigned mode, const struct abi_mq_attr *attr)
{
    struct mq *q = kzalloc(sizeof(*q));
    if (!q)
        return NULL;
    strlcpy(q->name, name, sizeof(q->name));
    q->mode = mode;
    q->uid = cred_users().files;
    q->gid = cred_groups().files;
    q->maxmsg = attr->maxmsg;
    q->msgsize = attr->msgsize;
    pollq_init(&q->pollers);
    TAILQ_INIT(&q->msgs);
    waitq_init(&q->senders);
    waitq_init(&q->receivers);
    return q;
}

/* Give fresh its name, if there is room for it. The lock is held. */
static int enlist(struct mq *fresh)
{
    if (nqueues >= QUEUES_MAX && !cred_privileged())
        return -ENOSPC;
    if (used_bytes + cost(fresh) > the_process.limits[RLIMIT_MSGQUEUE].cur)
        return -EMFILE;
    LIST_INSERT_HEAD(&queues, fresh, link);
    fresh->named = true;
    fresh->ino = ++last_ino;
    nqueues++;
    used_bytes += cost(fresh);
    return 0;
}

static int check_rights(const struct mq *q, unsigned flags)
{
    unsigned wanted = (flags & O_ACCMODE) == O_RDONLY ? 4 : (flags & O_ACCMODE) == O_WRONLY ? 2 : 6;
    unsigned granted = q->uid == cred_users().files    ? q->mode >> 6
                       : q->gid == cred_groups().files ? q->mode >> 3
                                                       : q->mode;
    return wanted & ~granted && !cred_privileged() ? -EACCES : 0;
}

/* The queue called name, fresh if there is none (NULL: it is not to be made). The lock is held. */
static int open_queue(const char *name, unsigned flags, struct mq *fresh, int wrong,
                      struct mq **out)
{
    struct mq *q = find(name);
    int        err = 0;
    if (q && flags & O_CREAT && flags & O_EXCL)
        return -EEXIST;
    if (q && (flags & O_ACCMODE) == O_ACCMODE)
        return -EINVAL;
    if (q)
        err = check_rights(q, flags);
    else if (!fresh)
        err = wrong;
    else
        err = enlist(q = fresh);
    if (err)
        return err;
    q->refs++;
    *out = q;
    return 0;
}

static int take_name(vaddr_t va, char name[VFS_NAME_MAX + 1])
{
    ssize_t len = uaccess_read_str(name, va, VFS_NAME_MAX + 1);
    if (len <= 0)
        return len ? (int)len : -ENOENT;
    if (memchr(name, '/', (size_t)len) || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return -EACCES;
    return 0;
}

static void release_queue(struct mq *q)
{
    spinlock_acquire(&lock);
    q->refs--;
    q = forget(q);
    spinlock_release(&lock);
    if (q)
        destroy(q);
}

int64_t sys_mq_open(const uint64_t *a)
{
    unsigned           flags = (unsigned)a[1];
    struct abi_mq_attr attr = {.maxmsg = MSGS_MAX_USER, .msgsize = MSG_SIZE_USER};
    char               name[VFS_NAME_MAX + 1];
    struct mq         *q = NULL, *fresh = NULL;
    int                wrong = flags & O_CREAT ? -ENOMEM : -ENOENT;
    if (a[3] && uaccess_read(&attr, a[3], sizeof(attr)))
        return -EFAULT;
    int err = take_name(a[0], name);
    if (!err)
        err = fd_check_room(&the_process.fds);
    if (err)
        return err;
    if (flags & O_CREAT && !(err = check_attr(&attr)))
        fresh = mq_new(name, (unsigned)a[2] & 0777 & ~the_process.umask, &attr);
    spinlock_acquire(&lock);
    err = open_queue(name, flags, fresh, err ? err : wrong, &q);
    spinlock_release(&lock);
    if (fresh && (err || q != fresh))
        destroy(fresh);
    if (err)
        return err;
    struct file *f = file_new(&mq_ops, q, flags & (O_ACCMODE | O_NONBLOCK));
    if (!f) {
        release_queue(q);
        return -ENOMEM;
    }
    f->seekable = f->has_position = true;
    return fd_install_or_put(f, true);
}

int64_t sys_mq_unlink(const uint64_t *a)
{
    char name[VFS_NAME_MAX + 1];
    int  err = take_name(a[0], name);
    if (err)
        return err;
    spinlock_acquire(&lock);
    struct mq *q = find(name), *gone = NULL;
    err = !q ? -ENOENT : q->uid != cred_users().files && !cred_privileged() ? -EPERM : 0;
    if (!err) {
        LIST_REMOVE(q, link);
        q->named = false;
        gone = forget(q);
    }
    spinlock_release(&lock);
    if (gone)
        destroy(gone);
    return err;
}

/* --- as a file ------------------------------------------------------------------------------- */

static unsigned mq_poll(struct file *f, struct pollq **pq)
{
    struct mq *q = f->private;
    if (pq)
        *pq = &q->pollers;
    spinlock_acquire(&lock);
    unsigned ready = (q->n ? POLLIN | POLLRDNORM : 0) |
                     (q->n < q->maxmsg ? POLLOUT | POLLWRNORM : 0);
    spinlock_release(&lock);
    return ready;
}

static ssize_t mq_read(struct file *f, struct iobuf *iob, uint64_t pos)
{
    struct mq *q = f->private;
    char       text[80];

    spinlock_acquire(&lock);
    size_t len = fmt_snprintf(
        text, sizeof(text), "QSIZE:%-10lu NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n",
        (unsigned long)q->bytes, q->notify ? q->how : 0,
        q->notify && q->how == SIGEV_SIGNAL ? q->signo : 0, q->notify ? PROCESS_PID : 0);
    spinlock_release(&lock);
    return pos < len ? iobuf_put(iob, text + pos, len - pos) : 0;
}

static void mq_getattr(struct file *f, struct vfs_attr *attr)
{
    const struct mq *q = f->private;

    attr->mode = S_IFREG | q->mode;
    attr->uid = q->uid;
    attr->gid = q->gid;
    attr->ino = q->ino;
    attr->dev = vfs_mkdev(0, 15);
    attr->size = 80;
}

static void mq_release(struct file *f)
{
    struct mq *q = f->private;

    spinlock_acquire(&lock);
    q->notify = false;
    spinlock_release(&lock);
    release_queue(q);
}

static const struct file_ops mq_ops = {
    .read = mq_read,
    .poll = mq_poll,
    .getattr = mq_getattr,
    .release = mq_release,
    .label = "/dev/mqueue",
};

/* --- messages -------------------------------------------------------------------------------- */

/* The queue behind fd, which is open for that; NULL: -EBADF. */
static struct mq *queue_of(int fd, bool write, struct file **f)
{
    *f = args_file(fd);
    if (!*f)
        return NULL;
    if ((*f)->ops == &mq_ops && (write ? file_writable(*f) : file_readable(*f)))
        return (*f)->private;
    file_put(*f);
    return NULL;
}

/* An optional absolute time of the day. */
static int wall_deadline(vaddr_t va, uint64_t *deadline)
{
    uint64_t ns, now = time_wall_ns();
    *deadline = WAIT_FOREVER;
    int err = va ? args_timespec(va, &ns) : 0;
    if (va && !err)
        *deadline = time_ns_to_deadline(ns > now ? ns - now : 0);
    return err;
}

/* What is to be told outside of the lock. */
struct telling {
    bool               wanted;
    int                signo;
    struct signal_info info;
};

static void insert(struct mq *q, struct mq_msg *m, struct telling *t)
{
    struct mq_msg *after = TAILQ_LAST(&q->msgs, mq_msgs);

    while (after && after->priority < m->priority)
        after = TAILQ_PREV(after, mq_msgs, link);
    if (after)
        TAILQ_INSERT_AFTER(&q->msgs, after, m, link);
    else
        TAILQ_INSERT_HEAD(&q->msgs, m, link);
    q->bytes += m->size;
    q->n++;
    waitq_wake_one(&q->receivers);
    if (!q->notify || q->n != 1 || q->receiving)
        return;
    q->notify = false; /* told once */
    *t = (struct telling){
        .wanted = q->how == SIGEV_SIGNAL && q->signo,
        .signo = q->signo,
        .info = {.code = SI_MESGQ, .pid = PROCESS_PID, .uid = cred_uid(), .value = q->value}};
}

static int send(struct file *f, struct mq *q, struct mq_msg *m, uint64_t deadline)
{
    struct telling t = {.wanted = false};
    int            err = 0;

    spinlock_acquire(&lock);
    while (!err && q->n == q->maxmsg)
        err = atomic_load(&f->flags) & O_NONBLOCK
                  ? -EAGAIN
                  : waitq_sleep_until(&q->senders, &lock, deadline, true);
    if (q->n < q->maxmsg) {
        err = 0;
        insert(q, m, &t);
    }
    spinlock_release(&lock);
    if (!err)
        pollq_notify(&q->pollers, POLLIN | POLLRDNORM);
    if (t.wanted)
        signal_send_process(t.signo, &t.info);
    return err == -EINTR ? -ERESTARTSYS : err;
}

static struct mq_msg *take(struct mq *q)
{
    struct mq_msg *m = TAILQ_FIRST(&q->msgs);

    TAILQ_REMOVE(&q->msgs, m, link);
    q->bytes -= m->size;
    q->n--;
    waitq_wake_one(&q->senders);
    return m;
}

static int receive(struct file *f, struct mq *q, uint64_t deadline, struct mq_msg **out)
{
    int err = 0;

    spinlock_acquire(&lock);
    q->receiving++;
    while (!err && q->n == 0)
        err = atomic_load(&f->flags) & O_NONBLOCK
                  ? -EAGAIN
                  : waitq_sleep_until(&q->receivers, &lock, deadline, true);
    q->receiving--;
    if (q->n) {
        err = 0;
        *out = take(q);
    }
    spinlock_release(&lock);
    if (!err)
        pollq_notify(&q->pollers, POLLOUT | POLLWRNORM);
    return err == -EINTR ? -ERESTARTSYS : err;
}

int64_t sys_mq_timedsend(const uint64_t *a)
{
    uint64_t     deadline;
    struct file *f;
    size_t       size = a[2];
    int          err = wall_deadline(a[4], &deadline);
    if (err)
        return err;
    if ((unsigned)a[3] >= PRIORITIES)
        return -EINVAL;
    struct mq *q = queue_of((int)a[0], true, &f);
    if (!q)
        return -EBADF;
    struct mq_msg *m = size <= (size_t)q->msgsize ? kmalloc(sizeof(*m) + size) : NULL;
    if (!m) {
        err = size > (size_t)q->msgsize ? -EMSGSIZE : -ENOMEM;
    } else {
        m->priority = (unsigned)a[3];
        m->size = size;
        err = uaccess_read(m->text, a[1], size);
        if (!err)
            err = send(f, q, m, deadline);
    }
    if (err)
        kfree(m);
    file_put(f);
    return err;
}

static int64_t give(struct mq_msg *m, vaddr_t to, vaddr_t priority)
{
    int64_t size = (int64_t)m->size;
    bool    failed = (priority && uaccess_write(priority, &m->priority, sizeof(m->priority))) ||
                  uaccess_write(to, m->text, m->size);

    kfree(m);
    return failed ? -EFAULT : size;
}

int64_t sys_mq_timedreceive(const uint64_t *a)
{
    uint64_t       deadline;
    struct file   *f;
    struct mq_msg *m = NULL;
    int            err = wall_deadline(a[4], &deadline);
    if (err)
        return err;
    struct mq *q = queue_of((int)a[0], false, &f);
    if (!q)
        return -EBADF;
    err = a[2] < (size_t)q->msgsize ? -EMSGSIZE : receive(f, q, deadline, &m);
    file_put(f);
    return err ? err : give(m, a[1], a[3]);
}

/* --- notification and attributes ------------------------------------------------------------- */

static struct mq *any_queue(int fd, struct file **f)
{
    *f = args_file(fd);
    if (*f && (*f)->ops == &mq_ops)
        return (*f)->private;
    file_put(*f);
    return NULL;
}

static int check_event(const struct abi_sigevent *ev)
{
    char cookie[COOKIE_SIZE];
    if (ev->sigev_notify != SIGEV_NONE && ev->sigev_notify != SIGEV_SIGNAL &&
        ev->sigev_notify != SIGEV_THREAD)
        return -EINVAL;
    if (ev->sigev_notify == SIGEV_SIGNAL && (unsigned)ev->sigev_signo > NSIG)
        return -EINVAL;
    if (ev->sigev_notify != SIGEV_THREAD)
        return 0;
    /* It is told through a socket of a family that there is not. */
    if (uaccess_read(cookie, ev->sigev_value, sizeof(cookie)))
        return -EFAULT;
    struct file *f = args_file(ev->sigev_signo);
    file_put(f);
    return f ? -ENOTSOCK : -EBADF;
}

int64_t sys_mq_notify(const uint64_t *a)
{
    struct abi_sigevent ev = {.sigev_notify = SIGEV_NONE};
    struct file        *f;
    if (a[1] && uaccess_read(&ev, a[1], sizeof(ev)))
        return -EFAULT;
    int err = a[1] ? check_event(&ev) : 0;
    if (err)
        return err;
    struct mq *q = any_queue((int)a[0], &f);
    if (!q)
        return -EBADF;
    spinlock_acquire(&lock);
    if (a[1] && q->notify)
        err = -EBUSY;
    else
        q->notify = a[1] != 0;
    if (!err) {
        q->how = ev.sigev_notify;
        q->signo = ev.sigev_signo;
        q->value = ev.sigev_value;
    }
    spinlock_release(&lock);
    file_put(f);
    return err;
}

int64_t sys_mq_getsetattr(const uint64_t *a)
{
    struct abi_mq_attr new = {.flags = 0}, old = {.flags = 0};
    struct file *f;
    if (a[1] && uaccess_read(&new, a[1], sizeof(new)))
        return -EFAULT;
    if (new.flags & ~(int64_t)O_NONBLOCK)
        return -EINVAL;
    struct mq *q = any_queue((int)a[0], &f);
    if (!q)
        return -EBADF;
    spinlock_acquire(&lock);
    old.curmsgs = q->n;
    spinlock_release(&lock);
    old.maxmsg = q->maxmsg;
    old.msgsize = q->msgsize;
    old.flags = atomic_load(&f->flags) & O_NONBLOCK;
    if (a[1] && new.flags)
        atomic_fetch_or(&f->flags, O_NONBLOCK);
    else if (a[1])
        atomic_fetch_and(&f->flags, ~(unsigned)O_NONBLOCK);
    file_put(f);
    return a[2] ? uaccess_write(a[2], &old, sizeof(old)) : 0;
}
