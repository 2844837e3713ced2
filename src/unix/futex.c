/* SPDX-License-Identifier: Apache-2.0 */
/* futex.c - futexes: see futex.h.
 *
 * One mutex orders "look at the word, then join the list" against "leave the list": a waker that
 * changed the word before taking the mutex is seen in the word, one that comes later finds the
 * waiter listed. It is a sleeping lock because looking at the word may have to read its page from
 * a disk. Each waiter sleeps on its own queue under futex_lock, under which it is woken, too; one that was not
 * takes the mutex again before it returns, so no waker can still hold its stack's address.
 */
#include "unix/futex.h"

#include <sys/queue.h>

#include "kernel/heap.h"
#include "kernel/time.h"
#include "kernel/uaccess.h"
#include "kernel/waitq.h"
#include "lib/errno.h"
#include "machine/pmap.h"
#include "unix/abi.h"

struct futex_waiter {
    struct futex_key key;
    uint32_t         bitset;
    bool             woken;         /* protected by futex_lock, as is what follows */
    struct waitq    *queue;         /* one for all that a thread waits for at once */
    bool             wall;          /* it waits until a time of the day, which can be set */
    TAILQ_ENTRY(futex_waiter) link; /* protected by futex_mutex, while listed */
};

#define BUCKETS 64u

struct bucket {
    TAILQ_HEAD(, futex_waiter) list; /* first come, first woken; futex_mutex protects it */
    atomic_uint waiters; /* at least as many as are listed, or about to look at their word */
};

static struct mutex  futex_mutex = MUTEX_INIT(futex_mutex);
static struct bucket buckets[BUCKETS];

static struct spinlock futex_lock = SPINLOCK_INIT(LOCK_PROCESS, "futex");

static struct bucket *bucket_of(const struct futex_key *key)
{
    return &buckets[(key->where >> 2 ^ key->where >> 12) % BUCKETS];
}

/* A waiter counts himself, and then looks at his word; who wakes has changed the word, and then looks for waiters.
 * Between the two stands a full fence in both: one sees the other. */
