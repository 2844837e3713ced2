/* SPDX-License-Identifier: Apache-2.0
 *
 * guest.c - what runs on the bare emulator while its time is taken: it does jobs that it is told over the
 * serial port, and sleeps between them, so that the emulator uses no time of its host then.
 *
 *   host:  SPACE LOOP TAKER PASSES HARTS TOUCHED RING PAGES DISTANCE APART STEP   a line
 *   guest: ready                                                all is prepared, and the loop has run a little
 *   host:  g
 *   guest: done WALKS DESCS PERMS FAILED SWITCHES FLUSHES       what the loop has added to the counters
 *
 * SPACE is what translates: cells, sv39 or sv48. LOOP and TAKER are labels of loops.S; the numbers are those
 * of struct job, TOUCHED the number of pages in [first, end). PAGES far pages are mapped, DISTANCE bytes from
 * one to the next; each is a cell of its own, beside the seven that every table has. The first HARTS harts
 * do it. Bad words end the machine with a complaint.
 *
 * Built on test/machine/lib. Relies on virt's serial port and interrupt controller; without the extension
 * (SPACE sv39, sv48) it uses nothing that an unpatched emulator does not have.
 */
#include "guest.h"

#include "lib/machine.h"

#define CSR_MIE_MEIE (1 << 11)

/* ---- the host's words ----------------------------------------------------------------------------- */

#define UART     ((volatile uint8_t *)0x10000000)
#define IER      1
#define LSR      5
#define RECEIVED 1 /* in both */
#define UART_IRQ 10
#define PLIC(at) (*(volatile uint32_t *)(0x0c000000 + (at)))
#define PRIORITY (4 * UART_IRQ)
#define ENABLE   0x2000 /* hart 0 in M */
#define CLAIM    0x200004

static void wake_on_input(void)
{
    PLIC(PRIORITY) = 1;
    PLIC(ENABLE) = 1 << UART_IRQ;
    UART[IER] = RECEIVED;
}

/* mstatus.MIE is 0, so that an interrupt ends wfi and is not taken; U would take it. */
static char next_char(void)
{
    csr_write(CSR_MIE, CSR_MIE_MEIE);
    while (!(UART[LSR] & RECEIVED)) {
        __asm__ volatile("wfi");
        PLIC(CLAIM) = PLIC(CLAIM);
    }
    csr_write(CSR_MIE, 0);
    return (char)UART[0];
}

static void __attribute__((noreturn)) bad(const char *what, const char *word)
{
    print("bad %s: %s\n", what, word);
    fail();
}

/* The next word of the line, in a buffer that the next call reuses. */
static const char *next_word(void)
{
    static char word[24];
    size_t      len = 0;

    for (char c = next_char(); c != ' ' && c != '\n'; c = next_char()) {
        word[len++] = c;
        if (len == sizeof(word))
            bad("word", "too long");
    }
    word[len] = '\0';
    return word;
}

static uint64_t next_number(void)
{
    const char *word = next_word();
    uint64_t    value = 0;

    for (const char *p = word; *p; p++) {
        if (*p < '0' || *p > '9')
            bad("number", word);
        value = value * 10 + (uint64_t)(*p - '0');
    }
    return value;
}

static bool same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

#define DECLARE(label) extern const char label[];
#define NAMED(label)   {#label, (uint64_t)label},
RINGS(DECLARE)
LOOPS(DECLARE)
TAKERS(DECLARE)
extern const char ring_start[], ring_jals_back[];

struct label {
    const char *name;
    uint64_t    at;
};

static const struct label rings[] = {RINGS(NAMED)}, loops[] = {LOOPS(NAMED)},
                          takers[] = {TAKERS(NAMED)};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Address of the label of this name; 0 if there is none. */
static uint64_t find(const struct label *labels, size_t n, const char *name)
{
    for (size_t k = 0; k < n; k++)
        if (same(labels[k].name, name))
            return labels[k].at;
    return 0;
}

/* ---- where everything is ---------------------------------------------------------------------------- */

/* Physical, behind the image; the machine has 256 MiB. */
#define COPIES \
    0x80200000ull /* of a ring, a page for each SD; 2 MiB of their own, see page_tables_with */
#define CELL_LIST 0x80800000ull /* as the library wants it */
#define TABLE     0x81000000ull
#define POOL      0x82000000ull /* what is mapped, then page tables */
#define POOL_END  0x90000000ull

