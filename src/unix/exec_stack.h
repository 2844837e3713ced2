/* SPDX-License-Identifier: Apache-2.0 */
/* exec_stack.h - what a program finds at the top of its stack when it starts, exactly as Linux
 * leaves it on riscv64. Pure logic: exec.c copies the result into the stack's pages.
 *
 *     stack_top   8 bytes of zeros
 *                 the program's path
 *                 environment, arguments: the strings themselves
 *                 16 random bytes
 *                 padding, so that sp is a multiple of 16
 *                 auxiliary vector, NULL, envp[], NULL, argv[], argc
 *     sp ->
 */
#ifndef UNIX_EXEC_STACK_H
#define UNIX_EXEC_STACK_H

#include "lib/types.h"
#include "unix/strlist.h"

#define EXEC_STRING_MAX ((size_t)128 * 1024)      /* bytes of one string; Linux: MAX_ARG_STRLEN */
#define EXEC_TOTAL_MAX  ((size_t)2 * 1024 * 1024) /* strings and pointers; a quarter of the stack */

#define EXEC_RANDOM 16

struct exec_stack_info {
    struct strlist args, env;
    const char    *path; /* AT_EXECFN */
    vaddr_t        stack_top;
    vaddr_t        vdso;    /* AT_SYSINFO_EHDR */
    vaddr_t        phdr_va; /* AT_PHDR */
    unsigned       nphdrs;
    vaddr_t        base;  /* the interpreter's; 0: none */
    vaddr_t        entry; /* the program's own */
    uint32_t       uid, euid, gid, egid;
    size_t         strings_max; /* bytes of strings and the pointers to them; 0: EXEC_TOTAL_MAX */
    uint8_t        random[EXEC_RANDOM];
};

/* Where things lie in a program's memory that was started. */
struct exec_places {
    vaddr_t code_start, code_end; /* exec.c knows these four: 0 if there are none */
    vaddr_t data_start, data_end;
    vaddr_t stack_start;                            /* sp at the start */
    vaddr_t arg_start, arg_end, env_start, env_end; /* the strings */
    vaddr_t auxv;
    size_t  auxv_len; /* bytes */
};

/* The last seven of them, in a block of that size. */
void exec_stack_places(const struct exec_stack_info *info, size_t size, struct exec_places *out);

/* How many bytes the block has, sp to stack_top. -E2BIG. */
int exec_stack_size(const struct exec_stack_info *info, size_t *size);

/* Write the block of that size to buf (8-aligned); it belongs at info->stack_top - size. */
void exec_stack_write(const struct exec_stack_info *info, void *buf, size_t size);

#endif
