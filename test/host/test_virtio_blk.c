/* SPDX-License-Identifier: Apache-2.0 */
/* test_virtio_blk.c - the disk driver, its transport and the block layer over a simulated disk.
 *
 * The disk is a window of registers (both layouts) that behaves as the specification says, and
 * wrongly on request. Under the driver lie stand-ins of the kernel's services: sleeping lets the disk
 * finish one request and delivers its interrupt, so a sleep that nothing would end fails the test.
 * blk.c is included rather than linked, so that each test can start without a root disk.
 */
/* sources: src/drivers/virtio_blk.c src/drivers/virtio_mmio.c src/drivers/virtqueue.c
 *          src/lib/fmt.c src/lib/strlcpy.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/drivers.h"
#include "kernel/blk.c"
#include "kernel/frame.h"
#include "kernel/heap.h"
#include "kernel/irq.h"
#include "kernel/log.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "machine/layout.h"
#include "machine/mmio.h"
#include "sim_virtq.h"

#define NSECTORS  4096u
#define IRQ       8u
#define HELD_MAX  64u
#define HEAP_MAX  64
#define NFRAMES   16u
#define FRAMES_PA 0x80000000ul /* low: a legacy device's page numbers have 32 bits */

/* --- the simulated disk -------------------------------------------------------------------- */

enum fault {
    NO_FAULT,
    WRONG_MAGIC,
    WRONG_VERSION,
    WRONG_DEVICE,
    NO_QUEUE,
    QUEUE_IN_USE,
    TINY_QUEUE, /* two descriptors: less than a request takes */
    SMALL_QUEUE,
    RESET_HANGS,
    REFUSES_FEATURES,
    NOT_MODERN, /* version 2 registers, but the feature is not offered */
    STATUS_ERROR,
    STATUS_UNWRITTEN,
    WRONG_ID,
    ID_TWICE,
    INDEX_AHEAD,
    LEN_TOO_LONG,
};

enum order { IN_ORDER, REVERSED, SHUFFLED };

static struct disk {
    bool       modern;
    enum fault fault;
    enum order order;
    uint64_t   offered; /* features, besides VERSION_1 */

    uint32_t status, features_sel, driver_sel, queue_num, queue_align, page_size, interrupt;
    uint64_t driver_features, queue[3]; /* desc, driver, device */
    uint32_t pfn, ready;
    unsigned nnotified;

    struct sim_virtq q;
    struct sim_chain held[HELD_MAX]; /* taken, not finished */
    unsigned         nheld, max_held, nflushes;
    unsigned char    data[NSECTORS * BLK_SECTOR];
} disk;

static unsigned next_random(void)
{
    static uint64_t state = 0xa0761d6478bd642f;
    state = state * 6364136223846793005 + 1442695040888963407;
    return (unsigned)(state >> 33);
}

static void disk_reset(void)
{
    disk.status = disk.interrupt = disk.pfn = disk.ready = 0;
    disk.nheld = 0;
    disk.q = (struct sim_virtq){0};
}

static uint64_t disk_features(void)
{
    return disk.offered | (disk.modern && disk.fault != NOT_MODERN ? 1ull << 32 : 0);
}

static uint32_t disk_read32(size_t reg)
{
    switch (reg) {
    case 0x000:
        return disk.fault == WRONG_MAGIC ? 0xdeadbeef : 0x74726976;
    case 0x004:
        return disk.fault == WRONG_VERSION ? 3 : disk.modern ? 2 : 1;
    case 0x008:
        return disk.fault == WRONG_DEVICE ? 4 : 2;
    case 0x010:
        return (uint32_t)(disk_features() >> (disk.features_sel ? 32 : 0));
    case 0x034:
        return disk.fault == NO_QUEUE      ? 0
               : disk.fault == TINY_QUEUE  ? 3
               : disk.fault == SMALL_QUEUE ? 7
                                           : 1024;
    case 0x040:
        return disk.fault == QUEUE_IN_USE ? 5 : disk.pfn;
    case 0x044:
        assert_true(disk.modern);
        return disk.fault == QUEUE_IN_USE ? 1 : disk.ready;
    case 0x060:
        return disk.interrupt;
    case 0x070:
        return disk.status;
    case 0x0fc:
        assert_true(disk.modern);
        return 0;
    case 0x100:
        return NSECTORS;
    case 0x104:
        return 0;
    default:
        fail_msg("read of register %#zx", reg);
        return 0;
    }
}

