/* SPDX-License-Identifier: Apache-2.0 */
/* disk_walk.c - looks at everything on its disk and changes a little in every directory. On a sound disk it says
 * what it did; on a damaged one (test/damage) it meets errors, counts them and goes on.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define NAMES_MAX 400 /* a damaged directory may have no end */
#define DEPTH_MAX 12
#define READ_MAX  (256 << 10)

static dev_t    root;
static unsigned directories, files, links, errors, budget = NAMES_MAX;

static int failed(long result)
{
    errors += result < 0;
    return result < 0;
}

static void look_at_file(const char *path, const struct stat *st)
{
    static char bytes[16384];
    int         fd = open(path, O_RDONLY);
    ssize_t     n = 1;

    files++;
    if (failed(fd))
        return;
    for (off_t at = 0; n > 0 && at < READ_MAX; at += n)
        if (failed(n = pread(fd, bytes, sizeof(bytes), at)))
            break;
    if (st->st_size > READ_MAX)
        failed(pread(fd, bytes, sizeof(bytes), st->st_size - 100));
    failed(lseek(fd, 0, SEEK_HOLE));
    close(fd);
}

/* Files and directories come and go. */
static void change(const char *dir)
{
    static char bytes[50000];
    char        a[4096], b[4096];

    snprintf(a, sizeof(a), "%s/walk a", dir);
    snprintf(b, sizeof(b), "%s/walk b", dir);
    int fd = open(a, O_RDWR | O_CREAT, 0644);
    if (!failed(fd)) {
        failed(write(fd, bytes, sizeof(bytes)));
        failed(pwrite(fd, bytes, 100, 300000));
        failed(fsync(fd));
        failed(ftruncate(fd, 7000));
        close(fd);
    }
    failed(link(a, b));
    failed(rename(b, a));
    failed(unlink(b)); /* two names of one file: rename leaves both */
    failed(unlink(a));
    failed(mkdir(a, 0755));
    failed(symlink("walk a", b));
    failed(rename(a, b) == -1 && errno == ENOTDIR ? 0 : -1);
    failed(unlink(b));
    failed(rmdir(a));
}

static void look_at(const char *path, unsigned depth);

static void look_at_directory(const char *path, unsigned depth)
{
    DIR           *dir = opendir(path);
    struct dirent *d;
    char           child[4096];

    directories++;
    if (failed(dir ? 0 : -1))
        return;
    while (budget && (d = readdir(dir))) {
        if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
            continue;
        budget--;
        snprintf(child, sizeof(child), "%s/%s", strcmp(path, "/") ? path : "", d->d_name);
        if (strlen(child) < 3000)
            look_at(child, depth + 1);
    }
    closedir(dir);
    change(strcmp(path, "/") ? path : "");
}

static void look_at(const char *path, unsigned depth)
{
    struct stat st;
    char        text[4096];

    if (failed(lstat(path, &st)) || st.st_dev != root)
        return;
    if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
        look_at_directory(path, depth);
    else if (S_ISREG(st.st_mode))
        look_at_file(path, &st);
    else if (S_ISLNK(st.st_mode)) {
        links++;
        failed(readlink(path, text, sizeof(text)));
    }
}

/* Each of the first files is written to, cut and removed, the program's own apart. */
static void change_files(void)
{
    char path[64];

    failed(mkdir("/made", 0755));
    for (int i = 0; i < 30; i++) {
        snprintf(path, sizeof(path), "/made/%d", i);
        int fd = open(path, O_RDWR | O_CREAT | O_APPEND, 0600);
        if (failed(fd))
            continue;
        failed(write(fd, path, strlen(path)));
        close(fd);
    }
    for (int i = 0; i < 60; i++) {
        snprintf(path, sizeof(path), "/many/a name of some length %d", i);
        if (access(path, F_OK) == 0)
            failed(i % 2 ? truncate(path, 3) : unlink(path));
    }
}

int main(void)
{
    struct stat    st;
    struct statvfs vfs;

    failed(stat("/", &st));
    root = st.st_dev;
    failed(statvfs("/", &vfs));
    look_at_directory("/", 0);
    change_files();
    sync();
    printf("walked: %u directories, %u files, %u links, %u errors\n", directories, files, links,
           errors);
    return 0;
}
