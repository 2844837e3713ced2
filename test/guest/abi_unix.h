/* SPDX-License-Identifier: Apache-2.0 */
/* abi_unix.h - what the tests of local sockets share: addresses, threads that are known to wait. */
#ifndef TEST_GUEST_ABI_UNIX_H
#define TEST_GUEST_ABI_UNIX_H

#include "abi_stream.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define PATH_AT ((int)offsetof(struct sockaddr_un, sun_path))

/* The address that `name` is: a path, or after '@' an abstract name. Returns its length. */
static inline int address(struct sockaddr_un *un, const char *name)
{
    *un = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(un->sun_path, name, strlen(name));
    if (name[0] != '@')
        return PATH_AT + (int)strlen(name) + 1;
    un->sun_path[0] = 0;
    return PATH_AT + (int)strlen(name);
}

static inline long bind_name(int fd, const char *name)
{
    struct sockaddr_un un;
    int                len = address(&un, name);
    return bind(fd, (void *)&un, (unsigned)len);
}

static inline long connect_name(int fd, const char *name)
{
    struct sockaddr_un un;
    int                len = address(&un, name);
    return connect(fd, (void *)&un, (unsigned)len);
}

static inline long send_name(int fd, const char *name, const char *text)
{
    struct sockaddr_un un;
    int                len = address(&un, name);
    return sendto(fd, text, strlen(text), 0, (void *)&un, (unsigned)len);
}

/* Print an address as a call gave it. */
static inline void tell_address(const char *what, const struct sockaddr_un *un, socklen_t len)
{
    printf("   %s: length %u", what, len);
    if (len >= sizeof(un->sun_family))
        printf(" family %u", un->sun_family);
    if (len > (socklen_t)PATH_AT) {
        printf(" name \"");
        for (int i = 0; i < (int)len - PATH_AT && i < (int)sizeof(un->sun_path); i++)
            putchar(un->sun_path[i] ? un->sun_path[i] : '@');
        putchar('"');
    }
    putchar('\n');
}

static inline void tell_names(int fd)
{
    struct sockaddr_un un;
    socklen_t          len = sizeof(un);
    if (getsockname(fd, (void *)&un, &len))
        printf("   own: %s\n", strerrorname_np(errno));
    else
        tell_address("own", &un, len);
    len = sizeof(un);
    if (getpeername(fd, (void *)&un, &len))
        printf("   peer: %s\n", strerrorname_np(errno));
    else
        tell_address("peer", &un, len);
}

/* A socket that listens at name. */
static inline int listener(int type, const char *name, int backlog)
{
    int fd = socket(AF_UNIX, type, 0);
    if (bind_name(fd, name) || listen(fd, backlog))
        printf("no listener at %s: %s\n", name, strerrorname_np(errno));
    return fd;
}

/* Threads go from here to their sleep without a pause: let them. */
static inline void let_others_sleep(void)
{
    for (int i = 0; i < 100; i++)
        sched_yield();
}

/* Start f(arg), and come back when it sleeps, or is through. */
static inline pthread_t start(void *(*f)(void *), void *arg)
{
    pthread_t t;
    pthread_create(&t, NULL, f, arg);
    let_others_sleep();
    return t;
}

static inline long finish(pthread_t t)
{
    void *result;
    pthread_join(t, &result);
    return (long)result;
}

#endif
