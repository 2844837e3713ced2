/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-nonnull */
/* futex2.c - futex_waitv and the calls that split futex(2) up: wrong arguments, values, timeouts by both clocks,
 * who is woken; and waits by the time of the day while it is set. */
#include "abi.h"
#include "asleep.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <time.h>

#define U32     2
#define PRIVATE 128

struct waiter {
    uint64_t val, uaddr;
    uint32_t flags, reserved;
};

static uint32_t words[4];

#define WAITV(w, n, f, t, c)      syscall(449, w, n, f, t, c)
#define WAKE(u, m, n, f)          syscall(454, u, (long)(m), n, f)
#define WAIT(u, v, m, f, t, c)    syscall(455, u, (long)(v), (long)(m), f, t, c)
#define REQUEUE(w, f, wake, move) syscall(456, w, f, wake, move)

static struct waiter all[129];

static void set_all(uint32_t flags)
{
    for (int i = 0; i < 129; i++)
        all[i] = (struct waiter){0, (uintptr_t)&words[i % 4], flags, 0};
}

static void arguments(void)
{
    CLAIM("arguments of futex_wait, futex_wake, futex_requeue and futex_waitv");
    struct timespec past = {1, 0}, wrong = {0, -1};
    set_all(U32 | PRIVATE);
    SHOW(WAITV(all, 0, 0, NULL, CLOCK_MONOTONIC));
    SHOW(WAITV(all, 129, 0, NULL, CLOCK_MONOTONIC));
    SHOW(WAITV(all, 1, 1, NULL, CLOCK_MONOTONIC));
    SHOW(WAITV(NULL, 1, 0, NULL, CLOCK_MONOTONIC));
    SHOW(WAITV(all, 1, 0, &past, 7));
    SHOW(WAITV(all, 1, 0, &wrong, CLOCK_MONOTONIC));
    SHOW(WAITV(all, 128, 0, &past, CLOCK_REALTIME));
    past.tv_sec = 0;
    SHOW(WAITV(all, 2, 0, &past, CLOCK_MONOTONIC));
    all[1].val = 5;
    SHOW(WAITV(all, 2, 0, &past, CLOCK_MONOTONIC));
    all[1].val = 1ul << 32;
    SHOW(WAITV(all, 2, 0, &past, CLOCK_MONOTONIC));
    all[1].val = 0;
    all[1].flags = PRIVATE;
    SHOW(WAITV(all, 2, 0, &past, CLOCK_MONOTONIC));
    all[1].flags = 3 | PRIVATE;
    SHOW(WAITV(all, 2, 0, &past, CLOCK_MONOTONIC));
    all[1].flags = U32 | 4;
    SHOW(WAITV(all, 2, 0, &past, CLOCK_MONOTONIC));
    all[1].flags = U32;
    all[1].reserved = 1;
    SHOW(WAITV(all, 2, 0, &past, CLOCK_MONOTONIC));
    all[1].reserved = 0;
    all[1].uaddr++;
    SHOW(WAITV(all, 2, 0, &past, CLOCK_MONOTONIC));
    all[1].uaddr = 8;
    SHOW(WAITV(all, 2, 0, &past, CLOCK_MONOTONIC));
    set_all(U32 | PRIVATE);
    SHOW_POINTERS(WAITV(p, 1, 0, &past, CLOCK_MONOTONIC));
    SHOW_POINTERS(WAITV(all, 1, 0, p, CLOCK_MONOTONIC));

    SHOW(WAIT(words, 1, -1u, U32, NULL, CLOCK_MONOTONIC));
    SHOW(WAIT(words, 0, 0, U32, NULL, CLOCK_MONOTONIC));
    SHOW(WAIT(words, 0, 1ul << 32, U32, NULL, CLOCK_MONOTONIC));
    SHOW(WAIT(words, 1ul << 32, 1, U32, NULL, CLOCK_MONOTONIC));
    SHOW(WAIT(words, 0, 1, 0, NULL, CLOCK_MONOTONIC));
    SHOW(WAIT(words, 0, 1, U32 | 256, NULL, CLOCK_MONOTONIC));
    SHOW(WAIT(words, 0, 1, U32, &past, 99));
    SHOW(WAIT(words, 0, 1, U32, &past, CLOCK_MONOTONIC));
    SHOW(WAIT(words, 0, 1, U32 | PRIVATE, &past, CLOCK_REALTIME));
    SHOW(WAIT(words, 0, 1, U32, &wrong, CLOCK_MONOTONIC));
    SHOW((WAIT((char *)words + 1, 0, 1, U32, &past, CLOCK_MONOTONIC)));
    SHOW_POINTERS(WAIT(p, 5, 1, U32, &past, CLOCK_MONOTONIC));
    SHOW_POINTERS(WAIT(p, 5, 1, U32 | PRIVATE, &past, CLOCK_MONOTONIC));
    SHOW_POINTERS(WAIT(words, 0, 1, U32, p, CLOCK_MONOTONIC));

    SHOW(WAKE(words, 1, 1, U32));
    SHOW(WAKE(words, 0, 1, U32));
    SHOW(WAKE(words, 1, 0, U32));
    SHOW(WAKE(words, 1, -1, U32));
    SHOW(WAKE(words, 1ul << 32, 1, U32));
    SHOW(WAKE(words, 1, 1, 1));
    SHOW((WAKE((char *)words + 2, 1, 1, U32)));
    SHOW_POINTERS(WAKE(p, 1, 1, U32));

    SHOW(REQUEUE(all, 0, 1, 1));
    SHOW(REQUEUE(all, 1, 1, 1));
    SHOW(REQUEUE(NULL, 0, 1, 1));
    SHOW(REQUEUE(all, 0, -1, 1));
    SHOW(REQUEUE(all, 0, 1, -1));
    all[0].val = 1;
    SHOW(REQUEUE(all, 0, 1, 1));
    all[0].val = 0;
    all[1].flags = 1;
    SHOW(REQUEUE(all, 0, 1, 1));
    SHOW_POINTERS(REQUEUE(p, 0, 1, 1));
    set_all(U32 | PRIVATE);
}

