/* SPDX-License-Identifier: Apache-2.0 */
/* scratch.c - the scratch folder, and its removal.
 *
 * The removal itself walks a tree and is not safe in a signal handler: the handler only removes what
 * can be removed by another program, which it starts, and then dies of the signal. */
#define _GNU_SOURCE
#include "scratch.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"
#include "say.h"

static char *folder;
static pid_t owner; /* a child of ours that calls exit() must not clean up after its parent */

static char *unfinished; /* a file beside its later name, or null */

static void remove_all(void)
{
    if (getpid() != owner)
        return;
    if (unfinished)
        unlink(unfinished);
    folder_remove(folder);
}

static void on_signal(int number)
{
    if (getpid() == owner) {
        if (unfinished)
            unlink(unfinished);
        pid_t child = fork();
        if (child == 0) {
            execlp("rm", "rm", "-rf", folder, (char *)NULL);
            _exit(127);
        }
        if (child > 0)
            waitpid(child, NULL, 0);
    }
    signal(number, SIG_DFL);
    raise(number);
}

static void handle(int number)
{
    struct sigaction now;
    if (sigaction(number, NULL, &now) == 0 && now.sa_handler != SIG_IGN)
        signal(number, on_signal);
}

static void make_folder(void)
{
    const char *parent = getenv("TMPDIR");
    char       *made = must_format("%s/cella.XXXXXX", parent && *parent ? parent : "/tmp");
    if (!mkdtemp(made))
        die("set TMPDIR to a folder that can be written", "cannot make a scratch folder %s: %m",
            made);
    chmod(made, 0755);
    folder = made;
    owner = getpid();
    atexit(remove_all);
    handle(SIGINT);
    handle(SIGTERM);
    handle(SIGHUP);
    handle(SIGQUIT);
}

char *scratch_path(const char *name)
{
    if (!folder)
        make_folder();
    return must_format("%s/%s", folder, name);
}

char *scratch_beside(const char *path)
{
    char  *name = must_format("%s.XXXXXX", path);
    mode_t mask = umask(0);
    umask(mask);
    free(scratch_path("")); /* the folder, and with it the removal */
    int fd = mkstemp(name);
    if (fd < 0) {
        free(name);
        return NULL;
    }
    unfinished = must_copy(name);
    fchmod(fd, 0666 & ~mask);
    close(fd);
    return name;
}

void scratch_done(void)
{
    char *done = unfinished;
    unfinished = NULL;
    free(done);
}
