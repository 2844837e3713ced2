/* SPDX-License-Identifier: Apache-2.0
 *
 * walk.c - the table in memory (A.1) and translation by it (A.5), for the golden model.
 *
 * One hart and no cache: nothing comes between two reads of a walk, so its second reading of the
 * descriptor (A.5.11) always agrees and is left out.
 */
#include "table.h"

#define VPN_BITS 36

/* Largest number of SDs that M may give (A.1.4). */
#define SD_LIMIT 0xfffffffull

static uint64_t min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* A.5.4, A.5.5: 16 bytes at once, as S. */
static enum ref_answer read_pair(const struct ref_hart *h, uint64_t pa, uint64_t *lo, uint64_t *hi)
{
    enum ref_answer answer = ref_mem_read(h->mem, pa, 8, REF_S, REF_R, lo);

    return answer != REF_DONE ? answer : ref_mem_read(h->mem, pa + 8, 8, REF_S, REF_R, hi);
}

enum ref_answer ref_table_read(const struct ref_hart *h, struct ref_table *t)
{
    uint64_t        lo, hi;
    enum ref_answer answer;

    t->base = ref_bits(h->satp, 43, 0) << 12; /* A.1.1 */
    answer = read_pair(h, t->base, &lo, &hi);
    if (answer != REF_DONE)
        return answer;
    t->R = ref_bits(lo, 31, 0); /* A.1.3 */
    t->T = ref_bits(lo, 63, 32);
    t->M = ref_bits(hi, 31, 0);
    t->N = ref_bits(hi, 63, 32);
    t->Ne = min(t->N, 64 * t->T); /* A.1.4 */
    t->Me = min(min(t->M, t->R), SD_LIMIT);
    return REF_DONE;
}

/* A.1.2 */
uint64_t ref_desc_at(const struct ref_table *t, uint64_t slot)
{
    return t->base + 16 * slot;
}

uint64_t ref_perm_at(const struct ref_table *t, uint64_t sd, uint64_t slot)
{
    return t->base + 1024 * t->T + 64 * t->T * sd + slot;
}

uint64_t ref_grant_at(const struct ref_table *t, uint64_t sd, uint64_t slot)
{
    return t->base + 1024 * t->T + 64 * t->T * t->R + 256 * t->T * sd + 4 * slot;
}

static enum ref_answer cell_read(const struct ref_hart *h, const struct ref_table *t, uint64_t slot,
                                 struct ref_cell *c)
{
    uint64_t        lo, hi;
    enum ref_answer answer = read_pair(h, ref_desc_at(t, slot), &lo, &hi);

    if (answer != REF_DONE)
        return answer;
    c->slot = slot; /* A.1.6 */
    c->start = ref_bits(lo, 35, 0);
    c->end = ref_bits(lo, 63, 36) | ref_bits(hi, 7, 0) << 28;
    c->ppn = ref_bits(hi, 51, 8);
    c->valid = ref_bits(hi, 63, 63);
    return REF_DONE;
}

bool ref_canonical(uint64_t va)
{
    return ref_sext(va, 48) == va; /* A.5.1 */
}

enum ref_answer ref_lookup(const struct ref_hart *h, const struct ref_table *t, uint64_t va,
                           bool *found, struct ref_cell *c)
{
    uint64_t vpn = ref_bits(va, 47, 12);
    uint64_t lo = 1, hi = t->Ne; /* A.5.6 */

    *found = false;
    while (lo < hi) {
        uint64_t        mid = lo + (hi - lo) / 2;
        struct ref_cell d;
        enum ref_answer answer = cell_read(h, t, mid, &d);

        if (answer != REF_DONE)
            return answer;
        if (vpn > d.end) { /* this test first: A.1.9 */
            lo = mid + 1;
        } else if (vpn < d.start) {
            hi = mid;
        } else {
            *found = true;
            *c = d;
            return REF_DONE;
        }
    }
    return REF_DONE;
}

static enum ref_walk_end refused(enum ref_answer answer)
{
    return answer == REF_REFUSED ? WALK_ACCESS_FAULT : WALK_UNKNOWN;
}

/* A.5.8, A.5.9: does the byte allow the access? */
static bool byte_allows(uint64_t byte, enum ref_access access, bool mxr)
{
    uint64_t rights = byte & BYTE_RWX;

    if (!(byte & BYTE_V) || rights == BYTE_W || rights == (BYTE_W | BYTE_X))
        return false;
    switch (access) {
    case REF_LOAD:
        return rights & (BYTE_R | (mxr ? BYTE_X : 0)); /* A.4.4 */
    case REF_STORE:
        return rights & BYTE_W;
    default:
        return rights & BYTE_X;
    }
}

/* A.5.10. The arena is RAM, so the byte is. */
static enum ref_answer set_a_and_d(struct ref_hart *h, uint64_t at, uint64_t byte,
                                   enum ref_access access)
{
    uint64_t want = byte | BYTE_A | (access == REF_STORE ? BYTE_D : 0);

    return want == byte ? REF_DONE : ref_mem_write(h->mem, at, 1, REF_S, want);
}

static enum ref_walk_end walk(struct ref_hart *h, uint64_t va, enum ref_access access, uint64_t row,
                              uint64_t *pa)
{
    struct ref_table t;
    struct ref_cell  c;
    enum ref_answer  answer;
    uint64_t         byte;
    bool             found;

    if (!ref_canonical(va)) /* A.5.1 */
        return WALK_PAGE_FAULT;
    if ((answer = ref_table_read(h, &t)) != REF_DONE) /* A.5.2, A.5.4 */
        return refused(answer);
    if (row >= t.Me) /* A.5.3 */
        return WALK_PAGE_FAULT;
    if ((answer = ref_lookup(h, &t, va, &found, &c)) != REF_DONE)
        return refused(answer);
    if (!found || !c.valid) /* A.5.6, A.5.7 */
        return WALK_PAGE_FAULT;
    answer = ref_mem_read(h->mem, ref_perm_at(&t, row, c.slot), 1, REF_S, REF_R, &byte);
    if (answer != REF_DONE)
        return refused(answer);
    if (!byte_allows(byte, access, h->mstatus & STATUS_MXR))
        return WALK_PAGE_FAULT;
    answer = set_a_and_d(h, ref_perm_at(&t, row, c.slot), byte, access);
    if (answer != REF_DONE)
        return refused(answer);
    *pa = (c.ppn << 12) + (ref_bits(va, 47, 0) - (c.start << 12)); /* A.5.12 */
    return *pa >> 56 ? WALK_ACCESS_FAULT : WALK_OK;
}

enum ref_walk_end ref_walk(struct ref_hart *h, uint64_t va, enum ref_access access, uint64_t row,
                           uint64_t *pa)
{
    enum ref_walk_end end;

    if (h->stale_allowed) /* A.5.14: what was cached before may still be used, or not */
        return WALK_UNKNOWN;
    end = walk(h, va, access, row, pa);
    if (end == WALK_PAGE_FAULT || end == WALK_ACCESS_FAULT)
        h->failed++; /* A.2.2 */
    return end;
}
