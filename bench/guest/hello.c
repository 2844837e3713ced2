/* SPDX-License-Identifier: Apache-2.0 */
/* hello.c - the smallest real program: its main is a moment to count boot up to. */
#include <stdio.h>

int main(void)
{
    __asm__ volatile("slti x0, x0, 1" : : : "memory"); /* marker 1: main reached */
    puts("hello");
    return 0;
}
