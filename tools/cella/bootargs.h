/* SPDX-License-Identifier: Apache-2.0 */
/* bootargs.h - the kernel's boot arguments: words with blanks in between.
 *
 *     arg=TEXT            one more argument of the program, behind those of the manifest
 *     env=NAME=VALUE      a variable of its environment, added or instead of the manifest's
 *
 * In these two a byte that is no letter, digit or one of -._/=:,+@ is written as %XX. src/unix/bootargs.h
 * is the kernel's side.
 */
#ifndef CELLA_BOOTARGS_H
#define CELLA_BOOTARGS_H

#include "words.h"

/* What one word of a command line holds at most on Linux, and with it the emulator's option. */
#define BOOTARGS_MAX (128 * 1024 - 1)

void bootargs_add_argument(struct words *bootargs, const char *argument);
void bootargs_add_variable(struct words *bootargs, const char *name_is_value);

/* The path that the last word manifest=PATH in text names, a copy; or null. */
char *bootargs_manifest(const char *text);

#endif
