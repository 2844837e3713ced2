/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_celltable.c - one small cell table under the kernel's range calls and the users' instructions.
 *
 * An input is a list of choices: how many domains there are and how full the table is to begin with,
 * then calls. After each the table is read from raw memory and compared with a plain array of pages:
 * frames, rights and grants; and the invariants are checked. Users' instructions change rights and
 * grants of whole cells as securecells.md A.7 has it, so neighbours can become equal that the
 * kernel keeps apart until it edits one of them.
 *
 * If the input says so, what follows the calls is written over the table, everything that users
 * could reach and more, and all that reads a table must still end and stay inside of it.
 */
/* sources: src/riscv64-cells/cellbuild.c src/riscv64-cells/cellroom.c
 *          src/riscv64-cells/celltable.c src/riscv64-cells/cellrange.c src/riscv64-cells/cellcheck.c
 *          src/riscv64-cells/fault.c src/riscv64-cells/pmap.c test/host/walk_cells.c
 *          test/host/sim_machine.c src/lib/fmt.c src/lib/string.c */
/* runs: 2000 */
/* options: -max_len=256 */
#include "fuzz.h"
#include "lib/errno.h"
#include "lib/types.h"
#include "machine/layout.h"
#include "machine/trapframe.h"
#include "riscv64-cells/cellrange.h"
#include "riscv64-cells/model.h"
#include "sim_machine.h"
#include "walk.h"

#define LINES   1u
#define ROWS    4u
#define DOMS    3u /* at most */
#define NPAGES  96u
#define FIRST   0x40u /* page number of page[0] */
#define BYTES   (64 * LINES * (16 + 5 * ROWS))
#define KERNEL0 (WINDOW_BASE >> PAGE_SHIFT)

/* --- the table and the plain array -------------------------------------------------------------- */

struct page {
    bool     mapped;
    uint64_t ppn;
    uint8_t  rights[DOMS]; /* PERM_R, W, X */
    uint32_t grant[DOMS];
};

static struct page       page[NPAGES];
static struct pmap       map;
static struct celltable *table = &map.table;
static uint8_t           memory[BYTES] __attribute__((aligned(4096)));
static uint64_t          live[LINES];
static struct fuzz_input in;
static bool              users_acted; /* so cells need not be canonical */

static void start(uint32_t doms)
{
    static const struct cell_spec kernel = {KERNEL0 + 0x80200, KERNEL0 + 0x80203, 0x80200,
                                            PERM_V | PERM_R | PERM_X};
    phys_window = (uintptr_t)memory;
    memset(memory, 0xee, sizeof(memory));
    memset(page, 0, sizeof(page));
    memset(&map, 0, sizeof(map));
    celltable_attach(table, 0, LINES, ROWS, live);
    celltable_format(table, doms, &kernel, 1);
    map.domains = (1u << doms) - 1;
    users_acted = false;
    sim_satp = SATP_MODE_CELLS << SATP_MODE_SHIFT;
}

static struct cell_range range(uint32_t i, uint32_t n)
{
    return (struct cell_range){FIRST + i, FIRST + i + n - 1};
}

static uint32_t mapped_in(uint32_t i, uint32_t n)
{
    uint32_t count = 0;
    for (uint32_t k = i; k < i + n; k++)
        count += page[k].mapped;
    return count;
}

static void no_grants(struct page *p)
{
    for (uint32_t dom = 0; dom < DOMS; dom++)
        p->grant[dom] = GRANT_NONE;
}

/* --- comparing: raw memory is read here, not by the code under test ------------------------------- */

struct raw {
    uint64_t start, end, ppn;
};

static struct raw raw_cell(uint32_t slot)
{
    uint64_t lo, hi;
    memcpy(&lo, memory + 16 * slot, 8);
    memcpy(&hi, memory + 16 * slot + 8, 8);
    return (struct raw){lo & 0xfffffffff, lo >> 36, hi >> 8 & 0xfffffffffff};
}

/* The slot of the cell that holds vpn, by looking at all; 0: none. */
static uint32_t raw_find(uint64_t vpn)
{
    for (uint32_t slot = 1; slot < table->kfirst; slot++) {
        struct raw c = raw_cell(slot);
        if (c.start <= vpn && vpn <= c.end)
            return slot;
    }
    return 0;
}

static uint8_t *raw_byte(uint32_t dom, uint32_t slot)
{
    return memory + 1024 * LINES + 64 * LINES * dom + slot;
}

static uint8_t *raw_grant(uint32_t dom, uint32_t slot)
{
    return memory + 1024 * LINES + 64 * LINES * ROWS + 4 * (64 * LINES * dom + slot);
}

static uint32_t get_grant(uint32_t dom, uint32_t slot)
{
    uint32_t grant;
    memcpy(&grant, raw_grant(dom, slot), 4);
    return grant;
}

