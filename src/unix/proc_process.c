/* SPDX-License-Identifier: Apache-2.0 */
/* proc_process.c - the process and its threads in /proc: see proc.h. The key is the number of the process,
 * and below its folder task that of the thread.
 *
 * What many lines tell is taken at once, under the process's lock, and written afterwards.
 */
#include "kernel/time.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "unix/admin.h"
#include "unix/cputime.h"
#include "unix/cred.h"
#include "unix/proc.h"
#include "unix/process.h"

#define NS_PER_TICK  (1000000000ul / USER_HZ)
#define GROUPS_SHOWN 64u
#define DEFAULT_PRIO 20
#define RSS_LIMIT    UINT64_MAX
#define TTY_CONSOLE  1281 /* of /dev/console: major number 5, minor 1 */

/* --- facts ----------------------------------------------------------------------------------- */

struct facts {
    char                   name[16];
    char                   state;
    uint32_t               tid;
    unsigned               nthreads;
    uint64_t               blocked, pending, shared_pending, ignored, caught;
    uint64_t               pc, sp;
    struct thread_cpu_time used;
    uint64_t               harts; /* where it may run */
    unsigned               hart;  /* and does, or did last */
};

/* R, S or Z, as ps shows it. */
static char state_of(const struct thread *t)
{
    switch (t->state) {
    case THREAD_SLEEPING:
        return t->interruptible ? 'S' : 'D';
    case THREAD_DEAD:
        return 'Z';
    default:
        return 'R';
    }
}

static void take_thread(struct facts *f, const struct uthread *ut)
{
    strlcpy(f->name, ut->thread->name, sizeof(f->name));
    f->state = state_of(ut->thread);
    f->blocked = ut->sigmask;
    f->pending = ut->pending.set;
    f->pc = ut->thread->tf->sepc;
    f->sp = ut->thread->tf->sp;
    f->harts = ut->thread->affinity & proc_all_cpus();
    f->hart = ut->thread->hart ? ut->thread->hart->index : 0;
    cputime_add(&f->used, ut->thread);
}

static void take_actions(struct facts *f)
{
    for (int sig = 1; sig <= NSIG; sig++) {
        uint64_t handler = the_process.actions[sig].handler, bit = 1ul << (sig - 1);
        f->ignored |= handler == SIG_IGN ? bit : 0;
        f->caught |= handler != SIG_IGN && handler != SIG_DFL ? bit : 0;
    }
}

/* Of thread tid. -ESRCH. Of a first thread that has ended, while others go on, little is known. */
static int take_facts(uint32_t tid, struct facts *f)
{
    bool            found = tid == PROCESS_PID;
    struct uthread *ut;

    *f = (struct facts){.tid = tid, .state = 'Z'};
    spinlock_acquire(&the_process.lock);
    LIST_FOREACH(ut, &the_process.threads, link) {
        f->nthreads++;
        if (ut->tid == tid) {
            take_thread(f, ut);
            found = true;
        }
    }
    f->shared_pending = the_process.pending.set;
    take_actions(f);
    spinlock_release(&the_process.lock);
    return found ? 0 : -ESRCH;
}

/* --- stat -------------------------------------------------------------------------------------- */

static unsigned long in_ticks(uint64_t cpu_ticks)
{
    return time_ticks_to_ns(cpu_ticks) / NS_PER_TICK;
}

/* Fields 1 to 22. Faults are not counted. */
static void put_stat_start(struct pseudo_text *t, const struct facts *f,
                           const struct thread_cpu_time *used)
{
    int nice = process_nice();

    pseudo_printf(t, "%u (%s) %c %d %d %d %d %d 0 0 0 0 0 ", f->tid, f->name, f->state,
                  PROCESS_PPID, PROCESS_PID, PROCESS_PID, TTY_CONSOLE, PROCESS_PID);
    pseudo_printf(t, "%lu %lu 0 0 %d %d %u 0 %lu ", in_ticks(used->user), in_ticks(used->kernel),
                  DEFAULT_PRIO + nice, nice, f->nthreads,
                  (unsigned long)(the_process.start_ns / NS_PER_TICK));
}

