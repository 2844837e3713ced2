/* SPDX-License-Identifier: Apache-2.0 */
/* values.c - arguments of system calls by their kind: see random_calls.h. */
#include "random_calls.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <linux/sched.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <termios.h>
#include <unistd.h>

/* --- numbers --------------------------------------------------------------------------------- */

static const uint64_t borders[] = {
    0,         1,         2,          7,          8,           16,         0x7f,       0x80,
    0xff,      0x100,     PAGE - 1,   PAGE,       PAGE + 1,    2 * PAGE,   0xffff,     0x10000,
    0x1fffff,  0x200000,  0x7ffffffe, 0x7fffffff, 0x80000000,  0xfffffffe, 0xffffffff, 0x100000000,
    1ul << 38, 1ul << 40, 1ul << 47,  1ul << 62,  INT64_MAX,   1ul << 63,  -4096ul,    -4095ul,
    -100ul,    -2ul,      -1ul,       0x7ffff000, 0x7fffff001, 1ul << 52,  1ul << 53,  1ul << 44,
};

uint64_t any_number(struct worker *w)
{
    switch (below(w, 4)) {
    case 0:
        return below(w, 16);
    case 1:
        return draw(w) >> below(w, 64);
    case 2:
        return PICK(w, borders) + below(w, 3) - 1;
    default:
        return PICK(w, borders);
    }
}

uint64_t any_length(struct worker *w)
{
    static const uint64_t lengths[] = {
        0,   1,        7,    8,        16,       100,   255,
        256, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE, 65536, ARENA_PAGES * PAGE};
    return chance(w, 6) ? any_number(w) : PICK(w, lengths);
}

/* As a size_t, mostly so many. */
static uint64_t number_of(struct worker *w, uint64_t usual)
{
    return chance(w, 8) ? any_number(w) : usual;
}

int any_fd(struct worker *w)
{
    static const int odd[] = {-1, -100, 0, 1000, 1023, INT32_MAX, INT32_MIN, LAST_FD + 1, 0, 2};
    if (chance(w, 12))
        return PICK(w, odd);
    /* the lowest are open most likely */
    return FIRST_FD + (int)below(w, 1 + below(w, LAST_FD - FIRST_FD + 1));
}

int any_tid(struct worker *w)
{
    static const int odd[] = {0, -1, INT32_MAX, INT32_MIN, 99999, -99999};
    return chance(w, 6) ? PICK(w, odd) : chance(w, 4) ? 1 : workers[below(w, nworkers)].tid;
}

int any_signal(struct worker *w)
{
    static const int odd[] = {0, 65, 66, -1, INT32_MAX, 1000};
    int              sig = chance(w, 10) ? PICK(w, odd) : 1 + (int)below(w, 64);
    return sig == SIGKILL || sig == SIGSTOP ? SIGCHLD : sig;
}

/* --- addresses -------------------------------------------------------------------------------- */

uintptr_t arena_of(struct worker *w)
{
    return ARENA + ARENA_STEP * (chance(w, 4) ? below(w, nworkers) : w->index);
}

uintptr_t in_arena(struct worker *w)
{
    return arena_of(w) + below(w, ARENA_PAGES) * PAGE;
}

uintptr_t bad_address(struct worker *w)
{
    static const uintptr_t bad[] = {
        0,
        1,
        8,
        PAGE,
        0xfff8,
        0x10000 - 8, /* below all memory */
        0xf000000000 - 8,
        0xf000000000,
        0xf080000000,
        0xf080200000,
        0xffffffffff, /* the kernel's window */
        0x10000000000,
        1ul << 41,
        (1ul << 38) - 8,
        1ul << 38,
        (1ul << 47) - 8,
        1ul << 47,
        1ul << 56,
        1ul << 63,
        -(1ul << 38),
        0xffffffff80000000,
        0xffffffc000000000,
        -PAGE,
        -8ul,
        -1ul, /* no address */
        0x0c000000,
        0x10000000,
        0x80000000,
        0x80200000, /* physical ones */
    };
    return PICK(w, bad);
}

