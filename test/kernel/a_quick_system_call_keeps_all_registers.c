/* SPDX-License-Identifier: Apache-2.0 */
/* Two programs call the kernel over and over, each with values of its own in all registers. Calls are made without
 * the whole frame, and end in each way there is: at once; after a sleep; with a switch to the other program
 * before user mode; with a notification, and with a call that wants the whole frame, both of which look at all
 * registers and give the program other ones. */
#include "test/kernel/ktest.h"

#define PROGRAMS 2u
#define CALLS    400u

enum way { AT_ONCE, ASLEEP, PREEMPTED, NOTIFIED, WHOLE, WAYS };

/* Numbers of calls: the quick one, and three that the table does not have. */
enum { QUICK, NO_ENTRY, ENTRIES };
static const uint64_t whole_numbers[] = {NO_ENTRY, ENTRIES, 1ul << 63};

struct program {
    unsigned calls;
    uint64_t round;         /* of register values */
    uint64_t number;        /* in a7 */
    uint64_t a0, before_it; /* the result of the last call, and what it was called with */
};

static struct program program[PROGRAMS];
static unsigned       running = PROGRAMS;

static uint64_t value(const struct program *p, unsigned reg)
{
    if (reg == 17)
        return p->number;
    if (reg == 10)
        return p->a0;
    return (uint64_t)reg << 40 | (uint64_t)(p - program) << 32 | p->round << 8 | reg;
}

static bool kept_by_callee(unsigned reg)
{
    return reg == 3 || reg == 8 || reg == 9 || (reg >= 18 && reg <= 27);
}

static void check_frame(const struct program *p, const struct trapframe *tf, bool whole)
{
    for (unsigned reg = 1; reg < 32; reg++)
        if (whole || !kept_by_callee(reg))
            CHECK(tf->x[reg] == value(p, reg));
    CHECK(tf->scause == CAUSE_ECALL_U);
    CHECK(tf->sepc == user_pc(user_call_forever) + 4);
    CHECK(trapframe_from_user(tf) && (tf->sstatus & SSTATUS_SPIE));
    CHECK(tf->dom == PMAP_DOM_FIRST);
}

static void new_values(struct program *p, struct trapframe *tf)
{
    p->round++;
    p->a0 = p->round << 32;
    p->number = p->calls % WAYS == WHOLE ? whole_numbers[p->calls / WAYS % 3] : QUICK;
    for (unsigned reg = 1; reg < 32; reg++)
        tf->x[reg] = value(p, reg);
}

/* What C functions may do, and what they do to the others. */
static __attribute__((noinline)) void scramble(void)
{
    __asm__ volatile(
        ".irp r, t0,t1,t2,t3,t4,t5,t6,a0,a1,a2,a3,a4,a5,a6,a7,s0,s1,s2,s3,s4,s5,s6,s7,s8,s9,s10,s11\n"
        "li \\r, -77\n"
        ".endr"
        :
        :
        : "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7",
          "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "memory");
}

static void end(void)
{
    if (--running == 0)
        ktest_pass();
    thread_exit();
}

static int64_t quick(const uint64_t *a)
{
    struct thread    *t = thread_self();
    struct trapframe *tf = t->tf;
    struct program   *p = t->owner;
    enum way          way = p->calls % WAYS;

    CHECK(a == &tf->x[10] && hart_self()->user_frame == tf && cpu_irq_enabled());
    CHECK(ktest_kernel_state_ok());
    check_frame(p, tf, false);
    for (unsigned reg = 1; reg < 32; reg++)
        tf->x[reg] = kept_by_callee(reg) ? 0xdead : tf->x[reg]; /* not part of it yet */
    scramble();
    if (p->calls++ == CALLS)
        end();
    if (way == ASLEEP)
        ktest_sleep_ms(1);
    if (way == PREEMPTED)
        hart_self()->resched = true;
    t->notify = way == NOTIFIED;
    scramble();
    check_frame(p, tf, false);
    p->before_it = p->a0;
    p->a0 += p->calls;
    return (int64_t)p->a0;
}

static void whole(struct thread *t, struct trapframe *tf)
{
    struct program *p = t->owner;

    CHECK(p->calls++ % WAYS == WHOLE && cpu_irq_enabled());
    check_frame(p, tf, true);
    CHECK(tf->call_a0 == p->a0);
    thread_yield();
    scramble();
    check_frame(p, tf, true);
    new_values(p, tf);
}

static void notified(struct thread *t, struct trapframe *tf)
{
    struct program *p = t->owner;

    t->notify = false;
    CHECK(p->calls % WAYS == NOTIFIED + 1);
    check_frame(p, tf, true);
    CHECK(tf->call_a0 == p->before_it);
    scramble();
    new_values(p, tf);
}

static thread_call_fn *const   calls[ENTRIES] = {[QUICK] = quick};
static const struct thread_ops ops = {
    .calls = calls, .ncalls = ENTRIES, .syscall = whole, .notify = notified};

void boot_program(void *arg)
{
    (void)arg;
    struct vmspace *vs = ktest_vmspace();

    for (unsigned i = 0; i < PROGRAMS; i++) {
        struct thread *t = ktest_user("program", vs, user_call_forever, &ops, &program[i]);
        new_values(&program[i], t->tf);
        thread_start(t);
    }
}
