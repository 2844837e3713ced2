/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_run.c - `cella run`: boot what the user names, and end as its program ended. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "emulator.h"
#include "machine.h"
#include "options.h"
#include "say.h"

static const char help[] =
    "usage: cella run [OPTION]... WHAT [-- ARGUMENT...]\n"
    "\n"
    "Boots WHAT, an ELF file, a manifest, a folder that is a ready root, or an image, and exits as its\n"
    "program does. An image is written to. Words behind -- are added to the program's arguments.\n"
    "\n" OPTIONS_HELP
    "  -b                   batch: no terminal, standard input empty; the console goes to standard\n"
    "                       output\n"
    "  -c FILE              the console goes to FILE\n"
    "\n"
    "On a terminal every key goes to the program, Ctrl-C too; Ctrl-A x ends the emulator, and Ctrl-A c\n"
    "switches to its monitor.\n"
    "\n"
    "Exit status: the program's own; 128 plus the signal's number if one killed it; 126 if it cannot be\n"
    "run and 127 if it is not there; 255 if the kernel panicked; 125 if no machine was started\n"
    "or it was ended from outside.\n"
    "\n"
    "examples:\n"
    "  cella run ./hello                          a program of the cross compiler\n"
    "  cella run -p riscv64-virt -m 256m my.img   an image, with page tables and more memory\n"
    "  cella run -e LANG=C my.img -- -v file      with a variable and arguments\n"
    "  cella run --strace ./hello                 print what it asks the kernel for\n"
    "  cella run -b my.img >log                   without a terminal\n";

/* The machine never came to an end of its own. */
static _Noreturn void die_of_signal(int number)
{
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, number);
    sigprocmask(SIG_UNBLOCK, &only, NULL);
    raise(number); /* scratch files go now, and this process with them */
    _exit(128 + number);
}

static int end_like(struct emulator_end end, const char *emulator)
{
    switch (end.how) {
    case EMULATOR_MACHINE_ENDED:
        return end.number;
    case EMULATOR_REFUSED:
        die("what the emulator said stands above; --verbose shows how it was called",
            "the emulator did not start the machine");
    case EMULATOR_CLOSED:
        say("the machine was ended from outside; its program has no exit status");
        return EXIT_NO_MACHINE;
    case EMULATOR_INTERRUPTED:
        die_of_signal(end.number);
    case EMULATOR_KILLED:
        die(end.number == SIGKILL ? "if nobody did that, the host was short of memory: see `dmesg`"
                                  : NULL,
            "the emulator was killed by signal %d (%s)", end.number, strsignal(end.number));
    case EMULATOR_MISSING:
        die("`make qemu` builds the project's own; the environment variable QEMU names another",
            "the emulator %s cannot be started: %s", emulator, strerror(end.number));
    }
    abort();
}

static enum console console_of(const struct options *o)
{
    if (o->batch)
        return CONSOLE_BATCH;
    return o->console ? CONSOLE_FILE : CONSOLE_TERMINAL;
}

static int run(int argc, char **argv)
{
    say_exit_status(EXIT_NO_MACHINE);
    struct options  o = options_read(argc, argv);
    struct bootable bootable;
    struct emulator emulator = machine_make(&o, console_of(&o), o.console, &bootable);
    struct words    command = emulator_command(&emulator);
    if (o.verbose)
        say("starting %s", words_quote(&command));
    return end_like(emulator_run(&command, o.batch), emulator.machine.emulator);
}

const struct command command_run = {
    .name = "run",
    .summary = "boot a program or an image, and exit with the program's status",
    .help = help,
    .run = run,
};
