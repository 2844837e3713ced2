/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-nonnull */
/* cpus: 4 */
/* abi_futex.c - futexes: wrong arguments, values, timeouts, who is woken, and what a thread that ends
 * leaves behind. */
#include "abi.h"
#include "asleep.h"

#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>

static uint32_t word, other;

static long futex(void *at, long op, long value, const void *timeout, void *to, long third)
{
    return syscall(SYS_futex, at, op, value, timeout, to, third);
}

static void arguments(void)
{
    CLAIM("futex checks its arguments in Linux's order");
    struct timespec zero = {0, 0}, wrong = {0, 1000000000}, negative = {-1, 0};
    char           *odd = (char *)&word + 1;

    SHOW(futex(&word, 99, 0, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_FD, 0, NULL, NULL, 0));
    SHOW(futex(odd, FUTEX_WAIT, 0, NULL, NULL, 0));
    SHOW(futex(odd, FUTEX_WAKE, 0, NULL, NULL, 0));
    SHOW(futex(odd, FUTEX_WAIT, 0, &wrong, NULL, 0));
    SHOW(futex(&word, FUTEX_WAIT, 1, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_WAIT, 1l << 40, &zero, NULL, 0));
    SHOW(futex(&word, FUTEX_WAIT, 0, &zero, NULL, 0));
    SHOW(futex(&word, FUTEX_WAIT, 0, &wrong, NULL, 0));
    SHOW(futex(&word, FUTEX_WAIT, 0, &negative, NULL, 0));
    SHOW(futex(&word, FUTEX_WAIT_BITSET, 0, &zero, NULL, 0));
    SHOW(futex(&word, FUTEX_WAIT_BITSET, 0, &zero, NULL, 1));
    SHOW(futex(&word, FUTEX_WAIT_BITSET, 0, &wrong, NULL, 0));
    SHOW(futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 1));
    SHOW(futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 1));
    SHOW(futex(&word, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 1));
    SHOW(futex(&word, FUTEX_WAKE, 0, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_WAKE, -1, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_WAKE, 1, pointer(KERNEL), pointer(KERNEL), 0));
    SHOW(futex(&word, FUTEX_REQUEUE, 1, (void *)1, &other, 0));
    SHOW(futex(&word, FUTEX_REQUEUE, -1, (void *)1, &other, 0));
    SHOW(futex(&word, FUTEX_REQUEUE, 1, (void *)-1, &other, 0));
    SHOW(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, &other, 1));
    SHOW(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, &other, 0));
    SHOW(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, odd, 0));
    SHOW_POINTERS(futex(p, FUTEX_WAIT_PRIVATE, 5, NULL, NULL, 0));
    SHOW_POINTERS(futex(p, FUTEX_WAIT, 5, NULL, NULL, 0));
    SHOW_POINTERS(futex(p, FUTEX_WAKE_PRIVATE, 5, NULL, NULL, 0));
    SHOW_POINTERS(futex(p, FUTEX_WAKE, 5, NULL, NULL, 0));
    SHOW_POINTERS(futex(&word, FUTEX_WAIT, 5, p, NULL, 0));
    SHOW_POINTERS(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, p, 0));
}

static void operations(void)
{
    CLAIM("FUTEX_WAKE_OP does each operation and compares in each way");
    struct {
        int  op, compare, with;
        long result;
    } ops[] = {{FUTEX_OP_SET, FUTEX_OP_CMP_EQ, 5, 0},
               {FUTEX_OP_ADD, FUTEX_OP_CMP_NE, 5, 0},
               {FUTEX_OP_OR, FUTEX_OP_CMP_LT, 50, 0},
               {FUTEX_OP_ANDN, FUTEX_OP_CMP_LE, 50, 0},
               {FUTEX_OP_XOR, FUTEX_OP_CMP_GT, 5, 0},
               {FUTEX_OP_SET | 8, FUTEX_OP_CMP_GE, 5, 0},
               {7, FUTEX_OP_CMP_GE, 5, 0}};
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        other = 5;
        SHOW(futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &other,
                   FUTEX_OP(ops[i].op, 3, ops[i].compare, ops[i].with)));
        printf("%u\n", other);
    }
    SHOW_POINTERS(futex(&word, FUTEX_WAKE_OP, 1, (void *)1, p, FUTEX_OP(FUTEX_OP_SET, 0, 0, 0)));
}

