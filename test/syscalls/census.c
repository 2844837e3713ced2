/* SPDX-License-Identifier: Apache-2.0 */
/* census.c - what the kernel holds for this program, and giving everything back: see random_calls.h.
 *
 * /proc/slabinfo counts objects of the kernel's heap by their size, which is everything but frames: open
 * files, inodes, threads, areas, timers, watches, messages.
 */
#include "random_calls.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <unistd.h>

#define TIMERS 100000 /* numbers that timers can have */
#define PLACES 8192   /* of System V's objects */
#define SLACK  12

/* --- giving back ------------------------------------------------------------------------------------ */

static void remove_attributes(const char *path)
{
    char    names[1024];
    ssize_t len = llistxattr(path, names, sizeof(names));
    for (ssize_t at = 0; at < len; at += (ssize_t)strlen(names + at) + 1)
        lremovexattr(path, names + at);
}

static void remove_tree(int dir, const char *name);

/* What is in the directory that fd stands for, which is closed. */
static void empty(int fd)
{
    DIR           *d = fdopendir(fd);
    struct dirent *e;
    while (d && (e = readdir(d)))
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
            remove_tree(fd, e->d_name);
    if (d)
        closedir(d);
}

/* Names that may not be changed are made so that they may. */
static void remove_tree(int dir, const char *name)
{
    int none = 0, fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);

    if (fd >= 0)
        ioctl(fd, FS_IOC_SETFLAGS, &none);
    if (unlinkat(dir, name, 0) && fd >= 0 && unlinkat(dir, name, AT_REMOVEDIR)) {
        empty(fd);
        fd = -1;
        unlinkat(dir, name, AT_REMOVEDIR);
    }
    if (fd >= 0)
        close(fd);
}

static void remove_files(void)
{
    static const char *const roots[] = {"/tmp", "/dev/shm", "/root"};

    for (size_t i = 0; i < COUNT(roots); i++) {
        int none = 0, fd = open(roots[i], O_RDONLY | O_DIRECTORY);
        if (fd < 0)
            continue;
        ioctl(fd, FS_IOC_SETFLAGS, &none);
        empty(fd);
        remove_attributes(roots[i]);
    }
}

static void remove_memory(void)
{
    munmap((void *)(ARENA - LARGE), MAX_THREADS * ARENA_STEP + 2 * LARGE);
    for (unsigned i = 0; i < MAX_THREADS; i++) {
        for (size_t k = 0; k < MAX_FLOATS; k++)
            drop_floating(&workers[i].floats[k]);
    }
    RAW(SYS_brk, heap_start);
}

/* System V's objects, found by their place. */
void remove_ipc(void)
{
    static const struct {
        long nr;
        int  stat; /* ..._STAT_ANY */
    } kinds[] = {{SYS_msgctl, 13}, {SYS_semctl, 20}, {SYS_shmctl, 15}};
    static uint64_t room[64];

    for (size_t k = 0; k < COUNT(kinds); k++)
        for (int place = 0; place < PLACES; place++) {
            bool sem = kinds[k].nr == SYS_semctl;
            long id = RAW(kinds[k].nr, place, sem ? 0 : kinds[k].stat,
                          sem ? (uint64_t)kinds[k].stat : (uint64_t)room, room);
            if (id >= 0)
                RAW(kinds[k].nr, id, 0 /* IPC_RMID */, 0, 0);
        }
}

static void remove_timers(void)
{
    struct itimerval none = {0};

    for (int which = 0; which < 3; which++)
        setitimer(which, &none, NULL);
    for (int id = 0, missing = 0; id < TIMERS && missing < 4096; id++)
        missing = RAW(SYS_timer_delete, id) ? missing + 1 : 0;
}

/* Those that stay open. */
static void unlock_files(void)
{
    struct flock whole = {.l_type = F_UNLCK};

    for (int fd = 0; fd <= PROGRAM_FD; fd++) {
        flock(fd, LOCK_UN);
        fcntl(fd, F_SETLK, &whole);
        fcntl(fd, F_OFD_SETLK, &whole);
    }
}

void unconfine(void)
{
    struct rlimit many = {256, 256}, stack = {LARGE, LARGE}, all = {RLIM_INFINITY, RLIM_INFINITY};

    fchdir(ROOT_FD);
    RAW(SYS_chroot, ".");
    for (int resource = 0; resource < RLIM_NLIMITS; resource++)
        RAW(SYS_prlimit64, 0, resource,
            resource == RLIMIT_NOFILE  ? &many
            : resource == RLIMIT_STACK ? &stack
                                       : &all,
            0);
    umask(022);
}

/* A call may have renamed the program: what it is called is kept while it runs. */
static void name_program_back(void)
{
    static const char name[] = "/usr/bin/random_calls";
    char              is[4096] = "";

    if (readlink("/proc/self/exe", is, sizeof(is) - 1) > 0 && strcmp(is, name))
        rename(is, name);
}

void give_back(void)
{
    unconfine();
    name_program_back();
    RAW(SYS_close_range, FIRST_FD, LAST_FD, 0);
    close(socket(AF_UNIX, SOCK_STREAM, 0)); /* then those are looked for that only messages keep */
    unlock_files();
    catch_signals();
    remove_timers();
    destroy_contexts();
    remove_memory();
    remove_ipc();
    unlink_queues();
    remove_files();
    RAW(SYS_sethostname, "cella", 5);
    sync();
}

