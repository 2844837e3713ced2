/* SPDX-License-Identifier: Apache-2.0 */
/* disk_threads.c - many threads change one disk at once, each its own files, in directories that all share.
 *
 * What a thread does follows from its number, and it knows what its files must hold; so what is printed and what
 * is left on the disk does not depend on who was faster. All add records to one file, too, whose records must
 * all be there at the end, each in one piece; it goes then. The runner has e2fsck look at the disk afterwards.
 */
/* cpus: 4 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define THREADS 8u
#define FILES   6u
#define STEPS   150u
#define RECORDS 40u
#define MOST    60000u

struct file {
    int      there, dir; /* in which of the shared directories */
    unsigned size;
    uint8_t *bytes;
};

struct worker {
    pthread_t   thread;
    unsigned    nr, writes, moves, removals;
    uint32_t    rng;
    struct file files[FILES];
};

static struct worker workers[THREADS];
static int           common;

static uint32_t rnd(struct worker *w, uint32_t below)
{
    w->rng = w->rng * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)(w->rng >> 4) * below >> 28);
}

static void path_of(char path[64], const struct worker *w, unsigned i, int dir, const char *kind)
{
    snprintf(path, 64, "/shared/%d/%u-%s-%u", dir, w->nr, kind, i);
}

static void do_write(struct worker *w, unsigned i)
{
    struct file *f = &w->files[i];
    unsigned     len = 1 + rnd(w, 9000), at = rnd(w, f->size + 4000);
    char         path[64];

    if (at + len > MOST)
        at = MOST - len;
    if (!f->there)
        f->dir = (int)rnd(w, 3);
    path_of(path, w, i, f->dir, "file");
    int fd = open(path, O_RDWR | O_CREAT, 0644);
    memset(f->bytes + at, 'a' + (int)rnd(w, 26), len);
    if (fd < 0 || pwrite(fd, f->bytes + at, len, at) != (ssize_t)len)
        err(1, "write %s", path);
    if (rnd(w, 12) == 0 && fsync(fd))
        err(1, "fsync %s", path);
    close(fd);
    f->there = 1;
    f->size = at + len > f->size ? at + len : f->size;
    w->writes++;
}

static void do_cut(struct worker *w, unsigned i)
{
    struct file *f = &w->files[i];
    unsigned     size = rnd(w, f->size + 1);
    char         path[64];

    path_of(path, w, i, f->dir, "file");
    if (truncate(path, size))
        err(1, "truncate %s", path);
    memset(f->bytes + size, 0, MOST - size);
    f->size = size;
}

static void do_move(struct worker *w, unsigned i)
{
    struct file *f = &w->files[i];
    int          dir = (int)rnd(w, 3);
    char         from[64], to[64];

    path_of(from, w, i, f->dir, "file");
    path_of(to, w, i, dir, "file");
    if (rename(from, to))
        err(1, "rename %s", from);
    f->dir = dir;
    w->moves++;
}

static void do_remove(struct worker *w, unsigned i)
{
    struct file *f = &w->files[i];
    char         path[64];

    path_of(path, w, i, f->dir, "file");
    if (unlink(path))
        err(1, "unlink %s", path);
    memset(f->bytes, 0, MOST);
    f->there = 0;
    f->size = 0;
    w->removals++;
}

/* A directory with names comes, moves and goes. */
static void do_directory(struct worker *w)
{
    char dir[64], moved[64], name[80];

    path_of(dir, w, 0, (int)rnd(w, 3), "dir");
    path_of(moved, w, 0, (int)rnd(w, 3), "moved");
    if (mkdir(dir, 0755))
        err(1, "mkdir %s", dir);
    for (unsigned i = 0; i < 5; i++) {
        snprintf(name, sizeof(name), "%s/%u", dir, i);
        if (symlink("nowhere", name))
            err(1, "symlink %s", name);
    }
    if (rename(dir, moved))
        err(1, "rename %s", dir);
    for (unsigned i = 0; i < 5; i++) {
        snprintf(name, sizeof(name), "%s/%u", moved, i);
        if (unlink(name))
            err(1, "unlink %s", name);
    }
    if (rmdir(moved))
        err(1, "rmdir %s", moved);
}