static void count_waiter(struct bucket *b)
{
    atomic_fetch_add_explicit(&b->waiters, 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
}

static void uncount_waiter(struct bucket *b)
{
    atomic_fetch_sub_explicit(&b->waiters, 1, memory_order_relaxed);
}

static bool nobody_waits(const struct futex_key *key)
{
    atomic_thread_fence(memory_order_seq_cst);
    return !atomic_load_explicit(&bucket_of(key)->waiters, memory_order_relaxed);
}

/* The waiter is counted already. */
static void insert(struct bucket *b, struct futex_waiter *w)
{
    if (!b->list.tqh_last)
        TAILQ_INIT(&b->list);
    TAILQ_INSERT_TAIL(&b->list, w, link);
}

static void remove(struct bucket *b, struct futex_waiter *w)
{
    TAILQ_REMOVE(&b->list, w, link);
    uncount_waiter(b);
}

int futex_make_key(vaddr_t va, bool shared, struct futex_key *key)
{
    *key = (struct futex_key){.where = va, .shared = shared};
    if (va & 3)
        return -EINVAL;
    if (!uaccess_range_ok(va, sizeof(uint32_t)))
        return -EFAULT;
    /* Memory that only can be read never changes, and says nothing to anybody. */
    return shared ? uaccess_identity(va, PMAP_W, &key->where) : 0;
}

/* --- waiting ----------------------------------------------------------------------------- */

/* -EAGAIN unless the word at va is expected. */
static int check_word(vaddr_t va, uint32_t expected)
{
    uint32_t value;
    int      err = uaccess_read32(va, &value);
    if (err)
        return err;
    return value == expected ? 0 : -EAGAIN;
}

static int enlist(struct futex_waiter *w, vaddr_t va, bool shared, uint32_t expected)
{
    mutex_lock(&futex_mutex);
    int err = futex_make_key(va, shared, &w->key);
    if (!err) {
        count_waiter(bucket_of(&w->key));
        err = check_word(va, expected);
        if (err)
            uncount_waiter(bucket_of(&w->key));
        else
            insert(bucket_of(&w->key), w);
    }
    mutex_unlock(&futex_mutex);
    return err;
}

/* A wake-up that came together with the timeout or the signal counts. Reason 0: it was seen under futex_lock that w is
 * woken, and who woke it has done with it. */
static int delist(struct futex_waiter *w, int reason)
{
    if (!reason)
        return 0;
    mutex_lock(&futex_mutex);
    if (!w->woken)
        remove(bucket_of(&w->key), w);
    mutex_unlock(&futex_mutex);
    return w->woken ? 0 : reason;
}

/* Whether that time has come; *deadline: when to look again. */
bool futex_time_over(const struct futex_time *until, uint64_t *deadline)
{
    if (!until->wall) {
        *deadline = until->at;
        return false;
    }
    uint64_t now = time_wall_ns();
    *deadline = time_ns_to_deadline(until->at > now ? until->at - now : 0);
    return now >= until->at;
}

static bool any_woken(const struct futex_waiter *w, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (w[i].woken)
            return true;
    return false;
}

/* Sleep until one of n waiters, which share queue, is woken. */
static int sleep(const struct futex_waiter *w, unsigned n, struct waitq *queue,
                 const struct futex_time *until)
{
    uint64_t deadline;
    int      err = 0;

    spinlock_acquire(&futex_lock);
    while (!any_woken(w, n) && !err) {
        if (futex_time_over(until, &deadline)) {
            err = -ETIMEDOUT;
            break;
        }
        err = waitq_sleep_until(queue, &futex_lock, deadline, true);
        if (err == -ETIMEDOUT && until->wall)
            err = 0; /* is it? */
    }
    spinlock_release(&futex_lock);
    return err;
}

int futex_wait(vaddr_t va, bool shared, uint32_t expected, uint32_t bitset,
               const struct futex_time *until)
{
    struct waitq        queue;
    struct futex_waiter w = {.bitset = bitset, .queue = &queue, .wall = until->wall};
    waitq_init(&queue);
    int err = enlist(&w, va, shared, expected);
    return err ? err : delist(&w, sleep(&w, 1, &queue, until));
}

/* Leave all lists. The last of those that were woken, or -1. */
static int delist_all(struct futex_waiter *w, unsigned n)
{
    int woken = -1;

    mutex_lock(&futex_mutex);
    for (unsigned i = 0; i < n; i++) {
        if (w[i].woken)
            woken = (int)i;
        else
            remove(bucket_of(&w[i].key), &w[i]);
    }
    mutex_unlock(&futex_mutex);
    return woken;
}

static int wait_multiple(const struct futex_word *words, unsigned n, struct futex_waiter *w,
                         const struct futex_time *until)
{
    struct waitq queue;
    unsigned     listed;
    int          err = 0;

    waitq_init(&queue);
    for (listed = 0; listed < n; listed++) {
        w[listed] = (struct futex_waiter){
            .bitset = FUTEX_BITSET_MATCH_ANY, .queue = &queue, .wall = until->wall};
        err = enlist(&w[listed], words[listed].va, words[listed].shared, words[listed].expected);
        if (err)
            break;
    }
    if (!err)
        err = sleep(w, n, &queue, until);
    int woken = delist_all(w, listed);
    return woken >= 0 ? woken : err;
}

int futex_wait_multiple(const struct futex_word *words, unsigned n, const struct futex_time *until)
{
    struct futex_waiter *w = kmalloc(n * sizeof(*w));
    if (!w)
        return -ENOMEM;
    int result = wait_multiple(words, n, w, until);
    kfree(w);
    return result;
}

void futex_wall_changed(void)
{
    struct futex_waiter *w;

    mutex_lock(&futex_mutex);
    spinlock_acquire(&futex_lock);
    for (unsigned i = 0; i < BUCKETS; i++)
        TAILQ_FOREACH(w, &buckets[i].list, link)
            if (w->wall)
                waitq_wake_all(w->queue);
    spinlock_release(&futex_lock);
    mutex_unlock(&futex_mutex);
    futex_pi_wall_changed();
}

/* --- waking ------------------------------------------------------------------------------ */

static void wake(struct bucket *bucket, struct futex_waiter *w)
{
    remove(bucket, w);
    spinlock_acquire(&futex_lock);
    w->woken = true;
    waitq_wake_all(w->queue);
    spinlock_release(&futex_lock);
}

static unsigned wake_key(const struct futex_key *key, unsigned max, uint32_t bitset)
{
    struct bucket       *bucket = bucket_of(key);
    unsigned             count = 0;
    struct futex_waiter *w = TAILQ_FIRST(&bucket->list);
    while (w && count < max) {
        struct futex_waiter *next = TAILQ_NEXT(w, link);
        if (futex_same_key(&w->key, key) && w->bitset & bitset) {
            wake(bucket, w);
            count++;
        }
        w = next;
    }
    return count;
}

int futex_wake(vaddr_t va, bool shared, unsigned max, uint32_t bitset)
{
    struct futex_key key;
    if (!shared) {
        int err = futex_make_key(va, false, &key);
        if (err || nobody_waits(&key))
            return err;
    }
    mutex_lock(&futex_mutex);
    int result = shared ? futex_make_key(va, true, &key)
                        : 0; /* may lie elsewhere before and after */
    if (!result)
        result = (int)wake_key(&key, max, bitset);
    mutex_unlock(&futex_mutex);
    return result;
}

static unsigned move_key(const struct futex_key *from, const struct futex_key *to, unsigned max)
{
    struct bucket       *bucket = bucket_of(from);
    unsigned             count = 0;
    struct futex_waiter *w = TAILQ_FIRST(&bucket->list);
    while (w && count < max) {
        struct futex_waiter *next = TAILQ_NEXT(w, link);
        if (futex_same_key(&w->key, from)) {
            remove(bucket, w);
            w->key = *to;
            count_waiter(bucket_of(to));
            insert(bucket_of(to), w);
            count++;
        }
        w = next;
    }
    return count;
}

/* futex_requeue() with the mutex held. */
static int requeue(const struct futex_word *from, const struct futex_word *to, unsigned max_wake,
                   unsigned max_move, bool check)
{
    struct futex_key from_key, to_key;
    int              err = futex_make_key(from->va, from->shared, &from_key);
    if (!err)
        err = futex_make_key(to->va, to->shared, &to_key);
    if (!err && check)
        err = check_word(from->va, from->expected);
    if (err)
        return err;
    unsigned woken = wake_key(&from_key, max_wake, FUTEX_BITSET_MATCH_ANY);
    unsigned moved = futex_same_key(&from_key, &to_key) ? 0
                                                        : move_key(&from_key, &to_key, max_move);
    return (int)(woken + moved);
}

int futex_requeue(const struct futex_word *from, const struct futex_word *to, unsigned max_wake,
                  unsigned max_move, bool check)
{
    mutex_lock(&futex_mutex);
    int result = requeue(from, to, max_wake, max_move, check);
    mutex_unlock(&futex_mutex);
    return result;
}

/* --- waking by a second word ------------------------------------------------------------- */

/* What the word at va becomes, and whether what it was answers the question. Fields of op, from the top:
 * operation 4 bits, comparison 4, operand 12, operand of the comparison 12. -ENOSYS: no such. */
static int operate(uint32_t op, uint32_t old, uint32_t *new)
{
    enum { SET, ADD, OR, ANDN, XOR, SHIFTED = 8 };
    uint32_t what = op >> 28;
    int32_t  signed_arg = (int32_t)(op << 8) >> 20;
    uint32_t arg = what & SHIFTED ? 1u << (signed_arg & 31) : (uint32_t)signed_arg;
    switch (what & ~(uint32_t)SHIFTED) {
    case SET:
        *new = arg;
        return 0;
    case ADD:
        *new = old + arg;
        return 0;
    case OR:
        *new = old | arg;
        return 0;
    case ANDN:
        *new = old & ~arg;
        return 0;
    case XOR:
        *new = old ^ arg;
        return 0;
    default:
        return -ENOSYS;
    }
}

static int compare(uint32_t op, int32_t old)
{
    enum { EQ, NE, LT, LE, GT, GE };
    int32_t with = (int32_t)(op << 20) >> 20;
    switch (op >> 24 & 15) {
    case EQ:
        return old == with;
    case NE:
        return old != with;
    case LT:
        return old < with;
    case LE:
        return old <= with;
    case GT:
        return old > with;
    case GE:
        return old >= with;
    default:
        return -ENOSYS;
    }
}

/* Change the word at va, in one step for who else does. Returns how the comparison of what it was
 * came out. */
static int operate_on(vaddr_t va, uint32_t op)
{
    uint32_t old, new, found;
    int      err = uaccess_read32(va, &old);
    while (!err) {
        err = operate(op, old, &new);
        if (!err)
            err = uaccess_cas32(va, old, new, &found);
        if (!err && found == old)
            return compare(op, (int32_t)old);
        old = found;
    }
    return err;
}

static int wake_op(vaddr_t va, vaddr_t second, bool shared, unsigned max, unsigned max_second,
                   uint32_t op)
{
    struct futex_key key, second_key;
    int              err = futex_make_key(va, shared, &key);
    if (!err)
        err = futex_make_key(second, shared, &second_key);
    int holds = err ? err : operate_on(second, op);
    if (holds < 0)
        return holds;
    unsigned woken = wake_key(&key, max, FUTEX_BITSET_MATCH_ANY);
    if (holds)
        woken += wake_key(&second_key, max_second, FUTEX_BITSET_MATCH_ANY);
    return (int)woken;
}

int futex_wake_op(vaddr_t va, vaddr_t second, bool shared, unsigned max, unsigned max_second,
                  uint32_t op)
{
    mutex_lock(&futex_mutex);
    int result = wake_op(va, second, shared, max, max_second, op);
    mutex_unlock(&futex_mutex);
    return result;
}

/* --- robust futexes ---------------------------------------------------------------------- */

#define ROBUST_LIST_MAX 2048u /* entries looked at: a program can make the list a ring */

/* Mark the word at va, if tid holds it. False: it cannot be reached. */
static bool abandon(vaddr_t va, uint32_t tid)
{
    uint32_t word, found;
    if (uaccess_read32(va, &word))
        return false;
    while ((word & FUTEX_TID_MASK) == tid) {
        if (uaccess_cas32(va, word, (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED, &found))
            return false;
        if (found == word) {
            if (word & FUTEX_WAITERS)
                futex_wake(va, true, 1, FUTEX_BITSET_MATCH_ANY);
            break;
        }
        word = found;
    }
    return true;
}

void futex_abandon(vaddr_t head, uint32_t tid)
{
    struct abi_robust_list_head list;
    if (!head || uaccess_read(&list, head, sizeof(list)))
        return;
    uint64_t offset = (uint64_t)list.futex_offset;
    /* Bit 0 of an entry's address says that the word has an owner: futex_pi_abandon() hands those on. */
    vaddr_t pending = list.op_pending & ~1ul, entry = list.next & ~1ul;
    for (unsigned i = 0; entry != head && i < ROBUST_LIST_MAX; i++) {
        uint64_t next;
        bool     last = uaccess_read(&next, entry, sizeof(next)); /* before it can be reused */
        if ((entry != pending && !abandon(entry + offset, tid)) || last)
            return;
        entry = next & ~1ul;
    }
    if (pending)
        abandon(pending + offset, tid);
}
