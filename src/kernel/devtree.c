/* SPDX-License-Identifier: Apache-2.0 */
/* devtree.c - devices from the device tree: see devtree.h.
 *
 * The boot code has checked the blob (lib/fdtcheck.h), so walking it stays inside it whatever it holds.
 * What properties say is another matter: their sizes are checked here each time, sums for overflow,
 * and every walk is bounded by the depth of the tree.
 *
 * A flattened tree has no links: finding a property, a parent or a phandle means reading it from the
 * start. One walk at the beginning makes an index of nodes and properties; everything else asks the index.
 *
 * Rules: Devicetree Specification 0.4: 2.3.5 (#address-cells, #size-cells), 2.3.6 (reg), 2.3.8
 * (ranges), 2.4 (interrupts). Tests: test/host/test_devtree.c.
 */
#include "kernel/devtree.h"

#include "kernel/heap.h"
#include "kernel/log.h"
#include "lib/errno.h"
#include "lib/fdtwalk.h"
#include "lib/string.h"
#include "machine/layout.h"

#define CELL              sizeof(fdt32_t)
#define DEFAULT_ADDR_CELL 2u
#define DEFAULT_SIZE_CELL 1u
#define CELLS_MAX         2u /* 64 bits; wider addresses (PCI) are not translated */

static const void            *tree; /* NULL: none, or a broken one */
static const struct bootinfo *boot;
static uint32_t               controller; /* phandle of the interrupt controller, 0: none yet */

/* The index: nodes and properties, each in the order of the blob. */
struct property {
    const char    *name;
    const fdt32_t *value;
    uint32_t       len; /* bytes */
};

struct node_info {
    int         offset; /* of the node in the structure block: its identity outside this file */
    int         parent; /* position in the index; -1: the root */
    const char *name;
    size_t      first_property, nproperties;

    uint32_t    phandle;    /* 0: none */
    const char *compatible; /* string list, NULL: none */
    size_t      compatible_len;
    bool        disabled; /* status says so */
};

#define DEPTH_MAX 16

static struct node_info *nodes;
static size_t            nnodes, nodes_max;
static struct property  *properties;
static size_t            nproperties, properties_max;

/* A property's value as 32-bit cells. */
struct cells {
    const fdt32_t *at;
    size_t         count;
};

/* --- the index ------------------------------------------------------------------------------ */

/* An array of *max elements, each of size bytes, that has room for one more than n. NULL: no memory, and
 * the old one is as it was. */
static void *reserve(void *array, size_t n, size_t *max, size_t size)
{
    if (n < *max)
        return array;
    size_t more = *max ? 2 * *max : 64;
    void  *grown = kmalloc(more * size);
    if (!grown)
        return NULL;
    if (n)
        memcpy(grown, array, n * size);
    kfree(array);
    *max = more;
    return grown;
}

static int add_node(const struct fdtwalk *w, int parent)
{
    struct node_info *more = reserve(nodes, nnodes, &nodes_max, sizeof(*nodes));
    if (!more)
        return -ENOMEM;
    nodes = more;
    nodes[nnodes++] = (struct node_info){
        .offset = w->offset,
        .parent = parent,
        .name = w->name,
        .first_property = nproperties,
    };
    return 0;
}

/* What is asked of every node, and so has a field of its own. */
static void note_property(struct node_info *node, const struct property *p)
{
    const char *value = (const char *)p->value;
    int         len = (int)p->len;

    if (!strcmp(p->name, "compatible")) {
        node->compatible = value;
        node->compatible_len = p->len;
    } else if (!strcmp(p->name, "status")) {
        node->disabled = !fdt_stringlist_contains(value, len, "okay") &&
                         !fdt_stringlist_contains(value, len, "ok");
    } else if (!strcmp(p->name, "phandle") && p->len == CELL) {
        node->phandle = fdt32_to_cpu(*p->value);
    }
}

