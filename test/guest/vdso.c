/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -Wno-nonnull */
/* vdso.c - the shared object that the kernel maps into each program: what it exports, and that its
 * answers are those of the system calls.
 *
 * A function is found by its name and version, as a C library does it.
 */
#include "abi.h"

#include <elf.h>
#include <link.h>
#include <signal.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <time.h>

struct object {
    const char         *base;
    uintptr_t           bias; /* added to its addresses */
    const Elf64_Sym    *symbols;
    const char         *strings;
    const uint32_t     *hash;
    const uint32_t     *gnu_hash;
    const uint16_t     *versions;
    const Elf64_Verdef *defined;
    const char         *soname;
};

static struct object vdso;

static const Elf64_Phdr *find_segment(uint32_t type)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)vdso.base;
    const Elf64_Phdr *segments = (const Elf64_Phdr *)(vdso.base + header->e_phoff);
    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (segments[i].p_type == type)
            return &segments[i];
    }
    return NULL;
}

static void read_dynamic(void)
{
    const Elf64_Phdr *load = find_segment(PT_LOAD), *dynamic = find_segment(PT_DYNAMIC);
    uint64_t          soname = 0;
    vdso.bias = (uintptr_t)vdso.base + load->p_offset - load->p_vaddr;
    for (const Elf64_Dyn *d = (const Elf64_Dyn *)(vdso.bias + dynamic->p_vaddr); d->d_tag; d++) {
        const void *at = (const void *)(vdso.bias + d->d_un.d_ptr);
        switch (d->d_tag) {
        case DT_SYMTAB:
            vdso.symbols = at;
            break;
        case DT_STRTAB:
            vdso.strings = at;
            break;
        case DT_HASH:
            vdso.hash = at;
            break;
        case DT_GNU_HASH:
            vdso.gnu_hash = at;
            break;
        case DT_VERSYM:
            vdso.versions = at;
            break;
        case DT_VERDEF:
            vdso.defined = at;
            break;
        case DT_SONAME:
            soname = d->d_un.d_val;
            break;
        }
    }
    vdso.soname = vdso.strings + soname;
}

/* The version that symbol i has. */
static const char *version_of(uint32_t i)
{
    const Elf64_Verdef *def = vdso.defined;
    while (def->vd_ndx != (vdso.versions[i] & 0x7fff))
        def = (const Elf64_Verdef *)((const char *)def + def->vd_next);
    return vdso.strings + ((const Elf64_Verdaux *)((const char *)def + def->vd_aux))->vda_name;
}

static void *find(const char *name)
{
    for (uint32_t i = 0; i < vdso.hash[1]; i++) {
        const Elf64_Sym *s = &vdso.symbols[i];
        if (s->st_shndx != SHN_UNDEF && ELF64_ST_TYPE(s->st_info) == STT_FUNC &&
            !strcmp(vdso.strings + s->st_name, name) && !strcmp(version_of(i), "LINUX_4.15"))
            return (void *)(vdso.bias + s->st_value);
    }
    return NULL;
}

static void exports(void)
{
    CLAIM("the vDSO is a shared object");
    static const char *const names[] = {
        "__vdso_rt_sigreturn", "__vdso_gettimeofday", "__vdso_clock_gettime", "__vdso_clock_getres",
        "__vdso_getcpu",       "__vdso_flush_icache", "__vdso_riscv_hwprobe", "__vdso_nothing",
    };
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)vdso.base;
    SHOW(memcmp(header->e_ident, ELFMAG, SELFMAG));
    SHOW(header->e_type == ET_DYN && header->e_machine == EM_RISCV);
    SHOW((uintptr_t)vdso.base % PAGE);
    SHOW(find_segment(PT_GNU_EH_FRAME) != NULL);
    SHOW(find_segment(PT_LOAD)->p_flags == (PF_R | PF_X));
    SHOW(vdso.hash != NULL);
    SHOW(vdso.gnu_hash != NULL);
    printf("%s\n", vdso.soname);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        printf("%-24s %s\n", names[i], find(names[i]) ? "found" : "not found");
}

static int (*gettime)(int, struct timespec *);
static int (*getres)(int, struct timespec *);
static int (*timeofday)(struct timeval *, void *);
static int (*get_cpu)(unsigned *, unsigned *, void *);
static int (*flush_icache)(void *, void *, unsigned long);

static int64_t ns_of(const struct timespec *ts)
{
    return ts->tv_sec * 1000000000 + ts->tv_nsec;
}

/* The system call's time lies between two of the vdso's. */
static int agrees(int clock)
{
    struct timespec before, between, after;
    if (gettime(clock, &before) || syscall(SYS_clock_gettime, clock, &between) ||
        gettime(clock, &after))
        return -1;
    return ns_of(&before) <= ns_of(&between) && ns_of(&between) <= ns_of(&after) &&
           after.tv_nsec < 1000000000;
}

