/* SPDX-License-Identifier: Apache-2.0 */
/* waiting.c - clocks move on, sleeping takes at least its time, and waits for what never comes end
 * on time. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "claim.h"

#define MS 1000000l

static void check(const char *what, int good)
{
    printf("%-60s %s\n", what, good ? "ok" : "WRONG");
}

static int64_t now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int64_t started;

static void start(void)
{
    started = now();
}

/* At least ms have passed since start(). That it is not much more depends on the machine's load. */
static int took(long ms)
{
    return now() - started >= ms * MS;
}

static void clocks(void)
{
    CLAIM("clocks move on");
    struct timespec real, res;
    struct timeval  tv;
    int64_t         last = now();
    int             backwards = 0;

    for (int i = 0; i < 1000; i++) {
        int64_t t = now();
        backwards += t < last;
        last = t;
    }
    check("the monotonic clock never goes back", !backwards);
    clock_gettime(CLOCK_REALTIME, &real);
    gettimeofday(&tv, NULL);
    check("two ways to the time of day agree",
          tv.tv_sec - real.tv_sec <= 1 && tv.tv_sec >= real.tv_sec);
    check("it is after 2024", real.tv_sec > 1704067200);
    check("resolution",
          clock_getres(CLOCK_MONOTONIC, &res) == 0 && res.tv_sec == 0 && res.tv_nsec == 1);
}

static void sleeping(void)
{
    CLAIM("sleeping takes at least its time");
    struct timespec ts = {0, 20 * MS}, at;

    start();
    check("nanosleep", nanosleep(&ts, NULL) == 0 && took(20));
    start();
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_nsec += 20 * MS;
    at.tv_sec += at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    check("until a time",
          clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == 0 && took(20));
    check("until a time that is over",
          clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &ts, NULL) == 0);
}

static long futex(uint32_t *word, int op, uint32_t value, const struct timespec *timeout,
                  uint32_t mask)
{
    return syscall(SYS_futex, word, op, value, timeout, NULL, mask);
}

static void futexes(void)
{
    CLAIM("futexes time out");
    uint32_t        word = 5;
    struct timespec ts = {0, 20 * MS}, at;

    check("another value: no wait",
          futex(&word, FUTEX_WAIT_PRIVATE, 4, NULL, 0) == -1 && errno == EAGAIN);
    start();
    check("the expected one: until the timeout",
          futex(&word, FUTEX_WAIT_PRIVATE, 5, &ts, 0) == -1 && errno == ETIMEDOUT && took(20));
    start();
    check("shared, too",
          futex(&word, FUTEX_WAIT, 5, &ts, 0) == -1 && errno == ETIMEDOUT && took(20));
    clock_gettime(CLOCK_REALTIME, &at);
    check("a time of the other clock that is over",
          futex(&word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 5, &at, ~0u) == -1 &&
              errno == ETIMEDOUT);
    check("no bits", futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 5, &at, 0) == -1 && errno == EINVAL);
    check("nobody to wake", futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, 0) == 0);
}

static void polling(void)
{
    CLAIM("poll and select time out");
    struct timespec ts = {0, 20 * MS};
    struct pollfd   fds[3] = {
          {open("/dev/zero", O_RDWR), POLLIN | POLLOUT, 0}, {-1, POLLIN, 7}, {99, POLLIN, 0}};
    struct timeval tv = {0, 20000};
    fd_set         in, out;
    int            fd = fds[0].fd;

    start();
    check("poll of nothing is a sleep", poll(NULL, 0, 20) == 0 && took(20));
    check("poll", poll(fds, 3, -1) == 2 && fds[0].revents == (POLLIN | POLLOUT) &&
                      fds[1].revents == 0 && fds[2].revents == POLLNVAL);
    fds[0].fd = open("/dev/console", O_RDONLY);
    start();
    check("a terminal that nobody types on", ppoll(fds, 1, &ts, NULL) == 1 || took(20));
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(fd, &in);
    FD_SET(fd, &out);
    check("select",
          select(fd + 1, &in, &out, NULL, &tv) == 2 && FD_ISSET(fd, &in) && FD_ISSET(fd, &out));
    FD_ZERO(&in);
    start();
    tv.tv_usec = 20000;
    check("select of nothing is a sleep", select(0, NULL, NULL, NULL, &tv) == 0 && took(20));
    FD_SET(20, &in);
    check("select of what is not open", select(21, &in, NULL, NULL, NULL) == -1 && errno == EBADF);
}

int main(void)
{
    clocks();
    sleeping();
    futexes();
    polling();
    return 0;
}