static int add_property(const struct fdtwalk *w)
{
    struct property *more = reserve(properties, nproperties, &properties_max, sizeof(*properties));
    if (!more)
        return -ENOMEM;
    properties = more;
    properties[nproperties] = (struct property){w->name, w->value, w->len};
    note_property(&nodes[nnodes - 1], &properties[nproperties++]);
    nodes[nnodes - 1].nproperties++;
    return 0;
}

/* A node's properties precede its children (Devicetree Specification 5.4.2); one behind them is not
 * seen. */
static int index_build(void)
{
    int            at_depth[DEPTH_MAX]; /* the nodes around the current piece */
    int            depth = 0, err = 0;
    bool           begun = false; /* since the last begin or end of a node: it was a begin */
    struct fdtwalk w;

    fdtwalk_start(&w, tree);
    while (!err) {
        switch (fdtwalk_next(&w)) {
        case FDTWALK_NODE:
            if (depth == DEPTH_MAX)
                return -EINVAL;
            err = add_node(&w, depth ? at_depth[depth - 1] : -1);
            at_depth[depth++] = (int)nnodes - 1;
            begun = true;
            break;
        case FDTWALK_PROPERTY:
            err = begun ? add_property(&w) : 0;
            break;
        case FDTWALK_NODE_END:
            depth--;
            begun = false;
            break;
        case FDTWALK_END:
            return 0;
        }
    }
    return err;
}

/* The node at an offset, or NULL if no node starts there. */
static struct node_info *node_at(int offset)
{
    size_t lo = 0, hi = nnodes;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (nodes[mid].offset == offset)
            return &nodes[mid];
        if (nodes[mid].offset < offset)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

/* The offset of the node's parent; negative: it has none. */
static int parent_of(int offset)
{
    const struct node_info *node = node_at(offset);
    return node && node->parent >= 0 ? nodes[node->parent].offset : -1;
}

/* The offset of the node that has this phandle; negative: there is none. */
static int node_by_phandle(uint32_t phandle)
{
    for (size_t i = 0; i < nnodes; i++)
        if (nodes[i].phandle == phandle)
            return nodes[i].offset;
    return -1;
}

int devtree_init(const struct bootinfo *bi)
{
    tree = NULL;
    controller = 0;
    nnodes = 0;
    nproperties = 0;
    tree = phys_ptr(bi->dtb);
    boot = bi;
    int err = index_build();
    if (err)
        tree = NULL;
    return err;
}

/* --- properties ---------------------------------------------------------------------------- */

/* NULL: the node has none of this name. */
static const struct property *get_property(const struct node_info *node, const char *name)
{
    const struct property *p = node ? &properties[node->first_property] : NULL;
    for (size_t i = 0; node && i < node->nproperties; i++, p++)
        if (!strcmp(p->name, name))
            return p;
    return NULL;
}

/* -ENOENT: no such property, -EINVAL: not a whole number of cells. */
static int get_cells(int node, const char *name, struct cells *out)
{
    const struct property *p = get_property(node_at(node), name);
    if (!p)
        return -ENOENT;
    if (p->len % CELL != 0)
        return -EINVAL;
    *out = (struct cells){.at = p->value, .count = p->len / CELL};
    return 0;
}

static int get_u32(int node, const char *name, uint32_t *value)
{
    struct cells cells;
    int          err = get_cells(node, name, &cells);
    if (err)
        return err;
    if (cells.count != 1)
        return -EINVAL;
    *value = fdt32_to_cpu(cells.at[0]);
    return 0;
}

/* The cell counts that the children of `bus` use. */
static int bus_cells(int bus, unsigned *addr_cells, unsigned *size_cells)
{
    uint32_t addr = DEFAULT_ADDR_CELL, size = DEFAULT_SIZE_CELL;
    int      err = get_u32(bus, "#address-cells", &addr);
    if (err && err != -ENOENT)
        return err;
    err = get_u32(bus, "#size-cells", &size);
    if (err && err != -ENOENT)
        return err;
    if (addr == 0 || addr > CELLS_MAX || size > CELLS_MAX)
        return -EINVAL;
    *addr_cells = addr;
    *size_cells = size;
    return 0;
}

int devtree_u32(const struct devtree_node *node, const char *name, uint32_t *value)
{
    return tree ? get_u32(node->offset, name, value) : -ENOENT;
}

/* A property of /chosen. */
static const struct property *get_chosen(const char *name)
{
    for (size_t i = 0; tree && i < nnodes; i++)
        if (nodes[i].parent == 0 && !strcmp(nodes[i].name, "chosen"))
            return get_property(&nodes[i], name);
    return NULL;
}

const char *devtree_bootargs(void)
{
    const struct property *p = get_chosen("bootargs");
    return p && memchr(p->value, '\0', p->len) ? (const char *)p->value : "";
}

/* Of the first CPU; all are alike. */
static bool is_in_cpus(const struct node_info *node)
{
    return node->parent >= 0 && !strcmp(nodes[node->parent].name, "cpus");
}

/* Beside the harts there may be nodes that say how they are connected, without a reg. */
size_t devtree_harts(uint64_t *ids, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; tree && i < nnodes && n < max; i++) {
        if (!is_in_cpus(&nodes[i]) || nodes[i].disabled)
            continue;
        const struct property *p = get_property(&nodes[i], "reg");
        if (p && (p->len == CELL || p->len == 2 * CELL))
            ids[n++] = fdt_number(p->value, p->len / CELL);
    }
    return n;
}

