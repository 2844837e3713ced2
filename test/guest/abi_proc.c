/* SPDX-License-Identifier: Apache-2.0 */
/* /proc of the program itself: what it says of the program is what the program knows. Numbers of a
 * machine and of a process differ, so what is printed are claims, and how the texts are built.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "show.h"

#define TRUE(claim) printf("%-66s %s\n", #claim, (claim) ? "yes" : "no")

static char text[1 << 20];
static char *volatile nowhere = (char *)8;

/* The whole of a file into text; its length, or -1. */
static ssize_t slurp(const char *path)
{
    int     fd = open(path, O_RDONLY);
    size_t  len = 0;
    ssize_t n;

    if (fd < 0)
        return -1;
    while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
        len += (size_t)n;
    close(fd);
    text[len] = 0;
    return n < 0 ? -1 : (ssize_t)len;
}

/* What follows "NAME:" in text, cut at the end of the line. */
static const char *field(const char *name)
{
    static char     values[2][200];
    static unsigned turn;
    char            key[64], *value = values[turn++ % 2];

    snprintf(key, sizeof(key), "%s:", name);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, strlen(key)))
            continue;
        line += strlen(key);
        line += strspn(line, " \t");
        snprintf(value, sizeof(values[0]), "%.*s", (int)strcspn(line, "\n"), line);
        return value;
    }
    return "(no such line)";
}

/* --- stat, status, statm ------------------------------------------------------------------- */

static int count_fields(const char *s)
{
    int n = 0;

    while (*s) {
        s += strspn(s, " \n");
        n += *s != 0;
        s += strcspn(s, " \n");
    }
    return n;
}

static long nth(const char *s, int n)
{
    while (n-- > 0) {
        s += strcspn(s, " ");
        s += strspn(s, " ");
    }
    return strtol(s, NULL, 10);
}

static void show_stat(void)
{
    char *end;

    printf("-- stat\n");
    TRUE(slurp("/proc/self/stat") > 0);
    TRUE(nth(text, 0) == getpid());
    TRUE(!strncmp(strchr(text, '('), "(abi_proc) R ", 13));
    end = strrchr(text, ')') + 2;
    printf("fields after the name: %d\n", count_fields(end));
    TRUE(nth(end, 1) == getppid());
    TRUE(nth(end, 2) == getpgrp());
    TRUE(nth(end, 17) == 1);                                        /* threads */
    TRUE(nth(end, 20) > 0 && nth(end, 21) > 0);                     /* vsize, rss */
    TRUE((unsigned long)nth(end, 23) <= (unsigned long)&show_stat); /* code */
    TRUE((unsigned long)nth(end, 24) > (unsigned long)&show_stat);
    TRUE((unsigned long)nth(end, 44) <= (unsigned long)nth(end, 45)); /* heap, arguments */
    TRUE(slurp("/proc/self/statm") > 0);
    printf("fields of statm: %d\n", count_fields(text));
    TRUE(nth(text, 0) >= nth(text, 1) && nth(text, 1) > 0);
}

static void show_status(void)
{
    static const char *const names[] = {"Name",    "Umask",  "TracerPid",  "Uid",    "Gid",
                                        "Threads", "SigPnd", "ShdPnd",     "SigBlk", "SigIgn",
                                        "CapInh",  "CapAmb", "NoNewPrivs", "Seccomp"};
    char                     number[32];

    printf("-- status\n");
    TRUE(slurp("/proc/self/status") > 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        printf("%s: %s\n", names[i], field(names[i]));
    TRUE(!strncmp(field("State"), "R (running)", 11));
    snprintf(number, sizeof(number), "%d", getpid());
    TRUE(!strcmp(field("Pid"), number));
    TRUE(!strcmp(field("Tgid"), number));
    TRUE(strtol(field("VmRSS"), NULL, 10) > 0 && strstr(field("VmRSS"), " kB"));
    TRUE(strtol(field("VmSize"), NULL, 10) >= strtol(field("VmRSS"), NULL, 10));

    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGUSR2, SIG_IGN);
    raise(SIGUSR1);
    umask(027);
    TRUE(slurp("/proc/thread-self/status") > 0);
    printf("SigBlk: %s\n", field("SigBlk"));
    printf("SigIgn: %s\n", field("SigIgn"));
    printf("SigPnd: %s\n", field("SigPnd"));
    printf("Umask: %s\n", field("Umask"));
}

