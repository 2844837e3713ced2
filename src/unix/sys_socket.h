/* SPDX-License-Identifier: Apache-2.0 */
/* sys_socket.h - what the files of system calls on sockets share: sys_socket.c (making, naming,
 * connecting), sys_socket_io.c (bytes and messages), sys_socket_control.c (what goes with messages),
 * sys_socket_option.c.
 */
#ifndef UNIX_SYS_SOCKET_H
#define UNIX_SYS_SOCKET_H

#include "fs/local.h"
#include "unix/abi.h"

#define SOCKADDR_MAX 128 /* bytes of any family's address */

/* The socket behind fd, with a reference. -EBADF, -ENOTSOCK. */
int socket_of(int fd, struct file **out);

/* Take over an address of the program's, which is what local_address can hold; family is AF_UNSPEC where len is
 * too short for one. -EINVAL: no length of any address; -EFAULT. *len stays what it was, and may be too long. */
int socket_read_address(vaddr_t va, int len, struct local_address *out);

/* Is what socket_read_address() took, of len bytes, a local socket's address? 0, -EINVAL. */
int socket_check_address(const struct local_address *addr, int len);

/* Store an address at va where the length at len_va leaves room for it, and its length there. -EFAULT, -EINVAL. */
int socket_put_address(const struct local_address *addr, vaddr_t va, vaddr_t len_va);

/* The same, with the length known; its own is returned. */
int socket_put_address_part(const struct local_address *addr, vaddr_t va, int room);

/* The program's directory and umask; socket_place_put() gives them back. */
struct local_place socket_place(void);
void               socket_place_put(struct local_place *place);

/* --- control messages (sys_socket_control.c) --- */

/* Take over what the program wants to send with a message: files and an identity. On success how->files and
 * how->cred are set, the second to *cred. -EINVAL, -EBADF, -EFAULT, -EPERM, -ESRCH, -ENOBUFS, -ENOMEM. */
int control_read(const struct abi_msghdr *h, struct local_sending *how, struct local_cred *cred);

/* Tell the program what came with a message, as far as it left room; the files become descriptors, and
 * r->files is gone. h->control, controllen and flags say afterwards what is left and what was cut. flags: MSG_CMSG_CLOEXEC. */
void control_write(struct abi_msghdr *h, struct local_received *r, bool pass_cred, unsigned flags);

#endif
