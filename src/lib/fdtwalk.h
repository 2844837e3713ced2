/* SPDX-License-Identifier: Apache-2.0 */
/* fdtwalk.h - read a flattened device tree from its first piece to its last.
 *
 * Only for a blob that fdtcheck() has accepted: nothing is checked again, and every pointer handed out
 * stays inside it. Runs before translation is on as well.
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
    const fdt32_t *at; /* the next piece */
    const char    *strings;

    /* Of the piece that fdtwalk_next() returned: */
    const char    *name;
    const fdt32_t *value; /* 4-aligned; big-endian cells, where it is cells */
    uint32_t       len;   /* bytes */
};

void               fdtwalk_start(struct fdtwalk *w, const void *fdt);
enum fdtwalk_piece fdtwalk_next(struct fdtwalk *w);

/* The index-th entry of the memory reservation block; false: there is none. */
bool fdt_reservation(const void *fdt, unsigned index, uint64_t *start, uint64_t *len);

uint32_t fdt_cell(fdt32_t cell);                      /* in this machine's byte order */
uint64_t fdt_number(const fdt32_t *cell, unsigned n); /* of n cells, at most two */

/* Whether a list of len bytes, strings one behind the other, contains this one. A string that is not
 * terminated counts for none. */
bool fdt_list_contains(const void *list, size_t len, const char *string);

#endif
