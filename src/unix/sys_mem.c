/* SPDX-License-Identifier: Apache-2.0 */
/* sys_mem.c - system calls on the address space: Linux's checks and errors, then vmspace.h does
 * the work. */
#include "fs/memfd.h"
#include "kernel/hart.h"
#include "kernel/shmem.h"
#include "kernel/uaccess.h"
#include "kernel/vmspace.h"
#include "lib/errno.h"
#include "machine/cpu.h"
#include "unix/args.h"
#include "unix/cred.h"
#include "unix/process.h"
#include "unix/syscall.h"

/* Flags of mmap that MAP_SHARED_VALIDATE accepts; the other types ignore what they do not know. */
#define MAP_KNOWN                                                                            \
    (MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_DENYWRITE | MAP_EXECUTABLE | \
     MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB)

static pmap_dom_t current_dom(void)
{
    return (pmap_dom_t)thread_self()->tf->dom;
}

_Static_assert(PROT_READ == PMAP_R && PROT_WRITE == PMAP_W && PROT_EXEC == PMAP_X, "the same bits");

static unsigned pmap_prot(unsigned prot)
{
    return prot & (PMAP_R | PMAP_W | PMAP_X);
}

static bool unaligned(uint64_t x)
{
    return x & PAGE_MASK;
}

/* --- mmap -------------------------------------------------------------------------------- */

struct mmap_args {
    vaddr_t  addr;
    size_t   len;
    unsigned prot, flags;
    int      fd;
    uint64_t offset;
};

/* Addresses, lengths and offsets, in Linux's order. */
static int check_range(const struct mmap_args *m)
{
    size_t len = ALIGN_UP(m->len, PAGE_SIZE);
    if (m->len == 0)
        return -EINVAL;
    if (len == 0)
        return -ENOMEM;
    if (m->offset + len < m->offset)
        return -EOVERFLOW;
    if (len > USER_END - USER_MIN)
        return -ENOMEM;
    if (!(m->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)))
        return 0;
    if (m->addr > USER_END - len)
        return -ENOMEM;
    if (unaligned(m->addr))
        return -EINVAL;
    return m->addr < USER_MIN ? -EPERM : 0; /* below mmap_min_addr */
}

/* A wish is brought to a page that can be had. */
static vaddr_t wish(const struct mmap_args *m)
{
    vaddr_t page = ALIGN_DOWN(m->addr, PAGE_SIZE);
    return page && page < USER_MIN ? USER_MIN : page;
}

static __attribute__((noinline)) unsigned translate_flags(unsigned flags)
{
    return (flags & MAP_FIXED_NOREPLACE ? AREA_FIXED_NOREPLACE
            : flags & MAP_FIXED         ? AREA_FIXED
                                        : 0) |
           ((flags & MAP_TYPE) == MAP_PRIVATE ? 0 : AREA_SHARED) |
           (flags & MAP_NORESERVE ? AREA_NORESERVE : 0) | (flags & MAP_GROWSDOWN ? AREA_STACK : 0) |
           (flags & MAP_LOCKED ? AREA_LOCKED : 0);
}

static inline unsigned area_flags(unsigned flags)
{
    return flags == (MAP_PRIVATE | MAP_ANONYMOUS) ? 0 : translate_flags(flags);
}

/* Whether a file may be mapped with these flags and rights, apart from what file_mmap() says. */
static int check_file(const struct file *f, const struct mmap_args *m)
{
    unsigned type = m->flags & MAP_TYPE;
    bool     writable = (atomic_load(&f->flags) & O_ACCMODE) != O_RDONLY;
    if (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE)
        return -EINVAL;
    if (m->flags & MAP_HUGETLB || m->offset + m->len > INT64_MAX)
        return m->flags & MAP_HUGETLB ? -EINVAL : -EOVERFLOW;
    if (type == MAP_SHARED_VALIDATE && m->flags & ~(unsigned)MAP_KNOWN)
        return -EOPNOTSUPP;
    return type != MAP_PRIVATE && m->prot & PROT_WRITE && !writable ? -EACCES : 0;
}

