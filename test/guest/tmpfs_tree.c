/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs_tree.c - making, removing, linking and renaming files on /tmp: results, errors and what is left. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "files.h"

static int make(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (fd < 0)
        return -1;
    ssize_t n = write(fd, text, strlen(text));
    close(fd);
    return (int)n;
}

static void show_file(const char *path)
{
    struct stat st;
    char        text[64] = "";

    if (lstat(path, &st)) {
        printf("%s: %s\n", path, strerrorname_np(errno));
        return;
    }
    if (S_ISREG(st.st_mode)) {
        int fd = open(path, O_RDONLY);
        text[read(fd, text, sizeof(text) - 1)] = 0;
        close(fd);
    } else if (S_ISLNK(st.st_mode)) {
        text[readlink(path, text, sizeof(text) - 1)] = 0;
    }
    printf("%s: mode %o, links %u, size %ld, blocks %ld, device %u:%u \"%s\"\n", path, st.st_mode,
           (unsigned)st.st_nlink, (long)st.st_size, (long)st.st_blocks, major(st.st_rdev),
           minor(st.st_rdev), text);
}

static void file_systems(void)
{
    struct statfs fs;
    struct stat   st;

    SHOW(statfs("/tmp", &fs));
    printf("type %lx, block size %ld, name length %ld\n", (long)fs.f_type, (long)fs.f_bsize,
           (long)fs.f_namelen);
    SHOW(statfs("/dev/shm", &fs));
    printf("type %lx\n", (long)fs.f_type);
    stat("/tmp", &st);
    printf("/tmp: mode %o, links %u, size %ld\n", st.st_mode, (unsigned)st.st_nlink,
           (long)st.st_size);
    SHOW(access("/tmp", R_OK | W_OK | X_OK));
    list("/tmp");
}

static void making(void)
{
    CLAIM("making");
    SHOW(make("file", "hello"));
    show_file("file");
    SHOW(mkdir("dir", 0777));
    SHOW(mkdir("dir", 0777));
    SHOW(mkdir("file", 0777));
    SHOW(mkdir("file/dir", 0777));
    SHOW(mkdir("none/dir", 0777));
    SHOW(mkdir("dir2/", 04777));
    SHOW(mkdir(".", 0777));
    SHOW(mkdir("dir/..", 0777));
    SHOW(mkdir("/", 0777));
    SHOW(mkdir("", 0777));
    show_file("dir");
    show_file("dir2");
    umask(077);
    SHOW(mkdir("private", 0777));
    SHOW(make("secret", ""));
    umask(022);
    show_file("private");
    show_file("secret");
    SHOW(symlink("file", "link"));
    SHOW(symlink("file", "link"));
    SHOW(symlink("", "empty"));
    SHOW(symlink("nowhere", "dangling"));
    SHOW(symlink("x", "none/x"));
    SHOW(symlink("x", "new/"));
    SHOW(symlink("x", "dir/"));
    show_file("link");
    SHOW(mknod("fifo", S_IFIFO | 0644, 0));
    SHOW(mknod("null", S_IFCHR | 0666, makedev(1, 3)));
    SHOW(mknod("big", S_IFCHR | 0666, makedev(300, 70000)));
    SHOW(mknod("plain", 0640, 0));
    SHOW(mknod("plain", S_IFREG | 0640, 0));
    SHOW(mknod("directory", S_IFDIR | 0755, 0));
    SHOW(mknod("odd", 0170000, 0));
    SHOW(mknod("slash/", S_IFREG | 0640, 0));
    show_file("fifo");
    show_file("null");
    show_file("big");
    show_file("plain");
    SHOW(make("null", "swallowed"));
    SHOW_OK(open("fifo", O_RDONLY | O_NONBLOCK | O_PATH));
    list(".");
}

