/* SPDX-License-Identifier: Apache-2.0 */
/* abi.h - numbers and structures of Linux's system calls on riscv64, under Linux's names.
 *
 * Those about files are in fs/abi.h. Everything here is what programs were compiled with: sizes
 * and offsets are checked by the compiler, padding is explicit so that no kernel byte leaks
 * through it.
 */
#ifndef UNIX_ABI_H
#define UNIX_ABI_H

#include "fs/abi.h"
#include "lib/types.h"

/* --- auxiliary vector -------------------------------------------------------------------- */

#define AT_NULL         0
#define AT_PHDR         3
#define AT_PHENT        4
#define AT_PHNUM        5
#define AT_PAGESZ       6
#define AT_BASE         7
#define AT_FLAGS        8
#define AT_ENTRY        9
#define AT_UID          11
#define AT_EUID         12
#define AT_GID          13
#define AT_EGID         14
#define AT_HWCAP        16
#define AT_CLKTCK       17
#define AT_SECURE       23
#define AT_RANDOM       25
#define AT_EXECFN       31
#define AT_SYSINFO_EHDR 33
#define AT_MINSIGSTKSZ  51

#define USER_HZ 100 /* AT_CLKTCK; the unit of times(2) */

/* --- files ------------------------------------------------------------------------------- */

#define AT_FDCWD            (-100)
#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_REMOVEDIR        0x200
#define AT_EACCESS          0x200
#define AT_SYMLINK_FOLLOW   0x400
#define AT_NO_AUTOMOUNT     0x800
#define AT_EMPTY_PATH       0x1000
#define AT_STATX_SYNC_TYPE  0x6000

#define F_DUPFD         0
#define F_GETFD         1
#define F_SETFD         2
#define F_GETFL         3
#define F_SETFL         4
#define F_GETLK         5
#define F_SETLK         6
#define F_SETLKW        7
#define F_SETOWN        8
#define F_GETOWN        9
#define F_DUPFD_QUERY   1027
#define F_DUPFD_CLOEXEC 1030
#define F_SETPIPE_SZ    1031
#define F_GETPIPE_SZ    1032
#define FD_CLOEXEC      1
#define F_ADD_SEALS     1033
#define F_GET_SEALS     1034
#define F_OFD_GETLK     36
#define F_OFD_SETLK     37
#define F_OFD_SETLKW    38

/* flock(2) */
#define LOCK_SH 1
#define LOCK_EX 2
#define LOCK_NB 4
#define LOCK_UN 8

#define CLOSE_RANGE_UNSHARE 2
#define CLOSE_RANGE_CLOEXEC 4

#define IOV_MAX 1024

#define EFD_SEMAPHORE 1

#define MFD_CLOEXEC       0x01u
#define MFD_ALLOW_SEALING 0x02u
#define MFD_HUGETLB       0x04u
#define MFD_NOEXEC_SEAL   0x08u
#define MFD_EXEC          0x10u

#define SPLICE_F_NONBLOCK 2u
#define SPLICE_F_ALL      15u

/* Most that one read or write moves: Linux's MAX_RW_COUNT. */
#define RW_COUNT_MAX ((size_t)0x7ffff000)

struct abi_stat {
    uint64_t st_dev;
    uint64_t st_ino;
    uint32_t st_mode;
    uint32_t st_nlink;
    uint32_t st_uid;
    uint32_t st_gid;
    uint64_t st_rdev;
    uint64_t pad1;
    int64_t  st_size;
    int32_t  st_blksize;
    int32_t  pad2;
    int64_t  st_blocks;
    int64_t  st_atime_sec;
    uint64_t st_atime_nsec;
    int64_t  st_mtime_sec;
    uint64_t st_mtime_nsec;
    int64_t  st_ctime_sec;
    uint64_t st_ctime_nsec;
    uint32_t unused[2];
};
_Static_assert(sizeof(struct abi_stat) == 128, "asm-generic/stat.h");
_Static_assert(offsetof(struct abi_stat, st_size) == 48, "asm-generic/stat.h");
_Static_assert(offsetof(struct abi_stat, st_atime_sec) == 72, "asm-generic/stat.h");

