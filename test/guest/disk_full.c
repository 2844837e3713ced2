/* SPDX-License-Identifier: Apache-2.0 */
/* disk_full.c - a disk that is full says so at the write, and has room again when a file is gone. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char piece[65536];

/* Write until it fails; the error. *mib: how many whole MiB there were. */
static int fill(const char *path, long *mib)
{
    int     fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ssize_t n;
    long    bytes = 0;

    errno = 0;
    while ((n = write(fd, piece, sizeof(piece))) > 0)
        bytes += n;
    int failed = errno;
    printf("fsync %d, close %d\n", fsync(fd), close(fd));
    *mib = bytes >> 20;
    return failed;
}

int main(void)
{
    long first, second;

    memset(piece, 'x', sizeof(piece));
    printf("full: %s\n", strerror(fill("/big", &first)));
    printf("some MiB fit: %d\n", first > 2);

    int fd = open("/big", O_RDWR);
    printf("writing over what is there: %zd\n", pwrite(fd, piece, 4096, 0));
    printf("fsync %d, close %d\n", fsync(fd), close(fd));
    int dir = open("/", O_RDONLY);
    printf("unlink %d, sync %d\n", unlink("/big"), fsync(dir));
    printf("full: %s\n", strerror(fill("/big", &second)));
    printf("as much as before: %d\n", first == second);
    return 0;
}
