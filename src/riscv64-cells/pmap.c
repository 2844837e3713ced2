/* SPDX-License-Identifier: Apache-2.0 */
/* pmap.c - the contract (machine/pmap.h) for SecureCells: which table, when to fence, when to grow.
 *
 * A pmap's table starts with T = 4 and R = 2: 255 cells and one compartment in 6,656 bytes, with the
 * bitmap of its live slots behind it. A table that gets dense moves to one of twice the size, one
 * that gets empty to a smaller one; the first domain that a program makes moves it to more rows.
 *
 * Fences: adding needs none, since failed walks are not cached (A.5.14). What takes away sets
 * table.stale, and pmap_update() then drops the translations of all harts.
 *
 * pmap_bootstrap() runs at physical addresses: it and what it calls use no absolute pointer;
 * memory is reached through phys_ptr(), which is the identity then.
 */
#include "lib/assert.h"
#include "lib/errno.h"
#include "machine/layout.h"
#include "machine/pmap_args.h"
#include "machine/upcall.h"
#include "riscv64-cells/cellrange.h"
#include "riscv64-cells/cellroom.h"
#include "riscv64-cells/hw.h"
#include "riscv64-cells/model.h"
#include "riscv64-cells/tblmem.h"
#include "riscv64-cells/traprot.h"
#include "riscv64/satp.h"

#define FIRST_LINES 4u
#define FIRST_ROWS  (PMAP_DOM_FIRST + 1)
#define MORE_ROWS   9u /* from the first domain made on */

/* Kernel cells: text, rodata, RAM, devices. */
#define KERNEL_CELLS (2 + BOOTINFO_RANGES + 2 * BOOTINFO_RANGES)

_Static_assert(KERNEL_CELLS < TABLE_SLOTS(1), "the kernel's own table has one line");

static const struct pmap_limits limits = {
    .name = "cells",
    .granule = PAGE_SIZE,
    .fault_extent = 8 * PAGE_SIZE,
    .run_align = PAGE_SIZE,
    .run_max = SIZE_MAX,
    .max_ranges = TABLE_SLOTS(CELLS_MAX_LINES) / 8 * 7 - KERNEL_CELLS - 1,
    .max_domains = CELLS_MAX_DOMS,
    .tracks_dirty = true,
    .user_switch = true,
};

const struct pmap_limits *const pmap_limits = &limits;

uint64_t pmap_trap_limit;

/* The kernel's own map: no user cells, M = 1, one line. */
static struct celltable kernel_table;
static uint64_t         kernel_live[1];

static uint64_t satp_of(const struct celltable *t)
{
    return SATP_MODE_CELLS << SATP_MODE_SHIFT | t->base >> PAGE_SHIFT;
}

struct celltable *model_table(struct pmap *pm)
{
    if (pm)
        return &pm->table;

    /* The pointers were made before translation was on. */
    celltable_attach(&kernel_table, kernel_table.base, 1, 1, kernel_live);
    return &kernel_table;
}

/* --- life --- */

/* Insert the window's part for r, keeping the list sorted. */
static size_t spec_add(struct cell_spec *list, size_t n, const struct phys_range *r,
                       unsigned rights)
{
    if (r->len == 0)
        return n;

    uint64_t ppn = r->start >> PAGE_SHIFT;
    uint64_t start = (WINDOW_BASE >> PAGE_SHIFT) + ppn;
    size_t   i = n;
    for (; i > 0 && list[i - 1].start > start; i--)
        list[i] = list[i - 1];
    /* A and D are set beforehand: nobody asks whether the kernel used its own memory. */
    list[i].start = start;
    list[i].end = start + pages_for(r->len) - 1;
    list[i].ppn = ppn;
    list[i].byte = (uint8_t)(PERM_V | PERM_A | PERM_D | rights);
    return n + 1;
}

