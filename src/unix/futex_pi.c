/* SPDX-License-Identifier: Apache-2.0 */
/* futex_pi.c - futexes that have an owner: see futex.h.
 *
 * The word holds the owner's number, and says whether somebody waits; only the kernel gives a word with waiters
 * away, and to the one who waits longest. Who waits is listed here with the owner whom he waits for: so a ring of
 * threads that wait for each other is seen, and what a thread that ends leaves locked is handed on. Nobody's
 * priority changes by it: the scheduler has none.
 *
 * One mutex protects the lists and all changes of words; it is a sleeping lock because words lie in the
 * program's memory. A waiter is woken under wake_lock.
 */
#include <sys/queue.h>

#include "kernel/time.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/abi.h"
#include "unix/futex.h"
#include "unix/process.h"
#include "unix/signal.h"

struct pi_waiter {
    struct futex_key key;
    vaddr_t          va; /* of the word that he wants to own */
    struct futex_key
                 target; /* on asked: the key of va, when key is that of the word he waits for */
    uint32_t     tid;
    uint32_t     owner; /* on waiting: whom he waits for */
    bool         moved; /* he is, or was, on waiting */
    struct waitq queue;
    bool         owns; /* protected by wake_lock, too: he sleeps no longer */
    TAILQ_ENTRY(pi_waiter) link;
};

TAILQ_HEAD(pi_list, pi_waiter);

static struct mutex pi_mutex = MUTEX_INIT(pi_mutex);
/* pi_mutex protects: */
static struct pi_list waiting = TAILQ_HEAD_INITIALIZER(waiting); /* for a word to own, in order */
static struct pi_list asked = TAILQ_HEAD_INITIALIZER(asked); /* for a word, to own another then */

static atomic_uint     nwaiting; /* of both lists */
static struct spinlock wake_lock = SPINLOCK_INIT(LOCK_PROCESS, "futex_pi");

static struct pi_waiter *first_of(struct pi_list *list, const struct futex_key *key)
{
    struct pi_waiter *w;
    TAILQ_FOREACH(w, list, link)
        if (futex_same_key(&w->key, key))
            break;
    return w;
}

static void insert(struct pi_list *list, struct pi_waiter *w)
{
    TAILQ_INSERT_TAIL(list, w, link);
    atomic_fetch_add(&nwaiting, 1);
}

static void remove(struct pi_list *list, struct pi_waiter *w)
{
    TAILQ_REMOVE(list, w, link);
    atomic_fetch_sub(&nwaiting, 1);
}

/* --- owning ---------------------------------------------------------------------------------- */

/* Have tid own the word at va, if nobody does; with_waiters: somebody will wait for it at once. 1: it does; 0:
 * *owner does; -EDEADLK: tid itself; -EINVAL: the word is not what the kernel made it; -ESRCH: the owner is gone. */
static int claim(vaddr_t va, const struct futex_key *key, uint32_t tid, bool with_waiters,
                 uint32_t *owner)
{
    const struct pi_waiter *first = first_of(&waiting, key);
    uint32_t                word, found, new;
    int                     err = uaccess_read32(va, &word);

    for (; !err; word = found) {
        uint32_t holder = word & FUTEX_TID_MASK;
        if (holder == tid)
            return -EDEADLK;
        if (first) { /* its owner may have died, and not yet have handed it on */
            *owner = first->owner;
            return holder == first->owner || (!holder && word & FUTEX_OWNER_DIED) ? 0 : -EINVAL;
        }
        if (holder)
            new = word | FUTEX_WAITERS;
        else
            new = tid | (word & FUTEX_OWNER_DIED) | (with_waiters ? FUTEX_WAITERS : 0);
        err = uaccess_cas32(va, word, new, &found);
        if (err || found != word)
            continue;
        *owner = holder;
        return !holder ? 1 : thread_exists((int)holder) ? 0 : -ESRCH;
    }
    return err;
}

