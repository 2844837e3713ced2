/* SPDX-License-Identifier: Apache-2.0 */
/* process.c - the one process: its start and its end. See process.h. */
#include "unix/process.h"

#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/machine.h"
#include "kernel/memstats.h"
#include "kernel/time.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "machine/cpu.h"
#include "unix/cputime.h"
#include "unix/cred.h"
#include "unix/futex.h"
#include "unix/sigframe.h"
#include "unix/signal.h"
#include "unix/strace.h"
#include "unix/syscall.h"
#include "unix/unix.h"

#define NOFILE_SOFT 1024u  /* Linux's default; programs that use select() count on it */
#define NOFILE_HARD 65536u /* which root may raise up to FD_MAX */

struct process the_process;

const struct thread_ops process_thread_ops;

/* --- start ------------------------------------------------------------------------------- */

static void limits_init(struct abi_rlimit *limits)
{
    for (unsigned i = 0; i < RLIM_NLIMITS; i++)
        limits[i] = (struct abi_rlimit){RLIM_INFINITY, RLIM_INFINITY};
    limits[RLIMIT_STACK].cur = STACK_SIZE;
    limits[RLIMIT_CORE].cur = 0;
    limits[RLIMIT_NOFILE] = (struct abi_rlimit){NOFILE_SOFT, NOFILE_HARD};
    limits[RLIMIT_MEMLOCK] = (struct abi_rlimit){8 << 20, 8 << 20};
    limits[RLIMIT_MSGQUEUE] = (struct abi_rlimit){819200, 819200};
    limits[RLIMIT_NICE] = limits[RLIMIT_RTPRIO] = (struct abi_rlimit){0, 0};
}

/* Descriptors 0, 1 and 2: the console. */
static int open_console(struct fdtable *fds)
{
    struct file *f;
    int          err = vfs_open(NULL, "/dev/console", O_RDWR, 0, &f);
    if (err)
        return err;
    for (int fd = 0; fd < 3; fd++) {
        int got = fd_install(fds, fd ? file_get(f) : f, 0, false);
        if (got < 0)
            return got;
    }
    return 0;
}

int process_init(struct vmspace *vs, struct inode *cwd)
{
    struct process *p = &the_process;

    spinlock_init(&p->lock, LOCK_PROCESS, "process");
    LIST_INIT(&p->threads);
    sigqueue_init(&p->pending);
    p->vmspace = vs;
    p->cwd = cwd;
    p->umask = 022;
    p->start_ns = time_ns();
    p->next_tid = PROCESS_PID;
    limits_init(p->limits);
    fdtable_init(&p->fds, NOFILE_SOFT);
    return open_console(&p->fds);
}

static struct uthread *uthread_new(void)
{
    struct uthread *ut = kzalloc(sizeof(*ut));
    if (!ut)
        return NULL;
    ut->altstack.ss_flags = SS_DISABLE;
    sigqueue_init(&ut->pending);
    spinlock_acquire(&the_process.lock);
    ut->tid = the_process.next_tid++;
    spinlock_release(&the_process.lock);
    return ut;
}

/* One that comes while the process ends sees that before it runs the program. */
static void uthread_link(struct uthread *ut)
{
    spinlock_acquire(&the_process.lock);
    LIST_INSERT_HEAD(&the_process.threads, ut, link);
    ut->thread->notify = the_process.ending || the_process.sole;
    spinlock_release(&the_process.lock);
}

/* ut, the current thread, is none of the process's any more: nobody sends it a signal. The lock is held. */
static void uthread_unlink(struct uthread *ut)
{
    LIST_REMOVE(ut, link);
    sigqueue_clear(&ut->pending); /* under the lock: timers know some of them */
    cputime_add(&the_process.ended, ut->thread);
}

int process_start(const char *name, vaddr_t pc, vaddr_t sp)
{
    struct uthread *ut = uthread_new();
    if (!ut)
        return -ENOMEM;
    ut->thread = thread_create_user(name, the_process.vmspace, &process_thread_ops, ut);
    if (!ut->thread) {
        kfree(ut);
        return -ENOMEM;
    }
    ut->thread->tf->sepc = pc;
    ut->thread->tf->sp = sp;
    uthread_link(ut);
    thread_start(ut->thread);
    return 0;
}

