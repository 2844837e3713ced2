/* SPDX-License-Identifier: Apache-2.0 */
/* what.c - what kind of thing the user names: see what.h. */
#define _GNU_SOURCE
#include "what.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elffile.h"
#include "image.h"
#include "say.h"

/* The first bytes, NUL behind them. */
static void read_start(const char *path, char start[256])
{
    int     fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, start, 255);
    if (got < 0)
        die(errno == EACCES ? "make it readable" : NULL, "%s cannot be read: %m", path);
    start[got] = '\0';
    close(fd);
}

/* A name that ends in .json says what is meant, so that what is wrong with it can be said. */
static bool is_manifest(const char *path, const char *start)
{
    const char *dot = strrchr(path, '.');
    return start[strspn(start, " \t\r\n")] == '{' || (dot && strcmp(dot, ".json") == 0);
}

enum what what_is(const char *path)
{
    struct stat status;
    char        start[256];
    if (stat(path, &status))
        die(NULL, "%s: %s", path, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return WHAT_FOLDER;
    if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))
        die("name a program, a manifest, an image, or a folder", "%s is no file", path);
    read_start(path, start);
    if (image_is(path))
        return WHAT_IMAGE;
    if (elffile_is(path) || strncmp(start, "#!", 2) == 0)
        return WHAT_PROGRAM;
    if (is_manifest(path, start))
        return WHAT_MANIFEST;
    die("name a program (ELF for riscv64, or a script), a manifest (JSON), an image (ext4), or a "
        "folder that is a root",
        "%s is nothing that can be run", path);
}
