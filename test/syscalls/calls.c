/* SPDX-License-Identifier: Apache-2.0 */
/* calls.c - which system calls there are, and what keeps one from ending the program: see random_calls.h.
 *
 * The kernel's own list says what arguments each call has, so that a new one takes part at once.
 */
#include "random_calls.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <termios.h>

struct call {
    long              nr;
    const char       *name;
    bool              refused;
    enum syscall_kind kinds[8]; /* of results, too */
};

#define SYSCALL(nr, name, ...)             {nr, #name, false, {__VA_ARGS__}},
#define SYSCALL_WHOLE(nr, name, ...)       {nr, #name, false, {__VA_ARGS__}},
#define SYSCALL_ABSENT(nr, name, ...)      {nr, #name, true, {__VA_ARGS__}},
#define SYSCALL_REFUSED(nr, name, ...)     {nr, #name, true, {__VA_ARGS__}},
#define SYSCALL_DENIED(nr, err, name, ...) {nr, #name, true, {__VA_ARGS__}},
static const struct call calls[] = {
#include "unix/syscall_list.h"
};

const size_t ncalls = COUNT(calls);

void (*showing)(struct worker *w);

/* --- what a call would do to the program ------------------------------------------------------------- */

static bool protected_fd(int fd)
{
    return (fd >= 0 && fd < FIRST_FD) || (fd > LAST_FD && fd < 1000);
}

static bool protected_signal(int sig)
{
    return sig > 0 && sig <= 64 && NEEDED & BIT(sig);
}

static uint64_t harmless(uint64_t sig)
{
    return (int)sig == SIGKILL || (int)sig == SIGSTOP ? 0 : sig;
}

static uint64_t harmless_uid(uint64_t id)
{
    return (uint32_t)id == UINT32_MAX ? id : 0;
}

/* Change what must not happen. False: make another call. */
static bool tame(struct worker *w, long nr, uint64_t *a)
{
    switch (nr) {
    case SYS_exit_group:   /* the program's last call */
    case SYS_exit:         /* each child's last call: acts.c */
    case SYS_rt_sigreturn: /* handlers return, to what they spoilt: acts.c */
    case SYS_clone:        /* a child needs a stack: acts.c */
    case SYS_clone3:
        return false;
    case SYS_close:
        return !protected_fd((int)a[0]);
    case SYS_dup3:
        return !protected_fd((int)a[1]);
    case SYS_pidfd_getfd:
        return !protected_fd((int)a[1]);
    case SYS_openat:
        if (w->tty) /* what is written there nobody could read */
            a[2] &= ~3ul;
        return true;
    case SYS_openat2:
    case SYS_symlinkat:
    case SYS_linkat:
    case SYS_renameat2:
        return !w->tty;
    case SYS_mq_open: /* of any name: it must be one that unlink_queues() knows */
        a[0] = a[1] & O_CREAT ? known_name(w) : a[0];
        return true;
    case SYS_ioctl:
        return (unsigned)a[1] != TCXONC && (unsigned)a[1] != TIOCSTI;
    case SYS_kill:
    case SYS_tkill:
    case SYS_rt_sigqueueinfo:
    case SYS_pidfd_send_signal:
        a[1] = harmless(a[1]);
        return true;
    case SYS_tgkill:
    case SYS_rt_tgsigqueueinfo:
        a[0] = chance(w, 2) ? 1 : a[0];
        a[2] = harmless(a[2]);
        return true;
    case SYS_rt_sigaction:
        if (protected_signal((int)a[0]))
            a[1] = 0;
        return true;
    case SYS_setuid:
    case SYS_setgid:
        a[0] = harmless_uid(a[0]);
        return true;
    case SYS_setreuid:
    case SYS_setregid:
        a[0] = harmless_uid(a[0]);
        a[1] = harmless_uid(a[1]);
        return true;
    case SYS_setresuid: /* the saved one stays root's */
    case SYS_setresgid:
        a[2] = harmless_uid(a[2]);
        return true;
    case SYS_setrlimit:
    case SYS_prlimit64:
        if (a[nr == SYS_prlimit64] == RLIMIT_CPU)
            a[nr == SYS_prlimit64 ? 2 : 1] = 0;
        return true;
    default:
        return true;
    }
}

/* --- what it left behind --------------------------------------------------------------------------- */

/* Of a segment of shared memory the length is not known. */
void drop_floating(struct floating *f)
{
    if (!f->len)
        return;
    RAW(SYS_shmdt, f->at);
    RAW(SYS_munmap, f->at, f->len);
    *f = (struct floating){0};
}

/* A mapping that the kernel placed: one is kept in each slot. */
static void keep_floating(struct worker *w, uintptr_t at, size_t len)
{
    struct floating *f = &PICK(w, w->floats);

    if (len > LARGE)
        RAW(SYS_munmap, at, len);
    if (len > LARGE || is_in_arenas(at))
        return;
    drop_floating(f);
    *f = (struct floating){at, (len + PAGE - 1) & -PAGE};
}

