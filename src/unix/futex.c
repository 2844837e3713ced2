/* SPDX-License-Identifier: Apache-2.0 */
/* futex.c - futexes: see futex.h.
 *
 * One spinlock orders "look at the word, then join the list" against "leave the list": a waker that
 * changed the word before taking the lock is seen in the word, one that comes later finds the
 * waiter listed. Looking at the word may have to read its page from a disk: the word is brought into memory and
 * kept there (uaccess_word()) before the lock is taken. Who wakes a waiter takes him off his list first, and has done with
 * him once he is awake: he need not take the lock again. One who was not woken does, to leave the list himself.
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
    /* protected by futex_lock: */
    bool          woken;
    bool          wall;  /* it waits until a time of the day, which can be set */
    struct waitq *queue; /* one for all that a thread waits for at once */
    TAILQ_ENTRY(futex_waiter) link;
};

#define BUCKETS 64u

/* Its size is a power of two: where one is takes a shift. */
struct bucket {
    _Alignas(32) TAILQ_HEAD(, futex_waiter) list; /* first come, first woken; under futex_lock */
    atomic_uint waiters; /* at least as many as are listed, or about to look at their word */
};

static struct bucket buckets[BUCKETS];

static struct spinlock futex_lock = SPINLOCK_INIT(LOCK_PROCESS, "futex");

