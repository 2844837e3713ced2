/* SPDX-License-Identifier: Apache-2.0 */
/* packages.c - fetching Debian packages and unpacking them into folders of the cache.
 *
 * tools/packages/fetch.sh gets a package out of the archive, with apt; dpkg-deb unpacks. Both are asked
 * only for what the cache does not have. In the cache,
 *
 *   packages/NAME/VERSION/SHA256/FILE.deb  is a package as it was fetched
 *   roots/KEY/                             the files of a set of packages; KEY is the hash of the set
 *
 * A folder under roots/ gets its name when it is complete, so what has a name can be used without a
 * lock. Those who make one take turns, which also tells what an ended process has left half-made.
 */
#define _GNU_SOURCE
#include "packages.h"

#include <errno.h>
#include <ext2fs/ext2fs.h>
#include <glob.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "install.h"
#include "process.h"
#include "say.h"

#define UNFINISHED "new." /* what a folder under roots/ is called until it is complete */

static char *cache_folder(void)
{
    const char *chosen = getenv("CACHE"), *parent = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    if (chosen && *chosen)
        return must_copy(chosen);
    if (parent && *parent)
        return must_format("%s/cella", parent);
    if (!home || !*home) {
        const struct passwd *user = getpwuid(getuid());
        home = user ? user->pw_dir : NULL;
    }
    if (!home)
        die("set XDG_CACHE_HOME to a folder for it", "there is no home folder to keep a cache in");
    return must_format("%s/.cache/cella", home);
}

char *packages_cache_path(const char *name)
{
    static char *folder;
    if (!folder) {
        char *named = cache_folder();
        int   err = folder_make(named);
        folder = err ? NULL : realpath(named, NULL);
        if (!folder)
            die("set XDG_CACHE_HOME to a folder that can be written",
                "cannot make the cache's folder %s: %s", named, strerror(err ? -err : errno));
        setenv("CACHE", folder, 1); /* the scripts look there */
        free(named);
    }
    return must_format("%s/%s", folder, name);
}

/* The path of the one .deb in folder, or null. */
static char *deb_in(const char *folder)
{
    char  *pattern = must_format("%s/*.deb", folder), *path = NULL;
    glob_t found = {0};
    if (glob(pattern, 0, NULL, &found) == 0)
        path = must_copy(found.gl_pathv[0]);
    globfree(&found);
    free(pattern);
    return path;
}

char *packages_cached(const struct lock_line *line)
{
    char *below = must_format("packages/%s/%s/%s", line->name, line->version, line->sha256);
    char *folder = packages_cache_path(below);
    char *path = deb_in(folder);
    free(folder);
    free(below);
    return path;
}

/* Fill out from the path of a .deb in the cache, .../NAME/VERSION/SHA256/FILE. Whether it is one. */
static bool describe(const char *path, struct package *out)
{
    char       *parts = must_copy(path);
    const char *ends[4];
    for (size_t i = 0; i < 4; i++) {
        char *slash = strrchr(parts, '/');
        if (!slash)
            return false;
        ends[i] = slash + 1;
        *slash = '\0';
    }
    *out = (struct package){
        .name = ends[3], .version = ends[2], .sha256 = ends[1], .file = must_copy(path)};
    return true;
}

/* Let fetch.sh have the missing ones; on success *paths has a line for each. */
static int run_fetch(const char *lock_path, const struct lock_line *const *missing, size_t count,
                     char **paths)
{
    const char **argv = must_alloc((count + 3) * sizeof(*argv));
    argv[0] = install_source_path("tools/packages/fetch.sh");
    argv[1] = lock_path;
    for (size_t i = 0; i < count; i++)
        argv[i + 2] = missing[i]->name;
    setenv("CELLA_SAYS", "cella", 1);
    int status = process_run(argv, paths);
    free(argv);
    return status == 0 ? 0 : -1;
}

static int fetch_missing(const char *lock_path, const struct lock_line *const *missing,
                         size_t count, struct package *const *out)
{
    char *paths;
    if (count == 0)
        return 0;
    int   err = run_fetch(lock_path, missing, count, &paths);
    char *path = err ? NULL : strtok(paths, "\n");
    for (size_t i = 0; !err && i < count; i++, path = strtok(NULL, "\n")) {
        if (!path || !describe(path, out[i])) {
            say_error(NULL, "fetch.sh named no file for %s", missing[i]->name);
            err = -1;
        }
    }
    free(paths);
    return err;
}