static void add_record(struct worker *w, unsigned n)
{
    char record[32];

    memset(record, '.', sizeof(record));
    snprintf(record, sizeof(record), "thread %u record %u", w->nr, n);
    record[sizeof(record) - 1] = '\n';
    if (write(common, record, sizeof(record)) != sizeof(record))
        err(1, "write /shared/common");
}

static void step(struct worker *w)
{
    unsigned i = rnd(w, FILES), kind = rnd(w, 10);

    if (kind == 0)
        do_directory(w);
    else if (kind < 6 || !w->files[i].there)
        do_write(w, i);
    else if (kind == 6)
        do_cut(w, i);
    else if (kind == 7)
        do_remove(w, i);
    else
        do_move(w, i);
}

static void *work(void *arg)
{
    struct worker *w = arg;

    for (unsigned s = 0; s < STEPS; s++) {
        step(w);
        if (s % 4 == 0 && s / 4 < RECORDS)
            add_record(w, s / 4);
        if (s % 50 == 49)
            sync();
    }
    return NULL;
}

/* --- looking at what is there ------------------------------------------------------------------ */

static int is_right(const struct worker *w, unsigned i)
{
    static uint8_t     bytes[MOST + 1];
    const struct file *f = &w->files[i];
    char               path[64];

    for (int dir = 0; dir < 3; dir++) {
        path_of(path, w, i, dir, "file");
        if (access(path, F_OK) != (f->there && f->dir == dir ? 0 : -1))
            return 0;
    }
    if (!f->there)
        return 1;
    path_of(path, w, i, f->dir, "file");
    int     fd = open(path, O_RDONLY);
    ssize_t n = read(fd, bytes, sizeof(bytes));
    close(fd);
    return n == (ssize_t)f->size && memcmp(bytes, f->bytes, f->size) == 0;
}

static void check_common(void)
{
    unsigned next[THREADS] = {0}, nr, n, bad = 0, total = 0;
    char     record[32];
    int      fd = open("/shared/common", O_RDONLY);

    while (read(fd, record, sizeof(record)) == sizeof(record)) {
        if (sscanf(record, "thread %u record %u", &nr, &n) != 2 || nr >= THREADS || n != next[nr] ||
            record[31] != '\n')
            bad++;
        else
            next[nr]++;
        total++;
    }
    close(fd);
    printf("common: %u records, %u bad\n", total, bad);
}

static void report(const struct worker *w)
{
    unsigned right = 0, there = 0;

    for (unsigned i = 0; i < FILES; i++) {
        right += (unsigned)is_right(w, i);
        there += (unsigned)w->files[i].there;
    }
    printf("thread %u: %u writes, %u moves, %u removals, %u files, %u of %u right\n", w->nr,
           w->writes, w->moves, w->removals, there, right, FILES);
}

int main(void)
{
    mkdir("/shared", 0755);
    mkdir("/shared/0", 0755);
    mkdir("/shared/1", 0755);
    mkdir("/shared/2", 0755);
    common = open("/shared/common", O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (common < 0)
        err(1, "/shared/common");
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i].nr = i;
        workers[i].rng = i * 7919 + 1;
        for (unsigned k = 0; k < FILES; k++)
            workers[i].files[k].bytes = calloc(1, MOST);
    }
    for (unsigned i = 0; i < THREADS; i++)
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
            errx(1, "no thread");
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    for (unsigned i = 0; i < THREADS; i++)
        report(&workers[i]);
    check_common();
    unlink("/shared/common"); /* its records are in an order that nobody knows */
    sync();
    return 0;
}
