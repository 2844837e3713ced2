/* SPDX-License-Identifier: Apache-2.0 */
/* test_uart16550.c - the serial port's driver over a simulated port: one that takes bytes as fast as
 * they come, and one whose FIFO empties only now and then, which no virtual machine shows us.
 *
 * The driver is included, so that each test can start with a port not yet found. Sleeping lets the
 * port send its FIFO and delivers its interrupt; a sleep that nothing would end fails the test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/uart16550.c"

#define IRQ      10u
#define WIRE_MAX 65536u

/* --- the simulated port -------------------------------------------------------------------- */

static struct port {
    bool     slow;  /* the FIFO empties by port_step() only */
    bool     stuck; /* never idle */
    unsigned shift, width;
    uint32_t clock_hz, speed; /* device tree; 0: absent */

    uint8_t  ier, lcr, dll, dlm, fifo[SEND_FIFO];
    unsigned nfifo;
    unsigned
        patience; /* a slow port also empties at every so-many-th look at its status; 0: never */
    unsigned looks;
    char     wire[WIRE_MAX];
    size_t   nwire;
    char     received[WIRE_MAX]; /* waits to be read */
    size_t   nreceived, nread;
    bool     sent_interrupt;
} port;

static unsigned char window[64]; /* only its addresses are used */

static void port_step(void)
{
    assert_true(port.nwire + port.nfifo <= WIRE_MAX);
    memcpy(port.wire + port.nwire, port.fifo, port.nfifo);
    port.nwire += port.nfifo;
    port.sent_interrupt |= port.nfifo > 0;
    port.nfifo = 0;
}

static uint8_t port_status(void)
{
    if (port.patience > 0 && ++port.looks % port.patience == 0)
        port_step();
    return (uint8_t)((port.nread < port.nreceived ? LSR_RECEIVED : 0) |
                     (port.nfifo == 0 ? LSR_ROOM : 0) |
                     (port.nfifo == 0 && !port.stuck ? LSR_IDLE : 0));
}

static uint8_t port_read(unsigned reg)
{
    if (reg == UART_LSR)
        return port_status();
    assert_int_equal(reg, UART_DATA);
    assert_true(port.nread < port.nreceived);
    return (uint8_t)port.received[port.nread++];
}

static void port_write(unsigned reg, uint8_t value)
{
    bool divisor = port.lcr & LCR_DLAB;
    if (reg == UART_LCR)
        port.lcr = value;
    else if (divisor && reg == UART_DLL)
        port.dll = value;
    else if (divisor && reg == UART_DLM)
        port.dlm = value;
    else if (reg == UART_IER)
        port.ier = value;
    else if (reg == UART_DATA) {
        assert_true(port.nfifo < SEND_FIFO); /* a byte more would be lost */
        port.fifo[port.nfifo++] = value;
        if (!port.slow)
            port_step();
    }
}

static unsigned reg_number(const volatile void *at, unsigned width)
{
    size_t offset = (size_t)((const volatile unsigned char *)at - window);
    assert_int_equal(width, port.width);
    assert_int_equal(offset % (1u << port.shift), 0);
    return (unsigned)(offset >> port.shift);
}

uint8_t mmio_read8(const volatile void *reg)
{
    return port_read(reg_number(reg, 1));
}

uint16_t mmio_read16(const volatile void *reg)
{
    return port_read(reg_number(reg, 2));
}

uint32_t mmio_read32(const volatile void *reg)
{
    return port_read(reg_number(reg, 4));
}

void mmio_write8(volatile void *reg, uint8_t value)
{
    port_write(reg_number(reg, 1), value);
}

void mmio_write16(volatile void *reg, uint16_t value)
{
    port_write(reg_number(reg, 2), (uint8_t)value);
}

void mmio_write32(volatile void *reg, uint32_t value)
{
    port_write(reg_number(reg, 4), (uint8_t)value);
}

void mmio_write8_fifo(volatile void *reg, const void *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        mmio_write8(reg, ((const uint8_t *)bytes)[i]);
}

/* --- the kernel around the driver ---------------------------------------------------------- */

enum log_level log_threshold;

static const struct console_ops *console;
static char                      input[WIRE_MAX];
static size_t                    ninput;
static unsigned                  nsleeps;
static bool                      woken;
static void (*handler)(void *arg);