static void opening(void)
{
    CLAIM("opening");
    SHOW_OK(open("new", O_RDONLY));
    SHOW_OK(open("new", O_WRONLY | O_CREAT | O_EXCL, 0600));
    SHOW_OK(open("new", O_WRONLY | O_CREAT | O_EXCL, 0600));
    SHOW_OK(open("dangling", O_WRONLY | O_CREAT | O_EXCL, 0600));
    SHOW_OK(open("dangling", O_WRONLY | O_CREAT | O_NOFOLLOW, 0600));
    SHOW_OK(open("dangling", O_WRONLY | O_CREAT, 0600));
    show_file("nowhere");
    SHOW_OK(open("dir", O_RDONLY | O_CREAT, 0600));
    SHOW_OK(open("dir/", O_RDONLY | O_CREAT, 0600));
    SHOW_OK(open("other/", O_RDONLY | O_CREAT, 0600));
    SHOW_OK(open("dir/.", O_RDONLY | O_CREAT, 0600));
    SHOW_OK(open("file/", O_RDONLY));
    SHOW_OK(open("dir", O_WRONLY));
    SHOW_OK(open("dir", O_RDONLY | O_TRUNC));
    SHOW_OK(open("dirx", O_RDONLY | O_DIRECTORY | O_CREAT, 0700));
    SHOW_OK(open("link", O_RDONLY | O_NOFOLLOW));
    SHOW_OK(open("link", O_RDONLY | O_DIRECTORY));
    SHOW_OK(open("file", O_RDONLY | O_TRUNC));
    show_file("file");
    SHOW(make("link", "through the link"));
    show_file("file");
    SHOW_OK(open(".", O_TMPFILE | O_RDONLY, 0600));
    SHOW_OK(open("file", O_TMPFILE | O_RDWR, 0600));
    SHOW_OK(open("none", O_TMPFILE | O_RDWR, 0600));
    int         fd = open(".", O_TMPFILE | O_RDWR, 0640);
    struct stat st;
    SHOW(write(fd, "nameless", 8));
    fstat(fd, &st);
    printf("mode %o, links %u, size %ld\n", st.st_mode, (unsigned)st.st_nlink, (long)st.st_size);
    SHOW(linkat(fd, "", AT_FDCWD, "named", AT_EMPTY_PATH));
    show_file("named");
    fd = open(".", O_TMPFILE | O_RDWR | O_EXCL, 0640);
    SHOW(linkat(fd, "", AT_FDCWD, "never", AT_EMPTY_PATH));
    close(fd);
}

static void linking(void)
{
    CLAIM("linking");
    SHOW(link("file", "second"));
    show_file("file");
    SHOW(link("file", "second"));
    SHOW(link("none", "third"));
    SHOW(link("dir", "third"));
    SHOW(link("link", "hard-link-of-link"));
    show_file("hard-link-of-link");
    SHOW(linkat(AT_FDCWD, "link", AT_FDCWD, "third", AT_SYMLINK_FOLLOW));
    SHOW(linkat(AT_FDCWD, "link", AT_FDCWD, "third", 1));
    SHOW(link("file", "slash/"));
    SHOW(link("file", "/dev/shm/file"));
    SHOW(link("/bin/tmpfs_tree", "program"));
    SHOW(link("file", "/bin/file"));
    SHOW(unlink("third"));
    SHOW(unlink("second"));
    show_file("file");
    SHOW(unlink("hard-link-of-link"));
}

static void removing(void)
{
    CLAIM("removing");
    SHOW(unlink("none"));
    SHOW(unlink("none/none"));
    SHOW(unlink("file/none"));
    SHOW(unlink("dir"));
    SHOW(unlink("dir/"));
    SHOW(unlink("file/"));
    SHOW(unlink("none/"));
    SHOW(unlink("."));
    SHOW(unlink("dir/.."));
    SHOW(unlink("/"));
    SHOW(rmdir("file"));
    SHOW(rmdir("none"));
    SHOW(rmdir("."));
    SHOW(rmdir(".."));
    SHOW(rmdir("/"));
    SHOW(rmdir("/tmp"));
    SHOW(rmdir("/dev/shm"));
    SHOW(unlinkat(AT_FDCWD, "file", 1));
    SHOW(make("dir/inside", "x"));
    show_file("dir");
    SHOW(rmdir("dir"));
    SHOW(rmdir("dir/"));
    SHOW(unlink("dir/inside"));
    SHOW(rmdir("dir2/"));
    SHOW(rmdir("link"));
    SHOW(unlink("link"));
    SHOW(unlink("dangling"));
    SHOW(unlink("fifo"));
    list(".");
}