/* What is sealed against writing gets no shared mapping that could write, now or later. */
static int check_seals(const struct file *f, const struct mmap_args *m, struct area_spec *spec)
{
    if (!f->inode || !(f->inode->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) ||
        !(spec->flags & AREA_SHARED))
        return 0;
    spec->flags |= AREA_READ_ONLY;
    return m->prot & PROT_WRITE ? -EPERM : 0;
}

/* What a mapping of f shows, into spec. */
static int attach_file(struct file *f, const struct mmap_args *m, struct area_spec *spec)
{
    int err = check_file(f, m);
    if (!err)
        err = file_mmap(f, &spec->file);
    if (err)
        return err;
    if (m->flags & MAP_GROWSDOWN)
        return -EINVAL;
    if (spec->file)
        spec->offset = m->offset;
    if (spec->flags & AREA_SHARED && (atomic_load(&f->flags) & O_ACCMODE) == O_RDONLY)
        spec->flags |= AREA_READ_ONLY; /* and stays so: mprotect cannot give more */
    return check_seals(f, m, spec);
}

static int check_anonymous(const struct mmap_args *m)
{
    unsigned type = m->flags & MAP_TYPE;
    if (m->flags & MAP_HUGETLB)
        return -ENOMEM; /* there are no huge pages */
    if (type == MAP_SHARED)
        return m->flags & MAP_GROWSDOWN ? -EINVAL : 0;
    return type == MAP_PRIVATE ? 0 : -EINVAL;
}

/* Whether root, or RLIMIT_MEMLOCK, allows to lock so many bytes besides those that are locked outside of
 * [va, end). -EPERM: nothing may be; -ENOMEM. */
static __attribute__((noinline)) int check_locking(size_t more, vaddr_t va, vaddr_t end)
{
    uint64_t    max = the_process.limits[RLIMIT_MEMLOCK].cur, locked = 0;
    struct area area;
    if (cred_privileged())
        return 0;
    if (!max)
        return -EPERM;
    for (vaddr_t at = 0; !vmspace_find_next(the_process.vmspace, at, &area); at = area.end) {
        vaddr_t from = area.start > va ? area.start : va, to = area.end < end ? area.end : end;
        if (area.flags & AREA_LOCKED)
            locked += area.end - area.start - (from < to ? to - from : 0);
    }
    return more > max || locked > max - more ? -ENOMEM : 0;
}

/* The same for new memory, which is locked because flags say so, or the process asked for it to be. */
static int check_locking_new(size_t len, unsigned flags)
{
    int err = check_locking(ALIGN_UP(len, PAGE_SIZE), 0, 0);
    if (err == -EPERM && flags & AREA_LOCKED)
        return err;
    return err ? -EAGAIN : 0;
}

static bool locked_from_start(unsigned flags)
{
    return (flags | the_process.vmspace->map_flags) & AREA_LOCKED;
}

static __attribute__((noinline)) void fill_locked(vaddr_t va, size_t len)
{
    struct area area;
    if (!vmspace_find(the_process.vmspace, va, &area) && area.flags & AREA_LOCKED &&
        !(area.flags & AREA_LOCK_LAZY))
        vmspace_fill(the_process.vmspace, va, len);
}

/* New or grown memory, if it is to be there at once; what cannot be filled faults later. flags: what it
 * was asked for with. */
static inline void fill_if_locked(vaddr_t va, size_t len, unsigned flags)
{
    if (len && locked_from_start(flags))
        fill_locked(va, len);
}

static struct area_spec spec_of(const struct mmap_args *m)
{
    return (struct area_spec){
        .hint = wish(m),
        .len = m->len,
        .prot = pmap_prot(m->prot),
        .flags = area_flags(m->flags),
        .dom = current_dom(),
        .file = NULL,
        .offset = 0,
        .name = NULL,
    };
}

