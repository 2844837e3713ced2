/* SPDX-License-Identifier: Apache-2.0 */
/* test_devtree.c - devices from good device trees, and errors, never worse, from damaged ones.
 *
 * Trees are made here with libfdt. A damaged tree lies in a heap block of its exact length, so the
 * address sanitizer sees any read outside. If it passes the check, everything is asked of it with
 * libfdt's own checks off, as in the kernel.
 */
/* sources: src/kernel/devtree.c src/lib/fdtcheck.c src/lib/fdtwalk.c src/lib/fmt.c libfdt */
/* flags: -include test/host/fdt_assume.h */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libfdt.h>

#include "kernel/devtree.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "lib/errno.h"
#include "lib/fdtcheck.h"
#include "machine/layout.h"

#define BLOB_MAX 4096
#define CHECKED  0
#define TRUSTED  0xff

#define CAUSE_S_EXTERNAL 9
#define CAUSE_M_EXTERNAL 11

enum phandle { INTC0 = 1, INTC1, PLIC, OTHER_CONTROLLER };

int       fdt_assume_mask = CHECKED;
uintptr_t phys_window; /* 0: physical addresses are pointers; registers are never touched here */
enum log_level log_threshold;
static int     nlog_lines;

void log_line(enum log_level level, const char *fmt, ...)
{
    (void)level;
    (void)fmt;
    nlog_lines++;
}

void *kmalloc(size_t size)
{
    return malloc(size);
}

void kfree(void *ptr)
{
    free(ptr);
}

static struct bootinfo boot = {
    .mmio = {{.start = 0x0c000000, .len = 0x600000},
             {.start = 0x10000000, .len = 0x1000},
             {.start = 0x20001000, .len = 0x3000}},
    .nmmio = 3,
};

/* --- making trees -------------------------------------------------------------------------- */

static void put_cells(void *fdt, const char *name, const uint32_t *cells, size_t count)
{
    void *value;
    assert_int_equal(fdt_property_placeholder(fdt, name, (int)(4 * count), &value), 0);
    for (size_t i = 0; i < count; i++)
        ((fdt32_t *)value)[i] = cpu_to_fdt32(cells[i]);
}

