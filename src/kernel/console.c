/* SPDX-License-Identifier: Apache-2.0 */
/* console.c - between the UART driver and the terminal above: see console.h. */
#include "kernel/console.h"

#include "kernel/log.h"
#include "kernel/machine.h"
#include "kernel/spinlock.h"
#include "machine/cpu.h"

#define EARLY_MAX 256

static const struct console_ops *console; /* NULL until a driver is found, then constant */

static struct {
    struct spinlock lock;
    /* lock protects: */
    void (*handler)(const char *bytes, size_t len);
    char early
        [EARLY_MAX]; /* what came before there was a handler; the device is held when it is full */
    size_t nearly;
} input = {.lock = SPINLOCK_INIT(LOCK_DEVICE, "console input")};

void console_register(const struct console_ops *ops)
{
    console = ops;
    log_set_sink(ops->write_sync);
    machine_set_console_flush(ops->flush);
}

void console_write(const char *bytes, size_t len)
{
    if (console) {
        console->write(bytes, len);
        return;
    }
    for (size_t i = 0; i < len; i++)
        cpu_early_putc(bytes[i]);
}

static void keep_early(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len && input.nearly < EARLY_MAX; i++)
        input.early[input.nearly++] = bytes[i];
    if (EARLY_MAX - input.nearly < CONSOLE_INPUT_BATCH) /* what still comes would not fit */
        console_hold_input(true);
}

void console_input(const char *bytes, size_t len)
{
    spinlock_acquire(&input.lock);
    void (*handler)(const char *, size_t) = input.handler;
    if (!handler)
        keep_early(bytes, len);
    spinlock_release(&input.lock);

    if (handler) /* takes its own lock, so not under ours */
        handler(bytes, len);
}

void console_set_input(void (*handler)(const char *bytes, size_t len))
{
    /* Interrupts stay off until the early bytes are delivered: newer ones must not overtake them. */
    bool irq_on = cpu_irq_save();
    spinlock_acquire(&input.lock);
    size_t nearly = handler ? input.nearly : 0;
    input.handler = handler;
    input.nearly -= nearly;
    spinlock_release(&input.lock);

    if (nearly > 0) { /* nobody writes to `early` while there is a handler */
        handler(input.early, nearly);
        console_hold_input(false);
    }
    cpu_irq_restore(irq_on);
}

void console_hold_input(bool hold)
{
    if (console && console->hold_input)
        console->hold_input(hold);
}
