/* SPDX-License-Identifier: Apache-2.0 */
/* test_json.c - the JSON reader: the grammar from both sides, places of errors, hostile bytes.
 *
 * Every text is copied into a heap block of its exact length, so that the address sanitizer sees a
 * read beyond the end. */
/* sources: src/lib/json.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/errno.h"
#include "lib/json.h"

/* Read all of text; the type of the last token, JSON_END or JSON_ERROR. */
static enum json_type read_all(const char *text, size_t len, struct json_reader *r)
{
    char *copy = malloc(len ? len : 1);
    memcpy(copy, text, len);
    json_open(r, copy, len);
    struct json_token tok;
    enum json_type    type;
    size_t            tokens = 0;
    do {
        type = json_next(r, &tok);
        assert_true(tokens++ <= len + 1);
    } while (type != JSON_END && type != JSON_ERROR);
    free(copy);
    return type;
}

static void accept(const char *text)
{
    struct json_reader r;
    if (read_all(text, strlen(text), &r) != JSON_END)
        fail_msg("refused: %s: %u:%u %s", text, r.error_line, r.error_column, r.error);
}

static void refuse_bytes(const char *text, size_t len)
{
    struct json_reader r;
    if (read_all(text, len, &r) != JSON_ERROR)
        fail_msg("accepted: %s", text);
    assert_non_null(r.error);
}

static void refuse(const char *text)
{
    refuse_bytes(text, strlen(text));
}

static void every_form_of_the_grammar_is_read(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        "[]",
        " [ ] ",
        "null",
        "true",
        "false",
        "\"\"",
        "0",
        "-0",
        "-1",
        "10",
        "1.5",
        "1e9",
        "1E+9",
        "0.0e-0",
        "[1,2]",
        "[[[]],{}]",
        "{\"a\":{\"b\":[null,true]},\"c\":\"d\"}",
        "\r\n\t{ \"a\" : 1 , \"b\" : [ ] }\n",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"",
        "\"\\ud83d\\ude00\"",
        "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\"",
        "\"\x7f\"",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        accept(texts[i]);
}

static void what_the_grammar_excludes_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        " ",
        "{",
        "}",
        "[",
        "]",
        "{]",
        "[}",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{a:1}",
        "{'a':1}",
        "{1:1}",
        "{\"a\":1 \"b\":2}",
        "[1}",
        "{\"a\":1]",
        "1 2",
        "{} {}",
        "[] x",
        "nul",
        "nulll",
        "True",
        "NaN",
        "Infinity",
        "+1",
        "01",
        "-",
        "-01",
        "1.",
        ".5",
        "1e",
        "1e+",
        "0x10",
        "1.e5",
        "--1",
        "\"",
        "\"a",
        "\"\\\"",
        "\"\\",
        "\"\\x41\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\u\"",
        "\"\\u123",
        "\"\\ud83d\"",
        "\"\\ud83dx\"",
        "\"\\ud83d\\n\"",
        "\"\\ud83d\\u0041\"",
        "\"\\ude00\"",
        "\"\\ud83d\\ud83d\"",
        "\"\n\"",
        "\"\t\"",
        "// c\n1",
        "/* c */ 1",
        "[1,,2]",
        "{,}",
        "\xef\xbb\xbf{}",
        "'a'",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        refuse(texts[i]);
    refuse_bytes("\"\0\"", 3);
    refuse_bytes("[1]\0", 4);
    refuse_bytes("\0", 1);
}

static void malformed_utf8_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "\"\x80\"",             /* a continuation byte alone */
        "\"\xc3\"",             /* cut by the quote */
        "\"\xc3",               /* cut by the end */
        "\"\xc0\xaf\"",         /* overlong '/' */
        "\"\xc1\xbf\"",         /* overlong */
        "\"\xe0\x80\xaf\"",     /* overlong, three bytes */
        "\"\xe0\x9f\xbf\"",     /* overlong, three bytes, the last */
        "\"\xed\xa0\x80\"",     /* a surrogate */
        "\"\xf0\x80\x80\xaf\"", /* overlong, four bytes */
        "\"\xf4\x90\x80\x80\"", /* above U+10FFFF */
        "\"\xf5\x80\x80\x80\"",
        "\"\xff\"",
        "\"\xe2\x82\"",
        "\"\xe2\x28\xa1\"",
        "\"\xf0\x9f\x98\"",
        "\"\xf0\x9f\x98\x28\"",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        refuse(texts[i]);
}

