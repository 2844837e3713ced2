/* SPDX-License-Identifier: Apache-2.0 */
/* boot.c - what the machine is, read from the device tree before translation is on.
 *
 * Runs at physical addresses on the boot stack, phys_window = 0, one hart. Position-independent: no
 * absolute pointer may be stored here (only offsets and physical addresses survive the switch). Errors
 * end in a message through the firmware and a shutdown: there is nobody else to tell.
 */
#include <libfdt.h>

#include "lib/fdtcheck.h"
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

static uint64_t read_cells(const fdt32_t *cell, int n)
{
    uint64_t value = 0;
    while (n--)
        value = value << 32 | fdt32_to_cpu(*cell++);
    return value;
}

typedef bool (*range_fn)(struct bootinfo *bi, struct phys_range r);

/* Call fn for every entry of node's reg property, which is encoded in parent's cell sizes. A node
 * without reg, or an entry of no length, is skipped. */
static void each_reg(struct bootinfo *bi, const void *fdt, int parent, int node, range_fn fn)
{
    int            len;
    const fdt32_t *reg = fdt_getprop(fdt, node, "reg", &len);
    if (!reg)
        return;

    int ac = fdt_address_cells(fdt, parent), sc = fdt_size_cells(fdt, parent);
    if (ac < 1 || ac > 2 || sc < 1 || sc > 2)
        return;
    for (int cells = len / 4; cells >= ac + sc; cells -= ac + sc, reg += ac + sc) {
        uint64_t start = read_cells(reg, ac), size = read_cells(reg + ac, sc);
        if (!size)
            continue;
        if (start + size < start || start + size > WINDOW_SIZE)
            continue; /* not reachable through the window */
        if (!fn(bi, (struct phys_range){start, size}))
            boot_fail(too_many_ranges);
    }
}

/* RAM: whole pages inside the range. */
static bool add_ram(struct bootinfo *bi, struct phys_range r)
{
    paddr_t start = ALIGN_UP(r.start, PAGE_SIZE), end = ALIGN_DOWN(r.start + r.len, PAGE_SIZE);
    return end <= start || ranges_add(bi->window, &bi->nwindow, BOOTINFO_RANGES,
                                      (struct phys_range){start, end - start});
}

/* Reserved: every page that the range touches. */
static bool cut_ram(struct bootinfo *bi, struct phys_range r)
{
    return ranges_cut(bi->window, &bi->nwindow, BOOTINFO_RANGES,
                      page_range(r.start, r.start + r.len));
}

static bool add_mmio(struct bootinfo *bi, struct phys_range r)
{
    return ranges_add(bi->mmio, &bi->nmmio, ARRAY_LEN(bi->mmio),
                      page_range(r.start, r.start + r.len));
}

static void each_child_reg(struct bootinfo *bi, const void *fdt, int parent, range_fn fn)
{
    int node;
    fdt_for_each_subnode(node, fdt, parent) each_reg(bi, fdt, parent, node, fn);
}

static void cut_reservations(struct bootinfo *bi, const void *fdt, int reserved_memory)
{
    if (reserved_memory >= 0)
        each_child_reg(bi, fdt, reserved_memory, cut_ram);

    uint64_t start, size;
    for (int i = 0; i < fdt_num_mem_rsv(fdt); i++)
        if (!fdt_get_mem_rsv(fdt, i, &start, &size) && size && start + size > start &&
            !cut_ram(bi, (struct phys_range){start, size}))
            boot_fail(too_many_ranges);
}

static bool is_compatible(const void *fdt, int node, const char *with)
{
    int         len;
    const char *list = fdt_getprop(fdt, node, "compatible", &len);
    return list && fdt_stringlist_contains(list, len, with);
}

static bool has_name(const char *name, const char *base)
{
    size_t len = strlen(base);
    return !strncmp(name, base, len) && (!name[len] || name[len] == '@');
}

static void read_timebase(struct bootinfo *bi, const void *fdt, int cpus)
{
    int            len;
    const fdt32_t *hz = fdt_getprop(fdt, cpus, "timebase-frequency", &len);
    if (hz && (len == 4 || len == 8))
        bi->timebase_hz = read_cells(hz, len / 4);
}

/* One walk over the root's children: finding each by name would be a walk of its own.
 *
 * Register windows are those of every node with a reg on a simple-bus. The firmware's (timer and
 * interrupts of machine mode) are among them: mapped, but no driver of ours asks for them. */
static void read_tree(struct bootinfo *bi, const void *fdt)
{
    int node, reserved_memory = -1;
    fdt_for_each_subnode(node, fdt, 0)
    {
        const char *name = fdt_get_name(fdt, node, NULL);
        if (has_name(name, "memory"))
            each_reg(bi, fdt, 0, node, add_ram);
        else if (has_name(name, "reserved-memory"))
            reserved_memory = node;
        else if (has_name(name, "cpus"))
            read_timebase(bi, fdt, node);
        else if (is_compatible(fdt, node, "simple-bus"))
            each_child_reg(bi, fdt, node, add_mmio);
    }
    cut_reservations(bi, fdt, reserved_memory); /* after all RAM is known */

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