#define CELLS(fdt, name, ...)                             \
    put_cells(fdt, name, (const uint32_t[]){__VA_ARGS__}, \
              sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

static void put_bus(void *fdt, uint32_t addr_cells, uint32_t size_cells)
{
    CELLS(fdt, "#address-cells", addr_cells);
    CELLS(fdt, "#size-cells", size_cells);
}

static void put_cpu(void *fdt, const char *name, uint32_t hart, uint32_t intc)
{
    fdt_begin_node(fdt, name);
    CELLS(fdt, "reg", hart);
    fdt_begin_node(fdt, "interrupt-controller");
    CELLS(fdt, "#interrupt-cells", 1);
    CELLS(fdt, "phandle", intc);
    fdt_end_node(fdt);
    fdt_end_node(fdt);
}

static void put_cpus(void *fdt)
{
    fdt_begin_node(fdt, "cpus");
    put_bus(fdt, 1, 0);
    put_cpu(fdt, "cpu@0", 0, INTC0);
    put_cpu(fdt, "cpu@7", 7, INTC1);
    fdt_end_node(fdt);
}

static void put_plic(void *fdt)
{
    fdt_begin_node(fdt, "plic@c000000");
    fdt_property_string(fdt, "compatible", "test,plic");
    CELLS(fdt, "phandle", PLIC);
    CELLS(fdt, "#interrupt-cells", 1);
    CELLS(fdt, "reg", 0, 0x0c000000, 0, 0x600000);
    CELLS(fdt, "riscv,ndev", 96);
    CELLS(fdt, "interrupts-extended", INTC0, CAUSE_M_EXTERNAL, INTC0, CAUSE_S_EXTERNAL, INTC1,
          UINT32_MAX, INTC1, CAUSE_S_EXTERNAL);
    fdt_end_node(fdt);
}

static void put_uart(void *fdt)
{
    fdt_begin_node(fdt, "serial@10000000");
    fdt_property(fdt, "compatible", "vendor,special\0test,device", 27);
    CELLS(fdt, "reg", 0, 0x10000000, 0, 0x100, 0, 0x10000800, 0, 0x800, 0, 0x10000801, 0, 0x800);
    CELLS(fdt, "interrupts", 10, 11);
    CELLS(fdt, "reg-shift", 2);
    CELLS(fdt, "wide", 1, 2);
    fdt_end_node(fdt);
}

/* A bus with one-cell addresses, found at 0x20000000 from above, and a device on it. */
static void put_bridge(void *fdt)
{
    fdt_begin_node(fdt, "bridge@20000000");
    put_bus(fdt, 1, 1);
    CELLS(fdt, "ranges", 0x400000, 0, 0x30000000, 0x1000, 0x0, 0, 0x20000000, 0x3000);
    fdt_begin_node(fdt, "device@1000");
    fdt_property_string(fdt, "compatible", "test,device");
    CELLS(fdt, "reg", 0x1000, 0x100, 0x2ff0, 0x20, 0x500000, 0x10, 0x400000, 0x10);
    CELLS(fdt, "interrupts-extended", OTHER_CONTROLLER, 1, 2, PLIC, 7, PLIC, 8);
    CELLS(fdt, "interrupts", 99);
    fdt_end_node(fdt);
    fdt_begin_node(fdt, "controller");
    CELLS(fdt, "phandle", OTHER_CONTROLLER);
    CELLS(fdt, "#interrupt-cells", 2);
    fdt_end_node(fdt);
    fdt_end_node(fdt);
}

/* Properties that end in the middle of an entry. */
static void put_cut_off(void *fdt)
{
    fdt_begin_node(fdt, "cut-off");
    CELLS(fdt, "reg", 0, 0x10000000, 0, 0x100, 0);
    CELLS(fdt, "interrupts-extended", PLIC, 7, OTHER_CONTROLLER, 8);
    CELLS(fdt, "padding", PLIC, PLIC, PLIC);
    fdt_end_node(fdt);
}

static void put_disabled(void *fdt)
{
    fdt_begin_node(fdt, "device@2");
    fdt_property_string(fdt, "compatible", "test,device");
    fdt_property_string(fdt, "status", "disabled");
    fdt_end_node(fdt);
}

static int make_tree(void *fdt)
{
    fdt_assume_mask = CHECKED;
    fdt_create(fdt, BLOB_MAX);
    fdt_finish_reservemap(fdt);
    fdt_begin_node(fdt, "");
    put_bus(fdt, 2, 2);
    fdt_begin_node(fdt, "chosen");
    fdt_property_string(fdt, "bootargs", "verbose trace=blk");
    fdt_end_node(fdt);
    put_cpus(fdt);
    fdt_begin_node(fdt, "soc");
    put_bus(fdt, 2, 2);
    CELLS(fdt, "interrupt-parent", PLIC);
    fdt_property(fdt, "ranges", "", 0);
    put_plic(fdt);
    put_uart(fdt);
    put_bridge(fdt);
    put_disabled(fdt);
    put_cut_off(fdt);
    fdt_end_node(fdt);
    fdt_end_node(fdt);
    assert_int_equal(fdt_finish(fdt), 0);
    return (int)fdt_totalsize(fdt);
}

/* --- good trees ---------------------------------------------------------------------------- */

static fdt32_t good[BLOB_MAX / 4];

static int use(void *fdt, size_t len)
{
    boot.dtb = (uintptr_t)fdt;
    boot.dtb_len = len;
    fdt_assume_mask = CHECKED;
    if (!fdtcheck(fdt, len))
        return -ENOEXEC; /* the boot code stops here */
    fdt_assume_mask = TRUSTED;
    return devtree_init(&boot);
}

static int use_good_tree(void **state)
{
    (void)state;
    int len = make_tree(good);
    nlog_lines = 0;
    return use(good, (size_t)len);
}

static struct devtree_node node_at(const char *path)
{
    struct devtree_node node = {.offset = fdt_path_offset(good, path)};
    assert_true(node.offset >= 0);
    return node;
}

static struct devtree_node use_plic(void)
{
    struct devtree_node plic = node_at("/soc/plic@c000000");
    devtree_set_irq_controller(&plic);
    return plic;
}

static void expect_reg(const struct devtree_node *node, unsigned index, uintptr_t base, size_t len)
{
    volatile void *got_base;
    size_t         got_len;
    assert_int_equal(devtree_reg(node, index, &got_base, &got_len), 0);
    assert_int_equal((uintptr_t)got_base, base);
    assert_int_equal(got_len, len);
}

static void expect_no_reg(const struct devtree_node *node, unsigned index, int err)
{
    volatile void *base;
    size_t         len;
    assert_int_equal(devtree_reg(node, index, &base, &len), err);
}

static void registers_are_found_and_must_be_mapped_in_full(void **state)
{
    (void)state;
    struct devtree_node uart = node_at("/soc/serial@10000000");
    expect_reg(&uart, 0, 0x10000000, 0x100);
    expect_reg(&uart, 1, 0x10000800, 0x800);
    expect_no_reg(&uart, 2, -EINVAL); /* one byte too far */
    expect_no_reg(&uart, 3, -ENOENT);
    expect_no_reg(&uart, UINT32_MAX, -ENOENT);
}

static void addresses_are_translated_by_every_bus_above(void **state)
{
    (void)state;
    struct devtree_node device = node_at("/soc/bridge@20000000/device@1000");
    expect_reg(&device, 0, 0x20001000, 0x100);
    expect_no_reg(&device, 1, -EINVAL); /* reaches over the end of the range */
    expect_no_reg(&device, 2, -EINVAL); /* in no range */
    expect_no_reg(&device, 3, -EINVAL); /* translated, but not mapped */
}

static void interrupts_inherit_their_controller(void **state)
{
    (void)state;
    struct devtree_node uart = node_at("/soc/serial@10000000");
    unsigned            irq;
    assert_int_equal(devtree_irq(&uart, 0, &irq), -ENOENT); /* no controller yet */
    use_plic();
    assert_int_equal(devtree_irq(&uart, 0, &irq), 0);
    assert_int_equal(irq, 10);
    assert_int_equal(devtree_irq(&uart, 1, &irq), 0);
    assert_int_equal(irq, 11);
    assert_int_equal(devtree_irq(&uart, 2, &irq), -ENOENT);
}

static void extended_interrupts_win_and_are_counted_in_entries(void **state)
{
    (void)state;
    struct devtree_node device = node_at("/soc/bridge@20000000/device@1000");
    unsigned            irq;
    use_plic();
    assert_int_equal(devtree_irq(&device, 0, &irq), -ENOENT); /* another controller's */
    assert_int_equal(devtree_irq(&device, 1, &irq), 0);
    assert_int_equal(irq, 7);
    assert_int_equal(devtree_irq(&device, 2, &irq), 0);
    assert_int_equal(irq, 8);
    assert_int_equal(devtree_irq(&device, 3, &irq), -ENOENT);
}

static void the_controllers_output_is_the_one_wired_to_the_hart(void **state)
{
    (void)state;
    struct devtree_node plic = use_plic();
    unsigned            output = 99;
    assert_int_equal(devtree_irq_output(&plic, 0, CAUSE_S_EXTERNAL, &output), 0);
    assert_int_equal(output, 1);
    assert_int_equal(devtree_irq_output(&plic, 7, CAUSE_S_EXTERNAL, &output), 0);
    assert_int_equal(output, 3);
    assert_int_equal(devtree_irq_output(&plic, 0, CAUSE_M_EXTERNAL, &output), 0);
    assert_int_equal(output, 0);
    assert_int_equal(devtree_irq_output(&plic, 7, CAUSE_M_EXTERNAL, &output), -ENOENT);
    assert_int_equal(devtree_irq_output(&plic, 1, CAUSE_S_EXTERNAL, &output), -ENOENT);
}

static void properties_of_another_size_are_not_numbers(void **state)
{
    (void)state;
    struct devtree_node uart = node_at("/soc/serial@10000000");
    uint32_t            value;
    assert_int_equal(devtree_u32(&uart, "reg-shift", &value), 0);
    assert_int_equal(value, 2);
    assert_int_equal(devtree_u32(&uart, "missing", &value), -ENOENT);
    assert_int_equal(devtree_u32(&uart, "wide", &value), -EINVAL);
    assert_int_equal(devtree_u32(&uart, "compatible", &value), -EINVAL);
}

static void properties_that_end_in_an_entry_are_malformed(void **state)
{
    (void)state;
    struct devtree_node node = node_at("/soc/cut-off");
    unsigned            irq;
    use_plic();
    expect_no_reg(&node, 0, -EINVAL);
    assert_int_equal(devtree_irq(&node, 0, &irq), 0);
    assert_int_equal(devtree_irq(&node, 1, &irq), -EINVAL);
}

static void boot_arguments_are_chosens(void **state)
{
    (void)state;
    struct devtree_node chosen = node_at("/chosen");
    char                args[18];

    assert_string_equal(devtree_bootargs(), "verbose trace=blk");
    memset(args, 'x', sizeof(args)); /* of the same length, not terminated */
    assert_int_equal(fdt_setprop_inplace(good, chosen.offset, "bootargs", args, (int)sizeof(args)),
                     0);
    assert_string_equal(devtree_bootargs(), "");
}

static int         nprobed;
static const char *probed[8];
static int         probe_result;

static int note_probe(const struct devtree_node *node)
{
    if (nprobed < 8)
        probed[nprobed++] = node->name;
    return probe_result;
}

static const struct driver plic_driver = {
    .name = "plic", .compatible = (const char *const[]){"x", "test,plic", NULL}, note_probe};
static const struct driver device_driver = {
    .name = "device", .compatible = (const char *const[]){"test,device", NULL}, note_probe};
static const struct driver prefix_driver = {
    .name = "prefix", .compatible = (const char *const[]){"test,devic", "test", NULL}, note_probe};

static void drivers_get_their_enabled_nodes_in_table_then_tree_order(void **state)
{
    (void)state;
    nprobed = 0;
    probe_result = 0;
    devtree_probe(
        (const struct driver *const[]){&device_driver, &prefix_driver, &plic_driver, NULL});
    assert_int_equal(nprobed, 3);
    assert_string_equal(probed[0], "serial@10000000");
    assert_string_equal(probed[1], "device@1000");
    assert_string_equal(probed[2], "plic@c000000");
    assert_int_equal(nlog_lines, 0);
}

static void a_failed_probe_is_told_but_no_device_is_not(void **state)
{
    (void)state;
    probe_result = -ENODEV;
    devtree_probe((const struct driver *const[]){&plic_driver, NULL});
    assert_int_equal(nlog_lines, 0);
    probe_result = -EIO;
    devtree_probe((const struct driver *const[]){&plic_driver, NULL});
    assert_int_equal(nlog_lines, 1);
}

/* --- damaged trees ------------------------------------------------------------------------- */

static unsigned next_random(void)
{
    static uint64_t state = 0xda3e39cb94b95bdb;
    state = state * 6364136223846793005 + 1442695040888963407;
    return (unsigned)(state >> 33);
}

/* Whatever is found must be what a driver may use. */
static int ask_everything(const struct devtree_node *node)
{
    volatile void *base;
    size_t         len;
    uint32_t       value;

    for (unsigned index = 0; index < 4; index++) {
        if (devtree_reg(node, index, &base, &len) == 0) {
            bool inside = false;
            for (size_t i = 0; i < boot.nmmio; i++)
                inside |= (uintptr_t)base >= boot.mmio[i].start &&
                          (uintptr_t)base + len <= boot.mmio[i].start + boot.mmio[i].len;
            assert_true(inside && len > 0);
        }
        devtree_irq(node, index, &value);
    }
    devtree_irq_output(node, 7, CAUSE_S_EXTERNAL, &value);
    devtree_u32(node, "reg-shift", &value);
    devtree_u32(node, "riscv,ndev", &value);
    devtree_set_irq_controller(node);
    return -EIO;
}

static const struct driver curious_driver = {
    .name = "curious",
    .compatible = (const char *const[]){"test,plic", "test,device", NULL},
    .probe = ask_everything,
};

/* Returns whether the tree passed the check. */
static bool survive(const void *blob, size_t len, size_t said_len)
{
    void *copy = malloc(len + !len);
    memcpy(copy, blob, len);
    int err = use(copy, said_len);
    assert_true(err == 0 || err == -EINVAL || err == -ENOEXEC);
    if (!err) {
        devtree_probe((const struct driver *const[]){&curious_driver, &curious_driver, NULL});
        assert_true(strlen(devtree_bootargs()) < BLOB_MAX);
    } else if (err == -EINVAL) {
        devtree_probe((const struct driver *const[]){&curious_driver, NULL});
        assert_string_equal(devtree_bootargs(), "");
    }
    free(copy);
    return err == 0;
}

static void a_cut_off_tree_is_refused_at_every_length(void **state)
{
    (void)state;
    size_t len = fdt_totalsize(good);
    for (size_t cut = 0; cut < len; cut++)
        assert_false(survive(good, cut, cut));
    assert_true(survive(good, len, len));
}

static void a_tree_in_an_older_format_is_refused(void **state)
{
    (void)state;
    size_t len = fdt_totalsize(good);
    fdt_set_version(good, 16);
    assert_false(survive(good, len, len));
}

static void a_tree_too_deep_is_refused(void **state)
{
    (void)state;
    fdt32_t blob[BLOB_MAX / 4];
    fdt_assume_mask = CHECKED;
    fdt_create(blob, sizeof(blob));
    fdt_finish_reservemap(blob);
    for (unsigned depth = 0; depth < 40; depth++)
        fdt_begin_node(blob, depth ? "deeper" : "");
    for (unsigned depth = 0; depth < 40; depth++)
        fdt_end_node(blob);
    assert_int_equal(fdt_finish(blob), 0);
    assert_false(survive(blob, fdt_totalsize(blob), fdt_totalsize(blob)));
}

/* Damage that the check lets through is the interesting kind; that there is plenty of it is tested. */
static void random_damage_gives_errors_and_nothing_worse(void **state)
{
    (void)state;
    unsigned passed = 0, rounds = 6000;
    size_t   len = fdt_totalsize(good);
    uint8_t  blob[BLOB_MAX];

    for (unsigned round = 0; round < rounds; round++) {
        memcpy(blob, good, len);
        for (unsigned n = next_random() % 4 + 1; n > 0; n--)
            blob[next_random() % len] ^= (uint8_t)(1u << next_random() % 8);
        passed += survive(blob, len, len);
    }
    assert_in_range(passed, rounds / 10, rounds);
}

/* Cells set to values that make sums overflow and counts explode. */
static void hostile_numbers_give_errors_and_nothing_worse(void **state)
{
    (void)state;
    static const uint32_t values[] = {0, 1, 2, 3, 4, 5, 0x7fffffff, 0x80000000, 0xffffffff};
    unsigned              passed = 0, rounds = 6000;
    size_t                len = fdt_totalsize(good);
    fdt32_t               blob[BLOB_MAX / 4];

    for (unsigned round = 0; round < rounds; round++) {
        memcpy(blob, good, len);
        for (unsigned n = next_random() % 3 + 1; n > 0; n--)
            blob[next_random() % (len / 4)] = cpu_to_fdt32(values[next_random() % 9]);
        passed += survive(blob, len, len);
    }
    assert_in_range(passed, rounds / 10, rounds);
}

#define TEST(name) cmocka_unit_test_setup(name, use_good_tree)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(registers_are_found_and_must_be_mapped_in_full),
        TEST(addresses_are_translated_by_every_bus_above),
        TEST(interrupts_inherit_their_controller),
        TEST(extended_interrupts_win_and_are_counted_in_entries),
        TEST(the_controllers_output_is_the_one_wired_to_the_hart),
        TEST(properties_of_another_size_are_not_numbers),
        TEST(properties_that_end_in_an_entry_are_malformed),
        TEST(boot_arguments_are_chosens),
        TEST(drivers_get_their_enabled_nodes_in_table_then_tree_order),
        TEST(a_failed_probe_is_told_but_no_device_is_not),
        TEST(a_cut_off_tree_is_refused_at_every_length),
        TEST(a_tree_in_an_older_format_is_refused),
        TEST(a_tree_too_deep_is_refused),
        TEST(random_damage_gives_errors_and_nothing_worse),
        TEST(hostile_numbers_give_errors_and_nothing_worse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
