/* SPDX-License-Identifier: Apache-2.0 */
/* signal_first.c - a signal that a thread gets before it has run is handled before its first instruction. The maker
 * and the thread share a processor, so that some of many threads have not run when the signal is sent. */
/* cpus: 4 */
#define _GNU_SOURCE
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRIES 40
#define FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_SYSVSEM | CLONE_THREAD)

static volatile int begun, handled, begun_when_handled;
static char         stack[65536] __attribute__((aligned(16)));

static void handler(int sig)
{
    (void)sig;
    begun_when_handled = begun;
    handled = 1;
}

/* A thread that stores 1 to begun, computes until it has handled the signal, and ends. Its number. */
static long make(void)
{
    register long a0 __asm__("a0") = FLAGS, a7 __asm__("a7") = SYS_clone;
    register long a1 __asm__("a1") = (long)(stack + sizeof(stack));
    register long a2 __asm__("a2") = 0, a3 __asm__("a3") = 0, a4 __asm__("a4") = 0;
    __asm__ volatile("ecall\n"
                     "bnez a0, 2f\n"
                     "li t0, 1\n"
                     "sw t0, 0(%[begun])\n"
                     "1: lw t0, 0(%[handled])\n"
                     "beqz t0, 1b\n"
                     "li a0, 0\n"
                     "li a7, 93\n"
                     "ecall\n"
                     "2:\n"
                     : "+r"(a0)
                     : "r"(a1), "r"(a2), "r"(a3), "r"(a4),
                       "r"(a7), [begun] "r"(&begun), [handled] "r"(&handled)
                     : "t0", "memory");
    return a0;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler};
    cpu_set_t        here;
    int              before = 0, all = 0;

    CPU_ZERO(&here);
    CPU_SET(0, &here);
    sched_setaffinity(0, sizeof(here), &here);
    sigaction(SIGUSR1, &action, NULL);
    for (int i = 0; i < TRIES; i++) {
        begun = handled = 0;
        long tid = make();
        syscall(SYS_tgkill, getpid(), tid, SIGUSR1);
        while (syscall(SYS_tgkill, getpid(), tid, 0) == 0)
            sched_yield();
        all += handled;
        before += handled && !begun_when_handled;
    }
    printf("threads that handled the signal: %d of %d\n", all, TRIES);
    printf("some of them before their first instruction: %s\n", before ? "yes" : "no");
    return 0;
}
