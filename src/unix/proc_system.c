/* SPDX-License-Identifier: Apache-2.0 */
/* proc_system.c - files of /proc about the machine. See proc.h. */
#include "kernel/frame.h"
#include "kernel/heap.h"
#include "kernel/pagecache.h"
#include "kernel/time.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "machine/cpu.h"
#include "machine/layout.h"
#include "unix/admin.h"
#include "unix/cputime.h"
#include "unix/proc.h"
#include "unix/process.h"

#define NS_PER_SEC  1000000000ul
#define NS_PER_TICK (NS_PER_SEC / USER_HZ)

/* --- processors and memory --------------------------------------------------------------- */

/* The mode of translation whose addresses hold the program's: programs size their tables by it. It
 * is the smallest one of Linux's that does. */
static unsigned address_bits(void)
{
    return USER_END > 1ul << 38 ? 48 : 39;
}

int proc_show_cpuinfo(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    for (unsigned i = 0; i < cpu_nharts; i++) {
        pseudo_printf(t, "processor\t: %u\nhart\t\t: %lu\n", i, (unsigned long)cpu_harts[i]->id);
        pseudo_puts(t, "isa\t\t: rv64imafdc_zicsr_zifencei\n");
        pseudo_printf(t, "mmu\t\t: sv%u\n", address_bits());
        pseudo_puts(t, "mvendorid\t: 0x0\nmarchid\t\t: 0x0\nmimpid\t\t: 0x0\n");
        pseudo_puts(t, "hart isa\t: rv64imafdc_zicsr_zifencei\n\n");
    }
    return 0;
}

uint64_t proc_all_cpus(void)
{
    return (2ul << (cpu_nharts - 1)) - 1;
}

void proc_put_list(struct pseudo_text *t, uint64_t set)
{
    const char *between = "";
    while (set) {
        unsigned first = (unsigned)__builtin_ctzl(set);
        unsigned len = ~(set >> first) ? (unsigned)__builtin_ctzl(~(set >> first)) : 64;
        pseudo_printf(t, "%s%u", between, first);
        if (len > 1)
            pseudo_printf(t, "-%u", first + len - 1);
        between = ",";
        set = first + len < 64 ? set >> (first + len) << (first + len) : 0;
    }
}

static void put_kib(struct pseudo_text *t, const char *name, size_t pages)
{
    pseudo_puts(t, name);
    pseudo_puts(t, ":");
    pseudo_printf(t, "%*zu kB\n", (int)(23 - strlen(name)), pages << 2);
}

