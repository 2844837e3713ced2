/* SPDX-License-Identifier: Apache-2.0 */
/* local.h - sockets within the machine (AF_UNIX): streams, datagrams and packets in sequence, found by
 * paths and by abstract names, which carry bytes, open files and identities.
 *
 * There is one program, so a socket's other end is its own. They are here and not with the network's
 * sockets because no network is involved: like a pipe, they move bytes between two open files.
 *
 * Functions that take a file want one that is such a socket (local_is()). They return negative errnos,
 * Linux's for the case. Those that wait return -EINTR when a signal comes, and -EAGAIN when they may not
 * wait, or have waited as long as the socket's time limit says.
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

/* Bytes on their way from one socket, and what each message costs; Linux's net.core.wmem_default. */
#define LOCAL_BUFFER 212992u

/* --- names ------------------------------------------------------------------------------- */

#define LOCAL_PATH_OFFSET 2u   /* of the path, or of the abstract name, in an address */
#define LOCAL_ADDRESS_MAX 110u /* bytes that a program can give */

/* An address as programs see it: the family, and a path that ends in NUL or a name that begins with one.
 * len is at least that of the family, which alone means: no name. */
struct local_address {
    size_t len; /* bytes */
    union {
        uint16_t family;
        char bytes[LOCAL_ADDRESS_MAX + 2]; /* the NUL of a path of full length is counted, too */
    };
};

/* Who sends. The same layout as a program's struct ucred. */
struct local_cred {
    int32_t  pid;
    uint32_t uid, gid;
};

/* Who the program is from now on: as messages say (the real user) and as connections do (the effective). */
void local_identify(const struct local_cred *real, const struct local_cred *effective);

/* --- making and naming --------------------------------------------------------------------- */

/* One socket, connected to nothing; type: STREAM, DGRAM or SEQPACKET. flags: O_NONBLOCK. -ENOMEM. */
int local_create(int type, unsigned flags, struct file **out);

/* Two, connected to each other. */
int local_create_pair(int type, unsigned flags, struct file *out[2]);

bool local_is(const struct file *f);

/* Where paths begin, and the permissions of what is made there. */
struct local_place {
    struct inode *cwd;
    unsigned      umask;
};

/* Give f a name; of length LOCAL_PATH_OFFSET: any that is free. -EADDRINUSE, -EINVAL (it has one, or the
 * address is none), and what making a file says. */
int local_bind(struct file *f, const struct local_address *addr, const struct local_place *place);

/* -EOPNOTSUPP (a datagram socket), -EINVAL (it has no name, or is connected). */
int local_listen(struct file *f, unsigned backlog);

/* Connect f. A datagram socket can be connected anew, or by AF_UNSPEC to nothing. -ECONNREFUSED, -EPROTOTYPE,
 * -EISCONN, -EINVAL, -EPERM, -EAGAIN, and what the walk to a path says. */
int local_connect(struct file *f, const struct local_address *addr,
                  const struct local_place *place);

/* A socket for the next connection. flags: O_NONBLOCK. -EOPNOTSUPP, -EINVAL (f does not listen), -ENOMEM. */
int local_accept(struct file *f, unsigned flags, struct file **out);

void local_name(struct file *f, struct local_address *out);
int  local_peer_name(struct file *f, struct local_address *out); /* -ENOTCONN */

/* --- what a socket is -------------------------------------------------------------------------- */

int  local_type(const struct file *f);
bool local_is_connected(const struct file *f);
bool local_is_listening(const struct file *f);

/* Who connected, or listened, or made the pair; {0, -1, -1}: nobody. */
struct local_cred local_peer_cred(const struct file *f);

/* What a program can set. */
struct local_options {
    uint32_t send_buffer, receive_buffer; /* bytes; the second has no effect */
    uint64_t send_ns, receive_ns;         /* time limits; WAIT_FOREVER: none */
    int32_t  low_water;                   /* bytes that a stream's receiver wants, at least 1 */
    bool     pass_cred;                   /* who receives is told who sent */
    int32_t  priority;
    int32_t  linger[2];
    uint32_t others; /* those that are on or off and change nothing, by number */
};

void local_get_options(const struct file *f, struct local_options *out);
void local_set_options(struct file *f, const struct local_options *options);

/* Does a call that waits to send or receive have no time limit? Then it starts anew after a signal. */
bool local_waits_forever(const struct file *f);

/* how: bit 0, nothing more is received; bit 1, nothing more is sent. */
void local_shutdown(struct file *f, unsigned how);

/* The error that waits to be told, which is told once: 0 or a positive errno. */
int  local_take_error(struct file *f);
void local_set_error(struct file *f, int error);

/* --- moving bytes ------------------------------------------------------------------------------ */

#define LOCAL_FILES_MAX 253u /* in one message */

/* Open files on their way; each holds a reference. */
struct local_files {
    unsigned     count;
    struct file *file[];
};

/* -ENOMEM: NULL. Room for max of them. */
struct local_files *local_files_new(unsigned max);
void local_files_put(struct local_files *files); /* and their references; NULL is fine */

/* What a message has besides its bytes. */
struct local_sending {
    unsigned                    flags; /* MSG_DONTWAIT */
    const struct local_address *to;    /* NULL: the other end */
    const struct local_place   *place; /* with to */
    struct local_files         *files; /* taken over by a message that is sent, and NULL then */
    const struct local_cred    *cred;  /* NULL: as the program is */
};

/* Send what iob holds. -ENOTCONN, -EPIPE, -ECONNREFUSED, -ECONNRESET, -EMSGSIZE, -EAGAIN, -EFAULT, -EINTR,
 * -ENOMEM, -EPERM, and what local_connect() says of an address. */
ssize_t local_send(struct file *f, struct iobuf *iob, struct local_sending *sending);

/* What came with the bytes. */
struct local_received {
    struct local_address
                       *from;  /* where the sender's name goes; NULL: nowhere. len 0: it has none */
    size_t              cut;   /* a packet's length where it is longer than iob, else 0 */
    struct local_files *files; /* the caller's now; NULL: none */
    struct local_cred   cred;  /* the sender's */
};

/* Receive. flags: MSG_PEEK, MSG_DONTWAIT, MSG_WAITALL. 0: nothing comes any more, or an empty packet.
 * *received was zeroed, but for from. -EINVAL, -ENOTCONN, -ECONNRESET, -EAGAIN, -EFAULT, -EINTR. */
ssize_t local_receive(struct file *f, struct iobuf *iob, unsigned flags,
                      struct local_received *received);

#endif
