/* SPDX-License-Identifier: Apache-2.0 */
/* sys_admin.c - system calls of a system's administration, as far as they mean something for one
 * program: children (there are none), capabilities, niceness, names of the machine. */
#include "kernel/hart.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "unix/admin.h"
#include "unix/args.h"
#include "unix/cred.h"
#include "unix/process.h"
#include "unix/syscall.h"

/* --- children ---------------------------------------------------------------------------- */

#define WNOHANG    0x00000001u
#define WUNTRACED  0x00000002u
#define WSTOPPED   WUNTRACED
#define WEXITED    0x00000004u
#define WCONTINUED 0x00000008u
#define WNOWAIT    0x01000000u
#define WKIND      0xe0000000u /* __WNOTHREAD, __WALL, __WCLONE */

int64_t sys_wait4(const uint64_t *a)
{
    unsigned options = (unsigned)a[2];
    if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | WKIND))
        return -EINVAL;
    return (int)a[0] == INT32_MIN ? -ESRCH : -ECHILD;
}

static bool is_pidfd(int fd)
{
    struct file *f = args_file(fd);
    bool         is = pidfd_is(f);
    file_put(f);
    return is;
}

static int check_waitid(int which, int id, unsigned options)
{
    enum { P_ALL, P_PID, P_PGID, P_PIDFD };
    if (options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | WKIND))
        return -EINVAL;
    if (!(options & (WEXITED | WSTOPPED | WCONTINUED)))
        return -EINVAL;
    switch (which) {
    case P_ALL:
        return -ECHILD;
    case P_PID:
        return id <= 0 ? -EINVAL : -ECHILD;
    case P_PGID:
        return id < 0 ? -EINVAL : -ECHILD;
    case P_PIDFD:
        return id < 0 ? -EINVAL : is_pidfd(id) ? -ECHILD : -EBADF;
    default:
        return -EINVAL;
    }
}

/* The fields that waitid fills are zeroed even where it fails. */
int64_t sys_waitid(const uint64_t *a)
{
    const struct abi_siginfo nothing = {.si_signo = 0};
    const size_t filled = offsetof(struct abi_siginfo, rt.value) + sizeof(uint32_t); /* si_status */
    int          err = check_waitid((int)a[0], (int)a[1], (unsigned)a[3]);
    return a[2] && uaccess_write(a[2], &nothing, filled) ? -EFAULT : err;
}

/* --- niceness ---------------------------------------------------------------------------- */

/* Kept for those who ask. All threads share the CPU in turn, and nobody else wants it. */
static int niceness;

int process_nice(void)
{
    return niceness;
}

/* Whether which and who mean the process. 0, -ESRCH, -EINVAL. */
static int check_priority(int which, int who)
{
    enum { PRIO_PROCESS, PRIO_PGRP, PRIO_USER };
    if (which < PRIO_PROCESS || which > PRIO_USER)
        return -EINVAL;
    if (who == 0)
        return 0;
    bool found = which == PRIO_USER ? (uint32_t)who == cred_uid() : who == PROCESS_PID;
    if (which == PRIO_PROCESS)
        found |= thread_exists(who);
    return found ? 0 : -ESRCH;
}

int process_set_nice(int nice)
{
    nice = nice < -20 ? -20 : nice > 19 ? 19 : nice;
    if (nice < niceness && (uint64_t)(20 - nice) > the_process.limits[RLIMIT_NICE].cur &&
        !cred_privileged())
        return -EACCES;
    niceness = nice;
    return 0;
}

int64_t sys_setpriority(const uint64_t *a)
{
    int err = check_priority((int)a[0], (int)a[1]);
    return err ? err : process_set_nice((int)a[2]);
}

/* 1 to 40, so that no result looks like an error. */
int64_t sys_getpriority(const uint64_t *a)
{
    int err = check_priority((int)a[0], (int)a[1]);
    return err ? err : 20 - niceness;
}

/* --- capabilities ------------------------------------------------------------------------ */

struct abi_cap_header {
    uint32_t version;
    int32_t  pid;
};

struct abi_cap_data {
    uint32_t effective, permitted, inheritable;
};

/* How many words of 32 capabilities a version has; 0: unknown. */
static unsigned cap_words(uint32_t version)
{
    switch (version) {
    case 0x19980330:
        return 1;
    case 0x20071026:
    case 0x20080522:
        return 2;
    default:
        return 0;
    }
}

/* Take the header at va over, of words words. 0 words: a version that there is not, which is answered with
 * the newest. -EFAULT. */
static int take_cap_header(vaddr_t va, struct abi_cap_header *header, unsigned *words)
{
    const uint32_t newest = 0x20080522;
    if (uaccess_read(&header->version, va, sizeof(header->version)))
        return -EFAULT;
    *words = cap_words(header->version);
    if (!*words)
        return uaccess_write(va, &newest, sizeof(newest));
    return uaccess_read(header, va, sizeof(*header));
}

