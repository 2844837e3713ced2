/* SPDX-License-Identifier: Apache-2.0
 *
 * memory.c - physical memory of the golden model: the arena, nothing around it, one PMP entry.
 */
#include "ref.h"

#define PAGE   4096ull
#define PA_TOP (1ull << 56)

static bool inside(uint64_t pa, uint64_t base, uint64_t size)
{
    return pa >= base && pa - base < size;
}

static bool nothing_there(const struct ref_mem *m, uint64_t pa)
{
    return inside(pa, REF_HOLE, REF_HOLE_SIZE) || (pa >= m->ram_end && pa < REF_WINDOW) ||
           pa >= REF_WINDOW_END;
}

/* PMP checks privileges below M. An entry that matches only a part of the bytes refuses. */
static enum ref_answer pmp_check(const struct ref_mem *m, uint64_t pa, size_t len, unsigned priv,
                                 unsigned rights)
{
    bool first = inside(pa, m->pmp_base, m->pmp_size);
    bool last = inside(pa + len - 1, m->pmp_base, m->pmp_size);

    if (priv == REF_M || (!first && !last))
        return REF_DONE;
    return first && last && (m->pmp_rights & rights) == rights ? REF_DONE : REF_REFUSED;
}

enum ref_answer ref_mem_may(const struct ref_mem *m, uint64_t pa, size_t len, unsigned priv,
                            unsigned rights)
{
    if (pa % PAGE + len > PAGE)
        return REF_UNKNOWN;
    if (nothing_there(m, pa))
        return REF_REFUSED;
    if (!inside(pa, m->base, m->size))
        return REF_UNKNOWN;
    return pmp_check(m, pa, len, priv, rights);
}

enum ref_answer ref_mem_read(const struct ref_mem *m, uint64_t pa, size_t len, unsigned priv,
                             unsigned rights, uint64_t *value)
{
    enum ref_answer answer = ref_mem_may(m, pa, len, priv, rights);

    if (answer != REF_DONE)
        return answer;
    *value = 0;
    for (size_t k = 0; k < len; k++)
        *value |= (uint64_t)m->bytes[pa - m->base + k] << (8 * k);
    return REF_DONE;
}

enum ref_answer ref_mem_write(struct ref_mem *m, uint64_t pa, size_t len, unsigned priv,
                              uint64_t value)
{
    enum ref_answer answer = ref_mem_may(m, pa, len, priv, REF_W);

    if (answer != REF_DONE)
        return answer;
    if (m->undos + len > REF_UNDO_MAX)
        return REF_UNKNOWN;
    for (size_t k = 0; k < len; k++) {
        uint32_t at = (uint32_t)(pa - m->base + k);

        m->undo[m->undos].at = at;
        m->undo[m->undos++].was = m->bytes[at];
        m->bytes[at] = (uint8_t)(value >> (8 * k));
    }
    return REF_DONE;
}

void ref_mem_mark(struct ref_mem *m)
{
    m->undos = 0;
}

void ref_mem_undo(struct ref_mem *m)
{
    while (m->undos) {
        m->undos--;
        m->bytes[m->undo[m->undos].at] = m->undo[m->undos].was;
    }
}
