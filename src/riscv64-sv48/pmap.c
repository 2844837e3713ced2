/* SPDX-License-Identifier: Apache-2.0 */
/* pmap.c - the contract (machine/pmap.h) for Sv48 page tables.
 *
 * The top entry that covers [512 GiB, 1 TiB) belongs half to users and half to the kernel's
 * window (machine/layout.h), so each pmap has its own table below it and copies the window's 64
 * entries; what is below those is built once and shared. One compartment: domain 1.
 *
 * Fences: an entry that becomes valid, or gives more, is not announced. A machine may have cached
 * the old one (4.2.1; QEMU caches no invalid entry) or not see the store yet; then it faults,
 * pmap_fault_decode() finds the access allowed, fences and answers FAULT_HANDLED. The kernel's own
 * part never changes, so only users meet such faults. What takes away is recorded as stale, and
 * pmap_update() drops it on all harts: once for all calls since the last time.
 *
 * pmap_bootstrap() runs at physical addresses: it and what it calls use no absolute pointer;
 * memory is reached through phys_ptr(), which is the identity then.
 */
#include "lib/assert.h"
#include "lib/errno.h"
#include "machine/layout.h"
#include "machine/pmap_args.h"
#include "machine/upcall.h"
#include "riscv64-sv48/model.h"
#include "riscv64-sv48/ptemem.h"
#include "riscv64/satp.h"

static const struct pmap_limits limits = {
    .name = "sv48",
    .granule = PAGE_SIZE,
    .fault_extent = 8 * PAGE_SIZE,
    .run_align = 2ul << 20, /* a leaf of the second level */
    .run_max = 2ul << 20,
    .max_ranges = SIZE_MAX,
    .max_domains = PMAP_DOM_FIRST + 1,
    .tracks_dirty = true,
    .user_switch = false,
};

const struct pmap_limits *const pmap_limits = &limits;

/* The level whose table the users and the window share, and the window's first entry there. */
#define SHARED_LEVEL 2u
#define SHARED_FIRST pte_index(WINDOW_BASE, SHARED_LEVEL)

_Static_assert(WINDOW_BASE % (1ull << 30) == 0 &&
                   WINDOW_BASE >> 39 == (WINDOW_BASE + WINDOW_SIZE - 1) >> 39,
               "the window is whole entries of one table");
_Static_assert(USER_END == WINDOW_BASE, "users and the window meet in that table");

/* Up to this many pages are fenced one by one; for more, filling the TLB again costs less than so
 * many instructions. */
#define FENCE_PAGES 8

static struct radix kernel_tree;

static uint64_t satp_of(const struct radix *rx)
{
    return SATP_MODE_SV48 << SATP_MODE_SHIFT | rx->root >> PAGE_SHIFT;
}

struct radix *model_tree(struct pmap *pm)
{
    return pm ? &pm->tree : &kernel_tree;
}

/* --- life --- */

static void map_window(struct bootinfo *bi, const struct phys_range *r, pte_t rights)
{
    if (r->len == 0)
        return;

    vaddr_t va = WINDOW_BASE + r->start, end = va + ALIGN_UP(r->len, PAGE_SIZE);
    int     cost = radix_map_cost(&kernel_tree, va, end, r->start);
    ASSERT(cost >= 0); /* the ranges are disjoint */
    for (int i = 0; i < cost; i++)
        radix_give(&kernel_tree, boot_alloc(bi, PAGE_SIZE));
    /* A and D are set beforehand: nobody asks whether the kernel used its own memory. */
    radix_map(&kernel_tree, va, end, r->start, PTE_V | PTE_G | PTE_A | PTE_D | rights);
}

uint64_t pmap_bootstrap(struct bootinfo *bi)
{
    radix_init(&kernel_tree, boot_alloc(bi, PAGE_SIZE));
    map_window(bi, &bi->text, PTE_R | PTE_X);
    map_window(bi, &bi->rodata, PTE_R);
    for (size_t i = 0; i < bi->nwindow; i++)
        map_window(bi, &bi->window[i], PTE_R | PTE_W);
    for (size_t i = 0; i < bi->nmmio; i++)
        map_window(bi, &bi->mmio[i], PTE_R | PTE_W);
    return satp_of(&kernel_tree);
}

void pmap_init_hart(void)
{
}

/* The table that the window's entries are in. */
static pte_t *shared_table(const struct radix *rx)
{
    const pte_t *root = phys_ptr(rx->root);
    return phys_ptr(pte_pa(root[pte_index(WINDOW_BASE, SHARED_LEVEL + 1)]));
}

