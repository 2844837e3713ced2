/* SPDX-License-Identifier: Apache-2.0 */
/* proc_memory.c - what /proc tells of the program's memory: its areas, how much there is, and what lies in
 * it by agreement: arguments, environment, auxiliary vector. See proc.h.
 *
 * Whoever reads these files is a thread of the program, so that memory is there to be read as for a
 * system call.
 */
#include "kernel/heap.h"
#include "kernel/pagecache.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "unix/proc.h"
#include "unix/process.h"

#define NAME_COLUMN 73u

/* --- areas ------------------------------------------------------------------------------- */

static void area_identity(const struct area *area, uint64_t *dev, uint64_t *ino)
{
    *dev = *ino = 0;
    if (area->file && area->file->ops->identify)
        area->file->ops->identify(area->file, dev, ino);
}

/* buf: VFS_PATH_MAX bytes. */
static void area_name(const struct area *area, char *buf)
{
    if (area->file && area->file->ops->describe)
        area->file->ops->describe(area->file, buf, VFS_PATH_MAX);
    else
        strlcpy(buf, area->name ? area->name : "", VFS_PATH_MAX);
}

static void put_area(struct pseudo_text *t, const struct area *area, char *buf)
{
    uint64_t dev, ino;

    area_identity(area, &dev, &ino);
    pseudo_printf(t, "%08lx-%08lx %c%c%c%c %08lx %02lx:%02lx %lu ", (unsigned long)area->start,
                  (unsigned long)area->end, area->prot & PMAP_R ? 'r' : '-',
                  area->prot & PMAP_W ? 'w' : '-', area->prot & PMAP_X ? 'x' : '-',
                  area->flags & AREA_SHARED ? 's' : 'p',
                  area->file ? (unsigned long)area->offset : 0, (unsigned long)(dev >> 8 & 0xfff),
                  (unsigned long)(dev & 0xff), (unsigned long)ino);
    area_name(area, buf);
    if (buf[0]) {
        pseudo_pad(t, NAME_COLUMN);
        pseudo_puts(t, buf);
    }
    pseudo_puts(t, "\n");
}

/* Numbers of one area, or of all, in bytes. */
struct usage {
    size_t size, resident, clean, dirty, anonymous, locked;
};

static struct usage area_usage(const struct area *area, size_t resident)
{
    return (struct usage){
        .size = area->end - area->start,
        .resident = resident,
        .clean = area->file ? resident : 0,
        .dirty = area->file ? 0 : resident,
        .anonymous = area->file ? 0 : resident,
        .locked = area->flags & AREA_LOCKED ? resident : 0,
    };
}

static void add_usage(struct usage *sum, const struct usage *u)
{
    sum->resident += u->resident;
    sum->clean += u->clean;
    sum->dirty += u->dirty;
    sum->anonymous += u->anonymous;
    sum->locked += u->locked;
}

static void put_kib(struct pseudo_text *t, const char *name, size_t bytes)
{
    size_t len = strlen(name);

    pseudo_printf(t, "%s:%*zu kB\n", name, (int)(23 - len), bytes >> 10);
}

/* No other program shares any of it. */
static void put_usage(struct pseudo_text *t, const struct usage *u)
{
    put_kib(t, "Rss", u->resident);
    put_kib(t, "Pss", u->resident);
    put_kib(t, "Pss_Dirty", u->dirty);
    put_kib(t, "Shared_Clean", 0);
    put_kib(t, "Shared_Dirty", 0);
    put_kib(t, "Private_Clean", u->clean);
    put_kib(t, "Private_Dirty", u->dirty);
    put_kib(t, "Referenced", u->resident);
    put_kib(t, "Anonymous", u->anonymous);
    put_kib(t, "KSM", 0);
    put_kib(t, "LazyFree", 0);
    put_kib(t, "AnonHugePages", 0);
    put_kib(t, "ShmemPmdMapped", 0);
    put_kib(t, "FilePmdMapped", 0);
    put_kib(t, "Shared_Hugetlb", 0);
    put_kib(t, "Private_Hugetlb", 0);
    put_kib(t, "Swap", 0);
    put_kib(t, "SwapPss", 0);
    put_kib(t, "Locked", u->locked);
}

static void put_flags(struct pseudo_text *t, const struct area *area)
{
    pseudo_puts(t, "THPeligible:           0\nVmFlags:");
    pseudo_puts(t, area->prot & PMAP_R ? " rd" : "");
    pseudo_puts(t, area->prot & PMAP_W ? " wr" : "");
    pseudo_puts(t, area->prot & PMAP_X ? " ex" : "");
    pseudo_puts(t, area->flags & AREA_SHARED ? " sh" : "");
    pseudo_puts(t, " mr");
    pseudo_puts(t, area->flags & AREA_READ_ONLY ? "" : " mw");
    pseudo_puts(t, " me");
    pseudo_puts(t, area->flags & AREA_STACK ? " gd" : "");
    pseudo_puts(t, area->flags & AREA_LOCKED ? " lo" : "");
    pseudo_puts(t, area->flags & AREA_NORESERVE ? " nr" : "");
    pseudo_puts(t, " \n");
}

