/* SPDX-License-Identifier: Apache-2.0 */
/* irq.c - device interrupts: see irq.h.
 *
 * A line's entry is written before the line is enabled and does not change afterwards, so
 * irq_dispatch() reads the table without a lock.
 */
#include "kernel/irq.h"

#include "kernel/log.h"
#include "kernel/trace.h"
#include "lib/errno.h"

struct irq_line {
    void (*handler)(void *arg); /* NULL: nobody asked for the line */
    void *arg;
};

static const struct irq_chip_ops *chip;
static struct irq_line            lines[IRQ_MAX];

void irq_set_chip(const struct irq_chip_ops *new_chip)
{
    chip = new_chip;
}

int irq_register(unsigned irq, void (*handler)(void *arg), void *arg)
{
    if (!chip)
        return -ENODEV;
    if (irq == 0 || irq >= IRQ_MAX)
        return -EINVAL;
    if (lines[irq].handler)
        return -EBUSY;

    lines[irq] = (struct irq_line){.handler = handler, .arg = arg};
    chip->enable(irq);
    return 0;
}

/* A line that nobody enabled cannot be served; left alone it would interrupt for ever. */
static void serve_stray(unsigned irq)
{
    log_warn("interrupt %u: no handler; disabled", irq);
    chip->disable(irq);
}

void irq_dispatch(void)
{
    if (!chip)
        return;
    for (unsigned irq; (irq = chip->claim()) != 0; chip->complete(irq)) {
        TRACE(irq, "line %u", irq);
        if (irq < IRQ_MAX && lines[irq].handler)
            lines[irq].handler(lines[irq].arg);
        else
            serve_stray(irq);
    }
}