/* The root and the shared table, at frames that the caller allocated. */
static void tree_init(struct radix *rx, paddr_t root, paddr_t shared)
{
    radix_init(rx, root);
    pte_t       *table = phys_ptr(shared);
    const pte_t *kernel = shared_table(&kernel_tree);
    for (unsigned i = 0; i < PTE_PER_TABLE; i++)
        table[i] = i < SHARED_FIRST ? 0 : kernel[i];

    pte_t *top = phys_ptr(root);
    top[pte_index(WINDOW_BASE, SHARED_LEVEL + 1)] = pte_of_pa(shared) | PTE_V;
    rx->ntables++;
}

int pmap_create(struct pmap **out)
{
    paddr_t frame[3];
    for (unsigned i = 0; i < ARRAY_LEN(frame); i++) {
        int err = frame_alloc(1, &frame[i]);
        if (err) {
            while (i > 0)
                frame_free(frame[--i], 1);
            return err;
        }
    }

    struct pmap *pm = phys_ptr(frame[0]);
    *pm = (struct pmap){.self = frame[0], .next_va = RADIX_NOWHERE};
    tree_init(&pm->tree, frame[1], frame[2]);
    *out = pm;
    return 0;
}

static bool is_active(const struct radix *rx)
{
    return satp_read() == satp_of(rx);
}

void pmap_destroy(struct pmap *pm)
{
    ASSERT(!is_active(&pm->tree));

    radix_destroy(&pm->tree);
    frame_free(pm->self, 1);
}

void pmap_activate(struct pmap *pm)
{
    const struct radix *rx = model_tree(pm);
    if (!is_active(rx))
        satp_switch(satp_of(rx));
}

void pmap_update(struct pmap *pm)
{
    struct radix *rx = &pm->tree;
    if (rx->stale_lo >= rx->stale_hi && !rx->dead)
        return;

    /* A table that was taken out needs the fence that covers pointers to tables as well. */
    if (rx->dead || rx->stale_hi - rx->stale_lo > FENCE_PAGES * PAGE_SIZE) {
        tlb_fence();
    } else {
        for (vaddr_t va = rx->stale_lo; va < rx->stale_hi; va += PAGE_SIZE)
            tlb_fence_page(va);
    }
    shootdown_others();
    pm->shootdowns++;
    radix_settle(rx);
}

/* After a range call: if it found no memory, give back what empty tables hold. Whether it is worth
 * calling again. */
static bool made_room(struct pmap *pm, int err)
{
    if (err != -ENOMEM || !radix_prune(&pm->tree))
        return false;
    pmap_update(pm);
    return true;
}

/* --- ranges --- */

int pmap_enter(struct pmap *pm, vaddr_t va, paddr_t pa, size_t len, pmap_dom_t dom, unsigned prot)
{
    if (!pmap_user_range_ok(va, len) || !pmap_frames_ok(pa, len) || dom != PMAP_DOM_FIRST ||
        !pmap_prot_ok(prot))
        return -EINVAL;

    pte_t bits = pte_user_bits(rights_of_prot(prot));
    int   err;
    do
        err = radix_enter(&pm->tree, va, va + len, pa, bits);
    while (made_room(pm, err));
    return err;
}

int pmap_enter_all(struct pmap *pm, vaddr_t va, paddr_t pa, size_t len, const uint8_t *prot,
                   pmap_dom_t ndom)
{
    if (ndom > limits.max_domains)
        return -EINVAL;
    return pmap_enter(pm, va, pa, len, PMAP_DOM_FIRST, ndom > PMAP_DOM_FIRST ? prot[1] : PMAP_NONE);
}

int pmap_remove(struct pmap *pm, vaddr_t va, size_t len)
{
    if (!pmap_user_range_ok(va, len))
        return -EINVAL;

    int err;
    do
        err = radix_remove(&pm->tree, va, va + len);
    while (made_room(pm, err));
    return err;
}

int pmap_remove_run(struct pmap *pm, vaddr_t va, size_t len, struct pmap_run *run)
{
    if (!pmap_user_range_ok(va, len))
        return -EINVAL;

    int err;
    do
        err = radix_remove_run(&pm->tree, va, va + len, &run->pa, &run->len);
    while (made_room(pm, err));
    return err;
}