struct abi_statx_time {
    int64_t  tv_sec;
    uint32_t tv_nsec;
    int32_t  reserved;
};

struct abi_statx {
    uint32_t stx_mask;
    uint32_t stx_blksize;
    uint64_t stx_attributes;
    uint32_t stx_nlink;
    uint32_t stx_uid;
    uint32_t stx_gid;
    uint16_t stx_mode;
    uint16_t pad1;
    uint64_t stx_ino;
    uint64_t stx_size;
    uint64_t stx_blocks;
    uint64_t stx_attributes_mask;

    struct abi_statx_time stx_atime, stx_btime, stx_ctime, stx_mtime;

    uint32_t stx_rdev_major, stx_rdev_minor;
    uint32_t stx_dev_major, stx_dev_minor;
    uint64_t stx_mnt_id;
    uint64_t spare[13];
};
_Static_assert(sizeof(struct abi_statx) == 256, "linux/stat.h");
_Static_assert(offsetof(struct abi_statx, stx_atime) == 64, "linux/stat.h");
_Static_assert(offsetof(struct abi_statx, stx_rdev_major) == 128, "linux/stat.h");

#define STATX_BASIC_STATS 0x7ffu
#define STATX_BTIME       0x800u
#define STATX_MNT_ID      0x1000u
#define STATX_RESERVED    0x80000000u

struct abi_statfs {
    int64_t  f_type;
    int64_t  f_bsize;
    uint64_t f_blocks;
    uint64_t f_bfree;
    uint64_t f_bavail;
    uint64_t f_files;
    uint64_t f_ffree;
    int32_t  f_fsid[2];
    int64_t  f_namelen;
    int64_t  f_frsize;
    int64_t  f_flags;
    int64_t  f_spare[4];
};
_Static_assert(sizeof(struct abi_statfs) == 120, "asm-generic/statfs.h");

#define ST_RDONLY   0x0001
#define ST_VALID    0x0020
#define ST_RELATIME 0x1000

/* What precedes the name in an entry of getdents64. */
struct abi_dirent64 {
    uint64_t d_ino;
    int64_t  d_off;
    uint16_t d_reclen;
    uint8_t  d_type;
    char     d_name[];
};
_Static_assert(offsetof(struct abi_dirent64, d_name) == 19, "linux/dirent.h");

struct abi_flock {
    int16_t l_type;
    int16_t l_whence;
    int32_t pad1;
    int64_t l_start;
    int64_t l_len;
    int32_t l_pid;
    int32_t pad2;
};
_Static_assert(sizeof(struct abi_flock) == 32, "asm-generic/fcntl.h");

struct abi_pollfd {
    int32_t  fd;
    uint16_t events;
    uint16_t revents;
};
_Static_assert(sizeof(struct abi_pollfd) == 8, "asm-generic/poll.h");

/* --- sockets ----------------------------------------------------------------------------- */

#define SOL_SOCKET      1
#define SCM_RIGHTS      1
#define SCM_CREDENTIALS 2

/* Besides those of fs/local.h. */
#define MSG_OOB          0x1u
#define MSG_CTRUNC       0x8u
#define MSG_NOSIGNAL     0x4000u
#define MSG_WAITFORONE   0x10000u
#define MSG_CMSG_CLOEXEC 0x40000000u

struct abi_msghdr {
    uint64_t name;
    int32_t  namelen;
    uint32_t pad1;
    uint64_t iov;
    uint64_t iovlen;
    uint64_t control;
    uint64_t controllen;
    uint32_t flags;
    uint32_t pad2;
};
_Static_assert(sizeof(struct abi_msghdr) == 56, "linux/socket.h");

struct abi_mmsghdr {
    struct abi_msghdr hdr;
    uint32_t          len; /* bytes that were moved */
    uint32_t          pad;
};
_Static_assert(sizeof(struct abi_mmsghdr) == 64, "linux/socket.h");

struct abi_cmsghdr {
    uint64_t len; /* with this header */
    int32_t  level;
    int32_t  type;
};
_Static_assert(sizeof(struct abi_cmsghdr) == 16, "linux/socket.h");

