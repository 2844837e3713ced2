/* SPDX-License-Identifier: Apache-2.0 */
/* posix_timer.c - timer_create(2) and its kin: see posix_timer.h.
 *
 * A timer has one signal, pending once at most. While it is, the timer rests; when somebody takes the signal,
 * what was missed is counted from the clock (posix_timer_taken()). A timer of CPU time is looked at
 * whenever that much real time has passed: clock_cpu_wait_ns().
 */
#include "unix/posix_timer.h"

#include "kernel/heap.h"
#include "kernel/timer.h"
#include "kernel/uaccess.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "unix/args.h"
#include "unix/clock.h"
#include "unix/process.h"
#include "unix/signal.h"
#include "unix/syscall.h"

/* A signal that is ignored is not sent more often, however short the interval (Linux at 250 Hz). */
#define IGNORED_NS 4000000ul

struct posix_timer {
    int32_t               id;
    int                   clock;  /* one that is the same for every caller */
    int                   notify; /* SIGEV_* */
    int                   signo;
    uint32_t              tid; /* who gets the signal; 0: the process */
    uint64_t              value;
    struct sigqueue_item *item;
    struct timer          timer;

    /* protected by timers_mutex: */
    bool     wall;     /* expires is wall time, whatever becomes of that clock */
    bool     sent;     /* the signal is pending; the timer goes on when it is taken */
    uint64_t expires;  /* nanoseconds of its clock; 0: off */
    uint64_t interval; /* nanoseconds; 0: once */
    uint64_t missed;   /* it was due, and no signal tells of it */
    uint64_t overrun;  /* what the last signal told */
    uint32_t setting;  /* counts them: never 0 */
    RB_ENTRY(posix_timer) link;
};

RB_HEAD(posix_timer_tree, posix_timer);

static struct mutex timers_mutex = MUTEX_INIT(timers_mutex);
/* timers_mutex protects: */
static struct posix_timer_tree timers = RB_INITIALIZER(&timers);
static int32_t                 next_id;
static uint32_t                settings;

static int compare(const struct posix_timer *a, const struct posix_timer *b)
{
    return a->id < b->id ? -1 : a->id > b->id;
}

RB_GENERATE_STATIC(posix_timer_tree, posix_timer, link, compare)

static struct posix_timer *find(int32_t id)
{
    struct posix_timer key = {.id = id};
    ASSERT(mutex_held(&timers_mutex));
    return RB_FIND(posix_timer_tree, &timers, &key);
}

/* --- going on ---------------------------------------------------------------------------- */

/* The time that expires is compared with. A thread that is gone uses no time any more. */
static uint64_t now_of(const struct posix_timer *t)
{
    uint64_t ns = 0;
    if (t->clock >= 0)
        return timer_now(t->wall ? TIMER_WALL : TIMER_MONOTONIC);
    (void)clock_now(t->clock, &ns);
    return ns;
}

/* Have the kernel's timer come when t is due, but not before wait_ns from now. */
static void arm(struct posix_timer *t, uint64_t wait_ns)
{
    uint64_t now = now_of(t);
    uint64_t left = t->expires > now ? t->expires - now : 0;
    left = left > wait_ns ? left : wait_ns;
    if (t->clock < 0)
        timer_arm(&t->timer, TIMER_MONOTONIC, timer_now(TIMER_MONOTONIC) + clock_cpu_wait_ns(left));
    else
        timer_arm(&t->timer, t->wall ? TIMER_WALL : TIMER_MONOTONIC, now + left);
}

static void expire(struct posix_timer *t)
{
    struct signal_info info = {
        .code = SI_TIMER, .pid = t->id, .value = t->value, .timer = t->setting};
    int err = signal_send_timer(t->tid, t->signo, &info, t->item);
    t->sent = err == 0 && t->interval;
    if (!t->interval || err == -ESRCH) {
        t->expires = 0;
    } else if (err == -EAGAIN) {
        t->missed += timer_forward(&t->expires, t->interval, now_of(t));
        arm(t, IGNORED_NS);
    }
}

