/* SPDX-License-Identifier: Apache-2.0 */
/* assert.h - broken invariants. User input is never asserted: it gets an errno.
 *
 * ASSERT stays in release builds. On the host, tests supply assert_failed().
 */
#ifndef LIB_ASSERT_H
#define LIB_ASSERT_H

/* Upcall: report a broken invariant and stop. The kernel panics (kernel/panic.c). */
_Noreturn void assert_failed(const char *expr, const char *file, int line);

#define ASSERT(cond) ((cond) ? (void)0 : assert_failed(#cond, __FILE__, __LINE__))

#endif