int pmap_protect(struct pmap *pm, pmap_dom_t dom, vaddr_t va, size_t len, unsigned prot)
{
    if (!pmap_user_range_ok(va, len) || dom != PMAP_DOM_FIRST || !pmap_prot_ok(prot))
        return -EINVAL;

    int err;
    do
        err = radix_protect(&pm->tree, va, va + len, rights_of_prot(prot));
    while (made_room(pm, err));
    return err;
}

int pmap_replace(struct pmap *pm, vaddr_t va, paddr_t pa, size_t len)
{
    if (!pmap_user_range_ok(va, len) || !pmap_frames_ok(pa, len))
        return -EINVAL;

    int err;
    do
        err = radix_replace(&pm->tree, va, va + len, pa);
    while (made_room(pm, err));
    if (!err)
        pmap_update(pm);
    return err;
}

int pmap_suspend(struct pmap *pm, vaddr_t va, size_t len)
{
    if (!pmap_user_range_ok(va, len))
        return -EINVAL;

    int err;
    do
        err = radix_suspend(&pm->tree, va, va + len);
    while (made_room(pm, err));
    if (!err)
        pmap_update(pm);
    return err;
}

void pmap_resume(struct pmap *pm, vaddr_t va, paddr_t pa, size_t len)
{
    ASSERT(pmap_frames_ok(pa, len));
    radix_resume(&pm->tree, va, va + len, pa);
}

int pmap_move(struct pmap *pm, vaddr_t old_va, vaddr_t new_va, size_t len)
{
    if (!pmap_user_range_ok(old_va, len) || !pmap_user_range_ok(new_va, len) ||
        (old_va < new_va + len && new_va < old_va + len))
        return -EINVAL;

    int err;
    do
        err = radix_move(&pm->tree, old_va, old_va + len, new_va);
    while (made_room(pm, err));
    return err;
}

/* Callers look at one page, or they walk a range with pmap_next() before each call: then, once, the
 * run is followed as far as they are going to ask. */
int pmap_extract(struct pmap *pm, pmap_dom_t dom, vaddr_t va, struct pmap_run *run)
{
    if (va >= USER_END)
        return -ENOENT;
    struct radix_pos pos = radix_find(&pm->tree, va);
    pte_t            pte = pte_load(pos.pte);
    if (!pte_is_mapped(pte))
        return -ENOENT;

    run->pa = pte_pa(pte) + (va - pos.va);
    run->len = radix_run_end(&pos, va == pm->next_va ? pm->next_end : 0) - va;
    pm->next_va = RADIX_NOWHERE;
    run->prot = dom == PMAP_DOM_FIRST ? prot_of_pte(pte) : PMAP_NONE;
    return 0;
}

static const struct pmap_piece nowhere = {.len = 0};

/* What is from va on in the leaf at pos, if it lets dom. */
static inline struct pmap_piece reach_at(const struct radix_pos *pos, pmap_dom_t dom, vaddr_t va,
                                         unsigned access)
{
    pte_t  pte = pte_load(pos->pte), want = PTE_MAPPED | PTE_V | access << 1;
    size_t into = va - pos->va;

    if ((pte & want) != want || dom != PMAP_DOM_FIRST)
        return nowhere;
    return (struct pmap_piece){pte_pa(pte) + into, pte_size(pos->level) - into};
}

static __attribute__((noinline)) struct pmap_piece reach_far(struct pmap *pm, pmap_dom_t dom,
                                                             vaddr_t va, unsigned access)
{
    if (va >= USER_END)
        return nowhere;
    struct radix_pos pos = radix_find_far(&pm->tree, va);
    return reach_at(&pos, dom, va, access);
}

struct pmap_piece pmap_reach(struct pmap *pm, pmap_dom_t dom, vaddr_t va, unsigned access)
{
    if (!radix_has_near(&pm->tree, va))
        return reach_far(pm, dom, va, access);
    struct radix_pos pos = radix_find(&pm->tree, va);
    return reach_at(&pos, dom, va, access);
}

static __attribute__((noinline)) void *window_far(struct pmap *pm, pmap_dom_t dom, vaddr_t va,
                                                  size_t len, unsigned access)
{
    struct pmap_piece piece = reach_far(pm, dom, va, access);
    return piece.len && piece.len >= len ? phys_ptr(piece.pa) : NULL;
}

