/* SPDX-License-Identifier: Apache-2.0 */
/* exec_stack.c - arguments, environment and auxiliary vector: see exec_stack.h.
 * Runs on the host (test/host/test_exec_stack.c). */
#include "unix/exec_stack.h"

#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "unix/abi.h"
#include "unix/elf.h"

/* The ISA extensions that Linux tells in AT_HWCAP: one bit a letter, "a" being bit 0. */
#define HWCAP_BIT(letter) (1ul << ((letter) - 'a'))
#define HWCAP                                                                             \
    (HWCAP_BIT('i') | HWCAP_BIT('m') | HWCAP_BIT('a') | HWCAP_BIT('f') | HWCAP_BIT('d') | \
     HWCAP_BIT('c'))

#define AUX_PAIRS 19u /* with AT_NULL */

/* Bytes above the pointers, unpadded. */
static size_t strings_size(const struct exec_stack_info *info)
{
    return sizeof(uint64_t) + strlen(info->path) + 1 + info->env.len + info->args.len + EXEC_RANDOM;
}

/* Bytes of argc, argv, envp and the auxiliary vector. */
static size_t pointers_size(const struct exec_stack_info *info)
{
    size_t words = 1 + (size_t)info->args.count + 1 + (size_t)info->env.count + 1 + 2 * AUX_PAIRS;
    return words * sizeof(uint64_t);
}

static bool strings_fit(const struct strlist *list)
{
    const char *s = list->bytes;
    for (unsigned i = 0; i < list->count; i++) {
        const char *next = strlist_next(s);
        if ((size_t)(next - s) > EXEC_STRING_MAX)
            return false;
        s = next;
    }
    return true;
}

int exec_stack_size(const struct exec_stack_info *info, size_t *size)
{
    if (!strings_fit(&info->args) || !strings_fit(&info->env))
        return -E2BIG;
    size_t counted = info->args.len + info->env.len + strlen(info->path) + 1 +
                     ((size_t)info->args.count + info->env.count) * sizeof(uint64_t);
    if (counted > (info->strings_max ? info->strings_max : EXEC_TOTAL_MAX))
        return -E2BIG;
    *size = ALIGN_UP(strings_size(info) + pointers_size(info), 16);
    return 0;
}

void exec_stack_places(const struct exec_stack_info *info, size_t size, struct exec_places *out)
{
    out->env_end = info->stack_top - sizeof(uint64_t) - (strlen(info->path) + 1);
    out->env_start = out->arg_end = out->env_end - info->env.len;
    out->arg_start = out->arg_end - info->args.len;
    out->stack_start = info->stack_top - size;
    out->auxv_len = 2 * AUX_PAIRS * sizeof(uint64_t);
    out->auxv = out->stack_start + pointers_size(info) - out->auxv_len;
}

/* --- writing ----------------------------------------------------------------------------- */

/* Writes both ends of the block: strings downward from the top, words upward from sp. */
struct writer {
    char     *buf;
    vaddr_t   va;   /* user address of buf */
    size_t    top;  /* offset of the lowest string so far */
    uint64_t *word; /* the next pointer goes here */
};

static vaddr_t push_bytes(struct writer *w, const void *bytes, size_t len)
{
    w->top -= len;
    memcpy(w->buf + w->top, bytes, len);
    return w->va + w->top;
}

static void put_word(struct writer *w, uint64_t value)
{
    *w->word++ = value;
}

static void put_aux(struct writer *w, uint64_t type, uint64_t value)
{
    put_word(w, type);
    put_word(w, value);
}

/* The pointers to list's strings, which begin at va, and the NULL behind them. */
static void put_list(struct writer *w, const struct strlist *list, vaddr_t va)
{
    const char *s = list->bytes;
    for (unsigned i = 0; i < list->count; i++, s = strlist_next(s))
        put_word(w, va + (size_t)(s - list->bytes));
    put_word(w, 0);
}

static void put_auxv(struct writer *w, const struct exec_stack_info *info, vaddr_t execfn,
                     vaddr_t random)
{
    const uint64_t *first = w->word;
    put_aux(w, AT_SYSINFO_EHDR, info->vdso);
    put_aux(w, AT_MINSIGSTKSZ, SIGFRAME_SIZE);
    put_aux(w, AT_HWCAP, HWCAP);
    put_aux(w, AT_PAGESZ, PAGE_SIZE);
    put_aux(w, AT_CLKTCK, USER_HZ);
    put_aux(w, AT_PHDR, info->phdr_va);
    put_aux(w, AT_PHENT, ELF_PHDR_SIZE);
    put_aux(w, AT_PHNUM, info->nphdrs);
    put_aux(w, AT_BASE, info->base);
    put_aux(w, AT_FLAGS, 0);
    put_aux(w, AT_ENTRY, info->entry);
    put_aux(w, AT_UID, info->uid);
    put_aux(w, AT_EUID, info->euid);
    put_aux(w, AT_GID, info->gid);
    put_aux(w, AT_EGID, info->egid);
    put_aux(w, AT_SECURE, info->uid != info->euid || info->gid != info->egid);
    put_aux(w, AT_RANDOM, random);
    put_aux(w, AT_EXECFN, execfn);
    put_aux(w, AT_NULL, 0);
    ASSERT(w->word == first + 2 * AUX_PAIRS);
}

void exec_stack_write(const struct exec_stack_info *info, void *buf, size_t size)
{
    struct writer w = {.buf = buf, .va = info->stack_top - size, .top = size, .word = buf};

    memset(buf, 0, size);
    w.top -= sizeof(uint64_t);
    vaddr_t execfn = push_bytes(&w, info->path, strlen(info->path) + 1);
    vaddr_t env = push_bytes(&w, info->env.bytes, info->env.len);
    vaddr_t args = push_bytes(&w, info->args.bytes, info->args.len);
    vaddr_t random = push_bytes(&w, info->random, EXEC_RANDOM);

    put_word(&w, info->args.count);
    put_list(&w, &info->args, args);
    put_list(&w, &info->env, env);
    put_auxv(&w, info, execfn, random);
    ASSERT((char *)w.word <= w.buf + w.top);
}
