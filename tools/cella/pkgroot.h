/* SPDX-License-Identifier: Apache-2.0 */
/* pkgroot.h - a folder of one's own with the files of packages in it, as `cella pkg get` makes it.
 *
 * What is in the folder besides is left alone, and is in the way if a package has a file of that name.
 * Which packages are there, with which files, is recorded in the folder PKGROOT_OWN in it, which is no
 * part of the system that the folder is the root of: images are made without it.
 */
#ifndef CELLA_PKGROOT_H
#define CELLA_PKGROOT_H

#include <stddef.h>

#include "packages.h"
#include "words.h"

#define PKGROOT_OWN     ".cella-packages"
#define PKGROOT_DEFAULT "root" /* in the current folder, unless another is named */

struct pkgroot_package {
    char *name, *version, *sha256; /* version and hash `-`: was being unpacked */
    struct words
        files; /* paths from / on, those of folders with / behind; folders before contents */
};

struct pkgroot {
    char                   *folder;
    struct pkgroot_package *packages;
    size_t                  count;
};

/* What is recorded in folder; nothing if there is no record. Returns 0, or -1 after saying why the
 * record cannot be used. */
int pkgroot_read(const char *folder, struct pkgroot *out);

/* The package in the folder, or null. */
const struct pkgroot_package *pkgroot_find(const struct pkgroot *root, const char *name);

/* Have packages in folder, which is made if it is not there, in the place of other versions of them.
 * Those that are there with all their files are left alone.
 * Returns how many were unpacked, or -1 after saying why it cannot be done; then the folder is as it
 * was, except if moving files into their places failed, which it says: then doing it again completes it.
 * Two processes may do this at once. */
int pkgroot_put(const char *folder, const struct package *packages, size_t count);

#endif
