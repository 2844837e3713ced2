/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-nonnull -fno-delete-null-pointer-checks */
/* cpus: 4 */
/* siginfo.c - what a handler is told of the cause of its signal. */
#include "abi.h"

#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <ucontext.h>

static sigjmp_buf            back;
static siginfo_t             seen;
static uintptr_t             seen_pc;
static volatile sig_atomic_t came;

static void leave(int sig, siginfo_t *info, void *context)
{
    (void)sig;
    seen = *info;
    seen_pc = ((ucontext_t *)context)->uc_mcontext.__gregs[REG_PC];
    siglongjmp(back, 1);
}

static void note_cause(int sig, siginfo_t *info, void *context)
{
    (void)sig, (void)context;
    seen = *info;
    came++;
}

static void handle(int sig, void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(sig, &sa, NULL);
}

static const char *yes(int is)
{
    return is ? "yes" : "no";
}

/* --- faults ----------------------------------------------------------------------------------- */

/* The fault that access(p) gives; where it says it was, and how far that is from p. */
static void fault(void (*access)(char *), char *p)
{
    if (!sigsetjmp(back, 1)) {
        access(p);
        puts("no signal");
        return;
    }
    printf("SIG%s code %d errno %d, ", sigabbrev_np(seen.si_signo), seen.si_code, seen.si_errno);
    if ((uintptr_t)seen.si_addr == seen_pc)
        printf("at the pc%s\n", seen_pc == (uintptr_t)p ? ", which is there" : "");
    else
        printf("at %+ld\n", (long)((uintptr_t)seen.si_addr - (uintptr_t)p));
}

static void load(char *p)
{
    (void)*(volatile char *)p;
}

static void load_long(char *p)
{
    (void)*(volatile long *)p;
}

static void store(char *p)
{
    *(volatile char *)p = 1;
}

static void jump(char *p)
{
    ((void (*)(void))p)();
}

static void add_atomically(char *p)
{
    int old;
    __asm__ volatile("amoadd.w %0, %1, (%2)" : "=r"(old) : "r"(1), "r"(p) : "memory");
}

static void reserve(char *p)
{
    int old;
    __asm__ volatile("lr.w %0, (%1)" : "=r"(old) : "r"(p) : "memory");
}

static void breakpoint(char *p)
{
    (void)p;
    __asm__ volatile(".globl the_break\nthe_break: ebreak");
}

static void divide(char *p)
{
    long quotient, rest;
    (void)p;
    __asm__ volatile("div %0, %1, zero" : "=r"(quotient) : "r"(5l));
    __asm__ volatile("rem %0, %1, zero" : "=r"(rest) : "r"(5l));
    printf("5 / 0 is %ld, 5 %% 0 is %ld; ", quotient, rest);
}

static void divide_floating(char *p)
{
    volatile double zero = 0;
    (void)p;
    printf("1.0 / 0 is %g; ", 1 / zero);
}

extern char the_break[];

