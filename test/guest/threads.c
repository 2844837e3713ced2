/* SPDX-License-Identifier: Apache-2.0 */
/* threads.c - threads share memory and files, have their own registers and thread-local data, wait
 * for each other, and are interrupted in the middle of a computation without harm to it. */
/* cpus: 4 */
/* flags: -pthread */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "claim.h"

#define NTHREADS 8
#define ROUNDS   2000

static pthread_mutex_t   mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t    cond = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static _Thread_local int own;
static long              counter;
static int               turn;

static void check(const char *what, int good)
{
    printf("%-56s %s\n", what, good ? "ok" : "WRONG");
}

static void *add(void *arg)
{
    own = (int)(intptr_t)arg;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
        if (i % 100 == 0)
            sched_yield();
    }
    return (void *)(intptr_t)own;
}

static void counting(void)
{
    CLAIM("threads share memory");
    pthread_t threads[NTHREADS];
    void     *result;
    int       good = 0;

    for (intptr_t i = 0; i < NTHREADS; i++)
        pthread_create(&threads[i], NULL, add, (void *)(i + 1));
    for (intptr_t i = 0; i < NTHREADS; i++)
        good += pthread_join(threads[i], &result) == 0 && (intptr_t)result == i + 1;
    check("each thread has its own thread-local data", good == NTHREADS);
    check("a mutex keeps every increment", counter == NTHREADS * ROUNDS);
}

/* Without system calls and with different numbers in each thread: only the timer interrupts it. */
static void *compute(void *arg)
{
    double   x = (double)(intptr_t)arg, sum = 0;
    uint64_t hash = (uintptr_t)arg;

    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 3000000; i++) {
        sum += x * 0.5;
        hash = (hash ^ (uint64_t)i) * 0x100000001b3;
    }
    counter ^= (long)hash; /* used */
    return sum == x * 0.5 * 3000000 ? arg : NULL;
}

static void computing(void)
{
    CLAIM("threads have registers of their own");
    pthread_t threads[4];
    void     *result;
    int       good = 0;

    pthread_barrier_init(&barrier, NULL, 4);
    for (intptr_t i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, compute, (void *)(i + 3));
    for (intptr_t i = 0; i < 4; i++)
        good += pthread_join(threads[i], &result) == 0 && (intptr_t)result == i + 3;
    check("floating point survives being interrupted", good == 4);
}

static void *ping(void *arg)
{
    int me = (int)(intptr_t)arg;

    for (int i = 0; i < 500; i++) {
        pthread_mutex_lock(&mutex);
        while (turn != me)
            pthread_cond_wait(&cond, &mutex);
        turn = !me;
        pthread_cond_broadcast(&cond);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void taking_turns(void)
{
    CLAIM("condition variables");
    pthread_t a, b;

    pthread_create(&a, NULL, ping, (void *)0);
    pthread_create(&b, NULL, ping, (void *)1);
    check("two threads take turns",
          pthread_join(a, NULL) == 0 && pthread_join(b, NULL) == 0 && turn == 0);
}

static void timing_out(void)
{
    CLAIM("waits that time out");
    struct timespec at;
    int             err;

    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_nsec += 10000000;
    at.tv_sec += at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    pthread_mutex_lock(&mutex);
    do
        err = pthread_cond_timedwait(&cond, &mutex, &at);
    while (err == 0);
    pthread_mutex_unlock(&mutex);
    check("a wait for nothing times out", err == ETIMEDOUT);
}

static volatile pid_t handled_by;

static void note(int sig)
{
    (void)sig;
    handled_by = (pid_t)syscall(SYS_gettid);
}

static void *sleeper(void *arg)
{
    struct timespec forever = {1000, 0};

    *(volatile pid_t *)arg = (pid_t)syscall(SYS_gettid);
    pthread_barrier_wait(&barrier);
    return nanosleep(&forever, &forever) == -1 && errno == EINTR && forever.tv_sec >= 999 ? arg
                                                                                          : NULL;
}

static void signalling(void)
{
    CLAIM("signals to threads");
    struct sigaction act = {.sa_handler = note};
    pthread_t        thread;
    pid_t            tid;
    void            *result;
    struct timespec  pause = {0, 10000000};

    sigaction(SIGUSR1, &act, NULL);
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, sleeper, &tid);
    pthread_barrier_wait(&barrier);
    do { /* a signal that comes before it sleeps ends nothing */
        pthread_kill(thread, SIGUSR1);
        nanosleep(&pause, NULL);
    } while (pthread_tryjoin_np(thread, &result) == EBUSY);
    check("a signal ends another thread's sleep", result == &tid);
    check("and is handled by that thread", handled_by == tid && tid != getpid());
}

static void *hold_and_die(void *arg)
{
    pthread_mutex_lock(arg);
    return NULL;
}

static void robust(void)
{
    CLAIM("robust mutexes");
    pthread_mutexattr_t attr;
    pthread_mutex_t     m;
    pthread_t           thread;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&m, &attr);
    pthread_create(&thread, NULL, hold_and_die, &m);
    pthread_join(thread, NULL);
    check("a robust mutex tells of its holder's death", pthread_mutex_lock(&m) == EOWNERDEAD);
}

static void *exit_later(void *arg)
{
    struct timespec pause = {0, 20000000};

    (void)arg;
    nanosleep(&pause, NULL);
    fflush(stdout);
    _exit(5);
}

int main(void)
{
    pthread_t thread;

    counting();
    computing();
    taking_turns();
    timing_out();
    signalling();
    robust();
    /* The first thread's end is not the program's; any thread's exit_group is. */
    pthread_create(&thread, NULL, exit_later, NULL);
    pthread_exit(NULL);
}
