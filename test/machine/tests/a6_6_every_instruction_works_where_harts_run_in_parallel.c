/* SPDX-License-Identifier: Apache-2.0
 * qemu: -smp 2
 *
 * A.6.6: with a second hart under way, an instruction on the table is set apart from what that one
 * does; it does what it does on a machine of one hart, in each mode, and is refused as there.
 */
#include "lib/situation.h"

static uint32_t stop, running;

static void busy(uint64_t unused)
{
    (void)unused;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
        __atomic_fetch_add(&running, 1, __ATOMIC_RELAXED);
}

static void wait_for_other(void)
{
    uint32_t seen = __atomic_load_n(&running, __ATOMIC_RELAXED);

    while (__atomic_load_n(&running, __ATOMIC_RELAXED) == seen)
        ;
}

static void check(enum sc_name name, enum mode mode)
{
    struct situation s = situation_make(name, mode);
    struct outcome   o = sc_exec(mode, s.insn);

    expect_returned(o);
    expect(name == EXCL ? o.value : 1, 1);
    for (const enum check *c = checks_of(name); *c != CHECKS_END; c++) {
        s = situation_make(name, mode);
        wait_for_other();
        if (violate(&s, *c, CHECKS_END))
            expect_refused_for(&s, *c);
    }
}

int main(void)
{
    hart_run(busy, 0);
    for (unsigned name = PROT; name < SC_NAMES; name++)
        for (unsigned m = 0; m < 3; m++) {
            progress = 10 * name + m;
            check(name, sc_modes[m]);
        }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    hart_join();
    return 0;
}
