/* SPDX-License-Identifier: Apache-2.0 */
/* test_string.c - the string functions against the C library's.
 *
 * Both sets are needed in one program, so this file includes string.c itself with every public name
 * changed by the macros below; sanitizers then see it like any other code. Buffers end at the end
 * of a heap block or at the edge of a page with nothing mapped beyond, on both sides.
 */
/* flags: -fno-builtin */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define memcpy  our_memcpy
#define memmove our_memmove
#define memset  our_memset
#define memcmp  our_memcmp
#define memchr  our_memchr
#define strlen  our_strlen
#define strnlen our_strnlen
#define strcmp  our_strcmp
#define strncmp our_strncmp
#define strchr  our_strchr
#define strrchr our_strrchr
#define strspn  our_strspn
#define strcspn our_strcspn
#define strlcpy our_strlcpy
#define strtoul our_strtoul
#include "lib/string.c"
#include "lib/strlcpy.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strrchr
#undef strspn
#undef strcspn
#undef strlcpy
#undef strtoul

#define SKEWS    16   /* offsets from a 16-byte boundary */
#define LEN_MAX  1400 /* past several turns of every unrolled loop */
#define SPAN_MAX (SKEWS + LEN_MAX + SKEWS)

static unsigned next_random(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15;
    state = state * 6364136223846793005 + 1442695040888963407;
    return (unsigned)(state >> 33);
}

static void randomize(unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)next_random();
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

/* Every length that takes another path, then random ones. */
static size_t pick_len(unsigned round)
{
    return round < 150 ? round : next_random() % LEN_MAX;
}

/* Copy between blocks that end where the data end; the bytes in front of dst must survive. */
static void check_copy(size_t dst_skew, size_t src_skew, size_t len)
{
    unsigned char *src = malloc(src_skew + len + 1), *dst = malloc(dst_skew + len + 1);
    unsigned char *want = malloc(dst_skew + len + 1);
    unsigned char *s = src + 1 + src_skew, *d = dst + dst_skew;

    randomize(src, src_skew + len + 1);
    randomize(dst, dst_skew + len + 1);
    memcpy(want, dst, dst_skew + len + 1);
    memcpy(want + dst_skew, s, len);
    assert_ptr_equal(our_memcpy(d, s, len), d);
    assert_memory_equal(dst, want, dst_skew + len + 1);
    free(src);
    free(dst);
    free(want);
}

static void memcpy_copies_exactly_its_range_at_every_alignment(void **state)
{
    (void)state;
    for (size_t dst_skew = 0; dst_skew < 8; dst_skew++)
        for (size_t src_skew = 0; src_skew < 8; src_skew++)
            for (unsigned round = 0; round < 200; round++)
                check_copy(dst_skew, src_skew, pick_len(round));
}

static void memmove_is_right_for_every_overlap(void **state)
{
    (void)state;
    unsigned char ours[SPAN_MAX], libc[SPAN_MAX];

    for (unsigned round = 0; round < 200000; round++) {
        size_t from = next_random() % (2 * SKEWS), to = next_random() % (2 * SKEWS);
        size_t len = next_random() % (SPAN_MAX - 2 * SKEWS);
        if (round % 4 == 0)
            len %= 40;
        randomize(ours, sizeof(ours));
        memcpy(libc, ours, sizeof(ours));
        memmove(libc + to, libc + from, len);
        assert_ptr_equal(our_memmove(ours + to, ours + from, len), ours + to);
        assert_memory_equal(ours, libc, sizeof(ours));
        if (round > 20000)
            round += 15;
    }
}

static void memset_fills_exactly_its_range_at_every_alignment(void **state)
{
    (void)state;
    for (size_t skew = 0; skew < SKEWS; skew++)
        for (unsigned round = 0; round < 300; round++) {
            size_t         len = pick_len(round);
            int            value = (int)next_random();
            unsigned char *block = malloc(skew + len + 1), *want = malloc(skew + len + 1);
            randomize(block, skew + len + 1);
            memcpy(want, block, skew + len + 1);
            memset(want + skew, value, len);
            assert_ptr_equal(our_memset(block + skew, value, len), block + skew);
            assert_memory_equal(block, want, skew + len + 1);
            free(block);
            free(want);
        }
}

static void memcmp_has_the_sign_of_the_first_difference(void **state)
{
    (void)state;
    unsigned char a[SPAN_MAX], b[SPAN_MAX];
    for (unsigned round = 0; round < 50000; round++) {
        size_t skew_a = next_random() % SKEWS, skew_b = next_random() % SKEWS;
        size_t len = next_random() % 60;
        if (round % 2)
            skew_a = skew_b = skew_a & 8u; /* word by word */
        randomize(a, sizeof(a));
        memcpy(b + skew_b, a + skew_a, len);
        if (len > 0 && round % 3)
            b[skew_b + next_random() % len] = (unsigned char)next_random();
        assert_int_equal(sign(our_memcmp(a + skew_a, b + skew_b, len)),
                         sign(memcmp(a + skew_a, b + skew_b, len)));
    }
}

