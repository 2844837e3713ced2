/* SPDX-License-Identifier: Apache-2.0 */
/* sys_sched.c - scheduling policies and priorities of threads, for the CPU and for disks.
 *
 * They are checked and kept as Linux does, for programs that ask for what they set. All threads share the
 * harts in turn whatever they say, and requests to the disk are served as they come.
 */
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "unix/args.h"
#include "unix/cred.h"
#include "unix/process.h"
#include "unix/syscall.h"

enum { SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_IDLE = 5, SCHED_DEADLINE, SCHED_EXT };

#define SCHED_RESET_ON_FORK 0x40000000
#define SCHED_KEEP          (-1) /* no policy: the one there is */
#define RT_PRIORITY_MAX     99u
#define RR_SLICE_NS         100000000u

/* A copy of what a thread has. -ESRCH. */
static int look(int tid, struct uthread_sched *out)
{
    spinlock_acquire(&the_process.lock);
    struct uthread *ut = process_find(tid);
    if (ut)
        *out = ut->sched;
    spinlock_release(&the_process.lock);
    return ut ? 0 : -ESRCH;
}

static bool is_rt(int policy)
{
    return policy == SCHED_FIFO || policy == SCHED_RR;
}

/* --- policies ---------------------------------------------------------------------------------- */

int64_t sys_sched_get_priority_max(const uint64_t *a)
{
    int policy = (int)a[0];
    if (is_rt(policy))
        return RT_PRIORITY_MAX;
    return policy < 0 || policy == 4 || policy > SCHED_EXT ? -EINVAL : 0;
}

int64_t sys_sched_get_priority_min(const uint64_t *a)
{
    int64_t max = sys_sched_get_priority_max(a);
    return max > 0 ? 1 : max;
}

/* Where the user is not root, a thread is not to become more important than it was, but for what RLIMIT_RTPRIO
 * allows. */
static int check_right(const struct uthread_sched *old, int policy, uint32_t priority, bool reset)
{
    if (cred_privileged())
        return 0;
    uint64_t max = the_process.limits[RLIMIT_RTPRIO].cur;
    bool     more = is_rt(policy) &&
                ((policy != old->policy && !max) || (priority > old->priority && priority > max));
    bool from_idle = old->policy == SCHED_IDLE && policy != SCHED_IDLE;
    return more || from_idle || (old->reset_on_fork && !reset) ? -EPERM : 0;
}

static int check_policy(int policy, uint32_t priority)
{
    if (policy < 0 || policy == 4 || policy > SCHED_DEADLINE || priority > RT_PRIORITY_MAX)
        return -EINVAL;
    if (is_rt(policy) != (priority != 0))
        return -EINVAL;
    return policy == SCHED_DEADLINE ? -EBUSY : 0; /* no time can be promised */
}

/* policy: SCHED_KEEP, or one, possibly with SCHED_RESET_ON_FORK. */
static int set_policy(int tid, int policy, uint32_t priority)
{
    spinlock_acquire(&the_process.lock);
    struct uthread *ut = process_find(tid);
    int             err = ut ? 0 : -ESRCH;
    if (!err) {
        bool reset = policy == SCHED_KEEP ? ut->sched.reset_on_fork : policy & SCHED_RESET_ON_FORK;
        policy = policy == SCHED_KEEP ? ut->sched.policy : policy & ~SCHED_RESET_ON_FORK;
        err = check_policy(policy, priority);
        if (!err)
            err = check_right(&ut->sched, policy, priority, reset);
        if (!err) {
            ut->sched.policy = (uint8_t)policy;
            ut->sched.priority = (uint8_t)priority;
            ut->sched.reset_on_fork = reset;
        }
    }
    spinlock_release(&the_process.lock);
    return err;
}

static int set_param(int tid, int policy, vaddr_t va)
{
    uint32_t priority;
    if (!va || tid < 0)
        return -EINVAL;
    if (uaccess_read(&priority, va, sizeof(priority)))
        return -EFAULT;
    return set_policy(tid, policy, priority);
}

