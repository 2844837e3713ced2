/* SPDX-License-Identifier: Apache-2.0 */
/* emulator.c - QEMU's command line, and QEMU as a child.
 *
 * The signals that end this process, and SIGCHLD, are blocked while the emulator runs, and taken one by
 * one by sigwaitinfo(): nothing happens in a signal handler, and none is lost. Should this process be
 * killed, the emulator is sent SIGTERM by the host's kernel: no machine stays behind.
 */
#define _GNU_SOURCE
#include "emulator.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "monitor.h"
#include "say.h"

/* --- its command ------------------------------------------------------------------------- */

/* A comma in a value of a list of properties is doubled. */
static char *double_commas(const char *text)
{
    char *doubled = must_alloc(2 * strlen(text) + 1), *to = doubled;
    for (; *text; text++) {
        *to++ = *text;
        if (*text == ',')
            *to++ = ',';
    }
    return doubled;
}

static void add_machine(struct words *command, const struct emulator *e)
{
    const struct machine *m = &e->machine;
    const char *const     words[] = {
            "-cpu",      m->cpu,    "-m",         e->memory, "-bios",
            m->firmware, "-kernel", m->kernel,    "-global", "virtio-mmio.force-legacy=false",
            "-nic",      "none",    "-no-reboot",
    };
    words_add(command, m->emulator);
    words_add(command, "-M");
    if (e->quiet && m->quiet)
        words_add_format(command, "%s,%s", m->machine, m->quiet);
    else
        words_add(command, m->machine);
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        words_add(command, words[i]);
    if (e->cpus > 1) {
        words_add(command, "-smp");
        words_add_format(command, "%u", e->cpus);
    }
}

static void add_devices(struct words *command, const struct emulator *e)
{
    char *image = double_commas(e->image);
    words_add(command, "-drive");
    words_add_format(command, "file=%s,format=raw,if=none,id=hd0,cache=writeback%s", image,
                     e->read_only ? ",readonly=on" : "");
    free(image);
    words_add(command, "-device");
    words_add(command, "virtio-blk-device,drive=hd0");
    words_add(command, "-device");
    words_add(command, "virtio-rng-device");
    if (e->snapshot)
        words_add(command, "-snapshot");
}

/* On a terminal its monitor is behind Ctrl-A, too. */
static void add_console(struct words *command, const struct emulator *e)
{
    static char *const no_screen[] = {"-display", "none", NULL};
    static char *const on_terminal[] = {"-serial", "mon:stdio", NULL};
    static char *const alone[] = {"-monitor", "none", "-serial", NULL};
    words_add_all(command, no_screen);
    words_add_all(command, e->console == CONSOLE_TERMINAL ? on_terminal : alone);
    if (e->console == CONSOLE_BATCH)
        words_add(command, "stdio");
    else if (e->console == CONSOLE_FILE)
        words_add_format(command, "file:%s", e->console_file);
}

struct words emulator_command(const struct emulator *e)
{
    struct words command = {0};
    add_machine(&command, e);
    add_devices(&command, e);
    add_console(&command, e);
    if (*e->bootargs) {
        words_add(&command, "-append");
        words_add(&command, e->bootargs);
    }
    words_add_all(&command, e->options.at);
    return command;
}

/* --- as a child -------------------------------------------------------------------------- */

/* What to put back when it is over, and how to hear of it. */
struct watch {
    sigset_t       signals, signals_before;
    struct termios terminal;
    bool           has_terminal;
};

/* An ignored signal that is blocked would come nevertheless. */
static bool is_ignored(int number)
{
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static void watch_begin(struct watch *w)
{
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    sigemptyset(&w->signals);
    sigaddset(&w->signals, SIGCHLD);
    for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++) {
        if (!is_ignored(ending[i]))
            sigaddset(&w->signals, ending[i]);
    }
    sigprocmask(SIG_BLOCK, &w->signals, &w->signals_before);
    signal(SIGCHLD,
           SIG_DFL); /* a parent may have had it ignored, and then nobody can be waited for */
    w->has_terminal = tcgetattr(STDIN_FILENO, &w->terminal) == 0;
}

static void watch_end(struct watch *w)
{
    /* The emulator does it itself, but not when it is killed. Who does it in the background is stopped. */
    pid_t foreground = tcgetpgrp(STDIN_FILENO);
    if (w->has_terminal && (foreground < 0 || foreground == getpgrp()))
        tcsetattr(STDIN_FILENO, TCSANOW, &w->terminal);
    sigprocmask(SIG_SETMASK, &w->signals_before, NULL);
}