/* --- counting --------------------------------------------------------------------------------------- */

static size_t read_file(const char *path, char *text, size_t size)
{
    int     fd = open(path, O_RDONLY);
    ssize_t len = 0, n;

    while (fd >= 0 && (n = read(fd, text + len, size - 1 - (size_t)len)) > 0)
        len += n;
    close(fd);
    text[len] = 0;
    return (size_t)len;
}

static void count(struct census *c, const char *name, long n)
{
    if (c->n == MAX_COUNTS)
        return;
    snprintf(c->of[c->n].name, sizeof(c->of[0].name), "%s", name);
    c->of[c->n++].count = n;
}

static void count_names(struct census *c, const char *what, const char *path)
{
    DIR *d = opendir(path);
    long n = 0;
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    count(c, what, n);
}

/* Objects by size. Frames that the heap has. */
static long count_heap(struct census *c)
{
    char text[4096], name[24];
    long used, slabs, frames = 0;

    read_file("/proc/slabinfo", text, sizeof(text));
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        if (sscanf(line, "%23s %ld %*d %*d %*d %*d : tunables %*d %*d %*d : slabdata %ld", name,
                   &used, &slabs) != 3)
            continue;
        count(c, name, used);
        frames += slabs;
    }
    return frames;
}

static long line_of(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at ? atol(at + strlen(name)) : 0;
}

/* Frames that are neither free, nor the heap's, nor hold what files or the program have. */
static void count_frames(struct census *c, long heap)
{
    char text[4096];
    long size, resident = 0, of_files = 0;

    read_file("/proc/meminfo", text, sizeof(text));
    long used = (line_of(text, "MemTotal:") - line_of(text, "MemFree:")) / 4,
         cached = line_of(text, "Cached:") / 4;
    read_file("/proc/self/statm", text, sizeof(text));
    sscanf(text, "%ld %ld %ld", &size, &resident, &of_files);
    count(c, "cached", cached);
    count(c, "frames", used - cached - heap - (resident - of_files));
}

/* What is only kept because it may be needed again, or is not on the disk yet, is no leak. */
static void drop_caches(void)
{
    sync();
    int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);
    if (write(fd, "3", 1) != 1)
        dprintf(CONSOLE_FD, "(caches cannot be dropped)\n");
    close(fd);
}

void take_census(struct census *c)
{
    drop_caches();
    memset(c, 0, sizeof(*c));
    count_names(c, "descriptors", "/proc/self/fd");
    count_names(c, "threads", "/proc/self/task");
    count_names(c, "files", "/tmp");
    count_names(c, "shm", "/dev/shm");
    c->maps_len = read_file("/proc/self/maps", c->maps, sizeof(c->maps));
    count_frames(c, count_heap(c));
}

/* Reservations of frames (80 bytes) for what stays mapped, and tables for it, change with what happens
 * around it. There are few of them however many calls were made. */
static long slack(const struct census *a, size_t i)
{
    const char *name = a->of[i].name;

    return strcmp(name, "kmalloc-96") && strcmp(name, "frames") ? 0 : SLACK;
}

static bool same_maps(const struct census *a, const struct census *b)
{
    return a->n == b->n && a->maps_len == b->maps_len && !memcmp(a->maps, b->maps, a->maps_len);
}

bool same_census(const struct census *a, const struct census *b)
{
    for (size_t i = 0; i < a->n; i++)
        if (labs(a->of[i].count - b->of[i].count) > slack(a, i))
            return false;
    return same_maps(a, b);
}

static bool is_left(const struct census *before, const struct census *after, size_t i)
{
    return after->of[i].count - before->of[i].count > slack(before, i);
}

bool nothing_left(const struct census *before, const struct census *after)
{
    for (size_t i = 0; i < before->n; i++)
        if (is_left(before, after, i))
            return false;
    return same_maps(before, after);
}

/* Those of a that b does not have. */
static void print_lines(const char *what, const char *a, const char *b)
{
    static char line[256];

    for (size_t len; *a; a += len) {
        len = strcspn(a, "\n") + 1;
        snprintf(line, sizeof(line), "%.*s", (int)len, a);
        if (!strstr(b, line))
            dprintf(CONSOLE_FD, "%s: %s", what, line);
    }
}

static void print_descriptors(void)
{
    char path[32], what[256];

    for (int fd = 0; fd < 1024; fd++) {
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        ssize_t len = readlink(path, what, sizeof(what));
        if (len > 0)
            dprintf(CONSOLE_FD, "open: %d is %.*s\n", fd, (int)len, what);
    }
}

void print_differences(const struct census *before, const struct census *after)
{
    for (size_t i = 0; i < after->n; i++)
        if (is_left(before, after, i))
            dprintf(CONSOLE_FD, "left over: %s: %ld, before %ld\n", after->of[i].name,
                    after->of[i].count, before->of[i].count);
    print_descriptors();
    print_lines("left over: memory", after->maps, before->maps);
    print_lines("missing: memory", before->maps, after->maps);
}
