/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the boot order, shared by the platforms: kmain, then the first thread.
 *
 * kmain is a flat list: every line may use what the lines before it set up.
 */
#include "fs/root.h"
#include "kernel/blk.h"
#include "kernel/devtree.h"
#include "kernel/frame.h"
#include "kernel/log.h"
#include "kernel/machine.h"
#include "kernel/pagecache.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "kernel/trace.h"
#include "lib/string.h"
#include "machine/cpu.h"
#include "machine/pmap.h"
#include "platform/common/platform.h"
#include "unix/unix.h"

/* Exit status when there was no program to take one from; as shells use it. */
#define STATUS_CANNOT_RUN 126

/* The value of boot argument `key=` (up to a blank) in buf; false: not given. */
static bool bootarg(const char *key, char *buf, size_t size)
{
    size_t klen = strlen(key);
    for (const char *s = devtree_bootargs(); *s;) {
        size_t len = strcspn(s, " ");
        if (len > klen && !strncmp(s, key, klen) && s[klen] == '=') {
            strlcpy(buf, s + klen + 1, size_min(size, len - klen));
            return true;
        }
        s += len;
        s += *s == ' ';
    }
    return false;
}

static void read_bootargs(void)
{
    char value[64];
    if (bootarg("log", value, sizeof(value)))
        log_threshold = !strcmp(value, "debug") ? LOG_DEBUG : LOG_INFO;
    if (bootarg("trace", value, sizeof(value)))
        trace_configure(value);
}

/* The first thread: what may sleep. */
static void boot_thread(void *arg)
{
    (void)arg;
    struct frame_stats mem;

    int err = root_mount(blk_root()); /* the root file system, /dev */
    if (!err)
        err = unix_start(); /* the program; its threads take over */
    if (err)
        machine_exit(err > 0 ? err : STATUS_CANNOT_RUN); /* whoever failed has said why */

    frame_stats(&mem);
    log_info("%zu of %zu KiB of memory free", mem.free * 4, mem.total * 4);
}

void kmain(struct bootinfo *bi)
{
    time_init(bi->timebase_hz);                        /* the clock, for the log and deadlines */
    frame_init(bi);                                    /* physical memory; the heap stands on it */
    thread_init();                                     /* this is the idle thread from now on */
    if (devtree_init(phys_ptr(bi->dtb), bi->dtb_len))  /* the machine, for everything below */
        panic("the device tree is malformed");
    read_bootargs();                                   /* log=, trace= */
    log_info("%s on hart %lu, model %s", platform.name, (unsigned long)bi->boot_hart,
             pmap_limits->name);
    pagecache_init_all();                              /* before the first file */
    devtree_probe(platform.drivers);                   /* interrupts, console, disk, entropy */
    cpu_external_enable();
    cpu_irq_restore(true);

    if (!thread_create("init", boot_thread, NULL))
        panic("no memory for the first thread");
    thread_idle();
}
