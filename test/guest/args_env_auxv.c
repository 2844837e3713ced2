/* SPDX-License-Identifier: Apache-2.0 */
/* args_env_auxv.c - what a program finds on its stack: arguments, environment, auxiliary vector,
 * alignment. */
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "claim.h"

extern char **environ;

static const char *yes(int condition)
{
    return condition ? "yes" : "no";
}

static void print_strings(const char *what, char **list)
{
    for (int i = 0; list[i]; i++)
        printf("%s[%d] = \"%s\"\n", what, i, list[i]);
}

/* The program headers that AT_PHDR shows are this program's own. */
static int headers_are_ours(void)
{
    CLAIM("AT_PHDR shows the program's own headers");
    const ElfW(Phdr) *ph = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    int loads = 0, entry_inside = 0;

    for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++) {
        uintptr_t entry = getauxval(AT_ENTRY);
        loads += ph[i].p_type == PT_LOAD;
        if (ph[i].p_type == PT_LOAD && ph[i].p_flags & PF_X)
            entry_inside |= entry - ph[i].p_vaddr < ph[i].p_memsz;
    }
    return loads >= 2 && entry_inside;
}

int main(int argc, char **argv)
{
    /* Without a byte between them, as Linux puts them: arguments, environment, then the path. */
    char                *after_args = argv[argc - 1] + strlen(argv[argc - 1]) + 1;
    char                *last_env = environ[1];
    const char          *path = (const char *)getauxval(AT_EXECFN);
    const unsigned char *random = (const unsigned char *)getauxval(AT_RANDOM);
    unsigned             sum = 0;

    printf("argc = %d\n", argc);
    print_strings("argv", argv);
    print_strings("environ", environ);
    printf("argv[argc] is null: %s\n", yes(!argv[argc]));
    printf("environment follows the arguments: %s\n", yes(after_args == environ[0]));
    printf("the path follows the environment: %s\n", yes(last_env + strlen(last_env) + 1 == path));
    printf("8 zero bytes follow the path: %s\n",
           yes(!memcmp(path + strlen(path) + 1, "\0\0\0\0\0\0\0", 8)));
    printf("argc's place is 16-aligned: %s\n", yes(((uintptr_t)argv - 8) % 16 == 0));

    printf("AT_EXECFN = %s\n", path);
    printf("AT_PAGESZ = %lu\n", getauxval(AT_PAGESZ));
    printf("AT_CLKTCK = %lu\n", getauxval(AT_CLKTCK));
    printf("AT_PHENT = %lu\n", getauxval(AT_PHENT));
    printf("AT_BASE = %lu\n", getauxval(AT_BASE));
    printf("AT_FLAGS = %lu\n", getauxval(AT_FLAGS));
    printf("AT_SECURE = %lu\n", getauxval(AT_SECURE));
    printf("AT_UID AT_EUID AT_GID AT_EGID = %lu %lu %lu %lu\n", getauxval(AT_UID),
           getauxval(AT_EUID), getauxval(AT_GID), getauxval(AT_EGID));
    printf("AT_HWCAP has imafdc: %s\n", yes((getauxval(AT_HWCAP) & 0x112d) == 0x112d));
    printf("AT_PHDR shows our headers: %s\n", yes(headers_are_ours()));
    for (int i = 0; i < 16; i++)
        sum |= random[i];
    printf("AT_RANDOM is not all zeros: %s\n", yes(sum != 0));
    return 0;
}
