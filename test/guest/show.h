/* SPDX-License-Identifier: Apache-2.0 */
/* show.h - print what calls give, so that the output of a test is the same on Linux. */
#ifndef TEST_GUEST_SHOW_H
#define TEST_GUEST_SHOW_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "claim.h"

/* The call and its errno, or its result. */
#define SHOW(call)                                               \
    do {                                                         \
        errno = 0;                                               \
        long show_result = (long)(call);                         \
        if (show_result == -1)                                   \
            printf("%-66s %s\n", #call, strerrorname_np(errno)); \
        else                                                     \
            printf("%-66s %ld\n", #call, show_result);           \
    } while (0)

/* The call and whether it succeeded: for descriptors and addresses. */
#define SHOW_OK(call)                                                                           \
    do {                                                                                        \
        errno = 0;                                                                              \
        printf("%-66s %s\n", #call, (long)(call) == -1 ? strerrorname_np(errno) : "succeeded"); \
    } while (0)

#endif
