/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-nonnull */
/* abi_process.c - the process, its limits, settings and rights, children that it does not have, and what
 * the system tells of itself. */
#include "abi.h"

#include <linux/capability.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>

static void limits(void)
{
    CLAIM("resource limits are told and set");
    struct rlimit l, wrong = {2, 1}, large = {1, 1048577};
    for (int i = 0; i < 16; i++) {
        SHOW(syscall(SYS_prlimit64, 0, i, NULL, &l));
        printf("%d: %ld %ld\n", i, (long)l.rlim_cur, (long)l.rlim_max);
    }
    SHOW(syscall(SYS_prlimit64, 0, 16, NULL, &l));
    SHOW(syscall(SYS_prlimit64, 0, -1, NULL, &l));
    SHOW(syscall(SYS_prlimit64, 123456, 99, NULL, &l));
    SHOW(syscall(SYS_prlimit64, -1, 0, NULL, &l));
    SHOW(syscall(SYS_prlimit64, getpid(), RLIMIT_CORE, NULL, NULL));
    SHOW(syscall(SYS_prlimit64, (1l << 40), RLIMIT_CORE, NULL, NULL));
    SHOW(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &wrong, NULL));
    SHOW(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &large, NULL));
    SHOW(syscall(SYS_prlimit64, 0, 99, &wrong, NULL));
    SHOW_POINTERS(syscall(SYS_prlimit64, 0, RLIMIT_RSS, p, NULL));
    SHOW_POINTERS(syscall(SYS_prlimit64, 123456, 99, p, NULL));
    SHOW_POINTERS(syscall(SYS_prlimit64, 0, RLIMIT_RSS, NULL, p));
    SHOW_POINTERS(syscall(SYS_prlimit64, 0, 99, NULL, p));
    SHOW_POINTERS(syscall(SYS_getrlimit, RLIMIT_CORE, p));
    SHOW_POINTERS(syscall(SYS_getrlimit, 16, p));
    SHOW_POINTERS(syscall(SYS_setrlimit, 16, p));
    l = (struct rlimit){10, 20};
    SHOW(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &l, &l));
    SHOW(l.rlim_cur);
    SHOW(dup2(0, 9));
    SHOW(dup2(0, 10));
    l = (struct rlimit){1024, 2048};
    SHOW(setrlimit(RLIMIT_NOFILE, &l));
    SHOW(dup2(0, 1023));
    SHOW(close(1023));
}

static void usage(void)
{
    CLAIM("resource usage is told");
    struct rusage ru;
    SHOW(syscall(SYS_getrusage, RUSAGE_SELF, &ru));
    SHOW(syscall(SYS_getrusage, RUSAGE_CHILDREN, &ru));
    SHOW(ru.ru_utime.tv_sec + ru.ru_utime.tv_usec + ru.ru_maxrss);
    SHOW(syscall(SYS_getrusage, RUSAGE_THREAD, &ru));
    SHOW(syscall(SYS_getrusage, 2, &ru));
    SHOW(syscall(SYS_getrusage, -2, &ru));
    SHOW_POINTERS(syscall(SYS_getrusage, 0, p));
    SHOW_POINTERS(syscall(SYS_getrusage, 9, p));
}

