/* SPDX-License-Identifier: Apache-2.0 */
/* process.h - the one program: what its threads share, and what each thread has of its own.
 *
 * There is exactly one process, so its state is one static object. It is process 1, as the first
 * program of a container is, and its parent is 0. Its user and group are 0: the machine is the
 * border that protects.
 */
#ifndef UNIX_PROCESS_H
#define UNIX_PROCESS_H

#include <stdatomic.h>

#include "fs/vfs.h"
#include "kernel/thread.h"
#include "kernel/vmspace.h"
#include "unix/abi.h"
#include "unix/exec_stack.h"
#include "unix/fdtable.h"
#include "unix/sigqueue.h"

#define PROCESS_PID  1
#define PROCESS_PPID 0

#define STACK_SIZE ((size_t)8 << 20) /* bytes; RLIMIT_STACK's soft limit as well */

struct process {
    struct vmspace *vmspace;
    struct fdtable  fds;
    struct inode   *exe;             /* the program's file: holds a reference */
    char     exe_path[VFS_PATH_MAX]; /* where it was when it began, for debuggers; empty: unknown */
    uint64_t start_ns;               /* time_ns() at its start */

    struct exec_places places;

    struct spinlock lock; /* LOCK_PROCESS */
    /* lock protects: */
    struct inode          *cwd; /* holds a reference */
    unsigned               umask;
    struct abi_rlimit      limits[RLIM_NLIMITS];
    struct abi_sigaction   actions[NSIG + 1]; /* by signal number; 0 is not used */
    struct sigqueue        pending;           /* signals for any thread */
    struct thread_cpu_time ended;             /* what threads that are gone have used */
    LIST_HEAD(, uthread) threads;             /* youngest first */
    uint32_t next_tid;
    /* Read without the lock: */
    struct uthread *_Atomic sole;   /* all others are to end now; NULL: all may go on */
    atomic_bool             ending; /* by one thread; the others leave */
};

extern struct process the_process;

/* How an interrupted call goes on that cannot simply start anew, having used up some of its time. */
struct restart {
    int64_t (*go_on)(const struct restart *r); /* NULL: there is nothing to go on with */
    uint64_t deadline;                         /* ticks */
    uint64_t arg[4];                           /* of the call's own */
};

/* What a thread said of its scheduling (sys_sched.c): kept for those who ask. */
struct uthread_sched {
    uint8_t  policy; /* SCHED_* */
    uint8_t  priority;
    bool     reset_on_fork; /* threads that it makes do not have it */
    uint16_t ioprio;
};

/* What the Linux layer knows of a thread: thread->owner. */
struct uthread {
    struct thread *thread;
    uint32_t       tid;
    vaddr_t        clear_child_tid; /* zeroed and woken at the thread's end; 0: nothing */
    vaddr_t        robust_list;

    uint64_t           sigmask;      /* blocked signals; only the thread itself changes it */
    uint64_t           saved_mask;   /* what sigmask is to be again, if restore_mask */
    bool               restore_mask; /* a call replaced the mask while it waited */
    struct abi_stack_t altstack;
    uint64_t           timerslack; /* nanoseconds; 0: the default */

    struct restart restart;

    struct strace_record *strace; /* strace.c's; NULL: none */

    /* protected by the_process.lock: */
    struct sigqueue      pending;     /* signals for this thread */
    uint64_t             waiting_for; /* taken by sigtimedwait as they come, although blocked */
    struct uthread_sched sched;
    LIST_ENTRY(uthread) link; /* the_process.threads */
};

static inline struct uthread *uthread_self(void)
{
    return thread_self()->owner;
}

/* The thread tid, 0 meaning the caller; NULL: there is none. the_process.lock is held. */
struct uthread *process_find(int tid);

/* Whether there is a thread tid, 0 meaning the caller. */
bool thread_exists(int tid);

/* The niceness, which all threads share: -20 to 19. -EACCES: not root, and lower than it was. */
int process_nice(void);
int process_set_nice(int nice);

/* RLIMIT_CPU is another one: tell the program, or end it, when so much time is used. -ENOMEM. */
int itimer_cpu_limit(void);

/* Set the process up: limits, console on descriptors 0 to 2, the working directory cwd, whose
 * reference it takes over. -ENOMEM; or what opening /dev/console says. */
int process_init(struct vmspace *vs, struct inode *cwd);

/* Make the first thread, ready to run from pc with sp. -ENOMEM. */
int process_start(const char *name, vaddr_t pc, vaddr_t sp);

/* A thread as the program's clone asked for it: a copy of the current one but for these. */
struct thread_request {
    vaddr_t  sp; /* 0: the same */
    bool     set_tls;
    uint64_t tls;
    vaddr_t  clear_child_tid; /* 0: nothing */
    vaddr_t  parent_tid; /* where the new thread's number is stored before it runs; 0: nowhere */
    vaddr_t  child_tid;  /* the same */
};

/* Start it. Its number; -ENOMEM, -EAGAIN. */
int process_clone_thread(const struct thread_request *req);

/* The working directory, with a reference. */
struct inode *process_cwd(void);
void          process_set_cwd(struct inode *dir); /* takes the reference over */

/* End all other threads, and wait until they are gone. The caller is the first thread then, by number,
 * too. -EAGAIN: another one does that, and the caller ends on its way to user mode. */
int process_end_others(void);

/* The program in this file begins. Takes the reference over. The file of the program before, or NULL. */
struct inode *process_set_exe(struct inode *file);

/* The last part of a path: what a thread is called that runs what is there. */
const char *process_name_of(const char *path);

/* End the current thread; with the last one the process ends with status. */
_Noreturn void process_exit_thread(int status);

/* At its end the program's use of memory is logged (memstats.h). Set at boot. */
extern bool process_tells_memory;

/* End the program and the machine with status & 0xff. The other threads leave the kernel no more: what they
 * have begun is over before the file systems are. */
_Noreturn void process_exit(int status);

/* The same because of signal sig. */
_Noreturn void process_killed(int sig);

/* The current thread ends because another one ends the process. No lock is held. */
_Noreturn void process_leave(void);

extern const struct thread_ops process_thread_ops;

#endif
