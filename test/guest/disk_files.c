/* SPDX-License-Identifier: Apache-2.0 */
/* disk_files.c - what the disk keeps of files: times, modes, owners, long links, many names, many links. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"

static void show(const char *path)
{
    struct statx st;

    if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_ALL, &st)) {
        printf("%s: %s\n", path, strerrorname_np(errno));
        return;
    }
    printf("%s: mode %o, links %u, owner %u:%u, size %llu, blocks %llu\n", path, st.stx_mode,
           st.stx_nlink, st.stx_uid, st.stx_gid, (unsigned long long)st.stx_size,
           (unsigned long long)st.stx_blocks);
}

static void set_times(const char *path, int64_t atime, long ansec, int64_t mtime, long mnsec)
{
    struct timespec ts[2] = {{atime, ansec}, {mtime, mnsec}};
    struct stat     st;

    SHOW(utimensat(AT_FDCWD, path, ts, AT_SYMLINK_NOFOLLOW));
    lstat(path, &st);
    printf("  accessed %ld.%09ld, changed %ld.%09ld\n", (long)st.st_atim.tv_sec, st.st_atim.tv_nsec,
           (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static void times(void)
{
    struct statx st;

    CLAIM("times");
    close(creat("t", 0644));
    set_times("t", 1000000000, 1, 1234567890, 123456789);
    set_times("t", 0, 0, -1, 999999999);
    set_times("t", 4000000000, 5, 15000000000, 7);
    set_times("t", -2147483648, 0, 2147483648, 0);
    symlink("t", "tl");
    set_times("tl", 5, 6, 7, 8);
    SHOW(statx(AT_FDCWD, "t", 0, STATX_ALL, &st));
    printf("born: %d, before the last change: %d\n", !!(st.stx_mask & STATX_BTIME),
           st.stx_btime.tv_sec <= st.stx_ctime.tv_sec);
}

static void owners(void)
{
    CLAIM("modes and owners");
    close(creat("m", 0644));
    SHOW(chmod("m", 06711));
    show("m");
    SHOW(chown("m", 70000, 123456));
    show("m");
    SHOW(chmod("m", 02644));
    SHOW(chown("m", -1, 5));
    show("m");
    mkdir("shared", 0755);
    SHOW(chown("shared", 0, 42));
    SHOW(chmod("shared", 02775));
    mkdir("shared/sub", 0755);
    close(creat("shared/file", 0644));
    show("shared/sub");
    show("shared/file");
    SHOW(mknod("shared/dev", S_IFBLK | 0600, 0x12345678));
    show("shared/dev");
    list("shared");
}

static void long_links(void)
{
    static const int lengths[] = {1, 59, 60, 61, 255, 1000, 4000, 4094, 4095, 4096};
    char             text[5000], back[5000];

    CLAIM("long links");
    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        memset(text, 'a' + (int)i, sizeof(text));
        text[lengths[i]] = 0;
        unlink("l");
        int     err = symlink(text, "l") ? errno : 0;
        ssize_t n = readlink("l", back, sizeof(back));
        printf("%d: %s, %zd, %s\n", lengths[i], err ? strerrorname_np(err) : "made", n,
               n == lengths[i] && memcmp(text, back, (size_t)n) == 0 ? "the same" : "other");
        if (!err)
            show("l");
    }
}

#define NAMES 2000

/* The order in which names are listed, as one number. */
static void order(const char *path)
{
    uint32_t       sum = 0;
    unsigned       n = 0;
    struct dirent *d;
    DIR           *dir = opendir(path);

    for (; (d = readdir(dir)); n++)
        for (const char *p = d->d_name; *p; p++)
            sum = sum * 31 + (unsigned char)*p;
    closedir(dir);
    printf("%u names, order %08x\n", n, sum);
}

static void nth(char name[64], int i)
{
    snprintf(name, 64, "many/the name of file number %d", i);
}

static void many_names(void)
{
    char name[64];
    int  bad = 0;

    CLAIM("many names");
    SHOW(mkdir("many", 0755));
    for (int i = 0; i < NAMES; i++) {
        nth(name, i);
        bad += mknod(name, i % 3 ? S_IFREG | 0644 : S_IFIFO | 0600, 0) != 0;
        if (i == 20 || i == 200)
            order("many");
    }
    order("many");
    show("many");
    for (int i = 0; i < NAMES; i++) {
        nth(name, i);
        bad += access(name, F_OK) != 0;
        if (i % 2)
            bad += unlink(name) != 0;
    }
    order("many");
    SHOW(rmdir("many"));
    for (int i = 0; i < NAMES; i += 2) {
        nth(name, i);
        bad += unlink(name) != 0;
    }
    show("many");
    SHOW(rmdir("many"));
    SHOW(bad);
}

static void many_links(void)
{
    char name[64];
    int  failed = 0;

    CLAIM("many links and directories");
    mkdir("d", 0755);
    close(creat("d/file", 0644));
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof(name), "d/%d", i);
        failed += link("d/file", name) != 0;
        snprintf(name, sizeof(name), "d/dir %d", i);
        failed += mkdir(name, 0755) != 0;
    }
    show("d");
    show("d/file");
    SHOW(rename("d/dir 5", "dir"));
    SHOW(rename("d/dir 6", "d/dir 7"));
    SHOW(noreplace("d/dir 10", "d/dir 11"));
    SHOW(exchange("d/dir 8", "d/1"));
    SHOW(exchange("d/dir 9", "m"));
    show("d");
    show("d/dir 8");
    show("m");
    SHOW(failed);
}

static void open_and_gone(void)
{
    char buf[8] = "";

    CLAIM("without a name");
    int fd = open("o", O_RDWR | O_CREAT, 0600);
    SHOW(write(fd, "kept", 4));
    SHOW(unlink("o"));
    SHOW(ftruncate(fd, 100000));
    SHOW(pwrite(fd, "end", 3, 99997));
    SHOW(pread(fd, buf, 4, 0));
    SHOW(fsync(fd));
    printf("%s\n", buf);
    SHOW(close(fd));
}

/* Until the disk is full: writing says so, nothing that was there is lost, and room comes back. */
static void full_disk(void)
{
    static char buf[65536];
    long        done = 0, n;
    struct stat st;

    CLAIM("a full disk");
    int fd = open("fill", O_RDWR | O_CREAT, 0600);
    SHOW(fallocate(fd, 0, 0, 1l << 30));
    SHOW(ftruncate(fd, 0));
    memset(buf, 'f', sizeof(buf));
    errno = 0;
    while ((n = write(fd, buf, sizeof(buf))) > 0)
        done += n;
    printf("%s, filled more than 2 MiB: %d\n", n ? strerrorname_np(errno) : "0", done > 2 << 20);
    SHOW(fsync(fd));
    fstat(fd, &st);
    printf("size is what was written: %d\n", st.st_size == done);
    SHOW(pread(fd, buf, 1, done - 1));
    SHOW(buf[0]);
    SHOW(ftruncate(fd, 0));
    SHOW(pwrite(fd, buf, sizeof(buf), 0));
    SHOW(fsync(fd));
    SHOW(close(fd));
    SHOW(unlink("fill"));
}

int main(void)
{
    SHOW(mkdir("/work", 0755));
    SHOW(chdir("/work"));
    times();
    owners();
    long_links();
    many_names();
    many_links();
    open_and_gone();
    full_disk();
    sync();
    return 0;
}