/* Join neighbours of equal rights; the window is one shift, so those that touch are contiguous. */
static size_t spec_join(struct cell_spec *list, size_t n)
{
    size_t out = 0;
    for (size_t i = 1; i < n; i++) {
        if (list[i].start == list[out].end + 1 && list[i].byte == list[out].byte)
            list[out].end = list[i].end;
        else
            list[++out] = list[i];
    }
    return out + 1;
}

uint64_t pmap_bootstrap(struct bootinfo *bi)
{
    struct cell_spec list[KERNEL_CELLS];
    size_t           n = spec_add(list, 0, &bi->text, PERM_R | PERM_X);
    n = spec_add(list, n, &bi->rodata, PERM_R);
    for (size_t i = 0; i < bi->nwindow; i++)
        n = spec_add(list, n, &bi->window[i], PERM_R | PERM_W);
    for (size_t i = 0; i < bi->nmmio; i++)
        n = spec_add(list, n, &bi->mmio[i], PERM_R | PERM_W);
    n = spec_join(list, n);

    celltable_attach(&kernel_table, boot_alloc(bi, table_bytes(1, 1)), 1, 1, kernel_live);
    celltable_format(&kernel_table, 1, list, n);
    return satp_of(&kernel_table);
}

void pmap_init_hart(void)
{
    hw_domains_init();
}

/* The bitmap lies behind the table. */
static size_t table_pages(size_t lines, size_t rows)
{
    return pages_for(table_bytes(lines, rows) + lines * sizeof(uint64_t));
}

/* Make t a table with the kernel's cells and no others. */
static int table_create(struct celltable *t, size_t lines, size_t rows, size_t doms)
{
    paddr_t base;
    int     err = frame_alloc(table_pages(lines, rows), &base);
    if (err)
        return err;

    const struct celltable *kernel = model_table(NULL);
    struct cell_spec        list[KERNEL_CELLS];
    size_t                  n = 0;
    while (n < KERNEL_CELLS && celltable_kernel_spec(kernel, n, &list[n]))
        n++;
    celltable_attach(t, base, lines, rows, phys_ptr(base + table_bytes(lines, rows)));
    celltable_format(t, doms, list, n);
    return 0;
}

static void table_destroy(const struct celltable *t)
{
    frame_free(t->base, table_pages(t->lines, t->rows));
}

/* A table is made larger before it is full, since inserts into a dense one move many cells, and
 * smaller when it is next to empty. The new one is between 1/8 and 5/16 full, so that many
 * calls pass before it is replaced in its turn. One that is crowded in places is laid out anew. Where there
 * is no memory for that, the last slots are kept: what is entered leaves some for changes to what is there, and
 * these leave some for those who make memory, since moving pages cuts ranges. */
#define RESERVE 8u /* one slot of so many */
#define KEPT \
    16u /* the same: it is enough for moving as many frames as a table twice as large takes */

/* What was kept and is in use is not kept: calls that only take back what they did, find its room. */
static void keep_slots(struct celltable *t)
{
    t->kept = size_min(t->nslots / KEPT, celltable_free(t));
}

static void set_limits(struct pmap *pm)
{
    size_t slots = pm->table.nslots;
    bool   last = pm->table.lines >= CELLS_MAX_LINES;
    pm->grow_at = last ? slots : slots / 8 * 5;
    pm->rebuild_at = 0;
    pm->shrink_at = pm->table.lines > FIRST_LINES ? slots / 16 : 0;
    pm->table.reserve = slots / RESERVE;
    keep_slots(&pm->table);
}

/* The pointers lead to another table's memory, or nowhere yet: no domain has this number. */
static void forget_reached(struct pmap *pm)
{
    for (size_t i = 0; i < REACHED; i++)
        pm->reached[i].dom = CELLS_MAX_DOMS;
}

