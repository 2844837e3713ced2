/* SPDX-License-Identifier: Apache-2.0 */
/* sys_sem.c - System V's semaphores: sets of counters on which several operations are done at once, or not
 * at all. What cannot be done now waits in a queue; each change of a set looks through it in its order, as
 * on Linux. What is undone at a process's end is counted, since a program can ask for too much of it, and
 * never done: with this process ends the machine. The lock is ipc_lock. */
#include <sys/queue.h>

#include "kernel/heap.h"
#include "kernel/uaccess.h"
#include "kernel/waitq.h"
#include "lib/errno.h"
#include "unix/args.h"
#include "unix/ipc.h"
#include "unix/process.h"
#include "unix/syscall.h"

#define GETPID       11
#define GETVAL       12
#define GETALL       13
#define GETNCNT      14
#define GETZCNT      15
#define SETVAL       16
#define SETALL       17
#define SEM_STAT     18
#define SEM_INFO     19
#define SEM_STAT_ANY 20
#define SEM_UNDO     0x1000

struct sembuf {
    uint16_t num;
    int16_t  op, flags;
};

struct semaphore {
    int32_t value, undo, pid;
};

struct pending {
    TAILQ_ENTRY(pending) link;
    struct sembuf       *ops;
    unsigned             nops;
    const struct sembuf *blocking; /* what cannot be done */
    int                  result;   /* 1: still waiting */
    struct waitq         waiters;
};

struct semset {
    struct ipc_object obj;
    int64_t           otime;
    unsigned          n;
    TAILQ_HEAD(, pending) queue;
    struct semaphore sems[];
};

struct abi_semid_ds {
    struct abi_ipc_perm perm;
    int64_t             otime, ctime;
    uint64_t            nsems, unused[2];
};
_Static_assert(sizeof(struct abi_semid_ds) == 88, "asm-generic/sembuf.h");

struct abi_seminfo {
    int32_t semmap, semmni, semmns, semmnu, semmsl, semopm, semume, semusz, semvmx, semaem;
};

static unsigned total; /* semaphores, all in all */

static struct semset *set_of(struct ipc_object *obj)
{
    return container_of(obj, struct semset, obj);
}

/* --- sets ------------------------------------------------------------------------------------ */

static int semset_check(const struct ipc_object *obj, size_t size)
{
    return size > container_of(obj, const struct semset, obj)->n ? -EINVAL : 0;
}

static int semset_create(size_t n, struct ipc_object **out)
{
    if (!n)
        return -EINVAL;
    struct semset *set = kzalloc(sizeof(*set) + n * sizeof(set->sems[0]));
    if (!set)
        return -ENOMEM;
    set->n = (unsigned)n;
    TAILQ_INIT(&set->queue);
    total += set->n;
    *out = &set->obj;
    return 0;
}

static void semset_destroy(struct ipc_object *obj)
{
    kfree(set_of(obj));
}

static struct ipc_kind kind = {
    .max = IPC_SEM_MNI, .check = semset_check, .create = semset_create, .last = -1};

int64_t sys_semget(const uint64_t *a)
{
    int n = (int)a[1];
    if (n < 0 || n > (int)IPC_SEM_MSL)
        return -EINVAL;
    return ipc_get(&kind, (int32_t)a[0], (unsigned)a[2], (size_t)n);
}

/* --- operations: the lock is held ------------------------------------------------------------ */

/* Apply op, or (by -1) take it back. */
static void apply(struct semset *set, const struct sembuf *op, int by)
{
    set->sems[op->num].value += by * op->op;
    if (op->flags & SEM_UNDO)
        set->sems[op->num].undo -= by * op->op;
}

/* 1: not now; 0: it can be done; -ERANGE. */
static int check_op(const struct semset *set, const struct sembuf *op)
{
    const struct semaphore *s = &set->sems[op->num];
    if ((op->op == 0 && s->value) || s->value + op->op < 0)
        return 1;
    int undo = s->undo - op->op;
    if (op->flags & SEM_UNDO && (undo < -IPC_SEM_VMX - 1 || undo > IPC_SEM_VMX))
        return -ERANGE;
    return s->value + op->op > IPC_SEM_VMX ? -ERANGE : 0;
}

