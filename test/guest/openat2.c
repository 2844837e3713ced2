/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -Wno-nonnull */
/* openat2.c - openat2: what it checks that openat does not, structures that are shorter or longer, and walks
 * that keep to something. Also waitid by a pidfd. */
#include "abi.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>

static int  dir;
static char page[2 * PAGE];

static long open2(int at, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
    struct open_how how = {flags, mode, resolve};
    long            fd = syscall(SYS_openat2, at, path, &how, sizeof(how));
    if (fd >= 0)
        close((int)fd);
    return fd < 0 ? -1 : 0;
}

static void arguments(void)
{
    CLAIM("arguments of openat2");
    struct open_how *how = (void *)page;
    SHOW(open2(AT_FDCWD, "/tmp", O_RDONLY, 0, 0));
    SHOW(open2(AT_FDCWD, "/tmp", O_RDONLY, 0644, 0));
    SHOW(open2(AT_FDCWD, "/tmp/new", O_RDWR | O_CREAT, 0644, 0));
    SHOW(open2(AT_FDCWD, "/tmp/new", O_RDWR | O_CREAT, 010000, 0));
    SHOW(open2(AT_FDCWD, "/tmp", O_RDWR | O_TMPFILE, 0600, 0));
    SHOW(open2(AT_FDCWD, "/tmp", O_RDONLY | O_TMPFILE, 0600, 0));
    SHOW(open2(AT_FDCWD, "/tmp", O_CREAT | O_DIRECTORY, 0600, 0));
    SHOW(open2(AT_FDCWD, "/tmp", 1ul << 40, 0, 0));
    SHOW(open2(AT_FDCWD, "/tmp", 1ul << 30, 0, 0));
    SHOW(open2(AT_FDCWD, "/tmp", O_PATH | O_RDWR, 0, 0));
    SHOW(open2(AT_FDCWD, "/tmp", O_PATH | O_DIRECTORY, 0, 0));
    SHOW(open2(AT_FDCWD, "/tmp", O_RDONLY, 0, 64));
    SHOW(open2(AT_FDCWD, "/tmp", O_RDONLY, 0, RESOLVE_BENEATH | RESOLVE_IN_ROOT));
    SHOW(open2(AT_FDCWD, "/tmp/new", O_RDWR | O_TRUNC, 0, RESOLVE_CACHED));
    SHOW(open2(AT_FDCWD, "", O_RDONLY, 0, 0));
    SHOW(open2(AT_FDCWD, NULL, O_RDONLY, 0, 0));
    SHOW(open2(-5, "x", O_RDONLY, 0, 0));
    SHOW(open2(-5, "/tmp", O_RDONLY, 0, 0));
    SHOW(open2(0, "x", O_RDONLY, 0, 0));
    SHOW(syscall(SYS_openat2, AT_FDCWD, "/none", how, 0));
    SHOW(syscall(SYS_openat2, AT_FDCWD, "/none", how, 23));
    SHOW(syscall(SYS_openat2, AT_FDCWD, "/none", how, 24));
    SHOW(syscall(SYS_openat2, AT_FDCWD, "/none", how, 27));
    SHOW(syscall(SYS_openat2, AT_FDCWD, "/none", how, 4096));
    SHOW(syscall(SYS_openat2, AT_FDCWD, "/none", how, 4097));
    page[26] = 1;
    SHOW(syscall(SYS_openat2, AT_FDCWD, "/none", how, 24));
    SHOW(syscall(SYS_openat2, AT_FDCWD, "/none", how, 26));
    SHOW(syscall(SYS_openat2, AT_FDCWD, "/none", how, 27));
    page[26] = 0;
    SHOW_POINTERS(syscall(SYS_openat2, AT_FDCWD, "/none", p, 24));
    SHOW_POINTERS(syscall(SYS_openat2, AT_FDCWD, p, how, 24));
}

static void tree(void)
{
    mkdir("/tmp/d", 0755);
    mkdir("/tmp/d/sub", 0755);
    close(open("/tmp/d/sub/file", O_WRONLY | O_CREAT, 0644));
    close(open("/tmp/outside", O_WRONLY | O_CREAT, 0644));
    symlink("sub/file", "/tmp/d/inner");
    symlink("../outside", "/tmp/d/outer");
    symlink("/sub/file", "/tmp/d/absolute");
    symlink("/tmp/d/sub/file", "/tmp/d/back");
    symlink("/proc/self/fd/0", "/tmp/d/magic");
    symlink("sub/../../d/sub/file", "/tmp/d/round");
    symlink("new", "/tmp/d/tonew");
    dir = open("/tmp/d", O_PATH);
}

