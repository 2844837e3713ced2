/* SPDX-License-Identifier: Apache-2.0 */
/* uart16550.c - the 16550A serial port as console.
 *
 * Sending: bytes go to the port as long as it takes them; only what does not fit waits in a ring,
 * and only while the ring is not empty does the port interrupt to ask for more. A fast (virtual)
 * port therefore never interrupts for output. Receiving: by interrupt, straight to
 * console_input(), whose side above keeps what is not read yet.
 *
 * Two locks, because the log is written under any lock while sleeping and waking need the
 * scheduler's: `lock` is the innermost of all and covers ring and registers; `space_lock` only
 * puts the test "is there room" and going to sleep in one step.
 *
 * The receive registers are touched by the interrupt handler alone.
 */
#include "drivers/drivers.h"
#include "kernel/console.h"
#include "kernel/irq.h"
#include "kernel/log.h"
#include "kernel/spinlock.h"
#include "kernel/waitq.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "machine/mmio.h"

/* Registers by number; reg-shift and reg-io-width say where and how wide they are. */
#define UART_DATA 0u /* read: received, write: to send */
#define UART_DLL  0u /* divisor, while LCR_DLAB is set */
#define UART_IER  1u
#define UART_DLM  1u
#define UART_FCR  2u /* write */
#define UART_LCR  3u
#define UART_MCR  4u
#define UART_LSR  5u
#define UART_NREG 8u

#define IER_RECEIVED 0x01u
#define IER_SENT     0x02u
#define FCR_RESET    0x07u /* FIFOs on and empty, interrupt at the first byte */
#define LCR_8N1      0x03u
#define LCR_DLAB     0x80u
#define MCR_ON       0x0bu /* DTR, RTS, interrupt output */
#define LSR_RECEIVED 0x01u
#define LSR_ROOM     0x20u /* the send FIFO is empty */
#define LSR_IDLE     0x40u /* and so is the wire */

#define SEND_FIFO 16u
#define RING_SIZE 4096u /* a power of two */

#define IDLE_READS_MAX 1000000u /* far longer than a FIFO takes at any usual speed */

/* Received bytes handed over at a time, and how often per interrupt; what is left interrupts again. */
#define RECEIVE_BATCH  CONSOLE_INPUT_BATCH
#define RECEIVE_ROUNDS 16u

static struct {
    volatile void *base; /* NULL: none found; this and the next two are constant then */
    unsigned       shift;
    unsigned       width; /* 1, 2 or 4 bytes */

    struct spinlock lock;
    /* lock protects, besides the registers: */
    uint8_t  ier;        /* what the register holds */
    bool     held;       /* received bytes stay in the port for now */
    uint32_t head, tail; /* of the ring, running numbers; head == tail: empty */
    char     ring[RING_SIZE];

    struct spinlock space_lock;
    /* space_lock protects: */
    struct waitq space;
} uart = {
    .lock = SPINLOCK_INIT(LOCK_CONSOLE, "uart"),
    .space_lock = SPINLOCK_INIT(LOCK_DEVICE, "uart space"),
    .space = WAITQ_INIT(uart.space),
};

static uint8_t reg_read(unsigned reg)
{
    const volatile void *at = mmio_at(uart.base, (size_t)reg << uart.shift);
    if (uart.width == 4)
        return (uint8_t)mmio_read32(at);
    return uart.width == 2 ? (uint8_t)mmio_read16(at) : mmio_read8(at);
}

static void reg_write(unsigned reg, uint8_t value)
{
    volatile void *at = mmio_at(uart.base, (size_t)reg << uart.shift);
    if (uart.width == 4)
        mmio_write32(at, value);
    else if (uart.width == 2)
        mmio_write16(at, value);
    else
        mmio_write8(at, value);
}

static size_t ring_used(void)
{
    return uart.tail - uart.head;
}

