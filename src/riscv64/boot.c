/* SPDX-License-Identifier: Apache-2.0 */
/* boot.c - what the machine is, read from the device tree before translation is on.
 *
 * Runs at physical addresses on the boot stack, phys_window = 0, one hart. Position-independent: no
 * absolute pointer may be stored here (only offsets and physical addresses survive the switch). Errors
 * end in a message through the firmware and a shutdown: there is nobody else to tell.
 */
#include "lib/fdtcheck.h"
#include "lib/fdtwalk.h"
#include "lib/string.h"
#include "machine/bootinfo.h"
#include "machine/cpu.h"
#include "machine/layout.h"
#include "machine/pmap.h"
#include "riscv64/ranges.h"
#include "riscv64/sbi.h"

extern char _text_start[], _text_end[], _rodata_start[], _rodata_end[], _data_start[], _image_end[];

#define DTB_MAX ((size_t)2 << 20) /* the boot protocol has no size; no tree is larger */

struct bootinfo boot_info;
uintptr_t       phys_window; /* 0 until start.S has turned translation on */

uint64_t       boot_main(uint64_t hart, paddr_t dtb); /* start.S */
_Noreturn void boot_mode_refused(void);               /* start.S */

static _Noreturn void boot_fail(const char *what)
{
    static const char prefix[] = "[cella] cannot boot: ";
    for (const char *s = prefix; *s; s++)
        sbi_putchar(*s);
    for (; *what; what++)
        sbi_putchar(*what);
    sbi_putchar('\n');
    cpu_halt();
}

static const char too_many_ranges[] = "the machine has more memory ranges than the kernel can keep";

static struct phys_range page_range(paddr_t start, paddr_t end)
{
    start = ALIGN_DOWN(start, PAGE_SIZE);
    return (struct phys_range){start, ALIGN_UP(end, PAGE_SIZE) - start};
}

static struct phys_range section(const char *start, const char *end)
{
    return page_range((paddr_t)start, (paddr_t)end);
}

/* --- reading the tree --------------------------------------------------------------------- */

#define LEVELS 3 /* the root, its children and theirs: nothing below is asked for */

/* What a node says of itself, and of how its children's reg is encoded. */
struct level {
    enum { OTHER, MEMORY, RESERVED, CPUS, BUS } kind;
    unsigned       addr_cells, size_cells; /* 0: not usable */
    const fdt32_t *reg;
    size_t         reg_cells;
};

/* Where the walk is, and what it has found. */
struct reader {
    struct bootinfo *bi;
    struct level     level[LEVELS]; /* the nodes around it */
    int              depth;         /* of the innermost; -1: none */
    bool             properties;    /* they may follow: they precede a node's children */

    struct phys_range reserved[BOOTINFO_RANGES]; /* cut out of RAM when all RAM is known */
    size_t            nreserved;
};

/* Add every entry of node's reg property, which is encoded in parent's cell sizes. A node
 * without reg, or an entry of no length, is skipped. */
static void each_reg(struct reader *rd, const struct level *parent, const struct level *node,
                     bool (*add)(struct reader *rd, struct phys_range r))
{
    unsigned       ac = parent->addr_cells, sc = parent->size_cells;
    const fdt32_t *reg = node->reg;
    if (ac < 1 || ac > 2 || sc < 1 || sc > 2)
        return;
    for (size_t cells = node->reg_cells; cells >= ac + sc; cells -= ac + sc, reg += ac + sc) {
        uint64_t start = fdt_number(reg, ac), size = fdt_number(reg + ac, sc);
        if (!size)
            continue;
        if (start + size < start || start + size > WINDOW_SIZE)
            continue; /* not reachable through the window */
        if (!add(rd, (struct phys_range){start, size}))
            boot_fail(too_many_ranges);
    }
}

/* RAM: whole pages inside the range. */
static bool add_ram(struct reader *rd, struct phys_range r)
{
    paddr_t start = ALIGN_UP(r.start, PAGE_SIZE), end = ALIGN_DOWN(r.start + r.len, PAGE_SIZE);
    return end <= start || ranges_add(rd->bi->window, &rd->bi->nwindow, BOOTINFO_RANGES,
                                      (struct phys_range){start, end - start});
}

