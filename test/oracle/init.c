/* SPDX-License-Identifier: Apache-2.0 */
/* init.c - the first process of the Linux whose behaviour is recorded. It runs cases, each in the
 * surroundings that Cella gives its one program, and tells how each ended.
 *
 * What to do stands in the file /script of the initramfs: strings, each with its NUL.
 *
 *     NONCE SECONDS                     what marks begin with; the time of day, in seconds since 1970
 *     NMODULES PATH...                  kernel modules, in the order to load them
 *     NCASES CASE...                    a CASE is:
 *         DISK CWD PROGRAM LIMIT        the disk's serial number; the time limit in seconds
 *         TRACED                        1: run it under /bin/strace; else 0
 *         NARGS ARG... NENV NAME=VALUE...
 *
 * What it tells goes to the console in lines that nothing else can contain, since NONCE is random:
 *
 *     NONCE linux RELEASE VERSION
 *     NONCE begin N                     here the output of case N begins
 *     NONCE trace N                 here it ends, and what strace wrote begins; only if traced
 *     NONCE end N exited|killed|late|unstarted NUMBER
 *     NONCE done
 *     NONCE broken WHAT: REASON         instead of whatever should follow
 *
 * The program is not the leader of its session, as it is on Cella, but leads the foreground process
 * group of one. When a leader dies, Linux hangs the terminal up and drops what was not sent yet, so
 * the leader is another process that lives until all output is out. Its own parent is outside of
 * that session, which makes its group an orphaned one, as on Cella.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define ROOT  "/image" /* where a case's file systems are mounted */
#define TRACE "/trace" /* what strace writes */

/* --- telling ------------------------------------------------------------------------------- */

static int         console;
static const char *nonce = "(no nonce)";

static void put(const char *text, size_t len)
{
    while (len) {
        ssize_t n = write(console, text, len);
        if (n < 0 && errno != EINTR)
            return;
        text += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
}

/* Print one of the lines above, and wait until it is out. */
__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
    char    line[1024];
    va_list args;
    int     len = snprintf(line, sizeof(line), "%s ", nonce);

    va_start(args, format);
    len += vsnprintf(line + len, sizeof(line) - (size_t)len - 1, format, args);
    va_end(args);
    if ((size_t)len > sizeof(line) - 2)
        len = sizeof(line) - 2;
    line[len++] = '\n';
    put(line, (size_t)len);
    tcdrain(console);
}

__attribute__((noreturn)) static void power_off(void)
{
    reboot(RB_POWER_OFF);
    _exit(1); /* Linux panics, which ends the machine as well */
}

__attribute__((noreturn)) static void broken(const char *what)
{
    tell("broken %s: %s", what, strerror(errno));
    power_off();
}

/* result, which must not be negative. */
static int must(int result, const char *what)
{
    if (result < 0)
        broken(what);
    return result;
}

/* --- the script ---------------------------------------------------------------------------- */

static char *script, *script_end;

static void load_script(void)
{
    struct stat st;
    int         fd = must(open("/script", O_RDONLY | O_CLOEXEC), "/script");

    must(fstat(fd, &st), "/script");
    script = malloc((size_t)st.st_size + 1);
    if (!script || read(fd, script, (size_t)st.st_size) != st.st_size)
        broken("reading /script");
    script_end = script + st.st_size;
    close(fd);
}

static char *next_string(void)
{
    char *s = script, *end = memchr(s, 0, (size_t)(script_end - s));

    if (!end) {
        errno = ENODATA;
        broken("/script");
    }
    script = end + 1;
    return s;
}

static long next_number(void)
{
    return strtol(next_string(), NULL, 10);
}

/* A number, and as many strings: NULL-terminated, never freed. */
static char **next_list(void)
{
    long   n = next_number();
    char **list = calloc((size_t)n + 1, sizeof(*list));

    if (!list)
        broken("memory");
    for (long i = 0; i < n; i++)
        list[i] = next_string();
    return list;
}

struct test_case {
    const char *disk, *cwd, *program;
    long        limit, traced;
    char      **args, **env;
};

static struct test_case next_case(void)
{
    struct test_case c;