static void mend(struct worker *w, long nr, const uint64_t *a, long result)
{
    switch (nr) {
    case SYS_io_setup:
        if (result == 0)
            keep_context(w, a[1]);
        return;
    case SYS_mmap:
        if (result > 0)
            keep_floating(w, (uintptr_t)result, a[1]);
        return;
    case SYS_mremap:
        if (result > 0)
            keep_floating(w, (uintptr_t)result, a[2]);
        return;
    case SYS_shmat:
        if (result > 0 && chance(w, 2))
            RAW(SYS_shmdt, result);
        else if (result > 0)
            keep_floating(w, (uintptr_t)result, PAGE);
        return;
    case SYS_mlockall:
        RAW(SYS_munlockall);
        return;
    case SYS_chroot:
        RAW(SYS_fchdir, ROOT_FD);
        RAW(SYS_chroot, ".");
        return;
    case SYS_sigaltstack:
    case SYS_setrlimit:
    case SYS_prlimit64:
    case SYS_setresuid:
    case SYS_setresgid:
    case SYS_capset:
        settle_thread(w);
        return;
    default:
        return;
    }
}

/* --- one call -------------------------------------------------------------------------------------- */

static const long favoured[] = {
    SYS_openat, SYS_openat,    SYS_read,    SYS_write,     SYS_mmap,         SYS_mmap,
    SYS_munmap, SYS_mprotect,  SYS_mremap,  SYS_pipe2,     SYS_socketpair,   SYS_socket,
    SYS_bind,   SYS_sendmsg,   SYS_recvmsg, SYS_epoll_ctl, SYS_futex,        SYS_splice,
    SYS_close,  SYS_ftruncate, SYS_connect, SYS_accept4,   SYS_timer_create,
};

static const struct call *choose(struct worker *w)
{
    const struct call *c = &PICK(w, calls);
    long               nr = PICK(w, favoured);

    if (chance(w, 4))
        for (c = calls; c->nr != nr; c++)
            continue;
    while (c->refused && !chance(w, 16))
        c = &PICK(w, calls);
    return c;
}

/* THREAD.CALL, and how often the program went on in itself. */
static void name_thread(const struct worker *w)
{
    char     name[16], *at = name + sizeof(name) - 1;
    unsigned step = w->step, again = kept->execs;

    for (*at = 0; again; again /= 10)
        *--at = (char)('0' + again % 10);
    if (kept->execs)
        *--at = '+';
    do
        *--at = (char)('0' + step % 10);
    while (step /= 10);
    *--at = '.';
    *--at = (char)('0' + w->index);
    RAW(SYS_prctl, 15 /* PR_SET_NAME */, at);
}

/* What another program would not get over. */
static bool confines(long nr)
{
    switch (nr) {
    case SYS_setrlimit:
    case SYS_prlimit64:
    case SYS_setresuid:
    case SYS_setresgid:
    case SYS_capset:
        return true;
    default:
        return false;
    }
}

static long perform(struct worker *w, long nr, const uint64_t *a)
{
    static const uint64_t all = -1ul;
    long                  result;

    if (nr == SYS_execve || nr == SYS_execveat)
        return hostile_exec(w, nr, a);
    if (confines(nr))
        gate_enter(GATE_CONFINING);
    if (nr == SYS_sigaltstack) /* no handler runs until mend() has put the stack back */
        RAW(SYS_rt_sigprocmask, SIG_BLOCK, &all, 0, sizeof(all));
    result = raw(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    mend(w, nr, a, result);
    note_result(w, nr, a, result);
    if (confines(nr))
        gate_leave(GATE_CONFINING);
    return result;
}

static void draw_arguments(struct worker *w, const struct call *c)
{
    memset(w->args, 0, sizeof(w->args));
    for (unsigned i = 0; i < 6; i++)
        if (c->kinds[i] != A_NONE && c->kinds[i] < A_KINDS)
            w->args[i] = value_of(w, c->kinds, i);
        else if (chance(w, 8)) /* what is no argument does no harm */
            w->args[i] = any_number(w);
    make_arguments(w, c->nr, w->args);
    fit_arguments(w, c->nr, w->args);
}

void random_call(struct worker *w)
{
    const struct call *c = choose(w);
    size_t             at = (size_t)(c - calls);

    w->scratch_used = 0;
    w->tty = false;
    w->call = c->name;
    draw_arguments(w, c);
    if (!tame(w, c->nr, w->args))
        return;
    name_thread(w);
    if (showing)
        showing(w);
    w->faults = 0;
    atomic_fetch_add(&kept->tally[at].made, 1);
    if (perform(w, c->nr, w->args) >= 0)
        atomic_fetch_add(&kept->tally[at].done, 1);
}

void print_tally(void)
{
    for (size_t i = 0; i < ncalls; i++)
        dprintf(CONSOLE_FD, "tally: %s %u %u%s\n", calls[i].name, kept->tally[i].made,
                kept->tally[i].done, calls[i].refused ? " refused" : "");
}
