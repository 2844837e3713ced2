/* SPDX-License-Identifier: Apache-2.0 */
/* memstats.h - how memory was used, in numbers, for people and benchmarks. */
#ifndef KERNEL_MEMSTATS_H
#define KERNEL_MEMSTATS_H

struct vmspace;

/* Lines of NAME=NUMBER to the log: frames and how the free ones hang together, the address space,
 * the memory model's tables, what was moved. Takes vs->mutex. */
void memstats_log(struct vmspace *vs);

#endif
