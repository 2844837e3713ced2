/* SPDX-License-Identifier: Apache-2.0 */
/* sys_mem.c - system calls on the address space: Linux's checks and errors, then vmspace.h does
 * the work. */
#include "kernel/vmspace.h"
#include "lib/errno.h"
#include "machine/cpu.h"
#include "unix/args.h"
#include "unix/process.h"
#include "unix/syscall.h"

/* Flags of mmap that MAP_SHARED_VALIDATE accepts; the other two types ignore what they do not
 * know. */
#define MAP_KNOWN                                                                            \
    (MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_DENYWRITE | MAP_EXECUTABLE | \
     MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB |    \
     MAP_FIXED_NOREPLACE)

static pmap_dom_t current_dom(void)
{
    return (pmap_dom_t)thread_self()->tf->dom;
}

static unsigned pmap_prot(unsigned prot)
{
    return (prot & PROT_READ ? PMAP_R : 0) | (prot & PROT_WRITE ? PMAP_W : 0) |
           (prot & PROT_EXEC ? PMAP_X : 0);
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

static int check_flags(unsigned flags)
{
    switch (flags & MAP_TYPE) {
    case MAP_SHARED:
    case MAP_PRIVATE:
        break;
    case MAP_SHARED_VALIDATE:
        if (flags & ~(unsigned)MAP_KNOWN)
            return -EOPNOTSUPP;
        break;
    default:
        return -EINVAL;
    }
    return flags & MAP_HUGETLB ? -ENOMEM : 0; /* there are no huge pages */
}

static int check_range(const struct mmap_args *m)
{
    bool fixed = m->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
    if (m->len == 0 || unaligned(m->offset))
        return -EINVAL;
    if (m->len > USER_END)
        return -ENOMEM;
    if (m->offset + ALIGN_UP(m->len, PAGE_SIZE) < m->offset)
        return -EOVERFLOW;
    if (fixed && unaligned(m->addr))
        return -EINVAL;
    if (fixed && m->addr < USER_MIN)
        return -EPERM; /* below mmap_min_addr */
    return 0;
}

static unsigned area_flags(unsigned flags)
{
    return (flags & MAP_FIXED_NOREPLACE ? AREA_FIXED_NOREPLACE
            : flags & MAP_FIXED         ? AREA_FIXED
                                        : 0) |
           ((flags & MAP_TYPE) == MAP_PRIVATE ? 0 : AREA_SHARED) |
           (flags & MAP_NORESERVE ? AREA_NORESERVE : 0);
}

/* May f be mapped like this? And what does the mapping show? */
static int check_file(struct file *f, const struct mmap_args *m, struct area_spec *spec)
{
    unsigned access = atomic_load(&f->flags) & O_ACCMODE;
    bool     shared = spec->flags & AREA_SHARED;
    if (access == O_WRONLY || (shared && m->prot & PROT_WRITE && access != O_RDWR))
        return -EACCES;
    return file_mmap(f, &spec->file);
}

/* f: NULL for anonymous memory. */
static int64_t map(const struct mmap_args *m, struct file *f)
{
    vaddr_t          va;
    struct area_spec spec = {
        .hint = ALIGN_UP(m->addr, PAGE_SIZE),
        .len = m->len,
        .prot = pmap_prot(m->prot),
        .flags = area_flags(m->flags),
        .dom = current_dom(),
    };
    int err = f ? check_file(f, m, &spec) : 0;
    if (spec.file)
        spec.offset = m->offset;
    if (!err)
        err = vmspace_map(the_process.vmspace, &spec, &va);
    if (err)
        return err;
    bool fill = (m->flags & MAP_POPULATE && !(m->flags & MAP_NONBLOCK)) || m->flags & MAP_LOCKED;
    if (fill && spec.prot) /* what cannot be filled now faults later, as in Linux */
        vmspace_populate(the_process.vmspace, va, m->len, spec.prot & PMAP_W ? PMAP_W : PMAP_R);
    return (int64_t)va;
}

int64_t sys_mmap(const uint64_t *a)
{
    struct mmap_args m = {
        .addr = a[0],
        .len = a[1],
        .prot = (unsigned)a[2],
        .flags = (unsigned)a[3],
        .fd = (int)a[4],
        .offset = a[5],
    };
    if (unaligned(m.offset))
        return -EINVAL;
    struct file *f = NULL;
    if (!(m.flags & MAP_ANONYMOUS)) {
        f = args_file(m.fd);
        if (!f)
            return -EBADF;
    } else {
        m.offset = 0;
    }
    int64_t result = check_range(&m);
    if (!result)
        result = check_flags(m.flags);
    if (!result)
        result = map(&m, f);
    file_put(f);
    return result;
}

/* --- changing mappings ------------------------------------------------------------------- */

int64_t sys_munmap(const uint64_t *a)
{
    return vmspace_unmap(the_process.vmspace, a[0], a[1]);
}

/* A shared mapping of a file that may only be read must not become writable through mprotect.
 * Areas do not record how their file was opened; one that is not writable yet is taken to be such
 * a mapping. */
static int check_shared_files(struct vmspace *vs, vaddr_t va, vaddr_t end)
{
    struct area area;
    while (va < end && vmspace_find(vs, va, &area) == 0) {
        if (area.flags & AREA_SHARED && area.file && !(area.prot & PMAP_W))
            return -EACCES;
        va = area.end;
    }
    return 0;
}

int64_t sys_mprotect(const uint64_t *a)
{
    vaddr_t         va = a[0];
    size_t          len = a[1];
    unsigned        prot = (unsigned)a[2], grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
    struct vmspace *vs = the_process.vmspace;

    if (grows == (PROT_GROWSDOWN | PROT_GROWSUP) || unaligned(va))
        return -EINVAL;
    if (len == 0)
        return 0;
    if (ALIGN_UP(len, PAGE_SIZE) < len || va + ALIGN_UP(len, PAGE_SIZE) <= va)
        return -ENOMEM;
    if (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM | PROT_GROWSDOWN | PROT_GROWSUP))
        return -EINVAL;
    int err = prot & PROT_WRITE ? check_shared_files(vs, va, va + len) : 0;
    return err ? err : vmspace_protect(vs, current_dom(), va, len, pmap_prot(prot));
}

