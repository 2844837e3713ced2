/* SPDX-License-Identifier: Apache-2.0 */
/* cred.h - whom the program says it is: see sys_cred.c. */
#ifndef UNIX_CRED_H
#define UNIX_CRED_H

#include "lib/types.h"

/* Capabilities, a bit each. They follow the users as Linux has it, and are kept for those who ask: what the
 * kernel itself asks for is cred_privileged(). */
#define CRED_CAPS_ALL ((1ul << 41) - 1)

struct cred_caps {
    uint64_t effective, permitted, inheritable;
};

struct cred_caps cred_caps(void);

/* The program in this file begins: it may be set to run as its owner, and has the rights of who it runs as. */
struct inode;
void cred_exec(const struct inode *file);

/* -EPERM: more than was permitted. */
int cred_set_caps(const struct cred_caps *caps);

/* Whether they stay when the last user that is root goes (PR_SET_KEEPCAPS): sys_prctl.c. */
bool prctl_keeps_caps(void);

uint32_t cred_uid(void); /* the real user */

/* Real, effective and saved number, and the one by which files are judged. */
struct cred_ids {
    uint32_t real, effective, saved, files;
};

struct cred_ids cred_users(void);
struct cred_ids cred_groups(void);

/* The supplementary groups: how many there are, and into list as many of them as it has room for. */
unsigned cred_supplementary(uint32_t *list, unsigned room);

/* Whether it has the rights that come with the effective user 0. */
bool cred_privileged(void);

/* May it say that it is that user and that group? */
bool cred_may_claim(uint32_t uid, uint32_t gid);

#endif
