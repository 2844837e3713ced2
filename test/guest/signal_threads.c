/* SPDX-License-Identifier: Apache-2.0 */
/* signal_threads.c - signals and several threads: each that waits for one gets one; an action is changed and told in
 * one step; a thread is there for those who know its number. */
/* cpus: 4 */
/* flags: -pthread */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "claim.h"

static void claim(const char *what, bool holds)
{
    printf("%-60s %s\n", what, holds ? "ok" : "NOT SO");
}

/* --- several wait ----------------------------------------------------------------------------- */

#define WAITERS 3
#define ROUNDS  100

static atomic_uint waiting, taken, missed;

#define LIMIT 5 /* seconds: ends what hangs */

static time_t seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* Who is woken for one that another thread takes is told EINTR. One that is found when time is over was there. */
static void *takes_one(void *arg)
{
    const sigset_t       *set = arg;
    const struct timespec limit = {.tv_sec = LIMIT};
    time_t                from = seconds();
    int                   sig;
    atomic_fetch_add(&waiting, 1);
    do
        sig = sigtimedwait(set, NULL, &limit);
    while (sig < 0 && errno == EINTR);
    if (sig > 0 && seconds() - from < LIMIT)
        atomic_fetch_add(&taken, 1);
    else
        atomic_fetch_add(&missed, 1);
    return NULL;
}

static bool each_takes_one(sigset_t *set, const int *sigs)
{
    pthread_t t[WAITERS];
    atomic_store(&waiting, 0);
    atomic_store(&taken, 0);
    for (unsigned i = 0; i < WAITERS; i++)
        pthread_create(&t[i], NULL, takes_one, set);
    while (atomic_load(&waiting) < WAITERS)
        sched_yield();
    for (unsigned i = 0; i < 4; i++)
        sched_yield(); /* now they sleep, most of the time */
    for (unsigned i = 0; i < WAITERS; i++)
        kill(getpid(), sigs[i]);
    for (unsigned i = 0; i < WAITERS; i++)
        pthread_join(t[i], NULL);
    return atomic_load(&taken) == WAITERS;
}

static void several_wait(void)
{
    const int same[WAITERS] = {SIGRTMIN, SIGRTMIN, SIGRTMIN};
    const int others[WAITERS] = {SIGUSR1, SIGUSR2, SIGRTMIN};
    sigset_t  set;
    bool      all = true;
    unsigned  i;

    CLAIM("of threads that wait for the process's signals each gets one");
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    for (i = 0; i < ROUNDS && all; i++)
        all = each_takes_one(&set, same);
    claim("signals that queue", all);
    for (i = 0; i < ROUNDS && all; i++)
        all = each_takes_one(&set, others);
    claim("signals of different numbers", all);
    sigpending(&set);
    claim("and none is left", !sigismember(&set, SIGRTMIN) && !sigismember(&set, SIGUSR1));
}

/* --- actions ------------------------------------------------------------------------------------ */

#define CHANGERS 4
#define CHANGES  4000u

static atomic_ulong balance; /* of handlers that were put in and were found; 0 in the end */

/* Handlers that are never called. */
static void *changes_action(void *arg)
{
    for (uintptr_t i = 1; i <= CHANGES; i++) {
        uintptr_t new = ((uintptr_t)arg * CHANGES + i) << 4;
        struct sigaction act = {.sa_handler = (void (*)(int)) new}, old;
        sigaction(SIGUSR2, &act, &old);
        atomic_fetch_add(&balance, new - (uintptr_t)old.sa_handler);
    }
    return NULL;
}

static void actions(void)
{
    struct sigaction last, act = {.sa_handler = SIG_DFL};
    pthread_t        t[CHANGERS];

    CLAIM("an action is told as it is replaced");
    for (uintptr_t i = 0; i < CHANGERS; i++)
        pthread_create(&t[i], NULL, changes_action, (void *)(i + 1));
    for (unsigned i = 0; i < CHANGERS; i++)
        pthread_join(t[i], NULL);
    sigaction(SIGUSR2, &act, &last);
    claim("each is told to one who replaces it",
          atomic_load(&balance) == (uintptr_t)last.sa_handler);
}

/* --- a thread's number ----------------------------------------------------------------------------- */

#define CHILDREN 500u

static _Atomic(int) number, cleared;
static atomic_bool  known, over;
static atomic_uint  unknown;
static char         stack[1 << 14] __attribute__((aligned(16)));

static int is_made(void *arg)
{
    (void)arg;
    while (!atomic_load(&known))
        sched_yield();
    return 0;
}

static void *asks_for_it(void *arg)
{
    while (!atomic_load(&over)) {
        int tid = atomic_load(&number);
        if (!tid || atomic_load(&known) || atomic_load(&number) != tid) {
            sched_yield();
            continue;
        }
        if (syscall(SYS_tgkill, getpid(), tid, 0))
            atomic_fetch_add(&unknown, 1);
        atomic_store(&known, true);
    }
    return arg;
}

static void numbers(void)
{
    const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                      CLONE_SYSVSEM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
    pthread_t t;
    int       made = 0;

    CLAIM("a thread is there for whoever reads its number");
    pthread_create(&t, NULL, asks_for_it, NULL);
    for (unsigned i = 0; i < CHILDREN; i++) {
        atomic_store(&cleared, 1);
        atomic_store(&known, false);
        made += clone(is_made, stack + sizeof(stack), flags, NULL, &number, NULL, &cleared) > 0;
        while (atomic_load(&cleared))
            sched_yield();
        atomic_store(&number, 0);
    }
    atomic_store(&over, true);
    pthread_join(t, NULL);
    printf("%d threads\n", made);
    claim("every one is found", !atomic_load(&unknown));
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    several_wait();
    actions();
    numbers();
    return 0;
}
