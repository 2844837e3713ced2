/* SPDX-License-Identifier: Apache-2.0 */
/* fdtwalk.c - see fdtwalk.h. The format: Devicetree Specification 0.4, chapter 5.
 *
 * Relies on what fdtcheck() found: blocks are aligned, names are terminated, tags and lengths lead
 * from piece to piece up to FDT_END.
 */
#include "lib/fdtwalk.h"

#include "lib/string.h"

uint32_t fdt_cell(fdt32_t cell)
{
    return cell >> 24 | (cell >> 8 & 0xff00) | (cell << 8 & 0xff0000) | cell << 24;
}

uint64_t fdt_number(const fdt32_t *cell, unsigned n)
{
    uint64_t value = 0;
    while (n--)
        value = value << 32 | fdt_cell(*cell++);
    return value;
}

static const void *block(const void *fdt, fdt32_t offset)
{
    return (const char *)fdt + fdt_cell(offset);
}

/* Cells that len bytes take. */
static size_t cells_of(size_t len)
{
    return (len + sizeof(fdt32_t) - 1) / sizeof(fdt32_t);
}

void fdtwalk_start(struct fdtwalk *w, const void *fdt)
{
    const struct fdt_header *header = fdt;
    *w = (struct fdtwalk){
        .at = block(fdt, header->off_dt_struct),
        .strings = block(fdt, header->off_dt_strings),
    };
}

enum fdtwalk_piece fdtwalk_next(struct fdtwalk *w)
{
    for (;;) {
        switch (fdt_cell(*w->at)) {
        case FDT_BEGIN_NODE:
            w->name = (const char *)(w->at + 1);
            w->at += 1 + cells_of(strlen(w->name) + 1);
            return FDTWALK_NODE;
        case FDT_PROP:
            w->len = fdt_cell(w->at[1]);
            w->name = w->strings + fdt_cell(w->at[2]);
            w->value = w->at + 3;
            w->at = w->value + cells_of(w->len);
            return FDTWALK_PROPERTY;
        case FDT_END_NODE:
            w->at++;
            return FDTWALK_NODE_END;
        case FDT_NOP:
            w->at++;
            break;
        default:
            return FDTWALK_END;
        }
    }
}

bool fdt_reservation(const void *fdt, unsigned index, uint64_t *start, uint64_t *len)
{
    const struct fdt_header *header = fdt;
    const fdt32_t           *entry = block(fdt, header->off_mem_rsvmap);

    entry += 4 * (size_t)index;
    *start = fdt_number(entry, 2);
    *len = fdt_number(entry + 2, 2);
    return *start || *len; /* the last one is all zero */
}

bool fdt_list_contains(const void *list, size_t len, const char *string)
{
    size_t      want = strlen(string) + 1;
    const char *at = list, *end;

    for (; (end = memchr(at, '\0', len)) != NULL; at = end + 1) {
        size_t size = (size_t)(end - at) + 1;
        if (size == want && !memcmp(at, string, size))
            return true;
        len -= size;
    }
    return false;
}
