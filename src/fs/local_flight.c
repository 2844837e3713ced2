/* SPDX-License-Identifier: Apache-2.0 */
/* local_flight.c - open files within messages, and sockets that only such messages keep.
 *
 * A message holds references on the files it carries. If those are sockets at which, directly or by way of
 * others, that very message waits, nobody can ever receive it, and no count reaches zero. So when a
 * socket is closed while others are in messages, those are looked for: what a reference from outside of
 * messages keeps is alive, and so is what waits at a socket that is alive. The messages at the others
 * are freed, and the files within them with it.
 *
 * Nothing becomes alive behind the back of that search, which has local_lock: a reference comes out of
 * a message only by receiving from a socket that somebody refers to from outside, and a message that is on
 * its way to a queue has references that count as such.
 *
 * Closing a file within a message may free messages at it, and so on: however long such a chain is, a
 * thread works on it with one list and without recursion.
 */
#include "fs/local_impl.h"
#include "kernel/heap.h"
#include "kernel/thread.h"
#include "lib/assert.h"
#include "lib/errno.h"

#define COLLECT_FIRST 1024u /* sockets in messages: from so many on, sending looks, too */

/* Protected by local_lock. */
static struct local_list all;
static unsigned          sockets_in_flight, collect_at = COLLECT_FIRST;

/* A thread that frees messages. */
struct disposer {
    LIST_ENTRY(disposer) link;
    const struct thread *thread;
    struct message_list  list;
};

static LIST_HEAD(, disposer) disposers;

/* --- files in a message -------------------------------------------------------------------- */

struct local_files *local_files_new(unsigned max)
{
    struct local_files *files = kmalloc(sizeof(*files) + max * sizeof(files->file[0]));
    if (files)
        files->count = 0;
    return files;
}

void local_files_put(struct local_files *files)
{
    if (!files)
        return;
    for (unsigned i = 0; i < files->count; i++)
        file_put(files->file[i]);
    kfree(files);
}

void local_flight_register(struct local *s)
{
    ASSERT(spinlock_held(&local_lock));
    LIST_INSERT_HEAD(&all, s, all_link);
}

void local_flight_unregister(struct local *s)
{
    ASSERT(spinlock_held(&local_lock) && s->in_flight == 0);
    LIST_REMOVE(s, all_link);
}

/* The sockets among files have so many references from messages more. */
static void count(const struct local_files *files, int more)
{
    ASSERT(spinlock_held(&local_lock));
    for (unsigned i = 0; i < files->count; i++) {
        if (!local_is(files->file[i]))
            continue;
        struct local *s = files->file[i]->private;
        s->in_flight += (unsigned)more;
        sockets_in_flight += (unsigned)more;
    }
}

void local_flight_begin(const struct local_files *files)
{
    count(files, 1);
}

void local_flight_end(const struct local_files *files)
{
    count(files, -1);
}

/* --- freeing ----------------------------------------------------------------------------- */

/* The lock is held. */
static struct disposer *own_disposer(void)
{
    struct disposer *d;
    LIST_FOREACH(d, &disposers, link)
        if (d->thread == thread_self())
            return d;
    return NULL;
}

static void message_dispose(struct message *m)
{
    local_files_put(m->files);
    local_put(m->sender);
    local_message_free(m);
}

static void work(struct disposer *d)
{
    struct message *m;
    spinlock_acquire(&local_lock);
    LIST_INSERT_HEAD(&disposers, d, link);
    while ((m = TAILQ_FIRST(&d->list))) {
        TAILQ_REMOVE(&d->list, m, link);
        spinlock_release(&local_lock);
        message_dispose(m);
        spinlock_acquire(&local_lock);
    }
    LIST_REMOVE(d, link);
    spinlock_release(&local_lock);
}

void local_dispose(struct message_list *list)
{
    struct disposer d = {.thread = thread_self()};
    if (TAILQ_EMPTY(list))
        return;
    spinlock_acquire(&local_lock);
    struct disposer *outer = own_disposer();
    if (outer)
        TAILQ_CONCAT(&outer->list, list, link);
    spinlock_release(&local_lock);
    if (outer)
        return;
    TAILQ_INIT(&d.list);
    TAILQ_CONCAT(&d.list, list, link);
    work(&d);
}

/* --- looking for what nobody can reach: the lock is held --------------------------------------- */

/* s is alive, and what waits at it is to be looked at. */
static void mark(struct local *s, struct local **todo)
{
    if (s->marked)
        return;
    s->marked = true;
    s->next_marked = *todo;
    *todo = s;
}

static void mark_files(const struct local_files *files, struct local **todo)
{
    for (unsigned i = 0; files && i < files->count; i++)
        if (local_is(files->file[i]))
            mark(files->file[i]->private, todo);
}

static void mark_behind(struct local *s, struct local **todo)
{
    struct message *m;
    struct local   *end;
    TAILQ_FOREACH(m, &s->queue, link)
        mark_files(m->files, todo);
    TAILQ_FOREACH(end, &s->pending, pending_link)
        mark(end, todo);
}

/* Whether somebody else than messages refers to s. One about to be closed counts as well, and one that is being
 * accepted. */
static bool is_held(const struct local *s)
{
    unsigned refs = s->file ? atomic_load(&s->file->refs) : 0;
    return s->file ? refs == 0 || refs > s->in_flight : s->taken;
}

static void mark_alive(void)
{
    struct local *s, *todo = NULL;
    LIST_FOREACH(s, &all, all_link)
        s->marked = false;
    LIST_FOREACH(s, &all, all_link)
        if (is_held(s))
            mark(s, &todo);
    while ((s = todo)) {
        todo = s->next_marked;
        mark_behind(s, &todo);
    }
}

/* Take what waits at sockets that nobody can receive from. A socket that has no file yet, waits at no listener
 * and is not being accepted has no messages. */
static void take_unreachable(struct message_list *out)
{
    struct local *s;
    mark_alive();
    LIST_FOREACH(s, &all, all_link)
        if (!s->marked)
            local_take_all(s, out);
}

void local_flight_collect(bool now)
{
    struct message_list lost = TAILQ_HEAD_INITIALIZER(lost);
    spinlock_acquire(&local_lock);
    if (sockets_in_flight && !own_disposer() && (now || sockets_in_flight >= collect_at)) {
        take_unreachable(&lost);
        collect_at = sockets_in_flight * 2 > COLLECT_FIRST ? sockets_in_flight * 2 : COLLECT_FIRST;
    }
    spinlock_release(&local_lock);
    local_dispose(&lost);
}
