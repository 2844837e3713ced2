/* SPDX-License-Identifier: Apache-2.0 */
/* sys_shm.c - System V's shared memory: a page cache of no file, kept by its number and by each area that
 * maps it. An area's end may come from anywhere (munmap, exec, the last piece of one that was cut), so it is
 * counted where the page cache is given back. The lock is ipc_lock; it is taken inside of the vmspace's. */
#include "kernel/frame.h"
#include "kernel/heap.h"
#include "kernel/pagecache.h"
#include "kernel/uaccess.h"
#include "kernel/vmspace.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "unix/ipc.h"
#include "unix/process.h"
#include "unix/syscall.h"

#define SHM_HUGETLB 04000

#define SHM_RDONLY 010000
#define SHM_RND    020000
#define SHM_REMAP  040000
#define SHM_EXEC   0100000

#define SHM_DEST   01000u
#define SHM_LOCKED 02000u

#define SHM_LOCK     11
#define SHM_UNLOCK   12
#define SHM_STAT     13
#define SHM_INFO     14
#define SHM_STAT_ANY 15

struct shm {
    struct ipc_object obj; /* its references are: the number, each area, each call under way */
    struct pagecache  pages;
    uint64_t          nattch;
    size_t            size; /* bytes, as asked for */
    int64_t           atime, dtime;
    int32_t           lpid;
};

struct abi_shmid_ds {
    struct abi_ipc_perm perm;
    uint64_t            segsz;
    int64_t             atime, dtime, ctime;
    int32_t             cpid, lpid;
    uint64_t            nattch, unused[2];
};
_Static_assert(sizeof(struct abi_shmid_ds) == 112, "asm-generic/shmbuf.h");

struct abi_shminfo {
    uint64_t shmmax, shmmin, shmmni, shmseg, shmall, unused[4];
};

struct abi_shm_info {
    int32_t  used_ids;
    uint64_t tot, rss, swp, swap_attempts, swap_successes;
};

static size_t total_pages;

static struct ipc_kind kind;

static struct shm *shm_of(struct ipc_object *obj)
{
    return container_of(obj, struct shm, obj);
}

/* --- the memory ------------------------------------------------------------------------------ */

static struct shm *shm_of_pages(struct pagecache *pages)
{
    return container_of(pages, struct shm, pages);
}

static void shm_destroy(struct ipc_object *obj)
{
    pagecache_destroy(&shm_of(obj)->pages);
    kfree(shm_of(obj));
}

/* An area maps it. */
static void shm_acquire(struct pagecache *pages)
{
    struct shm *shm = shm_of_pages(pages);

    spinlock_acquire(&ipc_lock);
    shm->obj.refs++;
    shm->nattch++;
    shm->atime = ipc_now();
    shm->lpid = PROCESS_PID;
    spinlock_release(&ipc_lock);
}

static void unlist(struct shm *shm)
{
    total_pages -= pages_for(shm->size);
    ipc_unlist(&kind, &shm->obj);
    shm->obj.refs--;
}

/* An area does not map it any more. What was to be removed goes with the last one. */
static void shm_release(struct pagecache *pages)
{
    struct shm *shm = shm_of_pages(pages);

    spinlock_acquire(&ipc_lock);
    shm->dtime = ipc_now();
    shm->lpid = PROCESS_PID;
    if (--shm->nattch == 0 && shm->obj.mode & SHM_DEST)
        unlist(shm);
    struct ipc_object *gone = ipc_put(&shm->obj);
    spinlock_release(&ipc_lock);
    if (gone)
        shm_destroy(gone);
}

static void shm_describe(struct pagecache *pages, char *buf, size_t size)
{
    fmt_snprintf(buf, size, "/SYSV%08x (deleted)", (unsigned)shm_of_pages(pages)->obj.key);
}

static void shm_identify(struct pagecache *pages, uint64_t *dev, uint64_t *ino)
{
    *dev = 1;
    *ino = (uint64_t)shm_of_pages(pages)->obj.id;
}

static const struct pagecache_ops shm_ops = {
    .acquire = shm_acquire,
    .release = shm_release,
    .describe = shm_describe,
    .identify = shm_identify,
};

/* --- segments -------------------------------------------------------------------------------- */

static int shm_check(const struct ipc_object *obj, size_t size)
{
    return container_of(obj, const struct shm, obj)->size < size ? -EINVAL : 0;
}

static int shm_create(size_t size, struct ipc_object **out)
{
    struct frame_stats mem;
    if (size == 0 || size > IPC_SHM_MAX)
        return -EINVAL;
    frame_stats(&mem);
    if (pages_for(size) > mem.total) /* as much as there can be */
        return -ENOMEM;
    struct shm *shm = kzalloc(sizeof(*shm));
    if (!shm)
        return -ENOMEM;
    pagecache_init(&shm->pages, &shm_ops, ALIGN_UP(size, PAGE_SIZE));
    shm->size = size;
    total_pages += pages_for(size);
    *out = &shm->obj;
    return 0;
}