int pmap_create(struct pmap **out)
{
    paddr_t self;
    int     err = frame_alloc(1, &self);
    if (err)
        return err;

    struct pmap *pm = phys_ptr(self);
    err = table_create(&pm->table, FIRST_LINES, FIRST_ROWS, PMAP_DOM_FIRST + 1);
    if (err) {
        frame_free(self, 1);
        return err;
    }
    pm->self = self;
    set_limits(pm);
    forget_reached(pm);
    pm->rebuilt = pm->shootdowns = 0;
    pm->suspended = (struct cell_range){0, 0};
    pm->domains = 1u << PMAP_DOM_KERNEL | 1u << PMAP_DOM_FIRST;
    *out = pm;
    return 0;
}

static bool is_active(const struct celltable *t)
{
    return satp_read() == satp_of(t);
}

void pmap_destroy(struct pmap *pm)
{
    ASSERT(!is_active(&pm->table));

    table_destroy(&pm->table);
    frame_free(pm->self, 1);
}

static void activate(const struct celltable *t)
{
    pmap_trap_limit = t->doms - 1;
    if (!is_active(t))
        satp_switch(satp_of(t));
}

void pmap_activate(struct pmap *pm)
{
    activate(model_table(pm));
}

void pmap_update(struct pmap *pm)
{
    if (!pm->table.stale)
        return;

    /* The edit ended with a full fence, so that the others find its stores when they are asked. */
    tlb_fence();
    shootdown_others();
    pm->table.stale = false;
    pm->shootdowns++;
}

/* --- another table --- */

/* What each hart does once the map has another table: nothing if it does not run in this map. */
struct table_switch {
    uint64_t old_satp;
    const struct celltable *new;
};

static void take_table(void *arg)
{
    const struct table_switch *to = arg;
    if (satp_read() == to->old_satp)
        activate(to->new);
}

/* Put `new`, which has the map's cells but not their columns, in the place of its table: B.4.1, for
 * every replacement there is. Users' instructions change rights, grants and A and D of the old table
 * until they are stopped, so these are copied then; and none runs again before its hart walks
 * the new table, so that nothing is written to the old one after that. */
static void replace_table(struct pmap *pm, struct celltable *new)
{
    struct celltable    old = pm->table;
    struct table_switch to = {satp_of(&old), &pm->table};

    stop_others();
    celltable_copy_columns(new, &old);
    tbl_fence(); /* the new table is in memory before any hart walks it */
    new->stale = old.stale;
    new->moved = old.moved;
    pm->table = *new;
    forget_reached(pm);
    take_table(&to);
    resume_others(take_table, &to);
    table_destroy(&old);
}

/* Move to a table of this size. -ENOMEM. */
static int resize(struct pmap *pm, size_t lines, size_t rows)
{
    struct celltable new;
    int err = table_create(&new, lines, rows, pm->table.doms);
    if (err)
        return err;

    celltable_copy_cells(&new, &pm->table, cellroom_expected(&pm->table));
    replace_table(pm, &new);
    set_limits(pm);
    pm->rebuilt++;
    return 0;
}

/* Slots that the edges of a range can take. */
#define EDGES 2u

/* Before a range call, which must not fail half-way: enough slots, if that can be. One that finds none
 * all the same changes nothing and says so. */
static __attribute__((noinline)) void make_room(struct pmap *pm)
{
    if (pm->table.lines < CELLS_MAX_LINES)
        (void)resize(pm, 2 * pm->table.lines, pm->table.rows);
}

static inline bool has_room(const struct pmap *pm)
{
    return celltable_free(&pm->table) >= EDGES + pm->table.kept;
}

static inline void want_room(struct pmap *pm)
{
    if (!has_room(pm))
        make_room(pm);
}

/* Where there is no memory for a better table, the next attempt comes when many more cells are added
 * or gone; nobody is told, since this one does. */
static void grow(struct pmap *pm)
{
    size_t slots = pm->table.nslots;
    if (resize(pm, 2 * pm->table.lines, pm->table.rows))
        pm->grow_at += (slots - pm->grow_at) / 2 + 1;
}

