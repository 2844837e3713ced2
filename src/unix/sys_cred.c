/* SPDX-License-Identifier: Apache-2.0 */
/* sys_cred.c - user and group numbers. They are kept as Linux keeps them, for programs that give
 * up their rights and check that they are gone; nothing in the kernel depends on them. */
#include "fs/local.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "unix/admin.h"
#include "unix/cred.h"
#include "unix/process.h"
#include "unix/syscall.h"

#define GROUPS_MAX 64u
#define UNCHANGED  UINT32_MAX

/* What belongs together is changed, and looked at, as a whole under this. A single number can be looked at without. */
static struct spinlock cred_lock = SPINLOCK_INIT(LOCK_CRED, "credentials");
/* cred_lock protects: */
/* The number by which files are judged follows the effective one but for setfsuid and setfsgid. */
static struct cred_ids users, groups;
static uint32_t        supplementary[GROUPS_MAX];
static unsigned        nsupplementary;

static struct cred_ids copy_of(const struct cred_ids *ids)
{
    spinlock_acquire(&cred_lock);
    struct cred_ids copy = *ids;
    spinlock_release(&cred_lock);
    return copy;
}

struct cred_ids cred_users(void)
{
    return copy_of(&users);
}

struct cred_ids cred_groups(void)
{
    return copy_of(&groups);
}

unsigned cred_supplementary(uint32_t *list, unsigned room)
{
    spinlock_acquire(&cred_lock);
    unsigned n = nsupplementary;
    memcpy(list, supplementary, (n < room ? n : room) * sizeof(*list));
    spinlock_release(&cred_lock);
    return n;
}

uint32_t cred_uid(void)
{
    return users.real;
}

bool cred_privileged(void)
{
    return users.effective == 0;
}

static bool privileged(void)
{
    return cred_privileged();
}

static bool may_become(const struct cred_ids *ids, uint32_t id)
{
    return id == UNCHANGED || privileged() || id == ids->real || id == ids->effective ||
           id == ids->saved;
}

bool cred_may_claim(uint32_t uid, uint32_t gid)
{
    spinlock_acquire(&cred_lock);
    bool may = may_become(&users, uid) && may_become(&groups, gid);
    spinlock_release(&cred_lock);
    return may;
}

/* --- capabilities ------------------------------------------------------------------------ */

/* cred_lock protects: */
static struct cred_caps caps = {CRED_CAPS_ALL, CRED_CAPS_ALL, 0};
static struct cred_ids  caps_of; /* the users that caps follow */

static bool has_root(const struct cred_ids *ids)
{
    return !ids->real || !ids->effective || !ids->saved;
}

/* Users may have changed: who was root is so no more, or is again. */
static void caps_follow(void)
{
    if (has_root(&caps_of) && !has_root(&users) && !prctl_keeps_caps())
        caps.permitted = caps.effective = 0;
    if (!caps_of.effective && users.effective)
        caps.effective = 0;
    if (caps_of.effective && !users.effective)
        caps.effective = caps.permitted;
    caps_of = users;
}

struct cred_caps cred_caps(void)
{
    spinlock_acquire(&cred_lock);
    struct cred_caps copy = caps;
    spinlock_release(&cred_lock);
    return copy;
}

static int set_caps(const struct cred_caps *new)
{
    const uint64_t setpcap = 1 << 8;
    uint64_t       inheritable = caps.effective & setpcap ? CRED_CAPS_ALL : caps.permitted;
    if (new->inheritable & ~(caps.inheritable | inheritable) || new->permitted & ~caps.permitted ||
        new->effective & ~new->permitted)
        return -EPERM;
    caps = *new;
    return 0;
}

int cred_set_caps(const struct cred_caps *new)
{
    spinlock_acquire(&cred_lock);
    int err = set_caps(new);
    spinlock_release(&cred_lock);
    return err;
}

/* What may have changed a number, with the lock held, has done so: sockets tell who sends. */
static void identify(void)
{
    caps_follow();
    const struct local_cred real = {PROCESS_PID, users.real, groups.real};
    const struct local_cred effective = {PROCESS_PID, users.effective, groups.effective};
    local_identify(&real, &effective);
}

/* The end of a call that changes numbers, which it began with the lock. */
static int64_t identified(int result)
{
    identify();
    spinlock_release(&cred_lock);
    return result;
}

void cred_exec(const struct inode *file)
{
    uint32_t mode = prctl_no_new_privs() ? 0 : file->mode;
    spinlock_acquire(&cred_lock);
    if (mode & S_ISUID)
        users.effective = file->uid;
    if (mode & S_ISGID && mode & S_IXGRP)
        groups.effective = file->gid;
    users.saved = users.files = users.effective;
    groups.saved = groups.files = groups.effective;
    identify();
    bool root = !users.real || !users.effective;
    caps.permitted = root ? CRED_CAPS_ALL : 0;
    caps.effective = users.effective ? 0 : caps.permitted;
    spinlock_release(&cred_lock);
}

