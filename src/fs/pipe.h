/* SPDX-License-Identifier: Apache-2.0 */
/* pipe.h - pipes: bytes written to one open file are read from another.
 *
 * What is in a pipe lies in slots of a page each, as in Linux, where programs can tell: a write that
 * does not fit behind the last one's bytes begins a slot, and a pipe is full when no slot is free.
 */
#ifndef FS_PIPE_H
#define FS_PIPE_H

#include "fs/vfs.h"

/* end[0] reads, end[1] writes. flags: O_NONBLOCK, and O_DIRECT: each write is a packet, as long as
 * it fits into a slot. -ENOMEM. */
int pipe_create(struct file *end[2], unsigned flags);

bool pipe_is(const struct file *f);

/* Bytes; -EBADF: f is no pipe. */
int pipe_capacity(struct file *f);

/* Room for at least size bytes. Returns what it is then; -EBADF, -EINVAL (none, or too much to
 * count), -EBUSY (less than is in it), -ENOMEM. */
int pipe_set_capacity(struct file *f, unsigned size);

#endif
