/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - what the log says when a fault ends the program: what, where, why, and with the boot
 * argument verbose the registers. */
#ifndef UNIX_REPORT_H
#define UNIX_REPORT_H

#include "kernel/thread.h"
#include "machine/pmap.h"

/* Report that sig, caused by the trap in tf, ends the program. reason: why, in words. */
void report_fault(struct thread *t, const struct trapframe *tf, const struct fault *f, int sig,
                  const char *reason);

/* The same when there was no memory for the page that f asked for: one line. */
void report_out_of_memory(struct thread *t, const struct fault *f, int sig);

/* Why the access that f describes was refused; area_err as thread_ops.fault has it. */
const char *report_reason(const struct fault *f, int area_err);

const char *report_signal_name(int sig); /* "SIGSEGV"; "real-time signal" */

#endif
