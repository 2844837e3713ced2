/* SPDX-License-Identifier: Apache-2.0 */
/* folder.c - see folder.h. */
#define _GNU_SOURCE
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

int folder_make(const char *path)
{
    char *copy = must_copy(path);
    char *slash = copy;
    int   err = 0;
    while (!err && slash) {
        slash = strchr(slash + 1, '/');
        if (slash)
            *slash = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            err = -errno;
        if (slash)
            *slash = '/';
    }
    free(copy);
    return err;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    remove(path);
    return 0;
}

void folder_remove(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void folder_remove_all(const char *pattern)
{
    glob_t found = {0};
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++)
            folder_remove(found.gl_pathv[i]);
    }
    globfree(&found);
}

int folder_take_turn(const char *path)
{
    int turn = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (turn < 0)
        turn = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (turn < 0)
        return -errno;
    while (flock(turn, LOCK_EX) != 0) {
        if (errno != EINTR) {
            int err = -errno;
            close(turn);
            return err;
        }
    }
    return turn;
}
