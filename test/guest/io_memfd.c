/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -Wno-nonnull */
/* io_memfd.c - files in memory, and what seals forbid. */
#include "abi.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

static char buf[20000];

static long create(const char *name, unsigned flags)
{
    return syscall(SYS_memfd_create, name, flags);
}

static void arguments(void)
{
    CLAIM("arguments of memfd_create");
    char name[260];
    memset(name, 'n', sizeof(name));
    SHOW(create("x", 0x40));
    SHOW(create(NULL, 0x40));
    SHOW(create("x", 0x18));
    SHOW_POINTERS(create(p, 0) == -1 ? -1 : 0);
    name[250] = 0;
    SHOW(create(name, 0));
    name[249] = 0;
    SHOW_OK(create(name, MFD_CLOEXEC));
    SHOW_OK(create("", 0));
}

static void about(int fd)
{
    CLAIM("what a memfd is at first");
    struct stat   st;
    struct statfs fs;
    SHOW(fcntl(fd, F_GETFD));
    SHOW(fcntl(fd, F_GETFL));
    SHOW(fcntl(fd, F_GET_SEALS));
    SHOW(fstat(fd, &st));
    printf("mode %o size %ld links %ld blocks %ld\n", st.st_mode, st.st_size, (long)st.st_nlink,
           (long)st.st_blocks);
    SHOW(fstatfs(fd, &fs));
    SHOW(fs.f_type);
}

static void contents(int fd)
{
    CLAIM("a memfd is a file");
    SHOW(write(fd, "hello", 5));
    SHOW(ftruncate(fd, 10000));
    SHOW(lseek(fd, 0, SEEK_END));
    SHOW(pread(fd, buf, sizeof(buf), 0));
    char *p = mmap(NULL, 10000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    p[9999] = 'z';
    SHOW(pread(fd, buf, 1, 9999));
    SHOW(buf[0]);
    SHOW(munmap(p, 10000));
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 8192));
    SHOW(linkat(fd, "", AT_FDCWD, "/tmp/name", AT_EMPTY_PATH));
    SHOW(fcntl(fd, F_ADD_SEALS, 0));
}

static void sizes(void)
{
    CLAIM("seals of the size");
    int fd = (int)create("sizes", MFD_ALLOW_SEALING);
    about(fd);
    SHOW(ftruncate(fd, 10000));
    SHOW(fcntl(fd, F_ADD_SEALS, 0x40));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
    SHOW(ftruncate(fd, 9999));
    SHOW(ftruncate(fd, 10000));
    SHOW(ftruncate(fd, 10001));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
    SHOW(fcntl(fd, F_GET_SEALS));
    SHOW(ftruncate(fd, 10002));
    SHOW(fallocate(fd, 0, 0, 10001));
    SHOW(fallocate(fd, 0, 0, 10002));
    SHOW(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 20000));
    SHOW(pwrite(fd, buf, 10001, 0));
    SHOW(pwrite(fd, buf, 1, 10001));
    SHOW(pwrite(fd, buf, 20000, 0));
    SHOW(pwrite(fd, buf, 2000, 9000));
    SHOW(pwrite(fd, buf, 0, 90000));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    SHOW(fcntl(fd, F_GET_SEALS));
}

static long mapped(int fd, int prot, int flags)
{
    void *p = mmap(NULL, PAGE, prot, flags, fd, 0);
    if (p == MAP_FAILED)
        return -1;
    long r = mprotect(p, PAGE, PROT_READ | PROT_WRITE);
    int  err = errno;
    munmap(p, PAGE);
    errno = err;
    return r ? -1 : 1;
}

static void writing(void)
{
    CLAIM("the seal of writing");
    int fd = (int)create("writing", MFD_ALLOW_SEALING);
    SHOW(pwrite(fd, "x", 1, 5000));
    char *p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL));
    SHOW(fcntl(fd, F_GET_SEALS));
    SHOW(munmap(p, PAGE));
    p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    p[0] = 1;
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    SHOW(write(fd, "x", 1));
    SHOW(write(fd, "x", 0));
    SHOW(ftruncate(fd, 0));
    SHOW(ftruncate(fd, 6000));
    SHOW(fallocate(fd, 0, 0, 9000));
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 10));
    SHOW(mapped(fd, PROT_READ | PROT_WRITE, MAP_SHARED));
    SHOW(mapped(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE));
}

static void writing_from_now(void)
{
    CLAIM("the seal of future writing");
    int   fd = (int)create("future", MFD_ALLOW_SEALING);
    char *p;
    SHOW(ftruncate(fd, PAGE));
    p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
    SHOW(write(fd, "x", 1));
    p[0] = 'y';
    SHOW(pread(fd, buf, 1, 0));
    SHOW(buf[0]);
    SHOW(mapped(fd, PROT_READ | PROT_WRITE, MAP_SHARED));
    SHOW(mapped(fd, PROT_READ, MAP_SHARED));
    SHOW(mapped(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    SHOW(munmap(p, PAGE));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    SHOW(fcntl(fd, F_GET_SEALS));
}

static void executing(void)
{
    CLAIM("the seal of the mode");
    int fd = (int)create("noexec", 8);
    about(fd);
    SHOW(fchmod(fd, 0700));
    SHOW(fchmod(fd, 0600));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
    fd = (int)create("exec", 16 | MFD_ALLOW_SEALING);
    about(fd);
    SHOW(fcntl(fd, F_ADD_SEALS, 0x20));
    SHOW(fcntl(fd, F_GET_SEALS));
    SHOW(fchmod(fd, 0600));
    SHOW(fchmod(fd, 0755));
}

static void others(void)
{
    CLAIM("seals of other files");
    int p[2];
    int f = open("/tmp/file", O_RDWR | O_CREAT, 0600), r = open("/tmp/file", O_RDONLY);
    int path = open("/tmp/file", O_PATH);
    SHOW(fcntl(f, F_GET_SEALS));
    SHOW(fcntl(f, F_ADD_SEALS, 0));
    SHOW(fcntl(f, F_ADD_SEALS, 0x80));
    SHOW(fcntl(r, F_GET_SEALS));
    SHOW(fcntl(r, F_ADD_SEALS, 0x80));
    SHOW(fcntl(path, F_GET_SEALS));
    SHOW(fcntl(open("/tmp", O_RDONLY), F_GET_SEALS));
    SHOW(pipe(p));
    SHOW(fcntl(p[0], F_GET_SEALS));
    SHOW(fcntl(p[0], F_ADD_SEALS, 0));
    SHOW(fcntl(p[1], F_ADD_SEALS, 0));
}

int main(void)
{
    buffer_output();
    arguments();
    int fd = (int)create("plain", 0);
    about(fd);
    contents(fd);
    sizes();
    writing();
    writing_from_now();
    executing();
    others();
    return 0;
}
