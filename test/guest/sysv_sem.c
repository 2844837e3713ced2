/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-nonnull */
/* sysv_sem.c - System V's semaphores: who is found, operations on several at once, waiting and what ends it,
 * limits, what is told of them. */
#include "abi.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <time.h>

static int id;

#define CTL(set, num, cmd, arg) syscall(SYS_semctl, set, num, cmd, arg)
#define OP(set, ops, n)         syscall(SYS_semop, set, ops, n)
#define TIMED(set, ops, n, t)   syscall(SYS_semtimedop, set, ops, n, t)

static long op(int num, int by, int flags)
{
    struct sembuf b = {(unsigned short)num, (short)by, (short)flags};
    return OP(id, &b, 1L);
}

static void finding(void)
{
    CLAIM("sets and their keys");
    int a;
    SHOW(semget(77, 3, 0));
    SHOW(semget(77, 0, IPC_CREAT | 0600));
    SHOW(semget(77, -1, IPC_CREAT | 0600));
    SHOW(semget(77, 32001, IPC_CREAT | 0600));
    SHOW_OK(a = semget(77, 3, IPC_CREAT | IPC_EXCL | 0640));
    SHOW(semget(77, 3, IPC_CREAT | IPC_EXCL | 0640));
    SHOW(semget(77, 3, 0) == a);
    SHOW(semget(77, 0, 0) == a);
    SHOW(semget(77, 4, 0));
    SHOW(semget(77, 3, IPC_CREAT | 0777) == a);
    SHOW_OK(id = semget(IPC_PRIVATE, 2, 0600));
    SHOW(id == a);
    SHOW(CTL(a, 0, IPC_RMID, 0));
    SHOW(CTL(a, 0, IPC_RMID, 0));
    SHOW(CTL(-1, 0, IPC_RMID, 0));
    SHOW(semget(77, 3, 0));
    SHOW(semget(77, 3, IPC_CREAT | 0640) == a);
    SHOW(CTL(a, 0, GETVAL, 0));
    SHOW(CTL(semget(77, 3, 0), 0, IPC_RMID, 0));
}

static void values(void)
{
    CLAIM("values are set and told");
    unsigned short all[2] = {4, 5}, big[2] = {0, 40000}, got[2];
    SHOW(CTL(id, 0, GETVAL, 0));
    SHOW(CTL(id, 1, SETVAL, 7));
    SHOW(CTL(id, 1, GETVAL, 0));
    SHOW(CTL(id, 2, GETVAL, 0));
    SHOW(CTL(id, -1, GETVAL, 0));
    SHOW(CTL(id, 0, SETVAL, 32767));
    SHOW(CTL(id, 0, SETVAL, 32768));
    SHOW(CTL(id, 0, SETVAL, -1));
    SHOW(CTL(id, 5, SETVAL, -1));
    SHOW(op(0, 1, 0));
    SHOW(op(0, -32768, IPC_NOWAIT));
    SHOW(op(0, -32767, IPC_NOWAIT));
    SHOW(CTL(id, 0, SETALL, all));
    SHOW(CTL(id, 0, GETALL, got));
    SHOW(got[0] * 10 + got[1]);
    SHOW(CTL(id, 0, SETALL, big));
    SHOW(CTL(id, 1, GETVAL, 0));
    SHOW(CTL(id, 1, GETPID, 0) == getpid());
    SHOW(CTL(id, 1, GETNCNT, 0));
    SHOW(CTL(id, 1, GETZCNT, 0));
    SHOW(CTL(id, 0, 99, 0));
    SHOW_POINTERS(CTL(id, 0, GETALL, p));
    SHOW_POINTERS(CTL(id, 0, SETALL, p));
    SHOW_POINTERS(CTL(id, 0, IPC_STAT, p));
    SHOW_POINTERS(CTL(id, 0, IPC_SET, p));
    SHOW_POINTERS(CTL(id, 0, IPC_INFO, p));
    SHOW(CTL(id, 0, SETVAL, 0));
    SHOW_POINTERS(OP(id, p, 1L));
    SHOW_POINTERS(TIMED(id, &all, 1L, p));
    SHOW(CTL(id, 0, SETALL, all));
}