/* Map what spec says, and fill it if the flags of mmap ask for that. */
static inline int64_t map(const struct area_spec *spec, unsigned flags)
{
    vaddr_t va;
    int     err = locked_from_start(spec->flags) ? check_locking_new(spec->len, spec->flags) : 0;
    if (!err)
        err = vmspace_map(the_process.vmspace, spec, &va);
    if (err)
        return err;
    if ((flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE)
        vmspace_fill(the_process.vmspace, va, spec->len);
    else
        fill_if_locked(va, spec->len, spec->flags);
    return (int64_t)va;
}

/* Memory of no file that is to be shared: its pages are kept as a file's are. */
static __attribute__((noinline)) int64_t map_shared_memory(struct area_spec *spec, unsigned flags)
{
    struct pagecache *memory;
    int err = shmem_create(ALIGN_UP(spec->len, PAGE_SIZE), flags & MAP_NORESERVE, &memory);
    if (err)
        return err;
    spec->file = memory;
    int64_t result = map(spec, flags);
    shmem_put(memory);
    return result;
}

/* f: NULL for anonymous memory. */
static inline int64_t check_and_map(const struct mmap_args *m, struct file *f)
{
    int err = check_range(m);
    if (err)
        return err;
    struct area_spec spec = spec_of(m);
    err = f ? attach_file(f, m, &spec) : check_anonymous(m);
    if (err)
        return err;
    if (spec.flags & AREA_SHARED && !spec.file)
        return map_shared_memory(&spec, m->flags);
    return map(&spec, m->flags);
}

static struct mmap_args decode_mmap(const uint64_t *a)
{
    return (struct mmap_args){
        .addr = a[0],
        .len = a[1],
        .prot = (unsigned)a[2],
        .flags = (unsigned)a[3],
        .fd = (int)a[4],
        .offset = a[5],
    };
}

/* Apart from sys_mmap(), which has anonymous memory without the registers that this needs. */
static __attribute__((noinline)) int64_t map_file(const uint64_t *a)
{
    struct mmap_args m = decode_mmap(a);
    struct file     *f = args_file(m.fd);
    if (!f)
        return -EBADF;
    /* No seal is added between looking at the seals and mapping. */
    bool sealable = m.flags & MAP_SHARED && memfd_has_seals(f) && !(f->inode->seals & F_SEAL_SEAL);
    if (sealable)
        mutex_lock(&memfd_seal_lock);
    int64_t result = check_and_map(&m, f);
    if (sealable)
        mutex_unlock(&memfd_seal_lock);
    file_put(f);
    return result;
}

int64_t sys_mmap(const uint64_t *a)
{
    struct mmap_args m = decode_mmap(a);

    if (unaligned(m.offset))
        return -EINVAL;
    return m.flags & MAP_ANONYMOUS ? check_and_map(&m, NULL) : map_file(a);
}

/* --- remap_file_pages -------------------------------------------------------------------- */

/* [start, end) is shared memory of one file, in one area or several of the same kind that touch. *first: that
 * where it begins, with a reference on its file. */
static int check_shared(vaddr_t start, vaddr_t end, struct area *first)
{
    struct area area;
    int         err = vmspace_next_area(the_process.vmspace, start, first, NULL);
    if (err)
        return -EINVAL;
    if (first->start > start || !(first->flags & AREA_SHARED) || !first->file)
        err = -EINVAL;
    for (vaddr_t at = first->end; !err && at < end; at = area.end)
        if (vmspace_find(the_process.vmspace, at, &area) || area.file != first->file ||
            area.flags != first->flags || area.prot != first->prot)
            err = -EINVAL;
    if (err)
        vmspace_area_done(first);
    return err;
}

/* Show other pages of the file there: a mapping in the place of the old one, as Linux makes it today. */
int64_t sys_remap_file_pages(const uint64_t *a)
{
    vaddr_t     start = ALIGN_DOWN(a[0], PAGE_SIZE), va;
    size_t      len = ALIGN_DOWN(a[1], PAGE_SIZE);
    uint64_t    index = a[3];
    struct area area;
    if (a[2] || start + len <= start || index + (len >> PAGE_SHIFT) < index)
        return -EINVAL;
    int err = check_shared(start, start + len, &area);
    if (err)
        return err;
    const struct area_spec spec = {
        .hint = start,
        .len = len,
        .prot = area.prot,
        .flags = AREA_FIXED | area.flags,
        .dom = area.dom,
        .file = area.file,
        .offset = index << PAGE_SHIFT,
        .name = area.name,
    };
    err = index > UINT64_MAX >> PAGE_SHIFT ? -EOVERFLOW
                                           : vmspace_map(the_process.vmspace, &spec, &va);
    if (!err && !(a[4] & MAP_NONBLOCK))
        vmspace_fill(the_process.vmspace, start, len);
    vmspace_area_done(&area);
    return err;
}

/* --- changing mappings ------------------------------------------------------------------- */

int64_t sys_munmap(const uint64_t *a)
{
    return vmspace_unmap(the_process.vmspace, a[0], a[1]);
}

/* PROT_GROWSDOWN: the whole of the stack that [*va, end) touches, from its lowest page. */
static int extend_to_stack(vaddr_t *va, vaddr_t end)
{
    struct area area;
    if (vmspace_find_next(the_process.vmspace, *va, &area) || area.start >= end)
        return -ENOMEM;
    if (!(area.flags & AREA_STACK))
        return -EINVAL;
    *va = area.start;
    return 0;
}

/* PROT_GROWSDOWN, PROT_GROWSUP: no stack grows up. */
static __attribute__((noinline)) int64_t protect_stack(vaddr_t va, vaddr_t end, unsigned prot,
                                                       unsigned grows)
{
    struct area area;
    if (grows == PROT_GROWSUP)
        return vmspace_find(the_process.vmspace, va, &area) ? -ENOMEM : -EINVAL;
    int err = extend_to_stack(&va, end);
    return err ? err
               : vmspace_protect(the_process.vmspace, current_dom(), va, end - va, pmap_prot(prot));
}

int64_t sys_mprotect(const uint64_t *a)
{
    vaddr_t  va = a[0], end = va + ALIGN_UP(a[1], PAGE_SIZE);
    unsigned prot = (unsigned)a[2], grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);

    if (grows == (PROT_GROWSDOWN | PROT_GROWSUP) || unaligned(va))
        return -EINVAL;
    if (a[1] == 0)
        return 0;
    if (end <= va)
        return -ENOMEM;
    if ((prot & ~grows) & ~(unsigned)(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM))
        return -EINVAL;
    if (grows)
        return protect_stack(va, end, prot, grows);
    return vmspace_protect(the_process.vmspace, current_dom(), va, end - va, pmap_prot(prot));
}

