/* SPDX-License-Identifier: Apache-2.0 */
/* abi_epoll_wait.c - waiting with epoll: times, signals and masks, several threads at one epoll and
 * several epolls at one file, files closed and added while somebody waits. */
/* cpus: 4 */
#include "abi_epoll.h"

#include <semaphore.h>

static int ep, e;

static uint64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static long wait2(int ms, int us)
{
    struct epoll_event out;
    struct timespec    ts = {ms / 1000, ms % 1000 * 1000000 + us * 1000};
    return syscall(SYS_epoll_pwait2, ep, &out, 1, &ts, NULL, 0);
}

static void times(void)
{
    CLAIM("epoll_wait and epoll_pwait2 wait as long as they are told to");
    struct epoll_event out;
    uint64_t           start = now_ms();
    SHOW(epoll_wait(ep, &out, 1, 30));
    SHOW(now_ms() - start >= 30);
    start = now_ms();
    SHOW(wait2(30, 500));
    SHOW(now_ms() - start >= 30);
    SHOW(wait2(0, 1));
    count(e, 1);
    SHOW(epoll_wait(ep, &out, 1, 1000000));
    SHOW(epoll_wait(ep, &out, 1, -5));
    SHOW(wait2(1000000, 0));
    SHOW(syscall(SYS_epoll_pwait2, ep, &out, 1, NULL, NULL, 0));
    take(e);
}

/* --- signals ----------------------------------------------------------------------------- */

static volatile sig_atomic_t handled;
static sigset_t              seen;

static void handler(int sig)
{
    handled = sig;
    pthread_sigmask(SIG_SETMASK, NULL, &seen);
}

static void show_handled(void)
{
    printf("   handled %d, under SIGUSR2 %sblocked\n", (int)handled,
           sigismember(&seen, SIGUSR2) == 1 ? "" : "not ");
    handled = 0;
}

static pthread_t main_thread;

static void *send_later(void *arg)
{
    let_sleep();
    pthread_kill(main_thread, (int)(intptr_t)arg);
    return NULL;
}

static void signals(void)
{
    CLAIM("signals end a wait, and its mask decides which");
    struct epoll_event out;
    struct sigaction   action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigset_t           none, usr1, usr2, old;
    pthread_t          t;
    main_thread = pthread_self();
    sigemptyset(&none);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigemptyset(&usr2);
    sigaddset(&usr2, SIGUSR2);
    sigaction(SIGUSR1, &action, NULL);

    pthread_create(&t, NULL, send_later, (void *)SIGUSR1);
    SHOW(epoll_wait(ep, &out, 1, -1)); /* also with SA_RESTART */
    pthread_join(t, NULL);
    show_handled();
    pthread_create(&t, NULL, send_later, (void *)SIGUSR1);
    SHOW(wait2(100000, 0));
    pthread_join(t, NULL);
    show_handled();

    sigprocmask(SIG_BLOCK, &usr1, NULL);
    pthread_create(&t, NULL, send_later, (void *)SIGUSR1);
    SHOW(epoll_pwait(ep, &out, 1, -1, &usr2)); /* let through while it waits */
    pthread_join(t, NULL);
    show_handled();
    sigprocmask(SIG_SETMASK, NULL, &old);
    SHOW(sigismember(&old, SIGUSR1));
    SHOW(sigismember(&old, SIGUSR2));

    raise(SIGUSR1);
    SHOW(epoll_pwait(ep, &out, 1, 0, &none)); /* no time to be interrupted */
    show_handled();
    SHOW(epoll_pwait(ep, &out, 1, 1000, &none));
    show_handled();
    raise(SIGUSR1);
    count(e, 1);
    SHOW(epoll_pwait(ep, &out, 1, -1, &none)); /* events go first */
    show_handled();
    take(e);
    SHOW(epoll_pwait(ep, &out, 1, -1, &none));
    show_handled();
    raise(SIGUSR1);
    SHOW(epoll_pwait(ep, &out, 1, 10, NULL));
    SHOW(epoll_pwait(99, &out, 1, 10, &none));
    show_handled();
    struct timespec ts = {100, 0};
    SHOW(syscall(SYS_epoll_pwait2, ep, &out, 1, &ts, &none, 8));
    show_handled();
    raise(SIGUSR1);
    SHOW(epoll_pwait(99, &out, 0, 10, &none));
    show_handled();
    sigprocmask(SIG_UNBLOCK, &usr1, NULL);
    show_handled();
    pthread_create(&t, NULL, send_later, (void *)SIGWINCH); /* nobody cares: it goes on */
    SHOW(epoll_wait(ep, &out, 1, 100));
    pthread_join(t, NULL);
}

/* --- several threads ----------------------------------------------------------------------- */

#define THREADS 4

static int       woken, ended;
static sem_t     one_woke;
static pthread_t sleepers[THREADS];
static int       per_wait = 1;

static void *sleeper(void *arg)
{
    struct epoll_event out[THREADS];
    (void)arg;
    int n = epoll_wait(ep, out, per_wait, -1);
    __atomic_fetch_add(&woken, n, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&ended, 1, __ATOMIC_SEQ_CST);
    sem_post(&one_woke);
    return NULL;
}

static void start_sleepers(void)
{
    woken = ended = 0;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&sleepers[i], NULL, sleeper, NULL);
    let_sleep();
}

