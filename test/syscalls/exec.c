/* SPDX-License-Identifier: Apache-2.0 */
/* exec.c - going on in another program, which is this one again: see random_calls.h.
 *
 * What must outlive that is in memory of a descriptor. Everything else the new program makes anew, and gives back what
 * the old one left: descriptors, files, limits, signals that wait. It begins with all signals blocked, as they would
 * end it.
 */
#include "random_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define KSIGSET 8
#define LONGEST (200ul << 10) /* longer than any string may be */
#define MANY    2000

struct kept *kept;

static char  long_text[LONGEST];
static char *many[MANY]; /* strings */

/* --- what is kept ------------------------------------------------------------------------------ */

static void fill_strings(void)
{
    memset(long_text, 'x', LONGEST - 1);
    for (size_t i = 0; i < MANY - 1; i++)
        many[i] = long_text + LONGEST - 1 - i % 32;
}

bool keep(void)
{
    bool first = fcntl(KEPT_FD, F_GETFD) < 0;

    fill_strings();
    if (first) {
        int fd = memfd_create("kept", 0);
        dup3(fd, KEPT_FD, 0);
        close(fd);
        ftruncate(KEPT_FD, sizeof(*kept));
        fd = open("/proc/self/exe", O_RDONLY);
        dup3(fd, PROGRAM_FD, 0);
        close(fd);
    }
    kept = mmap(NULL, sizeof(*kept), PROT_READ | PROT_WRITE, MAP_SHARED, KEPT_FD, 0);
    if (first)
        memset(kept, 0, sizeof(*kept));
    return !first;
}

/* --- the gate ------------------------------------------------------------------------------------ */

/* How many threads are between gate_enter() and gate_leave(), all of one sort. */
static atomic_int gate;

void gate_enter(int sort)
{
    for (;;) {
        int inside = gate;
        if (inside * sort >= 0 && atomic_compare_exchange_weak(&gate, &inside, inside + sort))
            return;
        RAW(SYS_sched_yield);
    }
}

void gate_leave(int sort)
{
    atomic_fetch_sub(&gate, sort);
}

/* --- the call -------------------------------------------------------------------------------------- */

/* Calls may have made the file one that nobody can run, or that runs as another user. */
static void restore_file(void)
{
    int none = 0;
    RAW(SYS_ioctl, PROGRAM_FD, FS_IOC_SETFLAGS, &none);
    RAW(SYS_fchmod, PROGRAM_FD, 0755);
}

static long exec_call(long nr, const uint64_t *a)
{
    static const uint64_t all = -1ul;
    uint64_t              mask = 0;

    RAW(SYS_rt_sigprocmask, SIG_BLOCK, &all, &mask, KSIGSET);
    gate_enter(GATE_EXEC);
    restore_file();
    kept->execs++;
    long err = raw(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    kept->execs--;
    gate_leave(GATE_EXEC);
    RAW(SYS_rt_sigprocmask, SIG_SETMASK, &mask, 0, KSIGSET);
    return err;
}

void exec_self(char *const *argv, char *const *envp)
{
    const uint64_t a[6] = {PROGRAM_FD, (uint64_t) "", (uint64_t)argv, (uint64_t)envp,
                           AT_EMPTY_PATH};
    exec_call(SYS_execveat, a);
}

/* Another program could be made of pieces of this one, and would do what it likes. */
static bool is_foreign(const uint64_t *a, bool at)
{
    struct stat found, ours;
    char        path[32], magic[4] = "";
    const int   how = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int         fd = (int)RAW(SYS_openat, at ? a[0] : (uint64_t)AT_FDCWD, a[at], how);

    if (fd < 0 && at && a[4] & AT_EMPTY_PATH) {
        snprintf(path, sizeof(path), "/proc/self/fd/%d", (int)a[0]);
        fd = (int)RAW(SYS_openat, AT_FDCWD, path, how);
    }
    if (fd < 0)
        return fd == -EMFILE;
    RAW(SYS_fstat, fd, &found);
    RAW(SYS_fstat, PROGRAM_FD, &ours);
    RAW(SYS_pread64, fd, magic, sizeof(magic), 0);
    RAW(SYS_close, fd);
    if (found.st_dev == ours.st_dev && found.st_ino == ours.st_ino)
        return false;
    return !memcmp(magic, "\177ELF", 4) || !memcmp(magic, "#!", 2);
}

long hostile_exec(struct worker *w, long nr, const uint64_t *args)
{
    (void)w;
    return is_foreign(args, nr == SYS_execveat) ? -EACCES : exec_call(nr, args);
}

/* --- arguments --------------------------------------------------------------------------------------- */

static uint64_t any_argument(struct worker *w)
{
    switch (below(w, 12)) {
    case 0:
        return any_address(w, 64);
    case 1:
        return (uint64_t)long_text + below(w, LONGEST);
    case 2:
        return any_path(w);
    default:
        return (uint64_t)many[below(w, MANY - 1)];
    }
}

uintptr_t string_list(struct worker *w)
{
    uint64_t of[12];
    size_t   n = below(w, COUNT(of));

    if (chance(w, 12))
        return (uintptr_t)&many[below(w, MANY)];
    if (chance(w, 12))
        return any_address(w, sizeof(of));
    for (size_t i = 0; i < n; i++)
        of[i] = any_argument(w);
    of[n] = chance(w, 16) ? any_number(w) : 0;
    return placed(w, of, (n + 1) * sizeof(*of));
}

void random_exec(struct worker *w)
{
    static char *const words[] = {"random_calls", "goes on", NULL}, *const none[] = {NULL};

    w->call = "(exec of itself)";
    w->scratch_used = 0;
    settle_thread(w);
    if (chance(w, 2))
        exec_self(words, none);
    else
        exec_self((char *const *)string_list(w), (char *const *)string_list(w));
}
