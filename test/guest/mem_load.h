/* SPDX-License-Identifier: Apache-2.0 */
/* mem_load.h - what a program finds when it starts, however it was linked: the kinds of memory that
 * its segments became, and an auxiliary vector that tells the truth. The three mem_load_*.c include
 * it, one for each way to link. */
#ifndef MEM_LOAD_H
#define MEM_LOAD_H

#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/syscall.h>

#include "mem_show.h"

/* .data and .bss, the latter over many pages; it begins within a page of the file. */
static int           in_data[3] = {1, 2, 3};
static unsigned char in_bss[5 * 4096 + 7];
static const int     in_rodata[] = {4, 5, 6};
static int *volatile to_data = &in_data[1]; /* needs a relocation if position-independent */
static const int *const volatile to_rodata = &in_rodata[2];
static __thread int in_tls = 7, in_tls_bss;
static int          constructed;
int                 main(void);

static void __attribute__((constructor)) construct(void)
{
    constructed++;
}

static void load_contents(void)
{
    size_t nonzero = 0;

    puts("# contents");
    for (size_t i = 0; i < sizeof(in_bss); i++)
        nonzero += in_bss[i] != 0;
    printf("bss bytes that are not zero: %zu\n", nonzero);
    memset(in_bss, 1, sizeof(in_bss));
    printf("data %d %d, rodata %d, relocated %d %d, thread-local %d %d, constructed %d\n",
           in_data[0], in_data[2], in_rodata[0], *to_data, *to_rodata, in_tls, in_tls_bss,
           constructed);
}

static int *const relro[] = {&in_data[0], &in_data[1]}; /* constants that relocation writes */

static void load_rights(void)
{
    int *const *pointers = relro;
    char       *heap = (char *)syscall(SYS_brk, syscall(SYS_brk, 0) + 16) - 16;

    __asm__("" : "+r"(pointers));
    puts("# rights");
    printf("text: write %s\n", outcome(mem_write, (void *)(uintptr_t)main));
    printf("rodata: write %s\n", outcome(mem_write, (void *)(uintptr_t)in_rodata));
    printf("relocated constants: write %s\n", outcome(mem_write, (void *)(uintptr_t)pointers));
    printf("data: execute %s\n", outcome(mem_execute, in_data));
    printf("bss: write %s", outcome(mem_write, in_bss + sizeof(in_bss) - 1));
    printf(", execute %s\n", outcome(mem_execute, (void *)(((uintptr_t)in_bss + 8191) & ~4095ul)));
    printf("heap: write %s", outcome(mem_write, heap));
    printf(", execute %s\n", outcome(mem_execute, (void *)((uintptr_t)heap & ~1ul)));
    printf("stack: execute %s\n", outcome(mem_execute, __builtin_frame_address(0)));
}

static const char *yes(int x)
{
    return x ? "yes" : "NO";
}

/* The vector's types in order, those that tell of a vDSO, caches and rseq left out: Linux has them. */
static void load_types(const ElfW(auxv_t) * aux)
{
    printf("types:");
    for (; aux->a_type; aux++) {
        unsigned long t = aux->a_type;
        if (t != 33 && t != 27 && t != 28 && (t < 40 || t > 47))
            printf(" %lu", t);
    }
    puts("");
}

/* The ELF header stands before the program headers in all files that linkers make. */
static uintptr_t load_bias(uintptr_t phdr, uintptr_t entry)
{
    const ElfW(Ehdr) *eh = (const ElfW(Ehdr) *)(phdr - sizeof(*eh));
    return memcmp(eh->e_ident, ELFMAG, SELFMAG) ? 1 : entry - eh->e_entry;
}

static void load_vector(void)
{
    extern char **environ;
    char        **env = environ;
    uintptr_t     entry = getauxval(AT_ENTRY), base = getauxval(AT_BASE), bias, end = 0;
    const ElfW(Phdr) *ph = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    size_t n = getauxval(AT_PHNUM);
    int    in_segment = 0, has_interp = 0;

    puts("# auxiliary vector");
    while (*env)
        env++;
    load_types((const ElfW(auxv_t) *)(env + 1));
    bias = load_bias((uintptr_t)ph, entry);
    for (size_t i = 0; i < n; i++) {
        uintptr_t start = bias + ph[i].p_vaddr;
        has_interp |= ph[i].p_type == PT_INTERP;
        if (ph[i].p_type != PT_LOAD)
            continue;
        end = start + ph[i].p_memsz;
        in_segment |= ph[i].p_flags & PF_X && entry >= start && entry < end;
    }
    printf("entry in an executable segment: %s\n", yes(in_segment));
    printf("position: %s\n", bias % PAGE ? "ODD" : "page-aligned");
    printf("interpreter: %s, base %s\n", has_interp ? "one" : "none", base ? "given" : "0");
    if (base)
        printf("an ELF file lies there: %s\n", yes(!memcmp((void *)base, ELFMAG, SELFMAG)));
    printf("signal frame %lu, page %lu, clock %lu, phent %lu, hwcap %#lx, hwcap2 %#lx\n",
           getauxval(AT_MINSIGSTKSZ), getauxval(AT_PAGESZ), getauxval(AT_CLKTCK),
           getauxval(AT_PHENT), getauxval(AT_HWCAP), getauxval(AT_HWCAP2));
    printf("path %s\n", (const char *)getauxval(AT_EXECFN));
    printf("stack above all: %s, sp %% 16 = %lu\n",
           yes((uintptr_t)&env > end && (uintptr_t)&env > base),
           (unsigned long)((uintptr_t)(environ - 2) % 8));
    printf("heap behind the program, or the program position-independent: %s\n",
           yes((uintptr_t)syscall(SYS_brk, 0) >= end || bias));
}

int main(void)
{
    mem_init();
    load_contents();
    load_rights();
    load_vector();
    return 0;
}

#endif
