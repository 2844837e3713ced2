/* SPDX-License-Identifier: Apache-2.0 */
/* root_change.c - another directory as the root of all paths. */
#include "abi.h"

#include <fcntl.h>
#include <sys/stat.h>

static void touch(const char *path)
{
    close(open(path, O_CREAT | O_WRONLY, 0644));
}

static void show_cwd(void)
{
    char dir[256] = "";
    long n = syscall(SYS_getcwd, dir, sizeof(dir));
    if (n > 0 && dir[0] == '(') /* the tests' own root need not be the machine's */
        printf("(unreachable) ... %s\n", strrchr(dir, '/'));
    else
        printf("%ld %s\n", n, n > 0 ? dir : strerrorname_np(errno));
}

static void show_link(const char *path)
{
    char text[256] = "";
    printf("%s -> ", path);
    printf("%s\n", readlink(path, text, sizeof(text) - 1) < 0 ? strerrorname_np(errno) : text);
}

int main(void)
{
    mkdir("/tmp/new", 0755);
    mkdir("/tmp/new/below", 0755);
    mkdir("/tmp/new/proc", 0755);
    mkdir("/tmp/outside", 0755);
    touch("/tmp/new/file");
    touch("/tmp/outside/file");
    symlink("/file", "/tmp/new/link");
    symlink("/tmp/outside/file", "/tmp/new/out");
    symlink("../../../../file", "/tmp/new/below/up");
    int outside = open("/tmp/outside", O_RDONLY | O_DIRECTORY);
    int deep = open("/tmp/new/below", O_RDONLY | O_DIRECTORY);
    int file = open("/tmp/new/file", O_RDONLY);
    (void)file;

    CLAIM("only a directory can be the root");
    SHOW(chroot("/tmp/new/file"));
    SHOW(chroot("/tmp/nowhere"));
    SHOW(chroot(""));
    SHOW_POINTERS(chroot(p));
    CLAIM("paths with a slash begin at the new root, and the working directory stays");
    SHOW(chdir("/tmp/new/below"));
    SHOW(chroot("/tmp/new"));
    show_cwd();
    SHOW(access("/file", F_OK));
    SHOW(access("/tmp/new/file", F_OK));
    SHOW(access("/", F_OK));
    CLAIM("no way up leads out of the root");
    SHOW(access("/../file", F_OK));
    SHOW(access("../../../../file", F_OK));
    SHOW(access("/below/../../tmp", F_OK));
    SHOW(chdir("/.."));
    show_cwd();
    CLAIM("links begin there, too");
    SHOW(access("/link", F_OK));
    SHOW(access("/out", F_OK));
    SHOW(access("/below/up", F_OK));
    SHOW(faccessat(deep, "up", F_OK, 0));
    CLAIM("descriptors of directories outside lead on outside");
    SHOW(faccessat(outside, "file", F_OK, 0));
    SHOW(faccessat(outside, "../new/file", F_OK, 0));
    SHOW(faccessat(outside, "/file", F_OK, 0));
    SHOW(fchdir(outside));
    show_cwd();
    SHOW(access("file", F_OK));
    SHOW(chdir(".."));
    show_cwd();
    CLAIM("a root below the root is found from there");
    SHOW(chroot("/below"));
    SHOW(chdir("/"));
    show_cwd();
    SHOW(access("/file", F_OK));
    SHOW(access("/up", F_OK));
    CLAIM("who has a directory outside gets out");
    SHOW(fchdir(outside));
    SHOW(chdir("../.."));
    SHOW(chroot("."));
    show_cwd();
    SHOW(access("/tmp/new/file", F_OK));
    show_link("/proc/self/root");
    CLAIM("only who is privileged changes the root");
    SHOW(setuid(1000));
    SHOW(chroot("/tmp/new"));
    SHOW(chroot("/tmp/nowhere"));
    SHOW(chroot("/tmp/new/file"));
    return 0;
}
