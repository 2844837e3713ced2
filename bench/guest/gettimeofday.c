/* SPDX-License-Identifier: Apache-2.0 */
/* gettimeofday.c - reading the clock through the C library, 1000 times between two markers. */
#include "measure.h"

#include <sys/time.h>

int main(void)
{
    struct timeval tv;

    need(!gettimeofday(&tv, NULL), "gettimeofday"); /* the library has found the vdso */
    BEGIN(1);
    for (int i = 0; i < 1000; i++)
        gettimeofday(&tv, NULL);
    END(1);
    return 0;
}