static void disk_write_status(uint32_t value)
{
    if (value == 0 && disk.fault == RESET_HANGS)
        return;
    if (value == 0)
        disk_reset();
    else if (disk.fault == REFUSES_FEATURES)
        disk.status = value & ~8u;
    else
        disk.status = value;
}

/* Where the rings are, as a device of either layout finds them. */
static void disk_open_queue(void)
{
    unsigned char *base = phys_ptr((paddr_t)disk.pfn * disk.page_size);
    size_t         avail_end = 16 * disk.queue_num + 6 + 2 * disk.queue_num;

    disk.q.size = disk.queue_num;
    if (disk.modern) {
        disk.q.desc = phys_ptr(disk.queue[0]);
        disk.q.avail = phys_ptr(disk.queue[1]);
        disk.q.used = phys_ptr(disk.queue[2]);
    } else {
        disk.q.desc = base;
        disk.q.avail = (void *)(base + 16 * disk.queue_num);
        disk.q.used = (void *)(base + (avail_end + disk.queue_align - 1) / disk.queue_align *
                                          disk.queue_align);
    }
}

static void disk_notified(uint32_t queue)
{
    assert_int_equal(queue, 0);
    assert_true(disk.status & 4);
    disk.nnotified++;
    while (disk.nheld < HELD_MAX && sim_take(&disk.q, &disk.held[disk.nheld]))
        disk.nheld++;
    if (disk.nheld > disk.max_held)
        disk.max_held = disk.nheld;
}

static void disk_write32(size_t reg, uint32_t value)
{
    switch (reg) {
    case 0x014:
        disk.features_sel = value;
        break;
    case 0x020:
        disk.driver_features &= disk.driver_sel ? UINT32_MAX : (uint64_t)UINT32_MAX << 32;
        disk.driver_features |= (uint64_t)value << (disk.driver_sel ? 32 : 0);
        break;
    case 0x024:
        disk.driver_sel = value;
        break;
    case 0x028:
        assert_false(disk.modern);
        disk.page_size = value;
        break;
    case 0x030:
        assert_int_equal(value, 0);
        break;
    case 0x038:
        disk.queue_num = value;
        break;
    case 0x03c:
        assert_false(disk.modern);
        disk.queue_align = value;
        break;
    case 0x040:
        assert_false(disk.modern);
        disk.pfn = value;
        disk_open_queue();
        break;
    case 0x044:
        assert_true(disk.modern);
        disk.ready = value;
        disk_open_queue();
        break;
    case 0x050:
        disk_notified(value);
        break;
    case 0x064:
        disk.interrupt &= ~value;
        break;
    case 0x070:
        disk_write_status(value);
        break;
    case 0x080:
    case 0x090:
    case 0x0a0:
        disk.queue[(reg - 0x80) / 0x10] = value;
        break;
    case 0x084:
    case 0x094:
    case 0x0a4:
        disk.queue[(reg - 0x84) / 0x10] |= (uint64_t)value << 32;
        break;
    default:
        fail_msg("write of register %#zx", reg);
    }
}

/* Move the data of one request. Returns the bytes written to the driver's memory. */
static uint32_t disk_transfer(const struct sim_chain *chain)
{
    uint32_t                type;
    uint64_t                sector;
    const struct sim_piece *data = &chain->piece[1];

    assert_false(chain->piece[0].writable);
    assert_int_equal(chain->piece[0].len, 16);
    memcpy(&type, chain->piece[0].ptr, 4);
    memcpy(&sector, chain->piece[0].ptr + 8, 8);
    if (type == 4) {
        assert_int_equal(chain->npieces, 2);
        disk.nflushes++;
        return 0;
    }
    assert_int_equal(chain->npieces, 3);
    assert_true(sector * BLK_SECTOR + data->len <= sizeof(disk.data));
    assert_int_equal(data->writable, type == 0);
    if (type == 0)
        memcpy(data->ptr, disk.data + sector * BLK_SECTOR, data->len);
    else
        memcpy(disk.data + sector * BLK_SECTOR, data->ptr, data->len);
    return type == 0 ? data->len : 0;
}

