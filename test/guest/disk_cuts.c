/* SPDX-License-Identifier: Apache-2.0 */
/* disk_cuts.c - four threads change one disk in steps, each of which is on the disk when the thread's next begins:
 * what the crash test (test/crash) cuts off at any write. It prints nothing that depends on the machine.
 *
 *     disk_cuts [STEPS]     so many steps by each thread, then how many are on the disk
 *     disk_cuts list        what /data holds, a line for each file: path, size, CRC-32
 *
 * A thread has five files, each in the thread's folder or in one that all share. A step makes one anew (under
 * another name, which then replaces it), adds to it, writes over a part, cuts it, moves it or removes it,
 * and syncs what that takes. Then the thread writes the step's number to a record of its own, so that
 * the log of the disk's writes tells which steps were on the disk. In between it changes files that it never
 * syncs: "noise", of which nothing is known but the one byte they are made of. What a thread does follows
 * from its number; test/crash/threads.py knows it, too.
 */
/* cpus: 4 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define THREADS 4u
#define FILES   5u
#define NOISES  4u
#define MOST    40000u

enum kind { MAKE, ADD, OVER, CUT, MOVE, REMOVE, KINDS };

struct file {
    int      there, shared;
    unsigned size;
};

struct worker {
    pthread_t   thread;
    unsigned    nr, steps;
    uint32_t    rng;
    int         record;
    struct file files[FILES];
    char        bytes[MOST];
};

static struct worker workers[THREADS];

static uint32_t rnd(struct worker *w, uint32_t below)
{
    w->rng = w->rng * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)(w->rng >> 4) * below >> 28);
}

/* --- small steps ----------------------------------------------------------------------------- */

static void path_of(char path[64], const struct worker *w, unsigned i, int shared, const char *kind)
{
    if (shared)
        snprintf(path, 64, "/data/all/%u-%s%u", w->nr, kind, i);
    else
        snprintf(path, 64, "/data/%u/%s%u", w->nr, kind, i);
}

static int must_open(const char *path, int flags)
{
    int fd = open(path, flags, 0644);
    if (fd < 0)
        err(1, "open %s", path);
    return fd;
}

static void must_write(int fd, const char *bytes, unsigned len, unsigned at)
{
    if (pwrite(fd, bytes, len, at) != (ssize_t)len)
        err(1, "write");
}

static void sync_and_close(int fd, int (*sync_it)(int))
{
    if (sync_it(fd) || close(fd))
        err(1, "sync");
}

static void sync_dir(const struct worker *w, int shared)
{
    char path[64] = "/data/all";

    if (!shared)
        snprintf(path, sizeof(path), "/data/%u", w->nr);
    sync_and_close(must_open(path, O_RDONLY | O_DIRECTORY), fsync);
}

static void must_rename(const char *from, const char *to)
{
    if (rename(from, to))
        err(1, "rename %s", from);
}

/* The bytes of step s. */
static void fill(struct worker *w, unsigned s, unsigned len)
{
    uint32_t x = (w->nr << 20 | s) * 2654435761u + 1;

    for (unsigned i = 0; i < len; i++) {
        x = x * 1664525 + 1013904223;
        w->bytes[i] = (char)('a' + (x >> 24) % 26);
    }
}

/* --- steps ----------------------------------------------------------------------------------- */

static void make(struct worker *w, unsigned i, unsigned s)
{
    struct file *f = &w->files[i];
    char         path[64], new[64];

    if (!f->there)
        f->shared = (int)rnd(w, 2);
    f->size = 1 + rnd(w, MOST / 2);
    f->there = 1;
    fill(w, s, f->size);
    path_of(new, w, 0, 0, "new");
    path_of(path, w, i, f->shared, "");
    int fd = must_open(new, O_WRONLY | O_CREAT | O_TRUNC);
    must_write(fd, w->bytes, f->size, 0);
    sync_and_close(fd, fsync);
    must_rename(new, path);
    sync_dir(w, f->shared);
}

/* Writes s's bytes from `at` on. */
static void put(struct worker *w, unsigned i, unsigned s, unsigned at, unsigned len)
{
    struct file *f = &w->files[i];
    char         path[64];

    path_of(path, w, i, f->shared, "");
    int fd = must_open(path, O_WRONLY);
    fill(w, s, len);
    must_write(fd, w->bytes, len, at);
    sync_and_close(fd, fdatasync);
    f->size = at + len > f->size ? at + len : f->size;
}

static void cut(struct worker *w, unsigned i)
{
    struct file *f = &w->files[i];
    char         path[64];

    path_of(path, w, i, f->shared, "");
    f->size = 1 + rnd(w, f->size);
    int fd = must_open(path, O_WRONLY);
    if (ftruncate(fd, f->size))
        err(1, "ftruncate");
    sync_and_close(fd, fsync);
}