const char *devtree_isa(void)
{
    for (size_t i = 0; tree && i < nnodes; i++) {
        if (!is_in_cpus(&nodes[i]))
            continue;
        const struct property *p = get_property(&nodes[i], "riscv,isa");
        if (p)
            return memchr(p->value, '\0', p->len) ? (const char *)p->value : "";
    }
    return "";
}

const void *devtree_rng_seed(size_t *len)
{
    const struct property *p = get_chosen("rng-seed");
    if (!p || p->len == 0)
        return NULL;
    *len = p->len;
    return p->value;
}

/* --- addresses ----------------------------------------------------------------------------- */

/* Find [addr, addr + len) in one entry of a ranges property and translate its address. */
static int translate_entry(const struct cells *ranges, unsigned child_cells, unsigned parent_cells,
                           unsigned size_cells, uint64_t *addr, uint64_t len)
{
    size_t stride = child_cells + parent_cells + size_cells;
    if (ranges->count % stride != 0)
        return -EINVAL;

    for (size_t i = 0; i < ranges->count; i += stride) {
        const fdt32_t *entry = ranges->at + i;
        uint64_t       child = fdt_number(entry, child_cells);
        uint64_t       parent = fdt_number(entry + child_cells, parent_cells);
        uint64_t       size = fdt_number(entry + child_cells + parent_cells, size_cells);
        if (*addr < child || *addr - child > size || len > size - (*addr - child))
            continue;
        return __builtin_add_overflow(parent, *addr - child, addr) ? -EINVAL : 0;
    }
    return -EINVAL;
}

/* From an address on `bus` to one on the bus above it. */
static int translate_once(int bus, int above, uint64_t *addr, uint64_t len)
{
    unsigned     child_cells, size_cells, parent_cells, unused;
    struct cells ranges;

    int err = get_cells(bus, "ranges", &ranges);
    if (err)
        return -EINVAL; /* without it the bus's addresses are not the CPU's */
    if (ranges.count == 0)
        return 0; /* empty: the same addresses */
    err = bus_cells(bus, &child_cells, &size_cells);
    if (!err)
        err = bus_cells(above, &parent_cells, &unused);
    return err ? err : translate_entry(&ranges, child_cells, parent_cells, size_cells, addr, len);
}

