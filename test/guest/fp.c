/* SPDX-License-Identifier: Apache-2.0 */
/* fp.c - floating-point registers, rounding mode and flags survive system calls, sleep and being
 * interrupted. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NREGS 32

static uint64_t before[NREGS], after[NREGS];

/* Load all registers from before[], make system call nr(arg0, arg1), store them all to after[].
 * The call's result. */
static long across_call(long nr, long arg0, long arg1)
{
    register long a0 __asm__("a0") = arg0;
    register long a1 __asm__("a1") = arg1;
    register long a7 __asm__("a7") = nr;

    __asm__ volatile(
        ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,"
        "27,28,29,30,31\n fld f\\n, 8*\\n(%[in])\n .endr\n"
        "ecall\n"
        ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,"
        "27,28,29,30,31\n fsd f\\n, 8*\\n(%[out])\n .endr\n"
        : "+r"(a0)
        : "r"(a1), "r"(a7), [in] "r"(before), [out] "r"(after)
        : "memory", "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "ft8", "ft9", "ft10",
          "ft11", "fs0", "fs1", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9", "fs10",
          "fs11", "fa0", "fa1", "fa2", "fa3", "fa4", "fa5", "fa6", "fa7");
    return a0;
}

static int changed(void)
{
    int n = 0;

    for (int i = 0; i < NREGS; i++)
        n += before[i] != after[i];
    return n;
}

static void fill(uint64_t seed)
{
    for (int i = 0; i < NREGS; i++)
        before[i] = (seed + (uint64_t)i) * 0x9e3779b97f4a7c15;
}

/* Sums that take many time slices: a register lost on the way would show in the result. */
static double long_sum(void)
{
    double sum = 0, term = 1;

    for (int i = 0; i < 5000000; i++) {
        sum += term;
        term = term * 0.75 + 0.25;
    }
    return sum;
}

int main(void)
{
    struct timespec ts = {0, 5000000};
    uint64_t        csr;
    int             bad = 0;

    for (int i = 0; i < 1000; i++) {
        fill((uint64_t)i * 100);
        bad += across_call(SYS_getppid, 0, 0) < 0;
        bad += changed();
    }
    printf("1000 short calls: %d registers changed\n", bad);
    for (int i = 0; i < 10; i++) {
        fill((uint64_t)i * 777);
        bad += across_call(SYS_nanosleep, (long)&ts, 0) != 0;
        bad += changed();
    }
    printf("10 sleeps: %d registers changed\n", bad);
    __asm__ volatile("fscsr %0" ::"r"(0x75ul));
    nanosleep(&ts, NULL);
    syscall(SYS_sched_yield);
    __asm__ volatile("frcsr %0\n fscsr zero" : "=r"(csr));
    printf("rounding mode and flags: %#lx\n", (unsigned long)csr);
    printf("a long sum: %s\n", long_sum() == 5000000.0 ? "right" : "wrong");
    return 0;
}