struct inode *process_set_exe(struct inode *file)
{
    struct inode *old = the_process.exe;
    the_process.exe = file;
    if (inode_describe(file, the_process.exe_path, sizeof(the_process.exe_path)) < 0)
        the_process.exe_path[0] = '\0';
    return old;
}

const char *process_name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

struct uthread *process_find(int tid)
{
    struct uthread *ut;
    if (!tid)
        return uthread_self();
    LIST_FOREACH(ut, &the_process.threads, link) {
        if (ut->tid == (uint32_t)tid)
            return ut;
    }
    return NULL;
}

bool thread_exists(int tid)
{
    spinlock_acquire(&the_process.lock);
    bool found = process_find(tid);
    spinlock_release(&the_process.lock);
    return found;
}

/* --- more threads ------------------------------------------------------------------------ */

/* What a new thread begins with: the current one's registers, floating point and blocked
 * signals. */
static void inherit(struct uthread *ut, const struct thread_request *req)
{
    struct uthread   *self = uthread_self();
    struct trapframe *tf = ut->thread->tf;

    if ((self->thread->tf->sstatus & SSTATUS_FS) != SSTATUS_FS_INITIAL)
        *ut->thread->fp = *fp_in_memory(self, self->thread->tf);
    *tf = *self->thread->tf;
    tf->a0 = 0;
    if (req->sp)
        tf->sp = req->sp;
    if (req->set_tls)
        tf->tp = req->tls;
    ut->thread->affinity = self->thread->affinity;
    ut->sigmask = self->sigmask;
    ut->timerslack = self->timerslack;
    if (!self->sched.reset_on_fork)
        ut->sched = self->sched;
    ut->clear_child_tid = req->clear_child_tid;
}

/* That the number cannot be stored does not keep the thread from running, as in Linux. */
static void tell_tid(const struct thread_request *req, uint32_t tid)
{
    if (req->parent_tid)
        (void)uaccess_write(req->parent_tid, &tid, sizeof(tid));
    if (req->child_tid)
        (void)uaccess_write(req->child_tid, &tid, sizeof(tid));
}

/* RLIMIT_NPROC is there for ordinary users, whose only process this is. */
static bool too_many_threads(void)
{
    uint64_t        max = the_process.limits[RLIMIT_NPROC].cur, n = 0;
    struct uthread *ut;
    if (max == RLIM_INFINITY || !cred_uid() || cred_privileged())
        return false;
    spinlock_acquire(&the_process.lock);
    LIST_FOREACH(ut, &the_process.threads, link)
        n++;
    spinlock_release(&the_process.lock);
    return n >= max;
}

int process_clone_thread(const struct thread_request *req)
{
    if (too_many_threads())
        return -EAGAIN;
    struct uthread *ut = uthread_new();
    if (!ut)
        return -EAGAIN;
    ut->thread = thread_create_user(thread_self()->name, the_process.vmspace, &process_thread_ops,
                                    ut);
    if (!ut->thread) {
        kfree(ut);
        return -EAGAIN;
    }
    int tid = (int)ut->tid; /* the thread may be over before this returns */
    fdtable_share(&the_process.fds);
    inherit(ut, req);
    uthread_link(ut); /* whoever reads its number finds it */
    tell_tid(req, ut->tid);
    thread_start(ut->thread);
    return tid;
}

/* --- working directory ------------------------------------------------------------------- */

struct inode *process_cwd(void)
{
    spinlock_acquire(&the_process.lock);
    struct inode *cwd = inode_get(the_process.cwd);
    spinlock_release(&the_process.lock);
    return cwd;
}

void process_set_cwd(struct inode *dir)
{
    spinlock_acquire(&the_process.lock);
    struct inode *old = the_process.cwd;
    the_process.cwd = dir;
    spinlock_release(&the_process.lock);
    inode_put(old);
}

/* --- end --------------------------------------------------------------------------------- */

/* The boot argument memstats. */
bool process_tells_memory;

static void tell_memory(void)
{
    if (process_tells_memory)
        memstats_log(the_process.vmspace);
}

/* Who ends the process sleeps here until the others have left it. */
static struct waitq left = WAITQ_INIT(left);

#define LEAVE_NS 10000000000ul /* ends what hangs */