/* Virtual. QEMU's TLB is direct-mapped by the low bits of the page number, 8 of them to begin with: the
 * image, the touched pages and the far pages share no entry, and all far pages share one. */
#define TOUCHED     (0x40000000ull + 128 * PAGE)
#define TOUCHED_MAX 64
#define OWN(hart)   (0x20000000ull + (64 + 2 * (hart)) * PAGE)
#define OWNS        4
#define FAR         (0x100000000ull + 255 * PAGE)
#define S_ALIAS \
    0x40000000ull /* of the image, from its physical address, for S under Sv39 and Sv48 */

#define SDS 17 /* 0 and a ring of at most 16 */

extern uint8_t image_start[], image_end[];

/* ---- cells -------------------------------------------------------------------------------------------- */

static void give_all(const struct table *t, uint64_t va, uint8_t byte)
{
    uint64_t slot = slot_of(t, va);

    for (uint64_t sd = 0; sd < SDS; sd++)
        perm_put(t, sd, slot, byte);
}

/* Build the space; its satp. */
static uint64_t cells_with(uint64_t pages, uint64_t distance)
{
    struct cell *cells = (struct cell *)CELL_LIST;
    struct table table;
    size_t       n = 0;

    for (unsigned k = 0; k < OWNS; k++)
        cells[n++] = (struct cell){.va = OWN(k), .pages = 1, .pa = POOL + k * PAGE};
    cells[n++] = (struct cell){.va = TOUCHED, .pages = TOUCHED_MAX, .pa = POOL};
    cells[n++] = (struct cell){.va = COPIES, .pages = SDS, .pa = COPIES};
    for (uint64_t k = 0; k < pages; k++)
        cells[n++] = (struct cell){
            .va = FAR + k * distance, .pages = 1, .pa = POOL, .row = {P_RW, P_RW}};

    table = table_build(TABLE, n / 64 + 1, SDS, cells, n);
    for (unsigned k = 0; k < OWNS; k++)
        give_all(&table, OWN(k), P_RW);
    give_all(&table, TOUCHED, P_RW);
    give_all(&table, COPIES, P_RX);
    return table_satp(&table);
}

/* ---- page tables ---------------------------------------------------------------------------------------- */

#define PTE_V   0x01ull
#define PTE_RWX 0x0eull
#define PTE_U   0x10ull
#define PTE_AD  0xc0ull

static uint64_t pool_next;

static uint64_t *new_page_table(void)
{
    uint64_t *pt = (uint64_t *)pool_next;

    pool_next += PAGE;
    if (pool_next > POOL_END)
        bad("number", "too many pages");
    for (unsigned k = 0; k < PAGE / 8; k++)
        pt[k] = 0;
    return pt;
}

/* Map what a leaf of this level covers (0: 4 KiB, 1: 2 MiB); the root is of the level root_level. */
static void map(uint64_t *root, unsigned root_level, uint64_t va, uint64_t pa, unsigned leaf,
                uint64_t flags)
{
    uint64_t *pt = root;

    for (unsigned level = root_level; level > leaf; level--) {
        uint64_t *pte = &pt[va >> (12 + 9 * level) & 511];
        if (!*pte)
            *pte = (uint64_t)new_page_table() >> 2 | PTE_V;
        pt = (uint64_t *)(*pte >> 10 << 12);
    }
    pt[va >> (12 + 9 * leaf) & 511] = pa >> 2 | flags | PTE_RWX | PTE_AD | PTE_V;
}

static uint64_t page_tables_with(unsigned levels, uint64_t pages, uint64_t distance)
{
    unsigned  top = levels - 1;
    uint64_t  image = (uint64_t)image_start;
    uint64_t *root;

    pool_next = POOL + TOUCHED_MAX * PAGE;
    root = new_page_table();
    map(root, top, image, image, 1, PTE_U);
    map(root, top, image + S_ALIAS, image, 1, 0);
    map(root, top, COPIES, COPIES, 1, PTE_U);
    for (unsigned k = 0; k < TOUCHED_MAX; k++)
        map(root, top, TOUCHED + k * PAGE, POOL + k * PAGE, 0, PTE_U);
    for (uint64_t k = 0; k < pages; k++)
        map(root, top, FAR + k * distance, POOL, 0, PTE_U);
    return (uint64_t)(levels + 5) << 60 | (uint64_t)root >> 12;
}

/* ---- jobs ------------------------------------------------------------------------------------------------- */