/* --- memory ------------------------------------------------------------------------------ */

#define PROT_READ      0x1
#define PROT_WRITE     0x2
#define PROT_EXEC      0x4
#define PROT_SEM       0x8
#define PROT_GROWSDOWN 0x01000000
#define PROT_GROWSUP   0x02000000

#define MAP_SHARED          0x01
#define MAP_PRIVATE         0x02
#define MAP_SHARED_VALIDATE 0x03
#define MAP_TYPE            0x0f
#define MAP_FIXED           0x10
#define MAP_ANONYMOUS       0x20
#define MAP_GROWSDOWN       0x0100
#define MAP_DENYWRITE       0x0800
#define MAP_EXECUTABLE      0x1000
#define MAP_LOCKED          0x2000
#define MAP_NORESERVE       0x4000
#define MAP_POPULATE        0x8000
#define MAP_NONBLOCK        0x10000
#define MAP_STACK           0x20000
#define MAP_HUGETLB         0x40000
#define MAP_SYNC            0x80000
#define MAP_FIXED_NOREPLACE 0x100000

#define MREMAP_MAYMOVE   1
#define MREMAP_FIXED     2
#define MREMAP_DONTUNMAP 4

#define MS_ASYNC      1
#define MS_INVALIDATE 2
#define MS_SYNC       4

#define MADV_NORMAL          0
#define MADV_RANDOM          1
#define MADV_SEQUENTIAL      2
#define MADV_WILLNEED        3
#define MADV_DONTNEED        4
#define MADV_FREE            8
#define MADV_REMOVE          9
#define MADV_DONTFORK        10
#define MADV_DOFORK          11
#define MADV_MERGEABLE       12
#define MADV_UNMERGEABLE     13
#define MADV_HUGEPAGE        14
#define MADV_NOHUGEPAGE      15
#define MADV_DONTDUMP        16
#define MADV_DODUMP          17
#define MADV_WIPEONFORK      18
#define MADV_KEEPONFORK      19
#define MADV_COLD            20
#define MADV_PAGEOUT         21
#define MADV_POPULATE_READ   22
#define MADV_POPULATE_WRITE  23
#define MADV_DONTNEED_LOCKED 24

#define MLOCK_ONFAULT 1

#define MCL_CURRENT 1
#define MCL_FUTURE  2
#define MCL_ONFAULT 4

/* --- time -------------------------------------------------------------------------------- */

struct abi_timespec {
    int64_t tv_sec;
    int64_t tv_nsec;
};

struct abi_timeval {
    int64_t tv_sec;
    int64_t tv_usec;
};

struct abi_itimerval {
    struct abi_timeval it_interval, it_value;
};

struct abi_itimerspec {
    struct abi_timespec it_interval, it_value;
};

struct abi_timezone {
    int32_t tz_minuteswest;
    int32_t tz_dsttime;
};

struct abi_sigevent {
    uint64_t sigev_value;
    int32_t  sigev_signo;
    int32_t  sigev_notify;
    int32_t  sigev_tid;
    int32_t  unused[11];
};
_Static_assert(sizeof(struct abi_sigevent) == 64, "asm-generic/siginfo.h");

#define SIGEV_SIGNAL    0
#define SIGEV_NONE      1
#define SIGEV_THREAD    2
#define SIGEV_THREAD_ID 4

struct abi_timex {
    uint32_t           modes;
    int64_t            offset, freq, maxerror, esterror;
    int32_t            status;
    int64_t            constant, precision, tolerance;
    struct abi_timeval time;
    int64_t            tick, ppsfreq, jitter;
    int32_t            shift;
    int64_t            stabil, jitcnt, calcnt, errcnt, stbcnt;
    int32_t            tai;
    int32_t            unused[11];
};
_Static_assert(sizeof(struct abi_timex) == 208, "linux/timex.h");

#define ADJ_SETOFFSET 0x0100
#define ADJ_MICRO     0x1000
#define ADJ_NANO      0x2000
#define STA_UNSYNC    0x0040
#define STA_NANO      0x2000
#define TIME_ERROR    5

