/* SPDX-License-Identifier: Apache-2.0 */
/* roots.h - the folders that files of an image are taken from by their path in it: an unpacked set of
 * packages, a root file system, a cross compiler's libraries.
 *
 * Several such folders are looked at as one, the first that has a path wins. Links are followed as if
 * their folder were /. Debian keeps /bin, /lib and /sbin as links into /usr; a root that has folders
 * there instead is read as if it had the links.
 */
#ifndef CELLA_ROOTS_H
#define CELLA_ROOTS_H

#include <stdbool.h>
#include <sys/stat.h>

#include "tree.h"
#include "words.h"

struct roots {
    struct words folders;
};

/* The host's path of what path leads to, a file or folder; the caller frees it. Null if there is none.
 * *canonical, unless null: the path in the image without links, the caller's. What tree has hides what
 * the roots have. Nothing changes. */
char *roots_find(const struct roots *roots, struct node *tree, const char *path, char **canonical);

/* Add path to the tree with all links that lead to it; of a folder, all that is in it and what the links
 * in it lead to as far as it is there. What the tree has already stays. The node that path leads to, or
 * null: the roots have no such path. */
struct node *roots_take(const struct roots *roots, struct node *tree, const char *path,
                        const char *why);

/* "FOLDER", "FOLDER or FOLDER", for messages; the caller frees it. */
char *roots_name(const struct roots *roots);

#endif
