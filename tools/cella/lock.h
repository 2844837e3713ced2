/* SPDX-License-Identifier: Apache-2.0 */
/* lock.h - lock files: which version of which Debian package, told by its hash.
 *
 * One line for each package, `NAME VERSION SHA256 SUITE TYPE`; `#` begins a comment. VERSION and SHA256
 * are `-` in a line that was written by hand and waits for being filled in. tools/packages/fetch.sh
 * reads the same files.
 */
#ifndef CELLA_LOCK_H
#define CELLA_LOCK_H

#include <stdbool.h>
#include <stddef.h>

#define LOCK_NAME "cella.lock" /* in the current folder, unless another is named */

struct lock_line {
    char *text; /* the line as it was read, without its end; null when it has to be written anew */
    /* The fields; all null in a line that is only a comment or empty. */
    char *name, *version, *sha256, *suite, *type;
};

struct lock {
    char             *path;
    struct lock_line *lines;
    size_t            count;
    bool              exists; /* the file was there */
};

/* Read the file at path; one that is not there is an empty lock. Returns 0, or -1 after saying which
 * line is bad. The strings live as long as the program. */
int lock_read(const char *path, struct lock *out);

/* The line of a package, or null. It may be unfilled. */
const struct lock_line *lock_find(const struct lock *lock, const char *name);
bool                    lock_is_filled(const struct lock_line *line);

/* Put a package's line in, in the place of its old one or at the end. Whether that changed anything. */
bool lock_set(struct lock *lock, const struct lock_line *line);

/* Write it as a new file at path, by way of a neighbour that is renamed, or -1 after saying why not. */
int lock_write(const struct lock *lock, const char *path);

/* Whether text can be the name, or the version, of a Debian package, and so part of a path. */
bool lock_is_name(const char *text);
bool lock_is_version(const char *text);

#endif