int64_t sys_mremap(const uint64_t *a)
{
    unsigned flags = (unsigned)a[3];
    vaddr_t  va;
    if (a[3] & ~(uint64_t)(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP))
        return -EINVAL;
    struct area area;
    int         err = 0;
    if (a[2] > a[1] && !vmspace_find(the_process.vmspace, a[0], &area) && area.flags & AREA_LOCKED)
        err = check_locking_new(a[2] - a[1], 0);
    if (err)
        return err;
    err = vmspace_remap(the_process.vmspace, a[0], a[1], a[2],
                        (flags & MREMAP_MAYMOVE ? REMAP_MAY_MOVE : 0) |
                            (flags & MREMAP_FIXED ? REMAP_FIXED : 0) |
                            (flags & MREMAP_DONTUNMAP ? REMAP_KEEP : 0),
                        a[4], &va);
    if (err)
        return err;
    fill_if_locked(va, a[2] > a[1] ? a[2] : 0, AREA_LOCKED);
    return (int64_t)va;
}

int64_t sys_brk(const uint64_t *a)
{
    vaddr_t before = vmspace_brk(the_process.vmspace, 0);
    if (a[0] > before && locked_from_start(0) && check_locking_new(a[0] - before, 0))
        return (int64_t)before;
    vaddr_t now = vmspace_brk(the_process.vmspace, a[0]);
    if (now > before)
        fill_if_locked(ALIGN_UP(before, PAGE_SIZE), now - ALIGN_UP(before, PAGE_SIZE), AREA_LOCKED);
    return (int64_t)now;
}

