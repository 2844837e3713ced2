/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread */
/* cpus: 4 */
/* exec_state.c - what a program finds that was started by another one in the same process. It runs
 * itself again and again: each stage prepares something, and the next one looks at it. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "show.h"

#define SELF  "/bin/exec_state"
#define STAGE "STAGE"

extern char **environ;

/* Run path with what is NULL-terminated as its arguments, as the next stage. */
static void go(const char *stage, const char *path, char *const *args)
{
    char  place[32];
    char *env[] = {place, NULL};
    snprintf(place, sizeof(place), STAGE "=%s", stage);
    fflush(stdout);
    execve(path, args, env);
    perror("execve");
    exit(1);
}

static void again(const char *stage)
{
    go(stage, SELF, (char *[]){"again", NULL});
}

static void print_file(const char *path)
{
    char    bytes[256];
    int     fd = open(path, O_RDONLY);
    ssize_t n = read(fd, bytes, sizeof(bytes));
    close(fd);
    printf("%s:", path);
    for (ssize_t i = 0; i < n; i++)
        printf(bytes[i] >= ' ' && bytes[i] < 127 ? " %c" : " \\%o", (unsigned char)bytes[i]);
    printf("\n");
}

static void print_args(char **argv)
{
    for (int i = 0; argv[i]; i++)
        printf("argv[%d] = \"%s\"\n", i, argv[i]);
    for (int i = 0; environ[i]; i++)
        printf("environ[%d] = \"%s\"\n", i, environ[i]);
    printf("AT_EXECFN = \"%s\"\n", (char *)getauxval(AT_EXECFN));
}

/* --- stages ------------------------------------------------------------------------------------ */

static void begin(char **argv)
{
    (void)argv;
    go("arguments", SELF, (char *[]){"first", "", "two words", "\t\n", NULL});
}

static void arguments(char **argv)
{
    CLAIM("a program has the arguments and the environment that it was given");
    print_args(argv);
    print_file("/proc/self/cmdline");
    print_file("/proc/self/environ");
    go("nothing", SELF, (char *[]){NULL});
}

static void nothing(char **argv)
{
    CLAIM("a program without arguments has an empty one");
    print_args(argv);
    symlink(SELF, "/tmp/a-name-of-more-than-fifteen-bytes");
    go("names", "/tmp/a-name-of-more-than-fifteen-bytes", (char *[]){"other", NULL});
}

static void names(char **argv)
{
    char name[32] = "", exe[64] = "";
    CLAIM("a program is called as its file was, and is what the file is");
    print_args(argv);
    SHOW(prctl(PR_GET_NAME, name));
    SHOW(readlink("/proc/self/exe", exe, sizeof(exe) - 1));
    printf("%s %s\n", name, exe);
    print_file("/proc/self/comm");

    int fd = open("/dev/null", O_RDWR), kept = dup(fd), marked = dup(fd),
        file = open(SELF, O_RDONLY);
    printf("%d %d %d %d\n", fd, kept, marked, file);
    fcntl(marked, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    lseek(file, 100, SEEK_SET);
    fcntl(fcntl(file, F_DUPFD, 700), F_SETFD, FD_CLOEXEC);
    again("descriptors");
}

static void descriptors(char **argv)
{
    (void)argv;
    CLAIM("descriptors stay open, but for those that are marked to be closed");
    for (int fd = 0; fd < 7; fd++)
        SHOW(fcntl(fd, F_GETFD));
    SHOW(fcntl(700, F_GETFD));
    SHOW(fcntl(3, F_GETFL) & O_NONBLOCK ? 1 : 0);
    SHOW(lseek(6, 0, SEEK_CUR));
    SHOW(close(3) | close(4) | close(6));

    void            *stack = malloc(65536);
    struct sigaction handled = {.sa_handler = exit, .sa_flags = SA_ONSTACK | SA_RESTART};
    sigset_t         set;
    sigfillset(&handled.sa_mask);
    sigaction(SIGUSR1, &handled, NULL);
    signal(SIGUSR2, SIG_IGN);
    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = 65536}, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_SETMASK, &set, NULL);
    kill(getpid(), SIGHUP);
    syscall(SYS_tkill, gettid(), SIGTERM);
    sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 7});
    sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 8});
    again("signals");
}

