/* SPDX-License-Identifier: Apache-2.0 */
/* makers.c - calls whose arguments must fit each other to get anywhere: see random_calls.h.
 *
 * Each takes the arguments that were drawn, and changes most of them most of the time.
 */
#include "random_calls.h"

#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

/* --- memory ------------------------------------------------------------------------------------ */

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
        flags &= ~(uint64_t)(MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_GROWSDOWN); /* of known length */
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
    if (is_in_arenas(a[0]) && a[3] & MREMAP_MAYMOVE)
        a[3] |= MREMAP_FIXED; /* what may be a stack stays where it can grow unheeded */
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

/* Other pages of a file that is shared; often it is mapped there first. */
static void make_remap(struct worker *w, uint64_t *a)
{
    keep_in_own(w, a);
    if (chance(w, 2))
        RAW(SYS_mmap, a[0], a[1] % LARGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, any_fd(w),
            below(w, 4) * PAGE);
    if (chance(w, 8))
        return;
    a[2] = 0;
    a[3] = below(w, 8);
    a[4] = chance(w, 4) ? a[4] : 0;
}

static void make_shmget(struct worker *w, uint64_t *a)
{
    (void)w; /* what fits into an arena and behind it, or nowhere */
    a[1] = a[1] > LARGE / 2 ? a[1] | 1ul << 50 : a[1];
}

static void make_shmat(struct worker *w, uint64_t *a)
{
    a[1] = chance(w, 2) ? 0 : in_arena(w);
}

static void make_brk(struct worker *w, uint64_t *a)
{
    a[0] = chance(w, 4) ? bad_address(w) : heap_start + below(w, 1 << 20);
}

/* --- locks ------------------------------------------------------------------------------------- */

#define PI_WAITS (1u << FUTEX_LOCK_PI | 1u << FUTEX_LOCK_PI2 | 1u << FUTEX_WAIT_REQUEUE_PI)
#define SHORT_NS 3000000

_Atomic uint32_t locks[16];

static _Atomic uint32_t *any_lock(struct worker *w)
{
    return &PICK(w, locks);
}

static uint32_t lock_word(struct worker *w)
{
    uint32_t tid = (uint32_t)(chance(w, 2) ? w->tid : any_tid(w));
    switch (below(w, 6)) {
    case 0:
        return tid;
    case 1:
        return tid | FUTEX_WAITERS;
    case 2:
        return tid | FUTEX_OWNER_DIED;
    case 3:
        return (uint32_t)draw(w);
    default:
        return 0;
    }
}

/* A signal does not end such waits: without a time they could be for ever. */
static uintptr_t soon(struct worker *w, long clock)
{
    struct timespec t = {0};
    uintptr_t       at;

    RAW(SYS_clock_gettime, clock, &t);
    t.tv_nsec += (long)below(w, SHORT_NS);
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    at = placed(w, &t, sizeof(t));
    return at ? at : PAGE;
}

static void make_futex(struct worker *w, uint64_t *a)
{
    unsigned op = a[1] & FUTEX_CMD_MASK;

    if (!chance(w, 3)) {
        _Atomic uint32_t *lock = any_lock(w);
        if (chance(w, 3))
            *lock = lock_word(w);
        a[0] = (uint64_t)lock;
        a[2] = chance(w, 3) ? a[2] : op == FUTEX_CMP_REQUEUE_PI ? 1 : *lock;
        a[4] = chance(w, 8) ? a[4] : (uint64_t)any_lock(w);
        a[5] = chance(w, 3) ? a[5] : *lock;
        if (op == FUTEX_REQUEUE || op == FUTEX_CMP_REQUEUE || op == FUTEX_CMP_REQUEUE_PI)
            a[3] = chance(w, 8) ? a[3] : below(w, 4);
    }
    if (op < 32 && PI_WAITS >> op & 1)
        a[3] = soon(w, op == FUTEX_LOCK_PI || a[1] & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME
                                                                          : CLOCK_MONOTONIC);
}

/* What the headers do not know yet. */
#define FUTEX2_SIZE_U32  2u
#define FUTEX2_PRIVATE   128u
#define FUTEX_WAITV_NR   449
#define FUTEX_WAKE_NR    454
#define FUTEX_WAIT_NR    455
#define FUTEX_REQUEUE_NR 456

static void make_futex2(struct worker *w, uint64_t *a)
{
    _Atomic uint32_t *lock = any_lock(w);

    if (chance(w, 3))
        return;
    a[0] = (uint64_t)lock;
    a[1] = chance(w, 2) ? *lock : a[1];
    a[2] = chance(w, 2) ? UINT32_MAX : a[2];
    a[3] = FUTEX2_SIZE_U32 | (chance(w, 2) ? FUTEX2_PRIVATE : 0);
}

/* Several words to wait for; two of them, from the first to the second of which waiters go. */
static void make_futex_list(struct worker *w, uint64_t *a)
{
    struct {
        uint64_t value, address;
        uint32_t flags, reserved;
    } words[5];

    if (chance(w, 4))
        return;
    for (size_t i = 0; i < COUNT(words); i++) {
        _Atomic uint32_t *lock = any_lock(w);
        words[i].value = chance(w, 8) ? any_number(w) : *lock;
        words[i].address = chance(w, 12) ? any_address(w, 4) : (uint64_t)lock;
        words[i].flags = FUTEX2_SIZE_U32 | (chance(w, 2) ? FUTEX2_PRIVATE : 0);
        words[i].reserved = chance(w, 20);
    }
    a[0] = placed(w, words, sizeof(words));
    a[2] = chance(w, 8) ? a[2] : below(w, 3);
    if (chance(w, 8))
        return;
    a[1] = below(w, COUNT(words) +
                        1); /* of futex_waitv: how many; of futex_requeue: flags, which are 0 */
    a[1] = chance(w, 2) ? a[1] : 0;
}

