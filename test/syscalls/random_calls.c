/* SPDX-License-Identifier: Apache-2.0 */
/* random_calls.c - threads that make random calls, the watch over them, the report: see random_calls.h. */
#include "random_calls.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#define STACK      (256ul << 10) /* all signals may come at once */
#define WARM_UP    4000 /* calls before the first census: what the kernel makes once and keeps */
#define LOOK_NS    2000000
#define PATIENCE   60  /* seconds for one call */
#define SETTLING   400 /* looks until everything that ends has ended */
#define ACT_EVERY  12
#define EXEC_EVERY 5000
#define HURRY      20 /* seconds after which the clock is put on */
#define OBJECTS    1200
#define NEXT_SEED  7919 /* from a seed to that of the program that goes on */
#define AREAS      64
#define FREED      200
#define FILES      400 /* some are on their way between sockets */

struct worker workers[MAX_THREADS];
unsigned      nworkers;
uintptr_t     heap_start;

/* --- a thread ---------------------------------------------------------------------------------------- */

/* Each call with the memory that is free before it: who takes it all is seen. */
static void show(struct worker *w)
{
    struct sysinfo info;
    char           text[160];
    int            len;

    if (w->step < kept->show_from)
        return;
    RAW(SYS_sysinfo, &info);
    len = snprintf(text, sizeof(text), "%u.%u %lu KiB: %s(%#lx, %#lx, %#lx, %#lx, %#lx, %#lx)\n",
                   w->index, w->step, info.freeram >> 10, w->call, w->args[0], w->args[1],
                   w->args[2], w->args[3], w->args[4], w->args[5]);
    RAW(SYS_write, CONSOLE_FD, text, len);
}

static void begin_step(struct worker *w, unsigned step)
{
    w->step = step;
    w->random = mix(w->seed << 40 ^ (uint64_t)w->index << 36 ^ step);
}

static void work(void *arg)
{
    struct worker *w = arg;

    w->tid = (int)RAW(SYS_gettid);
    settle_thread(w);
    for (unsigned i = 0; i < w->steps; i++) {
        begin_step(w, i);
        atomic_fetch_add(&kept->begun, 1);
        if (kept->phase == RUNNING && chance(w, EXEC_EVERY))
            random_exec(w);
        else if (chance(w, ACT_EVERY))
            random_act(w);
        else
            random_call(w);
    }
    settle_thread(w);
    w->done = true;
}

/* Memory behind which nothing lies. */
static uint8_t *fenced(size_t size)
{
    uint8_t *at = mmap(NULL, size + PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED || mprotect(at, size, PROT_READ | PROT_WRITE)) {
        dprintf(CONSOLE_FD, "FAILED: no memory\n");
        exit(1);
    }
    return at;
}

static void prepare(struct worker *w, unsigned index)
{
    w->index = index;
    w->scratch = fenced(SCRATCH);
    w->altstack = fenced(ALTSTACK);
    memset(w->altstack, 1,
           ALTSTACK); /* what is touched later would look like something left over */
}

static uint8_t   *stacks[MAX_THREADS];
static const char home[] = "/tmp";

static void start(struct worker *w, uint64_t seed, unsigned steps)
{
    mmap((void *)(ARENA + w->index * ARENA_STEP), ARENA_PAGES * PAGE, PROT_READ | PROT_WRITE,
         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    w->seed = seed;
    w->steps = steps;
    w->done = false;
    w->step = 0;
    w->tid = new_thread(0, stacks[w->index] + STACK, work, w);
    if (w->tid < 0) {
        dprintf(CONSOLE_FD, "FAILED: no thread: %d\n", w->tid);
        exit(1);
    }
}

/* --- the watch ----------------------------------------------------------------------------------------- */

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec;
}

static void pause_a_little(void)
{
    struct timespec t = {0, LOOK_NS};
    nanosleep(&t, NULL);
}

static _Noreturn void tell_stuck(const struct worker *w)
{
    dprintf(
        CONSOLE_FD,
        "FAILED: thread %u does not come back from call %u: %s(%#lx, %#lx, %#lx, %#lx, %#lx, %#lx)\n",
        w->index, w->step, w->call, w->args[0], w->args[1], w->args[2], w->args[3], w->args[4],
        w->args[5]);
    RAW(SYS_exit_group, 1);
    abort();
}

