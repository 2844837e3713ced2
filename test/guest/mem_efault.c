/* SPDX-License-Identifier: Apache-2.0 */
/* mem_efault.c - pointers that the program itself could not use, given to system calls: every call
 * that takes one, with every kind of bad pointer. A letter each:
 *
 *     F  EFAULT     -  worked     or the name of another error
 *
 * Kinds of pointers, in order: null, page 0, never mapped, unmapped again, PROT_NONE (touched before),
 * read-only, execute-only, the last 4 bytes before a hole, past the end of a file, behind user
 * space, the last 8 bytes of the address space, and at last a good one. Where worked and failed
 * depends on the direction, that is what is tested. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>

#include "mem_show.h"

#define KINDS 12

static char *kind[KINDS];
static char *bad; /* the pointer under test */
static int   zero, self, full;

/* What the good pointer shows: zeros, which are a struct of all kinds and the empty string. */
static char *good_page;

static void make_pointers(void)
{
    char *p = mem_map(3, RW);

    munmap(p, PAGE);
    munmap(p + 2 * PAGE, PAGE);
    char *none = mem_map(1, RW);
    none[0] = 1;
    mprotect(none, PAGE, PROT_NONE);
    char *file = mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE, self, 0);

    good_page = mem_map(16, RW);
    kind[0] = NULL;
    kind[1] = (char *)16;
    kind[2] = (char *)0x3000000000;
    kind[4] = none;
    kind[5] = mem_map(1, PROT_READ);
    kind[6] = mem_map(1, PROT_EXEC);
    kind[7] = p + 2 * PAGE - 4;
    kind[8] = file + (64 << 20) - PAGE;
    kind[9] = (char *)0xffffffff80000000;
    kind[10] = (char *)-8;
    kind[11] = good_page;
    kind[3] = mem_map(1, RW);
    kind[3][0] = 1;
    munmap(kind[3], PAGE); /* last, so that nothing else gets its place */
}

static void row(const char *name, long (*call)(void))
{
    printf("%-24s", name);
    for (int i = 0; i < KINDS; i++) {
        memset(good_page, 0, PAGE);
        memset(kind[7], 0, 4); /* as far as it is there, a call before may have filled it */
        bad = kind[i];
        errno = 0;
        long result = call();
        int  err = result == -1 ? errno : 0;
        printf(" %s", err == EFAULT ? "F" : err ? strerrorname_np(err) : "-");
    }
    puts("");
}

