/* SPDX-License-Identifier: Apache-2.0 */
/* emulator.h - the emulator's command line for an image, and running it to its end. */
#ifndef CELLA_EMULATOR_H
#define CELLA_EMULATOR_H

#include "install.h"
#include "options.h"

/* Where the machine's console goes. */
enum console {
    CONSOLE_TERMINAL, /* this terminal, with the emulator's own keys behind Ctrl-A */
    CONSOLE_BATCH,    /* standard output; standard input is empty */
    CONSOLE_FILE,     /* a file; standard input and output are free for other uses */
};

/* A machine with its image, ready to be started. */
struct emulator {
    struct machine machine;
    const char    *image;
    const char    *memory;
    unsigned       cpus;
    char          *bootargs;
    enum console   console;
    const char    *console_file; /* for CONSOLE_FILE */
    bool           snapshot;
    bool           read_only; /* of the image */
    bool           quiet;   /* the firmware is to print nothing, if the emulator can see to that */
    struct words   options; /* the user's, last */
};

/* The command that starts it. */
struct words emulator_command(const struct emulator *emulator);

/* How it ended: the machine itself, with the status that the kernel gave; or the emulator without it.
 * A signal that came for this process is passed on to the emulator, ends it, and is reported. */
struct emulator_end {
    enum {
        EMULATOR_MACHINE_ENDED, /* number: the exit status */
        EMULATOR_REFUSED,       /* it did not start the machine, and has said why */
        EMULATOR_CLOSED,        /* from outside: with Ctrl-A x, in its monitor, by a signal to it */
        EMULATOR_KILLED,        /* by a signal not from here: number */
        EMULATOR_INTERRUPTED,   /* by the signal that came for this process: number */
        EMULATOR_MISSING,       /* it cannot be executed: number is an errno */
    } how;
    int number;
};

/* Start command, to which an option is added, and wait for its end. With input_is_empty its standard input is /dev/null. The terminal
 * is afterwards as it was before. */
struct emulator_end emulator_run(struct words *command, bool input_is_empty);

#endif
