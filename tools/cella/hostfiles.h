/* SPDX-License-Identifier: Apache-2.0 */
/* hostfiles.h - the user's own files, for an image that is being put together.
 *
 * Of their modes only one thing counts, whether the owner may execute: files get 0755 or 0644, folders
 * 0755. So the image does not depend on the umask that they were made or checked out with.
 */
#ifndef CELLA_HOSTFILES_H
#define CELLA_HOSTFILES_H

#include <sys/stat.h>

#include "tree.h"

/* Where a file or folder of the user becomes one of the image. */
struct hostfiles_lay {
    struct node *tree;
    const char  *why;
    bool         gently; /* what is there already stays; else it is replaced */
    bool         as_is;  /* modes are kept */
};

/* Lay the host's file, link or folder, with all that is in it, at path in the image. Links in it stay
 * links. Ends the program if something cannot be read, or is neither of the three. */
void hostfiles_lay(const struct hostfiles_lay *lay, const char *host, const char *path);

/* The same, of what is in the folder. */
void hostfiles_lay_inside(const struct hostfiles_lay *lay, const char *host, const char *path);

/* 0755 or 0644. */
mode_t hostfiles_mode(mode_t mode);

#endif
