/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c - what a program pays for memory: one piece is a loop over an operation, everything in its body
 * included. Each row is measured three times over, so that the last time finds code and tables as they stay.
 *
 * The loop bodies do what those did with which the peers were measured (bench/memory.sh has their figures),
 * through the C library as there.
 */
#define _GNU_SOURCE
#include "measure.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define TIMES 3
#define LOOP  1 /* the one kind of piece */

static void touch(char *p, size_t len, size_t step)
{
    for (size_t at = 0; at < len; at += step)
        ((volatile char *)p)[at] = 1;
}

static void map_and_unmap(void)
{
    announce(LOOP, "mmap+munmap 64 KiB, untouched", TIMES, 2000);
    for (int t = 0; t < TIMES; t++) {
        BEGIN(LOOP);
        for (int n = 0; n < 2000; n++)
            munmap(map_anonymous(64 * KIB, 0), 64 * KIB);
        END(LOOP);
    }
}

static void map_touch_unmap(const char *name, size_t len, int passes)
{
    announce(LOOP, name, TIMES, passes);
    for (int t = 0; t < TIMES; t++) {
        BEGIN(LOOP);
        for (int n = 0; n < passes; n++) {
            char *p = map_anonymous(len, 0);
            touch(p, len, PAGE);
            munmap(p, len);
        }
        END(LOOP);
    }
}

/* Take the right to write from a part of a touched area, and give it back. */
static void protect_twice(const char *name, size_t area, size_t at, size_t len, int passes)
{
    char *p = map_anonymous(area, 0);

    memset(p, 1, area);
    announce(LOOP, name, TIMES, passes);
    for (int t = 0; t < TIMES; t++) {
        BEGIN(LOOP);
        for (int n = 0; n < passes; n++) {
            mprotect(p + at, len, PROT_READ);
            mprotect(p + at, len, PROT_READ | PROT_WRITE);
        }
        END(LOOP);
    }
    munmap(p, area);
}

/* Only the touches are measured. */
static void first_touches(const char *name, size_t len, size_t step, int more)
{
    announce(LOOP, name, TIMES, (long)(len / step));
    for (int t = 0; t < TIMES; t++) {
        char *p = map_anonymous(len, more);
        BEGIN(LOOP);
        touch(p, len, step);
        END(LOOP);
        munmap(p, len);
    }
}

static int file_in_memory(size_t len)
{
    static char contents[MIB];
    int         file = open("/tmp/mapped", O_CREAT | O_TRUNC | O_RDWR, 0600);

    memset(contents, 7, sizeof(contents));
    need(file >= 0 && write(file, contents, len) == (ssize_t)len, "/tmp/mapped");
    return file;
}

static void file_touches(void)
{
    int file = file_in_memory(MIB);

    announce(LOOP, "cached file-mapping fault", TIMES, MIB / PAGE);
    for (int t = 0; t < TIMES; t++) {
        char         *p = mmap(NULL, MIB, PROT_READ, MAP_PRIVATE, file, 0);
        volatile char sum = 0;
        need(p != MAP_FAILED, "mmap of /tmp/mapped");
        BEGIN(LOOP);
        for (size_t at = 0; at < MIB; at += PAGE)
            sum = (char)(sum + p[at]);
        END(LOOP);
        need(sum == (char)(7 * (MIB / PAGE)), "contents of /tmp/mapped");
        munmap(p, MIB);
    }
    close(file);
    unlink("/tmp/mapped");
}

int main(void)
{
    map_and_unmap();
    map_touch_unmap("mmap, touch, munmap 4 KiB", 4 * KIB, 1000);
    map_touch_unmap("mmap, touch each page, munmap 64 KiB", 64 * KIB, 500);
    map_touch_unmap("mmap, touch each page, munmap 2 MiB", 2 * MIB, 20);
    map_touch_unmap("mmap, touch each page, munmap 64 MiB", 64 * MIB, 1);
    protect_twice("mprotect twice, 4 KiB in a touched area", 16 * KIB, 4 * KIB, 4 * KIB, 2000);
    protect_twice("mprotect twice, 2 MiB touched", 2 * MIB, 0, 2 * MIB, 200);
    first_touches("anonymous page fault, per 4 KiB of 16 MiB", 16 * MIB, 4 * KIB, 0);
    first_touches("one touch per 2 MiB of 512 MiB", 512 * MIB, 2 * MIB, MAP_NORESERVE);
    file_touches();
    puts("measured");
    return 0;
}
