/* SPDX-License-Identifier: Apache-2.0 */
/* test_celltable.c - what other harts see while the cell table is edited.
 *
 * The editor works on one copy of the table, the other harts on a second one. A store of the
 * editor reaches the second copy at its next fence at the latest, in random order with the others
 * since the last fence (those to one address in program order): what a fence is missing for
 * shows. After each arriving store all pages are looked up there. A page must have the frame,
 * rights and grants of before the call or those of after it, all together; or it is hidden, and
 * then it must belong to the one stretch that the edit has in hand. At a random moment a user's
 * store or instruction runs on the second copy as the hardware would run it, and must not be
 * lost.
 */
/* sources: src/riscv64-cells/cellcheck.c src/lib/fmt.c src/lib/string.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/types.h"
#include "machine/layout.h"
#include "machine/upcall.h"

/* --- the accesses of celltable.c, in place of tblmem.h ------------------------------------- */

#define RISCV64_CELLS_TBLMEM_H

static uint8_t *others_view(const void *p);
static bool     pending(const void *p);
static void     record(void *p, uint64_t v, unsigned size);
static uint8_t  change_now(uint8_t *p, uint8_t mask, uint8_t bits);
static void     arrive_all(void);

static inline uint32_t tbl_load32(const uint32_t *p)
{
    return pending(p) ? *p : *(uint32_t *)(void *)others_view(p);
}

static inline uint8_t tbl_load8(const uint8_t *p)
{
    return pending(p) ? *p : *others_view(p);
}

static inline void tbl_store64(uint64_t *p, uint64_t v)
{
    record(p, v, 8);
}

static inline void tbl_store32(uint32_t *p, uint32_t v)
{
    record(p, v, 4);
}

static inline void tbl_store8(uint8_t *p, uint8_t v)
{
    record(p, v, 1);
}

/* Atomic: arrives at once, ahead of stores to other places. */
static inline uint8_t tbl_and8(uint8_t *p, uint8_t mask)
{
    return change_now(p, mask, 0);
}

static inline uint8_t tbl_or8(uint8_t *p, uint8_t bits)
{
    return change_now(p, 0xff, bits);
}

static inline void tbl_fence(void)
{
    arrive_all();
}

#include "riscv64-cells/cellbuild.c"
#include "riscv64-cells/cellrange.c"
#include "riscv64-cells/cellroom.c"
#include "riscv64-cells/celltable.c"
#include "riscv64-cells/model.h"

/* --- two copies of the table --------------------------------------------------------------- */

#define LINES   1u
#define ROWS    4u
#define DOMS    3u /* 0, 1, 2 */
#define NPAGES  96u
#define FIRST   0x40u /* page number of page[0] */
#define BYTES   (64 * LINES * (16 + 5 * ROWS))
#define KERNEL0 (WINDOW_BASE >> PAGE_SHIFT)

uintptr_t phys_window;

static _Alignas(4096) uint8_t mine[BYTES]; /* the editor's */
static uint8_t          theirs[BYTES] __attribute__((aligned(16)));
static uint64_t         live_bits[LINES];
static struct celltable table;
static unsigned         shootdowns;

struct store {
    size_t   at;
    unsigned size;
    uint64_t value;
};

static struct store queue[1024];
static unsigned     nqueue;

static uint32_t seed, step;
static uint64_t rng;
static char     last_call[100];

static void after_arrival(void);

static uint32_t rnd(uint32_t below)
{
    rng = rng * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)((rng >> 33) % below);
}

static uint8_t *others_view(const void *p)
{
    return theirs + ((const uint8_t *)p - mine);
}

static bool pending(const void *p)
{
    size_t at = (size_t)((const uint8_t *)p - mine);
    for (unsigned i = 0; i < nqueue; i++) {
        if (queue[i].at <= at && at < queue[i].at + queue[i].size)
            return true;
    }
    return false;
}

static void record(void *p, uint64_t v, unsigned size)
{
    memcpy(p, &v, size);
    queue[nqueue++] = (struct store){(size_t)((uint8_t *)p - mine), size, v};
    assert_true(nqueue < ARRAY_LEN(queue));
}

/* Whether an earlier store to the same place has to arrive first. */
static bool blocked(unsigned i)
{
    for (unsigned k = 0; k < i; k++) {
        if (queue[k].at < queue[i].at + queue[i].size && queue[i].at < queue[k].at + queue[k].size)
            return true;
    }
    return false;
}