#define CLOCK_REALTIME           0
#define CLOCK_MONOTONIC          1
#define CLOCK_PROCESS_CPUTIME_ID 2
#define CLOCK_THREAD_CPUTIME_ID  3
#define CLOCK_MONOTONIC_RAW      4
#define CLOCK_REALTIME_COARSE    5
#define CLOCK_MONOTONIC_COARSE   6
#define CLOCK_BOOTTIME           7
#define CLOCK_REALTIME_ALARM     8
#define CLOCK_BOOTTIME_ALARM     9
#define CLOCK_TAI                11

#define TIMER_ABSTIME 1

#define TFD_TIMER_ABSTIME       1
#define TFD_TIMER_CANCEL_ON_SET 2

/* --- riscv_hwprobe ----------------------------------------------------------------------- */

struct abi_hwprobe {
    int64_t  key; /* -1: unknown */
    uint64_t value;
};

enum {
    HWPROBE_MVENDORID,
    HWPROBE_MARCHID,
    HWPROBE_MIMPID,
    HWPROBE_BASE_BEHAVIOR,
    HWPROBE_IMA_EXT_0,
    HWPROBE_CPUPERF_0,
    HWPROBE_ZICBOZ_BLOCK_SIZE,
    HWPROBE_HIGHEST_VIRT_ADDRESS,
    HWPROBE_TIME_CSR_FREQ,
    HWPROBE_MISALIGNED_SCALAR_PERF,
    HWPROBE_KEYS,
};

#define HWPROBE_BASE_IMA   1ul
#define HWPROBE_IMA_FD     (1ul << 0)
#define HWPROBE_IMA_C      (1ul << 1)
#define HWPROBE_WHICH_CPUS 1u

/* --- process ----------------------------------------------------------------------------- */

#define CSIGNAL              0x000000fful
#define CLONE_VM             0x00000100ul
#define CLONE_FS             0x00000200ul
#define CLONE_FILES          0x00000400ul
#define CLONE_SIGHAND        0x00000800ul
#define CLONE_PIDFD          0x00001000ul
#define CLONE_VFORK          0x00004000ul
#define CLONE_THREAD         0x00010000ul
#define CLONE_SYSVSEM        0x00040000ul
#define CLONE_SETTLS         0x00080000ul
#define CLONE_PARENT_SETTID  0x00100000ul
#define CLONE_CHILD_CLEARTID 0x00200000ul
#define CLONE_DETACHED       0x00400000ul
#define CLONE_CHILD_SETTID   0x01000000ul

struct abi_clone_args {
    uint64_t flags;
    uint64_t pidfd;
    uint64_t child_tid;
    uint64_t parent_tid;
    uint64_t exit_signal;
    uint64_t stack;
    uint64_t stack_size;
    uint64_t tls;
    uint64_t set_tid;
    uint64_t set_tid_size;
    uint64_t cgroup;
};
_Static_assert(sizeof(struct abi_clone_args) == 88, "linux/sched.h");
#define CLONE_ARGS_SIZE_VER0 64u

#define RLIMIT_CPU        0
#define RLIMIT_FSIZE      1
#define RLIMIT_DATA       2
#define RLIMIT_STACK      3
#define RLIMIT_CORE       4
#define RLIMIT_RSS        5
#define RLIMIT_NPROC      6
#define RLIMIT_NOFILE     7
#define RLIMIT_MEMLOCK    8
#define RLIMIT_AS         9
#define RLIMIT_LOCKS      10
#define RLIMIT_SIGPENDING 11
#define RLIMIT_MSGQUEUE   12
#define RLIMIT_NICE       13
#define RLIMIT_RTPRIO     14
#define RLIMIT_RTTIME     15
#define RLIM_NLIMITS      16
#define RLIM_INFINITY     UINT64_MAX

struct abi_rlimit {
    uint64_t cur;
    uint64_t max;
};

struct abi_rusage {
    struct abi_timeval ru_utime, ru_stime;
    int64_t            ru_maxrss; /* KiB */
    int64_t            ru_rest[13];
};
_Static_assert(sizeof(struct abi_rusage) == 144, "linux/resource.h");