static void disk_finish(struct sim_chain *chain)
{
    const struct sim_piece *status = &chain->piece[chain->npieces - 1];
    uint32_t                written = disk_transfer(chain) + 1;

    assert_true(status->writable && status->len == 1);
    if (disk.fault != STATUS_UNWRITTEN)
        *status->ptr = disk.fault == STATUS_ERROR ? 1 : 0;
    if (disk.fault == LEN_TOO_LONG)
        written += 1;
    sim_finish(&disk.q, disk.fault == WRONG_ID ? 0x12345 : chain->head, written);
    if (disk.fault == ID_TWICE)
        sim_finish(&disk.q, chain->head, written);
    if (disk.fault == INDEX_AHEAD)
        disk.q.used[1] = (uint16_t)(disk.q.used[1] + 1000);
    disk.interrupt |= 1;
}

/* Finish one request. false: there is none. */
static bool disk_step(void)
{
    if (disk.nheld == 0)
        return false;
    unsigned         which = disk.order == IN_ORDER   ? 0
                             : disk.order == REVERSED ? disk.nheld - 1
                                                      : next_random() % disk.nheld;
    struct sim_chain chain = disk.held[which];
    memmove(&disk.held[which], &disk.held[which + 1], (--disk.nheld - which) * sizeof(chain));
    disk_finish(&chain);
    return true;
}

/* --- the kernel around the driver ---------------------------------------------------------- */

uintptr_t      phys_window;
enum log_level log_threshold;

