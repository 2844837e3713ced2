/* SPDX-License-Identifier: Apache-2.0 */
/* disk_limits.c - what calls say when a disk has no more inodes or no more blocks; what still works then, and that all is
 * well again when something is gone. */
#include "abi.h"

#include <fcntl.h>
#include <sys/stat.h>

static char piece[65536];

static void no_inodes(void)
{
    CLAIM("no inodes");
    char     path[64];
    unsigned n = 0;
    SHOW(mkdir("/many", 0755));
    do
        snprintf(path, sizeof(path), "/many/%u", n);
    while (mknod(path, S_IFREG | 0600, 0) == 0 && ++n < 100000);

    printf("%s, after more than 100: %d\n", strerrorname_np(errno), n > 100);
    SHOW(open("/many/new", O_RDWR | O_CREAT, 0600));
    SHOW(open("/many", O_RDWR | O_TMPFILE, 0600));
    SHOW(open("/many/0", O_RDWR | O_CREAT | O_EXCL, 0600));
    SHOW(close(open("/many/0", O_RDWR | O_CREAT, 0600)));
    SHOW(mkdir("/many/new", 0755));
    SHOW(mkdir("/many/0", 0755));
    SHOW(symlink("text", "/many/new"));
    SHOW(symlink("text", "/many/0"));
    SHOW(mkfifo("/many/new", 0600));
    SHOW(link("/many/0", "/many/new"));
    SHOW(rename("/many/1", "/many/renamed"));
    SHOW(rename("/many/2", "/many/0"));
    SHOW(mkdir("/many/dir", 0755));
    SHOW(unlink("/many/renamed"));
    SHOW(symlink("text", "/many/link"));
    SHOW(mkdir("/many/dir 2", 0755));
    SHOW(unlink("/many/link"));
    SHOW(rmdir("/many/dir"));
    SHOW(unlink("/many/new"));
    for (unsigned i = 0; i < n; i++) {
        snprintf(path, sizeof(path), "/many/%u", i);
        unlink(path);
    }
    SHOW(rmdir("/many/dir 2"));
    SHOW(rmdir("/many"));
}

/* Until not even a block is left. */
static void fill(int fd)
{
    unsigned failures = 0;
    for (size_t size = sizeof(piece); failures < 3;) {
        ssize_t n = write(fd, piece, size);
        if (n > 0)
            continue;
        if (size > 4096) {
            size = 4096;
            continue;
        }
        failures++;
        fsync(fd);
    }
    SHOW(write(fd, piece, 4096));
}

static void long_name(char path[300], const char *dir, unsigned i)
{
    snprintf(path, 300, "%s/%0240u", dir, i);
}

static void no_blocks(void)
{
    CLAIM("no blocks");
    char     path[300], text[200];
    unsigned n = 0;
    memset(text, 't', sizeof(text));
    text[199] = 0;
    SHOW(mkdir("/d", 0755));
    SHOW(mkdir("/d/sub", 0755));
    SHOW(mkdir("/e", 0755));
    SHOW(close(open("/e/f", O_RDWR | O_CREAT, 0600)));
    SHOW(close(open("/d/old", O_RDWR | O_CREAT, 0600)));
    int fd = open("/big", O_RDWR | O_CREAT, 0600);
    int small = open("/d/small", O_RDWR | O_CREAT, 0600);
    SHOW(write(small, piece, 10));
    fill(fd);
    SHOW(mkdir("/d/new", 0755));
    SHOW(symlink(text, "/d/new"));
    SHOW(symlink("short", "/d/link"));
    SHOW(mkfifo("/d/fifo", 0600));
    SHOW(link("/d/small", "/d/linked"));
    SHOW(close(open("/d/empty", O_RDWR | O_CREAT, 0600)));
    SHOW(rename("/d/linked", "/d/renamed"));
    SHOW(rename("/d/old", "/e/old"));
    SHOW(rename("/e/old", "/e/f"));
    SHOW(pwrite(small, piece, 20, 0));
    SHOW(pwrite(small, piece, 20, 4090));
    SHOW(pwrite(small, piece, 20, 8192));
    SHOW(ftruncate(small, 100000));
    SHOW(posix_fallocate(small, 0, 10));
    SHOW(posix_fallocate(small, 0, 10000));
    SHOW(fsync(small));
    do
        long_name(path, "/e", n);
    while (link("/d/small", path) == 0 && ++n < 1000);
    printf("a directory's block has %u long names, then %s\n", n, strerrorname_np(errno));
    SHOW(mknod(path, S_IFREG | 0600, 0));
    SHOW(symlink("short", path));
    SHOW(rename("/d/small", path));
    SHOW(access("/d/small", F_OK));
    SHOW(rename("/d/sub", path));
    SHOW(rename("/e/f", path));
    SHOW(access("/e/f", F_OK));
    long_name(path, "/e", 3);
    SHOW(rename("/d/empty", path));
    SHOW(rename(path, "/e/short"));
    SHOW(unlink("/e/short"));
    SHOW(mknod(path, S_IFREG | 0600, 0));
    SHOW(close(fd));
    SHOW(unlink("/big"));
    SHOW(mkdir("/d/new", 0755));
    long_name(path, "/e", n);
    SHOW(rename("/d/small", path));
    SHOW(pwrite(small, piece, 20, 8192));
    SHOW(close(small));
}

int main(void)
{
    buffer_output();
    no_inodes();
    no_blocks();
    return 0;
}