/* --- advice ------------------------------------------------------------------------------ */

static int judge_any(const struct area *area)
{
    (void)area;
    return 0;
}

static bool is_private_memory(const struct area *area)
{
    return !area->file && !(area->flags & AREA_SHARED);
}

static int judge_freeable(const struct area *area)
{
    return is_private_memory(area) && !(area->flags & AREA_LOCKED) ? 0 : -EINVAL;
}

static int judge_private_memory(const struct area *area)
{
    return is_private_memory(area) ? 0 : -EINVAL;
}

/* Only what is shared and may be written has a hole punched into it; no file here can have one. */
static int judge_removable(const struct area *area)
{
    if (area->flags & AREA_LOCKED || !area->file)
        return -EINVAL;
    bool writable = area->flags & AREA_SHARED && !(area->flags & AREA_READ_ONLY);
    return writable ? -EOPNOTSUPP : -EACCES;
}

static int judge_unlocked(const struct area *area)
{
    return area->flags & AREA_LOCKED ? -EINVAL : 0;
}

/* Advice that asks for nothing but a judgement of each area; holes are told at the end. */
static int judge_areas(vaddr_t va, vaddr_t end, int (*judge)(const struct area *))
{
    struct area area;
    int         hole = 0;
    for (; va < end; va = area.end) {
        if (vmspace_find_next(the_process.vmspace, va, &area) || area.start >= end)
            return -ENOMEM;
        if (area.start > va)
            hole = -ENOMEM;
        int err = judge(&area);
        if (err)
            return err;
    }
    return hole;
}

static int64_t populate(vaddr_t va, size_t len, unsigned access)
{
    switch (vmspace_populate(the_process.vmspace, va, len, access)) {
    case 0:
        return 0;
    case -EACCES:
        return -EINVAL;
    case -EIO:
        return -EFAULT;
    default:
        return -ENOMEM;
    }
}

static bool advice_known(int advice)
{
    return (advice >= MADV_NORMAL && advice <= MADV_DONTNEED) || advice == MADV_FREE ||
           (advice >= MADV_REMOVE && advice <= MADV_DONTNEED_LOCKED);
}

static int64_t advise(vaddr_t va, size_t len, int advice)
{
    switch (advice) {
    case MADV_DONTNEED:
    case MADV_DONTNEED_LOCKED:
        return vmspace_discard(the_process.vmspace, va, len, advice == MADV_DONTNEED_LOCKED);
    case MADV_POPULATE_READ:
        return populate(va, len, PMAP_R);
    case MADV_POPULATE_WRITE:
        return populate(va, len, PMAP_W);
    case MADV_FREE: /* the pages may stay as they are */
        return judge_areas(va, va + len, judge_freeable);
    case MADV_WIPEONFORK:
        return judge_areas(va, va + len, judge_private_memory);
    case MADV_COLD:
    case MADV_PAGEOUT:
        return judge_areas(va, va + len, judge_unlocked);
    case MADV_REMOVE:
        return judge_areas(va, va + len, judge_removable);
    default:
        return judge_areas(va, va + len, judge_any);
    }
}

int64_t sys_madvise(const uint64_t *a)
{
    vaddr_t va = a[0];
    size_t  len = ALIGN_UP(a[1], PAGE_SIZE);
    if (!advice_known((int)a[2]) || unaligned(va) || (a[1] && !len) || va + len < va)
        return -EINVAL;
    return len ? advise(va, len, (int)a[2]) : 0;
}

/* --- writing back, locking, telling ------------------------------------------------------ */

