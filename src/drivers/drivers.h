/* SPDX-License-Identifier: Apache-2.0 */
/* drivers.h - every driver, for the table of a platform (devtree_probe).
 *
 * The interrupt controller comes first in such a table, because the others ask it for their lines;
 * then the console, so that what the rest says is seen. A virtio driver is offered every virtio
 * device and takes those of its kind.
 */
#ifndef DRIVERS_DRIVERS_H
#define DRIVERS_DRIVERS_H

#include "kernel/devtree.h"

extern const struct driver plic_driver;         /* interrupt controller */
extern const struct driver uart16550_driver;    /* console */
extern const struct driver sifive_test_driver;  /* power off with a status */
extern const struct driver goldfish_rtc_driver; /* wall clock at boot */
extern const struct driver virtio_rng_driver;   /* entropy */
extern const struct driver virtio_blk_driver;   /* disks */

#endif