static void settings(void)
{
    CLAIM("prctl's settings");
    char name[16];
    int  value = -1;
    SHOW(prctl(PR_SET_NAME, "a name that is too long"));
    SHOW(prctl(PR_GET_NAME, name));
    printf("%s\n", name);
    SHOW_POINTERS(prctl(PR_SET_NAME, p));
    SHOW_POINTERS(prctl(PR_GET_NAME, p));
    SHOW(prctl(9999));
    SHOW(prctl(-1));
    SHOW(prctl(PR_GET_DUMPABLE));
    SHOW(prctl(PR_SET_DUMPABLE, 2));
    SHOW(prctl(PR_SET_DUMPABLE, 0));
    SHOW(prctl(PR_GET_DUMPABLE));
    SHOW(prctl(PR_SET_DUMPABLE, 1));
    SHOW(prctl(PR_SET_PDEATHSIG, 65));
    SHOW(prctl(PR_SET_PDEATHSIG, -1));
    SHOW(prctl(PR_SET_PDEATHSIG, 64));
    SHOW(prctl(PR_GET_PDEATHSIG, &value));
    SHOW(value);
    SHOW(prctl(PR_SET_PDEATHSIG, 0));
    SHOW_POINTERS(prctl(PR_GET_PDEATHSIG, p));
    SHOW(prctl(PR_GET_KEEPCAPS));
    SHOW(prctl(PR_SET_KEEPCAPS, 2));
    SHOW(prctl(PR_SET_KEEPCAPS, 1));
    SHOW(prctl(PR_GET_KEEPCAPS));
    SHOW(prctl(PR_GET_TIMING));
    SHOW(prctl(PR_SET_TIMING, 1));
    SHOW(prctl(PR_SET_TIMING, 0));
    SHOW(prctl(PR_GET_SECUREBITS));
    SHOW(prctl(PR_CAPBSET_READ, 0));
    SHOW(prctl(PR_CAPBSET_READ, 40));
    SHOW(prctl(PR_CAPBSET_READ, 41));
    SHOW(prctl(PR_CAPBSET_READ, -1));
    SHOW(prctl(PR_GET_TIMERSLACK));
    SHOW(prctl(PR_SET_TIMERSLACK, 1000));
    SHOW(prctl(PR_GET_TIMERSLACK));
    SHOW(prctl(PR_SET_TIMERSLACK, 0));
    SHOW(prctl(PR_GET_TIMERSLACK));
    SHOW(prctl(PR_GET_CHILD_SUBREAPER, &value));
    SHOW(value);
    SHOW(prctl(PR_SET_CHILD_SUBREAPER, 5));
    SHOW(prctl(PR_GET_CHILD_SUBREAPER, &value));
    SHOW(value);
    SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 1, 0));
    SHOW(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
    SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    SHOW(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
    SHOW(prctl(PR_GET_THP_DISABLE, 1, 0, 0, 0));
    SHOW(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 1));
    SHOW(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
    SHOW(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
    SHOW(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0));
    SHOW(prctl(PR_MCE_KILL_GET, 1, 0, 0, 0));
    SHOW(prctl(PR_GET_UNALIGN, &value));
    SHOW(prctl(PR_GET_ENDIAN, &value));
}

static void children(void)
{
    CLAIM("waiting for children that there are none of");
    int       status = 5;
    siginfo_t info;
    memset(&info, 7, sizeof(info));
    SHOW(syscall(SYS_wait4, -1, &status, 0, NULL));
    SHOW(status);
    SHOW(syscall(SYS_wait4, -1, NULL, WNOHANG, NULL));
    SHOW(syscall(SYS_wait4, 0, NULL, 0, NULL));
    SHOW(syscall(SYS_wait4, 12345, NULL, 0, NULL));
    SHOW(syscall(SYS_wait4, -12345, NULL, 0, NULL));
    SHOW(syscall(SYS_wait4, (long)INT32_MIN, NULL, 0, NULL));
    SHOW(syscall(SYS_wait4, (long)INT32_MIN, NULL, 4, NULL));
    SHOW(syscall(SYS_wait4, -1, NULL, 4, NULL));
    SHOW(syscall(SYS_wait4, -1, NULL, __WALL | WUNTRACED | WCONTINUED, NULL));
    SHOW_POINTERS(syscall(SYS_wait4, -1, p, 0, p));
    SHOW(syscall(SYS_waitid, P_ALL, 0, &info, WEXITED, NULL));
    SHOW(info.si_signo + info.si_errno + info.si_code + info.si_pid + info.si_uid + info.si_status);
    SHOW(syscall(SYS_waitid, P_ALL, 0, NULL, 0, NULL));
    SHOW(syscall(SYS_waitid, P_ALL, 0, NULL, WNOHANG, NULL));
    SHOW(syscall(SYS_waitid, P_ALL, 0, NULL, 0x10000, NULL));
    SHOW(syscall(SYS_waitid, P_PID, 0, NULL, WEXITED, NULL));
    SHOW(syscall(SYS_waitid, P_PID, 12345, NULL, WEXITED, NULL));
    SHOW(syscall(SYS_waitid, P_PGID, -1, NULL, WEXITED, NULL));
    SHOW(syscall(SYS_waitid, P_PGID, 0, NULL, WEXITED, NULL));
    SHOW(syscall(SYS_waitid, 3, -1, NULL, WEXITED, NULL));
    SHOW(syscall(SYS_waitid, 3, 99, NULL, WEXITED, NULL));
    SHOW(syscall(SYS_waitid, 4, 0, NULL, WEXITED, NULL));
    SHOW_POINTERS(syscall(SYS_waitid, P_ALL, 0, p, WEXITED, NULL));
}

static void priorities(void)
{
    CLAIM("getpriority and setpriority");
    SHOW(syscall(SYS_getpriority, PRIO_PROCESS, 0));
    SHOW(syscall(SYS_getpriority, 3, 0));
    SHOW(syscall(SYS_getpriority, PRIO_PROCESS, 12345));
    SHOW(syscall(SYS_getpriority, PRIO_PGRP, 12345));
    SHOW(syscall(SYS_getpriority, PRIO_USER, 12345));
    SHOW(syscall(SYS_setpriority, 3, 0, 5));
    SHOW(syscall(SYS_setpriority, PRIO_PROCESS, 12345, 5));
    SHOW(syscall(SYS_setpriority, PRIO_PROCESS, 0, 50));
    SHOW(syscall(SYS_getpriority, PRIO_PROCESS, 0));
    SHOW(syscall(SYS_setpriority, PRIO_PROCESS, 0, -50));
    SHOW(syscall(SYS_getpriority, PRIO_PROCESS, getpid()));
    SHOW(syscall(SYS_setpriority, PRIO_PROCESS, 0, 0));
}

static void scheduling(void)
{
    CLAIM("affinity and scheduling parameters");
    uint64_t           mask[16] = {0};
    struct sched_param param;
    SHOW(syscall(SYS_sched_getaffinity, 0, 8, mask));
    SHOW(mask[0]);
    SHOW(syscall(SYS_sched_getaffinity, 0, 128, mask));
    SHOW(syscall(SYS_sched_getaffinity, 0, 0, mask));
    SHOW(syscall(SYS_sched_getaffinity, 0, 4, mask));
    SHOW(syscall(SYS_sched_getaffinity, 0, 9, mask));
    SHOW(syscall(SYS_sched_getaffinity, 12345, 8, mask));
    SHOW(syscall(SYS_sched_getaffinity, -1, 8, mask));
    SHOW_POINTERS(syscall(SYS_sched_getaffinity, 0, 8, p));
    SHOW_POINTERS(syscall(SYS_sched_getaffinity, 12345, 8, p));
    SHOW(syscall(SYS_sched_setaffinity, 0, 8, mask));
    SHOW(syscall(SYS_sched_setaffinity, 0, 0, mask));
    mask[0] = 6;
    SHOW(syscall(SYS_sched_setaffinity, 0, 8, mask));
    SHOW(syscall(SYS_sched_setaffinity, 12345, 8, mask));
    SHOW_POINTERS(syscall(SYS_sched_setaffinity, 0, 8, p));
    SHOW(syscall(SYS_sched_getscheduler, 0));
    SHOW(syscall(SYS_sched_getscheduler, -1));
    SHOW(syscall(SYS_sched_getscheduler, 12345));
    SHOW(syscall(SYS_sched_getparam, 0, &param));
    SHOW(param.sched_priority);
    SHOW(syscall(SYS_sched_getparam, 0, NULL));
    SHOW(syscall(SYS_sched_getparam, -1, &param));
    SHOW(syscall(SYS_sched_getparam, 12345, &param));
    SHOW_POINTERS(syscall(SYS_sched_getparam, 0, p));
    for (int policy = -1; policy < 9; policy++) {
        SHOW(syscall(SYS_sched_get_priority_max, policy));
        SHOW(syscall(SYS_sched_get_priority_min, policy));
    }
    SHOW_POINTERS(syscall(SYS_getcpu, p, NULL, NULL));
    SHOW_POINTERS(syscall(SYS_getcpu, NULL, p, NULL));
    SHOW(syscall(SYS_sched_yield));
}

static void capabilities(void)
{
    CLAIM("capget tells what the program may do");
    struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct   d[2];
    SHOW(syscall(SYS_capget, &h, d));
    printf("%x %x %x %x %x %x\n", d[0].effective, d[0].permitted, d[0].inheritable, d[1].effective,
           d[1].permitted, d[1].inheritable);
    SHOW(syscall(SYS_capget, &h, NULL));
    h.pid = -1;
    SHOW(syscall(SYS_capget, &h, d));
    h.pid = 12345;
    SHOW(syscall(SYS_capget, &h, d));
    h.version = 5;
    SHOW(syscall(SYS_capget, &h, d));
    SHOW(h.version == _LINUX_CAPABILITY_VERSION_3);
    h.version = 5;
    SHOW(syscall(SYS_capget, &h, NULL));
    h = (struct __user_cap_header_struct){_LINUX_CAPABILITY_VERSION_3, 0};
    SHOW_POINTERS(syscall(SYS_capget, &h, p));
    SHOW_POINTERS(syscall(SYS_capget, p, d));
}

static void identities(void)
{
    CLAIM("users and groups");
    gid_t list[3] = {5, 6, 7};
    SHOW(syscall(SYS_getuid) + syscall(SYS_geteuid) + syscall(SYS_getgid) + syscall(SYS_getegid));
    SHOW(syscall(SYS_getgroups, -1, list));
    SHOW(syscall(SYS_setgroups, 3, list));
    SHOW(syscall(SYS_getgroups, 0, NULL));
    SHOW(syscall(SYS_getgroups, 2, list));
    SHOW(syscall(SYS_getgroups, 3, list));
    SHOW(syscall(SYS_setgroups, -1, list));
    SHOW(syscall(SYS_setgroups, 65537, list));
    SHOW_POINTERS(syscall(SYS_getgroups, 5, p));
    SHOW_POINTERS(syscall(SYS_setgroups, 1, p));
    SHOW(syscall(SYS_setgroups, 0, NULL));
    SHOW_POINTERS(syscall(SYS_getresuid, p, p, p));
    SHOW(syscall(SYS_setuid, -1));
    SHOW(syscall(SYS_setfsuid, 77));
    SHOW(syscall(SYS_setfsuid, -1));
    SHOW(syscall(SYS_setfsgid, 78));
    SHOW(syscall(SYS_setfsgid, -1));
    SHOW(syscall(SYS_setresgid, 1, 2, 3));
    SHOW(syscall(SYS_getegid));
    SHOW(syscall(SYS_setfsgid, -1));
    SHOW(syscall(SYS_setreuid, -1, 10));
    SHOW(syscall(SYS_setfsuid, 0));
    SHOW(syscall(SYS_setfsuid, 11));
    SHOW(syscall(SYS_setfsuid, -1));
    SHOW(syscall(SYS_setfsgid, 3));
    SHOW(syscall(SYS_setfsgid, 4));
    SHOW(syscall(SYS_setfsgid, -1));
    struct rlimit l = {1, 2}, more = {1, 3}, less = {0, 1};
    SHOW(setrlimit(RLIMIT_MSGQUEUE, &l));
    SHOW(setrlimit(RLIMIT_MSGQUEUE, &more));
    SHOW(setrlimit(RLIMIT_MSGQUEUE, &less));
    SHOW(syscall(SYS_setgroups, 0, NULL));
    SHOW(syscall(SYS_sethostname, "x", 1));
    SHOW(syscall(SYS_setpriority, PRIO_PROCESS, 0, -1));
    SHOW(syscall(SYS_setuid, 20));
    SHOW(syscall(SYS_setuid, 0));
    SHOW(syscall(SYS_geteuid));
    SHOW(syscall(SYS_setuid, 0));
    SHOW(syscall(SYS_getuid));
}

static void system_itself(void)
{
    CLAIM("uname, and what may be set of it");
    struct utsname u;
    struct sysinfo si;
    SHOW(syscall(SYS_uname, &u));
    printf("%s %s %s\n", u.sysname, u.machine, u.domainname);
    SHOW_POINTERS(syscall(SYS_uname, p));
    SHOW(syscall(SYS_sethostname, "another", 7));
    SHOW(syscall(SYS_setdomainname, "domain", 3));
    SHOW(syscall(SYS_uname, &u));
    printf("%s %s\n", u.nodename, u.domainname);
    SHOW(syscall(SYS_sethostname, "another", -1));
    SHOW(syscall(SYS_sethostname, "another", 65));
    SHOW_POINTERS(syscall(SYS_sethostname, p, 4));
    SHOW(syscall(SYS_sysinfo, &si));
    SHOW(si.mem_unit);
    SHOW(si.totalswap + si.totalhigh);
    SHOW(si.freeram < si.totalram);
    SHOW_POINTERS(syscall(SYS_sysinfo, p));
    SHOW(syscall(SYS_personality, 0xffffffff));
    SHOW(syscall(SYS_personality, 0x0040000));
    SHOW(syscall(SYS_personality, 0));
    SHOW(syscall(SYS_personality, 0xffffffff));
}

static void barriers(void)
{
    CLAIM("membarrier");
    SHOW(syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0) & 127);
    SHOW(syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 1, 0));
    SHOW(syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0));
    SHOW(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
    SHOW(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
    SHOW(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
    SHOW(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0));
    SHOW(syscall(SYS_membarrier, 3, 0, 0));
    SHOW(syscall(SYS_membarrier, -1, 0, 0));
}

static void numbers(void)
{
    CLAIM("numbers of process, group and session");
    char head[24];
    SHOW(syscall(SYS_getpid) == syscall(SYS_gettid));
    SHOW(syscall(SYS_getpgid, 12345));
    SHOW(syscall(SYS_getpgid, -1));
    SHOW(syscall(SYS_getsid, 12345));
    SHOW(syscall(SYS_setpgid, 0, -1));
    SHOW(syscall(SYS_setpgid, 12345, 0));
    SHOW(syscall(SYS_setpgid, -1, 0));
    SHOW(syscall(SYS_setsid));
    SHOW(syscall(SYS_set_tid_address, NULL) == getpid());
    SHOW(syscall(SYS_set_robust_list, NULL, 23));
    SHOW(syscall(SYS_set_robust_list, head, 24));
    uint64_t where, size;
    SHOW(syscall(SYS_get_robust_list, 0, &where, &size));
    SHOW(where == (uint64_t)head);
    SHOW(size);
    SHOW(syscall(SYS_get_robust_list, 12345, &where, &size));
    SHOW_POINTERS(syscall(SYS_get_robust_list, 0, p, &size));
    SHOW_POINTERS(syscall(SYS_get_robust_list, 0, &where, p));
    SHOW(syscall(SYS_set_robust_list, NULL, 24));
    SHOW(syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0));
    SHOW(syscall(SYS_clone, CLONE_SIGHAND, 0, 0, 0, 0));
    SHOW(syscall(SYS_clone3, NULL, 0));
    SHOW(syscall(SYS_clone3, NULL, 63));
    SHOW(syscall(SYS_clone3, NULL, 5000));
    SHOW(syscall(SYS_clone3, pointer(KERNEL), 64));
    SHOW(syscall(SYS_clone3, pointer(CROSSING), 64));
}

int main(void)
{
    buffer_output();
    limits();
    usage();
    settings();
    children();
    priorities();
    scheduling();
    capabilities();
    system_itself();
    barriers();
    numbers();
    identities();
    return 0;
}
