/* SPDX-License-Identifier: Apache-2.0 */
/* packages.h - Debian packages for riscv64: their files in the cache, and folders of what is in them.
 *
 * A lock file says which version of a package is meant (lock.h). What was fetched once stays in the
 * cache, $XDG_CACHE_HOME/cella or ~/.cache/cella (CACHE in the environment names another), and needs no
 * network again.
 */
#ifndef CELLA_PACKAGES_H
#define CELLA_PACKAGES_H

#include "lock.h"

/* The lock file of the common programs, in the source tree. */
#define PACKAGES_COMMON_LOCK "tools/packages/image.lock"

/* A folder that holds exactly the files of the named packages (names ends with a null; the order does
 * not matter), in which /bin, /lib and /sbin are links into /usr. It is made once, in the cache, and is
 * shared: whoever uses it may only read. Nothing of the packages has been run.
 *
 * lock: the path of a lock file, or null for cella.lock in the current folder. What it does not name,
 * or all if it does not exist, is looked for in the lock file of the common programs that comes with
 * Cella. Dependencies are not added: a name that is not given is not in the folder.
 *
 * Returns the folder's path, for the caller to free, or null after saying what is wrong: a package that
 * no lock names, one that cannot be fetched or is not what the lock says, a full disk.
 */
char *packages_root(char *const *names, const char *lock);

/* A package as a file. */
struct package {
    const char *name, *version, *sha256; /* version and hash are the file's own */
    char       *file;                    /* the .deb in the cache */
};

/* The path NAME in the cache; the cache's folder is made. Ends the program if there is no home. */
char *packages_cache_path(const char *name);

/* The .deb of a line of a lock, if it is in the cache, else null. */
char *packages_cached(const struct lock_line *line);

/* Have the .deb of each of lines in the cache, fetching what is not; those are lines of the lock file
 * at lock_path. out has room for count packages. If the archive no longer has a version, there is a
 * warning, and the package is a newer one. Returns 0, or -1 after saying what is wrong. */
int packages_fetch(const char *lock_path, const struct lock_line *const *lines, size_t count,
                   struct package *out);

/* Make folder, with /bin, /lib and /sbin as links into /usr, and unpack all packages into it. Returns 0,
 * or -1 after saying what is wrong; then parts are there. */
int packages_unpack(const struct package *packages, size_t count, const char *folder);

#endif