static void shrink(struct pmap *pm)
{
    size_t lines = pm->table.lines / 2;
    while (lines > FIRST_LINES && pm->table.nlive < TABLE_SLOTS(lines) / 8)
        lines /= 2;
    if (resize(pm, lines, pm->table.rows))
        pm->shrink_at /= 2;
}

static void lay_out_anew(struct pmap *pm)
{
    pm->table.crowded = pm->table.nlive < pm->rebuild_at ? 0 : pm->table.crowded;
    if (pm->table.crowded && resize(pm, pm->table.lines, pm->table.rows))
        pm->rebuild_at = pm->table.nlive + pm->table.nslots / 16;
}

/* The result of a range call: a table that could be larger was full for want of memory. */
static inline int result_of(const struct pmap *pm, int err)
{
    return err == -ENOSPC && pm->table.lines < CELLS_MAX_LINES ? -ENOMEM : err;
}

static __attribute__((noinline)) int fit_now(struct pmap *pm, int err)
{
    if (pm->table.nlive > pm->grow_at)
        grow(pm);
    else if (pm->table.nlive < pm->shrink_at)
        shrink(pm);
    else if (pm->table.crowded)
        lay_out_anew(pm);
    return result_of(pm, err);
}

/* After a range call: the table gets the size that suits its cells. Returns the call's result. */
static inline int fit_table(struct pmap *pm, int err)
{
    size_t nlive = pm->table.nlive;
    if (nlive > pm->grow_at || nlive < pm->shrink_at || pm->table.crowded || err)
        return fit_now(pm, err);
    return 0;
}

/* --- ranges --- */

static bool domain_ok(const struct pmap *pm, pmap_dom_t dom)
{
    return dom >= PMAP_DOM_FIRST && dom < CELLS_MAX_DOMS && (pm->domains >> dom & 1);
}

static struct cell_range range_of(vaddr_t va, size_t len)
{
    return (struct cell_range){va >> PAGE_SHIFT, ((va + len) >> PAGE_SHIFT) - 1};
}

/* A row's byte for these permissions. A is set beforehand: nobody asks for it. */
static uint8_t byte_of_prot(unsigned prot)
{
    return (uint8_t)(prot ? PERM_V | PERM_A | rights_of_prot(prot) : 0);
}

static inline int enter(struct pmap *pm, struct cell_range r, uint64_t ppn, const uint8_t *byte)
{
    if (celltable_free(&pm->table) <= pm->table.reserve)
        make_room(pm);
    return fit_table(pm, cellrange_enter(&pm->table, r, ppn, byte));
}

int pmap_enter(struct pmap *pm, vaddr_t va, paddr_t pa, size_t len, pmap_dom_t dom, unsigned prot)
{
    if (!pmap_user_range_ok(va, len) || !pmap_frames_ok(pa, len) || !domain_ok(pm, dom) ||
        !pmap_prot_ok(prot))
        return -EINVAL;

    uint8_t byte[CELLS_MAX_DOMS];
    for (size_t d = 1; d < pm->table.doms; d++)
        byte[d] = 0;
    byte[dom] = byte_of_prot(prot);
    return enter(pm, range_of(va, len), pa >> PAGE_SHIFT, byte);
}

int pmap_enter_all(struct pmap *pm, vaddr_t va, paddr_t pa, size_t len, const uint8_t *prot,
                   pmap_dom_t ndom)
{
    if (!pmap_user_range_ok(va, len) || !pmap_frames_ok(pa, len) || ndom > pm->table.doms)
        return -EINVAL;

    uint8_t byte[CELLS_MAX_DOMS];
    for (pmap_dom_t d = 1; d < pm->table.doms; d++) {
        unsigned p = d < ndom ? prot[d] : PMAP_NONE;
        if (!pmap_prot_ok(p) || (p && !domain_ok(pm, d)))
            return -EINVAL;
        byte[d] = byte_of_prot(p);
    }
    return enter(pm, range_of(va, len), pa >> PAGE_SHIFT, byte);
}

