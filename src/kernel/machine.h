/* SPDX-License-Identifier: Apache-2.0 */
/* machine.h - services that some driver provides once: power off with a status, random bytes, console. */
#ifndef KERNEL_MACHINE_H
#define KERNEL_MACHINE_H

#include "lib/types.h"

/* Power off; status 0..255 becomes the virtual machine's exit status where the machine can say it.
 * Flushes the console first. */
_Noreturn void machine_exit(int status);

/* A driver that can power off with a status installs itself. */
void machine_set_poweroff(void (*poweroff)(int status));

/* The console's flush before the end: writes out everything, busy-waiting. */
void machine_set_console_flush(void (*flush)(void));

/* Random bytes from the machine's entropy device. The source may sleep; -ENODEV: there is none. */
int  machine_entropy(void *buf, size_t len);
void machine_set_entropy(int (*read)(void *buf, size_t len));

#endif