/* setresuid and setresgid. */
static int set_all(struct cred_ids *ids, uint32_t real, uint32_t effective, uint32_t saved)
{
    if (!may_become(ids, real) || !may_become(ids, effective) || !may_become(ids, saved))
        return -EPERM;
    if (real != UNCHANGED)
        ids->real = real;
    if (effective != UNCHANGED)
        ids->effective = effective;
    if (saved != UNCHANGED)
        ids->saved = saved;
    ids->files = ids->effective;
    return 0;
}

/* setuid and setgid. */
static int set_one(struct cred_ids *ids, uint32_t id)
{
    if (id == UNCHANGED)
        return -EINVAL;
    if (privileged())
        return set_all(ids, id, id, id);
    if (id != ids->real && id != ids->saved)
        return -EPERM;
    ids->effective = ids->files = id;
    return 0;
}

/* setreuid and setregid: the saved number follows when the real one is set or the effective one
 * leaves it. */
static int set_two(struct cred_ids *ids, uint32_t real, uint32_t effective)
{
    if (real != UNCHANGED && !privileged() && real != ids->real && real != ids->effective)
        return -EPERM;
    bool     save = real != UNCHANGED || (effective != UNCHANGED && effective != ids->real);
    uint32_t new_effective = effective == UNCHANGED ? ids->effective : effective;
    return set_all(ids, real, effective, save ? new_effective : UNCHANGED);
}

/* setfsuid and setfsgid: nothing tells that it was refused but that the number is the old one still. */
static uint32_t set_files(struct cred_ids *ids, uint32_t id)
{
    spinlock_acquire(&cred_lock);
    uint32_t old = ids->files;
    if (id != UNCHANGED && (may_become(ids, id) || id == old))
        ids->files = id;
    spinlock_release(&cred_lock);
    return old;
}

static int get_all(struct cred_ids ids, const uint64_t *a)
{
    if (uaccess_write(a[0], &ids.real, sizeof(uint32_t)))
        return -EFAULT;
    if (uaccess_write(a[1], &ids.effective, sizeof(uint32_t)))
        return -EFAULT;
    return uaccess_write(a[2], &ids.saved, sizeof(uint32_t));
}

int64_t sys_getuid(const uint64_t *a)
{
    (void)a;
    return users.real;
}

int64_t sys_geteuid(const uint64_t *a)
{
    (void)a;
    return users.effective;
}

int64_t sys_getgid(const uint64_t *a)
{
    (void)a;
    return groups.real;
}

int64_t sys_getegid(const uint64_t *a)
{
    (void)a;
    return groups.effective;
}

int64_t sys_getresuid(const uint64_t *a)
{
    return get_all(cred_users(), a);
}

int64_t sys_getresgid(const uint64_t *a)
{
    return get_all(cred_groups(), a);
}

int64_t sys_setuid(const uint64_t *a)
{
    spinlock_acquire(&cred_lock);
    return identified(set_one(&users, (uint32_t)a[0]));
}

int64_t sys_setgid(const uint64_t *a)
{
    spinlock_acquire(&cred_lock);
    return identified(set_one(&groups, (uint32_t)a[0]));
}

int64_t sys_setreuid(const uint64_t *a)
{
    spinlock_acquire(&cred_lock);
    return identified(set_two(&users, (uint32_t)a[0], (uint32_t)a[1]));
}

int64_t sys_setregid(const uint64_t *a)
{
    spinlock_acquire(&cred_lock);
    return identified(set_two(&groups, (uint32_t)a[0], (uint32_t)a[1]));
}

int64_t sys_setresuid(const uint64_t *a)
{
    spinlock_acquire(&cred_lock);
    return identified(set_all(&users, (uint32_t)a[0], (uint32_t)a[1], (uint32_t)a[2]));
}

int64_t sys_setresgid(const uint64_t *a)
{
    spinlock_acquire(&cred_lock);
    return identified(set_all(&groups, (uint32_t)a[0], (uint32_t)a[1], (uint32_t)a[2]));
}

int64_t sys_setfsuid(const uint64_t *a)
{
    return set_files(&users, (uint32_t)a[0]);
}

int64_t sys_setfsgid(const uint64_t *a)
{
    return set_files(&groups, (uint32_t)a[0]);
}

int64_t sys_getgroups(const uint64_t *a)
{
    uint32_t list[GROUPS_MAX];
    int      size = (int)a[0];
    unsigned n = cred_supplementary(list, GROUPS_MAX);
    if (size < 0 || (size > 0 && (unsigned)size < n))
        return -EINVAL;
    if (size && uaccess_write(a[1], list, n * sizeof(uint32_t)))
        return -EFAULT;
    return n;
}

int64_t sys_setgroups(const uint64_t *a)
{
    uint32_t list[GROUPS_MAX];
    int      n = (int)a[0];
    if (!privileged())
        return -EPERM;
    if (n < 0 || (unsigned)n > GROUPS_MAX)
        return -EINVAL;
    if (uaccess_read(list, a[1], (size_t)n * sizeof(uint32_t)))
        return -EFAULT;
    spinlock_acquire(&cred_lock);
    memcpy(supplementary, list, (size_t)n * sizeof(uint32_t));
    nsupplementary = (unsigned)n;
    spinlock_release(&cred_lock);
    return 0;
}
