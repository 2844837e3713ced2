/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-stringop-overflow -Wno-stringop-overread -Wno-nonnull -Wno-pointer-sign */
/* abi_fd.c - descriptors and what belongs to open files: dup, fcntl, ioctl, on files, terminals, and
 * descriptors that only stand for a name. */
#include "abi.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define LINES "/data/lines" /* its size is in what is printed, so it is no program */

#ifndef F_DUPFD_QUERY
#define F_DUPFD_QUERY 1027
#endif

static int reg, path, dir, null;

static void duplicates(void)
{
    CLAIM("dup, dup3 and F_DUPFD");
    SHOW(syscall(SYS_dup, 99));
    SHOW(syscall(SYS_dup, path));
    SHOW(syscall(SYS_dup3, reg, reg, 0));
    SHOW(syscall(SYS_dup3, reg, 40, O_NONBLOCK));
    SHOW(syscall(SYS_dup3, 99, 99, 0));
    SHOW(syscall(SYS_dup3, 99, 1000000, 0));
    SHOW(syscall(SYS_dup3, reg, 1024, 0));
    SHOW(syscall(SYS_dup3, reg, -1, 0));
    SHOW(syscall(SYS_dup3, reg, 40, O_CLOEXEC));
    SHOW(syscall(SYS_fcntl, 40, F_GETFD));
    SHOW(syscall(SYS_dup3, reg, 40, 0));
    SHOW(syscall(SYS_fcntl, 40, F_GETFD));
    SHOW(syscall(SYS_fcntl, reg, F_DUPFD_QUERY, 40));
    SHOW(syscall(SYS_fcntl, reg, F_DUPFD_QUERY, null));
    SHOW(syscall(SYS_fcntl, reg, F_DUPFD_QUERY, 99));
    SHOW(syscall(SYS_fcntl, reg, F_DUPFD, 50));
    SHOW(syscall(SYS_fcntl, reg, F_DUPFD, 50));
    SHOW(syscall(SYS_fcntl, reg, F_DUPFD, 1024));
    SHOW(syscall(SYS_fcntl, reg, F_DUPFD, -1));
    SHOW(syscall(SYS_fcntl, 99, F_DUPFD, -1));
    SHOW(syscall(SYS_fcntl, path, F_DUPFD_CLOEXEC, 60));
    SHOW(syscall(SYS_fcntl, 60, F_GETFD));
    SHOW(syscall(SYS_close_range, 40, 30, 0));
    SHOW(syscall(SYS_close_range, 40, 41, 8));
    SHOW(syscall(SYS_close_range, 50, 51, 4));
    SHOW(syscall(SYS_fcntl, 51, F_GETFD));
    SHOW(syscall(SYS_close_range, 40, ~0u, 0));
    SHOW(syscall(SYS_close, 40));
    SHOW(syscall(SYS_close, -1));
}

/* F_GETFL as text, since numbers differ from machine to machine. */
static void flags(const char *what, int fd)
{
    int f = fcntl(fd, F_GETFL);
    printf("%-30s %s%s%s%s%s%s%s%s %#o\n", what, f == -1 ? "error " : "",
           (f & O_ACCMODE) == O_RDWR     ? "rw"
           : (f & O_ACCMODE) == O_WRONLY ? "w"
                                         : "r",
           f & O_APPEND ? " append" : "", f & O_NONBLOCK ? " nonblock" : "",
           f & O_PATH ? " path" : "", f & O_CLOEXEC ? " cloexec" : "", f & O_CREAT ? " creat" : "",
           f & O_TRUNC ? " trunc" : "", f);
}

