/* SPDX-License-Identifier: Apache-2.0 */
/* compartment_instructions_random.c - a program that gives up, offers and takes back rights on its
 * memory at random, between mappings, unmappings and changes of protection of the same pages, does
 * not upset the kernel. Whatever is refused is a signal, and the program goes on behind it.
 *
 * Linux knows none of the instructions, so the output is not recorded there.
 */
/* flags: -Iuser/include -D_GNU_SOURCE */
#include <cella/cells.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <ucontext.h>

#define PAGE  4096ul
#define PAGES 64ul
#define STEPS 5000

static uint64_t state = 88172645463325252;

static uint64_t random_below(uint64_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 3) % n;
}

/* Go on behind the instruction that was refused. */
static void skip(int sig, siginfo_t *info, void *context)
{
    ucontext_t     *uc = context;
    unsigned long  *pc = &uc->uc_mcontext.__gregs[0];
    const uint16_t *insn = (const uint16_t *)*pc;

    (void)sig;
    (void)info;
    *pc += (*insn & 3) == 3 ? 4 : 2;
}

static void step(char *base)
{
    uint64_t first = random_below(PAGES);
    char    *p = base + PAGE * first;
    size_t   len = PAGE * (1 + random_below(PAGES - first));
    int      prot = (int)random_below(8);

    switch (random_below(13)) {
    case 0:
        cells_prot(p, random_below(8) << 1);
        break;
    case 1:
        cells_grant(p, 1, CELLS_R);
        break;
    case 2:
        cells_grant(p, 1, CELLS_R | CELLS_W | CELLS_X);
        break;
    case 3:
        cells_tfer(p, 1, CELLS_R | CELLS_W);
        break;
    case 4:
        cells_recv(p, 1, CELLS_R);
        break;
    case 5:
        cells_recv(p, 1, CELLS_W);
        break;
    case 6:
        (void)cells_excl(p, CELLS_R);
        break;
    case 7:
        mprotect(p, len, prot);
        break;
    case 8:
        munmap(p, len);
        break;
    case 9:
        mmap(p, len, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        break;
    case 10:
        madvise(p, len, MADV_DONTNEED);
        break;
    case 11:
        *(volatile char *)p = 1;
        break;
    default:
        (void)*(volatile char *)p;
    }
}

int main(void)
{
    struct sigaction act = {.sa_sigaction = skip, .sa_flags = SA_SIGINFO};
    char *base = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                      0);

    sigaction(SIGILL, &act, NULL);
    sigaction(SIGSEGV, &act, NULL);
    for (unsigned k = 0; k < STEPS; k++)
        step(base);
    puts("the kernel is still there");
    return 0;
}
