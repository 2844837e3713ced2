/* SPDX-License-Identifier: Apache-2.0 */
/* proc_settings.c - /proc/sys: what Linux lets an administrator set. Here it is told and not set: files
 * that could be written on Linux are on a read-only file system, as they are in a container. All but
 * vm/drop_caches, which is no setting. See proc.h.
 *
 * Each says what is so here; where nothing depends on a number, it is Linux's default.
 */
#include "kernel/pagecache.h"
#include "kernel/random.h"
#include "lib/errno.h"
#include "unix/admin.h"
#include "unix/fdtable.h"
#include "unix/proc.h"

#define UUID_SIZE 16

/* --- numbers ------------------------------------------------------------------------------ */

/* A file that always says the same. */
#define FIXED(name, text)                                       \
    static int show_##name(struct pseudo_text *t, uint64_t key) \
    {                                                           \
        (void)key;                                              \
        pseudo_puts(t, text "\n");                              \
        return 0;                                               \
    }

FIXED(zero, "0")
FIXED(overcommit_ratio, "50")
FIXED(max_map_count, "65530")
FIXED(mmap_min_addr, "65536")
FIXED(swappiness, "60")
FIXED(pid_max, "4194304")
FIXED(ngroups_max, "65536")
FIXED(threads_max, "16384")
FIXED(entropy_avail, "256")
FIXED(core_pattern, "core")
FIXED(shmall, "18446744073692774399")
FIXED(file_max, "9223372036854775807")
FIXED(pipe_max_size, "1048576")
FIXED(somaxconn, "4096")
FIXED(buffer_size, "212992")
FIXED(mqueue_default, "10")
FIXED(mqueue_queues, "256")
FIXED(msgmax, "8192")
FIXED(msgmnb, "16384")
FIXED(msgmni, "32000")
FIXED(sem, "32000\t1024000000\t500\t32000")
FIXED(shmmax, "18446744073692774399")
FIXED(shmmni, "4096")
FIXED(inotify_events, "16384")
FIXED(inotify_instances, "128")
FIXED(inotify_watches, "8192")

static int show_last_cap(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    pseudo_printf(t, "%u\n", LAST_CAP);
    return 0;
}

static int show_nr_open(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    pseudo_printf(t, "%u\n", FD_MAX);
    return 0;
}

/* --- memory ------------------------------------------------------------------------------- */

static int no_reading(struct pseudo_text *t, uint64_t key)
{
    (void)t;
    (void)key;
    return -EACCES;
}

/* 1 asks for pages of files, 2 for names, 4 for silence. */
static int drop_caches(const char *text, size_t len, uint64_t key)
{
    (void)key;
    while (len > 1 && text[len - 1] == '\n')
        len--;
    if (len != 1 || text[0] < '1' || text[0] > '4')
        return -EINVAL;
    if (text[0] & 2)
        vfs_drop_names();
    if (text[0] & 1)
        pagecache_reclaim(SIZE_MAX);
    return 0;
}

/* --- names -------------------------------------------------------------------------------- */

static int show_line(struct pseudo_text *t, const char *s)
{
    pseudo_printf(t, "%s\n", s);
    return 0;
}

/* The name at that place. */
static int show_name(struct pseudo_text *t, size_t at)
{
    struct abi_utsname names;
    admin_names(&names);
    return show_line(t, (const char *)&names + at);
}

static int show_ostype(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    return show_name(t, offsetof(struct abi_utsname, sysname));
}

static int show_osrelease(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    return show_name(t, offsetof(struct abi_utsname, release));
}

static int show_version(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    return show_name(t, offsetof(struct abi_utsname, version));
}

static int show_hostname(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    return show_name(t, offsetof(struct abi_utsname, nodename));
}

static int show_domainname(struct pseudo_text *t, uint64_t key)
{
    (void)key;
    return show_name(t, offsetof(struct abi_utsname, domainname));
}

/* --- random numbers ----------------------------------------------------------------------- */

/* Version 4 of RFC 9562: all bits random but for the version and the variant. */
static void new_uuid(uint8_t id[UUID_SIZE])
{
    random_fill(id, UUID_SIZE);
    id[6] = (uint8_t)((id[6] & 0x0f) | 0x40);
    id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
}

