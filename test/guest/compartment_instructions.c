/* SPDX-License-Identifier: Apache-2.0 */
/* compartment_instructions.c - what the SecureCells instructions do for a program that has one
 * compartment: inval and reval are the kernel's and give SIGILL, as do operands that are not
 * allowed; addresses without memory give SIGSEGV; memory that is not loaded yet is loaded; grants
 * do not outlive the mapping. Where the machine has no compartments, each gives SIGILL.
 *
 * Linux knows none of this, so the output is not recorded there.
 */
/* flags: -Iuser/include */
#include <cella/cells.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "claim.h"

#define PAGE 4096

static sigjmp_buf            recover;
static volatile sig_atomic_t got_signal, got_code;
static volatile uintptr_t    got_addr;
static volatile uint64_t     value; /* what the last attempt returned */
static volatile char        *page;
static int                   with_compartments;

static void on_signal(int sig, siginfo_t *info, void *context)
{
    (void)context;
    got_signal = sig;
    got_code = info->si_code;
    got_addr = (uintptr_t)info->si_addr;
    siglongjmp(recover, 1);
}

/* In words: what became of it. */
static const char *attempt(void (*fn)(void))
{
    got_signal = 0;
    if (!sigsetjmp(recover, 1)) {
        fn();
        return "done";
    }
    if (got_signal == SIGILL)
        return got_code == ILL_ILLOPC ? "SIGILL" : "SIGILL, other code";
    if (got_signal == SIGSEGV)
        return got_code == SEGV_MAPERR ? "SIGSEGV MAPERR" : "SIGSEGV ACCERR";
    return "another signal";
}

static void expect(const char *what, void (*fn)(void), const char *want)
{
    const char *got = attempt(fn);

    if (!with_compartments)
        want = "SIGILL";
    if (strcmp(got, want))
        printf("%s: %s, not %s (address %#lx)\n", what, got, want, (unsigned long)got_addr);
    else
        printf("%s: as it should be\n", what);
}

static void expect_value(const char *what, uint64_t want)
{
    if (with_compartments && value != want)
        printf("%s: %#lx, not %#lx\n", what, (unsigned long)value, (unsigned long)want);
}

static volatile char *fresh_page(void)
{
    void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

/* ---- attempts ---------------------------------------------------------------------------- */

static void read_usid(void)
{
    value = cells_usid();
}
static void write_usid(void)
{
    __asm__ volatile("csrw 0x082, %0" : : "r"(2ul) : "memory");
}
static void read_uxid(void)
{
    __asm__ volatile("csrr %0, 0x084" : "=r"(value));
}
static void write_scmed(void)
{
    __asm__ volatile("csrw 0x5c0, x0" : : : "memory");
}
static void inval(void)
{
    cells_inval(page);
}
static void reval(void)
{
    cells_reval(page, CELLS_R | CELLS_W | CELLS_X);
}
static void prot_read(void)
{
    cells_prot(page, CELLS_R);
}
static void prot_execute(void)
{
    cells_prot(page, CELLS_R | CELLS_X);
}
static void prot_bad_bit(void)
{
    cells_prot(page, 1);
}
static void prot_nowhere(void)
{
    cells_prot((void *)16, CELLS_R);
}
static void prot_kernel(void)
{
    cells_prot((void *)0xffffffff80000000ul, CELLS_R);
}
static void excl(void)
{
    value = (uint64_t)cells_excl(page, CELLS_R);
}
static void grant_kernel(void)
{
    cells_grant(page, 0, CELLS_R);
}
static void grant_nobody(void)
{
    cells_grant(page, 1000000, CELLS_R);
}
static void grant_self(void)
{
    cells_grant(page, 1, CELLS_R | CELLS_W);
}
static void recv_self(void)
{
    cells_recv(page, 1, CELLS_R);
}
static void tfer_self(void)
{
    cells_tfer(page, 1, CELLS_R | CELLS_W);
}
/* A gate, on a page of its own that nothing else touches. */
__asm__(".section .text.gate, \"ax\"\n"
        "    .balign 4096\n"
        "gate:\n"
        "    .insn i 0x0b, 1, x0, x0, 0\n"
        "    csrr  t0, 0x083\n"
        "    addi  a0, a0, 1\n"
        "    .insn r 0x0b, 0, 0x00, x0, ra, t0\n"
        "    .balign 4096\n"
        ".text\n");
extern const char gate[];

static void call_self(void)
{
    value = cells_call(gate, 1, 41);
}
static void call_kernel(void)
{
    value = cells_call(gate, 0, 41);
}
static void call_beside_the_entry(void)
{
    value = cells_call(gate + 8, 1, 41);
}
static void entry_alone(void)
{
    __asm__ volatile(".insn i 0x0b, 1, x0, x0, 0");
}

/* ---- the course -------------------------------------------------------------------------- */

static void reserved(void)
{
    CLAIM("inval and reval are the kernel's");
    expect("read usid", read_usid, "done");
    expect_value("usid", 1);
    expect("write usid", write_usid, "SIGILL");
    expect("read uxid", read_uxid, "SIGILL");
    expect("write the mediation register", write_scmed, "SIGILL");
    page = fresh_page();
    *page = 1;
    expect("inval", inval, "SIGILL");
    expect("reval", reval, "SIGILL");
    printf("the page is still there: %d\n", *page);
}

static void rights(void)
{
    CLAIM("prot lets a program give up rights");
    page = fresh_page();
    expect("prot of a page never touched", prot_read, "done");
    expect("prot to more than one has", prot_execute, "SIGILL");
    expect("prot with another bit", prot_bad_bit, "SIGILL");
    expect("prot of nothing", prot_nowhere, "SIGSEGV MAPERR");
    expect("prot of the kernel", prot_kernel, "SIGSEGV ACCERR");
    page = fresh_page();
    expect("excl", excl, "done");
    expect_value("alone", 1);
}

static void grants(void)
{
    CLAIM("rights are offered and taken");
    page = fresh_page();
    *page = 1;
    expect("grant to the kernel", grant_kernel, "SIGILL");
    expect("grant to nobody", grant_nobody, "SIGILL");
    expect("recv without a grant", recv_self, "SIGILL");
    expect("grant to oneself", grant_self, "done");
    expect("excl with a grant", excl, "done");
    expect_value("not alone", 0);
    expect("recv of a part", recv_self, "done");
    expect("recv of what is gone", recv_self, "SIGILL");

    expect("grant again", grant_self, "done");
    munmap((void *)page, PAGE);
    mmap((void *)page, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
         0);
    *page = 2;
    expect("recv after a new mapping", recv_self, "SIGILL");
    expect("tfer", tfer_self, "done");
    expect("recv of what was transferred", recv_self, "done");
    printf("the page can be read: %d\n", *page);
    munmap((void *)page, PAGE);
    expect("excl of what is gone", excl, "SIGSEGV MAPERR");
}

static void switches(void)
{
    CLAIM("there is nobody to switch to");
    expect("entry", entry_alone, "done");
    expect("switch to oneself", call_self, "done");
    expect_value("the gate", 42);
    expect("switch to the kernel", call_kernel, "SIGILL");
    expect("switch beside the entry", call_beside_the_entry, "SIGSEGV ACCERR");
}

int main(void)
{
    struct sigaction act = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};

    sigaction(SIGSEGV, &act, NULL);
    sigaction(SIGILL, &act, NULL);
    with_compartments = strcmp(attempt(read_usid), "SIGILL") != 0;
    reserved();
    rights();
    grants();
    switches();
    return 0;
}