static void arrive_all(void)
{
    while (nqueue > 0) {
        unsigned i = rnd(nqueue);
        while (blocked(i))
            i = (i + 1) % nqueue;
        struct store s = queue[i];
        memmove(&queue[i], &queue[i + 1], (nqueue - i - 1) * sizeof(queue[0]));
        nqueue--;
        memcpy(theirs + s.at, &s.value, s.size);
        after_arrival();
    }
}

static uint8_t change_now(uint8_t *p, uint8_t mask, uint8_t bits)
{
    if (pending(p))
        arrive_all();
    uint8_t *shared = others_view(p), old = *shared;
    *p = *shared = (uint8_t)((old & mask) | bits);
    after_arrival();
    return old;
}

void shootdown_others(void)
{
    shootdowns++;
}

void assert_failed(const char *expr, const char *file, int line)
{
    fprintf(stderr, "seed %u step %u: %s: %s (%s:%d)\n", seed, step, last_call, expr, file, line);
    abort();
}

struct celltable *model_table(struct pmap *pm)
{
    (void)pm;
    return &table;
}

/* --- what the others see ------------------------------------------------------------------- */

struct view {
    bool     mapped;
    uint64_t ppn;
    uint8_t  rights[DOMS];
    uint32_t grant[DOMS];
};

static uint64_t word_at(size_t at)
{
    uint64_t v;
    memcpy(&v, theirs + at, 8);
    return v;
}

/* The hardware's search (A.5.6), over all 64 slots. 0: none. */
static unsigned walk(uint64_t vpn)
{
    unsigned lo = 1, hi = 64 * LINES;
    while (lo < hi) {
        unsigned mid = lo + (hi - lo) / 2;
        uint64_t w = word_at(16 * mid);
        if (vpn > w >> 36)
            lo = mid + 1;
        else if (vpn < (w & 0xfffffffff))
            hi = mid;
        else
            return mid;
    }
    return 0;
}

static uint8_t *byte_at(unsigned dom, unsigned slot)
{
    return theirs + 1024 * LINES + 64 * LINES * dom + slot;
}

static uint32_t *grant_at(unsigned dom, unsigned slot)
{
    return (uint32_t *)(void *)(theirs + 1024 * LINES + 64 * LINES * ROWS) + 64 * LINES * dom +
           slot;
}

static struct view look(uint64_t vpn)
{
    struct view v = {0};
    unsigned    slot = walk(vpn);
    if (slot == 0)
        return v;
    v.mapped = true;
    v.ppn = (word_at(16 * slot + 8) >> 8 & 0xfffffffffff) +
            (vpn - (word_at(16 * slot) & 0xfffffffff));
    for (unsigned dom = 1; dom < DOMS; dom++) {
        v.rights[dom] = *byte_at(dom, slot) & 1 ? *byte_at(dom, slot) & 0xe : 0;
        v.grant[dom] = *grant_at(dom, slot);
    }
    return v;
}

static bool same(const struct view *a, const struct view *b)
{
    bool equal = a->mapped == b->mapped;
    if (!equal || !a->mapped)
        return equal;
    equal = a->ppn == b->ppn;
    for (unsigned dom = 1; dom < DOMS; dom++)
        equal &= a->rights[dom] == b->rights[dom] && a->grant[dom] == b->grant[dom];
    return equal;
}

/* Each page before and after the call, users' instructions in between included. */
static struct view before[NPAGES], after[NPAGES];
static bool        written[NPAGES];
static bool        watching;
static bool        watch_rows; /* instead: that a valid row is a clean one */

#define CHECK(cond, i) check(cond, i, #cond)

static void check(bool ok, unsigned i, const char *what)
{
    if (!ok)
        fail_msg("seed %u step %u: %s: page %u: %s", seed, step, last_call, i, what);
}

/* Pages [i, k] follow each other in both address spaces: an edit may have all of their cells in hand, to
 * make one of them, and hide the outer ones first. */
static bool one_stretch(unsigned i, unsigned k)
{
    for (; i < k; i++) {
        if (!before[i].mapped || !before[i + 1].mapped || before[i + 1].ppn != before[i].ppn + 1)
            return false;
    }
    return true;
}