/* --- threads that wait ------------------------------------------------------------------------- */

static volatile int   started, waiting;
static volatile pid_t tids[3];

/* The next call of this thread's is the one in which it waits. */
static void goes_waiting(void)
{
    tids[__atomic_fetch_add(&started, 1, __ATOMIC_SEQ_CST)] = gettid();
    __atomic_fetch_add(&waiting, 1, __ATOMIC_SEQ_CST);
}

static void *wait_for_some(void *arg)
{
    (void)arg;
    goes_waiting();
    return (void *)WAITV(all, 3, 0, NULL, CLOCK_MONOTONIC);
}

static void *wait_for_one(void *arg)
{
    goes_waiting();
    return (void *)WAIT(&words[0], 0, (long)arg, U32 | PRIVATE, NULL, CLOCK_MONOTONIC);
}

static void until_waiting(int n)
{
    while (waiting != n)
        sched_yield();
    for (int i = 0; i < n; i++)
        until_asleep(tids[i]);
    started = waiting = 0;
}

static void waking(void)
{
    CLAIM("who is woken");
    pthread_t t[3];
    void     *result;
    pthread_create(&t[0], NULL, wait_for_some, NULL);
    until_waiting(1);
    SHOW(WAKE(&words[3], 1, 1, U32 | PRIVATE));
    SHOW(WAKE(&words[2], 1, 1, U32));
    SHOW(WAKE(&words[2], 1, 0, U32 | PRIVATE));
    SHOW(WAKE(&words[2], 1, 1, U32 | PRIVATE));
    pthread_join(t[0], &result);
    SHOW(result);
    SHOW(WAKE(&words[0], 1, 9, U32 | PRIVATE));
    for (long i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, wait_for_one, (void *)(1l << i));
    until_waiting(3);
    SHOW(WAKE(&words[0], 8, 9, U32 | PRIVATE));
    SHOW(WAKE(&words[0], 2, 9, U32 | PRIVATE));
    pthread_join(t[1], &result);
    SHOW(result);
    SHOW(REQUEUE(all, 0, 0, 1));
    SHOW(WAKE(&words[1], -1u, 9, U32 | PRIVATE));
    SHOW(REQUEUE(all, 0, 1, 5));
    SHOW(WAKE(&words[1], -1u, 9, U32 | PRIVATE));
    pthread_join(t[0], NULL);
    pthread_join(t[2], NULL);
    /* The old call wakes one even if it is asked for none. */
    pthread_create(&t[0], NULL, wait_for_one, (void *)1);
    until_waiting(1);
    SHOW(syscall(SYS_futex, &words[0], FUTEX_WAKE_PRIVATE, 0, NULL, NULL, 0));
    pthread_join(t[0], NULL);
    interrupt_soon(0, do_nothing);
    SHOW(WAITV(all, 3, 0, NULL, CLOCK_MONOTONIC));
    SHOW(WAIT(words, 0, 1, U32, NULL, CLOCK_MONOTONIC));
    interrupt_end();
}

/* --- the time of the day ------------------------------------------------------------------------ */

static struct timespec tomorrow;

static void *until_tomorrow(void *arg)
{
    goes_waiting();
    errno = 0;
    long r = arg ? WAIT(words, 0, 1, U32 | PRIVATE, &tomorrow, CLOCK_REALTIME)
                 : syscall(SYS_futex, words, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 0,
                           &tomorrow, NULL, 1);
    return (void *)(r ? (long)errno : 0l);
}

static void set_clock(void)
{
    CLAIM("a wait until a time of day follows the clock");
    pthread_t       t[2];
    struct timespec now, then;
    void           *result;
    clock_gettime(CLOCK_REALTIME, &now);
    then = tomorrow = now;
    tomorrow.tv_sec += 86400;
    then.tv_sec += 86401;
    pthread_create(&t[0], NULL, until_tomorrow, NULL);
    pthread_create(&t[1], NULL, until_tomorrow, words);
    until_waiting(2);
    SHOW(clock_settime(CLOCK_REALTIME, &then));
    for (int i = 0; i < 2; i++) {
        pthread_join(t[i], &result);
        SHOW((long)result == ETIMEDOUT);
    }
    SHOW(clock_settime(CLOCK_REALTIME, &now));
}

int main(void)
{
    buffer_output();
    arguments();
    waking();
    set_clock();
    return 0;
}
