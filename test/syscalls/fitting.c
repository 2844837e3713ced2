/* SPDX-License-Identifier: Apache-2.0 */
/* fitting.c - descriptors, numbers and sizes of the kind that a call wants: see random_calls.h.
 *
 * Drawn at random, hardly one is; most calls would find that out and return. So most of the time something is looked for
 * that fits, and the call gets further.
 */
#include "random_calls.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>

/* --- descriptors ------------------------------------------------------------------------------- */

/* Those that have a mode are known by it, the others by the call that made them. */
enum want {
    ANYTHING,
    SOCKET,
    PIPE,
    REGULAR,
    DIRECTORY,
    EPOLL,
    TIMER,
    SIGNALS,
    INOTIFY,
    QUEUE,
    PIDFD
};

static volatile uint8_t made_as[LAST_FD + 1];

static bool is_a(int fd, enum want want)
{
    static const mode_t modes[] = {
        [SOCKET] = S_IFSOCK, [PIPE] = S_IFIFO, [REGULAR] = S_IFREG, [DIRECTORY] = S_IFDIR};
    struct stat st = {0};

    if (want >= EPOLL)
        return made_as[fd] == want;
    return RAW(SYS_fstat, fd, &st) == 0 && (st.st_mode & S_IFMT) == modes[want];
}

static uint64_t fitting_fd(struct worker *w, enum want want, uint64_t drawn)
{
    unsigned fd = (unsigned)below(w, LAST_FD + 1 - FIRST_FD);

    if (chance(w, 5))
        return drawn;
    for (unsigned n = 0; n <= LAST_FD - FIRST_FD; n++, fd++)
        if (is_a(FIRST_FD + (int)(fd % (LAST_FD + 1 - FIRST_FD)), want))
            return FIRST_FD + fd % (LAST_FD + 1 - FIRST_FD);
    return drawn;
}

static void fit_fds(struct worker *w, long nr, uint64_t *a)
{
    static const struct {
        uint16_t nr;
        uint8_t  at, want;
    } wants[] = {
        {SYS_bind, 0, SOCKET},
        {SYS_listen, 0, SOCKET},
        {SYS_accept, 0, SOCKET},
        {SYS_accept4, 0, SOCKET},
        {SYS_connect, 0, SOCKET},
        {SYS_getsockname, 0, SOCKET},
        {SYS_getpeername, 0, SOCKET},
        {SYS_sendto, 0, SOCKET},
        {SYS_recvfrom, 0, SOCKET},
        {SYS_setsockopt, 0, SOCKET},
        {SYS_getsockopt, 0, SOCKET},
        {SYS_shutdown, 0, SOCKET},
        {SYS_sendmsg, 0, SOCKET},
        {SYS_recvmsg, 0, SOCKET},
        {SYS_sendmmsg, 0, SOCKET},
        {SYS_recvmmsg, 0, SOCKET},
        {SYS_tee, 0, PIPE},
        {SYS_tee, 1, PIPE},
        {SYS_vmsplice, 0, PIPE},
        {SYS_splice, 0, PIPE},
        {SYS_getdents64, 0, DIRECTORY},
        {SYS_fchdir, 0, DIRECTORY},
        {SYS_ftruncate, 0, REGULAR},
        {SYS_fallocate, 0, REGULAR},
        {SYS_pwrite64, 0, REGULAR},
        {SYS_pwritev, 0, REGULAR},
        {SYS_pwritev2, 0, REGULAR},
        {SYS_pread64, 0, REGULAR},
        {SYS_preadv2, 0, REGULAR},
        {SYS_copy_file_range, 0, REGULAR},
        {SYS_fsync, 0, REGULAR},
        {SYS_copy_file_range, 2, REGULAR},
        {SYS_sendfile, 1, REGULAR},
        {SYS_fsetxattr, 0, REGULAR},
        {SYS_mmap, 4, REGULAR},
        {SYS_fgetxattr, 0, REGULAR},
        {SYS_fremovexattr, 0, REGULAR},
        {SYS_epoll_ctl, 0, EPOLL},
        {SYS_epoll_pwait, 0, EPOLL},
        {SYS_epoll_pwait2, 0, EPOLL},
        {SYS_timerfd_settime, 0, TIMER},
        {SYS_timerfd_gettime, 0, TIMER},
        {SYS_signalfd4, 0, SIGNALS},
        {SYS_inotify_add_watch, 0, INOTIFY},
        {SYS_inotify_rm_watch, 0, INOTIFY},
        {SYS_mq_timedsend, 0, QUEUE},
        {SYS_mq_timedreceive, 0, QUEUE},
        {SYS_mq_notify, 0, QUEUE},
        {SYS_mq_getsetattr, 0, QUEUE},
        {SYS_pidfd_send_signal, 0, PIDFD},
        {SYS_pidfd_getfd, 0, PIDFD},
        {SYS_process_madvise, 0, PIDFD},
        {SYS_process_mrelease, 0, PIDFD},
    };

    for (size_t i = 0; i < COUNT(wants); i++)
        if (wants[i].nr == nr && (nr != SYS_mmap || (int)a[4] >= 0))
            a[wants[i].at] = fitting_fd(w, wants[i].want, a[wants[i].at]);
}

static void note_fd(long nr, long fd)
{
    static const struct {
        uint16_t nr;
        uint8_t  is;
    } makers[] = {{SYS_epoll_create1, EPOLL}, {SYS_timerfd_create, TIMER},
                  {SYS_signalfd4, SIGNALS},   {SYS_inotify_init1, INOTIFY},
                  {SYS_mq_open, QUEUE},       {SYS_pidfd_open, PIDFD}};

    if (fd < FIRST_FD || fd > LAST_FD)
        return;
    for (size_t i = 0; i < COUNT(makers); i++)
        if (makers[i].nr == nr)
            made_as[fd] = makers[i].is;
}

