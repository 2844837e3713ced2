/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-nonnull */
/* cpus: 4 */
/* io_splice.c - splice, tee, vmsplice and sendfile: what moves, what stays, how slots fill, wrong
 * arguments, ends that are gone, waiting. */
#include "abi_stream.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define NB SPLICE_F_NONBLOCK

static char big[300000], back[300000];
static int  a[2], b[2];

static int inside(int fd)
{
    int n = -1;
    return ioctl(fd, FIONREAD, &n) ? -1 : n;
}

static void renew(int flags)
{
    if (a[0])
        close(a[0]), close(a[1]), close(b[0]), close(b[1]);
    if (pipe2(a, flags) || pipe2(b, flags))
        abort();
}

static long sp(int in, int64_t *in_pos, int out, int64_t *out_pos, size_t len, unsigned flags)
{
    return syscall(SYS_splice, in, in_pos, out, out_pos, len, flags);
}

static void wrong(void)
{
    CLAIM("arguments of splice, tee and vmsplice");
    int64_t pos = 0, minus = -1, far = INT64_MAX;
    int     f = open("/tmp/wrong", O_RDWR | O_CREAT, 0600), e = eventfd(3, 0);
    int     append = open("/tmp/wrong", O_WRONLY | O_APPEND), dir = open("/tmp", O_RDONLY);
    int     path = open("/tmp/wrong", O_PATH);
    renew(0);
    SHOW(write(f, big, 10000));
    SHOW(sp(-1, NULL, -1, NULL, 0, 0xff));
    SHOW(sp(-1, NULL, -1, NULL, 1, 0xff));
    SHOW(sp(-1, NULL, a[1], NULL, 1, 0));
    SHOW(sp(f, NULL, -1, NULL, 1, 0));
    SHOW(sp(path, NULL, a[1], NULL, 1, 0));
    SHOW(sp(a[0], NULL, a[1], NULL, 1, 0));
    SHOW(sp(a[0], &pos, b[1], NULL, 1, 0));
    SHOW(sp(a[0], NULL, b[1], &pos, 1, 0));
    SHOW(sp(a[1], NULL, b[1], NULL, 1, NB));
    SHOW(sp(a[0], NULL, b[0], NULL, 1, NB));
    SHOW(sp(f, NULL, f, NULL, 1, 0));
    SHOW(sp(f, &minus, a[1], NULL, 1, 0));
    SHOW(sp(f, &far, a[1], NULL, 100, 0));
    SHOW(sp(f, NULL, a[1], NULL, -1, 0));
    SHOW(sp(e, NULL, a[1], NULL, 8, 0));
    SHOW(sp(dir, NULL, a[1], NULL, 8, 0));
    SHOW(sp(a[0], NULL, append, NULL, 8, NB));
    SHOW(sp(a[0], NULL, e, NULL, 8, NB));
    SHOW(sp(a[0], NULL, f, NULL, 8, NB));
    SHOW_POINTERS(sp(f, p, a[1], NULL, 8, NB));
    SHOW_POINTERS(sp(a[0], NULL, f, p, 8, NB));
    SHOW(syscall(SYS_tee, a[0], b[1], 0, 0xff));
    SHOW(syscall(SYS_tee, -1, b[1], 0, 0));
    SHOW(syscall(SYS_tee, -1, b[1], 1, 0));
    SHOW(syscall(SYS_tee, a[0], a[1], 1, 0));
    SHOW(syscall(SYS_tee, f, a[1], 1, 0));
    SHOW(syscall(SYS_tee, a[1], b[1], 1, 0));
    SHOW(syscall(SYS_vmsplice, -1, NULL, 0, 0xff));
    SHOW(syscall(SYS_vmsplice, -1, NULL, 0, 0));
    SHOW(syscall(SYS_vmsplice, f, NULL, 0, 0));
    SHOW(syscall(SYS_vmsplice, f, &(struct iovec){big, 1}, 1, 0));
    SHOW(syscall(SYS_vmsplice, a[1], NULL, 1, 0));
    SHOW(syscall(SYS_vmsplice, a[1], NULL, 2000, 0));
    SHOW_POINTERS(syscall(SYS_vmsplice, a[1], &((struct iovec){p, 2}), 1, NB));
    SHOW(inside(a[0]));
    SHOW(ready(a[1]));
    close(f), close(e), close(append), close(dir), close(path);
}

