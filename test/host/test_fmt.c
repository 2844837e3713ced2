/* SPDX-License-Identifier: Apache-2.0 */
/* test_fmt.c - formatted output against the C library's snprintf, on fixed and on random formats.
 *
 * The two may differ in what fmt.h says (NULL pointers), and where C leaves the outcome open
 * (a flag that has no meaning for a conversion); those combinations are not generated.
 */
/* sources: src/lib/fmt.c */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/fmt.h"

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-truncation"
#pragma GCC diagnostic ignored "-Wformat-extra-args"

#define OUT_MAX 512

static unsigned next_random(void)
{
    static uint64_t state = 0x2545f4914f6cdd1d;
    state = state * 6364136223846793005 + 1442695040888963407;
    return (unsigned)(state >> 33);
}

static uint64_t random_value(void)
{
    static const uint64_t edges[] = {
        0,   1,   9,     10,      7,          8,          15,        16,         127,
        128, 255, 32768, INT_MAX, 0x80000000, UINT32_MAX, INT64_MAX, 1ull << 63, UINT64_MAX,
    };
    if (next_random() % 2)
        return edges[next_random() % (sizeof(edges) / sizeof(edges[0]))];
    return ((uint64_t)next_random() << 40 ^ (uint64_t)next_random() << 16) >> next_random() % 64;
}

/* Format both ways into `room` bytes. The arguments are evaluated twice. */
#define CHECK(room, ...)                                            \
    do {                                                            \
        char ours[OUT_MAX], want[OUT_MAX];                          \
        memset(ours, '#', sizeof(ours));                            \
        memset(want, '#', sizeof(want));                            \
        size_t our_len = fmt_snprintf(ours, room, __VA_ARGS__);     \
        int    want_len = snprintf(want, room, __VA_ARGS__);        \
        compare(ours, our_len, want, want_len, room, #__VA_ARGS__); \
    } while (0)

static void compare(const char *ours, size_t our_len, const char *want, int want_len, size_t room,
                    const char *what)
{
    if (our_len != (size_t)want_len || memcmp(ours, want, OUT_MAX) != 0)
        print_error("%s room %zu: ours \"%.*s\" (%zu), C library's \"%.*s\" (%d)\n", what, room,
                    room ? OUT_MAX : 0, ours, our_len, room ? OUT_MAX : 0, want, want_len);
    assert_int_equal(our_len, want_len);
    assert_memory_equal(ours, want, OUT_MAX); /* and nothing beyond the terminator */
}

static void usual_lines_come_out_as_the_c_library_prints_them(void **state)
{
    (void)state;
    CHECK(OUT_MAX, "plain");
    CHECK(OUT_MAX, "100%% of %d %s%c", 42, "things", '!');
    CHECK(OUT_MAX, "%#lx..%#lx", 0x80200000ul, 0ul);
    CHECK(OUT_MAX, "%-8s|%8s|%.3s|%08x|%+d|% d", "ab", "cd", "efgh", 0xbeef, 5, 6);
    CHECK(OUT_MAX, "%zu %zd %td %jd %llu %hhx %hd", (size_t)-1, (ssize_t)-1, (ptrdiff_t)-3,
          (intmax_t)INT64_MIN, ~0ull, 0x1ff, 0x18000);
    CHECK(OUT_MAX, "%*d|%-*d|%.*d|%.*s|%*s", 6, 1, 6, 2, 4, 3, 2, "wxyz", -5, "n");
    CHECK(OUT_MAX, "%.*d|%.*s", -1, 0, -1, "all of it");
    CHECK(OUT_MAX, "%.0d|%.0x|%#.0o|%#o|%#x", 0, 0, 0, 0, 0);
    CHECK(OUT_MAX, "%p", (void *)0x1234);
    CHECK(OUT_MAX, "%c%c", 0, 'x');
    CHECK(OUT_MAX, "%d %d %d %d %d %d %d %d", 1, 2, 3, 4, 5, 6, 7, 8);
}

static void output_is_cut_at_every_size_and_always_terminated(void **state)
{
    (void)state;
    for (size_t room = 0; room < 40; room++)
        CHECK(room, "%5d,%-6s,%#010x,%s", -12, "abc", 0xbeef, "a longer tail");
}

/* A string of at most three of the flags that mean something for the conversion. */
static char *random_flags(char *p, const char *allowed)
{
    for (unsigned n = next_random() % 4; n > 0; n--)
        *p++ = allowed[next_random() % strlen(allowed)];
    return p;
}

static char *random_number(char *p, const char *prefix, unsigned max)
{
    return p + sprintf(p, "%s%u", prefix, next_random() % max);
}

static void every_integer_format_agrees_with_the_c_library(void **state)
{
    (void)state;
    static const char *const lengths[] = {"hh", "h", "", "l", "ll", "z", "j", "t"};
    for (unsigned round = 0; round < 200000; round++) {
        char        fmt[64], *p = fmt;
        const char *length = lengths[next_random() % 8];
        char        conversion = "diuxXo"[next_random() % 6];

        *p++ = '<';
        *p++ = '%';
        p = random_flags(p, strchr("di", conversion) ? "-0+ " : conversion == 'u' ? "-0" : "-0#");
        if (next_random() % 2)
            p = random_number(p, next_random() % 2 ? "" : "1", 30);
        if (next_random() % 2)
            p = random_number(p, ".", 30);
        p += sprintf(p, "%s%c>", length, conversion);

        uint64_t value = random_value();
        size_t   room = next_random() % 4 ? OUT_MAX : next_random() % 30;
        if (strlen(length) == 1 && strchr("lzjt", *length))
            CHECK(room, fmt, value);
        else if (strcmp(length, "ll") == 0)
            CHECK(room, fmt, (unsigned long long)value);
        else
            CHECK(room, fmt, (unsigned)value);
    }
}

static void every_text_format_agrees_with_the_c_library(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "a", "text", "a text of some length, 36 characters"};
    for (unsigned round = 0; round < 50000; round++) {
        char fmt[64], *p = fmt;
        *p++ = '[';
        *p++ = '%';
        p = random_flags(p, "-");
        if (next_random() % 2)
            p = random_number(p, "", 60);
        if (round % 3 == 0) {
            strcpy(p, "c]");
            int c = (int)(next_random() % 255 + 1);
            CHECK(OUT_MAX, fmt, c);
            continue;
        }
        if (next_random() % 2)
            p = random_number(p, next_random() % 9 ? "." : ".0", 40);
        strcpy(p, "s]");
        const char *text = texts[next_random() % 4];
        size_t      room = next_random() % 4 ? OUT_MAX : next_random() % 50;
        CHECK(room, fmt, text);
    }
}