static void put_uuid(struct pseudo_text *t, const uint8_t id[UUID_SIZE])
{
    for (unsigned i = 0; i < UUID_SIZE; i++)
        pseudo_printf(t, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", id[i]);
    pseudo_puts(t, "\n");
}

/* A new one each time. */
static int show_uuid(struct pseudo_text *t, uint64_t key)
{
    uint8_t id[UUID_SIZE];
    (void)key;

    new_uuid(id);
    put_uuid(t, id);
    return 0;
}

static int show_boot_id(struct pseudo_text *t, uint64_t key)
{
    static struct mutex lock = MUTEX_INIT(lock);
    static uint8_t      id[UUID_SIZE]; /* protected by lock; all zeros: not made yet */
    (void)key;

    mutex_lock(&lock);
    if (!id[6])
        new_uuid(id);
    mutex_unlock(&lock);
    put_uuid(t, id);
    return 0;
}

/* --- the tables --------------------------------------------------------------------------- */

#define TOLD(what, writer)                                                       \
    {                                                                            \
        .name = what, .mode = S_IFREG | 0444, .show = writer, .no_open = -EACCES \
    }
#define SETTING(what, writer)                                                   \
    {                                                                           \
        .name = what, .mode = S_IFREG | 0644, .show = writer, .no_open = -EROFS \
    }
#define FOLDER(what, table)                                    \
    {                                                          \
        .name = what, .mode = S_IFDIR | 0555, .entries = table \
    }

static const struct pseudo_entry random_entries[] = {
    TOLD("boot_id", show_boot_id),
    TOLD("entropy_avail", show_entropy_avail),
    TOLD("poolsize", show_entropy_avail),
    TOLD("uuid", show_uuid),
    {0},
};

static const struct pseudo_entry kernel_entries[] = {
    TOLD("cap_last_cap", show_last_cap),
    SETTING("core_pattern", show_core_pattern),
    SETTING("domainname", show_domainname),
    SETTING("hostname", show_hostname),
    SETTING("msgmax", show_msgmax),
    SETTING("msgmnb", show_msgmnb),
    SETTING("msgmni", show_msgmni),
    TOLD("ngroups_max", show_ngroups_max),
    TOLD("osrelease", show_osrelease),
    TOLD("ostype", show_ostype),
    SETTING("pid_max", show_pid_max),
    FOLDER("random", random_entries),
    SETTING("randomize_va_space", show_zero),
    SETTING("sem", show_sem),
    SETTING("shmall", show_shmall),
    SETTING("shmmax", show_shmmax),
    SETTING("shmmni", show_shmmni),
    SETTING("threads-max", show_threads_max),
    TOLD("version", show_version),
    {0},
};

static const struct pseudo_entry vm_entries[] = {
    {.name = "drop_caches", .mode = S_IFREG | 0200, .show = no_reading, .store = drop_caches},
    SETTING("max_map_count", show_max_map_count),
    SETTING("mmap_min_addr", show_mmap_min_addr),
    SETTING("overcommit_memory", show_zero),
    SETTING("overcommit_ratio", show_overcommit_ratio),
    SETTING("swappiness", show_swappiness),
    {0},
};

static const struct pseudo_entry inotify_entries[] = {
    SETTING("max_queued_events", show_inotify_events),
    SETTING("max_user_instances", show_inotify_instances),
    SETTING("max_user_watches", show_inotify_watches),
    {0},
};

static const struct pseudo_entry mqueue_entries[] = {
    SETTING("msg_default", show_mqueue_default), SETTING("msg_max", show_mqueue_default),
    SETTING("msgsize_default", show_msgmax),     SETTING("msgsize_max", show_msgmax),
    SETTING("queues_max", show_mqueue_queues),   {0},
};

static const struct pseudo_entry fs_entries[] = {
    SETTING("file-max", show_file_max),
    FOLDER("inotify", inotify_entries),
    FOLDER("mqueue", mqueue_entries),
    SETTING("nr_open", show_nr_open),
    SETTING("pipe-max-size", show_pipe_max_size),
    {0},
};

static const struct pseudo_entry net_core_entries[] = {
    SETTING("rmem_default", show_buffer_size), SETTING("rmem_max", show_buffer_size),
    SETTING("somaxconn", show_somaxconn),      SETTING("wmem_default", show_buffer_size),
    SETTING("wmem_max", show_buffer_size),     {0},
};

static const struct pseudo_entry net_entries[] = {FOLDER("core", net_core_entries), {0}};

const struct pseudo_entry proc_settings_entries[] = {
    FOLDER("fs", fs_entries),
    FOLDER("kernel", kernel_entries),
    FOLDER("net", net_entries),
    FOLDER("vm", vm_entries),
    {0},
};
