/* SPDX-License-Identifier: Apache-2.0 */
/* libraries.c - interpreters and libraries: see libraries.h.
 *
 * The order of the search is that of ld.so(8), which in an image has no cache: DT_RPATH unless there is
 * a DT_RUNPATH, LD_LIBRARY_PATH, DT_RUNPATH, the folders built into the loader. Like the loader it
 * passes over files for other machines. Left out: a DT_RPATH that is inherited from who loads a library.
 */
#define _GNU_SOURCE
#include "libraries.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "elffile.h"
#include "say.h"

/* Built into Debian's loader, and into musl's. */
#define GLIBC_FOLDERS "/lib/riscv64-linux-gnu:/usr/lib/riscv64-linux-gnu:/lib:/usr/lib"
#define MUSL_FOLDERS  "/lib:/usr/local/lib:/usr/lib"

/* --- one library ------------------------------------------------------------------------- */

/* One folder of a list with $ORIGIN replaced, the caller's; null if it has another variable. */
static char *expand(const char *folder, size_t length, const char *origin)
{
    static const char *const spellings[] = {"$ORIGIN", "${ORIGIN}"};
    for (size_t i = 0; i < 2; i++) {
        size_t n = strlen(spellings[i]);
        if (length >= n && strncmp(folder, spellings[i], n) == 0)
            return must_format("%s%.*s", origin, (int)(length - n), folder + n);
    }
    return memchr(folder, '$', length) ? NULL : must_format("%.*s", (int)length, folder);
}

static bool is_usable(const char *host)
{
    struct elffile elf;
    char          *why = NULL;
    bool           usable = elffile_read(host, &elf, &why) == 0;
    elffile_free(&elf);
    free(why);
    return usable;
}

/* An ELF file that may be loaded at path in the image: its path on the host; null if there is none. */
static char *find_usable(const struct libraries_search *search, const char *path)
{
    char *host = roots_find(search->roots, search->tree, path, NULL);
    if (host && !is_usable(host)) {
        free(host);
        host = NULL;
    }
    return host;
}

/* In a list of folders with colons between. */
static char *find_in(const struct libraries_search *search, const char *list, const char *origin,
                     const char *name, char **path)
{
    char *host = NULL;
    for (const char *at = list; !host && at && *at;) {
        size_t length = strcspn(at, ":;");
        char  *folder = length ? expand(at, length, origin) : NULL;
        free(*path);
        *path = folder ? must_format("%s/%s", folder, name) : NULL;
        host = *path ? find_usable(search, *path) : NULL;
        free(folder);
        at += length + (at[length] != '\0');
    }
    return host;
}

static bool uses_musl(struct node *tree)
{
    struct node *lib = tree_find_followed(tree, "/lib");
    for (size_t i = 0; lib && i < lib->count; i++) {
        if (strncmp(lib->children[i]->name, "ld-musl-", 8) == 0)
            return true;
    }
    return false;
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return must_format("%.*s", (int)(slash ? slash - path : 0), path);
}

char *libraries_find(const struct libraries_search *search, const struct elffile *elf,
                     const char *user, const char *name, char **path)
{
    const char *lists[] = {elf->runpath ? NULL : elf->rpath, search->library_path, elf->runpath,
                           uses_musl(search->tree) ? MUSL_FOLDERS : GLIBC_FOLDERS};
    char       *origin = folder_of(user), *host = NULL;
    *path = strchr(name, '/') ? must_copy(name) : NULL;
    if (*path)
        host = find_usable(search, *path);
    for (size_t i = 0; !strchr(name, '/') && !host && i < sizeof(lists) / sizeof(*lists); i++)
        host = find_in(search, lists[i], origin, name, path);
    free(origin);
    return host;
}

char *libraries_find_interpreter(const struct libraries_search *search, const char *interpreter)
{
    return find_usable(search, interpreter);
}

/* --- all of them ------------------------------------------------------------------------- */

static _Noreturn void die_of_missing(const struct libraries_search *search, const char *who,
                                     const char *kind, const char *name)
{
    die("`cella pkg find` tells its Debian package, for \"Packages\" of a manifest; --root names another "
        "folder",
        "%s needs the %s %s, which is not in %s", who, kind, name, roots_name(search->roots));
}

static void take(const struct libraries_search *search, const char *path, const char *who)
{
    char *why = must_format("needed by %s", who);
    roots_take(search->roots, search->tree, path, why);
    free(why);
}

static void take_interpreter(const struct libraries_search *search, const struct elffile *elf,
                             const char *who)
{
    char *host = find_usable(search, elf->interpreter);
    if (!host)
        die_of_missing(search, who, "interpreter", elf->interpreter);
    take(search, elf->interpreter, who);
    free(host);
}

static void take_library(const struct libraries_search *search, const struct elffile *elf,
                         const char *who, const char *name)
{
    char *path;
    char *host = libraries_find(search, elf, who, name, &path);
    if (!host)
        die_of_missing(search, who, "library", name);
    take(search, path, who);
    free(path);
    free(host);
}

static void take_needs(const struct libraries_search *search, const struct node *node,
                       const struct elffile *elf)
{
    char *who = node_path(node);
    if (elf->interpreter)
        take_interpreter(search, elf, who);
    for (size_t i = 0; i < elf->needed.count; i++)
        take_library(search, elf, who, elf->needed.at[i]);
    free(who);
}

static void visit(const struct libraries_search *search, struct node *node)
{
    struct elffile elf;
    char          *why = NULL;
    node->visited = true;
    if (!elffile_is(node->source))
        return;
    if (elffile_read(node->source, &elf, &why) == 0) {
        take_needs(search, node, &elf);
        elffile_free(&elf);
    }
    free(why);
}

/* Files that were not looked at yet. */
struct fresh {
    struct node **nodes;
    size_t        count;
};

static void collect(struct node *node, void *context)
{
    struct fresh *fresh = context;
    if (node->kind != NODE_FILE || node->visited)
        return;
    fresh->nodes = must_realloc(fresh->nodes, (fresh->count + 1) * sizeof(*fresh->nodes));
    fresh->nodes[fresh->count++] = node;
}

void libraries_complete(const struct libraries_search *search)
{
    struct fresh fresh = {0};
    do {
        fresh.count = 0;
        tree_walk(search->tree, collect, &fresh);
        for (size_t i = 0; i < fresh.count; i++)
            visit(search, fresh.nodes[i]);
    } while (fresh.count > 0);
    free(fresh.nodes);
}
