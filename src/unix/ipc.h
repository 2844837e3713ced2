/* SPDX-License-Identifier: Apache-2.0 */
/* ipc.h - what System V's shared memory, semaphores and messages have in common: objects that are found by a
 * key or a number, and belong to somebody.
 *
 *   sys_shm.c   shared memory
 *   sys_sem.c   semaphores
 *   sys_msg.c   messages
 *
 * One spinlock, LOCK_FILELOCK, protects all of them. An object that was removed stays as long as somebody
 * who sleeps on it, or maps it, holds a reference.
 */
#ifndef UNIX_IPC_H
#define UNIX_IPC_H

#include "fs/pseudo_text.h"
#include "kernel/spinlock.h"
#include "lib/types.h"

#define IPC_PRIVATE 0

#define IPC_CREAT  01000
#define IPC_EXCL   02000
#define IPC_NOWAIT 04000

#define IPC_RMID 0
#define IPC_SET  1
#define IPC_STAT 2
#define IPC_INFO 3

struct ipc_object {
    int32_t  key;
    int      id;
    uint32_t uid, gid, cuid, cgid;
    uint32_t mode;
    int64_t  ctime;   /* seconds since 1970 */
    bool     removed; /* it cannot be found any more */
    unsigned refs;    /* one of the table's while it can be found */
};

/* Linux's struct ipc64_perm. */
struct abi_ipc_perm {
    int32_t  key;
    uint32_t uid, gid, cuid, cgid, mode;
    uint16_t seq, pad;
    uint32_t pad2;
    uint64_t unused[2];
};
_Static_assert(sizeof(struct abi_ipc_perm) == 48, "asm-generic/ipcbuf.h");

struct ipc_kind {
    unsigned max; /* objects */
    /* Whether the object that was found will do for what is asked for: 0 or an error. */
    int (*check)(const struct ipc_object *obj, size_t size);
    /* A new one; the lock is held. -EINVAL, -ENOSPC, -ENOMEM. */
    int (*create)(size_t size, struct ipc_object **out);

    /* the lock protects: */
    struct ipc_object **slots; /* by the low bits of the number */
    unsigned            nslots, used, seq;
    int                 last;
};

extern struct spinlock ipc_lock;

/* shmget(2) and its like: the number of the object. -EEXIST, -ENOENT, -EACCES, -ENOSPC, -ENOMEM. */
int ipc_get(struct ipc_kind *kind, int32_t key, unsigned flags, size_t size);

/* With the lock held: the object; -EINVAL. By its place in the table for by_index. */
int ipc_find(const struct ipc_kind *kind, int id, bool by_index, struct ipc_object **out);

/* The same, and with the right to access, S_IRUGO or S_IWUGO: -EACCES. */
int ipc_find_for(const struct ipc_kind *kind, int id, unsigned access, struct ipc_object **out);
#define IPC_READ  0444u
#define IPC_WRITE 0222u

/* The same for who owns it: -EPERM. */
int ipc_find_own(const struct ipc_kind *kind, int id, struct ipc_object **out);

/* The lock is held. Drop a reference; the object, if it was the last, which the caller frees once he does not
 * hold the lock, or NULL. */
struct ipc_object *ipc_put(struct ipc_object *obj);

/* It cannot be found any more; its reference of the table is the caller's. */
void ipc_unlist(struct ipc_kind *kind, struct ipc_object *obj);

void ipc_get_perm(const struct ipc_object *obj, struct abi_ipc_perm *perm);
void ipc_set_perm(struct ipc_object *obj, const struct abi_ipc_perm *perm);

int ipc_max_index(const struct ipc_kind *kind); /* 0 also if there is none */

int64_t ipc_now(void);

/* A file of /proc/sysvipc: a head, and a line for each object. */
void ipc_show(const struct ipc_kind *kind, struct pseudo_text *t, const char *head,
              void (*line)(struct pseudo_text *t, const struct ipc_object *obj));

#define IPC_MSG_MAX 8192u
#define IPC_MSG_MNB 16384u
#define IPC_MSG_MNI 32000u
#define IPC_SEM_MSL 32000u
#define IPC_SEM_MNS 1024000000u
#define IPC_SEM_OPM 500u
#define IPC_SEM_MNI 32000u
#define IPC_SEM_VMX 32767
#define IPC_SHM_MNI 4096u
#define IPC_SHM_MAX (UINT64_MAX - (1ul << 24))

int ipc_show_shm(struct pseudo_text *t, uint64_t key);
int ipc_show_sem(struct pseudo_text *t, uint64_t key);
int ipc_show_msg(struct pseudo_text *t, uint64_t key);

#endif