static void due(struct timer *timer)
{
    struct posix_timer *t = (struct posix_timer *)((char *)timer -
                                                   offsetof(struct posix_timer, timer));
    mutex_lock(&timers_mutex);
    if (t->expires && !t->sent) {
        if (t->expires > now_of(t))
            arm(t, 0);
        else
            expire(t);
    }
    mutex_unlock(&timers_mutex);
}

static uint32_t as_overrun(uint64_t missed)
{
    return missed > INT32_MAX ? INT32_MAX : (uint32_t)missed;
}

/* A wall clock that was set back leaves it due later: the signal tells of one time. */
void posix_timer_taken(struct signal_info *info)
{
    mutex_lock(&timers_mutex);
    struct posix_timer *t = find(info->pid);
    if (t && t->sent && t->setting == info->timer) {
        uint64_t now = now_of(t);
        if (t->expires <= now)
            t->missed += timer_forward(&t->expires, t->interval, now) - 1;
        t->overrun = t->missed;
        t->missed = 0;
        t->sent = false;
        info->uid = as_overrun(t->overrun);
        arm(t, 0);
    }
    mutex_unlock(&timers_mutex);
}

/* --- making and deleting ----------------------------------------------------------------- */

/* Whether somebody makes timers of that clock: the coarse and raw ones can only be read, and there is no
 * device that wakes a machine that sleeps. */
static int check_clock(int clock)
{
    uint64_t ns;
    int      err = clock_is_device(clock) ? -EOPNOTSUPP : clock_now(clock, &ns);
    if (err)
        return err;
    bool can = clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME ||
               clock == CLOCK_TAI || clock == CLOCK_PROCESS_CPUTIME_ID ||
               clock == CLOCK_THREAD_CPUTIME_ID || clock < 0;
    return can ? 0 : -EOPNOTSUPP;
}

/* What a timer does about being due. -EINVAL. */
static int check_event(const struct abi_sigevent *ev)
{
    switch (ev->sigev_notify) {
    case SIGEV_NONE:
        return 0;
    case SIGEV_SIGNAL | SIGEV_THREAD_ID:
        if (ev->sigev_tid <= 0 || !thread_exists(ev->sigev_tid))
            return -EINVAL;
        break;
    case SIGEV_SIGNAL:
    case SIGEV_THREAD:
        break;
    default:
        return -EINVAL;
    }
    return ev->sigev_signo > 0 && ev->sigev_signo <= NSIG ? 0 : -EINVAL;
}

static struct posix_timer *timer_new(int clock, const struct abi_sigevent *ev)
{
    struct posix_timer *t = timer_prepare() ? NULL : kzalloc(sizeof(*t));
    if (!t)
        return NULL;
    t->item = sigqueue_item_new(the_process.limits[RLIMIT_SIGPENDING].cur);
    if (!t->item) {
        kfree(t);
        return NULL;
    }
    timer_init(&t->timer, due);
    t->clock = clock_for_others(clock);
    t->notify = ev->sigev_notify;
    t->signo = ev->sigev_signo;
    t->tid = ev->sigev_notify == SIGEV_THREAD_ID ? (uint32_t)ev->sigev_tid : 0;
    t->value = ev->sigev_value;
    return t;
}

/* Nobody finds it any more. */
static void timer_free(struct posix_timer *t)
{
    timer_stop(&t->timer);
    signal_forget_timer(t->item);
    kfree(t);
}

/* Number it and make it known. has_value: what its signal carries is not just that number. */
static int32_t publish(struct posix_timer *t, bool has_value)
{
    mutex_lock(&timers_mutex);
    do {
        t->id = next_id;
        next_id = next_id == INT32_MAX ? 0 : next_id + 1;
    } while (RB_INSERT(posix_timer_tree, &timers, t));
    if (!has_value)
        t->value = (uint32_t)t->id;
    int32_t id = t->id;
    mutex_unlock(&timers_mutex);
    return id;
}