static void check_rights(uint32_t i, uint32_t slot)
{
    for (uint32_t dom = 1; dom < table->doms; dom++) {
        uint8_t byte = *raw_byte(dom, slot);
        FUZZ_CHECK((byte & PERM_V ? byte & PERM_RIGHTS : 0) == page[i].rights[dom]);
        FUZZ_CHECK(get_grant(dom, slot) == page[i].grant[dom]);
    }
    FUZZ_CHECK(*raw_byte(0, slot) == 0);
}

/* owner[i]: the slot whose cell holds page i, 0 for none. Cells hold no other pages, and none twice. */
static void find_owners(uint8_t *owner)
{
    memset(owner, 0, NPAGES);
    for (uint32_t slot = 1; slot < table->kfirst; slot++) {
        struct raw c = raw_cell(slot);
        if (c.start > c.end)
            continue;
        FUZZ_CHECK(c.start >= FIRST && c.end < FIRST + NPAGES);
        for (uint64_t i = c.start - FIRST; i <= c.end - FIRST; i++) {
            FUZZ_CHECK(!owner[i]);
            owner[i] = (uint8_t)slot;
        }
    }
}

static void check_page(uint32_t i, uint32_t slot)
{
    FUZZ_CHECK((slot != 0) == page[i].mapped);
    if (i % 3 == 0)
        FUZZ_CHECK(celltable_find(table, FIRST + i) == slot);
    if (!slot)
        return;
    struct raw c = raw_cell(slot);
    FUZZ_CHECK(c.ppn + (FIRST + i - c.start) == page[i].ppn);
    check_rights(i, slot);
}

/* The hardware's search finds what looking at all cells found. */
static void check_walk(uint32_t i)
{
    uint32_t dom = 1 + i % (table->doms - 1);
    uint8_t  rights = page[i].rights[dom];
    uint64_t pa, va = (uint64_t)(FIRST + i) << PAGE_SHIFT;
    bool     usable = page[i].mapped && (rights & PERM_R);
    FUZZ_CHECK(walk_access(sim_satp, dom, va, PMAP_R, &pa) == usable);
    FUZZ_CHECK(!usable || pa == page[i].ppn << PAGE_SHIFT);
}

static void check_table(void)
{
    char    text[120] = "";
    uint8_t owner[NPAGES];
    bool    ok = pmap_consistent(&map, text, sizeof(text));
    if (!ok && !(users_acted && strstr(text, "not canonical"))) {
        fprintf(stderr, "%s\n", text);
        FUZZ_CHECK(ok);
    }
    find_owners(owner);
    for (uint32_t i = 0; i < NPAGES; i++)
        check_page(i, owner[i]);
    for (uint32_t i = 0; i < NPAGES; i += 7)
        check_walk(i);
}

/* --- the kernel's calls ----------------------------------------------------------------------------- */

/* Often next to a neighbour's frames, so that cells can be joined. */
static uint64_t choose_ppn(uint32_t i, uint32_t n)
{
    uint32_t kind = fuzz_below(&in, 4);
    if (kind == 0 && i > 0 && page[i - 1].mapped)
        return page[i - 1].ppn + 1;
    if (kind == 1 && i + n < NPAGES && page[i + n].mapped && page[i + n].ppn > n)
        return page[i + n].ppn - n;
    return 0x1000 + 0x200 * fuzz_below(&in, 256);
}

static uint8_t choose_rights(void)
{
    return (uint8_t)(fuzz_below(&in, 8) << 1);
}

static uint32_t choose_dom(void)
{
    return 1 + fuzz_below(&in, table->doms - 1);
}

/* Whether err is a refusal for lack of slots, which at most `need` of them explain. */
static bool no_slot(int err, uint32_t need)
{
    FUZZ_CHECK(err != -ENOSPC || celltable_free(table) < need);
    return err == -ENOSPC;
}

static void enter(uint32_t i, uint32_t n, uint64_t ppn, const uint8_t *rights)
{
    uint8_t byte[DOMS] = {0};
    for (uint32_t dom = 1; dom < table->doms; dom++)
        byte[dom] = rights[dom] ? (uint8_t)(PERM_V | PERM_A | rights[dom]) : 0;
    int err = cellrange_enter(table, range(i, n), ppn, byte);
    if (no_slot(err, 1))
        return;
    FUZZ_CHECK(err == (mapped_in(i, n) ? -EEXIST : 0));
    for (uint32_t k = i; !err && k < i + n; k++) {
        page[k] = (struct page){.mapped = true, .ppn = ppn + (k - i)};
        memcpy(page[k].rights, rights, DOMS);
        no_grants(&page[k]);
    }
}

