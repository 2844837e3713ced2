/* SPDX-License-Identifier: Apache-2.0 */
/* strace.h - system calls and signals on the console, written as strace writes them.
 *
 *     [cella] strace 1 openat(AT_FDCWD, "/etc/motd", O_RDONLY|O_CLOEXEC) = 3
 *
 * The number is the thread's. On while TRACE_CLASS_syscall is: the boot arguments strace,
 * strace=CALL,... and trace=syscall. A call is printed when it is over, in one line. If another
 * thread has something to print before that, what is known goes first and ends in
 * "<unfinished ...>", and the rest follows as "<... openat resumed>".
 *
 * The program does not notice: what cannot be read of its memory is printed as an address. What is
 * read may be filled for it, as by the call that reads it; Linux's tracer does that too.
 *
 * All calls are for threads that may sleep, hold no spinlock and are the program's.
 */
#ifndef UNIX_STRACE_H
#define UNIX_STRACE_H

#include "kernel/trace.h"
#include "lib/types.h"
#include "unix/sigqueue.h"
#include "unix/strlist.h"

struct strace_record; /* what is kept for each thread */
struct syscall;
struct uthread;

/* Is anything printed at all? Ask before the calls that follow. */
static inline bool strace_on(void)
{
    return trace_enabled & 1u << TRACE_CLASS_syscall;
}

/* Print calls from now on. list: len bytes, names separated by commas; empty: all. An unknown name is
 * logged. Before the program starts. */
void strace_configure(const char *list, size_t len);

/* The current thread enters system call nr with arguments a; sc is its row, or NULL. Then
 * strace_leave(), unless it never returns. */
void strace_enter(const struct syscall *sc, uint64_t nr, const uint64_t *a);
void strace_leave(int64_t result);

/* The current thread takes signal sig. */
void strace_signal(int sig, const struct signal_info *info);

/* What follows may be called with tracing on or off. */

/* The first thread is about to run the program path; by any thread. */
void strace_exec(const char *path, const struct strlist *args, const struct strlist *env);

/* The current thread ends. */
void strace_thread_exit(int status);

/* The process ends, by itself or by a signal. */
void strace_exit(int status);
void strace_killed(int sig);

/* ut is no more; any context that may free memory. */
void strace_forget(struct uthread *ut);

#endif
