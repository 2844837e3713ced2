/* SPDX-License-Identifier: Apache-2.0 */
/* fault.h - page faults: what is filled, from where, and how much at once. The only place with
 * such policy. */
#ifndef KERNEL_FAULT_H
#define KERNEL_FAULT_H

#include "machine/pmap.h"

struct vmspace;

/* Make the access of fault possible. Its kind: FAULT_UNMAPPED, nothing maps the page, looked up with
 * the lock held; FAULT_PROTECTION, something may. Access PMAP_NONE, by
 * an instruction that only names the page, needs no right: the page is filled. 0: done, retry
 * it. Else what the program did wrong, or what is missing:
 *   -EFAULT  no area there              SIGSEGV, SEGV_MAPERR
 *   -EACCES  the area forbids it        SIGSEGV, SEGV_ACCERR
 *   -EIO     past the file's end, or the disk failed    SIGBUS, BUS_ADRERR
 *   -ENOMEM  no memory, or no room in the table: end the program; the kernel goes on
 * May sleep. Takes vs->mutex. */
int fault_handle(struct vmspace *vs, const struct fault *fault);

/* The same with vs->mutex held. */
int fault_resolve(struct vmspace *vs, const struct fault *fault);

#endif
