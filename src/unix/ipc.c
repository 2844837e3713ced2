/* SPDX-License-Identifier: Apache-2.0 */
/* ipc.c - see ipc.h. A number is the place in the table, and above it a count that makes the numbers of
 * objects which follow each other in one place differ. */
#include "unix/ipc.h"

#include "kernel/heap.h"
#include "kernel/time.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "unix/cred.h"

#define INDEX_BITS 15
#define INDEX_MASK ((1 << INDEX_BITS) - 1)
#define SEQ_MAX    (1u << (31 - INDEX_BITS))

struct spinlock ipc_lock = SPINLOCK_INIT(LOCK_FILELOCK, "ipc");

int64_t ipc_now(void)
{
    return (int64_t)(time_wall_ns() / 1000000000ul);
}

/* --- rights ---------------------------------------------------------------------------------- */

static bool is_owner(const struct ipc_object *obj)
{
    uint32_t user = cred_users().effective;

    return user == obj->uid || user == obj->cuid;
}

static bool in_group(uint32_t gid)
{
    uint32_t list[32];
    unsigned n = cred_supplementary(list, ARRAY_LEN(list));
    bool     found = gid == cred_groups().effective;

    for (unsigned i = 0; i < n && i < ARRAY_LEN(list); i++)
        found |= list[i] == gid;
    return found;
}

/* May the program do with obj what flags' permission bits, in any of their three places, ask for? */
static int check_access(const struct ipc_object *obj, unsigned flags)
{
    unsigned wanted = flags >> 6 | flags >> 3 | flags, granted = obj->mode;

    if (is_owner(obj))
        granted >>= 6;
    else if (in_group(obj->gid) || in_group(obj->cgid))
        granted >>= 3;
    return wanted & ~granted & 7 && !cred_privileged() ? -EACCES : 0;
}

/* --- the table ------------------------------------------------------------------------------- */

int ipc_find(const struct ipc_kind *kind, int id, bool by_index, struct ipc_object **out)
{
    unsigned index = by_index ? (unsigned)id : (unsigned)id & INDEX_MASK;

    if (id < 0 || index >= kind->nslots || !kind->slots[index])
        return -EINVAL;
    *out = kind->slots[index];
    return by_index || (*out)->id == id ? 0 : -EINVAL;
}

int ipc_find_for(const struct ipc_kind *kind, int id, unsigned access, struct ipc_object **out)
{
    int err = ipc_find(kind, id, false, out);

    return err ? err : check_access(*out, access);
}

int ipc_find_own(const struct ipc_kind *kind, int id, struct ipc_object **out)
{
    int err = ipc_find(kind, id, false, out);
    if (err)
        return err;
    return is_owner(*out) || cred_privileged() ? 0 : -EPERM;
}

static struct ipc_object *find_key(const struct ipc_kind *kind, int32_t key)
{
    for (unsigned i = 0; i < kind->nslots; i++)
        if (kind->slots[i] && kind->slots[i]->key == key)
            return kind->slots[i];
    return NULL;
}

/* Places are used in turn, so that numbers do not come again soon; when most are in use, there are more. */
#define SLOTS_MIN 64u

static int grow(struct ipc_kind *kind)
{
    unsigned            n = kind->nslots ? 2 * kind->nslots : SLOTS_MIN;
    struct ipc_object **slots = kzalloc(n * sizeof(struct ipc_object *));
    if (!slots)
        return -ENOMEM;
    if (kind->nslots)
        memcpy(slots, kind->slots, kind->nslots * sizeof(struct ipc_object *));
    kfree(kind->slots);
    kind->slots = slots;
    kind->nslots = n;
    return 0;
}

/* The next free place; -ENOMEM. */
static int free_slot(struct ipc_kind *kind)
{
    int err = kind->used * 3 / 2 >= kind->nslots ? grow(kind) : 0;
    if (err)
        return err;
    unsigned i = (unsigned)(kind->last + 1) % kind->nslots;
    while (kind->slots[i])
        i = (i + 1) % kind->nslots;
    return (int)i;
}

static int enlist(struct ipc_kind *kind, struct ipc_object *obj, int index)
{
    if (index <= kind->last)
        kind->seq = (kind->seq + 1) % SEQ_MAX;
    kind->last = index;
    kind->slots[index] = obj;
    kind->used++;
    obj->id = (int)(kind->seq << INDEX_BITS) | index;
    return obj->id;
}

void ipc_unlist(struct ipc_kind *kind, struct ipc_object *obj)
{
    kind->slots[obj->id & INDEX_MASK] = NULL;
    kind->used--;
    obj->removed = true;
}

struct ipc_object *ipc_put(struct ipc_object *obj)
{
    return --obj->refs ? NULL : obj;
}

int ipc_max_index(const struct ipc_kind *kind)
{
    unsigned max = kind->nslots;

    while (max && !kind->slots[max - 1])
        max--;
    return max ? (int)max - 1 : 0;
}

/* --- making and finding ---------------------------------------------------------------------- */

static int create(struct ipc_kind *kind, int32_t key, unsigned flags, size_t size)
{
    struct ipc_object *obj;
    int                index = kind->used < kind->max ? free_slot(kind) : -ENOSPC;
    if (index < 0)
        return index;
    int err = kind->create(size, &obj);
    if (err)
        return err;
    obj->key = key;
    obj->uid = obj->cuid = cred_users().effective;
    obj->gid = obj->cgid = cred_groups().effective;
    obj->mode = flags & 0777;
    obj->ctime = ipc_now();
    obj->refs = 1;
    return enlist(kind, obj, index);
}

static int get(struct ipc_kind *kind, int32_t key, unsigned flags, size_t size)
{
    struct ipc_object *obj = key == IPC_PRIVATE ? NULL : find_key(kind, key);
    if (!obj && key != IPC_PRIVATE && !(flags & IPC_CREAT))
        return -ENOENT;
    if (!obj)
        return create(kind, key, flags, size);
    if (flags & IPC_CREAT && flags & IPC_EXCL)
        return -EEXIST;
    int err = kind->check(obj, size);
    if (!err)
        err = check_access(obj, flags);
    return err ? err : obj->id;
}

int ipc_get(struct ipc_kind *kind, int32_t key, unsigned flags, size_t size)
{
    spinlock_acquire(&ipc_lock);
    int id = get(kind, key, flags, size);
    spinlock_release(&ipc_lock);
    return id;
}

/* --- telling and changing --------------------------------------------------------------------- */

void ipc_get_perm(const struct ipc_object *obj, struct abi_ipc_perm *perm)
{
    *perm = (struct abi_ipc_perm){
        .key = obj->key,
        .uid = obj->uid,
        .gid = obj->gid,
        .cuid = obj->cuid,
        .cgid = obj->cgid,
        .mode = obj->mode,
        .seq = (uint16_t)(obj->id >> INDEX_BITS),
    };
}

void ipc_set_perm(struct ipc_object *obj, const struct abi_ipc_perm *perm)
{
    obj->uid = perm->uid;
    obj->gid = perm->gid;
    obj->mode = (obj->mode & ~0777u) | (perm->mode & 0777);
    obj->ctime = ipc_now();
}

void ipc_show(const struct ipc_kind *kind, struct pseudo_text *t, const char *head,
              void (*line)(struct pseudo_text *t, const struct ipc_object *obj))
{
    pseudo_puts(t, head);
    spinlock_acquire(&ipc_lock);
    for (unsigned i = 0; i < kind->nslots; i++)
        if (kind->slots[i])
            line(t, kind->slots[i]);
    spinlock_release(&ipc_lock);
}
