/* SPDX-License-Identifier: Apache-2.0 */
/* stall: 1 */
/* output: seq -f %09.0f 0 29999 */
/* wrap: waitq_sleep */
/* 300,000 bytes: with nobody reading, the host's pipe fills, then the port, then the ring; then the
 * thread sleeps. What is written in the end has all lines, in order. */
#include "kernel/console.h"
#include "lib/fmt.h"
#include "test/kernel/ktest.h"

#define LINES 30000u

void __real_waitq_sleep(struct waitq *q, struct spinlock *lock);
void __wrap_waitq_sleep(struct waitq *q, struct spinlock *lock);

static unsigned sleeps;

void __wrap_waitq_sleep(struct waitq *q, struct spinlock *lock)
{
    sleeps++;
    __real_waitq_sleep(q, lock);
}

/* Seven lines a write, so that writes end at all places of the ring. */
void boot_program(void *arg)
{
    (void)arg;
    char   text[80];
    size_t len = 0;

    ktest_ready();
    for (unsigned i = 0; i < LINES; i++) {
        len += fmt_snprintf(text + len, sizeof(text) - len, "%09u\n", i);
        if (len == 70 || i == LINES - 1) {
            console_write(text, len);
            len = 0;
        }
    }
    CHECK(sleeps > 0);
    ktest_pass();
}
