/* SPDX-License-Identifier: Apache-2.0 */
/* pkg_get.c - `cella pkg get`: packages, with all that they depend on, into a folder; and `cella pkg lock`,
 * which stops before the folder.
 *
 * Which packages these are is found by tools/packages/resolve.sh, by way of apt. Everything is in the
 * cache, and the lock file is written, before the folder is touched.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "lock.h"
#include "packages.h"
#include "pkg.h"
#include "pkgroot.h"
#include "say.h"
#include "scratch.h"

#define NO_PACKAGE 5 /* resolve.sh: there is no such package */
#define NO_NETWORK 3 /* apt-private.sh: no archive can be reached */
#define NO_TRUST   4 /* apt-private.sh: a signature is wrong */

/* NAME of NAME=VERSION. */
static char *name_of(const char *wish)
{
    return must_format("%.*s", (int)strcspn(wish, "="), wish);
}

static void check_wish(const char *wish)
{
    char       *name = name_of(wish);
    const char *version = strchr(wish, '=');
    if (!lock_is_name(name))
        die_usage("pkg", "`%s` cannot be the name of a package", name);
    if (version && !lock_is_version(version + 1))
        die_usage("pkg", "`%s` cannot be a version", version + 1);
    free(name);
}

/* Why resolve.sh failed, it has said; here is what to do. */
static void say_way_out(const char *suite, const struct words *wishes, int status)
{
    if (status == NO_NETWORK)
        say("what a lock file names and the cache has needs no network; for others, connect and "
            "try again");
    if (status == NO_TRUST)
        say("nothing was taken from there; see whether the system's clock is right, and whether "
            "debian-archive-keyring is up to date");
    for (size_t i = 0; status == NO_PACKAGE && i < wishes->count; i++) {
        char *name = name_of(wishes->at[i]);
        char *similar = pkg_similar(suite, name);
        if (similar)
            say("close to %s: %s", name, similar);
        free(similar);
        free(name);
    }
    if (status == NO_PACKAGE)
        say("this searches names and descriptions: cella pkg list --available WORD");
}

static int write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    bool  good = file && fputs(text, file) >= 0;
    if (file)
        good = (fclose(file) == 0) && good;
    if (!good)
        say_error("set TMPDIR to a folder with room", "cannot write %s: %m", path);
    return good ? 0 : -1;
}

/* The lines of wishes and what they need, as a lock of its own. */
static int resolve(const struct pkg_options *o, const char *suite, const struct words *wishes,
                   struct lock *out)
{
    struct words arguments = {0};
    char        *lines, *path = scratch_path("resolved");
    if (o->update)
        words_add(&arguments, "--update");
    if (o->no_depends)
        words_add(&arguments, "--no-depends");
    words_add(&arguments, o->lock);
    words_add(&arguments, suite);
    words_add(&arguments, PKG_TYPE);
    words_add_all(&arguments, wishes->at);

    int status = pkg_run_script("resolve.sh", &arguments, &lines);
    if (status != 0)
        say_way_out(suite, wishes, status);
    int err = status != 0 ? -1 : write_text(path, lines);
    if (!err)
        err = lock_read(path, out);
    free(lines);
    return err;
}

/* Names of all packages that are locked in the suite, or were written down for it by hand. */
static struct words all_names(const struct lock *lock, const char *suite)
{
    struct words names = {0};
    for (size_t i = 0; i < lock->count; i++) {
        const struct lock_line *line = &lock->lines[i];
        if (line->name && strcmp(line->suite, suite) == 0 && strcmp(line->type, PKG_TYPE) == 0)
            words_add(&names, line->name);
    }
    return names;
}

/* Whether wishes has NAME=VERSION for name. */
static bool is_version_asked(const struct words *wishes, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < wishes->count; i++) {
        if (strncmp(wishes->at[i], name, length) == 0 && wishes->at[i][length] == '=')
            return true;
    }
    return false;
}

/* Take the resolved lines into the lock, except for what it has in a version that is gone. Whether it
 * changed. */
