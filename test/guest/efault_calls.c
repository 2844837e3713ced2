/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -Wno-nonnull */
/* efault_calls.c - bad pointers given to calls on queues, semaphores, timers, signals, scheduling and
 * the process itself: each pointer that a call takes, with each kind of bad pointer (abi.h). */
#include "abi.h"

#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <stdint.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>

static void queues(void)
{
    struct mq_attr attr = {.mq_maxmsg = 8, .mq_msgsize = 8};
    int            q = mq_open("/bad", O_RDWR | O_CREAT | O_NONBLOCK, 0600, &attr);
    char           text[8];

    CLAIM("queues of messages: names, attributes, messages, times");
    SHOW_POINTERS(syscall(SYS_mq_open, p, O_RDWR, 0, NULL));
    SHOW_POINTERS(syscall(SYS_mq_open, "bad2", O_RDWR | O_CREAT, 0600, p));
    SHOW_POINTERS(syscall(SYS_mq_unlink, p));
    SHOW_POINTERS(syscall(SYS_mq_timedsend, q, p, 2, 0, NULL));
    SHOW_POINTERS(syscall(SYS_mq_timedsend, q, "ab", 2, 0, p));
    SHOW_POINTERS(syscall(SYS_mq_getsetattr, q, NULL, p));
    SHOW_POINTERS(syscall(SYS_mq_getsetattr, q, p, NULL));
    SHOW_POINTERS(syscall(SYS_mq_notify, q, p));
    SHOW_POINTERS(syscall(SYS_mq_timedreceive, q, text, 8, NULL, p));
    mq_close(q);
    mq_unlink("/bad");
}

static void system_v(void)
{
    struct timespec zero = {0, 0};
    struct sembuf   op = {0, 0, IPC_NOWAIT};
    int             msg = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
    int             sem = semget(IPC_PRIVATE, 2, IPC_CREAT | 0600);
    int             shm = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);

    CLAIM("System V's messages at bad addresses");
    SHOW_POINTERS(syscall(SYS_msgsnd, msg, p, 4, IPC_NOWAIT));
    SHOW_POINTERS(syscall(SYS_msgctl, msg, IPC_STAT, p));
    SHOW_POINTERS(syscall(SYS_msgctl, msg, IPC_SET, p) && errno != EPERM ? -1 : 0);
    SHOW(syscall(SYS_msgsnd, msg, &(long[2]){1, 0}, 4, IPC_NOWAIT));
    SHOW_POINTERS(syscall(SYS_msgrcv, msg, p, 4, 0, IPC_NOWAIT));
    CLAIM("System V's semaphores at bad addresses");
    SHOW_POINTERS(syscall(SYS_semop, sem, p, 1));
    SHOW_POINTERS(syscall(SYS_semtimedop, sem, p, 1, &zero));
    SHOW_POINTERS(syscall(SYS_semtimedop, sem, &op, 1, p));
    SHOW_POINTERS(syscall(SYS_semctl, sem, 0, IPC_STAT, p));
    SHOW_POINTERS(syscall(SYS_semctl, sem, 0, GETALL, p));
    SHOW_POINTERS(syscall(SYS_semctl, sem, 0, SETALL, p));
    CLAIM("System V's memory at bad addresses");
    SHOW_POINTERS(syscall(SYS_shmctl, shm, IPC_STAT, p));
    SHOW(syscall(SYS_shmat, shm, pointer(KERNEL), 0));
    SHOW(syscall(SYS_shmdt, pointer(KERNEL)));
    msgctl(msg, IPC_RMID, NULL);
    semctl(sem, 0, IPC_RMID);
    shmctl(shm, IPC_RMID, NULL);
}

static void timers(void)
{
    struct itimerspec never = {{0, 0}, {0, 0}};
    struct itimerval  off = {{0, 0}, {0, 0}};
    int               t;

    CLAIM("timers: events, numbers, times");
    SHOW_POINTERS(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, p));
    SHOW_POINTERS(syscall(SYS_timer_create, CLOCK_MONOTONIC, p, &t));
    SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &t));
    SHOW_POINTERS(syscall(SYS_timer_settime, t, 0, p, NULL));
    SHOW_POINTERS(syscall(SYS_timer_settime, t, 0, &never, p));
    SHOW_POINTERS(syscall(SYS_timer_gettime, t, p));
    syscall(SYS_timer_delete, t);
    SHOW_POINTERS(syscall(SYS_getitimer, ITIMER_REAL, p));
    SHOW_POINTERS(syscall(SYS_setitimer, ITIMER_REAL, p, NULL));
    SHOW_POINTERS(syscall(SYS_setitimer, ITIMER_REAL, &off, p));
    CLAIM("clocks: what remains, and structures that come and go");
    SHOW_POINTERS(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, p, NULL));
    SHOW_POINTERS(syscall(SYS_nanosleep, p, NULL));
    SHOW_POINTERS(syscall(SYS_clock_gettime, CLOCK_REALTIME, p));
    SHOW_POINTERS(syscall(SYS_adjtimex, p));
    SHOW_POINTERS(syscall(SYS_clock_adjtime, CLOCK_REALTIME, p));
}