int64_t sys_capget(const uint64_t *a)
{
    struct abi_cap_header header;
    struct abi_cap_data   data[2];
    unsigned              words;
    int                   err = take_cap_header(a[0], &header, &words);
    if (err)
        return err;
    if (!words) /* without data that was only a question for the version */
        return a[1] ? -EINVAL : 0;
    if (header.pid < 0)
        return -EINVAL;
    if (!thread_exists(header.pid))
        return -ESRCH;
    struct cred_caps caps = cred_caps();
    for (unsigned i = 0; i < words; i++)
        data[i] = (struct abi_cap_data){(uint32_t)(caps.effective >> 32 * i),
                                        (uint32_t)(caps.permitted >> 32 * i),
                                        (uint32_t)(caps.inheritable >> 32 * i)};
    return a[1] ? uaccess_write(a[1], data, words * sizeof(*data)) : 0;
}

int64_t sys_capset(const uint64_t *a)
{
    struct abi_cap_header header;
    struct abi_cap_data   data[2] = {{0, 0, 0}, {0, 0, 0}};
    unsigned              words;
    int                   err = take_cap_header(a[0], &header, &words);
    if (err)
        return err;
    if (!words)
        return -EINVAL;
    if (header.pid && (uint32_t)header.pid != uthread_self()->tid)
        return -EPERM;
    if (uaccess_read(data, a[1], words * sizeof(*data)))
        return -EFAULT;
    struct cred_caps caps = {
        (data[0].effective | (uint64_t)data[1].effective << 32) & CRED_CAPS_ALL,
        (data[0].permitted | (uint64_t)data[1].permitted << 32) & CRED_CAPS_ALL,
        (data[0].inheritable | (uint64_t)data[1].inheritable << 32) & CRED_CAPS_ALL,
    };
    return cred_set_caps(&caps);
}

/* --- names of the machine ---------------------------------------------------------------- */

static struct spinlock names_lock = SPINLOCK_INIT(LOCK_PROCESS, "names");
/* names_lock protects: */
static struct abi_utsname utsname = {
    .sysname = "Linux",
    .nodename = "cella",
    /* Programs compare the release with what they need: it is that of the Linux whose calls are
     * modelled. */
    .release = "6.12.0-cella",
    .version = "#1 Cella",
    .machine = "riscv64",
    .domainname = "(none)",
};

void admin_names(struct abi_utsname *out)
{
    spinlock_acquire(&names_lock);
    *out = utsname;
    spinlock_release(&names_lock);
}

int64_t sys_uname(const uint64_t *a)
{
    struct abi_utsname names;
    admin_names(&names);
    return uaccess_write(a[0], &names, sizeof(names));
}

static int set_machine_name(char *field, vaddr_t va, int len)
{
    char name[UTS_LEN] = {0};
    if (!cred_privileged())
        return -EPERM;
    if (len < 0 || len > UTS_LEN - 1)
        return -EINVAL;
    if (uaccess_read(name, va, (size_t)len))
        return -EFAULT;
    spinlock_acquire(&names_lock);
    memcpy(field, name, UTS_LEN);
    spinlock_release(&names_lock);
    return 0;
}

int64_t sys_sethostname(const uint64_t *a)
{
    return set_machine_name(utsname.nodename, a[0], (int)a[1]);
}

int64_t sys_setdomainname(const uint64_t *a)
{
    return set_machine_name(utsname.domainname, a[0], (int)a[1]);
}

/* --- the rest ---------------------------------------------------------------------------- */

/* Every bit that there is takes effect when a program is loaded, and this one is. */
int64_t sys_personality(const uint64_t *a)
{
    static uint32_t personality;
    uint32_t        old = personality, new = (uint32_t)a[0];
    if (new != UINT32_MAX)
        personality = new;
    return old;
}

/* All threads are of this process, so it makes no difference which kind of barrier is asked for, but
 * that one is for code as well. */
static atomic_uint barriers_registered;

void admin_exec(void)
{
    atomic_store(&barriers_registered, 0);
}

int64_t sys_membarrier(const uint64_t *a)
{
    enum {
        GLOBAL = 1,
        GLOBAL_EXPEDITED = 2,
        REGISTER_GLOBAL_EXPEDITED = 4,
        PRIVATE_EXPEDITED = 8,
        REGISTER_PRIVATE_EXPEDITED = 16,
        PRIVATE_EXPEDITED_SYNC_CORE = 32,
        REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 64,
        GET_REGISTRATIONS = 512,
        ALL = 127 | GET_REGISTRATIONS,
    };
    unsigned cmd = (unsigned)a[0];
    if ((unsigned)a[1])
        return -EINVAL;
    switch (cmd) {
    case 0:
        return ALL;
    case GLOBAL:
    case GLOBAL_EXPEDITED:
        hart_barrier_others();
        return 0;
    case REGISTER_GLOBAL_EXPEDITED:
    case REGISTER_PRIVATE_EXPEDITED:
    case REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
        atomic_fetch_or(&barriers_registered, cmd);
        return 0;
    case PRIVATE_EXPEDITED:
    case PRIVATE_EXPEDITED_SYNC_CORE: /* its registration is the next bit */
        if (!(atomic_load(&barriers_registered) & cmd << 1))
            return -EPERM;
        if (cmd == PRIVATE_EXPEDITED_SYNC_CORE)
            hart_sync_code();
        else
            hart_barrier_others();
        return 0;
    case GET_REGISTRATIONS:
        return atomic_load(&barriers_registered);
    default:
        return -EINVAL;
    }
}
