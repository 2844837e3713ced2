/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - the clocks that programs name by number, those of CPU time included. */
#ifndef UNIX_CLOCK_H
#define UNIX_CLOCK_H

#include "kernel/waitq.h"
#include "lib/types.h"

/* The clock's time, nanoseconds. -EINVAL: there is no such clock, or no thread that it belongs to. */
int clock_now(int clock, uint64_t *ns);

/* Nanoseconds; the clock exists. */
uint64_t clock_resolution_ns(int clock);

/* Whether a number stands for CPU time that one can wait for, if the clock exists. */
bool clock_is_cpu(int clock);

/* Whether it stands for a clock that a device keeps; there are none. */
bool clock_is_device(int clock);

/* Whether setting wall time changes what the clock shows. */
bool clock_is_wall(int clock);

/* The same clock for others than the caller: one of CPU time then names its thread or process. */
int clock_for_others(int clock);

/* How long to wait at most before looking again at a clock of CPU time that lacks left_ns. It goes slower
 * than real time, or faster, but by no more than the number of harts. Nanoseconds. */
uint64_t clock_cpu_wait_ns(uint64_t left_ns);

/* Set wall time: everything that waits for it looks again. */
void clock_set_wall(uint64_t ns);

/* Sleep until wall time is ns, however it gets there. 0, or -EINTR. */
int clock_sleep_until_wall(uint64_t ns);

#endif
