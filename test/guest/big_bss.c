/* SPDX-License-Identifier: Apache-2.0 */
/* big_bss.c - static data of 16 MiB is zero from the first byte, that after the file's last bytes
 * included, keeps what is written, and costs memory only where it is touched: more is declared and
 * mapped than the machine of 128 MiB has, but never more at once, which Linux refuses. */
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

#define SIZE   (16ul << 20)
#define SPARSE (80ul << 20)

static char          first = 'f'; /* the last bytes of .data, with .bss on the same page */
static unsigned char zeros[SIZE];
static unsigned char sparse[SPARSE];

/* Touch a page in each 10 MiB. How many were zero. */
static unsigned long touch(unsigned char *bytes)
{
    unsigned long sum = 0;

    for (unsigned long i = 0; i < SPARSE; i += 10ul << 20)
        bytes[i]++;
    for (unsigned long i = 0; i < SPARSE; i += 10ul << 20)
        sum += bytes[i];
    return sum;
}

int main(void)
{
    unsigned long  sum = 0;
    unsigned char *more;

    for (unsigned long i = 0; i < SIZE; i++)
        sum += zeros[i];
    printf("%c, the sum of untouched bytes is %lu\n", first, sum);
    for (unsigned long i = 0; i < SIZE; i++)
        zeros[i] = (unsigned char)(i * 31 >> 3);
    for (unsigned long i = 0; i < SIZE; i++)
        sum += zeros[i] != (unsigned char)(i * 31 >> 3);
    printf("%lu bytes changed\n", sum);
    printf("%lu sparse pages\n", touch(sparse));
    more = mmap(NULL, SPARSE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (more == MAP_FAILED)
        return 1;
    printf("%lu more\n", touch(more));
    return 0;
}
