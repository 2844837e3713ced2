/* SPDX-License-Identifier: Apache-2.0 */
/* big_bss.c - static data of 16 MiB is zero from the first byte, that after the file's last bytes
 * included, keeps what is written, and costs memory only where it is touched: three times the
 * machine's memory is declared. */
#include <stdint.h>
#include <stdio.h>

#define SIZE   (16ul << 20)
#define SPARSE (400ul << 20)

static char          first = 'f'; /* the last bytes of .data, with .bss on the same page */
static unsigned char zeros[SIZE];
static unsigned char sparse[SPARSE];

int main(void)
{
    unsigned long sum = 0;

    for (unsigned long i = 0; i < SIZE; i++)
        sum += zeros[i];
    printf("%c, the sum of untouched bytes is %lu\n", first, sum);
    for (unsigned long i = 0; i < SIZE; i++)
        zeros[i] = (unsigned char)(i * 31 >> 3);
    for (unsigned long i = 0; i < SIZE; i++)
        sum += zeros[i] != (unsigned char)(i * 31 >> 3);
    printf("%lu bytes changed\n", sum);
    for (unsigned long i = 0; i < SPARSE; i += 10ul << 20)
        sparse[i]++;
    for (unsigned long i = 0; i < SPARSE; i += 10ul << 20)
        sum += sparse[i];
    printf("%lu sparse pages\n", sum);
    return 0;
}
