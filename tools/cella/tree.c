/* SPDX-License-Identifier: Apache-2.0 */
/* tree.c - the files of an image that is being put together: see tree.h. */
#define _GNU_SOURCE
#include "tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pathname.h"
#include "say.h"
#include "scratch.h"

#define LINKS_MAX 40 /* on the way to a file, as on Linux */

/* --- nodes ------------------------------------------------------------------------------- */

size_t node_position(const struct node *folder, const char *name)
{
    size_t low = 0, high = folder->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(folder->children[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct node *child_of(const struct node *folder, const char *name)
{
    size_t i = node_position(folder, name);
    bool   is = i < folder->count && strcmp(folder->children[i]->name, name) == 0;
    return is ? folder->children[i] : NULL;
}

static struct node *add_child(struct node *folder, const char *name, enum node_kind kind)
{
    size_t i = node_position(folder, name);
    folder->children = must_realloc(folder->children,
                                    (folder->count + 1) * sizeof(*folder->children));
    memmove(&folder->children[i + 1], &folder->children[i],
            (folder->count - i) * sizeof(*folder->children));
    folder->count++;

    struct node *node = must_alloc(sizeof(*node));
    *node = (struct node){.parent = folder, .name = must_copy(name), .kind = kind, .mode = 0755};
    folder->children[i] = node;
    return node;
}

struct node *tree_new(void)
{
    struct node *root = must_alloc(sizeof(*root));
    *root = (struct node){.name = must_copy(""), .kind = NODE_FOLDER, .mode = 0755};
    return root;
}

char *node_path(const struct node *node)
{
    if (!node->parent)
        return must_copy("/");
    char *above = node->parent->parent ? node_path(node->parent) : must_copy("");
    char *path = must_format("%s/%s", above, node->name);
    free(above);
    return path;
}

void tree_walk(struct node *node, void (*visit)(struct node *node, void *context), void *context)
{
    visit(node, context);
    for (size_t i = 0; i < node->count; i++)
        tree_walk(node->children[i], visit, context);
}

/* --- paths ------------------------------------------------------------------------------- */

struct walk {
    struct node *at;    /* a folder */
    char        *rest;  /* what is left of the path; changes when a link is followed */
    unsigned     links; /* followed so far */
    bool         make;  /* missing folders */
};

static bool at_end(const struct walk *w)
{
    return w->rest[strspn(w->rest, "/")] == '\0';
}

static _Noreturn void die_of_loop(const struct node *link)
{
    die(NULL, "the link %s in the image leads to itself", node_path(link));
}

/* Put the target in front of what is left. */
static void follow(struct walk *w, struct node *root, const struct node *link)
{
    if (++w->links > LINKS_MAX && w->make)
        die_of_loop(link);
    char *rest = must_format("%s/%s", link->target, w->rest);
    free(w->rest);
    w->rest = rest;
    if (link->target[0] == '/')
        w->at = root;
}

/* One step to the folder name; false if there is none and none is to be made. */
static bool enter(struct walk *w, struct node *root, const char *name)
{
    if (strcmp(name, ".") == 0)
        return true;
    if (strcmp(name, "..") == 0) {
        w->at = w->at->parent ? w->at->parent : w->at;
        return true;
    }
    struct node *child = child_of(w->at, name);
    if (!child && w->make)
        child = add_child(w->at, name, NODE_FOLDER);
    if (child && child->kind == NODE_LINK && w->links <= LINKS_MAX) {
        follow(w, root, child);
        return true;
    }
    if (child && child->kind == NODE_FILE && w->make)
        die(NULL, "%s cannot be a file and a folder of the image at once", node_path(child));
    if (!child || child->kind != NODE_FOLDER)
        return false;
    w->at = child;
    return true;
}

/* Go to the folder that holds the last component, which is the caller's then; null if the path leads to
 * the folder w.at itself, or, where nothing is made, nowhere (w.at is null). */
static char *walk_to_last(struct walk *w, struct node *root)
{
    for (;;) {
        char *name = pathname_take(&w->rest);
        if (!name)
            return NULL;
        if (at_end(w) && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
            return name;
        bool entered = enter(w, root, name);
        free(name);
        if (!entered) {
            w->at = NULL;
            return NULL;
        }
    }
}

static struct node *find(struct node *root, const char *path, bool followed)
{
    struct walk w = {.at = root, .rest = must_copy(path)};
    for (;;) {
        char *name = walk_to_last(&w, root);
        if (!name)
            break;
        struct node *child = child_of(w.at, name);
        free(name);
        if (!child || child->kind != NODE_LINK || !followed || w.links > LINKS_MAX) {
            w.at = child && followed && child->kind == NODE_LINK ? NULL : child;
            break;
        }
        follow(&w, root, child);
    }
    free(w.rest);
    return w.at;
}

struct node *tree_find(struct node *root, const char *path)
{
    return find(root, path, false);
}

struct node *tree_find_followed(struct node *root, const char *path)
{
    return find(root, path, true);
}

/* --- adding ------------------------------------------------------------------------------ */

static void say_why(struct node *node, const char *why)
{
    if (!why)
        return;
    free(node->why);
    node->why = must_copy(why);
}

struct node *tree_add_folder(struct node *root, const char *path, mode_t mode, const char *why)
{
    struct walk w = {.at = root, .rest = must_format("%s/.", path), .make = true};
    free(walk_to_last(&w, root));
    free(w.rest);
    if (mode) {
        w.at->mode = mode;
        say_why(w.at, why);
    }
    return w.at;
}

/* A node at path of another kind than a folder, new or emptied. */
static struct node *place(struct node *root, const char *path, enum node_kind kind, const char *why)
{
    struct walk w = {.at = root, .rest = must_copy(path), .make = true};
    char       *name = walk_to_last(&w, root);
    free(w.rest);
    struct node *node = name ? child_of(w.at, name) : w.at;
    if (node && node->kind == NODE_FOLDER)
        die(NULL, "%s cannot be a folder and a file of the image at once", node_path(node));
    if (!node)
        node = add_child(w.at, name, kind);
    free(name);
    free(node->source);
    free(node->target);
    node->source = node->target = NULL;
    node->visited = node->made = false;
    node->kind = kind;
    say_why(node, why);
    return node;
}

struct node *tree_add_file(struct node *root, const char *path, const char *source, mode_t mode,
                           const char *why)
{
    struct stat status;
    if (stat(source, &status))
        die(NULL, "%s cannot be read: %m", source);
    struct node *node = place(root, path, NODE_FILE, why);
    node->mode = mode & 07777;
    node->source = must_copy(source);
    node->status = status;
    return node;
}

struct node *tree_add_text(struct node *root, const char *path, const char *text, const char *why)
{
    static unsigned count;
    char           *name = must_format("text.%u", count++);
    char           *source = scratch_path(name);
    FILE           *file = fopen(source, "we");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        die("set TMPDIR to a folder with more room", "cannot write %s: %m", source);
    struct node *node = tree_add_file(root, path, source, 0644, why);
    node->made = true;
    free(source);
    free(name);
    return node;
}

struct node *tree_add_link(struct node *root, const char *path, const char *target, const char *why)
{
    struct node *node = place(root, path, NODE_LINK, why);
    node->target = must_copy(target);
    return node;
}
