/* SPDX-License-Identifier: Apache-2.0 */
/* command.h - a command of the tool: `cella NAME ...`.
 *
 * Commands are listed in main.c. Each is a file cmd_NAME.c; what several of them need stands in files
 * named after what they know (manifest.c, elf.c, ...), which return errors and leave it to the command
 * to end the program.
 */
#ifndef CELLA_COMMAND_H
#define CELLA_COMMAND_H

struct command {
    const char *name;
    const char *summary; /* one line, for the list of commands */
    const char *help;    /* for --help: usage, options, examples; ends with a line break */
    /* argv[0] is the command's name. The program's exit status. */
    int (*run)(int argc, char **argv);
};

extern const struct command command_build, command_run, command_gdb, command_inspect, command_pkg;

/* Exit statuses of the tool itself. `cella run` has the program's own when there is one. */
#define EXIT_TROUBLE    1   /* it could not be done */
#define EXIT_USAGE      2   /* the command line makes no sense */
#define EXIT_NO_MACHINE 125 /* either, of `cella run`; 126 and 127 come from the kernel */

#endif