static void signals(void)
{
    struct timespec zero = {0, 0};
    siginfo_t       info;
    uint64_t        set = 0;

    CLAIM("signals: sets, structures, stacks");
    SHOW_POINTERS(syscall(SYS_rt_sigtimedwait, p, &info, &zero, 8));
    SHOW_POINTERS(syscall(SYS_rt_sigtimedwait, &set, &info, p, 8));
    SHOW_POINTERS(syscall(SYS_rt_sigqueueinfo, getpid(), 0, p));
    SHOW_POINTERS(syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), 0, p));
    SHOW_POINTERS(syscall(SYS_sigaltstack, NULL, p));
    int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    SHOW_POINTERS(syscall(SYS_pidfd_send_signal, fd, 0, p, 0));
    CLAIM("process_madvise: the vector");
    SHOW_POINTERS(syscall(SYS_process_madvise, fd, p, 1, MADV_COLD, 0));
    close(fd);
    CLAIM("wait: without children nothing is written");
    SHOW_POINTERS(syscall(SYS_wait4, -1, p, WNOHANG, NULL));
    SHOW_POINTERS(syscall(SYS_waitid, P_ALL, 0, p, WNOHANG | WEXITED, NULL));
}

static void process(void)
{
    unsigned long cpus;
    uint32_t      word = 1;

    CLAIM("scheduling: parameters, attributes, sets of processors");
    SHOW_POINTERS(syscall(SYS_sched_setparam, 0, p));
    SHOW_POINTERS(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, p));
    SHOW_POINTERS(syscall(SYS_sched_getparam, 0, p));
    SHOW_POINTERS(syscall(SYS_sched_getattr, 0, p, 48, 0));
    SHOW_POINTERS(syscall(SYS_sched_setattr, 0, p, 0));
    SHOW_POINTERS(syscall(SYS_sched_setaffinity, 0, 8, p));
    SHOW_POINTERS(syscall(SYS_sched_getaffinity, 0, 8, p) < 0 ? -1 : 0);
    SHOW_POINTERS(syscall(SYS_sched_rr_get_interval, 0, p));
    SHOW_POINTERS(syscall(SYS_getcpu, p, NULL, NULL));
    CLAIM("words that one waits for, and robust lists");
    SHOW_POINTERS(syscall(SYS_futex, p, 0, 1, &(struct timespec){0, 0}, NULL, 0));
    SHOW_POINTERS(syscall(SYS_futex, p, 1, 1, NULL, NULL, 0));
    SHOW_POINTERS(syscall(SYS_futex, &word, 4, 0, 0, p, 1));
    SHOW_POINTERS(syscall(SYS_futex, &word, 5, 0, 0, p, 0));
    SHOW_POINTERS(syscall(SYS_futex_waitv, p, 1, 0, NULL, CLOCK_MONOTONIC));
    SHOW_POINTERS(syscall(SYS_get_robust_list, 0, p, &cpus));
    SHOW_POINTERS(syscall(SYS_get_robust_list, 0, &cpus, p));
    CLAIM("users, capabilities, groups");
    SHOW_POINTERS(syscall(SYS_getresuid, p, &word, &word));
    SHOW_POINTERS(syscall(SYS_getresuid, &word, p, &word));
    SHOW_POINTERS(syscall(SYS_getresgid, &word, &word, p));
    SHOW_POINTERS(syscall(SYS_getgroups, 65536, p) < 0 ? -1 : 0);
    SHOW_POINTERS(syscall(SYS_setgroups, 1, p));
    SHOW_POINTERS(syscall(SYS_capget, p, NULL));
    SHOW_POINTERS(syscall(SYS_capset, p, NULL));
    CLAIM("the machine and what is used of it");
    SHOW_POINTERS(syscall(SYS_getrusage, RUSAGE_SELF, p));
    SHOW_POINTERS(syscall(SYS_getrusage, RUSAGE_THREAD, p));
    SHOW_POINTERS(syscall(SYS_sysinfo, p));
    SHOW_POINTERS(syscall(SYS_times, p) == -1 ? -1 : 0);
    SHOW_POINTERS(syscall(SYS_setdomainname, p, 2));
    SHOW(syscall(SYS_clone3, pointer(KERNEL), 88));
    SHOW(syscall(SYS_clone3, pointer(NO_ACCESS), 64));
    SHOW_POINTERS(syscall(SYS_prctl, 2 /* PR_GET_PDEATHSIG */, p));
    SHOW_POINTERS(syscall(SYS_prctl, 37 /* PR_GET_CHILD_SUBREAPER */, p));
    SHOW_POINTERS(syscall(258 /* riscv_hwprobe */, p, 1, 0, NULL, 0));
}

int main(void)
{
    buffer_output();
    queues();
    system_v();
    timers();
    signals();
    process();
    return 0;
}
