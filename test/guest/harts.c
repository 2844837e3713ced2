/* SPDX-License-Identifier: Apache-2.0 */
/* harts.c - on a machine with four processors: how many there are, wherever a program may look; threads run
 * on those that they are bound to, and keep their registers when they move; what one does to the others of the
 * process reaches them while they compute. */
/* flags: -pthread */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "claim.h"

#define CPUS 4

static void claim(const char *what, bool holds)
{
    printf("%-60s %s\n", what, holds ? "ok" : "NOT SO");
}

/* --- how many there are -------------------------------------------------------------------- */

static void show_file(const char *name)
{
    char  path[80], text[64] = "";
    FILE *f;
    snprintf(path, sizeof(path), "/sys/devices/system/cpu/%s", name);
    f = fopen(path, "r");
    if (f && fgets(text, sizeof(text), f))
        text[strcspn(text, "\n")] = 0;
    if (f)
        fclose(f);
    printf("%s: %s\n", name, text);
}

static unsigned lines_that_begin(const char *path, const char *with)
{
    char     line[4096];
    unsigned n = 0;
    FILE    *f = fopen(path, "r");
    while (f && fgets(line, sizeof(line), f))
        n += strncmp(line, with, strlen(with)) == 0;
    if (f)
        fclose(f);
    return n;
}

static unsigned folders(void)
{
    DIR           *dir = opendir("/sys/devices/system/cpu");
    struct dirent *e;
    unsigned       n = 0;
    while (dir && (e = readdir(dir)))
        n += strncmp(e->d_name, "cpu", 3) == 0 && e->d_name[3] >= '0' && e->d_name[3] <= '9';
    if (dir)
        closedir(dir);
    return n;
}

static void count(void)
{
    CLAIM("how many processors there are");
    cpu_set_t set;
    claim("sched_getaffinity", sched_getaffinity(0, sizeof(set), &set) == 0);
    printf("mask %#lx\n", set.__bits[0]);
    printf("sysconf %ld of %ld\n", sysconf(_SC_NPROCESSORS_ONLN), sysconf(_SC_NPROCESSORS_CONF));
    printf("/proc/cpuinfo %u\n", lines_that_begin("/proc/cpuinfo", "processor"));
    printf("/proc/stat %u\n", lines_that_begin("/proc/stat", "cpu"));
    printf("/sys %u\n", folders());
    show_file("online");
    show_file("possible");
    show_file("present");
    show_file("offline");
    show_file("cpu3/topology/core_id");
    show_file("cpu3/topology/core_siblings_list");
    show_file("cpu3/topology/physical_package_id");
}

/* --- where threads run ----------------------------------------------------------------------- */

static int bind_to(unsigned cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof(set), &set);
}

static int unbind(void)
{
    cpu_set_t set;
    memset(&set, 0xff, sizeof(set));
    return sched_setaffinity(0, sizeof(set), &set);
}

static bool is_bound_to(unsigned cpu)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof(set), &set) == 0 && set.__bits[0] == 1ul << cpu;
}

static void *inherits(void *arg)
{
    return is_bound_to(*(unsigned *)arg) && sched_getcpu() == (int)*(unsigned *)arg ? arg : NULL;
}

static void binding(void)
{
    CLAIM("threads run on the processors that they are bound to");
    cpu_set_t set;
    unsigned  cpu;
    bool      bound = true, runs = true, inherited = true;
    for (cpu = 0; cpu < CPUS; cpu++) {
        pthread_t t;
        void     *result = NULL;
        bound = bound && bind_to(cpu) == 0 && is_bound_to(cpu);
        runs = runs && sched_getcpu() == (int)cpu;
        pthread_create(&t, NULL, inherits, &cpu);
        pthread_join(t, &result);
        inherited = inherited && result;
    }
    claim("a thread can be bound to each", bound);
    claim("and runs there at once", runs);
    claim("so do the threads that it makes", inherited);
    claim("bound to none that there is: EINVAL", bind_to(CPUS) == -1 && errno == EINVAL);
    claim("bound to all and more", unbind() == 0);
    sched_getaffinity(0, sizeof(set), &set);
    printf("mask %#lx\n", set.__bits[0]);
}

/* Others of more harts than there are come between: registers that stayed behind would be seen. */
static void *moves(void *arg)
{
    uintptr_t seed = (uintptr_t)arg;
    double    sum = (double)seed, product = 1.0;
    for (unsigned i = 0; i < 100; i++) {
        register double kept __asm__("fs3") = (double)(seed + i);
        __asm__ volatile("" : "+f"(kept));
        if (bind_to((unsigned)(seed + i) % CPUS))
            return NULL;
        __asm__ volatile("" : "+f"(kept));
        if (kept != (double)(seed + i))
            return NULL;
        sum += 1.0;
        product = product * 3.0 / 3.0;
    }
    return sum == (double)seed + 100.0 && product == 1.0 ? arg : NULL;
}

static void moving(void)
{
    CLAIM("threads move between processors and keep their registers");
    pthread_t t[6];
    bool      kept = true;
    for (uintptr_t i = 0; i < 6; i++)
        pthread_create(&t[i], NULL, moves, (void *)(i + 1));
    for (uintptr_t i = 0; i < 6; i++) {
        void *result;
        pthread_join(t[i], &result);
        kept = kept && result == (void *)(i + 1);
    }
    claim("threads that move keep their floating point", kept);
}