static void put_smap(struct pseudo_text *t, const struct area *area, size_t resident)
{
    struct usage u = area_usage(area, resident);

    put_kib(t, "Size", u.size);
    put_kib(t, "KernelPageSize", PAGE_SIZE);
    put_kib(t, "MMUPageSize", PAGE_SIZE);
    put_usage(t, &u);
    put_flags(t, area);
}

static int show_areas(struct pseudo_text *t, bool usage)
{
    struct area area = {.end = 0};
    size_t      resident;
    char       *buf = kmalloc(VFS_PATH_MAX);
    if (!buf)
        return -ENOMEM;

    while (!vmspace_next_area(the_process.vmspace, area.end, &area, usage ? &resident : NULL)) {
        put_area(t, &area, buf);
        if (usage)
            put_smap(t, &area, resident);
        vmspace_area_done(&area);
    }
    kfree(buf);
    return 0;
}

int proc_show_maps(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    return show_areas(t, false);
}

int proc_show_smaps(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    return show_areas(t, true);
}

int proc_show_smaps_rollup(struct pseudo_text *t, uint64_t key)
{
    struct area  area = {.end = 0};
    struct usage sum = {0};
    size_t       resident;
    vaddr_t      first = 0;
    (void)key;

    while (!vmspace_next_area(the_process.vmspace, area.end, &area, &resident)) {
        struct usage u = area_usage(&area, resident);
        add_usage(&sum, &u);
        first = first ? first : area.start;
        vmspace_area_done(&area);
    }
    pseudo_printf(t, "%08lx-%08lx ---p 00000000 00:00 0 ", (unsigned long)first,
                  (unsigned long)area.end);
    pseudo_pad(t, NAME_COLUMN);
    pseudo_puts(t, "[rollup]\n");
    put_usage(t, &sum);
    return 0;
}

/* --- sums -------------------------------------------------------------------------------- */

static void add_area(struct proc_memory *m, const struct area *area, size_t resident)
{
    size_t len = area->end - area->start;
    bool   named = area->file && area->file->ops->identify;

    if (!area->file)
        m->anonymous += resident;
    else if (named)
        m->file += resident;
    else
        m->shared += resident;
    if (area->flags & AREA_LOCKED)
        m->locked += len;
    if (area->flags & AREA_STACK)
        m->stack += len;
    else if ((area->prot & PMAP_W) && !(area->flags & AREA_SHARED))
        m->data += len;
    if (area->prot & PMAP_X) {
        bool own = area_holds(area, the_process.places.code_start);
        *(own ? &m->code : &m->libraries) += len;
    }
}

void proc_memory(struct proc_memory *out)
{
    struct area          area = {.end = 0};
    struct vmspace_stats stats;
    size_t               resident;

    vmspace_stats(the_process.vmspace, &stats);
    *out = (struct proc_memory){.mapped = stats.mapped};
    while (!vmspace_next_area(the_process.vmspace, area.end, &area, &resident)) {
        add_area(out, &area, resident);
        vmspace_area_done(&area);
    }
}

int proc_show_statm(struct pseudo_text *t, uint64_t key)
{
    struct proc_memory m;
    (void)key;

    proc_memory(&m);
    pseudo_printf(t, "%zu %zu %zu %zu 0 %zu 0\n", m.mapped >> PAGE_SHIFT,
                  (m.anonymous + m.file + m.shared) >> PAGE_SHIFT,
                  (m.file + m.shared) >> PAGE_SHIFT, m.code >> PAGE_SHIFT,
                  (m.data + m.stack) >> PAGE_SHIFT);
    return 0;
}

/* --- what lies in memory --------------------------------------------------------------------- */

/* [va, end) as it is now, as far as it can be read. */
static int put_memory(struct pseudo_text *t, vaddr_t va, vaddr_t end)
{
    char bytes[256];

    while (va < end) {
        size_t len = size_min(end - va, sizeof(bytes));
        if (uaccess_read(bytes, va, len))
            break;
        pseudo_put(t, bytes, len);
        va += len;
    }
    return 0;
}

int proc_show_cmdline(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    return put_memory(t, the_process.places.arg_start, the_process.places.arg_end);
}

int proc_show_environ(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    return put_memory(t, the_process.places.env_start, the_process.places.env_end);
}

int proc_show_auxv(struct pseudo_text *t, uint64_t key)
{
    const struct exec_places *at = &the_process.places;
    (void)key;

    return put_memory(t, at->auxv, at->auxv + at->auxv_len);
}