/* --- arguments, environment, auxiliary vector ------------------------------------------------ */

static void show_start(char **argv)
{
    unsigned long pair[2];
    ssize_t       len;
    size_t        pairs = 0;
    bool          same = true;

    printf("-- what the program was started with\n");
    len = slurp("/proc/self/cmdline");
    TRUE(len == (ssize_t)strlen(argv[0]) + 1 && !strcmp(text, argv[0]));
    len = slurp("/proc/self/environ");
    TRUE(len >= 0 && (len == 0 || text[len - 1] == 0));
    TRUE(len == 0 || !strcmp(text, environ[0]));
    len = slurp("/proc/self/auxv");
    TRUE(len > 0 && len % 16 == 0);
    for (ssize_t at = 0; at + 16 <= len; at += 16) {
        memcpy(pair, text + at, 16);
        if (pair[0] == AT_NULL)
            break;
        same &= getauxval(pair[0]) == pair[1];
        pairs++;
    }
    TRUE(same && pairs > 10);
    memset(argv[0], 'x', 1);
    slurp("/proc/self/cmdline");
    TRUE(text[0] == 'x');
}

static void show_limits(void)
{
    struct rlimit limit;
    char         *line;

    printf("-- limits\n");
    TRUE(slurp("/proc/self/limits") > 0);
    printf("%.*s\n", (int)strcspn(text, "\n"), text);
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 777;
    setrlimit(RLIMIT_NOFILE, &limit);
    slurp("/proc/self/limits");
    line = strstr(text, "Max open files");
    printf("%.*s|\n", (int)strcspn(line, "\n"), line);
    line = strstr(text, "Max nice");
    printf("%.*s|\n", (int)strcspn(line, "\n"), line);
    line = strstr(text, "Max cpu time");
    printf("%.*s|\n", (int)strcspn(line, "\n"), line);
}

/* --- maps ---------------------------------------------------------------------------------------- */

struct map {
    unsigned long start, end, offset, ino;
    unsigned      major, minor;
    char          rights[5], name[256];
};

/* The line that address is in. */
static int find_map(const void *address, struct map *m)
{
    unsigned long at = (unsigned long)address;

    slurp("/proc/self/maps");
    for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
        int n = 0;
        m->name[0] = 0;
        if (sscanf(line, "%lx-%lx %4s %lx %x:%x %lu%n", &m->start, &m->end, m->rights, &m->offset,
                   &m->major, &m->minor, &m->ino, &n) != 7)
            return 0;
        snprintf(m->name, sizeof(m->name), "%.*s", (int)strcspn(line + n, "\n"), line + n);
        if (m->start <= at && at < m->end)
            return 1;
    }
    return 0;
}

static void show_map(const char *what, const void *address)
{
    struct map m;

    if (find_map(address, &m))
        printf("%s: %s offset %lx %s\n", what, m.rights, m.offset, m.name + strspn(m.name, " "));
    else
        printf("%s: not found\n", what);
}