static struct ipc_kind kind = {
    .max = IPC_SHM_MNI, .check = shm_check, .create = shm_create, .last = -1};

int64_t sys_shmget(const uint64_t *a)
{
    unsigned flags = (unsigned)a[2];
    if (flags & SHM_HUGETLB && flags & IPC_CREAT)
        return -ENOMEM; /* there are no huge pages */
    return ipc_get(&kind, (int32_t)a[0], flags, a[1]);
}

/* --- attaching ------------------------------------------------------------------------------- */

/* Where it is to be, in Linux's order of complaints. */
static int place_of(vaddr_t *addr, unsigned flags)
{
    if (*addr & PAGE_MASK) {
        if (!(flags & SHM_RND))
            return -EINVAL;
        *addr = ALIGN_DOWN(*addr, PAGE_SIZE);
        return !*addr && flags & SHM_REMAP ? -EINVAL : 0;
    }
    return !*addr && flags & SHM_REMAP ? -EINVAL : 0;
}

static int64_t map(struct shm *shm, vaddr_t addr, unsigned flags)
{
    struct area_spec spec = {
        .hint = addr,
        .len = shm->size,
        .prot = PMAP_R | (flags & SHM_RDONLY ? 0 : PMAP_W) | (flags & SHM_EXEC ? PMAP_X : 0),
        .flags = AREA_SHARED | (flags & SHM_RDONLY ? AREA_READ_ONLY : 0) |
                 (!addr               ? 0
                  : flags & SHM_REMAP ? AREA_FIXED
                                      : AREA_FIXED_NOREPLACE),
        .dom = (pmap_dom_t)thread_self()->tf->dom,
        .file = &shm->pages,
    };
    vaddr_t va;
    if (addr && addr + shm->size < addr)
        return -EINVAL;
    if (addr && (addr > USER_END || shm->size > USER_END - addr))
        return -ENOMEM;
    if (addr && addr < USER_MIN)
        return -EPERM;
    int err = vmspace_map(the_process.vmspace, &spec, &va);
    return err == -EEXIST ? -EINVAL : err ? err : (int64_t)va;
}

/* The segment, with a reference. */
static int obtain(int id, unsigned access, struct shm **out)
{
    struct ipc_object *obj;

    spinlock_acquire(&ipc_lock);
    int err = ipc_find_for(&kind, id, access, &obj);
    if (!err) {
        obj->refs++;
        *out = shm_of(obj);
    }
    spinlock_release(&ipc_lock);
    return err;
}

static void put(struct shm *shm)
{
    spinlock_acquire(&ipc_lock);
    struct ipc_object *gone = ipc_put(&shm->obj);
    spinlock_release(&ipc_lock);
    if (gone)
        shm_destroy(gone);
}

int64_t sys_shmat(const uint64_t *a)
{
    unsigned    flags = (unsigned)a[2];
    vaddr_t     addr = a[1];
    struct shm *shm;
    if ((int)a[0] < 0)
        return -EINVAL;
    int err = place_of(&addr, flags);
    if (!err)
        err = obtain((int)a[0], flags & SHM_RDONLY ? IPC_READ : IPC_READ | IPC_WRITE, &shm);
    if (err)
        return err;
    int64_t result = map(shm, addr, flags);
    put(shm);
    return result;
}

/* Is area a piece of a segment that was attached at addr? */
static bool is_piece(const struct area *area, vaddr_t addr)
{
    return area->file && area->file->ops == &shm_ops && area->start - addr == area->offset;
}

/* All pieces of the first segment that is found to have been attached there. Another thread may detach it, too: it is
 * kept while it is looked at. */
int64_t sys_shmdt(const uint64_t *a)
{
    struct vmspace   *vs = the_process.vmspace;
    struct pagecache *found = NULL;
    struct area       area = {.end = a[0]};
    vaddr_t           end = USER_END;
    int               err = 0;
    if (a[0] & PAGE_MASK || a[0] >= USER_END)
        return -EINVAL;
    while (!err && area.end < end && !vmspace_next_area(vs, area.end, &area, NULL)) {
        if (area.start < end && is_piece(&area, a[0]) && (!found || area.file == found)) {
            if (!found)
                end = a[0] + ALIGN_UP(shm_of_pages(area.file)->size, PAGE_SIZE);
            found = area.file;
            err = vmspace_unmap(vs, area.start, area.end - area.start);
        }
        vmspace_area_done(&area);
    }
    return found ? err : -EINVAL;
}

/* --- control --------------------------------------------------------------------------------- */

