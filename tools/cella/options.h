/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - the command line of `cella run` and `cella gdb`. */
#ifndef CELLA_OPTIONS_H
#define CELLA_OPTIONS_H

#include <stdbool.h>

#include "words.h"

/* Strings are the command line's; null where an option is not given. */
struct options {
    const char  *platform;
    const char  *memory;    /* -m, checked: a number, and perhaps a unit */
    unsigned     cpus;      /* --cpus; 0: not given */
    const char  *root;      /* --root */
    const char  *manifest;  /* --manifest, or manifest= in -a */
    const char  *console;   /* -c */
    struct words bootargs;  /* -a, --manifest, --strace, --trace */
    struct words env;       /* -e */
    struct words emulator;  /* --qemu */
    bool         batch;     /* -b */
    bool         snapshot;  /* --snapshot */
    bool         read_only; /* --read-only */
    bool         verbose;   /* --verbose */
    const char  *what;
    char *const *args; /* after `--`; null-terminated, empty if there are none */
};

/* Read it; argv[0] is the command's name. Ends the program if it makes no sense. */
struct options options_read(int argc, char **argv);

/* What both helps say of the options that both commands have. */
#define OPTIONS_HELP                                                                             \
    "  -p PLATFORM          riscv64-cells (default) or riscv64-virt\n"                           \
    "  -m MEMORY            the machine's memory, such as 256m; else RunConfig.Memory of the\n"  \
    "                       manifest, else 128m\n"                                               \
    "  --cpus N             how many processors it has; else RunConfig.CPUs, else 1\n"           \
    "  -e NAME=VALUE        a variable of the program's environment; wins over the manifest's\n" \
    "  --root DIR           where an ELF file's interpreter and libraries are looked for\n"      \
    "  --manifest PATH      of an image with several manifests: the one to run, a path in it\n"  \
    "  --strace[=CALL,...]  print the program's system calls, all or these\n"                    \
    "  --trace=CLASS,...    print trace points: syscall fault exec fs blk vm sched irq\n"        \
    "  -a WORDS             further boot arguments of the kernel, such as verbose\n"             \
    "  --snapshot           leave the image as it is: what is written is forgotten at the end\n" \
    "  --read-only          leave the image as it is: the program cannot write to it\n"          \
    "  --qemu=OPTION        an option of the emulator with its value, --qemu='-cpu help', or\n"  \
    "                       its value alone\n"                                                   \
    "  --verbose            say what is done, and let the firmware do so\n"

#endif
