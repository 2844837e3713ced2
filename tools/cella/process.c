/* SPDX-License-Identifier: Apache-2.0 */
/* process.c - running other programs. What they write is read from unlinked files rather than from
 * pipes, so that two streams of any size can be kept without polling. */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "say.h"

/* A file without a name for what a program writes. */
static FILE *new_capture(void)
{
    FILE *file = tmpfile();
    if (!file || fcntl(fileno(file), F_SETFD, FD_CLOEXEC) != 0)
        die("is /tmp full?", "cannot make a temporary file: %m");
    return file;
}

static char *take_capture(FILE *file)
{
    fseek(file, 0, SEEK_END);
    long   length = ftell(file);
    size_t size = length > 0 ? (size_t)length : 0;
    char  *text = must_alloc(size + 1);
    rewind(file);
    if (fread(text, 1, size, file) != size)
        die(NULL, "cannot read a temporary file: %m");
    fclose(file);
    return text;
}

static _Noreturn void become(const char *const argv[], FILE *output, FILE *errors)
{
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(nothing, STDIN_FILENO);
    if (output)
        dup2(fileno(output), STDOUT_FILENO);
    if (errors)
        dup2(fileno(errors), STDERR_FILENO);
    execvp(argv[0], (char *const *)argv);
    _exit(PROCESS_MISSING);
}

static int wait_for(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            die(NULL, "cannot wait for a program: %m");
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run(const char *const argv[], FILE *output, FILE *errors)
{
    fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        die(NULL, "cannot start %s: %m", argv[0]);
    if (child == 0)
        become(argv, output, errors);
    return wait_for(child);
}

int process_run(const char *const argv[], char **output)
{
    FILE *kept = output ? new_capture() : NULL;
    int   status = run(argv, kept, NULL);
    if (kept)
        *output = take_capture(kept);
    return status;
}

int process_run_quietly(const char *const argv[], char **output, char **errors)
{
    FILE *kept = new_capture(), *complaints = new_capture();
    int   status = run(argv, kept, complaints);
    *output = take_capture(kept);
    *errors = take_capture(complaints);
    return status;
}
