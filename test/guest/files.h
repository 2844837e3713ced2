/* SPDX-License-Identifier: Apache-2.0 */
/* files.h - what the tests that change trees of files share. The includer defines _GNU_SOURCE. */
#ifndef TEST_GUEST_FILES_H
#define TEST_GUEST_FILES_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#include "show.h"

static int exchange(const char *a, const char *b)
{
    return renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
}

static int noreplace(const char *a, const char *b)
{
    return renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_NOREPLACE);
}

/* The names in a directory with their types, in the order in which they are read. */
static void list(const char *path)
{
    struct dirent *d;
    DIR           *dir = opendir(path);

    printf("%s:", path);
    while (dir && (d = readdir(dir)))
        printf(" %s(%d)", d->d_name, d->d_type);
    printf("\n");
    if (dir)
        closedir(dir);
}

#endif
