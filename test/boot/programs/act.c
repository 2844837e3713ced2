/* SPDX-License-Identifier: Apache-2.0 */
/* act.c - the program in the images of test/boot: does what its arguments say.
 *
 *     act exit N          ends with status N
 *     act null            writes to address 0
 *     act text            writes to its own code
 *     act illegal         executes an illegal instruction
 *     act inval           executes an instruction that is the kernel's, if the machine has it
 *     act break           executes a breakpoint
 *     act abort           calls abort()
 *     act hog             touches memory without end
 *     act random          asks for random bytes twice, and says whether they are any good
 *     act maps            maps pages of each sort, then writes to address 0
 *     act touch MIB       touches MIB MiB, and says that they kept what was written
 *     act calls N...      makes each of these system calls three times: all give ENOSYS
 *     act denied N...     the same: all give an error, and another one
 *     act wait            waits for a line
 *     act interrupts N    waits for N SIGINTs, one by one, and asks for each by a line with its number
 */
#define _GNU_SOURCE /* ppoll */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#define CHUNK ((size_t)1 << 20)

static int null_write(void)
{
    volatile int *volatile nowhere = NULL;
    *nowhere = 1;
    return 0;
}

static int text_write(void)
{
    extern char __executable_start[]; /* the linker's: where the first segment begins */
    *(volatile char *)__executable_start = 1;
    return 0;
}

static uint8_t *new_chunk(void)
{
    uint8_t *p = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    memset(p, 0xa5, CHUNK);
    return p;
}

/* Whoever overcommits kills; whoever does not lets mmap fail, and touching NULL would hide it. */
static int hog(void)
{
    while (new_chunk())
        ;
    perror("mmap");
    return 1;
}

/* A page that was written, with these rights afterwards. */
static void page(int prot)
{
    uint8_t *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        abort();
    *p = 1;
    if (mprotect(p, 4096, prot))
        abort();
}

static int maps(void)
{
    page(PROT_NONE);
    page(PROT_READ | PROT_WRITE | PROT_EXEC);
    page(PROT_EXEC);
    page(PROT_READ);
    return null_write();
}

static int touch(unsigned mib)
{
    for (unsigned i = 0; i < mib; i++) {
        uint8_t *p = new_chunk();
        if (!p || p[CHUNK - 1] != 0xa5)
            return 1;
    }
    printf("touched %u MiB\n", mib);
    return 0;
}

static int random_bytes(void)
{
    uint8_t zero[32] = {0}, a[32] = {0}, b[32] = {0};
    if (getrandom(a, sizeof(a), 0) != sizeof(a) || getrandom(b, sizeof(b), 0) != sizeof(b))
        return 1;
    if (!memcmp(a, b, sizeof(a)) || !memcmp(a, zero, sizeof(a)))
        return 2;
    puts("random bytes differ");
    return 0;
}

static int failing_calls(char **numbers, bool denied)
{
    for (int round = 0; round < 3; round++) {
        for (char **number = numbers; *number; number++) {
            if (syscall(atol(*number), 0, 0, 0, 0, 0, 0) != -1 || (errno != ENOSYS) != denied)
                return 1;
        }
    }
    return 0;
}

static volatile sig_atomic_t interrupted;

static void count_interrupt(int sig)
{
    (void)sig;
    interrupted++;
}

/* Each of the calls that let a signal through only while they wait; nothing is ever typed. */
static int wait_with_mask(unsigned which, const sigset_t *mask)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    fd_set        set;
    FD_ZERO(&set);
    FD_SET(STDIN_FILENO, &set);
    if (which == 0)
        return pselect(STDIN_FILENO + 1, &set, NULL, NULL, NULL, mask);
    return which == 1 ? ppoll(&in, 1, NULL, mask) : sigsuspend(mask);
}

static long now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static bool interrupt_pending(void)
{
    sigset_t pending;
    return !sigpending(&pending) && sigismember(&pending, SIGINT) == 1;
}

/* Be busy before waiting: every other turn until SIGINT has come, else for 0 to 12 ms, another while
 * each turn. That is more than a turn at the CPU, so some come before the wait here, too. */
static void dawdle(unsigned turn)
{
    bool until_pending = turn % 2;
    long end = now_us() + turn * 1009 % 12000;
    while (until_pending ? !interrupt_pending() : now_us() < end)
        ;
}

/* SIGINT is blocked but for the waiting, so none can come between looking and waiting, and a wait
 * that goes on after one is the kernel's fault. */
static int interrupts(unsigned n)
{
    struct sigaction action = {.sa_handler = count_interrupt, .sa_flags = SA_RESTART};
    sigset_t         only, before;
    sigemptyset(&only);
    sigaddset(&only, SIGINT);
    sigprocmask(SIG_BLOCK, &only, &before);
    sigaction(SIGINT, &action, NULL);
    for (unsigned turn = 1; turn <= n; turn++) {
        printf("turn %u\n", turn);
        dawdle(turn);
        if (wait_with_mask(turn % 3, &before) != -1 || errno != EINTR)
            return 1;
        if ((unsigned)interrupted != turn)
            return 2;
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    unsigned    n = argc > 2 ? (unsigned)atoi(argv[2]) : 0;

    setvbuf(stdout, NULL, _IONBF, 0);
    printf("act %s\n", what);
    if (!strcmp(what, "exit"))
        return (int)n;
    if (!strcmp(what, "null"))
        return null_write();
    if (!strcmp(what, "text"))
        return text_write();
    if (!strcmp(what, "illegal"))
        __asm__ volatile(".half 0, 0"); /* all zeros is defined to be illegal */
    if (!strcmp(what, "inval"))
        __asm__ volatile(".insn r 0x0b, 2, 0x40, x0, %0, x0" : : "r"(argv) : "memory");
    if (!strcmp(what, "break"))
        __asm__ volatile("ebreak");
    if (!strcmp(what, "abort"))
        abort();
    if (!strcmp(what, "hog"))
        return hog();
    if (!strcmp(what, "calls"))
        return failing_calls(argv + 2, false);
    if (!strcmp(what, "denied"))
        return failing_calls(argv + 2, true);
    if (!strcmp(what, "maps"))
        return maps();
    if (!strcmp(what, "touch"))
        return touch(n);
    if (!strcmp(what, "random"))
        return random_bytes();
    if (!strcmp(what, "wait"))
        return getchar() == EOF;
    if (!strcmp(what, "interrupts"))
        return interrupts(n);
    return 99;
}