/* --- threads that wait ------------------------------------------------------------------- */

static volatile uint32_t waiting, woken;

struct wait {
    uint32_t  bitset;
    pid_t     tid;
    pthread_t thread;
};

static void *wait_on_word(void *arg)
{
    struct wait *w = arg;
    w->tid = gettid();
    __atomic_fetch_add(&waiting, 1, __ATOMIC_SEQ_CST);
    long result = futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 0, NULL, NULL, w->bitset);
    __atomic_fetch_add(&woken, 1, __ATOMIC_SEQ_CST);
    return (void *)result;
}

/* n threads that wait, with bits 1, 2, 4... */
static void start(struct wait *w, unsigned n)
{
    waiting = woken = 0;
    for (unsigned i = 0; i < n; i++) {
        w[i].bitset = 1u << i;
        pthread_create(&w[i].thread, NULL, wait_on_word, &w[i]);
    }
    while (waiting < n)
        sched_yield();
    for (unsigned i = 0; i < n; i++) /* each goes from there to its sleep without a pause */
        until_asleep(w[i].tid);
}

static void finish(struct wait *w, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        pthread_join(w[i].thread, NULL);
    SHOW(woken);
}

static void waking(void)
{
    CLAIM("who is woken: by bits, by number, moved to another word");
    struct wait w[5];
    start(w, 5);
    SHOW(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, 10, NULL, NULL, 6));
    SHOW(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, 10, NULL, NULL, 6));
    SHOW(futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0));
    SHOW(futex(&other, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0));
    finish(w, 5);
    start(w, 5);
    SHOW(futex(&word, FUTEX_REQUEUE_PRIVATE, 1, (void *)2, &other, 0));
    SHOW(futex(&other, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0));
    SHOW(futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 0, (void *)2, &other, 0));
    SHOW(futex(&word, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0));
    SHOW(futex(&other, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0));
    finish(w, 5);
    start(w, 3);
    other = 1;
    SHOW(futex(&word, FUTEX_WAKE_OP_PRIVATE, 2, (void *)1, &other,
               FUTEX_OP(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_EQ, 1)));
    SHOW(other);
    SHOW(futex(&word, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0));
    finish(w, 3);
    SHOW(futex(&word, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0));
    /* All wait for the second word, which is woken only if the comparison holds. */
    start(w, 3);
    SHOW(futex(&word, FUTEX_REQUEUE_PRIVATE, 0, (void *)3, &other, 0));
    other = 1;
    SHOW(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)2, &other,
               FUTEX_OP(FUTEX_OP_SET, 0, FUTEX_OP_CMP_NE, 1)));
    SHOW(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)2, &other,
               FUTEX_OP(FUTEX_OP_SET, 0, FUTEX_OP_CMP_EQ, 0)));
    SHOW(futex(&other, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0));
    finish(w, 3);
}

/* --- robust mutexes ---------------------------------------------------------------------- */

static pthread_mutex_t robust;

static void *die_with_it(void *arg)
{
    pthread_mutex_lock(&robust);
    return arg;
}

static void abandoned(void)
{
    CLAIM("a robust mutex tells that its owner died");
    pthread_mutexattr_t attr;
    pthread_t           t;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &attr);
    pthread_create(&t, NULL, die_with_it, NULL);
    pthread_join(t, NULL);
    SHOW(pthread_mutex_lock(&robust) == EOWNERDEAD);
    SHOW(pthread_mutex_consistent(&robust));
    SHOW(pthread_mutex_unlock(&robust));
    SHOW(pthread_mutex_lock(&robust));
}

int main(void)
{
    arguments();
    operations();
    waking();
    abandoned();
    return 0;
}
