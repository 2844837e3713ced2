/* SPDX-License-Identifier: Apache-2.0 */
/* test_ranges.c - lists of physical ranges against a bitmap of pages.
 */
/* sources: src/riscv64/ranges.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "riscv64/ranges.h"

#define PAGES 64
#define MAX   8

struct model {
    struct phys_range list[MAX];
    size_t            n;
    bool              page[PAGES];
};

static void check(const struct model *m)
{
    bool seen[PAGES] = {false};
    for (size_t i = 0; i < m->n; i++) {
        assert_true(m->list[i].len > 0);
        if (i) /* sorted, disjoint and joined where they touch */
            assert_true(m->list[i - 1].start + m->list[i - 1].len < m->list[i].start);
        for (size_t p = m->list[i].start; p < m->list[i].start + m->list[i].len; p++)
            seen[p] = true;
    }
    assert_memory_equal(seen, m->page, sizeof(seen));
}

static void adding_and_cutting_equals_a_bitmap_and_a_full_list_changes_nothing(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 200; seed++) {
        struct model m = {0};
        srand(seed);
        for (int step = 0; step < 400; step++) {
            struct phys_range r = {(paddr_t)(rand() % PAGES), 0};
            r.len = (size_t)(rand() % 12);
            if (r.start + r.len > PAGES)
                r.len = PAGES - r.start;
            struct model before = m;
            bool         add = rand() % 2;
            bool ok = add ? ranges_add(m.list, &m.n, MAX, r) : ranges_cut(m.list, &m.n, MAX, r);
            if (ok)
                memset(m.page + r.start, add, r.len);
            else
                assert_memory_equal(&before, &m, sizeof(m));
            check(&m);
        }
    }
}

static void a_range_is_contained_only_in_one_entry(void **state)
{
    (void)state;
    struct phys_range list[] = {{10, 5}, {20, 5}};
    assert_true(ranges_contain(list, 2, (struct phys_range){11, 4}));
    assert_false(ranges_contain(list, 2, (struct phys_range){11, 5}));
    assert_false(ranges_contain(list, 2, (struct phys_range){14, 8}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adding_and_cutting_equals_a_bitmap_and_a_full_list_changes_nothing),
        cmocka_unit_test(a_range_is_contained_only_in_one_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