static void files(void)
{
    CLAIM("between a file and a pipe");
    int64_t pos;
    int     f = open("/tmp/file", O_RDWR | O_CREAT, 0600),
        g = open("/tmp/copy", O_RDWR | O_CREAT, 0600);
    renew(O_NONBLOCK);
    for (size_t i = 0; i < sizeof(big); i++)
        big[i] = (char)(i * 7 + i / 4096);
    SHOW(write(f, big, 200000));
    pos = 100;
    SHOW(sp(f, &pos, a[1], NULL, 5000, 0));
    SHOW(pos);
    SHOW(inside(a[0]));
    SHOW(lseek(f, 0, SEEK_SET));
    SHOW(sp(f, NULL, a[1], NULL, 200000, 0)); /* what fits: pages */
    SHOW(lseek(f, 0, SEEK_CUR));
    SHOW(sp(f, NULL, a[1], NULL, 1, 0));
    SHOW(write(a[1], "x", 1));
    pos = 3;
    SHOW(sp(a[0], NULL, g, &pos, 5000, 0));
    SHOW(pos);
    SHOW(pread(g, back, sizeof(back), 0));
    SHOW(memcmp(back + 3, big + 100, 5000));
    SHOW(write(a[1], "x", 1)); /* nothing is added behind a file's bytes */
    SHOW(sp(a[0], NULL, g, NULL, 1000000, 0));
    SHOW(lseek(g, 0, SEEK_CUR));
    SHOW(pread(g, back, 50000, 0));
    SHOW(memcmp(back, big, 50000));
    SHOW(sp(a[0], NULL, g, NULL, 10, 0));
    pos = 200000;
    SHOW(sp(f, &pos, a[1], NULL, 10, 0)); /* the end */
    pos = 199999;
    SHOW(sp(f, &pos, a[1], NULL, 10, 0));
    SHOW(read(a[0], back, 10));
    int null = open("/dev/null", O_WRONLY), zero = open("/dev/zero", O_RDONLY);
    SHOW(write(a[1], big, 10000));
    SHOW(sp(a[0], NULL, null, NULL, 9000, 0));
    SHOW(inside(a[0]));
    SHOW(sp(zero, NULL, a[1], NULL, 9000, 0));
    SHOW(inside(a[0]));
    close(f), close(g), close(null), close(zero);
}

static void pipes(void)
{
    CLAIM("between pipes");
    renew(O_NONBLOCK);
    SHOW(sp(a[0], NULL, b[1], NULL, 10, 0));
    for (int i = 0; i < 3; i++)
        SHOW(write(a[1], big, 5000));
    SHOW(sp(a[0], NULL, b[1], NULL, 6000, 0));
    SHOW(inside(a[0]));
    SHOW(inside(b[0]));
    SHOW(write(b[1], big, 100));
    SHOW(sp(a[0], NULL, b[1], NULL, 100000, 0));
    SHOW(inside(b[0]));
    SHOW(read(b[0], back, 6000));
    SHOW(memcmp(back, big, 5000) || memcmp(back + 5000, big, 1000));
    SHOW(syscall(SYS_tee, b[0], a[1], 3000, 0));
    SHOW(syscall(SYS_tee, b[0], a[1], 300000, 0));
    SHOW(inside(a[0]));
    SHOW(inside(b[0]));
    SHOW(fcntl(a[1], F_SETPIPE_SZ, 4096));
    SHOW(read(a[0], back, sizeof(back)));
    SHOW(fcntl(a[1], F_SETPIPE_SZ, 4096));
    SHOW(syscall(SYS_tee, b[0], a[1], 300000, 0));
    SHOW(syscall(SYS_tee, b[0], a[1], 300000, 0));
    SHOW(sp(b[0], NULL, a[1], NULL, 1, 0));
    SHOW(write(a[1], big, 1));
    close(b[1]);
    SHOW(read(b[0], back, sizeof(back)));
    SHOW(read(a[0], back, sizeof(back)));
    SHOW(sp(b[0], NULL, a[1], NULL, 1, 0)); /* the end */
    SHOW(syscall(SYS_tee, b[0], a[1], 1, 0));
    close(a[0]), close(b[0]);
    signal(SIGPIPE, count_signal);
    if (pipe2(b, 0))
        abort();
    SHOW(write(b[1], big, 10));
    SHOW(sp(b[0], NULL, a[1], NULL, 1, 0));
    SHOW(signals);
    SHOW(syscall(SYS_tee, b[0], a[1], 1, 0));
    SHOW(signals);
    SHOW(syscall(SYS_vmsplice, a[1], &(struct iovec){big, 1}, 1, 0));
    SHOW(signals);
    close(a[1]), close(b[0]), close(b[1]);
    a[0] = 0;
}

