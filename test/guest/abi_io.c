/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-stringop-overflow -Wno-stringop-overread -Wno-nonnull -Wno-pointer-sign */
/* abi_io.c - calls that move bytes: wrong memory, counts, descriptors and positions, and how much was
 * moved before something went wrong. */
#include "abi.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/uio.h>

#define LINES "/data/lines" /* its size is in what is printed, so it is no program */

static int  reg, wronly, path, dir, null, zero, full;
static char buf[2 * PAGE];

static void descriptors(void)
{
    CLAIM("read and write on each kind of wrong descriptor");
    struct iovec one = {buf, 1};
    SHOW(syscall(SYS_read, 99, buf, 1));
    SHOW(syscall(SYS_read, -1, buf, 1));
    SHOW(syscall(SYS_read, path, buf, 1));
    SHOW(syscall(SYS_read, wronly, buf, 1));
    SHOW(syscall(SYS_read, dir, buf, 1));
    SHOW(syscall(SYS_read, (1l << 32) | reg, buf, 1));
    SHOW(syscall(SYS_write, 99, buf, 1));
    SHOW(syscall(SYS_write, path, buf, 1));
    SHOW(syscall(SYS_write, reg, buf, 1));
    SHOW(syscall(SYS_write, dir, buf, 1));
    SHOW(syscall(SYS_write, full, buf, 1));
    SHOW(syscall(SYS_write, full, buf, 0));
    SHOW(syscall(SYS_read, full, buf, 10));
    SHOW(syscall(SYS_pread64, path, buf, 1, 0));
    SHOW(syscall(SYS_pread64, path, buf, 1, -1));
    SHOW(syscall(SYS_pread64, 99, buf, 1, -1));
    SHOW(syscall(SYS_pread64, wronly, buf, 1, 0));
    SHOW(syscall(SYS_pread64, dir, buf, 1, 0));
    SHOW(syscall(SYS_pread64, 1, buf, 1, 0));
    SHOW(syscall(SYS_pwrite64, 1, buf, 1, 0));
    SHOW(syscall(SYS_pwrite64, reg, buf, 1, 0));
    SHOW(syscall(SYS_pwrite64, null, buf, 7, 1l << 62));
    SHOW(syscall(SYS_readv, path, NULL, 0));
    SHOW(syscall(SYS_readv, wronly, NULL, 0));
    SHOW(syscall(SYS_writev, reg, NULL, 0));
    SHOW(syscall(SYS_preadv, 99, NULL, 0, 0));
    SHOW(syscall(SYS_preadv, 1, NULL, 0, 0));
    SHOW(syscall(SYS_preadv2, reg, NULL, 0, -1, 0, 0));
    SHOW(syscall(SYS_preadv2, reg, NULL, 0, -2, 0, 0));
    SHOW(syscall(SYS_preadv2, reg, NULL, 0, 0, 0, 0x4000));
    SHOW(syscall(SYS_preadv2, zero, &one, 1, 0, 0, 0x4000));
    SHOW(syscall(SYS_preadv2, zero, &one, 1, 0, 0, 1));
    SHOW(syscall(SYS_preadv2, 99, NULL, 0, 0, 0, 0x4000));
}

