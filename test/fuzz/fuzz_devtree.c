/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_devtree.c - device trees: what passes the boot code's check can be asked anything afterwards,
 * with libfdt's own checks off, as in the kernel.
 *
 * An input is a flattened tree. Its length field is set to the input's length, so that mutations
 * that change the length get past it. The index of the tree and every answer are made anew.
 */
/* sources: src/kernel/devtree.c src/lib/fdtcheck.c src/lib/fdtwalk.c src/lib/fmt.c libfdt */
/* flags: -include test/host/fdt_assume.h */
/* runs: 25000 */
/* options: -max_len=12288 */
#include <libfdt.h>

#include "fuzz.h"
#include "kernel/devtree.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "lib/errno.h"
#include "lib/fdtcheck.h"
#include "machine/layout.h"

#define CHECKED 0
#define TRUSTED 0xff

#define CAUSE_S_EXTERNAL 9

int       fdt_assume_mask;
uintptr_t phys_window; /* 0: physical addresses are pointers; registers are never touched here */
enum log_level log_threshold;

void log_line(enum log_level level, const char *fmt, ...)
{
    (void)level;
    (void)fmt;
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
    .mmio = {{.start = 0x100000, .len = 0x2000},
             {.start = 0x0c000000, .len = 0x600000},
             {.start = 0x10000000, .len = 0x9000}},
    .nmmio = 3,
};

static bool is_mapped(uintptr_t base, size_t len)
{
    for (size_t i = 0; i < boot.nmmio; i++) {
        uintptr_t start = boot.mmio[i].start;
        if (base >= start && len <= boot.mmio[i].len && base - start <= boot.mmio[i].len - len)
            return true;
    }
    return false;
}

/* Whatever is found must be what a driver may use. */
static int ask_everything(const struct devtree_node *node)
{
    static const char *const names[] = {"reg-shift", "riscv,ndev", "clock-frequency", "reg"};
    volatile void           *base;
    size_t                   len;
    uint32_t                 value;

    FUZZ_CHECK(node->name && strlen(node->name) < 4096);
    for (unsigned index = 0; index < 4; index++) {
        int err = devtree_reg(node, index, &base, &len);
        FUZZ_CHECK(err == 0 || err == -ENOENT || err == -EINVAL);
        FUZZ_CHECK(err || (len > 0 && is_mapped((uintptr_t)base, len)));
        devtree_irq(node, index, &value);
        devtree_u32(node, names[index], &value);
    }
    for (uint64_t hart = 0; hart < 2; hart++)
        devtree_irq_output(node, hart, CAUSE_S_EXTERNAL, &value);
    devtree_set_irq_controller(node);
    return -EIO;
}

static const struct driver curious_driver = {
    .name = "curious",
    .compatible = (const char *const[]){"virtio,mmio", "ns16550a", "sifive,plic-1.0.0",
                                        "google,goldfish-rtc", "riscv,cpu-intc", "syscon", NULL},
    .probe = ask_everything,
};

static void use_tree(void)
{
    size_t len;
    devtree_probe((const struct driver *const[]){&curious_driver, &curious_driver, NULL});
    const char *args = devtree_bootargs();
    FUZZ_CHECK(strlen(args) < boot.dtb_len);
    const uint8_t *seed = devtree_rng_seed(&len);
    for (volatile size_t i = 0; seed && i < len; i++)
        (void)((volatile const uint8_t *)seed)[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *fdt = fuzz_copy(data, size);
    fdt_assume_mask = CHECKED;
    if (size >= sizeof(struct fdt_header))
        fdt_set_totalsize(fdt, (uint32_t)size);
    if (fdtcheck(fdt, size)) {
        boot.dtb = (uintptr_t)fdt;
        boot.dtb_len = size;
        fdt_assume_mask = TRUSTED;
        int err = devtree_init(&boot);
        FUZZ_CHECK(err == 0 || err == -EINVAL);
        use_tree();
    }
    free(fdt);
    return 0;
}