    c.disk = next_string();
    c.cwd = next_string();
    c.program = next_string();
    c.limit = next_number();
    c.traced = next_number();
    c.args = next_list();
    c.env = next_list();
    return c;
}

/* --- the terminal -------------------------------------------------------------------------- */

/* As Cella's terminal is when a program starts (src/fs/ldisc.c, src/fs/tty.c). */
static void reset_terminal(void)
{
    const struct winsize size = {.ws_row = 24, .ws_col = 80};
    struct termios       t = {
              .c_iflag = ICRNL | IXON,
              .c_oflag = OPOST | ONLCR,
              .c_cflag = B38400 | CS8 | CREAD | HUPCL,
              .c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
    };

    t.c_cc[VINTR] = 3;
    t.c_cc[VQUIT] = 28;
    t.c_cc[VERASE] = 127;
    t.c_cc[VKILL] = 21;
    t.c_cc[VEOF] = 4;
    t.c_cc[VMIN] = 1;
    t.c_cc[VSTART] = 17;
    t.c_cc[VSTOP] = 19;
    t.c_cc[VSUSP] = 26;
    t.c_cc[VREPRINT] = 18;
    t.c_cc[VDISCARD] = 15;
    t.c_cc[VWERASE] = 23;
    t.c_cc[VLNEXT] = 22;
    cfsetspeed(&t, B38400);
    ioctl(console, TCXONC, TCOON); /* a program may have left its output stopped */
    tcdrain(console);
    must(tcsetattr(console, TCSANOW, &t), "the terminal's settings");
    must(ioctl(console, TIOCSWINSZ, &size), "the terminal's size");
    tcflush(console, TCIFLUSH);
}

/* --- the machine --------------------------------------------------------------------------- */

static void mount_at(const char *type, const char *path, unsigned long flags, const char *options)
{
    must(mount(type, path, type, flags, options), path);
}

static void load_module(const char *path)
{
    int fd = must(open(path, O_RDONLY | O_CLOEXEC), path);
    must((int)syscall(SYS_finit_module, fd, "", 0), path);
    close(fd);
}

static void start_machine(void)
{
    struct utsname  u;
    struct timespec now = {0};

    console = 2; /* until there is a better one: Linux opened it for us */
    load_script();
    nonce = next_string();
    now.tv_sec = next_number();
    mkdir("/dev", 0755);
    mkdir("/sys", 0755);
    mount_at("devtmpfs", "/dev", 0, NULL);
    mount_at("sysfs", "/sys", 0, NULL);
    console = must(open("/dev/console", O_RDWR | O_CLOEXEC | O_NOCTTY), "/dev/console");
    reset_terminal();

    must(clock_settime(CLOCK_REALTIME, &now), "the time of day");
    must(sethostname("cella", 5), "the host's name");
    for (long n = next_number(); n > 0; n--)
        load_module(next_string());
    must(uname(&u), "uname");
    tell("linux %s %s", u.release, u.version);
}

/* --- file systems -------------------------------------------------------------------------- */

/* Whether the block device has this serial number. */
static int has_serial(const char *device, const char *serial)
{
    char    path[PATH_MAX], text[64];
    int     fd;
    ssize_t len;

    snprintf(path, sizeof(path), "/sys/block/%s/serial", device);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    len = read(fd, text, sizeof(text));
    close(fd);
    return len == (ssize_t)strlen(serial) && !memcmp(text, serial, (size_t)len);
}

static void mount_disk(const char *serial)
{
    char           path[PATH_MAX];
    struct dirent *entry;
    DIR           *dir = opendir("/sys/block");

    while (dir && (entry = readdir(dir))) {
        if (!has_serial(entry->d_name, serial))
            continue;
        snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
        must(mount(path, ROOT, "ext4", serial[0] == 'r' && serial[1] == 'w' ? 0 : MS_RDONLY, NULL),
             serial);
        closedir(dir);
        return;
    }
    errno = ENXIO;
    broken(serial);
}

