/* SPDX-License-Identifier: Apache-2.0
 *
 * stress.c - see stress.h. Most of it runs in U or S, in any compartment; it relies on the image
 * being mapped at VA = PA in every row.
 */
#include "lib/stress.h"

void worker_stop(void);

extern const char worker_vector[];

static const struct stress *running;
static struct worker        workers[HARTS], total; /* total: of all runs */
static uint32_t             unsatisfied;
static struct {
    uint32_t arrived, round;
} meeting __attribute__((aligned(64)));

/* The first check that failed, for M to print. */
static struct {
    uint32_t    taken;
    const char *file, *what;
    uint64_t    line, got, want, cause, tval, hart, sd;
} failure;

/* ---- in M ------------------------------------------------------------------------------------ */
uint64_t stress_factor(void)
{
    uint64_t factor = 0;

    for (int c = serial_getc(); c >= '0' && c <= '9'; c = serial_getc())
        factor = 10 * factor + (uint64_t)(c - '0');
    return factor;
}

/* Everything that act() may meet, and the requests: they go to worker_vector. */
static uint64_t delegated(void)
{
    return 1 << CAUSE_BREAKPOINT | 1 << 12 | 1 << 13 | 1 << 15 | 0x1full << BAD_ADDRESS;
}

static void print_failure(void)
{
    print("%s:%d: hart %d in SD %d: ", failure.file, failure.line, failure.hart, failure.sd);
    if (failure.what)
        print("%s: expected %x got %x\n", failure.what, failure.want, failure.got);
    else
        print("expected cause %d tval %x got cause %d tval %x\n", failure.want, failure.tval,
              failure.cause, failure.got);
}

static void worker_main(uint64_t hart)
{
    struct worker *w = &workers[hart];
    struct outcome o;

    csr_write(CSR_SATP, table_satp(running->table));
    csr_write(CSR_STVEC, (uint64_t)worker_vector);
    csr_write(CSR_MEDELEG, delegated());
    sds_write(w->sd, 0, 0);
    o = enter(running->mode[hart], (uint64_t)running->work[hart], (uint64_t)w, 0);
    if (failure.taken) {
        print_failure();
        fail();
    }
    expect_returned(o);
    csr_write(CSR_MEDELEG, 0);
}

static uint64_t operations(const struct worker *w)
{
    uint64_t sum = 0;

    for (unsigned c = 0; c < 32; c++)
        sum += w->ended[c];
    return sum;
}

static void count(void)
{
    for (uint64_t h = 0; h < HARTS; h++) {
        for (unsigned c = 0; c < 32; c++)
            total.ended[c] += workers[h].ended[c];
        total.met += workers[h].met;
        total.repeated += workers[h].repeated;
    }
}

void stress_report(void)
{
    print("# %d operations: %d done", operations(&total), total.ended[0]);
    for (uint64_t c = 1; c < 32; c++) {
        if (total.ended[c])
            print(", cause %d: %d", c, total.ended[c]);
    }
    print("; met %d times", total.met);
    if (total.repeated)
        print("; %d faults repeated", total.repeated);
    print("\n");
}

void stress_run(const struct stress *s)
{
    static uint64_t seed = 0x5eed;

    running = s;
    unsatisfied = HARTS;
    for (uint64_t h = 0; h < HARTS; h++) {
        memset(&workers[h], 0, sizeof(workers[h]));
        workers[h].hart = h;
        workers[h].sd = 1;
        workers[h].random = seed++ * 0x9e3779b97f4a7c15ull;
    }
    for (uint64_t h = 1; h < HARTS; h++)
        hart_run_on(h, worker_main, h);
    worker_main(0);
    for (uint64_t h = 1; h < HARTS; h++)
        hart_join_on(h);
    count();
}

/* ---- in a worker ----------------------------------------------------------------------------- */
uint64_t random_number(struct worker *w)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return w->random;
}

