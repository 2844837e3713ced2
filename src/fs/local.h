/* SPDX-License-Identifier: Apache-2.0 */
/* local.h - sockets within the machine (AF_UNIX): pairs, and single ones that find nobody to talk to.
 *
 * There is one program, so a socket's other end is its own. None is bound to a name: connecting says
 * what it says on Linux where nobody listens. They are here and not with the network's sockets because
 * no network is involved: like a pipe, they move bytes between two open files.
 */
#ifndef FS_LOCAL_H
#define FS_LOCAL_H

#include "fs/vfs.h"

/* Linux's numbers. */
#define AF_UNSPEC 0
#define AF_UNIX   1

#define SOCK_STREAM    1
#define SOCK_DGRAM     2
#define SOCK_RAW       3
#define SOCK_SEQPACKET 5

#define MSG_PEEK     0x0002u
#define MSG_TRUNC    0x0020u
#define MSG_DONTWAIT 0x0040u
#define MSG_WAITALL  0x0100u

/* Bytes on their way to one socket, and what each message costs; Linux's net.core.wmem_default. */
#define LOCAL_BUFFER 212992u

/* One socket, connected to nothing; type: STREAM, DGRAM or SEQPACKET. flags: O_NONBLOCK. -ENOMEM. */
int local_create(int type, unsigned flags, struct file **out);

/* Two, connected to each other. */
int local_create_pair(int type, unsigned flags, struct file *out[2]);

bool local_is(const struct file *f);

/* The rest takes files that are sockets. */

int  local_type(const struct file *f);
bool local_is_connected(const struct file *f);

/* Forget the other end of a datagram socket. */
void local_disconnect(struct file *f);

/* Send what iob holds. flags: MSG_DONTWAIT. -ENOTCONN, -EPIPE, -ECONNREFUSED, -EMSGSIZE, -EAGAIN,
 * -EFAULT, -EINTR, -ENOMEM. */
ssize_t local_send(struct file *f, struct iobuf *iob, unsigned flags);

/* Receive. flags: MSG_PEEK, MSG_DONTWAIT, MSG_WAITALL. *cut, if given: a packet's length where it is
 * longer than iob, else 0. 0: nothing comes any more. -EINVAL, -ENOTCONN, -EAGAIN, -EFAULT, -EINTR. */
ssize_t local_receive(struct file *f, struct iobuf *iob, unsigned flags, size_t *cut);

/* how: bit 0, nothing more is received; bit 1, nothing more is sent. */
void local_shutdown(struct file *f, unsigned how);

/* The error that waits to be told, which is told once: 0 or a positive errno. */
int local_take_error(struct file *f);

#endif
