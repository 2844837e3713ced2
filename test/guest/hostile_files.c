/* SPDX-License-Identifier: Apache-2.0 */
/* hostile_files.c - calls on files that have no contents to speak of give errors, or nothing at all. Each
 * once stopped the kernel.
 */
/* flags: -D_GNU_SOURCE */
#include "show.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
    int proc = open("/proc/self/status", O_RDONLY),
        sys = open("/sys/devices/system/cpu/online", O_RDONLY);

    SHOW(syscall(SYS_readahead, proc, 0L, 4096L));
    SHOW(syscall(SYS_readahead, sys, 0L, 4096L));
    SHOW(syscall(SYS_readahead, sys, 1L << 40, 1L << 40));
    return 0;
}
