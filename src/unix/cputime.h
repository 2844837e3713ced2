/* SPDX-License-Identifier: Apache-2.0 */
/* cputime.h - the CPU time that the program has used. */
#ifndef UNIX_CPUTIME_H
#define UNIX_CPUTIME_H

#include "kernel/thread.h"
#include "kernel/time.h"

/* Add what t has used to *sum. */
void cputime_add(struct thread_cpu_time *sum, const struct thread *t);

/* What all threads have used, those that ended too. */
struct thread_cpu_time cputime_process(void);

/* What thread tid has used (0: the current one). False: there is no such thread. */
bool cputime_thread(uint32_t tid, struct thread_cpu_time *out);

/* Nanoseconds. */
static inline uint64_t cputime_total_ns(const struct thread_cpu_time *t)
{
    return time_ticks_to_ns(t->user + t->kernel);
}

#endif
