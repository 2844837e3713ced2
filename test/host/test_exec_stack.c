/* SPDX-License-Identifier: Apache-2.0 */
/* test_exec_stack.c - the initial stack, read back as a program's start-up code reads it. */
/* sources: src/unix/exec_stack.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/assert.h"
#include "lib/errno.h"
#include "unix/abi.h"
#include "unix/exec_stack.h"

#define TOP 0xeffffff000ul

_Noreturn void assert_failed(const char *expr, const char *file, int line)
{
    mock_assert(0, expr, file, line);
    abort();
}

static struct exec_stack_info info;
static char                  *block; /* what lies at [TOP - size, TOP) */
static size_t                 size;

static struct strlist list(const char *bytes, size_t len, unsigned count)
{
    return (struct strlist){.bytes = bytes, .len = len, .count = count};
}

static void write_block(void)
{
    assert_int_equal(exec_stack_size(&info, &size), 0);
    free(block);
    block = malloc(size);
    memset(block, 0xa5, size);
    exec_stack_write(&info, block, size);
}

static const char *at(uint64_t va)
{
    assert_in_range(va, TOP - size, TOP - 1);
    return block + (va - (TOP - size));
}

static uint64_t word(size_t index)
{
    uint64_t value;
    memcpy(&value, block + index * 8, 8);
    return value;
}

/* The value of an entry of the auxiliary vector that begins at word index; it must be there
 * once. */
static uint64_t aux(size_t index, uint64_t type)
{
    uint64_t value = 0;
    unsigned found = 0;
    for (; word(index) != AT_NULL; index += 2) {
        if (word(index) == type) {
            value = word(index + 1);
            found++;
        }
    }
    assert_int_equal(found, 1);
    return value;
}

static int set_up(void **state)
{
    (void)state;
    info = (struct exec_stack_info){
        .args = list("prog\0-v\0", 8, 2),
        .env = list("A=1\0LONG=abcdefgh\0", 18, 2),
        .path = "/bin/prog",
        .stack_top = TOP,
        .vdso = 0x7fff000,
        .phdr_va = 0x10040,
        .nphdrs = 6,
        .base = 0x7000,
        .entry = 0x10400,
        .random = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
    };
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(block);
    block = NULL;
    return 0;
}

static void a_program_finds_everything(void **state)
{
    (void)state;
    write_block();
    assert_int_equal(word(0), 2);
    assert_string_equal(at(word(1)), "prog");
    assert_string_equal(at(word(2)), "-v");
    assert_int_equal(word(3), 0);
    assert_string_equal(at(word(4)), "A=1");
    assert_string_equal(at(word(5)), "LONG=abcdefgh");
    assert_int_equal(word(6), 0);
    assert_int_equal(aux(7, AT_PHDR), 0x10040);
    assert_int_equal(aux(7, AT_PHENT), 56);
    assert_int_equal(aux(7, AT_PHNUM), 6);
    assert_int_equal(aux(7, AT_BASE), 0x7000);
    assert_int_equal(aux(7, AT_ENTRY), 0x10400);
    assert_int_equal(aux(7, AT_PAGESZ), 4096);
    assert_int_equal(aux(7, AT_CLKTCK), 100);
    assert_int_equal(aux(7, AT_SECURE), 0);
    assert_int_equal(aux(7, AT_SYSINFO_EHDR), 0x7fff000);
    assert_int_equal(aux(7, AT_HWCAP), 0x112d);
    assert_string_equal(at(aux(7, AT_EXECFN)), "/bin/prog");
    assert_memory_equal(at(aux(7, AT_RANDOM)), info.random, 16);
}

static void strings_lie_at_the_top_in_linuxs_order(void **state)
{
    (void)state;
    write_block();
    static const char want[] = "prog\0-v\0A=1\0LONG=abcdefgh\0/bin/prog\0\0\0\0\0\0\0\0";
    assert_memory_equal(block + size - sizeof(want), want, sizeof(want));
}

static void the_stack_pointer_is_16_aligned_whatever_the_lengths_are(void **state)
{
    (void)state;
    char path[64];
    for (size_t len = 1; len < 40; len++) {
        memset(path, 'x', len);
        path[len] = '\0';
        info.path = path;
        write_block();
        assert_int_equal((TOP - size) % 16, 0);
        assert_string_equal(at(aux(7, AT_EXECFN)), path);
        assert_memory_equal(at(aux(7, AT_RANDOM)), info.random, 16);
    }
}

static void there_may_be_no_strings_at_all(void **state)
{
    (void)state;
    info.args = list("", 0, 0);
    info.env = list("", 0, 0);
    write_block();
    assert_int_equal(word(0), 0);
    assert_int_equal(word(1), 0);
    assert_int_equal(word(2), 0);
    assert_string_equal(at(aux(3, AT_EXECFN)), "/bin/prog");
}

static void strings_longer_than_linux_allows_are_refused(void **state)
{
    (void)state;
    char *big = malloc(EXEC_STRING_MAX + 1);
    memset(big, 'b', EXEC_STRING_MAX);
    big[EXEC_STRING_MAX - 1] = '\0';
    info.args = list(big, EXEC_STRING_MAX, 1);
    assert_int_equal(exec_stack_size(&info, &size), 0);
    big[EXEC_STRING_MAX - 1] = 'b';
    big[EXEC_STRING_MAX] = '\0';
    info.args = list(big, EXEC_STRING_MAX + 1, 1);
    assert_int_equal(exec_stack_size(&info, &size), -E2BIG);
    info.args = list("a", 2, 1);
    info.env = list(big, EXEC_STRING_MAX + 1, 1);
    assert_int_equal(exec_stack_size(&info, &size), -E2BIG);
    free(big);
}

static void too_many_strings_are_refused(void **state)
{
    (void)state;
    unsigned count = EXEC_TOTAL_MAX / 9; /* a byte and a pointer each */
    char    *empty = calloc(1, EXEC_TOTAL_MAX + 1);
    info.args = list(empty, count, count);
    assert_int_equal(exec_stack_size(&info, &size), -E2BIG);
    info.args = list(empty, count - 100, count - 100);
    write_block();
    assert_true(size <= EXEC_TOTAL_MAX);
    info.args = list(empty, EXEC_TOTAL_MAX + 1, EXEC_TOTAL_MAX + 1);
    assert_int_equal(exec_stack_size(&info, &size), -E2BIG);
    free(empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_program_finds_everything, set_up),
        cmocka_unit_test_setup(strings_lie_at_the_top_in_linuxs_order, set_up),
        cmocka_unit_test_setup(the_stack_pointer_is_16_aligned_whatever_the_lengths_are, set_up),
        cmocka_unit_test_setup(there_may_be_no_strings_at_all, set_up),
        cmocka_unit_test_setup(strings_longer_than_linux_allows_are_refused, set_up),
        cmocka_unit_test_setup(too_many_strings_are_refused, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
