/* SPDX-License-Identifier: Apache-2.0 */
/* protection.c - each page allows exactly what was asked for: to the program's own loads, stores
 * and jumps, which give SIGSEGV with the right si_code and si_addr, and to the kernel on its
 * behalf, which gives EFAULT. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096

static sigjmp_buf            recover;
static volatile sig_atomic_t got_signal, got_code;
static void *volatile got_addr;
static int zero_fd;

static void on_fault(int sig, siginfo_t *info, void *context)
{
    (void)context;
    got_signal = sig;
    got_code = info->si_code;
    got_addr = info->si_addr;
    siglongjmp(recover, 1);
}

static void try_read(void *p)
{
    (void)*(volatile unsigned char *)p;
}

static void try_write(void *p)
{
    *(volatile unsigned char *)p = 0x13;
}

static void try_execute(void *p)
{
    ((void (*)(void))p)();
}

static const char *outcome(void (*access)(void *), void *p)
{
    static char text[64];
    got_signal = 0;
    if (!sigsetjmp(recover, 1)) {
        access(p);
        return "allowed";
    }
    snprintf(text, sizeof(text), "%s %s%s",
             got_signal == SIGSEGV  ? "SIGSEGV"
             : got_signal == SIGBUS ? "SIGBUS"
                                    : "another signal",
             got_code == SEGV_MAPERR   ? "MAPERR"
             : got_code == SEGV_ACCERR ? "ACCERR"
                                       : "other",
             got_addr == p ? "" : ", wrong address");
    return text;
}

/* The kernel on the program's behalf: read() from /dev/zero stores into p, access() loads a path
 * from it. */
static const char *kernel_store(void *p)
{
    ssize_t n = read(zero_fd, p, 1);
    return n == 1 ? "stored" : errno == EFAULT ? "EFAULT" : "another error";
}

static const char *kernel_load(void *p)
{
    return access(p, F_OK) == -1 && errno == EFAULT ? "EFAULT" : "loaded";
}

static void look(const char *name, void *p, int execute)
{
    printf("%s:\n", name);
    printf("  read     %s\n", outcome(try_read, p));
    printf("  write    %s\n", outcome(try_write, p));
    if (execute)
        printf("  execute  %s\n", outcome(try_execute, p));
    printf("  kernel   load %s, ", kernel_load(p));
    printf("store %s\n", kernel_store(p));
}

static void *map(int prot)
{
    void *p = mmap(NULL, PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        perror("mmap");
    return p;
}

/* A page with `ret` at its start and rights prot. */
static void *map_code(int prot)
{
    void *p = map(PROT_READ | PROT_WRITE);
    memcpy(p, "\x82\x80", 2);
    __builtin___clear_cache(p, (char *)p + 2);
    mprotect(p, PAGE, prot);
    return p;
}

static int       in_data = 1;
static const int in_rodata = 1;

int main(void)
{
    struct sigaction act = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    int              on_stack = 1;
    void            *p;

    setvbuf(stdout, NULL, _IOLBF, 0);
    sigaction(SIGSEGV, &act, NULL);
    sigaction(SIGBUS, &act, NULL);
    zero_fd = open("/dev/zero", O_RDONLY);

    look("page 0", (void *)16, 1);
    look("no access, never touched", map(PROT_NONE), 1);
    p = map(PROT_READ | PROT_WRITE);
    try_write(p);
    mprotect(p, PAGE, PROT_NONE);
    look("no access, after it was touched", p, 1);
    mprotect(p, PAGE, PROT_READ | PROT_WRITE);
    look("after access came back", p, 0);
    p = map(PROT_READ);
    look("read only, never touched", p, 1);
    p = map(PROT_READ | PROT_WRITE);
    try_write(p);
    mprotect(p, PAGE, PROT_READ);
    look("read only, after it was touched", p, 1);
    look("read and write", map_code(PROT_READ | PROT_WRITE), 1);
    look("read and execute", map_code(PROT_READ | PROT_EXEC), 1);
    p = map_code(PROT_READ | PROT_WRITE | PROT_EXEC);
    printf("everything:\n  execute  %s\n", outcome(try_execute, p));
    munmap(p, PAGE);
    look("unmapped", p, 1);

    look("text", (void *)((uintptr_t)main & ~3ul), 0);
    look("read-only data", (void *)&in_rodata, 0);
    printf("execute data      %s\n", outcome(try_execute, &in_data));
    printf("execute the stack %s\n", outcome(try_execute, &on_stack));
    look("the kernel's part of the address space", (void *)0xffffffff80000000ul, 1);
    return 0;
}
