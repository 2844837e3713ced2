/* SPDX-License-Identifier: Apache-2.0 */
/* test_tool_manifest.c - the manifests that people write: what they say, and the place and the words of
 * every complaint. */
/* sources: tools/cella/manifest.c tools/cella/manifest_keys.c tools/cella/manifest_place.c
 *          tools/cella/words.c tools/cella/variables.c tools/cella/say.c */
/* flags: -Itools/cella */
/* libraries: -ljansson */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "manifest.h"

/* The text lies in a block of its exact size, for the address sanitizer. */
static int parse_bytes(const char *text, size_t length, struct manifest *out,
                       struct manifest_error *error)
{
    char *copy = malloc(length ? length : 1);
    memcpy(copy, text, length);
    *error = (struct manifest_error){0};
    int result = manifest_parse(copy, length, out, error);
    free(copy);
    return result;
}

static void drop_error(struct manifest_error *error)
{
    free(error->text);
    free(error->hint);
    *error = (struct manifest_error){0};
}

static void contains(const char *text, const char *part)
{
    if (!text || !strstr(text, part))
        fail_msg("'%s' does not say '%s'", text ? text : "(nothing)", part);
}

/* hint: part of it, or null for none. */
static void refuse(const char *text, unsigned line, unsigned column, const char *reason,
                   const char *hint)
{
    struct manifest       m;
    struct manifest_error error;
    assert_int_equal(parse_bytes(text, strlen(text), &m, &error), -EINVAL);
    contains(error.text, reason);
    if (hint)
        contains(error.hint, hint);
    else
        assert_null(error.hint);
    assert_int_equal(error.line, line);
    assert_int_equal(error.column, column);
    drop_error(&error);
}

static struct manifest accept(const char *text)
{
    struct manifest       m;
    struct manifest_error error;
    if (parse_bytes(text, strlen(text), &m, &error))
        fail_msg("refused: %u:%u: %s", error.line, error.column, error.text);
    return m;
}

static void every_key_is_read(void **state)
{
    (void)state;
    struct manifest m = accept(
        "{\"Program\": \"/bin/a\", \"Args\": [\"a\", \"\", \"\\u00fc\"],"
        "\"Env\": {\"Z\": \"1\", \"A\": \"x=y\"}, \"Cwd\": \"/tmp\","
        "\"Packages\": [\"p\"], \"TargetRoot\": \"r\","
        "\"Files\": [\"f\", \"/g\"], \"Dirs\": [\"d\"],"
        "\"MapDirs\": {\"m/*\": \"/to\"}, \"RunConfig\": {\"Memory\": \"1g\"}}");
    assert_string_equal(m.program, "/bin/a");
    assert_int_equal(m.args.count, 3);
    assert_string_equal(m.args.at[2], "\xc3\xbc");
    assert_int_equal(m.env.count, 2);
    assert_string_equal(m.env.at[0], "Z=1");
    assert_string_equal(m.env.at[1], "A=x=y");
    assert_string_equal(m.cwd, "/tmp");
    assert_string_equal(m.packages.at[0], "p");
    assert_string_equal(m.target_root, "r");
    assert_string_equal(m.files.at[1], "/g");
    assert_string_equal(m.dirs.at[0], "d");
    assert_string_equal(m.map_from.at[0], "m/*");
    assert_string_equal(m.map_to.at[0], "/to");
    assert_string_equal(m.memory, "1g");
    manifest_free(&m);
}

static void a_program_without_arguments_is_its_own_first_one(void **state)
{
    (void)state;
    struct manifest m = accept("{\"Program\": \"/bin/a\"}");
    assert_int_equal(m.args.count, 1);
    assert_string_equal(m.args.at[0], "/bin/a");
    manifest_free(&m);
}

static void the_first_argument_is_the_program_if_none_is_named(void **state)
{
    (void)state;
    struct manifest m = accept("{\"Args\": [\"/bin/a\", \"b\"]}");
    assert_string_equal(m.program, "/bin/a");
    manifest_free(&m);
}

