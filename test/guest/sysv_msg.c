/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-nonnull */
/* sysv_msg.c - System V's messages: types and who gets which, full and empty queues, waiting and what ends it,
 * limits, what is told of them. */
#include "abi.h"

#include <pthread.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/msg.h>

static int id;
static struct {
    long type;
    char text[8200];
} m;

#define SND(q, p, n, f)    syscall(SYS_msgsnd, q, p, (long)(n), f)
#define RCV(q, p, n, t, f) syscall(SYS_msgrcv, q, p, (long)(n), (long)(t), f)

static long put(long type, const char *text)
{
    m.type = type;
    strcpy(m.text, text);
    return SND(id, &m, strlen(text), IPC_NOWAIT);
}

static void take(long type, int flags)
{
    memset(&m, 0, sizeof(m));
    long n = RCV(id, &m, 100, type, flags | IPC_NOWAIT);
    if (n < 0)
        printf("type %ld, flags %o: %s\n", type, flags, strerrorname_np(errno));
    else
        printf("type %ld, flags %o: %ld, %ld \"%s\"\n", type, flags, n, m.type, m.text);
}

static void finding(void)
{
    CLAIM("queues and their keys");
    int a;
    SHOW(msgget(99, 0));
    SHOW_OK(a = msgget(99, IPC_CREAT | 0600));
    SHOW(msgget(99, IPC_CREAT | IPC_EXCL | 0600));
    SHOW(msgget(99, 0) == a);
    SHOW(msgctl(a, IPC_RMID, NULL));
    SHOW(msgctl(a, IPC_RMID, NULL));
    SHOW(SND(a, &m, 1, 0));
    SHOW_OK(id = msgget(IPC_PRIVATE, 0600));
}

static void types(void)
{
    CLAIM("messages are chosen by type");
    SHOW(put(3, "three"));
    SHOW(put(1, "one"));
    SHOW(put(2, "two"));
    SHOW(put(3, "third"));
    SHOW(put(5, ""));
    take(0, MSG_COPY);
    take(3, MSG_COPY);
    take(9, MSG_COPY);
    take(3, 0);
    take(-2, 0);
    take(4, 0);
    take(3, MSG_EXCEPT);
    take(-1, 0);
    take(0, 0);
    take(0, 0);
    take(0, 0);
    SHOW(put(7, "a longer text"));
    SHOW(RCV(id, &m, 3, 0, IPC_NOWAIT));
    SHOW(RCV(id, &m, 3, 0, IPC_NOWAIT | MSG_NOERROR));
    SHOW(RCV(id, &m, 3, 0, IPC_NOWAIT | MSG_NOERROR));
}

static void wrong(void)
{
    CLAIM("arguments");
    struct msqid_ds ds;
    SHOW(put(0, "x"));
    SHOW(put(-1, "x"));
    m.type = 1;
    SHOW(SND(id, &m, 8193, IPC_NOWAIT));
    SHOW(SND(id, &m, -1, IPC_NOWAIT));
    SHOW(SND(-1, &m, 1, IPC_NOWAIT));
    SHOW(SND(id + (1 << 20), &m, 1, IPC_NOWAIT));
    SHOW(SND(id, &m, 8192, IPC_NOWAIT));
    SHOW(RCV(id, &m, -1, 0, IPC_NOWAIT));
    SHOW(RCV(-1, &m, 1, 0, IPC_NOWAIT));
    SHOW(RCV(id, &m, 9000, 0, MSG_COPY));
    SHOW(RCV(id, &m, 9000, 0, MSG_COPY | MSG_EXCEPT | IPC_NOWAIT));
    SHOW(RCV(id, &m, 9000, 0, IPC_NOWAIT));
    SHOW_POINTERS(SND(id, p, 1, IPC_NOWAIT));
    SHOW_POINTERS((put(1, "12345678"), RCV(id, p, 100, 0, IPC_NOWAIT)));
    SHOW_POINTERS(msgctl(id, IPC_STAT, p));
    msgctl(id, IPC_STAT, &ds);
    SHOW_POINTERS(msgctl(id, IPC_SET, p));
    SHOW(msgctl(id, IPC_SET, &ds));
    SHOW_POINTERS(msgctl(id, IPC_INFO, p));
    SHOW(msgctl(id, 99, NULL));
    SHOW(msgctl(id, -1, NULL));
    while (RCV(id, &m, 9000, 0, IPC_NOWAIT) >= 0)
        ;
}

/* --- full, empty, waiting ---------------------------------------------------------------------- */