static void faults(void)
{
    char *pages = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int   file = open("/tmp/short", O_RDWR | O_CREAT, 0600);

    for (int i = 0; i < 5; i++)
        handle((int[]){SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE}[i], leave);
    munmap(pages + PAGE, PAGE);
    CLAIM("a load where nothing is mapped gives SEGV_MAPERR");
    fault(load, pages + PAGE + 8);
    CLAIM("a store where nothing is mapped gives SEGV_MAPERR");
    fault(store, pages + PAGE + 9);
    CLAIM("a load from the null page tells the address");
    fault(load, (char *)0x18);
    CLAIM("a load that crosses into nothing tells the address of the first byte that is missing");
    fault(load_long, pages + PAGE - 4);
    CLAIM("a load from the kernel's half gives a SIGSEGV");
    fault(load, (char *)0xffffffc000000000);
    CLAIM("a load from an address that no table can hold gives a SIGSEGV");
    fault(load, (char *)0x4000000000000000);
    mprotect(pages, PAGE, PROT_READ);
    CLAIM("a store to a read-only page gives SEGV_ACCERR");
    fault(store, pages + 100);
    mprotect(pages, PAGE, PROT_NONE);
    CLAIM("a load from a page without rights gives SEGV_ACCERR");
    fault(load, pages + 101);
    CLAIM("an atomic addition to a page without rights gives SEGV_ACCERR");
    fault(add_atomically, pages + 104);
    CLAIM("a jump to a page that cannot be executed gives SEGV_ACCERR at the pc");
    fault(jump, pages + 2 * PAGE);
    CLAIM("a jump to nothing gives SEGV_MAPERR at the pc");
    fault(jump, pages + PAGE + 2);
    CLAIM("a jump to null gives SEGV_MAPERR");
    fault(jump, NULL);

    (void)!ftruncate(file, 10);
    char *map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    CLAIM("the rest of a file's last page is there");
    fault(store, map + 4000);
    CLAIM("a load from a page past the end of a file gives BUS_ADRERR");
    fault(load, map + PAGE + 5);
    CLAIM("a store to one does, too");
    fault(store, map + PAGE + 6);
    (void)!ftruncate(file, 0);
    CLAIM("a page whose file was cut gives BUS_ADRERR");
    fault(load, map + 1);

    CLAIM("a load that is not aligned works");
    fault(load_long, pages + 2 * PAGE + 1);
    CLAIM("an atomic addition that is not aligned gives BUS_ADRALN, and the pc as its address");
    fault(add_atomically, pages + 2 * PAGE + 2);
    CLAIM("a reservation that is not aligned gives BUS_ADRALN, and the pc as its address");
    fault(reserve, pages + 2 * PAGE + 1);

    mprotect(pages + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
    CLAIM("an instruction of zeros gives ILL_ILLOPC at the pc");
    memset(pages + 2 * PAGE, 0, 64);
    __builtin___clear_cache(pages + 2 * PAGE, pages + 3 * PAGE);
    fault(jump, pages + 2 * PAGE);
    CLAIM("an instruction of the supervisor gives ILL_ILLOPC at the pc");
    *(uint32_t *)(pages + 2 * PAGE) = 0x10200073; /* sret */
    __builtin___clear_cache(pages + 2 * PAGE, pages + 3 * PAGE);
    fault(jump, pages + 2 * PAGE);
    CLAIM("a register that a program may not read gives ILL_ILLOPC");
    *(uint32_t *)(pages + 2 * PAGE) = 0x10002573; /* csrr a0, sstatus */
    __builtin___clear_cache(pages + 2 * PAGE, pages + 3 * PAGE);
    fault(jump, pages + 2 * PAGE);
    CLAIM("ebreak gives TRAP_BRKPT at the pc");
    fault(breakpoint, the_break);
    CLAIM("a division by zero gives no signal");
    fault(divide, NULL);
    CLAIM("nor does one of floating-point numbers");
    fault(divide_floating, NULL);
    close(file);
}

/* --- senders ---------------------------------------------------------------------------------- */

/* What was seen; a value only where the cause has one. */
static void tell_sender(int has_value)
{
    while (!came)
        ;
    printf("SIG%s code %d errno %d, pid is ours %s, uid %d",
           seen.si_signo >= SIGRTMIN ? "RT" : sigabbrev_np(seen.si_signo), seen.si_code,
           seen.si_errno, yes(seen.si_pid == getpid()), (int)seen.si_uid);
    if (has_value)
        printf(", value %d", seen.si_value.sival_int);
    puts("");
    came = 0;
}

static void *kill_thread(void *to)
{
    pthread_kill(*(pthread_t *)to, SIGUSR1);
    return NULL;
}

static void senders(void)
{
    union sigval value = {.sival_int = 4711};
    pthread_t    self = pthread_self(), t;
    int          pid = getpid(), pipes[2];
    siginfo_t    info;

    handle(SIGUSR1, note_cause);
    handle(SIGPIPE, note_cause);
    handle(SIGXFSZ, note_cause);
    handle(SIGRTMIN, note_cause);
    CLAIM("kill gives SI_USER");
    kill(pid, SIGUSR1);
    tell_sender(0);
    CLAIM("kill of the process group gives SI_USER");
    handle(SIGURG, note_cause);
    kill(0, SIGURG);
    tell_sender(0);
    CLAIM("tkill gives SI_TKILL");
    syscall(SYS_tkill, pid, SIGUSR1);
    tell_sender(0);
    CLAIM("tgkill gives SI_TKILL");
    syscall(SYS_tgkill, pid, pid, SIGUSR1);
    tell_sender(0);
    CLAIM("raise gives SI_TKILL");
    raise(SIGUSR1);
    tell_sender(0);
    CLAIM("pthread_kill by another thread gives SI_TKILL and the process's number");
    pthread_create(&t, NULL, kill_thread, &self);
    pthread_join(t, NULL);
    tell_sender(0);
    CLAIM("sigqueue gives SI_QUEUE and the value");
    sigqueue(pid, SIGUSR1, value);
    tell_sender(1);
    CLAIM("sigqueue of a real-time signal does, too");
    sigqueue(pid, SIGRTMIN, value);
    tell_sender(1);
    CLAIM("pthread_sigqueue gives SI_QUEUE and the value");
    value.sival_int = -5;
    pthread_sigqueue(self, SIGUSR1, value);
    tell_sender(1);
    CLAIM("rt_sigqueueinfo gives what the sender wrote");
    memset(&info, 0, sizeof(info));
    info.si_code = -77;
    info.si_errno = 12;
    info.si_pid = pid;
    info.si_uid = 99;
    info.si_value.sival_int = 8;
    syscall(SYS_rt_sigqueueinfo, pid, SIGUSR1, &info);
    tell_sender(1);
    CLAIM("rt_sigqueueinfo to oneself may have any code");
    info.si_code = SI_KERNEL;
    SHOW(syscall(SYS_rt_sigqueueinfo, pid, SIGUSR1, &info));
    tell_sender(0);
    CLAIM("the number of the signal is that of the call, not of the structure");
    info.si_code = SI_QUEUE;
    info.si_signo = SIGTERM;
    SHOW(syscall(SYS_rt_sigqueueinfo, pid, SIGUSR1, &info));
    tell_sender(1);
    CLAIM("pidfd_send_signal without a structure gives SI_USER");
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    SHOW(syscall(SYS_pidfd_send_signal, fd, SIGUSR1, NULL, 0));
    tell_sender(0);
    close(fd);
    CLAIM("a write to a pipe that nobody reads gives SIGPIPE with SI_USER");
    SHOW(pipe(pipes));
    close(pipes[0]);
    SHOW(write(pipes[1], "x", 1));
    tell_sender(0);
    close(pipes[1]);
    CLAIM("a write past RLIMIT_FSIZE gives SIGXFSZ with SI_USER");
    struct rlimit small = {10, RLIM_INFINITY}, none = {RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &small);
    fd = open("/tmp/limited", O_RDWR | O_CREAT, 0600);
    SHOW(pwrite(fd, "x", 1, 10));
    tell_sender(0);
    setrlimit(RLIMIT_FSIZE, &none);
    close(fd);
}

/* --- timers and queues ------------------------------------------------------------------------ */

static void timers(void)
{
    struct sigevent   ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec soon = {.it_value = {0, 1000000}};
    struct itimerval  once = {{0, 0}, {0, 1000}}, never = {{0, 0}, {0, 0}};
    timer_t           timer;

    handle(SIGALRM, note_cause);
    handle(SIGVTALRM, note_cause);
    handle(SIGPROF, note_cause);
    CLAIM("setitimer of the real time gives SIGALRM with SI_KERNEL");
    setitimer(ITIMER_REAL, &once, NULL);
    while (!came)
        pause();
    setitimer(ITIMER_REAL, &never, NULL);
    printf("SIG%s code %d\n", sigabbrev_np(seen.si_signo), seen.si_code);
    came = 0;
    CLAIM("setitimer of the time in the program gives SIGVTALRM with SI_KERNEL");
    setitimer(ITIMER_VIRTUAL, &once, NULL);
    while (!came)
        ;
    printf("SIG%s code %d\n", sigabbrev_np(seen.si_signo), seen.si_code);
    came = 0;
    CLAIM("setitimer of the processor's time gives SIGPROF with SI_KERNEL");
    setitimer(ITIMER_PROF, &once, NULL);
    while (!came)
        ;
    printf("SIG%s code %d\n", sigabbrev_np(seen.si_signo), seen.si_code);
    came = 0;
    CLAIM("a timer gives SI_TIMER, its value and no overrun");
    ev.sigev_value.sival_int = 31;
    SHOW(timer_create(CLOCK_MONOTONIC, &ev, &timer));
    timer_settime(timer, 0, &soon, NULL);
    while (!came)
        ;
    printf("code %d value %d overrun %d\n", seen.si_code, seen.si_value.sival_int, seen.si_overrun);
    came = 0;
    timer_delete(timer);
    CLAIM("a timer without a sigevent gives SIGALRM with its number");
    int number; /* not the C library's */
    SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &number));
    syscall(SYS_timer_settime, number, 0, &soon, NULL);
    while (!came)
        ;
    printf("SIG%s code %d, value is the timer's number %s\n", sigabbrev_np(seen.si_signo),
           seen.si_code, yes(seen.si_value.sival_int == seen.si_timerid));
    came = 0;
    syscall(SYS_timer_delete, number);
    CLAIM("a timer for one thread gives SI_TIMER");
    ev.sigev_notify = SIGEV_THREAD_ID;
    ev._sigev_un._tid = getpid();
    SHOW(timer_create(CLOCK_MONOTONIC, &ev, &timer));
    timer_settime(timer, 0, &soon, NULL);
    while (!came)
        ;
    printf("code %d value %d\n", seen.si_code, seen.si_value.sival_int);
    came = 0;
    timer_delete(timer);

    CLAIM("a message in an empty queue gives SI_MESGQ, the value and the sender");
    struct mq_attr attr = {.mq_maxmsg = 2, .mq_msgsize = 8};
    mqd_t          queue = mq_open("/told", O_RDWR | O_CREAT, 0600, &attr);
    ev = (struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    ev.sigev_value.sival_int = 55;
    SHOW(mq_notify(queue, &ev));
    SHOW(mq_send(queue, "x", 1, 0));
    tell_sender(1);
    mq_unlink("/told");
    mq_close(queue);
}

int main(void)
{
    buffer_output();
    faults();
    senders();
    timers();
    return 0;
}
