/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - which runs make up a scenario, and what was found.
 *
 *   protocol [--orders | --full | --any-order] [--naive] [--faults] [--fences] [--trace]
 *            [--odd | --even] [NAME...]
 *
 *   --orders     the verified orders, with the bounds that take some seconds
 *   --full       with walks beside a user instruction on the next page too, and two walks on all
 *                pairs of pages
 *   --any-order  with every order of the editor's operations between two fences in all runs, not
 *                only those with one walk or with user instructions alone; without the scenarios
 *                that have so many in one place that this takes hours
 *   --naive      naive orders: each must be found wrong
 *   --faults     seeded faults: each must be found
 *   --fences     every fence left out in turn: what breaks, or that nothing does within the bounds of
 *                --orders (with --any-order given: of that)
 *   --trace      also print how what was to be found came about
 *   --odd, --even  every second scenario: half of the work for each of two processors
 *   NAME         only these scenarios
 *
 * Prints a test result for each; exit status 0 only if all passed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

enum level { QUICK, FULL };

static struct plan plan;
static bool        all_orders, show_trace, failed;

/* --- the runs of one scenario --- */

static void nobody(void)
{
    memset(world_access, 0, sizeof(world_access));
    memset(world_user, 0, sizeof(world_user));
}

static void walk(unsigned hart, int page, int row, bool store)
{
    world_access[hart] = (struct access){1, (uint8_t)page, (uint8_t)row, store};
}

/* One walk: every page, row and kind of access, in every order of the editor's operations. */
static bool run_one_walk(void)
{
    world_any_order = true;
    for (int page = 1; page < PAGES; page++) {
        for (int what = 0; what < 2 * ROWS; what++) {
            walk(0, page, what / 2, what % 2);
            if (!explore_run(&plan))
                return false;
        }
    }
    nobody();
    return true;
}

static const struct user instructions[][USERS] = {
    {{PROT, 0, 4, R, 0}, {0}},
    {{PROT, 0, 4, 0, 0}, {0}},
    {{RECV, 1, 4, W, 0}, {0}},
    {{RECV, 1, 4, R | W, 0}, {0}},
    {{GRANT, 0, 4, R, 1}, {0}},
    {{TFER, 0, 4, R, 1}, {0}},
    {{PROT, 0, 8, R, 0}, {0}},
    {{PROT, 1, 8, R, 0}, {0}},
    {{RECV, 1, 8, R, 0}, {0}},
    {{PROT, 0, 6, R, 0}, {0}},
    {{PROT, 0, 11, R, 0}, {0}},
    {{GRANT, 1, 8, R, 0}, {0}},
    {{GRANT, 0, 4, R, 1}, {RECV, 1, 4, R, 0}},
    {{RECV, 1, 4, W, 0}, {GRANT, 1, 4, R, 0}},
    {{RECV, 1, 4, R | W, 0}, {PROT, 1, 4, R, 0}},
    {{RECV, 1, 4, R | W, 0}, {GRANT, 1, 4, R, 0}},
    {{RECV, 1, 4, R, 0}, {PROT, 0, 4, R, 0}},
    {{TFER, 0, 4, R, 1}, {RECV, 1, 4, R, 0}},
    {{GRANT, 1, 4, R, 0}, {RECV, 0, 4, R, 1}},
};
enum { INSTRUCTIONS = sizeof(instructions) / sizeof(instructions[0]) };

static bool run_user_and_walk(const struct user *u, enum level level)
{
    int last = level == FULL && u->page + 1 < PAGES ? u->page + 1 : u->page;

    for (int page = u->page; page <= last; page++) {
        for (int what = 0; what < 2 * ROWS; what++) {
            walk(0, page, what / 2, what % 2);
            if (!explore_run(&plan))
                return false;
        }
    }
    world_access[0].on = 0;
    return true;
}

/* User instructions, alone in every order, and with a walk on a page that they touch. */
static bool run_users(enum level level)
{
    for (int u = 0; u < INSTRUCTIONS; u++) {
        memcpy(world_user, instructions[u], sizeof(world_user));
        world_any_order = true;
        if (!explore_run(&plan))
            return false;
        world_any_order = all_orders;
        if (!run_user_and_walk(&instructions[u][0], level))
            return false;
    }
    nobody();
    return true;
}

