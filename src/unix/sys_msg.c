/* SPDX-License-Identifier: Apache-2.0 */
/* sys_msg.c - System V's messages: queues of texts, each of which has a type by which it can be asked for.
 * The lock is ipc_lock; a text is copied from and to the program without it. */
#include <sys/queue.h>

#include "kernel/heap.h"
#include "kernel/uaccess.h"
#include "kernel/waitq.h"
#include "lib/errno.h"
#include "unix/cred.h"
#include "unix/ipc.h"
#include "unix/process.h"
#include "unix/signal.h"
#include "unix/syscall.h"

#define MSG_STAT     11
#define MSG_INFO     12
#define MSG_STAT_ANY 13

#define MSG_NOERROR 010000
#define MSG_EXCEPT  020000
#define MSG_COPY    040000

struct msg {
    TAILQ_ENTRY(msg) link;
    int64_t type;
    size_t  size;
    char    text[];
};

struct msgq {
    struct ipc_object obj;
    int64_t           stime, rtime;
    uint64_t          bytes, n, max_bytes;
    int32_t           sender, receiver;
    TAILQ_HEAD(, msg) msgs;
    struct waitq senders, receivers;
};

struct abi_msqid_ds {
    struct abi_ipc_perm perm;
    int64_t             stime, rtime, ctime;
    uint64_t            cbytes, qnum, qbytes;
    int32_t             lspid, lrpid;
    uint64_t            unused[2];
};
_Static_assert(sizeof(struct abi_msqid_ds) == 120, "asm-generic/msgbuf.h");

struct abi_msginfo {
    int32_t  msgpool, msgmap, msgmax, msgmnb, msgmni, msgssz, msgtql;
    uint16_t msgseg;
};

static uint64_t total_bytes, total_msgs;

static struct msgq *queue_of(struct ipc_object *obj)
{
    return container_of(obj, struct msgq, obj);
}

/* --- queues ---------------------------------------------------------------------------------- */

static int msgq_check(const struct ipc_object *obj, size_t size)
{
    (void)obj;
    (void)size;
    return 0;
}

static int msgq_create(size_t size, struct ipc_object **out)
{
    struct msgq *q = kzalloc(sizeof(*q));
    (void)size;
    if (!q)
        return -ENOMEM;
    q->max_bytes = IPC_MSG_MNB;
    TAILQ_INIT(&q->msgs);
    waitq_init(&q->senders);
    waitq_init(&q->receivers);
    *out = &q->obj;
    return 0;
}

static void msgq_destroy(struct ipc_object *obj)
{
    struct msg *m;

    while ((m = TAILQ_FIRST(&queue_of(obj)->msgs))) {
        TAILQ_REMOVE(&queue_of(obj)->msgs, m, link);
        kfree(m);
    }
    kfree(queue_of(obj));
}

static struct ipc_kind kind = {
    .max = IPC_MSG_MNI, .check = msgq_check, .create = msgq_create, .last = -1};

int64_t sys_msgget(const uint64_t *a)
{
    return ipc_get(&kind, (int32_t)a[0], (unsigned)a[1], 0);
}

/* Sleep on w until something changed. The queue may be gone then: -EIDRM. */
static int sleep(struct msgq *q, struct waitq *w, struct ipc_object **gone)
{
    q->obj.refs++;
    int  err = waitq_sleep_until(w, &ipc_lock, WAIT_FOREVER, true);
    bool removed = q->obj.removed;
    *gone = ipc_put(&q->obj);
    return removed ? -EIDRM : err == -EINTR ? -ERESTARTNOHAND : 0;
}

/* --- sending --------------------------------------------------------------------------------- */

static bool has_room(const struct msgq *q, size_t size)
{
    return q->bytes + size <= q->max_bytes && q->n + 1 <= q->max_bytes;
}

static void append(struct msgq *q, struct msg *m)
{
    TAILQ_INSERT_TAIL(&q->msgs, m, link);
    q->bytes += m->size;
    q->n++;
    total_bytes += m->size;
    total_msgs++;
    q->sender = PROCESS_PID;
    q->stime = ipc_now();
    waitq_wake_all(&q->receivers);
}

static int send(int id, struct msg *m, bool wait, struct ipc_object **gone)
{
    struct ipc_object *obj;
    int                err = 0;

    while (!err) {
        err = ipc_find_for(&kind, id, IPC_WRITE, &obj);
        if (err)
            break;
        if (has_room(queue_of(obj), m->size)) {
            append(queue_of(obj), m);
            break;
        }
        err = wait ? sleep(queue_of(obj), &queue_of(obj)->senders, gone) : -EAGAIN;
    }
    return err;
}

