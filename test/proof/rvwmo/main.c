/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - run all litmus tests; a result for each. */
#include <stdio.h>
#include <string.h>

#include "known.h"
#include "litmus.h"

static bool     failed;
static uint64_t orders;

static void result(bool ok, const char *name, const char *what)
{
    printf("%sok - %s: %s\n", ok ? "" : "not ", name, what);
    failed |= !ok;
}

static void check_known(const struct known *k)
{
    struct litmus t;
    litmus_parse(&t, "", k->program, k->outcome);
    bool allowed = litmus_allowed(&t, &orders);
    result(allowed == k->allowed, k->name, allowed ? "allowed" : "forbidden");
}

static void check_edit(const struct edit_test *e)
{
    struct litmus t;
    char          found[32] = "", what[120];

    litmus_parse(&t, e->init, e->program, e->outcome);
    bool bad = litmus_allowed(&t, &orders);
    for (unsigned k = 0; k + 1 < sizeof(found); k++) {
        struct litmus less = t;
        if (!litmus_without_fence(&less, k))
            break;
        found[k] = litmus_allowed(&less, &orders) ? 'n' : 'r';
    }
    snprintf(what, sizeof(what), "%s; fences %s", bad ? "HAPPENS" : "cannot happen", found);
    result(!bad && strcmp(found, e->fences) == 0, e->name, what);
}

static void check_naive(const struct edit_test *e)
{
    struct litmus t;
    litmus_parse(&t, e->init, e->program, e->outcome);
    bool happens = litmus_allowed(&t, &orders);
    result(happens, e->name, happens ? "found" : "not found");
}

int main(void)
{
    printf("# group known litmus tests\n");
    for (unsigned i = 0; i < nknown_tests; i++)
        check_known(&known_tests[i]);
    printf("# group edits under RVWMO\n");
    for (unsigned i = 0; i < nedit_tests; i++)
        check_edit(&edit_tests[i]);
    for (unsigned i = 0; i < nnaive_tests; i++)
        check_naive(&naive_tests[i]);
    printf("# total %llu global memory orders\n", (unsigned long long)orders);
    return failed;
}
