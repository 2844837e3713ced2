/* SPDX-License-Identifier: Apache-2.0 */
/* pkgroot.c - putting packages into a folder.
 *
 * Packages are unpacked beside the record first, each in a folder of its own, since that is what may
 * fail: the disk gets full, a file is damaged. Then it is checked that nothing is in the way, and only
 * then are files moved to their places. Before that the record is written with the new files added to
 * the old ones, so that one who is stopped in the middle can begin again and finds nothing of its own in
 * the way.
 *
 * In PKGROOT_OWN, the file `list` is the record, and new.* is what is being unpacked. The record has for
 * each package a line `package NAME VERSION SHA256`, and then its files.
 */
#define _GNU_SOURCE
#include "pkgroot.h"

#include <errno.h>
#include <fts.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "say.h"

#define PACKAGE_MARK "package "

static char *own_path(const char *folder, const char *name)
{
    return must_format("%s/" PKGROOT_OWN "/%s", folder, name);
}

static bool is_folder(const char *path)
{
    return path[strlen(path) - 1] == '/';
}

/* Reading and writing the record. */

static struct pkgroot_package *add(struct pkgroot *root, struct pkgroot_package package)
{
    root->packages = must_realloc(root->packages, (root->count + 1) * sizeof(*root->packages));
    root->packages[root->count] = package;
    return &root->packages[root->count++];
}

static int read_line(struct pkgroot *root, char *line)
{
    if (*line == '/' && root->count) {
        words_add(&root->packages[root->count - 1].files, line);
        return 0;
    }
    if (strncmp(line, PACKAGE_MARK, strlen(PACKAGE_MARK)) != 0)
        return -1;
    struct pkgroot_package package = {0};
    strtok(line, " ");
    package.name = strtok(NULL, " ");
    package.version = strtok(NULL, " ");
    package.sha256 = strtok(NULL, " ");
    if (!package.sha256)
        return -1;
    package.name = must_copy(package.name);
    package.version = must_copy(package.version);
    package.sha256 = must_copy(package.sha256);
    add(root, package);
    return 0;
}

int pkgroot_read(const char *folder, struct pkgroot *out)
{
    char *path = own_path(folder, "list");
    FILE *file = fopen(path, "re");
    int   err = 0;

    *out = (struct pkgroot){.folder = must_copy(folder)};
    if (file) {
        char  *line = NULL;
        size_t size = 0;
        while (!err && getline(&line, &size, file) > 0) {
            line[strcspn(line, "\n")] = '\0';
            err = read_line(out, line);
        }
        free(line);
        fclose(file);
    } else if (errno != ENOENT && errno != ENOTDIR) {
        err = -1;
    }
    if (err)
        say_error(must_format("remove the folder %s, then get the packages again", folder),
                  "%s, which says what is in it, cannot be read", path);
    free(path);
    return err;
}

static struct pkgroot_package *find(const struct pkgroot *root, const char *name)
{
    for (size_t i = 0; i < root->count; i++) {
        if (strcmp(root->packages[i].name, name) == 0)
            return &root->packages[i];
    }
    return NULL;
}

const struct pkgroot_package *pkgroot_find(const struct pkgroot *root, const char *name)
{
    return find(root, name);
}

static void print(FILE *file, const struct pkgroot *root)
{
    for (size_t i = 0; i < root->count; i++) {
        const struct pkgroot_package *package = &root->packages[i];
        fprintf(file, PACKAGE_MARK "%s %s %s\n", package->name, package->version, package->sha256);
        for (size_t f = 0; f < package->files.count; f++)
            fprintf(file, "%s\n", package->files.at[f]);
    }
}

static int write_record(const struct pkgroot *root)
{
    char *path = own_path(root->folder, "list"), *new = own_path(root->folder, "list.new");
    FILE *file = fopen(new, "we");
    bool  good = file != NULL;
    if (file) {
        print(file, root);
        good = !ferror(file) & (fclose(file) == 0);
    }
    good = good && rename(new, path) == 0;
    if (!good)
        say_error("see whether the disk is full", "cannot write %s: %m", path);
    free(path);
    free(new);
    return good ? 0 : -1;
}

/* Sets of paths; the strings are not theirs. */

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static bool contains(void *const *set, const char *path)
{
    return tfind(path, set, compare) != NULL;
}

static void add_files(void **set, const struct words *files)
{
    for (size_t i = 0; i < files->count; i++) {
        if (!tsearch(files->at[i], set, compare))
            die(NULL, "out of memory");
    }
}

static void keep_string(void *string)
{
    (void)string;
}

static void *all_files(const struct pkgroot *root)
{
    void *set = NULL;
    for (size_t i = 0; i < root->count; i++)
        add_files(&set, &root->packages[i].files);
    return set;
}

/* Unpacking beside the record. */

/* A package on its way in. */
struct arrival {
    const struct package *package;
    char                 *folder; /* where it is unpacked */
    struct words          files;
};

