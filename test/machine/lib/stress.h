/* SPDX-License-Identifier: Apache-2.0
 *
 * stress.h - several harts that work on one table without pause, and what they do to it.
 *
 * stress_run() sends all harts down into U (or S) on one table, each to a C function, the worker.
 * There act() executes one instruction that may be refused; a trap goes to S and straight back, so
 * that each hart keeps what it has cached. Nothing else of a worker may trap: image and stacks
 * are mapped for every row.
 *
 * Every worker counts how its instructions ended and how often it met the others; a program says
 * how many operations and meetings it wants, and goes on until each hart has had both. So a run in
 * which the harts never met does not end, and none depends on time.
 */
#ifndef LIB_STRESS_H
#define LIB_STRESS_H

#define CAUSE_BREAKPOINT 3
#define REQUEST_FENCE    0
#define REQUEST_BECOME   1
#define ACT_GATE_BYTES   16

#ifndef __ASSEMBLER__

#include "lib/machine.h"
#include "lib/sc.h"

/* ---- one instruction ------------------------------------------------------------------------- */
/* cause = 0: done, and value is a0; else the trap. */
struct result {
    uint64_t cause, tval, value;
};

extern const char act_load[], act_store[], act_add[], act_reserve[], act_call[];
extern const char act_prot[], act_excl[], act_inval[], act_reval[];
extern const char act_grant[], act_tfer[], act_recv[]; /* with rights: see with_rights() */
extern const char act_switch[]; /* a0 gate, a1 SD; the value is urid as the gate saw it */
extern const char act_gate[];   /* to be copied, or switched to as it is */

/* act_grant, act_tfer, act_recv for these rights (even, up to 14). */
static inline const char *with_rights(const char *code, uint64_t p)
{
    return code + 4 * p;
}

static inline struct result act(const char *code, uint64_t a0_, uint64_t a1_)
{
    register uint64_t a0 __asm__("a0") = a0_;
    register uint64_t a1 __asm__("a1") = a1_;
    register uint64_t t0 __asm__("t0") = 0;
    register uint64_t t1 __asm__("t1") = 0;

    __asm__ volatile("jalr ra, %[code]"
                     : "+r"(a0), "+r"(a1), "+r"(t0), "+r"(t1)
                     : [code] "r"(code)
                     : "ra", "a2", "t2", "t3", "t4", "t5", "memory");
    return (struct result){t0, t1, a0};
}

/* Be this compartment: in U and in S, by the way of a trap and sret. */
static inline void become(uint64_t sd)
{
    register uint64_t a0 __asm__("a0") = sd;

    __asm__ volatile("call worker_become"
                     : "+r"(a0)
                     :
                     : "ra", "a7", "t0", "t1", "t2", "t3", "memory");
}

/* sfence.vma and fence.i on this hart. */
static inline void fence(void)
{
    __asm__ volatile("call worker_fence" ::: "ra", "a7", "t0", "t1", "t2", "t3", "memory");
}

/* ---- workers --------------------------------------------------------------------------------- */
struct worker {
    uint64_t hart, sd;  /* sd: what it is, for be() */
    uint64_t random;    /* state of the generator */
    uint64_t ended[32]; /* instructions by cause; 0: done */
    uint64_t met;      /* others were seen at work on the same thing, in the sense of the program */
    uint64_t repeated; /* instructions made again, since their fault may have been spurious */
    bool     satisfied;
} __attribute__((aligned(64)));

typedef void worker_fn(struct worker *w);

/* What a run is to have: operations and meetings of each hart that is in U. */
struct stress {
    enum mode           mode[HARTS]; /* U or S */
    const struct table *table;
    uint64_t            operations, meetings;
    worker_fn          *work[HARTS];
};

/* Run all, in M on hart 0. May be called again. */
void stress_run(const struct stress *s);

/* Print what was counted in all runs. */
void stress_report(void);

/* How often the operations of a short run: a decimal number and the end of the line, read from the
 * serial port. */
uint64_t stress_factor(void);

/* True until all harts have had their operations and meetings. Call it before each operation. */
bool stress_goes_on(struct worker *w);

/* act(), counted. */
struct result attempt(struct worker *w, const char *code, uint64_t a0, uint64_t a1);

/* become() if it is another already. */
void be(struct worker *w, uint64_t sd);

uint64_t random_number(struct worker *w);
/* 0 .. n-1; n is small */
static inline uint64_t below(struct worker *w, uint64_t n)
{
    return (random_number(w) >> 33) * n >> 31;
}

/* All harts arrive here, then all go on. Every hart must come. */
void all_meet(struct worker *w);

/* A worker's expect(): ends the machine if got != want. */
#define must_be(w, got, want) check_worker(__FILE__, __LINE__, #got, (w), (got), (want))
/* The instruction ended so. */
#define must_end(w, result, cause, tval) \
    check_result(__FILE__, __LINE__, (w), (result), (cause), (tval))

void check_worker(const char *file, int line, const char *what, const struct worker *w,
                  uint64_t got, uint64_t want);
void check_result(const char *file, int line, const struct worker *w, struct result r,
                  uint64_t cause, uint64_t tval);

/* ---- what the table allows ------------------------------------------------------------------- */
/* The data accesses and the fetch, as act() makes them, and the right that each needs. */
struct touch {
    const char *code;
    uint64_t    right;
    uint64_t    cause; /* of the page fault */
    uint64_t    first; /* the same where even reading is refused */
};
enum { TOUCH_LOAD, TOUCH_STORE, TOUCH_ADD, TOUCH_CALL, TOUCH_RESERVE, TOUCHES };
extern const struct touch touches[TOUCHES];

/* Do these rights allow this access (A.5.8, A.5.9)? */
bool rights_allow(uint64_t rights, const struct touch *t);

/* Make a page say who it is: the word at 0 is va, the call of va + PAGE_CODE returns va. PAGE_GATE
 * is a gate, PAGE_EXCL an excl of a0 for the rights in a1. va: below 2 GiB. The rest is for data,
 * 64 bytes from PAGE_DATA on for each hart. */
#define PAGE_CODE 0x40
#define PAGE_GATE 0x80
#define PAGE_EXCL 0xc0
#define PAGE_DATA 0x100
void put_page(uint64_t pa, uint64_t va);

#endif
#endif
