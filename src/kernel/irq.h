/* SPDX-License-Identifier: Apache-2.0 */
/* irq.h - device interrupts. The interrupt controller's driver registers itself; other drivers ask for lines. */
#ifndef KERNEL_IRQ_H
#define KERNEL_IRQ_H

#include "lib/types.h"

struct irq_chip_ops {
    void (*enable)(unsigned irq);
    void (*disable)(unsigned irq);
    unsigned (*claim)(void); /* 0: none pending */
    void (*complete)(unsigned irq);
};

#define IRQ_MAX 128

void irq_set_chip(const struct irq_chip_ops *chip);

/* handler(arg) runs with interrupts off, may not sleep. -EBUSY: taken (lines are not shared), -EINVAL, -ENODEV: no chip. */
int irq_register(unsigned irq, void (*handler)(void *arg), void *arg);

/* Called by trap_handle on an external interrupt: serves all that is pending. */
void irq_dispatch(void);

#endif
