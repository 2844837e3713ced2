/* SPDX-License-Identifier: Apache-2.0 */
/* mem_show.h - what the mem_*.c programs share: printing a call with its outcome, and finding out
 * what an access does. Results must not hold addresses, so SHOW() tells only whether it worked. */
#ifndef MEM_SHOW_H
#define MEM_SHOW_H

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "claim.h"

#define PAGE 4096ul
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW   (PROT_READ | PROT_WRITE)

/* The call and its errno, or that it succeeded. */
#define SHOW(call)                                                                        \
    do {                                                                                  \
        errno = 0;                                                                        \
        long show_result = (long)(call);                                                  \
        printf("%-70s %s\n", #call, show_result == -1 ? strerrorname_np(errno) : "done"); \
    } while (0)

/* The call and its result, a number that is the same everywhere. */
#define VALUE(call) printf("%-70s %ld\n", #call, (long)(call))

static sigjmp_buf            mem_recover;
static volatile sig_atomic_t mem_signal, mem_code;
static volatile uintptr_t    mem_addr;

static inline void mem_on_fault(int sig, siginfo_t *info, void *context)
{
    (void)context;
    mem_signal = sig;
    mem_code = info->si_code;
    mem_addr = (uintptr_t)info->si_addr;
    siglongjmp(mem_recover, 1);
}

/* Once, before outcome(). */
static inline void mem_init(void)
{
    struct sigaction act = {.sa_sigaction = mem_on_fault, .sa_flags = SA_SIGINFO};

    setvbuf(stdout, NULL, _IOFBF, 65536);
    sigaction(SIGSEGV, &act, NULL);
    sigaction(SIGBUS, &act, NULL);
    sigaction(SIGILL, &act, NULL);
}

static inline void mem_read(void *p)
{
    (void)*(volatile unsigned char *)p;
}

static inline void mem_write(void *p)
{
    *(volatile unsigned char *)p = 0x13;
}

static inline void mem_execute(void *p)
{
    ((void (*)(void))p)();
}

static inline const char *mem_code_name(void)
{
    if (mem_signal == SIGSEGV)
        return mem_code == SEGV_MAPERR ? "MAPERR" : mem_code == SEGV_ACCERR ? "ACCERR" : "code?";
    if (mem_signal == SIGBUS)
        return mem_code == BUS_ADRERR ? "ADRERR" : mem_code == BUS_ADRALN ? "ADRALN" : "code?";
    return mem_code == ILL_ILLOPC ? "ILLOPC" : "code?";
}

/* What access(p) does; where: si_addr as it differs from p. */
static inline const char *outcome(void (*access)(void *), void *p)
{
    static char text[80];

    if (!sigsetjmp(mem_recover, 1)) {
        access(p);
        return "allowed";
    }
    long off = (long)(mem_addr - (uintptr_t)p);
    int  n = snprintf(text, sizeof(text), "%s %s",
                     mem_signal == SIGSEGV  ? "SIGSEGV"
                      : mem_signal == SIGBUS ? "SIGBUS"
                                             : "SIGILL",
                      mem_code_name());
    if (off)
        snprintf(text + n, sizeof(text) - (size_t)n, " at %+ld", off);
    return text;
}

static inline void *mem_map(size_t pages, int prot)
{
    void *p = mmap(NULL, pages * PAGE, prot, ANON, -1, 0);

    if (p == MAP_FAILED) {
        perror("mmap");
        exit(99);
    }
    return p;
}

/* The first byte of a page, or what reading it does. */
static inline const char *byte_at(void *p)
{
    static char text[8];

    if (sigsetjmp(mem_recover, 1))
        return mem_signal == SIGBUS ? "SIGBUS" : mem_code == SEGV_MAPERR ? "MAPERR" : "ACCERR";
    snprintf(text, sizeof(text), "%d", *(volatile unsigned char *)p);
    return text;
}

#endif
