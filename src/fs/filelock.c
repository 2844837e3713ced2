/* SPDX-License-Identifier: Apache-2.0 */
/* filelock.c - advisory locks: see filelock.h. A file's locks are a list, short as a rule; one spinlock
 * protects all lists, and all who wait for a lock share one queue, woken when any is given up. */
#include "fs/filelock.h"

#include "kernel/heap.h"
#include "kernel/spinlock.h"
#include "lib/errno.h"

struct filelock {
    LIST_ENTRY(filelock) link;
    struct filelock_spec spec;
};

static struct spinlock lock = SPINLOCK_INIT(LOCK_FILELOCK, "filelock");
static struct waitq    waiters = WAITQ_INIT(waiters);

static bool overlap(const struct filelock_spec *a, const struct filelock_spec *b)
{
    return a->start <= b->end && b->start <= a->end;
}

static bool same_owner(const struct filelock_spec *a, const struct filelock_spec *b)
{
    return a->kind == b->kind && a->owner == b->owner;
}

static struct filelock *find_conflict(struct inode *inode, const struct filelock_spec *spec)
{
    struct filelock *l;

    LIST_FOREACH(l, &inode->locks, link)
        if (l->spec.kind == spec->kind && l->spec.owner != spec->owner && overlap(&l->spec, spec) &&
            (l->spec.type == F_WRLCK || spec->type == F_WRLCK))
            return l;
    return NULL;
}

/* --- taking and giving up: the lock is held -------------------------------------------------- */

static void drop(struct filelock *l)
{
    LIST_REMOVE(l, link);
    kfree(l);
}

/* Take [start, end] out of l; *spare becomes its upper part, if there is one on both sides. */
static void cut(struct inode *inode, struct filelock *l, const struct filelock_spec *spec,
                struct filelock **spare)
{
    bool below = l->spec.start < spec->start;
    bool above = l->spec.end > spec->end;

    if (!below && !above) {
        drop(l);
    } else if (below && above) {
        (*spare)->spec = l->spec;
        (*spare)->spec.start = spec->end + 1;
        l->spec.end = spec->start - 1;
        LIST_INSERT_HEAD(&inode->locks, *spare, link);
        *spare = NULL;
    } else if (below) {
        l->spec.end = spec->start - 1;
    } else {
        l->spec.start = spec->end + 1;
    }
}

/* The owner has no lock in spec's range any more. */
static void clear(struct inode *inode, const struct filelock_spec *spec, struct filelock **spare)
{
    struct filelock *l, *next;

    for (l = LIST_FIRST(&inode->locks); l; l = next) {
        next = LIST_NEXT(l, link);
        if (same_owner(&l->spec, spec) && overlap(&l->spec, spec))
            cut(inode, l, spec, spare);
    }
}

/* Join mine with what touches it, so that GETLK tells one range. */
static void join(struct inode *inode, struct filelock *mine)
{
    struct filelock *l, *next;

    for (l = LIST_FIRST(&inode->locks); l; l = next) {
        next = LIST_NEXT(l, link);
        if (l == mine || !same_owner(&l->spec, &mine->spec) || l->spec.type != mine->spec.type)
            continue;
        if (l->spec.end + 1 == mine->spec.start)
            mine->spec.start = l->spec.start;
        else if (mine->spec.end + 1 == l->spec.start)
            mine->spec.end = l->spec.end;
        else
            continue;
        drop(l);
    }
}

static int wait_for_conflict(struct inode *inode, const struct filelock_spec *spec, bool wait)
{
    int err = 0;

    while (!err && spec->type != F_UNLCK && find_conflict(inode, spec))
        err = wait ? waitq_sleep_until(&waiters, &lock, WAIT_FOREVER, true) : -EAGAIN;
    return err;
}

/* Both objects are used or freed. */
static int set(struct inode *inode, const struct filelock_spec *spec, bool wait,
               struct filelock *mine, struct filelock *spare)
{
    spinlock_acquire(&lock);
    if (spec->kind == FILELOCK_FLOCK) /* changing one gives the old one up first: flock(2) */
        clear(inode, spec, &spare);
    int err = wait_for_conflict(inode, spec, wait);
    if (!err) {
        clear(inode, spec, &spare);
        if (spec->type != F_UNLCK) {
            mine->spec = *spec;
            LIST_INSERT_HEAD(&inode->locks, mine, link);
            join(inode, mine);
            mine = NULL;
        }
    }
    waitq_wake_all(&waiters); /* something was given up, perhaps */
    spinlock_release(&lock);
    kfree(mine);
    kfree(spare);
    return err;
}

/* --- interface ------------------------------------------------------------------------------- */

int filelock_set(struct inode *inode, const struct filelock_spec *spec, bool wait)
{
    struct filelock *mine = kmalloc(sizeof(*mine)), *spare = kmalloc(sizeof(*spare));
    if (!mine || !spare) {
        kfree(mine);
        kfree(spare);
        return -ENOMEM;
    }
    return set(inode, spec, wait, mine, spare);
}

bool filelock_conflict(struct inode *inode, const struct filelock_spec *spec,
                       struct filelock_spec *found)
{
    spinlock_acquire(&lock);
    struct filelock *l = find_conflict(inode, spec);
    if (l)
        *found = l->spec;
    spinlock_release(&lock);
    return l != NULL;
}

void filelock_release(struct inode *inode, const void *owner)
{
    struct filelock *l, *next;
    if (LIST_EMPTY(&inode->locks)) /* the owner's own would be seen: it is the owner who asks */
        return;

    spinlock_acquire(&lock);
    for (l = LIST_FIRST(&inode->locks); l; l = next) {
        next = LIST_NEXT(l, link);
        if (l->spec.owner == owner)
            drop(l);
    }
    waitq_wake_all(&waiters);
    spinlock_release(&lock);
}
