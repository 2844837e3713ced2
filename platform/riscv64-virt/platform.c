/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/common/platform.h"

const struct platform platform = {
    .name = "riscv64-virt",
    .drivers = virt_machine_drivers,
};