/* Who waits for a lock until some hour waits for ever if the clock is put back, and no signal ends that. */
static void put_clock_on(void)
{
    struct timespec t = {4000000000, 0};
    RAW(SYS_clock_settime, CLOCK_REALTIME, &t);
}

/* Interrupt who has made no new call since the last look. */
static bool look(uint64_t since[], unsigned seen[])
{
    bool busy = false;

    for (unsigned i = 0; i < nworkers; i++) {
        struct worker *w = &workers[i];
        if (w->done)
            continue;
        busy = true;
        if (w->step != seen[i]) {
            seen[i] = w->step;
            since[i] = now();
            continue;
        }
        RAW(SYS_tgkill, getpid(), w->tid, KICK);
        if (now() > since[i] + HURRY)
            put_clock_on();
        if (now() > since[i] + PATIENCE)
            tell_stuck(w);
    }
    return busy;
}

/* As many calls as are left of so many. */
static void run(uint64_t seed, unsigned calls)
{
    uint64_t since[MAX_THREADS];
    unsigned seen[MAX_THREADS];

    calls = kept->begun < calls ? calls - kept->begun : 0;
    chdir(home);
    for (unsigned i = 0; i < nworkers; i++) {
        since[i] = now();
        seen[i] = -1u;
        start(&workers[i], seed + kept->execs * NEXT_SEED, (calls + nworkers - 1) / nworkers);
    }
    while (look(since, seen))
        pause_a_little();
    give_back();
}

/* --- the whole ----------------------------------------------------------------------------------------- */

/* Threads end when they end, and so does what they held. */
static bool settled(const struct census *before, struct census *after)
{
    for (unsigned i = 0; i < SETTLING; i++) {
        take_census(after);
        if (nothing_left(before, after))
            return true;
        pause_a_little();
    }
    return false;
}

static struct census after;

static void settle_first(void)
{
    take_census(&after);
    for (unsigned i = 0; i < SETTLING && !same_census(&kept->before, &after); i++) {
        kept->before = after;
        pause_a_little();
        take_census(&after);
    }
}

/* As many open files as random calls may have at once: the kernel keeps the memory of open files for others. */
static void fill_files(void)
{
    int first = open("/dev/null", O_RDONLY), fd = first;
    for (unsigned i = 0; i < FILES && fd >= 0; i++)
        fd = open("/dev/null", O_RDONLY);
    RAW(SYS_close_range, first, CONSOLE_FD - 1, 0);
    RAW(SYS_close_range, PROGRAM_FD + 1, 1000, 0);
}

/* And as many blocks of metadata that are freed before one commit: the journal's list of them does not shrink. */
static void fill_journal(void)
{
    char name[32];

    for (int making = 1; making >= 0; making--) {
        for (unsigned i = 0; i < FREED; i++) {
            snprintf(name, sizeof(name), "/root/%u", i);
            if (making)
                mkdir(name, 0700);
            else
                rmdir(name);
        }
        sync(); /* what the journal does not hold, it need not be told of */
    }
}

/* Of messages and signals that wait, the memory of the last one is kept, too. */
static void fill_queues(void)
{
    int ends[2];

    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    write(ends[0], "a", 1);
    close(ends[0]);
    close(ends[1]);
    sigqueue(getpid(), SIGRTMIN, (union sigval){0});
}

/* [start, end) holds the same, and no file behind it. Nothing is written there meanwhile. */
static void copy_in_place(uintptr_t start, uintptr_t end, int prot)
{
    size_t len = end - start;
    void  *copy = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    memcpy(copy, (void *)start, len);
    RAW(SYS_mprotect, copy, len, prot);
    RAW(SYS_mremap, copy, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, start);
    __builtin___clear_cache((char *)start, (char *)end);
}

extern char __executable_start[], end_of_data[] __asm__("_end");

/* Random calls may well cut the program's file, or give it another name: the program shall not need it. */
static void leave_file(void)
{
    static char maps[4096];
    uintptr_t   start, end;
    char        rights[8];
    int         fd = open("/proc/self/maps", O_RDONLY);

    maps[read(fd, maps, sizeof(maps) - 1)] = 0;
    close(fd);
    for (char *line = maps, *next; (next = strchr(line, '\n')); line = next + 1) {
        *next = 0;
        if (sscanf(line, "%lx-%lx %7s", &start, &end, rights) != 3 || !strchr(line, '/') ||
            start < (uintptr_t)__executable_start || start >= (uintptr_t)end_of_data)
            continue;
        copy_in_place(start, end,
                      PROT_READ | (rights[1] == 'w' ? PROT_WRITE : 0) |
                          (rights[2] == 'x' ? PROT_EXEC : 0));
    }
}

