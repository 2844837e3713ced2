/* SPDX-License-Identifier: Apache-2.0 */
/* devtree.h - devices from the device tree: drivers are probed by `compatible`.
 *
 * The platform's table lists drivers in probe order. Each node whose compatible list names the
 * driver is offered to it, in tree order.
 */
#ifndef KERNEL_DEVTREE_H
#define KERNEL_DEVTREE_H

#include "lib/types.h"
#include "machine/bootinfo.h"

struct devtree_node {
    int         offset; /* in the tree's structure block */
    const char *name;
};

struct driver {
    const char        *name;
    const char *const *compatible; /* NULL-terminated */
    /* 0, or negative errno: -ENODEV is silent (nothing behind the node), others are logged. */
    int (*probe)(const struct devtree_node *node);
};

/* Keep the tree bi->dtb, which has passed fdtcheck(), and where devices are mapped (bi->mmio). bi stays valid.
 * Nothing in the tree is trusted later either: a malformed property is an error of the call that
 * needs it. -EINVAL: no device tree, or a broken one; the calls below then find nothing. */
int devtree_init(const struct bootinfo *bi);

/* Probe every driver of the NULL-terminated table. */
void devtree_probe(const struct driver *const *drivers);

/* The index-th register window as a kernel pointer, through the address translation of every bus
 * above the node. len: bytes. -ENOENT, -EINVAL (malformed, outside what is mapped). */
int devtree_reg(const struct devtree_node *node, unsigned index, volatile void **base, size_t *len);

/* The index-th interrupt line number of the node at the platform's interrupt controller.
 * -ENOENT: it has no such line, or it goes to another controller; -EINVAL: malformed. */
int devtree_irq(const struct devtree_node *node, unsigned index, unsigned *irq);

/* The interrupt controller's driver says which node is the platform's. */
void devtree_set_irq_controller(const struct devtree_node *node);

/* Which of the controller's outputs (entries of interrupts-extended) is wired to the given hart's
 * interrupt `cause` (IRQ_EXTERNAL). -ENOENT: none, -EINVAL: malformed. */
int devtree_irq_output(const struct devtree_node *node, uint64_t hart, uint32_t cause,
                       unsigned *output);

/* A u32 property. -ENOENT, -EINVAL (another size). */
int devtree_u32(const struct devtree_node *node, const char *name, uint32_t *value);

/* /chosen bootargs, or "". */
const char *devtree_bootargs(void);

/* Store the numbers (mhartid) of the harts that the tree has and does not call disabled, at most max, in its
 * order. How many. */
size_t devtree_harts(uint64_t *ids, size_t max);

/* What the CPUs can do: riscv,isa, as "rv64imafdc_zba_zbb", or "". */
const char *devtree_isa(void);

/* /chosen rng-seed: random bytes from who started the machine. NULL: none. */
const void *devtree_rng_seed(size_t *len);

#endif
