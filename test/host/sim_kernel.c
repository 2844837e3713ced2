/* SPDX-License-Identifier: Apache-2.0 */
/* sim_kernel.c - see sim_kernel.h. */
#include "sim_kernel.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/frame.h"
#include "kernel/hart.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/trace.h"

uintptr_t phys_window;
uint32_t  trace_enabled;

static _Thread_local struct hart      hart;
static _Thread_local struct thread    self;
static _Thread_local struct trapframe frame;

/* --- the machine ------------------------------------------------------------------------- */

static atomic_size_t icache_syncs;

struct hart *hart_self(void)
{
    if (!hart.thread)
        hart.thread = &self;
    return &hart;
}

/* Nothing interrupts a test. */
bool cpu_irq_save(void)
{
    return false;
}

void cpu_irq_restore(bool was_on)
{
    (void)was_on;
}

void hart_sync_code(void)
{
    icache_syncs++;
}

size_t sim_icache_syncs(void)
{
    return icache_syncs;
}

void sim_ram(size_t npages)
{
    static char  *ram;
    static size_t size;

    if (size < npages * PAGE_SIZE) {
        free(ram);
        size = npages * PAGE_SIZE;
        ram = aligned_alloc(PAGE_SIZE, size);
    }
    memset(ram, 0xa5, size);
    phys_window = (uintptr_t)ram - SIM_RAM_BASE;

    struct bootinfo bi = {.nfree = 1, .free = {{SIM_RAM_BASE, npages * PAGE_SIZE}}};
    frame_init(&bi);
    frame_fail_after(0);
}

size_t sim_frames_free(void)
{
    struct frame_stats stats;
    frame_stats(&stats);
    return stats.free;
}

struct thread *sim_thread(struct vmspace *vs, pmap_dom_t dom)
{
    frame.dom = dom;
    self.vmspace = vs;
    self.tf = &frame;
    hart.thread = &self;
    return &self;
}

/* --- reports ----------------------------------------------------------------------------- */

void assert_failed(const char *expr, const char *file, int line)
{
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expr);
    abort();
}

void panic(const char *fmt, ...)
{
    fprintf(stderr, "panic: %s\n", fmt);
    abort();
}

/* Most code under test has no reason to log an error; a test of code that has defines its own. */
__attribute__((weak)) void log_line(enum log_level level, const char *fmt, ...)
{
    if (level == LOG_ERROR)
        panic(fmt);
}

void trace_record(enum trace_class cls, const char *fmt, ...)
{
    (void)cls;
    (void)fmt;
}

/* --- locks and sleeping ------------------------------------------------------------------ */

static pthread_mutex_t wait_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t  wait_cond = PTHREAD_COND_INITIALIZER;
static unsigned long   wakeups;
static size_t          sleepers;

void spinlock_init(struct spinlock *lock, enum lock_order order, const char *name)
{
    *lock = (struct spinlock)SPINLOCK_INIT(order, name);
}

void spinlock_acquire(struct spinlock *lock)
{
    if (hart.locks_held >= lock->bit)
        panic("lock order");
    struct hart *nobody = NULL;
    while (!atomic_compare_exchange_weak(&lock->holder, &nobody, &hart)) {
        nobody = NULL;
        sched_yield();
    }
    hart.locks_held |= lock->bit;
}

void spinlock_release(struct spinlock *lock)
{
    if (!(hart.locks_held & lock->bit))
        panic("releasing a lock that is not held");
    hart.locks_held &= ~lock->bit;
    lock->holder = NULL;
}

bool spinlock_held(const struct spinlock *lock)
{
    return hart.locks_held & lock->bit;
}

void waitq_init(struct waitq *q)
{
    TAILQ_INIT(&q->threads);
}

/* All queues share one condition: waking too many is allowed. */
void waitq_sleep(struct waitq *q, struct spinlock *lock)
{
    (void)q;
    pthread_mutex_lock(&wait_mutex);
    unsigned long before = wakeups;
    spinlock_release(lock);
    if (hart.locks_held)
        panic("sleeping with a spinlock held");
    sleepers++;
    while (wakeups == before)
        pthread_cond_wait(&wait_cond, &wait_mutex);
    sleepers--;
    pthread_mutex_unlock(&wait_mutex);
    spinlock_acquire(lock);
}

/* Nothing interrupts, and nobody waits with a deadline. */
__attribute__((weak)) int waitq_sleep_until(struct waitq *q, struct spinlock *lock,
                                            uint64_t deadline, bool interruptible)
{
    (void)deadline;
    (void)interruptible;
    waitq_sleep(q, lock);
    return 0;
}

void waitq_wake_all(struct waitq *q)
{
    (void)q;
    pthread_mutex_lock(&wait_mutex);
    wakeups++;
    pthread_cond_broadcast(&wait_cond);
    pthread_mutex_unlock(&wait_mutex);
}

size_t sim_sleepers(void)
{
    pthread_mutex_lock(&wait_mutex);
    size_t n = sleepers;
    pthread_mutex_unlock(&wait_mutex);
    return n;
}

void mutex_init(struct mutex *m)
{
    spinlock_init(&m->lock, LOCK_WAITQ, "mutex");
    waitq_init(&m->waiters);
    m->owner = NULL;
}

void mutex_lock(struct mutex *m)
{
    if (hart.locks_held)
        panic("sleeping with a spinlock held");
    spinlock_acquire(&m->lock);
    if (m->owner == &self)
        panic("a mutex is taken twice");
    while (m->owner)
        waitq_sleep(&m->waiters, &m->lock);
    m->owner = &self;
    spinlock_release(&m->lock);
}

bool mutex_trylock(struct mutex *m)
{
    spinlock_acquire(&m->lock);
    bool free = !m->owner;
    if (free)
        m->owner = &self;
    spinlock_release(&m->lock);
    return free;
}

void mutex_unlock(struct mutex *m)
{
    spinlock_acquire(&m->lock);
    if (m->owner != &self)
        panic("a mutex is released by somebody else");
    m->owner = NULL;
    waitq_wake_all(&m->waiters);
    spinlock_release(&m->lock);
}

bool mutex_held(const struct mutex *m)
{
    return m->owner == &self;
}

/* --- heap -------------------------------------------------------------------------------- */

static atomic_size_t heap_countdown, heap_blocks;

void sim_heap_fail_after(size_t n)
{
    heap_countdown = n;
}

size_t sim_heap_blocks(void)
{
    return heap_blocks;
}

void *kmalloc(size_t size)
{
    if (heap_countdown && !--heap_countdown)
        return NULL;
    heap_blocks++;
    return malloc(size);
}

void *kzalloc(size_t size)
{
    void *ptr = kmalloc(size);
    return ptr ? memset(ptr, 0, size) : NULL;
}

char *kstrdup(const char *s)
{
    size_t size = strlen(s) + 1;
    char  *copy = kmalloc(size);
    return copy ? memcpy(copy, s, size) : NULL;
}

void kfree(void *ptr)
{
    if (ptr)
        heap_blocks--;
    free(ptr);
}