/* Either of the two directories' sync has both changes on the disk: they are one. */
static void move(struct worker *w, unsigned i)
{
    struct file *f = &w->files[i];
    char         from[64], to[64];

    path_of(from, w, i, f->shared, "");
    path_of(to, w, i, !f->shared, "");
    must_rename(from, to);
    f->shared = !f->shared;
    sync_dir(w, (int)rnd(w, 2));
}

static void drop(struct worker *w, unsigned i)
{
    struct file *f = &w->files[i];
    char         path[64];

    path_of(path, w, i, f->shared, "");
    if (unlink(path))
        err(1, "unlink %s", path);
    f->there = 0;
    f->size = 0;
    sync_dir(w, f->shared);
}

static void step(struct worker *w, unsigned s)
{
    unsigned     i = rnd(w, FILES), at;
    struct file *f = &w->files[i];
    enum kind    kind = (enum kind)rnd(w, KINDS);

    if (!f->there || (kind == ADD && f->size >= MOST))
        kind = MAKE;
    switch (kind) {
    case ADD:
        put(w, i, s, f->size, 1 + rnd(w, MOST - f->size < 9000 ? MOST - f->size : 9000));
        break;
    case OVER:
        at = rnd(w, f->size);
        put(w, i, s, at, 1 + rnd(w, f->size - at));
        break;
    case CUT:
        cut(w, i);
        break;
    case MOVE:
        move(w, i);
        break;
    case REMOVE:
        drop(w, i);
        break;
    default:
        make(w, i, s);
        break;
    }
}

/* --- what is not synced ------------------------------------------------------------------------ */

static void noise_write(struct worker *w, const char *path)
{
    int      fd = must_open(path, O_WRONLY | O_CREAT);
    unsigned at = rnd(w, MOST), len = 1 + rnd(w, 12000);

    memset(w->bytes, 'A' + (int)w->nr, len);
    must_write(fd, w->bytes, len, at);
    if (close(fd))
        err(1, "close");
}

static void noise(struct worker *w)
{
    unsigned i = rnd(w, NOISES), to = rnd(w, NOISES);
    char     path[64], other[64];

    path_of(path, w, i, i % 2 != 0, "noise");
    path_of(other, w, to, to % 2 != 0, "noise");
    switch (rnd(w, 6)) {
    case 0:
        unlink(path);
        break;
    case 1:
        rename(path, other);
        break;
    case 2:
        if (truncate(path, rnd(w, MOST)) && errno != ENOENT)
            err(1, "truncate");
        break;
    default:
        noise_write(w, path);
        break;
    }
}

/* --- threads ----------------------------------------------------------------------------------- */

/* Tell that all steps up to s are on the disk. */
static void record(struct worker *w, unsigned s)
{
    char text[64];
    int  len = snprintf(text, sizeof(text), "cuts: thread %u, step %06u\n", w->nr, s);

    must_write(w->record, text, (unsigned)len, 0);
    if (fdatasync(w->record))
        err(1, "record");
}

static void *work(void *arg)
{
    struct worker *w = arg;

    for (unsigned s = 1; s <= w->steps; s++) {
        noise(w);
        step(w, s);
        record(w, s);
    }
    return NULL;
}

static void prepare(struct worker *w, unsigned nr, unsigned steps)
{
    char path[64];

    w->nr = nr;
    w->steps = steps;
    w->rng = nr * 77 + 5;
    snprintf(path, sizeof(path), "/data/%u", nr);
    if (mkdir(path, 0755))
        err(1, "mkdir");
    snprintf(path, sizeof(path), "/data/record%u", nr);
    w->record = must_open(path, O_WRONLY | O_CREAT);
    record(w, 0);
}

static int run(unsigned steps)
{
    if (mkdir("/data", 0755) || mkdir("/data/all", 0755))
        err(1, "mkdir");
    for (unsigned i = 0; i < THREADS; i++)
        prepare(&workers[i], i, steps);
    sync();
    for (unsigned i = 0; i < THREADS; i++)
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
            err(1, "pthread_create");
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    printf("%u steps of each thread are on the disk\n", steps);
    return 0;
}

/* --- looking ----------------------------------------------------------------------------------- */

static uint32_t crc_of(int fd)
{
    static uint8_t bytes[65536];
    uint32_t       crc = ~0u;
    ssize_t        n;

    while ((n = read(fd, bytes, sizeof(bytes))) > 0)
        for (ssize_t i = 0; i < n; i++) {
            crc ^= bytes[i];
            for (int bit = 0; bit < 8; bit++)
                crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
        }
    if (n < 0)
        err(1, "read");
    return ~crc;
}

static int show(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)where;
    if (type != FTW_F)
        return 0;
    int fd = must_open(path, O_RDONLY);
    printf("%s %lld %08x\n", path, (long long)st->st_size, crc_of(fd));
    return close(fd);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "list") == 0)
        return access("/data", F_OK) == 0 && nftw("/data", show, 8, FTW_PHYS) ? 1 : 0;
    return run(argc > 1 ? (unsigned)atoi(argv[1]) : 30);
}
