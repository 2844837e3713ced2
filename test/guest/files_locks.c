/* SPDX-License-Identifier: Apache-2.0 */
/* files_locks.c - advisory locks of one process: record locks of the process and of open files, flock. */
/* cpus: 4 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "show.h"

static int fd, other;

static struct flock want(int type, int whence, off_t start, off_t len)
{
    return (struct flock){
        .l_type = (short)type, .l_whence = (short)whence, .l_start = start, .l_len = len};
}

static int set(int file, int type, off_t start, off_t len)
{
    struct flock fl = want(type, SEEK_SET, start, len);
    return fcntl(file, F_SETLK, &fl);
}

static int ofd_set(int file, int type, off_t start, off_t len)
{
    struct flock fl = want(type, SEEK_SET, start, len);
    return fcntl(file, F_OFD_SETLK, &fl);
}

/* Who is in the way of a lock? */
static void ask(const char *what, int file, int cmd, int type, off_t start, off_t len)
{
    struct flock fl = want(type, SEEK_SET, start, len);
    errno = 0;
    if (fcntl(file, cmd, &fl))
        printf("%-40s %s\n", what, strerrorname_np(errno));
    else if (fl.l_type == F_UNLCK)
        printf("%-40s free\n", what);
    else
        printf("%-40s type %d, whence %d, from %ld, length %ld, %s\n", what, fl.l_type, fl.l_whence,
               (long)fl.l_start, (long)fl.l_len, fl.l_pid == -1 ? "an open file" : "a process");
}

static void arguments(void)
{
    struct flock fl;
    int          ro = open("f", O_RDONLY), wo = open("f", O_WRONLY), path = open("f", O_PATH);

    CLAIM("arguments");
    SHOW(set(fd, F_RDLCK, 0, 0));
    SHOW(set(fd, 3, 0, 0));
    SHOW(set(fd, F_WRLCK, -1, 0));
    SHOW(set(fd, F_WRLCK, 5, -5));
    SHOW(set(fd, F_WRLCK, 5, -6));
    SHOW(set(fd, F_WRLCK, 0x7fffffffffffffff, 2));
    SHOW(set(fd, F_WRLCK, 0x7fffffffffffffff, 1));
    SHOW(set(ro, F_WRLCK, 0, 0));
    SHOW(set(wo, F_RDLCK, 0, 0));
    SHOW(set(ro, F_UNLCK, 0, 0));
    SHOW(set(path, F_RDLCK, 0, 0));
    SHOW(set(99, F_RDLCK, 0, 0));
    SHOW(fcntl(fd, F_SETLK, (void *)16));
    fl = want(F_RDLCK, 7, 0, 0);
    SHOW(fcntl(fd, F_SETLK, &fl));
    fl = want(F_RDLCK, SEEK_END, -3, 0);
    SHOW(fcntl(fd, F_SETLK, &fl));
    fl = want(F_RDLCK, SEEK_END, -30, 0);
    SHOW(fcntl(fd, F_SETLK, &fl));
    fl = want(F_UNLCK, SEEK_SET, 0, 0);
    SHOW(fcntl(fd, F_GETLK, &fl));
    fl = want(F_RDLCK, SEEK_SET, 0, 0);
    fl.l_pid = 1;
    SHOW(fcntl(fd, F_OFD_SETLK, &fl));
    SHOW(fcntl(fd, F_OFD_GETLK, &fl));
    SHOW(flock(fd, 0));
    SHOW(flock(fd, LOCK_SH | LOCK_EX));
    SHOW(flock(99, LOCK_SH));
    SHOW(flock(99, 0));
    SHOW(flock(path, LOCK_SH));
    SHOW(flock(ro, LOCK_EX));
    SHOW(flock(ro, LOCK_UN));
    SHOW(set(0, F_RDLCK, 0, 0));
    close(ro);
    close(wo);
}