/* Only its number goes while it is mapped: it then has no key any more, and goes later. */
static void remove_shm(struct shm *shm, struct ipc_object **gone)
{
    if (shm->nattch) {
        shm->obj.key = IPC_PRIVATE;
        shm->obj.mode |= SHM_DEST;
        return;
    }
    shm->obj.refs++;
    unlist(shm);
    *gone = ipc_put(&shm->obj);
}

static int change(int id, int cmd, vaddr_t va)
{
    struct abi_shmid_ds ds;
    struct ipc_object  *obj, *gone = NULL;
    if (cmd == IPC_SET && uaccess_read(&ds, va, sizeof(ds)))
        return -EFAULT;
    spinlock_acquire(&ipc_lock);
    int err = ipc_find_own(&kind, id, &obj);
    if (!err && cmd == IPC_SET)
        ipc_set_perm(obj, &ds.perm);
    else if (!err && cmd == IPC_RMID)
        remove_shm(shm_of(obj), &gone);
    else if (!err)
        obj->mode = cmd == SHM_LOCK ? obj->mode | SHM_LOCKED : obj->mode & ~SHM_LOCKED;
    spinlock_release(&ipc_lock);
    if (gone)
        shm_destroy(gone);
    return err;
}

static int stat(int id, int cmd, vaddr_t va)
{
    struct abi_shmid_ds ds = {.segsz = 0};
    struct ipc_object  *obj;

    spinlock_acquire(&ipc_lock);
    int err = ipc_find(&kind, id, cmd != IPC_STAT, &obj);
    if (!err && cmd != SHM_STAT_ANY)
        err = ipc_find_for(&kind, obj->id, IPC_READ, &obj);
    int result = err ? err : cmd == IPC_STAT ? 0 : obj->id;
    if (!err) {
        const struct shm *shm = shm_of(obj);
        ipc_get_perm(obj, &ds.perm);
        ds.segsz = shm->size;
        ds.atime = shm->atime;
        ds.dtime = shm->dtime;
        ds.ctime = obj->ctime;
        ds.cpid = PROCESS_PID;
        ds.lpid = shm->lpid;
        ds.nattch = shm->nattch;
    }
    spinlock_release(&ipc_lock);
    return !err && uaccess_write(va, &ds, sizeof(ds)) ? -EFAULT : result;
}

static int limits(vaddr_t va)
{
    struct abi_shminfo out = {.shmmax = IPC_SHM_MAX,
                              .shmmin = 1,
                              .shmmni = IPC_SHM_MNI,
                              .shmseg = IPC_SHM_MNI,
                              .shmall = IPC_SHM_MAX};
    spinlock_acquire(&ipc_lock);
    int max = ipc_max_index(&kind);
    spinlock_release(&ipc_lock);
    return uaccess_write(va, &out, sizeof(out)) ? -EFAULT : max;
}

static int usage(vaddr_t va)
{
    struct abi_shm_info out = {.tot = 0};

    spinlock_acquire(&ipc_lock);
    int max = ipc_max_index(&kind);
    out.used_ids = (int32_t)kind.used;
    out.tot = total_pages;
    for (unsigned i = 0; i < kind.nslots; i++)
        out.rss += kind.slots[i] ? shm_of(kind.slots[i])->pages.nresident : 0;
    spinlock_release(&ipc_lock);
    return uaccess_write(va, &out, sizeof(out)) ? -EFAULT : max;
}

int64_t sys_shmctl(const uint64_t *a)
{
    int id = (int)a[0], cmd = (int)a[1];
    if (id < 0 || cmd < 0)
        return -EINVAL;
    switch (cmd) {
    case IPC_INFO:
        return limits(a[2]);
    case SHM_INFO:
        return usage(a[2]);
    case IPC_STAT:
    case SHM_STAT:
    case SHM_STAT_ANY:
        return stat(id, cmd, a[2]);
    case IPC_SET:
    case IPC_RMID:
    case SHM_LOCK:
    case SHM_UNLOCK:
        return change(id, cmd, a[2]);
    default:
        return -EINVAL;
    }
}

static void show_line(struct pseudo_text *t, const struct ipc_object *obj)
{
    const struct shm *shm = container_of(obj, const struct shm, obj);

    pseudo_printf(t,
                  "%10d %10d  %4o %21lu %5d %5d  %5lu %5u %5u %5u %5u %10ld %10ld %10ld %21lu "
                  "%21lu\n",
                  obj->key, obj->id, obj->mode, (unsigned long)shm->size, PROCESS_PID, shm->lpid,
                  (unsigned long)shm->nattch, obj->uid, obj->gid, obj->cuid, obj->cgid,
                  (long)shm->atime, (long)shm->dtime, (long)obj->ctime,
                  (unsigned long)(shm->pages.nresident << PAGE_SHIFT), 0ul);
}

int ipc_show_shm(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    ipc_show(&kind, t,
             "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  "
             "cuid  cgid      atime      dtime      ctime                   rss                  "
             "swap\n",
             show_line);
    return 0;
}
