/* SPDX-License-Identifier: Apache-2.0 */
/* fdtwalk.c - see fdtwalk.h. The format: Devicetree Specification 0.4, chapter 5. */
#include "lib/fdtwalk.h"

uint64_t fdt_number(const fdt32_t *cell, unsigned n)
{
    uint64_t value = 0;
    while (n--)
        value = value << 32 | fdt32_to_cpu(*cell++);
    return value;
}

void fdtwalk_start(struct fdtwalk *w, const void *fdt)
{
    *w = (struct fdtwalk){.fdt = fdt};
}

static enum fdtwalk_piece property(struct fdtwalk *w)
{
    int len;

    w->value = fdt_getprop_by_offset(w->fdt, w->offset, &w->name, &len);
    w->len = (uint32_t)len;
    return FDTWALK_PROPERTY;
}

enum fdtwalk_piece fdtwalk_next(struct fdtwalk *w)
{
    for (;;) {
        w->offset = w->next;
        switch (fdt_next_tag(w->fdt, w->offset, &w->next)) {
        case FDT_BEGIN_NODE:
            w->name = fdt_get_name(w->fdt, w->offset, NULL);
            return FDTWALK_NODE;
        case FDT_PROP:
            return property(w);
        case FDT_END_NODE:
            return FDTWALK_NODE_END;
        case FDT_NOP:
            break;
        default:
            w->next = w->offset;
            return FDTWALK_END;
        }
    }
}
