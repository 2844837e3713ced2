/* SPDX-License-Identifier: Apache-2.0 */
/* inspect.h - what `cella inspect` prints of each kind of thing, on standard output. All of these return the
 * exit status: EXIT_TROUBLE if the kernel would not take it, after saying why on standard error. */
#ifndef CELLA_INSPECT_H
#define CELLA_INSPECT_H

#include <stdbool.h>

#include "libraries.h"

/* A program, and where its interpreter and libraries come from: root (--root) or else those of the cross
 * compiler. */
int inspect_program(const char *path, const char *root);

/* An image. all: list its files. */
int inspect_image(const char *path, bool all);

/* Kind, machine, entry, interpreter, segments and names of libraries. */
void inspect_print_elf(const char *name, const struct elffile *elf);

#endif
