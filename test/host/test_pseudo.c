/* SPDX-License-Identifier: Apache-2.0 */
/* test_pseudo.c - the texts of pseudo-files: growing, columns, memory that gives out. */
/* sources: src/fs/pseudo_text.c src/lib/fmt.c src/lib/strlcpy.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fs/pseudo_text.h"
#include "kernel/heap.h"

static int fail_at; /* the allocation from here on that fails; 0: none */

void *kmalloc(size_t size)
{
    return fail_at && --fail_at == 0 ? NULL : malloc(size);
}

void kfree(void *ptr)
{
    free(ptr);
}

static void assert_text(struct pseudo_text *t, const char *expected)
{
    assert_false(t->failed);
    assert_int_equal(t->len, strlen(expected));
    assert_memory_equal(t->bytes, expected, t->len);
    pseudo_text_clear(t);
    assert_null(t->bytes);
}

static void a_text_is_what_was_put(void **state)
{
    struct pseudo_text t = {0};
    (void)state;

    pseudo_printf(&t, "%s %d|", "one", 2);
    pseudo_puts(&t, "three");
    pseudo_put(&t, "", 0);
    pseudo_put(&t, "!", 1);
    assert_text(&t, "one 2|three!");
}

static void a_text_grows_and_keeps_every_byte(void **state)
{
    struct pseudo_text t = {0};
    char               expected[16];
    (void)state;

    for (int i = 0; i < 5000; i++)
        pseudo_printf(&t, "%06d\n", i);
    assert_int_equal(t.len, 35000);
    for (int i = 0; i < 5000; i++) {
        snprintf(expected, sizeof(expected), "%06d\n", i);
        assert_memory_equal(t.bytes + 7 * i, expected, 7);
    }
    pseudo_text_clear(&t);
}

static void one_piece_may_be_larger_than_twice_the_room(void **state)
{
    static char        piece[3000];
    struct pseudo_text t = {0};
    (void)state;

    memset(piece, 'x', sizeof(piece));
    pseudo_puts(&t, "a");
    pseudo_put(&t, piece, sizeof(piece));
    assert_int_equal(t.len, 1 + sizeof(piece));
    assert_int_equal(t.bytes[0], 'a');
    assert_memory_equal(t.bytes + 1, piece, sizeof(piece));
    pseudo_text_clear(&t);
}

static void a_pad_counts_from_the_start_of_the_line(void **state)
{
    struct pseudo_text t = {0};
    (void)state;

    pseudo_pad(&t, 3);
    pseudo_puts(&t, "a\nbb");
    pseudo_pad(&t, 5);
    pseudo_puts(&t, "c\nlong");
    pseudo_pad(&t, 4);
    pseudo_puts(&t, "d");
    assert_text(&t, "   a\nbb   c\nlong d");
}

static void want_of_memory_is_remembered_and_nothing_follows_the_gap(void **state)
{
    struct pseudo_text t = {0};
    char               piece[200] = {0};
    (void)state;

    fail_at = 2;
    pseudo_put(&t, piece, sizeof(piece));
    assert_false(t.failed);
    pseudo_put(&t, piece, sizeof(piece));
    assert_true(t.failed);
    pseudo_puts(&t, "there was room for this");
    assert_int_equal(t.len, sizeof(piece));
    pseudo_text_clear(&t);
    assert_false(t.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_what_was_put),
        cmocka_unit_test(a_text_grows_and_keeps_every_byte),
        cmocka_unit_test(one_piece_may_be_larger_than_twice_the_room),
        cmocka_unit_test(a_pad_counts_from_the_start_of_the_line),
        cmocka_unit_test(want_of_memory_is_remembered_and_nothing_follows_the_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
