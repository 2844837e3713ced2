/* SPDX-License-Identifier: Apache-2.0 */
/* radixcheck.c - is the tree what radix.h says, and what is in it: invariants and dumps. */
#include "lib/fmt.h"
#include "riscv64-sv48/model.h"
#include "riscv64-sv48/radix_internal.h"

/* --- pmap_consistent --- */

struct check {
    char               *buf;
    size_t              size;
    const struct radix *rx;
    size_t              ntables; /* seen */
};

static bool wrong(const struct check *c, vaddr_t va, const char *what)
{
    fmt_snprintf(c->buf, c->size, "entry for %#llx: %s", (unsigned long long)va, what);
    return false;
}

static bool is_hidden(const struct check *c, vaddr_t va)
{
    return va >= c->rx->hidden_lo && va < c->rx->hidden_hi;
}

/* Leaf of user space, with rights or without. */
static bool leaf_ok(const struct check *c, pte_t pte, unsigned level, vaddr_t va)
{
    if (level > PTE_MAX_LEAF)
        return wrong(c, va, "leaf too large");
    if (pte_pa(pte) & (pte_size(level) - 1))
        return wrong(c, va, "leaf not aligned");
    if ((pte & PTE_V) != (pte & PTE_RIGHTS && !is_hidden(c, va) ? PTE_V : 0))
        return wrong(c, va, "valid without rights, or rights without valid");
    if ((pte & PTE_V) && (pte & (PTE_U | PTE_A | PTE_G)) != (PTE_U | PTE_A))
        return wrong(c, va, "not a user leaf");
    if ((pte & (PTE_R | PTE_W)) == PTE_W)
        return wrong(c, va, "write without read");
    return true;
}

static bool idle_within(const struct radix *rx, vaddr_t va, vaddr_t end)
{
    for (unsigned i = 0; i < rx->nidle; i++) {
        if (rx->idle[i] >= va && rx->idle[i] < end)
            return true;
    }
    return false;
}

/* Whether the entries are what one leaf of the table above says as well. */
static bool could_be_one(const pte_t *entry, unsigned level)
{
    if (!pte_is_mapped(entry[0]) || pte_pa(entry[0]) % pte_size(level + 1))
        return false;
    for (unsigned i = 1; i < PTE_PER_TABLE; i++) {
        if (((entry[i] ^ entry[0]) & ~(PTE_PPN_MASK | PTE_D)) ||
            pte_pa(entry[i]) != pte_pa(entry[0]) + i * pte_size(level))
            return false;
    }
    return true;
}

/* What is true of a table as a whole, whose entries are right. */
static bool shape_ok(const struct check *c, const pte_t *entry, unsigned level, vaddr_t va)
{
    vaddr_t  end = va + pte_size(level + 1);
    unsigned used = 0;
    for (unsigned i = 0; i < PTE_PER_TABLE; i++)
        used += entry[i] != 0;
    if (used == 0 && level < PTE_LEVELS - 1 && !idle_within(c->rx, va, end))
        return wrong(c, va, "table is empty, and nobody noted it");
    bool hidden = c->rx->hidden_lo < end && va < c->rx->hidden_hi;
    if (level < PTE_MAX_LEAF && !hidden && could_be_one(entry, level))
        return wrong(c, va, "table that one leaf could stand for");
    return true;
}

static bool table_ok(struct check *c, paddr_t table, unsigned level, vaddr_t start)
{
    const pte_t *entry = phys_ptr(table);
    vaddr_t      va = start;
    c->ntables++;
    for (unsigned i = 0; i < PTE_PER_TABLE; i++, va += pte_size(level)) {
        pte_t pte = entry[i];
        if (pte == 0 || va >= USER_END)
            continue;
        if (pte & ~(PTE_PPN_MASK | 0x1ff))
            return wrong(c, va, "reserved bits set");
        if (pte_is_mapped(pte)) {
            if (!leaf_ok(c, pte, level, va))
                return false;
        } else if (pte != (pte_of_pa(pte_pa(pte)) | PTE_V) || level == 0) {
            return wrong(c, va, "neither a leaf nor a table");
        } else if (!table_ok(c, pte_pa(pte), level - 1, va)) {
            return false;
        }
    }
    return shape_ok(c, entry, level, start);
}