static void statuses(void)
{
    CLAIM("F_GETFL and F_SETFL");
    flags("regular", reg);
    flags("path", path);
    flags("directory", dir);
    flags("null", null);
    SHOW(syscall(SYS_fcntl, 99, F_GETFL));
    SHOW(syscall(SYS_fcntl, 99, 9999));
    SHOW(syscall(SYS_fcntl, reg, 9999));
    SHOW(syscall(SYS_fcntl, path, 9999));
    SHOW(syscall(SYS_fcntl, path, F_SETFL, O_NONBLOCK));
    SHOW(syscall(SYS_fcntl, path, F_GETFD));
    SHOW(syscall(SYS_fcntl, path, F_SETFD, FD_CLOEXEC));
    SHOW(syscall(SYS_fcntl, path, F_GETFD));
    SHOW(syscall(SYS_fcntl, reg, F_SETFD, 0xfffe));
    SHOW(syscall(SYS_fcntl, reg, F_GETFD));
    SHOW(syscall(SYS_fcntl, reg, F_SETFL, ~0u & ~O_DIRECT & ~O_ASYNC));
    flags("all set", reg);
    SHOW(syscall(SYS_fcntl, reg, F_SETFL, O_WRONLY));
    flags("none set", reg);
    SHOW(syscall(SYS_fcntl, null, F_SETFL, O_DIRECT));
    SHOW(syscall(SYS_fcntl, 1, F_SETFL, O_DIRECT));
    SHOW(syscall(SYS_fcntl, reg, F_GETPIPE_SZ));
    SHOW(syscall(SYS_fcntl, reg, F_SETPIPE_SZ, 4096));
    SHOW(syscall(SYS_fcntl, reg, F_GETOWN));
    int opened = open("/dev/null", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    flags("creating and truncating", opened);
}

static void locks(void)
{
    CLAIM("arguments of F_SETLK and F_GETLK");
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    SHOW(syscall(SYS_fcntl, reg, F_SETLK, &l));
    l.l_type = F_RDLCK;
    SHOW(syscall(SYS_fcntl, reg, F_SETLK, &l));
    SHOW(syscall(SYS_fcntl, path, F_SETLK, &l));
    SHOW(syscall(SYS_fcntl, 99, F_SETLK, &l));
    SHOW(syscall(SYS_fcntl, reg, F_GETLK, &l));
    SHOW(l.l_type == F_UNLCK);
    SHOW(syscall(SYS_fcntl, reg, F_GETLK, &l));
    SHOW(syscall(SYS_fcntl, reg, F_SETLK, &l));
    l.l_type = 7;
    SHOW(syscall(SYS_fcntl, reg, F_SETLK, &l));
    l = (struct flock){.l_type = F_RDLCK, .l_whence = 3};
    SHOW(syscall(SYS_fcntl, reg, F_SETLK, &l));
    l = (struct flock){.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = -1};
    SHOW(syscall(SYS_fcntl, reg, F_SETLK, &l));
    l = (struct flock){.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 5, .l_len = -6};
    SHOW(syscall(SYS_fcntl, reg, F_SETLK, &l));
    l = (struct flock){.l_type = F_RDLCK, .l_start = 5, .l_len = 0x7fffffffffffffff};
    SHOW(syscall(SYS_fcntl, reg, F_SETLK, &l));
    l = (struct flock){.l_type = F_RDLCK, .l_start = 0x7fffffffffffffff, .l_whence = SEEK_END};
    SHOW(syscall(SYS_fcntl, reg, F_SETLK, &l));
    SHOW_POINTERS(syscall(SYS_fcntl, reg, F_SETLK, p));
    SHOW_POINTERS(syscall(SYS_fcntl, reg, F_GETLK, p));
}

static void controls(void)
{
    CLAIM("ioctls that every descriptor takes, and descriptors' flags");
    int            value = 0;
    struct winsize ws;
    SHOW(syscall(SYS_ioctl, 99, FIOCLEX));
    SHOW(syscall(SYS_ioctl, path, FIOCLEX));
    SHOW(syscall(SYS_ioctl, reg, FIOCLEX));
    SHOW(syscall(SYS_fcntl, reg, F_GETFD));
    SHOW(syscall(SYS_ioctl, reg, (1l << 40) | FIONCLEX));
    SHOW(syscall(SYS_fcntl, reg, F_GETFD));
    SHOW(syscall(SYS_ioctl, reg, 0x1234, 0));
    SHOW(syscall(SYS_ioctl, dir, 0x1234, 0));
    SHOW(syscall(SYS_ioctl, null, TCGETS, pointer(READ_ONLY)));
    SHOW(syscall(SYS_ioctl, reg, TIOCGWINSZ, &ws));
    SHOW(syscall(SYS_ioctl, path, TIOCGWINSZ, &ws));
    SHOW(syscall(SYS_ioctl, reg, FIONREAD, &value));
    struct stat st;
    fstat(reg, &st);
    SHOW(value == st.st_size);
    lseek(reg, 100, SEEK_SET);
    SHOW(syscall(SYS_ioctl, reg, FIONREAD, &value));
    SHOW(value == st.st_size - 100);
    lseek(reg, 0, SEEK_SET);
    SHOW(syscall(SYS_ioctl, dir, FIONREAD, &value));
    SHOW(syscall(SYS_ioctl, null, FIONREAD, &value));
    SHOW_POINTERS(syscall(SYS_ioctl, reg, FIONREAD, p));
    SHOW_POINTERS(syscall(SYS_ioctl, reg, FIONBIO, p));
    value = 1;
    SHOW(syscall(SYS_ioctl, reg, FIONBIO, &value));
    flags("nonblocking", reg);
    SHOW_POINTERS(syscall(SYS_ioctl, 1, TCGETS, p));
    SHOW_POINTERS(syscall(SYS_ioctl, 1, TIOCGWINSZ, p));
    SHOW(syscall(SYS_ioctl, 1, 0x1234, 0));
}

int main(void)
{
    buffer_output();
    reg = open(LINES, O_RDONLY);
    path = open(LINES, O_PATH);
    dir = open("/", O_RDONLY);
    null = open("/dev/null", O_RDWR);
    duplicates();
    statuses();
    locks();
    controls();
    return 0;
}
