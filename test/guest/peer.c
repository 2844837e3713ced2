/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -pthread -Wno-nonnull */
/* peer.c - calls on a process by number or descriptor, which is the own one: its memory, signals to it,
 * its descriptors, kcmp; and what unshare says. */
#include "abi_stream.h"

#include <fcntl.h>
#include <linux/kcmp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/uio.h>

static char from[20000], to[20000];

static void memory(void)
{
    CLAIM("process_vm_readv and process_vm_writev");
    pid_t        me = getpid();
    struct iovec l[2] = {{to, 10}, {to + 100, 9000}}, r[2] = {{from, 5000}, {from + 8000, 6000}};
    struct iovec bad[2] = {{from, 10}, {pointer(NO_ACCESS), 10}}, wrong = {from, -1};
    for (size_t i = 0; i < sizeof(from); i++)
        from[i] = (char)(i * 3);
    SHOW(syscall(SYS_process_vm_readv, me, l, 2L, r, 2L, 0L));
    SHOW(memcmp(to, from, 10) || memcmp(to + 100, from + 10, 4990));
    SHOW(memcmp(to + 100 + 4990, from + 8000, 4010));
    SHOW(syscall(SYS_process_vm_writev, me, r, 2L, l, 1L, 0L));
    SHOW(syscall(SYS_process_vm_readv, me, l, 2L, r, 2L, 1L));
    SHOW(syscall(SYS_process_vm_readv, 999999, l, 2L, r, 2L, 0L));
    SHOW(syscall(SYS_process_vm_readv, -1, l, 2L, r, 2L, 0L));
    SHOW(syscall(SYS_process_vm_readv, 0, l, 2L, r, 2L, 0L));
    SHOW(syscall(SYS_process_vm_readv, 999999, l, 0L, r, 2L, 0L));
    SHOW(syscall(SYS_process_vm_readv, 999999, l, 1L, r, 0L, 0L));
    SHOW(syscall(SYS_process_vm_readv, me, l, 2000L, r, 2L, 0L));
    SHOW(syscall(SYS_process_vm_readv, me, l, 2L, r, 2000L, 0L));
    SHOW(syscall(SYS_process_vm_readv, me, &wrong, 1L, r, 2L, 0L));
    SHOW(syscall(SYS_process_vm_readv, me, l, 2L, &wrong, 1L, 0L));
    SHOW(syscall(SYS_process_vm_readv, me, l, 2L, bad, 2L, 0L));
    SHOW(syscall(SYS_process_vm_readv, me, l, 2L, bad + 1, 1L, 0L));
    SHOW(syscall(SYS_process_vm_readv, me, bad + 1, 1L, r, 1L, 0L));
    SHOW(
        syscall(SYS_process_vm_writev, me, l, 1L, &(struct iovec){pointer(READ_ONLY), 10}, 1L, 0L));
    SHOW_POINTERS(syscall(SYS_process_vm_readv, me, p, 1L, r, 1L, 0L));
    SHOW_POINTERS(syscall(SYS_process_vm_readv, me, l, 1L, p, 1L, 0L));
}

static void *nothing(void *arg)
{
    return arg;
}

static void descriptors(void)
{
    CLAIM("pidfd_open, pidfd_getfd and pidfd_send_signal");
    siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
    char      c;
    int       null = open("/dev/null", O_RDWR);
    SHOW(syscall(SYS_pidfd_open, 0, 0));
    SHOW(syscall(SYS_pidfd_open, -1, 0));
    SHOW(syscall(SYS_pidfd_open, 999999, 0));
    SHOW(syscall(SYS_pidfd_open, 999999, 1));
    int fd = (int)syscall(SYS_pidfd_open, getpid(), O_NONBLOCK);
    SHOW(fcntl(fd, F_GETFD));
    SHOW(fcntl(fd, F_GETFL));
    SHOW(ready(fd));
    SHOW(read(fd, &c, 1));
    SHOW(write(fd, &c, 1));
    SHOW(lseek(fd, 0, SEEK_CUR));
    signal(SIGUSR1, count_signal);
    SHOW(syscall(SYS_pidfd_send_signal, fd, SIGUSR1, NULL, 0));
    SHOW(signals);
    SHOW(syscall(SYS_pidfd_send_signal, fd, SIGUSR1, &info, 0));
    SHOW(signals);
    SHOW(syscall(SYS_pidfd_send_signal, fd, SIGUSR1, NULL, 1));
    SHOW(signals);
    SHOW(syscall(SYS_pidfd_send_signal, fd, SIGUSR2, &info, 0));
    SHOW(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
    SHOW(syscall(SYS_pidfd_send_signal, fd, 65, NULL, 0));
    SHOW(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 3));
    SHOW(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 8));
    SHOW(syscall(SYS_pidfd_send_signal, null, 0, NULL, 0));
    SHOW(syscall(SYS_pidfd_send_signal, -1, 0, NULL, 0));
    SHOW_POINTERS(syscall(SYS_pidfd_send_signal, fd, 0, p, 0));
    int copy = (int)syscall(SYS_pidfd_getfd, fd, null, 0);
    SHOW(fcntl(copy, F_GETFD));
    SHOW(write(copy, "x", 1));
    SHOW(syscall(SYS_pidfd_getfd, fd, null, 1));
    SHOW(syscall(SYS_pidfd_getfd, fd, -1, 0));
    SHOW(syscall(SYS_pidfd_getfd, null, null, 0));
    SHOW(syscall(SYS_pidfd_getfd, -1, null, 0));
    pid_t me = getpid();
    SHOW(syscall(SYS_kcmp, me, me, KCMP_FILE, null, copy));
    SHOW(syscall(SYS_kcmp, me, me, KCMP_FILE, null, fd) > 0);
    SHOW(syscall(SYS_kcmp, me, me, KCMP_FILE, null, 99));
    SHOW(syscall(SYS_kcmp, me, me, KCMP_VM, 0, 0));
    SHOW(syscall(SYS_kcmp, me, me, KCMP_FILES, 0, 0));
    SHOW(syscall(SYS_kcmp, me, me, KCMP_SIGHAND, 0, 0));
    SHOW(syscall(SYS_kcmp, me, me, KCMP_SYSVSEM, 0, 0));
    SHOW(syscall(SYS_kcmp, me, me, 99, 0, 0));
    SHOW(syscall(SYS_kcmp, me, 999999, 99, 0, 0));
    SHOW(syscall(SYS_kcmp, me, 0, KCMP_VM, 0, 0));
}

