/* SPDX-License-Identifier: Apache-2.0 */
/* dynamic.c - a dynamically linked program: its interpreter loads two libraries, relocates all of
 * them, runs constructors and destructors, gives threads their thread-local data, and resolves names
 * later, too. */
/* link: dynamic */
/* flags: -lm -fno-builtin */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "claim.h"

static _Thread_local int own = 7;
static int               constructed;

__attribute__((constructor)) static void construct(void)
{
    constructed++;
}

__attribute__((destructor)) static void destroy(void)
{
    puts("destructor");
}

static void at_exit(void)
{
    puts("exit handler");
}

static int show_object(struct dl_phdr_info *info, size_t size, void *data)
{
    const char *slash = strrchr(info->dlpi_name, '/');

    (void)size;
    (void)data;
    if (info->dlpi_addr && !strstr(info->dlpi_name, "vdso"))
        printf("object %s\n", slash ? slash + 1 : "(program)");
    return 0;
}

static void *thread(void *arg)
{
    *(int *)arg = own++;
    return &own;
}

static void late_binding(void)
{
    CLAIM("dlopen and dlsym");
    double (*cosine)(double) = (double (*)(double))dlsym(RTLD_DEFAULT, "cos");

    printf("dlsym finds cos: cos(0) = %g\n", cosine ? cosine(0) : -1);
    printf("and not what is not there: %s\n", dlsym(RTLD_DEFAULT, "no_such_name") ? "WRONG" : "ok");
    printf("dlopen of a missing library: %s\n", dlopen("libmissing.so", RTLD_NOW) ? "WRONG" : "ok");
}

int main(int argc, char **argv)
{
    pthread_t id;
    int       seen = 0;
    void     *where;

    atexit(at_exit);
    printf("%d argument: %s\n", argc, argv[0]);
    printf("constructors run before main: %d\n", constructed);
    printf("the interpreter has a base: %s\n", getauxval(AT_BASE) ? "yes" : "no");
    dl_iterate_phdr(show_object, NULL);
    printf("sqrt(%d) = %g\n", argc * 2, sqrt(argc * 2));
    late_binding();
    own = 8;
    pthread_create(&id, NULL, thread, &seen);
    pthread_join(id, &where);
    printf("a thread has its own thread-local data: %d, ours is %d\n", seen, own);
    return 3;
}