/* In pages. What the page cache holds for files that it can read again counts as available. */
int proc_show_meminfo(struct pseudo_text *t, uint64_t key)
{
    struct frame_stats     mem;
    struct pagecache_stats cache;
    (void)key;
    frame_stats(&mem);
    pagecache_stats(&cache);
    size_t free = mem.free + mem.reserved + cache.reserved;
    size_t used = mem.total - free;
    size_t cached = cache.resident < used ? cache.resident : used;

    const struct {
        const char *name;
        size_t      pages;
    } lines[] = {
        {"MemTotal", mem.total},
        {"MemFree", free},
        {"MemAvailable", free + cached - (cache.dirty < cached ? cache.dirty : cached)},
        {"Buffers", 0},
        {"Cached", cached},
        {"SwapCached", 0},
        {"Active", used},
        {"Inactive", 0},
        {"SwapTotal", 0},
        {"SwapFree", 0},
        {"Dirty", 0},
        {"Writeback", 0},
        {"AnonPages", used - cached},
        {"Mapped", 0},
        {"Shmem", cache.dirty < cached ? cache.dirty : cached},
        {"CommitLimit", mem.total},
        {"Committed_AS", used},
        {"VmallocTotal", 0},
        {"VmallocUsed", 0},
        {"AnonHugePages", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        put_kib(t, lines[i].name, lines[i].pages);
    pseudo_puts(t, "HugePages_Total:       0\nHugePages_Free:        0\n"
                   "HugePages_Rsvd:        0\nHugePages_Surp:        0\n");
    put_kib(t, "Hugepagesize", VMSPACE_LARGE >> PAGE_SHIFT);
    put_kib(t, "Hugetlb", 0);
    return 0;
}

/* A line of slabinfo. Objects are never tuned; a slab that has no object in use is given back. */
static void put_slabs(struct pseudo_text *t, const char *name, const struct heap_class *c)
{
    pseudo_puts(t, name);
    pseudo_pad(t, 18);
    pseudo_printf(
        t, "%6zu %6zu %6zu %4zu    1 : tunables    0    0    0 : slabdata %6zu %6zu      0\n",
        c->used, c->slabs * c->per_slab, c->size, c->per_slab, c->slabs, c->slabs);
}

/* The kernel's heap by size of objects; those larger than the last size have frames of their own,
 * which are counted each. */
int proc_show_slabinfo(struct pseudo_text *t, uint64_t key)
{
    struct heap_class c;
    char              name[24];
    size_t            large = heap_large_frames();
    (void)key;

    pseudo_puts(t,
                "slabinfo - version: 2.1\n"
                "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> "
                ": tunables <limit> <batchcount> <sharedfactor> "
                ": slabdata <active_slabs> <num_slabs> <sharedavail>\n");
    for (unsigned n = 0; heap_class(n, &c); n++) {
        fmt_snprintf(name, sizeof(name), "kmalloc-%zu", c.size);
        put_slabs(t, name, &c);
    }
    c = (struct heap_class){.size = PAGE_SIZE, .per_slab = 1, .slabs = large, .used = large};
    put_slabs(t, "large-frames", &c);
    return 0;
}

/* --- time -------------------------------------------------------------------------------- */

/* Since the start, in USER_HZ. */
struct times {
    uint64_t user, system, idle;
};

static struct times times_now(void)
{
    struct thread_cpu_time used = cputime_process();
    uint64_t               total = time_ns() * cpu_nharts;
    uint64_t               busy = cputime_total_ns(&used);

    return (struct times){
        .user = time_ticks_to_ns(used.user) / NS_PER_TICK,
        .system = time_ticks_to_ns(used.kernel) / NS_PER_TICK,
        .idle = (total > busy ? total - busy : 0) / NS_PER_TICK,
    };
}

static void put_seconds(struct pseudo_text *t, uint64_t hundredths)
{
    pseudo_printf(t, "%lu.%02lu", (unsigned long)(hundredths / USER_HZ),
                  (unsigned long)(hundredths % USER_HZ));
}

int proc_show_uptime(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    put_seconds(t, time_ns() / NS_PER_TICK);
    pseudo_puts(t, " ");
    put_seconds(t, times_now().idle);
    pseudo_puts(t, "\n");
    return 0;
}

/* Threads that want a processor, and all. */
static unsigned count_threads(unsigned *running)
{
    unsigned        n = 0;
    struct uthread *ut;

    *running = 0;
    spinlock_acquire(&the_process.lock);
    LIST_FOREACH(ut, &the_process.threads, link) {
        n++;
        *running += ut->thread->state == THREAD_READY || ut->thread->state == THREAD_RUNNING;
    }
    spinlock_release(&the_process.lock);
    return n;
}

/* No averages are kept. */
int proc_show_loadavg(struct pseudo_text *t, uint64_t key)
{
    unsigned running, all = count_threads(&running);
    (void)key;

    pseudo_printf(t, "0.00 0.00 0.00 %u/%u %u\n", running, all, the_process.next_tid - 1);
    return 0;
}

static void put_times(struct pseudo_text *t, const char *name, const struct times *now)
{
    pseudo_printf(t, "%s %lu 0 %lu %lu 0 0 0 0 0 0\n", name, (unsigned long)now->user,
                  (unsigned long)now->system, (unsigned long)now->idle);
}

/* How long a hart had nothing to do is known. The rest is shared out as it is among all of them. */
static void put_hart_times(struct pseudo_text *t, unsigned i, const struct times *all)
{
    uint64_t     total = time_ns() / NS_PER_TICK;
    uint64_t     idle = time_ticks_to_ns(thread_idle_ticks(cpu_harts[i])) / NS_PER_TICK;
    uint64_t     busy = total > idle ? total - idle : 0, both = all->user + all->system;
    struct times own = {.user = both ? busy * all->user / both : 0, .idle = idle};
    char         name[16];

    own.system = busy - own.user;
    fmt_snprintf(name, sizeof(name), "cpu%u", i);
    put_times(t, name, &own);
}

int proc_show_stat(struct pseudo_text *t, uint64_t key)
{
    struct times now = times_now();
    unsigned     running;
    (void)key;

    count_threads(&running);
    put_times(t, "cpu ", &now);
    for (unsigned i = 0; i < cpu_nharts; i++)
        put_hart_times(t, i, &now);
    pseudo_puts(t, "intr 0\nctxt 0\n");
    pseudo_printf(t, "btime %lu\nprocesses %u\nprocs_running %u\nprocs_blocked 0\n",
                  (unsigned long)((time_wall_ns() - time_ns()) / NS_PER_SEC),
                  the_process.next_tid - 1, running);
    pseudo_puts(t, "softirq 0 0 0 0 0 0 0 0 0 0 0\n");
    return 0;
}

/* --- names ------------------------------------------------------------------------------- */

int proc_show_version(struct pseudo_text *t, uint64_t key)
{
    struct abi_utsname names;
    (void)key;

    admin_names(&names);
    pseudo_printf(t, "%s version %s %s\n", names.sysname, names.release, names.version);
    return 0;
}

int proc_show_filesystems(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    pseudo_puts(t, "nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\n\text4\n");
    return 0;
}