/* All or nothing: as check_op(), for all of them, each after those before it. */
static int perform(struct semset *set, struct pending *p)
{
    int      result = 0;
    unsigned done;

    for (done = 0; done < p->nops; done++) {
        result = check_op(set, &p->ops[done]);
        if (result)
            break;
        apply(set, &p->ops[done], 1);
    }
    p->blocking = result ? &p->ops[done] : NULL;
    if (result == 1 && p->blocking->flags & IPC_NOWAIT)
        result = -EAGAIN;
    for (; result && done > 0; done--)
        apply(set, &p->ops[done - 1], -1);
    for (unsigned i = 0; !result && i < p->nops; i++)
        set->sems[p->ops[i].num].pid = PROCESS_PID;
    return result;
}

static void finish(struct semset *set, struct pending *p, int result)
{
    TAILQ_REMOVE(&set->queue, p, link);
    p->result = result;
    waitq_wake_all(&p->waiters);
}

/* The set was changed: who can go on now? Each that does may make others. */
static void update(struct semset *set)
{
    struct pending *p = TAILQ_FIRST(&set->queue);

    while (p) {
        struct pending *next = TAILQ_NEXT(p, link);
        int             result = perform(set, p);
        if (result <= 0) {
            finish(set, p, result);
            set->otime = ipc_now();
            next = TAILQ_FIRST(&set->queue);
        }
        p = next;
    }
}

static int wait(struct semset *set, struct pending *p, uint64_t deadline)
{
    int err = 0;

    waitq_init(&p->waiters);
    TAILQ_INSERT_TAIL(&set->queue, p, link);
    set->obj.refs++;
    while (p->result == 1 && !err)
        err = waitq_sleep_until(&p->waiters, &ipc_lock, deadline, true);
    if (p->result == 1)
        finish(set, p, err == -ETIMEDOUT ? -EAGAIN : err);
    return p->result;
}

/* *gone: who held the last reference frees it. */
static int operate(int id, struct pending *p, unsigned max, bool alter, uint64_t deadline,
                   struct ipc_object **gone)
{
    struct ipc_object *obj;
    int                err = ipc_find(&kind, id, false, &obj);
    if (!err && max >= set_of(obj)->n)
        err = -EFBIG;
    if (!err)
        err = ipc_find_for(&kind, id, alter ? IPC_WRITE : IPC_READ, &obj);
    if (err)
        return err;
    struct semset *set = set_of(obj);
    p->result = perform(set, p);
    if (p->result == 1) {
        err = wait(set, p, deadline);
        *gone = ipc_put(obj);
        return err;
    }
    if (!p->result) {
        set->otime = ipc_now();
        update(set);
    }
    return p->result;
}

/* wrong_time: what is wrong with the deadline is told after what is wrong with the operations. */
static int64_t semop(int id, vaddr_t va, unsigned n, uint64_t deadline, int wrong_time)
{
    if (n > IPC_SEM_OPM || n < 1)
        return n ? -E2BIG : -EINVAL;
    struct ipc_object *gone = NULL;
    struct pending     p = {.nops = n, .ops = kmalloc(n * sizeof(struct sembuf))};
    unsigned           max = 0;
    bool               alter = false;
    if (!p.ops)
        return -ENOMEM;
    int err = uaccess_read(p.ops, va, n * sizeof(struct sembuf));
    if (!err)
        err = id < 0 ? -EINVAL : wrong_time;
    for (unsigned i = 0; !err && i < n; i++) {
        max = p.ops[i].num > max ? p.ops[i].num : max;
        alter |= p.ops[i].op != 0;
    }
    if (!err) {
        spinlock_acquire(&ipc_lock);
        err = operate(id, &p, max, alter, deadline, &gone);
        spinlock_release(&ipc_lock);
    }
    if (gone)
        semset_destroy(gone);
    kfree(p.ops);
    return err;
}