/* And as many of System V's objects: the tables of their numbers do not shrink. */
static void fill_ipc(void)
{
    for (unsigned i = 0; i < OBJECTS; i++) {
        RAW(SYS_msgget, 0, 0600);
        RAW(SYS_semget, 0, 1, 0600);
        RAW(SYS_shmget, 0, PAGE, 0600);
    }
}

/* And as many areas: the kernel keeps the memory of a few. */
static void fill_areas(void)
{
    uint8_t *at = mmap(NULL, AREAS * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    for (unsigned i = 0; i < AREAS; i += 2)
        RAW(SYS_mprotect, at + i * PAGE, PAGE, PROT_NONE);
    RAW(SYS_munmap, at, AREAS * PAGE);
}

/* A call may have marked them to be closed. */
static void fill_places(void)
{
    int fd;
    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd < FIRST_FD)
        continue;
    close(fd);
}

static void take_places(void)
{
    int null = open("/dev/null", O_RDWR);

    dup3(1, CONSOLE_FD, 0);
    dup3(open("/", O_RDONLY | O_DIRECTORY), ROOT_FD, 0);
    for (int fd = 0; fd < FIRST_FD; fd++)
        dup2(null, fd);
    RAW(SYS_close_range, FIRST_FD, LAST_FD, 0);
}

static void prepare_all(void)
{
    nworkers = kept->threads;
    for (unsigned i = 0; i < nworkers; i++) {
        prepare(&workers[i], i);
        stacks[i] = fenced(STACK);
        memset(stacks[i], 1, STACK);
    }
    RAW(SYS_mlockall, 1); /* all of the program is in memory from now on */
    RAW(SYS_munlockall);
    fill_areas();
}

static void begin_first(int argc, char **argv)
{
    kept->seed = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
    kept->calls = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 10000;
    kept->threads = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 0) % (MAX_THREADS + 1) : 1;
    kept->show_from = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 0) : -1u;
    kept->tally_wanted = argc > 5;
    leave_file();
    take_places();
    catch_signals();
    open_all_places();
    fill_files();
    fill_queues();
    fill_journal();
    fill_ipc();
}

/* In the place of this program, in the middle of anything: nothing may be missing that beginning needs. */
static void begin_again(void)
{
    static const uint64_t none;

    unconfine();
    fill_places();
    leave_file();
    catch_signals();
    RAW(SYS_rt_sigprocmask, SIG_SETMASK, &none, 0, sizeof(none));
}

/* Then the program begins again: what it finds, all that come later find, too. */
static void warm_up(void)
{
    static char *const none[] = {NULL};

    run(~kept->seed, WARM_UP);
    kept->phase = COUNTING;
    kept->begun = 0;
    memset(kept->tally, 0, sizeof(kept->tally));
    exec_self(none, none);
    dprintf(CONSOLE_FD, "FAILED: the program cannot begin again\n");
    RAW(SYS_exit_group, 1);
}

/* 0, or an exit status. */
static int report(void)
{
    bool clean = settled(&kept->before, &after);

    if (!clean)
        print_differences(&kept->before, &after);
    if (kept->tally_wanted)
        print_tally();
    dprintf(CONSOLE_FD, "%s: seed %lu, %u calls by %u threads, %u programs\n",
            clean ? "done" : "FAILED", kept->seed, kept->calls, nworkers, kept->execs);
    return !clean;
}

int main(int argc, char **argv)
{
    if (keep())
        begin_again();
    else
        begin_first(argc, argv);
    heap_start = (uintptr_t)RAW(SYS_brk, 0);
    prepare_all();
    give_back();
    if (kept->phase == WARMING)
        warm_up();
    if (kept->phase == COUNTING)
        settle_first();
    kept->phase = RUNNING;
    showing = kept->show_from == -1u ? NULL : show;
    run(kept->seed, kept->calls);
    RAW(SYS_exit_group, report());
}
