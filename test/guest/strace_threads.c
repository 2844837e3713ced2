/* SPDX-License-Identifier: Apache-2.0 */
/* strace_threads.c - threads that wait for one another, for a trace of them (guest.mk): what each
 * does is the same each time. No pthread: how often that waits is not. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

static int ends[2], back[2];

/* A thread's whole life: it waits for a byte, and answers. */
static int child(void *name)
{
    char c;
    syscall(SYS_gettid);
    if (read(ends[0], &c, 1) == 1)
        syscall(SYS_write, back[1], name, strlen(name));
    syscall(SYS_exit, 3);
    return 0;
}

static void *stack(void)
{
    return (char *)mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) +
           65536;
}

int main(void)
{
    char     answer[16];
    uint32_t word = 1;

    if (pipe2(ends, O_CLOEXEC) || pipe2(back, O_CLOEXEC))
        return 1;
    for (int i = 0; i < 3; i++) {
        pid_t tid;
        if (clone(child, stack(), FLAGS | CLONE_PARENT_SETTID, i ? "child" : "a child", &tid) < 0)
            return 1;
        if (write(ends[1], "x", 1) != 1 || read(back[0], answer, sizeof(answer)) < 0)
            return 1;
    }
    syscall(SYS_clone, SIGCHLD | CLONE_THREAD, NULL, NULL, NULL, NULL);
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 0x7fffffff);
    syscall(SYS_futex, &word, FUTEX_WAIT, 2, NULL);
    syscall(SYS_tgkill, getpid(), 77777, SIGUSR1);
    return 5;
}