static int           nerrors; /* logged */
static unsigned      nsleeps;
static unsigned char frames[NFRAMES * PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static size_t        nframes;          /* handed out */
static void         *blocks[HEAP_MAX]; /* heap blocks that are not freed */
static int           nblocks;
static unsigned char registers[0x1000]; /* only its addresses are used */
static void (*irq_handler)(void *arg);
static void    *irq_arg;
static int      irq_error;
static unsigned alloc_fails_at; /* the n-th allocation from now; 0: none does */

void assert_failed(const char *expr, const char *file, int line)
{
    print_error("%s:%d: %s\n", file, line, expr);
    abort();
}

void log_line(enum log_level level, const char *fmt, ...)
{
    (void)fmt;
    nerrors += level == LOG_ERROR;
}

uint32_t trace_enabled = UINT32_MAX;

void trace_record(enum trace_class cls, const char *fmt, ...)
{
    (void)cls;
    (void)fmt;
}

static bool allocation_fails(void)
{
    return alloc_fails_at > 0 && --alloc_fails_at == 0;
}

void *kmalloc(size_t size)
{
    assert_true(nblocks < HEAP_MAX);
    return allocation_fails() ? NULL : (blocks[nblocks++] = malloc(size));
}

void *kzalloc(size_t size)
{
    void *ptr = kmalloc(size);
    return ptr ? memset(ptr, 0, size) : NULL;
}

void kfree(void *ptr)
{
    for (int i = 0; ptr && i < nblocks; i++)
        if (blocks[i] == ptr)
            blocks[i] = blocks[--nblocks];
    free(ptr);
}

int frame_alloc_zeroed(size_t npages, paddr_t *out)
{
    assert_true(nframes + npages <= NFRAMES);
    if (allocation_fails())
        return -ENOMEM;
    memset(frames + nframes * PAGE_SIZE, 0, npages * PAGE_SIZE);
    *out = FRAMES_PA + nframes * PAGE_SIZE;
    nframes += npages;
    return 0;
}

void frame_free(paddr_t pa, size_t npages) /* the last run comes back first here */
{
    nframes -= npages;
    assert_int_equal(pa, FRAMES_PA + nframes * PAGE_SIZE);
}

void spinlock_init(struct spinlock *lock, enum lock_order order, const char *name)
{
    *lock = (struct spinlock)SPINLOCK_INIT(order, name);
}

/* There is no hart: what holds a lock is the lock. */
void spinlock_acquire(struct spinlock *lock)
{
    assert_null(atomic_exchange(&lock->holder, (struct hart *)lock));
}

void spinlock_release(struct spinlock *lock)
{
    assert_non_null(atomic_exchange(&lock->holder, NULL));
}

bool spinlock_held(const struct spinlock *lock)
{
    return lock->holder;
}

void waitq_init(struct waitq *q)
{
    TAILQ_INIT(&q->threads);
}

static void deliver_interrupt(void)
{
    if (disk.interrupt && irq_handler)
        irq_handler(irq_arg);
    assert_int_equal(disk.interrupt, 0); /* acknowledged, else it would come again for ever */
}

static struct waitq *sleeping_on;
static bool          woken;

/* Sleeps until woken, as the kernel's does; the disk runs meanwhile. */
void waitq_sleep(struct waitq *q, struct spinlock *lock)
{
    nsleeps++;
    sleeping_on = q;
    woken = false;
    spinlock_release(lock);
    while (!woken) {
        assert_true(disk_step()); /* else nobody would ever wake the sleeper */
        deliver_interrupt();
    }
    spinlock_acquire(lock);
}

void waitq_wake_one(struct waitq *q)
{
    woken |= q == sleeping_on;
}

void waitq_wake_all(struct waitq *q)
{
    woken |= q == sleeping_on;
}

int irq_register(unsigned irq, void (*handler)(void *arg), void *arg)
{
    assert_int_equal(irq, IRQ);
    if (irq_error)
        return irq_error;
    irq_handler = handler;
    irq_arg = arg;
    return 0;
}

int devtree_reg(const struct devtree_node *node, unsigned index, volatile void **base, size_t *len)
{
    (void)node;
    assert_int_equal(index, 0);
    *base = registers;
    *len = 0x1000;
    return 0;
}

int devtree_irq(const struct devtree_node *node, unsigned index, unsigned *irq)
{
    (void)node;
    assert_int_equal(index, 0);
    *irq = IRQ;
    return 0;
}

uint8_t mmio_read8(const volatile void *reg)
{
    fail_msg("byte access to register %#tx", (const volatile unsigned char *)reg - registers);
    return 0;
}

uint16_t mmio_read16(const volatile void *reg)
{
    fail_msg("halfword access to register %#tx", (const volatile unsigned char *)reg - registers);
    return 0;
}

uint32_t mmio_read32(const volatile void *reg)
{
    return disk_read32((size_t)((const volatile unsigned char *)reg - registers));
}

void mmio_write32(volatile void *reg, uint32_t value)
{
    disk_write32((size_t)((volatile unsigned char *)reg - registers), value);
}

void mmio_barrier(void)
{
}

/* --- tests --------------------------------------------------------------------------------- */

static void start_over(bool modern, enum fault fault)
{
    while (nblocks > 0)
        free(blocks[--nblocks]);
    nframes = 0;
    phys_window = (uintptr_t)frames - FRAMES_PA;
    root = NULL;
    irq_handler = NULL;
    irq_error = 0;
    alloc_fails_at = 0;
    nerrors = 0;
    nsleeps = 0;

    memset(&disk, 0, offsetof(struct disk, data));
    for (size_t i = 0; i < sizeof(disk.data); i++)
        disk.data[i] = (unsigned char)(i / BLK_SECTOR * 0x9e3779b1u >> 20 ^ i);
    disk.modern = modern;
    disk.fault = fault;
    disk.offered = 1u << 9; /* flush */
}

static int probe(void)
{
    struct devtree_node node = {0};
    return virtio_blk_driver.probe(&node);
}

static struct blk_device *start_disk(bool modern, enum order order)
{
    start_over(modern, NO_FAULT);
    assert_int_equal(probe(), 0);
    assert_non_null(blk_root());
    disk.order = order;
    return blk_root();
}

static int free_everything(void **state)
{
    (void)state;
    start_over(false, NO_FAULT);
    return 0;
}

static void both_register_layouts_are_brought_up(void **state)
{
    (void)state;
    for (int modern = 0; modern < 2; modern++) {
        struct blk_device *dev = start_disk(modern, IN_ORDER);
        assert_int_equal(dev->nsectors, NSECTORS);
        assert_false(dev->read_only);
        assert_int_equal(disk.status, modern ? 1 | 2 | 4 | 8 : 1 | 2 | 4);
        assert_int_equal(disk.driver_features, 1u << 9 | (modern ? 1ull << 32 : 0));
        assert_int_equal(disk.queue_num, 128);
        assert_int_equal(nerrors, 0);
    }
}

static void data_are_read_and_written_where_they_belong(void **state)
{
    (void)state;
    unsigned char buf[8 * BLK_SECTOR];
    for (int modern = 0; modern < 2; modern++) {
        struct blk_device *dev = start_disk(modern, IN_ORDER);
        assert_int_equal(blk_read(dev, 5, buf, sizeof(buf)), 0);
        assert_memory_equal(buf, disk.data + 5 * BLK_SECTOR, sizeof(buf));

        memset(buf, 0x5a, sizeof(buf));
        assert_int_equal(blk_write(dev, NSECTORS - 8, buf, sizeof(buf)), 0);
        assert_memory_equal(disk.data + sizeof(disk.data) - sizeof(buf), buf, sizeof(buf));
        assert_int_not_equal(disk.data[sizeof(disk.data) - sizeof(buf) - 1], 0x5a);
    }
}

static void long_transfers_are_split(void **state)
{
    (void)state;
    struct blk_device *dev = start_disk(true, IN_ORDER);
    size_t             len = BLK_LEN_MAX + 3 * BLK_SECTOR;
    unsigned char     *buf = malloc(len);
    assert_int_equal(blk_read(dev, 1, buf, len), 0);
    assert_memory_equal(buf, disk.data + BLK_SECTOR, len);
    assert_int_equal(disk.nnotified, 2);
    free(buf);
}

static void what_cannot_be_done_never_reaches_the_disk(void **state)
{
    (void)state;
    struct blk_device *dev = start_disk(false, IN_ORDER);
    unsigned char      buf[2 * BLK_SECTOR];
    struct blk_request rq = {.op = BLK_READ, .buf = buf, .len = BLK_LEN_MAX + BLK_SECTOR};

    assert_int_equal(blk_read(dev, NSECTORS - 1, buf, sizeof(buf)), -EINVAL);
    assert_int_equal(blk_read(dev, NSECTORS, buf, BLK_SECTOR), -EINVAL);
    assert_int_equal(blk_read(dev, UINT64_MAX, buf, BLK_SECTOR), -EINVAL);
    assert_int_equal(blk_read(dev, 0, buf, 100), -EINVAL);
    assert_int_equal(blk_write(dev, NSECTORS - 1, buf, sizeof(buf)), -EINVAL);
    assert_int_equal(blk_submit(dev, &rq), -EINVAL);
    rq.len = 0;
    assert_int_equal(blk_submit(dev, &rq), -EINVAL);
    assert_int_equal(blk_read(dev, 0, buf, 0), 0);
    assert_int_equal(disk.nnotified, 0);
}

static void a_read_only_disk_is_not_written_to(void **state)
{
    (void)state;
    unsigned char buf[BLK_SECTOR];
    start_over(true, NO_FAULT);
    disk.offered |= 1u << 5;
    assert_int_equal(probe(), 0);
    assert_true(blk_root()->read_only);
    assert_int_equal(blk_write(blk_root(), 0, buf, sizeof(buf)), -EROFS);
    assert_int_equal(blk_read(blk_root(), 0, buf, sizeof(buf)), 0);
}

static void a_flush_reaches_the_disk_that_knows_it(void **state)
{
    (void)state;
    assert_int_equal(blk_flush(start_disk(false, IN_ORDER)), 0);
    assert_int_equal(disk.nflushes, 1);

    unsigned char buf[BLK_SECTOR];
    start_over(false, NO_FAULT);
    disk.offered = 0;
    assert_int_equal(probe(), 0);
    assert_int_equal(blk_flush(blk_root()), 0);
    assert_int_equal(disk.nnotified, 0);
    disk.fault = INDEX_AHEAD;
    assert_int_equal(blk_read(blk_root(), 0, buf, sizeof(buf)), -EIO);
    assert_int_equal(blk_flush(blk_root()), -EIO); /* given up, no longer stable at once */
}

#define MANY 100

static void check_many(bool modern, enum order order)
{
    static struct blk_request rq[MANY];
    static unsigned char      buf[MANY][BLK_SECTOR];
    struct blk_device        *dev = start_disk(modern, order);

    for (unsigned i = 0; i < MANY; i++) {
        rq[i] = (struct blk_request){
            .op = BLK_READ, .sector = i * 31, .buf = buf[i], .len = BLK_SECTOR};
        assert_int_equal(blk_submit(dev, &rq[i]), 0);
    }
    for (unsigned i = 0; i < MANY; i++) {
        assert_int_equal(blk_wait(dev, &rq[i]), 0);
        assert_memory_equal(buf[i], disk.data + i * 31 * BLK_SECTOR, BLK_SECTOR);
    }
    assert_int_equal(disk.max_held, 128 / 3);
    assert_true(nsleeps >= MANY - disk.max_held); /* the queue was full */
}

static void many_requests_are_under_way_and_a_full_queue_waits(void **state)
{
    (void)state;
    for (int modern = 0; modern < 2; modern++)
        for (enum order order = IN_ORDER; order <= SHUFFLED; order++)
            check_many(modern, order);
}

static void a_small_queue_is_used_as_far_as_it_goes(void **state)
{
    (void)state;
    unsigned char buf[BLK_SECTOR];
    start_over(false, SMALL_QUEUE); /* 7: the next lower power of two holds one request */
    assert_int_equal(probe(), 0);
    assert_int_equal(disk.queue_num, 4);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(blk_read(blk_root(), i, buf, sizeof(buf)), 0);
}

static void a_failed_request_is_an_error_and_the_disk_lives_on(void **state)
{
    (void)state;
    unsigned char           buf[BLK_SECTOR];
    static const enum fault faults[] = {STATUS_ERROR, STATUS_UNWRITTEN};
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        struct blk_device *dev = start_disk(true, IN_ORDER);
        disk.fault = faults[i];
        assert_int_equal(blk_read(dev, 0, buf, sizeof(buf)), -EIO);
        disk.fault = NO_FAULT;
        assert_int_equal(blk_read(dev, 0, buf, sizeof(buf)), 0);
    }
}

