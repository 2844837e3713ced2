/* SPDX-License-Identifier: Apache-2.0 */
/* admin.h - what system calls of administration set, for those who tell it: sys_admin.c, sys_prctl.c. */
#ifndef UNIX_ADMIN_H
#define UNIX_ADMIN_H

#include "unix/abi.h"

#define LAST_CAP 40u /* CAP_CHECKPOINT_RESTORE */

void admin_names(struct abi_utsname *out);
bool prctl_no_new_privs(void);

/* Another program begins: what belonged to the old one only is as at the start. */
void prctl_exec(void);
void admin_exec(void);
void aio_exec(void);

#endif
