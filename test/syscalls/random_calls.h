/* SPDX-License-Identifier: Apache-2.0 */
/* random_calls.h - a program that makes random system calls with hostile arguments.
 *
 *     random_calls SEED CALLS [THREADS [SHOW [tally]]]
 *
 * THREADS threads share one set of descriptors, files and memory, and make CALLS calls in all. Which call,
 * and with what, is drawn from the seed, the thread's number and the number of its call alone. From call
 * SHOW of each thread on, calls are printed before they are made. With one thread, the same seed and
 * number thus make the same call, as far as time and the kernel allow. Now and then a thread lets the program go on in
 * itself (execve), with another seed, until all calls are made. A fifth argument prints at the end how often each call
 * was made, and how often it did what it was asked for.
 *
 *     random_calls.c  threads, the watch over them, the report
 *     calls.c         which calls there are (the kernel's own list), and what keeps one from
 *                     ending the program
 *     makers.c        calls whose arguments must fit each other
 *     fitting.c       descriptors and numbers of the kind that a call wants
 *     exec.c          going on in another program, and what is kept over that
 *     values.c        arguments by their kind: numbers, flags, descriptors, paths, addresses
 *     structs.c       arguments that are structures
 *     acts.c          what is no single call: threads that end, handlers that change where they
 *                     return to, accesses to memory, putting limits back
 *     census.c        what the kernel holds, and giving everything back
 *
 * A thread's name is its number and that of its call, so that a panic of the kernel tells them. The first thread makes
 * no random calls: it interrupts each thread that sleeps, and tells if one does not come out of it.
 */
#ifndef RANDOM_CALLS_H
#define RANDOM_CALLS_H

#define _GNU_SOURCE
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#include "unix/syscall_kinds.h"

#define PAGE        4096ul
#define ARENA       0x5a00000000ul /* where random calls place mappings */
#define ARENA_PAGES 64ul           /* of each thread, and a gap as large behind */
#define ARENA_STEP  (2 * ARENA_PAGES * PAGE)
#define MAX_THREADS 8
#define LARGE       (8ul << 20) /* of what the kernel places, this much is kept */
#define MAX_FLOATS  8
#define FIRST_FD    3
#define LAST_FD     47 /* descriptors between these two are anybody's */
#define CONSOLE_FD  60
#define ROOT_FD     61
#define KEPT_FD     62          /* what outlives execve */
#define PROGRAM_FD  63          /* this program's file */
#define FILE_LIMIT  (1ul << 20) /* bytes */
#define KICK        SIGUSR1     /* interrupts a thread that sleeps */
#define MANGLE      SIGUSR2     /* its handler changes where it returns to */
#define SCRATCH     (8 * PAGE)
#define ALTSTACK    (48 * PAGE)

/* Signals that this program needs itself: nobody blocks them or changes their handlers. */
#define BIT(sig) (1ul << ((sig)-1))
#define NEEDED                                                                           \
    (BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGILL) | BIT(SIGFPE) | BIT(SIGTRAP) | BIT(KICK) | \
     BIT(MANGLE))

/* A mapping whose place the kernel chose. */
struct floating {
    uintptr_t at;
    size_t    len;
};

struct worker {
    unsigned    index;
    uint64_t    seed, random;
    atomic_uint step; /* number of its call */
    unsigned    steps;
    int         tid;
    uint8_t    *scratch;      /* structures are made here; behind it lies nothing */
    size_t      scratch_used; /* by the present call */
    uint8_t    *altstack;
    const char *call; /* the present one's name */
    uint64_t    args[6];
    bool        tty; /* a path that was drawn is a terminal's */

    struct floating floats[MAX_FLOATS];

    volatile unsigned mangling; /* what MANGLE's handler is to do; 0: nothing */
    volatile bool     mangled;  /* it has done so */
    mcontext_t        whole;    /* registers to go on with after that */
    volatile unsigned faults;   /* since the last call was made */
    _Atomic bool      done;
};

extern struct worker workers[MAX_THREADS];
extern unsigned      nworkers;
extern uintptr_t     heap_start;

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* A system call without a C library, which would keep its error in thread-local memory. */
static inline long raw(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                       uint64_t f)
{
    register uint64_t a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c;
    register uint64_t a3 __asm__("a3") = d, a4 __asm__("a4") = e, a5 __asm__("a5") = f;
    register long     a7 __asm__("a7") = nr;
    __asm__ volatile("ecall"
                     : "+r"(a0)
                     : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7)
                     : "memory");
    return (long)a0;
}

#define RAW(nr, ...) RAW_(nr, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define RAW_(nr, a, b, c, d, e, f, ...)                                                \
    raw(nr, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), (uint64_t)(e), \
        (uint64_t)(f))

/* --- chance ---------------------------------------------------------------------------------- */

static inline uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ul;
    x = (x ^ x >> 27) * 0x94d049bb133111ebul;
    return x ^ x >> 31;
}

static inline uint64_t draw(struct worker *w)
{
    return mix(w->random += 0x9e3779b97f4a7c15ul);
}

static inline uint64_t below(struct worker *w, uint64_t n)
{
    return draw(w) % n;
}