int pmap_remove(struct pmap *pm, vaddr_t va, size_t len)
{
    if (!pmap_user_range_ok(va, len))
        return -EINVAL;

    want_room(pm);
    return fit_table(pm, cellrange_remove(&pm->table, range_of(va, len)));
}

int pmap_remove_run(struct pmap *pm, vaddr_t va, size_t len, struct pmap_run *run)
{
    if (!pmap_user_range_ok(va, len))
        return -EINVAL;

    want_room(pm);
    uint64_t ppn, npages;
    int      err = cellrange_remove_run(&pm->table, range_of(va, len), &ppn, &npages);
    if (err)
        return result_of(pm, err);
    run->pa = ppn << PAGE_SHIFT;
    run->len = npages << PAGE_SHIFT;
    return fit_table(pm, 0);
}

static __attribute__((noinline)) int protect_making_room(struct pmap *pm, struct cell_range r,
                                                         pmap_dom_t dom, unsigned rights)
{
    make_room(pm);
    return fit_table(pm, cellrange_protect(&pm->table, r, dom, rights));
}

int pmap_protect(struct pmap *pm, pmap_dom_t dom, vaddr_t va, size_t len, unsigned prot)
{
    if (!pmap_user_range_ok(va, len) || !domain_ok(pm, dom) || !pmap_prot_ok(prot))
        return -EINVAL;

    struct cell_range r = range_of(va, len);
    unsigned          rights = rights_of_prot(prot);
    if (!has_room(pm))
        return protect_making_room(pm, r, dom, rights);
    return fit_table(pm, cellrange_protect(&pm->table, r, dom, rights));
}

int pmap_replace(struct pmap *pm, vaddr_t va, paddr_t pa, size_t len)
{
    if (!pmap_user_range_ok(va, len) || !pmap_frames_ok(pa, len))
        return -EINVAL;

    want_room(pm);
    int err = result_of(pm, cellrange_replace(&pm->table, range_of(va, len), pa >> PAGE_SHIFT));
    if (err)
        return err;
    pmap_update(pm);
    cellrange_join(&pm->table, range_of(va, len));
    return fit_table(pm, 0);
}

int pmap_suspend(struct pmap *pm, vaddr_t va, size_t len)
{
    if (!pmap_user_range_ok(va, len))
        return -EINVAL;
    ASSERT(pm->suspended.start == 0);

    want_room(pm);
    int err = result_of(pm, cellrange_suspend(&pm->table, range_of(va, len)));
    if (err)
        return err;
    pm->suspended = range_of(va, len);
    pmap_update(pm); /* B.2.8: nobody writes an old frame while the caller copies it */
    return 0;
}

void pmap_resume(struct pmap *pm, vaddr_t va, paddr_t pa, size_t len)
{
    struct cell_range r = range_of(va, len);
    ASSERT(r.start == pm->suspended.start && r.end == pm->suspended.end && pmap_frames_ok(pa, len));

    cellrange_resume(&pm->table, r, pa >> PAGE_SHIFT);
    pm->suspended = (struct cell_range){0, 0};
    keep_slots(&pm->table);
    fit_table(pm, 0);
}

int pmap_move(struct pmap *pm, vaddr_t old_va, vaddr_t new_va, size_t len)
{
    if (!pmap_user_range_ok(old_va, len) || !pmap_user_range_ok(new_va, len) ||
        (old_va < new_va + len && new_va < old_va + len))
        return -EINVAL;

    want_room(pm);
    return fit_table(pm, cellrange_move(&pm->table, range_of(old_va, len), new_va >> PAGE_SHIFT));
}

/* The slot of the user cell at vpn, in sight or suspended; 0 for none. */
static size_t slot_at(struct pmap *pm, uint64_t vpn, uint64_t *end)
{
    if (pm->suspended.start && pm->suspended.start <= vpn && vpn <= pm->suspended.end)
        return cellrange_find_suspended(&pm->table, pm->suspended, vpn, end);

    size_t slot = vpn < USER_END_VPN ? celltable_find(&pm->table, vpn) : 0;
    *end = celltable_end(&pm->table, slot);
    return slot;
}