static int by_path(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* The links that every root has are no package's files. */
static bool is_merged_link(const FTSENT *entry)
{
    return entry->fts_level == 1 && entry->fts_info == FTS_SL &&
           (strcmp(entry->fts_name, "bin") == 0 || strcmp(entry->fts_name, "lib") == 0 ||
            strcmp(entry->fts_name, "sbin") == 0);
}

/* -1 after saying so if entry has a name that the record could not hold. */
static int list_one(struct arrival *arrival, const FTSENT *entry)
{
    const char *path = entry->fts_path + strlen(arrival->folder);
    if (entry->fts_level == 0 || entry->fts_info == FTS_DP || is_merged_link(entry))
        return 0;
    if (strchr(path, '\n') || entry->fts_info == FTS_ERR || entry->fts_info == FTS_DNR ||
        entry->fts_info == FTS_NS) {
        say_error(NULL, "cannot use the file %s of the package %s", path, arrival->package->name);
        return -1;
    }
    words_add_format(&arrival->files, "%s%s", path, entry->fts_info == FTS_D ? "/" : "");
    return 0;
}

static int list_files(struct arrival *arrival)
{
    char *const roots[] = {arrival->folder, NULL};
    FTS        *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_path);
    int         err = walk ? 0 : -1;
    FTSENT     *entry;
    while (!err && (entry = fts_read(walk)))
        err = list_one(arrival, entry);
    if (walk)
        fts_close(walk);
    return err;
}

static int unpack(struct arrival *arrivals, size_t count, const char *staging)
{
    int err = 0;
    for (size_t i = 0; !err && i < count; i++) {
        struct arrival *arrival = &arrivals[i];
        arrival->folder = must_format("%s/%s", staging, arrival->package->name);
        err = packages_unpack(arrival->package, 1, arrival->folder);
        if (!err)
            err = list_files(arrival);
    }
    return err;
}

/* Checking that nothing is in the way. */

static int refuse(const char *path, const char *why)
{
    say_error("move it away, or choose another folder with -r", "%s is in the way: %s", path, why);
    return -1;
}

static int check_place(const char *folder, const char *path, void *const *recorded)
{
    char       *place = must_format("%s%s", folder, path);
    struct stat status;
    int         err = 0;
    if (is_folder(path)) {
        if (stat(place, &status) == 0 && !S_ISDIR(status.st_mode) && !contains(recorded, path))
            err = refuse(place, "it is no folder");
    } else if (lstat(place, &status) == 0) {
        if (S_ISDIR(status.st_mode))
            err = refuse(place, "it is a folder");
        else if (!contains(recorded, path))
            err = refuse(place, "it is not from a package");
    }
    free(place);
    return err;
}

static const char *const merged[] = {"/bin", "/lib", "/sbin"};

static int check_merged(const char *folder)
{
    int err = 0;
    for (size_t i = 0; !err && i < sizeof(merged) / sizeof(*merged); i++) {
        char       *place = must_format("%s%s", folder, merged[i]);
        struct stat status;
        if (lstat(place, &status) == 0 && !S_ISLNK(status.st_mode))
            err = refuse(place, "Debian has it as a link into usr");
        free(place);
    }
    return err;
}

static int check(const struct pkgroot *root, const struct arrival *arrivals, size_t count)
{
    void *recorded = all_files(root);
    int   err = check_merged(root->folder);
    for (size_t i = 0; !err && i < count; i++) {
        for (size_t f = 0; !err && f < arrivals[i].files.count; f++)
            err = check_place(root->folder, arrivals[i].files.at[f], &recorded);
    }
    tdestroy(recorded, keep_string);
    return err;
}

/* Moving to the places. */

static int move_one(const struct arrival *arrival, const char *folder, const char *path)
{
    char       *from = must_format("%s%s", arrival->folder, path);
    char       *to = must_format("%s%s", folder, path);
    struct stat status;
    int         err = 0;
    if (!is_folder(path))
        err = rename(from, to);
    else if (stat(to, &status) != 0 || !S_ISDIR(status.st_mode))
        err = stat(from, &status) != 0 || mkdir(to, 0755) != 0 ||
              chmod(to, status.st_mode & 07777) != 0;
    if (err)
        say_error("once that can be done, get the packages again", "cannot make %s: %m", to);
    free(from);
    free(to);
    return err ? -1 : 0;
}

static int lay_merged_links(const char *folder)
{
    int err = 0;
    for (size_t i = 0; !err && i < sizeof(merged) / sizeof(*merged); i++) {
        char *target = must_format("usr%s", merged[i]);
        char *below = must_format("%s/%s", folder, target);
        char *link = must_format("%s%s", folder, merged[i]);
        err = folder_make(below);
        if (!err && symlink(target, link) != 0 && errno != EEXIST)
            err = -errno;
        if (err)
            say_error(NULL, "cannot make the link %s: %s", link, strerror(-err));
        free(target);
        free(below);
        free(link);
    }
    return err;
}

