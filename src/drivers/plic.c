/* SPDX-License-Identifier: Apache-2.0 */
/* plic.c - the RISC-V platform-level interrupt controller, version 1.0.0.
 *
 * Its outputs, called contexts, are (hart, privilege) pairs. Which one is this hart's supervisor
 * interrupt follows from the order of interrupts-extended in the device tree; nothing about it is
 * assumed. All lines go to the hart that probes the driver. Priorities are not used: every line
 * has the lowest, and the threshold lets all pass.
 *
 *     0x000000 + 4 * line        priority
 *     0x002000 + 0x80 * context  enable bits, 32 lines a word
 *     0x200000 + 0x1000 * context   threshold; + 4: claim (read), complete (write)
 */
#include "drivers/drivers.h"
#include "kernel/irq.h"
#include "kernel/log.h"
#include "kernel/spinlock.h"
#include "lib/errno.h"
#include "machine/cpu.h"
#include "machine/mmio.h"

#define PLIC_PRIORITY      0x0ul
#define PLIC_ENABLE        0x2000ul
#define PLIC_ENABLE_STRIDE 0x80ul
#define PLIC_CONTEXT       0x200000ul
#define PLIC_CONTEXT_SIZE  0x1000ul
#define PLIC_CLAIM         4ul

#define PLIC_LINES_MAX 1024u

static struct {
    volatile void *base; /* NULL: none found; this and the next two are constant then */
    unsigned       context;
    unsigned       nlines; /* lines are 1 .. nlines - 1 */

    struct spinlock lock; /* protects the read-modify-write of enable bits */
} plic = {.lock = SPINLOCK_INIT(LOCK_DEVICE, "plic")};

static volatile void *enable_word(unsigned irq)
{
    return mmio_at(plic.base, PLIC_ENABLE + plic.context * PLIC_ENABLE_STRIDE + irq / 32 * 4);
}

static volatile void *context_register(size_t offset)
{
    return mmio_at(plic.base, PLIC_CONTEXT + plic.context * PLIC_CONTEXT_SIZE + offset);
}

static void set_enabled(unsigned irq, bool enabled)
{
    if (irq >= plic.nlines)
        return;

    spinlock_acquire(&plic.lock);
    uint32_t word = mmio_read32(enable_word(irq));
    uint32_t bit = 1u << irq % 32;
    mmio_write32(enable_word(irq), enabled ? word | bit : word & ~bit);
    spinlock_release(&plic.lock);
}

static void plic_enable(unsigned irq)
{
    if (irq < plic.nlines)
        mmio_write32(mmio_at(plic.base, PLIC_PRIORITY + 4ul * irq), 1);
    set_enabled(irq, true);
}

static void plic_disable(unsigned irq)
{
    set_enabled(irq, false);
}

static unsigned plic_claim(void)
{
    return mmio_read32(context_register(PLIC_CLAIM));
}

static void plic_complete(unsigned irq)
{
    mmio_write32(context_register(PLIC_CLAIM), irq);
}

static const struct irq_chip_ops plic_ops = {
    .enable = plic_enable,
    .disable = plic_disable,
    .claim = plic_claim,
    .complete = plic_complete,
};

/* Firmware may have left lines enabled. */
static void disable_all(void)
{
    for (unsigned irq = 0; irq < plic.nlines; irq += 32)
        mmio_write32(enable_word(irq), 0);
}

static int plic_probe(const struct devtree_node *node)
{
    volatile void *base;
    size_t         len;
    unsigned       context;
    uint32_t       ndev;

    if (plic.base)
        return -EBUSY;
    int err = devtree_reg(node, 0, &base, &len);
    if (!err)
        err = devtree_u32(node, "riscv,ndev", &ndev);
    if (!err)
        err = devtree_irq_output(node, hart_self()->id, IRQ_EXTERNAL, &context);
    if (err)
        return err;
    if (ndev == 0 || ndev >= PLIC_LINES_MAX || len < PLIC_CONTEXT ||
        context >= (len - PLIC_CONTEXT) / PLIC_CONTEXT_SIZE)
        return -EINVAL;

    plic.base = base;
    plic.context = context;
    plic.nlines = ndev + 1;
    disable_all();
    mmio_write32(context_register(0), 0);
    devtree_set_irq_controller(node);
    irq_set_chip(&plic_ops);
    cpu_external_enable();
    log_info("plic: %u lines, context %u", ndev, context);
    return 0;
}

const struct driver plic_driver = {
    .name = "plic",
    .compatible = (const char *const[]){"sifive,plic-1.0.0", "riscv,plic0", NULL},
    .probe = plic_probe,
};
