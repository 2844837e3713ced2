/* SPDX-License-Identifier: Apache-2.0 */
/* inspect_elf.c - `cella inspect PROGRAM`: see inspect.h. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "elffile.h"
#include "gather.h"
#include "inspect.h"
#include "say.h"
#include "script.h"

static void print_segment(const struct elffile_segment *s)
{
    printf("  %#14" PRIx64 "  %c%c%c  %10" PRIu64 " bytes, %" PRIu64 " of the file from %#" PRIx64
           " on\n",
           s->address, s->readable ? 'r' : '-', s->writable ? 'w' : '-', s->executable ? 'x' : '-',
           s->memory_size, s->file_size, s->offset);
}

void inspect_print_elf(const char *name, const struct elffile *elf)
{
    printf("%s: %s for riscv64\n", name, elffile_kind(elf));
    if (elf->soname)
        printf("name: %s\n", elf->soname);
    if (elf->has_entry)
        printf("entry: %#" PRIx64 "\n", elf->entry);
    printf("segments:\n");
    for (size_t i = 0; i < elf->segment_count; i++)
        print_segment(&elf->segments[i]);
    if (elf->rpath)
        printf("library folders (RPATH): %s\n", elf->rpath);
    if (elf->runpath)
        printf("library folders (RUNPATH): %s\n", elf->runpath);
}

/* What was found so far, and how often something was not. */
struct needs {
    struct libraries_search search;
    struct words            seen; /* names of libraries */
    unsigned                missing;
};

static void print_need(struct needs *needs, const char *name, const char *host, const char *user)
{
    if (host)
        printf("  %-28s %s (for %s)\n", name, host, user);
    else
        printf("  %-28s missing (for %s)\n", name, user);
    needs->missing += !host;
}

static void print_needs(struct needs *needs, const struct elffile *elf, const char *user);

static void print_library(struct needs *needs, const struct elffile *elf, const char *user,
                          const char *name)
{
    for (size_t i = 0; i < needs->seen.count; i++) {
        if (strcmp(needs->seen.at[i], name) == 0)
            return;
    }
    words_add(&needs->seen, name);

    struct elffile library;
    char          *path = NULL, *why = NULL;
    char          *host = libraries_find(&needs->search, elf, user, name, &path);
    print_need(needs, name, host, user);
    if (host && elffile_read(host, &library, &why) == 0) {
        print_needs(needs, &library, path);
        elffile_free(&library);
    }
    free(why);
    free(host);
    free(path);
}

static void print_needs(struct needs *needs, const struct elffile *elf, const char *user)
{
    if (elf->interpreter && needs->seen.count == 0) {
        char *host = libraries_find_interpreter(&needs->search, elf->interpreter);
        print_need(needs, elf->interpreter, host, user);
        free(host);
    }
    for (size_t i = 0; i < elf->needed.count; i++)
        print_library(needs, elf, user, elf->needed.at[i]);
}

static int inspect_elf(const char *path, const char *root)
{
    struct elffile elf;
    char          *why;
    if (elffile_read(path, &elf, &why))
        die(NULL, "%s %s", path, why);
    inspect_print_elf(path, &elf);

    struct gathered g;
    char           *name;
    struct node    *program = gather_begin(&g, path, root, &name);
    struct needs    needs = {.search = {.roots = &g.roots, .tree = g.tree}};
    char           *place = node_path(program);
    free(name);
    if (elf.interpreter || elf.needed.count > 0)
        printf("needs:\n");
    print_needs(&needs, &elf, place);
    elffile_free(&elf);
    if (needs.missing == 0)
        return 0;
    say_error("name a folder that has it with --root", "%s needs what is not in %s", path,
              roots_name(&g.roots));
    return EXIT_TROUBLE;
}

int inspect_program(const char *path, const char *root)
{
    if (!script_is(path))
        return inspect_elf(path, root);
    const char *reader = script_reader(path);
    printf("%s: script for %s\n", path, reader ? reader : "nothing");
    return reader ? 0 : EXIT_TROUBLE;
}