static void check_others_view(void)
{
    unsigned hidden_runs = 0, last_hidden = 0;
    bool     in_run = false;
    for (unsigned i = 0; i < NPAGES; i++) {
        struct view now = look(FIRST + i);
        bool        keeps = before[i].mapped && after[i].mapped;
        if (now.mapped)
            CHECK(same(&now, &before[i]) || same(&now, &after[i]), i);
        if (keeps && !now.mapped) {
            if (!in_run && hidden_runs++)
                CHECK(one_stretch(last_hidden, i), i);
            last_hidden = i;
        }
        if (keeps)
            in_run = !now.mapped;
    }
    CHECK(walk(KERNEL0) == 63 && walk(KERNEL0 + 7) == 63 && !walk(KERNEL0 + 8), 0);
}

static void check_new_row(void);

/* --- users' accesses and instructions, one step each ---------------------------------------- */

enum event { NOTHING, WRITE, PROT, RECV, NEVENTS };

static enum event event;
static bool       event_ran;
static unsigned   event_at, event_page, arrivals;

/* A call that sets dom's rights exactly, on these pages. */
static unsigned op_dom, op_first, op_last;

/* The pages of the cell in slot, as others see it now. */
static bool in_slot(unsigned slot, unsigned i)
{
    uint64_t w = word_at(16 * slot);
    return (w & 0xfffffffff) <= FIRST + i && FIRST + i <= w >> 36;
}

static bool op_sets(unsigned dom, unsigned i)
{
    return op_dom == dom && op_first <= i && i <= op_last;
}

/* Domain 2 gives up all but reading (A.7.3). */
static void user_prot(unsigned slot)
{
    uint8_t *byte = byte_at(2, slot);
    if (!(*byte & 1) || !(*byte & 2))
        return;
    *byte = (uint8_t)((*byte & ~0xe) | 2);
    for (unsigned i = 0; i < NPAGES; i++) {
        if (!in_slot(slot, i))
            continue;
        before[i].rights[2] = 2;
        if (!op_sets(2, i))
            after[i].rights[2] = 2;
    }
}

/* Domain 2 takes all that domain 1 offers (A.7.6). */
static void user_recv(unsigned slot)
{
    uint32_t g = *grant_at(1, slot);
    if (g >> 4 != 2 || !(g & 0xe))
        return;
    *byte_at(2, slot) |= (uint8_t)(1 | (g & 0xe));
    *grant_at(1, slot) = GRANT_NONE;
    for (unsigned i = 0; i < NPAGES; i++) {
        if (!in_slot(slot, i))
            continue;
        before[i].rights[2] |= g & 0xe;
        before[i].grant[1] = after[i].grant[1] = GRANT_NONE;
        if (!op_sets(2, i))
            after[i].rights[2] |= g & 0xe;
    }
}

static void user_write(unsigned slot, unsigned i)
{
    uint8_t *byte = byte_at(1, slot);
    if ((*byte & 7) != 7)
        return;
    *byte |= 0xc0;
    written[i] = true;
}

static void after_arrival(void)
{
    if (watch_rows)
        check_new_row();
    if (!watching)
        return;
    check_others_view();
    if (arrivals++ != event_at)
        return;
    unsigned slot = walk(FIRST + event_page);
    if (slot == 0)
        return;
    event_ran = true;
    if (event == WRITE)
        user_write(slot, event_page);
    else if (event == PROT)
        user_prot(slot);
    else if (event == RECV)
        user_recv(slot);
}

/* --- a call under observation ---------------------------------------------------------------- */

static void read_all(struct view *pages)
{
    for (unsigned i = 0; i < NPAGES; i++)
        pages[i] = look(FIRST + i);
}

static void begin(void)
{
    arrivals = 0;
    event_ran = false;
    event = table.doms == DOMS ? rnd(NEVENTS) : rnd(PROT); /* the others are domain 2's */
    event_at = rnd(40);
    op_dom = 0;
    read_all(before);
    memcpy(after, before, sizeof(after));
}

static void end(void)
{
    char text[120];
    if (event_ran) /* users can make neighbours equal without the kernel's knowing */
        cellrange_join(&table, (struct cell_range){FIRST, FIRST + NPAGES - 1});
    arrive_all();
    watching = false;
    memcpy(mine, theirs, sizeof(mine));
    for (unsigned i = 0; i < NPAGES; i++) {
        struct view now = look(FIRST + i);
        CHECK(same(&now, &after[i]), i);
        written[i] &= now.mapped; /* until it goes, in whichever cells it was since */
        if (written[i]) {
            unsigned slot = walk(FIRST + i);
            CHECK((*byte_at(1, slot) | *byte_at(2, slot)) & 0x80, i);
        }
    }
    if (!pmap_consistent(NULL, text, sizeof(text)))
        fail_msg("seed %u step %u: %s: %s", seed, step, last_call, text);
}

