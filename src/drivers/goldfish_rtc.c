/* SPDX-License-Identifier: Apache-2.0 */
/* goldfish_rtc.c - the virtual wall clock: nanoseconds since 1970, read once at boot. */
#include "drivers/drivers.h"
#include "kernel/time.h"
#include "lib/errno.h"
#include "machine/mmio.h"

#define RTC_TIME_LOW  0x0ul /* reading it latches the upper half */
#define RTC_TIME_HIGH 0x4ul

static int goldfish_rtc_probe(const struct devtree_node *node)
{
    volatile void *base;
    size_t         len;
    int            err = devtree_reg(node, 0, &base, &len);
    if (err)
        return err;
    if (len < RTC_TIME_HIGH + sizeof(uint32_t))
        return -EINVAL;

    uint64_t low = mmio_read32(mmio_at(base, RTC_TIME_LOW));
    uint64_t high = mmio_read32(mmio_at(base, RTC_TIME_HIGH));
    time_set_wall_ns(high << 32 | low);
    return 0;
}

const struct driver goldfish_rtc_driver = {
    .name = "goldfish-rtc",
    .compatible = (const char *const[]){"google,goldfish-rtc", NULL},
    .probe = goldfish_rtc_probe,
};