static void operations(void)
{
    CLAIM("operations are done all or not at all");
    struct sembuf two[] = {{0, -1, 0}, {1, -6, IPC_NOWAIT}},
                  zero[] = {{0, -4, 0}, {0, 0, IPC_NOWAIT}};
    struct sembuf take[] = {{0, -9, 0}}, many[501] = {{0, 0, 0}}, back[] = {{0, 2, 0}, {0, -1, 0}};
    struct timespec wrong = {0, -1}, soon = {0, 20000000}, none = {0, 0};
    SHOW(OP(id, two, 2L));
    SHOW(CTL(id, 0, GETVAL, 0));
    SHOW(OP(id, zero, 2L));
    SHOW(CTL(id, 0, GETVAL, 0));
    SHOW(OP(id, back, 2L));
    SHOW(CTL(id, 0, GETVAL, 0));
    SHOW(op(0, 0, IPC_NOWAIT));
    SHOW(op(0, -2, IPC_NOWAIT));
    SHOW(op(2, 1, 0));
    SHOW(OP(id, two, 0L));
    SHOW(OP(-1, two, 0L));
    SHOW(OP(-1, two, 1L));
    SHOW(OP(id + (1 << 20), two, 1L));
    SHOW(OP(id, many, 501L));
    SHOW(CTL(id, 0, SETVAL, 0));
    SHOW(OP(id, many, 500L));
    SHOW(OP(id, two, -1L));
    SHOW(TIMED(id, take, 1L, &wrong));
    SHOW(TIMED(id, NULL, 1L, &wrong));
    SHOW(TIMED(-1, take, 1L, &wrong));
    SHOW(TIMED(id, take, 1L, &soon));
    SHOW(TIMED(id, take, 1L, &none));
    SHOW(op(0, 1, SEM_UNDO));
    SHOW(op(0, -1, SEM_UNDO));
    SHOW(CTL(id, 0, SETVAL, 0));
    SHOW(op(0, 32767, SEM_UNDO));
    SHOW(op(0, -32767, 0));
    SHOW(op(0, 2, SEM_UNDO));
    SHOW(op(0, 1, SEM_UNDO));
    SHOW(CTL(id, 0, SETVAL, 0));
    SHOW(op(0, 2, SEM_UNDO));
    SHOW(CTL(id, 0, SETVAL, 0));
}

/* --- waiting --------------------------------------------------------------------------------- */

static int           order[8], norder;
static struct sembuf waits[3] = {{0, -3, 0}, {0, -1, 0}, {1, 0, 0}};

static void *wait_for(void *arg)
{
    long i = (long)arg;
    errno = 0;
    long result = OP(id, &waits[i], 1L);
    order[__atomic_fetch_add(&norder, 1, __ATOMIC_SEQ_CST)] = result ? -errno : (int)i;
    return NULL;
}

static void until(int num, int cmd, int count)
{
    while (CTL(id, num, cmd, 0) != count)
        sched_yield();
}

static void until_order(int n)
{
    while (__atomic_load_n(&norder, __ATOMIC_SEQ_CST) != n)
        sched_yield();
}