int packages_fetch(const char *lock_path, const struct lock_line *const *lines, size_t count,
                   struct package *out)
{
    const struct lock_line **missing = must_alloc(count * sizeof(*missing));
    struct package         **places = must_alloc(count * sizeof(*places));
    size_t                   missing_count = 0;

    for (size_t i = 0; i < count; i++) {
        char *path = packages_cached(lines[i]);
        if (path && describe(path, &out[i])) {
            free(path);
            continue;
        }
        missing[missing_count] = lines[i];
        places[missing_count++] = &out[i];
    }
    int err = fetch_missing(lock_path, missing, missing_count, places);
    free(missing);
    free(places);
    return err;
}

/* Whether the package's file is still what its hash says: what was good when it was fetched may have
 * been damaged since. */
static int check_file(const struct package *package)
{
    const char *argv[] = {"sha256sum", "--", package->file, NULL};
    char       *sum;
    int         err = 0;
    if (process_run(argv, &sum) != 0 ||
        strncmp(sum, package->sha256, strlen(package->sha256)) != 0) {
        say_error("remove it, then try again; it will be fetched anew", "%s is damaged",
                  package->file);
        err = -1;
    }
    free(sum);
    return err;
}

static int unpack_one(const struct package *package, const char *folder)
{
    const char *argv[] = {"dpkg-deb", "-x", package->file, folder, NULL};
    if (check_file(package) != 0)
        return -1;
    int status = process_run(argv, NULL);
    if (status == PROCESS_MISSING)
        say_error("install Debian's package dpkg", "there is no dpkg-deb, which unpacks packages");
    else if (status != 0)
        say_error("see whether the disk is full", "cannot unpack %s into %s", package->file,
                  folder);
    return status == 0 ? 0 : -1;
}

/* Debian has these folders as links to their namesakes in /usr, and packages rely on it. */
static int lay_out(const char *folder)
{
    static const char *const merged[] = {"bin", "lib", "sbin"};
    bool                     good = true;
    for (size_t i = 0; i < sizeof(merged) / sizeof(*merged); i++) {
        char *target = must_format("usr/%s", merged[i]);
        char *below = must_format("%s/usr/%s", folder, merged[i]);
        char *link = must_format("%s/%s", folder, merged[i]);
        good = good && folder_make(below) == 0 && symlink(target, link) == 0;
        free(target);
        free(below);
        free(link);
    }
    if (!good)
        say_error("see whether the disk is full", "cannot lay out the folder %s: %m", folder);
    return good ? 0 : -1;
}

int packages_unpack(const struct package *packages, size_t count, const char *folder)
{
    mode_t old = umask(022);
    int    err = lay_out(folder);
    for (size_t i = 0; !err && i < count; i++)
        err = unpack_one(&packages[i], folder);
    umask(old);
    return err;
}

/* What names the folder of a set of packages, which is sorted. */
static char *root_key(const struct package *packages, size_t count)
{
    unsigned char hash[EXT2FS_SHA512_LENGTH];
    char         *set = must_copy("cella root 1\n");
    for (size_t i = 0; i < count; i++) {
        char *more = must_format("%s%s %s %s\n", set, packages[i].name, packages[i].version,
                                 packages[i].sha256);
        free(set);
        set = more;
    }
    ext2fs_sha512((const unsigned char *)set, strlen(set), hash);
    free(set);

    char *key = must_alloc(41);
    for (size_t i = 0; i < 20; i++)
        snprintf(key + 2 * i, 3, "%02x", hash[i]);
    return key;
}

/* Remove what others have begun and not finished. With the turn, which says that they are gone. */
static void remove_unfinished(const char *roots)
{
    char *pattern = must_format("%s/" UNFINISHED "*", roots);
    folder_remove_all(pattern);
    free(pattern);
}

/* Unpack into a new folder under roots and give it the name root. With the turn. */
static int make_root(const struct package *packages, size_t count, const char *roots,
                     const char *root)
{
    remove_unfinished(roots);
    char *folder = must_format("%s/" UNFINISHED "XXXXXX", roots);
    int   err = mkdtemp(folder) ? 0 : -1;
    if (err)
        say_error("see whether the disk is full", "cannot make a folder %s: %m", folder);
    if (!err)
        err = packages_unpack(packages, count, folder);
    if (!err && (chmod(folder, 0755) != 0 || rename(folder, root) != 0)) {
        say_error(NULL, "cannot rename %s to %s: %m", folder, root);
        err = -1;
    }
    if (err)
        folder_remove(folder);
    free(folder);
    return err;
}