struct abi_tms {
    int64_t tms_utime, tms_stime, tms_cutime, tms_cstime;
};

#define PR_SET_PDEATHSIG       1
#define PR_GET_PDEATHSIG       2
#define PR_GET_DUMPABLE        3
#define PR_SET_DUMPABLE        4
#define PR_GET_KEEPCAPS        7
#define PR_SET_KEEPCAPS        8
#define PR_GET_TIMING          13
#define PR_SET_TIMING          14
#define PR_SET_NAME            15
#define PR_GET_NAME            16
#define PR_GET_SECCOMP         21
#define PR_CAPBSET_READ        23
#define PR_GET_SECUREBITS      27
#define PR_SET_TIMERSLACK      29
#define PR_GET_TIMERSLACK      30
#define PR_MCE_KILL_GET        34
#define PR_SET_CHILD_SUBREAPER 36
#define PR_GET_CHILD_SUBREAPER 37
#define PR_SET_NO_NEW_PRIVS    38
#define PR_GET_NO_NEW_PRIVS    39
#define PR_SET_THP_DISABLE     41
#define PR_GET_THP_DISABLE     42

/* --- the system -------------------------------------------------------------------------- */

#define UTS_LEN 65

struct abi_utsname {
    char sysname[UTS_LEN];
    char nodename[UTS_LEN];
    char release[UTS_LEN];
    char version[UTS_LEN];
    char machine[UTS_LEN];
    char domainname[UTS_LEN];
};
_Static_assert(sizeof(struct abi_utsname) == 390, "linux/utsname.h");

struct abi_sysinfo {
    int64_t  uptime; /* seconds */
    uint64_t loads[3];
    uint64_t totalram;
    uint64_t freeram;
    uint64_t sharedram;
    uint64_t bufferram;
    uint64_t totalswap;
    uint64_t freeswap;
    uint16_t procs;
    uint16_t pad1;
    uint32_t pad2;
    uint64_t totalhigh;
    uint64_t freehigh;
    uint32_t mem_unit;
    uint32_t pad3;
};
_Static_assert(sizeof(struct abi_sysinfo) == 112, "linux/sysinfo.h");
_Static_assert(offsetof(struct abi_sysinfo, totalhigh) == 88, "linux/sysinfo.h");

#define GRND_NONBLOCK 1
#define GRND_RANDOM   2
#define GRND_INSECURE 4

/* --- futexes ----------------------------------------------------------------------------- */

#define FUTEX_WAIT             0
#define FUTEX_WAKE             1
#define FUTEX_REQUEUE          3
#define FUTEX_CMP_REQUEUE      4
#define FUTEX_WAKE_OP          5
#define FUTEX_LOCK_PI          6
#define FUTEX_UNLOCK_PI        7
#define FUTEX_TRYLOCK_PI       8
#define FUTEX_WAIT_BITSET      9
#define FUTEX_WAKE_BITSET      10
#define FUTEX_WAIT_REQUEUE_PI  11
#define FUTEX_CMP_REQUEUE_PI   12
#define FUTEX_LOCK_PI2         13
#define FUTEX_PRIVATE_FLAG     128
#define FUTEX_CLOCK_REALTIME   256
#define FUTEX_CMD_MASK         (~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME))
#define FUTEX_BITSET_MATCH_ANY 0xffffffffu

/* What a thread registers with set_robust_list. */
struct abi_robust_list_head {
    uint64_t next;
    int64_t  futex_offset;
    uint64_t op_pending;
};
#define ROBUST_LIST_HEAD_SIZE 24u
_Static_assert(sizeof(struct abi_robust_list_head) == ROBUST_LIST_HEAD_SIZE, "linux/futex.h");

#define FUTEX_WAITERS    0x80000000u
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_TID_MASK   0x3fffffffu

/* --- signals ----------------------------------------------------------------------------- */

