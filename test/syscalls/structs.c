/* SPDX-License-Identifier: Apache-2.0 */
/* structs.c - arguments of system calls that are structures: see random_calls.h.
 *
 * They are made in memory of the thread's own, which no other call changes: what this program needs
 * itself (signals, handlers) stays out of them for certain.
 */
#include "random_calls.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>

#define NS 1000000000l

/* --- where ------------------------------------------------------------------------------------ */

uintptr_t placed(struct worker *w, const void *bytes, size_t size)
{
    size_t   whole = size, room = SCRATCH - w->scratch_used;
    uint8_t *at = w->scratch + w->scratch_used;

    if (chance(w, 40) || size + 16 > room)
        return bad_address(w);
    if (chance(w, 10)) { /* up to the end, or past it */
        whole = chance(w, 2) ? size : below(w, size + 1);
        at = w->scratch + SCRATCH - whole;
    } else {
        at += chance(w, 8) ? below(w, 8) : 0;
        w->scratch_used += (size + 23) & ~15ul;
    }
    memcpy(at, bytes, whole);
    return (uintptr_t)at;
}

/* The same for bytes of which some may be changed. */
static uintptr_t spoilt(struct worker *w, void *bytes, size_t size)
{
    uint64_t value = any_number(w);

    if (chance(w, 12) && size >= 8)
        memcpy((uint8_t *)bytes + below(w, size / 8) * 8, &value, 8);
    return placed(w, bytes, size);
}

#define PLACED(w, object) placed((w), &(object), sizeof(object))
#define SPOILT(w, object) spoilt((w), &(object), sizeof(object))

/* --- time ------------------------------------------------------------------------------------- */

/* Waits are short, or are interrupted. */
static struct timespec any_time(struct worker *w)
{
    static const int64_t seconds[] = {0,  0,   0,          0,        0,         1,
                                      -1, 100, 2000000000, 1l << 32, INT64_MAX, INT64_MIN};
    static const int64_t parts[] = {0,       1,      1000, 100000, 1000000,
                                    5000000, NS - 1, NS,   -1,     INT64_MAX};
    return (struct timespec){PICK(w, seconds), PICK(w, parts)};
}

/* Not so often that nothing else could run. */
static struct timespec any_period(struct worker *w)
{
    struct timespec t = any_time(w);
    if (t.tv_sec == 0 && t.tv_nsec > 0 && t.tv_nsec < 2000000)
        t.tv_nsec = 2000000;
    return t;
}

static uintptr_t timespecs(struct worker *w, bool two)
{
    struct timespec t[2] = {any_time(w), any_time(w)};
    if (two && chance(w, 4))
        t[below(w, 2)].tv_nsec = ((1l << 30) - 1) - (long)below(w, 2); /* now, or as it is */
    return placed(w, t, sizeof(*t) << two);
}

static uintptr_t itimerspec(struct worker *w)
{
    struct itimerspec t = {any_period(w), any_time(w)};
    return PLACED(w, t);
}

static uintptr_t itimerval(struct worker *w)
{
    struct timespec  period = any_period(w), first = any_time(w);
    struct itimerval t = {{period.tv_sec, period.tv_nsec / 1000},
                          {first.tv_sec, first.tv_nsec / 1000}};
    return PLACED(w, t);
}

static uintptr_t timeval(struct worker *w)
{
    struct timespec t = any_time(w);
    struct timeval  v = {t.tv_sec, t.tv_nsec / 1000};
    return PLACED(w, v);
}

static uintptr_t timex(struct worker *w)
{
    static const unsigned modes[] = {0,   1,   2,    4,    8,     16,    32,
                                     128, 256, 4096, 8192, 16384, 32769, 40961};
    struct timex          t = {.modes = chance(w, 8) ? (unsigned)draw(w) : PICK(w, modes),
                               .time = {(long)any_number(w), (long)below(w, 2000000)},
                               .tick = (long)any_number(w)};
    return SPOILT(w, t);
}

/* --- signals ---------------------------------------------------------------------------------- */

uint64_t any_sigset(struct worker *w)
{
    uint64_t set = chance(w, 3) ? draw(w) : chance(w, 3) ? -1ul : 1ul << below(w, 64);
    return (chance(w, 4) ? 0 : set) & ~NEEDED;
}

static uintptr_t signal_set(struct worker *w)
{
    uint64_t set = any_sigset(w);
    return PLACED(w, set);
}

