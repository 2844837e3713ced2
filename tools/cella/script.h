/* SPDX-License-Identifier: Apache-2.0 */
/* script.h - programs that name in their first line the program that reads them. */
#ifndef CELLA_SCRIPT_H
#define CELLA_SCRIPT_H

#include <stdbool.h>

/* Whether the file begins with #!. */
bool script_is(const char *path);

/* The path behind #!, the caller's; null if there is none. */
char *script_reader(const char *path);

#endif