static int delete_timer(int32_t id)
{
    mutex_lock(&timers_mutex);
    struct posix_timer *t = find(id);
    if (t) {
        RB_REMOVE(posix_timer_tree, &timers, t);
        t->expires = 0;
    }
    mutex_unlock(&timers_mutex);
    if (!t)
        return -EINVAL;
    timer_free(t);
    return 0;
}

void posix_timer_delete_all(void)
{
    struct posix_timer *t;
    while ((t = RB_MIN(posix_timer_tree, &timers)))
        delete_timer(t->id);
}

int64_t sys_timer_create(const uint64_t *a)
{
    struct abi_sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    int                 clock = (int)a[0];
    if (a[1] && uaccess_read(&ev, a[1], sizeof(ev)))
        return -EFAULT;
    int err = check_clock(clock);
    if (!err)
        err = check_event(&ev);
    if (err)
        return err;
    struct posix_timer *t = timer_new(clock, &ev);
    if (!t)
        return -EAGAIN;
    int32_t id = publish(t, a[1] != 0);
    if (uaccess_write(a[2], &id, sizeof(id)))
        return delete_timer(id) ? -EINVAL : -EFAULT;
    return 0;
}

int64_t sys_timer_delete(const uint64_t *a)
{
    return delete_timer((int32_t)a[0]);
}

/* --- setting and reading ----------------------------------------------------------------- */

/* What is left of it. One that is due and not yet served is not off. The mutex is held. */
static struct abi_itimerspec left_of(struct posix_timer *t)
{
    uint64_t now = now_of(t), left = 0;
    bool     rests = t->sent || t->notify == SIGEV_NONE;
    if (t->expires && t->expires <= now && t->interval && rests)
        t->missed += timer_forward(&t->expires, t->interval, now);
    if (t->expires)
        left = t->expires > now ? t->expires - now : t->notify != SIGEV_NONE;
    return args_itimerspec_of(left, t->interval);
}

static void set(struct posix_timer *t, bool absolute, uint64_t value, uint64_t interval)
{
    settings += settings == UINT32_MAX ? 2 : 1;
    t->setting = settings;
    t->sent = false;
    t->missed = t->overrun = 0;
    t->wall = absolute && clock_is_wall(t->clock);
    t->interval = value ? interval : 0;
    t->expires = value;
    if (value && !absolute)
        t->expires += now_of(t);
    if (value && t->notify != SIGEV_NONE)
        arm(t, 0);
    else
        timer_disarm(&t->timer);
}

int64_t sys_timer_settime(const uint64_t *a)
{
    struct abi_itimerspec old;
    uint64_t              value, interval;
    int                   err = a[2] ? args_itimerspec(a[2], &value, &interval) : -EINVAL;
    if (err)
        return err;
    mutex_lock(&timers_mutex);
    struct posix_timer *t = find((int32_t)a[0]);
    if (t) {
        old = left_of(t);
        set(t, a[1] & TIMER_ABSTIME, value, interval);
    }
    mutex_unlock(&timers_mutex);
    if (!t)
        return -EINVAL;
    return a[3] ? uaccess_write(a[3], &old, sizeof(old)) : 0;
}

int64_t sys_timer_gettime(const uint64_t *a)
{
    struct abi_itimerspec left;
    mutex_lock(&timers_mutex);
    struct posix_timer *t = find((int32_t)a[0]);
    if (t)
        left = left_of(t);
    mutex_unlock(&timers_mutex);
    return t ? uaccess_write(a[1], &left, sizeof(left)) : -EINVAL;
}

int64_t sys_timer_getoverrun(const uint64_t *a)
{
    mutex_lock(&timers_mutex);
    struct posix_timer *t = find((int32_t)a[0]);
    int64_t             overrun = t ? (int64_t)as_overrun(t->overrun) : -EINVAL;
    mutex_unlock(&timers_mutex);
    return overrun;
}
