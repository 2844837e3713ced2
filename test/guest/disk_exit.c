/* SPDX-License-Identifier: Apache-2.0 */
/* disk_exit.c - a process that ends while its threads make, write, map and remove files leaves a file system
 * in which e2fsck finds nothing: none of them changes it any more once it is put away. */
/* flags: -pthread */
/* cpus: 4 */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define THREADS 6
#define ROUNDS  3 /* that each has behind it when the process ends */

static atomic_uint busy;

static void make_file(const char *path, char byte)
{
    char bytes[9000];
    int  fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    memset(bytes, byte, sizeof(bytes));
    if (fd < 0 || write(fd, bytes, sizeof(bytes)) != sizeof(bytes))
        err(1, "%s", path);
    char *map = mmap(NULL, sizeof(bytes), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED) {
        map[4096] = '!';
        munmap(map, sizeof(bytes));
    }
    close(fd);
}

static void *change_files(void *arg)
{
    unsigned n = (unsigned)(uintptr_t)arg;
    char     dir[32], path[64], other[64];

    snprintf(dir, sizeof(dir), "/busy%u", n);
    snprintf(path, sizeof(path), "%s/file", dir);
    snprintf(other, sizeof(other), "%s/other", dir);
    for (unsigned round = 0;; round++) {
        mkdir(dir, 0755);
        make_file(path, (char)('a' + n));
        rename(path, other);
        if (round == ROUNDS)
            atomic_fetch_add(&busy, 1);
        unlink(other);
        rmdir(dir);
    }
    return NULL;
}

int main(void)
{
    pthread_t t;

    for (uintptr_t n = 0; n < THREADS; n++)
        if (pthread_create(&t, NULL, change_files, (void *)n))
            return 1;
    while (atomic_load(&busy) < THREADS)
        usleep(1000);
    puts("the process ends while all of them change files");
    fflush(stdout);
    _exit(0);
}
