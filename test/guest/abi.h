/* SPDX-License-Identifier: Apache-2.0 */
/* abi.h - what the tests of system calls share: a line for each call and its outcome, and pointers
 * that are wrong in every way that a pointer can be.
 *
 * Calls are made with syscall(), so that no C library looks at arguments first.
 */
#ifndef TEST_GUEST_ABI_H
#define TEST_GUEST_ABI_H

#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "claim.h"

#define PAGE 4096

/* The outcome of a call, and which one it was. */
static inline void tell(const char *what, long result)
{
    printf("%-72s ", what);
    if (result == -1)
        printf("%s\n", strerrorname_np(errno));
    else
        printf("%ld\n", result);
}

/* Print call and its result or errno. */
#define SHOW(call)                 \
    do {                           \
        errno = 0;                 \
        tell(#call, (long)(call)); \
    } while (0)

/* The same for results that differ from machine to machine. */
#define SHOW_OK(call)                             \
    do {                                          \
        errno = 0;                                \
        tell(#call, (long)(call) == -1 ? -1 : 0); \
    } while (0)

/* Keep what is printed until the end: no signal then cuts off a line. */
static inline void buffer_output(void)
{
    static char buffer[1 << 16];
    setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
}

/* --- signals in calls that wait --------------------------------------------------------------- */

/* Have SIGALRM come again and again, with a handler of those flags, so that a call that waits is
 * interrupted however late it begins to. */
static inline void interrupt_soon(int flags, void (*handler)(int))
{
    struct sigaction sa = {.sa_handler = handler, .sa_flags = flags};
    struct itimerval often = {{0, 20000}, {0, 20000}};
    sigaction(SIGALRM, &sa, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
}

static inline void interrupt_end(void)
{
    struct itimerval never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &never, NULL);
}

static inline void do_nothing(int sig)
{
    (void)sig;
}

/* What a call gives that waits for ever, and is interrupted: by a handler, and by one that wants calls to start
 * anew. */
#define SHOW_INTERRUPTED(call)                                   \
    do {                                                         \
        for (int again_ = 0; again_ < 2; again_++) {             \
            interrupt_soon(again_ ? SA_RESTART : 0, do_nothing); \
            SHOW(call);                                          \
            interrupt_end();                                     \
        }                                                        \
    } while (0)

/* --- wrong pointers ---------------------------------------------------------------------- */

enum { AT_NULL_PAGE, KERNEL, NO_ACCESS, READ_ONLY, CROSSING, POINTERS };

static const char *const pointer_name[POINTERS] = {"unmapped", "kernel", "no access", "read-only",
                                                   "crossing"};

/* A pointer of that kind. READ_ONLY: a page of zeros. CROSSING: one byte, 0, that may be written,
 * before a page without access; it is set anew by each call. */
static inline void *pointer(int kind)
{
    static char *pages;
    if (!pages) {
        pages = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        mprotect(pages, PAGE, PROT_READ);
        mprotect(pages + 2 * PAGE, PAGE, PROT_NONE);
    }
    pages[2 * PAGE - 1] = 0;
    switch (kind) {
    case AT_NULL_PAGE:
        return (void *)0x10;
    case KERNEL:
        return (void *)-PAGE;
    case NO_ACCESS:
        return pages + 2 * PAGE;
    case READ_ONLY:
        return pages;
    default:
        return pages + 2 * PAGE - 1;
    }
}

/* One more outcome for the line that tells what a call does with wrong pointers. */
static inline void note(char *line, int kind, long result)
{
    if (result == -1)
        sprintf(line + strlen(line), " %s:%s", pointer_name[kind], strerrorname_np(errno));
    else
        sprintf(line + strlen(line), " %s:%ld", pointer_name[kind], result);
}

/* Make call, in which p is the wrong pointer, with each of them. */
#define SHOW_POINTERS(call)                              \
    do {                                                 \
        char line_[400] = "";                            \
        for (int kind_ = 0; kind_ < POINTERS; kind_++) { \
            void *p = pointer(kind_);                    \
            errno = 0;                                   \
            note(line_, kind_, (long)(call));            \
        }                                                \
        printf("%s\n   %s\n", #call, line_);             \
    } while (0)

#endif
