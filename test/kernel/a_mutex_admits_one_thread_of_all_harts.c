/* SPDX-License-Identifier: Apache-2.0 */
/* cpus: 4 */
/* On four harts. */
#include "test/kernel/a_mutex_admits_one_thread.c"
