/* SPDX-License-Identifier: Apache-2.0 */
/* blocking_ipc.h - calls on queues of messages and on semaphores that wait. */
#ifndef TEST_GUEST_BLOCKING_IPC_H
#define TEST_GUEST_BLOCKING_IPC_H

#include "blocking.h"

#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <time.h>

struct message {
    long type;
    char text[8192];
};

static int            queue;
static struct message message = {1, ""};

/* --- System V --------------------------------------------------------------------------------- */

static void empty_msg(void)
{
    msg_id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
}

static void full_msg(void)
{
    empty_msg();
    while (!msgsnd(msg_id, &message, 1024, IPC_NOWAIT))
        ;
}

static void msg_of_another_type(void)
{
    empty_msg();
    message.type = 2;
    msgsnd(msg_id, &message, 3, 0);
    message.type = 1;
}

static long receive_msg(void)
{
    struct message m;
    return syscall(SYS_msgrcv, msg_id, &m, 1024, 1, 0);
}

static long send_msg(void)
{
    return syscall(SYS_msgsnd, msg_id, &message, 5, 0);
}

static void put_msg(void)
{
    msgsnd(msg_id, &message, 7, 0);
}

static void take_msg(void)
{
    struct message m;
    msgrcv(msg_id, &m, 1024, 0, 0);
}

static void remove_msg(void)
{
    msgctl(msg_id, IPC_RMID, NULL);
}

static void zero_sem(void)
{
    sem_id = semget(IPC_PRIVATE, 2, IPC_CREAT | 0600);
}

static void sem_of_one(void)
{
    zero_sem();
    semctl(sem_id, 1, SETVAL, 1);
}

static long take_sem(void)
{
    struct sembuf op = {1, -1, 0};
    return syscall(SYS_semop, sem_id, &op, 1);
}

static long take_sem_undo(void)
{
    struct sembuf op = {1, -1, SEM_UNDO};
    return syscall(SYS_semop, sem_id, &op, 1);
}

static long sem_to_zero(void)
{
    struct sembuf op = {1, 0, 0};
    return syscall(SYS_semop, sem_id, &op, 1);
}

static long take_sem_long(void)
{
    struct sembuf   op = {1, -1, 0};
    struct timespec t = {1000, 0};
    return syscall(SYS_semtimedop, sem_id, &op, 1, &t);
}

static void set_one(void)
{
    semctl(sem_id, 1, SETVAL, 1);
}

static void set_zero(void)
{
    semctl(sem_id, 1, SETVAL, 0);
}

static void remove_sem(void)
{
    semctl(sem_id, 0, IPC_RMID);
}

/* --- POSIX ------------------------------------------------------------------------------------ */

static void empty_queue(void)
{
    struct mq_attr attr = {.mq_maxmsg = 2, .mq_msgsize = 16};
    mq_unlink("/waiting");
    queue = mq_open("/waiting", O_RDWR | O_CREAT, 0600, &attr);
}

static void full_queue(void)
{
    empty_queue();
    mq_send(queue, "a", 1, 0);
    mq_send(queue, "b", 1, 0);
}

static struct timespec much_later(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += 1000;
    return t;
}

static long receive_mq(void)
{
    char text[16];
    return syscall(SYS_mq_timedreceive, queue, text, 16, NULL, NULL);
}

static long receive_mq_until(void)
{
    char            text[16];
    struct timespec t = much_later();
    return syscall(SYS_mq_timedreceive, queue, text, 16, NULL, &t);
}

static long send_mq(void)
{
    return syscall(SYS_mq_timedsend, queue, "cd", 2, 0, NULL);
}

static long send_mq_until(void)
{
    struct timespec t = much_later();
    return syscall(SYS_mq_timedsend, queue, "cd", 2, 0, &t);
}

static void put_mq(void)
{
    mq_send(queue, "xyz", 3, 0);
}

static void take_mq(void)
{
    char text[16];
    mq_receive(queue, text, 16, NULL);
}

static const struct blocker ipc_blockers[] = {
    {"msgrcv from an empty queue", empty_msg, receive_msg, put_msg},
    {"msgrcv of a type that is not there", msg_of_another_type, receive_msg, put_msg},
    {"msgrcv from a queue that is removed", empty_msg, receive_msg, remove_msg},
    {"msgsnd to a full queue", full_msg, send_msg, take_msg},
    {"msgsnd to a queue that is removed", full_msg, send_msg, remove_msg},
    {"semop that takes from zero", zero_sem, take_sem, set_one},
    {"semop that takes from zero, with SEM_UNDO", zero_sem, take_sem_undo, set_one},
    {"semop that waits for zero", sem_of_one, sem_to_zero, set_zero},
    {"semop on semaphores that are removed", zero_sem, take_sem, remove_sem},
    {"semtimedop", zero_sem, take_sem_long, set_one},
    {"mq_timedreceive without a time", empty_queue, receive_mq, put_mq},
    {"mq_timedreceive until a time", empty_queue, receive_mq_until, put_mq},
    {"mq_timedsend without a time", full_queue, send_mq, take_mq},
    {"mq_timedsend until a time", full_queue, send_mq_until, take_mq},
};

#define IPC_BLOCKERS (sizeof(ipc_blockers) / sizeof(ipc_blockers[0]))

#endif