static bool after_any_mapped(unsigned i, unsigned n)
{
    for (unsigned k = i; k < i + n; k++) {
        if (after[k].mapped)
            return true;
    }
    return false;
}

static bool after_all_mapped(unsigned i, unsigned n)
{
    for (unsigned k = i; k < i + n; k++) {
        if (!after[k].mapped)
            return false;
    }
    return true;
}

static struct cell_range range(unsigned i, unsigned n)
{
    return (struct cell_range){FIRST + i, FIRST + i + n - 1};
}

static uint8_t rnd_rights(void)
{
    static const uint8_t some[] = {0, PERM_R, PERM_R | PERM_W, PERM_R | PERM_X, PERM_RIGHTS};
    return some[rnd(ARRAY_LEN(some))];
}

static int enter_rights(struct cell_range r, uint64_t ppn, const uint8_t *rights)
{
    uint8_t byte[DOMS] = {0};
    for (unsigned dom = 1; dom < DOMS; dom++)
        byte[dom] = rights[dom] ? PERM_V | PERM_A | rights[dom] : 0;
    return cellrange_enter(&table, r, ppn, byte);
}

static void do_enter(unsigned i, unsigned n)
{
    uint8_t  rights[DOMS] = {0, rnd_rights(), table.doms == DOMS ? rnd_rights() : 0};
    uint64_t ppn = 0x100000 + rnd(1000);
    if (rnd(3) && i > 0 && before[i - 1].mapped) {
        ppn = before[i - 1].ppn + 1;
        memcpy(rights, before[i - 1].rights, sizeof(rights));
    } else if (rnd(2) && i + n < NPAGES && before[i + n].mapped) {
        ppn = before[i + n].ppn - n;
        memcpy(rights, before[i + n].rights, sizeof(rights));
    }
    snprintf(last_call, sizeof(last_call), "enter %u+%u", i, n);
    bool busy = after_any_mapped(i, n);
    for (unsigned k = i; !busy && k < i + n; k++) {
        after[k] = (struct view){
            true, ppn + k - i, {0, rights[1], rights[2]}, {0, GRANT_NONE, GRANT_NONE}};
    }
    watching = true;
    int err = enter_rights(range(i, n), ppn, rights);
    if (err == -ENOSPC) {
        CHECK(celltable_free(&table) == 0, i);
        memcpy(after, before, sizeof(after));
    } else {
        CHECK(err == (busy ? -EEXIST : 0), i);
    }
    end();
}

static void do_remove(unsigned i, unsigned n)
{
    snprintf(last_call, sizeof(last_call), "remove %u+%u", i, n);
    memset(&after[i], 0, n * sizeof(after[0]));
    watching = true;
    if (cellrange_remove(&table, range(i, n)) == -ENOSPC) {
        CHECK(celltable_free(&table) == 0, i);
        memcpy(after, before, sizeof(after));
    }
    end();
}

static void set_rights_after(struct view *v, unsigned dom, uint8_t rights)
{
    bool takes = v->rights[dom] & ~rights;
    for (unsigned d = 1; d < DOMS; d++)
        takes |= v->grant[d] >> 4 == dom && (v->grant[d] & 0xe & ~rights);
    v->rights[dom] = rights;
    for (unsigned d = 1; takes && d < DOMS; d++)
        v->grant[d] = GRANT_NONE;
}

/* Widen page i to its whole cell: [i, i + the result). */
static unsigned whole_cell(unsigned *i)
{
    unsigned slot = walk(FIRST + *i), last = *i;
    while (*i > 0 && in_slot(slot, *i - 1))
        --*i;
    while (last + 1 < NPAGES && in_slot(slot, last + 1))
        last++;
    return last + 1 - *i;
}