/* Ask for what is wanted now: received bytes unless held, room unless there is nothing to send. */
static void set_interrupts(void)
{
    uint8_t ier = (uint8_t)((uart.held ? 0 : IER_RECEIVED) | (ring_used() > 0 ? IER_SENT : 0));
    if (uart.ier == ier)
        return;
    uart.ier = ier;
    reg_write(UART_IER, ier);
}

/* --- sending, lock held -------------------------------------------------------------------- */

/* Give the port at most len bytes. Returns how many it took, 0: it is busy. */
static size_t port_send(const char *bytes, size_t len)
{
    if (!(reg_read(UART_LSR) & LSR_ROOM))
        return 0;

    size_t n = size_min(len, SEND_FIFO);
    if (uart.width == 1)
        mmio_write8_fifo(mmio_at(uart.base, UART_DATA), bytes, n);
    else
        for (size_t i = 0; i < n; i++)
            reg_write(UART_DATA, (uint8_t)bytes[i]);
    return n;
}

/* Empty the ring as far as the port takes it now, and have it ask for what is left. */
static void ring_send(void)
{
    while (ring_used() > 0) {
        uint32_t start = uart.head % RING_SIZE;
        size_t   n = port_send(uart.ring + start, size_min(ring_used(), RING_SIZE - start));
        if (n == 0)
            break;
        uart.head += (uint32_t)n;
    }
    set_interrupts();
}

/* Put bytes into the ring. Returns how many it took. */
static size_t ring_put(const char *bytes, size_t len)
{
    uint32_t start = uart.tail % RING_SIZE;
    size_t   n = size_min(len, RING_SIZE - ring_used());
    size_t   first = size_min(n, RING_SIZE - start);

    memcpy(uart.ring + start, bytes, first);
    memcpy(uart.ring, bytes + first, n - first);
    uart.tail += (uint32_t)n;
    return n;
}

/* Send or keep what is possible without waiting. Returns how many bytes, 0: no room at all. */
static size_t send_some(const char *bytes, size_t len)
{
    size_t done = 0, n;

    spinlock_acquire(&uart.lock);
    ring_send();
    while (ring_used() == 0 && done < len && (n = port_send(bytes + done, len - done)) > 0)
        done += n;
    if (done < len) {
        done += ring_put(bytes + done, len - done);
        set_interrupts();
    }
    spinlock_release(&uart.lock);
    return done;
}

static void ring_drain(void)
{
    while (ring_used() > 0)
        ring_send();
}

/* --- console_ops --------------------------------------------------------------------------- */

static void uart_write(const char *bytes, size_t len)
{
    size_t done = send_some(bytes, len);
    if (done == len)
        return;

    spinlock_acquire(&uart.space_lock);
    while ((done += send_some(bytes + done, len - done)) < len)
        waitq_sleep(&uart.space, &uart.space_lock);
    spinlock_release(&uart.space_lock);
}

/* A panic may come while this hart holds the lock: its message then goes out all the same. */
static bool lock_for_log(void)
{
    if (spinlock_held(&uart.lock))
        return false;
    spinlock_acquire(&uart.lock);
    return true;
}

static void uart_write_sync(const char *bytes, size_t len)
{
    bool locked = lock_for_log();
    ring_drain();
    for (size_t done = 0; done < len;)
        done += port_send(bytes + done, len - done);
    if (locked)
        spinlock_release(&uart.lock);
}

static void uart_flush(void)
{
    bool locked = lock_for_log();
    ring_drain();
    while (!(reg_read(UART_LSR) & LSR_IDLE))
        ;
    if (locked)
        spinlock_release(&uart.lock);
}

static void uart_hold_input(bool hold)
{
    spinlock_acquire(&uart.lock);
    uart.held = hold;
    set_interrupts();
    spinlock_release(&uart.lock);
}

static const struct console_ops uart_ops = {
    .write = uart_write,
    .write_sync = uart_write_sync,
    .flush = uart_flush,
    .hold_input = uart_hold_input,
};

/* --- interrupts ---------------------------------------------------------------------------- */