static int move(const char *folder, const struct arrival *arrivals, size_t count)
{
    int err = lay_merged_links(folder);
    for (size_t i = 0; !err && i < count; i++) {
        for (size_t f = 0; !err && f < arrivals[i].files.count; f++)
            err = move_one(&arrivals[i], folder, arrivals[i].files.at[f]);
    }
    return err;
}

/* Remove of files what is not in kept; folders only when empty, after their contents. */
static void remove_old(const char *folder, const struct words *files, void *const *kept)
{
    for (size_t i = files->count; i-- > 0;) {
        if (contains(kept, files->at[i]))
            continue;
        char *place = must_format("%s%s", folder, files->at[i]);
        if (is_folder(files->at[i]))
            rmdir(place);
        else
            unlink(place);
        free(place);
    }
}

/* The record as it is while files are moved: what arrives has its old files and the new ones. */
static void announce(struct pkgroot *root, const struct arrival *arrivals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct arrival   *arrival = &arrivals[i];
        struct pkgroot_package *package = find(root, arrival->package->name);
        if (!package)
            package = add(root,
                          (struct pkgroot_package){.name = must_copy(arrival->package->name)});
        package->version = must_copy("-");
        package->sha256 = must_copy("-");
        words_add_all(&package->files, arrival->files.at);
    }
}

/* And as it is in the end. Returns the files that were announced and are no package's any more. */
static struct words settle(struct pkgroot *root, const struct arrival *arrivals, size_t count)
{
    struct words before = {0};
    for (size_t i = 0; i < count; i++) {
        struct pkgroot_package *package = find(root, arrivals[i].package->name);
        words_add_all(&before, package->files.at);
        package->version = must_copy(arrivals[i].package->version);
        package->sha256 = must_copy(arrivals[i].package->sha256);
        package->files = arrivals[i].files;
    }
    return before;
}

static int bring_in(struct pkgroot *root, const struct arrival *arrivals, size_t count)
{
    announce(root, arrivals, count);
    int err = write_record(root);
    if (!err)
        err = move(root->folder, arrivals, count);
    if (err)
        return err;
    struct words before = settle(root, arrivals, count);
    void        *kept = all_files(root);
    remove_old(root->folder, &before, &kept);
    tdestroy(kept, keep_string);
    return write_record(root);
}

/* What is there already. */

static bool is_complete(const char *folder, const struct pkgroot_package *package)
{
    bool complete = true;
    for (size_t i = 0; complete && i < package->files.count; i++) {
        struct stat status;
        char       *place = must_format("%s%s", folder, package->files.at[i]);
        complete = lstat(place, &status) == 0;
        free(place);
    }
    return complete;
}

static bool is_there(const struct pkgroot *root, const struct package *package)
{
    const struct pkgroot_package *there = find(root, package->name);
    return there && strcmp(there->version, package->version) == 0 &&
           strcmp(there->sha256, package->sha256) == 0 && is_complete(root->folder, there);
}

/* All of it, with the turn. */
static int put(struct pkgroot *root, const struct package *packages, size_t count,
               const char *staging)
{
    struct arrival *arrivals = must_alloc(count * sizeof(*arrivals));
    size_t          n = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_there(root, &packages[i]))
            arrivals[n++].package = &packages[i];
    }
    int err = n ? unpack(arrivals, n, staging) : 0;
    if (!err)
        err = check(root, arrivals, n);
    if (!err && n)
        err = bring_in(root, arrivals, n);
    free(arrivals);
    return err ? -1 : (int)n;
}

/* What one who was stopped has left behind. */
static void remove_unfinished(const char *folder)
{
    char *pattern = own_path(folder, "new.*");
    folder_remove_all(pattern);
    free(pattern);
}

static int put_in_turn(const char *folder, const struct package *packages, size_t count)
{
    struct pkgroot root;
    char          *staging = own_path(folder, "new.XXXXXX");
    remove_unfinished(folder);
    int result = pkgroot_read(folder, &root);
    if (!result && !mkdtemp(staging)) {
        say_error("choose another folder with -r", "cannot write to %s: %m", folder);
        result = -1;
    }
    if (!result) {
        result = put(&root, packages, count, staging);
        folder_remove(staging);
    }
    free(staging);
    return result;
}

/* What was made for nothing. */
static void remove_if_empty(const char *folder)
{
    char *own = must_format("%s/" PKGROOT_OWN, folder);
    if (rmdir(own) == 0)
        rmdir(folder);
    free(own);
}

int pkgroot_put(const char *folder, const struct package *packages, size_t count)
{
    char *own = must_format("%s/" PKGROOT_OWN, folder);
    int   err = folder_make(own);
    int   turn = err ? err : folder_take_turn(own);
    free(own);
    if (turn < 0) {
        say_error("choose another folder with -r", "cannot write to %s: %s", folder,
                  strerror(-turn));
        return -1;
    }
    int result = put_in_turn(folder, packages, count);
    if (result < 0)
        remove_if_empty(folder);
    close(turn);
    return result;
}
