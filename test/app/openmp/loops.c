/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What programs in OpenMP do, checked:
 *
 *     loops PART...
 *
 * Each part prints a line for each claim. GCC's libgomp keeps a team of threads that wait for the next
 * parallel region by spinning for a while and then by futex; barriers, locks, tasks and ordered loops
 * have futexes of their own. How many threads there are is asked for in the program, so that the
 * result is the same on any number of harts.
 */

#define _GNU_SOURCE
#include <omp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEAM = 4, SIZE = 100000 };

static int numbers[SIZE];

static void claim(const char *name, bool good)
{
    printf("%s %s\n", good ? "yes:" : "NO: ", name);
}

static void basic(void)
{
    bool seen[TEAM] = {false};
    int  team = 0;
#pragma omp parallel num_threads(TEAM)
    {
        seen[omp_get_thread_num()] = true;
#pragma omp single
        team = omp_get_num_threads();
    }
    claim("a region has a team of four", team == TEAM);
    claim("whose members are numbered", seen[0] && seen[1] && seen[2] && seen[3]);

#pragma omp parallel for num_threads(TEAM)
    for (int i = 0; i < SIZE; i++) {
        numbers[i] = 2 * i + 1;
    }
    int64_t sum = 0;
    int     largest = 0;
#pragma omp parallel for num_threads(TEAM) reduction(+ : sum) reduction(max : largest)
    for (int i = 0; i < SIZE; i++) {
        sum += numbers[i];
        largest = numbers[i] > largest ? numbers[i] : largest;
    }
    claim("odd numbers add up to a square", sum == (int64_t)SIZE * SIZE);
    claim("the largest of them is found", largest == 2 * SIZE - 1);

    double quarter = 0;
#pragma omp parallel for simd num_threads(TEAM) reduction(+ : quarter)
    for (int i = 0; i < SIZE; i++) {
        double x = (i + 0.5) / SIZE;
        quarter += 1 / (1 + x * x) / SIZE;
    }
    claim("a quarter of pi is integrated", quarter > 0.785398162 && quarter < 0.785398164);

    int last = 0, given = 3, copies = 0;
#pragma omp parallel for num_threads(TEAM) lastprivate(last) firstprivate(given) reduction(+ : copies)
    for (int i = 0; i < 1000; i++) {
        last = i;
        copies += given == 3;
    }
    claim("variables are copied in and the last one out", last == 999 && copies == 1000);
}

/* count_schedule: how often each iteration of a loop ran is 1, by any schedule. */
static bool covers_all(omp_sched_t kind, int chunk)
{
    static unsigned char times[5000];
    memset(times, 0, sizeof times);
    omp_set_schedule(kind, chunk);
#pragma omp parallel for num_threads(TEAM) schedule(runtime)
    for (int i = 0; i < 5000; i++) {
        times[i]++;
    }
    for (int i = 0; i < 5000; i++) {
        if (times[i] != 1) {
            return false;
        }
    }
    return true;
}

static void schedules(void)
{
    claim("a static schedule covers all", covers_all(omp_sched_static, 0));
    claim("in chunks of 7, too", covers_all(omp_sched_static, 7));
    claim("a dynamic one covers all", covers_all(omp_sched_dynamic, 1));
    claim("in chunks of 64, too", covers_all(omp_sched_dynamic, 64));
    claim("a guided one covers all", covers_all(omp_sched_guided, 3));
    claim("an automatic one covers all", covers_all(omp_sched_auto, 0));

    int  order = 0;
    bool ordered = true;
#pragma omp parallel for num_threads(TEAM) ordered schedule(dynamic, 3)
    for (int i = 0; i < 600; i++) {
#pragma omp ordered
        {
            ordered = ordered && order == i;
            order = i + 1;
        }
    }
    claim("an ordered loop runs in order", ordered && order == 600);

    int cells[20][30] = {{0}}, sum = 0;
#pragma omp                   parallel for num_threads(TEAM) collapse(2) schedule(dynamic)
    for (int i = 0; i < 20; i++) {
                          for (int k = 0; k < 30; k++) {
                              cells[i][k] = i * k;
        }
    }
    for (int i = 0; i < 20; i++) {
                          for (int k = 0; k < 30; k++) {
                              sum += cells[i][k];
        }
    }
    claim("two loops are one", sum == 190 * 435);

    int parts[3] = {0};
                  #pragma omp parallel sections num_threads(TEAM)
    {
                  #pragma omp section
        parts[0]++;
#pragma omp section
        parts[1]++;
#pragma omp section
        parts[2]++;
    }
    claim("each section runs once", parts[0] == 1 && parts[1] == 1 && parts[2] == 1);
}