uintptr_t any_address(struct worker *w, size_t size)
{
    uintptr_t page = in_arena(w);
    switch (below(w, 8)) {
    case 0:
        return bad_address(w);
    case 1:
        return page + PAGE - size % PAGE; /* up to the page's end */
    case 2:
        return page + PAGE - below(w, size + 1) % PAGE; /* across it */
    case 3:
        return page + below(w, PAGE); /* unaligned */
    case 4:
        return (uintptr_t)w->scratch + SCRATCH - /* the last bytes of what is mapped */
               below(w, (size < SCRATCH - 1 ? size : SCRATCH - 1) + 2);
    default:
        return page;
    }
}

/* --- paths ------------------------------------------------------------------------------------ */

static const char *const places[] = {
    "",
    ".",
    "..",
    "/",
    "a",
    "b",
    "c",
    "d",
    "e/",
    "a/b",
    "a/b/c",
    "./d/../a",
    "/tmp",
    "/tmp/",
    "/tmp/a",
    "/tmp/b",
    "/tmp/c",
    "/tmp/d",
    "/tmp/d/a",
    "/tmp/d/e",
    "/tmp/d/e/f",
    "/tmp/link",
    "//tmp//./a/../b",
    "/tmp/none/a",
    "/dev",
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/shm",
    "/dev/shm/a",
    "/dev/shm/b",
    "/dev/pts",
    "/dev/fd",
    "/proc",
    "/proc/self",
    "/proc/self/maps",
    "/proc/self/smaps",
    "/proc/self/status",
    "/proc/self/stat",
    "/proc/self/fd",
    "/proc/self/fdinfo",
    "/proc/self/task",
    "/proc/thread-self/comm",
    "/proc/self/cmdline",
    "/proc/self/environ",
    "/proc/self/auxv",
    "/proc/self/exe",
    "/proc/self/cwd",
    "/proc/self/root",
    "/proc/self/cwd/a",
    "/proc/self/limits",
    "/proc/self/mounts",
    "/proc/self/mountinfo",
    "/proc/self/oom_score_adj",
    "/proc/meminfo",
    "/proc/slabinfo",
    "/proc/cpuinfo",
    "/proc/stat",
    "/proc/1/task/1/stat",
    "/proc/99",
    "/proc/sys/vm/drop_caches",
    "/proc/sys/kernel/hostname",
    "/proc/sys/kernel/random/uuid",
    "/proc/loadavg",
    "/proc/uptime",
    "/sys",
    "/sys/devices/system/cpu/online",
    "/bin",
    "/bin/random_calls",
    "/etc",
    "/etc/passwd",
    "/bin/none",
    "/new",
    "\xff\xfe",
    "a\nb",
    "/tmp/a/",
    "/dev/null/x",
    "/dev/mqueue",
    "/root",
    "/root/a",
    "/root/b",
    "/root/c",
    "/root/d",
    "/root/d/a",
    "/root/d/e",
    "/root/link",
};

static const char *const few[] = {"/tmp/a",  "/tmp/b", "/tmp/d", "/root/a", "/root/b",
                                  "/root/d", "a",      "b",      "."};

void open_all_places(void)
{
    for (size_t i = 0; i < COUNT(places); i++)
        close(open(places[i], O_RDONLY | O_NONBLOCK));
    close(open("/dev/tty", O_RDONLY | O_NONBLOCK));
    close(open("/dev/console", O_RDONLY | O_NONBLOCK));
}

static uint64_t put_path(struct worker *w, const char *path)
{
    return placed(w, path, strlen(path) + 1);
}

static uint64_t long_path(struct worker *w)
{
    static const size_t lengths[] = {255, 256, 1000, 4095, 4096, 5000};
    char                text[5001];
    size_t              len = PICK(w, lengths);

    memset(text, 'x', len);
    for (size_t i = 0; chance(w, 2) && i < len; i += 1 + below(w, 200))
        text[i] = '/';
    text[len] = 0;
    return put_path(w, text);
}