int64_t sys_sched_setscheduler(const uint64_t *a)
{
    return (int)a[1] < 0 ? -EINVAL : set_param((int)a[0], (int)a[1], a[2]);
}

int64_t sys_sched_setparam(const uint64_t *a)
{
    return set_param((int)a[0], SCHED_KEEP, a[1]);
}

int64_t sys_sched_getscheduler(const uint64_t *a)
{
    struct uthread_sched s;
    if ((int)a[0] < 0)
        return -EINVAL;
    int err = look((int)a[0], &s);
    return err ? err : s.policy | (s.reset_on_fork ? SCHED_RESET_ON_FORK : 0);
}

int64_t sys_sched_getparam(const uint64_t *a)
{
    struct uthread_sched s;
    if ((int)a[0] < 0 || !a[1])
        return -EINVAL;
    int err = look((int)a[0], &s);
    if (err)
        return err;
    uint32_t priority = s.priority;
    return uaccess_write(a[1], &priority, sizeof(priority));
}

/* Threads of no priority get a slice that is shorter than the tick which Linux counts in. */
int64_t sys_sched_rr_get_interval(const uint64_t *a)
{
    struct uthread_sched s;
    if ((int)a[0] < 0)
        return -EINVAL;
    int err = look((int)a[0], &s);
    return err ? err : args_put_timespec(a[1], s.policy == SCHED_RR ? RR_SLICE_NS : 0);
}

/* --- all of them in one structure ---------------------------------------------------------------- */

struct abi_sched_attr {
    uint32_t size, policy;
    uint64_t flags;
    int32_t  nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
    uint32_t util_min, util_max;
};
_Static_assert(sizeof(struct abi_sched_attr) == 56, "linux/sched/types.h");

#define ATTR_SIZE_FIRST  48u
#define ATTR_RESET       0x01u
#define ATTR_KEEP_POLICY 0x08u
#define ATTR_KEEP_PARAMS 0x10u
#define ATTR_UTIL_CLAMP  0x60u
#define ATTR_FLAGS       0x7fu

/* The rest of a structure that is newer than this one must be zeros. 0, -E2BIG, -EFAULT. */
static int check_rest(vaddr_t va, size_t len)
{
    while (len--) {
        uint8_t byte;
        if (uaccess_read(&byte, va++, 1))
            return -EFAULT;
        if (byte)
            return -E2BIG;
    }
    return 0;
}

static int read_attr(vaddr_t va, struct abi_sched_attr *attr)
{
    const uint32_t own = sizeof(*attr);
    uint32_t       size;
    memset(attr, 0, sizeof(*attr));
    if (uaccess_read(&size, va, sizeof(size)))
        return -EFAULT;
    if (!size)
        size = ATTR_SIZE_FIRST;
    int err = size < ATTR_SIZE_FIRST || size > PAGE_SIZE ? -E2BIG : 0;
    if (!err && size > own)
        err = check_rest(va + own, size - own);
    if (err == -E2BIG)
        return uaccess_write(va, &own, sizeof(own)) ? -EFAULT : -E2BIG;
    if (!err && uaccess_read(attr, va, size_min(size, own)))
        err = -EFAULT;
    if (!err && attr->flags & ATTR_UTIL_CLAMP && size < own)
        err = -EINVAL;
    return err;
}

int64_t sys_sched_setattr(const uint64_t *a)
{
    struct abi_sched_attr attr;
    struct uthread_sched  s;
    if (!a[1] || (int)a[0] < 0 || (unsigned)a[2])
        return -EINVAL;
    int err = read_attr(a[1], &attr);
    if (!err && ((int)attr.policy < 0 || attr.policy & SCHED_RESET_ON_FORK))
        err = -EINVAL;
    if (!err)
        err = look((int)a[0], &s);
    if (!err && attr.flags & ~(uint64_t)ATTR_FLAGS)
        err = -EINVAL;
    if (!err && attr.flags & ATTR_UTIL_CLAMP)
        err = -EOPNOTSUPP;
    if (err)
        return err;
    int policy = attr.flags & ATTR_KEEP_POLICY ? s.policy : (int)attr.policy;
    err = set_policy((int)a[0], policy | (attr.flags & ATTR_RESET ? SCHED_RESET_ON_FORK : 0),
                     attr.flags & ATTR_KEEP_PARAMS ? s.priority : attr.priority);
    if (!err && !is_rt(policy) && !(attr.flags & ATTR_KEEP_PARAMS))
        err = process_set_nice(attr.nice);
    return err;
}

