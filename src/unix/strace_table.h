/* SPDX-License-Identifier: Apache-2.0 */
/* strace_table.h - how strace_names*.c write a list of names down. */
#ifndef UNIX_STRACE_TABLE_H
#define UNIX_STRACE_TABLE_H

#define N(name)     \
    {               \
        name, #name \
    }

/* const struct names names_id: what an unknown value is called, and the rows. */
#define NAMES(id, unknown, ...)                           \
    static const struct name id##_list[] = {__VA_ARGS__}; \
    const struct names       names_##id = {unknown, id##_list, ARRAY_LEN(id##_list)}

#endif