/* Up to the root, whose addresses are the CPU's. Each step goes to a parent, so it ends. */
static int translate(int bus, uint64_t *addr, uint64_t len)
{
    while (bus != 0) {
        int above = parent_of(bus);
        if (above < 0)
            return -EINVAL;
        int err = translate_once(bus, above, addr, len);
        if (err)
            return err;
        bus = above;
    }
    return 0;
}

/* Whether the boot code mapped all of [start, start + len). */
static bool is_mapped(uint64_t start, uint64_t len)
{
    for (size_t i = 0; i < boot->nmmio; i++) {
        const struct phys_range *range = &boot->mmio[i];
        if (start >= range->start && start - range->start <= range->len &&
            len <= range->len - (start - range->start))
            return true;
    }
    return false;
}

/* The index-th (address, length) of reg, as written on `bus`. */
static int read_reg(int node, int bus, unsigned index, uint64_t *addr, uint64_t *len)
{
    unsigned     addr_cells, size_cells;
    struct cells reg;

    int err = get_cells(node, "reg", &reg);
    if (!err)
        err = bus_cells(bus, &addr_cells, &size_cells);
    if (err)
        return err;

    size_t stride = addr_cells + size_cells;
    if (reg.count % stride != 0)
        return -EINVAL;
    if (index >= reg.count / stride)
        return -ENOENT;
    *addr = fdt_number(reg.at + index * stride, addr_cells);
    *len = fdt_number(reg.at + index * stride + addr_cells, size_cells);
    return 0;
}

int devtree_reg(const struct devtree_node *node, unsigned index, volatile void **base, size_t *len)
{
    uint64_t addr, size;
    if (!tree)
        return -ENOENT;
    int bus = parent_of(node->offset);
    if (bus < 0)
        return -EINVAL;

    int err = read_reg(node->offset, bus, index, &addr, &size);
    if (!err)
        err = translate(bus, &addr, size);
    if (err)
        return err;
    if (size == 0 || !is_mapped(addr, size))
        return -EINVAL;
    *base = phys_ptr(addr);
    *len = size;
    return 0;
}

/* --- interrupts ---------------------------------------------------------------------------- */

/* One entry of interrupts-extended: where it goes, and the specifier there. */
struct irq_entry {
    int            parent; /* node */
    uint32_t       phandle;
    const fdt32_t *cells;
    uint32_t       ncells;
};

/* The phandle that the node's interrupts go to: its own, or of the nearest node above that says. */
static int inherited_irq_parent(int node, uint32_t *phandle)
{
    for (; node >= 0; node = parent_of(node)) {
        int err = get_u32(node, "interrupt-parent", phandle);
        if (err != -ENOENT)
            return err;
    }
    return -ENOENT;
}

/* Fill in the controller behind a phandle and how many cells its specifiers have. */
static int resolve_irq_parent(uint32_t phandle, struct irq_entry *entry)
{
    if (phandle == 0 || phandle == UINT32_MAX)
        return -EINVAL;
    int parent = node_by_phandle(phandle);
    if (parent < 0 || get_u32(parent, "#interrupt-cells", &entry->ncells) != 0)
        return -EINVAL;
    entry->parent = parent;
    entry->phandle = phandle;
    return 0;
}

/* The entry of interrupts-extended at *pos; entries differ in length, so *pos moves to the next one. */
static int next_extended(const struct cells *list, size_t *pos, struct irq_entry *entry)
{
    if (*pos >= list->count)
        return -ENOENT;
    int err = resolve_irq_parent(fdt32_to_cpu(list->at[*pos]), entry);
    if (err)
        return err;
    if (entry->ncells > list->count - *pos - 1)
        return -EINVAL;
    entry->cells = list->at + *pos + 1;
    *pos += 1 + (size_t)entry->ncells;
    return 0;
}

static int extended_entry(const struct cells *list, unsigned index, struct irq_entry *entry)
{
    size_t pos = 0;
    int    err;
    do
        err = next_extended(list, &pos, entry);
    while (!err && index-- > 0);
    return err;
}

