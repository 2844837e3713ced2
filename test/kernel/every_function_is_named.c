/* SPDX-License-Identifier: Apache-2.0 */
/* Backtraces name functions: the first of the kernel, neighbours whose names begin alike, one of assembly, and an
 * address that no function has. */
#include "kernel/panic.h"
#include "kernel/waitq.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "machine/cpu.h"
#include "test/kernel/ktest.h"

extern char _start[], _text_start[], _rodata_start[];

static void check_name(const void *function, size_t within, const char *name)
{
    char text[80], expected[80];

    fmt_snprintf(expected, sizeof(expected), "%s+%#lx", name, within);
    CHECK(strcmp(ksym_format((uintptr_t)function + within, text, sizeof(text)), expected) == 0);
}

static void check_no_name(uintptr_t pc)
{
    char text[80], expected[80];

    fmt_snprintf(expected, sizeof(expected), "%#lx", pc);
    CHECK(strcmp(ksym_format(pc, text, sizeof(text)), expected) == 0);
}

void boot_program(void *arg)
{
    (void)arg;
    check_name(_start, 0, "_start");
    check_name((const void *)waitq_init, 0, "waitq_init");
    check_name((const void *)waitq_sleep, 2, "waitq_sleep");
    check_name((const void *)waitq_sleep_until, 4, "waitq_sleep_until");
    check_name((const void *)waitq_wake_one, 0, "waitq_wake_one");
    check_name((const void *)waitq_wake_all, 2, "waitq_wake_all");
    check_name((const void *)cpu_switch, 4, "cpu_switch");
    check_name((const void *)boot_program, 0, "boot_program");
    check_no_name((uintptr_t)_text_start - 2);
    check_no_name((uintptr_t)_rodata_start);
    check_no_name(0);
    ktest_pass();
}