static void advice(void)
{
    CLAIM("process_madvise");
    int   fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    char *m = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct iovec v[3] = {{m, 2 * PAGE}, {m + 3 * PAGE, PAGE}, {m + 1, PAGE}};
    SHOW(syscall(SYS_process_madvise, fd, v, 2L, MADV_COLD, 0));
    SHOW(syscall(SYS_process_madvise, fd, v, 3L, MADV_COLD, 0));
    SHOW(syscall(SYS_process_madvise, fd, v + 2, 1L, MADV_COLD, 0));
    SHOW(syscall(SYS_process_madvise, fd, v, 2L, 999, 0));
    SHOW(syscall(SYS_process_madvise, fd, v, 2L, MADV_COLD, 1));
    SHOW(syscall(SYS_process_madvise, fd, v, 0L, MADV_COLD, 0));
    SHOW(syscall(SYS_process_madvise, fd, v, 2000L, MADV_COLD, 0));
    SHOW(syscall(SYS_process_madvise, -1, v, 2L, MADV_COLD, 0));
    SHOW(syscall(SYS_process_madvise, 1, v, 2L, MADV_COLD, 0));
    SHOW_POINTERS(syscall(SYS_process_madvise, fd, p, 1L, MADV_COLD, 0));
    SHOW(syscall(SYS_process_mrelease, fd, 0));
    SHOW(syscall(SYS_process_mrelease, fd, 1));
    SHOW(syscall(SYS_process_mrelease, 1, 0));
    SHOW(syscall(SYS_process_mrelease, -1, 0));
}

struct caps {
    unsigned effective, permitted, inheritable;
};

static unsigned header[2] = {0x20080522, 0};

static void show_caps(void)
{
    struct caps c[2];
    syscall(SYS_capget, header, c);
    printf("effective %x %x permitted %x %x inheritable %x %x\n", c[0].effective, c[1].effective,
           c[0].permitted, c[1].permitted, c[0].inheritable, c[1].inheritable);
}

static long set_caps(unsigned effective, unsigned permitted, unsigned inheritable)
{
    struct caps c[2] = {{effective, permitted, inheritable}, {0, 0, 0}};
    return syscall(SYS_capset, header, c);
}

static void capabilities(void)
{
    CLAIM("capset");
    struct caps c[2] = {{0}};
    unsigned    other[2] = {0x20080522, 999999}, old[2] = {7, 0};
    show_caps();
    SHOW(syscall(SYS_capset, other, c));
    SHOW(syscall(SYS_capset, old, c));
    SHOW(old[0] == 0x20080522);
    SHOW_POINTERS(syscall(SYS_capset, p == pointer(READ_ONLY) ? NULL : p, c));
    SHOW_POINTERS(syscall(SYS_capset, header, p == pointer(READ_ONLY) ? NULL : p));
    SHOW(set_caps(0xff, 0xfffff, 0xf));
    show_caps();
    SHOW(set_caps(0xff, 0x1fffff, 0));
    SHOW(set_caps(0x1fffff, 0xfffff, 0));
    SHOW(set_caps(0, 0xfffff, 0x100000));
    SHOW(syscall(SYS_setresuid, 1000, 1000, 0));
    show_caps();
    SHOW(set_caps(0x80, 0xfffff, 0));
    show_caps();
    SHOW(syscall(SYS_setresuid, 1000, 0, 0));
    show_caps();
    SHOW(syscall(SYS_setresuid, 1000, 1000, 1000));
    show_caps();
    SHOW(set_caps(0, 1, 0));
}

static void parting(void)
{
    CLAIM("unshare");
    pthread_t t;
    SHOW(syscall(SYS_unshare, 0L));
    SHOW(syscall(SYS_unshare, 1L));
    SHOW(syscall(SYS_unshare, (long)CLONE_FS));
    SHOW(syscall(SYS_unshare, (long)(CLONE_FILES | CLONE_SYSVSEM)));
    SHOW(syscall(SYS_unshare, (long)CLONE_SIGHAND));
    pthread_create(&t, NULL, nothing, NULL);
    pthread_join(t, NULL);
}

int main(void)
{
    buffer_output();
    memory();
    descriptors();
    parting();
    advice();
    capabilities();
    return 0;
}
