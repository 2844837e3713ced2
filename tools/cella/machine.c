/* SPDX-License-Identifier: Apache-2.0 */
/* machine.c - see machine.h. */
#include "machine.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bootargs.h"

#define DEFAULT_MEMORY "128m"

static struct bootable make_bootable(const struct options *o)
{
    const struct bootable_request request = {
        .what = o->what,
        .root = o->root,
        .manifest = o->manifest,
        .verbose = o->verbose,
    };
    return bootable_make(&request);
}

/* The kernel's boot arguments. Arguments and environment of the program go there whatever is booted: an
 * image that is ready cannot have them, and a manifest, being JSON, has none that are no UTF-8. */
static char *make_bootargs(const struct options *o)
{
    struct words words = {0};
    words_add_all(&words, o->bootargs.at);
    for (size_t i = 0; i < o->env.count; i++)
        bootargs_add_variable(&words, o->env.at[i]);
    for (size_t i = 0; o->args[i]; i++)
        bootargs_add_argument(&words, o->args[i]);
    char  *text = words_join(&words);
    size_t length = strlen(text);
    if (length > BOOTARGS_MAX)
        die("put them into a manifest, or into a file that the program reads",
            "arguments and environment are too long for boot arguments: %zu bytes instead of %d",
            length, BOOTARGS_MAX);
    return text;
}

static void need_writable(const char *image)
{
    if (access(image, W_OK) != 0)
        die("make it writable, or leave it as it is with --snapshot or --read-only",
            "%s: the machine writes to its disk, and this may only be read (%m)", image);
}

struct emulator machine_make(const struct options *o, enum console console,
                             const char *console_file, struct bootable *bootable)
{
    struct emulator e = {
        .machine = install_machine(o->platform),
        .console = console,
        .console_file = console_file,
        .snapshot = o->snapshot,
        .read_only = o->read_only,
        .quiet = !o->verbose,
        .options = o->emulator,
    };
    *bootable = make_bootable(o);
    if (!o->snapshot && !o->read_only)
        need_writable(bootable->image);
    e.image = bootable->image;
    e.memory = o->memory ? o->memory : bootable->memory ? bootable->memory : DEFAULT_MEMORY;
    e.cpus = o->cpus ? o->cpus : bootable->cpus ? bootable->cpus : 1;
    e.bootargs = make_bootargs(o);
    return e;
}