/* --- numbers of objects -------------------------------------------------------------------------- */

/* Of System V's objects, and of timers. */
static volatile int queues[4], semaphores[4], segments[4], timers[8];

static void fit_number(struct worker *w, const volatile int *of, size_t n, uint64_t *a)
{
    if (!chance(w, 6))
        *a = (uint64_t)of[below(w, n)];
}

static void fit_numbers(struct worker *w, long nr, uint64_t *a)
{
    switch (nr) {
    case SYS_msgctl:
    case SYS_msgrcv:
    case SYS_msgsnd:
        fit_number(w, queues, COUNT(queues), a);
        return;
    case SYS_semctl:
    case SYS_semop:
    case SYS_semtimedop:
        fit_number(w, semaphores, COUNT(semaphores), a);
        return;
    case SYS_shmctl:
    case SYS_shmat:
        fit_number(w, segments, COUNT(segments), a);
        return;
    case SYS_timer_gettime:
    case SYS_timer_getoverrun:
    case SYS_timer_settime:
    case SYS_timer_delete:
        fit_number(w, timers, COUNT(timers), a);
        return;
    default:
        return;
    }
}

void note_result(struct worker *w, long nr, const uint64_t *a, long result)
{
    if (result < 0)
        return;
    switch (nr) {
    case SYS_msgget:
        PICK(w, queues) = (int)result;
        return;
    case SYS_semget:
        PICK(w, semaphores) = (int)result;
        return;
    case SYS_shmget:
        PICK(w, segments) = (int)result;
        return;
    case SYS_timer_create:
        memcpy((void *)&PICK(w, timers), (void *)a[2], sizeof(int));
        return;
    default:
        note_fd(nr, result);
    }
}

/* --- sizes and structures --------------------------------------------------------------------------- */

static void fit_socket(struct worker *w, uint64_t *a)
{
    static const int types[] = {SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};

    a[0] = AF_UNIX;
    a[1] = (uint64_t)PICK(w, types) | (chance(w, 2) ? SOCK_NONBLOCK : 0);
    a[2] = 0;
}

static void fit_message(struct worker *w, uint64_t *a)
{
    int64_t m[40] = {1 + (int64_t)below(w, 3)};

    a[1] = placed(w, m, sizeof(m));
    a[2] = below(w, sizeof(m));
}

static void fit_capabilities(struct worker *w, uint64_t *a)
{
    struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3,
                                         chance(w, 2) ? 0 : any_tid(w)};
    struct __user_cap_data_struct   all[2] = {{-1u, -1u, 0}, {-1u, -1u, 0}};

    if (chance(w, 2))
        all[below(w, 2)].effective = (uint32_t)draw(w);
    a[0] = placed(w, &h, sizeof(h));
    a[1] = placed(w, all, sizeof(all));
}

static void fit_schedule(struct worker *w, uint64_t *a)
{
    uint32_t attr[14] = {48, (uint32_t)below(w, 4)}; /* size, policy */

    attr[5] = attr[1] == 1 || attr[1] == 2; /* priority */
    a[1] = placed(w, attr, sizeof(attr));
    a[2] = 0;
}

static void fit_other_memory(struct worker *w, uint64_t *a)
{
    enum syscall_kind kind = A_IOVEC;

    a[0] = (uint64_t)any_tid(w);
    a[1] = value_of(w, &kind, 0);
    a[2] = below(w, 7);
    a[3] = value_of(w, &kind, 0);
    a[4] = below(w, 7);
    a[5] = 0;
}

static void fit_structures(struct worker *w, long nr, uint64_t *a)
{
    switch (nr) {
    case SYS_socket:
    case SYS_socketpair:
        fit_socket(w, a);
        return;
    case SYS_bind:
    case SYS_connect:
        a[2] = sizeof(struct sockaddr_un) - below(w, 2) * 100;
        return;
    case SYS_sendto:
        a[4] = chance(w, 2) ? 0 : a[4];
        a[5] = sizeof(struct sockaddr_un);
        return;
    case SYS_msgsnd:
    case SYS_msgrcv:
        fit_message(w, a);
        return;
    case SYS_semop:
    case SYS_semtimedop:
        a[2] = 1 + below(w, 6);
        return;
    case SYS_capget:
    case SYS_capset:
        fit_capabilities(w, a);
        return;
    case SYS_sched_setattr:
        fit_schedule(w, a);
        return;
    case SYS_sched_getattr:
        a[2] = 48 + below(w, 3) * 8;
        a[3] = 0;
        return;
    case SYS_set_robust_list:
        a[1] = 24;
        return;
    case SYS_signalfd4:
        a[0] = chance(w, 2) ? -1ul : a[0];
        a[2] = 8;
        return;
    case SYS_process_vm_readv:
    case SYS_process_vm_writev:
        fit_other_memory(w, a);
        return;
    case SYS_pidfd_open:
        a[0] = 1;
        return;
    case SYS_pidfd_send_signal:
        a[2] = a[3] = 0;
        return;
    default:
        return;
    }
}

/* timer_create() tells the number where nobody else writes: else it might get lost. */
void fit_arguments(struct worker *w, long nr, uint64_t *a)
{
    int none = 0;

    fit_fds(w, nr, a);
    fit_numbers(w, nr, a);
    if (!chance(w, 4))
        fit_structures(w, nr, a);
    if (nr == SYS_timer_create)
        a[2] = placed(w, &none, sizeof(none));
}
