/* SPDX-License-Identifier: Apache-2.0 */
/* bootargs.h - what the kernel's boot arguments say of the program. They are words with blanks in
 * between, of which two kinds count here:
 *
 *     arg=TEXT            one more argument, behind those of the manifest
 *     env=NAME=VALUE      a variable: added, or in the place of the manifest's; of several the last one
 *
 * In them %XX stands for the byte with that hexadecimal number, so that any byte but NUL can be said.
 */
#ifndef UNIX_BOOTARGS_H
#define UNIX_BOOTARGS_H

#include "lib/types.h"
#include "unix/manifest.h"

/* Which word was refused, and why: one line. */
struct bootargs_error {
    char text[160];
};

/* How many bytes bootargs_apply() needs at most. 0: text says nothing of the program, and
 * there is nothing to apply. */
size_t bootargs_size(const char *text, const struct manifest *m);

/* Change m's arguments and environment as text says. Their strings go to strings, which has that many
 * bytes and lives as long as m is used; those of m are not changed. 0; or -EINVAL with *error, and m
 * is as it was. */
int bootargs_apply(const char *text, char *strings, struct manifest *m,
                   struct bootargs_error *error);

#endif
