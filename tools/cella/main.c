/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - `cella`: build, run, debug and inspect images of Linux programs. Which commands there are,
 * and help. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "say.h"

static const struct command *const commands[] = {
    &command_build, &command_run, &command_gdb, &command_inspect, &command_pkg, NULL,
};

static const struct command *find(const char *name)
{
    for (size_t i = 0; commands[i]; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

static void print_help(void)
{
    puts("usage: cella COMMAND ...\n"
         "\n"
         "Boots unmodified Linux programs for riscv64, each as one machine image.\n");
    for (size_t i = 0; commands[i]; i++)
        printf("  %-9s %s\n", commands[i]->name, commands[i]->summary);
    puts("\n`cella COMMAND --help` tells more. For a start: cella run PROGRAM -- ARGUMENTS");
}

static bool asks_for_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

/* --help anywhere before `--`, whatever else stands there. */
static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help();
        return EXIT_USAGE;
    }
    if (asks_for_help(argv[1])) {
        const struct command *about = argc > 2 ? find(argv[2]) : NULL;
        if (about)
            fputs(about->help, stdout);
        else
            print_help();
        return 0;
    }

    const struct command *command = find(argv[1]);
    if (!command)
        die_usage(NULL, "there is no command `%s`", argv[1]);
    if (wants_help(argc - 1, argv + 1)) {
        fputs(command->help, stdout);
        return 0;
    }
    return command->run(argc - 1, argv + 1);
}