/* Reserved: every page that the range touches. */
static bool add_reserved(struct reader *rd, struct phys_range r)
{
    return ranges_add(rd->reserved, &rd->nreserved, BOOTINFO_RANGES,
                      page_range(r.start, r.start + r.len));
}

static bool add_mmio(struct reader *rd, struct phys_range r)
{
    return ranges_add(rd->bi->mmio, &rd->bi->nmmio, ARRAY_LEN(rd->bi->mmio),
                      page_range(r.start, r.start + r.len));
}

/* The properties of the innermost node, and of those around it, are known. Register windows are
 * those of every node with a reg on a simple-bus. The firmware's (timer and interrupts of machine
 * mode) are among them: mapped, but no driver of ours asks for them. */
static void properties_read(struct reader *rd)
{
    const struct level *level = rd->level;

    rd->properties = false;
    if (rd->depth == 1 && level[1].kind == MEMORY)
        each_reg(rd, &level[0], &level[1], add_ram);
    else if (rd->depth == 2 && level[1].kind == RESERVED)
        each_reg(rd, &level[1], &level[2], add_reserved);
    else if (rd->depth == 2 && level[1].kind == BUS)
        each_reg(rd, &level[1], &level[2], add_mmio);
}

static bool has_name(const char *name, const char *base)
{
    size_t len = strlen(base);
    return !strncmp(name, base, len) && (!name[len] || name[len] == '@');
}

static void node_begins(struct reader *rd, const char *name)
{
    if (rd->properties)
        properties_read(rd);
    if (++rd->depth >= LEVELS)
        return;

    struct level *node = &rd->level[rd->depth];
    *node = (struct level){.addr_cells = 2, .size_cells = 1}; /* the defaults: 2.3.5 */
    if (has_name(name, "memory"))
        node->kind = MEMORY;
    else if (has_name(name, "reserved-memory"))
        node->kind = RESERVED;
    else if (has_name(name, "cpus"))
        node->kind = CPUS;
    rd->properties = true;
}

static void node_ends(struct reader *rd)
{
    if (rd->properties)
        properties_read(rd);
    rd->depth--;
}

static void read_property(struct reader *rd, const struct fdtwalk *w)
{
    struct level *node = &rd->level[rd->depth];
    unsigned      cells = w->len / (unsigned)sizeof(fdt32_t);

    if (!strcmp(w->name, "reg")) {
        node->reg = w->value;
        node->reg_cells = cells;
    } else if (!strcmp(w->name, "#address-cells")) {
        node->addr_cells = cells == 1 ? fdt32_to_cpu(*w->value) : 0;
    } else if (!strcmp(w->name, "#size-cells")) {
        node->size_cells = cells == 1 ? fdt32_to_cpu(*w->value) : 0;
    } else if (!strcmp(w->name, "compatible")) {
        if (node->kind == OTHER &&
            fdt_stringlist_contains((const char *)w->value, (int)w->len, "simple-bus"))
            node->kind = BUS;
    } else if (rd->depth == 1 && node->kind == CPUS && !strcmp(w->name, "timebase-frequency")) {
        if (w->len == 4 || w->len == 8)
            rd->bi->timebase_hz = fdt_number(w->value, cells);
    }
}

static void cut_reservations(struct reader *rd, const void *fdt)
{
    struct bootinfo *bi = rd->bi;
    uint64_t         start, size;

    for (int i = 0; i < fdt_num_mem_rsv(fdt); i++)
        if (!fdt_get_mem_rsv(fdt, i, &start, &size) && size && start + size > start &&
            !add_reserved(rd, (struct phys_range){start, size}))
            boot_fail(too_many_ranges);
    for (size_t i = 0; i < rd->nreserved; i++)
        if (!ranges_cut(bi->window, &bi->nwindow, BOOTINFO_RANGES, rd->reserved[i]))
            boot_fail(too_many_ranges);
}

