/* SPDX-License-Identifier: Apache-2.0 */
/* sys_process.c - system calls on the process and its threads: numbers, end, limits, scheduling. */
#include "kernel/time.h"
#include "kernel/uaccess.h"
#include "kernel/vmspace.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "unix/args.h"
#include "unix/cputime.h"
#include "unix/cred.h"
#include "unix/process.h"
#include "unix/syscall.h"

/* --- numbers ----------------------------------------------------------------------------- */

int64_t sys_getpid(const uint64_t *a)
{
    (void)a;
    return PROCESS_PID;
}

int64_t sys_getppid(const uint64_t *a)
{
    (void)a;
    return PROCESS_PPID;
}

int64_t sys_gettid(const uint64_t *a)
{
    (void)a;
    return uthread_self()->tid;
}

/* Whether pid, 0 meaning the caller, is the process. */
static bool is_process(int pid)
{
    return pid == 0 || pid == PROCESS_PID;
}

/* The process leads its own group and session, alone. */
int64_t sys_getpgid(const uint64_t *a)
{
    return is_process((int)a[0]) ? PROCESS_PID : -ESRCH;
}

int64_t sys_getsid(const uint64_t *a)
{
    return is_process((int)a[0]) ? PROCESS_PID : -ESRCH;
}

/* As for every session leader. */
int64_t sys_setpgid(const uint64_t *a)
{
    int group = (int)a[1] ? (int)a[1] : (int)a[0];
    if (group < 0)
        return -EINVAL;
    return is_process((int)a[0]) ? -EPERM : -ESRCH;
}

int64_t sys_setsid(const uint64_t *a)
{
    (void)a;
    return -EPERM;
}

/* --- the end ----------------------------------------------------------------------------- */

int64_t sys_exit(const uint64_t *a)
{
    process_exit_thread((int)a[0]);
}

int64_t sys_exit_group(const uint64_t *a)
{
    process_exit((int)a[0]);
}

int64_t sys_set_tid_address(const uint64_t *a)
{
    struct uthread *ut = uthread_self();
    ut->clear_child_tid = a[0];
    return ut->tid;
}

/* Robust futexes are cleaned up when a thread ends while it holds them: see
 * process_exit_thread(). */
int64_t sys_set_robust_list(const uint64_t *a)
{
    if (a[1] != ROBUST_LIST_HEAD_SIZE)
        return -EINVAL;
    uthread_self()->robust_list = a[0];
    return 0;
}

int64_t sys_get_robust_list(const uint64_t *a)
{
    struct uthread *ut, *self = uthread_self();
    uint64_t        head = 0, size = ROBUST_LIST_HEAD_SIZE;
    bool            found = false;
    spinlock_acquire(&the_process.lock);
    LIST_FOREACH(ut, &the_process.threads, link) {
        if ((int)a[0] ? ut->tid == (uint32_t)a[0] : ut == self) {
            found = true;
            head = ut->robust_list;
        }
    }
    spinlock_release(&the_process.lock);
    if (!found)
        return -ESRCH;
    if (uaccess_write(a[2], &size, sizeof(size)))
        return -EFAULT;
    return uaccess_write(a[1], &head, sizeof(head));
}

/* --- limits and usage -------------------------------------------------------------------- */

static int check_limit(unsigned resource, const struct abi_rlimit *new)
{
    if (new->cur > new->max)
        return -EINVAL;
    if (resource == RLIMIT_NOFILE && new->max > FD_MAX)
        return -EPERM; /* what Linux says above /proc/sys/fs/nr_open */
    return 0;
}

/* Anybody may lower the hard limit, and only who is privileged raise it. */
static int replace_limit(struct abi_rlimit *limit, const struct abi_rlimit *new)
{
    if (new->max > limit->max && !cred_privileged())
        return -EPERM;
    *limit = *new;
    return 0;
}

static int change_limit(unsigned resource, const struct abi_rlimit *new, struct abi_rlimit *old)
{
    int err = resource < RLIM_NLIMITS ? 0 : -EINVAL;
    if (!err && new)
        err = check_limit(resource, new);
    if (err)
        return err;
    spinlock_acquire(&the_process.lock);
    *old = the_process.limits[resource];
    if (new)
        err = replace_limit(&the_process.limits[resource], new);
    spinlock_release(&the_process.lock);
    if (err)
        return err;
    if (new &&resource == RLIMIT_NOFILE)
        fdtable_set_limit(&the_process.fds, (unsigned)new->cur);
    if (new &&resource == RLIMIT_CPU)
        err = itimer_cpu_limit();
    if (new &&resource == RLIMIT_FSIZE)
        vfs_set_size_limit(new->cur);
    if (new &&resource == RLIMIT_DATA) /* a soft limit of 0 binds as the hard one, as on Linux */
        vmspace_set_data_limit(the_process.vmspace, new->cur ? new->cur : new->max);
    if (new && (resource == RLIMIT_STACK || resource == RLIMIT_AS))
        vmspace_set_limits(the_process.vmspace, the_process.limits[RLIMIT_AS].cur,
                           the_process.limits[RLIMIT_STACK].cur);
    return err;
}

