/* SPDX-License-Identifier: Apache-2.0 */
/* bsd-cdefs.h - all that libbsd's queue.h and tree.h want from <bsd/sys/cdefs.h>.
 *
 * The build puts it under that name beside the copied headers (tools/make/libraries.mk), so that
 * they work in the freestanding kernel and, with the same text, in tests on the host.
 */
#ifndef CELLA_BSD_CDEFS_H
#define CELLA_BSD_CDEFS_H

#include <stddef.h>

#ifndef __unused
#define __unused __attribute__((unused))
#endif

/* The structure of the given type whose member is at ptr. */
#ifndef __containerof
#define __containerof(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#endif

#endif
