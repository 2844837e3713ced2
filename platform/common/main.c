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

static void bootarg(const char *arg, size_t len)
{
    char list[64];

    if (len == 7 && !memcmp(arg, "verbose", len)) {
        log_threshold = LOG_INFO;
    } else if (len == 5 && !memcmp(arg, "debug", len)) {
        log_threshold = LOG_DEBUG;
    } else if (len > 6 && len - 6 < sizeof(list) && !memcmp(arg, "trace=", 6)) {
        memcpy(list, arg + 6, len - 6);
        list[len - 6] = 0;
        trace_configure(list);
    } else {
        log_warn("boot argument \"%.*s\" is unknown; there are verbose, debug, trace=CLASS,...",
                 (int)len, arg);
    }
}

/* Blank-separated words. */
static void read_bootargs(const char *args)
{
    while (*args) {
        const char *blank = strchr(args, ' ');
        size_t      len = blank ? (size_t)(blank - args) : strlen(args);
        if (len)
            bootarg(args, len);
        args += len + (blank != NULL);
    }
}

static size_t free_mib(void)
{
    struct frame_stats mem;
    frame_stats(&mem);
    return mem.free * PAGE_SIZE >> 20;
}

/* The first thread: what may sleep. */
static void boot_thread(void *arg)
{
    (void)arg;
    int err = root_mount(blk_root()); /* the root file system, /dev */
    if (!err)
        err = unix_start(); /* the program; its threads take over */
    if (err)
        machine_exit(err > 0 ? err : STATUS_CANNOT_RUN); /* whoever failed has said why */
    log_info("%zu MiB free with the program loaded", free_mib());
}

void kmain(struct bootinfo *bi)
{
    time_init(bi->timebase_hz);                        /* the clock, for the log and deadlines */
    frame_init(bi);                                    /* physical memory; the heap stands on it */
    thread_init();                                     /* this is the idle thread from now on */
    if (devtree_init(bi))                              /* the machine, for everything below */
        panic("the device tree is malformed");
    read_bootargs(devtree_bootargs());
    pagecache_init_all();                              /* before the first file */
    devtree_probe(platform.drivers);                   /* interrupts, console, disk, entropy */
    log_notice("%s: memory model %s, %zu MiB free", platform.name, pmap_limits->name,
               free_mib());
    cpu_external_enable();
    cpu_irq_restore(true);

    if (!thread_create("init", boot_thread, NULL))
        panic("no memory for the first thread");
    thread_idle();
}
