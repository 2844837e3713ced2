/* SPDX-License-Identifier: Apache-2.0 */
/* machine.h - from options to a machine that can be started: what `cella run` and `cella gdb` share. */
#ifndef CELLA_MACHINE_H
#define CELLA_MACHINE_H

#include "bootable.h"
#include "emulator.h"
#include "options.h"

/* The machine that o describes, and in *bootable what it boots. Ends the program with an error if that
 * cannot be. */
struct emulator machine_make(const struct options *o, enum console console,
                             const char *console_file, struct bootable *bootable);

#endif