/* --- asynchronous requests ----------------------------------------------------------------------- */

/* Numbers of contexts, which are where their rings lie. */
static _Atomic uint64_t contexts[4];

static uint64_t any_context(struct worker *w)
{
    return chance(w, 16) ? any_address(w, 32) : PICK(w, contexts);
}

static void make_setup(struct worker *w, uint64_t *a)
{
    uint64_t was = chance(w, 16);

    a[0] = chance(w, 8) ? any_number(w) : 1 + below(w, 300);
    a[1] = placed(w, &was,
                  sizeof(was)); /* where nobody else writes: the number must not get lost */
}

static uint64_t request(struct worker *w)
{
    struct iocb r = {.aio_data = draw(w),
                     .aio_lio_opcode = (uint16_t)(chance(w, 12) ? draw(w) : below(w, 9)),
                     .aio_reqprio = (int16_t)(chance(w, 8) ? draw(w) : 0),
                     .aio_fildes = (uint32_t)any_fd(w),
                     .aio_nbytes = any_length(w),
                     .aio_offset = (int64_t)(chance(w, 6) ? any_number(w) : below(w, 4) * PAGE),
                     .aio_flags = chance(w, 4) ? (uint32_t)below(w, 4) : 0,
                     .aio_resfd = (uint32_t)any_fd(w)};

    r.aio_rw_flags = chance(w, 12) ? (int)draw(w) : 0;
    r.aio_buf = any_address(w, r.aio_nbytes);
    if (r.aio_lio_opcode == IOCB_CMD_PREADV || r.aio_lio_opcode == IOCB_CMD_PWRITEV) {
        enum syscall_kind kind = A_IOVEC;
        r.aio_buf = value_of(w, &kind, 0);
        r.aio_nbytes = below(w, 7);
    }
    if (r.aio_lio_opcode == IOCB_CMD_FSYNC || r.aio_lio_opcode == IOCB_CMD_FDSYNC)
        r.aio_buf = r.aio_nbytes = 0, r.aio_offset = 0;
    if (chance(w, 12))
        r.aio_reserved2 = any_number(w);
    return placed(w, &r, sizeof(r));
}

static void make_submit(struct worker *w, uint64_t *a)
{
    uint64_t requests[5];

    for (size_t i = 0; i < COUNT(requests); i++)
        requests[i] = i && chance(w, 4) ? requests[i - 1] : request(w);
    a[0] = any_context(w);
    a[1] = chance(w, 8) ? any_number(w) : 1 + below(w, COUNT(requests));
    a[2] = placed(w, requests, sizeof(requests));
}

static void make_getevents(struct worker *w, uint64_t *a)
{
    a[0] = any_context(w);
    a[1] = chance(w, 8) ? a[1] : below(w, 4);
    a[2] = chance(w, 8) ? a[2] : a[1] + below(w, 16);
}

/* The context that io_setup() made takes the place of another. */
void keep_context(struct worker *w, uint64_t where)
{
    uint64_t made;

    memcpy(&made, (void *)where, sizeof(made));
    RAW(SYS_io_destroy, atomic_exchange(&PICK(w, contexts), made));
}

void destroy_contexts(void)
{
    for (size_t i = 0; i < COUNT(contexts); i++)
        RAW(SYS_io_destroy, atomic_exchange(&contexts[i], 0));
}

/* Anywhere in a ring: its head and its end, an event. */
uintptr_t in_ring(struct worker *w)
{
    return PICK(w, contexts) + below(w, chance(w, 2) ? 4 : 64) * 8;
}

/* --- all ----------------------------------------------------------------------------------------- */

void make_arguments(struct worker *w, long nr, uint64_t *a)
{
    switch (nr) {
    case SYS_mmap:
        make_mmap(w, a);
        return;
    case SYS_mremap:
        make_mremap(w, a);
        return;
    case SYS_brk:
        make_brk(w, a);
        return;
    case SYS_shmget:
        make_shmget(w, a);
        return;
    case SYS_shmat:
        make_shmat(w, a);
        return;
    case SYS_remap_file_pages:
        make_remap(w, a);
        return;
    case SYS_munmap:
    case SYS_mprotect:
    case SYS_pkey_mprotect:
    case SYS_madvise:
    case SYS_mlock:
    case SYS_mlock2:
    case SYS_mbind:
        keep_in_own(w, a);
        return;
    case SYS_close_range:
        make_close_range(w, a);
        return;
    case SYS_futex:
        make_futex(w, a);
        return;
    case FUTEX_WAKE_NR:
    case FUTEX_WAIT_NR:
        make_futex2(w, a);
        return;
    case FUTEX_WAITV_NR:
    case FUTEX_REQUEUE_NR:
        make_futex_list(w, a);
        return;
    case SYS_io_setup:
        make_setup(w, a);
        return;
    case SYS_io_submit:
        make_submit(w, a);
        return;
    case SYS_io_getevents:
    case SYS_io_pgetevents:
        make_getevents(w, a);
        return;
    case SYS_io_cancel:
        a[0] = any_context(w);
        a[1] = chance(w, 4) ? a[1] : request(w);
        return;
    case SYS_io_destroy:
        a[0] = any_context(w);
        return;
    default:
        return;
    }
}