static void depth_is_limited(void **state)
{
    (void)state;
    char text[2 * JSON_DEPTH_MAX + 2];
    memset(text, '[', JSON_DEPTH_MAX);
    memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    struct json_reader r;
    assert_int_equal(read_all(text, 2 * JSON_DEPTH_MAX, &r), JSON_END);
    memset(text, '[', JSON_DEPTH_MAX + 1);
    memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
    assert_int_equal(read_all(text, 2 * JSON_DEPTH_MAX + 2, &r), JSON_ERROR);
    assert_string_equal(r.error, "nested too deeply");
    assert_int_equal(r.error_column, JSON_DEPTH_MAX + 1);
}

static void objects_and_arrays_alternate_at_every_depth(void **state)
{
    (void)state;
    accept("[{\"a\":[{\"a\":[{\"a\":[1,{\"b\":2}],\"c\":3}]}]},[{}]]");
    refuse("[{\"a\":[{\"a\":[{\"a\":[1,{\"b\":2]],\"c\":3}]}]},[{}]]");
}

static void an_error_names_its_line_and_column_and_stays(void **state)
{
    (void)state;
    static const char  text[] = "{\n  \"a\": 1,\n  \"b\" 2\n}";
    struct json_reader r;
    assert_int_equal(read_all(text, strlen(text), &r), JSON_ERROR);
    assert_int_equal(r.error_line, 3);
    assert_int_equal(r.error_column, 7);
    assert_string_equal(r.error, "expected ':' after a name");
    struct json_token tok;
    assert_int_equal(json_next(&r, &tok), JSON_ERROR);
    assert_int_equal(r.error_column, 7);
}

static void tokens_carry_their_place(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":\n [1,\n\"x\"]}";
    static const struct {
        enum json_type type;
        unsigned       line, column;
    } want[] = {
        {JSON_OBJECT, 1, 1}, {JSON_NAME, 1, 2},      {JSON_ARRAY, 2, 2},      {JSON_NUMBER, 2, 3},
        {JSON_STRING, 3, 1}, {JSON_ARRAY_END, 3, 4}, {JSON_OBJECT_END, 3, 5}, {JSON_END, 3, 6},
    };
    struct json_reader r;
    struct json_token  tok;
    json_open(&r, text, strlen(text));
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        assert_int_equal(json_next(&r, &tok), want[i].type);
        assert_int_equal(tok.line, want[i].line);
        assert_int_equal(tok.column, want[i].column);
    }
}

/* The first token of text, which must outlive it. */
static struct json_token only_token(const char *text)
{
    struct json_reader r;
    struct json_token  tok;
    json_open(&r, text, strlen(text));
    json_next(&r, &tok);
    return tok;
}

static void strings_are_decoded(void **state)
{
    (void)state;
    char              buf[32];
    struct json_token tok = only_token(
        "\"a\\n\\\"\\\\\\/\\u00e4\\u20AC\\ud83d\\uDE00\xc3\xa4\\u007f\"");
    static const char want[] = "a\n\"\\/\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xc3\xa4\x7f";
    assert_int_equal(json_string(&tok, buf, sizeof(buf)), strlen(want));
    assert_string_equal(buf, want);
    assert_true(json_string_is(&tok, want));
    assert_false(json_string_is(&tok, "a\n"));
    assert_false(json_string_is(&tok, "a\n\"\\/\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xc3\xa4\x7f "));
}

static void a_string_must_fit_with_its_zero(void **state)
{
    (void)state;
    struct json_token tok = only_token("\"abc\"");
    struct json_token euro = only_token("\"ab\\u20ac\"");
    struct json_token empty = only_token("\"\"");
    char             *buf = malloc(4);
    assert_int_equal(json_string(&tok, buf, 4), 3);
    assert_int_equal(json_string(&tok, buf, 3), -ENAMETOOLONG);
    assert_int_equal(json_string(&tok, buf, 0), -ENAMETOOLONG);
    assert_int_equal(json_string(&euro, buf, 4), -ENAMETOOLONG);
    assert_int_equal(json_string(&empty, buf, 1), 0);
    assert_int_equal(json_string(&empty, buf, 0), -ENAMETOOLONG);
    free(buf);
}

