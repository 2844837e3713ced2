/* SPDX-License-Identifier: Apache-2.0 */
/* poke.c - see poke.h. The memory model says where a page is; the kernel writes to it in its window. */
#include "unix/poke.h"

#include <stdatomic.h>

#include "lib/bits.h"
#include "lib/string.h"
#include "machine/layout.h"

/* One physically contiguous piece. The mutex keeps the frames where they are. */
static int poke_run(struct vmspace *vs, vaddr_t va, const char *bytes, size_t *len)
{
    struct pmap_run run;
    mutex_lock(&vs->mutex);
    int err = pmap_extract(vs->pmap, PMAP_DOM_FIRST, va, &run);
    if (!err) {
        *len = size_min(*len, run.len);
        if (bytes)
            memcpy(phys_ptr(run.pa), bytes, *len);
        else
            memset(phys_ptr(run.pa), 0, *len);
    }
    mutex_unlock(&vs->mutex);
    return err;
}

int poke(struct vmspace *vs, vaddr_t va, const void *bytes, size_t len, unsigned access)
{
    vaddr_t     page = ALIGN_DOWN(va, PAGE_SIZE);
    int         err = vmspace_populate(vs, page, ALIGN_UP(va + len, PAGE_SIZE) - page, access);
    const char *from = bytes;
    while (!err && len > 0) {
        size_t n = len;
        err = poke_run(vs, va, from, &n);
        va += n;
        len -= n;
        from = from ? from + n : NULL;
    }
    return err;
}

void poke_word(struct vmspace *vs, vaddr_t va, uint64_t value)
{
    struct pmap_run run;
    mutex_lock(&vs->mutex);
    if (!pmap_extract(vs->pmap, PMAP_DOM_FIRST, va, &run))
        atomic_store((_Atomic(uint64_t) *)phys_ptr(run.pa), value);
    mutex_unlock(&vs->mutex);
}
