/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread */
/* limit_memory.c - RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK and RLIMIT_MEMLOCK: what does not fit, and what stays as it was. */
#include "abi.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/shm.h>

#define MIB (1l << 20)

static void limited(int what, rlim_t n)
{
    struct rlimit l;
    getrlimit(what, &l);
    l.rlim_cur = n;
    if (setrlimit(what, &l))
        puts("no limit");
}

/* A field of /proc/self/status, in KiB. */
static long status(const char *field)
{
    static char text[4096];
    int         fd = open("/proc/self/status", O_RDONLY);
    long        n = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[n > 0 ? n : 0] = 0;
    char *at = strstr(text, field);
    return at ? strtol(at + strlen(field) + 1, NULL, 10) : -1;
}

/* Room for so many bytes more than there are. */
static void room_for(long bytes)
{
    limited(RLIMIT_AS, (rlim_t)(status("VmSize") * 1024 + bytes));
}

static void *map(size_t bytes, int flags)
{
    return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);
}

static void address_space(void)
{
    int   id = shmget(IPC_PRIVATE, 8 * MIB, IPC_CREAT | 0600);
    int   fd = open("/tmp/file", O_RDWR | O_CREAT, 0600);
    void *brk_before = sbrk(0);
    char *p;

    status("VmSize");
    room_for(4 * MIB);
    CLAIM("mmap of more than RLIMIT_AS gives ENOMEM");
    SHOW(map(5 * MIB, MAP_PRIVATE));
    CLAIM("shared, without a reservation and without rights counts as well");
    SHOW(map(5 * MIB, MAP_SHARED));
    SHOW(map(5 * MIB, MAP_PRIVATE | MAP_NORESERVE));
    SHOW(mmap(NULL, 5 * MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    SHOW(mmap(NULL, 5 * MIB, PROT_READ, MAP_SHARED, fd, 0));
    CLAIM("mmap of all that is left works, and of one page more no longer");
    SHOW_OK(p = map(4 * MIB, MAP_PRIVATE));
    SHOW(map(PAGE, MAP_PRIVATE));
    CLAIM("brk stays where it is");
    SHOW(sbrk(PAGE));
    SHOW(sbrk(0) == brk_before);
    CLAIM("MAP_FIXED over what is mapped needs no room");
    SHOW_OK(mmap(p, 4 * MIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    CLAIM("a range half over what is mapped needs room for the other half");
    SHOW(munmap(p + 2 * MIB, MIB));
    SHOW_OK(mmap(p + MIB, 2 * MIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    SHOW(munmap(p + 3 * MIB, MIB));
    CLAIM("mremap may grow by what is left and no further");
    SHOW(mremap(p, MIB, 3 * MIB, MREMAP_MAYMOVE));
    SHOW_OK(p = mremap(p, MIB, 2 * MIB, MREMAP_MAYMOVE));
    CLAIM("shmat of more than is left gives ENOMEM");
    SHOW(shmat(id, NULL, 0));
    CLAIM("mprotect and madvise need no room");
    SHOW(mprotect(p, MIB, PROT_READ | PROT_WRITE));
    SHOW(madvise(p, MIB, MADV_DONTNEED));
    CLAIM("a limit below what there is takes nothing away");
    limited(RLIMIT_AS, MIB);
    memset(p, 1, MIB);
    SHOW(p[5]);
    SHOW(map(PAGE, MAP_PRIVATE));
    CLAIM("nothing is in the way when it is raised");
    limited(RLIMIT_AS, RLIM_INFINITY);
    SHOW_OK(map(64 * MIB, MAP_PRIVATE));
    SHOW_OK(sbrk(PAGE));
    shmctl(id, IPC_RMID, NULL);
    close(fd);
}

/* --- data ------------------------------------------------------------------------------------- */

/* Room for so many bytes of data more than there are. */
static void data_for(long bytes)
{
    limited(RLIMIT_DATA, (rlim_t)(status("VmData") * 1024 + bytes));
}

static void data(void)
{
    void *brk_before = sbrk(0);
    int   fd = open("/tmp/data", O_RDWR | O_CREAT, 0600);
    char *p, *q;

    ftruncate(fd, 8 * MIB);
    q = map(4 * MIB, MAP_PRIVATE);
    mprotect(q, 4 * MIB, PROT_READ);
    limited(RLIMIT_DATA, RLIM_INFINITY);
    status("VmData");
    data_for(4 * MIB);
    CLAIM("private writable memory past RLIMIT_DATA gives ENOMEM");
    SHOW(map(4 * MIB + PAGE, MAP_PRIVATE));
    SHOW(map(5 * MIB, MAP_PRIVATE | MAP_NORESERVE));
    SHOW(mmap(NULL, 5 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
    CLAIM("what is shared, cannot be written or is a stack does not count");
    SHOW_OK(map(5 * MIB, MAP_SHARED));
    SHOW_OK(map(5 * MIB, MAP_PRIVATE | MAP_GROWSDOWN));
    SHOW_OK(mmap(NULL, 5 * MIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    SHOW_OK(mmap(NULL, 5 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    CLAIM("all that is left can be had, and then nothing");
    SHOW_OK(p = map(4 * MIB, MAP_PRIVATE));
    SHOW(map(PAGE, MAP_PRIVATE));
    SHOW(sbrk(16 * PAGE));
    SHOW(sbrk(0) == brk_before);
    SHOW(mremap(p, 4 * MIB, 5 * MIB, MREMAP_MAYMOVE));
    CLAIM("what is mapped at the same place makes room");
    SHOW_OK(
        mmap(p, 4 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    CLAIM("memory that becomes writable counts from then on");
    SHOW(mprotect(q, PAGE, PROT_READ | PROT_WRITE));
    SHOW(mprotect(p, MIB, PROT_READ));
    SHOW(mprotect(q, MIB, PROT_READ | PROT_WRITE));
    SHOW(mprotect(q + MIB, PAGE, PROT_READ | PROT_WRITE));
    CLAIM("munmap makes room");
    SHOW(munmap(p, 2 * MIB));
    SHOW_OK(map(MIB, MAP_PRIVATE));
    CLAIM("a limit below what there is takes nothing away");
    limited(RLIMIT_DATA, PAGE);
    q[0] = 1;
    SHOW(q[0]);
    SHOW(map(PAGE, MAP_PRIVATE));
    CLAIM("nothing is in the way when it is raised");
    limited(RLIMIT_DATA, RLIM_INFINITY);
    SHOW_OK(map(64 * MIB, MAP_PRIVATE));
    close(fd);
}

/* --- the stack -------------------------------------------------------------------------------- */

static sigjmp_buf    back;
static volatile long deepest;
static char         *top;

static void overflown(int sig)
{
    (void)sig;
    siglongjmp(back, 1);
}

static void touch_all(volatile char *p)
{
    for (;; p -= PAGE) {
        *p;
        deepest = top - p;
    }
}

static void go_down(void)
{
    if (!sigsetjmp(back, 1))
        touch_all(top);
}

static void stack(void)
{
    static char alternate[32768];
    char        here;
    stack_t     st = {alternate, 0, sizeof(alternate)};
    top = &here;
    sigaltstack(&st, NULL);
    sigaction(SIGSEGV, &(struct sigaction){.sa_handler = overflown, .sa_flags = SA_ONSTACK}, NULL);
    CLAIM("a stack grows up to RLIMIT_STACK");
    limited(RLIMIT_STACK, 10 * MIB);
    go_down();
    SHOW(deepest > 9 * MIB && deepest <= 10 * MIB);
    CLAIM("and further when the limit is raised");
    limited(RLIMIT_STACK, 12 * MIB);
    go_down();
    SHOW(deepest > 11 * MIB && deepest <= 12 * MIB);
    CLAIM("a limit below what it has leaves it that");
    limited(RLIMIT_STACK, MIB);
    go_down();
    SHOW(deepest > 11 * MIB && deepest <= 12 * MIB);
    limited(RLIMIT_STACK, 8 * MIB);
    signal(SIGSEGV, SIG_DFL);
}

/* --- locking ---------------------------------------------------------------------------------- */

static void locking(void)
{
    char *p = map(MIB, MAP_PRIVATE);

    limited(RLIMIT_MEMLOCK, 4 * PAGE);
    CLAIM("RLIMIT_MEMLOCK does not bind root");
    SHOW(mlock(p, 16 * PAGE));
    SHOW(munlock(p, 16 * PAGE));
    SHOW_OK(mmap(NULL, MIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0));
    munlockall();
    SHOW(syscall(SYS_setresuid, -1, 1000, -1));
    CLAIM("others lock as many pages as it allows");
    SHOW(mlock(p, 4 * PAGE));
    SHOW(mlock(p + 4 * PAGE, PAGE));
    CLAIM("what is locked already counts once");
    SHOW(mlock(p, 4 * PAGE));
    SHOW(mlock(p + 2 * PAGE, 4 * PAGE));
    CLAIM("munlock makes room");
    SHOW(munlock(p, PAGE));
    SHOW(mlock(p + 8 * PAGE, PAGE));
    SHOW(mlock(p + 9 * PAGE, 1));
    SHOW(munlockall());
    CLAIM("mlock2 with MLOCK_ONFAULT counts as well");
    SHOW(syscall(SYS_mlock2, p, 5 * PAGE, 1));
    SHOW(syscall(SYS_mlock2, p, 4 * PAGE, 1));
    SHOW(munlockall());
    CLAIM("mmap with MAP_LOCKED past it gives EAGAIN");
    SHOW(mmap(NULL, 5 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0));
    SHOW_OK(mmap(NULL, 4 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0));
    SHOW(munlockall());
    CLAIM("mremap of what is locked past it gives EAGAIN");
    SHOW(mlock(p, 2 * PAGE));
    SHOW(mremap(p, 2 * PAGE, 8 * PAGE, MREMAP_MAYMOVE));
    SHOW(munlockall());
    CLAIM("mlockall of what is mapped past it gives ENOMEM");
    SHOW(mlockall(MCL_CURRENT));
    CLAIM("mlockall of what is to come is allowed, and mmap then gives EAGAIN");
    SHOW(mlockall(MCL_FUTURE));
    SHOW(map(8 * PAGE, MAP_PRIVATE));
    SHOW(munlockall());
    CLAIM("a limit of zero gives EPERM");
    limited(RLIMIT_MEMLOCK, 0);
    SHOW(mlock(p, PAGE));
    SHOW(mlockall(MCL_CURRENT));
    SHOW(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0));
    CLAIM("munlock is always allowed");
    SHOW(munlock(p, PAGE));
    SHOW(munlockall());
    CLAIM("who is root again is not bound");
    SHOW(syscall(SYS_setresuid, -1, 0, -1));
    SHOW(mlock(p, 16 * PAGE));
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 1000);
    stack();
    data();
    address_space();
    locking();
    return 0;
}
