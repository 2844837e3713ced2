/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread */
/* limit_others.c - getrlimit, setrlimit and prlimit64 themselves, what an ordinary user may not, and limits of
 * processor time, threads, niceness, queues. */
#include "abi.h"

#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <time.h>

static void limited(int what, rlim_t soft, rlim_t hard)
{
    struct rlimit l = {soft, hard};
    setrlimit(what, &l);
}

static void show(int what)
{
    struct rlimit l;
    SHOW(getrlimit(what, &l));
    printf("%ld %ld\n", (long)l.rlim_cur, (long)l.rlim_max);
}

static void calls(void)
{
    struct rlimit l, old = {1, 2};

    CLAIM("limits that there are not give EINVAL");
    SHOW(syscall(SYS_getrlimit, 16, &l));
    SHOW(syscall(SYS_setrlimit, 16, &l));
    SHOW(syscall(SYS_prlimit64, 0, 16, NULL, &l));
    SHOW(syscall(SYS_prlimit64, 0, -1, NULL, NULL));
    CLAIM("prlimit64 without pointers does nothing");
    SHOW(syscall(SYS_prlimit64, 0, RLIMIT_CORE, NULL, NULL));
    CLAIM("prlimit64 of a process that there is not gives ESRCH");
    SHOW(syscall(SYS_prlimit64, 123456, RLIMIT_CORE, NULL, &l));
    SHOW(syscall(SYS_prlimit64, 123456, 99, NULL, &l));
    SHOW(syscall(SYS_prlimit64, -1, RLIMIT_CORE, NULL, &l));
    CLAIM("prlimit64 of one's own number is that of 0");
    SHOW(syscall(SYS_prlimit64, getpid(), RLIMIT_CORE, NULL, &old));
    CLAIM("prlimit64 gives the old limit and sets the new one");
    l = (struct rlimit){100, 200};
    SHOW(syscall(SYS_prlimit64, 0, RLIMIT_CORE, &l, &old));
    printf("old %ld %ld\n", (long)old.rlim_cur, (long)old.rlim_max);
    show(RLIMIT_CORE);
    CLAIM("new and old may be the same structure");
    l = (struct rlimit){50, 150};
    SHOW(syscall(SYS_prlimit64, 0, RLIMIT_CORE, &l, &l));
    printf("old %ld %ld\n", (long)l.rlim_cur, (long)l.rlim_max);
    CLAIM("a soft limit above the hard one gives EINVAL and changes nothing");
    l = (struct rlimit){151, 150};
    SHOW(setrlimit(RLIMIT_CORE, &l));
    show(RLIMIT_CORE);
    CLAIM("a bad pointer for the old one comes after the new one is set");
    l = (struct rlimit){1, 150};
    SHOW(syscall(SYS_prlimit64, 0, RLIMIT_CORE, &l, pointer(KERNEL)));
    show(RLIMIT_CORE);
    CLAIM("root raises a hard limit");
    l = (struct rlimit){7, RLIM_INFINITY};
    SHOW(setrlimit(RLIMIT_CORE, &l));
    show(RLIMIT_CORE);
    CLAIM("limits without an effect are kept");
    limited(RLIMIT_RSS, 12, 34);
    show(RLIMIT_RSS);
    limited(RLIMIT_LOCKS, 56, 78);
    show(RLIMIT_LOCKS);
    limited(RLIMIT_RTTIME, 1000000, 2000000);
    show(RLIMIT_RTTIME);
}

/* --- processor time --------------------------------------------------------------------------- */

static volatile int told;

static void told_of_time(int sig, siginfo_t *info, void *context)
{
    (void)sig, (void)context;
    told += info->si_code == SI_KERNEL ? 1 : 100;
}

static long used_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void processor_time(void)
{
    struct sigaction sa = {.sa_sigaction = told_of_time, .sa_flags = SA_SIGINFO};
    sigaction(SIGXCPU, &sa, NULL);
    CLAIM("RLIMIT_CPU tells by SIGXCPU after a second of the processor's time");
    limited(RLIMIT_CPU, 1, 100);
    while (!told && used_ms() < 5000)
        ;
    SHOW(told);
    SHOW(used_ms() >= 990);
    CLAIM("the soft limit then is a second more");
    show(RLIMIT_CPU);
    limited(RLIMIT_CPU, RLIM_INFINITY, RLIM_INFINITY);
}

/* --- what an ordinary user may ---------------------------------------------------------------- */

static void *idle(void *arg)
{
    return arg;
}