/* The index-th entry of interrupts, all of which go to one controller. */
static int plain_entry(int node, const struct cells *list, unsigned index, struct irq_entry *entry)
{
    uint32_t phandle;
    int      err = inherited_irq_parent(node, &phandle);
    if (!err)
        err = resolve_irq_parent(phandle, entry);
    if (err)
        return err;
    if (entry->ncells == 0 || list->count % entry->ncells != 0)
        return -EINVAL;
    if (index >= list->count / entry->ncells)
        return -ENOENT;
    entry->cells = list->at + (size_t)index * entry->ncells;
    return 0;
}

/* interrupts-extended wins over interrupts (2.4.1.2). */
static int irq_entry(int node, unsigned index, struct irq_entry *entry)
{
    struct cells list;
    int          err = get_cells(node, "interrupts-extended", &list);
    if (!err)
        return extended_entry(&list, index, entry);
    if (err == -ENOENT)
        err = get_cells(node, "interrupts", &list);
    return err ? err : plain_entry(node, &list, index, entry);
}

void devtree_set_irq_controller(const struct devtree_node *node)
{
    const struct node_info *info = node_at(node->offset);
    controller = info ? info->phandle : 0;
}

int devtree_irq(const struct devtree_node *node, unsigned index, unsigned *irq)
{
    struct irq_entry entry;
    if (!tree)
        return -ENOENT;
    int err = irq_entry(node->offset, index, &entry);
    if (err)
        return err;
    if (entry.phandle != controller)
        return -ENOENT;
    if (entry.ncells == 0)
        return -EINVAL;
    *irq = fdt32_to_cpu(entry.cells[0]); /* further cells, if any, say how it is triggered */
    return 0;
}

/* The hart whose interrupt controller `intc` is: the id of the cpu node around it. */
static int hart_of_intc(int intc, uint64_t *hart)
{
    uint64_t unused;
    int      cpu = parent_of(intc);
    int      cpus = cpu < 0 ? cpu : parent_of(cpu);
    return cpus < 0 ? -EINVAL : read_reg(cpu, cpus, 0, hart, &unused);
}

/* Whether the entry leads to this hart's interrupt `cause`. An unused output leads elsewhere. */
static bool leads_to(const struct irq_entry *entry, uint64_t hart, uint32_t cause)
{
    uint64_t id;
    return entry->ncells == 1 && fdt32_to_cpu(entry->cells[0]) == cause &&
           hart_of_intc(entry->parent, &id) == 0 && id == hart;
}

int devtree_irq_output(const struct devtree_node *node, uint64_t hart, uint32_t cause,
                       unsigned *output)
{
    struct cells     list;
    struct irq_entry entry;
    size_t           pos = 0;
    if (!tree)
        return -ENOENT;
    int err = get_cells(node->offset, "interrupts-extended", &list);

    for (unsigned i = 0; !err; i++) {
        err = next_extended(&list, &pos, &entry);
        if (!err && leads_to(&entry, hart, cause)) {
            *output = i;
            return 0;
        }
    }
    return err;
}

/* --- drivers ------------------------------------------------------------------------------- */

static bool driver_matches(const struct driver *driver, const struct node_info *node)
{
    if (!node->compatible)
        return false;
    for (const char *const *name = driver->compatible; *name; name++)
        if (fdt_stringlist_contains(node->compatible, (int)node->compatible_len, *name))
            return true;
    return false;
}

static void probe_node(const struct driver *driver, const struct node_info *info)
{
    struct devtree_node node = {.offset = info->offset, .name = info->name};
    int                 err = driver->probe(&node);
    if (err && err != -ENODEV)
        log_error("%s: cannot use %s: error %d", driver->name, info->name, -err);
}

void devtree_probe(const struct driver *const *drivers)
{
    for (; tree && *drivers; drivers++)
        for (size_t i = 0; i < nnodes; i++)
            if (!nodes[i].disabled && driver_matches(*drivers, &nodes[i]))
                probe_node(*drivers, &nodes[i]);
}