static void show_maps(void)
{
    struct map  m;
    struct stat st;
    char       *line, *name, *anonymous, *shared, *file;
    int         fd = open("/tmp/mapped", O_RDWR | O_CREAT, 0600);

    printf("-- maps\n");
    ftruncate(fd, 3 * 4096);
    anonymous = mmap(NULL, 5 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(anonymous + 4096, 4096, PROT_NONE);
    mprotect(anonymous + 3 * 4096, 4096, PROT_READ | PROT_EXEC);
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    file = mmap(NULL, 2 * 4096, PROT_READ, MAP_SHARED, fd, 4096);
    show_map("anonymous", anonymous);
    show_map("no rights", anonymous + 4096);
    show_map("between", anonymous + 2 * 4096);
    show_map("code", anonymous + 3 * 4096);
    show_map("shared", shared);
    show_map("file", file);
    show_map("the program", (void *)(unsigned long)&show_maps);
    show_map("stack", &m);
    show_map("heap", malloc(10));
    fstat(fd, &st);
    TRUE(find_map(file, &m) && m.ino == st.st_ino);
    TRUE(m.major == (st.st_dev >> 8 & 0xfff) && m.minor == (st.st_dev & 0xff));
    TRUE(m.start == (unsigned long)file && m.end == m.start + 2 * 4096);
    unlink("/tmp/mapped");
    TRUE(find_map(file, &m) && m.ino == st.st_ino);
    slurp("/proc/self/maps");
    line = strstr(text, "[stack]");
    name = line;
    while (line > text && line[-1] != '\n')
        line--;
    printf("the name is in column %d\n", (int)(name - line));
    line = strchr(text, '-');
    TRUE(line && line - text >= 8);

    TRUE(slurp("/proc/self/smaps") > 0);
    TRUE(strstr(text, "\nSize:") && strstr(text, "\nRss:") && strstr(text, "\nVmFlags: rd"));
    TRUE(slurp("/proc/self/smaps_rollup") > 0 && strstr(text, "[rollup]\nRss:"));
    close(fd);
}

/* --- reading in pieces --------------------------------------------------------------------------- */

static void show_reading(void)
{
    char        one[8192], whole[8192];
    ssize_t     n, len = 0;
    struct stat st;
    int         fd = open("/proc/self/status", O_RDONLY);

    printf("-- reading\n");
    fstat(fd, &st);
    printf("size %ld, mode %o\n", (long)st.st_size, st.st_mode);
    while ((n = read(fd, one + len, 7)) > 0)
        len += n;
    TRUE(len > 500 && one[len - 1] == '\n');
    SHOW(read(fd, one, 10));
    SHOW(lseek(fd, 0, SEEK_SET));
    n = read(fd, whole, sizeof(whole));
    TRUE(n > 500);
    SHOW(lseek(fd, 5, SEEK_SET));
    TRUE(read(fd, one, 8) == 8 && !memcmp(one, whole + 5, 8));
    SHOW(lseek(fd, 0, SEEK_END));
    SHOW(lseek(fd, -100, SEEK_CUR));
    TRUE(pread(fd, one, 8, 6) == 8 && !memcmp(one, whole + 6, 8));
    SHOW(pread(fd, one, 8, 1 << 20));
    SHOW(pread(fd, nowhere, 10, 0));
    SHOW_OK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0));
    close(fd);

    /* The text is of one moment: */
    fd = open("/proc/self/comm", O_RDONLY);
    prctl(PR_SET_NAME, "first name");
    n = read(fd, one, 5);
    prctl(PR_SET_NAME, "other");
    n += read(fd, one + n, 20);
    printf("%.*s", (int)n, one);
    lseek(fd, 0, SEEK_SET);
    n = read(fd, one, 20);
    printf("%.*s", (int)n, one);
    close(fd);
}

/* --- writing --------------------------------------------------------------------------------------- */

static void show_writing(void)
{
    int fd;

    printf("-- writing\n");
    fd = open("/proc/self/comm", O_RDWR);
    SHOW(write(fd, "a name that is too long", 23));
    TRUE(slurp("/proc/self/comm") > 0);
    printf("%s", text);
    SHOW(ftruncate(fd, 0));
    close(fd);
    fd = open("/proc/self/oom_score_adj", O_RDWR | O_TRUNC);
    SHOW(write(fd, "500\n", 4));
    TRUE(slurp("/proc/self/oom_score_adj") > 0);
    printf("%s", text);
    SHOW(write(fd, "5000\n", 5));
    SHOW(write(fd, "much", 4));
    close(fd);
    fd = open("/proc/self/status", O_WRONLY);
    SHOW(write(fd, "x", 1));
    SHOW(read(fd, text, 1));
    close(fd);
    fd = open("/proc/uptime", O_WRONLY);
    SHOW(write(fd, "x", 1));
    close(fd);
    SHOW_OK(open("/proc/self/nothing", O_RDONLY));
    SHOW_OK(open("/proc/self/nothing", O_RDWR | O_CREAT, 0600));
    SHOW_OK(open("/proc/self/stat/x", O_RDONLY));
    SHOW(mkdir("/proc/self/new", 0700));
    SHOW(unlink("/proc/self/stat"));
    SHOW(rename("/proc/uptime", "/proc/downtime"));
}

/* --- links ------------------------------------------------------------------------------------------- */

