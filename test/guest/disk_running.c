/* SPDX-License-Identifier: Apache-2.0 */
/* disk_running.c - the file of the running program, on a disk that can be written. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "show.h"

#define SELF "/bin/disk_running"

static int tried(const char *path, int flags)
{
    int fd = open(path, flags, 0755);
    return fd < 0 ? fd : close(fd);
}

int main(void)
{
    struct stat st;

    CLAIM("nobody writes the running program's file");
    stat(SELF, &st);
    SHOW_OK(tried(SELF, O_RDONLY));
    SHOW_OK(tried(SELF, O_WRONLY));
    SHOW_OK(tried(SELF, O_RDWR));
    SHOW_OK(tried(SELF, O_RDWR | O_CREAT));
    SHOW_OK(tried("/proc/self/exe", O_WRONLY));
    SHOW_OK(tried(SELF, O_PATH));
    SHOW_OK(truncate(SELF, st.st_size));
    SHOW_OK(tried(SELF, O_RDONLY | O_TRUNC));

    CLAIM("all else can be done to it");
    SHOW_OK(chmod(SELF, 0700));
    SHOW_OK(link(SELF, "/bin/again"));
    SHOW_OK(tried("/bin/again", O_WRONLY));
    SHOW_OK(rename("/bin/again", "/bin/other"));
    SHOW_OK(unlink(SELF));
    SHOW_OK(tried("/bin/other", O_WRONLY | O_APPEND));
    SHOW_OK(tried(SELF, O_WRONLY | O_CREAT | O_EXCL));

    CLAIM("what is open for writing cannot be run");
    int fd = open("/bin/script", O_RDWR | O_CREAT, 0755);
    SHOW(write(fd, "#!/bin/none\n", 12));
    SHOW(execl("/bin/script", "script", NULL));
    close(fd);
    SHOW(execl("/bin/script", "script", NULL));
    return 0;
}
