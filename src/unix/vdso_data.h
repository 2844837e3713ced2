/* SPDX-License-Identifier: Apache-2.0 */
/* vdso_data.h - the page [vvar] that the kernel shows to the code in [vdso], right below it.
 *
 * Only wall time ever changes, and each of its two words is written by one store: what is read is
 * what was set before, or after, and never a part of both. No sequence counter is needed for that.
 */
#ifndef UNIX_VDSO_DATA_H
#define UNIX_VDSO_DATA_H

#include <stdint.h>

struct vdso_data {
    uint64_t ns_per_tick;    /* of the time CSR; 32.32 fixed point, as kernel/time.c has it */
    uint64_t wall_offset_ns; /* wall time is this much more than the time since reset */
    uint64_t zone;           /* a struct timezone, its first field in the low half */
};

/* Where __vdso_rt_sigreturn is in the image, so that the kernel need not look it up: vdso.lds. */
#define VDSO_SIGRETURN 0x800

#endif
