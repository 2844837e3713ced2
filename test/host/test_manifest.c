/* SPDX-License-Identifier: Apache-2.0 */
/* test_manifest.c - manifests: defaults, every key, and the line that each mistake is reported
 * on. */
/* sources: src/unix/manifest.c src/lib/json.c src/lib/fmt.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/errno.h"
#include "unix/manifest.h"

static struct manifest       manifest;
static struct manifest_error error;
static char                 *strings;

/* Text and strings lie in blocks of their exact sizes, for the address sanitizer. */
static int parse(const char *text)
{
    size_t len = strlen(text);
    char  *copy = malloc(len ? len : 1);
    memcpy(copy, text, len);
    free(strings);
    strings = malloc(len ? len : 1);
    memset(&error, 0, sizeof(error));
    int err = manifest_parse(copy, len, strings, &manifest, &error);
    free(copy);
    return err;
}

static void refuse(const char *text, unsigned line, const char *reason)
{
    assert_int_equal(parse(text), -EINVAL);
    if (!strstr(error.text, reason))
        fail_msg("'%s' does not say '%s'", error.text, reason);
    assert_int_equal(error.line, line);
}

static void everything_is_read(void **state)
{
    (void)state;
    assert_int_equal(parse("{\n"
                           "\"Program\": \"/bin/hello\",\n"
                           "\"Args\": [\"hello\", \"-v\", \"\", \"\\u00e4\"],\n"
                           "\"Env\": {\"LANG\": \"C\", \"EMPTY\": \"\", \"LANGUAGE\": \"d=e\"},\n"
                           "\"Cwd\": \"/tmp\",\n"
                           "\"RunConfig\": {\"Memory\": \"1g\", \"x\": [1]},\n"
                           "\"Files\": {}, \"Dirs\": [], \"MapDirs\": null }"),
                     0);
    assert_string_equal(manifest.program, "/bin/hello");
    assert_string_equal(manifest.cwd, "/tmp");
    assert_int_equal(manifest.args.count, 4);
    assert_int_equal(manifest.args.len, 13);
    assert_memory_equal(manifest.args.bytes, "hello\0-v\0\0\xc3\xa4\0", 13);
    assert_int_equal(manifest.env.count, 3);
    assert_int_equal(manifest.env.len, 7 + 7 + 13);
    assert_memory_equal(manifest.env.bytes, "LANG=C\0EMPTY=\0LANGUAGE=d=e\0", 27);
}

static void the_program_is_the_first_argument_unless_given(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"Args\":[\"/bin/a\"]}"), 0);
    assert_string_equal(manifest.program, "/bin/a");
    assert_string_equal(manifest.cwd, "/");
    assert_int_equal(manifest.env.count, 0);
    assert_int_equal(manifest.env.len, 0);
}

static void the_shortest_text_has_room_for_its_strings(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"Args\":[\"a\",\"\",\"\",\"\"],\"Env\":{\"A\":\"\",\"B\":\"\"}}"), 0);
    assert_int_equal(manifest.env.len, 6);
}

static void mistakes_are_named_with_their_line(void **state)
{
    (void)state;
    refuse("", 1, "ends too early");
    refuse("[]", 1, "must be an object");
    refuse("{\n\"Args\":[\"a\"],\n\"Porgram\":\"b\"}", 3, "unknown key \"Porgram\"");
    refuse("{\n\"args\":[\"a\"]}", 2, "unknown key \"args\"");
    refuse("{\"Args\":[\"a\"],\n\"Args\":[\"b\"]}", 2, "\"Args\" is given twice");
    refuse("{\"Args\":\n\"a\"}", 2, "\"Args\" must be an array of strings");
    refuse("{\"Args\":[\"a\",\n1]}", 2, "\"Args\" must be an array of strings");
    refuse("{\"Args\":[\"a\",\n[\"b\"]]}", 2, "\"Args\" must be an array of strings");
    refuse("{\"Args\":[]}", 1, "at least one");
    refuse("{\"Program\":\"/a\"}", 1, "at least one");
    refuse("{}", 1, "at least one");
    refuse("{\"Args\":[\"\"]}", 1, "no \"Program\"");
    refuse("{\"Args\":[\"a\"],\n\"Program\":\"\"}", 2, "\"Program\" is empty");
    refuse("{\"Args\":[\"a\"],\n\"Program\":7}", 2, "\"Program\" must be a string");
    refuse("{\"Args\":[\"a\"],\n\"Cwd\":\"tmp\"}", 2, "absolute");
    refuse("{\"Args\":[\"a\"],\n\"Env\":[\"A=b\"]}", 2, "\"Env\" must be an object of strings");
    refuse("{\"Args\":[\"a\"],\"Env\":{\"A\":\n1}}", 2, "\"Env\" must be an object of strings");
    refuse("{\"Args\":[\"a\"],\"Env\":{\n\"A=B\":\"1\"}}", 2, "\"A=B\" cannot be the name");
    refuse("{\"Args\":[\"a\"],\"Env\":{\n\"\":\"1\"}}", 2, "cannot be the name");
    refuse("{\"Args\":[\"a\"],\"Env\":{\"A\":\"1\",\n\"A\":\"2\"}}", 2, "\"A\" is given twice");
    refuse("{\"Args\":[\"a\\u0000b\"]}", 1, "U+0000");
    refuse("{\"Args\":[\"a\"]}\n}", 2, "something follows");
    refuse("{\"Args\":[\"a\"],\n}", 2, "expected a name");
    refuse("{\"Args\":[\"a\"],\n\"RunConfig\":{\"a\":}}", 2, "expected a value");
}

static void a_long_unknown_key_does_not_overflow_the_message(void **state)
{
    (void)state;
    char text[1000];
    memset(text, 'k', sizeof(text));
    memcpy(text, "{\"", 2);
    strcpy(text + 900, "\":1}");
    refuse(text, 1, "unknown key \"...\"");
    memcpy(text, "{\"Args\":[\"a\"],\"Env\":{\"", 22);
    text[50] = '=';
    strcpy(text + 900, "\":\"1\"}}");
    refuse(text, 1, "kkkk");
    assert_true(strlen(error.text) < sizeof(error.text));
}

static void any_damage_is_survived(void **state)
{
    (void)state;
    static const char text[] = "{\"Program\":\"/b\",\"Args\":[\"h\",\"\\n\"],\"Env\":{\"A\":\"b\","
                               "\"C\":\"\"},\"Cwd\":\"/\",\"Dirs\":{}}";
    char              copy[sizeof(text)];
    for (size_t at = 0; at < sizeof(text) - 1; at++) {
        for (unsigned byte = 1; byte < 256; byte++) {
            memcpy(copy, text, sizeof(text));
            copy[at] = (char)byte;
            if (parse(copy))
                assert_true(error.text[0] != '\0' && error.line > 0);
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
        cmocka_unit_test(everything_is_read),
        cmocka_unit_test(the_program_is_the_first_argument_unless_given),
        cmocka_unit_test(the_shortest_text_has_room_for_its_strings),
        cmocka_unit_test(mistakes_are_named_with_their_line),
        cmocka_unit_test(a_long_unknown_key_does_not_overflow_the_message),
        cmocka_unit_test(any_damage_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, free_strings);
}