static void full(void)
{
    CLAIM("a full queue");
    struct msqid_ds ds;
    int             n = 0;
    m.type = 1;
    SHOW(SND(id, &m, 8192, IPC_NOWAIT));
    SHOW(SND(id, &m, 8192, IPC_NOWAIT));
    SHOW(SND(id, &m, 1, IPC_NOWAIT));
    SHOW(SND(id, &m, 0, IPC_NOWAIT));
    SHOW_INTERRUPTED(SND(id, &m, 1, 0));
    SHOW(msgctl(id, IPC_STAT, &ds));
    printf("%lu messages, %lu of %lu bytes, %d %d\n", ds.msg_qnum, ds.__msg_cbytes, ds.msg_qbytes,
           ds.msg_lspid == getpid(), ds.msg_lrpid == getpid());
    ds.msg_qbytes = 100000;
    ds.msg_perm.mode = 0666;
    SHOW(msgctl(id, IPC_SET, &ds));
    SHOW(SND(id, &m, 8192, IPC_NOWAIT));
    while (RCV(id, &m, 9000, 0, IPC_NOWAIT) >= 0)
        n++;
    SHOW(n);
    ds.msg_qbytes = 10;
    SHOW(msgctl(id, IPC_SET, &ds));
    for (n = 0; n < 20; n++)
        if (SND(id, &m, 0, IPC_NOWAIT))
            break;
    SHOW(n);
    while (RCV(id, &m, 9000, 0, IPC_NOWAIT) >= 0)
        ;
    ds.msg_qbytes = 16384;
    SHOW(msgctl(id, IPC_SET, &ds));
    SHOW_INTERRUPTED(RCV(id, &m, 1, 0, 0));
}

static void *send_two(void *arg)
{
    struct {
        long type;
        char text[4];
    } s = {4, "abc"};
    for (int i = 0; i < 50; i++)
        sched_yield();
    SND(id, &s, 3, 0);
    s.type = 5;
    SND(id, &s, 2, 0);
    return arg;
}

static void *drain(void *arg)
{
    static struct {
        long type;
        char text[8192];
    } r;
    for (int i = 0; i < 50; i++)
        sched_yield();
    RCV(id, &r, 8192, 0, 0);
    return arg;
}

static void *remove_it(void *arg)
{
    for (int i = 0; i < 50; i++)
        sched_yield();
    msgctl(id, IPC_RMID, NULL);
    return arg;
}

static void waiting(void)
{
    CLAIM("senders and receivers wait");
    pthread_t t;
    pthread_create(&t, NULL, send_two, NULL);
    SHOW(RCV(id, &m, 10, 5, 0));
    SHOW(RCV(id, &m, 10, 0, 0));
    pthread_join(t, NULL);
    m.type = 1;
    SND(id, &m, 8192, 0);
    SND(id, &m, 8192, 0);
    pthread_create(&t, NULL, drain, NULL);
    SHOW(SND(id, &m, 8192, 0));
    pthread_join(t, NULL);
    pthread_create(&t, NULL, remove_it, NULL);
    SHOW(SND(id, &m, 8192, 0));
    pthread_join(t, NULL);
    id = msgget(IPC_PRIVATE, 0600);
    pthread_create(&t, NULL, remove_it, NULL);
    SHOW(RCV(id, &m, 8192, 0, 0));
    pthread_join(t, NULL);
}

static void told(void)
{
    CLAIM("what msgctl tells and sets");
    struct msqid_ds ds;
    struct msginfo  info;
    int             a = msgget(4321, IPC_CREAT | 0640);
    id = a;
    put(2, "hello");
    SHOW(msgctl(0, IPC_INFO, (void *)&info));
    printf("%d %d %d\n", info.msgmax, info.msgmnb, info.msgmni);
    SHOW(msgctl(0, MSG_INFO, (void *)&info));
    printf("%d %d %d\n", info.msgpool, info.msgmap, info.msgtql);
    SHOW(msgctl(msgctl(0, MSG_INFO, (void *)&info), MSG_STAT, &ds) == a);
    SHOW(ds.msg_qnum);
    SHOW(ds.msg_perm.mode);
    SHOW(msgctl(63, MSG_STAT, &ds));
    char  line[200];
    FILE *f = fopen("/proc/sysvipc/msg", "r");
    printf("%s", fgets(line, sizeof(line), f));
    int key, number, mode, bytes, n;
    while (fgets(line, sizeof(line), f)) {
        sscanf(line, "%d %d %o %d %d", &key, &number, &mode, &bytes, &n);
        printf("%d %d %o %d %d\n", key, number == a, mode, bytes, n);
    }
    SHOW(setresuid(1000, 1000, 0));
    SHOW(put(1, "x"));
    SHOW(RCV(a, &m, 10, 0, IPC_NOWAIT));
    SHOW(msgctl(a, IPC_STAT, &ds));
    SHOW(msgctl(a, IPC_RMID, NULL));
    SHOW(msgget(4321, 0) == a);
}

int main(void)
{
    buffer_output();
    finding();
    types();
    wrong();
    full();
    waiting();
    told();
    return 0;
}
