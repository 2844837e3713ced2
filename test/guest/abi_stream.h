/* SPDX-License-Identifier: Apache-2.0 */
/* abi_stream.h - what the tests of pipes and sockets share: counted signals, what poll says. */
#ifndef TEST_GUEST_ABI_STREAM_H
#define TEST_GUEST_ABI_STREAM_H

#include "abi.h"

#include <poll.h>

static volatile int signals;

static inline void count_signal(int sig)
{
    (void)sig;
    signals++;
}

/* What poll says of fd. */
static inline int ready(int fd)
{
    struct pollfd p = {fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP, 0};
    return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

#endif