static void sharing(void)
{
    int        in_critical = 0, in_atomic = 0, in_lock = 0, inside = 0, singles = 0, masters = 0;
    bool       alone = true;
    omp_lock_t lock;
    omp_nest_lock_t nested;
    omp_init_lock(&lock);
    omp_init_nest_lock(&nested);
#pragma omp parallel num_threads(8)
    for (int i = 0; i < 500; i++) {
#pragma omp critical(one)
        {
            alone = alone && inside++ == 0;
            in_critical++;
            if (i % 50 == 0) {
                sched_yield();
            }
            inside--;
        }
#pragma omp atomic
        in_atomic++;
        omp_set_lock(&lock);
        in_lock++;
        omp_unset_lock(&lock);
        if (i % 100 == 0) {
            omp_set_nest_lock(&nested);
            omp_set_nest_lock(&nested);
            omp_unset_nest_lock(&nested);
            omp_unset_nest_lock(&nested);
#pragma omp single
            singles++;
#pragma omp master
            masters++;
        }
    }
    claim("a critical region has one thread at a time", alone && in_critical == 4000);
    claim("atomic updates are not lost", in_atomic == 4000);
    claim("nor are those under a lock", in_lock == 4000 && omp_test_lock(&lock));
    claim("one thread of the team, and the master, do what is theirs",
          singles == 5 && masters == 5);

    int  step[8] = {0};
    bool together = true;
#pragma omp parallel num_threads(8)
    for (int round = 1; round <= 200; round++) {
        step[omp_get_thread_num()] = round;
#pragma omp barrier
        for (int i = 0; i < 8; i++) {
            if (step[i] != round) {
#pragma omp atomic write
                together = false;
            }
        }
#pragma omp barrier
    }
    claim("nobody passes a barrier before the others", together);

    int flag = 0, data = 0, got = 0;
#pragma omp parallel sections num_threads(2)
    {
#pragma omp section
        {
            data = 42;
#pragma omp        flush
#pragma omp atomic write
            flag = 1;
        }
#pragma omp section
        {
            int seen = 0;
            while (!seen) {
#pragma omp atomic read
                seen = flag;
            }
#pragma omp flush
            got = data;
        }
    }
    claim("what is written before a flush is read after one", got == 42);
}

static int fibonacci(int n)
{
    if (n < 2) {
        return n;
    }
    int a, b;
#pragma omp task shared(a) if (n > 8)
    a = fibonacci(n - 1);
#pragma omp task shared(b) if (n > 8)
    b = fibonacci(n - 2);
#pragma omp taskwait
    return a + b;
}

static void sort(int *items, int *spare, int count)
{
    if (count < 2) {
        return;
    }
    int half = count / 2;
#pragma omp task if (count > 500)
    sort(items, spare, half);
#pragma omp task if (count > 500)
    sort(items + half, spare + half, count - half);
#pragma omp taskwait
    memcpy(spare, items, (size_t)count * sizeof *items);
    for (int i = 0, a = 0, b = half; i < count; i++) {
        items[i] = b == count || (a < half && spare[a] <= spare[b]) ? spare[a++] : spare[b++];
    }
}

static bool is_sorted(const int *items, int count)
{
    for (int i = 1; i < count; i++) {
        if (items[i - 1] > items[i]) {
            return false;
        }
    }
    return true;
}

static void tasks(void)
{
    int result = 0, made = 0;
#pragma omp parallel num_threads(TEAM)
#pragma omp          single
    result = fibonacci(18);
    claim("tasks within tasks compute a Fibonacci number", result == 2584);

    static int items[20000], spare[20000];
    uint32_t   random = 1;
    for (int i = 0; i < 20000; i++) {
                 random = random * 1664525 + 1013904223;
                 items[i] = (int)(random >> 8);
    }
#pragma omp parallel num_threads(TEAM)
#pragma omp          single
    sort(items, spare, 20000);
    claim("tasks sort 20000 numbers", is_sorted(items, 20000));

#pragma omp parallel num_threads(TEAM)
#pragma omp          single
#pragma omp taskloop grainsize(10)
    for (int i = 0; i < 1000; i++) {
#pragma omp atomic
        made++;
    }
    claim("a loop of tasks does each of 1000", made == 1000);

    int  chain = 0;
    bool in_order = true;
#pragma omp parallel num_threads(TEAM)
#pragma omp          single
    for (int i = 0; i < 100; i++) {
#pragma omp task     depend(inout : chain)
        {
                in_order = in_order && chain == i;
                chain++;
        }
        }
        claim("tasks that depend on each other run in order", in_order && chain == 100);

        int grouped = 0, after = 0;
#pragma omp parallel num_threads(TEAM)
#pragma omp          single
    {
#pragma omp taskgroup
        for (int i = 0; i < 50; i++) {
#pragma omp task
            {
#pragma omp task
                {
#pragma omp atomic
                    grouped++;
                }
            }
        }
        after = grouped;
    }
    claim("a group of tasks is waited for with all below it", after == 50);
}

