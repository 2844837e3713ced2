/* SPDX-License-Identifier: Apache-2.0 */
/* getppid.c - the cheapest system call, 1000 times between two markers: what entering and leaving the kernel costs. */
#include <sys/syscall.h>

int main(void)
{
    register long nr __asm__("a7") = SYS_getppid;
    long          passes = 1000;

    __asm__ volatile("slti x0, x0, 1\n"
                     "1: ecall\n"
                     "addi %0, %0, -1\n"
                     "bnez %0, 1b\n"
                     "slti x0, x0, 2\n"
                     : "+r"(passes)
                     : "r"(nr)
                     : "a0", "memory");
    return 0;
}