/* One row: the call, in which P is the pointer. */
#define P bad
#define ROW(name, nr, ...)                       \
    static long call_##name(void)                \
    {                                            \
        return syscall(SYS_##nr, ##__VA_ARGS__); \
    }

ROW(openat, openat, AT_FDCWD, P, O_RDONLY)
ROW(openat_root, openat, AT_FDCWD, P, O_RDONLY | O_CREAT, 0)
ROW(faccessat, faccessat, AT_FDCWD, P, 0)
ROW(faccessat2, faccessat2, AT_FDCWD, P, 0, 0)
ROW(chdir, chdir, P)
ROW(mkdirat, mkdirat, AT_FDCWD, P, 0)
ROW(mknodat, mknodat, AT_FDCWD, P, S_IFREG, 0)
ROW(unlinkat, unlinkat, AT_FDCWD, P, 0)
ROW(symlinkat_target, symlinkat, P, AT_FDCWD, "/x")
ROW(symlinkat_name, symlinkat, "x", AT_FDCWD, P)
ROW(linkat_from, linkat, AT_FDCWD, P, AT_FDCWD, "/x", 0)
ROW(linkat_to, linkat, AT_FDCWD, "/bin", AT_FDCWD, P, 0)
ROW(renameat2_from, renameat2, AT_FDCWD, P, AT_FDCWD, "/x", 0)
ROW(renameat2_to, renameat2, AT_FDCWD, "/bin", AT_FDCWD, P, 0)
ROW(truncate, truncate, P, 0l)
ROW(fchmodat, fchmodat, AT_FDCWD, P, 0)
ROW(fchownat, fchownat, AT_FDCWD, P, 0, 0, 0)
ROW(readlinkat_path, readlinkat, AT_FDCWD, P, good_page + PAGE, 8)
ROW(statfs_path, statfs, P, good_page + PAGE)
ROW(statfs_buffer, statfs, "/", P)
ROW(fstatfs, fstatfs, zero, P)
ROW(fstat, fstat, zero, P)
ROW(newfstatat_path, newfstatat, AT_FDCWD, P, good_page + PAGE, 0)
ROW(newfstatat_buffer, newfstatat, AT_FDCWD, "/bin", P, 0)
ROW(newfstatat_empty, newfstatat, zero, P, good_page + PAGE, AT_EMPTY_PATH)
ROW(statx_path, statx, AT_FDCWD, P, 0, STATX_BASIC_STATS, good_page + PAGE)
ROW(statx_buffer, statx, AT_FDCWD, "/bin", 0, STATX_BASIC_STATS, P)
ROW(utimensat_path, utimensat, AT_FDCWD, P, 0, 0)
ROW(utimensat_times, utimensat, AT_FDCWD, "/missing", P, 0)
ROW(getcwd, getcwd, P, 4096)
ROW(getdents64, getdents64, open("/bin", O_RDONLY), P, 4096)

ROW(read_zero, read, zero, P, 8)
ROW(read_zero_64k, read, zero, P, 65536)
ROW(read_file, read, self, P, 8)
ROW(pread64, pread64, self, P, 8, 0)
ROW(pread64_nothing, pread64, self, P, 0, 0)
ROW(write_full, write, full, P, 8)
ROW(write_null, write, open("/dev/null", O_WRONLY), P, 8)
ROW(readv_vector, readv, zero, P, 1)
ROW(readv_no_vector, readv, zero, P, 0)
ROW(writev_vector, writev, full, P, 1)
ROW(preadv_vector, preadv, self, P, 1, 0, 0)

static long call_write_terminal(void)
{
    if (P == kind[7])
        memcpy(P, "abcd", 4);
    return write(1, P, P == kind[5] || P == good_page ? 0 : 8);
}

static long readv_buffers(void)
{
    struct iovec v[2] = {{good_page + PAGE, 8}, {P, 8}};
    return syscall(SYS_readv, zero, v, 2);
}

static long readv_first_buffer(void)
{
    struct iovec v[2] = {{P, 8}, {good_page + PAGE, 8}};
    return syscall(SYS_readv, zero, v, 2);
}

ROW(sendfile_offset, sendfile, open("/dev/null", O_WRONLY), self, P, 8)
ROW(ppoll_files, ppoll, P, 1, &good_page[PAGE], 0, 8)
ROW(ppoll_time, ppoll, 0, 0, P ? P : &good_page[PAGE], 0, 8)
ROW(ppoll_mask, ppoll, 0, 0, &good_page[PAGE], P, 8)
ROW(pselect6_read, pselect6, 1, P, 0, 0, &good_page[PAGE], 0)
ROW(pselect6_write, pselect6, 1, 0, P, 0, &good_page[PAGE], 0)
ROW(pselect6_except, pselect6, 1, 0, 0, P, &good_page[PAGE], 0)
ROW(pselect6_no_sets, pselect6, 0, P, P, P, &good_page[PAGE], 0)
ROW(pselect6_time, pselect6, 0, 0, 0, 0, P ? P : &good_page[PAGE], 0)
ROW(pselect6_mask, pselect6, 0, 0, 0, 0, &good_page[PAGE], P)

ROW(futex_wait, futex, P, 128, 1, &good_page[PAGE], 0, 0)
ROW(futex_wait_time, futex, &good_page[PAGE], 128, 1, P, 0, 0)
ROW(futex_wake, futex, P, 129, 1, 0, 0, 0)
ROW(nanosleep, nanosleep, P, 0)
ROW(clock_nanosleep, clock_nanosleep, CLOCK_MONOTONIC, 0, P, 0)
ROW(clock_gettime, clock_gettime, CLOCK_MONOTONIC, P)
ROW(clock_gettime_cpu, clock_gettime, CLOCK_PROCESS_CPUTIME_ID, P)
ROW(clock_getres, clock_getres, CLOCK_MONOTONIC, P)
ROW(gettimeofday, gettimeofday, P, 0)
ROW(gettimeofday_zone, gettimeofday, 0, P)
ROW(times, times, P)
ROW(getrusage, getrusage, 0, P)
ROW(sysinfo, sysinfo, P)
ROW(uname, uname, P)
ROW(getrandom, getrandom, P, 8, 0)
ROW(getrandom_nothing, getrandom, P, 0, 0)
ROW(getcpu_cpu, getcpu, P, 0, 0)
ROW(getcpu_node, getcpu, 0, P, 0)
ROW(getrlimit, getrlimit, RLIMIT_NOFILE, P)
ROW(setrlimit, setrlimit, RLIMIT_CORE, P)
ROW(prlimit64_new, prlimit64, 0, RLIMIT_CORE, P, 0)
ROW(prlimit64_old, prlimit64, 0, RLIMIT_CORE, 0, P)
ROW(getresuid, getresuid, P, P, P)
ROW(getresgid, getresgid, P, P, P)
ROW(getgroups, getgroups, 0, P)
ROW(setgroups, setgroups, 1, P)
ROW(sched_getaffinity, sched_getaffinity, 0, 8, P)
ROW(sched_getparam, sched_getparam, 0, P)
ROW(rt_sigaction_new, rt_sigaction, SIGUSR1, P, 0, 8)
ROW(rt_sigaction_old, rt_sigaction, SIGUSR1, 0, P, 8)
ROW(rt_sigprocmask_new, rt_sigprocmask, SIG_BLOCK, P, 0, 8)
ROW(rt_sigprocmask_old, rt_sigprocmask, SIG_BLOCK, 0, P, 8)
ROW(rt_sigpending, rt_sigpending, P, 8)
ROW(sigaltstack_old, sigaltstack, 0, P)
ROW(mincore, mincore, good_page, PAGE, P)
ROW(tcgets, ioctl, 1, 0x5401, P)
ROW(winsize, ioctl, 1, 0x5413, P)
ROW(set_robust_list, set_robust_list, P, 24)
ROW(set_tid_address, set_tid_address, P)
ROW(prctl_get_name, prctl, 16, P, 0, 0, 0)
ROW(prctl_set_name, prctl, 15, P, 0, 0, 0)

static const struct {
    const char *name;
    long (*call)(void);
} rows[] = {
#define R(name)            \
    {                      \
#name, call_##name \
    }
    R(openat),
    R(openat_root),
    R(faccessat),
    R(faccessat2),
    R(chdir),
    R(mkdirat),
    R(mknodat),
    R(unlinkat),
    R(symlinkat_target),
    R(symlinkat_name),
    R(linkat_from),
    R(linkat_to),
    R(renameat2_from),
    R(renameat2_to),
    R(truncate),
    R(fchmodat),
    R(fchownat),
    R(readlinkat_path),
    R(statfs_path),
    R(statfs_buffer),
    R(fstatfs),
    R(fstat),
    R(newfstatat_path),
    R(newfstatat_buffer),
    R(newfstatat_empty),
    R(statx_path),
    R(statx_buffer),
    R(utimensat_path),
    R(utimensat_times),
    R(getcwd),
    R(getdents64),
    R(read_zero),
    R(read_zero_64k),
    R(read_file),
    R(pread64),
    R(pread64_nothing),
    R(write_full),
    R(write_null),
    R(write_terminal),
    R(readv_vector),
    R(readv_no_vector),
    R(writev_vector),
    R(preadv_vector),
    {"readv_buffers", readv_buffers},
    {"readv_first_buffer", readv_first_buffer},
    R(sendfile_offset),
    R(ppoll_files),

    R(ppoll_time),
    R(ppoll_mask),
    R(pselect6_read),
    R(pselect6_write),
    R(pselect6_except),
    R(pselect6_no_sets),
    R(pselect6_time),
    R(pselect6_mask),
    R(futex_wait),

    R(futex_wait_time),
    R(futex_wake),

    R(nanosleep),
    R(clock_nanosleep),
    R(clock_gettime),
    R(clock_gettime_cpu),
    R(clock_getres),
    R(gettimeofday),
    R(gettimeofday_zone),
    R(times),
    R(getrusage),
    R(sysinfo),
    R(uname),
    R(getrandom),
    R(getrandom_nothing),
    R(getcpu_cpu),
    R(getcpu_node),
    R(getrlimit),
    R(setrlimit),
    R(prlimit64_new),
    R(prlimit64_old),
    R(getresuid),
    R(getresgid),
    R(getgroups),
    R(setgroups),
    R(sched_getaffinity),
    R(sched_getparam),
    R(rt_sigaction_new),
    R(rt_sigaction_old),
    R(rt_sigprocmask_new),
    R(rt_sigprocmask_old),
    R(rt_sigpending),
    R(sigaltstack_old),
    R(mincore),
    R(tcgets),
    R(winsize),
    R(set_robust_list),
    R(set_tid_address),
    R(prctl_get_name),
    R(prctl_set_name),
};

/* What was moved before the bad byte stays moved. */
static void prefixes(void)
{
    CLAIM("what was moved before the bad byte stays moved");
    char *edge = kind[7] + 4;

    memset(edge - 100, 7, 100);
    printf("read of 4096 from /dev/zero into 100 bytes: %ld, first %d, last %d\n",
           (long)read(zero, edge - 100, 4096), edge[-100], edge[-1]);
    memset(edge - 100, 7, 100);
    printf("pread of 4096 from a file into 100 bytes: %ld, changed %d\n",
           (long)pread(self, edge - 100, 4096, 0), edge[-100] == 0x7f);
    struct iovec v[2] = {{good_page, 10}, {edge - 5, 10}};
    printf("readv of 10 and 10 where 5 of the second fit: %ld\n", (long)readv(zero, v, 2));
    strcpy(edge - 4, "/.");
    edge[-2] = '/';
    edge[-1] = '.';
    errno = 0;
    printf("a string that runs into a hole: %d %s\n", access(edge - 4, F_OK),
           strerrorname_np(errno));
    strcpy(edge - 5, "/bin");
    errno = 0;
    printf("one that ends before it: %d\n", access(edge - 5, F_OK));
}

int main(void)
{
    zero = open("/dev/zero", O_RDWR);
    full = open("/dev/full", O_RDWR);
    self = open("/bin/mem_efault", O_RDONLY);
    mem_init();
    setvbuf(stdout, NULL, _IOLBF, 0);
    make_pointers();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        row(rows[i].name, rows[i].call);
    prefixes();
    return 0;
}
