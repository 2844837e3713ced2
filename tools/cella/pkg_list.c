/* SPDX-License-Identifier: Apache-2.0 */
/* pkg_list.c - `cella pkg list` and `cella pkg find`: what there is, and what is in it. */
#define _GNU_SOURCE
#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "install.h"
#include "lock.h"
#include "packages.h"
#include "pkg.h"
#include "pkgroot.h"
#include "process.h"
#include "say.h"

/* A word stands for itself anywhere in a name; with * ? [ it is a pattern for all of it. */
static bool matches(const struct words *patterns, const char *name)
{
    for (size_t i = 0; i < patterns->count; i++) {
        const char *pattern = patterns->at[i];
        if (strpbrk(pattern, "*?[") ? fnmatch(pattern, name, 0) == 0
                                    : strstr(name, pattern) != NULL)
            return true;
    }
    return patterns->count == 0;
}

/* Tables. */

static void print_size(const char *file)
{
    struct stat status;
    if (file && stat(file, &status) == 0)
        printf("%7lld kB", (long long)(status.st_size + 999) / 1000);
    else
        printf("%10s", "-");
}

/* What can be said of a locked package: whether its file is here, and whether root has it. */
static void print_locked(const struct lock_line *line, const struct pkgroot *root)
{
    char                         *file = packages_cached(line);
    const struct pkgroot_package *there = pkgroot_find(root, line->name);

    printf("%-28s %-28s ", line->name, lock_is_filled(line) ? line->version : "not chosen yet");
    print_size(file);
    printf("  %s", file ? "cached" : "not fetched");
    if (there && strcmp(there->version, line->version) == 0)
        printf(", in %s", root->folder);
    else if (there)
        printf(", %s has %s", root->folder, there->version);
    putchar('\n');
    free(file);
}

static size_t print_lock(const struct lock *lock, const struct pkgroot *root,
                         const struct words *patterns)
{
    size_t shown = 0;
    for (size_t i = 0; i < lock->count; i++) {
        if (lock->lines[i].name && matches(patterns, lock->lines[i].name)) {
            print_locked(&lock->lines[i], root);
            shown++;
        }
    }
    return shown;
}

/* What root has and the lock does not name. */
static size_t print_unlocked(const struct lock *lock, const struct pkgroot *root,
                             const struct words *patterns)
{
    size_t shown = 0;
    for (size_t i = 0; i < root->count; i++) {
        const struct pkgroot_package *there = &root->packages[i];
        if (lock_find(lock, there->name) || !matches(patterns, there->name))
            continue;
        printf("%-28s %-28s %10s  in %s\n", there->name, there->version, "-", root->folder);
        shown++;
    }
    return shown;
}

/* The lock file that the options mean, or if it is not there that of the common programs. */
static int read_lock(const struct pkg_options *o, struct lock *out)
{
    if (lock_read(o->lock, out) != 0)
        return -1;
    if (out->exists)
        return 0;
    say("there is no %s; these are the packages of the common programs", o->lock);
    return lock_read(install_source_path(PACKAGES_COMMON_LOCK), out);
}

static int list_locked(const struct pkg_options *o)
{
    struct lock    lock;
    struct pkgroot root;
    if (read_lock(o, &lock) != 0 || pkgroot_read(o->root ? o->root : PKGROOT_DEFAULT, &root) != 0)
        return EXIT_TROUBLE;
    size_t shown = print_lock(&lock, &root, &o->words);
    if (o->root)
        shown += print_unlocked(&lock, &root, &o->words);
    if (shown)
        return 0;
    say("no package of %s has such a name; what the archive has: cella pkg list --available WORD",
        lock.path);
    return EXIT_TROUBLE;
}

/* The archive. */

static int list_available(const struct pkg_options *o)
{
    struct lock  none = {0};
    struct words arguments = {0};
    if (o->words.count == 0)
        die_usage("pkg", "--available: name what to search for");
    words_add(&arguments, pkg_suite(o, &none, NULL));
    words_add(&arguments, PKG_TYPE);
    words_add(&arguments, "search");
    words_add_all(&arguments, o->words.at);

    char *found;
    int   status = pkg_run_script("apt-private.sh", &arguments, &found);
    fputs(found, stdout);
    if (status == 0 && !*found)
        say("the archive has no package of which name or description has this");
    return status == 0 && *found ? 0 : EXIT_TROUBLE;
}

/* What is in packages. */

/* What a line of dpkg-deb's table says: the path from / on, with what a link leads to behind it, as in
 * "/usr/bin/lua -> lua5.4". */
static const char *path_in(const char *line)
{
    const char *path = strstr(line, " ./");
    return path ? path + 2 : NULL;
}

/* The table of the files in a .deb, for the caller to free, or null after saying why not. */
static char *read_contents(const char *file)
{
    const char *argv[] = {"dpkg-deb", "-c", file, NULL};
    char       *table;
    int         status = process_run(argv, &table);
    if (status == 0)
        return table;
    say_error(status == PROCESS_MISSING ? "install Debian's package dpkg"
                                        : "remove it, then try again",
              "cannot read %s", file);
    free(table);
    return NULL;
}

/* The line for name in the lock that the options mean, or in that of the common programs; lock is
 * the one that has it. */