static size_t receive_batch(char *bytes, size_t max)
{
    size_t n = 0;
    while (n < max && (reg_read(UART_LSR) & LSR_RECEIVED))
        bytes[n++] = (char)reg_read(UART_DATA);
    return n;
}

static void receive(void)
{
    char   bytes[RECEIVE_BATCH];
    size_t n;
    for (unsigned round = 0; round < RECEIVE_ROUNDS && !uart.held; round++) {
        if ((n = receive_batch(bytes, sizeof(bytes))) == 0)
            return;
        console_input(bytes, n);
    }
}

static void uart_interrupt(void *arg)
{
    (void)arg;
    receive();

    spinlock_acquire(&uart.lock);
    size_t before = ring_used();
    ring_send();
    bool room = ring_used() < before;
    spinlock_release(&uart.lock);

    if (room) {
        spinlock_acquire(&uart.space_lock);
        waitq_wake_all(&uart.space);
        spinlock_release(&uart.space_lock);
    }
}

/* --- probing ------------------------------------------------------------------------------- */

/* Registers are this wide and this far apart; both have a default. */
static int read_layout(const struct devtree_node *node, unsigned *shift, unsigned *width)
{
    uint32_t value;

    *shift = 0;
    if (devtree_u32(node, "reg-shift", &value) == 0)
        *shift = value;
    *width = 1;
    if (devtree_u32(node, "reg-io-width", &value) == 0)
        *width = value;
    if (*shift > 3 || (*width != 1 && *width != 2 && *width != 4) || *width > 1u << *shift)
        return -EINVAL;
    return 0;
}

/* The firmware's speed stays unless the tree names one. */
static void set_speed(const struct devtree_node *node)
{
    uint32_t clock_hz, speed;
    if (devtree_u32(node, "clock-frequency", &clock_hz) != 0 ||
        devtree_u32(node, "current-speed", &speed) != 0 || speed == 0)
        return;

    uint64_t divisor = clock_hz / (16ull * speed);
    if (divisor == 0 || divisor > 0xffff)
        return;
    reg_write(UART_LCR, LCR_8N1 | LCR_DLAB);
    reg_write(UART_DLL, (uint8_t)divisor);
    reg_write(UART_DLM, (uint8_t)(divisor >> 8));
}

/* Its last bytes may still be on their way. A port that is never done is none. */
static int wait_for_firmware(void)
{
    for (unsigned i = 0; i < IDLE_READS_MAX; i++)
        if (reg_read(UART_LSR) & LSR_IDLE)
            return 0;
    log_error("uart16550: the port does not become idle");
    return -EIO;
}

static void reset_port(const struct devtree_node *node)
{
    reg_write(UART_IER, 0);
    set_speed(node);
    reg_write(UART_LCR, LCR_8N1);
    reg_write(UART_FCR, FCR_RESET);
    reg_write(UART_MCR, MCR_ON);
    set_interrupts();
}

static int uart16550_probe(const struct devtree_node *node)
{
    volatile void *base;
    size_t         len;
    unsigned       irq, shift, width;

    if (uart.base)
        return -EBUSY; /* one console */
    int err = devtree_reg(node, 0, &base, &len);
    if (!err)
        err = devtree_irq(node, 0, &irq);
    if (!err)
        err = read_layout(node, &shift, &width);
    if (err)
        return err;
    if (len < UART_NREG << shift)
        return -EINVAL;

    uart.shift = shift;
    uart.width = width;
    uart.base = base;
    err = wait_for_firmware();
    if (!err) {
        reset_port(node);
        err = irq_register(irq, uart_interrupt, NULL);
    }
    if (err)
        uart.base = NULL;
    else
        console_register(&uart_ops);
    return err;
}

const struct driver uart16550_driver = {
    .name = "uart16550",
    .compatible = (const char *const[]){"ns16550a", "ns16550", NULL},
    .probe = uart16550_probe,
};