bool stress_goes_on(struct worker *w)
{
    bool enough = operations(w) >= running->operations && w->met >= running->meetings;

    if (!w->satisfied && (enough || running->mode[w->hart] == MODE_S)) {
        w->satisfied = true;
        __atomic_fetch_sub(&unsatisfied, 1, __ATOMIC_RELEASE);
    }
    return __atomic_load_n(&unsatisfied, __ATOMIC_ACQUIRE) != 0;
}

struct result attempt(struct worker *w, const char *code, uint64_t a0, uint64_t a1)
{
    struct result r = act(code, a0, a1);

    w->ended[r.cause & 31]++;
    return r;
}

void be(struct worker *w, uint64_t sd)
{
    if (w->sd != sd)
        become(w->sd = sd);
}

void all_meet(struct worker *w)
{
    uint32_t round = __atomic_load_n(&meeting.round, __ATOMIC_ACQUIRE);

    (void)w;
    if (__atomic_add_fetch(&meeting.arrived, 1, __ATOMIC_ACQ_REL) == HARTS) {
        meeting.arrived = 0;
        __atomic_store_n(&meeting.round, round + 1, __ATOMIC_RELEASE);
    }
    while (__atomic_load_n(&meeting.round, __ATOMIC_ACQUIRE) == round)
        ;
}

/* The first hart to fail says why; the others wait for the end of the machine. */
static bool first_failure(const char *file, int line, const struct worker *w)
{
    if (__atomic_exchange_n(&failure.taken, 1, __ATOMIC_ACQ_REL)) {
        for (;;)
            ;
    }
    failure.file = file;
    failure.line = (uint64_t)line;
    failure.hart = w->hart;
    failure.sd = w->sd;
    return true;
}

void check_worker(const char *file, int line, const char *what, const struct worker *w,
                  uint64_t got, uint64_t want)
{
    if (got == want)
        return;
    first_failure(file, line, w);
    failure.what = what;
    failure.got = got;
    failure.want = want;
    worker_stop();
}

void check_result(const char *file, int line, const struct worker *w, struct result r,
                  uint64_t cause, uint64_t tval)
{
    if (r.cause == cause && (!cause || r.tval == tval))
        return;
    first_failure(file, line, w);
    failure.cause = r.cause;
    failure.got = r.tval;
    failure.want = cause;
    failure.tval = tval;
    worker_stop();
}

/* ---- what the table allows ------------------------------------------------------------------- */
const struct touch touches[TOUCHES] = {
    [TOUCH_LOAD] = {act_load, R, 13, 13},       [TOUCH_STORE] = {act_store, W, 15, 15},
    [TOUCH_ADD] = {act_add, W, 15, 15},         [TOUCH_CALL] = {act_call, X, 12, 12},
    [TOUCH_RESERVE] = {act_reserve, W, 15, 13},
};

bool rights_allow(uint64_t rights, const struct touch *t)
{
    return (rights & (R | W)) != W && (rights & t->right);
}

void put_page(uint64_t pa, uint64_t va)
{
    volatile uint32_t *code = (uint32_t *)(pa + PAGE_CODE);
    const uint32_t    *gate = (const uint32_t *)act_gate;

    *(volatile uint64_t *)pa = va;
    code[0] = (uint32_t)va | 10 << 7 | 0x37; /* lui a0, va */
    code[1] = 0x00008067;                    /* ret */
    ((volatile uint32_t *)(pa + PAGE_EXCL))[0] = ((const uint32_t *)act_excl)[0];
    ((volatile uint32_t *)(pa + PAGE_EXCL))[1] = ((const uint32_t *)act_excl)[1];
    for (unsigned k = 0; k < ACT_GATE_BYTES / 4; k++)
        ((volatile uint32_t *)(pa + PAGE_GATE))[k] = gate[k];
    __asm__ volatile("fence.i" ::: "memory");
}
