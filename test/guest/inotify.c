/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-nonnull */
/* inotify.c - watching files: what is told of each way to use or change them, in which order, when a
 * watch ends, what is told once instead of twice, what is lost, and how it is read. */
#include "abi.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/xattr.h>

static int  in;
static char buf[1 << 16];

static const struct {
    uint32_t    bit;
    const char *name;
} names[] = {{IN_ACCESS, "ACCESS"},
             {IN_MODIFY, "MODIFY"},
             {IN_ATTRIB, "ATTRIB"},
             {IN_CLOSE_WRITE, "CLOSE_WRITE"},
             {IN_CLOSE_NOWRITE, "CLOSE_NOWRITE"},
             {IN_OPEN, "OPEN"},
             {IN_MOVED_FROM, "MOVED_FROM"},
             {IN_MOVED_TO, "MOVED_TO"},
             {IN_CREATE, "CREATE"},
             {IN_DELETE, "DELETE"},
             {IN_DELETE_SELF, "DELETE_SELF"},
             {IN_MOVE_SELF, "MOVE_SELF"},
             {IN_UNMOUNT, "UNMOUNT"},
             {IN_Q_OVERFLOW, "Q_OVERFLOW"},
             {IN_IGNORED, "IGNORED"},
             {IN_ISDIR, "ISDIR"}};

/* Cookies are compared with each other alone: the first that comes is 1. */
static uint32_t cookie_number(uint32_t cookie)
{
    static uint32_t seen[64];
    uint32_t        i = 0;

    while (cookie && i < 63 && seen[i] && seen[i] != cookie)
        i++;
    if (cookie)
        seen[i] = cookie;
    return cookie ? i + 1 : 0;
}

static void print_event(const struct inotify_event *e)
{
    const char *bar = "";

    printf("    %d ", e->wd);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (e->mask & names[i].bit) {
            printf("%s%s", bar, names[i].name);
            bar = "|";
        }
    printf(" %u %u %s\n", cookie_number(e->cookie), e->len, e->len ? e->name : "-");
}

/* Print all that is there to read. */
static void told(const char *what)
{
    printf("%s\n", what);
    for (;;) {
        ssize_t n = read(in, buf, sizeof(buf));
        if (n <= 0)
            return;
        for (char *at = buf; at < buf + n;) {
            struct inotify_event *e = (void *)at;
            print_event(e);
            at += sizeof(*e) + e->len;
        }
    }
}