static void do_protect(unsigned i, unsigned n)
{
    unsigned dom = 1 + rnd(table.doms - 1);
    uint8_t  rights = rnd_rights();
    if (rnd(2) && before[i].mapped) { /* as a part that gets back what its surroundings have */
        n = whole_cell(&i);
        rights = i > 0 ? before[i - 1].rights[dom] : rights;
        event_page = i + n < NPAGES && rnd(2) ? i + n : event_page;
    }
    snprintf(last_call, sizeof(last_call), "protect %u+%u dom %u rights %x", i, n, dom, rights);
    bool mapped = after_all_mapped(i, n);
    if (mapped) {
        op_dom = dom;
        op_first = i;
        op_last = i + n - 1;
        for (unsigned k = i; k < i + n; k++)
            set_rights_after(&after[k], dom, rights);
    }
    if (event == PROT && dom == 2)
        event = WRITE; /* both would set the same byte: the later one wins, either is right */
    watching = true;
    int err = cellrange_protect(&table, range(i, n), dom, rights);
    if (err == -ENOSPC) {
        CHECK(celltable_free(&table) < 2, i);
        memcpy(after, before, sizeof(after));
    } else {
        CHECK(err == (mapped ? 0 : -EFAULT), i);
    }
    end();
}

static void do_replace(unsigned i, unsigned n)
{
    uint64_t ppn = rnd(2) ? 0x200000 + rnd(100) : before[i].ppn;
    snprintf(last_call, sizeof(last_call), "replace %u+%u", i, n);
    bool mapped = after_all_mapped(i, n);
    for (unsigned k = i; mapped && k < i + n; k++)
        after[k].ppn = ppn + k - i;
    watching = true;
    int err = cellrange_replace(&table, range(i, n), ppn);
    if (err == -ENOSPC)
        memcpy(after, before, sizeof(after));
    else
        CHECK(err == (mapped ? 0 : -EFAULT), i);
    if (!err)
        cellrange_join(&table, range(i, n));
    end();
}

/* Frames whose contents change: from the shootdown until the cells are shown again, nothing of them
 * may be in sight, at whatever store. */
static void do_suspend(unsigned i, unsigned n)
{
    uint64_t ppn = 0x300000 + rnd(100);
    if (rnd(2) && i > 0 && before[i - 1].mapped)
        ppn = before[i - 1].ppn + 1;
    snprintf(last_call, sizeof(last_call), "suspend %u+%u", i, n);
    bool mapped = after_all_mapped(i, n);
    watching = true;
    int err = cellrange_suspend(&table, range(i, n));
    if (err) {
        CHECK(err == (mapped ? -ENOSPC : -EFAULT), i);
        end();
        return;
    }
    CHECK(mapped && nqueue == 0, i); /* a fence was last: what the shootdown relies on */
    for (unsigned k = i; k < i + n; k++) {
        CHECK(walk(FIRST + k) == 0, k);
        before[k].ppn = after[k].ppn = ppn + k - i; /* the old frames are never seen again */
    }
    cellrange_resume(&table, range(i, n), ppn);
    end();
}

static void do_move(unsigned i, unsigned n)
{
    unsigned to = rnd(NPAGES - n + 1);
    bool     moved[NPAGES] = {false};
    event = NOTHING; /* a page is in neither place for a moment */
    if (i < to + n && to < i + n)
        return;
    snprintf(last_call, sizeof(last_call), "move %u+%u to %u", i, n, to);
    bool busy = after_any_mapped(to, n);
    if (!busy) {
        for (unsigned k = 0; k < n; k++) {
            after[to + k] = before[i + k];
            for (unsigned d = 1; d < DOMS; d++)
                after[to + k].grant[d] = GRANT_NONE;
            after[i + k] = (struct view){0};
            moved[k] = written[i + k];
        }
    }
    watching = true;
    int err = cellrange_move(&table, range(i, n), FIRST + to);
    if (err == -ENOSPC)
        memcpy(after, before, sizeof(after));
    else
        CHECK(err == (busy ? -EEXIST : 0), i);
    if (!err)
        memcpy(&written[to], moved, n * sizeof(moved[0]));
    end();
}

/* A user offers rights on a cell: A.7.4, both copies. */
static void do_grant(unsigned i)
{
    unsigned slot = walk(FIRST + i), dom = 1 + rnd(table.doms - 1);
    if (slot == 0 || !(*byte_at(dom, slot) & 1) || !(*byte_at(dom, slot) & 0xe))
        return;
    uint32_t word = (1 + rnd(table.doms - 1)) << 4 | (*byte_at(dom, slot) & 0xe);
    *grant_at(dom, slot) = word;
    memcpy(mine, theirs, sizeof(mine));
    cellrange_join(&table, (struct cell_range){FIRST, FIRST + NPAGES - 1});
    arrive_all();
    memcpy(mine, theirs, sizeof(mine));
}

