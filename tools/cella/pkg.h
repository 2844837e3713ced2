/* SPDX-License-Identifier: Apache-2.0 */
/* pkg.h - the parts of `cella pkg`. */
#ifndef CELLA_PKG_H
#define CELLA_PKG_H

#include <stdbool.h>

#include "words.h"

#define PKG_TYPE "riscv64" /* the type of lock lines, and Debian's name of the architecture */

struct pkg_options {
    const char  *root;       /* -r, or null */
    const char  *lock;       /* --lock, or cella.lock */
    const char  *suite;      /* --suite, or null */
    bool         update;     /* --update */
    bool         no_depends; /* --no-depends */
    bool         available;  /* --available */
    bool         files;      /* --files */
    struct words words;
};

/* Each does one subcommand; the exit status. */
int pkg_get(const struct pkg_options *o);
int pkg_lock(const struct pkg_options *o);
int pkg_list(const struct pkg_options *o);
int pkg_find(const struct pkg_options *o);

/* The suite that a package is looked for in: --suite, else the one that the lock has it from, else
 * Debian's stable release that Cella is made for. */
struct lock;
const char *pkg_suite(const struct pkg_options *o, const struct lock *lock, const char *name);

/* Run tools/packages/NAME with arguments; as process_run. */
int pkg_run_script(const char *name, const struct words *arguments, char **output);

/* Names of packages in the suite that look like name, for a hint, or null if there are none. */
char *pkg_similar(const char *suite, const char *name);

#endif
