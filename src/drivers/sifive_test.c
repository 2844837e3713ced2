/* SPDX-License-Identifier: Apache-2.0 */
/* sifive_test.c - the test finisher: a word written to it ends the virtual machine with a status. */
#include "drivers/drivers.h"
#include "kernel/machine.h"
#include "lib/errno.h"
#include "machine/mmio.h"

#define FINISHER_PASS 0x5555u
#define FINISHER_FAIL 0x3333u /* the status is in the upper half */

static volatile void *finisher; /* constant once found */

static void finisher_poweroff(int status)
{
    uint32_t word = status == 0 ? FINISHER_PASS : (uint32_t)(status & 0xff) << 16 | FINISHER_FAIL;
    mmio_write32(finisher, word);
}

static int sifive_test_probe(const struct devtree_node *node)
{
    size_t len;
    int    err = devtree_reg(node, 0, &finisher, &len);
    if (err)
        return err;
    if (len < sizeof(uint32_t))
        return -EINVAL;

    machine_set_poweroff(finisher_poweroff);
    return 0;
}

const struct driver sifive_test_driver = {
    .name = "sifive-test",
    .compatible = (const char *const[]){"sifive,test1", "sifive,test0", NULL},
    .probe = sifive_test_probe,
};