/* w owns what he waits for, and need not sleep any more. */
static void give(struct pi_waiter *w)
{
    spinlock_acquire(&wake_lock);
    w->owns = true;
    waitq_wake_all(&w->queue);
    spinlock_release(&wake_lock);
}

/* Give the word away to the first who waits for it; who else waits, waits for him from now on. died: the owner
 * did not do it himself. */
static int hand_on(struct pi_waiter *w, uint32_t died)
{
    struct pi_waiter *other;
    uint32_t          word, found;
    int               err = uaccess_read32(w->va, &word);

    while (!err) {
        uint32_t kept = word & FUTEX_OWNER_DIED;
        err = uaccess_cas32(w->va, word, w->tid | FUTEX_WAITERS | kept | died, &found);
        if (!err && found == word)
            break;
        word = found;
    }
    if (err && !died)
        return err;
    remove(&waiting, w);
    TAILQ_FOREACH(other, &waiting, link)
        if (futex_same_key(&other->key, &w->key))
            other->owner = w->tid;
    give(w);
    return 0;
}

/* Whether owner waits, perhaps by way of others, for what tid owns. */
static bool is_ring(uint32_t owner, uint32_t tid)
{
    struct pi_waiter *w = TAILQ_FIRST(&waiting);
    while (w && owner != tid) {
        if (w->tid == owner) {
            owner = w->owner;
            w = TAILQ_FIRST(&waiting);
        } else {
            w = TAILQ_NEXT(w, link);
        }
    }
    return owner == tid;
}

/* --- waiting --------------------------------------------------------------------------------- */

static int sleep(struct pi_waiter *w, const struct futex_time *until)
{
    uint64_t deadline;
    int      err = 0;

    spinlock_acquire(&wake_lock);
    while (!w->owns && !err) {
        if (futex_time_over(until, &deadline))
            err = -ETIMEDOUT;
        else
            err = waitq_sleep_until(&w->queue, &wake_lock, deadline, true);
        if (err == -ETIMEDOUT && until->wall && !futex_time_over(until, &deadline))
            err = 0;
    }
    spinlock_release(&wake_lock);
    return err;
}

/* Sleep, and leave the list that w is on then. pi_mutex is held before and after. */
static int wait(struct pi_waiter *w, const struct futex_time *until)
{
    mutex_unlock(&pi_mutex);
    int err = sleep(w, until);
    mutex_lock(&pi_mutex);
    if (w->owns)
        return 0;
    remove(w->moved ? &waiting : &asked, w);
    return err;
}

void futex_pi_wall_changed(void)
{
    struct pi_list   *lists[] = {&waiting, &asked};
    struct pi_waiter *w;

    mutex_lock(&pi_mutex);
    spinlock_acquire(&wake_lock);
    for (unsigned i = 0; i < ARRAY_LEN(lists); i++)
        TAILQ_FOREACH(w, lists[i], link)
            waitq_wake_all(&w->queue);
    spinlock_release(&wake_lock);
    mutex_unlock(&pi_mutex);
}

static int lock(struct pi_waiter *w, bool shared, const struct futex_time *until)
{
    int err = futex_make_key(w->va, shared, &w->key);
    if (err)
        return err;
    int got = claim(w->va, &w->key, w->tid, false, &w->owner);
    if (got)
        return got < 0 ? got : 0;
    if (!until)
        return -EAGAIN;
    if (is_ring(w->owner, w->tid))
        return -EDEADLK;
    w->moved = true;
    insert(&waiting, w);
    err = wait(w, until);
    return err == -EINTR ? -ERESTARTNOINTR : err;
}

int futex_pi_lock(vaddr_t va, bool shared, const struct futex_time *until)
{
    struct pi_waiter w = {.va = va, .tid = uthread_self()->tid};
    waitq_init(&w.queue);
    mutex_lock(&pi_mutex);
    int err = lock(&w, shared, until);
    mutex_unlock(&pi_mutex);
    return err;
}

/* --- giving up ------------------------------------------------------------------------------- */