/* Several requests are waiting when the disk shows nonsense: all end, the disk is reset and not used again. */
static void check_given_up(enum fault fault)
{
    struct blk_request rq[3];
    unsigned char      buf[3][BLK_SECTOR];
    struct blk_device *dev = start_disk(true, IN_ORDER);

    for (unsigned i = 0; i < 3; i++) {
        rq[i] = (struct blk_request){.op = BLK_READ, .buf = buf[i], .len = BLK_SECTOR};
        assert_int_equal(blk_submit(dev, &rq[i]), 0);
    }
    disk.fault = fault;
    blk_wait(dev, &rq[0]);
    assert_int_equal(blk_wait(dev, &rq[1]), -EIO);
    assert_int_equal(blk_wait(dev, &rq[2]), -EIO);
    assert_int_equal(disk.status, 0);
    assert_int_equal(nerrors, 1);

    unsigned notified = disk.nnotified;
    assert_int_equal(blk_read(dev, 0, buf[0], BLK_SECTOR), -EIO);
    assert_int_equal(blk_write(dev, 0, buf[0], BLK_SECTOR), -EIO);
    assert_int_equal(blk_flush(dev), -EIO);
    irq_handler(irq_arg); /* a late interrupt does no harm */
    assert_int_equal(disk.nnotified, notified);
    assert_int_equal(nerrors, 1);
}