static void waiting(void)
{
    CLAIM("operations wait");
    pthread_t t[3];
    SHOW(CTL(id, 1, SETVAL, 1));
    pthread_create(&t[0], NULL, wait_for, (void *)0);
    until(0, GETNCNT, 1);
    pthread_create(&t[1], NULL, wait_for, (void *)1);
    until(0, GETNCNT, 2);
    pthread_create(&t[2], NULL, wait_for, (void *)2);
    until(1, GETZCNT, 1);
    SHOW(CTL(id, 0, GETZCNT, 0));
    SHOW(CTL(id, 1, GETNCNT, 0));
    SHOW(op(0, 1, 0)); /* enough for the second */
    until_order(1);
    SHOW(order[0]);
    SHOW(op(0, 2, 0));
    SHOW(CTL(id, 0, GETNCNT, 0));
    SHOW(CTL(id, 0, SETVAL, 5));
    until_order(2);
    SHOW(order[1]);
    SHOW(CTL(id, 0, GETVAL, 0));
    SHOW(op(1, -1, 0));
    until_order(3);
    SHOW(order[2]);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    SHOW(CTL(id, 0, SETVAL, 0));
    norder = 0;
    for (long i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, wait_for, (void *)i);
    until(0, GETNCNT, 2);
}

static void ends(void)
{
    CLAIM("a set goes while somebody waits");
    SHOW(CTL(id, 0, IPC_RMID, 0));
    until_order(2);
    SHOW(order[0] == -EIDRM && order[1] == -EIDRM);
    SHOW_OK(id = semget(IPC_PRIVATE, 1, 0600));
    SHOW_INTERRUPTED(op(0, -1, 0));
}

static void told(void)
{
    CLAIM("what semctl tells and sets");
    struct semid_ds ds;
    struct seminfo  info;
    int             a = semget(1234, 5, IPC_CREAT | 0640);
    memset(&ds, 0, sizeof(ds));
    SHOW(CTL(a, 0, IPC_STAT, &ds));
    SHOW(ds.sem_perm.__key);
    SHOW(ds.sem_perm.mode);
    SHOW(ds.sem_nsems);
    SHOW(ds.sem_otime);
    SHOW(ds.sem_ctime + 1000 > time(NULL));
    ds.sem_perm.mode = 07604;
    ds.sem_perm.uid = 5;
    SHOW(CTL(a, 0, IPC_SET, &ds));
    SHOW(CTL(a, 0, IPC_STAT, &ds));
    SHOW(ds.sem_perm.mode);
    SHOW(ds.sem_perm.uid);
    SHOW(ds.sem_perm.cuid);
    struct sembuf up = {3, 2, 0};
    SHOW(OP(a, &up, 1L));
    SHOW(CTL(a, 0, IPC_STAT, &ds));
    SHOW(ds.sem_otime + 1000 > time(NULL));
    SHOW(CTL(0, 0, IPC_INFO, &info));
    printf("%d %d %d %d %d\n", info.semmni, info.semmns, info.semmsl, info.semopm, info.semvmx);
    SHOW(CTL(0, 0, SEM_INFO, &info));
    printf("%d %d\n", info.semusz, info.semaem);
    SHOW(CTL(0, 0, SEM_STAT, &ds) == id);
    SHOW(CTL(1, 0, SEM_STAT, &ds) == a);
    SHOW(CTL(1, 0, SEM_STAT_ANY, &ds) == a);
    SHOW(CTL(2, 0, SEM_STAT, &ds));
    char  line[200];
    FILE *f = fopen("/proc/sysvipc/sem", "r");
    printf("%s", fgets(line, sizeof(line), f));
    int key, number, mode, n;
    while (fgets(line, sizeof(line), f))
        printf("%d", sscanf(line, "%d %d %o %d", &key, &number, &mode, &n)),
            printf(" %d %d %o %d\n", key, number == a, mode, n);
    SHOW(setresuid(1000, 1000, 0));
    SHOW(CTL(a, 0, IPC_RMID, 0));
    SHOW(OP(a, &up, 1L));
    SHOW(CTL(a, 0, GETVAL, 0));
    SHOW(semget(1234, 5, 0600));
    SHOW(semget(1234, 5, 04) == a);
    SHOW(setresuid(5, 5, 0));
}

int main(void)
{
    buffer_output();
    finding();
    values();
    operations();
    waiting();
    ends();
    told();
    return 0;
}