static void copy_ring(uint64_t ring)
{
    for (uint64_t sd = 0; sd < SDS; sd++) {
        bool back = ring == (uint64_t)ring_jals && sd % 2 == 0;
        memcpy((void *)(COPIES + sd * PAGE), back ? ring_jals_back : (const void *)ring,
               RING_BYTES);
    }
    __asm__ volatile("fence.i" ::: "memory");
}

/* What a hart is to do. */
struct task {
    uint64_t   loop, taker, satp;
    bool       cells;
    struct job job;
};

static struct task tasks[HARTS]; /* in the image: U reads its job */

static void set_up_hart(const struct task *t)
{
    csr_write(CSR_SATP, t->satp);
    csr_write(CSR_STVEC, t->taker);
    csr_write(CSR_MEDELEG, 1 << 8);
    if (t->cells)
        sds_write(1, 0, 0);
}

static void run_on_this_hart(uint64_t task)
{
    const struct task *t = (const struct task *)task;
    struct outcome     o;

    set_up_hart(t);
    o = enter(MODE_U, t->loop, (uint64_t)&t->job, 0);
    expect_trap(o, TRAP_M, 3, o.tval); /* the loop's ebreak */
}

static void run(uint64_t passes, uint64_t harts)
{
    for (uint64_t h = 0; h < harts; h++)
        tasks[h].job.passes = passes;
    for (uint64_t h = 1; h < harts; h++)
        hart_run_on(h, run_on_this_hart, (uint64_t)&tasks[h]);
    run_on_this_hart((uint64_t)&tasks[0]);
    for (uint64_t h = 1; h < harts; h++)
        hart_join_on(h);
}

/* The counters, as far as there are any. */
static struct counts counts(void)
{
    return tasks[0].cells ? counts_read() : (struct counts){0};
}

/* Tell when it begins, and what hart 0 has counted. */
static void run_timed(uint64_t passes, uint64_t harts)
{
    struct counts before, after;

    print("ready\n");
    next_char();
    before = counts();
    run(passes, harts);
    after = counts();
    print("done %d %d %d %d %d %d\n", after.walks - before.walks, after.descs - before.descs,
          after.perms - before.perms, after.failed - before.failed,
          after.switches - before.switches, after.flushes - before.flushes);
}

/* The number of levels of page tables, 0 for cells. */
static unsigned next_space(void)
{
    const char *word = next_word();

    if (!same(word, "cells") && !same(word, "sv39") && !same(word, "sv48"))
        bad("space", word);
    return same(word, "cells") ? 0 : same(word, "sv39") ? 3 : 4;
}

static uint64_t next_loop(void)
{
    const char *word = next_word();
    uint64_t    ring = find(rings, COUNT(rings), word);
    uint64_t    loop = ring ? (uint64_t)ring_start : find(loops, COUNT(loops), word);

    if (!loop)
        bad("loop", word);
    if (ring)
        copy_ring(ring);
    return loop;
}

static uint64_t next_taker(void)
{
    const char *word = next_word();
    uint64_t    taker = find(takers, COUNT(takers), word);

    if (!taker)
        bad("taker", word);
    return taker;
}

/* The rest of the line; what it makes is the same for all harts but for the cell of their own. */
static void next_task(struct task *t, unsigned levels)
{
    uint64_t pages, distance;

    t->cells = !levels;
    t->job.first = TOUCHED;
    t->job.end = TOUCHED + PAGE * next_number();
    t->job.ring = next_number();
    pages = next_number();
    distance = next_number();
    t->job.apart = next_number();
    t->job.step = next_number();
    t->job.copies = COPIES;
    if (t->loop == (uint64_t)walk) {
        t->job.first = FAR;
        t->job.ring = pages;
    }
    if (levels)
        t->taker += S_ALIAS;
    t->satp = levels ? page_tables_with(levels, pages, distance) : cells_with(pages, distance);
}

static void do_job(void)
{
    unsigned    levels = next_space();
    struct task t = {.loop = next_loop()};
    uint64_t    passes, harts;

    t.taker = next_taker();
    passes = next_number();
    harts = next_number();
    if (harts > HARTS)
        bad("number", "too many harts");
    next_task(&t, levels);
    for (uint64_t h = 0; h < harts; h++) {
        tasks[h] = t;
        tasks[h].job.cell = OWN(h);
    }
    run(passes / 100 + 1, harts); /* translated, and the TLB as it will be */
    run_timed(passes, harts);
}

int main(void)
{
    _Static_assert(HARTS <= OWNS, "a cell for each");
    wake_on_input();
    for (;;)
        do_job();
}