static void teams(void)
{
    omp_set_max_active_levels(3);
    int leaves = 0, deepest = 0;
#pragma omp parallel num_threads(3)
#pragma omp parallel num_threads(3)
#pragma omp parallel num_threads(2)
    {
#pragma omp atomic
        leaves++;
#pragma omp critical
        deepest = omp_get_level() > deepest ? omp_get_level() : deepest;
    }
    claim("regions in regions have 18 threads", leaves == 18 && deepest == 3);

    omp_set_max_active_levels(1);
    int inner = 0;
#pragma omp parallel num_threads(2)
#pragma omp parallel num_threads(4)
    {
#pragma omp atomic
        inner++;
    }
    claim("one that may not be nested has one", inner == 2);

    int sizes = 0;
    for (int n = 1; n <= 16; n++) {
#pragma omp parallel num_threads(n) reduction(+ : sizes)
        sizes += 1;
    }
    claim("teams of 1 to 16 threads follow each other", sizes == 136);

    int rounds = 0;
    for (int n = 0; n < 300; n++) {
#pragma omp parallel num_threads(TEAM)
        {
#pragma omp atomic
            rounds++;
        }
    }
    claim("300 regions use the same team", rounds == 300 * TEAM);

    int many = 0;
#pragma omp parallel num_threads(64)
    {
#pragma omp barrier
#pragma omp          atomic
        many++;
    }
    claim("64 threads meet at a barrier", many == 64);

    static int own;
#pragma omp          threadprivate(own)
    int kept = 0;
         #pragma omp parallel num_threads(TEAM)
    own = 100 + omp_get_thread_num();
         #pragma omp parallel num_threads(TEAM) reduction(+ : kept)
    kept += own == 100 + omp_get_thread_num();
    claim("a thread keeps what is its own", kept == TEAM);

    int cancelled = 0;
         #pragma omp parallel num_threads(TEAM)
    {
         #pragma omp for
        for (int i = 0; i < 100000; i++) {
            if (i == 10) {
#pragma omp cancel for
            }
#pragma omp atomic
            cancelled++;
        }
    }
    claim("a loop is cancelled if that was asked for",
          (cancelled < 100000) == (omp_get_cancellation() != 0));
}

/* The machine: what libgomp finds in /sys and by sched_getaffinity. */
static void machine(void)
{
    cpu_set_t set;
    bool      asked = sched_getaffinity(0, sizeof set, &set) == 0;
    claim("there are as many processors as the mask has",
          asked && omp_get_num_procs() == CPU_COUNT(&set));
    claim("and as the C library says", omp_get_num_procs() == sysconf(_SC_NPROCESSORS_ONLN));
    claim("a team has one for each, if not told otherwise",
          getenv("OMP_NUM_THREADS") || omp_get_max_threads() == omp_get_num_procs());
    double start = omp_get_wtime();
    while (omp_get_wtime() == start) {
    }
    claim("the clock goes", omp_get_wtime() > start && omp_get_wtick() <= 0.001);
    int places = 0;
#pragma omp parallel num_threads(TEAM) reduction(+ : places)
    places += sched_getcpu() >= 0 && sched_getcpu() < omp_get_num_procs();
    claim("each thread runs on one of them", places == TEAM);
}

static const struct part {
    const char *name;
    void (*run)(void);
} parts[] = {
    {"basic", basic}, {"schedules", schedules}, {"sharing", sharing},
    {"tasks", tasks}, {"teams", teams},         {"machine", machine},
};

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++) {
        const struct part *part = parts;
        while (part < parts + sizeof parts / sizeof *parts && strcmp(part->name, argv[i]) != 0) {
            part++;
        }
        if (part == parts + sizeof parts / sizeof *parts) {
            printf("no such part: %s\n", argv[i]);
            return 2;
        }
        printf("# %s\n", part->name);
        part->run();
    }
    return 0;
}
