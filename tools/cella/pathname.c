/* SPDX-License-Identifier: Apache-2.0 */
/* pathname.c - see pathname.h. */
#include "pathname.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

char *pathname_folder(const char *path)
{
    char *copy = must_copy(path), *folder = must_copy(dirname(copy));
    free(copy);
    return folder;
}

char *pathname_last(const char *path)
{
    char *copy = must_copy(path), *last = must_copy(basename(copy));
    free(copy);
    return last;
}

char *pathname_take(char **rest)
{
    char *start = *rest + strspn(*rest, "/");
    if (!*start)
        return NULL;
    size_t length = strcspn(start, "/");
    char  *name = must_format("%.*s", (int)length, start);
    char  *left = must_copy(start + length);
    free(*rest);
    *rest = left;
    return name;
}