int pmap_extract(struct pmap *pm, pmap_dom_t dom, vaddr_t va, struct pmap_run *run)
{
    const struct celltable *t = &pm->table;
    uint64_t                end;
    size_t                  slot = slot_at(pm, va >> PAGE_SHIFT, &end);
    if (slot == 0)
        return -ENOENT;

    unsigned byte = dom < t->doms ? *celltable_byte(t, dom, slot) : 0;
    run->pa = (celltable_ppn(t, slot) << PAGE_SHIFT) +
              (va - (celltable_start(t, slot) << PAGE_SHIFT));
    run->len = ((end + 1) << PAGE_SHIFT) - va;
    run->prot = t->cell[slot].hi & CELL_VALID ? perm_usable(byte) >> 1 : PMAP_NONE;
    return 0;
}

/* The rest of the cell is computed from what its two words were; that they still are that, and what the compartment may do,
 * is read from the table each time (B.3.3): an empty slot holds other words, and so does a suspended cell or one that a
 * program has invalidated. */
static inline bool still_reached(const struct reached *r, pmap_dom_t dom, vaddr_t va,
                                 unsigned access)
{
    size_t want = PERM_V | PERM_R | (size_t)(int)access << 1; /* W without R lets nobody (A.5.8) */

    return va - r->page < PAGE_SIZE && r->dom == dom && tbl_load64(&r->cell->lo) == r->was.lo &&
           tbl_load64(&r->cell->hi) == r->was.hi && !(want & ~(size_t)tbl_load8(r->byte));
}

static inline struct reached *reached_of(struct pmap *pm, vaddr_t va)
{
    return &pm->reached[(va >> PAGE_SHIFT) % REACHED];
}

/* Look va's cell up, and remember it. */
static __attribute__((noinline)) bool reach_anew(struct pmap *pm, pmap_dom_t dom, vaddr_t va,
                                                 unsigned access)
{
    const struct celltable *t = &pm->table;
    uint64_t                vpn = va >> PAGE_SHIFT;
    size_t slot = vpn < USER_END_VPN && dom < t->doms ? celltable_find(&pm->table, vpn) : 0;
    if (slot == 0)
        return false;

    struct cell     is = {tbl_load64(&t->cell[slot].lo), tbl_load64(&t->cell[slot].hi)};
    struct reached *r = reached_of(pm, va);
    if (!(is.hi & CELL_VALID))
        return false;
    r->page = ALIGN_DOWN(va, PAGE_SIZE);
    r->at = phys_ptr(cell_hi_pa(is.hi) + ((vpn - cell_lo_start(is.lo)) << PAGE_SHIFT));
    r->len = (cell_lo_end(is.lo) + 1 - vpn) << PAGE_SHIFT;
    r->cell = &t->cell[slot];
    r->was = is;
    r->byte = celltable_byte(t, dom, slot);
    r->dom = dom;
    return still_reached(r, dom, va, access);
}

static inline void *window_at(const struct reached *r, vaddr_t va, size_t len)
{
    return len <= r->len - (va - r->page) ? r->at + (va - r->page) : NULL;
}

static __attribute__((noinline)) void *window_anew(struct pmap *pm, pmap_dom_t dom, vaddr_t va,
                                                   size_t len, unsigned access)
{
    return reach_anew(pm, dom, va, access) ? window_at(reached_of(pm, va), va, len) : NULL;
}

void *pmap_window(struct pmap *pm, pmap_dom_t dom, vaddr_t va, size_t len, unsigned access)
{
    const struct reached *r = reached_of(pm, va);
    return still_reached(r, dom, va, access) ? window_at(r, va, len)
                                             : window_anew(pm, dom, va, len, access);
}

static inline struct pmap_piece piece_at(const struct reached *r, vaddr_t va)
{
    size_t into = va - r->page;
    return (struct pmap_piece){phys_of(r->at) + into, r->len - into};
}

