/* SPDX-License-Identifier: Apache-2.0 */
/* virt_machine.c - drivers for QEMU's virt machine. The interrupt controller comes first: the others ask it for
 * their lines. The power-off device comes before anything that can fail loudly. */
#include "drivers/drivers.h"
#include "platform/common/platform.h"

const struct driver *const virt_machine_drivers[] = {
    &sifive_test_driver, &plic_driver, &uart16550_driver, &goldfish_rtc_driver, &virtio_blk_driver,
    &virtio_rng_driver,  NULL,
};