static void start(void)
{
    static const struct cell_spec kernel = {KERNEL0, KERNEL0 + 7, 0x80200,
                                            PERM_V | PERM_R | PERM_X};
    phys_window = (uintptr_t)mine;
    watching = false;
    memset(written, 0, sizeof(written));
    nqueue = 0;
    memset(theirs, 0xee, sizeof(theirs));
    celltable_attach(&table, 0, LINES, ROWS, live_bits);
    celltable_format(&table, DOMS, &kernel, 1);
    arrive_all();
}

static void others_see_old_or_new_at_every_store(void **state)
{
    (void)state;
    const char *one = getenv("SEED");
    uint32_t    first = one ? (uint32_t)atoi(one) : 1, last = one ? first : 20;
    for (seed = first; seed <= last; seed++) {
        rng = seed;
        start();
        celltable_set_doms(&table, seed % 2 ? 3 : 2); /* with one compartment, neighbours grow */
        arrive_all();
        for (step = 0; step < 1500; step++) {
            unsigned n = rnd(3) ? 1 + rnd(3) : 1 + rnd(20), i = rnd(NPAGES - n + 1), kind = rnd(21);
            begin();
            event_page = rnd(2) ? i + rnd(n) : i ? i - 1 : i + n - 1;
            if (kind < 8)
                do_enter(i, n);
            else if (kind < 10)
                do_remove(i, n);
            else if (kind < 16)
                do_protect(i, n);
            else if (kind < 17)
                do_replace(i, n);
            else if (kind < 18)
                do_move(i, n);
            else if (kind < 19)
                do_suspend(i, n);
            else
                do_grant(i);
        }
    }
}

/* --- particular cases ------------------------------------------------------------------------ */

static const uint8_t rw_for_1[DOMS] = {0, PERM_R | PERM_W, 0};

static int enter(unsigned i, unsigned n, uint64_t ppn)
{
    int err = enter_rights(range(i, n), ppn, rw_for_1);
    arrive_all();
    return err;
}

/* One cell for every slot, none of which can be merged with another. */
static void fill(void)
{
    unsigned i = 0;
    while (celltable_free(&table) > 0) {
        assert_int_equal(enter(i, 1, 0x1000 + 2 * i), 0);
        i++;
    }
}

static void a_full_table_refuses_what_needs_a_slot_and_changes_nothing(void **state)
{
    (void)state;
    static uint8_t copy[BYTES];
    start();
    assert_int_equal(enter(80, 3, 0x9000), 0);
    fill();
    assert_int_equal(table.nlive, 62);
    memcpy(copy, mine, sizeof(copy));
    assert_int_equal(enter(70, 1, 0x8000), -ENOSPC);
    assert_int_equal(cellrange_remove(&table, range(81, 1)), -ENOSPC);
    assert_int_equal(cellrange_protect(&table, range(80, 1), 1, PERM_R), -ENOSPC);
    assert_int_equal(cellrange_protect(&table, range(82, 1), 1, PERM_R), -ENOSPC);
    assert_int_equal(cellrange_protect(&table, range(81, 1), 1, PERM_R), -ENOSPC);
    assert_int_equal(cellrange_replace(&table, range(81, 1), 0x7000), -ENOSPC);
    assert_int_equal(cellrange_suspend(&table, range(81, 1)), -ENOSPC);
    assert_int_equal(cellrange_suspend(&table, range(82, 1)), -ENOSPC);
    assert_int_equal(cellrange_suspend(&table, range(83, 1)), -EFAULT);
    assert_int_equal(cellrange_move(&table, range(81, 1), FIRST + 90), -ENOSPC);
    assert_int_equal(cellrange_move(&table, range(80, 1), FIRST + 90), -ENOSPC);
    assert_int_equal(cellrange_move(&table, range(82, 1), FIRST + 90), -ENOSPC);
    assert_int_equal(enter(0, 1, 0x8000), -EEXIST);
    assert_memory_equal(copy, mine, sizeof(copy));
}

