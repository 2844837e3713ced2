/* SPDX-License-Identifier: Apache-2.0 */
/* elf.c - ELF headers to load plans: see elf.h. Runs on the host unchanged (test/host/test_elf.c).
 *
 * Each check is a function that returns what is wrong, or NULL. Where Linux accepts a file that no
 * linker makes (overlapping or descending segments), this refuses it.
 */
#include "unix/elf.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "machine/layout.h"
#include "machine/pmap.h"

/* e_ident */
enum { EI_CLASS = 4, EI_DATA = 5, EI_VERSION = 6, EI_OSABI = 7 };

#define ELFCLASS64     2
#define ELFCLASS32     1
#define ELFDATA2LSB    1
#define EV_CURRENT     1
#define ELFOSABI_SYSV  0
#define ELFOSABI_LINUX 3

#define ET_REL  1
#define ET_EXEC 2
#define ET_DYN  3
#define ET_CORE 4

#define EM_RISCV 243

/* e_flags, psABI 8.1 */
#define EF_RISCV_FLOAT_ABI      0x6u
#define EF_RISCV_FLOAT_ABI_QUAD 0x6u
#define EF_RISCV_RVE            0x8u

#define PT_LOAD      1
#define PT_INTERP    3
#define PT_GNU_STACK 0x6474e551u

#define PF_X 1u
#define PF_W 2u
#define PF_R 4u

