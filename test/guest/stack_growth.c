/* SPDX-License-Identifier: Apache-2.0 */
/* stack_growth.c - the stack grows to 7 MiB as it is used; below its limit of 8 MiB the program
 * ends with SIGSEGV. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static unsigned long descend(unsigned long bytes)
{
    volatile char frame[4096];

    memset((char *)frame, (char)bytes, sizeof(frame));
    if (bytes <= sizeof(frame))
        return 0;
    return descend(bytes - sizeof(frame)) + (frame[17] == (char)bytes);
}

int main(void)
{
    struct rlimit limit;

    getrlimit(RLIMIT_STACK, &limit);
    printf("limit %lu\n", (unsigned long)limit.rlim_cur);
    printf("%lu frames of 4096 bytes\n", descend(7ul << 20));
    fflush(stdout);
    printf("%lu frames\n", descend(16ul << 20));
    return 0;
}