static void signals(char **argv)
{
    struct sigaction action;
    siginfo_t        info;
    sigset_t         set;
    stack_t          stack;
    (void)argv;
    CLAIM("signals that were handled are not any more, and those that were ignored still are");
    SHOW(sigaction(SIGUSR1, NULL, &action));
    printf("%d %#x %d\n", action.sa_handler == SIG_DFL, action.sa_flags,
           sigismember(&action.sa_mask, SIGINT));
    SHOW(sigaction(SIGUSR2, NULL, &action));
    printf("%d\n", action.sa_handler == SIG_IGN);
    CLAIM("the mask and what is pending stay");
    sigprocmask(SIG_SETMASK, NULL, &set);
    for (int sig = 1; sig < 35; sig++)
        if (sigismember(&set, sig) > 0)
            printf("%d is blocked\n", sig);
    for (int i = 0; i < 5; i++) {
        int sig = sigtimedwait(&set, &info, &(struct timespec){0, 0});
        printf("%d", sig);
        if (sig > 0)
            printf(" code %d value %d", info.si_code, sig > 31 ? info.si_value.sival_int : 0);
        printf("\n");
    }
    CLAIM("there is no alternate stack");
    SHOW(sigaltstack(NULL, &stack));
    printf("%d %zu\n", stack.ss_flags, stack.ss_size);

    timer_t          timer;
    struct sigevent  event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
    struct itimerval hour = {{0, 0}, {3600, 0}};
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &(struct itimerspec){{0, 0}, {0, 1}}, NULL);
    do {
        sigpending(&set);
    } while (!sigismember(&set, SIGRTMIN));
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    setitimer(ITIMER_REAL, &hour, NULL);
    again("timers");
}

static void timers(char **argv)
{
    struct itimerval  left;
    struct itimerspec spec;
    sigset_t          set;
    (void)argv;
    CLAIM("timers of timer_create are gone with their signals");
    SHOW(syscall(SYS_timer_gettime, 0, &spec));
    SHOW(syscall(SYS_timer_gettime, 1, &spec));
    sigpending(&set);
    SHOW(sigismember(&set, SIGRTMIN));
    CLAIM("the timers of setitimer run on");
    SHOW(getitimer(ITIMER_REAL, &left));
    printf("%d\n", left.it_value.tv_sec > 3000);
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
    sigemptyset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);

    char *page = mmap((void *)0x10000000, 65536, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    page[0] = 1;
    mlockall(MCL_CURRENT | MCL_FUTURE);
    sbrk(1 << 20);
    again("memory");
}

static void memory(char **argv)
{
    unsigned char there[16];
    (void)argv;
    CLAIM("nothing of the old program's memory is left");
    SHOW(mincore((void *)0x10000000, 65536, there));
    FILE *f = fopen("/proc/self/status", "r");
    char  line[128];
    while (fgets(line, sizeof(line), f))
        if (!strncmp(line, "VmLck:", 6))
            printf("%d\n", atoi(line + 6) < 64);
    fclose(f);
    double sum = 0;
    for (int i = 0; i < 4; i++)
        sum += i * 0.5;
    printf("%.1f\n", sum);

    int shared = open("/dev/shm/robust", O_CREAT | O_RDWR, 0600);
    ftruncate(shared, 4096);
    pthread_mutexattr_t attr;
    pthread_mutex_t    *mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(mutex, &attr);
    pthread_mutex_lock(mutex);
    fcntl(shared, F_SETFD, FD_CLOEXEC);
    again("robust");
}

static pthread_barrier_t barrier;

static void *asleep(void *fd)
{
    char c;
    pthread_barrier_wait(&barrier);
    read((int)(intptr_t)fd, &c, 1);
    return NULL;
}

