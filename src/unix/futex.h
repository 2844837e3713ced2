/* SPDX-License-Identifier: Apache-2.0 */
/* futex.h - sleeping until somebody says that a word of the program's memory changed.
 *
 * A private futex is known by its address, a shared one by the memory behind it. Threads only; all
 * sleep.
 */
#ifndef UNIX_FUTEX_H
#define UNIX_FUTEX_H

#include "lib/types.h"

/* Until when to wait: ticks, or nanoseconds of wall time, which may be set meanwhile. */
struct futex_time {
    uint64_t at; /* WAIT_FOREVER: for ever, if it is no wall time */
    bool     wall;
};

/* A word, and what it is to be. */
struct futex_word {
    vaddr_t  va;
    bool     shared;
    uint32_t expected;
};

/* What two users of one futex agree on. */
struct futex_key {
    uint64_t
        where; /* user address, or what uaccess_identity() says; and FUTEX_KEY_SHARED, if it is */
};

#define FUTEX_KEY_SHARED 1ul /* no word's address has it */

/* The key of the word at va. -EINVAL: not 4-aligned; -EFAULT. */
int futex_make_key(vaddr_t va, bool shared, struct futex_key *key);

static inline bool futex_same_key(const struct futex_key *a, const struct futex_key *b)
{
    return a->where == b->where;
}

/* Whether that time has come; *deadline: when to look again. */
bool futex_time_over(const struct futex_time *until, uint64_t *deadline);

/* Sleep while the word at va is expected, until woken by somebody with a bit of bitset, or until a time. 0:
 * woken; -EAGAIN: the word is another one; -ETIMEDOUT; -EINTR; -EFAULT; -EINVAL: va is not 4-aligned. */
int futex_wait(vaddr_t va, bool shared, uint32_t expected, uint32_t bitset,
               const struct futex_time *until);

/* The same for n words at once: which of them was woken; -ENOMEM. */
int futex_wait_multiple(const struct futex_word *words, unsigned n, const struct futex_time *until);

/* Wall time was set. */
void futex_wall_changed(void);

/* Wake at most max of those who wait for the word at va with a bit of bitset. How many; -EFAULT,
 * -EINVAL. */
int64_t futex_wake(vaddr_t va, bool shared, unsigned max, uint32_t bitset);

/* Wake at most max_wake of those who wait for from, and let at most max_move others wait for to instead.
 * With check: only if the first word is what is expected, else -EAGAIN. Returns how many were woken or moved. */
int futex_requeue(const struct futex_word *from, const struct futex_word *to, unsigned max_wake,
                  unsigned max_move, bool check);

/* Change the word at second as op says (FUTEX_OP() of linux/futex.h), wake at most max waiters of the word
 * at va, and, if what the changed word was compares as op says, at most max_second of the
 * changed one. How many; -EFAULT, -EINVAL, -ENOSYS. */
int futex_wake_op(vaddr_t va, vaddr_t second, bool shared, unsigned max, unsigned max_second,
                  uint32_t op);

/* Thread tid ends: what it holds of the robust futexes on the list at head (a user address, 0:
 * none) is marked as abandoned, and one waiter of each is woken. */
void futex_abandon(vaddr_t head, uint32_t tid);

/* --- words that have an owner (futex_pi.c) ----------------------------------------------------- */

/* Own the word at va, when it is nobody's; until NULL: now or -EAGAIN. -EDEADLK: it is the caller's, or he would
 * wait for himself; -ESRCH: there is no such owner; -EINVAL, -EFAULT; -ETIMEDOUT; -ERESTARTNOINTR. */
int futex_pi_lock(vaddr_t va, bool shared, const struct futex_time *until);

/* Give it up. -EPERM: it is not the caller's. */
int futex_pi_unlock(vaddr_t va, bool shared);

void futex_pi_wall_changed(void);

/* Thread tid ends: who waits for what it owns is served. */
void futex_pi_abandon(uint32_t tid);

/* Sleep while word is what is expected, until futex_pi_requeue() makes the caller the owner of target, or one who
 * waits for that. -EAGAIN, -ETIMEDOUT, -ERESTARTNOINTR. */
int futex_pi_wait_requeue(const struct futex_word *word, vaddr_t target, bool shared,
                          const struct futex_time *until);

/* One of those who sleep for from is to own the word at to, and at most max_move others wait for it. How many
 * they are; -EAGAIN: from is not what is expected; -EINVAL. */
int futex_pi_requeue(const struct futex_word *from, vaddr_t to, bool shared, unsigned max_move);

#endif
