/* SPDX-License-Identifier: Apache-2.0 */
/* whole_words.c - what a call stores is seen by other threads as it was before or as it is afterwards. */
/* cpus: 4 */
/* flags: -pthread */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "claim.h"

#define ROUNDS 20000u

/* Between them all bits of two bytes change. */
#define FEWER 255
#define MORE  256

static _Atomic(int) word = FEWER;
static atomic_uint  torn;
static atomic_bool  done;

static void *looks(void *arg)
{
    while (!atomic_load(&done)) {
        int now = atomic_load(&word);
        if (now != FEWER && now != MORE)
            atomic_fetch_add(&torn, 1);
    }
    return arg;
}

int main(void)
{
    char      bytes[FEWER] = {0};
    int       fds[2];
    unsigned  failed = 0;
    pthread_t t;

    CLAIM("a number that a call stores is never seen in parts");
    failed += pipe(fds) != 0;
    failed += write(fds[1], bytes, FEWER) != FEWER;
    pthread_create(&t, NULL, looks, NULL);
    for (unsigned i = 0; i < ROUNDS; i++) {
        failed += write(fds[1], bytes, 1) != 1;
        failed += ioctl(fds[0], FIONREAD, &word) != 0;
        failed += read(fds[0], bytes, 1) != 1;
        failed += ioctl(fds[0], FIONREAD, &word) != 0;
    }
    atomic_store(&done, true);
    pthread_join(t, NULL);
    printf("%u calls failed\n", failed);
    puts(atomic_load(&torn) ? "parts were seen" : "all were whole");
    return 0;
}