uint64_t any_path(struct worker *w)
{
    char text[64];

    switch (below(w, 24)) {
    case 0:
        return any_address(w, 16);
    case 1:
        return long_path(w);
    case 2:
        snprintf(text, sizeof(text), "/proc/self/fd/%d", any_fd(w));
        return put_path(w, text);
    case 3:
        snprintf(text, sizeof(text), "/proc/%d/task/%d/%s", any_tid(w), any_tid(w),
                 chance(w, 2) ? "status" : "");
        return put_path(w, text);
    case 4:
        w->tty = chance(w, 4);
        return put_path(w, !w->tty ? "/tmp/d" : chance(w, 2) ? "/dev/tty" : "/dev/console");
    case 5: /* where strings end is for the kernel to find out */
        snprintf(text, sizeof(text), "/tmp/%c", (char)('a' + below(w, 4)));
        return placed(w, text, 6);
    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
    case 11: /* where something is found most likely */
        return put_path(w, PICK(w, few));
    default:
        return put_path(w, PICK(w, places));
    }
}

static const char *const strings[] = {"",
                                      "a",
                                      "user.a",
                                      "user.b",
                                      "trusted.a",
                                      "security.x",
                                      "user.",
                                      "system.posix_acl_access",
                                      "a name of some length",
                                      "/mq",
                                      "\xc3"};

/* Names of queues, with the slash that the C library would take away or without it. */
void unlink_queues(void)
{
    for (size_t i = 0; i < COUNT(strings); i++)
        RAW(SYS_mq_unlink, strings[i]);
    for (size_t i = 0; i < COUNT(places); i++)
        RAW(SYS_mq_unlink, places[i]);
}

uint64_t known_name(struct worker *w)
{
    return put_path(w, chance(w, 2) ? PICK(w, strings) : PICK(w, places));
}

static uint64_t any_string(struct worker *w)
{
    return chance(w, 8) ? any_path(w) : put_path(w, PICK(w, strings));
}

/* --- names and flags --------------------------------------------------------------------------- */

/* What is worth trying for a kind; joined: several at once mean something. */
struct words {
    bool            joined;
    unsigned        n;
    const uint64_t *of;
};

#define ONE(...)                                                            \
    {                                                                       \
        false, COUNT(((const uint64_t[]){__VA_ARGS__})), (const uint64_t[]) \
        {                                                                   \
            __VA_ARGS__                                                     \
        }                                                                   \
    }
#define SOME(...)                                                          \
    {                                                                      \
        true, COUNT(((const uint64_t[]){__VA_ARGS__})), (const uint64_t[]) \
        {                                                                  \
            __VA_ARGS__                                                    \
        }                                                                  \
    }