static void walk(const char *path)
{
    static const struct {
        uint64_t    bit;
        const char *name;
    } ways[] = {{0, "any"},
                {RESOLVE_NO_XDEV, "no_xdev"},
                {RESOLVE_NO_MAGICLINKS, "no_magic"},
                {RESOLVE_NO_SYMLINKS, "no_symlinks"},
                {RESOLVE_BENEATH, "beneath"},
                {RESOLVE_IN_ROOT, "in_root"}};
    printf("%-22s", path);
    for (int i = 0; i < 6; i++) {
        errno = 0;
        printf(" %s:%s", ways[i].name,
               open2(dir, path, O_RDONLY, 0, ways[i].bit) ? strerrorname_np(errno) : "ok");
    }
    printf("\n");
}

static void walks(void)
{
    CLAIM("RESOLVE flags");
    static const char *const paths[] = {
        "sub/file", "inner",      "outer",           "absolute",  "back",   "magic",
        "round",    "..",         "sub/..",          "sub/../..", ".",      "/",
        "/sub",     "/tmp",       "/sub/../../file", "../d/sub",  "inner/", "none",
        "/proc",    "/../../sub", "sub/../sub/file"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        walk(paths[i]);
    SHOW(open2(dir, "inner", O_PATH | O_NOFOLLOW, 0, RESOLVE_NO_SYMLINKS));
    SHOW(open2(dir, "inner", O_RDONLY | O_NOFOLLOW, 0, RESOLVE_NO_SYMLINKS));
    SHOW(open2(dir, "magic", O_PATH | O_NOFOLLOW, 0, RESOLVE_NO_MAGICLINKS));
    SHOW(open2(dir, "n1", O_RDWR | O_CREAT, 0600, RESOLVE_BENEATH));
    SHOW(open2(dir, "/n2", O_RDWR | O_CREAT, 0600, RESOLVE_BENEATH));
    SHOW(open2(dir, "/n2", O_RDWR | O_CREAT, 0600, RESOLVE_IN_ROOT));
    SHOW(open2(dir, "../n3", O_RDWR | O_CREAT, 0600, RESOLVE_BENEATH));
    SHOW(open2(dir, "../n3", O_RDWR | O_CREAT, 0600, RESOLVE_IN_ROOT));
    SHOW(access("/tmp/d/n3", F_OK));
    SHOW(access("/tmp/d/n2", F_OK));
    SHOW(open2(dir, "tonew", O_RDWR | O_CREAT, 0600, RESOLVE_NO_SYMLINKS));
    SHOW(open2(dir, "tonew", O_RDWR | O_CREAT, 0600, RESOLVE_BENEATH));
    SHOW(access("/tmp/d/new", F_OK));
    SHOW(open2(dir, "..", O_RDWR | O_CREAT, 0600, RESOLVE_BENEATH));
    SHOW(open2(AT_FDCWD, "tmp", O_RDONLY, 0, RESOLVE_NO_XDEV));
    SHOW(open2(AT_FDCWD, "/bin", O_RDONLY, 0, RESOLVE_NO_XDEV));
    SHOW(open2(AT_FDCWD, "/tmp", O_RDONLY, 0, RESOLVE_NO_XDEV));
    SHOW(open2(AT_FDCWD, "../..", O_RDONLY, 0, RESOLVE_BENEATH));
    SHOW(open2(AT_FDCWD, "..", O_RDONLY, 0, 0));
}

static void waits(void)
{
    CLAIM("waitid with a pidfd");
    siginfo_t info;
    int       self = (int)syscall(SYS_pidfd_open, getpid(), 0);
    SHOW(waitid(P_PIDFD, (id_t)self, &info, WEXITED));
    SHOW(waitid(P_PIDFD, 0, &info, WEXITED));
    SHOW(waitid(P_PIDFD, 99, &info, WEXITED));
    SHOW(waitid(P_PIDFD, (id_t)-1, &info, WEXITED));
}

int main(void)
{
    buffer_output();
    arguments();
    tree();
    walks();
    waits();
    return 0;
}