int64_t sys_msgsnd(const uint64_t *a)
{
    struct ipc_object *gone = NULL;
    int64_t            type;
    int                id = (int)a[0];
    size_t             size = a[2];
    if (uaccess_read(&type, a[1], sizeof(type)))
        return -EFAULT;
    if (size > IPC_MSG_MAX || id < 0 || type < 1)
        return -EINVAL;
    struct msg *m = kmalloc(sizeof(*m) + size);
    if (!m)
        return -ENOMEM;
    m->type = type;
    m->size = size;
    int err = uaccess_read(m->text, a[1] + sizeof(type), size);
    if (!err) {
        spinlock_acquire(&ipc_lock);
        err = send(id, m, !(a[3] & IPC_NOWAIT), &gone);
        spinlock_release(&ipc_lock);
    }
    if (err)
        kfree(m);
    if (gone)
        msgq_destroy(gone);
    return err;
}

/* --- receiving ------------------------------------------------------------------------------- */

struct wish {
    int64_t  type; /* 0: any; negative: the lowest up to that */
    unsigned flags;
    size_t   room;
};

static bool matches(const struct msg *m, const struct wish *w)
{
    if (w->type == 0)
        return true;
    if (w->type < 0)
        return w->type == INT64_MIN || m->type <= -w->type;
    return (m->type == w->type) != !!(w->flags & MSG_EXCEPT);
}

/* The message that w is after, or for MSG_COPY the one in that place; NULL: there is none. */
static struct msg *choose(const struct msgq *q, const struct wish *w)
{
    struct msg *m, *best = NULL;
    int64_t     place = 0;

    TAILQ_FOREACH(m, &q->msgs, link) {
        if (w->flags & MSG_COPY ? place++ != w->type : !matches(m, w))
            continue;
        if (!best || m->type < best->type)
            best = m;
        if (w->type >= 0)
            break;
    }
    return best;
}

static void remove_msg(struct msgq *q, struct msg *m)
{
    TAILQ_REMOVE(&q->msgs, m, link);
    q->bytes -= m->size;
    q->n--;
    total_bytes -= m->size;
    total_msgs--;
    q->receiver = PROCESS_PID;
    q->rtime = ipc_now();
    waitq_wake_all(&q->senders);
}

static int copy_of(const struct msg *m, struct msg **out)
{
    struct msg *copy = kmalloc(sizeof(*copy) + m->size);
    if (!copy)
        return -ENOMEM;
    __builtin_memcpy(copy, m, sizeof(*m) + m->size);
    *out = copy;
    return 0;
}

/* 1: there is none. */
static int take(struct msgq *q, const struct wish *w, struct msg **out)
{
    struct msg *m = choose(q, w);
    if (!m)
        return 1;
    if (m->size > w->room && !(w->flags & MSG_NOERROR))
        return -E2BIG;
    if (w->flags & MSG_COPY)
        return copy_of(m, out);
    remove_msg(q, m);
    *out = m;
    return 0;
}

static int receive(int id, const struct wish *w, struct msg **out, struct ipc_object **gone)
{
    struct ipc_object *obj;
    int                err;

    for (;;) {
        err = ipc_find_for(&kind, id, IPC_READ, &obj);
        if (!err)
            err = take(queue_of(obj), w, out);
        if (err <= 0)
            return err;
        if (w->flags & IPC_NOWAIT)
            return -ENOMSG;
        err = sleep(queue_of(obj), &queue_of(obj)->receivers, gone);
        if (err)
            return err;
    }
}

static int64_t give(struct msg *m, vaddr_t to, size_t room)
{
    size_t size = size_min(m->size, room);
    bool   failed = uaccess_write(to, &m->type, sizeof(m->type)) ||
                  uaccess_write(to + sizeof(m->type), m->text, size);

    kfree(m);
    return failed ? -EFAULT : (int64_t)size;
}

int64_t sys_msgrcv(const uint64_t *a)
{
    struct ipc_object *gone = NULL;
    struct wish        w = {.type = (int64_t)a[3], .flags = (unsigned)a[4], .room = a[2]};
    struct msg        *m = NULL;
    if ((int)a[0] < 0 || (int64_t)w.room < 0)
        return -EINVAL;
    if (w.flags & MSG_COPY && (w.flags & MSG_EXCEPT || !(w.flags & IPC_NOWAIT)))
        return -EINVAL;
    spinlock_acquire(&ipc_lock);
    int err = receive((int)a[0], &w, &m, &gone);
    spinlock_release(&ipc_lock);
    if (gone)
        msgq_destroy(gone);
    return err ? err : give(m, a[1], w.room);
}

/* --- control --------------------------------------------------------------------------------- */