static const struct lock_line *find_locked(const struct pkg_options *o, const char *name,
                                           struct lock *lock)
{
    const char *const       paths[] = {o->lock, install_source_path(PACKAGES_COMMON_LOCK)};
    const struct lock_line *line = NULL;
    for (size_t i = 0; i < 2 && !line; i++) {
        if (lock_read(paths[i], lock) != 0)
            return NULL;
        line = lock_find(lock, name);
        line = line && lock_is_filled(line) ? line : NULL;
    }
    if (!line)
        say_error(must_format("this adds it: cella pkg lock %s", name), "%s has no package %s",
                  o->lock, name);
    return line;
}

static int list_files(const struct pkg_options *o)
{
    struct lock    lock;
    struct package package;
    if (o->words.count != 1)
        die_usage("pkg", "--files: name one package");
    const struct lock_line *line = find_locked(o, o->words.at[0], &lock);
    if (!line || packages_fetch(lock.path, &line, 1, &package) != 0)
        return EXIT_TROUBLE;
    char *table = read_contents(package.file);
    if (!table)
        return EXIT_TROUBLE;
    for (char *entry = strtok(table, "\n"); entry; entry = strtok(NULL, "\n")) {
        const char *path = path_in(entry);
        if (path && path[strlen(path) - 1] != '/')
            puts(path);
    }
    free(table);
    return 0;
}

int pkg_list(const struct pkg_options *o)
{
    if (o->available)
        return list_available(o);
    if (o->files)
        return list_files(o);
    return list_locked(o);
}

/* Finding. */

/* Where /bin, /lib and /sbin are links into /usr, a path has two names: the one without /usr. */
static const char *short_path(const char *path)
{
    static const char *const merged[] = {"/usr/bin/", "/usr/lib/", "/usr/sbin/"};
    for (size_t i = 0; i < sizeof(merged) / sizeof(*merged); i++) {
        if (strncmp(path, merged[i], strlen(merged[i])) == 0)
            return path + strlen("/usr");
    }
    return path;
}

/* Whether path, which may have a link's target behind it, is wanted: a path, or a name or pattern of
 * the last part. */
static bool is_wanted(const char *entry, const char *wanted)
{
    const char *arrow = strstr(entry, " -> ");
    char *path = must_format("%.*s", (int)(arrow ? (size_t)(arrow - entry) : strlen(entry)), entry);
    const char *last = strrchr(path, '/');
    bool        is = *wanted == '/' ? strcmp(short_path(path), short_path(wanted)) == 0
                                    : last && fnmatch(wanted, last + 1, 0) == 0;
    free(path);
    return is;
}

/* Show what a package has of wanted. How much that is. */
static size_t find_in(const struct lock_line *line, const char *file, const char *wanted)
{
    char  *table = read_contents(file);
    size_t found = 0;
    for (char *entry = table ? strtok(table, "\n") : NULL; entry; entry = strtok(NULL, "\n")) {
        const char *path = path_in(entry);
        if (path && is_wanted(path, wanted)) {
            printf("%-28s %s\n", line->name, path);
            found++;
        }
    }
    free(table);
    return found;
}

/* Search all packages of a lock, except those that names has, which are added. */
static size_t find_in_lock(const struct lock *lock, const char *wanted, struct words *names,
                           size_t *unseen)
{
    size_t found = 0;
    for (size_t i = 0; i < lock->count; i++) {
        const struct lock_line *line = &lock->lines[i];
        bool                    known = !line->name;
        for (size_t n = 0; n < names->count && !known; n++)
            known = strcmp(names->at[n], line->name) == 0;
        if (known)
            continue;
        char *file = packages_cached(line);
        words_add(names, line->name);
        if (file)
            found += find_in(line, file, wanted);
        else
            ++*unseen;
        free(file);
    }
    return found;
}

/* Debian's usual name for the package of a library: libtinfo.so.6 is in libtinfo6, libsqlite3.so.0 in
 * libsqlite3-0. Null if wanted does not look like one. */
static char *guess_package(const char *wanted)
{
    const char *base = strrchr(wanted, '/');
    base = base ? base + 1 : wanted;
    const char *so = strstr(base, ".so.");
    if (!so || so == base)
        return NULL;
    bool digit = isdigit((unsigned char)so[-1]);
    return must_format("%.*s%s%s", (int)(so - base), base, digit ? "-" : "", so + 4);
}

static void say_not_found(const char *wanted, size_t unseen)
{
    char *guess = guess_package(wanted);
    say_error(NULL, "no package that is locked and cached has %s", wanted);
    if (unseen)
        say("%zu packages are not cached, and were not searched", unseen);
    if (guess)
        say("Debian may have it in %s: cella pkg list --available %s", guess, guess);
    else
        say("this searches names and descriptions: cella pkg list --available WORD");
    free(guess);
}

int pkg_find(const struct pkg_options *o)
{
    struct lock  mine, common;
    struct words names = {0};
    size_t       unseen = 0;
    if (o->words.count != 1)
        die_usage("pkg", "find: name one path, library or pattern");
    if (lock_read(o->lock, &mine) != 0 ||
        lock_read(install_source_path(PACKAGES_COMMON_LOCK), &common) != 0)
        return EXIT_TROUBLE;
    const char *wanted = o->words.at[0];
    size_t      found = find_in_lock(&mine, wanted, &names, &unseen);
    found += find_in_lock(&common, wanted, &names, &unseen);
    if (!found)
        say_not_found(wanted, unseen);
    return found ? 0 : EXIT_TROUBLE;
}
