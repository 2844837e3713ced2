/* SPDX-License-Identifier: Apache-2.0 */
/* time.c - see time.h. Conversions use 32.32 fixed-point factors: no division on the hot path. */
#include "kernel/time.h"

#include "kernel/panic.h"
#include "machine/cpu.h"

#define NS_PER_S 1000000000ul

static uint64_t hz;
static uint64_t ns_per_tick;  /* 32.32 */
static uint64_t ticks_per_ns; /* 0.64 would overflow for clocks above 1 GHz: 32.32 */
static uint64_t wall_offset_ns;

static uint64_t scale(uint64_t value, uint64_t factor)
{
    return (uint64_t)(((unsigned __int128)value * factor) >> 32);
}

void time_init(uint64_t timebase_hz)
{
    ASSERT(timebase_hz > 0 && timebase_hz <= UINT32_MAX);
    hz = timebase_hz;
    ns_per_tick = (NS_PER_S << 32) / hz;
    ticks_per_ns = (hz << 32) / NS_PER_S;
}

uint64_t time_hz(void)
{
    return hz;
}

uint64_t time_ticks_to_ns(uint64_t ticks)
{
    return scale(ticks, ns_per_tick);
}

uint64_t time_ns(void)
{
    return time_ticks_to_ns(cpu_time());
}

uint64_t time_ns_to_deadline(uint64_t delta_ns)
{
    uint64_t now = cpu_time(), ticks = scale(delta_ns, ticks_per_ns) + 1;
    return now + ticks < now ? UINT64_MAX - 1 : now + ticks;
}

uint64_t time_wall_ns(void)
{
    return wall_offset_ns + time_ns();
}

void time_set_wall_ns(uint64_t ns)
{
    wall_offset_ns = ns - time_ns();
}

uint64_t time_ns_per_tick(void)
{
    return ns_per_tick;
}

uint64_t time_wall_offset_ns(void)
{
    return wall_offset_ns;
}
