/* SPDX-License-Identifier: Apache-2.0 */
/* files_limit.c - RLIMIT_FSIZE: what may make a file larger stops at the limit, and says so by an error
 * and a signal; what does not, does not care. */
#define _GNU_SOURCE
#include "show.h"
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIMIT 1000

static volatile sig_atomic_t signals;

static void count(int sig, siginfo_t *info, void *context)
{
    (void)sig, (void)context;
    signals += info->si_code == SI_KERNEL ? 100 : info->si_code == SI_USER ? 1 : 10000;
}

static void limit(rlim_t bytes)
{
    struct rlimit l = {bytes, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &l);
}

static void state(int fd)
{
    struct stat st = {0};
    fstat(fd, &st);
    printf("    size %ld, position %ld, signals %d\n", (long)st.st_size,
           (long)lseek(fd, 0, SEEK_CUR), (int)signals);
    signals = 0;
}

static char bytes[3000];

static void writing(int fd)
{
    CLAIM("write stops at the limit");
    SHOW(write(fd, bytes, 600));
    SHOW(write(fd, bytes, 600));
    state(fd);
    SHOW(write(fd, bytes, 600));
    SHOW(write(fd, bytes, 0));
    state(fd);
    SHOW(pwrite(fd, bytes, 100, 950));
    SHOW(pwrite(fd, bytes, 100, 1000));
    SHOW(pwrite(fd, bytes, 0, 5000));
    SHOW(pwrite(fd, bytes, 100, 5000));
    state(fd);
}

static void sizes(int fd, const char *path)
{
    CLAIM("sizes are limited");
    SHOW(ftruncate(fd, 1001));
    SHOW(ftruncate(fd, 1000));
    SHOW(truncate(path, 1001));
    state(fd);
    SHOW(fallocate(fd, 0, 0, 1000));
    SHOW(fallocate(fd, 0, 900, 200));
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 5000));
    state(fd);
}

static void copying(int fd)
{
    CLAIM("what copies stops at the limit");
    int from = open("/tmp/from", O_RDWR | O_CREAT, 0600), pipes[2];

    limit(RLIM_INFINITY);
    SHOW(write(from, bytes, sizeof(bytes)));
    limit(LIMIT);
    SHOW(lseek(fd, 800, SEEK_SET));
    SHOW(lseek(from, 0, SEEK_SET));
    SHOW(sendfile(fd, from, NULL, 200));
    SHOW(sendfile(fd, from, NULL, 500));
    state(fd);
    SHOW(lseek(fd, 800, SEEK_SET));
    SHOW(copy_file_range(from, NULL, fd, NULL, 500, 0));
    SHOW(copy_file_range(from, NULL, fd, NULL, 500, 0));
    state(fd);
    SHOW(pipe(pipes));
    SHOW(write(pipes[1], bytes, 2000));
    SHOW(splice(pipes[0], NULL, fd, NULL, 10, 0));
    state(fd);
}

/* Files that are larger already stay, and may be written within. */
static void larger(int fd)
{
    CLAIM("files that are larger already stay so");
    limit(RLIM_INFINITY);
    SHOW(ftruncate(fd, 2000));
    limit(LIMIT);
    SHOW(pwrite(fd, bytes, 100, 950));
    SHOW(pwrite(fd, bytes, 100, 1500));
    SHOW(ftruncate(fd, 2000));
    SHOW(ftruncate(fd, 1900));
    SHOW(ftruncate(fd, 1950));
    SHOW(fallocate(fd, 0, 0, 1900));
    state(fd);
    char *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    at[1800] = 'x';
    SHOW(pread(fd, bytes, 1, 1800));
    printf("    mapped: %c\n", bytes[0]);
    SHOW_OK(open("/tmp/new", O_WRONLY | O_CREAT, 0600));
    SHOW(mkdir("/tmp/folder", 0700));
    limit(0);
    SHOW(write(1, "to the terminal\n", 16));
    SHOW(symlink("x", "/tmp/link"));
    SHOW(ftruncate(memfd_create("memory", 0), 1));
    state(fd);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = count, .sa_flags = SA_SIGINFO};
    int              fd = open("/tmp/limited", O_RDWR | O_CREAT, 0600);

    setvbuf(stdout, NULL, _IOLBF, 0);
    sigaction(SIGXFSZ, &action, NULL);
    limit(LIMIT);
    writing(fd);
    sizes(fd, "/tmp/limited");
    copying(fd);
    larger(fd);
    signal(SIGXFSZ, SIG_DFL);
    write(fd, bytes, 1);
    return 1;
}