static void a_full_table_still_does_what_needs_no_slot(void **state)
{
    (void)state;
    start();
    assert_int_equal(enter(80, 3, 0x9000), 0);
    fill();
    assert_int_equal(enter(83, 2, 0x9003), -ENOSPC); /* with two domains: insert, then merge */
    assert_int_equal(cellrange_protect(&table, range(80, 3), 1, PERM_R), 0);
    assert_int_equal(cellrange_replace(&table, range(80, 3), 0x7000), 0);
    assert_int_equal(cellrange_move(&table, range(80, 3), FIRST + 90), 0);
    assert_int_equal(cellrange_remove(&table, range(90, 1)), 0);
    assert_int_equal(cellrange_remove(&table, range(92, 1)), 0);
    arrive_all();
    assert_int_equal(look(FIRST + 91).ppn, 0x7001);
    assert_int_equal(cellrange_remove(&table, range(3, 2)), 0);
    assert_int_equal(enter(70, 1, 0x8000), 0);
    assert_int_equal(enter(72, 1, 0x8100), 0);
    arrive_all();
    assert_true(look(FIRST + 72).mapped && look(FIRST + 0).mapped && !look(FIRST + 3).mapped);
}

/* Both edges cut a cell: two slots. */
static void a_protect_over_two_cells_with_one_slot_too_few_changes_nothing(void **state)
{
    (void)state;
    static uint8_t copy[BYTES];
    start();
    assert_int_equal(enter(80, 3, 0x9000), 0);
    assert_int_equal(enter(83, 3, 0xa000), 0);
    fill();
    for (unsigned nfree = 0; nfree < 2; nfree++) {
        assert_int_equal(celltable_free(&table), nfree);
        memcpy(copy, mine, sizeof(copy));
        assert_int_equal(cellrange_protect(&table, range(81, 4), 1, PERM_R), -ENOSPC);
        assert_int_equal(cellrange_replace(&table, range(81, 4), 0x7000), -ENOSPC);
        assert_int_equal(cellrange_suspend(&table, range(81, 4)), -ENOSPC);
        assert_memory_equal(copy, mine, sizeof(copy));
        assert_int_equal(cellrange_remove(&table, range(2 * nfree, 1)), 0);
        arrive_all();
    }
    assert_int_equal(cellrange_protect(&table, range(81, 4), 1, PERM_R), 0);
    arrive_all();
    for (unsigned i = 80; i < 86; i++) {
        bool inside = i > 80 && i < 85;
        assert_int_equal(look(FIRST + i).rights[1], inside ? PERM_R : PERM_R | PERM_W);
    }
}

static void one_compartment_grows_ranges_without_a_slot(void **state)
{
    (void)state;
    start();
    celltable_set_doms(&table, 2);
    assert_int_equal(enter(90, 2, 0x9002), 0);
    fill();
    assert_int_equal(enter_rights(range(92, 2), 0x9004, rw_for_1), 0);
    assert_int_equal(enter_rights(range(88, 2), 0x9000, rw_for_1), 0);
    arrive_all();
    assert_int_equal(table.nlive, 62);
    for (unsigned i = 88; i < 94; i++)
        assert_int_equal(look(FIRST + i).ppn, 0x9000 + i - 88);
    assert_false(look(FIRST + 87).mapped || look(FIRST + 94).mapped);
}

static void a_range_that_fills_a_gap_makes_one_cell_of_three(void **state)
{
    (void)state;
    for (uint32_t doms = 2; doms <= DOMS; doms++) {
        start();
        celltable_set_doms(&table, doms);
        assert_int_equal(enter(1, 2, 0x1001), 0);
        assert_int_equal(enter(6, 2, 0x1006), 0);
        assert_int_equal(enter(3, 3, 0x1003), 0);
        assert_int_equal(table.nlive, 1);
        for (unsigned i = 1; i < 8; i++)
            assert_int_equal(look(FIRST + i).ppn, 0x1000 + i);
    }
}

/* A walk that sleeps through 2048 fills of a slot must not wake up to the generation it knows. */
static void a_generation_that_wraps_is_preceded_by_a_shootdown(void **state)
{
    (void)state;
    start();
    shootdowns = 0;
    for (unsigned k = 0; k < 3 * 2048; k++) {
        assert_int_equal(enter(5, 1, 0x1000), 0);
        assert_int_equal(cellrange_remove(&table, range(5, 1)), 0);
    }
    assert_int_equal(shootdowns, 3);
}