static struct bucket *bucket_of(struct futex_key key)
{
    return &buckets[(key.where >> 2 ^ key.where >> 12) % BUCKETS];
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

static bool nobody_waits(const struct bucket *b)
{
    atomic_thread_fence(memory_order_seq_cst);
    return !atomic_load_explicit(&b->waiters, memory_order_relaxed);
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
    key->where = va;
    if (va & 3)
        return -EINVAL;
    if (!uaccess_range_ok(va, sizeof(uint32_t)))
        return -EFAULT;
    if (!shared)
        return 0;
    /* Memory that only can be read never changes, and says nothing to anybody. */
    int err = uaccess_identity(va, PMAP_W, &key->where);
    key->where |= FUTEX_KEY_SHARED;
    return err;
}

/* --- waiting ----------------------------------------------------------------------------- */

/* w, whose key is made, is listed if the word is expected: then futex_lock is held. -EFAULT, -EAGAIN. */
static inline int enlist(struct futex_waiter *w, vaddr_t va, uint32_t expected)
{
    struct bucket    *b = bucket_of(w->key);
    _Atomic uint32_t *word = uaccess_word(va, PMAP_R);
    if (!word)
        return -EFAULT;
    spinlock_acquire(&futex_lock);
    count_waiter(b);
    bool as_expected = atomic_load_explicit(word, memory_order_relaxed) == expected;
    uaccess_end();
    if (as_expected) {
        insert(b, w);
        return 0;
    }
    uncount_waiter(b);
    spinlock_release(&futex_lock);
    return -EAGAIN;
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

/* Leave all lists. The last of those that were woken, or -1. */
static int delist(struct futex_waiter *w, unsigned n)
{
    int woken = -1;

    for (unsigned i = 0; i < n; i++) {
        if (w[i].woken)
            woken = (int)i;
        else
            remove(bucket_of(w[i].key), &w[i]);
    }
    return woken;
}

/* Sleep until one of n waiters, which share queue, is woken, and leave all lists. Who it was: a wake-up that came
 * together with the timeout or the signal counts. -ETIMEDOUT, -EINTR; or err, if that is why they are not to sleep at all.
 * futex_lock is held, and released. */
static int sleep(struct futex_waiter *w, unsigned n, struct waitq *queue,
                 const struct futex_time *until, int err)
{
    uint64_t deadline;

    while (!err && !any_woken(w, n)) {
        if (futex_time_over(until, &deadline)) {
            err = -ETIMEDOUT;
            break;
        }
        err = waitq_sleep_until(queue, &futex_lock, deadline, true);
        if (err == -ETIMEDOUT && until->wall)
            err = 0; /* is it? */
    }
    int woken = delist(w, n);
    spinlock_release(&futex_lock);
    return woken >= 0 ? woken : err;
}

/* The same for one waiter that does not wait for a time of the day: nothing but who wakes it ends its sleep well. */
static inline int sleep_alone(struct futex_waiter *w, struct waitq *queue, uint64_t deadline)
{
    int err = waitq_sleep_unlocked(queue, &futex_lock, deadline, true);
    if (__builtin_expect(err, 0)) {
        spinlock_acquire(&futex_lock);
        err = delist(w, 1) < 0 ? err : 0;
        spinlock_release(&futex_lock);
    }
    return err;
}

int futex_wait(vaddr_t va, bool shared, uint32_t expected, uint32_t bitset,
               const struct futex_time *until)
{
    struct waitq        queue = WAITQ_INIT(queue);
    struct futex_waiter w;

    int err = futex_make_key(va, shared, &w.key);
    if (err)
        return err;
    w.bitset = bitset;
    w.woken = false;
    w.wall = until->wall;
    w.queue = &queue;
    err = enlist(&w, va, expected);
    if (err)
        return err;
    return until->wall ? sleep(&w, 1, &queue, until, 0) : sleep_alone(&w, &queue, until->at);
}

static int wait_multiple(const struct futex_word *words, unsigned n, struct futex_waiter *w,
                         const struct futex_time *until)
{
    struct waitq queue;
    unsigned     listed = 0;
    int          err = 0;

    waitq_init(&queue);
    while (listed < n && !err) {
        const struct futex_word *word = &words[listed];
        w[listed] = (struct futex_waiter){
            .bitset = FUTEX_BITSET_MATCH_ANY, .queue = &queue, .wall = until->wall};
        err = futex_make_key(word->va, word->shared, &w[listed].key);
        if (!err)
            err = enlist(&w[listed], word->va, word->expected);
        if (!err) {
            spinlock_release(&futex_lock); /* the next word may not be in memory */
            listed++;
        }
    }
    spinlock_acquire(&futex_lock);
    return sleep(w, listed, &queue, until, err);
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

    spinlock_acquire(&futex_lock);
    for (unsigned i = 0; i < BUCKETS; i++)
        TAILQ_FOREACH(w, &buckets[i].list, link)
            if (w->wall)
                waitq_wake_one(w->queue);
    spinlock_release(&futex_lock);
    futex_pi_wall_changed();
}

/* --- waking ------------------------------------------------------------------------------ */

/* Once it is awake w may be gone. */
static __attribute__((noinline)) void wake(struct bucket *b, struct futex_waiter *w)
{
    remove(b, w);
    w->woken = true;
    waitq_wake_one(w->queue);
}

static unsigned wake_in(struct bucket *b, struct futex_key key, unsigned max, uint32_t bitset)
{
    unsigned             left = max;
    struct futex_waiter *next, *w = TAILQ_FIRST(&b->list);
    for (; w && left; w = next) {
        next = TAILQ_NEXT(w, link);
        if (futex_same_key(&w->key, &key) && w->bitset & bitset) {
            wake(b, w);
            left--;
        }
    }
    return max - left;
}

static unsigned wake_key(struct futex_key key, unsigned max, uint32_t bitset)
{
    return wake_in(bucket_of(key), key, max, bitset);
}

static __attribute__((noinline)) int64_t wake_some(struct bucket *b, struct futex_key key,
                                                   unsigned max, uint32_t bitset)
{
    spinlock_acquire(&futex_lock);
    unsigned count = wake_in(b, key, max, bitset);
    spinlock_release(&futex_lock);
    return count;
}

static inline int64_t wake_at(struct futex_key key, unsigned max, uint32_t bitset)
{
    struct bucket *b = bucket_of(key);
    return nobody_waits(b) ? 0 : wake_some(b, key, max, bitset);
}

/* Not a word of the program's own. */
static __attribute__((noinline)) int64_t wake_other(vaddr_t va, bool shared, unsigned max,
                                                    uint32_t bitset)
{
    struct futex_key key;
    int              err = futex_make_key(va, shared, &key);
    return err ? err : wake_at(key, max, bitset);
}

int64_t futex_wake(vaddr_t va, bool shared, unsigned max, uint32_t bitset)
{
    if (shared || va & 3 || !uaccess_range_ok(va, sizeof(uint32_t)))
        return wake_other(va, shared, max, bitset);
    return wake_at((struct futex_key){.where = va}, max, bitset);
}

static unsigned move_key(struct futex_key from, struct futex_key to, unsigned max)
{
    struct bucket       *bucket = bucket_of(from);
    unsigned             count = 0;
    struct futex_waiter *w = TAILQ_FIRST(&bucket->list);
    while (w && count < max) {
        struct futex_waiter *next = TAILQ_NEXT(w, link);
        if (futex_same_key(&w->key, &from)) {
            remove(bucket, w);
            w->key = to;
            count_waiter(bucket_of(to));
            insert(bucket_of(to), w);
            count++;
        }
        w = next;
    }
    return count;
}

/* futex_requeue() with the lock held. */
static unsigned requeue(struct futex_key from, struct futex_key to, unsigned max_wake,
                        unsigned max_move)
{
    unsigned woken = wake_key(from, max_wake, FUTEX_BITSET_MATCH_ANY);
    return woken + (futex_same_key(&from, &to) ? 0 : move_key(from, to, max_move));
}

int futex_requeue(const struct futex_word *from, const struct futex_word *to, unsigned max_wake,
                  unsigned max_move, bool check)
{
    struct futex_key  from_key, to_key;
    _Atomic uint32_t *word = NULL;
    int               err = futex_make_key(from->va, from->shared, &from_key);
    if (!err)
        err = futex_make_key(to->va, to->shared, &to_key);
    if (!err && check && !(word = uaccess_word(from->va, PMAP_R)))
        err = -EFAULT;
    if (err)
        return err;
    spinlock_acquire(&futex_lock);
    bool changed = word && atomic_load_explicit(word, memory_order_relaxed) != from->expected;
    if (word)
        uaccess_end();
    int result = changed ? -EAGAIN : (int)requeue(from_key, to_key, max_wake, max_move);
    spinlock_release(&futex_lock);
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

/* Change the word, in one step for who else does. Returns how the comparison of what it was came out. */
static int operate_on(_Atomic uint32_t *word, uint32_t op)
{
    uint32_t new, old = atomic_load(word);
    int err;
    do {
        err = operate(op, old, &new);
    } while (!err && !atomic_compare_exchange_weak(word, &old, new));
    return err ? err : compare(op, (int32_t)old);
}

int futex_wake_op(vaddr_t va, vaddr_t second, bool shared, unsigned max, unsigned max_second,
                  uint32_t op)
{
    struct futex_key key, second_key;
    int              err = futex_make_key(va, shared, &key);
    if (!err)
        err = futex_make_key(second, shared, &second_key);
    if (err)
        return err;
    _Atomic uint32_t *word = uaccess_word(second, PMAP_W);
    if (!word)
        return -EFAULT;
    spinlock_acquire(&futex_lock);
    int holds = operate_on(word, op), result = holds;
    uaccess_end();
    if (holds >= 0)
        result = (int)wake_key(key, max, FUTEX_BITSET_MATCH_ANY);
    if (holds > 0)
        result += (int)wake_key(second_key, max_second, FUTEX_BITSET_MATCH_ANY);
    spinlock_release(&futex_lock);
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