static _Noreturn void become(const struct words *command, bool input_is_empty, pid_t parent,
                             const struct watch *w, int failed)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) /* it died before it would have been told */
        _exit(EXIT_FAILURE);
    sigprocmask(SIG_SETMASK, &w->signals_before, NULL);
    if (input_is_empty) {
        int null = open("/dev/null", O_RDONLY);
        dup2(null, STDIN_FILENO);
        close(null);
    }
    execvp(command->at[0], command->at);
    int error = errno;
    if (write(failed, &error, sizeof(error)) < 0)
        _exit(EXIT_FAILURE);
    _exit(EXIT_FAILURE);
}

/* The child, or a negative errno. */
static pid_t start(const struct words *command, bool input_is_empty, const struct watch *w)
{
    int   failed[2], error = 0;
    pid_t self = getpid();
    if (pipe2(failed, O_CLOEXEC) != 0)
        return -errno;
    pid_t child = fork();
    if (child == 0)
        become(command, input_is_empty, self, w, failed[1]);
    if (child < 0)
        error = errno;
    close(failed[1]);
    if (child > 0 && read(failed[0], &error, sizeof(error)) == sizeof(error))
        waitpid(child, NULL, 0);
    close(failed[0]);
    return error ? -error : child;
}

/* Ctrl-Z stops both, and a shell has said so. Other ways leave the user with a machine that hangs. */
static void tell_stop(pid_t child, int number)
{
    if (number == SIGTTIN || number == SIGTTOU)
        say("the emulator waits for the terminal; bring it to the foreground, or use -b");
    else if (number != SIGTSTP)
        say("the emulator was stopped by signal %d (%s); `kill -CONT %d` lets it go on", number,
            strsignal(number), child);
}

/* The first time politely; who asks twice has waited long enough. */
static void pass_on(pid_t child, bool again)
{
    kill(child, again ? SIGKILL : SIGTERM);
    kill(child, SIGCONT);
}

/* The kernel gives the emulator an exit status without a word; what refuses a machine is status 1. */
static struct emulator_end how_it_ended(int status, const struct monitor_news *news)
{
    if (WIFSIGNALED(status))
        return (struct emulator_end){EMULATOR_KILLED, WTERMSIG(status)};
    if (!news->from_inside)
        return (struct emulator_end){EMULATOR_CLOSED, WEXITSTATUS(status)};
    bool refused = !news->started && WEXITSTATUS(status) == EXIT_FAILURE;
    return (struct emulator_end){refused ? EMULATOR_REFUSED : EMULATOR_MACHINE_ENDED,
                                 WEXITSTATUS(status)};
}

/* Whether child has ended, and how. One SIGCHLD may stand for several changes. */
static bool look_after(pid_t child, int *status)
{
    while (waitpid(child, status, WNOHANG | WUNTRACED) == child) {
        if (!WIFSTOPPED(*status))
            return true;
        tell_stop(child, WSTOPSIG(*status));
    }
    return false;
}

/* Until child ends, with *status. Which signal was passed on to it, or 0. */
static int wait_for(pid_t child, const struct watch *w, int *status)
{
    int passed_on = 0;
    for (;;) {
        int number = sigwaitinfo(&w->signals, NULL);
        if (number == SIGCHLD) {
            if (look_after(child, status))
                return passed_on;
        } else if (number > 0) {
            pass_on(child, passed_on != 0);
            passed_on = passed_on ? passed_on : number;
        }
    }
}

struct emulator_end emulator_run(struct words *command, bool input_is_empty)
{
    struct monitor monitor = monitor_open(command);
    struct watch   w;
    int            status = 0, passed_on = 0;
    watch_begin(&w);
    pid_t child = start(command, input_is_empty, &w);
    monitor_hand_over(&monitor);
    if (child > 0)
        passed_on = wait_for(child, &w, &status);
    watch_end(&w);
    struct monitor_news news = monitor_close(&monitor);
    if (child < 0)
        return (struct emulator_end){EMULATOR_MISSING, -child};
    if (passed_on)
        return (struct emulator_end){EMULATOR_INTERRUPTED, passed_on};
    return how_it_ended(status, &news);
}
