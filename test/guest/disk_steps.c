/* SPDX-License-Identifier: Apache-2.0 */
/* disk_steps.c - writes files in steps, each of which is on the disk when the next begins: what the crash test
 * (test/crash) cuts off at any write. It prints nothing that depends on the machine.
 *
 * Step s makes file s % 13 of /data anew (under another name, which then replaces it), adds to it, or
 * removes it, as step_kind() says; contents follow from s and begin with it, so that the log of the disk's
 * writes tells how far the program was.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES 13

enum kind { REPLACE, ADD, REMOVE };

static enum kind step_kind(unsigned s)
{
    return s % 7 == 3 ? REMOVE : s % 3 == 1 ? ADD : REPLACE;
}

static size_t step_size(unsigned s)
{
    return 64 + s * 7919u % 40000;
}

static void step_bytes(unsigned s, char *bytes, size_t size)
{
    uint32_t x = s * 2654435761u + 1;
    int      n = snprintf(bytes, size, "cella step %08u\n", s);

    for (size_t i = (size_t)n; i < size; i++) {
        x = x * 1664525 + 1013904223;
        bytes[i] = (char)('a' + (x >> 24) % 26);
    }
}

static void sync_dir(void)
{
    int fd = open("/data", O_RDONLY | O_DIRECTORY);
    if (fd < 0 || fsync(fd) || close(fd))
        err(1, "/data");
}

static void put(unsigned s, const char *path, int flags)
{
    static char bytes[65536];
    size_t      size = step_size(s);
    int         fd = open(path, O_WRONLY | O_CREAT | flags, 0644);

    step_bytes(s, bytes, size);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || fsync(fd) || close(fd))
        err(1, "%s", path);
}

static void step(unsigned s)
{
    char path[32];

    snprintf(path, sizeof(path), "/data/%u", s % FILES);
    switch (step_kind(s)) {
    case REPLACE:
        put(s, "/data/new", O_TRUNC);
        if (rename("/data/new", path))
            err(1, "rename");
        break;
    case ADD:
        put(s, path, O_APPEND);
        break;
    case REMOVE:
        if (unlink(path) && access(path, F_OK) == 0)
            err(1, "unlink");
        break;
    }
    sync_dir();
}

int main(int argc, char **argv)
{
    unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 60;

    if (mkdir("/data", 0755))
        err(1, "mkdir");
    for (unsigned s = 1; s <= n; s++)
        step(s);
    printf("%u steps are on the disk\n", n);
    return 0;
}