static void call_enter(uint32_t i, uint32_t n)
{
    uint8_t  rights[DOMS] = {0, choose_rights(), 0};
    uint64_t ppn = choose_ppn(i, n);
    if (table->doms > 2)
        rights[2] = choose_rights();
    enter(i, n, ppn, rights);
}

static void call_remove(uint32_t i, uint32_t n)
{
    int err = cellrange_remove(table, range(i, n));
    if (no_slot(err, 1))
        return;
    FUZZ_CHECK(err == 0);
    memset(&page[i], 0, n * sizeof(page[0]));
}

/* What cellrange.c calls taking away: a right that dom has, or could receive. */
static bool takes_away(const struct page *p, uint32_t dom, uint8_t rights)
{
    bool found = p->rights[dom] & ~rights;
    for (uint32_t d = 1; d < table->doms; d++)
        found |= grant_target(p->grant[d]) == dom && (p->grant[d] & PERM_RIGHTS & ~rights);
    return found;
}

static void call_protect(uint32_t i, uint32_t n)
{
    uint32_t dom = choose_dom();
    uint8_t  rights = choose_rights();
    int      err = cellrange_protect(table, range(i, n), dom, rights);
    if (no_slot(err, 2))
        return;
    FUZZ_CHECK(err == (mapped_in(i, n) == n ? 0 : -EFAULT));
    for (uint32_t k = i; !err && k < i + n; k++) {
        if (takes_away(&page[k], dom, rights))
            no_grants(&page[k]);
        page[k].rights[dom] = rights;
    }
}

static void call_replace(uint32_t i, uint32_t n)
{
    uint64_t ppn = choose_ppn(i, n);
    int      err = cellrange_replace(table, range(i, n), ppn);
    if (no_slot(err, 2))
        return;
    FUZZ_CHECK(err == (mapped_in(i, n) == n ? 0 : -EFAULT));
    if (!err)
        cellrange_join(table, range(i, n));
    for (uint32_t k = i; !err && k < i + n; k++)
        page[k].ppn = ppn + (k - i);
}

static void call_move(uint32_t i, uint32_t n)
{
    uint32_t to = fuzz_below(&in, NPAGES - n + 1);
    if (to < i + n && i < to + n)
        return; /* pmap.c refuses it */
    int err = cellrange_move(table, range(i, n), FIRST + to);
    if (no_slot(err, 2))
        return;
    FUZZ_CHECK(err == (mapped_in(to, n) ? -EEXIST : 0));
    if (err)
        return;
    memcpy(&page[to], &page[i], n * sizeof(page[0]));
    memset(&page[i], 0, n * sizeof(page[0]));
    for (uint32_t k = to; k < to + n; k++)
        if (page[k].mapped)
            no_grants(&page[k]);
}

static void call_clear_dirty(uint32_t i, uint32_t n)
{
    uint8_t bitmap[NPAGES / 8 + 1] = {0};
    cellrange_clear_dirty(table, range(i, n), bitmap);
    for (uint32_t k = 0; k < sizeof(bitmap) * 8; k++)
        if (bitmap[k / 8] >> (k % 8) & 1)
            FUZZ_CHECK(k < n && page[i + k].mapped);
}

/* Grants of cells that do not name the domain may go or stay. */
static void call_drop_domain(void)
{
    uint32_t dom = choose_dom();
    cellrange_drop_domain(table, dom);
    for (uint32_t i = 0; i < NPAGES; i++) {
        if (!page[i].mapped)
            continue;
        bool named = page[i].rights[dom] || page[i].grant[dom] != GRANT_NONE;
        for (uint32_t d = 1; d < table->doms; d++)
            named |= grant_target(page[i].grant[d]) == dom;
        uint32_t slot = raw_find(FIRST + i);
        if (named || (slot && get_grant(1, slot) == GRANT_NONE && get_grant(2, slot) == GRANT_NONE))
            no_grants(&page[i]);
        page[i].rights[dom] = 0;
    }
}

/* --- the users' instructions (A.7) ---------------------------------------------------------------------- */

/* After domain u acted on the cell in slot: the pages follow what raw memory says of it. */
static void pages_follow(uint32_t slot, uint32_t u)
{
    struct raw c = raw_cell(slot);
    users_acted = true;
    for (uint64_t vpn = c.start; vpn <= c.end; vpn++) {
        struct page *p = &page[vpn - FIRST];
        p->rights[u] = *raw_byte(u, slot) & PERM_RIGHTS;
        for (uint32_t d = 1; d < table->doms; d++)
            p->grant[d] = get_grant(d, slot);
    }
}

static void put_grant(uint32_t dom, uint32_t slot, uint32_t grant)
{
    memcpy(raw_grant(dom, slot), &grant, 4);
}

