/* SPDX-License-Identifier: Apache-2.0 */
/* lister.h - a receiver of directory entries that keeps their names, as many as it has room for. */
#ifndef TEST_LISTER_H
#define TEST_LISTER_H

#include <string.h>

#include "fs/vfs.h"

struct lister {
    struct dir_sink sink;
    unsigned        room;       /* entries that it still takes */
    char            text[1024]; /* the names, a blank behind each */
};

static bool lister_emit(struct dir_sink *sink, const char *name, size_t len, uint64_t ino,
                        unsigned type, uint64_t next)
{
    struct lister *l = (struct lister *)sink;
    (void)ino;
    (void)type;
    (void)next;

    if (l->room == 0)
        return false;
    l->room--;
    strncat(l->text, name, len);
    strcat(l->text, " ");
    return true;
}

#endif
