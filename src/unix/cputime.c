/* SPDX-License-Identifier: Apache-2.0 */
/* cputime.c - see cputime.h. The account of each thread is the kernel's. */
#include "unix/cputime.h"

#include "unix/process.h"

void cputime_add(struct thread_cpu_time *sum, const struct thread *t)
{
    struct thread_cpu_time used;
    thread_cpu_time(t, &used);
    sum->user += used.user;
    sum->kernel += used.kernel;
}

struct thread_cpu_time cputime_process(void)
{
    struct uthread *ut;
    spinlock_acquire(&the_process.lock);
    struct thread_cpu_time sum = the_process.ended;
    LIST_FOREACH(ut, &the_process.threads, link)
        cputime_add(&sum, ut->thread);
    spinlock_release(&the_process.lock);
    return sum;
}

bool cputime_thread(uint32_t tid, struct thread_cpu_time *out)
{
    struct uthread *ut, *self = uthread_self();
    bool            found = false;
    *out = (struct thread_cpu_time){0, 0};
    spinlock_acquire(&the_process.lock);
    LIST_FOREACH(ut, &the_process.threads, link) {
        if (tid ? ut->tid == tid : ut == self) {
            cputime_add(out, ut->thread);
            found = true;
        }
    }
    spinlock_release(&the_process.lock);
    return found;
}