/* Take the right p that domain `from` offers u (A.7.6). */
static void receive(uint32_t slot, uint32_t u, uint32_t from, uint8_t p)
{
    uint32_t g = get_grant(from, slot);
    if (grant_target(g) != u || (p & ~g & PERM_RIGHTS))
        return;
    put_grant(from, slot, p == (g & PERM_RIGHTS) ? GRANT_NONE : g & ~(uint32_t)p);
    *raw_byte(u, slot) |= p | PERM_V;
}

static void user_acts(uint32_t i)
{
    uint32_t slot = raw_find(FIRST + i), u = choose_dom(), other = choose_dom();
    uint8_t  p = choose_rights();
    if (!slot)
        return;
    unsigned have = perm_rights(*raw_byte(u, slot));
    bool     own = have && !(p & ~have); /* C10 */
    switch (fuzz_below(&in, 4)) {
    case 0: /* prot */
        if (own)
            *raw_byte(u, slot) = (uint8_t)((*raw_byte(u, slot) & ~PERM_RIGHTS) | p);
        break;
    case 1: /* grant */
        if (own && p)
            put_grant(u, slot, other << GRANT_TARGET_SHIFT | p);
        break;
    case 2: /* tfer */
        if (own && p) {
            put_grant(u, slot, other << GRANT_TARGET_SHIFT | p);
            *raw_byte(u, slot) &= (uint8_t)~PERM_RIGHTS;
        }
        break;
    default:
        if (p)
            receive(slot, u, other, p);
        break;
    }
    pages_follow(slot, u);
}

static void user_writes(uint32_t i)
{
    uint64_t pa, va = (uint64_t)(FIRST + i) << PAGE_SHIFT;
    walk_access(sim_satp, choose_dom(), va, PMAP_W, &pa);
}

/* --- a table that is rubbish -------------------------------------------------------------------------------- */

static void ignore_line(void *arg, const char *line)
{
    (void)arg;
    FUZZ_CHECK(strlen(line) < 400);
}

static void read_page(uint32_t i)
{
    char             text[100];
    struct pmap_run  run;
    struct fault     f;
    vaddr_t          va = (vaddr_t)(FIRST + i) << PAGE_SHIFT, found;
    struct trapframe tf = {.scause = 13, .stval = va, .dom = 1 + i % 2};

    pmap_extract(&map, tf.dom, va, &run);
    pmap_reach(&map, tf.dom, va, PMAP_R);
    pmap_next(&map, va, PAGE_SIZE, &found);
    pmap_describe(&map, va, text, sizeof(text));
    pmap_fault_decode(&map, &tf, &f);
    tf.scause = i % 2 ? 15 : 24;
    pmap_fault_decode(&map, &tf, &f);
}

/* What is left of the input over the table, from a place that it says. The handle is the kernel's own. */
static void read_rubbish(void)
{
    char     text[120];
    uint32_t at = fuzz_below(&in, BYTES);
    size_t   n = size_min((size_t)(in.end - in.at), BYTES - at);
    memcpy(memory + at, in.at, n);
    pmap_consistent(&map, text, sizeof(text));
    pmap_dump(&map, ignore_line, NULL);
    for (uint32_t i = 0; i < NPAGES; i++)
        read_page(i);
}

/* --- a run ---------------------------------------------------------------------------------------------------- */

/* One cell for each slot but `free_slots`, none of which can be joined with another. */
static void fill(uint32_t free_slots)
{
    static const uint8_t rw[DOMS] = {0, PERM_R | PERM_W, 0};
    for (uint32_t i = 0; celltable_free(table) > free_slots; i++)
        enter(i, 1, 0x100000 + 2 * i, rw);
}

/* False: the calls are over. */
static bool call(void)
{
    uint32_t kind = fuzz_below(&in, 32), i = fuzz_below(&in, NPAGES);
    uint32_t n = 1 + fuzz_below(&in, kind & 1 ? 4 : NPAGES);
    n = n < NPAGES - i ? n : NPAGES - i;
    if (kind < 8)
        call_enter(i, n);
    else if (kind < 12)
        call_remove(i, n);
    else if (kind < 18)
        call_protect(i, n);
    else if (kind < 20)
        call_replace(i, n);
    else if (kind < 23)
        call_move(i, n);
    else if (kind < 24)
        call_clear_dirty(i, n);
    else if (kind < 25)
        call_drop_domain();
    else if (kind < 26)
        user_writes(i);
    else if (kind < 31)
        user_acts(i);
    else
        return false;
    check_table();
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    in = (struct fuzz_input){data, data + size};
    start(2 + fuzz_below(&in, 2));
    uint32_t full = fuzz_below(&in, 8);
    if (full < 4)
        fill(full);
    bool going = true;
    while (going && in.at < in.end)
        going = call();
    if (!going)
        read_rubbish();
    return 0;
}