int64_t sys_mremap(const uint64_t *a)
{
    vaddr_t  old_va = a[0], new_va = a[4], va;
    unsigned flags = (unsigned)a[3];
    bool     fixed = flags & MREMAP_FIXED, may_move = flags & MREMAP_MAYMOVE;
    if (flags & ~(unsigned)(MREMAP_MAYMOVE | MREMAP_FIXED) || (fixed && !may_move))
        return -EINVAL;
    if (unaligned(old_va) || a[2] == 0 || (fixed && unaligned(new_va)))
        return -EINVAL;
    int err = vmspace_remap(the_process.vmspace, old_va, a[1], a[2], may_move,
                            fixed ? AREA_FIXED : 0, fixed ? new_va : 0, &va);
    return err ? err : (int64_t)va;
}

int64_t sys_brk(const uint64_t *a)
{
    return (int64_t)vmspace_brk(the_process.vmspace, a[0]);
}

/* --- advice, writing back, locking ------------------------------------------------------- */

/* -ENOMEM: the range has a hole. */
static int check_mapped(struct vmspace *vs, vaddr_t va, vaddr_t end)
{
    struct area area;
    for (; va < end; va = area.end) {
        if (vmspace_find(vs, va, &area))
            return -ENOMEM;
    }
    return 0;
}

static int64_t advise(struct vmspace *vs, vaddr_t va, size_t len, int advice)
{
    switch (advice) {
    case MADV_DONTNEED:
        return vmspace_discard(vs, va, len);
    case MADV_POPULATE_READ:
        return vmspace_populate(vs, va, len, PMAP_R);
    case MADV_POPULATE_WRITE:
        return vmspace_populate(vs, va, len, PMAP_W);
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED:
    case MADV_FREE: /* the pages may stay as they are */
    case MADV_DONTFORK:
    case MADV_DOFORK:
    case MADV_HUGEPAGE:
    case MADV_NOHUGEPAGE:
    case MADV_DONTDUMP:
    case MADV_DODUMP:
    case MADV_COLD:
    case MADV_PAGEOUT:
        return check_mapped(vs, va, va + len);
    default:
        return -EINVAL; /* also what Linux says to MERGEABLE when it is built without it */
    }
}

int64_t sys_madvise(const uint64_t *a)
{
    vaddr_t va = a[0];
    size_t  len = ALIGN_UP(a[1], PAGE_SIZE);
    if (unaligned(va) || (a[1] && !len) || va + len < va)
        return -EINVAL;
    if (len == 0)
        return 0;
    return advise(the_process.vmspace, va, len, (int)a[2]);
}

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
    return len ? vmspace_sync(the_process.vmspace, va, len) : 0;
}

/* Memory of a program is never taken away, so to lock it is to fill it. */
int64_t sys_mlock(const uint64_t *a)
{
    vaddr_t va = ALIGN_DOWN(a[0], PAGE_SIZE);
    size_t  len = ALIGN_UP(a[1] + (a[0] & PAGE_MASK), PAGE_SIZE);
    if (va + len < va)
        return -EINVAL;
    if (len == 0)
        return 0;
    return vmspace_populate(the_process.vmspace, va, len, PMAP_R) ? -ENOMEM : 0;
}

int64_t sys_munlock(const uint64_t *a)
{
    vaddr_t va = ALIGN_DOWN(a[0], PAGE_SIZE);
    size_t  len = ALIGN_UP(a[1] + (a[0] & PAGE_MASK), PAGE_SIZE);
    if (va + len < va)
        return -EINVAL;
    return check_mapped(the_process.vmspace, va, va + len);
}

/* One hart: what it stored, its own fetches have to see. */
int64_t sys_riscv_flush_icache(const uint64_t *a)
{
    if (a[2] & ~1ul)
        return -EINVAL;
    cpu_icache_sync();
    return 0;
}