static void show_woken(const char *when)
{
    let_sleep();
    printf("%-58s %d with %d events\n", when, ended, woken);
}

static void one_each(void)
{
    CLAIM("one event wakes one of several threads");
    int f[THREADS];
    mod(ep, e, EPOLLIN | EPOLLET, 1);
    start_sleepers();
    count(e, 1);
    sem_wait(&one_woke);
    show_woken("threads: one edge wakes one");
    count(e, 1);
    sem_wait(&one_woke);
    show_woken("threads: the next the next");
    for (int i = 0; i < 2; i++) {
        f[i] = eventfd(1, 0);
        add(ep, f[i], EPOLLIN | EPOLLET, 2);
        sem_wait(&one_woke);
    }
    show_woken("threads: those that are added wake one each");
    for (int i = 0; i < THREADS; i++)
        pthread_join(sleepers[i], NULL);
    take(e);
    for (int i = 0; i < 2; i++)
        close(f[i]);

    mod(ep, e, EPOLLIN, 1);
    start_sleepers();
    count(e, 1);
    for (int i = 0; i < THREADS; i++)
        sem_wait(&one_woke);
    show_woken("threads: a level wakes one after the other");
    for (int i = 0; i < THREADS; i++)
        pthread_join(sleepers[i], NULL);
    take(e);

    mod(ep, e, EPOLLIN | EPOLLONESHOT, 1);
    start_sleepers();
    for (int i = 0; i < THREADS; i++) {
        count(e, 1);
        sem_wait(&one_woke);
        if (i == 0)
            show_woken("threads: a one-shot wakes one");
        mod(ep, e, EPOLLIN | EPOLLONESHOT, 1);
    }
    show_woken("threads: and so on, when armed again");
    for (int i = 0; i < THREADS; i++)
        pthread_join(sleepers[i], NULL);
    take(e);
    mod(ep, e, EPOLLIN, 1);
}

/* --- several epolls ------------------------------------------------------------------------ */

static int eps[THREADS];

static void *sleep_at_own(void *arg)
{
    struct epoll_event out;
    int                n = epoll_wait(eps[(intptr_t)arg], &out, 1, -1);
    __atomic_fetch_add(&woken, n, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&ended, 1, __ATOMIC_SEQ_CST);
    sem_post(&one_woke);
    return NULL;
}

/* Every epoll at f learns of what happens, or only one. */
static void many_epolls(const char *when, unsigned how, int expected)
{
    int f = eventfd(0, 0);
    woken = ended = 0;
    for (int i = 0; i < THREADS; i++) {
        eps[i] = epoll_create1(0);
        add(eps[i], f, EPOLLIN | how, 1);
        pthread_create(&sleepers[i], NULL, sleep_at_own, (void *)(intptr_t)i);
    }
    let_sleep();
    count(f, 1);
    for (int i = 0; i < expected; i++)
        sem_wait(&one_woke);
    show_woken(when);
    while (ended < THREADS) {
        count(f, 1);
        sem_wait(&one_woke);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(sleepers[i], NULL);
        close(eps[i]);
    }
    close(f);
}

/* --- changes while one waits ----------------------------------------------------------------- */

static void *change_later(void *arg)
{
    int (*change)(void) = (int (*)(void))arg;
    let_sleep();
    change();
    return NULL;
}

static int  other, pipes[2];
static void while_waiting(const char *when, int (*change)(void), int ms)
{
    pthread_t t;
    pthread_create(&t, NULL, change_later, (void *)change);
    ready_within(when, ep, 8, ms);
    pthread_join(t, NULL);
}

static int add_ready(void)
{
    return add(ep, other, EPOLLIN, 7);
}

static int ask_more(void)
{
    return mod(ep, other, EPOLLIN | EPOLLOUT, 8);
}

static int close_other(void)
{
    return close(other);
}

static int close_writer(void)
{
    return close(pipes[1]);
}

static int close_epoll(void)
{
    close(ep);
    let_sleep();
    count(e, 1);
    return 0;
}

static int read_and_write(void)
{
    count(e, 1);
    return 0;
}

static void changes(void)
{
    CLAIM("what changes while somebody waits counts");
    other = eventfd(1, 0);
    while_waiting("while waiting: a ready one is added", add_ready, -1);
    mod(ep, other, 0, 8);
    while_waiting("while waiting: more is asked for", ask_more, -1);
    mod(ep, other, 0, 8);
    while_waiting("while waiting: one is closed", close_other, 60);
    if (pipe(pipes))
        return;
    add(ep, pipes[0], 0, 9);
    while_waiting("while waiting: the other end is closed", close_writer, -1);
    close(pipes[0]);
    while_waiting("while waiting: one is written", read_and_write, 100000);
    take(e);
    while_waiting("while waiting: the epoll's own descriptor is closed", close_epoll, -1);
}

int main(void)
{
    sem_init(&one_woke, 0, 0);
    ep = epoll_create1(0);
    e = eventfd(0, 0);
    add(ep, e, EPOLLIN, 1);
    times();
    signals();
    one_each();
    many_epolls("epolls: all learn of it", 0, THREADS);
    many_epolls("epolls: exclusively, one does", EPOLLEXCLUSIVE, 1);
    changes();
    return 0;
}