int64_t sys_semtimedop(const uint64_t *a)
{
    uint64_t deadline;
    int      err = args_timeout(a[3], &deadline);
    return err == -EFAULT ? err : semop((int)a[0], a[1], (unsigned)a[2], deadline, err);
}

int64_t sys_semop(const uint64_t *a)
{
    return semop((int)a[0], a[1], (unsigned)a[2], WAIT_FOREVER, 0);
}

/* --- control --------------------------------------------------------------------------------- */

static int count_waiting(const struct semset *set, unsigned num, bool for_zero)
{
    const struct pending *p;
    int                   n = 0;

    TAILQ_FOREACH(p, &set->queue, link)
        n += p->blocking->num == num && (p->blocking->op == 0) == for_zero;
    return n;
}

static void set_value(struct semset *set, unsigned num, int value)
{
    set->sems[num] = (struct semaphore){.value = value, .undo = 0, .pid = PROCESS_PID};
    set->obj.ctime = ipc_now();
}

/* Commands on one semaphore. */
static int control_one(int id, unsigned num, int cmd, int value)
{
    struct ipc_object *obj;
    int                err = ipc_find_for(&kind, id, cmd == SETVAL ? IPC_WRITE : IPC_READ, &obj);
    if (err)
        return err;
    struct semset *set = set_of(obj);
    if (num >= set->n)
        return -EINVAL;
    switch (cmd) {
    case GETVAL:
        return set->sems[num].value;
    case GETPID:
        return set->sems[num].pid;
    case GETNCNT:
    case GETZCNT:
        return count_waiting(set, num, cmd == GETZCNT);
    default:
        set_value(set, num, value);
        update(set);
        return 0;
    }
}

/* How many semaphores a set has, for who is going to read or set them all. */
static int size_of(int id, unsigned access)
{
    struct ipc_object *obj;

    spinlock_acquire(&ipc_lock);
    int result = ipc_find_for(&kind, id, access, &obj);
    if (!result)
        result = (int)set_of(obj)->n;
    spinlock_release(&ipc_lock);
    return result;
}

/* All values from or to list, which has room for n. */
static int move_all(int id, uint16_t *list, unsigned n, bool set_them)
{
    struct ipc_object *obj;
    int                err = ipc_find(&kind, id, false, &obj);
    if (err || set_of(obj)->n != n)
        return -EIDRM;
    for (unsigned i = 0; i < n; i++)
        if (set_them)
            set_value(set_of(obj), i, list[i]);
        else
            list[i] = (uint16_t)set_of(obj)->sems[i].value;
    if (set_them)
        update(set_of(obj));
    return 0;
}

static int control_all(int id, int cmd, vaddr_t va)
{
    int n = size_of(id, cmd == SETALL ? IPC_WRITE : IPC_READ);
    if (n < 0)
        return n;
    size_t    bytes = (size_t)n * sizeof(uint16_t);
    uint16_t *list = kmalloc(bytes);
    if (!list)
        return -ENOMEM;
    int err = cmd == SETALL ? uaccess_read(list, va, bytes) : 0;
    for (int i = 0; cmd == SETALL && !err && i < n; i++)
        err = list[i] > IPC_SEM_VMX ? -ERANGE : 0;
    if (!err) {
        spinlock_acquire(&ipc_lock);
        err = move_all(id, list, (unsigned)n, cmd == SETALL);
        spinlock_release(&ipc_lock);
    }
    if (!err && cmd == GETALL)
        err = uaccess_write(va, list, bytes);
    kfree(list);
    return err;
}

static int remove_set(int id, struct ipc_object **gone)
{
    struct ipc_object *obj;
    struct pending    *p;
    int                err = ipc_find_own(&kind, id, &obj);
    if (err)
        return err;
    struct semset *set = set_of(obj);
    ipc_unlist(&kind, obj);
    while ((p = TAILQ_FIRST(&set->queue)))
        finish(set, p, -EIDRM);
    total -= set->n;
    *gone = ipc_put(obj);
    return 0;
}