/* What src/fs/dev.c has, in the current directory. */
static void make_nodes(void)
{
    static const struct node {
        const char *name;
        mode_t      mode;
        unsigned    major, minor;
    } nodes[] = {
        {"null", 0666, 1, 3},   {"zero", 0666, 1, 5},    {"full", 0666, 1, 7},
        {"random", 0666, 1, 8}, {"urandom", 0666, 1, 9}, {"kmsg", 0644, 1, 11},
        {"tty", 0666, 5, 0},    {"console", 0600, 5, 1},
    };
    static const char *const links[] = {"stdin", "stdout", "stderr"};

    for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
        must(mknod(nodes[i].name, S_IFCHR | nodes[i].mode, makedev(nodes[i].major, nodes[i].minor)),
             nodes[i].name);
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
        must(symlink("console", links[i]), links[i]);
    must(mkdir("shm", 01777), "/dev/shm");
}

/* Mount everything that a case sees; it is taken down again by unmount_all. */
static void mount_all(const char *serial)
{
    mount_disk(serial);
    mount_at("tmpfs", ROOT "/dev", 0, "mode=755");
    must(chdir(ROOT "/dev"), ROOT "/dev");
    make_nodes();
    must(chdir("/"), "/");
    must(mount(NULL, ROOT "/dev", NULL, MS_REMOUNT | MS_RDONLY, NULL), "/dev read-only");
    mount_at("tmpfs", ROOT "/dev/shm", 0, "mode=1777");
    mount_at("tmpfs", ROOT "/tmp", 0, "mode=1777");
    mount_at("proc", ROOT "/proc", 0, NULL);
    mount_at("sysfs", ROOT "/sys", 0, NULL);
}

static void unmount_all(void)
{
    static const char *const names[] = {ROOT "/sys",     ROOT "/proc", ROOT "/tmp",
                                        ROOT "/dev/shm", ROOT "/dev",  ROOT};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        must(umount2(names[i], 0), names[i]);
}

/* --- one case ------------------------------------------------------------------------------ */

/* What the session's leader and the program say over a pipe, until the program is executed. */
struct message {
    pid_t pid;
    int   error;
};

/* src/unix/process.c */
static void set_limits(void)
{
    static const struct limit {
        int           what;
        unsigned long soft, hard;
    } limits[] = {
        {RLIMIT_STACK, 8 << 20, RLIM_INFINITY},
        {RLIMIT_CORE, 0, RLIM_INFINITY},
        {RLIMIT_NOFILE, 1024, 65536},
        {RLIMIT_MEMLOCK, 8 << 20, 8 << 20},
        {RLIMIT_NPROC, RLIM_INFINITY, RLIM_INFINITY},
        {RLIMIT_SIGPENDING, RLIM_INFINITY, RLIM_INFINITY},
        {RLIMIT_MSGQUEUE, 819200, 819200},
    };
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct rlimit l = {limits[i].soft, limits[i].hard};
        must(setrlimit((__rlimit_resource_t)limits[i].what, &l), "a limit");
    }
}

__attribute__((noreturn)) static void fail_start(int report)
{
    struct message m = {.error = errno};
    (void)!write(report, &m, sizeof(m));
    _exit(127);
}

/* What a program finds. 0, or -1 and errno. */
static int prepare(const char *cwd)
{
    sigset_t none;

    sigemptyset(&none);
    set_limits();
    umask(022);
    if (setpgid(0, 0) || tcsetpgrp(0, getpid()) || chdir(cwd))
        return -1;
    return sigprocmask(SIG_SETMASK, &none, NULL);
}

__attribute__((noreturn)) static void be_program(const struct test_case *c, int report)
{
    if (!prepare(c->cwd))
        execve(c->program, c->args, c->env);
    fail_start(report);
}

/* Run strace, which runs this program again, as main() says. */
__attribute__((noreturn)) static void be_tracer(const struct test_case *c, int report)
{
    const char *argv[64] = {"strace", "-f", "-a1", "-o", TRACE, "/init", c->cwd, c->program};
    size_t      n = 8;

    for (char **arg = c->args; *arg && n < sizeof(argv) / sizeof(argv[0]) - 1; arg++)
        argv[n++] = *arg;
    unlink(TRACE);
    execve("/bin/strace", (char **)argv, c->env);
    fail_start(report);
}