static __attribute__((noinline)) struct pmap_piece piece_anew(struct pmap *pm, pmap_dom_t dom,
                                                              vaddr_t va, unsigned access)
{
    return reach_anew(pm, dom, va, access) ? piece_at(reached_of(pm, va), va)
                                           : (struct pmap_piece){.len = 0};
}

struct pmap_piece pmap_reach(struct pmap *pm, pmap_dom_t dom, vaddr_t va, unsigned access)
{
    const struct reached *r = reached_of(pm, va);
    return still_reached(r, dom, va, access) ? piece_at(r, va) : piece_anew(pm, dom, va, access);
}

int pmap_next(struct pmap *pm, vaddr_t va, size_t len, vaddr_t *mapped)
{
    if (!pmap_user_range_ok(va, len))
        return -EINVAL;

    struct celltable *t = &pm->table;
    size_t            slot = celltable_lower(t, va >> PAGE_SHIFT);
    vaddr_t           start = celltable_start(t, slot) << PAGE_SHIFT;
    if (start >= va + len)
        return -ENOENT;
    *mapped = start > va ? start : va;
    return 0;
}

int pmap_clear_modified(struct pmap *pm, vaddr_t va, size_t len, uint8_t *bitmap)
{
    if (!pmap_user_range_ok(va, len))
        return -EINVAL;

    cellrange_clear_dirty(&pm->table, range_of(va, len), bitmap);
    pmap_update(pm);
    return 0;
}

/* --- statistics --- */

void pmap_stats(struct pmap *pm, struct pmap_stats *out)
{
    const struct celltable *t = &pm->table;
    *out = (struct pmap_stats){
        .ranges = t->nlive,
        .room = celltable_free(t),
        .table_bytes = table_pages(t->lines, t->rows) * PAGE_SIZE,
        .moved = t->moved,
        .rebuilt = pm->rebuilt,
        .shootdowns = pm->shootdowns,
    };
}

/* --- domains --- */

static size_t more_rows(size_t rows)
{
    if (rows < MORE_ROWS)
        return MORE_ROWS;
    return 2 * rows < CELLS_MAX_DOMS ? 2 * rows : CELLS_MAX_DOMS;
}

int pmap_domain_create(struct pmap *pm, pmap_dom_t *dom)
{
    pmap_dom_t d = PMAP_DOM_FIRST + 1;
    while (d < CELLS_MAX_DOMS && (pm->domains >> d & 1))
        d++;
    if (d == CELLS_MAX_DOMS)
        return -ENOSPC;
    if (d >= pm->table.rows) {
        int err = resize(pm, pm->table.lines, more_rows(pm->table.rows));
        if (err)
            return err;
    }
    if (d >= pm->table.doms)
        celltable_set_doms(&pm->table, d + 1);
    if (is_active(&pm->table))
        pmap_trap_limit = pm->table.doms - 1;
    pm->domains |= 1ull << d;
    *dom = d;
    return 0;
}

/* B.3.4: row and grants are clean and no translation of it is left before the number is given
 * again. That no thread holds it in a saved frame is the caller's to know. */
int pmap_domain_destroy(struct pmap *pm, pmap_dom_t dom)
{
    if (dom == PMAP_DOM_FIRST || !domain_ok(pm, dom))
        return -EINVAL;

    cellrange_drop_domain(&pm->table, dom);
    pmap_update(pm);
    pm->domains &= ~(1ull << dom);

    size_t doms = pm->table.doms;
    while (!(pm->domains >> (doms - 1) & 1))
        doms--;
    if (doms != pm->table.doms)
        celltable_set_doms(&pm->table, doms);
    if (is_active(&pm->table))
        pmap_trap_limit = doms - 1;
    return 0;
}

/* The domain comes with the frame that is returned to (traprot.S), or by the user's instruction. */
void pmap_domain_switch(struct pmap *pm, pmap_dom_t dom)
{
    ASSERT(domain_ok(pm, dom));
}
