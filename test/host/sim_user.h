/* SPDX-License-Identifier: Apache-2.0 */
/* sim_user.h - user memory on the host: see sim_user.c. */
#ifndef TEST_SIM_USER_H
#define TEST_SIM_USER_H

#include "lib/types.h"

extern vaddr_t sim_user_end; /* addresses from here on are not there */

#endif
