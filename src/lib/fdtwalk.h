/* SPDX-License-Identifier: Apache-2.0 */
/* fdtwalk.h - read a flattened device tree from its first piece to its last, with libfdt.
 *
 * libfdt's ways to find something by its name start at the beginning of the tree each time; one walk
 * over everything, for who has several questions, is a fraction of that. Only for a blob that
 * fdtcheck() has accepted: a walk cannot fail then, and every pointer handed out stays inside it. Runs
 * before translation is on as well.
 */
#ifndef LIB_FDTWALK_H
#define LIB_FDTWALK_H

#include <libfdt.h>

#include "lib/types.h"

enum fdtwalk_piece {
    FDTWALK_NODE,     /* name; what follows up to its end is inside it */
    FDTWALK_PROPERTY, /* of the node begun last: name, value, len */
    FDTWALK_NODE_END,
    FDTWALK_END, /* of the tree; further calls say the same */
};

/* A position in the tree; copying it keeps the position. */
struct fdtwalk {
    const void *fdt;
    int         next; /* the offset of the next piece in the structure block */

    /* Of the piece that fdtwalk_next() returned: */
    int            offset; /* libfdt's; it identifies a node */
    const char    *name;
    const fdt32_t *value; /* 4-aligned; big-endian cells, where it is cells */
    uint32_t       len;   /* bytes */
};

void               fdtwalk_start(struct fdtwalk *w, const void *fdt);
enum fdtwalk_piece fdtwalk_next(struct fdtwalk *w);

/* The number in n cells, at most two, in this machine's byte order. */
uint64_t fdt_number(const fdt32_t *cell, unsigned n);

#endif
