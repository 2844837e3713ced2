/* SPDX-License-Identifier: Apache-2.0 */
/* script.c - the first line of scripts: see script.h. */
#define _GNU_SOURCE
#include "script.h"

#include <fcntl.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "say.h"

/* As much as Linux looks at. */
static void read_line(const char *path, char line[256])
{
    int     fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, line, 255);
    if (fd >= 0)
        close(fd);
    line[got > 0 ? got : 0] = '\0';
    line[strcspn(line, "\n")] = '\0';
}

bool script_is(const char *path)
{
    char line[256];
    read_line(path, line);
    return strncmp(line, "#!", 2) == 0;
}

char *script_reader(const char *path)
{
    char line[256];
    read_line(path, line);
    const char *name = line + 2 + strspn(line + 2, " \t");
    if (strncmp(line, "#!", 2) != 0 || !*name)
        return NULL;
    return must_format("%.*s", (int)strcspn(name, " \t\r"), name);
}