static void memory(void)
{
    CLAIM("read and write with each kind of wrong memory");
    SHOW_POINTERS(syscall(SYS_read, zero, p, 2));
    SHOW_POINTERS(syscall(SYS_read, zero, p, 0));
    SHOW_POINTERS(syscall(SYS_read, zero, p, -1));
    SHOW_POINTERS(syscall(SYS_read, zero, p, 1l << 62));
    SHOW_POINTERS(syscall(SYS_pread64, reg, p, 2, 0));
    SHOW_POINTERS(syscall(SYS_pread64, reg, p, 0, 0));
    SHOW_POINTERS(syscall(SYS_pread64, reg, p, 2, 1l << 40));
    SHOW_POINTERS(syscall(SYS_read, wronly, p, -1));
    SHOW_POINTERS(syscall(SYS_pread64, 1, p, -1, 0));
    SHOW_POINTERS(syscall(SYS_read, dir, p, 1));
    SHOW_POINTERS(syscall(SYS_write, null, p, 2));
    SHOW_POINTERS(syscall(SYS_write, null, p, -1));
    SHOW_POINTERS(syscall(SYS_write, full, p, 2));
    SHOW_POINTERS(syscall(SYS_write, reg, p, 2));
    SHOW_POINTERS(syscall(SYS_readv, zero, p, 1));
    SHOW_POINTERS(syscall(SYS_readv, zero, p, 1024));
    SHOW_POINTERS(syscall(SYS_readv, zero, p, 1025));
    SHOW_POINTERS(syscall(SYS_readv, zero, p, -1));
    SHOW_POINTERS(syscall(SYS_readv, wronly, p, 1));
    SHOW_POINTERS(syscall(SYS_writev, null, p, 1));
    SHOW_POINTERS(syscall(SYS_sendfile, null, reg, p, 10));
    SHOW_POINTERS(syscall(SYS_getrandom, p, 2, 0));
    SHOW_POINTERS(syscall(SYS_getrandom, p, 0, 0));
    SHOW_POINTERS(syscall(SYS_getrandom, p, 100000, 0));
    SHOW_POINTERS(syscall(SYS_getrandom, p, 1, 8));
}

/* Vectors whose later parts are wrong. */
static void vectors(void)
{
    CLAIM("vectors whose later parts are wrong");
    struct iovec v[3] = {{buf, 3}, {pointer(NO_ACCESS), 4}, {buf, 5}};
    SHOW(syscall(SYS_readv, zero, v, 3));
    SHOW(syscall(SYS_preadv, reg, v, 3, 0));
    SHOW(syscall(SYS_writev, null, v, 3));
    v[1].iov_base = pointer(CROSSING);
    SHOW(syscall(SYS_readv, zero, v, 3));
    SHOW(syscall(SYS_preadv, reg, v, 3, 0));
    v[1] = (struct iovec){buf, (size_t)-1};
    SHOW(syscall(SYS_readv, zero, v, 3));
    v[1] = (struct iovec){buf, 1ul << 62};
    SHOW(syscall(SYS_readv, zero, v, 3));
    v[1] = (struct iovec){NULL, 0};
    SHOW(syscall(SYS_readv, zero, v, 3));
    SHOW(syscall(SYS_readv, zero, v, 0));
    SHOW(syscall(SYS_preadv, reg, v, 3, -1));
    SHOW(syscall(SYS_pwritev, reg, v, 3, -1));
    SHOW(syscall(SYS_pwritev, null, v, 3, 0));
    SHOW(syscall(SYS_pwritev2, null, v, 3, -1, 0, 0));
}