/* --- at the same time ------------------------------------------------------------------------- */

static atomic_uint arrived, counter;
static atomic_bool go;

static void *meets(void *arg)
{
    atomic_fetch_add(&arrived, 1);
    while (!atomic_load(&go)) {
    }
    for (unsigned i = 0; i < 100000; i++)
        atomic_fetch_add(&counter, 1);
    return arg;
}

/* Each is bound to a processor of its own and waits without a system call: none can go on unless all run. */
static void meeting(void)
{
    CLAIM("threads on all processors meet without a system call");
    pthread_t t[CPUS - 1];
    for (unsigned i = 0; i < CPUS - 1; i++) {
        bind_to(i + 1);
        pthread_create(&t[i], NULL, meets, NULL);
    }
    bind_to(0);
    while (atomic_load(&arrived) < CPUS - 1) {
    }
    atomic_store(&go, true);
    for (unsigned i = 0; i < CPUS - 1; i++)
        pthread_join(t[i], NULL);
    claim("four run at the same time and count together", atomic_load(&counter) == 300000);
}

static atomic_bool computing, handled;

static void handler(int sig)
{
    (void)sig;
    atomic_store(&handled, true);
}

static void *computes(void *arg)
{
    atomic_store(&computing, true);
    while (!atomic_load(&handled)) {
    }
    return arg;
}

static void interrupting(void)
{
    CLAIM("signals reach threads that compute on other processors");
    pthread_t t;
    signal(SIGUSR1, handler);
    bind_to(2);
    pthread_create(&t, NULL, computes, NULL);
    bind_to(0);
    while (!atomic_load(&computing)) {
    }
    pthread_kill(t, SIGUSR1);
    pthread_join(t, NULL);
    claim("a signal reaches a thread that computes elsewhere", atomic_load(&handled));
}

/* --- memory ----------------------------------------------------------------------------------- */

#define PAGES 16u

static volatile uint32_t *shared;
static atomic_uint        faults, stores;
static atomic_bool        enough;

/* The page is not writable for a moment: wait until it is again, and store then. */
static void not_writable(int sig)
{
    (void)sig;
    atomic_fetch_add(&faults, 1);
}

static void *stores_for_ever(void *arg)
{
    unsigned who = (unsigned)(uintptr_t)arg;
    for (unsigned i = 0; !atomic_load(&enough); i++) {
        shared[i % PAGES * 1024 + who]++;
        atomic_fetch_add(&stores, 1);
    }
    return arg;
}

/* After mprotect() has returned nobody writes any more, wherever he runs. */
static bool stands_still(void)
{
    uint32_t before[PAGES * CPUS], after[PAGES * CPUS];
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < PAGES * CPUS; i++)
            (round ? after : before)[i] = shared[i / CPUS * 1024 + i % CPUS];
    return memcmp(before, after, sizeof(before)) == 0;
}

static void protecting(void)
{
    CLAIM("rights that are taken away are gone on all processors");
    pthread_t        t[CPUS - 1];
    bool             still = true;
    struct sigaction action = {.sa_handler = not_writable};
    unsigned         i, seen = 0;
    unbind();
    sigaction(SIGSEGV, &action, NULL);
    shared = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (i = 0; i < CPUS - 1; i++)
        pthread_create(&t[i], NULL, stores_for_ever, (void *)(uintptr_t)i);
    for (i = 0; i < 30; i++) {
        unsigned from = atomic_load(&stores);
        while (atomic_load(&stores) - from < 100) {
        }
        seen = atomic_load(&faults);
        mprotect((void *)shared, PAGES * 4096, PROT_READ);
        still = still && stands_still();
        while (i % 10 == 0 && atomic_load(&faults) == seen) {
        }
        mprotect((void *)shared, PAGES * 4096, PROT_READ | PROT_WRITE);
    }
    atomic_store(&enough, true);
    for (i = 0; i < CPUS - 1; i++)
        pthread_join(t[i], NULL);
    claim("nobody writes where nobody may any more", still);
    claim("but tries", atomic_load(&faults) > 0);
}

static int barrier(int cmd)
{
    return (int)syscall(SYS_membarrier, cmd, 0, 0);
}

static void barriers(void)
{
    CLAIM("membarrier");
    claim("membarrier is to be registered for",
          barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == -1 && errno == EPERM);
    claim("membarrier", barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0 &&
                            barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0);
}

static void *spins(void *arg)
{
    atomic_fetch_add(&arrived, 1);
    for (;;)
        __asm__ volatile("" : : "r"(arg));
    return NULL;
}

/* The others compute, and never call the kernel. */
static void ending(void)
{
    CLAIM("the program ends while others compute");
    pthread_t t;
    atomic_store(&arrived, 0);
    for (unsigned i = 0; i < CPUS; i++)
        pthread_create(&t, NULL, spins, NULL);
    while (atomic_load(&arrived) < CPUS) {
    }
    puts("the process ends while its threads compute");
    fflush(stdout);
    _exit(9);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    count();
    binding();
    moving();
    meeting();
    interrupting();
    protecting();
    barriers();
    ending();
}