int64_t sys_sched_getattr(const uint64_t *a)
{
    struct uthread_sched s;
    unsigned             size = (unsigned)a[2];
    if (!a[1] || (int)a[0] < 0 || size > PAGE_SIZE || size < ATTR_SIZE_FIRST || (unsigned)a[3])
        return -EINVAL;
    int err = look((int)a[0], &s);
    if (err)
        return err;
    struct abi_sched_attr attr = {
        .size = (uint32_t)size_min(size, sizeof(attr)),
        .policy = s.policy,
        .flags = s.reset_on_fork ? ATTR_RESET : 0,
        .nice = is_rt(s.policy) ? 0 : process_nice(),
        .priority = s.priority,
    };
    return uaccess_write(a[1], &attr, attr.size);
}

/* --- priorities for disks ------------------------------------------------------------------------ */

enum { IOPRIO_WHO_PROCESS = 1, IOPRIO_WHO_PGRP, IOPRIO_WHO_USER };
enum { IOPRIO_NONE, IOPRIO_RT, IOPRIO_BE, IOPRIO_IDLE };

#define IOPRIO_CLASS(prio) ((prio) >> 13)
#define IOPRIO_LEVEL(prio) ((prio)&7)

static int check_ioprio(int prio)
{
    switch (IOPRIO_CLASS(prio)) {
    case IOPRIO_RT:
        return cred_privileged() ? 0 : -EPERM;
    case IOPRIO_BE:
    case IOPRIO_IDLE:
        return 0;
    case IOPRIO_NONE:
        return IOPRIO_LEVEL(prio) ? -EINVAL : 0;
    default:
        return -EINVAL;
    }
}

/* Whether which and who name all of the program's threads: 1; one of them: 0; nobody: -ESRCH, -EINVAL. */
static int named_by(int which, int who)
{
    switch (which) {
    case IOPRIO_WHO_PROCESS:
        return 0;
    case IOPRIO_WHO_PGRP:
        return who == 0 || who == PROCESS_PID ? 1 : -ESRCH;
    case IOPRIO_WHO_USER:
        return who == 0 || (uint32_t)who == cred_uid() ? 1 : -ESRCH;
    default:
        return -EINVAL;
    }
}

int64_t sys_ioprio_set(const uint64_t *a)
{
    int prio = (int)a[2], err = check_ioprio(prio), all = named_by((int)a[0], (int)a[1]);
    if (err || all < 0)
        return err ? err : all;
    struct uthread *ut;
    spinlock_acquire(&the_process.lock);
    if (all)
        LIST_FOREACH(ut, &the_process.threads, link)
            ut->sched.ioprio = (uint16_t)prio;
    else if ((ut = process_find((int)a[1])))
        ut->sched.ioprio = (uint16_t)prio;
    else
        err = -ESRCH;
    spinlock_release(&the_process.lock);
    return err;
}

int64_t sys_ioprio_get(const uint64_t *a)
{
    int             all = named_by((int)a[0], (int)a[1]), best = -ESRCH;
    struct uthread *ut;
    if (all < 0)
        return all;
    spinlock_acquire(&the_process.lock);
    if (!all && (ut = process_find((int)a[1])))
        best = ut->sched.ioprio;
    if (all)
        LIST_FOREACH(ut, &the_process.threads, link)
            best = best < 0 || ut->sched.ioprio < best ? ut->sched.ioprio : best;
    spinlock_release(&the_process.lock);
    return best;
}
