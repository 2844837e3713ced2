/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -Wno-nonnull */
/* strace_exec.c - a program that runs itself, and then fails to run others. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

static char *many[40];

int main(int argc, char **argv)
{
    char *again[] = {"again", "two words", "\x01\n", "a string that is longer than 32 bytes", NULL};
    char *env[] = {"ONE=1", "TWO=2", NULL}, *single[] = {"ONE=1", NULL};

    (void)argv;
    if (argc == 1)
        execve("/bin/strace_exec", again, env);
    for (unsigned i = 0; i < 39; i++)
        many[i] = "x";
    execve("/nowhere", again, env);
    execve("/nowhere", many, single);
    execve("/nowhere", &many[39], NULL);
    execve(NULL, NULL, &many[39]);
    syscall(SYS_execveat, AT_FDCWD, "nowhere", again, env, AT_SYMLINK_NOFOLLOW);
    syscall(SYS_execveat, 1, "", again, single, AT_EMPTY_PATH);
    return 0;
}