static void of_process(void)
{
    CLAIM("a process is never in its own way");
    SHOW(set(fd, F_WRLCK, 0, 100));
    SHOW(set(other, F_WRLCK, 50, 100));
    ask("the same process asks", other, F_GETLK, F_WRLCK, 0, 0);
    ask("an open file asks", fd, F_OFD_GETLK, F_RDLCK, 0, 0);
    SHOW(ofd_set(other, F_RDLCK, 149, 1));
    SHOW(ofd_set(other, F_RDLCK, 150, 1));
    SHOW(set(fd, F_RDLCK, 20, 10));
    ask("below", other, F_OFD_GETLK, F_RDLCK, 0, 25);
    ask("read against read", other, F_OFD_GETLK, F_RDLCK, 20, 10);
    ask("write against read", other, F_OFD_GETLK, F_WRLCK, 20, 10);
    SHOW(set(fd, F_UNLCK, 25, 2));
    ask("the hole", other, F_OFD_GETLK, F_WRLCK, 25, 2);
    ask("behind it", other, F_OFD_GETLK, F_WRLCK, 27, 2);
    SHOW(set(fd, F_RDLCK, 25, 2));
    ask("joined again", other, F_OFD_GETLK, F_WRLCK, 26, 1);
    SHOW(close(open("f", O_RDONLY)));
    ask("any close gives all up", other, F_OFD_GETLK, F_WRLCK, 0, 150);
    SHOW(set(fd, F_WRLCK, 150, 1));
    ask("the open file's stays", fd, F_GETLK, F_WRLCK, 0, 0);
    SHOW(ofd_set(other, F_UNLCK, 0, 0));
    SHOW(set(fd, F_WRLCK, 150, 1));
    SHOW(set(fd, F_UNLCK, 0, 0));
}

static void of_files(void)
{
    int copy = dup(fd);

    CLAIM("open files");
    SHOW(ofd_set(fd, F_WRLCK, 0, 10));
    SHOW(ofd_set(copy, F_WRLCK, 5, 10));
    SHOW(ofd_set(other, F_RDLCK, 9, 1));
    SHOW(ofd_set(other, F_RDLCK, 15, 0));
    ask("to the end", fd, F_OFD_GETLK, F_WRLCK, 0, 0);
    SHOW(close(copy));
    SHOW(ofd_set(other, F_RDLCK, 9, 1));
    SHOW(ofd_set(fd, F_UNLCK, 0, 0));
    SHOW(ofd_set(other, F_UNLCK, 0, 0));
}

static void whole_files(void)
{
    int copy = dup(fd);

    CLAIM("flock");
    SHOW(flock(fd, LOCK_SH));
    SHOW(flock(other, LOCK_SH | LOCK_NB));
    SHOW(flock(other, LOCK_EX | LOCK_NB));
    SHOW(flock(fd, LOCK_EX | LOCK_NB));
    SHOW(flock(other, LOCK_SH | LOCK_NB));
    SHOW(set(fd, F_WRLCK, 0, 0));
    SHOW(ofd_set(other, F_WRLCK, 0, 0));
    SHOW(flock(copy, LOCK_EX | LOCK_NB));
    SHOW(flock(copy, LOCK_UN));
    SHOW(flock(other, LOCK_EX | LOCK_NB));
    SHOW(flock(other, LOCK_UN));
    close(copy);
}

static void *unlock_later(void *arg)
{
    (void)arg;
    usleep(20000);
    printf("unlocking\n");
    flock(fd, LOCK_UN);
    return NULL;
}

static void waiting(void)
{
    pthread_t thread;

    CLAIM("waiting");
    flock(fd, LOCK_EX);
    pthread_create(&thread, NULL, unlock_later, NULL);
    int result = flock(other, LOCK_EX);
    printf("locked: %d\n", result);
    pthread_join(thread, NULL);
    SHOW(close(other));
    SHOW(flock(fd, LOCK_EX | LOCK_NB));
}

static int closed_early;

static void *wait_for_record(void *arg)
{
    struct flock fl = want(F_WRLCK, SEEK_SET, 0, 10);
    (void)arg;
    return (void *)(long)(fcntl(closed_early, F_SETLKW, &fl) ? errno : 0);
}

/* A lock does not outlive the descriptor that it was asked for by. */
static void closing_while_waiting(void)
{
    pthread_t thread;
    void     *error;

    CLAIM("closing while waiting");
    other = open("f", O_RDWR);
    closed_early = open("f", O_RDWR);
    SHOW(ofd_set(other, F_WRLCK, 0, 5));
    pthread_create(&thread, NULL, wait_for_record, NULL);
    usleep(50000);
    SHOW(close(closed_early));
    SHOW(ofd_set(other, F_UNLCK, 0, 5));
    pthread_join(thread, &error);
    printf("the waiter: %s\n", error ? strerrorname_np((int)(long)error) : "locked");
    SHOW(ofd_set(other, F_WRLCK, 0, 10));
    close(other);
}

int main(void)
{
    chdir("/tmp");
    fd = open("f", O_RDWR | O_CREAT, 0600);
    other = open("f", O_RDWR);
    write(fd, "0123456789", 10);
    arguments();
    of_process();
    of_files();
    whole_files();
    waiting();
    closing_while_waiting();
    return 0;
}
