/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs_data.c - contents of files on /tmp: written, appended, cut, sparse, mapped, copied. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/falloc.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "show.h"

#define PAGE 4096L

static int fd;
static int on_disk; /* disk_data.c's, where some calls that /tmp refuses are done by Linux only */
static void *volatile bad = (void *)16; /* an address that the compiler must not think about */

static void fresh(const char *path)
{
    unlink(path);
    close(fd);
    fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0644);
}

static void shape(void)
{
    struct stat st;

    fstat(fd, &st);
    printf("  size %ld, blocks %ld\n", (long)st.st_size, (long)st.st_blocks);
}

static void show_bytes(off_t at, size_t len)
{
    unsigned char buf[64];
    ssize_t       n = pread(fd, buf, len, at);

    printf("  at %ld:", (long)at);
    for (ssize_t i = 0; i < n; i++)
        printf(" %02x", buf[i]);
    printf("\n");
}

static void writing(void)
{
    struct iovec iov[3] = {{"one", 3}, {NULL, 0}, {"three", 5}};
    char         buf[32] = "";
    int          append;

    CLAIM("writing");
    fresh("f");
    SHOW(write(fd, "0123456789", 10));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(pwrite(fd, "ab", 2, 3));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(writev(fd, iov, 3));
    SHOW(pwritev(fd, iov, 3, 1));
    show_bytes(0, 20);
    append = open("f", O_WRONLY | O_APPEND);
    SHOW(lseek(append, 2, SEEK_SET));
    SHOW(write(append, "++", 2));
    SHOW(lseek(append, 0, SEEK_CUR));
    SHOW(pwrite(append, "--", 2, 0));
    SHOW(lseek(append, 0, SEEK_CUR));
    show_bytes(0, 30);
    SHOW(fcntl(append, F_SETFL, 0));
    SHOW(pwrite(append, "--", 2, 0));
    show_bytes(0, 30);
    SHOW(read(append, buf, 1));
    SHOW(write(append, bad, 5));
    SHOW(write(append, bad, 0));
    SHOW(write(append, buf, 0));
    shape();
    SHOW(pwrite(append, "x", 1, 0x7fffffffffffffff));
    SHOW(pwrite(append, "x", 1, -1));
    SHOW(lseek(append, 0x7fffffffffffffff, SEEK_SET));
    SHOW(write(append, "x", 1));
    SHOW(lseek(append, 1, SEEK_CUR));
    SHOW(lseek(append, -100, SEEK_END));
    close(append);
}

static void sizes(void)
{
    int ro = open("f", O_RDONLY);

    CLAIM("sizes");
    fresh("f");
    SHOW(ftruncate(fd, 3 * PAGE));
    shape();
    SHOW(pwrite(fd, "middle", 6, PAGE + 100));
    shape();
    SHOW(pwrite(fd, "far", 3, 1l << 40));
    shape();
    show_bytes(PAGE + 98, 10);
    show_bytes(2 * PAGE, 4);
    SHOW(ftruncate(fd, PAGE + 103));
    shape();
    SHOW(ftruncate(fd, 2 * PAGE));
    show_bytes(PAGE + 98, 10);
    SHOW(ftruncate(fd, 0));
    shape();
    SHOW(truncate("f", 10));
    SHOW(truncate("f", -1));
    SHOW(truncate(".", 0));
    SHOW(truncate("none", 0));
    SHOW(truncate("/dev/null", 0));
    SHOW(truncate("/bin/tmpfs_data", 0));
    SHOW(ftruncate(ro, 0));
    SHOW(ftruncate(99, 0));
    SHOW(ftruncate(fd, -1));
    SHOW(ftruncate(fd, 0x7fffffffffffffff));
    shape();
    close(ro);
}

static void holes(void)
{
    CLAIM("holes");
    fresh("f");
    SHOW(lseek(fd, 0, SEEK_DATA));
    SHOW(lseek(fd, 0, SEEK_HOLE));
    ftruncate(fd, 10 * PAGE + 5);
    SHOW(lseek(fd, 0, SEEK_DATA));
    SHOW(lseek(fd, 7, SEEK_HOLE));
    pwrite(fd, "x", 1, 2 * PAGE + 9);
    pwrite(fd, "x", 1, 3 * PAGE);
    pwrite(fd, "x", 1, 10 * PAGE);
    SHOW(lseek(fd, 0, SEEK_DATA));
    SHOW(lseek(fd, 2 * PAGE + 20, SEEK_DATA));
    SHOW(lseek(fd, 2 * PAGE + 20, SEEK_HOLE));
    SHOW(lseek(fd, 4 * PAGE, SEEK_DATA));
    SHOW(lseek(fd, 10 * PAGE + 1, SEEK_HOLE));
    SHOW(lseek(fd, 10 * PAGE + 5, SEEK_HOLE));
    SHOW(lseek(fd, -1, SEEK_HOLE));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(fallocate(fd, 0, 5 * PAGE + 1, PAGE));
    shape();
    SHOW(fallocate(fd, FALLOC_FL_KEEP_SIZE, 20 * PAGE, 1));
    shape();
    SHOW(fallocate(fd, 0, 11 * PAGE, 10));
    shape();
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 2 * PAGE + 10, 2 * PAGE));
    shape();
    show_bytes(2 * PAGE + 8, 4);
    show_bytes(3 * PAGE, 2);
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 1));
    if (!on_disk)
        SHOW(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, PAGE));
    SHOW(fallocate(fd, 0, -1, 1));
    SHOW(fallocate(fd, 0, 0, 0));
    SHOW(fallocate(fd, 0, 0x7fffffffffffffff, 1));
    SHOW(fallocate(99, 0, 0, 0));
    SHOW(fallocate(open(".", O_RDONLY), 0, 0, 1));
    SHOW(fallocate(open("f", O_RDONLY), 0, 0, 1));
    SHOW(fallocate(open("/dev/null", O_RDWR), 0, 0, 1));
}