static void an_unknown_key_is_named_with_its_place_and_the_nearest_one(void **state)
{
    (void)state;
    refuse("{\"Program\": \"/a\",\n \"Arg\": []}", 2, 2, "unknown key \"Arg\"", "\"Args\"");
    refuse("{\"program\": \"/a\"}", 1, 2, "unknown key \"program\"", "\"Program\"");
    refuse("{\"Programme\": \"/a\"}", 1, 2, "unknown key \"Programme\"", "\"Program\"");
    refuse("{\"Program\": \"/a\", \"Colour\": 1}", 1, 19, "unknown key \"Colour\"",
           "the keys are: ");
    refuse("{\"Program\": \"/a\", \"\": 1}", 1, 19, "unknown key \"\"", "the keys are: ");
    refuse("{\"Program\": \"/a\\\"b\", \"Arg\": 1}", 1, 22, "unknown key \"Arg\"", "\"Args\"");
}

static void an_unknown_key_of_run_config_is_named(void **state)
{
    (void)state;
    refuse("{\"Program\": \"/a\",\n\"RunConfig\": {\n  \"Memry\": \"1g\"}}", 3, 3,
           "unknown key \"Memry\"", "\"Memory\"");
}

/* The column of what stands behind letters of two bytes. */
static void columns_count_characters(void **state)
{
    (void)state;
    refuse("{\"Program\": \"/\xc3\xa4\xc3\xb6\", \"Arg\": []}", 1, 20, "unknown key \"Arg\"",
           "Args");
}

static void keys_of_ops_without_a_use_are_called_that(void **state)
{
    (void)state;
    refuse("{\"Program\": \"/a\", \"Boot\": \"x\"}", 1, 19, "one of ops that Cella has no use for",
           "leave it out");
    refuse("{\"CloudConfig\": {}}", 1, 2, "one of ops", "leave it out");
    refuse("{\"RunConfig\": {\"Ports\": [\"80\"]}}", 1, 16, "one of ops", "leave it out");
}

static void every_wrong_type_is_named_at_the_value(void **state)
{
    (void)state;
    refuse("[]", 1, 1, "must be an object", NULL);
    refuse("7", 1, 1, "must be an object", NULL);
    refuse("{\"Program\": 7}", 1, 13, "\"Program\" must be a string", NULL);
    refuse("{\"Args\": \"a\"}", 1, 10, "\"Args\" must be an array of strings", NULL);
    refuse("{\"Args\": [\"a\", 7]}", 1, 16, "\"Args\" must be an array of strings", NULL);
    refuse("{\"Args\": [[\"]\", {\"}\": 1}], 7]}", 1, 11, "\"Args\" must be an array", NULL);
    refuse("{\"Env\": [\"A=1\"]}", 1, 9, "\"Env\" must be an object", NULL);
    refuse("{\"Env\": {\"A\": 1}}", 1, 15, "the variable \"A\" must be a string", NULL);
    refuse("{\"Cwd\": true}", 1, 9, "\"Cwd\" must be a string", NULL);
    refuse("{\"Packages\": {}}", 1, 14, "\"Packages\" must be an array", NULL);
    refuse("{\"TargetRoot\": []}", 1, 16, "\"TargetRoot\" must be a string", NULL);
    refuse("{\"Files\": \"x\"}", 1, 11, "\"Files\" must be an array", NULL);
    refuse("{\"Dirs\": [null]}", 1, 11, "\"Dirs\" must be an array", NULL);
    refuse("{\"MapDirs\": []}", 1, 13, "\"MapDirs\" must be an object", NULL);
    refuse("{\"MapDirs\": {\"a\": 1}}", 1, 19, "must be an absolute path", NULL);
    refuse("{\"RunConfig\": 1}", 1, 15, "\"RunConfig\" must be an object", NULL);
    refuse("{\"RunConfig\": {\"Memory\": 128}}", 1, 26, "\"Memory\" must be a string", NULL);
}

