/* SPDX-License-Identifier: Apache-2.0 */
/* roots.c - taking files by their path in the image: see roots.h. */
#define _GNU_SOURCE
#include "roots.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pathname.h"
#include "say.h"

#define LINKS_MAX 40

/* --- one path in one folder -------------------------------------------------------------- */

/* usr/lib, usr/lib/x and the like: lib, lib/x; else null. */
static const char *without_usr(const char *path)
{
    static const char *const merged[] = {"usr/bin", "usr/lib", "usr/sbin"};
    for (size_t i = 0; i < sizeof(merged) / sizeof(*merged); i++) {
        size_t length = strlen(merged[i]);
        if (strncmp(path, merged[i], length) == 0 && (path[length] == '/' || !path[length]))
            return path + strlen("usr/");
    }
    return NULL;
}

static char *path_if_there(const char *folder, const char *path, struct stat *status)
{
    char *host = must_format("%s/%s", folder, path);
    if (lstat(host, status) == 0)
        return host;
    free(host);
    return NULL;
}

/* The host's path of a path, in the first folder that has it; or null. */
static char *look(const struct roots *roots, const char *path, struct stat *status)
{
    const char *short_path = without_usr(path);
    for (size_t i = 0; i < roots->folders.count; i++) {
        char *host = path_if_there(roots->folders.at[i], path, status);
        if (!host && short_path)
            host = path_if_there(roots->folders.at[i], short_path, status);
        if (host)
            return host;
    }
    return NULL;
}

static char *read_link(const char *host, const struct stat *status)
{
    size_t  size = (size_t)status->st_size + 1;
    char   *target = must_alloc(size + 1);
    ssize_t length = readlink(host, target, size);
    if (length < 0)
        die(NULL, "the link %s cannot be read: %m", host);
    return target;
}

/* --- walking a path ---------------------------------------------------------------------- */

struct walk {
    const struct roots *roots;
    struct node        *tree;
    const char         *why;  /* take what is on the way into the tree; null: only look */
    char               *done; /* without links and without a slash in front */
    char               *rest;
    char               *host; /* of done in the roots; null: the tree has it, and made it itself */
    unsigned            links;
};

static void set(char **text, char *value)
{
    free(*text);
    *text = value;
}

static void to_parent(struct walk *w)
{
    char *slash = strrchr(w->done, '/');
    *(slash ? slash : w->done) = '\0';
    set(&w->host, NULL);
}

/* A link with this target lies in done. */
static bool follow(struct walk *w, const char *target)
{
    set(&w->rest, must_format("%s/%s", target, w->rest));
    if (target[0] == '/')
        set(&w->done, must_copy(""));
    return ++w->links <= LINKS_MAX;
}

/* path, which the tree has not, is host in the roots: a link, folder or file. */
static bool enter_new(struct walk *w, char *path, char *host, const struct stat *status)
{
    if (S_ISLNK(status->st_mode)) {
        char *target = read_link(host, status);
        if (w->why)
            tree_add_link(w->tree, path, target, w->why);
        bool ok = follow(w, target);
        free(target);
        return ok;
    }
    if (w->why && S_ISDIR(status->st_mode))
        tree_add_folder(w->tree, path, status->st_mode & 07777, w->why);
    else if (w->why && S_ISREG(status->st_mode))
        tree_add_file(w->tree, path, host, status->st_mode, w->why);
    set(&w->done, must_copy(path));
    set(&w->host, must_copy(host));
    return S_ISDIR(status->st_mode) || S_ISREG(status->st_mode);
}

static bool enter_known(struct walk *w, char *path, const struct node *node)
{
    if (node->kind == NODE_LINK)
        return follow(w, node->target);
    set(&w->done, must_copy(path));
    set(&w->host, node->source ? must_copy(node->source) : NULL);
    return true;
}

