/* SPDX-License-Identifier: Apache-2.0 */
/* calls.c - which system calls there are, and what keeps one from ending the program: see random_calls.h.
 *
 * The kernel's own list says what arguments each call has, so that a new one takes part at once.
 */
#include "random_calls.h"

#include <fcntl.h>
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

/* [a[0], a[0] + a[1]) in the arena of this thread or another, or refused whatever is mapped. */
static void keep_in_arena(struct worker *w, uint64_t *a)
{
    static const uint64_t beyond[] = {1ul << 63, -1ul, 0xf000000000, -PAGE, 1ul << 41};
    uint64_t              first = below(w, ARENA_PAGES), n = 1 + below(w, ARENA_PAGES - first);

    a[0] = arena_of(w) + first * PAGE + (chance(w, 20) ? below(w, PAGE) : 0);
    a[1] = chance(w, 2) ? n * PAGE : (1 + below(w, n < 4 ? n : 4)) * PAGE;
    if (a[0] % PAGE && a[1] / PAGE == ARENA_PAGES - first)
        a[0] &= -PAGE;
    if (chance(w, 20))
        a[1] = PICK(w, beyond);
    else if (chance(w, 10))
        a[1] -= below(w, PAGE);
    else if (chance(w, 20))
        a[0] = bad_address(w) & (1ul << 63 | 7); /* not a page, or no address */
}

/* In the arena or in a mapping of this thread's that the kernel placed. */
static void keep_in_own(struct worker *w, uint64_t *a)
{
    const struct floating *f = &PICK(w, w->floats);

    keep_in_arena(w, a);
    if (chance(w, 4) && f->len) {
        a[0] = f->at + below(w, f->len / PAGE) * PAGE;
        a[1] = (1 + below(w, (f->at + f->len - a[0]) / PAGE)) * PAGE;
    }
}

static void make_mmap(struct worker *w, uint64_t *a)
{
    uint64_t len = a[1], flags = a[3] | (chance(w, 3) ? MAP_ANONYMOUS : 0);

    if (chance(w, 2))
        flags |= chance(w, 3) ? MAP_SHARED : MAP_PRIVATE;
    keep_in_arena(w, a);
    if (chance(w, 3)) { /* where the kernel likes */
        flags &= ~(uint64_t)(MAP_FIXED | MAP_FIXED_NOREPLACE);
        a[0] = chance(w, 2) ? 0 : a[0];
        a[1] = len;
    } else {
        flags |= MAP_FIXED;
    }
    if (a[1] > LARGE) /* memory is for all: none may be filled, not by mlockall either */
        a[2] = PROT_NONE;
    a[3] = flags;
    a[4] = flags & MAP_ANONYMOUS && chance(w, 2) ? -1ul : (uint64_t)any_fd(w);
    a[5] = chance(w, 3) ? any_number(w) : below(w, 8) * PAGE;
}

static void make_mremap(struct worker *w, uint64_t *a)
{
    uint64_t to[2];

    keep_in_own(w, a);
    keep_in_arena(w, to);
    a[2] = chance(w, 8) ? any_number(w) : to[1];
    if (a[2] > LARGE)
        a[2] |= 1ul << 40; /* which no hole is large enough for */
    a[3] = below(w, 8);
    a[4] = to[0];
    if (a[3] & MREMAP_FIXED && a[2] < 1ul << 38 && a[2] > to[1])
        a[2] = to[1];
    if (chance(w, 16))
        a[1] = 0; /* a second place for what is shared */
}

static void make_close_range(struct worker *w, uint64_t *a)
{
    a[0] = FIRST_FD + below(w, LAST_FD);
    a[1] = a[0] + below(w, 3);
    if (a[1] > LAST_FD)
        a[1] = LAST_FD; /* perhaps before the first */
    if (chance(w, 8)) {
        a[0] = 1000 + any_number(w) % (1ul << 31);
        a[1] = any_number(w);
    }
}

/* Change what must not happen. False: make another call. */
static bool tame(struct worker *w, long nr, uint64_t *a)
{
    switch (nr) {
    case SYS_exit:
    case SYS_exit_group:
    case SYS_rt_sigreturn:
    case SYS_clone:
    case SYS_clone3:
    case SYS_execve:
    case SYS_execveat:
        return false; /* but for what acts.c does with some of them */
    case SYS_io_setup:
        a[0] = 0; /* nobody would destroy what it makes */
        return true;
    case SYS_close:
        return !protected_fd((int)a[0]);
    case SYS_dup3:
        return !protected_fd((int)a[1]);
    case SYS_pidfd_getfd:
        return !protected_fd((int)a[1]);
    case SYS_close_range:
        make_close_range(w, a);
        return true;
    case SYS_openat:
        if (w->tty) /* what is written there nobody could read */
            a[2] &= ~3ul;
        return true;
    case SYS_openat2:
    case SYS_symlinkat:
    case SYS_linkat:
    case SYS_renameat2:
        return !w->tty;
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
    case SYS_brk:
        a[0] = chance(w, 4) ? bad_address(w) : heap_start + below(w, 1 << 20);
        return true;
    case SYS_mmap:
        make_mmap(w, a);
        return true;
    case SYS_mremap:
        make_mremap(w, a);
        return true;
    case SYS_shmget: /* what fits into an arena and behind it, or nowhere */
        a[1] = a[1] > LARGE / 2 ? a[1] | 1ul << 50 : a[1];
        return true;
    case SYS_shmat:
        a[1] = chance(w, 2) ? 0 : in_arena(w);
        return true;
    case SYS_munmap:
    case SYS_mprotect:
    case SYS_pkey_mprotect:
    case SYS_madvise:
    case SYS_remap_file_pages:
    case SYS_mlock:
    case SYS_mlock2:
    case SYS_mbind:
        keep_in_own(w, a);
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
    if (len > LARGE || (at >= ARENA && at < ARENA + MAX_THREADS * ARENA_STEP))
        return;
    drop_floating(f);
    *f = (struct floating){at, (len + PAGE - 1) & -PAGE};
}

static void mend(struct worker *w, long nr, const uint64_t *a, long result)
{
    switch (nr) {
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
    case SYS_msgget:
    case SYS_semget:
    case SYS_shmget:
        if (result >= 0)
            ipc_numbers[below(w, COUNT(ipc_numbers))] = (int)result;
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

static void name_thread(const struct worker *w)
{
    char     name[16], *at = name + sizeof(name) - 1;
    unsigned step = w->step;

    *at = 0;
    do
        *--at = (char)('0' + step % 10);
    while (step /= 10);
    *--at = '.';
    *--at = (char)('0' + w->index);
    RAW(SYS_prctl, 15 /* PR_SET_NAME */, at);
}

void random_call(struct worker *w)
{
    const struct call *c = choose(w);

    w->scratch_used = 0;
    w->tty = false;
    w->call = c->name;
    memset(w->args, 0, sizeof(w->args));
    for (unsigned i = 0; i < 6; i++)
        if (c->kinds[i] != A_NONE && c->kinds[i] < A_KINDS)
            w->args[i] = value_of(w, c->kinds, i);
        else if (chance(w, 8)) /* what is no argument does no harm */
            w->args[i] = any_number(w);
    if (!tame(w, c->nr, w->args))
        return;
    name_thread(w);
    if (showing)
        showing(w);
    w->faults = 0;
    long result = raw(c->nr, w->args[0], w->args[1], w->args[2], w->args[3], w->args[4],
                      w->args[5]);
    mend(w, c->nr, w->args, result);
}