/* True once in n times. */
static inline bool chance(struct worker *w, unsigned n)
{
    return below(w, n) == 0;
}

#define PICK(w, array) ((array)[below((w), COUNT(array))])

/* --- values.c -------------------------------------------------------------------------------- */

/* A value for argument number `at` of a call that has these kinds of arguments. */
uint64_t value_of(struct worker *w, const enum syscall_kind *kinds, unsigned at);

uint64_t any_number(struct worker *w);
uint64_t any_length(struct worker *w);
int      any_fd(struct worker *w);
int      any_signal(struct worker *w); /* none that cannot be caught */
int      any_tid(struct worker *w);
uint64_t any_path(struct worker *w);

/* Open what paths lead to that are drawn, once: devices remember what they are called. */
void     open_all_places(void);
void     unlink_queues(void);
uint64_t known_name(struct worker *w); /* of a queue that unlink_queues() removes */

/* Addresses: in an arena; where nothing can be; in either, for up to size bytes. */
uintptr_t arena_of(struct worker *w);
uintptr_t in_arena(struct worker *w);
uintptr_t bad_address(struct worker *w);
uintptr_t any_address(struct worker *w, size_t size);

static inline bool is_in_arenas(uintptr_t address)
{
    return address >= ARENA && address < ARENA + MAX_THREADS * ARENA_STEP;
}

/* --- structs.c ------------------------------------------------------------------------------- */

/* bytes for the kernel to read: somewhere in the scratch memory, at its very end, over that, or nowhere. */
uintptr_t placed(struct worker *w, const void *bytes, size_t size);

/* The address of a structure of that kind; 0: this file knows none. */
uintptr_t structure_of(struct worker *w, enum syscall_kind kind);

/* Numbers of signals, none of which this program needs itself. */
uint64_t any_sigset(struct worker *w);

/* --- calls.c --------------------------------------------------------------------------------- */

extern const size_t ncalls;

void print_tally(void);

void drop_floating(struct floating *f);

/* Make one random call. */
void random_call(struct worker *w);

/* Before a call is made, and after it. */
void show_call(struct worker *w);
extern void (*showing)(struct worker *w);

/* --- makers.c -------------------------------------------------------------------------------- */

extern _Atomic uint32_t locks[16]; /* futexes */

/* Let the arguments that were drawn for that call fit each other. */
void make_arguments(struct worker *w, long nr, uint64_t *args);

/* io_setup() made a context, whose number is there. */
void      keep_context(struct worker *w, uint64_t where);
void      destroy_contexts(void);
uintptr_t in_ring(struct worker *w); /* of one of them */

/* --- fitting.c ------------------------------------------------------------------------------- */

/* Descriptors and numbers of the kind that a call wants; what a call made is remembered for that. */
void fit_arguments(struct worker *w, long nr, uint64_t *args);
void note_result(struct worker *w, long nr, const uint64_t *args, long result);

/* --- acts.c ---------------------------------------------------------------------------------- */

void random_act(struct worker *w);
void settle_thread(struct worker *w); /* its mask, stack for signals and limits, as they were */
void catch_signals(void);
int  new_thread(uint64_t flags, void *stack_end, void (*run)(void *), void *arg);

/* --- census.c -------------------------------------------------------------------------------- */

#define MAX_COUNTS 32

struct census {
    size_t n;
    struct {
        char name[24];
        long count;
    } of[MAX_COUNTS];
    char   maps[1 << 13];
    size_t maps_len;
};

void remove_ipc(void);
void unconfine(void); /* the root of paths and limits, as they were */
void give_back(void); /* all that random calls opened, mapped, made or set */
void take_census(struct census *out);
bool same_census(const struct census *a, const struct census *b);
bool nothing_left(const struct census *before,
                  const struct census *after); /* memory may have become less */
void print_differences(const struct census *before, const struct census *after);

/* --- exec.c ---------------------------------------------------------------------------------- */

#define MOST_CALLS 512

enum phase {
    WARMING,  /* what the kernel makes once and keeps is made */
    COUNTING, /* it was: what the kernel holds is counted next */
    RUNNING,
};

/* In memory of KEPT_FD's. */
struct kept {
    enum phase    phase;
    bool          tally_wanted;
    uint64_t      seed;
    unsigned      calls, threads, show_from;
    atomic_uint   execs;
    atomic_uint   begun; /* calls of this phase */
    struct census before;
    struct {
        atomic_uint made, done;
    } tally[MOST_CALLS];
};

extern struct kept *kept;

/* Find what was kept. False: there is nothing yet. */
bool keep(void);

/* Begin again, as another program would; returns if that fails. */
void exec_self(char *const *argv, char *const *envp);
void random_exec(struct worker *w);

/* execve or execveat; nothing but this program shall come out of it. */
long hostile_exec(struct worker *w, long nr, const uint64_t *args);

/* Pointers to strings, some of them none, and with an end or without. */
uintptr_t string_list(struct worker *w);

/* One sort of call keeps out the other. */
enum { GATE_EXEC = 1, GATE_CONFINING = -1 };

void gate_enter(int sort);
void gate_leave(int sort);

#endif