/* -1 after saying what is wrong. */
static int take_turn(const char *roots)
{
    char *path = must_format("%s/lock", roots);
    int   err = folder_make(roots);
    int   turn = err ? err : folder_take_turn(path);
    if (turn < 0)
        say_error("set XDG_CACHE_HOME to a folder that can be written", "cannot use %s: %s", path,
                  strerror(-turn));
    free(path);
    return turn < 0 ? -1 : turn;
}

static char *root_of(const struct package *packages, size_t count)
{
    char *key = root_key(packages, count);
    char *roots = packages_cache_path("roots");
    char *root = must_format("%s/%s", roots, key);
    int   err = 0;
    if (access(root, F_OK) != 0) {
        int turn = take_turn(roots);
        err = turn < 0 ? -1 : 0;
        if (!err && access(root, F_OK) != 0)
            err = make_root(packages, count, roots, root);
        if (turn >= 0)
            close(turn);
    }
    free(key);
    free(roots);
    if (!err)
        return root;
    free(root);
    return NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* names sorted, each once. */
static const char **sort_names(char *const *names, size_t *count)
{
    size_t n = 0, kept = 0;
    while (names[n])
        n++;
    const char **sorted = must_alloc(n * sizeof(*sorted));
    if (n > 0)
        memcpy(sorted, names, n * sizeof(*sorted));
    qsort(sorted, n, sizeof(*sorted), by_name);
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || strcmp(sorted[kept - 1], sorted[i]) != 0)
            sorted[kept++] = sorted[i];
    }
    *count = kept;
    return sorted;
}

static int complain_of_unlocked(const struct lock *lock, const char *name)
{
    const struct lock_line *line = lock_find(lock, name);
    char                   *option = strcmp(lock->path, LOCK_NAME) == 0 ? must_copy("")
                                                                        : must_format("--lock %s ", lock->path);
    say_error(must_format("this adds it, with what it depends on: cella pkg lock %s%s%s",
                          line ? "--update " : "", option, name),
              "%s has no version of the package %s", lock->path, name);
    free(option);
    return -1;
}

/* The packages of names that are in mine, or else in common, in the order of names. */
static int find_packages(const struct lock *mine, const struct lock *common,
                         const char *const *names, size_t count, struct package *out)
{
    const struct lock *const locks[] = {mine, common};
    const struct lock_line **lines = must_alloc(count * sizeof(*lines));
    struct package          *found = must_alloc(count * sizeof(*found));
    int                      err = 0;
    size_t                  *places = must_alloc(count * sizeof(*places));
    bool                    *have = must_alloc(count * sizeof(*have));

    for (size_t l = 0; !err && l < 2; l++) {
        size_t n = 0;
        for (size_t i = 0; i < count; i++) {
            const struct lock_line *line = have[i] ? NULL : lock_find(locks[l], names[i]);
            if (line && lock_is_filled(line)) {
                lines[n] = line;
                places[n++] = i;
                have[i] = true;
            }
        }
        err = packages_fetch(locks[l]->path, lines, n, found);
        for (size_t i = 0; !err && i < n; i++)
            out[places[i]] = found[i];
    }
    for (size_t i = 0; !err && i < count; i++)
        err = have[i] ? 0 : complain_of_unlocked(mine, names[i]);
    free(lines);
    free(found);
    free(places);
    free(have);
    return err;
}

char *packages_root(char *const *names, const char *lock)
{
    struct lock mine, common;
    char       *common_path = install_source_path(PACKAGES_COMMON_LOCK);
    if (lock_read(lock ? lock : LOCK_NAME, &mine) != 0 || lock_read(common_path, &common) != 0)
        return NULL;

    size_t          count;
    const char    **sorted = sort_names(names, &count);
    struct package *packages = must_alloc(count * sizeof(*packages));
    char           *root = NULL;
    if (find_packages(&mine, &common, sorted, count, packages) == 0)
        root = root_of(packages, count);
    free(packages);
    free(sorted);
    return root;
}