#define SIGHUP    1
#define SIGINT    2
#define SIGQUIT   3
#define SIGILL    4
#define SIGTRAP   5
#define SIGABRT   6
#define SIGBUS    7
#define SIGFPE    8
#define SIGKILL   9
#define SIGUSR1   10
#define SIGSEGV   11
#define SIGUSR2   12
#define SIGPIPE   13
#define SIGALRM   14
#define SIGTERM   15
#define SIGSTKFLT 16
#define SIGCHLD   17
#define SIGCONT   18
#define SIGSTOP   19
#define SIGTSTP   20
#define SIGTTIN   21
#define SIGTTOU   22
#define SIGURG    23
#define SIGXCPU   24
#define SIGXFSZ   25
#define SIGVTALRM 26
#define SIGPROF   27
#define SIGWINCH  28
#define SIGIO     29
#define SIGPWR    30
#define SIGSYS    31
#define SIGRTMIN  32
#define NSIG      64

/* The set of one signal. */
#define SIGSET(sig) (1ull << ((sig)-1))

#define SIG_BLOCK   0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2

#define SIG_DFL 0ul
#define SIG_IGN 1ul

#define SA_NOCLDSTOP 0x00000001ul
#define SA_NOCLDWAIT 0x00000002ul
#define SA_SIGINFO   0x00000004ul
#define SA_EXPOSE    0x00000800ul /* SA_EXPOSE_TAGBITS */
#define SA_ONSTACK   0x08000000ul
#define SA_RESTART   0x10000000ul
#define SA_NODEFER   0x40000000ul
#define SA_RESETHAND 0x80000000ul
#define SA_ALL                                                                                     \
    (SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_EXPOSE | SA_ONSTACK | SA_RESTART | SA_NODEFER | \
     SA_RESETHAND)

#define SS_ONSTACK    1
#define SS_DISABLE    2
#define SS_AUTODISARM (1u << 31)
#define SIGFRAME_SIZE 1088 /* bytes: AT_MINSIGSTKSZ */
#define MINSIGSTKSZ   2048

#define SI_USER     0
#define SI_KERNEL   0x80
#define SI_QUEUE    (-1)
#define SI_TIMER    (-2)
#define SI_TKILL    (-6)
#define ILL_ILLOPC  1
#define FPE_INTDIV  1
#define SEGV_MAPERR 1
#define SEGV_ACCERR 2
#define BUS_ADRALN  1
#define BUS_ADRERR  2
#define TRAP_BRKPT  1

struct abi_sigaction {
    uint64_t handler;
    uint64_t flags;
    uint64_t mask;
};

struct abi_stack_t {
    uint64_t ss_sp;
    int32_t  ss_flags;
    int32_t  pad;
    uint64_t ss_size;
};
_Static_assert(sizeof(struct abi_stack_t) == 24, "asm-generic/signal.h");

struct abi_siginfo {
    int32_t si_signo;
    int32_t si_errno;
    int32_t si_code;
    int32_t pad1;
    union {
        struct {
            int32_t  pid;
            uint32_t uid;
            uint64_t value;
        } rt; /* kill, tgkill, sigqueue */
        struct {
            uint64_t addr;
        } fault;
        uint8_t room[112];
    };
};
_Static_assert(sizeof(struct abi_siginfo) == 128, "asm-generic/siginfo.h");
_Static_assert(offsetof(struct abi_siginfo, fault) == 16, "asm-generic/siginfo.h");

/* Registers of an interrupted program: pc, then x1..x31; then floating point in the room of the
 * largest extension, Q. */
struct abi_sigcontext {
    uint64_t pc;
    uint64_t x[31];
    union {
        struct {
            uint64_t f[32];
            uint32_t fcsr;
        } d;
        uint8_t room[528];
    } __attribute__((aligned(16))) fp;
};

struct abi_ucontext {
    uint64_t           uc_flags;
    uint64_t           uc_link;
    struct abi_stack_t uc_stack;
    uint64_t           uc_sigmask;
    uint8_t            unused[120];

    struct abi_sigcontext uc_mcontext;
};
_Static_assert(offsetof(struct abi_ucontext, uc_mcontext) == 176, "riscv asm/ucontext.h");
_Static_assert(sizeof(struct abi_ucontext) == 960, "riscv asm/ucontext.h");

#endif
