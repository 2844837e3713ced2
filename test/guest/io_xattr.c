/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -Wno-nonnull */
/* io_xattr.c - extended attributes: on files in memory, on the read-only image, on what has none; wrong
 * arguments. */
#include "abi.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

static char buf[70000];

#define SET(p, n, v, s, f) syscall(SYS_setxattr, p, n, v, (size_t)(s), f)
#define GET(p, n, v, s)    syscall(SYS_getxattr, p, n, v, (size_t)(s))
#define LIST(p, v, s)      syscall(SYS_listxattr, p, v, (size_t)(s))
#define REMOVE(p, n)       syscall(SYS_removexattr, p, n)

static void names(const char *path)
{
    long n = LIST(path, buf, sizeof(buf));
    printf("names:");
    for (long i = 0; i < n; i += (long)strlen(buf + i) + 1)
        printf(" %s", buf + i);
    printf("\n");
}

static void values(void)
{
    CLAIM("values are set, told and removed");
    int f = open("/tmp/f", O_RDWR | O_CREAT, 0600);
    SHOW(SET("/tmp/f", "user.b", "value", 5, 0));
    SHOW(SET("/tmp/f", "user.a", "v", 1, XATTR_REPLACE));
    SHOW(SET("/tmp/f", "user.a", "v", 1, XATTR_CREATE));
    SHOW(SET("/tmp/f", "user.a", "v", 1, XATTR_CREATE));
    SHOW(SET("/tmp/f", "user.a", "w", 1, XATTR_CREATE | XATTR_REPLACE));
    SHOW(SET("/tmp/f", "user.a", "longer", 6, XATTR_REPLACE));
    SHOW(SET("/tmp/f", "user.empty", NULL, 0, 0));
    SHOW(SET("/tmp/f", "trusted.t", "t", 1, 0));
    SHOW(SET("/tmp/f", "security.s", "s", 1, 0));
    names("/tmp/f");
    SHOW(GET("/tmp/f", "user.b", buf, 0));
    SHOW(GET("/tmp/f", "user.b", buf, 4));
    SHOW(GET("/tmp/f", "user.b", buf, 5));
    SHOW(GET("/tmp/f", "user.b", buf, 500000));
    printf("%.5s\n", buf);
    SHOW(GET("/tmp/f", "user.empty", buf, 10));
    SHOW(GET("/tmp/f", "user.c", buf, 10));
    SHOW(GET("/tmp/f", "trusted.t", buf, 10));
    SHOW(GET("/tmp/f", "security.s", buf, 10));
    SHOW(LIST("/tmp/f", NULL, 0));
    SHOW(LIST("/tmp/f", buf, 10));
    SHOW(syscall(SYS_fsetxattr, f, "user.fd", "x", 1L, 0));
    SHOW(syscall(SYS_fgetxattr, f, "user.fd", buf, 1L));
    SHOW(syscall(SYS_flistxattr, f, NULL, 0L));
    SHOW(syscall(SYS_fremovexattr, f, "user.fd"));
    SHOW(REMOVE("/tmp/f", "user.fd"));
    SHOW(REMOVE("/tmp/f", "user.b"));
    SHOW(SET("/tmp/f", "user.big", buf, 65536, 0));
    SHOW(GET("/tmp/f", "user.big", buf, 65536));
    SHOW(GET("/tmp/f", "user.big", buf, 65535));
    names("/tmp/f");
    SHOW(link("/tmp/f", "/tmp/other"));
    names("/tmp/other");
}