/* One walk over the whole tree: finding anything by name would be a walk of its own. */
static void read_tree(struct bootinfo *bi, const void *fdt)
{
    struct reader      rd = {.bi = bi, .depth = -1};
    struct fdtwalk     w;
    enum fdtwalk_piece piece;

    fdtwalk_start(&w, fdt);
    while ((piece = fdtwalk_next(&w)) != FDTWALK_END) {
        if (piece == FDTWALK_NODE)
            node_begins(&rd, w.name);
        else if (piece == FDTWALK_NODE_END)
            node_ends(&rd);
        else if (rd.properties)
            read_property(&rd, &w);
    }
    cut_reservations(&rd, fdt);

    if (!bi->nwindow)
        boot_fail("the device tree describes no memory");
    if (!bi->timebase_hz)
        boot_fail("the device tree has no /cpus timebase-frequency");
}

/* --- early memory -------------------------------------------------------------------------- */

paddr_t boot_alloc(struct bootinfo *bi, size_t len)
{
    len = ALIGN_UP(len, PAGE_SIZE);
    for (size_t i = 0; i < bi->nfree; i++) {
        struct phys_range *r = &bi->free[i];
        if (r->len < len)
            continue;
        struct phys_range taken = {r->start, len};
        ranges_cut(bi->free, &bi->nfree, BOOTINFO_RANGES, taken); /* at an edge: cannot fail */
        memset(phys_ptr(taken.start), 0, len);
        return taken.start;
    }
    boot_fail("not enough memory for the kernel's tables");
}

/* Keep the blob in memory of our own: where it lies now may be handed out. */
static void copy_dtb(struct bootinfo *bi, const void *fdt)
{
    struct phys_range orig = page_range((paddr_t)fdt, (paddr_t)fdt + fdt_totalsize(fdt));
    bool              was_free = ranges_contain(bi->free, bi->nfree, orig);

    if (!ranges_cut(bi->free, &bi->nfree, BOOTINFO_RANGES, orig))
        boot_fail(too_many_ranges);
    bi->dtb_len = fdt_totalsize(fdt);
    bi->dtb = boot_alloc(bi, bi->dtb_len);
    memcpy(phys_ptr(bi->dtb), fdt, bi->dtb_len);
    if (was_free)
        ranges_add(bi->free, &bi->nfree, BOOTINFO_RANGES, orig);
}

/* What is left when the image is taken out: text and rodata leave the window's read-write part,
 * the data section stays in it but is not free. */
static void cut_image(struct bootinfo *bi)
{
    bi->text = section(_text_start, _text_end);
    bi->rodata = section(_rodata_start, _rodata_end);
    bi->data = section(_data_start, _image_end);

    if (!ranges_contain(bi->window, bi->nwindow, section(_text_start, _image_end)))
        boot_fail("the kernel image does not lie in memory that is free for it");
    bool ok = ranges_cut(bi->window, &bi->nwindow, BOOTINFO_RANGES, bi->text) &&
              ranges_cut(bi->window, &bi->nwindow, BOOTINFO_RANGES, bi->rodata);

    memcpy(bi->free, bi->window, sizeof(bi->free));
    bi->nfree = bi->nwindow;
    if (!ok || !ranges_cut(bi->free, &bi->nfree, BOOTINFO_RANGES, bi->data))
        boot_fail(too_many_ranges);
}

/* Called by start.S. Returns the satp value that turns translation on. */
uint64_t boot_main(uint64_t hart, paddr_t dtb)
{
    struct bootinfo *bi = &boot_info;
    const void      *fdt = (const void *)dtb;

    if (!fdtcheck(fdt, DTB_MAX))
        boot_fail("the firmware passed no device tree, or a malformed one");
    bi->boot_hart = hart;
    read_tree(bi, fdt);
    cut_image(bi);
    copy_dtb(bi, fdt);
    return pmap_bootstrap(bi);
}

/* The write of satp changed nothing, so the hart is still here, at a physical address. */
void boot_mode_refused(void)
{
    boot_fail("this CPU does not translate in the way this kernel was built for");
}
