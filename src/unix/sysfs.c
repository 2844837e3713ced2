/* SPDX-License-Identifier: Apache-2.0 */
/* sysfs.c - /sys: the few files of it that programs read to fit themselves to the machine. See proc.h.
 *
 * There are no devices in it: a program that looks for its disks or its buses finds empty folders.
 */
#include "kernel/vmspace.h"
#include "lib/errno.h"
#include "machine/cpu.h"
#include "unix/proc.h"

#define FILE_SIZE PAGE_SIZE /* what stat says of each */

/* --- processors ----------------------------------------------------------------------------- */

static int show_all_cpus(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    proc_put_list(t, proc_all_cpus());
    pseudo_puts(t, "\n");
    return 0;
}

static int show_number(struct pseudo_text *t, uint64_t key)
{
    pseudo_printf(t, "%lu\n", (unsigned long)key);
    return 0;
}

static int show_last_cpu(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    return show_number(t, cpu_nharts - 1);
}

static bool next_cpu(uint64_t key, uint64_t *n)
{
    (void)key;
    return *n < cpu_nharts;
}

static int show_no_cpus(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    pseudo_puts(t, "\n");
    return 0;
}

static int show_zero(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    return show_number(t, 0);
}

static int show_one(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    return show_number(t, 1);
}

/* --- memory ---------------------------------------------------------------------------------- */

/* Large pieces are used wherever memory is contiguous, whether or not a program asks for them. */
static int show_huge(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    pseudo_puts(t, "always [madvise] never\n");
    return 0;
}

static int show_huge_size(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    pseudo_printf(t, "%zu\n", VMSPACE_LARGE);
    return 0;
}

/* --- time ------------------------------------------------------------------------------------ */

static int show_clock(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    pseudo_puts(t, "riscv_clocksource\n");
    return 0;
}

/* Linux puts a blank behind each name. */
static int show_clocks(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    pseudo_puts(t, "riscv_clocksource \n");
    return 0;
}

/* --- the tables ------------------------------------------------------------------------------- */

#define TOLD(what, writer)                                                       \
    {                                                                            \
        .name = what, .mode = S_IFREG | 0444, .size = FILE_SIZE, .show = writer, \
        .no_open = -EACCES                                                       \
    }
#define SETTING(what, writer)                                                                      \
    {                                                                                              \
        .name = what, .mode = S_IFREG | 0644, .size = FILE_SIZE, .show = writer, .no_open = -EROFS \
    }
#define FOLDER(what, table)                                    \
    {                                                          \
        .name = what, .mode = S_IFDIR | 0755, .entries = table \
    }
#define EMPTY(what)                          \
    {                                        \
        .name = what, .mode = S_IFDIR | 0755 \
    }

static const struct pseudo_entry topology_entries[] = {
    TOLD("core_id", show_number),
    TOLD("core_siblings_list", show_all_cpus),
    TOLD("package_cpus_list", show_all_cpus),
    TOLD("physical_package_id", show_zero),
    TOLD("thread_siblings_list", show_number),
    {0},
};

static const struct pseudo_entry   each_cpu_entries[] = {FOLDER("topology", topology_entries), {0}};
static const struct pseudo_entry   each_cpu = FOLDER("", each_cpu_entries);
static const struct pseudo_numbers cpu_numbers = {
    .entry = &each_cpu, .prefix = "cpu", .next = next_cpu};

static const struct pseudo_entry cpu_entries[] = {
    TOLD("isolated", show_no_cpus),
    TOLD("kernel_max", show_last_cpu),
    TOLD("offline", show_no_cpus),
    TOLD("online", show_all_cpus),
    TOLD("possible", show_all_cpus),
    TOLD("present", show_all_cpus),
    {0},
};

static const struct pseudo_entry clocksource0_entries[] = {
    TOLD("available_clocksource", show_clocks),
    SETTING("current_clocksource", show_clock),
    {0},
};

static const struct pseudo_entry clocksource_entries[] = {
    FOLDER("clocksource0", clocksource0_entries),
    {0},
};

static const struct pseudo_entry system_entries[] = {
    FOLDER("clocksource", clocksource_entries),
    {.name = "cpu", .mode = S_IFDIR | 0755, .entries = cpu_entries, .numbers = &cpu_numbers},
    {0},
};

static const struct pseudo_entry devices_entries[] = {FOLDER("system", system_entries), {0}};

static const struct pseudo_entry huge_entries[] = {
    SETTING("defrag", show_huge),
    SETTING("enabled", show_huge),
    TOLD("hpage_pmd_size", show_huge_size),
    SETTING("use_zero_page", show_one),
    {0},
};

static const struct pseudo_entry mm_entries[] = {
    EMPTY("hugepages"),
    FOLDER("transparent_hugepage", huge_entries),
    {0},
};

static const struct pseudo_entry kernel_entries[] = {FOLDER("mm", mm_entries), {0}};

static const struct pseudo_entry root_entries[] = {
    EMPTY("block"),
    EMPTY("class"),
    FOLDER("devices", devices_entries),
    EMPTY("fs"),
    FOLDER("kernel", kernel_entries),
    {0},
};

static const struct pseudo_entry root = {.mode = S_IFDIR | 0555, .entries = root_entries};

int sysfs_mount(void)
{
    struct fs *fs;

    int err = pseudo_create("sysfs", SYSFS_MAGIC, &root, &fs);
    return err ? err : vfs_mount(vfs_root(), "sys", fs);
}