/* Fields 23 to 52. */
static void put_stat_end(struct pseudo_text *t, const struct facts *f)
{
    const struct exec_places *at = &the_process.places;
    struct proc_memory        m;

    proc_memory(&m);
    pseudo_printf(t, "%zu %zu %lu %lu %lu %lu %lu %lu ", m.mapped,
                  (m.anonymous + m.file + m.shared) >> PAGE_SHIFT, RSS_LIMIT, at->code_start,
                  at->code_end, at->stack_start, (unsigned long)f->sp, (unsigned long)f->pc);
    pseudo_printf(t, "%lu %lu %lu %lu 0 0 0 17 %u 0 0 0 0 0 ", (unsigned long)f->pending,
                  (unsigned long)f->blocked, (unsigned long)f->ignored, (unsigned long)f->caught,
                  f->hart);
    pseudo_printf(t, "%lu %lu %lu %lu %lu %lu %lu 0\n", at->data_start, at->data_end,
                  the_process.vmspace->brk_start, at->arg_start, at->arg_end, at->env_start,
                  at->env_end);
}

static int show_stat(struct pseudo_text *t, uint32_t tid, bool whole)
{
    struct facts f;
    int          err = take_facts(tid, &f);
    if (err)
        return err;

    struct thread_cpu_time used = whole ? cputime_process() : f.used;
    put_stat_start(t, &f, &used);
    put_stat_end(t, &f);
    return 0;
}

static int show_process_stat(struct pseudo_text *t, uint64_t key)
{
    return show_stat(t, (uint32_t)key, true);
}

static int show_thread_stat(struct pseudo_text *t, uint64_t key)
{
    return show_stat(t, (uint32_t)key, false);
}

/* --- status ------------------------------------------------------------------------------------ */

static const char *state_name(char state)
{
    switch (state) {
    case 'S':
        return "sleeping";
    case 'D':
        return "disk sleep";
    case 'Z':
        return "zombie";
    default:
        return "running";
    }
}

static void put_ids(struct pseudo_text *t, const char *name, struct cred_ids ids)
{
    pseudo_printf(t, "%s:\t%u\t%u\t%u\t%u\n", name, ids.real, ids.effective, ids.saved, ids.files);
}

static void put_groups(struct pseudo_text *t)
{
    uint32_t list[GROUPS_SHOWN];
    unsigned n = cred_supplementary(list, GROUPS_SHOWN);

    pseudo_puts(t, "Groups:\t");
    for (unsigned i = 0; i < n && i < GROUPS_SHOWN; i++)
        pseudo_printf(t, "%u ", list[i]);
    pseudo_puts(t, n ? "\n" : " \n");
}

static void put_identity(struct pseudo_text *t, const struct facts *f)
{
    unsigned fds = fd_table_size(&the_process.fds);

    pseudo_printf(t, "Name:\t%s\nUmask:\t%04o\nState:\t%c (%s)\n", f->name, the_process.umask,
                  f->state, state_name(f->state));
    pseudo_printf(t, "Tgid:\t%d\nNgid:\t0\nPid:\t%u\nPPid:\t%d\nTracerPid:\t0\n", PROCESS_PID,
                  f->tid, PROCESS_PPID);
    put_ids(t, "Uid", cred_users());
    put_ids(t, "Gid", cred_groups());
    pseudo_printf(t, "FDSize:\t%u\n", fds < 64 ? 64 : fds);
    put_groups(t);
    pseudo_printf(t, "NStgid:\t%d\nNSpid:\t%u\nNSpgid:\t%d\nNSsid:\t%d\nKthread:\t0\n", PROCESS_PID,
                  f->tid, PROCESS_PID, PROCESS_PID);
}

static void put_kib(struct pseudo_text *t, const char *name, size_t bytes)
{
    pseudo_printf(t, "%s:\t%8zu kB\n", name, bytes >> 10);
}

