/* SPDX-License-Identifier: Apache-2.0 */
/* elffile.h - what an ELF file says about itself, as far as building an image must know it.
 *
 * The file may be anything: every offset and size in it is checked against its length.
 */
#ifndef CELLA_ELFFILE_H
#define CELLA_ELFFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "words.h"

/* A PT_LOAD of an ELF file. */
struct elffile_segment {
    uint64_t address, memory_size; /* in bytes, as the file has them */
    uint64_t offset, file_size;
    bool     readable, writable, executable;
};

struct elffile {
    bool  position_independent; /* ET_DYN: a PIE or a library */
    bool  has_entry;            /* not so in most libraries */
    char *interpreter;          /* absolute, or null: static, or a library */

    /* Of PT_DYNAMIC. */
    bool         dynamic;
    char        *soname; /* or null */
    struct words needed;
    char        *rpath; /* as written, folders with colons between; or null */
    char        *runpath;

    uint64_t                entry;
    struct elffile_segment *segments;
    size_t                  segment_count;
};

/* Whether the file begins as ELF files do. A file that cannot be read does not. */
bool elffile_is(const char *path);

/* Read the file at path. 0 with *out; or -EINVAL with *why, the caller's, in words that follow the
 * name of the file: "is a program for x86-64; Cella runs those for riscv64". */
int elffile_read(const char *path, struct elffile *out, char **why);

/* "static program", "program", "position-independent program", "shared library". */
const char *elffile_kind(const struct elffile *elf);

void elffile_free(struct elffile *elf);

#endif