static void the_zero_character_is_no_part_of_a_c_string(void **state)
{
    (void)state;
    char              buf[8];
    struct json_token tok = only_token("\"a\\u0000b\"");
    assert_int_equal(tok.type, JSON_STRING);
    assert_int_equal(json_string(&tok, buf, sizeof(buf)), -EINVAL);
    assert_false(json_string_is(&tok, "a"));
}

static void integers_have_exact_limits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int         error;
        int64_t     value;
    } cases[] = {
        {"0", 0, 0},
        {"-0", 0, 0},
        {"42", 0, 42},
        {"-7", 0, -7},
        {"9223372036854775807", 0, INT64_MAX},
        {"-9223372036854775808", 0, INT64_MIN},
        {"9223372036854775808", -ERANGE, 0},
        {"-9223372036854775809", -ERANGE, 0},
        {"99999999999999999999999", -ERANGE, 0},
        {"1.0", -EINVAL, 0},
        {"1e3", -EINVAL, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct json_token tok = only_token(cases[i].text);
        int64_t           value = 0;
        assert_int_equal(json_integer(&tok, &value), cases[i].error);
        assert_true(value == cases[i].value);
    }
}

static void skipping_passes_over_whole_values(void **state)
{
    (void)state;
    static const char        text[] = "{\"a\":[1,{\"x\":[]},\"]\"],\"b\":\"s\",\"c\":{}}";
    static const char *const names[] = {"a", "b", "c"};
    struct json_reader       r;
    struct json_token        tok;
    json_open(&r, text, strlen(text));
    json_next(&r, &tok);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_int_equal(json_next(&r, &tok), JSON_NAME);
        assert_true(json_string_is(&tok, names[i]));
        json_next(&r, &tok);
        assert_int_equal(json_skip(&r, &tok), 0);
    }
    assert_int_equal(json_next(&r, &tok), JSON_OBJECT_END);
    assert_int_equal(json_next(&r, &tok), JSON_END);
    json_open(&r, "[1,", 3);
    json_next(&r, &tok);
    assert_int_equal(json_skip(&r, &tok), -EINVAL);
}

/* Every text of one changed, removed or cut byte is read without a fault and ends. */
static void any_damage_to_a_text_is_survived(void **state)
{
    (void)state;
    static const char text[] =
        "{\"a\":[1,-2.5e3,{\"\\ud83d\\ude00\":\"\xe2\x82\xac\"}],\"b\":null}";
    size_t             len = strlen(text);
    struct json_reader r;
    for (size_t at = 0; at < len; at++) {
        char copy[sizeof(text)];
        for (unsigned byte = 0; byte < 256; byte++) {
            memcpy(copy, text, sizeof(text));
            copy[at] = (char)byte;
            read_all(copy, len, &r);
        }
        assert_int_equal(read_all(text, at, &r), JSON_ERROR);
        memcpy(copy, text, at);
        memcpy(copy + at, text + at + 1, len - at - 1);
        read_all(copy, len - 1, &r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_the_grammar_is_read),
        cmocka_unit_test(what_the_grammar_excludes_is_refused),
        cmocka_unit_test(malformed_utf8_is_refused),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(objects_and_arrays_alternate_at_every_depth),
        cmocka_unit_test(an_error_names_its_line_and_column_and_stays),
        cmocka_unit_test(tokens_carry_their_place),
        cmocka_unit_test(strings_are_decoded),
        cmocka_unit_test(a_string_must_fit_with_its_zero),
        cmocka_unit_test(the_zero_character_is_no_part_of_a_c_string),
        cmocka_unit_test(integers_have_exact_limits),
        cmocka_unit_test(skipping_passes_over_whole_values),
        cmocka_unit_test(any_damage_to_a_text_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