static int remove_queue(int id, struct ipc_object **gone)
{
    struct ipc_object *obj;
    int                err = ipc_find_own(&kind, id, &obj);
    if (err)
        return err;
    struct msgq *q = queue_of(obj);
    ipc_unlist(&kind, obj);
    total_bytes -= q->bytes;
    total_msgs -= q->n;
    waitq_wake_all(&q->senders);
    waitq_wake_all(&q->receivers);
    *gone = ipc_put(obj);
    return 0;
}

static int set(int id, const struct abi_msqid_ds *ds)
{
    struct ipc_object *obj;
    int                err = ipc_find_own(&kind, id, &obj);
    if (!err && ds->qbytes > IPC_MSG_MNB && !cred_privileged())
        err = -EPERM;
    if (err)
        return err;
    ipc_set_perm(obj, &ds->perm);
    queue_of(obj)->max_bytes = ds->qbytes;
    waitq_wake_all(&queue_of(obj)->senders);
    return 0;
}

static int change(int id, int cmd, vaddr_t va)
{
    struct abi_msqid_ds ds;
    struct ipc_object  *gone = NULL;
    if (cmd == IPC_SET && uaccess_read(&ds, va, sizeof(ds)))
        return -EFAULT;
    spinlock_acquire(&ipc_lock);
    int err = cmd == IPC_SET ? set(id, &ds) : remove_queue(id, &gone);
    spinlock_release(&ipc_lock);
    if (gone)
        msgq_destroy(gone);
    return err;
}

static int stat(int id, int cmd, vaddr_t va)
{
    struct abi_msqid_ds ds = {.qnum = 0};
    struct ipc_object  *obj;

    spinlock_acquire(&ipc_lock);
    int err = ipc_find(&kind, id, cmd != IPC_STAT, &obj);
    if (!err && cmd != MSG_STAT_ANY)
        err = ipc_find_for(&kind, obj->id, IPC_READ, &obj);
    int result = err ? err : cmd == IPC_STAT ? 0 : obj->id;
    if (!err) {
        const struct msgq *q = queue_of(obj);
        ipc_get_perm(obj, &ds.perm);
        ds.stime = q->stime;
        ds.rtime = q->rtime;
        ds.ctime = obj->ctime;
        ds.cbytes = q->bytes;
        ds.qnum = q->n;
        ds.qbytes = q->max_bytes;
        ds.lspid = q->sender;
        ds.lrpid = q->receiver;
    }
    spinlock_release(&ipc_lock);
    return !err && uaccess_write(va, &ds, sizeof(ds)) ? -EFAULT : result;
}

static int info(int cmd, vaddr_t va)
{
    /* Of segments and pools nothing has depended for long: the numbers are what Linux still tells. */
    struct abi_msginfo out = {IPC_MSG_MNI * IPC_MSG_MNB / 1024,
                              IPC_MSG_MNB,
                              IPC_MSG_MAX,
                              IPC_MSG_MNB,
                              IPC_MSG_MNI,
                              16,
                              IPC_MSG_MNB,
                              0xffff};
    spinlock_acquire(&ipc_lock);
    int max = ipc_max_index(&kind);
    if (cmd == MSG_INFO) {
        out.msgpool = (int32_t)kind.used;
        out.msgmap = (int32_t)total_msgs;
        out.msgtql = (int32_t)total_bytes;
    }
    spinlock_release(&ipc_lock);
    return uaccess_write(va, &out, sizeof(out)) ? -EFAULT : max;
}

int64_t sys_msgctl(const uint64_t *a)
{
    int id = (int)a[0], cmd = (int)a[1];
    if (id < 0 || cmd < 0)
        return -EINVAL;
    switch (cmd) {
    case IPC_INFO:
    case MSG_INFO:
        return info(cmd, a[2]);
    case IPC_STAT:
    case MSG_STAT:
    case MSG_STAT_ANY:
        return stat(id, cmd, a[2]);
    case IPC_SET:
    case IPC_RMID:
        return change(id, cmd, a[2]);
    default:
        return -EINVAL;
    }
}

static void show_line(struct pseudo_text *t, const struct ipc_object *obj)
{
    const struct msgq *q = container_of(obj, const struct msgq, obj);

    pseudo_printf(t, "%10d %10d  %4o  %10lu %10lu %5d %5d %5u %5u %5u %5u %10ld %10ld %10ld\n",
                  obj->key, obj->id, obj->mode, (unsigned long)q->bytes, (unsigned long)q->n,
                  q->sender, q->receiver, obj->uid, obj->gid, obj->cuid, obj->cgid, (long)q->stime,
                  (long)q->rtime, (long)obj->ctime);
}

int ipc_show_msg(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    ipc_show(&kind, t,
             "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  "
             "cgid      stime      rtime      ctime\n",
             show_line);
    return 0;
}