/* A string without terminator is read only as far as the precision says. */
static void precision_bounds_how_far_a_string_is_read(void **state)
{
    (void)state;
    char *bytes = malloc(4), out[8];
    memcpy(bytes, "abcd", 4);
    assert_int_equal(fmt_snprintf(out, sizeof(out), "%.4s", bytes), 4);
    assert_string_equal(out, "abcd");
    free(bytes);
}

static void what_fmt_h_promises_beyond_c_holds(void **state)
{
    (void)state;
    char out[64];
    const char *volatile nothing = NULL;

    fmt_snprintf(out, sizeof(out), "%s %p", nothing, (void *)nothing);
    assert_string_equal(out, "(null) 0x0");
    fmt_snprintf(out, sizeof(out), "%y %5.2k %d", 7);
    assert_string_equal(out, "%y %5.2k 7");
    fmt_snprintf(out, sizeof(out), "cut short %-3l");
    assert_string_equal(out, "cut short %-3l");
    assert_int_equal(fmt_snprintf(out, 3, "%100000d", 1), 100000);
    assert_string_equal(out, "  ");
}

static void count_bytes(void *arg, const char *bytes, size_t len)
{
    (void)bytes;
    assert_true(len > 0);
    *(size_t *)arg += len;
}

static size_t format_counting(size_t *seen, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    size_t len = fmt_vformat(count_bytes, seen, fmt, ap);
    va_end(ap);
    return len;
}

static void the_callback_gets_every_byte_that_is_counted(void **state)
{
    (void)state;
    size_t seen = 0;
    assert_int_equal(format_counting(&seen, "%70d|%-70s|%s", 1, "x", ""), 142);
    assert_int_equal(seen, 142);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_lines_come_out_as_the_c_library_prints_them),
        cmocka_unit_test(output_is_cut_at_every_size_and_always_terminated),
        cmocka_unit_test(every_integer_format_agrees_with_the_c_library),
        cmocka_unit_test(every_text_format_agrees_with_the_c_library),
        cmocka_unit_test(precision_bounds_how_far_a_string_is_read),
        cmocka_unit_test(what_fmt_h_promises_beyond_c_holds),
        cmocka_unit_test(the_callback_gets_every_byte_that_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
