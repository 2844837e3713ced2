/* SPDX-License-Identifier: Apache-2.0 */
/* test_bootargs.c - arguments and environment that the boot arguments give the program, and words that
 * are wrong. */
/* sources: src/unix/bootargs.c src/lib/fmt.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/errno.h"
#include "unix/bootargs.h"

#define LIST(strings, n)                                             \
    {                                                                \
        .bytes = (strings), .len = sizeof(strings) - 1, .count = (n) \
    }

static const struct manifest before = {
    .args = LIST("hello\0-v\0", 2),
    .env = LIST("LANGUAGE=de\0HOME=/root\0LANG=C\0", 3),
};

static struct manifest       manifest;
static struct bootargs_error error;
static char                 *strings;

/* Text and strings lie in blocks of their exact sizes, for the address sanitizer. */
static int apply(const char *text)
{
    char  *copy = strdup(text);
    size_t size = bootargs_size(copy, &before);
    manifest = before;
    free(strings);
    strings = malloc(size ? size : 1);
    memset(&error, 0, sizeof(error));
    int err = size ? bootargs_apply(copy, strings, &manifest, &error) : 0;
    free(copy);
    return err;
}

static void is_list(const struct strlist *list, const char *bytes, size_t len, unsigned count)
{
    assert_int_equal(list->len, len);
    assert_int_equal(list->count, count);
    assert_memory_equal(list->bytes, bytes, len);
}

#define ARE(list, text, count) is_list(list, text, sizeof(text) - 1, count)

static void refuse(const char *text, const char *reason)
{
    assert_int_equal(apply(text), -EINVAL);
    if (!strstr(error.text, reason))
        fail_msg("'%s' does not say '%s'", error.text, reason);
    assert_memory_equal(&manifest, &before, sizeof(before));
}

static void other_words_say_nothing_of_the_program(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "   ", "verbose trace=fs  manifest=/arg=x", "args=x", "xarg=x", "arg", "env", "Arg=x"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        assert_int_equal(bootargs_size(texts[i], &before), 0);
}

static void arguments_come_behind_those_of_the_manifest_in_their_order(void **state)
{
    (void)state;
    assert_int_equal(apply(" arg=one verbose  arg= arg=-x=arg=y "), 0);
    ARE(&manifest.args, "hello\0-v\0one\0\0-x=arg=y\0", 5);
    ARE(&manifest.env, "LANGUAGE=de\0HOME=/root\0LANG=C\0", 3);
}

static void any_byte_but_NUL_can_be_said(void **state)
{
    (void)state;
    char   text[3 * 255 + 5] = "arg=", wanted[257];
    size_t len = 0;
    for (unsigned byte = 1; byte < 256; byte++) {
        sprintf(text + strlen(text), byte % 2 ? "%%%02X" : "%%%02x", byte);
        wanted[len++] = (char)byte;
    }
    wanted[len++] = '\0';
    assert_int_equal(apply(text), 0);
    assert_int_equal(manifest.args.len, sizeof("hello\0-v") + len);
    assert_memory_equal(manifest.args.bytes + sizeof("hello\0-v"), wanted, len);
}

static void bytes_that_are_not_escaped_stay_as_they_are(void **state)
{
    (void)state;
    assert_int_equal(apply("arg=\xc3\xa4\"'\t,$%25d"), 0);
    ARE(&manifest.args, "hello\0-v\0\xc3\xa4\"'\t,$%d\0", 3);
}

static void a_variable_takes_the_place_of_its_name_alone(void **state)
{
    (void)state;
    assert_int_equal(apply("env=LANG=de%20DE env=NEW= env=a=b=c"), 0);
    ARE(&manifest.env, "LANGUAGE=de\0HOME=/root\0LANG=de DE\0NEW=\0a=b=c\0", 5);
    ARE(&manifest.args, "hello\0-v\0", 2);
}