static void show_link(const char *what, const char *path)
{
    char    to[4096], *bracket;
    ssize_t n = readlink(path, to, sizeof(to) - 1);

    if (n < 0) {
        printf("%s: %s\n", what, strerrorname_np(errno));
        return;
    }
    to[n] = 0;
    bracket = strstr(to, ":[");
    if (bracket && isdigit(bracket[2]))
        strcpy(bracket + 2, "N]");
    printf("%s: %s\n", what, to);
}

static void show_fd(const char *what, int fd)
{
    char        path[64];
    struct stat by_path, by_fd, link;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    show_link(what, path);
    lstat(path, &link);
    if (!fstat(fd, &by_fd) && !stat(path, &by_path))
        printf("    mode %o, size %ld; leads to %s\n", link.st_mode, (long)link.st_size,
               by_path.st_ino == by_fd.st_ino && by_path.st_mode == by_fd.st_mode ? "the same file"
                                                                                  : "another file");
}

static void show_links(void)
{
    int         pipes[2], fd, again, dir;
    char        path[64], byte;
    struct stat self, exe;

    printf("-- links\n");
    show_link("exe", "/proc/self/exe");
    show_link("cwd", "/proc/self/cwd");
    show_link("root", "/proc/self/root");
    TRUE(!stat("/proc/self/exe", &exe) && !stat("/bin/abi_proc", &self));
    TRUE(exe.st_ino == self.st_ino && exe.st_dev == self.st_dev);
    mkdir("/tmp/here", 0700);
    chdir("/tmp/here");
    show_link("cwd", "/proc/self/cwd");
    TRUE(!access("/proc/self/cwd/../here", F_OK));
    chdir("/");
    TRUE(!access("/proc/self/root/bin/abi_proc", X_OK));

    fd = open("/tmp/file", O_RDWR | O_CREAT, 0600);
    show_fd("file", fd);
    rename("/tmp/file", "/tmp/here/renamed");
    show_fd("renamed", fd);
    write(fd, "text", 4);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    again = open(path, O_RDONLY);
    TRUE(read(again, &byte, 1) == 1 && byte == 't');
    SHOW(write(again, "x", 1));
    show_fd("opened again", again);
    close(again);
    unlink("/tmp/here/renamed");
    show_fd("deleted", fd);
    again = open(path, O_RDWR);
    TRUE(read(again, &byte, 1) == 1 && byte == 't');
    close(again);
    SHOW_OK(open(path, O_RDONLY | O_NOFOLLOW));
    SHOW_OK(open(path, O_RDONLY | O_DIRECTORY));
    close(fd);
    show_link("closed", path);
    SHOW_OK(open(path, O_RDONLY));

    dir = open("/tmp/here", O_RDONLY | O_DIRECTORY);
    show_fd("directory", dir);
    snprintf(path, sizeof(path), "/proc/self/fd/%d/../here", dir);
    TRUE(!access(path, F_OK));
    close(dir);
    fd = open("/dev/null", O_WRONLY);
    show_fd("device", fd);
    close(fd);
    fd = open("/tmp", O_PATH);
    show_fd("O_PATH", fd);
    close(fd);
    pipe(pipes);
    show_fd("pipe", pipes[0]);
    show_fd("pipe", pipes[1]);
    close(pipes[0]);
    close(pipes[1]);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pipes);
    show_fd("socket", pipes[0]);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", pipes[0]);
    SHOW_OK(open(path, O_RDWR));
    close(pipes[0]);
    close(pipes[1]);
    fd = eventfd(0, 0);
    show_link("eventfd", (snprintf(path, sizeof(path), "/proc/self/fd/%d", fd), path));
    SHOW_OK(open(path, O_RDWR));
    close(fd);
    show_fd("epoll", fd = epoll_create1(0));
    close(fd);
    show_fd("timer", fd = timerfd_create(CLOCK_MONOTONIC, 0));
    close(fd);
    show_fd("signals", fd = signalfd(-1, &(sigset_t){0}, 0));
    close(fd);
    show_fd("memory", fd = memfd_create("a name", 0));
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    again = open(path, O_RDONLY);
    show_fd("memory again", again);
    SHOW(write(again, "x", 1));
    SHOW(write(fd, "x", 1));
    TRUE(read(again, &byte, 1) == 1 && byte == 'x');
    close(again);
    close(fd);
}

