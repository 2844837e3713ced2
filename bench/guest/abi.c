/* SPDX-License-Identifier: Apache-2.0 */
/* abi.c - what a program pays for the calls that programs make most: one piece is a loop over an operation,
 * everything in its body included. Each row is measured three times over, so that the last time finds code and
 * tables as they stay.
 *
 * The loop bodies do what those did with which the peers were measured (bench/abi.sh has their figures), through the C
 * library as there. Files are in the working directory, which is a file system in memory.
 */
#define _GNU_SOURCE
#include "measure.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define TIMES 3
#define LOOP  1 /* the one kind of piece */

/* --- calls of one thread ---------------------------------------------------------------------- */

static void system_call(void)
{
    syscall(SYS_getppid);
}

static void ask_time(void)
{
    struct timeval now;
    gettimeofday(&now, NULL);
}

static int null_fd;

static void write_null(void)
{
    char c = 0;
    need(write(null_fd, &c, 1) == 1, "write");
}

static int ends[2];

static void through_pipe(void)
{
    char c = 1;
    need(write(ends[1], &c, 1) == 1 && read(ends[0], &c, 1) == 1, "pipe");
}

static int event_fd;

static void through_eventfd(void)
{
    uint64_t value = 1;
    need(write(event_fd, &value, 8) == 8 && read(event_fd, &value, 8) == 8, "eventfd");
}

static int epoll_fd;

static void wait_ready(void)
{
    struct epoll_event event;
    need(epoll_wait(epoll_fd, &event, 1, 0) == 1, "epoll_wait");
}

static const char small_file[] = "small";

static void open_and_close(void)
{
    int fd = open(small_file, O_RDWR);
    need(fd >= 0 && !close(fd), "open");
}

static void stat_file(void)
{
    struct stat st;
    need(!stat(small_file, &st), "stat");
}

