/* SPDX-License-Identifier: Apache-2.0 */
/* asleep.h - whether a thread sleeps in a call, as /proc has it: until then, nobody can say that it waits. */
#ifndef TEST_GUEST_ASLEEP_H
#define TEST_GUEST_ASLEEP_H

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A thread that is over does not sleep. */
static inline int is_asleep(pid_t tid)
{
    char path[64], stat[512] = "";

    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
    int  fd = open(path, O_RDONLY);
    long n = fd < 0 ? -1 : read(fd, stat, sizeof(stat) - 1);
    if (fd >= 0)
        close(fd);
    stat[n < 0 ? 0 : n] = 0;
    char *name_end = strrchr(stat, ')');
    return name_end && !strncmp(name_end, ") S", 3);
}

static inline void until_asleep(pid_t tid)
{
    while (!is_asleep(tid))
        sched_yield();
}

#endif