/* The largest that memory has been is not known: what it is now stands in its place. */
static void put_memory(struct pseudo_text *t)
{
    struct pmap_stats  map;
    struct proc_memory m;

    proc_memory(&m);
    vmspace_map_stats(the_process.vmspace, &map);
    size_t resident = m.anonymous + m.file + m.shared;
    put_kib(t, "VmPeak", m.mapped);
    put_kib(t, "VmSize", m.mapped);
    put_kib(t, "VmLck", m.locked);
    put_kib(t, "VmPin", 0);
    put_kib(t, "VmHWM", resident);
    put_kib(t, "VmRSS", resident);
    put_kib(t, "RssAnon", m.anonymous);
    put_kib(t, "RssFile", m.file);
    put_kib(t, "RssShmem", m.shared);
    put_kib(t, "VmData", m.data);
    put_kib(t, "VmStk", m.stack);
    put_kib(t, "VmExe", m.code);
    put_kib(t, "VmLib", m.libraries);
    put_kib(t, "VmPTE", map.table_bytes);
    put_kib(t, "VmSwap", 0);
    put_kib(t, "HugetlbPages", 0);
    pseudo_puts(t, "CoreDumping:\t0\nTHP_enabled:\t1\nuntag_mask:\t0xffffffffffffffff\n");
}

static void put_signals(struct pseudo_text *t, const struct facts *f)
{
    pseudo_printf(t, "Threads:\t%u\nSigQ:\t0/%lu\n", f->nthreads,
                  (unsigned long)the_process.limits[RLIMIT_SIGPENDING].cur);
    pseudo_printf(t, "SigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\n",
                  (unsigned long)f->pending, (unsigned long)f->shared_pending,
                  (unsigned long)f->blocked);
    pseudo_printf(t, "SigIgn:\t%016lx\nSigCgt:\t%016lx\n", (unsigned long)f->ignored,
                  (unsigned long)f->caught);
}

static void put_capabilities(struct pseudo_text *t)
{
    const struct cred_caps caps = cred_caps();
    pseudo_printf(t, "CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\n", caps.inheritable,
                  caps.permitted, caps.effective);
    pseudo_printf(t, "CapBnd:\t%016lx\nCapAmb:\t%016lx\nNoNewPrivs:\t%d\n", CRED_CAPS_ALL, 0ul,
                  prctl_no_new_privs());
    pseudo_puts(t, "Seccomp:\t0\nSeccomp_filters:\t0\n");
}

static int show_status(struct pseudo_text *t, uint64_t key)
{
    struct facts f;
    int          err = take_facts((uint32_t)key, &f);
    if (err)
        return err;

    put_identity(t, &f);
    put_memory(t);
    put_signals(t, &f);
    put_capabilities(t);
    pseudo_puts(t, "Speculation_Store_Bypass:\tunknown\n"
                   "SpeculationIndirectBranch:\tunsupported\n");
    pseudo_printf(t, "Cpus_allowed:\t%lx\nCpus_allowed_list:\t", (unsigned long)f.harts);
    proc_put_list(t, f.harts);
    pseudo_puts(t, "\nMems_allowed:\t1\nMems_allowed_list:\t0\n"
                   "voluntary_ctxt_switches:\t0\nnonvoluntary_ctxt_switches:\t0\n");
    return 0;
}

/* --- limits -------------------------------------------------------------------------------------- */

static void put_limit(struct pseudo_text *t, uint64_t value)
{
    char text[24];

    if (value == RLIM_INFINITY)
        strlcpy(text, "unlimited", sizeof(text));
    else
        fmt_snprintf(text, sizeof(text), "%lu", (unsigned long)value);
    pseudo_printf(t, "%-20s ", text);
}