static void *waits(void *arg)
{
    static uint32_t word;
    pthread_barrier_wait(&barrier);
    syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
    return arg;
}

static void *sigwaits(void *arg)
{
    sigset_t set;
    sigfillset(&set);
    pthread_sigmask(SIG_SETMASK, &set, NULL);
    pthread_barrier_wait(&barrier);
    sigtimedwait(&set, NULL, &(struct timespec){1000, 0});
    return arg;
}

static void *spins(void *arg)
{
    volatile int *on = arg;
    pthread_barrier_wait(&barrier);
    while (*on) {
    }
    return NULL;
}

static void *runs(void *stage)
{
    pthread_barrier_wait(&barrier);
    again(stage);
    return NULL;
}

static void start(void *(*fn)(void *), void *arg)
{
    pthread_t t;
    if (pthread_create(&t, NULL, fn, arg))
        perror("pthread_create");
}

static void robust(char **argv)
{
    (void)argv;
    int              shared = open("/dev/shm/robust", O_RDWR);
    pthread_mutex_t *mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
    CLAIM("a robust mutex that was held is told to be without owner");
    printf("%s\n", strerrorname_np(pthread_mutex_lock(mutex)));
    close(shared);

    int ends[2];
    pipe2(ends, O_CLOEXEC);
    pthread_barrier_init(&barrier, NULL, 7);
    start(asleep, (void *)(intptr_t)ends[0]);
    start(asleep, (void *)(intptr_t)ends[0]);
    start(waits, NULL);
    start(sigwaits, NULL);
    static volatile int on = 1;
    start(spins, (void *)&on);
    start(runs, "threads");
    pthread_barrier_wait(&barrier);
    pause();
}

static void print_threads(void)
{
    printf("%d\n", gettid() == getpid());
    FILE *f = fopen("/proc/self/status", "r");
    char  line[128];
    while (fgets(line, sizeof(line), f))
        if (!strncmp(line, "Threads", 7))
            fputs(line, stdout);
    fclose(f);
}

static void *leaves(void *main_thread)
{
    pthread_join(*(pthread_t *)main_thread, NULL);
    again("leaderless");
    return NULL;
}

static void threads(char **argv)
{
    (void)argv;
    CLAIM("a thread that runs another program is all that remains, and the first one");
    print_threads();
    static pthread_t self;
    self = pthread_self();
    start(leaves, &self);
    pthread_exit(NULL);
}

static void leaderless(char **argv)
{
    (void)argv;
    CLAIM("also when the first thread ended before");
    print_threads();
    pthread_barrier_init(&barrier, NULL, 5);
    for (int i = 0; i < 4; i++)
        start(runs, "race");
    pthread_barrier_wait(&barrier);
    pause();
}

static void race(char **argv)
{
    CLAIM("of several threads that do so at once one succeeds");
    print_threads();
    (void)argv;
    umask(027);
    chdir("/tmp");
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){100, 200});
    setpriority(PRIO_PROCESS, 0, 5);
    prctl(PR_SET_TIMERSLACK, 12345);
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_KEEPCAPS, 1);
    again("kept");
}

static void kept(char **argv)
{
    struct rlimit limit;
    char          dir[64];
    (void)argv;
    CLAIM("directory, mask, limits, niceness and slack are the process's");
    printf("%s %03o\n", getcwd(dir, sizeof(dir)), umask(022));
    getrlimit(RLIMIT_NOFILE, &limit);
    printf("%lu %lu\n", (long)limit.rlim_cur, (long)limit.rlim_max);
    SHOW(getpriority(PRIO_PROCESS, 0));
    SHOW(prctl(PR_GET_TIMERSLACK));
    CLAIM("whether it may be dumped, and keeps capabilities, is the program's");
    SHOW(prctl(PR_GET_DUMPABLE));
    SHOW(prctl(PR_GET_KEEPCAPS));

    int fd = open(SELF, O_RDONLY | O_CLOEXEC);
    fflush(stdout);
    syscall(SYS_execveat, fd, "", (char *[]){"by descriptor", NULL},
            (char *[]){STAGE "=by_fd", NULL}, AT_EMPTY_PATH);
    perror("execveat");
}

