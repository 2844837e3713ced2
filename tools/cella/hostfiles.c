/* SPDX-License-Identifier: Apache-2.0 */
/* hostfiles.c - the user's own files: see hostfiles.h. */
#define _GNU_SOURCE
#include "hostfiles.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkgroot.h"
#include "say.h"

mode_t hostfiles_mode(mode_t mode)
{
    return mode & S_IXUSR ? 0755 : 0644;
}

static void lay_link(const struct hostfiles_lay *lay, const char *host, const char *path)
{
    char    target[4096];
    ssize_t length = readlink(host, target, sizeof(target) - 1);
    if (length < 0)
        die(NULL, "the link %s cannot be read: %m", host);
    target[length] = '\0';
    tree_add_link(lay->tree, path, target, lay->why);
}

static void lay_file(const struct hostfiles_lay *lay, const char *host, const char *path,
                     mode_t mode)
{
    if (access(host, R_OK))
        die(NULL, "%s cannot be read: %m", host);
    tree_add_file(lay->tree, path, host, lay->as_is ? mode : hostfiles_mode(mode), lay->why);
}

/* What is in every folder, and what `cella pkg get` keeps in one for itself. */
static bool is_no_content(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, PKGROOT_OWN) == 0;
}

void hostfiles_lay_inside(const struct hostfiles_lay *lay, const char *host, const char *path)
{
    DIR *folder = opendir(host);
    if (!folder)
        die(NULL, "the folder %s cannot be read: %m", host);
    struct dirent *entry;
    while ((entry = readdir(folder))) {
        if (is_no_content(entry->d_name))
            continue;
        char *inner_host = must_format("%s/%s", host, entry->d_name);
        char *inner_path = must_format("%s/%s", path, entry->d_name);
        hostfiles_lay(lay, inner_host, inner_path);
        free(inner_host);
        free(inner_path);
    }
    closedir(folder);
}

static void lay_folder(const struct hostfiles_lay *lay, const char *host, const char *path,
                       mode_t mode)
{
    bool is_new = !tree_find_followed(lay->tree, path);
    tree_add_folder(lay->tree, path, lay->as_is ? mode & 07777 : is_new ? 0755 : 0, lay->why);
    hostfiles_lay_inside(lay, host, path);
}

void hostfiles_lay(const struct hostfiles_lay *lay, const char *host, const char *path)
{
    struct stat status;
    if (lstat(host, &status))
        die(NULL, "%s cannot be read: %m", host);
    if (S_ISDIR(status.st_mode))
        lay_folder(lay, host, path, status.st_mode);
    else if (lay->gently && tree_find(lay->tree, path))
        return;
    else if (S_ISLNK(status.st_mode))
        lay_link(lay, host, path);
    else if (S_ISREG(status.st_mode))
        lay_file(lay, host, path, status.st_mode);
    else
        die("images hold files, folders and symbolic links",
            "%s is neither a file nor a folder nor a link", host);
}