int64_t sys_msync(const uint64_t *a)
{
    vaddr_t  va = a[0];
    size_t   len = ALIGN_UP(a[1], PAGE_SIZE);
    unsigned flags = (unsigned)a[2];
    if (flags & ~(unsigned)(MS_ASYNC | MS_INVALIDATE | MS_SYNC) || unaligned(va))
        return -EINVAL;
    if ((flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
        return -EINVAL;
    if (va + len < va)
        return -ENOMEM;
    int err = len ? vmspace_sync(the_process.vmspace, va, len, flags & MS_INVALIDATE) : 0;
    return err || !len || !(flags & MS_SYNC) ? err : vfs_sync(NULL);
}

/* Memory of a program is never taken away, so to lock it is to fill it, and to keep it from being
 * discarded. flags: AREA_LOCKED, AREA_LOCK_LAZY: when it is touched. */
static int64_t lock(vaddr_t start, size_t bytes, unsigned flags)
{
    vaddr_t va = ALIGN_DOWN(start, PAGE_SIZE);
    size_t  len = ALIGN_UP(bytes + (start & PAGE_MASK), PAGE_SIZE);
    if (va + len < va)
        return -EINVAL;
    if (!len)
        return 0;
    int err = flags ? check_locking(len, va, va + len) : 0;
    if (err)
        return err;
    err = vmspace_lock(the_process.vmspace, current_dom(), va, len, flags);
    if (err || flags != AREA_LOCKED)
        return err;
    switch (vmspace_fill(the_process.vmspace, va, len)) {
    case 0:
        return 0;
    case -ENOMEM:
        return -EAGAIN;
    default:
        return -ENOMEM;
    }
}

int64_t sys_mlock(const uint64_t *a)
{
    return lock(a[0], a[1], AREA_LOCKED);
}

int64_t sys_mlock2(const uint64_t *a)
{
    unsigned flags = (unsigned)a[2];
    if (flags & ~(unsigned)MLOCK_ONFAULT)
        return -EINVAL;
    return lock(a[0], a[1], AREA_LOCKED | (flags ? AREA_LOCK_LAZY : 0));
}

int64_t sys_munlock(const uint64_t *a)
{
    return lock(a[0], a[1], 0);
}

int64_t sys_mlockall(const uint64_t *a)
{
    unsigned flags = (unsigned)a[0], how;
    if (!flags || flags & ~(unsigned)(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) ||
        flags == MCL_ONFAULT)
        return -EINVAL;
    size_t all = flags & MCL_CURRENT ? the_process.vmspace->mapped : 0;
    int    err = check_locking(all, 0, USER_END);
    if (err)
        return err;
    how = AREA_LOCKED | (flags & MCL_ONFAULT ? AREA_LOCK_LAZY : 0);
    vmspace_lock_all(the_process.vmspace, flags & MCL_CURRENT, how, flags & MCL_FUTURE ? how : 0);
    if (flags & MCL_CURRENT && how == AREA_LOCKED)
        vmspace_fill(the_process.vmspace, USER_MIN, USER_END - USER_MIN);
    return 0;
}

int64_t sys_munlockall(const uint64_t *a)
{
    (void)a;
    vmspace_lock_all(the_process.vmspace, true, 0, 0);
    return 0;
}

int64_t sys_mincore(const uint64_t *a)
{
    enum { CHUNK = 256 };
    uint8_t here[CHUNK];
    vaddr_t va = a[0];
    if (unaligned(va))
        return -EINVAL;
    if (va > USER_END || a[1] > USER_END - va)
        return -ENOMEM;
    size_t npages = pages_for(a[1]);
    for (size_t done = 0; done < npages; done += CHUNK) {
        size_t n = size_min(npages - done, CHUNK);
        int    err = vmspace_resident(the_process.vmspace, va + (done << PAGE_SHIFT), n, here);
        if (!err)
            err = uaccess_write(a[2] + done, here, n);
        if (err)
            return err;
    }
    return 0;
}

/* Of all harts also where only the calling thread is to see it: that one may run on any of them. */
int64_t sys_riscv_flush_icache(const uint64_t *a)
{
    if (a[2] & ~1ul)
        return -EINVAL;
    hart_sync_code();
    return 0;
}
