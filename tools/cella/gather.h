/* SPDX-License-Identifier: Apache-2.0 */
/* gather.h - all that goes into an image, of what the user names. */
#ifndef CELLA_GATHER_H
#define CELLA_GATHER_H

#include <stdbool.h>

#include "manifest.h"
#include "roots.h"
#include "tree.h"
#include "words.h"

struct gather_request {
    const char  *what;    /* a program, a manifest, or a folder that is a root */
    const char  *root;    /* --root, or null */
    const char  *lock;    /* --lock: of packages; null: cella.lock beside the manifest */
    struct words also;    /* --also: further manifests, which become /.cella/NAME */
    struct words add;     /* --add: folders that are laid over everything */
    char *const *args;    /* appended to argv; null-terminated, or null */
    char *const *env;     /* variables that win over the manifest's; null-terminated, or null */
    bool         verbose; /* say of every file where it comes from */
};

struct gathered {
    struct node    *tree;
    struct manifest manifest; /* as the image has it */
    struct roots    roots;    /* where files were looked for */
};

/* Put everything together; nothing is written but scratch files. Ends the program if something is wrong
 * or missing. */
struct gathered gather(const struct gather_request *request);

/* "/usr/bin/lua5.4  0755  of /some/where  (Files)", for each file and link, in order. */
void gather_list(const struct gathered *gathered, void (*print)(const char *line));

/* Begin with a program that has no manifest: roots, from root or, if it is null, the cross compiler; a tree
 * with the folders of every image and the program, whose node is returned. *path: the program's name
 * in the image, the caller's. */
struct node *gather_begin(struct gathered *gathered, const char *program, const char *root,
                          char **path);

/* The manifest in the file at path. Ends the program, naming line and column, if it is wrong. */
struct manifest gather_read_manifest(const char *path);

#endif