static void ignore(int sig)
{
    (void)sig;
}

/* Not SA_NODEFER: hundreds of one signal may be queued, whose handlers would all begin before one ends. */
static uintptr_t sigaction_of(struct worker *w)
{
    static const uint64_t flags[] = {0, 1, 2, 4, 0x08000000, 0x10000000, 0x800, 0x400};
    struct {
        uint64_t handler, flags, mask;
    } act = {chance(w, 3) ? 1 : (uint64_t)ignore, PICK(w, flags) | PICK(w, flags), any_sigset(w)};
    return PLACED(w, act);
}

#define MINIMUM       1000ul      /* less than what the kernel takes */
#define STACK_FOR_ALL (32 * PAGE) /* many signals at once */

/* Only where handlers could run. */
static uintptr_t signal_stack(struct worker *w)
{
    size_t  size = chance(w, 3) ? any_number(w) : STACK_FOR_ALL;
    stack_t s = {.ss_sp = w->altstack + below(w, 3) * PAGE,
                 .ss_flags = chance(w, 4)   ? (int)draw(w)
                             : chance(w, 3) ? SS_DISABLE
                                            : 0,
                 .ss_size = size >= MINIMUM && size < STACK_FOR_ALL ? STACK_FOR_ALL : size};
    return PLACED(w, s);
}

static uintptr_t siginfo(struct worker *w)
{
    static const int codes[] = {SI_QUEUE, SI_QUEUE,   SI_USER,   SI_TKILL, SI_TIMER,
                                SI_MESGQ, SI_ASYNCIO, SI_KERNEL, 1};
    uint64_t         info[16];

    for (size_t i = 0; i < COUNT(info); i++)
        info[i] = any_number(w);
    ((siginfo_t *)info)->si_signo = any_signal(w);
    ((siginfo_t *)info)->si_code = PICK(w, codes);
    return PLACED(w, info);
}

static uintptr_t sigevent_of(struct worker *w)
{
    static const int how[] = {SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD, 4, 4, 5, -1};
    struct sigevent  ev = {.sigev_signo = any_signal(w), .sigev_notify = PICK(w, how)};

    ev.sigev_value.sival_ptr = (void *)any_number(w);
    ((int *)&ev)[4] = any_tid(w); /* sigev_notify_thread_id */
    return PLACED(w, ev);
}

/* Of pselect6: where a mask is, and its length. */
static uintptr_t select_mask(struct worker *w)
{
    uint64_t arg[2] = {chance(w, 4) ? 0 : signal_set(w), chance(w, 6) ? any_number(w) : 8};
    return PLACED(w, arg);
}

/* --- descriptors -------------------------------------------------------------------------------- */

static uintptr_t pollfds(struct worker *w)
{
    struct pollfd fds[8];
    for (size_t i = 0; i < COUNT(fds); i++)
        fds[i] = (struct pollfd){any_fd(w), (short)draw(w), (short)draw(w)};
    return PLACED(w, fds);
}

static uintptr_t fdset(struct worker *w)
{
    uint64_t set[16] = {draw(w) & draw(w) & draw(w)};
    for (size_t i = 1; chance(w, 4) && i < COUNT(set); i++)
        set[i] = draw(w);
    return PLACED(w, set);
}

static uintptr_t epoll_event_of(struct worker *w)
{
    static const uint32_t events[] = {EPOLLIN,
                                      EPOLLOUT,
                                      EPOLLIN | EPOLLOUT,
                                      EPOLLIN | EPOLLET,
                                      EPOLLOUT | EPOLLONESHOT,
                                      EPOLLIN | EPOLLEXCLUSIVE,
                                      EPOLLRDHUP | EPOLLPRI,
                                      0,
                                      EPOLLWAKEUP | EPOLLIN,
                                      -1u};
    struct epoll_event    ev = {.events = PICK(w, events), .data.u64 = draw(w)};
    return PLACED(w, ev);
}

/* --- bytes in several places ---------------------------------------------------------------------- */

/* More of them now and then: the same pieces again. */
static uintptr_t iovecs(struct worker *w)
{
    struct iovec iov[6];
    for (size_t i = 0; i < COUNT(iov); i++) {
        iov[i].iov_len = chance(w, 4) ? any_length(w) : below(w, 300);
        iov[i].iov_base = (void *)any_address(w, iov[i].iov_len);
    }
    return PLACED(w, iov);
}

