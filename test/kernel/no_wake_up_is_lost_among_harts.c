/* SPDX-License-Identifier: Apache-2.0 */
/* cpus: 4 */
/* Producers and consumers, each wherever it happens to run. */
#include "test/kernel/no_wake_up_is_lost.c"
