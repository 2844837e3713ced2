/* SPDX-License-Identifier: Apache-2.0 */
/* proc.c - the root of /proc: see proc.h. */
#include "unix/proc.h"
#include "unix/ipc.h"

#include "lib/errno.h"

static const char *boot_arguments;

static int show_cmdline(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    pseudo_printf(t, "%s\n", boot_arguments);
    return 0;
}

/* There are none. */
static int show_swaps(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    pseudo_puts(t, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
    return 0;
}

static int text_mounts(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    pseudo_puts(t, "self/mounts");
    return 0;
}

#define FILE_OF(what, writer)                                                  \
    {                                                                          \
        .name = what, .mode = S_IFREG | 0444, .show = writer, .no_write = -EIO \
    }
#define LINK_OF(what, writer)                                \
    {                                                        \
        .name = what, .mode = S_IFLNK | 0777, .text = writer \
    }

static const struct pseudo_entry sysvipc_entries[] = {
    FILE_OF("msg", ipc_show_msg),
    FILE_OF("sem", ipc_show_sem),
    FILE_OF("shm", ipc_show_shm),
    {0},
};

static const struct pseudo_entry root_entries[] = {
    LINK_OF("self", proc_show_self),
    LINK_OF("thread-self", proc_show_thread_self),
    LINK_OF("mounts", text_mounts),
    FILE_OF("cmdline", show_cmdline),
    FILE_OF("cpuinfo", proc_show_cpuinfo),
    FILE_OF("filesystems", proc_show_filesystems),
    FILE_OF("loadavg", proc_show_loadavg),
    FILE_OF("meminfo", proc_show_meminfo),
    {.name = "slabinfo", .mode = S_IFREG | 0400, .show = proc_show_slabinfo, .no_write = -EIO},
    FILE_OF("stat", proc_show_stat),
    FILE_OF("swaps", show_swaps),
    {.name = "sysvipc", .mode = S_IFDIR | 0555, .entries = sysvipc_entries},
    {.name = "sys", .mode = S_IFDIR | 0555, .entries = proc_settings_entries},
    FILE_OF("uptime", proc_show_uptime),
    FILE_OF("version", proc_show_version),
    {0},
};

static const struct pseudo_entry root = {
    .mode = S_IFDIR | 0555,
    .entries = root_entries,
    .numbers = &proc_processes,
};

int proc_mount(const char *bootargs)
{
    struct fs *fs;

    boot_arguments = bootargs;
    int err = pseudo_create("proc", PROC_SUPER_MAGIC, &root, &fs);
    return err ? err : vfs_mount(vfs_root(), "proc", fs);
}
