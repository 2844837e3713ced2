/* SPDX-License-Identifier: Apache-2.0 */
/* act.c - the program in the images of test/boot: does what its arguments say.
 *
 *     act exit N          ends with status N
 *     act null            writes to address 0
 *     act text            writes to its own code
 *     act illegal         executes an illegal instruction
 *     act break           executes a breakpoint
 *     act abort           calls abort()
 *     act hog             touches memory without end
 *     act random          asks for random bytes twice, and says whether they are any good
 *     act touch MIB       touches MIB MiB, and says that they kept what was written
 *     act calls N...      makes each of these system calls three times: all give ENOSYS
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#define CHUNK ((size_t)1 << 20)

static int null_write(void)
{
    volatile int *volatile nowhere = NULL;
    *nowhere = 1;
    return 0;
}

static int text_write(void)
{
    extern char __executable_start[]; /* the linker's: where the first segment begins */
    *(volatile char *)__executable_start = 1;
    return 0;
}

static uint8_t *new_chunk(void)
{
    uint8_t *p = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    memset(p, 0xa5, CHUNK);
    return p;
}

/* Whoever overcommits kills; whoever does not lets mmap fail, and touching NULL would hide it. */
static int hog(void)
{
    while (new_chunk())
        ;
    perror("mmap");
    return 1;
}

static int touch(unsigned mib)
{
    for (unsigned i = 0; i < mib; i++) {
        uint8_t *p = new_chunk();
        if (!p || p[CHUNK - 1] != 0xa5)
            return 1;
    }
    printf("touched %u MiB\n", mib);
    return 0;
}

static int random_bytes(void)
{
    uint8_t zero[32] = {0}, a[32] = {0}, b[32] = {0};
    if (getrandom(a, sizeof(a), 0) != sizeof(a) || getrandom(b, sizeof(b), 0) != sizeof(b))
        return 1;
    if (!memcmp(a, b, sizeof(a)) || !memcmp(a, zero, sizeof(a)))
        return 2;
    puts("random bytes differ");
    return 0;
}

static int absent_calls(char **numbers)
{
    for (int round = 0; round < 3; round++) {
        for (char **number = numbers; *number; number++) {
            if (syscall(atol(*number), 0, 0, 0, 0, 0, 0) != -1 || errno != ENOSYS)
                return 1;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    unsigned    n = argc > 2 ? (unsigned)atoi(argv[2]) : 0;

    setvbuf(stdout, NULL, _IONBF, 0);
    printf("act %s\n", what);
    if (!strcmp(what, "exit"))
        return (int)n;
    if (!strcmp(what, "null"))
        return null_write();
    if (!strcmp(what, "text"))
        return text_write();
    if (!strcmp(what, "illegal"))
        __asm__ volatile(".half 0, 0"); /* all zeros is defined to be illegal */
    if (!strcmp(what, "break"))
        __asm__ volatile("ebreak");
    if (!strcmp(what, "abort"))
        abort();
    if (!strcmp(what, "hog"))
        return hog();
    if (!strcmp(what, "calls"))
        return absent_calls(argv + 2);
    if (!strcmp(what, "touch"))
        return touch(n);
    if (!strcmp(what, "random"))
        return random_bytes();
    return 99;
}