static void of_several_values_the_last_counts(void **state)
{
    (void)state;
    assert_int_equal(apply("env=A=1 env=B=2 env=A=a%20longer%20one env=A=3"), 0);
    ARE(&manifest.env, "LANGUAGE=de\0HOME=/root\0LANG=C\0B=2\0A=3\0", 5);
}

static void every_variable_can_be_replaced(void **state)
{
    (void)state;
    assert_int_equal(apply("env=LANGUAGE=1 env=HOME=2 env=LANG=3"), 0);
    ARE(&manifest.env, "LANGUAGE=1\0HOME=2\0LANG=3\0", 3);
}

static void an_equals_sign_may_be_escaped_and_still_ends_the_name(void **state)
{
    (void)state;
    assert_int_equal(apply("env=LANG%3Dx"), 0);
    ARE(&manifest.env, "LANGUAGE=de\0HOME=/root\0LANG=x\0", 3);
}

static void a_percent_sign_without_two_digits_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"arg=%",   "arg=%4",   "arg=%4 arg=1", "arg=%zz",
                                        "arg=%4g", "arg=%g4",  "arg=100%",     "arg=%%41",
                                        "arg=%-1", "arg=%+41", "arg=% 41",     "env=A=%x"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        refuse(texts[i], "two hexadecimal digits");
    refuse("arg=fine arg=5%x env=A=b", "boot argument \"arg=5%x\": % must");
}

static void a_NUL_is_refused(void **state)
{
    (void)state;
    refuse("arg=a%00b", "\"arg=a%00b\": no argument and no variable can hold a NUL");
    refuse("env=A=%00", "NUL");
}

static void a_variable_without_a_name_or_value_is_refused(void **state)
{
    (void)state;
    refuse("env=", "\"env=\": it must be env=NAME=VALUE");
    refuse("env=LANG", "env=NAME=VALUE");
    refuse("env==x", "env=NAME=VALUE");
    refuse("env=%3Dx", "env=NAME=VALUE");
}

static void a_long_word_is_cut_in_a_complaint(void **state)
{
    (void)state;
    static char text[100000];
    memset(text, 'x', sizeof(text) - 1);
    memcpy(text, "arg=", 4);
    text[sizeof(text) - 2] = '%';
    refuse(text, "xxx...\": % must");
    assert_true(strlen(error.text) < sizeof(error.text) - 1);
}

/* Each place of a text with every byte: refused with a reason, or well-formed lists. */
static void any_damage_is_survived(void **state)
{
    (void)state;
    static const char text[] = "arg=a%20b env=LANG=x arg= env=A=%2c verbose arg=%e4";
    char              copy[sizeof(text)];
    for (size_t at = 0; at < sizeof(text) - 1; at++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            memcpy(copy, text, sizeof(text));
            copy[at] = (char)byte;
            if (apply(copy)) {
                assert_true(error.text[0] != '\0');
                continue;
            }
            assert_int_equal(manifest.args.bytes[manifest.args.len - 1], 0);
            assert_int_equal(manifest.env.bytes[manifest.env.len - 1], 0);
        }
    }
}

static int free_strings(void **state)
{
    (void)state;
    free(strings);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_words_say_nothing_of_the_program),
        cmocka_unit_test(arguments_come_behind_those_of_the_manifest_in_their_order),
        cmocka_unit_test(any_byte_but_NUL_can_be_said),
        cmocka_unit_test(bytes_that_are_not_escaped_stay_as_they_are),
        cmocka_unit_test(a_variable_takes_the_place_of_its_name_alone),
        cmocka_unit_test(of_several_values_the_last_counts),
        cmocka_unit_test(every_variable_can_be_replaced),
        cmocka_unit_test(an_equals_sign_may_be_escaped_and_still_ends_the_name),
        cmocka_unit_test(a_percent_sign_without_two_digits_is_refused),
        cmocka_unit_test(a_NUL_is_refused),
        cmocka_unit_test(a_variable_without_a_name_or_value_is_refused),
        cmocka_unit_test(a_long_word_is_cut_in_a_complaint),
        cmocka_unit_test(any_damage_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, free_strings);
}
