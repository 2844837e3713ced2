/* SPDX-License-Identifier: Apache-2.0 */
/* disk_xattr.c - extended attributes on a disk: inside of inodes and in blocks of their own, until there is no room;
 * what is left on the disk is compared, too. */
#include "abi.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

static char buf[70000], value[70000];

static void fill(char *bytes, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++) {
        seed = seed * 1664525 + 1013904223;
        bytes[i] = (char)('a' + (seed >> 24) % 26);
    }
}

/* Set name to size bytes, and see that it is there. */
static long put(const char *path, const char *name, size_t size, int flags)
{
    fill(value, size, (unsigned)size + (unsigned)strlen(name));
    if (lsetxattr(path, name, value, size, flags))
        return -1;
    memset(buf, 0, size);
    return lgetxattr(path, name, buf, sizeof(buf)) == (ssize_t)size && !memcmp(buf, value, size)
               ? (long)size
               : -2;
}

static void attributes(const char *path)
{
    struct stat st;
    ssize_t     n = llistxattr(path, buf, sizeof(buf));

    printf("%s:", path);
    for (ssize_t i = 0; i < n; i += (ssize_t)strlen(buf + i) + 1)
        printf(" %s=%zd", buf + i, lgetxattr(path, buf + i, NULL, 0));
    if (lstat(path, &st) == 0)
        printf(" (%lld blocks)\n", (long long)st.st_blocks);
}

static void places(void)
{
    CLAIM("attributes are kept inside of the inode and in a block");
    SHOW(close(open("/f", O_RDWR | O_CREAT, 0600)));
    attributes("/f");
    SHOW(put("/f", "user.b", 5, 0));
    SHOW(put("/f", "user.a", 1, XATTR_CREATE));
    SHOW(put("/f", "trusted.t", 0, 0));
    attributes("/f");
    SHOW(put("/f", "user.long", 100, 0));
    SHOW(put("/f", "security.s", 300, 0));
    SHOW(put("/f", "user.c", 700, 0));
    SHOW(put("/f", "user.zz", 33, 0));
    SHOW(put("/f", "trusted.a", 77, 0));
    attributes("/f");
    SHOW(put("/f", "user.a", 1, XATTR_CREATE));
    SHOW(put("/f", "user.none", 1, XATTR_REPLACE));
    SHOW(getxattr("/f", "user.long", buf, 99));
    SHOW(getxattr("/f", "user.none", buf, 99));
    SHOW(getxattr("/f", "system.posix_acl_access", buf, 99));
    SHOW(listxattr("/f", buf, 20));
    SHOW(listxattr("/f", NULL, 0));
}

static void changes(void)
{
    CLAIM("values that grow and shrink move between the two");
    SHOW(put("/f", "user.b", 90, 0));
    attributes("/f");
    SHOW(put("/f", "user.c", 3, 0));
    attributes("/f");
    SHOW(put("/f", "user.c", 3, XATTR_REPLACE));
    SHOW(put("/f", "user.long", 0, 0));
    attributes("/f");
    SHOW(put("/f", "user.a", 2000, 0));
    attributes("/f");
    SHOW(removexattr("/f", "user.c"));
    SHOW(removexattr("/f", "user.c"));
    SHOW(removexattr("/f", "security.s"));
    SHOW(removexattr("/f", "trusted.a"));
    SHOW(removexattr("/f", "user.b"));
    attributes("/f");
    SHOW(removexattr("/f", "user.a"));
    attributes("/f");
    SHOW(removexattr("/f", "user.zz"));
    attributes("/f");
}

static void room(void)
{
    CLAIM("there is room for one block");
    char     name[64];
    unsigned n = 0;
    SHOW(mkdir("/d", 0755));
    SHOW(put("/d", "user.block", 4096, 0));
    SHOW(put("/d", "user.block", 65536, 0));
    attributes("/d");
    SHOW(put("/d", "user.block", 4040, 0));
    SHOW(put("/d", "user.block", 4044, 0));
    SHOW(put("/d", "user.block", 4045, 0));
    attributes("/d");
    SHOW(put("/d", "user.more", 60, 0));
    SHOW(put("/d", "user.other", 60, 0));
    attributes("/d");
    SHOW(removexattr("/d", "user.block"));
    do {
        snprintf(name, sizeof(name), "user.name%u", 7919 * n % 1000);
    } while (put("/d", name, n % 40, 0) >= 0 && ++n);
    printf("%u attributes\n", n);
    SHOW(put("/d", name, 39, 0));
    attributes("/d");
    for (unsigned i = 1; i < n; i += 2) {
        snprintf(name, sizeof(name), "user.name%u", 7919 * i % 1000);
        if (removexattr("/d", name))
            printf("removexattr %s: %s\n", name, strerror(errno));
    }
    attributes("/d");
}

static void kinds(void)
{
    CLAIM("all kinds of files have them");
    SHOW(symlink("short", "/link"));
    SHOW(put("/link", "user.a", 3, 0));
    SHOW(put("/link", "trusted.a", 3, 0));
    SHOW(put("/link", "trusted.b", 200, 0));
    SHOW(readlink("/link", buf, 100));
    attributes("/link");
    SHOW(mkfifo("/fifo", 0600));
    SHOW(put("/fifo", "user.a", 3, 0));
    SHOW(put("/fifo", "security.a", 300, 0));
    attributes("/fifo");
    SHOW(put("/", "user.root", 30, 0));
    SHOW(put("/bin/disk_xattr", "user.program", 300, 0));
    attributes("/bin/disk_xattr");
    SHOW(close(open("/gone", O_RDWR | O_CREAT, 0600)));
    SHOW(put("/gone", "user.a", 3000, 0));
    SHOW(unlink("/gone"));
    int f = open("/unlinked", O_RDWR | O_CREAT, 0600);
    SHOW(unlink("/unlinked"));
    SHOW(fsetxattr(f, "user.a", value, 300, 0));
    SHOW(fgetxattr(f, "user.a", buf, 300));
    SHOW(flistxattr(f, buf, 300));
    SHOW(close(f));
}

static void contents(void)
{
    CLAIM("a file's contents and its attributes leave each other alone");
    int f = open("/both", O_RDWR | O_CREAT, 0600);
    for (unsigned i = 0; i < 20; i++) {
        char name[32];
        snprintf(name, sizeof(name), "user.n%u", i % 7);
        fill(value, 3000, i);
        if (pwrite(f, value, 3000, i * 9000) != 3000 || fsetxattr(f, name, value, 10 + i * 17, 0))
            printf("step %u: %s\n", i, strerror(errno));
        if (i == 12 && ftruncate(f, 30000))
            printf("ftruncate: %s\n", strerror(errno));
    }
    SHOW(rename("/both", "/moved"));
    SHOW(chmod("/moved", 0644));
    SHOW(link("/moved", "/twice"));
    SHOW(fsync(f)); /* so that it has its blocks */
    attributes("/twice");
    for (unsigned i = 13; i < 20; i++) {
        char name[32];
        snprintf(name, sizeof(name), "user.n%u", i % 7);
        fill(value, 3000, i);
        if (pread(f, buf, 3000, i * 9000) != 3000 || memcmp(buf, value, 3000) ||
            fgetxattr(f, name, buf, 3000) != (ssize_t)(10 + i * 17) ||
            memcmp(buf, value, 10 + i * 17))
            printf("step %u is not there\n", i);
    }
    SHOW(close(f));
}

int main(void)
{
    buffer_output();
    places();
    changes();
    room();
    kinds();
    contents();
    return 0;
}
