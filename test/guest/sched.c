/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-nonnull */
/* sched.c - policies and priorities of threads: set, inherited, refused. */
#include "abi.h"

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <time.h>

struct attr {
    uint32_t size, policy;
    uint64_t flags;
    int32_t  nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
    uint32_t util_min, util_max;
    uint64_t more;
};

#define SET(policy, prio) syscall(SYS_sched_setscheduler, 0, policy, &(int){prio})

static long setattr(struct attr a)
{
    return syscall(SYS_sched_setattr, 0, &a, 0);
}

static void show(void)
{
    struct attr     a = {.size = 0};
    struct timespec ts = {-1, -1};
    int             prio = -1;
    long            policy = syscall(SYS_sched_getscheduler, 0);
    syscall(SYS_sched_getparam, 0, &prio);
    syscall(SYS_sched_getattr, 0, &a, 48, 0);
    syscall(SYS_sched_rr_get_interval, 0, &ts);
    printf("policy %lx priority %d; attr: size %u policy %u flags %lx nice %d priority %u; "
           "interval %ld.%09ld\n",
           policy, prio, a.size, a.policy, (long)a.flags, a.nice, a.priority, (long)ts.tv_sec,
           ts.tv_nsec);
}

static void *show_in_thread(void *arg)
{
    show();
    return arg;
}

static void policies(void)
{
    CLAIM("scheduling policies");
    pthread_t t;
    show();
    SHOW(SET(SCHED_OTHER, 1));
    SHOW(SET(SCHED_FIFO, 0));
    SHOW(SET(SCHED_FIFO, 100));
    SHOW(SET(SCHED_FIFO, 5));
    show();
    SHOW(syscall(SYS_sched_setparam, 0, &(int){7}));
    SHOW(syscall(SYS_sched_setparam, 0, &(int){0}));
    SHOW(SET(SCHED_RR, 99));
    show();
    pthread_create(&t, NULL, show_in_thread, NULL);
    pthread_join(t, NULL);
    SHOW(SET(SCHED_RR | SCHED_RESET_ON_FORK, 3));
    show();
    pthread_create(&t, NULL, show_in_thread, NULL);
    pthread_join(t, NULL);
    SHOW(SET(SCHED_BATCH, 0));
    show();
    SHOW(SET(SCHED_IDLE, 0));
    SHOW(SET(SCHED_OTHER, 0));
    SHOW(SET(4, 0));
    SHOW(SET(100, 0));
    SHOW(SET(-1, 0));
    SHOW(SET(SCHED_DEADLINE, 0) == -1);
    SHOW(syscall(SYS_sched_setscheduler, -1, SCHED_OTHER, &(int){0}));
    SHOW(syscall(SYS_sched_setscheduler, 999999, SCHED_OTHER, &(int){0}));
    SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, NULL));
    SHOW(syscall(SYS_sched_setparam, -1, &(int){0}));
    SHOW(syscall(SYS_sched_rr_get_interval, -1, NULL));
    SHOW(syscall(SYS_sched_rr_get_interval, 999999, NULL));
    SHOW_POINTERS(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, p));
    SHOW_POINTERS(syscall(SYS_sched_rr_get_interval, 0, p));
}

