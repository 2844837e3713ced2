/* SPDX-License-Identifier: Apache-2.0 */
/* files_readonly.c - changing what is on a read-only file system: which of several errors comes first. And how
 * that file system is listed. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <unistd.h>

#include "files.h"

static void *volatile bad = (void *)16;
static char *volatile null;

static void listing(void)
{
    struct statfs fs;
    struct stat   st;

    list("/data");
    list("/data/inner");
    list("/dev/shm");
    stat("/dev", &st);
    printf("/dev: mode %o, links %u, size %ld\n", st.st_mode, (unsigned)st.st_nlink,
           (long)st.st_size);
    SHOW(statfs("/data", &fs));
    printf("type %lx, free %ld, for users %ld of %ld, name length %ld\n", (long)fs.f_type,
           (long)(fs.f_blocks - fs.f_bfree), (long)(fs.f_bfree - fs.f_bavail), (long)fs.f_blocks,
           (long)fs.f_namelen);
}

static void making(void)
{
    char long_name[300];

    memset(long_name, 'n', sizeof(long_name) - 1);
    long_name[299] = 0;
    CLAIM("making");
    SHOW(mkdir("new", 0700));
    SHOW(mkdir("new/", 0700));
    SHOW(mkdir("one", 0700));
    SHOW(mkdir("inner", 0700));
    SHOW(mkdir("inner/", 0700));
    SHOW(mkdir("link", 0700));
    SHOW(mkdir("dangling", 0700));
    SHOW(mkdir("dangling/", 0700));
    SHOW(mkdir("loop", 0700));
    SHOW(mkdir("loop/x", 0700));
    SHOW(mkdir("one/x", 0700));
    SHOW(mkdir("none/x", 0700));
    SHOW(mkdir("/", 0700));
    SHOW(mkdir(".", 0700));
    SHOW(mkdir("inner/..", 0700));
    SHOW(mkdir("", 0700));
    SHOW(mkdir(bad, 0700));
    SHOW(mkdir(long_name, 0700));
    SHOW(mkdir("/dev/new", 0700));
    SHOW(mkdir("/tmp", 0700));
    SHOW(mknod("new", S_IFREG | 0600, 0));
    SHOW(mknod("new/", S_IFREG | 0600, 0));
    SHOW(mknod("one", S_IFREG | 0600, 0));
    SHOW(mknod("new", S_IFDIR | 0600, 0));
    SHOW(mknod("one", 0170000, 0));
    SHOW(symlink("x", "new"));
    SHOW(symlink("x", "new/"));
    SHOW(symlink("x", "one"));
    SHOW(symlink("x", "one/"));
    SHOW(symlink("", "one"));
    SHOW(symlink(bad, "one"));
    SHOW(symlink("x", bad));
    SHOW(link("one", "new"));
    SHOW(link("one", "two"));
    SHOW(link("none", "two"));
    SHOW(link("inner", "new"));
    SHOW(link("one", "/tmp/new"));
    SHOW(link("/dev/null", "new"));
    SHOW(link("inner", "/tmp/new"));
}

static void opening(void)
{
    CLAIM("opening");
    SHOW_OK(open("new", O_WRONLY | O_CREAT, 0600));
    SHOW_OK(open("new", O_RDONLY | O_CREAT, 0600));
    SHOW_OK(open("new/", O_RDONLY | O_CREAT, 0600));
    SHOW_OK(open("one", O_WRONLY | O_CREAT, 0600));
    SHOW_OK(open("one", O_RDONLY | O_CREAT, 0600));
    SHOW_OK(open("one", O_RDONLY | O_CREAT | O_EXCL, 0600));
    SHOW_OK(open("new", O_RDONLY | O_CREAT | O_EXCL, 0600));
    SHOW_OK(open("one", O_RDONLY | O_TRUNC));
    SHOW_OK(open("one", O_RDWR));
    SHOW_OK(open("one/", O_RDWR));
    SHOW_OK(open("inner", O_RDWR));
    SHOW_OK(open("inner", O_RDONLY | O_CREAT, 0600));
    SHOW_OK(open("inner", O_RDONLY | O_DIRECTORY | O_CREAT, 0600));
    SHOW_OK(open("link", O_RDWR));
    SHOW_OK(open("link", O_RDWR | O_NOFOLLOW));
    SHOW_OK(open("link", O_RDONLY | O_CREAT | O_EXCL));
    SHOW_OK(open("dangling", O_RDONLY | O_CREAT, 0600));
    SHOW_OK(open("dangling", O_RDONLY | O_CREAT | O_EXCL, 0600));
    SHOW_OK(open("dangling", O_RDONLY | O_CREAT | O_NOFOLLOW, 0600));
    SHOW_OK(open("loop", O_RDONLY | O_CREAT, 0600));
    SHOW_OK(open("none/new", O_RDONLY | O_CREAT, 0600));
    SHOW_OK(open("one/new", O_RDONLY | O_CREAT, 0600));
    SHOW_OK(open("inner", O_TMPFILE | O_RDWR, 0600));
    SHOW_OK(open("one", O_TMPFILE | O_RDWR, 0600));
    SHOW_OK(open(bad, O_TMPFILE | O_RDONLY, 0600));
    SHOW_OK(open("/dev/null", O_RDWR | O_CREAT | O_TRUNC, 0600));
    SHOW_OK(open("/dev/new", O_RDWR | O_CREAT, 0600));
    SHOW_OK(open("/dev/null/x", O_RDWR | O_CREAT, 0600));
    SHOW_OK(open("one", O_RDONLY | O_NOATIME));
    SHOW_OK(open("one", O_ACCMODE));
}

static void removing(void)
{
    CLAIM("removing and renaming");
    SHOW(unlink("one"));
    SHOW(unlink("none"));
    SHOW(unlink("inner"));
    SHOW(unlink("one/"));
    SHOW(unlink("."));
    SHOW(unlink("/"));
    SHOW(unlink("none/x"));
    SHOW(unlink("one/x"));
    SHOW(rmdir("one"));
    SHOW(rmdir("none"));
    SHOW(rmdir("inner"));
    SHOW(rmdir("."));
    SHOW(rmdir(".."));
    SHOW(rmdir("/"));
    SHOW(rmdir("/tmp"));
    SHOW(rmdir("/dev/shm"));
    SHOW(unlinkat(99, "one", 0));
    SHOW(unlinkat(99, "/data/one", 0));
    SHOW(unlinkat(AT_FDCWD, "one", 1));
    SHOW(rename("one", "new"));
    SHOW(rename("none", "new"));
    SHOW(rename("one", "inner"));
    SHOW(rename("inner", "inner/x"));
    SHOW(rename("one", "."));
    SHOW(rename(".", "one"));
    SHOW(rename("/", "one"));
    SHOW(rename("one", "/"));
    SHOW(rename("one", "/tmp/one"));
    SHOW(rename(".", "/tmp/one"));
    SHOW(rename("none/x", "/tmp/one"));
    SHOW(rename("none/x", "one/x"));
    SHOW(rename("one", "none/x"));
    SHOW(rename("one", "one/x"));
    SHOW(rename("none/x", bad));
    SHOW(rename("one", bad));
    SHOW(rename(bad, "none/x"));
    SHOW(noreplace("one", "two"));
    SHOW(noreplace("one", "."));
    SHOW(exchange("one", "none"));
    SHOW(exchange("one", "two"));
    SHOW(renameat2(AT_FDCWD, bad, AT_FDCWD, bad, 3));
}

static void attributes(void)
{
    struct timespec good[2] = {{1, 2}, {3, 4}}, wrong[2] = {{1, -1}, {3, 4}};
    struct timespec omit[2] = {{9, UTIME_OMIT}, {9, UTIME_OMIT}};
    int             fd = open("one", O_RDONLY), path = open("one", O_PATH);

    CLAIM("attributes");
    SHOW(chmod("one", 0600));
    SHOW(chmod("none", 0600));
    SHOW(chmod("dangling", 0600));
    SHOW(fchmodat(AT_FDCWD, "link", 0600, AT_SYMLINK_NOFOLLOW));
    SHOW(fchmodat(AT_FDCWD, "one", 0600, 1));
    SHOW(fchmod(fd, 0600));
    SHOW(fchmod(path, 0600));
    SHOW(fchmod(99, 0600));
    SHOW(fchmod(1, 0600));
    SHOW(chmod("/dev/null", 0666));
    SHOW(chown("one", 1, 1));
    SHOW(chown("one", -1, -1));
    SHOW(lchown("dangling", 1, 1));
    SHOW(fchown(path, 1, 1));
    SHOW(fchown(99, 1, 1));
    SHOW(fchownat(AT_FDCWD, "one", 1, 1, 1));
    SHOW(fchownat(fd, "", 1, 1, AT_EMPTY_PATH));
    SHOW(utimensat(AT_FDCWD, "one", good, 0));
    SHOW(utimensat(AT_FDCWD, "one", wrong, 0));
    SHOW(utimensat(AT_FDCWD, "none", wrong, 0));
    SHOW(utimensat(AT_FDCWD, "none", omit, 0));
    SHOW(utimensat(AT_FDCWD, "one", NULL, 0));
    SHOW(utimensat(AT_FDCWD, "one", bad, 1));
    SHOW(utimensat(AT_FDCWD, "one", good, 1));
    SHOW(utimensat(fd, null, good, 0));
    SHOW(utimensat(fd, null, good, AT_SYMLINK_NOFOLLOW));
    SHOW(utimensat(path, null, good, 0));
    SHOW(futimens(fd, wrong));
    SHOW(truncate("one", 0));
    SHOW(truncate("one", -1));
    SHOW(truncate("inner", 0));
    SHOW(truncate("none", 0));
    SHOW(truncate("/dev/null", 0));
    SHOW(ftruncate(fd, 0));
    SHOW(ftruncate(path, 0));
    SHOW(ftruncate(open("inner", O_RDONLY), 0));
    SHOW(access("one", W_OK));
    SHOW(access("one", X_OK));
    SHOW(access("one", W_OK | X_OK));
    SHOW(access("ten", X_OK));
    SHOW(access("inner", W_OK));
    SHOW(access("dangling", F_OK));
    SHOW(faccessat(AT_FDCWD, "dangling", F_OK, AT_SYMLINK_NOFOLLOW));
    SHOW(access("/dev/null", W_OK));
    SHOW(access("/dev/null", X_OK));
    SHOW(access("/dev", W_OK));
}

static void descriptors(void)
{
    int  path = open("one", O_PATH), dir = open("inner", O_RDONLY), fd = open("one", O_RDONLY);
    int  null_fd = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR);
    char buf[512];

    CLAIM("descriptors");
    SHOW(read(path, buf, 1));
    SHOW(write(path, buf, 1));
    SHOW(lseek(path, 0, SEEK_SET));
    SHOW(getdents64(path, buf, sizeof(buf)));
    SHOW(getdents64(fd, buf, sizeof(buf)));
    SHOW(getdents64(dir, buf, 10));
    SHOW(getdents64(dir, bad, sizeof(buf)));
    SHOW(getdents64(dir, buf, sizeof(buf)));
    SHOW(getdents64(dir, buf, sizeof(buf)));
    SHOW(lseek(dir, 0, SEEK_SET));
    SHOW(read(dir, buf, 1));
    SHOW(pread(fd, buf, 1, 0x7fffffffffffffff));
    SHOW(pread(fd, buf, 2, 0x7ffffffffffffffe));
    SHOW(lseek(fd, 5, SEEK_SET));
    SHOW(lseek(fd, 0x7fffffffffffffff, SEEK_CUR));
    SHOW(lseek(fd, 1, SEEK_DATA));
    SHOW(lseek(fd, 1, SEEK_HOLE));
    SHOW(lseek(fd, 4, SEEK_DATA));
    SHOW(lseek(null_fd, 100, SEEK_SET));
    SHOW(lseek(null_fd, 1, SEEK_DATA));
    SHOW(lseek(zero, 100, SEEK_CUR));
    SHOW(pwrite(null_fd, "x", 1, 5));
    SHOW(fsync(null_fd));
    SHOW(ftruncate(null_fd, 0));
    SHOW(fcntl(path, F_GETFL) & O_ACCMODE);
    SHOW(fcntl(path, F_SETFL, 0));
    SHOW(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
    SHOW(fcntl(fd, F_GETFL) == (O_APPEND | O_NONBLOCK | 0100000));
    SHOW(readlinkat(path, "", buf, sizeof(buf)));
    SHOW(readlinkat(open("link", O_PATH | O_NOFOLLOW), "", buf, sizeof(buf)));
}

int main(void)
{
    chdir("/data");
    listing();
    making();
    opening();
    removing();
    attributes();
    descriptors();
    return 0;
}