static bool update_lock(const struct pkg_options *o, const struct lock *resolved, struct lock *lock)
{
    bool   changed = false;
    size_t gone = 0;
    for (size_t i = 0; i < resolved->count; i++) {
        const struct lock_line *line = &resolved->lines[i];
        const struct lock_line *old = lock_find(lock, line->name);
        if (!old || !lock_is_filled(old) || o->update || is_version_asked(&o->words, line->name)) {
            changed = lock_set(lock, line) || changed;
        } else if (strcmp(old->version, line->version) != 0) {
            say_warning("the archive has moved on: %s is %s, %s was made for %s", line->name,
                        line->version, o->lock, old->version);
            gone++;
        }
    }
    if (gone)
        say("the newer %s used; --update renews the lock",
            gone == 1 ? "version is" : "versions are");
    return changed;
}

/* Have all of resolved in the cache, as packages, and in the lock file. If the archive moved on at just
 * this time, resolved becomes what was fetched. */
static int fetch(const struct pkg_options *o, struct lock *resolved, struct lock *lock,
                 struct package *packages)
{
    size_t                   count = resolved->count;
    const struct lock_line **lines = must_alloc(count * sizeof(*lines));
    for (size_t i = 0; i < count; i++)
        lines[i] = &resolved->lines[i];

    setenv("CELLA_LOCK", o->lock, 1); /* what messages call it */
    int err = packages_fetch(resolved->path, lines, count, packages);
    for (size_t i = 0; !err && i < count; i++) {
        resolved->lines[i].version = must_copy(packages[i].version);
        resolved->lines[i].sha256 = must_copy(packages[i].sha256);
    }
    if (!err && update_lock(o, resolved, lock))
        err = lock_write(lock, o->lock);
    free(lines);
    return err;
}

/* All that the lock names, as it names it. */
static void take_all(const struct lock *lock, struct lock *out)
{
    *out = (struct lock){.path = lock->path};
    for (size_t i = 0; i < lock->count; i++) {
        if (lock->lines[i].name && lock_is_filled(&lock->lines[i]))
            lock_set(out, &lock->lines[i]);
    }
}

/* Which packages are meant: *lock becomes the lock file, *resolved lines for all of them. */
static int choose(const struct pkg_options *o, struct lock *lock, struct lock *resolved)
{
    struct words wishes = o->words;
    for (size_t i = 0; i < wishes.count; i++)
        check_wish(wishes.at[i]);
    if (lock_read(o->lock, lock) != 0)
        return -1;
    if (!wishes.count && !lock->exists)
        die_usage("pkg", "name packages: there is no lock file %s that does", o->lock);

    char       *first = wishes.count ? name_of(wishes.at[0]) : NULL;
    const char *suite = pkg_suite(o, lock, first);
    if (!wishes.count)
        wishes = all_names(lock, suite);
    if (o->words.count || o->update)
        return resolve(o, suite, &wishes, resolved);
    take_all(lock, resolved);
    return 0;
}

/* All up to the folder. *count becomes the number of packages, which are returned; null after saying what
 * is wrong. */
static struct package *choose_and_fetch(const struct pkg_options *o, size_t *count)
{
    struct lock lock, resolved;
    if (choose(o, &lock, &resolved) != 0)
        return NULL;
    struct package *packages = must_alloc(resolved.count * sizeof(*packages));
    *count = resolved.count;
    return fetch(o, &resolved, &lock, packages) == 0 ? packages : NULL;
}

static char *describe(const struct pkg_options *o)
{
    return o->words.count ? words_join(&o->words) : must_format("all of %s", o->lock);
}

int pkg_get(const struct pkg_options *o)
{
    size_t          count;
    const char     *root = o->root ? o->root : PKGROOT_DEFAULT;
    struct package *packages = choose_and_fetch(o, &count);
    int             unpacked = packages ? pkgroot_put(root, packages, count) : -1;
    if (unpacked < 0)
        return EXIT_TROUBLE;
    if (unpacked == 0)
        say("already there: %s in %s (packages: %zu)", describe(o), root, count);
    else
        say("unpacked %s into %s (packages: %zu, new: %d)", describe(o), root, count, unpacked);
    return 0;
}

int pkg_lock(const struct pkg_options *o)
{
    size_t count;
    if (!choose_and_fetch(o, &count))
        return EXIT_TROUBLE;
    say("locked and fetched %s (packages: %zu)", describe(o), count);
    return 0;
}
