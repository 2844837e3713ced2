/* SPDX-License-Identifier: Apache-2.0 */
/* tree.h - the files of an image that is being put together: which there are, where each comes from and
 * why it is there.
 *
 * Nothing is copied until stage.c writes the tree to a folder. Paths are the image's, with or without
 * the slash in front. Links on the way to a file are followed within the tree, as they will be in the
 * image; folders on the way that are missing are made with mode 0755.
 *
 * What cannot be (a file where a folder is) ends the program.
 */
#ifndef CELLA_TREE_H
#define CELLA_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

enum node_kind { NODE_FOLDER, NODE_FILE, NODE_LINK };

struct node {
    struct node   *parent; /* null in the root */
    char          *name;
    enum node_kind kind;
    mode_t         mode;    /* permission bits; of no meaning in a link */
    char          *why;     /* "Files", "needed by /usr/bin/lua5.4", or null */
    char          *source;  /* NODE_FILE: the host's file with the content */
    struct stat    status;  /* NODE_FILE: of source */
    bool           made;    /* NODE_FILE: source is a scratch file */
    char          *target;  /* NODE_LINK */
    bool           visited; /* libraries.c: what it needs is here */
    bool           whole;   /* roots.c: NODE_FOLDER: all that the roots have of it is here */
    char          *staged;  /* stage.c: the copy of a file with several names */

    struct node **children; /* NODE_FOLDER: sorted by name, bytewise */
    size_t        count;
};

struct node *tree_new(void);

/* The node at path; of a last component that is a link, the link itself, or, with _followed, what it
 * leads to. Null if there is none. */
struct node *tree_find(struct node *root, const char *path);
struct node *tree_find_followed(struct node *root, const char *path);

/* Make a folder, or give the one that is there this mode; mode 0 is 0755 in a new one and no change in
 * another. A link to a folder counts as one. */
struct node *tree_add_folder(struct node *root, const char *path, mode_t mode, const char *why);

/* Put the host's file at source there, in the place of a file or link. The text variant makes a scratch
 * file of text. */
struct node *tree_add_file(struct node *root, const char *path, const char *source, mode_t mode,
                           const char *why);
struct node *tree_add_text(struct node *root, const char *path, const char *text, const char *why);

struct node *tree_add_link(struct node *root, const char *path, const char *target,
                           const char *why);

/* The node's path from the root, with a slash in front; the caller frees it. */
char *node_path(const struct node *node);

/* The first child of a folder whose name is not below name, as an index into children. */
size_t node_position(const struct node *folder, const char *name);

/* Call visit for every node below node, and node itself first; folders before what is in them, in the
 * order of names. visit must not change the tree. */
void tree_walk(struct node *node, void (*visit)(struct node *node, void *context), void *context);

#endif
