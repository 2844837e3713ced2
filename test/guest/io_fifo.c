/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-nonnull */
/* io_fifo.c - pipes with a name: what opening waits for, polling, ends that come and go; readahead and
 * sync_file_range. */
#include "abi_stream.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

static char buf[100000];

static void immediate(void)
{
    CLAIM("FIFOs opened without waiting");
    struct stat st;
    SHOW(mkfifo("/tmp/f", 0640));
    SHOW(mkfifo("/tmp/f", 0640));
    SHOW(stat("/tmp/f", &st));
    printf("mode %o size %ld\n", st.st_mode, st.st_size);
    SHOW(open("/tmp/f", O_WRONLY | O_NONBLOCK));
    SHOW(open("/tmp/f", O_RDONLY | O_DIRECTORY));
    SHOW(truncate("/tmp/f", 0));
    int r = open("/tmp/f", O_RDONLY | O_NONBLOCK);
    SHOW(fcntl(r, F_GETFL));
    SHOW(fstat(r, &st));
    printf("mode %o size %ld links %ld\n", st.st_mode, st.st_size, (long)st.st_nlink);
    SHOW(ready(r));
    SHOW(read(r, buf, 1));
    int w = open("/tmp/f", O_WRONLY | O_NONBLOCK | O_TRUNC);
    SHOW(ready(r));
    SHOW(ready(w));
    SHOW(read(r, buf, 1));
    SHOW(write(w, buf, sizeof(buf)));
    SHOW(ready(w));
    SHOW(lseek(r, 0, SEEK_SET));
    SHOW(pread(r, buf, 1, 0));
    SHOW(fsync(r));
    SHOW(fcntl(r, F_GETPIPE_SZ));
    SHOW(fcntl(w, F_SETPIPE_SZ, 200000));
    SHOW(write(w, buf, 50000));
    int n;
    SHOW(ioctl(r, FIONREAD, &n));
    SHOW(n);
    SHOW(close(w));
    SHOW(ready(r));
    SHOW(read(r, buf, sizeof(buf)));
    w = open("/tmp/f", O_WRONLY);
    SHOW(ready(r));
    SHOW(read(r, buf, sizeof(buf)));
    SHOW(read(r, buf, sizeof(buf)));
    SHOW(close(w));
    SHOW(ready(r));
    SHOW(read(r, buf, 1));
    w = open("/tmp/f", O_WRONLY);
    SHOW(close(r));
    SHOW(ready(w));
    signal(SIGPIPE, count_signal);
    SHOW(write(w, buf, 1));
    SHOW(signals);
    r = open("/tmp/f", O_RDONLY | O_NONBLOCK);
    SHOW(write(w, "abc", 3));
    SHOW(close(w));
    SHOW(ready(r));
    SHOW(close(r));
    r = open("/tmp/f", O_RDWR); /* what was in it is gone */
    SHOW(ready(r));
    SHOW(write(r, "defg", 4));
    SHOW(ready(r));
    SHOW(read(r, buf, 10));
    SHOW(fcntl(r, F_SETFL, O_NONBLOCK));
    SHOW(read(r, buf, 10));
    SHOW(unlink("/tmp/f"));
    SHOW(write(r, "h", 1));
    SHOW(read(r, buf, 10));
    SHOW(fchmod(r, 0600));
    SHOW(ftruncate(r, 0));
    SHOW((long)mmap(NULL, 1, PROT_READ, MAP_SHARED, r, 0));
    SHOW(fallocate(r, 0, 0, 1));
    SHOW(close(r));
}

static void *write_later(void *arg)
{
    int w = open(arg, O_WRONLY);
    write(w, "hello", 5);
    close(w);
    return NULL;
}

static void *read_later(void *arg)
{
    int  r = open(arg, O_RDONLY);
    long n = read(r, buf, 100);
    close(r);
    return (void *)n;
}

static pthread_t waiter;

static void *interrupt(void *arg)
{
    pthread_kill(waiter, SIGUSR1);
    return arg;
}

static void waiting(void)
{
    CLAIM("opening a FIFO waits for the other end");
    pthread_t        t;
    void            *result;
    struct sigaction sa = {.sa_handler = count_signal};
    SHOW(mkfifo("/tmp/g", 0600));
    pthread_create(&t, NULL, write_later, "/tmp/g");
    int r = open("/tmp/g", O_RDONLY);
    SHOW(read(r, buf, 3));
    SHOW(read(r, buf, 3));
    SHOW(read(r, buf, 3));
    pthread_join(t, NULL);
    SHOW(ready(r));
    SHOW(close(r));
    pthread_create(&t, NULL, read_later, "/tmp/g");
    int w = open("/tmp/g", O_WRONLY);
    SHOW(write(w, "xyz", 3));
    pthread_join(t, &result);
    SHOW((long)result);
    SHOW(close(w));
    sigaction(SIGUSR1, &sa, NULL);
    waiter = pthread_self();
    signals = 0;
    pthread_create(&t, NULL, interrupt, NULL);
    SHOW(open("/tmp/g", O_RDONLY));
    pthread_join(t, NULL);
    SHOW(signals);
    SHOW(open("/tmp/g", O_WRONLY | O_NONBLOCK)); /* nobody was left counted */
}

static void ranges(void)
{
    CLAIM("sync_file_range, readahead and fadvise");
    int f = open("/tmp/file", O_RDWR | O_CREAT, 0600), w = open("/tmp/file", O_WRONLY);
    int path = open("/tmp/file", O_PATH), dir = open("/tmp", O_RDONLY), p[2];
    SHOW(pipe(p));
    SHOW(write(f, buf, 50000));
    SHOW(syscall(SYS_sync_file_range, f, 0L, 0L, 7));
    SHOW(syscall(SYS_sync_file_range, f, 0L, 0L, 0));
    SHOW(syscall(SYS_sync_file_range, f, 0L, 0L, 8));
    SHOW(syscall(SYS_sync_file_range, f, -1L, 0L, 2));
    SHOW(syscall(SYS_sync_file_range, f, 0L, -1L, 2));
    SHOW(syscall(SYS_sync_file_range, f, 5L, 0x7fffffffffffffffL, 2));
    SHOW(syscall(SYS_sync_file_range, p[0], 0L, 0L, 2));
    SHOW(syscall(SYS_sync_file_range, p[0], 0L, 0L, 8));
    SHOW(syscall(SYS_sync_file_range, dir, 0L, 0L, 2));
    SHOW(syscall(SYS_sync_file_range, path, 0L, 0L, 2));
    SHOW(syscall(SYS_sync_file_range, -1, 0L, 0L, 2));
    SHOW(syscall(SYS_readahead, f, 0L, 50000L));
    SHOW(syscall(SYS_readahead, f, -1L, 50000L));
    SHOW(syscall(SYS_readahead, f, 0L, -1L));
    SHOW(syscall(SYS_readahead, w, 0L, 1L));
    SHOW(syscall(SYS_readahead, p[0], 0L, 1L));
    SHOW(syscall(SYS_readahead, dir, 0L, 1L));
    SHOW(syscall(SYS_readahead, path, 0L, 1L));
    SHOW(syscall(SYS_readahead, -1, 0L, 1L));
    int program = open("/bin/io_fifo", O_RDONLY);
    SHOW(syscall(SYS_readahead, program, 0L, 100000L));
    SHOW(syscall(SYS_readahead, program, 1L << 40, 100000L));
    SHOW(syscall(SYS_sync_file_range, program, 0L, 0L, 7));
}

int main(void)
{
    buffer_output();
    immediate();
    waiting();
    ranges();
    return 0;
}