#define TOLD(...)           \
    do {                    \
        __VA_ARGS__;        \
        told(#__VA_ARGS__); \
    } while (0)

static void begin(void)
{
    in = inotify_init1(IN_NONBLOCK);
}

static void end(void)
{
    close(in);
}

static void make(const char *path)
{
    close(open(path, O_WRONLY | O_CREAT, 0644));
}

static void arguments(void)
{
    CLAIM("arguments of inotify_init1 and inotify_add_watch");
    char *long_path = memset(malloc(5001), 'x', 5000);
    long_path[5000] = 0;
    begin();
    SHOW(syscall(SYS_inotify_init1, 1));
    SHOW(fcntl(in, F_GETFL) & O_ACCMODE);
    SHOW(inotify_add_watch(in, "/tmp", 0));
    SHOW(inotify_add_watch(in, "/tmp", 1u << 12));
    SHOW(inotify_add_watch(-1, "/tmp", 0));
    SHOW(inotify_add_watch(-1, "/tmp", IN_OPEN));
    SHOW(inotify_add_watch(0, "/tmp", IN_OPEN));
    SHOW(inotify_add_watch(0, "/none", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE));
    SHOW(inotify_add_watch(open("/tmp", O_PATH), "/tmp", IN_OPEN));
    SHOW(inotify_add_watch(in, "/none", IN_OPEN));
    SHOW(inotify_add_watch(in, "", IN_OPEN));
    SHOW(inotify_add_watch(in, long_path, IN_OPEN));
    SHOW(inotify_add_watch(in, "/none", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE));
    SHOW(inotify_add_watch(in, "/bin/inotify", IN_OPEN | IN_ONLYDIR));
    SHOW_POINTERS(inotify_add_watch(in, p, IN_OPEN));
    SHOW(inotify_rm_watch(-1, 1));
    SHOW(inotify_rm_watch(0, 1));
    SHOW(inotify_rm_watch(in, 1));
    SHOW(inotify_rm_watch(in, -1));
    SHOW(inotify_add_watch(in, "/tmp", IN_ONLYDIR));
    SHOW(inotify_add_watch(in, "/tmp", IN_OPEN | IN_MASK_CREATE));
    SHOW(inotify_add_watch(in, "/tmp/.", IN_OPEN));
    SHOW(inotify_add_watch(in, "/", IN_OPEN | IN_MASK_CREATE));
    SHOW(inotify_rm_watch(in, 1));
    SHOW(inotify_rm_watch(in, 1));
    SHOW(inotify_add_watch(in, "/tmp", IN_OPEN));
    SHOW(write(in, "x", 1));
    SHOW(lseek(in, 5, SEEK_SET));
    SHOW(pread(in, buf, 100, 0));
    SHOW(ftruncate(in, 0));
    told("ignored");
    SHOW(read(in, buf, 100));
    end();
}

/* --- a directory's entries ------------------------------------------------------------------- */

static void entries(void)
{
    CLAIM("what happens to entries of a directory");
    struct iovec    iov = {buf, 3};
    struct timespec times[2] = {{1, 0}, {2, 0}};
    int             f, g;
    begin();
    mkdir("/tmp/d", 0755);
    SHOW(inotify_add_watch(in, "/tmp/d", IN_ALL_EVENTS));
    TOLD(f = open("/tmp/d/a", O_RDWR | O_CREAT, 0600));
    TOLD(f = open("/tmp/d/a", O_RDWR));
    TOLD(write(f, "hello", 5));
    TOLD(write(f, "hello", 5); write(f, "hello", 5));
    TOLD(write(f, "", 0));
    TOLD(pread(f, buf, 3, 0));
    TOLD(read(f, buf, 3));
    TOLD(lseek(f, 0, SEEK_SET));
    TOLD(preadv(f, &iov, 1, 0); pwritev(f, &iov, 1, 0));
    TOLD(write(f, pointer(KERNEL), 5));
    TOLD(read(f, pointer(KERNEL), 5));
    TOLD(ftruncate(f, 3));
    TOLD(ftruncate(f, 3));
    TOLD(truncate("/tmp/d/a", 3));
    TOLD(fallocate(f, 0, 0, 100));
    TOLD(fchmod(f, 0640));
    TOLD(chmod("/tmp/d/a", 0640));
    TOLD(fchown(f, -1, -1));
    TOLD(chown("/tmp/d/a", 1, -1));
    TOLD(utimensat(AT_FDCWD, "/tmp/d/a", NULL, 0));
    TOLD(futimens(f, times));
    TOLD(times[0].tv_nsec = UTIME_OMIT; futimens(f, times));
    TOLD(times[1].tv_nsec = UTIME_OMIT; futimens(f, times));
    TOLD(times[0].tv_nsec = UTIME_NOW; futimens(f, times));
    TOLD(setxattr("/tmp/d/a", "user.x", "y", 1, 0));
    TOLD(getxattr("/tmp/d/a", "user.x", buf, 1));
    TOLD(fremovexattr(f, "user.x"));
    TOLD(fsync(f));
    TOLD(close(dup(f)));
    TOLD(close(f));
    TOLD(f = open("/tmp/d/a", O_RDONLY));
    TOLD(close(f));
    TOLD(close(open("/tmp/d/a", O_WRONLY | O_TRUNC)));
    TOLD(close(open("/tmp/d/a", O_WRONLY | O_CREAT | O_TRUNC, 0600)));
    TOLD(close(open("/tmp/d/new", O_WRONLY | O_CREAT | O_TRUNC, 0600)));
    TOLD(open("/tmp/d/a", O_WRONLY | O_CREAT | O_EXCL, 0600));
    TOLD(open("/tmp/d/none", O_WRONLY));
    TOLD(close(open("/tmp/d/a", O_PATH)));
    struct stat st;
    TOLD(stat("/tmp/d/a", &st); access("/tmp/d/a", R_OK));
    TOLD(mkdir("/tmp/d/sub", 0755));
    TOLD(f = open("/tmp/d/sub", O_RDONLY | O_DIRECTORY));
    TOLD(syscall(SYS_getdents64, f, buf, 1000));
    TOLD(syscall(SYS_getdents64, f, buf, 1000));
    TOLD(fchmod(f, 0700));
    TOLD(close(f));
    TOLD(chmod("/tmp/d/sub", 0755));
    TOLD(make("/tmp/d/sub/x"));
    TOLD(unlink("/tmp/d/sub/x"));
    TOLD(rmdir("/tmp/d/sub"));
    TOLD(symlink("a", "/tmp/d/link"));
    TOLD(readlink("/tmp/d/link", buf, 100));
    TOLD(close(open("/tmp/d/link", O_RDONLY)));
    TOLD(mkfifo("/tmp/d/fifo", 0600));
    TOLD(f = open("/tmp/d/fifo", O_RDWR));
    TOLD(write(f, "abc", 3));
    TOLD(read(f, buf, 3));
    TOLD(close(f));
    TOLD(mknod("/tmp/d/node", S_IFREG | 0600, 0));
    TOLD(link("/tmp/d/a", "/tmp/d/other"));
    TOLD(link("/tmp/d/a", "/tmp/outside"));
    TOLD(unlink("/tmp/d/other"));
    TOLD(unlink("/tmp/d/none"));
    TOLD(unlink("/tmp/outside"));
    f = open("/tmp/d/a", O_RDWR);
    g = open("/tmp/d/new", O_RDWR);
    write(f, "some bytes", 10);
    lseek(f, 0, SEEK_SET);
    told("two files");
    TOLD(sendfile(g, f, NULL, 5));
    TOLD(copy_file_range(f, NULL, g, NULL, 5, 0));
    close(f);
    close(g);
    told("closed");
    TOLD(f = open("/tmp/d", O_RDONLY));
    TOLD(syscall(SYS_getdents64, f, buf, 1000));
    TOLD(fchmod(f, 0700));
    TOLD(close(f));
    TOLD(chdir("/tmp/d"); chdir("/"));
    end();
}

/* --- moves ----------------------------------------------------------------------------------- */

static void moves(void)
{
    CLAIM("what renames tell");
    int f;
    begin();
    mkdir("/tmp/e", 0755);
    make("/tmp/d/m");
    make("/tmp/d/over");
    mkdir("/tmp/d/dir", 0755);
    SHOW(inotify_add_watch(in, "/tmp/d", IN_ALL_EVENTS & ~(IN_OPEN | IN_CLOSE)));
    SHOW(inotify_add_watch(in, "/tmp/e", IN_ALL_EVENTS & ~(IN_OPEN | IN_CLOSE)));
    SHOW(inotify_add_watch(in, "/tmp/d/m", IN_ALL_EVENTS));
    SHOW(inotify_add_watch(in, "/tmp/d/over", IN_ALL_EVENTS));
    SHOW(inotify_add_watch(in, "/tmp/d/dir", IN_ALL_EVENTS));
    TOLD(rename("/tmp/d/m", "/tmp/d/n"));
    TOLD(rename("/tmp/d/n", "/tmp/e/n"));
    TOLD(rename("/tmp/e/n", "/tmp/n"));
    TOLD(rename("/tmp/n", "/tmp/d/m"));
    TOLD(rename("/tmp/d/m", "/tmp/d/m"));
    TOLD(rename("/tmp/d/none", "/tmp/d/m"));
    TOLD(renameat2(AT_FDCWD, "/tmp/d/m", AT_FDCWD, "/tmp/d/over", RENAME_NOREPLACE));
    TOLD(renameat2(AT_FDCWD, "/tmp/d/m", AT_FDCWD, "/tmp/d/over", RENAME_EXCHANGE));
    TOLD(rename("/tmp/d/m", "/tmp/d/over"));
    TOLD(rename("/tmp/d/dir", "/tmp/e/dir"));
    TOLD(close(open("/tmp/e/dir", O_RDONLY)));
    mkdir("/tmp/e/empty", 0755);
    SHOW(inotify_add_watch(in, "/tmp/e/empty", IN_ALL_EVENTS));
    told("empty");
    TOLD(rename("/tmp/e/dir", "/tmp/e/empty"));
    f = open("/tmp/d/over", O_RDWR);
    told("open");
    TOLD(rename("/tmp/d/over", "/tmp/e/moved"));
    TOLD(write(f, "x", 1));
    TOLD(close(f));
    end();
}

/* --- watches on the file itself, and their end ------------------------------------------------ */

static void ends(void)
{
    CLAIM("how watches end");
    int f;
    begin();
    make("/tmp/f");
    SHOW(inotify_add_watch(in, "/tmp/f", IN_ALL_EVENTS));
    TOLD(close(open("/tmp/f", O_RDONLY)));
    TOLD(link("/tmp/f", "/tmp/g"));
    TOLD(unlink("/tmp/f"));
    TOLD(f = open("/tmp/g", O_RDWR));
    TOLD(unlink("/tmp/g"));
    TOLD(write(f, "x", 1));
    TOLD(close(f));
    TOLD(make("/tmp/f"));
    SHOW(inotify_add_watch(in, "/tmp/f", IN_ALL_EVENTS));
    SHOW(inotify_add_watch(in, "/tmp", IN_DELETE | IN_MOVE | IN_CREATE));
    TOLD(unlink("/tmp/f"));
    mkdir("/tmp/h", 0755);
    SHOW(inotify_add_watch(in, "/tmp/h", IN_ALL_EVENTS));
    TOLD(make("/tmp/h/x"));
    TOLD(unlink("/tmp/h/x"));
    TOLD(rmdir("/tmp/h"));
    mkdir("/tmp/h", 0755);
    SHOW(inotify_add_watch(in, "/tmp/h", IN_ALL_EVENTS));
    f = open("/tmp/h", O_RDONLY);
    TOLD(rmdir("/tmp/h"));
    TOLD(close(f));
    make("/tmp/r");
    int wd = inotify_add_watch(in, "/tmp/r", IN_OPEN);
    TOLD(inotify_rm_watch(in, wd));
    TOLD(unlink("/tmp/r"));
    end();
}

static void ways(void)
{
    CLAIM("every way to a file tells");
    int f;
    begin();
    make("/tmp/w");
    symlink("w", "/tmp/wl");
    SHOW(inotify_add_watch(in, "/tmp/wl", IN_OPEN));
    SHOW(inotify_add_watch(in, "/tmp/wl", IN_ATTRIB | IN_DELETE_SELF | IN_DONT_FOLLOW));
    TOLD(close(open("/tmp/w", O_RDWR)));
    TOLD(unlink("/tmp/wl"));
    SHOW(inotify_add_watch(in, "/tmp/w", IN_CLOSE | IN_MASK_ADD));
    TOLD(close(open("/tmp/w", O_RDWR)));
    SHOW(inotify_add_watch(in, "/tmp/w", IN_CLOSE));
    TOLD(close(open("/tmp/w", O_RDWR)));
    SHOW(inotify_add_watch(in, "/tmp/w", IN_OPEN | IN_ONESHOT));
    TOLD(close(open("/tmp/w", O_RDWR)));
    TOLD(close(open("/tmp/w", O_RDWR)));
    SHOW(inotify_add_watch(in, "/tmp/w", IN_OPEN));
    mkdir("/tmp/x", 0755);
    make("/tmp/x/y");
    SHOW(inotify_add_watch(in, "/tmp/x", IN_ALL_EVENTS));
    f = open("/tmp/x/y", O_RDWR);
    unlink("/tmp/x/y");
    told("without a name");
    TOLD(write(f, "x", 1));
    SHOW(inotify_add_watch(in, "/tmp/x", IN_ALL_EVENTS | IN_EXCL_UNLINK));
    TOLD(write(f, "x", 1));
    TOLD(fchmod(f, 0600));
    TOLD(close(f));
    TOLD(close(open("/tmp/x/y", O_RDWR | O_CREAT, 0600)));
    SHOW(inotify_add_watch(in, "/tmp/x", IN_CREATE | IN_ONESHOT));
    TOLD(make("/tmp/x/z"));
    int other = inotify_init1(IN_NONBLOCK);
    SHOW(inotify_add_watch(other, "/tmp/w", IN_OPEN));
    TOLD(close(open("/tmp/w", O_RDWR)));
    close(in);
    in = other;
    told("the other");
    end();
}

/* The image, which cannot be changed, and a device. */
static void elsewhere(void)
{
    CLAIM("watches on the image and on devices");
    int f;
    begin();
    SHOW(inotify_add_watch(in, "/bin", IN_ALL_EVENTS));
    SHOW(inotify_add_watch(in, "/bin/inotify", IN_ALL_EVENTS));
    TOLD(f = open("/bin/inotify", O_RDONLY));
    TOLD(read(f, buf, 100));
    TOLD(close(f));
    TOLD(chmod("/bin/inotify", 0700));
    TOLD(unlink("/bin/inotify"));
    SHOW(inotify_add_watch(in, "/dev/null", IN_ALL_EVENTS));
    TOLD(f = open("/dev/null", O_RDWR));
    TOLD(write(f, "x", 1));
    TOLD(read(f, buf, 1));
    TOLD(close(f));
    end();
}

/* The path of descriptor fd. */
static const char *descriptor(int fd)
{
    static char path[32];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return path;
}

static void open_files(void)
{
    CLAIM("a watch keeps no open file open");
    int p[2];
    begin();
    if (pipe(p))
        return;
    SHOW(inotify_add_watch(in, descriptor(p[1]), IN_DELETE_SELF));
    close(p[1]);
    SHOW(read(p[0], buf, 1)); /* the end: nobody can write any more */
    close(p[0]);
    SHOW(inotify_add_watch(in, descriptor(in), IN_DELETE_SELF) > 0);
    end();
    CLAIM("what is open for its path only is told of while it is watched");
    struct stat st;
    begin();
    if (pipe(p))
        return;
    int path = open(descriptor(p[1]), O_PATH);
    SHOW(inotify_add_watch(in, descriptor(path), IN_DELETE_SELF) > 0);
    SHOW(fstat(path, &st));
    printf("mode %o, %lu links\n", st.st_mode, (unsigned long)st.st_nlink);
    close(p[1]);
    SHOW(fstat(path, &st));
    printf("mode %o, %lu links\n", st.st_mode, (unsigned long)st.st_nlink);
    SHOW(read(p[0], buf, 1));
    close(path);
    close(p[0]);
    end();
}

/* --- reading --------------------------------------------------------------------------------- */

static void *touch(void *arg)
{
    for (int i = 0; i < 100; i++)
        sched_yield();
    close(open(arg, O_RDONLY));
    return NULL;
}

static void touching_alarm(int sig)
{
    (void)sig;
    close(open("/tmp/w", O_RDONLY));
}

static void reading(void)
{
    CLAIM("how events are read");
    struct pollfd      pfd;
    struct epoll_event ev = {.events = EPOLLIN | EPOLLET}, got;
    pthread_t          t;
    int                bytes, ep = epoll_create1(0);
    in = inotify_init1(IN_CLOEXEC);
    SHOW(fcntl(in, F_GETFD));
    pfd = (struct pollfd){.fd = in, .events = -1};
    SHOW(poll(&pfd, 1, 0));
    SHOW(epoll_ctl(ep, EPOLL_CTL_ADD, in, &ev));
    SHOW(epoll_wait(ep, &got, 1, 0));
    SHOW(inotify_add_watch(in, "/tmp/w", IN_OPEN));
    SHOW(inotify_add_watch(in, "/tmp/x", IN_OPEN));
    SHOW(ioctl(in, FIONREAD, &bytes));
    SHOW(bytes);
    close(open("/tmp/w", O_RDONLY));
    SHOW(poll(&pfd, 1, 0));
    SHOW(pfd.revents);
    SHOW(epoll_wait(ep, &got, 1, 0));
    SHOW(epoll_wait(ep, &got, 1, 0));
    close(open("/tmp/x/y", O_RDONLY));
    SHOW(epoll_wait(ep, &got, 1, 0));
    SHOW(ioctl(in, FIONREAD, &bytes));
    SHOW(bytes);
    SHOW_POINTERS(ioctl(in, FIONREAD, p));
    SHOW(ioctl(in, TCGETS, buf));
    SHOW(read(in, buf, 0));
    SHOW(read(in, buf, 15));
    SHOW(read(in, buf, 16));
    SHOW(read(in, buf, 31));
    SHOW(read(in, buf, 32));
    close(open("/tmp/w", O_RDONLY));
    close(open("/tmp/x/y", O_RDONLY));
    SHOW(read(in, buf, 40));
    SHOW(read(in, buf, 40));
    close(open("/tmp/w", O_RDONLY));
    SHOW(read(in, pointer(KERNEL), 40));
    SHOW(poll(&pfd, 1, 0));
    /* Names fill up to the next multiple of 16 bytes, with at least one NUL. */
    static const char *const lengths[] = {"/tmp/x/1", "/tmp/x/12345678901234567",
                                          "/tmp/x/123456789012345", "/tmp/x/1234567890123456"};
    for (int i = 0; i < 4; i++) {
        close(open(lengths[i], O_RDONLY | O_CREAT, 0600));
        SHOW(read(in, buf, sizeof(buf)));
    }
    pthread_create(&t, NULL, touch, "/tmp/w");
    SHOW(read(in, buf, 40));
    pthread_join(t, NULL);
    interrupt_soon(0, do_nothing);
    SHOW(read(in, buf, 40));
    interrupt_soon(SA_RESTART, touching_alarm);
    SHOW(read(in, buf, 16));
    interrupt_end();
    fcntl(in, F_SETFL, O_NONBLOCK);
    while (read(in, buf, sizeof(buf)) > 0)
        ;
    SHOW_INTERRUPTED(poll(&pfd, 1, -1));
    close(ep);
    end();
}

/* --- limits ---------------------------------------------------------------------------------- */

static void overflow(void)
{
    CLAIM("more events than the queue takes");
    int f = open("/tmp/w", O_RDWR), g = open("/tmp/x/y", O_RDWR), bytes;
    int count = 0, lost = 0, after = 0;
    begin();
    inotify_add_watch(in, "/tmp/w", IN_ATTRIB);
    inotify_add_watch(in, "/tmp/x/y", IN_ATTRIB);
    for (int i = 0; i < 8200; i++) {
        fchmod(f, 0600);
        fchmod(g, 0600);
    }
    SHOW(ioctl(in, FIONREAD, &bytes));
    SHOW(bytes);
    for (ssize_t n; (n = read(in, buf, sizeof(buf))) > 0;)
        for (struct inotify_event *e = (void *)buf; (char *)e < buf + n; e++) {
            count++;
            after += lost;
            if (e->mask == IN_Q_OVERFLOW) {
                lost++;
                print_event(e);
            }
        }
    SHOW(count);
    SHOW(lost);
    SHOW(after);
    TOLD(fchmod(f, 0600));
    end();
    close(f);
    close(g);
}

static void too_many(void)
{
    CLAIM("more instances than allowed");
    int fds[200], n = 0;
    while (n < 200 && (fds[n] = inotify_init1(0)) >= 0)
        n++;
    printf("%d instances, then %s\n", n, strerrorname_np(errno));
    close(fds[0]);
    SHOW_OK(fds[0] = inotify_init1(0));
    while (n--)
        close(fds[n]);
    int f = open("/proc/sys/fs/inotify/max_queued_events", O_RDONLY);
    printf("%.*s", (int)read(f, buf, 100), buf);
}

int main(void)
{
    umask(022);
    arguments();
    entries();
    moves();
    ends();
    ways();
    elsewhere();
    open_files();
    reading();
    overflow();
    too_many();
    return 0;
}
