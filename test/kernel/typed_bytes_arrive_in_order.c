/* SPDX-License-Identifier: Apache-2.0 */
/* input: seq -w 0 2499 */
/* 12,500 bytes, far more than the port or the early buffer holds, by interrupt. */
#include "kernel/console.h"
#include "lib/fmt.h"
#include "test/kernel/ktest.h"

#define LINES 2500u

static struct spinlock lock = SPINLOCK_INIT(LOCK_TTY, "typed");
/* lock protects: */
static size_t       arrived; /* bytes */
static struct waitq all = WAITQ_INIT(all);

static char expected(size_t at)
{
    char line[8];
    fmt_snprintf(line, sizeof(line), "%04zu\n", at / 5);
    return line[at % 5];
}

static void arrive(const char *bytes, size_t len)
{
    CHECK(!cpu_irq_enabled());
    spinlock_acquire(&lock);
    for (size_t i = 0; i < len; i++, arrived++)
        CHECK(bytes[i] == expected(arrived));
    if (arrived == LINES * 5)
        waitq_wake_all(&all);
    spinlock_release(&lock);
}

void boot_program(void *arg)
{
    (void)arg;
    console_set_input(arrive);
    ktest_ready();
    spinlock_acquire(&lock);
    while (arrived < LINES * 5)
        waitq_sleep(&all, &lock);
    spinlock_release(&lock);
    ktest_pass();
}