static void mapping(void)
{
    unsigned char *shared, *private;
    char           buf[8] = "";

    CLAIM("mapping");
    fresh("f");
    SHOW(write(fd, "contents", 8));
    ftruncate(fd, 3 * PAGE);
    shared = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    private = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    SHOW(memcmp(shared, "contents", 8));
    SHOW(memcmp(private, "contents", 8));
    shared[0] = 'C';
    SHOW(pread(fd, buf, 8, 0));
    printf("  %.8s %.8s\n", buf, private);
    private[1] = 'O';
    SHOW(pread(fd, buf, 8, 0));
    printf("  %.8s %.8s %.8s\n", buf, shared, private);
    SHOW(pwrite(fd, "NEW", 3, 4));
    printf("  %.8s %.8s\n", shared, private);
    shape();
    shared[2 * PAGE] = 1;
    show_bytes(2 * PAGE, 2);
    if (!on_disk) /* there a store through a mapping is given its block when it is written back */
        shape();
    SHOW(private[PAGE]);
    SHOW(msync(shared, 3 * PAGE, MS_SYNC));
    unlink("f");
    close(fd);
    fd = -1;
    printf("  %.8s\n", shared);
    munmap(shared, 3 * PAGE);
    munmap(private, 3 * PAGE);
}

static sigjmp_buf back;

static void on_bus(int sig, siginfo_t *info, void *context)
{
    (void)context;
    siglongjmp(back, sig << 8 | info->si_code);
}

/* What reading the byte gives: its value, or minus signal and code. */
static int peek(const volatile unsigned char *p)
{
    int why = sigsetjmp(back, 1);
    return why ? -why : *p;
}

static void mapping_what_is_cut(void)
{
    struct sigaction sa = {.sa_sigaction = on_bus, .sa_flags = SA_SIGINFO};
    unsigned char   *shared, *private;

    CLAIM("a mapped file is cut");
    sigaction(SIGBUS, &sa, NULL);
    fresh("f");
    for (int i = 0; i < 3; i++)
        pwrite(fd, "abcdefgh", 8, i * PAGE);
    shared = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    private = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    private[2 * PAGE] = 'P';
    SHOW(peek(shared + PAGE));
    SHOW(ftruncate(fd, 4));
    SHOW(peek(shared + 3));
    SHOW(peek(shared + 4));
    SHOW(peek(shared + PAGE));
    SHOW(peek(private + 2 * PAGE));
    SHOW(ftruncate(fd, 3 * PAGE));
    SHOW(peek(shared + PAGE));
    shared[PAGE] = 'n';
    show_bytes(PAGE, 2);
    SHOW(peek(private + PAGE));
    SHOW(peek(private + 2 * PAGE));
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE, PAGE));
    SHOW(peek(shared + PAGE));
    shared[PAGE] = 'm';
    show_bytes(PAGE, 2);
}

static void copying(void)
{
    off_t off = 2;
    int   out, in, app;

    CLAIM("copying");
    fresh("in");
    in = dup(fd);
    SHOW(write(in, "0123456789", 10));
    fresh("out");
    out = fd;
    SHOW(sendfile(out, in, NULL, 100));
    lseek(in, 0, SEEK_SET);
    SHOW(sendfile(out, in, NULL, 4));
    SHOW(lseek(in, 0, SEEK_CUR));
    SHOW(sendfile(out, in, &off, 100));
    SHOW(off);
    SHOW(lseek(in, 0, SEEK_CUR));
    show_bytes(0, 30);
    off = -1;
    SHOW(sendfile(out, in, &off, 1));
    app = open("out", O_WRONLY | O_APPEND);
    SHOW(sendfile(app, in, NULL, 1));
    SHOW(sendfile(in, app, NULL, 1));
    SHOW(sendfile(open("out", O_RDONLY), in, NULL, 1));
    SHOW(sendfile(99, in, NULL, 1));
    SHOW(sendfile(out, 99, NULL, 1));
    SHOW(sendfile(out, open(".", O_RDONLY), NULL, 1));
    SHOW(sendfile(out, in, bad, 1));
    lseek(in, 0, SEEK_SET);
    SHOW(copy_file_range(in, NULL, out, NULL, 5, 0));
    SHOW(lseek(in, 0, SEEK_CUR));
    SHOW(lseek(out, 0, SEEK_CUR));
    off = 0;
    SHOW(copy_file_range(in, NULL, out, &off, 100, 0));
    SHOW(off);
    show_bytes(0, 30);
    SHOW(copy_file_range(in, NULL, out, NULL, 5, 1));
    SHOW(copy_file_range(in, NULL, app, NULL, 5, 0));
    SHOW(copy_file_range(app, NULL, in, NULL, 5, 0));
    SHOW(copy_file_range(in, NULL, open(".", O_RDONLY), NULL, 5, 0));
    SHOW(copy_file_range(in, NULL, open("/dev/null", O_RDWR), NULL, 5, 0));
    off = 0;
    SHOW(copy_file_range(in, &off, in, NULL, 5, 0));
    SHOW(fsync(out));
    SHOW(fdatasync(out));
    SHOW(fsync(open(".", O_RDONLY)));
    SHOW(fsync(open("/dev/null", O_RDONLY)));
    SHOW(fsync(99));
    sync();
    SHOW(syncfs(out));
}

int main(void)
{
    chdir("/tmp");
    writing();
    sizes();
    holes();
    mapping();
    mapping_what_is_cut();
    copying();
    return 0;
}