static void every_wrong_value_is_named(void **state)
{
    (void)state;
    refuse("{}", 1, 1, "does not say what to run", "Program");
    refuse("{\"Program\": \"\"}", 1, 13, "\"Program\" is empty", NULL);
    refuse("{\"Args\": []}", 1, 10, "at least one string", NULL);
    refuse("{\"Args\": [\"\"]}", 1, 1, "the first of \"Args\" is empty", NULL);
    refuse("{\"Cwd\": \"tmp\"}", 1, 9, "absolute", NULL);
    refuse("{\"Env\": {\"\": \"1\"}}", 1, 10, "cannot be the name of a variable", NULL);
    refuse("{\"Env\": {\"A=B\": \"1\"}}", 1, 10, "\"A=B\" cannot be the name", NULL);
    refuse("{\"Files\": [\"a\", \"\"]}", 1, 17, "has an empty string", NULL);
    refuse("{\"MapDirs\": {\"a/*\": \"b\"}}", 1, 21, "must be an absolute path", NULL);
    refuse("{\"MapDirs\": {\"\": \"/b\"}}", 1, 14, "empty pattern", NULL);
}

static void memory_is_a_number_with_a_unit(void **state)
{
    static const char *const good[] = {"1", "128m", "2G", "65536k"};
    static const char *const bad[] = {"", "0", "00m", "m", "1mm", "1 g", "-1m", "1t", "1.5g"};
    char                     text[100];
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        snprintf(text, sizeof(text), "{\"Program\": \"/a\", \"RunConfig\": {\"Memory\": \"%s\"}}",
                 good[i]);
        struct manifest m = accept(text);
        assert_string_equal(m.memory, good[i]);
        manifest_free(&m);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        snprintf(text, sizeof(text), "{\"Program\": \"/a\", \"RunConfig\": {\"Memory\": \"%s\"}}",
                 bad[i]);
        refuse(text, 1, 43, "such as \"128m\"", NULL);
    }
}

static void what_is_no_json_is_refused_where_it_goes_wrong(void **state)
{
    (void)state;
    struct manifest       m;
    struct manifest_error error;
    const char           *text = "{\n\"Program\": \"/a\",\n}\n";
    assert_int_equal(parse_bytes(text, strlen(text), &m, &error), -EINVAL);
    assert_int_equal(error.line, 3);
    drop_error(&error);
    text = "{\"Program\": \"/a\", \"Program\": \"/b\"}";
    assert_int_equal(parse_bytes(text, strlen(text), &m, &error), -EINVAL);
    contains(error.text, "duplicate");
    drop_error(&error);
    assert_int_equal(parse_bytes("", 0, &m, &error), -EINVAL);
    assert_int_equal(error.line, 1);
    drop_error(&error);
    assert_int_equal(parse_bytes("{\"Program\": \"\\u0000\"}", 21, &m, &error), -EINVAL);
    drop_error(&error);
}

static void a_canonical_manifest_has_what_the_kernel_reads_and_no_more(void **state)
{
    (void)state;
    struct manifest m = accept("{\"RunConfig\": {\"Memory\": \"64m\"}, \"Files\": [\"x\"],"
                               "\"Env\": {\"Z\": \"1\", \"A\": \"\"}, \"Args\": [\"\\u00fc\\n\"],"
                               "\"Cwd\": \"/\", \"Program\": \"/a\", \"Packages\": [\"p\"]}");
    char           *text = manifest_canonical(&m);
    assert_string_equal(text, "{\n"
                              "    \"Program\": \"/a\",\n"
                              "    \"Args\": [\n"
                              "        \"\xc3\xbc\\n\"\n"
                              "    ],\n"
                              "    \"Env\": {\n"
                              "        \"Z\": \"1\",\n"
                              "        \"A\": \"\"\n"
                              "    },\n"
                              "    \"Cwd\": \"/\",\n"
                              "    \"RunConfig\": {\n"
                              "        \"Memory\": \"64m\"\n"
                              "    }\n"
                              "}\n");
    manifest_free(&m);

    m = accept(text);
    char *again = manifest_canonical(&m);
    assert_string_equal(text, again);
    manifest_free(&m);
    free(again);
    free(text);
}