static void a_disk_that_breaks_the_rules_is_given_up(void **state)
{
    (void)state;
    check_given_up(WRONG_ID);
    check_given_up(ID_TWICE);
    check_given_up(INDEX_AHEAD);
    check_given_up(LEN_TOO_LONG);
}

static void whoever_waits_for_room_hears_that_the_disk_is_given_up(void **state)
{
    (void)state;
    static struct blk_request rq[MANY];
    static unsigned char      buf[BLK_SECTOR];
    struct blk_device        *dev = start_disk(false, IN_ORDER);
    unsigned                  refused = 0;

    disk.fault = INDEX_AHEAD; /* shows when the first sleeper lets the disk run */
    for (unsigned i = 0; i < MANY; i++) {
        rq[i] = (struct blk_request){.op = BLK_READ, .buf = buf, .len = BLK_SECTOR};
        int err = blk_submit(dev, &rq[i]);
        assert_true(err == 0 || err == -EIO);
        refused += err != 0;
    }
    assert_int_equal(refused, MANY - 128 / 3);
    for (unsigned i = 0; i < MANY - refused; i++)
        assert_int_equal(blk_wait(dev, &rq[i]), -EIO);
}

static void check_refused(bool modern, enum fault fault, int err, bool told)
{
    start_over(modern, fault);
    assert_int_equal(probe(), err);
    assert_null(blk_root());
    assert_int_equal(nblocks, 0);
    assert_int_equal(nframes, 0);
    assert_false(disk.status & 4);
    assert_int_equal(nerrors > 0, told);
}

