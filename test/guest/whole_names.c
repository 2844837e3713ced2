/* SPDX-License-Identifier: Apache-2.0 */
/* whole_names.c - what one thread sets as a whole another one never sees half of: supplementary groups, the users of a
 * process, the host's name. One thread sets the one value and the other in turn, the others look. */
/* flags: -pthread */
/* cpus: 4 */
#define _GNU_SOURCE
#include <grp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define ROUNDS 1000
#define GROUPS 32

static atomic_bool over;
static atomic_uint looks, halves;

static const char *const names[2] = {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                     "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"};

static bool all_groups_same(void)
{
    gid_t list[64];
    int   n = (int)syscall(SYS_getgroups, 64, list);
    for (int i = 1; i < n; i++)
        if (list[i] != list[0])
            return false;
    return n == 0 || n == GROUPS + (int)list[0];
}

static bool all_users_same(void)
{
    uid_t real, effective, saved;
    syscall(SYS_getresgid, &real, &effective, &saved);
    return real == effective && effective == saved;
}

static bool name_is_one(void)
{
    struct utsname u;
    uname(&u);
    return strcmp(u.nodename, names[0]) == 0 || strcmp(u.nodename, names[1]) == 0;
}

static void *look(void *arg)
{
    (void)arg;
    while (!atomic_load(&over)) {
        unsigned wrong = !all_groups_same() + !all_users_same() + !name_is_one();
        atomic_fetch_add(&halves, wrong);
        atomic_fetch_add(&looks, 1);
    }
    return NULL;
}

/* Numbers by the calls themselves: the library would have all threads change theirs. */
static void set(unsigned which)
{
    gid_t list[64];
    for (int i = 0; i < 64; i++)
        list[i] = which;
    syscall(SYS_setgroups, GROUPS + which, list);
    syscall(SYS_setresgid, which, which, which);
    sethostname(names[which], strlen(names[which]));
}

int main(void)
{
    pthread_t t[3];

    set(0);
    for (int i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, look, NULL);
    while (atomic_load(&looks) < 3)
        usleep(1000);
    for (unsigned round = 0; round < ROUNDS; round++)
        set(round % 2);
    atomic_store(&over, true);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    printf("halves seen: %u\n", atomic_load(&halves));
    return 0;
}