static int show_limits(struct pseudo_text *t, uint64_t key)
{
    static const struct {
        const char *name, *unit;
    } lines[RLIM_NLIMITS] = {
        [RLIMIT_CPU] = {"Max cpu time", "seconds"},
        [RLIMIT_FSIZE] = {"Max file size", "bytes"},
        [RLIMIT_DATA] = {"Max data size", "bytes"},
        [RLIMIT_STACK] = {"Max stack size", "bytes"},
        [RLIMIT_CORE] = {"Max core file size", "bytes"},
        [RLIMIT_RSS] = {"Max resident set", "bytes"},
        [RLIMIT_NPROC] = {"Max processes", "processes"},
        [RLIMIT_NOFILE] = {"Max open files", "files"},
        [RLIMIT_MEMLOCK] = {"Max locked memory", "bytes"},
        [RLIMIT_AS] = {"Max address space", "bytes"},
        [RLIMIT_LOCKS] = {"Max file locks", "locks"},
        [RLIMIT_SIGPENDING] = {"Max pending signals", "signals"},
        [RLIMIT_MSGQUEUE] = {"Max msgqueue size", "bytes"},
        [RLIMIT_NICE] = {"Max nice priority", NULL},
        [RLIMIT_RTPRIO] = {"Max realtime priority", NULL},
        [RLIMIT_RTTIME] = {"Max realtime timeout", "us"},
    };
    struct abi_rlimit limits[RLIM_NLIMITS];
    (void)key;

    spinlock_acquire(&the_process.lock);
    memcpy(limits, the_process.limits, sizeof(limits));
    spinlock_release(&the_process.lock);
    pseudo_printf(t, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    for (unsigned i = 0; i < RLIM_NLIMITS; i++) {
        pseudo_printf(t, "%-25s ", lines[i].name);
        put_limit(t, limits[i].cur);
        put_limit(t, limits[i].max);
        if (lines[i].unit)
            pseudo_printf(t, "%-10s", lines[i].unit);
        pseudo_puts(t, "\n");
    }
    return 0;
}

/* --- comm ------------------------------------------------------------------------------------------ */

static int show_comm(struct pseudo_text *t, uint64_t key)
{
    struct facts f;
    int          err = take_facts((uint32_t)key, &f);
    if (!err)
        pseudo_printf(t, "%s\n", f.name);
    return err;
}

/* Longer names are cut. */
static int store_comm(const char *text, size_t len, uint64_t key)
{
    char            name[sizeof(((struct thread *)0)->name)] = {0};
    int             err = -ESRCH;
    struct uthread *ut;

    memcpy(name, text, size_min(len, sizeof(name) - 1));
    spinlock_acquire(&the_process.lock);
    LIST_FOREACH(ut, &the_process.threads, link) {
        if (ut->tid == key) {
            memcpy(ut->thread->name, name, sizeof(name));
            err = 0;
        }
    }
    spinlock_release(&the_process.lock);
    return err;
}

/* --- settings that change nothing here ------------------------------------------------------------- */

/* Who is ended when memory runs out: there is only one to choose. */
static int oom_score_adj;

static int show_oom_score_adj(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    pseudo_printf(t, "%d\n", oom_score_adj);
    return 0;
}

static int show_oom_score(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    pseudo_printf(t, "%d\n", 666 + oom_score_adj * 2 / 3);
    return 0;
}

/* A decimal number with blanks around it, within [-max, max]. -EINVAL. */
static int parse_int(const char *s, int max, int *out)
{
    bool negative;
    int  value = 0, digits = 0;

    while (*s == ' ' || *s == '\t' || *s == '\n')
        s++;
    negative = *s == '-';
    s += *s == '-' || *s == '+';
    for (; *s >= '0' && *s <= '9' && value <= max; s++, digits++)
        value = value * 10 + (*s - '0');
    while (*s == ' ' || *s == '\t' || *s == '\n')
        s++;
    if (!digits || *s || value > max)
        return -EINVAL;
    *out = negative ? -value : value;
    return 0;
}

static int store_oom_score_adj(const char *text, size_t len, uint64_t key)
{
    int value;
    (void)len;
    (void)key;

    int err = parse_int(text, 1000, &value);
    if (err)
        return err;
    if (value < oom_score_adj && !cred_privileged())
        return -EACCES;
    oom_score_adj = value;
    return 0;
}

/* No user has logged in. */
static int show_loginuid(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    pseudo_puts(t, "4294967295"); /* without an end of line, as on Linux */
    return 0;
}

/* --- the tables ------------------------------------------------------------------------------------ */

static bool next_process(uint64_t key, uint64_t *n)
{
    (void)key;
    if (*n > PROCESS_PID)
        return false;
    *n = PROCESS_PID;
    return true;
}

/* The lowest number from *n on. */
static bool next_thread(uint64_t key, uint64_t *n)
{
    uint64_t        best = UINT64_MAX;
    struct uthread *ut;
    (void)key;

    spinlock_acquire(&the_process.lock);
    LIST_FOREACH(ut, &the_process.threads, link)
        if (ut->tid >= *n && ut->tid < best)
            best = ut->tid;
    spinlock_release(&the_process.lock);
    if (best == UINT64_MAX)
        return false;
    *n = best;
    return true;
}

#define FILE_OF(what, rights, writer)                            \
    {                                                            \
        .name = what, .mode = S_IFREG | (rights), .show = writer \
    }
#define JUMP_TO(what, writer, target)                                          \
    {                                                                          \
        .name = what, .mode = S_IFLNK | 0777, .text = writer, .follow = target \
    }

/* What a process and each of its threads have. */
#define COMMON_ENTRIES                                                                          \
    FILE_OF("auxv", 0400, proc_show_auxv), FILE_OF("cmdline", 0444, proc_show_cmdline),         \
        {.name = "comm", .mode = S_IFREG | 0644, .show = show_comm, .store = store_comm},       \
        JUMP_TO("cwd", proc_text_cwd, proc_follow_cwd),                                         \
        FILE_OF("environ", 0400, proc_show_environ),                                            \
        JUMP_TO("exe", proc_text_exe, proc_follow_exe),                                         \
        {.name = "fd", .mode = S_IFDIR | 0500, .numbers = &proc_fds},                           \
        {.name = "fdinfo", .mode = S_IFDIR | 0555, .numbers = &proc_fdinfos},                   \
        FILE_OF("limits", 0444, show_limits), FILE_OF("loginuid", 0644, show_loginuid),         \
        FILE_OF("maps", 0444, proc_show_maps), FILE_OF("mountinfo", 0444, proc_show_mountinfo), \
        FILE_OF("mounts", 0444, proc_show_mounts), FILE_OF("oom_score", 0444, show_oom_score),  \
        {.name = "oom_score_adj",                                                               \
         .mode = S_IFREG | 0644,                                                                \
         .show = show_oom_score_adj,                                                            \
         .store = store_oom_score_adj},                                                         \
        JUMP_TO("root", proc_text_root, proc_follow_root),                                      \
        FILE_OF("smaps", 0444, proc_show_smaps),                                                \
        FILE_OF("smaps_rollup", 0444, proc_show_smaps_rollup),                                  \
        FILE_OF("statm", 0444, proc_show_statm), FILE_OF("status", 0444, show_status)

static const struct pseudo_entry thread_entries[] = {
    COMMON_ENTRIES,
    FILE_OF("stat", 0444, show_thread_stat),
    {0},
};

static const struct pseudo_entry thread_entry = {.mode = S_IFDIR | 0555, .entries = thread_entries};

static const struct pseudo_numbers threads = {.entry = &thread_entry, .next = next_thread};

static const struct pseudo_entry process_entries[] = {
    COMMON_ENTRIES,
    FILE_OF("stat", 0444, show_process_stat),
    {.name = "task", .mode = S_IFDIR | 0555, .numbers = &threads},
    {0},
};

static const struct pseudo_entry process_entry = {
    .mode = S_IFDIR | 0555,
    .entries = process_entries,
};

const struct pseudo_numbers proc_processes = {.entry = &process_entry, .next = next_process};

int proc_show_self(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    pseudo_printf(t, "%d", PROCESS_PID);
    return 0;
}

int proc_show_thread_self(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    pseudo_printf(t, "%d/task/%u", PROCESS_PID, uthread_self()->tid);
    return 0;
}
