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
        .args = o->args,
        .env = o->env.at,
        .verbose = o->verbose,
    };
    return bootable_make(&request);
}

/* The kernel's boot arguments, with the program's arguments and environment if no manifest has them. */
static char *make_bootargs(const struct options *o, bool image_was_ready)
{
    struct words words = {0};
    words_add_all(&words, o->bootargs.at);
    for (size_t i = 0; image_was_ready && i < o->env.count; i++)
        bootargs_add_variable(&words, o->env.at[i]);
    for (size_t i = 0; image_was_ready && o->args[i]; i++)
        bootargs_add_argument(&words, o->args[i]);
    char  *text = words_join(&words);
    size_t length = strlen(text);
    if (length > BOOTARGS_MAX)
        die("give an ELF file or a manifest instead of an image, and they go into the image that is made",
            "arguments and environment are too long for boot arguments: %zu bytes instead of %d",
            length, BOOTARGS_MAX);
    return text;
}

static void need_writable(const char *image)
{
    if (access(image, W_OK) != 0)
        die("make it writable, or leave it as it is with --snapshot",
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
        .options = o->emulator,
    };
    *bootable = make_bootable(o);
    if (!o->snapshot)
        need_writable(bootable->image);
    e.image = bootable->image;
    e.memory = o->memory ? o->memory : bootable->memory ? bootable->memory : DEFAULT_MEMORY;
    e.bootargs = make_bootargs(o, bootable->ready);
    return e;
}