static void positions(void)
{
    CLAIM("lseek on each kind of file");
    off_t size = lseek(reg, 0, SEEK_END);
    SHOW(syscall(SYS_lseek, 99, 0, 9));
    SHOW(syscall(SYS_lseek, path, 0, SEEK_SET));
    SHOW(syscall(SYS_lseek, 1, 0, SEEK_SET));
    SHOW(syscall(SYS_lseek, 1, 0, 9));
    SHOW(syscall(SYS_lseek, reg, 0, 9));
    SHOW(syscall(SYS_lseek, reg, 0, -1));
    SHOW(syscall(SYS_lseek, reg, -1, SEEK_SET));
    SHOW(syscall(SYS_lseek, reg, 5, SEEK_SET));
    SHOW(syscall(SYS_lseek, reg, -6, SEEK_CUR));
    SHOW(syscall(SYS_lseek, reg, 2, SEEK_CUR));
    SHOW(syscall(SYS_lseek, reg, -size, SEEK_END));
    SHOW(syscall(SYS_lseek, reg, -size - 1, SEEK_END));
    SHOW(syscall(SYS_lseek, reg, 0, SEEK_DATA));
    SHOW(syscall(SYS_lseek, reg, size, SEEK_DATA));
    SHOW(syscall(SYS_lseek, reg, -1, SEEK_HOLE));
    SHOW(syscall(SYS_lseek, reg, 0, SEEK_HOLE) == size);
    /* The image has blocks of 4096 bytes, and a file 2^32 - 1 of them at most. */
    SHOW(syscall(SYS_lseek, reg, 0xffffffffl * 4096, SEEK_SET));
    SHOW(syscall(SYS_lseek, reg, 0xffffffffl * 4096 + 1, SEEK_SET));
    SHOW(syscall(SYS_lseek, reg, 1, SEEK_CUR));
    SHOW(syscall(SYS_lseek, reg, 0xffffffffl * 4096, SEEK_END));
    SHOW(syscall(SYS_lseek, null, 1234, SEEK_SET));
    SHOW(syscall(SYS_lseek, reg, 10, SEEK_SET));
    SHOW(syscall(SYS_read, reg, buf, 4));
    SHOW(syscall(SYS_pread64, reg, buf, 4, 100));
    SHOW(syscall(SYS_lseek, reg, 0, SEEK_CUR));
    SHOW(syscall(SYS_pread64, reg, buf, 4, size - 1));
    SHOW(syscall(SYS_pread64, reg, buf, 4, size));
    SHOW(syscall(SYS_pread64, reg, buf, 4, 0x7fffffffffffffff));
}

static void sending(void)
{
    CLAIM("arguments of sendfile");
    off_t at = 3;
    SHOW(syscall(SYS_sendfile, 99, reg, NULL, 1));
    SHOW(syscall(SYS_sendfile, null, 99, NULL, 1));
    SHOW(syscall(SYS_sendfile, null, path, NULL, 1));
    SHOW(syscall(SYS_sendfile, null, wronly, NULL, 1));
    SHOW(syscall(SYS_sendfile, reg, reg, NULL, 1));
    SHOW(syscall(SYS_sendfile, null, 0, &at, 1));
    SHOW(syscall(SYS_sendfile, null, reg, &at, 10));
    SHOW(at);
    at = -1;
    SHOW(syscall(SYS_sendfile, null, reg, &at, 10));
    SHOW(syscall(SYS_sendfile, null, reg, NULL, 0));
    SHOW(syscall(SYS_lseek, reg, 10, SEEK_SET));
    SHOW(syscall(SYS_sendfile, null, reg, NULL, 5));
    SHOW(syscall(SYS_lseek, reg, 0, SEEK_CUR));
    SHOW(syscall(SYS_sendfile, null, dir, NULL, 5));
}

static void randomness(void)
{
    CLAIM("getrandom and its flags");
    SHOW(syscall(SYS_getrandom, buf, 16, 0));
    SHOW(syscall(SYS_getrandom, buf, 16, GRND_NONBLOCK));
    SHOW(syscall(SYS_getrandom, buf, 16, GRND_RANDOM | GRND_INSECURE));
    SHOW(syscall(SYS_getrandom, buf, 16, GRND_INSECURE));
    SHOW(syscall(SYS_getrandom, buf, sizeof(buf), 0));
    SHOW(syscall(SYS_getrandom, buf, 0, 0x100000000));
}

int main(void)
{
    buffer_output();
    reg = open(LINES, O_RDONLY);
    wronly = open("/dev/null", O_WRONLY);
    path = open(LINES, O_PATH);
    dir = open("/", O_RDONLY);
    null = open("/dev/null", O_RDWR);
    zero = open("/dev/zero", O_RDWR);
    full = open("/dev/full", O_RDWR);
    descriptors();
    memory();
    vectors();
    positions();
    sending();
    randomness();
    return 0;
}