static void wrong(void)
{
    CLAIM("arguments");
    char name[300];
    memset(name, 'x', sizeof(name));
    memcpy(name, "user.", 5);
    name[256] = 0;
    SHOW(SET("/tmp/f", "user.a", "v", 1, 4));
    SHOW(SET("/tmp/none", "user.a", "v", 1, 4));
    SHOW(GET("/tmp/none", "", buf, 1));
    SHOW(REMOVE("/tmp/none", ""));
    SHOW(SET("/tmp/f", name, "v", 1, 0));
    name[255] = 0;
    SHOW(SET("/tmp/f", name, "v", 1, 0));
    SHOW(REMOVE("/tmp/f", name));
    SHOW(SET("/tmp/f", "", "v", 1, 0));
    SHOW(GET("/tmp/f", "", buf, 1));
    SHOW(REMOVE("/tmp/f", ""));
    SHOW(SET("/tmp/f", "user.", "v", 1, 0));
    SHOW(SET("/tmp/f", "user", "v", 1, 0));
    SHOW(SET("/tmp/f", "other.a", "v", 1, 0));
    SHOW(SET("/tmp/f", "system.a", "v", 1, 0));
    SHOW(GET("/tmp/f", "user.", buf, 1));
    SHOW(GET("/tmp/f", "other.a", buf, 1));
    SHOW(GET("/tmp/f", "system.a", buf, 1));
    SHOW(GET("/tmp/f", "system.posix_acl_access", buf, 1));
    SHOW(REMOVE("/tmp/f", "other.a"));
    SHOW(SET("/tmp/f", "user.a", buf, 65537, 0));
    SHOW_POINTERS(SET(p, "user.a", "v", 1, 0));
    SHOW_POINTERS(SET("/tmp/f", p, "v", 1, 0));
    SHOW_POINTERS(SET("/tmp/f", "user.p", p, 2, 0));
    SHOW_POINTERS(GET("/tmp/f", p, buf, 10));
    SHOW_POINTERS(GET("/tmp/f", "user.a", p, 10));
    SHOW_POINTERS(LIST("/tmp/f", p, 1000));
    SHOW(syscall(SYS_fgetxattr, -1, "user.a", buf, 1L));
    SHOW(syscall(SYS_fgetxattr, open("/tmp/f", O_PATH), "user.a", buf, 1L));
}

static void kinds(void)
{
    CLAIM("which files have which attributes");
    int p[2];
    SHOW(symlink("f", "/tmp/link"));
    SHOW(GET("/tmp/link", "user.a", buf, 10));
    SHOW(syscall(SYS_lgetxattr, "/tmp/link", "user.a", buf, 10L));
    SHOW(syscall(SYS_lsetxattr, "/tmp/link", "user.a", "x", 1L, 0));
    SHOW(syscall(SYS_lsetxattr, "/tmp/link", "trusted.a", "x", 1L, 0));
    SHOW(syscall(SYS_lgetxattr, "/tmp/link", "system.posix_acl_access", buf, 10L));
    SHOW(syscall(SYS_llistxattr, "/tmp/link", buf, 100L));
    SHOW(syscall(SYS_lremovexattr, "/tmp/link", "trusted.a"));
    SHOW(syscall(SYS_lremovexattr, "/tmp/link", "user.a"));
    SHOW(mkdir("/tmp/d", 0700));
    SHOW(SET("/tmp/d", "user.a", "dir", 3, 0));
    SHOW(GET("/tmp/d", "user.a", buf, 3));
    SHOW(mkfifo("/tmp/fifo", 0600));
    SHOW(SET("/tmp/fifo", "user.a", "v", 1, 0));
    SHOW(GET("/tmp/fifo", "user.a", buf, 1));
    SHOW(SET("/tmp/fifo", "trusted.a", "v", 1, 0));
    SHOW(pipe(p));
    SHOW(syscall(SYS_fgetxattr, p[0], "user.a", buf, 1L));
    SHOW(syscall(SYS_fgetxattr, p[0], "trusted.a", buf, 1L));
    SHOW(syscall(SYS_fsetxattr, p[0], "user.a", "v", 1L, 0));
    SHOW(syscall(SYS_fsetxattr, p[0], "trusted.a", "v", 1L, 0));
    SHOW(syscall(SYS_flistxattr, p[0], buf, 10L));
    SHOW(syscall(SYS_fremovexattr, p[0], "user.a"));
    SHOW(GET("/", "user.a", buf, 10));
    SHOW(GET("/bin/io_xattr", "user.a", buf, 10));
    SHOW(GET("/bin/io_xattr", "trusted.a", buf, 10));
    SHOW(GET("/bin/io_xattr", "security.capability", buf, 10));
    SHOW(GET("/bin/io_xattr", "system.posix_acl_access", buf, 10));
    SHOW(GET("/bin/io_xattr", "other.a", buf, 10));
    SHOW(GET("/bin/io_xattr", "user.", buf, 10));
    SHOW(LIST("/bin/io_xattr", buf, 10));
    SHOW(SET("/bin/io_xattr", "user.a", "v", 1, 0));
    SHOW(SET("/bin/io_xattr", "user.a", "v", 1, 8));
    SHOW(SET("/bin/io_xattr", "", "v", 1, 0));
    SHOW(REMOVE("/bin/io_xattr", "user.a"));
    SHOW(REMOVE("/bin/io_xattr", ""));
}

static void rights(void)
{
    CLAIM("what who is not root may");
    SHOW(syscall(SYS_setresuid, 1000, 1000, 0));
    SHOW(LIST("/tmp/d", buf, 100));
    SHOW(GET("/tmp/f", "trusted.t", buf, 10));
}

int main(void)
{
    buffer_output();
    values();
    wrong();
    kinds();
    rights();
    return 0;
}