struct elf64_ehdr {
    uint8_t  ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

_Static_assert(sizeof(struct elf64_ehdr) == ELF_HEADER_SIZE, "gABI, ELF header");
_Static_assert(offsetof(struct elf64_ehdr, phoff) == 32, "gABI, ELF header");
_Static_assert(offsetof(struct elf64_ehdr, phnum) == 56, "gABI, ELF header");

struct elf64_phdr {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

_Static_assert(sizeof(struct elf64_phdr) == ELF_PHDR_SIZE, "gABI, program header");
_Static_assert(offsetof(struct elf64_phdr, memsz) == 40, "gABI, program header");

/* --- the header -------------------------------------------------------------------------- */

/* Files of other machines that people hand to this kernel by mistake. */
static const char *wrong_machine(unsigned machine)
{
    switch (machine) {
    case 3:
        return "this is a 32-bit x86 program; Cella runs riscv64 programs";
    case 40:
        return "this is a 32-bit Arm program; Cella runs riscv64 programs";
    case 62:
        return "this is an x86-64 program; Cella runs riscv64 programs";
    case 183:
        return "this is an arm64 program; Cella runs riscv64 programs";
    default:
        return "this is a program for another machine; Cella runs riscv64 programs";
    }
}

/* A file that does not even begin like ELF. */
static const char *not_elf(const uint8_t *bytes, size_t len)
{
    if (len == 0)
        return "the file is empty";
    if (len >= 2 && bytes[0] == '#' && bytes[1] == '!')
        return "this is a script, and only programs can be run by their first line";
    return "this is no ELF program";
}

static const char *check_ident(const uint8_t *bytes, size_t len)
{
    if (len < 4 || memcmp(bytes, "\177ELF", 4) != 0)
        return not_elf(bytes, len);
    if (len < ELF_HEADER_SIZE)
        return "the file ends within its ELF header";
    return NULL;
}

static const char *check_format(const struct elf64_ehdr *eh)
{
    /* The machine's name says more to a person than the word size or byte order, so it comes first;
     * it can be read only in our byte order. */
    if (eh->ident[EI_DATA] != ELFDATA2LSB)
        return "this is a big-endian program; Cella runs riscv64 programs";
    if (eh->machine != EM_RISCV)
        return wrong_machine(eh->machine);
    if (eh->ident[EI_CLASS] == ELFCLASS32)
        return "this is a 32-bit RISC-V program; Cella runs riscv64 programs";
    if (eh->ident[EI_CLASS] != ELFCLASS64)
        return "its ELF class is unknown";
    if (eh->ident[EI_VERSION] != EV_CURRENT || eh->version != EV_CURRENT)
        return "its ELF version is unknown";
    if (eh->ident[EI_OSABI] != ELFOSABI_SYSV && eh->ident[EI_OSABI] != ELFOSABI_LINUX)
        return "it is for another operating system than Linux";
    return NULL;
}

static const char *check_type(const struct elf64_ehdr *eh)
{
    if (eh->type == ET_REL)
        return "this is an object file that was not linked";
    if (eh->type == ET_CORE)
        return "this is a core dump";
    if (eh->type != ET_EXEC && eh->type != ET_DYN)
        return "its ELF type is unknown";
    if (eh->flags & EF_RISCV_RVE)
        return "it is built for RV64E, which this machine is not";
    if ((eh->flags & EF_RISCV_FLOAT_ABI) == EF_RISCV_FLOAT_ABI_QUAD)
        return "it needs quad-precision registers, which this machine has not";
    return NULL;
}

static const char *check_phdr_table(const struct elf64_ehdr *eh, uint64_t file_size)
{
    if (eh->phentsize != ELF_PHDR_SIZE)
        return "corrupt: its program headers have a wrong size";
    if (eh->phnum == 0)
        return "corrupt: it has no program headers";
    if (eh->phnum > ELF_PHDRS_MAX)
        return "it has too many program headers";
    uint64_t len = (uint64_t)eh->phnum * ELF_PHDR_SIZE;
    if (eh->phoff > file_size || len > file_size - eh->phoff)
        return "truncated: its program headers lie beyond the end of the file";
    return NULL;
}

static const char *check_header(const struct elf64_ehdr *eh, uint64_t file_size)
{
    const char *why = check_format(eh);
    if (!why)
        why = check_type(eh);
    if (!why)
        why = check_phdr_table(eh, file_size);
    return why;
}

int elf_read_header(const void *bytes, size_t len, uint64_t file_size, struct elf_header *out,
                    const char **why)
{
    struct elf64_ehdr eh;
    *why = check_ident(bytes, len);
    if (!*why) {
        memcpy(&eh, bytes, sizeof(eh));
        *why = check_header(&eh, file_size);
    }
    if (*why)
        return -ENOEXEC;
    *out = (struct elf_header){
        .position_independent = eh.type == ET_DYN,
        .entry = eh.entry,
        .phdr_offset = eh.phoff,
        .nphdrs = eh.phnum,
    };
    return 0;
}

/* --- segments ---------------------------------------------------------------------------- */

/* Sums below cannot overflow: addresses and lengths were held against USER_END, offsets against
 * the file's size before. */
static const char *check_load(const struct elf64_phdr *ph, uint64_t file_size)
{
    if (ph->filesz > ph->memsz)
        return "corrupt: a segment is larger in the file than in memory";
    if (ph->offset > file_size || ph->filesz > file_size - ph->offset)
        return "truncated: a segment lies beyond the end of the file";
    if (ph->vaddr > USER_END || ph->memsz > USER_END - ph->vaddr)
        return "corrupt: a segment lies outside the address space";
    if (ph->align & (ph->align - 1))
        return "corrupt: a segment's alignment is no power of two";
    if (ph->align > USER_END)
        return "corrupt: a segment's alignment is larger than the address space";
    if ((ph->vaddr ^ ph->offset) & PAGE_MASK)
        return "corrupt: a segment's address and its place in the file do not agree within a page";
    return NULL;
}

static unsigned segment_prot(uint32_t flags)
{
    return (flags & PF_R ? PMAP_R : 0) | (flags & PF_W ? PMAP_W : 0) | (flags & PF_X ? PMAP_X : 0);
}

/* Widen ph to pages. */
static struct elf_segment segment_of(const struct elf64_phdr *ph)
{
    size_t lead = ph->vaddr & PAGE_MASK;
    size_t file_len = ph->filesz ? lead + ph->filesz : 0;
    return (struct elf_segment){
        .start = ph->vaddr - lead,
        .mem_len = ALIGN_UP(lead + ph->memsz, PAGE_SIZE),
        .offset = ph->offset - lead,
        .file_len = file_len,
        .prot = segment_prot(ph->flags),
        .zero_tail = ph->memsz > ph->filesz && (file_len & PAGE_MASK),
    };
}

/* Append ph, a PT_LOAD that check_load() accepted. */
static const char *add_segment(struct elf_plan *plan, const struct elf64_phdr *ph)
{
    if (plan->nsegments == ELF_SEGMENTS_MAX)
        return "it has too many loadable segments";
    struct elf_segment seg = segment_of(ph);
    if (plan->nsegments && seg.start < plan->hi)
        return "corrupt: its segments overlap or are not in ascending order";
    if (!plan->position_independent && seg.start < USER_MIN)
        return "a segment lies below the lowest address that programs may use";
    if (plan->nsegments == 0)
        plan->lo = seg.start;
    plan->hi = seg.start + seg.mem_len;
    plan->align = size_max(plan->align, ph->align);
    plan->segments[plan->nsegments++] = seg;
    return NULL;
}

static const char *read_load(struct elf_plan *plan, const struct elf64_phdr *ph, uint64_t file_size)
{
    if (ph->memsz == 0)
        return NULL;
    const char *why = check_load(ph, file_size);
    return why ? why : add_segment(plan, ph);
}

static const char *read_interp(struct elf_plan *plan, const struct elf64_phdr *ph,
                               uint64_t file_size)
{
    if (plan->interp_len)
        return "corrupt: it names two interpreters";
    if (ph->filesz < 2 || ph->filesz > ELF_INTERP_MAX)
        return "corrupt: its interpreter's name has an impossible length";
    if (ph->offset > file_size || ph->filesz > file_size - ph->offset)
        return "truncated: its interpreter's name lies beyond the end of the file";
    plan->interp_offset = ph->offset;
    plan->interp_len = ph->filesz;
    return NULL;
}

static const char *read_phdr(struct elf_plan *plan, const struct elf64_phdr *ph, uint64_t file_size)
{
    switch (ph->type) {
    case PT_LOAD:
        return read_load(plan, ph, file_size);
    case PT_INTERP:
        return read_interp(plan, ph, file_size);
    case PT_GNU_STACK:
        plan->exec_stack = ph->flags & PF_X;
        return NULL;
    default:
        return NULL;
    }
}

/* The segment whose bytes from the file include [offset, offset + len). NULL: none. */
static const struct elf_segment *segment_at_offset(const struct elf_plan *plan, uint64_t offset,
                                                   uint64_t len)
{
    for (unsigned i = 0; i < plan->nsegments; i++) {
        const struct elf_segment *seg = &plan->segments[i];
        if (offset >= seg->offset && offset - seg->offset < seg->file_len &&
            len <= seg->file_len - (offset - seg->offset))
            return seg;
    }
    return NULL;
}

static bool entry_is_code(const struct elf_plan *plan)
{
    for (unsigned i = 0; i < plan->nsegments; i++) {
        const struct elf_segment *seg = &plan->segments[i];
        if (plan->entry >= seg->start && plan->entry - seg->start < seg->mem_len)
            return seg->prot & PMAP_X;
    }
    return false;
}

/* Judge the whole after its parts. */
static const char *finish_plan(struct elf_plan *plan, const struct elf_header *hdr)
{
    if (plan->nsegments == 0)
        return "corrupt: it has no loadable segment";
    /* Instructions are 2-byte aligned (unprivileged ISA, C extension). */
    if (plan->entry & 1 || !entry_is_code(plan))
        return "corrupt: its entry point lies in no executable segment";
    const struct elf_segment *seg = segment_at_offset(plan, hdr->phdr_offset,
                                                      (uint64_t)hdr->nphdrs * ELF_PHDR_SIZE);
    plan->phdr_va = seg ? seg->start + (hdr->phdr_offset - seg->offset) : 0;
    return NULL;
}

int elf_read_segments(const struct elf_header *hdr, const void *phdrs, uint64_t file_size,
                      struct elf_plan *out, const char **why)
{
    *out = (struct elf_plan){
        .position_independent = hdr->position_independent,
        .entry = hdr->entry,
        .align = PAGE_SIZE,
        .nphdrs = hdr->nphdrs,
    };
    *why = NULL;
    for (unsigned i = 0; i < hdr->nphdrs && !*why; i++) {
        struct elf64_phdr ph;
        memcpy(&ph, (const uint8_t *)phdrs + i * sizeof(ph), sizeof(ph));
        *why = read_phdr(out, &ph, file_size);
    }
    if (!*why)
        *why = finish_plan(out, hdr);
    return *why ? -ENOEXEC : 0;
}

int elf_check_interp(const char *path, size_t len, const char **why)
{
    *why = NULL;
    if (len < 2 || strnlen(path, len) != len - 1)
        *why = "corrupt: its interpreter's name is no terminated string";
    else if (path[0] != '/')
        *why = "its interpreter's name is no absolute path";
    return *why ? -ENOEXEC : 0;
}
