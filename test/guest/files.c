/* SPDX-License-Identifier: Apache-2.0 */
/* files.c - files of the image: read, positioned, mapped, listed, through links and relative to
 * directories. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include "claim.h"

static void check(const char *what, int good)
{
    printf("%-52s %s\n", what, good ? "ok" : "WRONG");
    if (!good)
        printf("  errno %s\n", strerrorname_np(errno));
}

static int fails(long result, int error)
{
    return result == -1 && errno == error;
}

static void reading(void)
{
    CLAIM("files of the image are read");
    char         buf[64] = {0}, tail[4] = {0};
    struct iovec iov[3] = {{buf, 3}, {NULL, 0}, {buf + 3, 4}};
    int          fd = open("/data/numbers", O_RDONLY | O_CLOEXEC);

    check("open", fd >= 0);
    check("read", read(fd, buf, 10) == 10 && !memcmp(buf, "0123456789", 10));
    check("lseek back", lseek(fd, -3, SEEK_CUR) == 7);
    check("read goes on there, up to the end",
          read(fd, buf, sizeof(buf)) == 4 && !memcmp(buf, "789\n", 4));
    check("read at the end", read(fd, buf, 1) == 0);
    check("pread leaves the position",
          pread(fd, tail, 3, 2) == 3 && !memcmp(tail, "234", 3) && lseek(fd, 0, SEEK_CUR) == 11);
    check("lseek from the end", lseek(fd, -11, SEEK_END) == 0);
    check("readv", readv(fd, iov, 3) == 7 && !memcmp(buf, "0123456", 7));
    check("lseek beyond the end", lseek(fd, 100, SEEK_SET) == 100);
    check("read beyond the end", read(fd, buf, 1) == 0);
    check("close-on-exec is set", fcntl(fd, F_GETFD) == FD_CLOEXEC);
    check("status flags", (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY);
    check("writing is refused", fails(write(fd, "x", 1), EBADF));
    close(fd);
    check("closed", fails(read(fd, buf, 1), EBADF));
}

static void descriptors(void)
{
    CLAIM("descriptors share what they share");
    char c = 0;
    int  fd = open("/data/numbers", O_RDONLY);
    int  second = dup(fd);
    int  far = fcntl(fd, F_DUPFD_CLOEXEC, 100);

    check("dup gives the lowest number", second == fd + 1);
    check("F_DUPFD gives the lowest from there on", far == 100);
    check("F_DUPFD_CLOEXEC", fcntl(far, F_GETFD) == FD_CLOEXEC && fcntl(second, F_GETFD) == 0);
    lseek(second, 5, SEEK_SET);
    check("duplicates share the position", read(far, &c, 1) == 1 && c == '5');
    check("dup3 replaces", dup3(fd, 100, 0) == 100 && fcntl(far, F_GETFD) == 0);
    close(fd);
    check("a freed number is taken again", open("/data", O_RDONLY | O_DIRECTORY) == fd);
    check("the duplicate lives on", read(second, &c, 1) == 1 && c == '6');
    close(fd);
    close(second);
    close(far);
}

static void attributes(void)
{
    CLAIM("attributes of the image's files");
    struct stat   st, st2;
    struct statx  stx;
    struct statfs fs;
    int           fd = open("/data", O_RDONLY);

    check("stat of a file", stat("/data/numbers", &st) == 0 && S_ISREG(st.st_mode) &&
                                st.st_size == 11 && (st.st_mode & 0777) == 0644 &&
                                st.st_nlink == 1 && st.st_uid == 0);
    check("stat of a directory",
          stat("/data/", &st) == 0 && S_ISDIR(st.st_mode) && st.st_nlink == 3);
    check("fstat is the same",
          fstat(fd, &st2) == 0 && st2.st_ino == st.st_ino && st2.st_dev == st.st_dev);
    check("fstatat with AT_EMPTY_PATH, too",
          fstatat(fd, "", &st2, AT_EMPTY_PATH) == 0 && st2.st_ino == st.st_ino);
    check("statx", statx(fd, "numbers", 0, STATX_BASIC_STATS, &stx) == 0 && stx.stx_size == 11 &&
                       (stx.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS &&
                       S_ISREG(stx.stx_mode));
    check("statx tells the time of birth only if asked",
          (stx.stx_mask & STATX_BTIME) == 0 && stx.stx_btime.tv_sec == 0 &&
              statx(fd, "numbers", 0, STATX_BTIME, &stx) == 0 && stx.stx_mask & STATX_BTIME &&
              stx.stx_btime.tv_sec != 0);
    check("statx tells the mount unasked", stx.stx_mask & STATX_MNT_ID && stx.stx_mnt_id != 0);
    check("stat of a device",
          stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == 0x103);
    check("statfs", statfs("/data", &fs) == 0 && fs.f_type == 0xef53 && fs.f_namelen == 255);
    check("access", access("/data/numbers", R_OK) == 0 &&
                        fails(access("/data/numbers", X_OK), EACCES) &&
                        access("/data", X_OK) == 0 && fails(access("/data/none", F_OK), ENOENT));
    close(fd);
}

static void links(void)
{
    CLAIM("symbolic links are followed");
    char        buf[PATH_MAX] = {0};
    struct stat st;

    check("readlink", readlink("/data/link", buf, sizeof(buf)) == 7 && !strcmp(buf, "numbers"));
    check("readlink cuts", readlink("/data/link", buf, 3) == 3);
    check("stat follows", stat("/data/link", &st) == 0 && S_ISREG(st.st_mode));
    check("lstat does not",
          lstat("/data/link", &st) == 0 && S_ISLNK(st.st_mode) && st.st_size == 7);
    check("a link in the middle of a path", access("/data/up/data/up/data/numbers", F_OK) == 0);
    check("a dangling link", fails(open("/data/dangling", O_RDONLY), ENOENT));
    check("links in a circle", fails(open("/data/circle", O_RDONLY), ELOOP));
    check("O_NOFOLLOW", fails(open("/data/link", O_RDONLY | O_NOFOLLOW), ELOOP));
    check("readlink of no link", fails(readlink("/data", buf, sizeof(buf)), EINVAL));
}

static void directories(void)
{
    CLAIM("paths relative to directories");
    char        buf[PATH_MAX];
    struct stat st;
    int         fd;

    check("getcwd", getcwd(buf, sizeof(buf)) && !strcmp(buf, "/"));
    check("chdir", chdir("data/up/data/inner") == 0 && getcwd(buf, sizeof(buf)) &&
                       !strcmp(buf, "/data/inner"));
    check("relative to it", access("../numbers", F_OK) == 0 && access("deep", F_OK) == 0);
    fd = open("..", O_RDONLY | O_DIRECTORY);
    check("openat",
          fstatat(fd, "numbers", &st, 0) == 0 && fails(openat(fd, "deep", O_RDONLY), ENOENT));
    check("fchdir", fchdir(fd) == 0 && getcwd(buf, sizeof(buf)) && !strcmp(buf, "/data"));
    check("above the root is the root",
          chdir("/../../..") == 0 && getcwd(buf, sizeof(buf)) && !strcmp(buf, "/"));
    check("a directory is not read", fails(read(fd, buf, 1), EISDIR));
    check("nor opened for writing", fails(open("/data", O_WRONLY), EISDIR));
    close(fd);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void listing(void)
{
    CLAIM("directories are listed");
    char          *names[400];
    int            n = 0, types = 0, again = 0;
    struct dirent *d;
    DIR           *dir = opendir("/data/inner");

    while ((d = readdir(dir)) && n < 400) {
        types += d->d_type == (d->d_name[0] == '.' ? DT_DIR : DT_REG);
        names[n++] = strdup(d->d_name);
    }
    qsort(names, (size_t)n, sizeof(names[0]), by_name);
    printf("%d names, from %s to %s\n", n, names[0], names[n - 1]);
    check("each has its type", types == n);
    rewinddir(dir);
    while (readdir(dir))
        again++;
    check("rewinddir", again == n);
    closedir(dir);
}

static void mapping(void)
{
    CLAIM("files are mapped");
    struct stat    st;
    int            fd = open("/bin/files", O_RDONLY);
    unsigned char  head[4096];
    unsigned char *p;
    size_t         last;

    fstat(fd, &st);
    p = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    check("a file is mapped", p != MAP_FAILED);
    check("it shows what is read",
          pread(fd, head, 4096, 8192) == 4096 && !memcmp(p + 8192, head, 4096));
    p[8192] ^= 0xff;
    check("a private page is changed for us alone",
          pread(fd, head, 1, 8192) == 1 && head[0] == (p[8192] ^ 0xff));
    last = (size_t)st.st_size | 4095;
    check("zeros follow the file's end on its page",
          last == (size_t)st.st_size - 1 || p[last] == 0);
    check("mapped at an offset", mmap(p, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 4096) == p &&
                                     pread(fd, head, 4096, 4096) == 4096 && !memcmp(p, head, 4096));
    check("not writable if shared and open for reading",
          fails((long)mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0), EACCES));
    close(fd);
    check("the mapping outlives the descriptor", p[1] == head[1]);
}

static void read_only(void)
{
    CLAIM("what a read-only file refuses");
    check("create", fails(open("/data/new", O_WRONLY | O_CREAT, 0600), EROFS));
    check("open for writing", fails(open("/data/numbers", O_RDWR), EROFS));
    check("mkdir", fails(mkdir("/data/new", 0700), EROFS));
    check("mkdir of what is there", fails(mkdir("/data/inner", 0700), EEXIST));
    check("unlink", fails(unlink("/data/numbers"), EROFS));
    check("rename", fails(rename("/data/numbers", "/data/other"), EROFS));
    check("symlink", fails(symlink("a", "/data/b"), EROFS));
    check("truncate", fails(truncate("/data/numbers", 0), EROFS));
    check("chmod", fails(chmod("/data/numbers", 0600), EROFS));
    check("access says so", fails(access("/data/numbers", W_OK), EROFS));
}

static void devices(void)
{
    CLAIM("devices of /dev");
    unsigned char  buf[64];
    unsigned       sum = 0;
    int            null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR);
    int            random = open("/dev/urandom", O_RDONLY);
    unsigned char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);

    check("/dev/null", write(null, buf, 64) == 64 && read(null, buf, 64) == 0);
    memset(buf, 1, 64);
    for (int i = read(zero, buf, 64) == 64 ? 0 : 64; i < 64; i++)
        sum += buf[i];
    check("/dev/zero", sum == 0 && write(zero, buf, 64) == 64);
    check("/dev/zero mapped", p != MAP_FAILED && p[100] == 0);
    check("/dev/urandom", read(random, buf, 64) == 64);
    for (int i = 0; i < 64; i++)
        sum |= buf[i];
    check("is not all zeros", sum != 0);
    check("the console is a terminal", isatty(1));
}

int main(void)
{
    reading();
    descriptors();
    attributes();
    links();
    directories();
    listing();
    mapping();
    read_only();
    devices();
    return 0;
}
