/* SPDX-License-Identifier: Apache-2.0 */
/* cellcheck.c - is the table what celltable.h says, and what is in it: invariants and dumps. */
#include "lib/fmt.h"
#include "riscv64-cells/model.h"

/* --- pmap_consistent ---
 *
 * A program that changes its rights by its own instructions can make two neighbours equal;
 * they stay two until the kernel edits one of them, and are reported here as not canonical. */

/* Where a violation is described. */
struct report {
    char  *buf;
    size_t size;
};

static bool wrong(const struct report *to, size_t slot, const char *what)
{
    fmt_snprintf(to->buf, to->size, "slot %zu: %s", slot, what);
    return false;
}

static bool metacell_ok(const struct celltable *t, const struct report *to)
{
    const struct cell *meta = &t->cell[0];
    if (meta->lo != (t->rows | (uint64_t)t->lines << 32) ||
        meta->hi != (t->doms | (uint64_t)t->nslots << 32))
        return wrong(to, 0, "metacell differs from the handle");
    if (t->doms < 1 || t->doms > t->rows || t->nslots != TABLE_SLOTS(t->lines))
        return wrong(to, 0, "M or N out of bounds");
    return true;
}

/* An empty slot: in its gap, and nothing in its column that could reach another cell (B.2.1). */
static bool empty_ok(const struct celltable *t, size_t slot, const struct report *to)
{
    uint64_t start = celltable_start(t, slot), e = celltable_end(t, slot);
    size_t   left = celltable_prev(t, slot), right = celltable_next(t, slot);
    if (start != e + 1)
        return wrong(to, slot, "not live but not empty");
    if ((left && e < celltable_end(t, left)) || start > celltable_start(t, right))
        return wrong(to, slot, "empty slot outside its gap");
    if (slot > 1 && e < celltable_end(t, slot - 1))
        return wrong(to, slot, "empty slot that ends before the slot before it");
    if (t->cell[slot].hi & ~(CELL_GEN_MASK << CELL_GEN_SHIFT))
        return wrong(to, slot, "empty slot with a base");
    for (size_t dom = 0; dom < t->rows; dom++) {
        if (*celltable_byte(t, dom, slot) || *celltable_grant(t, dom, slot) != GRANT_NONE)
            return wrong(to, slot, "empty slot with rights or grants");
    }
    return true;
}

/* Rights that must not be there: users' in kernel cells, the kernel's in users', anybody's in rows
 * that do not exist, grants to domains that do not. */
static bool column_ok(const struct celltable *t, size_t slot, const struct report *to)
{
    bool kernel = slot >= t->kfirst;
    for (size_t dom = 0; dom < t->rows; dom++) {
        unsigned byte = *celltable_byte(t, dom, slot);
        uint32_t grant = *celltable_grant(t, dom, slot);
        if (byte && (dom >= t->doms || kernel != (dom == 0)))
            return wrong(to, slot, "right in a row that may have none");
        if (grant != GRANT_NONE &&
            (dom >= t->doms || dom == 0 || kernel || grant_target(grant) >= t->doms))
            return wrong(to, slot, "grant that may not be");
    }
    return true;
}

static bool live_ok(const struct celltable *t, size_t slot, const struct report *to)
{
    uint64_t start = celltable_start(t, slot), end = celltable_end(t, slot);
    uint64_t ppn = celltable_ppn(t, slot), last_ppn = ppn + (end - start);
    size_t   left = celltable_prev(t, slot);
    if (start > end)
        return wrong(to, slot, "live but empty");
    if (left && celltable_end(t, left) >= start)
        return wrong(to, slot, "not after the cell before it");
    if (slot < t->kfirst ? start == 0 || end >= USER_END_VPN : start < USER_END_VPN)
        return wrong(to, slot, "on the wrong side of the end of user space");
    uint64_t table = t->base >> PAGE_SHIFT;
    if (slot < t->kfirst && ppn < table + pages_for(table_bytes(t->lines, t->rows)) &&
        table <= last_ppn)
        return wrong(to, slot, "shows the table to users");
    if (left && celltable_mergeable(t, left, slot))
        return wrong(to, slot, "not canonical: could be one with the cell before it");
    return column_ok(t, slot, to);
}

bool pmap_consistent(struct pmap *pm, char *buf, size_t size)
{
    const struct celltable *t = model_table(pm);
    struct report           to = {buf, size};
    size_t                  nlive = 0;

    if (!metacell_ok(t, &to))
        return false;
    for (size_t slot = 1; slot < t->nslots; slot++) {
        bool live = celltable_is_live(t, slot);
        if (slot >= t->kfirst && !live)
            return wrong(&to, slot, "kernel cell marked empty");
        if (live ? !live_ok(t, slot, &to) : !empty_ok(t, slot, &to))
            return false;
        nlive += live && slot < t->kfirst;
    }
    return nlive == t->nlive || wrong(&to, 0, "count of live cells is wrong");
}

