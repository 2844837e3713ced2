/* SPDX-License-Identifier: Apache-2.0 */
/* cpus: 4 */
/* Programs on three harts look at a page, or store to one, while a fourth takes the page away, its right to be
 * written, or its frame. From pmap_update() on nobody finds the old frame, whose word is made one that must not
 * be seen, nor stores to it. A hart that was idle, as the last one is now and then, does not find it either. Their
 * faults wait for the mutex, under which the page is put back. */
#include "kernel/frame.h"
#include "kernel/time.h"
#include "test/kernel/ktest.h"

#define ROUNDS 20u
#define POISON 0xdeadul
#define LOOKED (USER_DATA + PAGE_SIZE)
#define STORED (USER_DATA + 2 * PAGE_SIZE)
#define NEVER  UINT64_MAX /* a mask: no call */
#define OFTEN  15u

enum { LOOKER = 1, STORER, SLEEPER, HARTS };

static struct vmspace    *vs;
static volatile uint64_t *count;
static paddr_t            looked, spare; /* frames of LOOKED, now and next */
static volatile uint64_t *stored;

static volatile uint64_t *word_of(paddr_t pa)
{
    return phys_ptr(pa);
}

static void called(struct thread *t, struct trapframe *tf)
{
    (void)t;
    CHECK(tf->a4 == 0); /* else it saw the old frame */
    thread_sleep_until(time_ns_to_deadline(50000));
}

static const struct thread_ops ops = {.syscall = called};

static void look(unsigned hart, uint64_t mask)
{
    struct thread *t = ktest_user_on(hart, vs, user_look_forever, &ops);

    t->tf->a0 = LOOKED;
    t->tf->a1 = USER_DATA + hart * sizeof(uint64_t);
    t->tf->a2 = POISON;
    t->tf->a3 = mask;
    thread_start(t);
}

static void store(void)
{
    struct thread *t = ktest_user_on(STORER, vs, user_store_forever, &ops);

    t->tf->a0 = STORED;
    thread_start(t);
}

/* All of them go on, and know the translations that there are now. */
static void let_them_run(void)
{
    uint64_t before[HARTS] = {0, count[LOOKER], *stored, count[SLEEPER]};

    while (count[LOOKER] < before[LOOKER] + 4 || *stored < before[STORER] + 4 ||
           count[SLEEPER] < before[SLEEPER] + 4)
        cpu_pause();
}

/* Nobody gets past a look at the page. Who has looked already may count it. */
static void expect_no_look(void)
{
    uint64_t before[2] = {count[LOOKER], count[SLEEPER]};

    ktest_spin_us(200);
    CHECK(count[LOOKER] - before[0] <= 1);
    CHECK(count[SLEEPER] - before[1] <= 1);
}

static void take_page_away(uint64_t round)
{
    CHECK(pmap_remove(vs->pmap, LOOKED, PAGE_SIZE) == 0);
    pmap_update(vs->pmap);
    *word_of(looked) = POISON;
    expect_no_look();
    *word_of(looked) = round;
    CHECK(pmap_enter(vs->pmap, LOOKED, looked, PAGE_SIZE, PMAP_DOM_FIRST, PMAP_R | PMAP_W) == 0);
}

static void take_right_away(void)
{
    CHECK(pmap_protect(vs->pmap, PMAP_DOM_FIRST, STORED, PAGE_SIZE, PMAP_R) == 0);
    pmap_update(vs->pmap);
    uint64_t is = *stored;
    ktest_spin_us(200);
    CHECK(*stored == is);
    CHECK(pmap_protect(vs->pmap, PMAP_DOM_FIRST, STORED, PAGE_SIZE, PMAP_R | PMAP_W) == 0);
}

static void take_frame_away(uint64_t round)
{
    paddr_t old = looked;

    *word_of(spare) = round;
    CHECK(pmap_replace(vs->pmap, LOOKED, spare, PAGE_SIZE) == 0);
    *word_of(old) = POISON;
    ktest_spin_us(200);
    looked = spare;
    spare = old;
}

static paddr_t frame_at(vaddr_t va)
{
    CHECK(vmspace_populate(vs, va, PAGE_SIZE, PMAP_W) == 0);
    return phys_of(ktest_user_ptr(vs, va));
}

void boot_program(void *arg)
{
    (void)arg;
    CHECK(cpu_nharts == HARTS);
    ktest_run_on(0);
    vs = ktest_vmspace();
    count = ktest_user_ptr(vs, USER_DATA);
    for (unsigned hart = 0; hart < HARTS; hart++)
        count[hart] = 0;
    looked = frame_at(LOOKED);
    stored = word_of(frame_at(STORED));
    CHECK(frame_alloc(1, &spare) == 0);
    look(LOOKER, NEVER);
    look(SLEEPER, OFTEN);
    store();
    for (uint64_t round = 0; round < 3 * ROUNDS; round++) {
        let_them_run();
        mutex_lock(&vs->mutex);
        if (round % 3 == 0)
            take_page_away(round);
        else if (round % 3 == 1)
            take_right_away();
        else
            take_frame_away(round);
        mutex_unlock(&vs->mutex);
    }
    ktest_pass();
}