static void an_unusable_device_is_refused_and_nothing_is_kept(void **state)
{
    (void)state;
    for (int modern = 0; modern < 2; modern++) {
        check_refused(modern, WRONG_MAGIC, -ENODEV, true);
        check_refused(modern, WRONG_DEVICE, -ENODEV, false);
        check_refused(modern, WRONG_VERSION, -EINVAL, true);
        check_refused(modern, NO_QUEUE, -EIO, true);
        check_refused(modern, QUEUE_IN_USE, -EIO, true);
        check_refused(modern, TINY_QUEUE, -EIO, false); /* devtree_probe tells */
    }
    check_refused(true, REFUSES_FEATURES, -EIO, true);
    check_refused(true, NOT_MODERN, -EIO, true);
    start_over(false, RESET_HANGS);
    disk.status = 4;
    assert_int_equal(probe(), -EIO);
}

static void running_out_of_memory_or_lines_leaks_nothing(void **state)
{
    (void)state;
    unsigned n;
    for (n = 1; n < 20; n++) {
        start_over(true, NO_FAULT);
        alloc_fails_at = n;
        if (probe() == 0)
            break;
        assert_int_equal(nblocks, 0);
        assert_int_equal(nframes, 0);
        assert_int_equal(disk.status, 0);
    }
    assert_int_equal(n, 5); /* disk, ring bookkeeping, rings, request slots */

    start_over(true, NO_FAULT);
    irq_error = -EBUSY;
    assert_int_equal(probe(), -EBUSY);
    assert_int_equal(nblocks, 0);
    assert_int_equal(nframes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_register_layouts_are_brought_up),
        cmocka_unit_test(data_are_read_and_written_where_they_belong),
        cmocka_unit_test(long_transfers_are_split),
        cmocka_unit_test(what_cannot_be_done_never_reaches_the_disk),
        cmocka_unit_test(a_read_only_disk_is_not_written_to),
        cmocka_unit_test(a_flush_reaches_the_disk_that_knows_it),
        cmocka_unit_test(many_requests_are_under_way_and_a_full_queue_waits),
        cmocka_unit_test(a_small_queue_is_used_as_far_as_it_goes),
        cmocka_unit_test(a_failed_request_is_an_error_and_the_disk_lives_on),
        cmocka_unit_test(a_disk_that_breaks_the_rules_is_given_up),
        cmocka_unit_test(whoever_waits_for_room_hears_that_the_disk_is_given_up),
        cmocka_unit_test(an_unusable_device_is_refused_and_nothing_is_kept),
        cmocka_unit_test(running_out_of_memory_or_lines_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, free_everything);
}