static void answers(void)
{
    CLAIM("each function agrees with its system call");
    static const int clocks[] = {0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 32, 33, 77, -1, -2, -6};
    struct timespec  ts, own;
    struct timeval   before, between, after;
    int              zone[2] = {1, 1};
    unsigned         cpu = 99, node = 99;
    for (size_t i = 0; i < sizeof(clocks) / sizeof(*clocks); i++) {
        int clock = clocks[i];
        printf("clock %d\n", clock);
        SHOW(gettime(clock, &ts) < 0 ? gettime(clock, &ts) : 0);
        if (gettime(clock, &ts) == 0)
            SHOW(agrees(clock));
        SHOW(getres(clock, NULL));
        SHOW(getres(clock, &own));
        if (getres(clock, &own) == 0) {
            syscall(SYS_clock_getres, clock, &ts);
            SHOW(ns_of(&own) == ns_of(&ts));
        }
    }
    timeofday(&before, NULL);
    syscall(SYS_gettimeofday, &between, NULL);
    timeofday(&after, zone);
    SHOW(timercmp(&before, &between, <=) && timercmp(&between, &after, <=));
    SHOW(zone[0] == 0 && zone[1] == 0);
    SHOW(timeofday(NULL, NULL));
    SHOW(after.tv_usec < 1000000);
    SHOW(get_cpu(&cpu, &node, NULL));
    SHOW(cpu == 0 && node == 0);
    SHOW(flush_icache(NULL, NULL, 0));
    SHOW(flush_icache(NULL, NULL, 2));
}

/* It never goes back. */
static void steady(void)
{
    CLAIM("time never goes back");
    struct timespec ts;
    int64_t         last = 0;
    int             back = 0;
    for (int i = 0; i < 10000; i++) {
        gettime(CLOCK_MONOTONIC, &ts);
        back += ns_of(&ts) < last;
        last = ns_of(&ts);
    }
    SHOW(back);
}

/* Wall time as it is set is what is seen next. */
static void follows(void)
{
    CLAIM("wall time as it is set is what is seen next");
    struct timespec set = {2000000000, 0}, ts;
    struct timeval  tv;
    int             zone[2] = {0, 3}, got[2];
    for (int i = 0; i < 3; i++) {
        set.tv_sec += 100000;
        SHOW(syscall(SYS_clock_settime, CLOCK_REALTIME, &set));
        gettime(CLOCK_REALTIME, &ts);
        SHOW(ts.tv_sec >= set.tv_sec && ts.tv_sec < set.tv_sec + 60);
        gettime(CLOCK_TAI, &ts);
        SHOW(ts.tv_sec >= set.tv_sec && ts.tv_sec < set.tv_sec + 60);
        timeofday(&tv, NULL);
        SHOW(tv.tv_sec >= set.tv_sec && tv.tv_sec < set.tv_sec + 60);
        SHOW(agrees(CLOCK_REALTIME));
    }
    SHOW(agrees(CLOCK_MONOTONIC));
    SHOW(syscall(SYS_settimeofday, NULL, zone));
    timeofday(&tv, got);
    SHOW(got[1]);
}

/* --- the signal's return ----------------------------------------------------------------- */

static uintptr_t returns_to;

static void on_signal(int sig)
{
    (void)sig;
    returns_to = (uintptr_t)__builtin_return_address(0);
}

static void handler_return(void)
{
    CLAIM("handlers return through it");
    signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    SHOW(returns_to == (uintptr_t)find("__vdso_rt_sigreturn"));
}

/* --- its memory -------------------------------------------------------------------------- */

static void memory(void)
{
    CLAIM("its pages' rights cannot be changed");
    char *code = (char *)vdso.base, *data = code - PAGE;
    SHOW(mprotect(data, PAGE, PROT_READ | PROT_WRITE));
    SHOW(mprotect(data, PAGE, PROT_READ));
    SHOW(madvise(data, PAGE, MADV_DONTNEED));
    SHOW(mprotect(code, PAGE, PROT_READ | PROT_EXEC));
    SHOW(agrees(CLOCK_REALTIME));
}

int main(void)
{
    buffer_output();
    vdso.base = (const char *)getauxval(AT_SYSINFO_EHDR);
    SHOW(vdso.base != NULL);
    read_dynamic();
    exports();
    gettime = find("__vdso_clock_gettime");
    getres = find("__vdso_clock_getres");
    timeofday = find("__vdso_gettimeofday");
    get_cpu = find("__vdso_getcpu");
    flush_icache = find("__vdso_flush_icache");
    answers();
    steady();
    handler_return();
    memory();
    follows();
    return 0;
}
