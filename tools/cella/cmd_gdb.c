/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_gdb.c - `cella gdb`: boot what the user names, stopped before its first instruction, with gdb in
 * this terminal.
 *
 * gdb starts the emulator itself, talks to it through a pipe, and ends it when it is left. */
#define _GNU_SOURCE
#include <glob.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "emulator.h"
#include "machine.h"
#include "options.h"
#include "say.h"

#define GDB "gdb-multiarch"

static const char help[] =
    "usage: cella gdb [OPTION]... WHAT [-- ARGUMENT...]\n"
    "\n"
    "Boots WHAT as `cella run` does, but stopped before the first instruction, with gdb attached in this\n"
    "terminal and a breakpoint at the kernel's kmain; `continue` goes there. Leaving gdb ends the\n"
    "machine. The machine's console goes to a file, which is named at the start.\n"
    "\n" OPTIONS_HELP "  -c FILE              the console goes to FILE instead\n"
    "\n"
    "examples:\n"
    "  cella gdb my.img\n"
    "  cella gdb -p riscv64-virt ./hello -- -v    "
    "\nIn gdb: program (go to main), cells, cell ADDRESS, areas, threads, thread-bt, trace; `help cells`\n"
    "and so on tell more.\n";

static bool is_installed(const char *program)
{
    const char *path = getenv("PATH");
    char       *folders = must_copy(path ? path : "/usr/bin:/bin"), *rest = folders, *folder;
    bool        found = false;
    while (!found && (folder = strsep(&rest, ":"))) {
        char *file = must_format("%s/%s", *folder ? folder : ".", program);
        found = access(file, X_OK) == 0;
        free(file);
    }
    free(folders);
    return found;
}

static void add_scripts(struct words *gdb, const char *pattern)
{
    glob_t found = {0};
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            words_add(gdb, "-x");
            words_add(gdb, found.gl_pathv[i]);
        }
    }
    globfree(&found);
}

static void add_command(struct words *gdb, const char *command)
{
    words_add(gdb, "-ex");
    words_add(gdb, command);
}

static struct words gdb_command(const struct emulator *emulator)
{
    struct words       gdb = {0}, machine = emulator_command(emulator);
    static char *const stopped[] = {"-S", "-gdb", "stdio", NULL};
    words_add_all(&machine, stopped);

    words_add(&gdb, GDB);
    words_add(&gdb, "-q");
    add_command(&gdb, "set confirm off");
    add_command(&gdb, must_format("file %s", emulator->machine.kernel));
    add_command(&gdb, must_format("target remote | exec %s", words_quote(&machine)));
    add_command(&gdb, "hbreak kmain");
    add_scripts(&gdb, install_source_path("tools/gdb/*.py"));
    return gdb;
}

/* Keys that interrupt are for gdb; this process waits, to remove its files afterwards. */
static int run_gdb(const struct words *command)
{
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM); /* no gdb without us, and no machine without gdb */
        signal(SIGINT, SIG_DFL);
        signal(SIGQUIT, SIG_DFL);
        execvp(command->at[0], command->at);
        _exit(127);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child)
        die(NULL, "cannot start " GDB ": %m");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(int argc, char **argv)
{
    struct options o = options_read(argc, argv);
    if (o.batch)
        die_usage(argv[0], "-b is for `cella run`: gdb has the terminal");
    if (!is_installed(GDB))
        die("install it: apt-get install " GDB, "there is no " GDB);
    const char *console = o.console;
    if (!console)
        console = install_build_path(must_format("%s/gdb.console", o.platform));

    struct bootable bootable;
    struct emulator emulator = machine_make(&o, CONSOLE_FILE, console, &bootable);
    struct words    command = gdb_command(&emulator);
    say("the console is in %s", console);
    if (o.verbose)
        say("starting %s", words_quote(&command));
    return run_gdb(&command);
}

const struct command command_gdb = {
    .name = "gdb",
    .summary = "the same, stopped, with gdb attached in this terminal",
    .help = help,
    .run = run,
};
