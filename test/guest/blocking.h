/* SPDX-License-Identifier: Apache-2.0 */
/* blocking.h - a thread that is known to wait in a system call, and what ends its wait.
 *
 * That it waits is read from /proc/self/task/TID/stat: no time has to pass for it. The thread makes no
 * other call between telling its number and the one under test, so what it sleeps in is that one.
 */
#ifndef TEST_GUEST_BLOCKING_H
#define TEST_GUEST_BLOCKING_H

#include "abi.h"
#include "asleep.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>

/* A call that waits for ever. */
struct blocker {
    const char *claim;
    void (*prepare)(void); /* what the call needs, anew for each wait */
    long (*call)(void);
    void (*release)(void); /* brings what it waits for; NULL: nothing does but a signal */
};

/* One thread in one such call. */
struct waiter {
    const struct blocker *what;
    pthread_t             thread;
    volatile int          tid, done;
    long                  result;
    int                   error;
};

static volatile int handled;

/* Queues and semaphores of the wait that goes on. */
static int msg_id = -1, sem_id = -1;

static inline void count_handled(int sig)
{
    (void)sig;
    handled++;
}

static inline void *wait_in_call(void *arg)
{
    struct waiter *w = arg;
    errno = 0;
    w->tid = (int)syscall(SYS_gettid);
    w->result = w->what->call();
    w->error = errno;
    w->done = 1;
    return NULL;
}

/* Come back when the thread sleeps in its call (1) or has come back from it (0). */
static inline int waits(const struct waiter *w)
{
    while (!w->tid)
        sched_yield();
    for (;;) {
        int asleep = is_asleep(w->tid);
        if (w->done)
            return 0;
        if (asleep)
            return 1;
        sched_yield();
    }
}

static inline void start_waiting(struct waiter *w, const struct blocker *what)
{
    pthread_attr_t attr;
    *w = (struct waiter){.what = what};
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 1 << 16);
    pthread_create(&w->thread, &attr, wait_in_call, w);
    pthread_attr_destroy(&attr);
}

static inline void outcome_of(const char *cause, struct waiter *w, const char *before)
{
    pthread_join(w->thread, NULL);
    printf("%-22s %s", cause, before);
    if (w->result == -1)
        printf("%s\n", strerrorname_np(w->error));
    else
        printf("%ld\n", w->result);
}

static inline void action(int sig, void (*handler)(int), int flags)
{
    struct sigaction sa = {.sa_handler = handler, .sa_flags = flags};
    sigaction(sig, &sa, NULL);
}

/* Let the call come to its end, by a handler that lets none start anew if there is no other way. */
static inline void release(struct waiter *w)
{
    if (w->what->release) {
        w->what->release();
        return;
    }
    action(SIGUSR2, count_handled, 0);
    syscall(SYS_tgkill, getpid(), w->tid, SIGUSR2);
}

/* What a wait leaves behind. */
static inline void clear(void)
{
    close_range(3, ~0u, 0);
    if (msg_id >= 0)
        syscall(SYS_msgctl, msg_id, 0, NULL);
    if (sem_id >= 0)
        syscall(SYS_semctl, sem_id, 0, 0, NULL);
    msg_id = sem_id = -1;
}

/* A signal that finds the thread waiting: what the call gives, or that it goes on waiting, and what it gives
 * when it may come to its end. */
static inline void disturb(const struct blocker *what, const char *cause, void (*handler)(int),
                           int flags)
{
    struct waiter w;
    int           before = handled;

    action(SIGUSR1, handler, flags);
    what->prepare();
    start_waiting(&w, what);
    if (!waits(&w)) {
        outcome_of(cause, &w, "did not wait: ");
    } else {
        syscall(SYS_tgkill, getpid(), w.tid, SIGUSR1);
        while (handler != SIG_IGN && handled == before)
            sched_yield();
        if (waits(&w)) {
            release(&w);
            outcome_of(cause, &w, "waits on, then ");
        } else {
            outcome_of(cause, &w, "");
        }
    }
    clear();
}

static inline void show_blockers(const struct blocker *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        CLAIM(list[i].claim);
        disturb(&list[i], "a handler", count_handled, 0);
        disturb(&list[i], "one with SA_RESTART", count_handled, SA_RESTART);
        disturb(&list[i], "an ignored signal", SIG_IGN, 0);
    }
}

/* Signals that the tables' calls take themselves: blocked in all threads. */
#define TAKEN_SIGNAL 40

static inline void block_taken_signal(void)
{
    uint64_t set = 1ull << (TAKEN_SIGNAL - 1);
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 8);
}

static inline void take_signal(void)
{
    kill(getpid(), TAKEN_SIGNAL);
}

static inline void nothing(void)
{
}

#endif
