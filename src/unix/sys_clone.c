/* SPDX-License-Identifier: Apache-2.0 */
/* sys_clone.c - clone and clone3: threads. There is one process: what would start another is
 * -ENOSYS, told once. */
#include "kernel/log.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "unix/process.h"
#include "unix/syscall.h"

/* What makes a thread of a clone. */
#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
/* What may come with it. A semaphore undo list has no meaning without semaphores; DETACHED none
 * for long. */
#define OTHER_FLAGS                                                                               \
    (CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED | \
     CLONE_CHILD_SETTID)

static int64_t refuse_process(void)
{
    static atomic_uint told;
    if (!atomic_exchange(&told, 1))
        log_warn("the program wants to start another process: there is only one");
    return -ENOSYS;
}

static int64_t clone(const struct abi_clone_args *c)
{
    uint64_t flags = c->flags;
    /* Linux's own rules come first. */
    if ((flags & CLONE_THREAD && !(flags & CLONE_SIGHAND)) ||
        (flags & CLONE_SIGHAND && !(flags & CLONE_VM)))
        return -EINVAL;
    if (!(flags & CLONE_THREAD))
        return refuse_process();
    if ((flags & THREAD_FLAGS) != THREAD_FLAGS || flags & ~(THREAD_FLAGS | OTHER_FLAGS))
        return -EINVAL;
    struct thread_request req = {
        .sp = c->stack + c->stack_size,
        .set_tls = flags & CLONE_SETTLS,
        .tls = c->tls,
        .clear_child_tid = flags & CLONE_CHILD_CLEARTID ? c->child_tid : 0,
        .parent_tid = flags & CLONE_PARENT_SETTID ? c->parent_tid : 0,
        .child_tid = flags & CLONE_CHILD_SETTID ? c->child_tid : 0,
    };
    return process_clone_thread(&req);
}

/* riscv64: clone(flags, stack, parent_tid, tls, child_tid); stack is its upper end. */
int64_t sys_clone(const uint64_t *a)
{
    struct abi_clone_args c = {
        .flags = (uint32_t)a[0] & ~CSIGNAL, /* the signal at a thread's end is none */
        .stack = a[1],
        .parent_tid = a[2],
        .tls = a[3],
        .child_tid = a[4],
    };
    return clone(&c);
}

/* What a newer program appends has to be zero, else it asks for something unknown. */
static int read_clone_args(vaddr_t va, size_t size, struct abi_clone_args *c)
{
    if (size < CLONE_ARGS_SIZE_VER0)
        return -EINVAL;
    if (size > PAGE_SIZE)
        return -E2BIG;
    if (uaccess_read(c, va, size_min(size, sizeof(*c))))
        return -EFAULT;
    for (size_t i = sizeof(*c); i < size; i++) {
        uint8_t byte;
        if (uaccess_read(&byte, va + i, 1))
            return -EFAULT;
        if (byte)
            return -E2BIG;
    }
    return 0;
}

int64_t sys_clone3(const uint64_t *a)
{
    struct abi_clone_args c = {.flags = 0};
    int                   err = read_clone_args(a[0], a[1], &c);
    if (err)
        return err;
    if (c.flags & (CLONE_DETACHED | CSIGNAL) || c.exit_signal & ~CSIGNAL)
        return -EINVAL;
    if (!c.stack != !c.stack_size)
        return -EINVAL;
    if (c.flags & CLONE_THREAD && c.exit_signal)
        return -EINVAL;
    if (c.set_tid || c.set_tid_size) /* choosing numbers is for restoring processes */
        return -EINVAL;
    return clone(&c);
}