void *pmap_window(struct pmap *pm, pmap_dom_t dom, vaddr_t va, size_t len, unsigned access)
{
    if (!radix_has_near(&pm->tree, va))
        return window_far(pm, dom, va, len, access);
    struct radix_pos pos = radix_find(&pm->tree, va);
    pte_t            pte = pte_load(pos.pte), want = PTE_MAPPED | PTE_V | (pte_t)(int)access << 1;
    size_t           into = va & PAGE_MASK;

    if (~pte & want || dom != PMAP_DOM_FIRST || len > PAGE_SIZE - into)
        return NULL;
    return phys_ptr(pte_pa(pte) + into);
}

int pmap_next(struct pmap *pm, vaddr_t va, size_t len, vaddr_t *mapped)
{
    if (!pmap_user_range_ok(va, len))
        return -EINVAL;

    struct radix_pos pos;
    if (!radix_find_mapped(&pm->tree, va, va + len, &pos))
        return -ENOENT;
    *mapped = pm->next_va = pos.va > va ? pos.va : va;
    pm->next_end = va + len;
    return 0;
}

int pmap_clear_modified(struct pmap *pm, vaddr_t va, size_t len, uint8_t *bitmap)
{
    if (!pmap_user_range_ok(va, len))
        return -EINVAL;

    radix_clear_dirty(&pm->tree, va, va + len, bitmap);
    pmap_update(pm);
    return 0;
}

void pmap_stats(struct pmap *pm, struct pmap_stats *out)
{
    /* No entry makes room for another, and no table grows. */
    *out = (struct pmap_stats){.ranges = radix_leaves(&pm->tree),
                               .room = SIZE_MAX,
                               .table_bytes = pm->tree.ntables * PAGE_SIZE,
                               .shootdowns = pm->shootdowns};
}

/* --- domains: one --- */

int pmap_domain_create(struct pmap *pm, pmap_dom_t *dom)
{
    (void)pm;
    (void)dom;
    return -ENOSPC;
}

int pmap_domain_destroy(struct pmap *pm, pmap_dom_t dom)
{
    (void)pm;
    (void)dom;
    return -EINVAL;
}

void pmap_domain_switch(struct pmap *pm, pmap_dom_t dom)
{
    (void)pm;
    ASSERT(dom == PMAP_DOM_FIRST);
}

/* --- faults --- */

/* Indexed by cause: page faults, access faults (privileged architecture, table 4.2). */
static const struct {
    uint8_t kind, access;
} causes[] = {
    [1] = {FAULT_ACCESS, PMAP_X},    [5] = {FAULT_ACCESS, PMAP_R},
    [7] = {FAULT_ACCESS, PMAP_W},    [12] = {FAULT_UNMAPPED, PMAP_X},
    [13] = {FAULT_UNMAPPED, PMAP_R}, [15] = {FAULT_UNMAPPED, PMAP_W},
};

/* The tree says that the access is allowed: the hart does not set A and D itself (4.3.1 leaves the
 * choice), or it knows an old entry. That may be one that led to no table, which the fence for a
 * page does not cover (4.2.1). */
static void allow(pte_t *pte, const struct fault *f)
{
    pte_t missing = (f->access == PMAP_W ? PTE_A | PTE_D : PTE_A) & ~pte_load(pte);
    if (missing) {
        pte_set(pte, missing);
        tlb_fence_page(f->va);
    } else {
        tlb_fence();
    }
}

static enum fault_kind page_fault(const struct radix *rx, const struct fault *f)
{
    if (f->va >= USER_END)
        return FAULT_UNMAPPED;
    struct radix_pos pos = radix_peek(rx, f->va);
    pte_t            pte = pte_load(pos.pte);
    if (!pte_is_mapped(pte))
        return FAULT_UNMAPPED;
    if (f->dom != PMAP_DOM_FIRST || !(prot_of_pte(pte) & f->access))
        return FAULT_PROTECTION;
    allow(pos.pte, f);
    return FAULT_HANDLED;
}

void pmap_fault_decode(struct pmap *pm, const struct trapframe *tf, struct fault *f)
{
    f->cause = tf->scause;
    f->va = tf->stval;
    f->dom = trapframe_from_user(tf) ? (pmap_dom_t)tf->dom : PMAP_DOM_KERNEL;
    f->access = tf->scause < ARRAY_LEN(causes) ? causes[tf->scause].access : PMAP_NONE;
    if (f->access == PMAP_NONE)
        f->kind = FAULT_NONE;
    else if (causes[tf->scause].kind == FAULT_ACCESS)
        f->kind = FAULT_ACCESS;
    else
        f->kind = page_fault(model_tree(pm), f);
}
