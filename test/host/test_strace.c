/* SPDX-License-Identifier: Apache-2.0 */
/* test_strace.c - strings, names, sets and failures as strace writes them. What the lines of whole
 * programs are is compared with strace itself: test/expected/strace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/errno.h"
#include "lib/string.h"
#include "unix/signal.h"
#include "unix/strace_names.h"

/* sources: src/unix/strace_text.c src/unix/strace_names.c src/unix/strace_names_more.c
 *          src/unix/strace_errno.c src/lib/fmt.c */

static struct text text;

static int begin(void **state)
{
    (void)state;
    text_clear(&text);
    return 0;
}

/* The text is now expected, and begins anew. */
static void expect(const char *expected)
{
    assert_true(text.len < sizeof(text.bytes));
    text.bytes[text.len] = '\0';
    assert_string_equal(text.bytes, expected);
    text_clear(&text);
}

static void escapes_are_those_of_c(void **state)
{
    (void)state;
    text_escaped(&text, "a \"b\" \\ \n\t\r\v\f", 13, -1);
    expect("a \\\"b\\\" \\\\ \\n\\t\\r\\v\\f");
    text_escaped(&text, "\033[0m\177\377\0", 7, -1);
    expect("\\33[0m\\177\\377\\0");
    text_hex_escaped(&text, "\001a\377", 3);
    expect("\\x01\\x61\\xff");
}

static void an_octal_escape_before_a_digit_has_three_digits(void **state)
{
    (void)state;
    text_escaped(&text, "\0019\0", 3, '7');
    expect("\\0019\\000");
    text_escaped(&text, "\001a", 2, -1);
    expect("\\1a");
}

static void a_line_that_is_too_long_is_cut_before_its_result(void **state)
{
    (void)state;
    for (unsigned i = 0; i < STRACE_LINE; i++)
        text_str(&text, "ab");
    assert_int_equal(text.len, STRACE_LINE - STRACE_TAIL);
    text_open_tail(&text);
    text_str(&text, ") = 3");
    assert_int_equal(text.len, STRACE_LINE - STRACE_TAIL + 8);
    assert_memory_equal(text.bytes + text.len - 10, "ab...) = 3", 10);
}

static void a_tail_that_is_too_long_stays_in_the_line(void **state)
{
    (void)state;
    text_open_tail(&text);
    for (unsigned i = 0; i < STRACE_LINE; i++)
        text_printf(&text, "%s", "abc");
    assert_int_equal(text.len, STRACE_LINE);
}

static void flags_are_joined_and_unknown_bits_follow_in_hexadecimal(void **state)
{
    (void)state;
    text_flags(&text, &names_prot_flags, 3);
    expect("PROT_READ|PROT_WRITE");
    text_flags(&text, &names_prot_flags, 0x41);
    expect("PROT_READ|0x40");
    text_flags(&text, &names_prot_flags, 0x40);
    expect("0x40 /* PROT_??? */");
    text_flags(&text, &names_prot_flags, 0);
    expect("PROT_NONE");
    text_flags(&text, &names_clone_flags, 0);
    expect("0");
}

static void a_flag_of_several_bits_stands_for_all_of_them(void **state)
{
    (void)state;
    text_open_flags(&text, O_RDWR | O_SYNC);
    expect("O_RDWR|O_SYNC");
    text_open_flags(&text, O_WRONLY | O_DSYNC);
    expect("O_WRONLY|O_DSYNC");
    text_open_flags(&text, O_RDWR | O_TMPFILE);
    expect("O_RDWR|O_TMPFILE");
    text_open_flags(&text, O_DIRECTORY);
    expect("O_RDONLY|O_DIRECTORY");
    text_open_flags(&text, 3);
    expect("O_ACCMODE");
}

static void an_unknown_value_is_shown_as_its_number(void **state)
{
    (void)state;
    text_value(&text, &names_whences, SEEK_END);
    expect("SEEK_END");
    text_value(&text, &names_whences, 77);
    expect("0x4d /* SEEK_??? */");
    text_value(&text, &names_statfs_types, 77);
    expect("0x4d");
    text_ptr(&text, 0);
    expect("NULL");
}

static void a_file_mode_has_its_type_and_its_special_bits(void **state)
{
    (void)state;
    text_file_mode(&text, S_IFREG | 0644);
    expect("S_IFREG|0644");
    text_file_mode(&text, S_IFDIR | S_ISVTX | 0777);
    expect("S_IFDIR|S_ISVTX|0777");
    text_file_mode(&text, S_IFCHR);
    expect("S_IFCHR|000");
    text_dev(&text, 0x12345 | 0x10u << 20);
    expect("makedev(0x123, 0x1045)");
}

static void a_set_with_most_signals_is_shown_by_what_it_lacks(void **state)
{
    (void)state;
    text_sigset(&text, 0);
    expect("[]");
    text_sigset(&text, SIGSET(SIGINT) | SIGSET(SIGCHLD) | SIGSET(SIGRTMIN) | SIGSET(33));
    expect("[INT CHLD RTMIN RT_1]");
    text_sigset(&text, UINT64_MAX);
    expect("~[]");
    text_sigset(&text, ~SIGSET(SIGKILL) & ~SIGSET(NSIG));
    expect("~[KILL RT_32]");
}

static void signals_have_names_up_to_the_last(void **state)
{
    (void)state;
    text_signal(&text, SIGSYS);
    expect("SIGSYS");
    text_signal(&text, SIGRTMIN);
    expect("SIGRTMIN");
    text_signal(&text, NSIG);
    expect("SIGRT_32");
    text_signal(&text, NSIG + 1);
    expect("65");
    text_signal(&text, 0);
    expect("0");
    text_signal(&text, -1);
    expect("-1");
}

static void a_failure_is_named_and_explained(void **state)
{
    (void)state;
    text_failure(&text, -ENOENT);
    expect("-1 ENOENT (No such file or directory)");
    text_failure(&text, -ERESTARTSYS);
    expect("? ERESTARTSYS (To be restarted if SA_RESTART is set)");
    text_failure(&text, -4000);
    expect("-1 ERRNO_4000 (Unknown error 4000)");
    text_errno(&text, EIO);
    expect("EIO");
}

#define TEST(function) cmocka_unit_test_setup(function, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(escapes_are_those_of_c),
        TEST(an_octal_escape_before_a_digit_has_three_digits),
        TEST(a_line_that_is_too_long_is_cut_before_its_result),
        TEST(a_tail_that_is_too_long_stays_in_the_line),
        TEST(flags_are_joined_and_unknown_bits_follow_in_hexadecimal),
        TEST(a_flag_of_several_bits_stands_for_all_of_them),
        TEST(an_unknown_value_is_shown_as_its_number),
        TEST(a_file_mode_has_its_type_and_its_special_bits),
        TEST(a_set_with_most_signals_is_shown_by_what_it_lacks),
        TEST(signals_have_names_up_to_the_last),
        TEST(a_failure_is_named_and_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