bool pmap_consistent(struct pmap *pm, char *buf, size_t size)
{
    if (!pm)
        return true; /* built once, never changed; the entries above are users' */

    const struct radix *rx = &pm->tree;
    struct check        c = {buf, size, rx, 0};
    if (rx->spare || (rx->hidden_spare && rx->hidden_lo >= rx->hidden_hi))
        return wrong(&c, 0, "reserved frames were not given back");
    if (!table_ok(&c, rx->root, PTE_LEVELS - 1, 0))
        return false;
    for (const struct radix_near *n = rx->near; n < rx->near + RADIX_NEAR; n++)
        if (n->va != RADIX_NOWHERE && phys_of(table_of(radix_peek(rx, n->va).pte)) != n->table)
            return wrong(&c, n->va, "not in the table that was found there");
    return c.ntables == rx->ntables || wrong(&c, 0, "count of tables is wrong");
}

/* --- pmap_dump, pmap_describe --- */

#define LINE_SIZE 120

/* Neighbouring leaves of one size, contiguous, with the same bits. */
struct run {
    vaddr_t  va, end;
    paddr_t  pa;
    pte_t    bits;
    unsigned level;
};

static void rights_text(pte_t bits, char text[8])
{
    fmt_snprintf(text, 8, "%c%c%c%c%c%c", bits & PTE_R ? 'r' : '-', bits & PTE_W ? 'w' : '-',
                 bits & PTE_X ? 'x' : '-', bits & PTE_A ? 'a' : ' ', bits & PTE_D ? 'd' : ' ',
                 bits & PTE_MAPPED ? 'u' : ' ');
}

static void run_text(const struct run *run, char *line)
{
    static const char *const sizes[] = {"4 KiB", "2 MiB", "1 GiB"};
    char                     rights[8];
    rights_text(run->bits, rights);
    fmt_snprintf(line, LINE_SIZE, "%010llx-%010llx %10llx %9llu KiB  %s  %5llu of %s",
                 (unsigned long long)run->va, (unsigned long long)run->end - 1,
                 (unsigned long long)run->pa, (unsigned long long)(run->end - run->va) / 1024,
                 rights, (unsigned long long)((run->end - run->va) / pte_size(run->level)),
                 sizes[run->level]);
}

static bool run_extend(struct run *run, const struct radix_pos *pos)
{
    pte_t pte = *pos->pte;
    if (run->va == run->end || pos->va != run->end || pos->level != run->level ||
        (pte & ~PTE_PPN_MASK) != run->bits || pte_pa(pte) != run->pa + (run->end - run->va))
        return false;
    run->end += pte_size(pos->level);
    return true;
}

static struct run run_start(const struct radix_pos *pos)
{
    pte_t pte = *pos->pte;
    return (struct run){pos->va, pos->va + pte_size(pos->level), pte_pa(pte), pte & ~PTE_PPN_MASK,
                        pos->level};
}

static void run_print(const struct run *run, void (*out)(void *arg, const char *line), void *arg)
{
    char line[LINE_SIZE];
    if (run->va == run->end)
        return;
    run_text(run, line);
    out(arg, line);
}

void pmap_dump(struct pmap *pm, void (*out)(void *arg, const char *line), void *arg)
{
    struct radix copy = *model_tree(pm), *rx = &copy; /* perhaps nobody holds the lock */
    struct run   run = {0};
    char         line[LINE_SIZE];

    fmt_snprintf(line, sizeof(line), "page tables at %#llx: %zu of 4 KiB",
                 (unsigned long long)rx->root, rx->ntables);
    out(arg, line);
    fmt_snprintf(line, sizeof(line), "%21s %10s %13s  %-6s  leaves", "virtual", "physical", "size",
                 "rights");
    out(arg, line);
    vaddr_t end = WINDOW_BASE + WINDOW_SIZE;
    for (struct radix_span s = radix_first(rx, 0, end); s.n; s = radix_next(rx, &s, end)) {
        for (unsigned i = 0; i < s.n; i++) {
            struct radix_pos pos = span_at(&s, i);
            if (*pos.pte == 0 || run_extend(&run, &pos))
                continue;
            run_print(&run, out, arg);
            run = run_start(&pos);
        }
    }
    run_print(&run, out, arg);
}

void pmap_describe(struct pmap *pm, vaddr_t va, char *buf, size_t size)
{
    struct radix_pos pos;
    if (va >= WINDOW_BASE + WINDOW_SIZE || *(pos = radix_peek(model_tree(pm), va)).pte == 0) {
        fmt_snprintf(buf, size, "no page maps %#llx", (unsigned long long)va);
        return;
    }

    char rights[8];
    rights_text(*pos.pte, rights);
    fmt_snprintf(buf, size, "page %#llx-%#llx -> %#llx %s", (unsigned long long)pos.va,
                 (unsigned long long)(pos.va + pte_size(pos.level) - 1),
                 (unsigned long long)pte_pa(*pos.pte), rights);
}
