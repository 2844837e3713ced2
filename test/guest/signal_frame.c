/* SPDX-License-Identifier: Apache-2.0 */
/* signal_frame.c - what a handler may do to its frame, and what a frame may not say: returns from frames that were
 * changed, moved and made up; a stack that comes and goes while frames are pushed onto it. */
/* cpus: 4 */
/* flags: -pthread */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "show.h"

/* What lies behind the registers of D: fcsr where Q has it, a reserved word, the header of what follows. */
#define FP_ROOM 528u

enum word { Q_FCSR = FP_ROOM / 4 - 4, RESERVED, MAGIC, SIZE };

static sigjmp_buf         back;
static volatile int       changed_word, returned;
static volatile uintptr_t kept;

static uint32_t *fp_words(ucontext_t *uc)
{
    return (uint32_t *)&uc->uc_mcontext.__fpregs;
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    printf("signal %d, code %d, address %p\n", sig, info->si_code, info->si_addr);
    if (kept)
        printf("s2 is what the frame said: %d; SIGUSR2 is blocked: %d\n",
               uc->uc_mcontext.__gregs[18] == kept, sigismember(&uc->uc_sigmask, SIGUSR2));
    siglongjmp(back, 1);
}

static void handle(int sig, void *handler, int flags)
{
    struct sigaction act = {.sa_flags = flags | SA_SIGINFO};
    act.sa_sigaction = handler;
    sigaction(sig, &act, NULL);
}

/* --- what follows the registers --------------------------------------------------------------- */

static void changes_word(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    (void)sig;
    (void)info;
    kept = uc->uc_mcontext.__gregs[18] = 0x1234567;
    sigaddset(&uc->uc_sigmask, SIGUSR2);
    fp_words(uc)[changed_word] = 1;
}