/* Two walks on pages of the two cells and between them: stores by one compartment, by two, and a
 * load with a store. */
static bool run_two_walks(enum level level)
{
    static const uint8_t pages[] = {3, 4, 5, 6, 8, 9};
    const int            n = sizeof(pages);

    world_any_order = all_orders;
    for (int i = 0; i < n; i++) {
        for (int j = i; j < (level == FULL ? n : i + 1); j++) {
            for (int mode = 0; mode < 3; mode++) {
                walk(0, pages[i], 0, mode != 2);
                walk(1, pages[j], mode == 1, mode != 1);
                if (!explore_run(&plan))
                    return false;
            }
        }
    }
    nobody();
    return true;
}

static bool run_variant(const struct variant *v, enum level level)
{
    nobody();
    world_any_order = true;
    if (!explore_run(&plan))
        return false;
    return v->grants ? run_users(level) : run_one_walk() && run_two_walks(level);
}

/* True if no run of any variant violated anything. */
static bool explore(const struct scenario *s, enum level level)
{
    for (int i = 0; i < 12; i++) {
        struct variant v = {i / 4, i / 2 % 2 ? A | D : 0, i % 2};
        if (!scenario_build(s, &v, &plan))
            continue;
        if (!run_variant(&v, level))
            return false;
    }
    return true;
}

/* --- reports --- */

static void result(bool ok, const char *format, const char *name)
{
    printf(ok ? "ok - " : "not ok - ");
    printf(format, name);
    failed |= !ok;
}

static void check_orders(const struct scenario *s, enum level level)
{
    struct counters before = world_count;
    bool            ok = explore(s, level);

    result(ok, "%s_shows_old_or_new_and_loses_nothing", s->name);
    printf(" (%llu runs, %llu states, spurious: %llu faults, %llu refusals)\n",
           (unsigned long long)(world_count.runs - before.runs),
           (unsigned long long)(world_count.states - before.states),
           (unsigned long long)(world_count.spurious_faults - before.spurious_faults),
           (unsigned long long)(world_count.spurious_refusals - before.spurious_refusals));
    if (!ok)
        explore_trace();
}

/* What must be found, or, if harmless, must not. */
static void check_found(const char *name, const struct scenario *s, bool harmless)
{
    bool clean = explore(s, harmless ? FULL : QUICK);

    result(clean == harmless, harmless ? "harmless: %s" : "found: %s", name);
    if (clean)
        printf(" (nothing in %s)\n", s->name);
    else
        printf(" (%s in %s: %s)\n", world_violation, s->name, world_violation_text);
    if (!clean && (show_trace || harmless))
        explore_trace();
}

static void check_fault(const struct fault *f)
{
    int s = scenario_find(f->scenario);
    if (s < 0) {
        result(false, "%s names a scenario that does not exist\n", f->name);
        return;
    }
    world_seeded = f;
    world_fault = f->machine;
    check_found(f->name, &scenarios[s], f->harmless);
    world_seeded = NULL;
    world_fault = SOUND;
}

/* Segments of a scenario's program, and whether the edit goes on after segment k. */
static int count_segments(const struct scenario *s)
{
    const struct variant v = {s->read_only ? 2 : 0, 0, false};
    int                  n = 0;

    scenario_build(s, &v, &plan);
    while (plan.first[n] < plan.nops)
        n++;
    return n;
}

/* A fence beside a shootdown, a stop or a copy stands for sending an interrupt and waiting. */
static const char *beside(int k)
{
    for (int i = plan.first[k]; i < plan.first[k + 2]; i++) {
        if (plan.op[i].kind >= ACK)
            return ", beside other harts' answers";
    }
    return "";
}

static bool is_order_of_kernel(int k)
{
    return plan.next[k] == k + 1;
}