static void attributes(void)
{
    CLAIM("sched_setattr and sched_getattr");
    struct attr a;
    SHOW(setattr((struct attr){.size = 48, .policy = SCHED_FIFO, .priority = 9}));
    show();
    SHOW(setattr((struct attr){.size = 0, .policy = SCHED_OTHER, .nice = 5}));
    show();
    SHOW(getpriority(PRIO_PROCESS, 0));
    SHOW(setattr((struct attr){.size = 56, .policy = SCHED_BATCH, .nice = 0, .flags = 1}));
    show();
    SHOW(setattr((struct attr){.size = 56, .policy = 99, .flags = 8 | 0x10}));
    SHOW(setattr((struct attr){.size = 56, .policy = SCHED_OTHER}));
    SHOW(setattr((struct attr){.size = 47, .policy = SCHED_OTHER}));
    SHOW(setattr((struct attr){.size = 64, .policy = SCHED_OTHER}));
    SHOW(setattr((struct attr){.size = 64, .policy = SCHED_OTHER, .more = 1}));
    SHOW(setattr((struct attr){.size = 5000, .policy = SCHED_OTHER}));
    SHOW(setattr((struct attr){.size = 48, .policy = SCHED_OTHER, .flags = 0x20}));
    SHOW(setattr((struct attr){.size = 48, .policy = SCHED_OTHER, .flags = 0x100}));
    SHOW(setattr((struct attr){.size = 48, .policy = -1}));
    SHOW(syscall(SYS_sched_setattr, 0, NULL, 0));
    SHOW(syscall(SYS_sched_setattr, 0, &a, 1));
    SHOW(syscall(SYS_sched_getattr, 0, &a, 48, 1));
    SHOW(syscall(SYS_sched_getattr, 0, &a, 47, 0));
    SHOW(syscall(SYS_sched_getattr, 0, &a, 5000, 0));
    SHOW(syscall(SYS_sched_getattr, 0, NULL, 48, 0));
    SHOW(syscall(SYS_sched_getattr, -1, &a, 48, 0));
    SHOW(syscall(SYS_sched_getattr, 999999, &a, 48, 0));
    SHOW(syscall(SYS_sched_getattr, 0, &a, 64, 0));
    SHOW(a.size);
    SHOW_POINTERS(syscall(SYS_sched_setattr, 0, p, 0));
    SHOW_POINTERS(syscall(SYS_sched_getattr, 0, p, 48, 0));
}

#define IOPRIO(class, level) ((class) << 13 | (level))

static void disks(void)
{
    CLAIM("ioprio");
    SHOW(syscall(SYS_ioprio_get, 1, 0));
    SHOW(syscall(SYS_ioprio_set, 1, 0, IOPRIO(2, 3)));
    SHOW(syscall(SYS_ioprio_get, 1, 0) == IOPRIO(2, 3));
    SHOW(syscall(SYS_ioprio_set, 1, 0, IOPRIO(1, 7)));
    SHOW(syscall(SYS_ioprio_get, 1, getpid()) == IOPRIO(1, 7));
    SHOW(syscall(SYS_ioprio_set, 1, 0, IOPRIO(3, 0)));
    SHOW(syscall(SYS_ioprio_set, 1, 0, IOPRIO(0, 1)));
    SHOW(syscall(SYS_ioprio_set, 1, 0, IOPRIO(4, 1)));
    SHOW(syscall(SYS_ioprio_set, 1, 0, IOPRIO(0, 0)));
    SHOW(syscall(SYS_ioprio_get, 1, 0));
    SHOW(syscall(SYS_ioprio_set, 1, 999999, IOPRIO(2, 3)));
    SHOW(syscall(SYS_ioprio_set, 0, 0, IOPRIO(2, 3)));
    SHOW(syscall(SYS_ioprio_set, 0, 0, IOPRIO(4, 3)));
    SHOW(syscall(SYS_ioprio_get, 1, 999999));
    SHOW(syscall(SYS_ioprio_get, 2, 999999));
    SHOW(syscall(SYS_ioprio_get, 3, 4242));
    SHOW(syscall(SYS_ioprio_get, 4, 0));
}

static void rights(void)
{
    CLAIM("what who is not root may");
    SHOW(syscall(SYS_setresuid, 1000, 1000, 1000));
    SHOW(SET(SCHED_FIFO, 1));
    SHOW(SET(SCHED_BATCH, 0));
    SHOW(SET(SCHED_IDLE, 0));
    SHOW(SET(SCHED_OTHER | SCHED_RESET_ON_FORK, 0));
    SHOW(SET(SCHED_OTHER, 0));
    SHOW(syscall(SYS_ioprio_set, 1, 0, IOPRIO(1, 7)));
    SHOW(syscall(SYS_ioprio_set, 1, 0, IOPRIO(2, 7)));
}

int main(void)
{
    buffer_output();
    policies();
    attributes();
    disks();
    rights();
    return 0;
}
