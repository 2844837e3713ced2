/* SPDX-License-Identifier: Apache-2.0 */
/* mem_remap_pages.c - remap_file_pages: other pages of a shared file in the place of the old ones. */
#include "abi.h"

#include <fcntl.h>

static long remap(void *at, size_t len, long prot, size_t index, long flags)
{
    return syscall(SYS_remap_file_pages, at, len, prot, index, flags);
}

int main(void)
{
    int   fd = open("/tmp/pages", O_CREAT | O_RDWR, 0600);
    char *file, *private, *alone;
    for (int i = 0; i < 8; i++) {
        char page[PAGE];
        memset(page, 'a' + i, PAGE);
        if (write(fd, page, PAGE) != PAGE)
            perror("write");
    }
    file = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    private = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    alone = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CLAIM("another page of the file is there afterwards");
    SHOW(remap(file, PAGE, 0, 7, 0));
    SHOW(remap(file + 2 * PAGE, 2 * PAGE + 5, 0, 0, MAP_NONBLOCK));
    for (int i = 0; i < 8; i++)
        printf("%c", file[i * PAGE]);
    printf("\n");
    CLAIM("it is the file's, and shared");
    file[2 * PAGE] = 'z';
    char c = 0;
    pread(fd, &c, 1, 0);
    printf("%c\n", c);
    CLAIM("several areas of one file count as one");
    SHOW(remap(file, 4 * PAGE, 0, 4, 0));
    for (int i = 0; i < 8; i++)
        printf("%c", file[i * PAGE]);
    printf("\n");
    CLAIM("what is not a shared mapping of a file is refused");
    SHOW(remap(private, PAGE, 0, 1, 0));
    SHOW(remap(alone, PAGE, 0, 1, 0));
    SHOW(remap(file, 9 * PAGE, 0, 0, 0));
    SHOW(remap(file, 1 << 30, 0, 0, 0));
    munmap(file + 6 * PAGE, PAGE);
    SHOW(remap(file + 5 * PAGE, 3 * PAGE, 0, 0, 0));
    SHOW(remap(file + 6 * PAGE, PAGE, 0, 0, 0));
    CLAIM("arguments are checked");
    SHOW(remap(file, PAGE, PROT_READ, 0, 0));
    SHOW(remap(file, 0, 0, 0, 0));
    SHOW(remap(file, PAGE - 1, 0, 0, 0));
    SHOW(remap(file + 1, PAGE, 0, 1, 0));
    SHOW(remap(file, -1, 0, 0, 0));
    SHOW(remap(file, PAGE, 0, -1, 0));
    SHOW(remap(file, PAGE, 0, 1l << 52, 0));
    printf("%c\n", file[0]);
    CLAIM("there are no watches of whole file systems");
    SHOW(syscall(SYS_fanotify_mark, 99, 1, 1, AT_FDCWD, "/"));
    return 0;
}