void log_line(enum log_level level, const char *fmt, ...)
{
    (void)level;
    (void)fmt;
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

/* The port interrupts for a FIFO that became empty, if that is switched on, and for received bytes. */
static void deliver_interrupt(void)
{
    bool sent = port.sent_interrupt && (port.ier & IER_SENT);
    if (sent || (port.nread < port.nreceived && (port.ier & IER_RECEIVED)))
        handler(NULL);
}

void waitq_sleep(struct waitq *q, struct spinlock *lock)
{
    assert_ptr_equal(q, &uart.space);
    assert_false(spinlock_held(&uart.lock));
    nsleeps++;
    spinlock_release(lock);
    for (woken = false; !woken;) {
        assert_true(port.nfifo > 0); /* else nothing would ever happen again */
        port_step();
        deliver_interrupt();
    }
    spinlock_acquire(lock);
}

void waitq_wake_all(struct waitq *q)
{
    assert_ptr_equal(q, &uart.space);
    woken = true;
}

void console_register(const struct console_ops *ops)
{
    console = ops;
}

void console_input(const char *bytes, size_t len)
{
    memcpy(input + ninput, bytes, len);
    ninput += len;
}

int irq_register(unsigned irq, void (*fn)(void *arg), void *arg)
{
    (void)arg;
    assert_int_equal(irq, IRQ);
    handler = fn;
    return 0;
}

int devtree_reg(const struct devtree_node *node, unsigned index, volatile void **base, size_t *len)
{
    (void)node;
    (void)index;
    *base = window;
    *len = sizeof(window);
    return 0;
}

int devtree_irq(const struct devtree_node *node, unsigned index, unsigned *irq)
{
    (void)node;
    (void)index;
    *irq = IRQ;
    return 0;
}

int devtree_u32(const struct devtree_node *node, const char *name, uint32_t *value)
{
    (void)node;
    *value = !strcmp(name, "reg-shift")         ? port.shift
             : !strcmp(name, "reg-io-width")    ? port.width
             : !strcmp(name, "clock-frequency") ? port.clock_hz
             : !strcmp(name, "current-speed")   ? port.speed
                                                : 0;
    return *value ? 0 : -ENOENT;
}

/* --- tests --------------------------------------------------------------------------------- */

static void start_over(bool slow, unsigned shift, unsigned width)
{
    memset(&port, 0, sizeof(port));
    port.slow = slow;
    port.shift = shift;
    port.width = width;
    uart.base = NULL;
    uart.ier = 0;
    uart.head = uart.tail = 0;
    console = NULL;
    ninput = 0;
    nsleeps = 0;
}

static int probe(void)
{
    struct devtree_node node = {0};
    return uart16550_driver.probe(&node);
}

static void start_port(bool slow)
{
    start_over(slow, 0, 1);
    assert_int_equal(probe(), 0);
    assert_non_null(console);
}

static void fill_text(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('!' + (i * 7 + i / 91) % 90);
}

/* Let a slow port go on until nothing is left to send. */
static void drain(void)
{
    while (port.nfifo > 0) {
        port_step();
        deliver_interrupt();
    }
}

static void a_fast_port_sends_at_once_and_never_interrupts(void **state)
{
    (void)state;
    char text[1000];
    fill_text(text, sizeof(text));
    start_port(false);
    console->write(text, sizeof(text));
    assert_int_equal(port.nwire, sizeof(text));
    assert_memory_equal(port.wire, text, sizeof(text));
    assert_int_equal(port.ier, IER_RECEIVED);
    assert_int_equal(nsleeps, 0);
}

static void a_slow_port_is_fed_by_interrupts_in_order(void **state)
{
    (void)state;
    static char text[3 * RING_SIZE + 5];
    fill_text(text, sizeof(text));
    start_port(true);
    for (size_t at = 0; at < sizeof(text); at += 97) /* the ring wraps around at odd places */
        console->write(text + at, size_min(97, sizeof(text) - at));
    assert_true(nsleeps > 0);
    drain();
    assert_int_equal(port.nwire, sizeof(text));
    assert_memory_equal(port.wire, text, sizeof(text));
    assert_int_equal(port.ier, IER_RECEIVED); /* nothing left: it no longer asks */
}

static unsigned next_random(void)
{
    static uint64_t state = 0xe7037ed1a0b428db;
    state = state * 6364136223846793005 + 1442695040888963407;
    return (unsigned)(state >> 33);
}

/* The FIFO empties between any two looks at the status, and the ring at odd places. */
static void order_is_kept_at_any_speed_of_either_side(void **state)
{
    (void)state;
    static char text[WIRE_MAX];
    fill_text(text, sizeof(text));
    for (unsigned round = 0; round < 20; round++) {
        start_port(true);
        for (size_t at = 0, n; at < sizeof(text); at += n) {
            n = size_min(next_random() % (round % 2 ? 40 : 3000) + 1, sizeof(text) - at);
            port.patience = next_random() % 4;
            console->write(text + at, n);
            port.patience = 0;
            for (unsigned steps = next_random() % 4; steps > 0; steps--) {
                port_step();
                deliver_interrupt();
            }
        }
        drain();
        assert_int_equal(port.nwire, sizeof(text));
        assert_memory_equal(port.wire, text, sizeof(text));
    }
}

static void a_write_longer_than_the_ring_sleeps_until_all_is_taken(void **state)
{
    (void)state;
    static char text[5 * RING_SIZE];
    fill_text(text, sizeof(text));
    start_port(true);
    console->write(text, sizeof(text));
    assert_true(port.nwire >= sizeof(text) - RING_SIZE - SEND_FIFO);
    drain();
    assert_memory_equal(port.wire, text, sizeof(text));
    assert_int_equal(port.nwire, sizeof(text));
}

static void a_log_line_waits_for_what_was_written_before_it(void **state)
{
    (void)state;
    char text[200];
    fill_text(text, sizeof(text));
    start_port(true);
    console->write(text, sizeof(text));
    port.patience = 3;
    console->write_sync("[cella] x\n", 10);
    console->flush();
    assert_int_equal(port.nwire, sizeof(text) + 10);
    assert_memory_equal(port.wire, text, sizeof(text));
    assert_memory_equal(port.wire + sizeof(text), "[cella] x\n", 10);
}

static void a_panic_while_the_lock_is_held_still_gets_out(void **state)
{
    (void)state;
    start_port(false);
    spinlock_acquire(&uart.lock);
    console->write_sync("panic", 5);
    console->flush();
    assert_true(spinlock_held(&uart.lock));
    spinlock_release(&uart.lock);
    assert_memory_equal(port.wire, "panic", 5);
}

static void a_flush_waits_for_the_wire(void **state)
{
    (void)state;
    start_port(true);
    console->write("abc", 3);
    assert_int_equal(port.nwire, 0);
    port.patience = 5;
    console->flush();
    assert_memory_equal(port.wire, "abc", 3);
}

static void received_bytes_all_arrive_in_order(void **state)
{
    (void)state;
    start_port(false);
    port.nreceived = 5000; /* more than one interrupt hands over */
    fill_text(port.received, port.nreceived);
    while (port.nread < port.nreceived)
        deliver_interrupt();
    assert_int_equal(ninput, port.nreceived);
    assert_memory_equal(input, port.received, ninput);
}

static void registers_lie_as_the_device_tree_says(void **state)
{
    (void)state;
    static const unsigned layouts[][2] = {{0, 1}, {1, 1}, {1, 2}, {2, 1}, {2, 4}};
    for (size_t i = 0; i < ARRAY_LEN(layouts); i++) {
        start_over(false, layouts[i][0], layouts[i][1]);
        assert_int_equal(probe(), 0);
        console->write("hello", 5);
        assert_memory_equal(port.wire, "hello", 5);
    }
    start_over(false, 0, 4); /* registers would overlap */
    assert_int_equal(probe(), -EINVAL);
    start_over(false, 9, 1);
    assert_int_equal(probe(), -EINVAL);
    start_over(false, 0, 3);
    assert_int_equal(probe(), -EINVAL);
    assert_null(console);
}

static void the_speed_is_set_only_when_the_device_tree_names_one(void **state)
{
    (void)state;
    start_over(false, 0, 1);
    port.clock_hz = 3686400;
    assert_int_equal(probe(), 0);
    assert_int_equal(port.dll | port.dlm, 0);

    start_over(false, 0, 1);
    port.clock_hz = 3686400;
    port.speed = 300;
    assert_int_equal(probe(), 0);
    assert_int_equal(port.dlm << 8 | port.dll, 768);
    assert_int_equal(port.lcr, LCR_8N1);
}

static void a_port_that_is_never_idle_is_refused(void **state)
{
    (void)state;
    start_over(false, 0, 1);
    port.stuck = true;
    assert_int_equal(probe(), -EIO);
    assert_null(console);
    assert_null((void *)(uintptr_t)uart.base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fast_port_sends_at_once_and_never_interrupts),
        cmocka_unit_test(a_slow_port_is_fed_by_interrupts_in_order),
        cmocka_unit_test(order_is_kept_at_any_speed_of_either_side),
        cmocka_unit_test(a_write_longer_than_the_ring_sleeps_until_all_is_taken),
        cmocka_unit_test(a_log_line_waits_for_what_was_written_before_it),
        cmocka_unit_test(a_panic_while_the_lock_is_held_still_gets_out),
        cmocka_unit_test(a_flush_waits_for_the_wire),
        cmocka_unit_test(received_bytes_all_arrive_in_order),
        cmocka_unit_test(registers_lie_as_the_device_tree_says),
        cmocka_unit_test(the_speed_is_set_only_when_the_device_tree_names_one),
        cmocka_unit_test(a_port_that_is_never_idle_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
