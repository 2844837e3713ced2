/* SPDX-License-Identifier: Apache-2.0 */
/* machine.c - services that a driver provides once: see machine.h.
 *
 * Each is one pointer, written while devices are probed and constant from then on.
 */
#include "kernel/machine.h"

#include "kernel/hart.h"
#include "lib/errno.h"

static void (*poweroff_fn)(int status);
static void (*console_flush_fn)(void);
static int (*entropy_fn)(void *buf, size_t len);

_Noreturn void machine_exit(int status)
{
    hart_halt_others();
    if (console_flush_fn)
        console_flush_fn();
    if (poweroff_fn)
        poweroff_fn(status);
    cpu_halt(); /* no such device, or it did not work */
}

void machine_set_poweroff(void (*poweroff)(int status))
{
    poweroff_fn = poweroff;
}

void machine_set_console_flush(void (*flush)(void))
{
    console_flush_fn = flush;
}

int machine_entropy(void *buf, size_t len)
{
    return entropy_fn ? entropy_fn(buf, len) : -ENODEV;
}

void machine_set_entropy(int (*read)(void *buf, size_t len))
{
    entropy_fn = read;
}