/* argv: /init CWD PROGRAM ARG... The last successful execve that strace sees is that of the program. */
__attribute__((noreturn)) static void be_traced(char **argv)
{
    if (!chroot(ROOT) && !chdir("/") && !prepare(argv[1]))
        execv(argv[2], argv + 3);
    _exit(127);
}

/* The leader of the program's session: see the head of this file. */
__attribute__((noreturn)) static void be_leader(const struct test_case *c, int report)
{
    struct message m = {0};

    if (setsid() < 0 || (!c->traced && chroot(ROOT)) || chdir("/"))
        fail_start(report);
    for (int fd = 0; fd < 3; fd++)
        close(fd);
    if (open("/dev/console", O_RDWR) != 0 || dup(0) != 1 || dup(0) != 2 || ioctl(0, TIOCSCTTY, 1))
        fail_start(report);
    m.pid = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
    if (m.pid == 0 && c->traced)
        be_tracer(c, report);
    if (m.pid == 0)
        be_program(c, report);
    if (m.pid < 0)
        fail_start(report);
    (void)!write(report, &m, sizeof(m));
    close(report);
    for (;;)
        pause();
}

/* Fork the leader, which forks the program. The program's process id, or a negative error if it was
 * not executed. */
static pid_t start(const struct test_case *c)
{
    int            ends[2];
    struct message m;
    pid_t          pid = 0;
    int            error = 0;

    must(pipe2(ends, O_CLOEXEC), "a pipe");
    if (must(fork(), "fork") == 0)
        be_leader(c, ends[1]);
    close(ends[1]);
    while (read(ends[0], &m, sizeof(m)) == sizeof(m)) {
        pid = m.pid ? m.pid : pid;
        error = m.error ? m.error : error;
    }
    close(ends[0]);
    return error || !pid ? -(error ? error : ECHILD) : pid;
}

static time_t monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* Wait until the process ended, or for limit seconds. Whether it did; *status as wait has it. */
static int ended(pid_t pid, long limit, int *status)
{
    time_t   deadline = monotonic() + limit;
    sigset_t child;
    pid_t    got;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    for (;;) {
        while ((got = waitpid(-1, status, WNOHANG)) > 0)
            if (got == pid)
                return 1;
        struct timespec left = {.tv_sec = deadline - monotonic()};
        if (left.tv_sec <= 0)
            return 0;
        sigtimedwait(&child, NULL, &left);
    }
}

/* Print what strace wrote. */
static void tell_trace(long number)
{
    char    bytes[4096];
    ssize_t len;
    int     fd = must(open(TRACE, O_RDONLY | O_CLOEXEC), TRACE);

    tell("trace %ld", number);
    while ((len = read(fd, bytes, sizeof(bytes))) > 0)
        put(bytes, (size_t)len);
    tcdrain(console);
    close(fd);
}

static void run_case(long number, const struct test_case *c)
{
    int   status;
    pid_t pid;

    mount_all(c->disk);
    tell("begin %ld", number);
    pid = start(c);
    int in_time = pid < 0 || ended(pid, c->limit, &status);

    ioctl(console, TCXONC, TCOON);
    tcdrain(console); /* the leader still lives: nothing is dropped */
    kill(-1, SIGKILL);
    while (wait(NULL) > 0 || errno == EINTR)
        ;
    reset_terminal();
    if (c->traced && pid > 0)
        tell_trace(number);
    if (pid < 0)
        tell("end %ld unstarted %d", number, -pid);
    else if (!in_time)
        tell("end %ld late %ld", number, c->limit);
    else if (WIFSIGNALED(status))
        tell("end %ld killed %d", number, WTERMSIG(status));
    else
        tell("end %ld exited %d", number, WEXITSTATUS(status));
    unmount_all();
}

int main(int argc, char **argv)
{
    sigset_t all;

    if (getpid() != 1 && argc > 3)
        be_traced(argv);
    umask(0);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    start_machine();
    must(mkdir(ROOT, 0755), ROOT);
    long ncases = next_number();
    for (long i = 0; i < ncases; i++) {
        struct test_case c = next_case();
        run_case(i, &c);
    }
    tell("done");
    power_off();
}
