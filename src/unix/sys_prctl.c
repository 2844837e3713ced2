/* SPDX-License-Identifier: Apache-2.0 */
/* sys_prctl.c - prctl: settings of the process and of its threads.
 *
 * What can be set is kept and told again. Where a setting asks for something of other processes, of
 * core dumps or of huge pages, there is nothing that it could change.
 */
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "unix/admin.h"
#include "unix/cred.h"
#include "unix/process.h"
#include "unix/syscall.h"

#define DEFAULT_TIMERSLACK 50000 /* nanoseconds */
#define MCE_KILL_DEFAULT   2
#define SECBIT_KEEP_CAPS   16
#define TIMING_STATISTICAL 0

/* Each is one word: a thread that asks while another one sets gets one or the other. */
static struct {
    uint32_t parent_death_signal;
    bool     not_dumpable, no_new_privs, thp_disabled, keep_caps, subreaper;
} settings;

bool prctl_no_new_privs(void)
{
    return settings.no_new_privs;
}

void prctl_exec(void)
{
    settings.not_dumpable = settings.keep_caps = false;
}

static int set_name(vaddr_t va)
{
    char    name[sizeof(thread_self()->name)];
    ssize_t len = uaccess_read_str(name, va, sizeof(name));
    if (len == -EFAULT)
        return -EFAULT;
    if (len < 0) /* longer names are cut */
        len = sizeof(name) - 1;
    name[len] = '\0';
    memcpy(thread_self()->name, name, sizeof(name));
    return 0;
}

static int get_name(vaddr_t va)
{
    char name[sizeof(thread_self()->name)] = {0};
    strlcpy(name, thread_self()->name, sizeof(name));
    return uaccess_write(va, name, sizeof(name));
}

static int put_int(vaddr_t va, uint32_t value)
{
    return uaccess_write(va, &value, sizeof(value));
}

static int set_parent_death_signal(uint64_t sig)
{
    if (sig > NSIG)
        return -EINVAL;
    settings.parent_death_signal = (uint32_t)sig;
    return 0;
}

/* A setting that is off or on. */
bool prctl_keeps_caps(void)
{
    return settings.keep_caps;
}

static int set_flag(bool *flag, uint64_t value)
{
    if (value > 1)
        return -EINVAL;
    *flag = value;
    return 0;
}

/* Settings of a thread. */
static int64_t thread_setting(int option, const uint64_t *arg)
{
    struct uthread *ut = uthread_self();
    switch (option) {
    case PR_SET_NAME:
        return set_name(arg[0]);
    case PR_GET_NAME:
        return get_name(arg[0]);
    case PR_SET_TIMERSLACK: /* sleeps are as exact as the clock whatever is asked for */
        ut->timerslack = (int64_t)arg[0] <= 0 ? DEFAULT_TIMERSLACK : arg[0];
        return 0;
    case PR_GET_TIMERSLACK:
        return ut->timerslack ? (int64_t)ut->timerslack : DEFAULT_TIMERSLACK;
    default:
        return -EINVAL;
    }
}

static int64_t get_setting(int option, const uint64_t *arg)
{
    bool bare = !arg[0] && !arg[1] && !arg[2] && !arg[3];
    switch (option) {
    case PR_GET_PDEATHSIG:
        return put_int(arg[0], settings.parent_death_signal);
    case PR_GET_DUMPABLE:
        return !settings.not_dumpable;
    case PR_GET_KEEPCAPS:
        return settings.keep_caps;
    case PR_GET_TIMING:
        return TIMING_STATISTICAL;
    case PR_GET_SECCOMP:
        return 0;
    case PR_GET_SECUREBITS:
        return settings.keep_caps ? SECBIT_KEEP_CAPS : 0;
    case PR_CAPBSET_READ:
        return arg[0] <= LAST_CAP ? 1 : -EINVAL;
    case PR_MCE_KILL_GET:
        return bare ? MCE_KILL_DEFAULT : -EINVAL;
    case PR_GET_CHILD_SUBREAPER:
        return put_int(arg[0], settings.subreaper);
    case PR_GET_NO_NEW_PRIVS:
        return bare ? settings.no_new_privs : -EINVAL;
    case PR_GET_THP_DISABLE:
        return bare ? settings.thp_disabled : -EINVAL;
    default:
        return thread_setting(option, arg);
    }
}

int64_t sys_prctl(const uint64_t *a)
{
    const uint64_t *arg = &a[1];
    switch ((int)a[0]) {
    case PR_SET_PDEATHSIG:
        return set_parent_death_signal(arg[0]);
    case PR_SET_DUMPABLE:
        if (arg[0] > 1)
            return -EINVAL;
        settings.not_dumpable = !arg[0];
        return 0;
    case PR_SET_KEEPCAPS:
        return set_flag(&settings.keep_caps, arg[0]);
    case PR_SET_TIMING:
        return arg[0] == TIMING_STATISTICAL ? 0 : -EINVAL;
    case PR_SET_CHILD_SUBREAPER:
        settings.subreaper = arg[0];
        return 0;
    case PR_SET_NO_NEW_PRIVS: /* which there is no way back from */
        if (arg[0] != 1 || arg[1] || arg[2] || arg[3])
            return -EINVAL;
        settings.no_new_privs = true;
        return 0;
    case PR_SET_THP_DISABLE:
        if (arg[1] || arg[2] || arg[3])
            return -EINVAL;
        settings.thp_disabled = arg[0];
        return 0;
    default:
        return get_setting((int)a[0], arg);
    }
}
