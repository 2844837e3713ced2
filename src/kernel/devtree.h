/* SPDX-License-Identifier: Apache-2.0 */
/* devtree.h - devices from the device tree: drivers are probed by `compatible`.
 *
 * The platform's table lists drivers in probe order. Each node whose compatible list names the
 * driver is offered to it, in tree order.
 */
#ifndef KERNEL_DEVTREE_H
#define KERNEL_DEVTREE_H

#include "lib/types.h"

struct devtree_node {
    const void *fdt;
    int         offset; /* libfdt node offset */
};

struct driver {
    const char *name;
    const char *const *compatible; /* NULL-terminated */
    /* 0, or negative errno: -ENODEV is silent (nothing behind the node), others are logged. */
    int (*probe)(const struct devtree_node *node);
};

/* Keep the tree (a window pointer, valid from now on). -EINVAL: no device tree. */
int devtree_init(const void *fdt, size_t len);

/* Probe every driver of the NULL-terminated table. */
void devtree_probe(const struct driver *const *drivers);

/* The index-th register window as a kernel pointer. -ENOENT, -EINVAL (malformed, outside what is mapped). */
int devtree_reg(const struct devtree_node *node, unsigned index, volatile void **base, size_t *len);

/* The index-th interrupt line number of the node at the platform's interrupt controller. -ENOENT. */
int devtree_irq(const struct devtree_node *node, unsigned index, unsigned *irq);

/* A u32 property. -ENOENT. */
int devtree_u32(const struct devtree_node *node, const char *name, uint32_t *value);

/* /chosen bootargs, or "". */
const char *devtree_bootargs(void);

#endif