/* --- sockets -------------------------------------------------------------------------------------- */

static uintptr_t sockaddr_of(struct worker *w)
{
    static const char *const names[] = {"/tmp/s",     "/tmp/t", "s",      "/tmp/d/s",
                                        "/dev/shm/s", "",       "/none/s"};
    struct sockaddr_un       addr = {.sun_family = chance(w, 10) ? (sa_family_t)draw(w) : AF_UNIX};

    if (chance(w, 3))
        memcpy(addr.sun_path, "\0abstract", 9);
    else if (chance(w, 8))
        memset(addr.sun_path, 'x', sizeof(addr.sun_path));
    else
        strcpy(addr.sun_path, PICK(w, names));
    addr.sun_path[1] = chance(w, 3) ? (char)('a' + below(w, 2)) : addr.sun_path[1];
    return PLACED(w, addr);
}

static uintptr_t socklen(struct worker *w)
{
    uint32_t len = (uint32_t)(chance(w, 4) ? any_number(w) : chance(w, 2) ? 110 : below(w, 20));
    return PLACED(w, len);
}

static size_t put_rights(struct worker *w, uint8_t *at)
{
    unsigned        n = chance(w, 20) ? 250 + (unsigned)below(w, 6) : (unsigned)below(w, 5);
    struct cmsghdr *c = (struct cmsghdr *)at;

    *c = (struct cmsghdr){CMSG_LEN(n * sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    for (unsigned i = 0; i < n; i++)
        ((int *)CMSG_DATA(c))[i] = any_fd(w);
    return CMSG_SPACE(n * sizeof(int));
}

static size_t put_credentials(struct worker *w, uint8_t *at)
{
    struct cmsghdr *c = (struct cmsghdr *)at;
    struct ucred    who = {chance(w, 3) ? any_tid(w) : 1, chance(w, 3) ? 5 : 0, 0};

    *c = (struct cmsghdr){CMSG_LEN(sizeof(who)), SOL_SOCKET, SCM_CREDENTIALS};
    memcpy(CMSG_DATA(c), &who, sizeof(who));
    return CMSG_SPACE(sizeof(who));
}

/* Control messages of which some are none. *len: how many bytes. */
static uintptr_t control(struct worker *w, size_t *len)
{
    _Alignas(8) uint8_t bytes[2300] = {0};

    *len = put_rights(w, bytes);
    if (chance(w, 4))
        *len += put_credentials(w, bytes + *len);
    if (chance(w, 8))
        *(uint64_t *)bytes = any_number(w); /* the first one's length */
    if (chance(w, 12))
        bytes[8 + below(w, 8)] = (uint8_t)draw(w); /* what it is */
    if (chance(w, 8))
        *len = below(w, *len + 9);
    return placed(w, bytes, sizeof(bytes) < *len ? sizeof(bytes) : *len);
}

static struct msghdr any_message(struct worker *w)
{
    struct msghdr m = {.msg_iov = (void *)iovecs(w), .msg_iovlen = below(w, 5)};

    if (chance(w, 3)) {
        m.msg_name = (void *)sockaddr_of(w);
        m.msg_namelen = chance(w, 4) ? (socklen_t)any_number(w) : sizeof(struct sockaddr_un);
    }
    if (chance(w, 2))
        m.msg_control = (void *)control(w, &m.msg_controllen);
    m.msg_flags = (int)draw(w);
    return m;
}

static uintptr_t message(struct worker *w)
{
    struct msghdr m = any_message(w);
    return SPOILT(w, m);
}

static uintptr_t messages(struct worker *w)
{
    struct mmsghdr m[3];
    for (size_t i = 0; i < COUNT(m); i++)
        m[i] = (struct mmsghdr){any_message(w), (unsigned)draw(w)};
    return SPOILT(w, m);
}

static uintptr_t option_value(struct worker *w)
{
    uint64_t value[4] = {chance(w, 2) ? below(w, 3) : below(w, 1 << 17), any_number(w), draw(w), 0};
    return PLACED(w, value);
}

/* --- others ----------------------------------------------------------------------------------------- */

static uintptr_t numbers(struct worker *w)
{
    uint64_t n[16];
    for (size_t i = 0; i < COUNT(n); i++)
        n[i] = chance(w, 3) ? any_address(w, 64) : any_number(w);
    return PLACED(w, n);
}

static uintptr_t offset(struct worker *w)
{
    uint64_t off = chance(w, 3) ? any_number(w) : any_length(w);
    return chance(w, 2) ? 0 : PLACED(w, off);
}

static uintptr_t semaphore_operations(struct worker *w)
{
    static const int16_t flags[] = {0, 0, 04000, 010000, 014000, -1};
    int16_t              ops[6][3];

    for (size_t i = 0; i < COUNT(ops); i++) {
        ops[i][0] = (int16_t)(chance(w, 8) ? draw(w) : below(w, 4));
        ops[i][1] = (int16_t)(chance(w, 8) ? draw(w) : below(w, 5) - 2);
        ops[i][2] = PICK(w, flags);
    }
    return PLACED(w, ops);
}

static uintptr_t limit(struct worker *w)
{
    uint64_t of[2] = {below(w, LAST_FD + 2), LAST_FD + 1};
    return PLACED(w, of);
}

static uintptr_t open_how(struct worker *w)
{
    static const uint64_t flags[] = {0, O_RDWR, O_RDWR | O_CREAT, O_PATH, O_DIRECTORY, O_TMPFILE};
    uint64_t              how[4] = {PICK(w, flags), 0, chance(w, 2) ? below(w, 64) : 0, 0};

    how[1] = how[0] & O_CREAT ? 0644 : 0;
    return SPOILT(w, how);
}

static uintptr_t queue_attributes(struct worker *w)
{
    int64_t of[8] = {chance(w, 2) ? O_NONBLOCK : 0, 1 + (int64_t)below(w, 10),
                     1 + (int64_t)below(w, 300)};
    return SPOILT(w, of);
}

/* A list of locks that a thread held, with an end or without one. */
static uintptr_t robust_list(struct worker *w)
{
    struct robust_list_head head = {.futex_offset = (long)any_length(w)};
    head.list.next = (void *)any_address(w, 16);
    head.list_op_pending = (void *)(chance(w, 2) ? any_address(w, 16) : 0);
    return PLACED(w, head);
}

uintptr_t structure_of(struct worker *w, enum syscall_kind kind)
{
    switch (kind) {
    case A_TIMESPEC:
    case A_FUTEX_TIMEOUT:
        return chance(w, 5) ? 0 : timespecs(w, false);
    case A_TIMESPECS:
        return timespecs(w, true);
    case A_ITIMERSPEC:
        return itimerspec(w);
    case A_ITIMERVAL:
        return itimerval(w);
    case A_TIMEVAL:
        return timeval(w);
    case A_TIMEX:
        return timex(w);
    case A_SIGSET:
        return signal_set(w);
    case A_SIGACTION:
        return sigaction_of(w);
    case A_SIGSTACK:
        return signal_stack(w);
    case A_SIGINFO:
        return siginfo(w);
    case A_SIGEVENT:
        return sigevent_of(w);
    case A_SELECT_MASK:
        return select_mask(w);
    case A_POLLFDS:
        return pollfds(w);
    case A_FDSET:
        return fdset(w);
    case A_EPOLL_EVENT:
        return epoll_event_of(w);
    case A_IOVEC:
    case A_OUT_IOVEC:
        return iovecs(w);
    case A_SOCKADDR:
        return sockaddr_of(w);
    case A_SOCKLEN:
        return socklen(w);
    case A_MSGHDR:
    case A_OUT_MSGHDR:
        return message(w);
    case A_MMSGHDRS:
    case A_OUT_MMSGHDRS:
        return messages(w);
    case A_OPTION_VALUE:
        return option_value(w);
    case A_IN_SIZE:
    case A_INOUT_SIZE:
        return offset(w);
    case A_RLIMIT_VALUE:
        return limit(w);
    case A_SEMBUFS:
        return semaphore_operations(w);
    case A_CPUS:
    case A_IN_GIDS:
    case A_OUT_HWPROBE:
        return numbers(w);
    case A_ARGV:
    case A_ENVP:
        return string_list(w);
    case A_OPEN_HOW:
        return open_how(w);
    case A_MQ_ATTR:
        return queue_attributes(w);
    case A_PTR:
        return chance(w, 8)   ? robust_list(w)
               : chance(w, 2) ? numbers(w)
               : chance(w, 4) ? iovecs(w)
                              : 0;
    default:
        return 0;
    }
}