/* new, old: user addresses, 0: none. tid: any thread stands for the process, 0 for the caller. */
static int64_t limit_call(int tid, unsigned resource, vaddr_t new, vaddr_t old)
{
    struct abi_rlimit set, got;
    if (new &&uaccess_read(&set, new, sizeof(set)))
        return -EFAULT;
    if (!thread_exists(tid))
        return -ESRCH;
    int err = change_limit(resource, new ? &set : NULL, &got);
    if (err || !old)
        return err;
    return uaccess_write(old, &got, sizeof(got));
}

int64_t sys_prlimit64(const uint64_t *a)
{
    return limit_call((int)a[0], (unsigned)a[1], a[2], a[3]);
}

int64_t sys_getrlimit(const uint64_t *a)
{
    struct abi_rlimit got;
    int               err = change_limit((unsigned)a[0], NULL, &got);
    return err ? err : uaccess_write(a[1], &got, sizeof(got));
}

int64_t sys_setrlimit(const uint64_t *a)
{
    struct abi_rlimit set, old;
    if (uaccess_read(&set, a[1], sizeof(set)))
        return -EFAULT;
    return change_limit((unsigned)a[0], &set, &old);
}

static struct abi_timeval to_timeval(uint64_t ticks)
{
    uint64_t us = time_ticks_to_ns(ticks) / 1000;
    return (struct abi_timeval){(int64_t)(us / 1000000), (int64_t)(us % 1000000)};
}

int64_t sys_getrusage(const uint64_t *a)
{
    enum { RUSAGE_CHILDREN = -1, RUSAGE_SELF = 0, RUSAGE_THREAD = 1 };
    int                    who = (int)a[0];
    struct abi_rusage      usage = {.ru_maxrss = 0};
    struct thread_cpu_time used = {0, 0};
    if (who < RUSAGE_CHILDREN || who > RUSAGE_THREAD)
        return -EINVAL;
    if (who != RUSAGE_CHILDREN) {
        struct vmspace_stats stats;
        vmspace_stats(the_process.vmspace, &stats);
        usage.ru_maxrss = (int64_t)(stats.resident >> 10);
        if (who == RUSAGE_SELF)
            used = cputime_process();
        else
            cputime_thread(0, &used);
    }
    usage.ru_utime = to_timeval(used.user);
    usage.ru_stime = to_timeval(used.kernel);
    return uaccess_write(a[1], &usage, sizeof(usage));
}

/* --- scheduling -------------------------------------------------------------------------- */

int64_t sys_sched_yield(const uint64_t *a)
{
    (void)a;
    thread_yield();
    return 0;
}

/* The mask is as long as that of a Linux for up to 128. */
int64_t sys_sched_getaffinity(const uint64_t *a)
{
    uint64_t mask[2] = {0, 0};
    unsigned len = (unsigned)a[1];
    if (len < sizeof(*mask) || len % sizeof(*mask))
        return -EINVAL;
    spinlock_acquire(&the_process.lock);
    const struct uthread *ut = process_find((int)a[0]);
    if (ut)
        mask[0] = ut->thread->affinity & ((2ul << (cpu_nharts - 1)) - 1);
    spinlock_release(&the_process.lock);
    if (!ut)
        return -ESRCH;
    size_t size = size_min(len, sizeof(mask));
    return uaccess_write(a[2], mask, size) ? -EFAULT : (int64_t)size;
}

int64_t sys_sched_setaffinity(const uint64_t *a)
{
    uint64_t mask = 0;
    if (uaccess_read(&mask, a[2], size_min((unsigned)a[1], sizeof(mask))))
        return -EFAULT;
    spinlock_acquire(&the_process.lock);
    struct uthread *ut = process_find((int)a[0]);
    int             err = ut ? thread_set_affinity(ut->thread, mask) : -ESRCH;
    spinlock_release(&the_process.lock);
    return err;
}

int64_t sys_getcpu(const uint64_t *a)
{
    uint32_t hart = hart_self()->index, zero = 0;
    if (a[0] && uaccess_write(a[0], &hart, sizeof(hart)))
        return -EFAULT;
    return a[1] ? uaccess_write(a[1], &zero, sizeof(zero)) : 0;
}