/* A directory and an open file without a name live on. */
static void removed(void)
{
    char        buf[16] = "", path[PATH_MAX];
    struct stat st;
    int         dir, fd;

    CLAIM("removed but in use");
    mkdir("gone", 0755);
    make("gone/file", "still here");
    fd = open("gone/file", O_RDWR);
    dir = open("gone", O_RDONLY | O_DIRECTORY);
    SHOW(unlink("gone/file"));
    SHOW(chdir("gone"));
    SHOW(rmdir("../gone"));
    SHOW(read(fd, buf, 10));
    SHOW(write(fd, "!", 1));
    fstat(fd, &st);
    printf("links %u, size %ld\n", (unsigned)st.st_nlink, (long)st.st_size);
    SHOW(linkat(fd, "", AT_FDCWD, "/tmp/again", AT_EMPTY_PATH));
    fstat(dir, &st);
    printf("directory: links %u, size %ld\n", (unsigned)st.st_nlink, (long)st.st_size);
    SHOW(make("new", "x"));
    SHOW(mkdir("new", 0700));
    SHOW(access(".", F_OK));
    SHOW(access("..", F_OK));
    SHOW(access("x", F_OK));
    SHOW(getdents64(dir, path, sizeof(path)));
    SHOW(getcwd(path, sizeof(path)) ? 0 : -1);
    SHOW(rename("/tmp/work/file", "new"));
    SHOW(chdir(".."));
    printf("%s\n", getcwd(path, sizeof(path)));
    close(fd);
    close(dir);
}

static void renaming(void)
{
    CLAIM("renaming");
    make("a", "a");
    make("b", "bb");
    mkdir("d", 0755);
    mkdir("e", 0755);
    mkdir("e/sub", 0755);
    make("e/sub/leaf", "leaf");
    SHOW(rename("a", "c"));
    SHOW(rename("none", "c"));
    SHOW(rename("c", "b"));
    show_file("b");
    SHOW(rename("b", "b"));
    SHOW(rename("b", "d"));
    SHOW(rename("d", "b"));
    SHOW(rename("d", "e"));
    SHOW(rename("e", "d"));
    list("d");
    SHOW(rename("d", "d/sub"));
    SHOW(rename("d", "d/sub/new"));
    SHOW(rename("d/sub", "d"));
    SHOW(rename("d/sub/leaf", "d"));
    SHOW(rename("b", "new/"));
    SHOW(rename("b/", "new"));
    SHOW(rename("d/", "f/"));
    SHOW(rename("f/sub", "."));
    SHOW(rename("f/.", "g"));
    SHOW(rename("f/..", "g"));
    SHOW(rename("f", "/"));
    SHOW(rename("b", "/dev/shm/b"));
    SHOW(rename("b", "/bin/b"));
    SHOW(rename("/bin/tmpfs_tree", "b"));
    SHOW(rename("/bin/a", "/bin/b"));
    SHOW(rename("/tmp", "/tmp2"));
    SHOW(rename("b", "none/b"));
    SHOW(rename("b", "b/c"));
    SHOW(rename("b", ""));
    SHOW(rename("", "b"));
    make("x", "x");
    link("x", "y");
    SHOW(rename("x", "y"));
    show_file("x");
    show_file("y");
    SHOW(noreplace("x", "b"));
    SHOW(noreplace("none", "b"));
    SHOW(noreplace("x", "z"));
    SHOW(noreplace("z", "."));
    SHOW(exchange("z", "none"));
    SHOW(exchange("z", "b"));
    show_file("z");
    show_file("b");
    SHOW(exchange("z", "f"));
    show_file("z");
    list("z");
    SHOW(exchange("z", "z/sub"));
    SHOW(exchange("z/sub", "z"));
    SHOW(exchange("f", "z/sub"));
    show_file("z");
    show_file("z/sub");
    list("f");
    SHOW(renameat2(AT_FDCWD, "f", AT_FDCWD, "g", 3));
    SHOW(renameat2(AT_FDCWD, "f", AT_FDCWD, "g", 8));
    SHOW(rename("f", "z/f"));
    list("z/f/..");
    SHOW(access("z/f/leaf", F_OK));
    list(".");
}

int main(void)
{
    file_systems();
    SHOW(mkdir("/tmp/work", 0755));
    SHOW(chdir("/tmp/work"));
    making();
    opening();
    linking();
    removing();
    removed();
    renaming();
    return 0;
}
