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

/* Make f, which is being opened, an end of the pipe that its inode names: sleeps until the other end is
 * open, too, unless f is O_RDWR or O_NONBLOCK. -ENXIO: O_NONBLOCK, and nobody reads what f writes; -EINTR,
 * -ENOMEM. */
int pipe_open_fifo(struct file *f);

/* One open file of the inode's pipe less. */
void pipe_fifo_release(struct inode *inode);

bool pipe_is(const struct file *f);

/* Bytes; -EBADF: f is no pipe. */
int pipe_capacity(struct file *f);

/* Room for at least size bytes. Returns what it is then; -EBADF, -EINVAL (none, or too much to
 * count), -EBUSY (less than is in it), -ENOMEM. */
int pipe_set_capacity(struct file *f, unsigned size);

/* Moving bytes without the program seeing them (splice(2)). Pipes are named by an end that is open for it.
 * Returns how many bytes were moved; 0: nothing comes any more. wait: sleep until there is something to
 * move, or room; else -EAGAIN. -EPIPE: nobody reads out; -EINTR, -ENOMEM, and what the file says. */

/* From a pipe to a file: at *pos, which moves, or (NULL) at its own position. *end: what the file said last, bytes
 * or an error, of which the result tells nothing if bytes were moved before. */
ssize_t pipe_splice_to_file(struct file *in, struct file *out, uint64_t *pos, size_t len, bool wait,
                            ssize_t *end);
ssize_t pipe_splice_from_file(struct file *out, struct file *in, uint64_t *pos, size_t len,
                              bool wait);

/* Between two pipes that are not the same; keep: what is moved stays in the first, too. */
ssize_t pipe_splice_to_pipe(struct file *in, struct file *out, size_t len, bool keep, bool wait);

/* Between a pipe and memory: in slots that end where the program's pages do. */
ssize_t pipe_splice_to_memory(struct file *in, struct iobuf *iob, bool wait);
ssize_t pipe_splice_from_memory(struct file *out, struct iobuf *iob, bool wait);

/* Whether two ends are of one pipe. */
bool pipe_same(const struct file *a, const struct file *b);

#endif
