/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the boot order, shared by the platforms.
 *
 * kmain is a flat list: every line may use what the lines before it set up. What may sleep is left
 * to the first thread, boot_program().
 */
#include "kernel/compact.h"
#include "kernel/devtree.h"
#include "kernel/frame.h"
#include "kernel/hart.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/pagecache.h"
#include "kernel/panic.h"
#include "kernel/reserve.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "kernel/trace.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "machine/cpu.h"
#include "machine/pmap.h"
#include "platform/common/platform.h"
#include "unix/process.h"
#include "unix/strace.h"

/* What boot_program is to run: the path of a manifest, or NULL for the usual one. */
static char *manifest;

static bool has_key(const char *arg, size_t len, const char *key)
{
    size_t skip = strlen(key);
    return len >= skip && !memcmp(arg, key, skip);
}

/* What is behind "NAME=" in the len bytes at arg, or NULL if they begin otherwise or end there. */
static const char *value_of(const char *arg, size_t len, const char *name)
{
    size_t skip = strlen(name);
    return len > skip && has_key(arg, len, name) ? arg + skip : NULL;
}

/* Of several, the last one counts. */
static void set_manifest(const char *path, size_t len)
{
    kfree(manifest);
    manifest = kmalloc(len + 1);
    if (!manifest)
        panic("no memory for the boot arguments");
    memcpy(manifest, path, len);
    manifest[len] = 0;
}

static void bootarg(const char *arg, size_t len)
{
    char        list[64];
    const char *value, *end = arg + len;

    if (len == 7 && !memcmp(arg, "verbose", len)) {
        log_threshold = LOG_INFO;
    } else if (len == 5 && !memcmp(arg, "debug", len)) {
        log_threshold = LOG_DEBUG;
    } else if (len == 8 && !memcmp(arg, "memstats", len)) {
        process_tells_memory = true;
    } else if ((value = value_of(arg, len, "manifest="))) {
        set_manifest(value, (size_t)(end - value));
    } else if (has_key(arg, len, "arg=") || has_key(arg, len, "env=")) {
        /* the program's: unix_start() reads them */
    } else if ((value = value_of(arg, len, "trace=")) && (size_t)(end - value) < sizeof(list)) {
        memcpy(list, value, (size_t)(end - value));
        list[end - value] = 0;
        trace_configure(list);
    } else if (len == 6 && !memcmp(arg, "strace", len)) {
        strace_configure("", 0);
    } else if ((value = value_of(arg, len, "strace="))) {
        strace_configure(value, (size_t)(end - value));
    } else {
        log_warn("boot argument \"%.*s\" is unknown; there are verbose, debug, memstats, strace, "
                 "strace=CALL,..., trace=CLASS,..., manifest=PATH, arg=TEXT, env=NAME=VALUE",
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

size_t platform_free_mib(void)
{
    struct frame_stats mem;
    frame_stats(&mem);
    return mem.free * PAGE_SIZE >> 20;
}

void kmain(struct bootinfo *bi)
{
    time_init(bi->timebase_hz); /* the clock, for the log and deadlines */
    if (!bi->nfree)
        panic("too little memory: the kernel itself takes all of it");
    frame_init(bi);             /* physical memory; the heap stands on it */
    thread_init();              /* this is the idle thread from now on */
    int err = devtree_init(bi); /* the machine, for everything below */
    if (err)
        panic(err == -ENOMEM ? "too little memory for an index of the device tree"
                             : "the device tree is malformed");
    read_bootargs(devtree_bootargs());
    log_readers_init();
    reserve_init();       /* who gives memory up when there is no more: the cheapest first */
    pagecache_init_all(); /* before the first file */
    devtree_probe(platform.drivers); /* interrupts, console, disk, entropy */
    hart_start_all();                /* each becomes idle */
    log_notice("%s: memory model %s, %zu MiB free", platform.name, pmap_limits->name,
               platform_free_mib());
    cpu_irq_restore(true);

    if (!thread_create("init", boot_program, manifest))
        panic("no memory for the first thread");
    thread_idle();
}
