/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-nonnull */
/* cpus: 4 */
/* futex_pi.c - futexes that have an owner: who may lock and unlock, what the word says, who is next, and what
 * a thread that ends leaves locked. */
#include "abi.h"
#include "asleep.h"

#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

static _Atomic uint32_t      word, other, cond;
static const struct timespec past = {1, 0};

static long futex(void *at, long op, long value, const void *timeout, void *to, long third)
{
    return syscall(SYS_futex, at, op, value, timeout, to, third);
}

/* The word, its owner told apart. */
static void show_word(const char *name, uint32_t value)
{
    uint32_t tid = value & FUTEX_TID_MASK;
    printf("%s:%s%s %s\n", name, value & FUTEX_WAITERS ? " waiters" : "",
           value & FUTEX_OWNER_DIED ? " died" : "",
           !tid                        ? "nobody"
           : tid == (uint32_t)gettid() ? "me"
                                       : "another");
}

#define WORD(w) show_word(#w, w)

static void in_thread(void *(*fn)(void *), void *arg)
{
    pthread_t t;
    if (pthread_create(&t, NULL, fn, arg) || pthread_join(t, NULL))
        perror("thread");
}

static void alone(void)
{
    char *odd = (char *)&word + 1;

    CLAIM("a word that is nobody's is its locker's, and then only his");
    SHOW(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
    WORD(word);
    SHOW(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_LOCK_PI2, 0, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    WORD(word);
    SHOW(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_TRYLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    WORD(word);
    SHOW(futex(&word, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    word = FUTEX_OWNER_DIED;
    SHOW(futex(&word, FUTEX_LOCK_PI2_PRIVATE, 0, NULL, NULL, 0));
    WORD(word);
    SHOW(futex(&word, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    WORD(word);
    CLAIM("an owner that is not there cannot be waited for");
    word = 4000000;
    SHOW(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    WORD(word);
    CLAIM("words and times are checked");
    word = 0;
    SHOW(futex(odd, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
    SHOW(futex(odd, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_LOCK_PI, 0, &(struct timespec){0, 1000000000}, NULL, 0));
    SHOW(futex(&word, FUTEX_LOCK_PI, 0, &(struct timespec){-1, 0}, NULL, 0));
    SHOW(futex(&word, FUTEX_LOCK_PI | FUTEX_CLOCK_REALTIME, 0, &past, NULL, 0));
    SHOW(futex(&word, FUTEX_UNLOCK_PI | FUTEX_CLOCK_REALTIME, 0, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_LOCK_PI2 | FUTEX_CLOCK_REALTIME, 0, &past, NULL, 0));
    SHOW(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_CMP_REQUEUE_PI, 1, NULL, &word, 0));
    SHOW(futex(&word, FUTEX_CMP_REQUEUE_PI, 2, NULL, &other, 0));
    SHOW(futex(&word, FUTEX_CMP_REQUEUE_PI, 1, NULL, &other, 1));
    SHOW(futex(&word, FUTEX_CMP_REQUEUE_PI, 1, NULL, &other, 0));
    SHOW(futex(&word, FUTEX_WAIT_REQUEUE_PI, 1, NULL, &other, 0));
    SHOW(futex(&word, FUTEX_WAIT_REQUEUE_PI, 0, NULL, &word, 0));
    SHOW(futex(&word, FUTEX_WAIT_REQUEUE_PI, 0, &past, &other, 0));
    SHOW_POINTERS(futex(p, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    SHOW_POINTERS(futex(p, FUTEX_TRYLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    SHOW_POINTERS(futex(p, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
}

static void *not_mine(void *arg)
{
    SHOW(futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
    WORD(word);
    SHOW(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_LOCK_PI, 0, &past, NULL, 0));
    SHOW(futex(&word, FUTEX_LOCK_PI2, 0, &past, NULL, 0));
    return arg;
}

static _Atomic pid_t waiter_tid;

static void *waits(void *number)
{
    waiter_tid = gettid();
    long got = futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
    printf("%ld got it: %ld\n", (long)number, got);
    WORD(word);
    futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
    return NULL;
}

static pthread_t start_waiter(void *(*fn)(void *), void *arg)
{
    pthread_t t;
    waiter_tid = 0;
    if (pthread_create(&t, NULL, fn, arg))
        perror("pthread_create");
    while (!waiter_tid) {
    }
    until_asleep(waiter_tid);
    return t;
}

static void contended(void)
{
    pthread_t t[3];
    CLAIM("another thread may neither take nor give up what it does not own");
    word = 0;
    futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
    in_thread(not_mine, NULL);
    WORD(word);
    CLAIM("who unlocks hands on to the one who waits longest");
    for (long i = 0; i < 3; i++)
        t[i] = start_waiter(waits, (void *)i);
    WORD(word);
    long unlocked = futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    SHOW(unlocked);
    WORD(word);
}

static void nothing(int sig)
{
    (void)sig;
}

static void signalled(void)
{
    CLAIM("a signal does not end the wait");
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = nothing}, NULL);
    word = 0;
    futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
    pthread_t t = start_waiter(waits, (void *)7);
    pthread_kill(t, SIGUSR1);
    until_asleep(waiter_tid);
    futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
    pthread_join(t, NULL);
}

static void *crosses(void *arg)
{
    SHOW(futex(&other, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
    waiter_tid = gettid();
    long got = futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
    printf("across: %ld\n", got);
    futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
    futex(&other, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
    return arg;
}

static void ring(void)
{
    CLAIM("two threads do not wait for each other");
    word = other = 0;
    futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
    pthread_t t = start_waiter(crosses, NULL);
    SHOW(futex(&other, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
    futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
    pthread_join(t, NULL);
    WORD(word);
}

static _Atomic int locked;

static void *dies(void *arg)
{
    futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
    locked = 1;
    until_asleep(*(pid_t *)arg);
    return NULL;
}

static void died(void)
{
    static pid_t self;
    pthread_t    t;
    CLAIM("what an owner that ends leaves goes to who waits for it");
    word = 0;
    self = gettid();
    pthread_create(&t, NULL, dies, &self);
    while (!locked) {
    }
    SHOW(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
    WORD(word);
    pthread_join(t, NULL);
    SHOW(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    WORD(word);
}

static void *locks_mutex(void *mutex)
{
    pthread_mutex_lock(mutex);
    return NULL;
}

static void *tries_mutex(void *mutex)
{
    printf("%s\n", strerrorname_np(pthread_mutex_trylock(mutex)));
    printf("%s\n", strerrorname_np(pthread_mutex_timedlock(mutex, &past)));
    return NULL;
}

static void mutexes(void)
{
    pthread_mutexattr_t attr;
    pthread_mutex_t     mutex;
    CLAIM("a mutex with priority inheritance works");
    pthread_mutexattr_init(&attr);
    printf("%d\n", pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT));
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
    printf("%d\n", pthread_mutex_init(&mutex, &attr));
    printf("%s\n", strerrorname_np(pthread_mutex_lock(&mutex)));
    printf("%s\n", strerrorname_np(pthread_mutex_lock(&mutex)));
    in_thread(tries_mutex, &mutex);
    printf("%s\n", strerrorname_np(pthread_mutex_unlock(&mutex)));
    CLAIM("a robust one tells that its owner died");
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&mutex, &attr);
    in_thread(locks_mutex, &mutex);
    printf("%s\n", strerrorname_np(pthread_mutex_lock(&mutex)));
    printf("%s\n", strerrorname_np(pthread_mutex_consistent(&mutex)));
    printf("%s\n", strerrorname_np(pthread_mutex_unlock(&mutex)));
    printf("%s\n", strerrorname_np(pthread_mutex_lock(&mutex)));
}

static void *counts(void *mutex)
{
    static long sum;
    for (int i = 0; i < 2000; i++) {
        pthread_mutex_lock(mutex);
        sum++;
        pthread_mutex_unlock(mutex);
    }
    pthread_mutex_lock(mutex);
    long now = sum;
    pthread_mutex_unlock(mutex);
    return (void *)now;
}

static void many(void)
{
    pthread_mutexattr_t attr;
    pthread_mutex_t     mutex;
    pthread_t           t[4];
    long                most = 0;
    CLAIM("of many threads one at a time has it");
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(&mutex, &attr);
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, counts, &mutex);
    for (int i = 0; i < 4; i++) {
        void *sum;
        pthread_join(t[i], &sum);
        most = (long)sum > most ? (long)sum : most;
    }
    printf("%ld\n", most);
}

static void *asks(void *number)
{
    waiter_tid = gettid();
    long got = futex(&cond, FUTEX_WAIT_REQUEUE_PI, 0, NULL, &word, 0);
    printf("%ld asked: %ld\n", (long)number, got);
    WORD(word);
    futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
    return NULL;
}

static void requeued(void)
{
    pthread_t t[3];
    CLAIM("those who wait for a condition become the owner of the word one after the other");
    word = cond = 0;
    for (long i = 0; i < 3; i++)
        t[i] = start_waiter(asks, (void *)i);
    futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
    SHOW(futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &other, 0));
    SHOW(futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &word, 0));
    WORD(word);
    SHOW(futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)5, &word, 0));
    SHOW(futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)5, &word, 0));
    futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    word = 0;
    t[0] = start_waiter(asks, (void *)5);
    long moved = futex(&cond, FUTEX_CMP_REQUEUE_PI, 1, NULL, &word, 0);
    pthread_join(t[0], NULL);
    SHOW(moved);
}

int main(void)
{
    alone();
    contended();
    signalled();
    ring();
    died();
    mutexes();
    many();
    requeued();
    return 0;
}
