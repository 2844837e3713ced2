/* SPDX-License-Identifier: Apache-2.0 */
/* sys_futex.c - the arguments of futex(2). Waiting and waking are futex.c's. */
#include "kernel/heap.h"
#include "kernel/time.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/args.h"
#include "unix/futex.h"
#include "unix/signal.h"
#include "unix/syscall.h"

/* WAIT has a relative timeout, WAIT_BITSET an absolute one, of the monotonic clock unless
 * flagged. */
static int wait_time(unsigned op, vaddr_t timeout, struct futex_time *until)
{
    uint64_t ns;
    *until = (struct futex_time){.at = WAIT_FOREVER};
    if (!timeout)
        return 0;
    int err = args_timespec(timeout, &ns);
    if (err)
        return err;
    unsigned cmd = op & (unsigned)FUTEX_CMD_MASK;
    bool     absolute = cmd != FUTEX_WAIT;
    until->wall = cmd == FUTEX_LOCK_PI || (absolute && op & FUTEX_CLOCK_REALTIME);
    if (absolute && !until->wall) {
        uint64_t now = time_ns();
        ns = ns > now ? ns - now : 0;
    }
    until->at = until->wall ? ns : time_ns_to_deadline(ns);
    return 0;
}

enum { SHARED = 1, WALL = 2 };

/* A timeout goes on running while a handler does: such a wait goes on, it does not start anew. */
static int64_t go_on_waiting(const struct restart *r)
{
    struct futex_time until = {.at = r->deadline, .wall = r->arg[1] & WALL};
    int result = futex_wait(r->arg[0], r->arg[1] & SHARED, (uint32_t)r->arg[2], (uint32_t)r->arg[3],
                            &until);
    if (result != -EINTR)
        return result;
    uthread_self()->restart = *r;
    return -ERESTART_RESTARTBLOCK;
}

/* The wait that a asks for was interrupted. */
static int64_t interrupted(const uint64_t *a, uint32_t bitset, const struct futex_time *until)
{
    if (until->at == WAIT_FOREVER)
        return -ERESTARTSYS;
    uint64_t how = (a[1] & FUTEX_PRIVATE_FLAG ? 0 : SHARED) | (until->wall ? WALL : 0);
    uthread_self()->restart = (struct restart){
        .go_on = go_on_waiting,
        .deadline = until->at,
        .arg = {a[0], how, (uint32_t)a[2], bitset},
    };
    return -ERESTART_RESTARTBLOCK;
}

static __attribute__((noinline)) int64_t wait_limited(const uint64_t *a, uint32_t bitset)
{
    struct futex_time until;
    int               err = wait_time((unsigned)a[1], a[3], &until);
    if (err)
        return err;
    if (!bitset)
        return -EINVAL;
    int result = futex_wait(a[0], !(a[1] & FUTEX_PRIVATE_FLAG), (uint32_t)a[2], bitset, &until);
    return result == -EINTR ? interrupted(a, bitset, &until) : result;
}

static int64_t wait(const uint64_t *a, uint32_t bitset)
{
    static const struct futex_time forever = {.at = WAIT_FOREVER};
    if (a[3])
        return wait_limited(a, bitset);
    if (!bitset)
        return -EINVAL;
    int result = futex_wait(a[0], !(a[1] & FUTEX_PRIVATE_FLAG), (uint32_t)a[2], bitset, &forever);
    return result == -EINTR ? -ERESTARTSYS : result;
}

/* Asked to wake none, or fewer, Linux wakes one. */
static unsigned at_least_one(uint32_t max)
{
    return (int32_t)max < 1 ? 1 : max;
}

static int64_t requeue(const uint64_t *a, bool shared, bool check)
{
    int32_t max_wake = (int32_t)a[2], max_move = (int32_t)a[3];
    if (max_wake < 0 || max_move < 0)
        return -EINVAL;
    return futex_requeue(&(struct futex_word){a[0], shared, (uint32_t)a[5]},
                         &(struct futex_word){a[4], shared, 0}, (unsigned)max_wake,
                         (unsigned)max_move, check);
}

/* Those of words that have an owner. */
static int64_t with_owner(const uint64_t *a, unsigned op, bool shared)
{
    const struct futex_word word = {a[0], shared, (uint32_t)a[2]},
                            from = {a[0], shared, (uint32_t)a[5]};
    struct futex_time until;
    int               err;

    switch (op & (unsigned)FUTEX_CMD_MASK) {
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
        err = wait_time(op, a[3], &until);
        return err ? err : futex_pi_lock(a[0], shared, &until);
    case FUTEX_TRYLOCK_PI:
        return futex_pi_lock(a[0], shared, NULL);
    case FUTEX_UNLOCK_PI:
        return futex_pi_unlock(a[0], shared);
    case FUTEX_WAIT_REQUEUE_PI:
        err = wait_time(op, a[3], &until);
        return err ? err : futex_pi_wait_requeue(&word, a[4], shared, &until);
    case FUTEX_CMP_REQUEUE_PI:
        if ((int32_t)a[2] != 1 || (int32_t)a[3] < 0)
            return -EINVAL;
        return futex_pi_requeue(&from, a[4], shared, (uint32_t)a[3]);
    default:
        return -ENOSYS;
    }
}