static void keys_about_content_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *text, *key;
    } cases[] = {
        {"{\"Program\": \"/a\", \"Env\": {}, \"RunConfig\": {}}", NULL},
        {"{\"Program\": \"/a\", \"Packages\": [\"p\"]}", "Packages"},
        {"{\"Program\": \"/a\", \"TargetRoot\": \"p\"}", "TargetRoot"},
        {"{\"Program\": \"/a\", \"Files\": [\"p\"]}", "Files"},
        {"{\"Program\": \"/a\", \"Dirs\": [\"p\"]}", "Dirs"},
        {"{\"Program\": \"/a\", \"MapDirs\": {\"p\": \"/\"}}", "MapDirs"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct manifest m = accept(cases[i].text);
        const char     *key = manifest_content_key(&m);
        if (cases[i].key)
            assert_string_equal(key, cases[i].key);
        else
            assert_null(key);
        manifest_free(&m);
    }
}

/* One with everything in it, and mistakes behind which all of the text has to be walked. */
static const char large[] =
    "{ \"Program\": \"/bin/a\", \"Args\": [\"a\", \"]}\\\"{\", \"\\\\\"],\n"
    "  \"Env\": {\"A\": \"{\\\"[\"}, \"Files\": [\"x\"], \"MapDirs\": {\"a\": \"/\"},\n"
    "  \"RunConfig\": {\"Memory\": \"1g\"}, \"Cwd\": \"/\"}\n";

static void judge(const char *text, size_t length)
{
    struct manifest       m;
    struct manifest_error error;
    if (parse_bytes(text, length, &m, &error) == 0) {
        free(manifest_canonical(&m));
        manifest_free(&m);
        return;
    }
    assert_non_null(error.text);
    assert_true(error.line >= 1 && error.line <= 5);
    drop_error(&error);
}

static void a_text_cut_anywhere_is_judged(void **state)
{
    (void)state;
    for (size_t length = 0; length < sizeof(large); length++)
        judge(large, length);
}

static void a_text_with_any_byte_changed_is_judged(void **state)
{
    static const char others[] = "\"\\{}[]:,0x \n\x80\xff";
    char              text[sizeof(large)];
    (void)state;
    for (size_t i = 0; i < sizeof(large) - 1; i++) {
        for (size_t o = 0; o < sizeof(others); o++) {
            memcpy(text, large, sizeof(large));
            text[i] = others[o];
            judge(text, sizeof(large) - 1);
        }
    }
}

static void a_deep_text_is_refused(void **state)
{
    (void)state;
    size_t length = 100000;
    char  *text = malloc(length);
    memset(text, '[', length);
    judge(text, length);
    memcpy(text, "{\"Args\":", 8);
    judge(text, length);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_read),
        cmocka_unit_test(a_program_without_arguments_is_its_own_first_one),
        cmocka_unit_test(the_first_argument_is_the_program_if_none_is_named),
        cmocka_unit_test(an_unknown_key_is_named_with_its_place_and_the_nearest_one),
        cmocka_unit_test(an_unknown_key_of_run_config_is_named),
        cmocka_unit_test(columns_count_characters),
        cmocka_unit_test(keys_of_ops_without_a_use_are_called_that),
        cmocka_unit_test(every_wrong_type_is_named_at_the_value),
        cmocka_unit_test(every_wrong_value_is_named),
        cmocka_unit_test(memory_is_a_number_with_a_unit),
        cmocka_unit_test(what_is_no_json_is_refused_where_it_goes_wrong),
        cmocka_unit_test(a_canonical_manifest_has_what_the_kernel_reads_and_no_more),
        cmocka_unit_test(keys_about_content_are_found),
        cmocka_unit_test(a_text_cut_anywhere_is_judged),
        cmocka_unit_test(a_text_with_any_byte_changed_is_judged),
        cmocka_unit_test(a_deep_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