static void change(const char *what, int word)
{
    changed_word = word;
    printf("%s\n", what);
    if (!sigsetjmp(back, 1)) {
        /* s2 is the frame's to change. */
        register long a0 __asm__("a0") = getpid(), a1 __asm__("a1") = gettid();
        register long a2 __asm__("a2") = SIGUSR1, a7 __asm__("a7") = SYS_tgkill;
        __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "s2", "memory");
        puts("it returns");
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* --- frames elsewhere ------------------------------------------------------------------------- */

static _Alignas(16) char room[8192];
static volatile size_t frame_offset;

/* Go on from the frame's copy at sp. */
static void return_from(uintptr_t sp)
{
    register long a7 __asm__("a7") = SYS_rt_sigreturn;
    __asm__ volatile("mv sp, %[sp]\n ecall\n ebreak" : : [sp] "r"(sp), "r"(a7) : "memory");
    __builtin_unreachable();
}

static void moves_frame(int sig, siginfo_t *info, void *context)
{
    size_t len = sizeof(*info) + sizeof(ucontext_t);
    (void)sig;
    (void)context;
    returned++;
    memcpy(room + frame_offset, info, len);
    return_from((uintptr_t)room + frame_offset);
}

/* A frame whose last page is not there. */
static void cuts_frame(int sig, siginfo_t *info, void *context)
{
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    (void)sig;
    (void)context;
    munmap(pages + 4096, 4096);
    memcpy(pages + 4096 - 512, info, 512);
    return_from((uintptr_t)pages + 4096 - 512);
}

static void blocks_all(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    (void)sig;
    (void)info;
    sigfillset(&uc->uc_sigmask);
}

/* --- a stack that comes and goes --------------------------------------------------------------- */

#define ROUNDS 400

static atomic_uint  faults;
static atomic_bool  done;
static _Atomic(int) victim;
static char        *stack;

static void writable_again(int sig, siginfo_t *info, void *context)
{
    (void)sig;
    (void)info;
    (void)context;
    atomic_fetch_add(&faults, 1);
    sched_yield();
}

static void uses_stack(int sig, siginfo_t *info, void *context)
{
    volatile char bytes[64];
    (void)sig;
    (void)info;
    (void)context;
    bytes[0] = 1;
    (void)bytes[0];
}

static void *is_sent_signals(void *arg)
{
    stack_t alt = {.ss_sp = malloc(1 << 16), .ss_size = 1 << 16};
    sigaltstack(&alt, NULL);
    atomic_store(&victim, gettid());
    while (!atomic_load(&done))
        ;
    return arg;
}

static void comes_and_goes(void)
{
    pthread_attr_t attr;
    pthread_t      t;
    size_t         size = 1 << 16;
    stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct sigaction act = {.sa_flags = SA_SIGINFO | SA_ONSTACK, .sa_sigaction = writable_again};
    sigaddset(&act.sa_mask, SIGUSR1);
    sigaction(SIGSEGV, &act, NULL);
    handle(SIGUSR1, uses_stack, 0);
    pthread_attr_init(&attr);
    pthread_attr_setstack(&attr, stack, size);
    pthread_create(&t, &attr, is_sent_signals, NULL);
    while (!atomic_load(&victim))
        sched_yield();
    for (int i = 0; i < ROUNDS; i++) {
        mprotect(stack, size, i % 2 ? PROT_NONE : PROT_READ);
        tgkill(getpid(), atomic_load(&victim), SIGUSR1);
        if (i % 8 == 0)
            while (!atomic_load(&faults))
                sched_yield();
        mprotect(stack, size, PROT_READ | PROT_WRITE);
    }
    atomic_store(&done, true);
    pthread_join(t, NULL);
    puts(atomic_load(&faults) ? "the thread goes on" : "no frame met the stack as it was away");
}

/* --- an alternate stack that is too small ------------------------------------------------------- */

static void nests(int sig, siginfo_t *info, void *context)
{
    static int depth;
    (void)info;
    (void)context;
    if (++depth > 4)
        _exit(1);
    raise(sig);
}

int main(void)
{
    stack_t  alt = {.ss_sp = malloc(1 << 16), .ss_size = 1 << 16};
    sigset_t set;

    setvbuf(stdout, NULL, _IONBF, 0);
    sigaltstack(&alt, NULL);
    handle(SIGSEGV, on_fault, SA_ONSTACK);

    CLAIM("a frame that says that more follows than is known is no frame");
    handle(SIGUSR1, changes_word, 0);
    change("the fcsr of an extension that is not there", Q_FCSR);
    change("a reserved word", RESERVED);
    change("the magic number of something unknown", MAGIC);
    change("an end that has a size", SIZE);

    CLAIM("a frame may lie anywhere");
    handle(SIGUSR1, moves_frame, 0);
    for (frame_offset = 0; frame_offset < 9; frame_offset++)
        raise(SIGUSR1);
    printf("returned from %d frames\n", returned);

    CLAIM("a frame that is not there as a whole is no frame");
    handle(SIGUSR1, cuts_frame, 0);
    kept = 0;
    if (!sigsetjmp(back, 1))
        raise(SIGUSR1);

    CLAIM("a frame cannot block SIGKILL and SIGSTOP");
    handle(SIGUSR1, blocks_all, 0);
    raise(SIGUSR1);
    sigprocmask(SIG_SETMASK, NULL, &set);
    printf("SIGKILL %d, SIGSTOP %d, SIGTERM %d\n", sigismember(&set, SIGKILL),
           sigismember(&set, SIGSTOP), sigismember(&set, SIGTERM));
    sigemptyset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);

    CLAIM("a stack comes and goes while another thread's frames are pushed onto it");
    comes_and_goes();

    CLAIM("handlers that nest until the alternate stack is full end the program");
    alt.ss_size = 4096;
    sigaltstack(&alt, NULL);
    handle(SIGSEGV, nests, SA_ONSTACK | SA_NODEFER);
    handle(SIGUSR1, nests, SA_ONSTACK | SA_NODEFER);
    raise(SIGUSR1);
    puts("it goes on");
    return 0;
}
