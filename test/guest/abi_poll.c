/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -Wno-nonnull -Wno-stringop-overflow */
/* abi_poll.c - ppoll and pselect6: wrong arguments and their order, descriptors that are not open or stand
 * for a name only, and what is told of files of each kind. */
#include "abi.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/select.h>
#include <time.h>

static int             path, null, dir, reg;
static struct timespec zero = {0, 0}, wrong = {0, 1000000000}, negative = {-1, 0};

static long ppoll_raw(const void *fds, long n, const void *timeout, const void *mask, long size)
{
    return syscall(SYS_ppoll, fds, n, timeout, mask, size);
}

static void polling(void)
{
    CLAIM("ppoll checks its arguments and tells what is so");
    struct pollfd pfd = {null, POLLIN, 7}, many[7];
    uint64_t      mask = 0;
    SHOW(ppoll_raw(NULL, 0, &zero, NULL, 0));
    SHOW(ppoll_raw(NULL, 1, &zero, NULL, 0));
    SHOW(ppoll_raw(NULL, 1025, &zero, NULL, 0));
    SHOW(ppoll_raw(NULL, -1, &zero, NULL, 0));
    SHOW(ppoll_raw(NULL, 1025, &wrong, NULL, 0));
    SHOW(ppoll_raw(&pfd, 1, &wrong, NULL, 0));
    SHOW(ppoll_raw(&pfd, 1, &negative, NULL, 0));
    SHOW(ppoll_raw(&pfd, 1, pointer(KERNEL), &mask, 3));
    SHOW(ppoll_raw(&pfd, 1, &wrong, &mask, 3));
    SHOW(ppoll_raw(NULL, 1025, &zero, &mask, 3));
    SHOW(ppoll_raw(NULL, 1025, &zero, pointer(KERNEL), 8));
    SHOW(ppoll_raw(&pfd, 1, &zero, NULL, 3));
    SHOW(pfd.revents);
    SHOW_POINTERS(ppoll_raw(p, 1, &zero, NULL, 0));
    SHOW_POINTERS(ppoll_raw(&pfd, 1, p, NULL, 0));
    SHOW_POINTERS(ppoll_raw(&pfd, 1, &zero, p, 8));

    int fds[] = {null, dir, reg, path, 99, -1, -99};
    for (int i = 0; i < 7; i++)
        many[i] = (struct pollfd){fds[i], (short)0xffff, 0x7777};
    SHOW(ppoll_raw(many, 7, NULL, NULL, 0));
    for (int i = 0; i < 7; i++)
        printf("%x\n", many[i].revents);
    for (int i = 0; i < 7; i++)
        many[i] = (struct pollfd){fds[i], 0, 0x7777};
    SHOW(ppoll_raw(many, 7, &zero, NULL, 0));
    for (int i = 0; i < 7; i++)
        printf("%x\n", many[i].revents);
    pfd = (struct pollfd){1, POLLOUT, 0};
    SHOW(ppoll_raw(&pfd, 1, NULL, NULL, 0));
    SHOW(pfd.revents);
}

static void show_set(const char *name, const fd_set *set)
{
    printf("%s:", name);
    for (int fd = 0; fd < 64; fd++)
        if (FD_ISSET(fd, set))
            printf(" %d", fd);
    printf("\n");
}

static long pselect_raw(long n, void *in, void *out, void *except, const void *timeout,
                        const void *mask)
{
    return syscall(SYS_pselect6, n, in, out, except, timeout, mask);
}

static void selecting(void)
{
    CLAIM("pselect6 checks its arguments and tells what is so");
    fd_set   in, out, except;
    uint64_t set = 0;
    struct {
        const void *mask;
        size_t      size;
    } mask = {&set, 3};

    SHOW(pselect_raw(0, NULL, NULL, NULL, &zero, NULL));
    SHOW(pselect_raw(-1, NULL, NULL, NULL, &zero, NULL));
    SHOW(pselect_raw(-1, NULL, NULL, NULL, &wrong, NULL));
    SHOW(pselect_raw(-1, NULL, NULL, NULL, &negative, &mask));
    SHOW(pselect_raw(-1, NULL, NULL, NULL, &zero, &mask));
    mask.mask = NULL;
    SHOW(pselect_raw(0, NULL, NULL, NULL, &zero, &mask));
    mask.mask = pointer(KERNEL);
    mask.size = 8;
    SHOW(pselect_raw(0, NULL, NULL, NULL, &zero, &mask));
    SHOW_POINTERS(pselect_raw(-1, NULL, NULL, NULL, NULL, p));
    SHOW_POINTERS(pselect_raw(0, NULL, NULL, NULL, p, NULL));
    SHOW_POINTERS(pselect_raw(8, p, NULL, NULL, &zero, NULL));
    SHOW_POINTERS(pselect_raw(8, NULL, p, NULL, &zero, NULL));
    SHOW_POINTERS(pselect_raw(8, NULL, NULL, p, &zero, NULL));
    SHOW_POINTERS(pselect_raw(0, p, p, p, &zero, NULL));

    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_ZERO(&except);
    FD_SET(60, &in);
    SHOW(pselect_raw(61, &in, NULL, NULL, &zero, NULL));
    SHOW(pselect_raw(60, &in, NULL, NULL, &zero, NULL));
    show_set("in", &in);
    SHOW(pselect_raw(2000, NULL, NULL, NULL, &zero, NULL));
    SHOW(pselect_raw(0x7fffffff, NULL, NULL, NULL, &zero, NULL));
    int fds[] = {null, dir, reg, path};
    FD_ZERO(&in);
    for (int i = 0; i < 4; i++) {
        FD_SET(fds[i], &in);
        FD_SET(fds[i], &out);
        FD_SET(fds[i], &except);
    }
    SHOW(pselect_raw(path + 1, &in, &out, &except, NULL, NULL));
    show_set("in", &in);
    show_set("out", &out);
    show_set("except", &except);
}

int main(void)
{
    path = open("/", O_PATH); /* descriptors 3 to 6 */
    null = open("/dev/null", O_RDWR);
    dir = open("/", O_RDONLY);
    reg = open("/bin/abi_poll", O_RDONLY);
    path = fcntl(path, F_DUPFD, 10);
    polling();
    selecting();
    return 0;
}
