/* SPDX-License-Identifier: Apache-2.0 */
/* test_script.c - first lines of scripts, and the arguments that their interpreters get. */
/* sources: src/unix/script.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/heap.h"
#include "lib/errno.h"
#include "unix/script.h"

void *kmalloc(size_t size)
{
    return malloc(size);
}

static struct script script;

/* The interpreter and the argument with a bar between; or the error. */
static const char *parsed_bytes(const char *bytes, size_t len)
{
    static char text[2 * SCRIPT_LINE_MAX + 2];
    const char *why;

    char *exact = malloc(len); /* reading past it is noticed */
    memcpy(exact, bytes, len);
    int err = script_parse(exact, len, &script, &why);
    free(exact);
    if (err) {
        assert_int_equal(err, -ENOEXEC);
        return why;
    }
    strcpy(text, script.interp);
    strcat(text, "|");
    return strcat(text, script.arg);
}

static const char *parsed(const char *line)
{
    return parsed_bytes(line, strlen(line));
}

static void names_and_arguments_are_found(void **state)
{
    (void)state;
    assert_string_equal(parsed("#!/bin/sh\nexit\n"), "/bin/sh|");
    assert_string_equal(parsed("#!/bin/sh"), "/bin/sh|");
    assert_string_equal(parsed("#! \t/bin/sh \t \nx"), "/bin/sh|");
    assert_string_equal(parsed("#!/usr/bin/env  lua -i  \n"), "/usr/bin/env|lua -i");
    assert_string_equal(parsed("#!a\tb c\td\n"), "a|b c\td");
    assert_string_equal(parsed_bytes("#!/bin/sh\0x\n", 12), "/bin/sh|");
}

static void lines_without_a_name_are_refused(void **state)
{
    (void)state;
    assert_non_null(strstr(parsed("#!"), "names no"));
    assert_non_null(strstr(parsed("#!\n/bin/sh"), "names no"));
    assert_non_null(strstr(parsed("#! \t "), "names no"));
}

static void a_long_line_cuts_an_argument_but_no_name(void **state)
{
    (void)state;
    char line[SCRIPT_LINE_MAX];

    memset(line, 'x', sizeof(line));
    memcpy(line, "#!/", 3);
    assert_non_null(strstr(parsed_bytes(line, sizeof(line)), "too long"));
    assert_int_equal(strlen(parsed_bytes(line, sizeof(line) - 1)), sizeof(line) - 3 + 1);
    line[20] = ' ';
    assert_int_equal(strlen(parsed_bytes(line, sizeof(line))), 18 + 1 + sizeof(line) - 21);
}

static void the_scripts_path_takes_the_place_of_the_first_argument(void **state)
{
    (void)state;
    static const char old[] = "name\0one\0two";
    struct strlist    args = {.bytes = old, .len = sizeof(old), .count = 3}, out;

    parsed("#!/bin/x -e -u");
    assert_int_equal(script_args(&script, "/a/script", &args, &out), 0);
    assert_int_equal(out.count, 5);
    assert_int_equal(out.len, sizeof("/bin/x\0-e -u\0/a/script\0one\0two"));
    assert_memory_equal(out.bytes, "/bin/x\0-e -u\0/a/script\0one\0two", out.len);
    free((void *)out.bytes);

    parsed("#!/bin/x");
    args = (struct strlist){.bytes = "", .len = 0, .count = 0};
    assert_int_equal(script_args(&script, "s", &args, &out), 0);
    assert_int_equal(out.count, 2);
    assert_memory_equal(out.bytes, "/bin/x\0s", out.len);
    free((void *)out.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_arguments_are_found),
        cmocka_unit_test(lines_without_a_name_are_refused),
        cmocka_unit_test(a_long_line_cuts_an_argument_but_no_name),
        cmocka_unit_test(the_scripts_path_takes_the_place_of_the_first_argument),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
