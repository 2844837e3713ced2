/* SPDX-License-Identifier: Apache-2.0 */
/* elf.h - from an ELF file's headers to a plan for loading it. Pure logic; exec.c reads and maps.
 *
 * The work goes in steps, because each says what has to be read next:
 *
 *     elf_read_header(first bytes)     -> where the program headers are
 *     elf_read_segments(those bytes)   -> the plan, and where the interpreter's name is
 *     elf_check_interp(those bytes)    -> the name is a proper string
 *
 * Nothing in a file is believed: every sum is checked for overflow, every range against the file's
 * size and the user's part of the address space. What a plan holds can be used without further
 * checks.
 *
 * Source: System V ABI (gABI), chapters 4 and 5; RISC-V ELF psABI 1.0.
 */
#ifndef UNIX_ELF_H
#define UNIX_ELF_H

#include "lib/types.h"

#define ELF_HEADER_SIZE 64u
#define ELF_PHDR_SIZE   56u

#define ELF_PHDRS_MAX    64u   /* program headers */
#define ELF_SEGMENTS_MAX 16u   /* loadable ones */
#define ELF_INTERP_MAX   4096u /* bytes of the interpreter's path, its NUL included */

/* Where the program headers lie in the file. */
struct elf_header {
    bool     position_independent; /* addresses are relative to a base that the loader picks */
    vaddr_t  entry;
    uint64_t phdr_offset;
    unsigned nphdrs;
};

/* One mapping: [start, start + mem_len), page-aligned. Its first file_len bytes are those of the
 * file from offset on, the rest is zero; file_len is 0, or its last page continues with other
 * bytes of the file that the loader has to clear where zero_tail says so. */
struct elf_segment {
    vaddr_t  start;     /* page-aligned; relative to the base */
    size_t   mem_len;   /* bytes, page multiple, not 0 */
    uint64_t offset;    /* in the file, page-aligned */
    size_t   file_len;  /* bytes */
    unsigned prot;      /* PMAP_R | PMAP_W | PMAP_X */
    bool     zero_tail; /* bytes from file_len to the end of its page must be zero */
};

struct elf_plan {
    bool     position_independent;
    vaddr_t  entry;   /* relative to the base, as all addresses here */
    vaddr_t  lo, hi;  /* page-aligned extent of all segments */
    size_t   align;   /* the base must be a multiple; a power of two, at least a page */
    vaddr_t  phdr_va; /* where the program headers are in memory; 0: not mapped */
    unsigned nphdrs;
    bool     exec_stack; /* PT_GNU_STACK asks for an executable stack */

    uint64_t interp_offset; /* the interpreter's path in the file */
    size_t   interp_len;    /* with its NUL; 0: there is none */

    unsigned           nsegments;
    struct elf_segment segments[ELF_SEGMENTS_MAX]; /* ascending, disjoint */
};

/* Read the ELF header from the file's first len bytes.
 * 0, or -ENOEXEC; then *why says what is wrong, in words that follow "name: ". */
int elf_read_header(const void *bytes, size_t len, uint64_t file_size, struct elf_header *out,
                    const char **why);

/* Make the plan from the hdr->nphdrs program headers at phdrs. 0, or -ENOEXEC with *why. */
int elf_read_segments(const struct elf_header *hdr, const void *phdrs, uint64_t file_size,
                      struct elf_plan *out, const char **why);

/* The len bytes of the interpreter's path: a NUL at the end, only there, and an absolute path.
 * 0, or -ENOEXEC with *why. */
int elf_check_interp(const char *path, size_t len, const char **why);

#endif
