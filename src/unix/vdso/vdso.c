/* SPDX-License-Identifier: Apache-2.0 */
/* vdso.c - what programs ask so often that it is worth no system call: the code in [vdso].
 *
 * An ELF shared object of its own, in user mode; the kernel carries it as data (vdso_image.S) and maps it
 * into each program (unix/vdso.c). C libraries find it by AT_SYSINFO_EHDR, and the functions by name and
 * version, which are those of Linux on riscv64. What has no quick answer becomes the system call.
 */
#include "unix/vdso_data.h"

#include <stddef.h>

#define NS_PER_SEC 1000000000u
#define NS_PER_US  1000u
#define COARSE_NS  4000000 /* clock.c */

enum {
    NR_CLOCK_GETTIME = 113,
    NR_CLOCK_GETRES = 114,
    NR_GETCPU = 168,
    NR_RISCV_HWPROBE = 258,
    NR_RISCV_FLUSH_ICACHE = 259,
};

enum {
    CLOCK_REALTIME = 0,
    CLOCK_MONOTONIC = 1,
    CLOCK_MONOTONIC_RAW = 4,
    CLOCK_REALTIME_COARSE = 5,
    CLOCK_MONOTONIC_COARSE = 6,
    CLOCK_BOOTTIME = 7,
    CLOCK_TAI = 11,
};

/* Sets of clocks: bit number. */
#define BIT(clock) (1u << (clock))
#define WALL       (BIT(CLOCK_REALTIME) | BIT(CLOCK_REALTIME_COARSE) | BIT(CLOCK_TAI))
#define MONOTONIC                                                                    \
    (BIT(CLOCK_MONOTONIC) | BIT(CLOCK_MONOTONIC_RAW) | BIT(CLOCK_MONOTONIC_COARSE) | \
     BIT(CLOCK_BOOTTIME))
#define COARSE (BIT(CLOCK_REALTIME_COARSE) | BIT(CLOCK_MONOTONIC_COARSE))

struct timespec {
    int64_t tv_sec, tv_nsec;
};

struct timeval {
    int64_t tv_sec, tv_usec;
};

/* The page below the image; vdso.lds says where. Another hart's clock_settime() may write to it. */
extern const volatile struct vdso_data vdso_data __attribute__((visibility("hidden")));

int  __vdso_clock_gettime(int clock, struct timespec *ts);
int  __vdso_clock_getres(int clock, struct timespec *ts);
int  __vdso_gettimeofday(struct timeval *tv, int32_t *zone);
long __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused);
long __vdso_flush_icache(uintptr_t start, uintptr_t end, uintptr_t flags);
long __vdso_riscv_hwprobe(void *pairs, size_t count, size_t set_size, void *set, unsigned flags);

static long system_call(long nr, long arg0, long arg1, long arg2, long arg3, long arg4)
{
    register long a0 __asm__("a0") = arg0;
    register long a1 __asm__("a1") = arg1;
    register long a2 __asm__("a2") = arg2;
    register long a3 __asm__("a3") = arg3;
    register long a4 __asm__("a4") = arg4;
    register long a7 __asm__("a7") = nr;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a7) : "memory");
    return a0;
}

/* Nanoseconds since reset. */
static inline uint64_t now(void)
{
    uint64_t ticks;
    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return (uint64_t)(((unsigned __int128)ticks * vdso_data.ns_per_tick) >> 32);
}

/* Whether a set of clocks has this one. */
static inline unsigned has(unsigned set, int clock)
{
    return (unsigned)clock < 32 && set >> clock & 1;
}

int __vdso_clock_gettime(int clock, struct timespec *ts)
{
    if (!has(WALL | MONOTONIC, clock))
        return (int)system_call(NR_CLOCK_GETTIME, clock, (long)ts, 0, 0, 0);
    uint64_t offset = has(WALL, clock) ? vdso_data.wall_offset_ns : 0;
    uint64_t ns = offset + now();
    ts->tv_sec = (int64_t)(ns / NS_PER_SEC);
    ts->tv_nsec = (int64_t)(ns % NS_PER_SEC);
    return 0;
}

int __vdso_gettimeofday(struct timeval *tv, int32_t *zone)
{
    if (tv) {
        uint64_t ns = vdso_data.wall_offset_ns + now();
        tv->tv_sec = (int64_t)(ns / NS_PER_SEC);
        tv->tv_usec = (int64_t)(ns % NS_PER_SEC / NS_PER_US);
    }
    if (zone) {
        uint64_t both = vdso_data.zone;
        zone[0] = (int32_t)both;
        zone[1] = (int32_t)(both >> 32);
    }
    return 0;
}

int __vdso_clock_getres(int clock, struct timespec *ts)
{
    if (!has(WALL | MONOTONIC, clock))
        return (int)system_call(NR_CLOCK_GETRES, clock, (long)ts, 0, 0, 0);
    if (ts) {
        ts->tv_sec = 0;
        ts->tv_nsec = has(COARSE, clock) ? COARSE_NS : 1;
    }
    return 0;
}

long __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused)
{
    return system_call(NR_GETCPU, (long)cpu, (long)node, (long)unused, 0, 0);
}

long __vdso_flush_icache(uintptr_t start, uintptr_t end, uintptr_t flags)
{
    return system_call(NR_RISCV_FLUSH_ICACHE, (long)start, (long)end, (long)flags, 0, 0);
}

long __vdso_riscv_hwprobe(void *pairs, size_t count, size_t set_size, void *set, unsigned flags)
{
    return system_call(NR_RISCV_HWPROBE, (long)pairs, (long)count, (long)set_size, (long)set,
                       (long)flags);
}
