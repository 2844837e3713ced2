/* SPDX-License-Identifier: Apache-2.0 */
/* time.h - the clock: ticks of the time CSR, nanoseconds, wall time.
 *
 * Timed sleeping is waitq_sleep_until(); deadlines are ticks of cpu_time().
 */
#ifndef KERNEL_TIME_H
#define KERNEL_TIME_H

#include "lib/types.h"

void     time_init(uint64_t timebase_hz);
uint64_t time_ns(void); /* nanoseconds since reset, monotonic */
uint64_t time_ns_to_deadline(
    uint64_t delta_ns); /* cpu_time() at now + delta_ns, saturating, rounded up */
uint64_t time_hz(void);
uint64_t time_ticks_to_ns(uint64_t ticks); /* a length of time, rounded down */
uint64_t time_wall_ns(void); /* nanoseconds since 1970 UTC; from reset if no RTC was found */
void     time_set_wall_ns(uint64_t ns); /* the RTC driver, at boot; and whoever sets the clock */

/* What the above compute with, for who does it without the kernel: time_ns() is the ticks times
 * time_ns_per_tick() (32.32 fixed point), and wall time is time_wall_offset_ns() more. */
uint64_t time_ns_per_tick(void);
uint64_t time_wall_offset_ns(void);

#endif