static const struct words words_of[A_KINDS] = {
    [A_ACCESS_FLAGS] = SOME(AT_EACCESS, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH),
    [A_ACCESS_MODE] = SOME(1, 2, 4),
    [A_AT_FLAGS] = SOME(0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000, 0x4000),
    [A_CLOCK] = ONE(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, -2, -3, -6, -7, -14, -29, 0x7ffffff8),
    [A_CLONE_FLAGS] = SOME(CLONE_FILES, CLONE_FS, CLONE_NEWNS, CLONE_SYSVSEM, CLONE_NEWUSER,
                           CLONE_VM, CLONE_THREAD, CLONE_SIGHAND),
    [A_CLOSE_RANGE_FLAGS] = SOME(CLOSE_RANGE_UNSHARE, CLOSE_RANGE_CLOEXEC),
    [A_DUP_FLAGS] = SOME(O_CLOEXEC, O_NONBLOCK, O_DIRECT, O_APPEND),
    [A_EPOLL_FLAGS] = SOME(O_CLOEXEC),
    [A_EPOLL_OP] = ONE(1, 1, 2, 3, 3, 4),
    [A_EVENTFD_FLAGS] = SOME(1, O_CLOEXEC, O_NONBLOCK),
    [A_FADVICE] = ONE(0, 1, 2, 3, 4, 5, 6),
    [A_FALLOC_MODE] = SOME(1, 2, 3, 4, 8, 16, 32, 64),
    [A_FCNTL_CMD] = ONE(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 16, 36, 37, 38, 1024, 1025, 1026,
                        1028, 1029, 1030, 1031, 1032, 1033, 1034, 1035, 1036, 1037, 1038, 1039),
    [A_FILE_MODE] = ONE(S_IFREG | 0644, S_IFIFO | 0600, S_IFSOCK | 0600, S_IFCHR | 0666,
                        S_IFBLK | 0600, S_IFDIR | 0755, S_IFLNK | 0777, 0, 07777, S_IFREG),
    [A_FLOCK_OP] = SOME(1, 2, 4, 8, LOCK_SH | LOCK_NB, LOCK_EX | LOCK_NB, 32),
    [A_FUTEX2_FLAGS] = SOME(2, 2, 128, 1, 3, 4),
    [A_FUTEX_OP] = ONE(0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 128, 129, 131, 132, 133, 137, 138,
                       256, 393, 14),
    [A_GETRANDOM_FLAGS] = SOME(1, 2, 4),
    [A_INOTIFY_FLAGS] = SOME(O_CLOEXEC, O_NONBLOCK),
    [A_INOTIFY_MASK] = SOME(0xfff, 0xfff, 1, 2, 0x100, 0x200, 0x400, 0x01000000, 0x02000000,
                            0x10000000, 0x20000000, 0x80000000),
    [A_IPC_KEY] = ONE(0, 0, 1, 2, 3, -1),
    [A_IPC_FLAGS] = SOME(01600, 01600, 01000, 02000, 04000, 0600, 010000, 020000, 040000),
    [A_MSG_CMD] = ONE(0, 1, 2, 3, 11, 12, 13),
    [A_SEM_CMD] = ONE(0, 1, 2, 3, 11, 12, 13, 14, 15, 16, 16, 17, 17, 18, 19, 20),
    [A_SHM_CMD] = ONE(0, 1, 2, 3, 11, 12, 13, 14, 15),
    [A_SHM_FLAGS] = SOME(010000, 020000, 040000, 0100000),
    [A_IOCTL_CMD] = ONE(TCGETS, TCSETS, TCSETSW, TCSETSF, TIOCGWINSZ, TIOCSWINSZ, TIOCGPGRP,
                        TIOCSPGRP, TIOCGSID, TIOCSCTTY, TIOCNOTTY, TIOCINQ, TIOCOUTQ, FIONBIO,
                        FIOASYNC, FIOCLEX, FIONCLEX, FIOQSIZE, TCFLSH, TCSBRK, TIOCGPTN,
                        FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FIGETBSZ, FIBMAP, FICLONE, FICLONERANGE,
                        FS_IOC_GETVERSION, FS_IOC_FSGETXATTR, FS_IOC_FSSETXATTR, BLKGETSIZE64,
                        0x8906, SIOCATMARK, 0x8910, 0x5421, 0x80045430),
    [A_ITIMER] = ONE(0, 1, 2, 3),
    [A_ID_TYPE] = ONE(0, 1, 2, 3, 4),
    [A_KCMP_TYPE] = ONE(0, 1, 2, 3, 4, 5, 6, 7, 8),
    [A_MADVICE] = ONE(0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
                      24, 25, 26),
    [A_MCL_FLAGS] = SOME(1, 2, 4),
    [A_MEMBARRIER_CMD] = ONE(0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
    [A_MEMFD_FLAGS] = SOME(1, 2, 8, 16),
    [A_MLOCK_FLAGS] = SOME(1),
    [A_MMAP_FLAGS] = SOME(1, 2, 3, 0x10, 0x20, 0x100, 0x2000, 0x4000, 0x8000, 0x20000, 0x100000),
    [A_MODE] = SOME(0700, 070, 07, 0444, 0222, 04000, 02000, 01000, 0),
    [A_MREMAP_FLAGS] = SOME(1, 2, 4),
    [A_MSG_FLAGS] = SOME(MSG_OOB, MSG_PEEK, MSG_TRUNC, MSG_DONTWAIT, MSG_WAITALL, MSG_NOSIGNAL,
                         MSG_CTRUNC, MSG_EOR, MSG_CMSG_CLOEXEC, MSG_MORE, MSG_WAITFORONE,
                         MSG_ERRQUEUE),
    [A_MSYNC_FLAGS] = SOME(1, 2, 4),
    [A_OPEN_FLAGS] = SOME(O_WRONLY, O_RDWR, O_RDWR, O_CREAT, O_CREAT, O_EXCL, O_TRUNC, O_APPEND,
                          O_NONBLOCK, O_DIRECTORY, O_NOFOLLOW, O_PATH, O_CLOEXEC, O_TMPFILE,
                          O_DIRECT, O_SYNC, O_NOCTTY, O_NOATIME, 3),
    [A_OPEN_MODE] = SOME(0600, 0644, 0, 07777),
    [A_PIDFD_FLAGS] = SOME(O_NONBLOCK, O_EXCL),
    [A_PRCTL_OP] = ONE(1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 15, 16, 19, 20, 21, 23, 25, 26, 27, 28, 29,
                       30, 31, 33, 34, 36, 37, 38, 39, 40, 41, 42, 47, 51, 52, 53, 54, 62, 63, 64,
                       65, 66, 67, 68, 69, 70, 71, 0x53564d41),
    [A_PRIORITY_WHICH] = ONE(0, 1, 2, 3),
    [A_PROT] = SOME(1, 2, 3, 4, 8, 0x01000000, 0x02000000),
    [A_RENAME_FLAGS] = SOME(1, 2, 4),
    [A_RLIMIT] = ONE(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
    [A_RUSAGE_WHO] = ONE(0, -1, 1, -2),
    [A_RWF_FLAGS] = SOME(1, 2, 4, 8, 16, 32),
    [A_SCHED_POLICY] = ONE(0, 1, 2, 3, 5, 6, 7, 0x40000000, 0x40000001),
    [A_SHUTDOWN_HOW] = ONE(0, 1, 2, 3),
    [A_SIGNALFD_FLAGS] = SOME(O_CLOEXEC, O_NONBLOCK),
    [A_SIG_HOW] = ONE(0, 1, 2, 3),
    [A_SOCKET_FAMILY] = ONE(1, 1, 1, 1, 2, 10, 16, 17, 0, 46),
    [A_SOCKET_FLAGS] = SOME(SOCK_NONBLOCK, SOCK_CLOEXEC),
    [A_SOCKET_LEVEL] = ONE(1, 1, 1, 1, 0, 6, 41, 17),
    [A_SOCKET_OPTION] = ONE(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19, 20, 21,
                            26, 28, 29, 30, 31, 32, 33, 34, 36, 38, 39, 42, 44, 49, 55, 59, 60, 74,
                            75, 76, 77),
    [A_SOCKET_PROTOCOL] = ONE(0, 0, 0, 1, 6, 17),
    [A_SOCKET_TYPE] = SOME(1, 1, 1, 2, 2, 5, 5, 3, SOCK_NONBLOCK, SOCK_CLOEXEC),
    [A_SPLICE_FLAGS] = SOME(1, 2, 4, 8),
    [A_STATX_FLAGS] = SOME(0x100, 0x800, 0x1000, 0x2000, 0x4000),
    [A_STATX_MASK] = SOME(0x7ff, 0x800, 0xfff, 0x1000, 0x2000, 0x80000000),
    [A_SYNC_RANGE_FLAGS] = SOME(1, 2, 4),
    [A_TIMER_FLAGS] = SOME(1),
    [A_TIMERFD_FLAGS] = SOME(O_CLOEXEC, O_NONBLOCK),
    [A_TIMERFD_SETTIME] = SOME(1, 2),
    [A_UNLINK_FLAGS] = SOME(AT_REMOVEDIR),
    [A_WAIT_OPTIONS] = SOME(1, 2, 4, 8, 0x01000000, 0x20000000, 0x40000000, 0x80000000),
    [A_WHENCE] = ONE(0, 1, 2, 3, 4, 5),
    [A_XATTR_FLAGS] = SOME(1, 2),
};

static uint64_t words(struct worker *w, const struct words *of)
{
    uint64_t value = 0;
    unsigned n = of->joined ? (unsigned)below(w, 4) : 1;

    if (chance(w, 16))
        return any_number(w);
    while (n--)
        value |= of->of[below(w, of->n)];
    return value;
}

/* --- by kind ----------------------------------------------------------------------------------- */

/* How much memory follows, as the kinds before and after say. */
static uint64_t size_after(struct worker *w, enum syscall_kind before)
{
    switch (before) {
    case A_SIGSET:
    case A_OUT_SIGSET:
    case A_OUT_SIGACTION:
    case A_SIGACTION:
    case A_TIMESPEC:
        return number_of(w, 8);
    case A_IOVEC:
    case A_OUT_IOVEC:
    case A_OUT_HWPROBE:
        return chance(w, 12) ? 1023 + below(w, 3) : number_of(w, below(w, 6));
    case A_CLONE_ARGS:
        return number_of(w, 88);
    case A_OPEN_HOW:
        return number_of(w, 24);
    default:
        return any_length(w);
    }
}

static uint64_t any_int(struct worker *w)
{
    switch (below(w, 6)) {
    case 0:
        return (uint64_t)any_tid(w);
    case 1:
        return (uint64_t)any_fd(w);
    case 2:
        return any_number(w);
    case 3:
        return 16; /* addresses of sockets, lists */
    default:
        return below(w, 12);
    }
}

static uint64_t any_uid(struct worker *w)
{
    return chance(w, 3) ? -1ul : 0;
}

static uint64_t plain_value(struct worker *w, enum syscall_kind kind, enum syscall_kind before)
{
    switch (kind) {
    case A_INT:
    case A_UINT:
    case A_CLONE:
        return any_int(w);
    case A_LONG: /* mostly offsets */
        return chance(w, 3) ? any_number(w) : any_length(w);
    case A_SIZE:
        return size_after(w, before);
    case A_UID:
        return any_uid(w);
    case A_FD:
        return (uint64_t)any_fd(w);
    case A_DIRFD:
        return chance(w, 3) ? (uint64_t)any_fd(w) : (uint64_t)AT_FDCWD;
    case A_SIGNAL:
        return (uint64_t)any_signal(w);
    case A_PATH:
        return any_path(w);
    case A_STR:
        return any_string(w);
    case A_FCNTL_ARG:
    case A_IOCTL_ARG:
    case A_PRCTL_ARG:
        return chance(w, 2) ? any_address(w, 64) : chance(w, 2) ? any_int(w) : any_length(w);
    case A_PRCTL_MORE:
        return chance(w, 2) ? 0 : any_number(w);
    case A_FUTEX_VALUE:
    case A_FUTEX_VALUE3:
        return chance(w, 3) ? any_number(w) : below(w, 3);
    case A_OCTAL:
    case A_HEX:
    case A_DEV:
    case A_SKIP:
        return any_number(w);
    default: /* all others are addresses */
        return any_address(w, 8 << below(w, 8));
    }
}

uint64_t value_of(struct worker *w, const enum syscall_kind *kinds, unsigned at)
{
    enum syscall_kind kind = kinds[at];
    uintptr_t         made;

    if (chance(w, 64))
        return any_number(w) >> 32 == 0 && kind > A_XATTR_FLAGS ? 0 : bad_address(w);
    if (words_of[kind].n)
        return words(w, &words_of[kind]);
    made = structure_of(w, kind);
    return made ? made : plain_value(w, kind, at ? kinds[at - 1] : A_NONE);
}
