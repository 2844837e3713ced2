/* SPDX-License-Identifier: Apache-2.0 */
/* libraries.h - what programs need to start: their interpreter and libraries, found where the loader
 * will look for them in the image. */
#ifndef CELLA_LIBRARIES_H
#define CELLA_LIBRARIES_H

#include "elffile.h"
#include "roots.h"
#include "tree.h"
#include "words.h"

/* What the search depends on. */
struct libraries_search {
    const struct roots *roots;
    struct node        *tree;
    const char         *library_path; /* LD_LIBRARY_PATH in the image, or null */
};

/* Add the interpreters and libraries that ELF files in the tree need, and what these need, until nothing
 * is missing. Ends the program with an error that says who needs what if the roots have it not. */
void libraries_complete(const struct libraries_search *search);

/* Where the loader finds the library that the ELF file at user, a path in the image, asks for: the host's
 * path; null if nowhere. *path: that in the image, links in it as they are. Both are the caller's. */
char *libraries_find(const struct libraries_search *search, const struct elffile *elf,
                     const char *user, const char *name, char **path);

/* The same of an interpreter, which is a path already. */
char *libraries_find_interpreter(const struct libraries_search *search, const char *interpreter);

#endif