/* A page with nothing mapped before and behind it. */
static unsigned char *guarded_page(void)
{
    size_t         page = 4096;
    unsigned char *map = mmap(NULL, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(map != MAP_FAILED);
    assert_int_equal(mprotect(map + page, page, PROT_READ | PROT_WRITE), 0);
    return map + page;
}

static void nothing_is_touched_beyond_either_edge_of_a_page(void **state)
{
    (void)state;
    unsigned char *a = guarded_page(), *b = guarded_page();
    for (size_t len = 0; len < 700; len += len < 200 ? 1 : 7)
        for (size_t skew = 0; skew < SKEWS; skew++) {
            our_memcpy(a + 4096 - len, b + skew, len);
            our_memcpy(a + skew, b + 4096 - len, len);
            our_memcpy(a, b + skew, len);
            our_memmove(a + 4096 - len, a + 4096 - len - skew, len);
            our_memmove(a + skew, a, len);
            our_memmove(a, a + skew, len);
            our_memset(a, 1, len);
            our_memset(a + 4096 - len, 1, len);
            our_memset(b + 4096 - len, 1, len);
            assert_int_equal(our_memcmp(a + 4096 - len, b + 4096 - len, len), 0);
            assert_null(our_memchr(a + 4096 - len, 2, len));
        }
    memset(a, 'x', 4096);
    a[4095] = 0;
    assert_int_equal(our_strlen((char *)a + 4080), 15);
    assert_int_equal(our_strnlen((char *)b + 4090, 6), 6);
}

static void searches_agree_with_the_c_library(void **state)
{
    (void)state;
    char s[40], t[40], set[4];
    for (unsigned round = 0; round < 50000; round++) {
        size_t len = next_random() % (sizeof(s) - 1), max = next_random() % sizeof(s);
        for (size_t i = 0; i < sizeof(s); i++)
            s[i] = (char)("abcde\xff"[next_random() % 6]);
        s[len] = 0;
        memcpy(t, s, sizeof(t));
        t[next_random() % sizeof(t)] ^= (char)(next_random() % 2 ? 0x83 : 0);
        t[sizeof(t) - 1] = 0;
        set[0] = s[next_random() % sizeof(s)];
        set[1] = s[next_random() % sizeof(s)];
        set[2] = 0;
        int c = round % 5 ? s[next_random() % sizeof(s)] : 'z';

        assert_int_equal(our_strlen(s), strlen(s));
        assert_int_equal(our_strnlen(s, max), strnlen(s, max));
        assert_int_equal(sign(our_strcmp(s, t)), sign(strcmp(s, t)));
        assert_int_equal(sign(our_strncmp(s, t, max)), sign(strncmp(s, t, max)));
        assert_ptr_equal(our_strchr(s, c), strchr(s, c));
        assert_ptr_equal(our_strrchr(s, c), strrchr(s, c));
        assert_ptr_equal(our_memchr(s, c, max), memchr(s, c, max));
        assert_int_equal(our_strspn(s, set), strspn(s, set));
        assert_int_equal(our_strcspn(s, set), strcspn(s, set));
    }
}

static void strlcpy_cuts_terminates_and_tells_the_whole_length(void **state)
{
    (void)state;
    char dst[8] = "#######";
    assert_int_equal(our_strlcpy(dst, "abc", sizeof(dst)), 3);
    assert_memory_equal(dst, "abc\0###", 8);
    assert_int_equal(our_strlcpy(dst, "0123456789", 4), 10);
    assert_memory_equal(dst, "012\0###", 8);
    assert_int_equal(our_strlcpy(dst, "xy", 0), 2);
    assert_memory_equal(dst, "012\0###", 8);
}

static void check_strtoul(const char *text, int base)
{
    char         *our_end, *end;
    unsigned long ours = our_strtoul(text, &our_end, base), want = strtoul(text, &end, base);
    if (ours != want || our_end != end)
        print_error("strtoul(\"%s\", %d)\n", text, base);
    assert_true(ours == want);
    assert_ptr_equal(our_end, end);
}

static void strtoul_agrees_with_the_c_library(void **state)
{
    (void)state;
    static const char *const fixed[] = {
        "",
        "0",
        "0x",
        "0xg",
        "0x1F",
        "0X1f",
        " \t\n42z",
        "+7",
        "-7",
        "--7",
        "+-7",
        "08",
        "010",
        "zz",
        "ZZ",
        "18446744073709551615",
        "0x0x1",
        "- 1",
        "0x-1",
        "1e3",
        "\v9",
        "-",
        "0xffffffffffffffffff",
        "18446744073709551616",
        "-18446744073709551616",
        "99999999999999999999999999x",
    };
    for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
        for (int base = 0; base <= 36; base += base ? 1 : 2)
            check_strtoul(fixed[i], base);

    for (unsigned round = 0; round < 50000; round++) {
        char text[24];
        for (size_t i = 0; i < sizeof(text); i++)
            text[i] = "0123456789abcxXF -+"[next_random() % 19];
        text[next_random() % sizeof(text)] = 0;
        text[sizeof(text) - 1] = 0;
        unsigned base = next_random() % 36;
        check_strtoul(text, base ? (int)base + 1 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memcpy_copies_exactly_its_range_at_every_alignment),
        cmocka_unit_test(memmove_is_right_for_every_overlap),
        cmocka_unit_test(memset_fills_exactly_its_range_at_every_alignment),
        cmocka_unit_test(memcmp_has_the_sign_of_the_first_difference),
        cmocka_unit_test(nothing_is_touched_beyond_either_edge_of_a_page),
        cmocka_unit_test(searches_agree_with_the_c_library),
        cmocka_unit_test(strlcpy_cuts_terminates_and_tells_the_whole_length),
        cmocka_unit_test(strtoul_agrees_with_the_c_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