static void ordinary(void)
{
    struct rlimit l;
    pthread_t     t;

    limited(RLIMIT_CORE, 10, 20);
    limited(RLIMIT_NICE, 25, 25);
    limited(RLIMIT_RTPRIO, 5, 5);
    SHOW(syscall(SYS_setresuid, 1000, 1000, 0));
    CLAIM("an ordinary user raises no hard limit");
    l = (struct rlimit){10, 21};
    SHOW(setrlimit(RLIMIT_CORE, &l));
    CLAIM("but the soft one, up to it");
    l = (struct rlimit){20, 20};
    SHOW(setrlimit(RLIMIT_CORE, &l));
    CLAIM("and lowers the hard one for good");
    l = (struct rlimit){5, 15};
    SHOW(setrlimit(RLIMIT_CORE, &l));
    l = (struct rlimit){5, 20};
    SHOW(setrlimit(RLIMIT_CORE, &l));
    show(RLIMIT_CORE);
    CLAIM("RLIMIT_NICE bounds how nice an ordinary user may no longer be");
    SHOW(setpriority(PRIO_PROCESS, 0, 10));
    SHOW(setpriority(PRIO_PROCESS, 0, -5));
    SHOW(setpriority(PRIO_PROCESS, 0, -6));
    SHOW(syscall(SYS_getpriority, PRIO_PROCESS, 0));
    CLAIM("RLIMIT_RTPRIO bounds the priority in real time");
    struct sched_param p = {5};
    SHOW(sched_setscheduler(0, SCHED_FIFO, &p));
    p.sched_priority = 6;
    SHOW(sched_setscheduler(0, SCHED_FIFO, &p));
    SHOW(sched_setparam(0, &p));
    p.sched_priority = 0;
    SHOW(sched_setscheduler(0, SCHED_OTHER, &p));
    CLAIM("RLIMIT_NPROC refuses an ordinary user's next thread");
    l = (struct rlimit){1, 100};
    SHOW(setrlimit(RLIMIT_NPROC, &l));
    SHOW(pthread_create(&t, NULL, idle, NULL) == EAGAIN);
    CLAIM("with room for one more there is one");
    l.rlim_cur = 2;
    SHOW(setrlimit(RLIMIT_NPROC, &l));
    SHOW(pthread_create(&t, NULL, idle, NULL));
    SHOW(pthread_join(t, NULL));
    SHOW(syscall(SYS_setresuid, 0, 0, 0));
    CLAIM("root is not bound by RLIMIT_NPROC");
    l.rlim_cur = 1;
    SHOW(setrlimit(RLIMIT_NPROC, &l));
    SHOW(pthread_create(&t, NULL, idle, NULL));
    SHOW(pthread_join(t, NULL));
}

static void queues(void)
{
    struct mq_attr attr = {.mq_maxmsg = 10, .mq_msgsize = 1000};
    struct rlimit  l = {20000, 40000};

    setrlimit(RLIMIT_MSGQUEUE, &l);
    CLAIM("mq_open past RLIMIT_MSGQUEUE gives EMFILE");
    SHOW_OK(mq_open("/one", O_RDWR | O_CREAT, 0600, &attr));
    SHOW_OK(mq_open("/two", O_RDWR | O_CREAT, 0600, &attr));
    CLAIM("what there is can be opened");
    SHOW_OK(mq_open("/one", O_RDWR | O_CREAT, 0600, &attr));
    CLAIM("a queue takes its room until nobody has it open");
    SHOW(mq_unlink("/one"));
    SHOW_OK(mq_open("/two", O_RDWR | O_CREAT, 0600, &attr));
    SHOW(syscall(SYS_close_range, 3, ~0u, 0));
    SHOW_OK(mq_open("/two", O_RDWR | O_CREAT, 0600, &attr));
    SHOW(mq_unlink("/two"));
    SHOW(syscall(SYS_close_range, 3, ~0u, 0));
    CLAIM("the limit counts 80 bytes beside the size for each message");
    l.rlim_cur = 10 * 1080 - 1;
    setrlimit(RLIMIT_MSGQUEUE, &l);
    SHOW_OK(mq_open("/three", O_RDWR | O_CREAT, 0600, &attr));
    l.rlim_cur = 10 * 1080 + 1000;
    setrlimit(RLIMIT_MSGQUEUE, &l);
    SHOW_OK(mq_open("/three", O_RDWR | O_CREAT, 0600, &attr));
    mq_unlink("/three");
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 1000);
    calls();
    queues();
    ordinary();
    processor_time();
    return 0;
}