static void a_dropped_domain_leaves_neither_rights_nor_grants(void **state)
{
    (void)state;
    static const uint8_t both[DOMS] = {0, PERM_R | PERM_W, PERM_R};
    start();
    assert_int_equal(enter_rights(range(1, 2), 0x1000, both), 0);
    assert_int_equal(enter_rights(range(3, 2), 0x1002, rw_for_1), 0);
    arrive_all();
    assert_int_equal(table.nlive, 2);
    *grant_at(1, walk(FIRST + 3)) = 2u << 4 | PERM_W;
    *grant_at(2, walk(FIRST + 1)) = 1u << 4 | PERM_R;
    *byte_at(2, walk(FIRST + 1)) |= PERM_D;
    memcpy(mine, theirs, sizeof(mine));
    cellrange_drop_domain(&table, 2);
    arrive_all();
    assert_int_equal(table.nlive, 1);
    for (unsigned slot = 1; slot < 64; slot++) {
        assert_int_equal(*byte_at(2, slot), 0);
        assert_int_equal(*grant_at(1, slot), GRANT_NONE);
        assert_int_equal(*grant_at(2, slot), GRANT_NONE);
    }
    assert_true(*byte_at(1, walk(FIRST + 1)) & PERM_D); /* that it wrote is still known */
}

static void check_new_row(void)
{
    uint32_t doms;
    memcpy(&doms, theirs + 8, sizeof(doms));
    for (unsigned slot = 0; doms == 3 && slot < 64; slot++)
        CHECK(*byte_at(2, slot) == 0 && *grant_at(2, slot) == GRANT_NONE, slot);
}

/* Nor at any moment between the stores that clear it and the one that makes it valid. */
static void a_row_that_comes_into_use_holds_nothing_of_before(void **state)
{
    (void)state;
    start();
    celltable_set_doms(&table, 2);
    arrive_all();
    memset(celltable_byte(&table, 2, 0), 0x0f, 64);
    memset(celltable_grant(&table, 2, 0), 0, 256);
    memcpy(theirs, mine, sizeof(theirs));
    watch_rows = true;
    celltable_set_doms(&table, 3);
    arrive_all();
    watch_rows = false;
    assert_int_equal(table.doms, 3);
    check_new_row();
}

/* Cells that another one went into or that went into another slot: their high words are new. */
static unsigned moves(const uint8_t *old)
{
    unsigned n = 0;
    for (unsigned slot = 1; slot < 63; slot++)
        n += celltable_is_live(&table, slot) &&
             memcmp(old + 16 * slot + 8, mine + 16 * slot + 8, 8);
    return n - 1;
}

/* What the spread of empty slots is for: 28 inserts into 62 slots, in rising, falling and
 * mixed order, move at most three cells each on average. A table without gaps would move 14. */
static void inserts_in_any_order_move_few_cells(void **state)
{
    (void)state;
    static const unsigned factor[] = {1, 28, 11, 5};
    for (unsigned f = 0; f < ARRAY_LEN(factor); f++) {
        unsigned total = 0;
        start();
        for (unsigned k = 0; k < 28; k++) {
            unsigned i = 2 + (k + 1) * factor[f] % 29 * 2;
            uint8_t  old[BYTES];
            memcpy(old, mine, sizeof(old));
            assert_int_equal(enter(i, 1, 0x1000 + 2 * i), 0);
            total += moves(old);
        }
        assert_in_range(total, 0, 28 * 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_see_old_or_new_at_every_store),
        cmocka_unit_test(a_full_table_refuses_what_needs_a_slot_and_changes_nothing),
        cmocka_unit_test(a_full_table_still_does_what_needs_no_slot),
        cmocka_unit_test(a_protect_over_two_cells_with_one_slot_too_few_changes_nothing),
        cmocka_unit_test(one_compartment_grows_ranges_without_a_slot),
        cmocka_unit_test(a_range_that_fills_a_gap_makes_one_cell_of_three),
        cmocka_unit_test(a_generation_that_wraps_is_preceded_by_a_shootdown),
        cmocka_unit_test(a_dropped_domain_leaves_neither_rights_nor_grants),
        cmocka_unit_test(a_row_that_comes_into_use_holds_nothing_of_before),
        cmocka_unit_test(inserts_in_any_order_move_few_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