static void check_fences(const struct scenario *s)
{
    int n = count_segments(s);

    for (int k = 0; k + 1 < n; k++) {
        world_without_fence = -1;
        count_segments(s);
        if (!is_order_of_kernel(k))
            continue;
        const char *where = beside(k);
        world_without_fence = k;
        bool clean = explore(s, QUICK);
        printf("# %s without fence %d%s: %s%s%s\n", s->name, k + 1, where,
               clean ? "nothing breaks" : world_violation, clean ? "" : ", ",
               clean ? "" : world_violation_text);
        if (!clean && show_trace)
            explore_trace();
    }
    world_without_fence = -1;
    result(true, "fences_of_%s_were_left_out_one_by_one\n", s->name);
}

/* --- which --- */

static char **wanted;
static int    nwanted;

/* Which scenarios by their number: bit 0 the even ones, bit 1 the odd ones. */
static unsigned halves = 3;

static bool is_wanted(const char *name)
{
    for (int i = 0; i < nwanted; i++) {
        if (strcmp(wanted[i], name) == 0)
            return true;
    }
    return nwanted == 0;
}

static bool option(int argc, char **argv, const char *name)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], name) == 0)
            return true;
    }
    return false;
}

static void list_wanted(int argc, char **argv)
{
    wanted = calloc((size_t)argc, sizeof(*wanted));
    for (int i = 1; i < argc && wanted; i++) {
        if (argv[i][0] != '-')
            wanted[nwanted++] = argv[i];
    }
}

/* Scenarios of tens of millions of states and more: by name alone, or with --full. */
static const struct {
    const char *name;
    bool        in_any_order; /* only then */
} large[] = {
    {"carve_then_unite_three", false},
    {"carve_the_middle", true},
    {"carve_the_first_part", true},
    {"carve_the_last_part", true},
    {"carve_and_take_everything", true},
    {"unite_two_and_change_the_first", true},
    {"unite_two_and_change_the_second", true},
    {"merge_neighbours", true},
    {"merge_over_a_gap", true},
    {"insert_twice_and_come_back", true},
    {"split_then_merge", true},
};

static bool is_left_out(const char *name, enum level level)
{
    for (size_t i = 0; level == QUICK && nwanted == 0 && i < sizeof(large) / sizeof(large[0]);
         i++) {
        if (strcmp(large[i].name, name) == 0)
            return all_orders || !large[i].in_any_order;
    }
    return false;
}

static void check_all_orders(enum level level)
{
    for (unsigned i = 0; i < nscenarios; i++) {
        if (halves >> i % 2 & 1 && is_wanted(scenarios[i].name) &&
            !is_left_out(scenarios[i].name, level))
            check_orders(&scenarios[i], level);
    }
}

static void check_all_faults(void)
{
    for (unsigned i = 0; i < nfaults; i++) {
        if (is_wanted(faults[i].scenario) || is_wanted(faults[i].name))
            check_fault(&faults[i]);
    }
}

int main(int argc, char **argv)
{
    bool full = option(argc, argv, "--full"), any = option(argc, argv, "--any-order");

    setvbuf(stdout, NULL, _IOLBF, 0);
    explore_init();
    list_wanted(argc, argv);
    show_trace = option(argc, argv, "--trace");
    halves = option(argc, argv, "--odd") ? 2 : option(argc, argv, "--even") ? 1 : 3;
    all_orders = any;
    if (full || any || option(argc, argv, "--orders"))
        check_all_orders(full ? FULL : QUICK);
    for (unsigned i = 0; option(argc, argv, "--naive") && i < nnaive; i++) {
        if (is_wanted(naive_scenarios[i].name))
            check_found(naive_scenarios[i].name, &naive_scenarios[i], false);
    }
    if (option(argc, argv, "--faults"))
        check_all_faults();
    for (unsigned i = 0; option(argc, argv, "--fences") && i < nscenarios; i++) {
        if (halves >> i % 2 & 1 && is_wanted(scenarios[i].name) &&
            !is_left_out(scenarios[i].name, QUICK))
            check_fences(&scenarios[i]);
    }
    printf("# total %llu runs, %llu states, %llu walks begun again, %llu stray dirty bits\n",
           (unsigned long long)world_count.runs, (unsigned long long)world_count.states,
           (unsigned long long)world_count.restarts, (unsigned long long)world_count.stray_dirty);
    return failed;
}