/* One step; false if it leads nowhere. */
static bool enter(struct walk *w, const char *name)
{
    struct stat  status;
    char        *path = *w->done ? must_format("%s/%s", w->done, name) : must_copy(name);
    struct node *node = tree_find(w->tree, path);
    char        *host = node ? NULL : look(w->roots, path, &status);
    bool ok = node ? enter_known(w, path, node) : host ? enter_new(w, path, host, &status) : false;
    free(host);
    free(path);
    return ok;
}

static bool step(struct walk *w, const char *name)
{
    if (strcmp(name, ".") == 0)
        return true;
    if (strcmp(name, "..") == 0) {
        to_parent(w);
        return true;
    }
    return enter(w, name);
}

static bool walk(struct walk *w)
{
    char *name;
    bool  ok = true;
    while (ok && (name = pathname_take(&w->rest))) {
        ok = step(w, name);
        free(name);
    }
    return ok;
}

static struct walk begin(const struct roots *roots, struct node *tree, const char *path,
                         const char *why)
{
    return (struct walk){
        .roots = roots, .tree = tree, .why = why, .done = must_copy(""), .rest = must_copy(path)};
}

static void end(struct walk *w)
{
    free(w->done);
    free(w->rest);
    free(w->host);
}

char *roots_find(const struct roots *roots, struct node *tree, const char *path, char **canonical)
{
    struct walk w = begin(roots, tree, path, NULL);
    struct stat status;
    char       *host = NULL;
    if (walk(&w))
        host = w.host ? must_copy(w.host) : look(roots, w.done, &status);
    if (host && canonical)
        *canonical = must_format("/%s", w.done);
    end(&w);
    return host;
}

/* --- taking ------------------------------------------------------------------------------ */

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* A link to nothing stays one. */
static void take_dangling(const struct roots *roots, struct node *tree, const char *path,
                          const char *why)
{
    struct stat status;
    char       *host = tree_find(tree, path) ? NULL : look(roots, path, &status);
    if (host && S_ISLNK(status.st_mode)) {
        char *target = read_link(host, &status);
        tree_add_link(tree, path, target, why);
        free(target);
    } else if (host) {
        die(NULL, "%s is neither a file nor a folder nor a link", host);
    }
    free(host);
}

/* All that the host's folder has. */
static void take_entries(const struct roots *roots, struct node *tree, const char *path,
                         const char *host, const char *why)
{
    DIR *folder = opendir(host);
    if (!folder)
        die(NULL, "the folder %s cannot be read: %m", host);
    struct dirent *entry;
    while ((entry = readdir(folder))) {
        if (is_dots(entry->d_name))
            continue;
        char *inner = must_format("%s/%s", path, entry->d_name);
        char *found = roots_find(roots, tree, inner, NULL);
        if (found)
            roots_take(roots, tree, inner, why);
        else
            take_dangling(roots, tree, inner, why);
        free(found);
        free(inner);
    }
    closedir(folder);
}

/* The folder path of every root. A folder is done once, so that links in circles end. */
static void take_whole(const struct roots *roots, struct node *tree, struct node *node,
                       const char *path, const char *why)
{
    if (node->whole)
        return;
    node->whole = true;
    for (size_t i = 0; i < roots->folders.count; i++) {
        struct roots one = {.folders = {.at = &roots->folders.at[i], .count = 1}};
        struct stat  status;
        char        *host = look(&one, path, &status);
        if (host && S_ISDIR(status.st_mode))
            take_entries(roots, tree, path, host, why);
        free(host);
    }
}

struct node *roots_take(const struct roots *roots, struct node *tree, const char *path,
                        const char *why)
{
    struct walk  w = begin(roots, tree, path, why);
    struct node *node = walk(&w) ? tree_find(tree, w.done) : NULL;
    if (node && node->kind == NODE_FOLDER)
        take_whole(roots, tree, node, w.done, why);
    end(&w);
    return node;
}

char *roots_name(const struct roots *roots)
{
    char *names = must_copy(roots->folders.count ? roots->folders.at[0] : "(no folder)");
    for (size_t i = 1; i < roots->folders.count; i++) {
        char *more = must_format("%s or %s", names, roots->folders.at[i]);
        free(names);
        names = more;
    }
    return names;
}
