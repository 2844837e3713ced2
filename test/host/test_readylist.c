/* SPDX-License-Identifier: Apache-2.0 */
/* test_readylist.c - the ready list of epoll beside a model of it: one plain queue of numbers.
 *
 * Files here are ready or not, level- or edge-triggered; changes notify, also while a file is being
 * asked, which is where something could get lost.
 */
/* flags: -pthread */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fs/readylist.h"

#define FILES 12
#define STEPS 200000

struct item {
    struct ready_entry entry;
    atomic_bool        ready;
    bool               level;
    bool               there; /* not forgotten */
};

static struct readylist list;
static struct item      items[FILES];

/* The model: numbers of files, the next to be looked at first. */
static int    queue[FILES];
static size_t queued;

static uint32_t seed;

static uint32_t any(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static int setup(void **state)
{
    (void)state;
    memset(items, 0, sizeof(items));
    readylist_init(&list);
    queued = 0;
    return 0;
}

static struct item *item_of(struct ready_entry *e)
{
    return (struct item *)((char *)e - offsetof(struct item, entry));
}

/* --- the model --------------------------------------------------------------------------- */

static size_t model_find(int i)
{
    size_t at = 0;
    while (at < queued && queue[at] != i)
        at++;
    return at;
}

static void model_append(int i)
{
    if (model_find(i) == queued)
        queue[queued++] = i;
}

static void model_remove(int i)
{
    size_t at = model_find(i);
    if (at == queued)
        return;
    memmove(&queue[at], &queue[at + 1], (queued - at - 1) * sizeof(queue[0]));
    queued--;
}

static void model_prepend(int i)
{
    assert_int_equal(model_find(i), queued);
    memmove(&queue[1], &queue[0], queued * sizeof(queue[0]));
    queue[0] = i;
    queued++;
}

/* --- both -------------------------------------------------------------------------------- */

static void notify(int i)
{
    if (!items[i].there)
        return;
    if (readylist_mark(&items[i].entry))
        readylist_append(&list, &items[i].entry);
    model_append(i);
}

static void change(int i, bool ready)
{
    items[i].ready = ready;
    if (ready)
        notify(i);
}

static void forget(int i)
{
    readylist_forget(&list, &items[i].entry);
    model_remove(i);
    items[i].there = false;
}

/* What is on the list must be what the model has, in its order. */
static void check(void)
{
    struct ready_entry *e;
    size_t              n = 0;
    TAILQ_FOREACH(e, &list.ready, link) {
        assert_true(n < queued);
        assert_int_equal(item_of(e) - items, queue[n++]);
        assert_true(e->marked);
    }
    TAILQ_FOREACH(e, &list.arrived, link) {
        assert_true(n < queued);
        assert_int_equal(item_of(e) - items, queue[n++]);
        assert_true(e->marked);
    }
    assert_int_equal(n, queued);
    assert_int_equal(readylist_arrived(&list), !TAILQ_EMPTY(&list.arrived));
    for (int i = 0; i < FILES; i++)
        assert_int_equal(items[i].entry.marked, model_find(i) < queued);
}

/* Ask up to max ready ones, as epoll does; while a file is asked, another thing may happen. */
static size_t look(size_t max, int *told)
{
    struct ready_entry *e, *stop = NULL;
    size_t              n = 0;

    readylist_gather(&list);
    while (n < max && (e = readylist_first(&list)) && e != stop) {
        struct item *item = item_of(e);
        int          i = (int)(item - items);
        assert_int_equal(queue[0], i);
        readylist_take(&list, e);
        model_remove(i);
        bool ready = item->ready;
        if (!any(4))
            notify((int)any(FILES)); /* perhaps the same one */
        if (!ready)
            continue;
        if (!any(16)) { /* it cannot be stored */
            if (model_find(i) == queued)
                model_prepend(i);
            readylist_return_first(&list, e);
            break;
        }
        told[n++] = i;
        if (!item->level)
            continue;
        bool marked = model_find(i) < queued;
        assert_int_equal(readylist_return(&list, e), !marked);
        if (!marked) {
            /* Behind what was gathered, before what arrived since. */
            size_t arrived = 0;
            TAILQ_FOREACH(e, &list.arrived, link)
                arrived++;
            memmove(&queue[queued - arrived + 1], &queue[queued - arrived],
                    arrived * sizeof(queue[0]));
            queue[queued - arrived] = i;
            queued++;
            if (!stop)
                stop = &item->entry;
        }
    }
    return n;
}

static void any_steps_leave_the_list_as_the_model_has_it(void **state)
{
    int told[FILES];
    (void)state;
    for (seed = 1; seed < 6; seed++) {
        uint32_t start = seed;
        setup(NULL);
        for (int step = 0; step < STEPS; step++) {
            int i = (int)any(FILES);
            switch (any(8)) {
            case 0:
                if (items[i].there)
                    forget(i);
                else
                    items[i] = (struct item){.there = true, .level = any(2)};
                break;
            case 1:
            case 2:
                look(1 + any(FILES), told);
                break;
            default:
                change(i, any(2));
            }
            check();
        }
        seed = start;
    }
}

/* Level-triggered files that stay ready are told in turn, whatever the room is. */
static void many_ready_files_take_turns(void **state)
{
    int told[FILES], next = 0;
    (void)state;
    for (int i = 0; i < FILES; i++) {
        items[i] = (struct item){.there = true, .level = true};
        change(i, true);
    }
    for (int round = 0; round < 100; round++) {
        struct ready_entry *e;
        readylist_gather(&list);
        for (int n = 0; n < 5; n++) {
            e = readylist_first(&list);
            told[n] = (int)(item_of(e) - items);
            readylist_take(&list, e);
            assert_true(readylist_return(&list, e));
            assert_int_equal(told[n], next);
            next = (next + 1) % FILES;
        }
    }
}

/* --- with threads ------------------------------------------------------------------------- */

#define EVENTS 200000

static pthread_mutex_t spin = PTHREAD_MUTEX_INITIALIZER;
static atomic_int      published[FILES]; /* events of each file so far */
static atomic_int      writers;

static void *write_events(void *arg)
{
    uint32_t random = (uint32_t)(uintptr_t)arg;
    for (int n = 0; n < EVENTS; n++) {
        random = random * 1664525u + 1013904223u;
        struct item *item = &items[(random >> 8) % FILES];
        atomic_fetch_add_explicit(&published[item - items], 1, memory_order_relaxed);
        if (!readylist_mark(&item->entry))
            continue;
        pthread_mutex_lock(&spin);
        readylist_append(&list, &item->entry);
        pthread_mutex_unlock(&spin);
    }
    atomic_fetch_sub(&writers, 1);
    return NULL;
}

/* Edge-triggered: whoever looks at a file after it was told must see all that was published by then. */
static void no_event_is_lost_between_threads(void **state)
{
    pthread_t           threads[2];
    struct ready_entry *e;
    int                 seen[FILES] = {0};
    (void)state;
    writers = 2;
    for (uintptr_t t = 0; t < 2; t++)
        pthread_create(&threads[t], NULL, write_events, (void *)(t + 7));
    for (bool last = false;;) {
        if (readylist_arrived(&list)) {
            pthread_mutex_lock(&spin);
            readylist_gather(&list);
            pthread_mutex_unlock(&spin);
        }
        if (!(e = readylist_first(&list))) {
            if (last)
                break;
            last = !atomic_load(&writers); /* one more look, after all was appended */
            sched_yield();
            continue;
        }
        readylist_take(&list, e);
        long i = item_of(e) - items;
        seen[i] = atomic_load_explicit(&published[i], memory_order_relaxed);
    }
    for (int t = 0; t < 2; t++)
        pthread_join(threads[t], NULL);
    for (int i = 0; i < FILES; i++)
        assert_int_equal(seen[i], published[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(any_steps_leave_the_list_as_the_model_has_it, setup),
        cmocka_unit_test_setup(many_ready_files_take_turns, setup),
        cmocka_unit_test_setup(no_event_is_lost_between_threads, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