static void show_fdinfo(void)
{
    char path[64];
    int  fd = open("/tmp/positioned", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    printf("-- fdinfo\n");
    write(fd, "0123456789", 10);
    lseek(fd, 3, SEEK_SET);
    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
    TRUE(slurp(path) > 0);
    printf("pos %s, flags %s\n", field("pos"), field("flags"));
    close(fd);
    SHOW_OK(open(path, O_RDONLY));
}

/* --- directories -------------------------------------------------------------------------------------- */

/* Whether the directory has the name, and how many entries there are. */
static int has(const char *dir, const char *name)
{
    DIR           *d = opendir(dir);
    struct dirent *e;
    struct stat    st;
    int            found = 0;

    while (d && (e = readdir(d)))
        if (!strcmp(e->d_name, name))
            found = fstatat(dirfd(d), name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
                    st.st_ino == e->d_ino && (st.st_mode & S_IFMT) >> 12 == e->d_type;
    if (d)
        closedir(d);
    return found;
}

static pthread_barrier_t barrier;

static void *thread(void *arg)
{
    char name[16], path[64];
    (void)arg;

    prctl(PR_SET_NAME, "the other one");
    snprintf(name, sizeof(name), "%d", gettid());
    TRUE(has("/proc/self/task", name));
    snprintf(path, sizeof(path), "/proc/self/task/%s/comm", name);
    TRUE(slurp(path) > 0);
    printf("%s", text);
    TRUE(slurp("/proc/thread-self/comm") > 0);
    printf("%s", text);
    TRUE(slurp("/proc/self/status") > 0);
    printf("Threads: %s\n", field("Threads"));
    pthread_barrier_wait(&barrier);
    return NULL;
}

static void show_directories(void)
{
    char          name[16], path[64];
    struct statfs fs;
    struct stat   st;
    pthread_t     t;
    int           fd;

    printf("-- directories\n");
    snprintf(name, sizeof(name), "%d", getpid());
    TRUE(has("/proc", name));
    TRUE(has("/proc", "self"));
    TRUE(has("/proc", "uptime"));
    TRUE(has("/proc", "sys"));
    TRUE(has("/proc/self", "maps"));
    TRUE(has("/proc/self", "exe"));
    TRUE(has("/proc/self/task", name));
    fd = open("/tmp", O_RDONLY);
    snprintf(name, sizeof(name), "%d", fd);
    TRUE(has("/proc/self/fd", name));
    TRUE(has("/proc/self/fdinfo", name));
    close(fd);
    TRUE(!has("/proc/self/fd", name) || atoi(name) < 10);
    SHOW(statfs("/proc/self/fd", &fs));
    printf("type %lx, name length %ld, blocks %ld\n", (long)fs.f_type, (long)fs.f_namelen,
           (long)fs.f_blocks);
    SHOW(statfs("/sys", &fs));
    printf("type %lx, name length %ld, blocks %ld\n", (long)fs.f_type, (long)fs.f_namelen,
           (long)fs.f_blocks);
    stat("/proc", &st);
    printf("/proc: mode %o\n", st.st_mode);
    stat("/proc/self/fd", &st);
    printf("/proc/self/fd: mode %o\n", st.st_mode);
    stat("/proc/self/task", &st);
    printf("/proc/self/task: mode %o\n", st.st_mode);
    stat("/proc/self/environ", &st);
    printf("/proc/self/environ: mode %o\n", st.st_mode);
    lstat("/proc/self", &st);
    printf("/proc/self: mode %o, size %ld\n", st.st_mode, (long)st.st_size);
    lstat("/proc/self/exe", &st);
    printf("/proc/self/exe: mode %o, size %ld\n", st.st_mode, (long)st.st_size);
    chdir("/proc/self/fd");
    snprintf(path, sizeof(path), "/proc/%d/fd", getpid());
    TRUE(!strcmp(getcwd(text, sizeof(text)), path));
    chdir("/");

    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&t, NULL, thread, NULL);
    pthread_barrier_wait(&barrier);
    pthread_join(t, NULL);
}

int main(int argc, char **argv)
{
    (void)argc;
    setvbuf(stdout, NULL, _IOLBF, 0);
    show_stat();
    show_status();
    show_start(argv);
    show_limits();
    show_maps();
    show_reading();
    show_writing();
    show_links();
    show_fdinfo();
    show_directories();
    return 0;
}