void process_leave(void)
{
    spinlock_acquire(&the_process.lock);
    uthread_unlink(uthread_self());
    waitq_wake_all(&left);
    spinlock_release(&the_process.lock);
    thread_exit();
}

/* The process ends by this thread, and the others are told; if it does so already, this is one of them. */
static void begin_end(void)
{
    struct uthread *ut;

    spinlock_acquire(&the_process.lock);
    if (the_process.ending) {
        spinlock_release(&the_process.lock);
        process_leave();
    }
    the_process.ending = true;
    waitq_wake_all(&left); /* who wants to be alone */
    LIST_FOREACH(ut, &the_process.threads, link)
        if (ut != uthread_self())
            signal_kick(ut);
    spinlock_release(&the_process.lock);
}

/* A thread that was the last one has left the list itself. The lock is held. */
static bool others_are_there(const struct uthread *self)
{
    const struct uthread *first = LIST_FIRST(&the_process.threads);

    return first && (first != self || LIST_NEXT(first, link));
}

/* They finish what they are doing in the kernel, and go no further. */
static void wait_for_others(void)
{
    const struct uthread *self = uthread_self();
    uint64_t              deadline = time_ns_to_deadline(LEAVE_NS);
    int                   err = 0;

    spinlock_acquire(&the_process.lock);
    while (others_are_there(self) && !err)
        err = waitq_sleep_until(&left, &the_process.lock, deadline, false);
    spinlock_release(&the_process.lock);
    if (err)
        log_warn("a thread does not end: what it does to files may be lost");
}

static _Noreturn void end(int status)
{
    wait_for_others();
    tell_memory();
    vfs_shutdown();
    machine_exit(status);
}

void process_exit(int status)
{
    begin_end();
    strace_exit(status);
    end(status & 0xff);
}

void process_killed(int sig)
{
    begin_end();
    strace_killed(sig);
    end(STATUS_SIGNAL + sig);
}

/* How pthread_join() learns that the thread no longer uses its stack. It waits for a shared
 * futex. */
static void clear_child_tid(const struct uthread *ut)
{
    uint32_t zero = 0;
    if (ut->clear_child_tid && uaccess_write(ut->clear_child_tid, &zero, sizeof(zero)) == 0)
        futex_wake(ut->clear_child_tid, true, 1, FUTEX_BITSET_MATCH_ANY);
}

static bool is_alone(const struct uthread *ut)
{
    return LIST_FIRST(&the_process.threads) == ut && !LIST_NEXT(ut, link);
}

int process_end_others(void)
{
    struct uthread *ut, *self = uthread_self();

    spinlock_acquire(&the_process.lock);
    bool first = !the_process.sole;
    if (first)
        the_process.sole = self;
    LIST_FOREACH(ut, &the_process.threads, link)
        if (first && ut != self)
            signal_kick(ut);
    while (first && !is_alone(self) && !the_process.ending)
        waitq_sleep(&left, &the_process.lock);
    bool alone = first && !the_process.ending;
    if (alone) {
        the_process.sole = NULL;
        self->tid = PROCESS_PID;
    }
    spinlock_release(&the_process.lock);
    return alone ? 0 : -EAGAIN;
}

void process_exit_thread(int status)
{
    struct uthread *ut = uthread_self();

    futex_abandon(ut->robust_list, ut->tid);
    futex_pi_abandon(ut->tid);
    clear_child_tid(ut);
    strace_thread_exit(status);
    spinlock_acquire(&the_process.lock);
    uthread_unlink(ut);
    signal_thread_gone(ut);
    waitq_wake_all(&left);
    bool last = LIST_EMPTY(&the_process.threads);
    spinlock_release(&the_process.lock);
    if (last)
        process_exit(status);
    thread_exit();
}

static void thread_destroy(struct thread *t)
{
    struct uthread *ut = t->owner;
    sigqueue_clear(&ut->pending);
    strace_forget(ut);
    kfree(ut);
    t->owner = NULL;
}

const struct thread_ops process_thread_ops = {
    .calls = syscall_calls,
    .ncalls = SYSCALL_NUMBERS,
    .syscall = syscall_dispatch,
    .fault = signal_fault,
    .notify = signal_notify,
    .destroy = thread_destroy,
};