static void memory(void)
{
    CLAIM("from and to memory");
    static char  page[3 * PAGE] __attribute__((aligned(PAGE)));
    struct iovec v[3] = {{page + 100, 5000}, {page, 0}, {page + PAGE, 10}};
    struct iovec all = {page, sizeof(page)}, r[2] = {{back, 10}, {pointer(NO_ACCESS), 5}};
    renew(0);
    memset(page, 'p', sizeof(page));
    SHOW(syscall(SYS_vmsplice, a[1], v, 3, 0)); /* three slots */
    SHOW(inside(a[0]));
    for (int i = 0; i < 5; i++)
        SHOW(syscall(SYS_vmsplice, a[1], &all, 1, NB));
    SHOW(inside(a[0]));
    SHOW(write(a[0], "x", 1));
    SHOW(syscall(SYS_vmsplice, a[0], r, 2, 0));
    SHOW(syscall(SYS_vmsplice, a[0], r + 1, 1, 0));
    SHOW(syscall(SYS_vmsplice, a[0], &(struct iovec){back, sizeof(back)}, 1, 0));
    SHOW(back[0] == 'p' && back[50000] == 'p');
    SHOW(syscall(SYS_vmsplice, a[0], r, 1, NB));
    SHOW(syscall(SYS_vmsplice, a[0], r, 0, 0));
}

static void sockets(void)
{
    CLAIM("between a socket and a pipe");
    int s[2];
    renew(0);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, s))
        abort();
    SHOW(sp(s[0], NULL, a[1], NULL, 100, NB));
    SHOW(write(s[1], "hello", 5));
    SHOW(sp(s[0], NULL, a[1], NULL, 100, 0));
    SHOW(sp(a[0], NULL, s[0], NULL, 100, 0));
    SHOW(read(s[1], back, 100));
    printf("%.5s\n", back);
    close(s[1]);
    SHOW(sp(s[0], NULL, a[1], NULL, 100, 0));
    SHOW(write(a[1], "x", 1));
    signals = 0;
    SHOW(sp(a[0], NULL, s[0], NULL, 100, 0));
    SHOW(signals);
    close(s[0]);
}

static void sending(void)
{
    CLAIM("sendfile to a pipe");
    int   f = open("/tmp/send", O_RDWR | O_CREAT, 0600), zero = open("/dev/zero", O_RDONLY);
    off_t pos = 4000;
    renew(O_NONBLOCK);
    SHOW(write(f, big, 200000));
    SHOW(syscall(SYS_sendfile, a[1], f, &pos, 200000));
    SHOW(pos);
    SHOW(inside(a[0]));
    SHOW(syscall(SYS_sendfile, a[1], f, &pos, 1));
    SHOW(syscall(SYS_sendfile, b[1], a[0], NULL, 1));
    SHOW(syscall(SYS_sendfile, b[1], zero, NULL, 10));
    SHOW(syscall(SYS_sendfile, b[1], f, NULL, -1));
    SHOW(lseek(f, 199990, SEEK_SET));
    SHOW(syscall(SYS_sendfile, b[1], f, NULL, 100));
    SHOW(lseek(f, 0, SEEK_CUR));
    SHOW(syscall(SYS_sendfile, b[1], f, NULL, 100));
    close(f), close(zero);
}

static void *splice_one(void *arg)
{
    (void)arg;
    return (void *)sp(a[0], NULL, b[1], NULL, 100, 0);
}

static void *tee_one(void *arg)
{
    (void)arg;
    return (void *)syscall(SYS_tee, a[0], b[1], 100, 0);
}

static void *fill_one(void *arg)
{
    (void)arg;
    return (void *)syscall(SYS_vmsplice, a[1], &(struct iovec){big, 1}, 1, 0);
}

static void waiting(void)
{
    CLAIM("splice waits");
    pthread_t t;
    void     *result;
    renew(0);
    pthread_create(&t, NULL, splice_one, NULL);
    sched_yield();
    SHOW(write(a[1], "abc", 3));
    pthread_join(t, &result);
    SHOW((long)result);
    pthread_create(&t, NULL, tee_one, NULL);
    sched_yield();
    SHOW(write(a[1], "defg", 4));
    pthread_join(t, &result);
    SHOW((long)result);
    SHOW(read(a[0], back, 10));
    SHOW(read(b[0], back, 10));
    while (syscall(SYS_vmsplice, a[1], &(struct iovec){big, 1}, 1, NB) == 1)
        ;
    pthread_create(&t, NULL, fill_one, NULL);
    sched_yield();
    SHOW(read(a[0], back, 1));
    pthread_join(t, &result);
    SHOW((long)result);
    SHOW(read(a[0], back, sizeof(back)));
    pthread_create(&t, NULL, splice_one, NULL);
    sched_yield();
    close(a[1]);
    pthread_join(t, &result);
    SHOW((long)result);
}

int main(void)
{
    buffer_output();
    wrong();
    files();
    pipes();
    memory();
    sockets();
    sending();
    waiting();
    return 0;
}