/* Any other operation than the two that programs are made of. */
static __attribute__((noinline)) int64_t other(const uint64_t *a)
{
    vaddr_t  va = a[0];
    unsigned op = (unsigned)a[1], cmd = op & (unsigned)FUTEX_CMD_MASK;
    uint32_t value = (uint32_t)a[2];
    bool     shared = !(op & FUTEX_PRIVATE_FLAG);

    if (op & FUTEX_CLOCK_REALTIME && cmd != FUTEX_WAIT_BITSET && cmd != FUTEX_WAIT_REQUEUE_PI &&
        cmd != FUTEX_LOCK_PI2)
        return -ENOSYS;
    switch (cmd) {
    case FUTEX_WAIT_BITSET:
        return wait(a, (uint32_t)a[5]);
    case FUTEX_WAKE_BITSET:
        return (uint32_t)a[5] ? futex_wake(va, shared, at_least_one(value), (uint32_t)a[5])
                              : -EINVAL;
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
        return requeue(a, shared, cmd == FUTEX_CMP_REQUEUE);
    case FUTEX_WAKE_OP:
        return futex_wake_op(va, a[4], shared, value, (uint32_t)a[3], (uint32_t)a[5]);
    default:
        return with_owner(a, op, shared);
    }
}

int64_t sys_futex(const uint64_t *a)
{
    switch ((unsigned)a[1] & ~(unsigned)FUTEX_PRIVATE_FLAG) {
    case FUTEX_WAIT:
        return wait(a, FUTEX_BITSET_MATCH_ANY);
    case FUTEX_WAKE:
        return futex_wake(a[0], !(a[1] & FUTEX_PRIVATE_FLAG), at_least_one((uint32_t)a[2]),
                          FUTEX_BITSET_MATCH_ANY);
    default:
        return other(a);
    }
}

/* --- the second generation of calls ---------------------------------------------------------- */

#define FUTEX2_SIZE_MASK 3u
#define FUTEX2_SIZE_U32  2u
#define FUTEX2_PRIVATE   128u
#define WAITV_MAX        128u

/* Only words of 32 bits there are, with values to match. */
static int check_word_kind(uint32_t flags, uint64_t value)
{
    if (flags & ~(FUTEX2_SIZE_MASK | FUTEX2_PRIVATE) ||
        (flags & FUTEX2_SIZE_MASK) != FUTEX2_SIZE_U32)
        return -EINVAL;
    return value >> 32 ? -EINVAL : 0;
}

static int absolute_time(vaddr_t va, int clock, struct futex_time *until)
{
    *until = (struct futex_time){.at = WAIT_FOREVER};
    if (!va)
        return 0;
    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
        return -EINVAL;
    return wait_time(FUTEX_WAIT_BITSET | (clock == CLOCK_REALTIME ? FUTEX_CLOCK_REALTIME : 0), va,
                     until);
}

static int read_words(vaddr_t va, unsigned n, struct futex_word *words)
{
    struct {
        uint64_t value, va;
        uint32_t flags, reserved;
    } in;
    for (unsigned i = 0; i < n; i++) {
        if (uaccess_read(&in, va + i * sizeof(in), sizeof(in)))
            return -EFAULT;
        if (in.reserved || check_word_kind(in.flags, in.value))
            return -EINVAL;
        words[i] = (struct futex_word){in.va, !(in.flags & FUTEX2_PRIVATE), (uint32_t)in.value};
    }
    return 0;
}

int64_t sys_futex_waitv(const uint64_t *a)
{
    struct futex_time until;
    unsigned          n = (unsigned)a[1];
    if ((unsigned)a[2] || !n || n > WAITV_MAX || !a[0])
        return -EINVAL;
    int err = absolute_time(a[3], (int)a[4], &until);
    if (err)
        return err;
    struct futex_word *words = kmalloc(n * sizeof(*words));
    if (!words)
        return -ENOMEM;
    err = read_words(a[0], n, words);
    if (!err)
        err = futex_wait_multiple(words, n, &until);
    kfree(words);
    return err == -EINTR ? -ERESTARTSYS : err;
}

int64_t sys_futex_wake(const uint64_t *a)
{
    int err = check_word_kind((uint32_t)a[3], a[1]);
    if (err || !a[1])
        return -EINVAL;
    int max = (int)a[2];
    /* Asked to wake none, it looks at the word and wakes none. */
    return futex_wake(a[0], !(a[3] & FUTEX2_PRIVATE), max < 0 ? 1 : (unsigned)max, (uint32_t)a[1]);
}

int64_t sys_futex_wait(const uint64_t *a)
{
    struct futex_time until;
    uint32_t          flags = (uint32_t)a[3];
    if (check_word_kind(flags, a[1]) || a[2] >> 32)
        return -EINVAL;
    int err = absolute_time(a[4], (int)a[5], &until);
    if (err)
        return err;
    if (!a[2])
        return -EINVAL;
    err = futex_wait(a[0], !(flags & FUTEX2_PRIVATE), (uint32_t)a[1], (uint32_t)a[2], &until);
    return err == -EINTR ? -ERESTARTSYS : err;
}

int64_t sys_futex_requeue(const uint64_t *a)
{
    struct futex_word words[2];
    int               max_wake = (int)a[2], max_move = (int)a[3];
    if ((unsigned)a[1] || !a[0])
        return -EINVAL;
    int err = read_words(a[0], 2, words);
    if (err)
        return err;
    if (max_wake < 0 || max_move < 0)
        return -EINVAL;
    return futex_requeue(&words[0], &words[1], (unsigned)max_wake, (unsigned)max_move, true);
}