static long futex(volatile int *word, int op, int value)
{
    return syscall(SYS_futex, word, op | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

static volatile int word;

static void wake_nobody(void)
{
    futex(&word, FUTEX_WAKE, 1);
}

static volatile int handled;

static void count_signal(int signal)
{
    (void)signal;
    handled++;
}

static pid_t process;

static void signal_self(void)
{
    syscall(SYS_tgkill, process, process, SIGUSR1);
}

static char *page;

static void give_back(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    (void)context;
    handled++;
    mprotect(page, PAGE, PROT_READ | PROT_WRITE);
}

static void fault_and_handle(void)
{
    mprotect(page, PAGE, PROT_READ);
    *(volatile char *)page = 2;
}

static int  file_fd;
static long nth;
static char big[MIB];

static void pread_page(void)
{
    need(pread(file_fd, big, PAGE, (nth++ & 15) * (long)PAGE) == (ssize_t)PAGE, "pread");
}

static void pwrite_page(void)
{
    need(pwrite(file_fd, big, PAGE, (nth++ & 15) * (long)PAGE) == (ssize_t)PAGE, "pwrite");
}

#define CHUNK (64 * KIB)

static void whole_file(void)
{
    int fd = open("large", O_CREAT | O_TRUNC | O_RDWR, 0600);
    need(fd >= 0, "create");
    for (size_t at = 0; at < MIB; at += CHUNK)
        need(write(fd, big + at, CHUNK) == (ssize_t)CHUNK, "write");
    lseek(fd, 0, SEEK_SET);
    for (size_t at = 0; at < MIB; at += CHUNK)
        need(read(fd, big + at, CHUNK) == (ssize_t)CHUNK, "read");
    close(fd);
    need(!unlink("large"), "unlink");
}

static void *nothing(void *arg)
{
    return arg;
}

static void thread_and_join(void)
{
    pthread_t thread;
    need(!pthread_create(&thread, NULL, nothing, NULL) && !pthread_join(thread, NULL), "thread");
}

/* --- two threads in turn: the other one goes on until what it waits for ends ------------------- */

static void *answer_futex(void *arg)
{
    for (;;) {
        while (word == 0)
            futex(&word, FUTEX_WAIT, 0);
        if (word < 0)
            return arg;
        word = 0;
        futex(&word, FUTEX_WAKE, 1);
    }
}

static void futex_turn(void)
{
    word = 1;
    futex(&word, FUTEX_WAKE, 1);
    while (word != 0)
        futex(&word, FUTEX_WAIT, 1);
}

static int there[2], back[2]; /* read from [0], written to [1] */

static void *answer_bytes(void *arg)
{
    char c;
    while (read(there[0], &c, 1) == 1)
        need(write(back[1], &c, 1) == 1, "answer");
    return arg;
}

static void byte_turn(void)
{
    char c = 1;
    need(write(there[1], &c, 1) == 1 && read(back[0], &c, 1) == 1, "turn");
}

/* --- measuring --------------------------------------------------------------------------------- */

/* A loop of the operation itself: inlined, as if it stood there. */
static inline __attribute__((always_inline)) void row(const char *name, long passes,
                                                      void (*operation)(void))
{
    announce(LOOP, name, TIMES, passes);
    for (int t = 0; t < TIMES; t++) {
        handled = 0;
        BEGIN(LOOP);
        for (long n = 0; n < passes; n++)
            operation();
        END(LOOP);
    }
}

static void prepare(void)
{
    struct epoll_event event = {.events = EPOLLIN};

    need(!chdir("/tmp"), "chdir");
    null_fd = open("/dev/null", O_WRONLY);
    event_fd = eventfd(0, 0);
    file_fd = open(small_file, O_CREAT | O_TRUNC | O_RDWR, 0600);
    need(null_fd >= 0 && event_fd >= 0 && file_fd >= 0, "open");
    memset(big, 7, sizeof(big));
    need(write(file_fd, big, 16 * PAGE) == 16 * (ssize_t)PAGE, "write");
    epoll_fd = epoll_create1(0);
    need(!pipe(ends) && !pipe(there), "pipe");
    need(!epoll_ctl(epoll_fd, EPOLL_CTL_ADD, there[0], &event), "watch");
    need(write(there[1], "x", 1) == 1, "make ready");
    process = getpid();
}

static void take_signals(void)
{
    struct sigaction counting = {.sa_handler = count_signal};
    struct sigaction mending = {.sa_sigaction = give_back, .sa_flags = SA_SIGINFO};

    sigaction(SIGUSR1, &counting, NULL);
    row("signal to self", 2000, signal_self);
    need(handled == 2000, "signals");
    page = map_anonymous(PAGE, 0);
    page[0] = 1;
    sigaction(SIGSEGV, &mending, NULL);
    row("SIGSEGV handled by an mprotect, and another", 1000, fault_and_handle);
    need(handled == 1000, "faults");
}

static void take_turns(void)
{
    pthread_t thread;

    word = 0;
    need(!pthread_create(&thread, NULL, answer_futex, NULL), "thread");
    row("futex ping-pong of two threads", 2000, futex_turn);
    word = -1;
    futex(&word, FUTEX_WAKE, 1);
    pthread_join(thread, NULL);

    need(!pipe(there) && !pipe(back), "pipe");
    need(!pthread_create(&thread, NULL, answer_bytes, NULL), "thread");
    row("pipe ping-pong", 2000, byte_turn);
    close(there[1]);
    pthread_join(thread, NULL);

    need(!socketpair(AF_UNIX, SOCK_STREAM, 0, there), "socketpair");
    back[0] = there[1] = dup(there[1]);
    back[1] = there[0];
    need(!pthread_create(&thread, NULL, answer_bytes, NULL), "thread");
    row("AF_UNIX ping-pong", 1000, byte_turn);
    shutdown(there[1], SHUT_WR);
    pthread_join(thread, NULL);
}

int main(void)
{
    prepare();
    row("getppid", 20000, system_call);
    row("gettimeofday", 20000, ask_time);
    row("write 1 byte to /dev/null", 10000, write_null);
    row("pipe write + read, 1 byte", 5000, through_pipe);
    row("eventfd write + read", 5000, through_eventfd);
    row("epoll_wait, ready", 5000, wait_ready);
    row("open + close", 2000, open_and_close);
    row("stat", 2000, stat_file);
    row("futex wake, nobody waits", 10000, wake_nobody);
    take_signals();
    row("pread 4 KiB, cached", 2000, pread_page);
    row("pwrite 4 KiB, cached", 2000, pwrite_page);
    row("create, write, read, unlink 1 MiB", 4, whole_file);
    take_turns();
    row("thread create + join", 300, thread_and_join);
    return 0;
}
