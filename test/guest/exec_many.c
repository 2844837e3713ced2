/* SPDX-License-Identifier: Apache-2.0 */
/* exec_many.c - a program that runs itself a thousand times leaves nothing behind. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TIMES 1000
#define EARLY 20 /* from here on caches are filled */

/* KiB. */
static long free_memory(void)
{
    char  line[128];
    long  kib = 0;
    FILE *f = fopen("/proc/meminfo", "r");
    while (fgets(line, sizeof(line), f))
        sscanf(line, "MemAvailable: %ld", &kib);
    fclose(f);
    return kib;
}

int main(int argc, char **argv)
{
    char  number[16], memory[16];
    int   n = argc > 1 ? atoi(argv[1]) : 0;
    long  early = argc > 2 ? atol(argv[2]) : 0;
    char *used = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    memset(used, 1, 65536);
    fcntl(open("/proc/self/exe", O_RDONLY), F_SETFD, FD_CLOEXEC);
    if (n == EARLY)
        early = free_memory();
    if (n == TIMES) {
        long lost = early - free_memory();
        printf("%d times\n", n);
        if (lost > 1024)
            printf("lost %ld KiB\n", lost);
        return 0;
    }
    snprintf(number, sizeof(number), "%d", n + 1);
    snprintf(memory, sizeof(memory), "%ld", early);
    execl("/proc/self/exe", "again", number, memory, NULL);
    perror("execl");
    return 1;
}