/* --- pmap_dump, pmap_describe --- */

#define LINE_SIZE 160

/* "rwx", then a and d if the hardware saw an access, a write; "-" for a domain without view. */
static size_t perm_text(unsigned byte, char *buf, size_t size)
{
    if (!(byte & PERM_V))
        return fmt_snprintf(buf, size, "    -");
    return fmt_snprintf(buf, size, "%c%c%c%c%c", byte & PERM_R ? 'r' : '-',
                        byte & PERM_W ? 'w' : '-', byte & PERM_X ? 'x' : '-',
                        byte & PERM_A ? 'a' : ' ', byte & PERM_D ? 'd' : ' ');
}

static size_t grant_text(const struct celltable *t, size_t dom, size_t slot, char *buf, size_t size)
{
    uint32_t grant = *celltable_grant(t, dom, slot);
    if (grant == GRANT_NONE)
        return 0;
    return fmt_snprintf(buf, size, " [%zu offers %s%s%s to %u]", dom, grant & PERM_R ? "r" : "",
                        grant & PERM_W ? "w" : "", grant & PERM_X ? "x" : "", grant_target(grant));
}

/* What is left of a line of LINE_SIZE after n characters. */
static size_t room(size_t n)
{
    return n < LINE_SIZE ? LINE_SIZE - n : 0;
}

static char *at(char *line, size_t n)
{
    return line + (n < LINE_SIZE ? n : LINE_SIZE - 1);
}

static void slot_text(const struct celltable *t, size_t slot, char *line)
{
    uint64_t start = celltable_start(t, slot), end = celltable_end(t, slot);
    size_t n = fmt_snprintf(line, LINE_SIZE, "%5zu %010llx-%010llx %10llx %8llu KiB %4llu%s ", slot,
                            (unsigned long long)start << PAGE_SHIFT,
                            ((unsigned long long)(end + 1) << PAGE_SHIFT) - 1,
                            (unsigned long long)celltable_ppn(t, slot) << PAGE_SHIFT,
                            (unsigned long long)(end + 1 - start) * (PAGE_SIZE / 1024),
                            (unsigned long long)cell_hi_gen(t->cell[slot].hi),
                            t->cell[slot].hi & CELL_VALID ? "" : " INVALID");
    for (size_t dom = 0; dom < t->doms; dom++) {
        n += fmt_snprintf(at(line, n), room(n), " ");
        n += perm_text(*celltable_byte(t, dom, slot), at(line, n), room(n));
    }
    for (size_t dom = 0; dom < t->doms; dom++)
        n += grant_text(t, dom, slot, at(line, n), room(n));
}

static void head_text(const struct celltable *t, char *line)
{
    size_t n = fmt_snprintf(line, LINE_SIZE, "%5s %21s %10s %12s %4s ", "slot", "virtual",
                            "physical", "size", "gen");
    for (size_t dom = 0; dom < t->doms; dom++)
        n += fmt_snprintf(at(line, n), room(n), " dom%-2zu", dom);
}

void pmap_dump(struct pmap *pm, void (*out)(void *arg, const char *line), void *arg)
{
    const struct celltable *t = model_table(pm);
    char                    line[LINE_SIZE];

    fmt_snprintf(line, sizeof(line),
                 "cell table at %#llx, %zu bytes: %zu of %zu cells, %zu of %zu domains",
                 (unsigned long long)t->base, table_bytes(t->lines, t->rows),
                 t->nlive + t->nslots - t->kfirst, t->nslots - 1, t->doms, t->rows);
    out(arg, line);
    head_text(t, line);
    out(arg, line);
    for (size_t slot = 1; slot < t->nslots; slot++) {
        if (!celltable_is_live(t, slot))
            continue;
        slot_text(t, slot, line);
        out(arg, line);
    }
}

void pmap_describe(struct pmap *pm, vaddr_t va, char *buf, size_t size)
{
    struct celltable *t = model_table(pm);
    size_t            slot = va >> PAGE_SHIFT <= VPN_MASK ? celltable_find(t, va >> PAGE_SHIFT) : 0;
    if (slot == 0) {
        fmt_snprintf(buf, size, "no cell maps %#llx", (unsigned long long)va);
        return;
    }

    size_t n = fmt_snprintf(buf, size, "cell %zu: %#llx-%#llx -> %#llx", slot,
                            (unsigned long long)celltable_start(t, slot) << PAGE_SHIFT,
                            ((unsigned long long)(celltable_end(t, slot) + 1) << PAGE_SHIFT) - 1,
                            (unsigned long long)celltable_ppn(t, slot) << PAGE_SHIFT);
    for (size_t dom = 0; dom < t->doms && n < size; dom++) {
        n += fmt_snprintf(buf + n, size - n, ", %zu ", dom);
        if (n < size)
            n += perm_text(*celltable_byte(t, dom, slot), buf + n, size - n);
    }
}