static int control_set(int id, int cmd, vaddr_t va)
{
    struct abi_semid_ds ds;
    struct ipc_object  *obj, *gone = NULL;
    if (cmd == IPC_SET && uaccess_read(&ds, va, sizeof(ds)))
        return -EFAULT;
    spinlock_acquire(&ipc_lock);
    int err = cmd == IPC_SET ? ipc_find_own(&kind, id, &obj) : remove_set(id, &gone);
    if (!err && cmd == IPC_SET)
        ipc_set_perm(obj, &ds.perm);
    spinlock_release(&ipc_lock);
    if (gone)
        semset_destroy(gone);
    return err;
}

static int stat(int id, int cmd, vaddr_t va)
{
    struct abi_semid_ds ds = {.nsems = 0};
    struct ipc_object  *obj;

    spinlock_acquire(&ipc_lock);
    int err = ipc_find(&kind, id, cmd != IPC_STAT, &obj);
    if (!err && cmd != SEM_STAT_ANY)
        err = ipc_find_for(&kind, obj->id, IPC_READ, &obj);
    int result = err ? err : cmd == IPC_STAT ? 0 : obj->id;
    if (!err) {
        ipc_get_perm(obj, &ds.perm);
        ds.otime = set_of(obj)->otime;
        ds.ctime = obj->ctime;
        ds.nsems = set_of(obj)->n;
    }
    spinlock_release(&ipc_lock);
    return !err && uaccess_write(va, &ds, sizeof(ds)) ? -EFAULT : result;
}

static int info(int cmd, vaddr_t va)
{
    struct abi_seminfo out = {IPC_SEM_MNS, IPC_SEM_MNI, IPC_SEM_MNS, IPC_SEM_MNS, IPC_SEM_MSL,
                              IPC_SEM_OPM, IPC_SEM_OPM, 20,          IPC_SEM_VMX, IPC_SEM_VMX};
    spinlock_acquire(&ipc_lock);
    int max = ipc_max_index(&kind);
    if (cmd == SEM_INFO) {
        out.semusz = (int32_t)kind.used;
        out.semaem = (int32_t)total;
    }
    spinlock_release(&ipc_lock);
    return uaccess_write(va, &out, sizeof(out)) ? -EFAULT : max;
}

int64_t sys_semctl(const uint64_t *a)
{
    int id = (int)a[0], cmd = (int)a[2], value = (int)a[3], result;
    if (id < 0)
        return -EINVAL;
    switch (cmd) {
    case IPC_INFO:
    case SEM_INFO:
        return info(cmd, a[3]);
    case IPC_STAT:
    case SEM_STAT:
    case SEM_STAT_ANY:
        return stat(id, cmd, a[3]);
    case GETALL:
    case SETALL:
        return control_all(id, cmd, a[3]);
    case SETVAL:
    case GETVAL:
    case GETPID:
    case GETNCNT:
    case GETZCNT:
        if (cmd == SETVAL && (value < 0 || value > IPC_SEM_VMX))
            return -ERANGE;
        spinlock_acquire(&ipc_lock);
        result = control_one(id, (unsigned)a[1], cmd, value);
        spinlock_release(&ipc_lock);
        return result;
    case IPC_SET:
    case IPC_RMID:
        return control_set(id, cmd, a[3]);
    default:
        return -EINVAL;
    }
}

static void show_line(struct pseudo_text *t, const struct ipc_object *obj)
{
    const struct semset *set = container_of(obj, const struct semset, obj);

    pseudo_printf(t, "%10d %10d  %4o %10u %5u %5u %5u %5u %10ld %10ld\n", obj->key, obj->id,
                  obj->mode, set->n, obj->uid, obj->gid, obj->cuid, obj->cgid, (long)set->otime,
                  (long)obj->ctime);
}

int ipc_show_sem(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    ipc_show(
        &kind, t,
        "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n",
        show_line);
    return 0;
}