static int unlock(vaddr_t va, bool shared, uint32_t tid)
{
    struct futex_key key;
    uint32_t         word, found;
    if (uaccess_read(&word, va, sizeof(word)))
        return -EFAULT;
    if ((word & FUTEX_TID_MASK) != tid)
        return -EPERM;
    int err = futex_make_key(va, shared, &key);
    if (err)
        return err;
    struct pi_waiter *first = first_of(&waiting, &key);
    if (first)
        return first->owner == tid ? hand_on(first, 0) : -EINVAL;
    err = uaccess_cas32(va, word, 0, &found);
    return !err && found != word ? -EAGAIN : err;
}

int futex_pi_unlock(vaddr_t va, bool shared)
{
    mutex_lock(&pi_mutex);
    int err = unlock(va, shared, uthread_self()->tid);
    mutex_unlock(&pi_mutex);
    return err;
}

void futex_pi_abandon(uint32_t tid)
{
    struct pi_waiter *w;
    if (!atomic_load(&nwaiting))
        return;
    mutex_lock(&pi_mutex);
    w = TAILQ_FIRST(&waiting);
    while (w) {
        bool his = w->owner == tid;
        if (his)
            hand_on(w, FUTEX_OWNER_DIED);
        w = his ? TAILQ_FIRST(&waiting) : TAILQ_NEXT(w, link);
    }
    mutex_unlock(&pi_mutex);
}

/* --- from one word to another ---------------------------------------------------------------- */

static int ask(struct pi_waiter *w, const struct futex_word *word, bool shared,
               const struct futex_time *until)
{
    uint32_t value;
    int      err = futex_make_key(word->va, shared, &w->key);
    if (!err)
        err = futex_make_key(w->va, shared, &w->target);
    if (!err && futex_same_key(&w->key, &w->target))
        err = -EINVAL;
    if (!err)
        err = uaccess_read32(word->va, &value);
    if (err)
        return err;
    if (value != word->expected)
        return -EAGAIN;
    insert(&asked, w);
    err = wait(w, until);
    if (err == -EINTR)
        err = w->moved ? -EAGAIN : -ERESTARTNOINTR;
    return err;
}

int futex_pi_wait_requeue(const struct futex_word *word, vaddr_t target, bool shared,
                          const struct futex_time *until)
{
    struct pi_waiter w = {.va = target, .tid = uthread_self()->tid};
    waitq_init(&w.queue);
    mutex_lock(&pi_mutex);
    int err = ask(&w, word, shared, until);
    mutex_unlock(&pi_mutex);
    return err;
}

/* The first of those who asked gets the target, or waits for it. -EINVAL: he wants another one. */
static int move_one(struct pi_waiter *w, const struct futex_key *target, bool more)
{
    if (!futex_same_key(&w->target, target))
        return -EINVAL;
    int got = claim(w->va, target, w->tid, more, &w->owner);
    if (got < 0)
        return got;
    remove(&asked, w);
    if (got) {
        give(w);
        return 0;
    }
    w->key = *target;
    w->moved = true;
    insert(&waiting, w);
    return 0;
}

static int requeue(const struct futex_word *from, vaddr_t to, bool shared, unsigned max_move)
{
    struct futex_key  key, target;
    struct pi_waiter *w;
    uint32_t          value;
    unsigned          count = 0;
    int               err = futex_make_key(from->va, shared, &key);
    if (!err)
        err = futex_make_key(to, shared, &target);
    if (!err && futex_same_key(&key, &target))
        err = -EINVAL;
    if (!err)
        err = uaccess_read32(from->va, &value);
    if (err)
        return err;
    if (value != from->expected)
        return -EAGAIN;
    while (!err && count <= max_move && (w = first_of(&asked, &key))) {
        err = move_one(w, &target, max_move > 0);
        count += !err;
    }
    return err ? err : (int)count;
}

int futex_pi_requeue(const struct futex_word *from, vaddr_t to, bool shared, unsigned max_move)
{
    mutex_lock(&pi_mutex);
    int result = requeue(from, to, shared, max_move);
    mutex_unlock(&pi_mutex);
    return result;
}