static void by_fd(char **argv)
{
    char exe[64] = "";
    CLAIM("execveat of a descriptor names it");
    print_args(argv);
    print_file("/proc/self/comm");
    SHOW(readlink("/proc/self/exe", exe, sizeof(exe) - 1));
    printf("%s\n", exe);
    int dir = open("/bin", O_RDONLY);
    printf("%d\n", dir);
    fflush(stdout);
    syscall(SYS_execveat, dir, "exec_state", (char *[]){"below", NULL},
            (char *[]){STAGE "=below", NULL}, 0);
    perror("execveat");
}

static void script(const char *path, const char *text)
{
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0755);
    if (write(fd, text, strlen(text)) < 0)
        perror(path);
    fchmod(fd, 0755);
    close(fd);
}

static void below(char **argv)
{
    CLAIM("execveat below a directory names that");
    print_args(argv);
    close(3);
    script("/tmp/script", "#!  " SELF "\t one  argument \nis all\n");
    go("scripted", "/tmp/script", (char *[]){"zero", "one", NULL});
}

static void scripted(char **argv)
{
    char exe[64] = "";
    CLAIM("a script's interpreter is told its name");
    print_args(argv);
    print_file("/proc/self/comm");
    SHOW(readlink("/proc/self/exe", exe, sizeof(exe) - 1));
    printf("%s\n", exe);
    script("/tmp/second", "#!/tmp/script\n");
    go("twice", "../tmp/second", (char *[]){NULL});
}

static void twice(char **argv)
{
    CLAIM("a script may be run by a script");
    print_args(argv);
    int fd = open("/tmp/script", O_RDONLY);
    fflush(stdout);
    syscall(SYS_execveat, fd, "", (char *[]){"zero", NULL}, (char *[]){STAGE "=script_fd", NULL},
            AT_EMPTY_PATH);
    perror("execveat");
}

static void script_fd(char **argv)
{
    CLAIM("a script by descriptor is found under /dev/fd");
    print_args(argv);
    SHOW(close(3));
    SHOW(setresuid(1000, 1000, 1000));
    again("user");
}

static void print_rights(void)
{
    uid_t                           r, e, s;
    gid_t                           rg, eg, sg;
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct   caps[2];
    getresuid(&r, &e, &s);
    getresgid(&rg, &eg, &sg);
    printf("users %d %d %d groups %d %d %d\n", r, e, s, rg, eg, sg);
    printf("auxv %lu %lu %lu %lu secure %lu\n", getauxval(AT_UID), getauxval(AT_EUID),
           getauxval(AT_GID), getauxval(AT_EGID), getauxval(AT_SECURE));
    syscall(SYS_capget, &head, caps);
    printf("capabilities %d %d %d\n", caps[0].effective != 0, caps[0].permitted != 0,
           caps[0].inheritable != 0);
}

static void user(char **argv)
{
    (void)argv;
    CLAIM("a user's program has the user's rights");
    print_rights();
    exit(3);
}

static const struct {
    const char *name;
    void (*run)(char **argv);
} stages[] = {
    {"arguments", arguments}, {"nothing", nothing},
    {"names", names},         {"descriptors", descriptors},
    {"signals", signals},     {"timers", timers},
    {"memory", memory},       {"robust", robust},
    {"threads", threads},     {"leaderless", leaderless},
    {"race", race},           {"kept", kept},
    {"by_fd", by_fd},         {"below", below},
    {"scripted", scripted},   {"twice", twice},
    {"script_fd", script_fd}, {"user", user},
};

int main(int argc, char **argv)
{
    const char *stage = getenv(STAGE);
    (void)argc;
    for (unsigned i = 0; stage && i < sizeof(stages) / sizeof(*stages); i++)
        if (!strcmp(stages[i].name, stage))
            stages[i].run(argv);
    begin(argv);
    return 1;
}
