/* SPDX-License-Identifier: Apache-2.0 */
/* sys_socket_control.c - what goes with a message besides its bytes: open files (SCM_RIGHTS) and who sends
 * (SCM_CREDENTIALS), in the form in which programs give and get them.
 */
#include "kernel/heap.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "unix/args.h"
#include "unix/cred.h"
#include "unix/process.h"
#include "unix/sys_socket.h"

#define CONTROL_MAX   ((size_t)131072) /* bytes; Linux's net.core.optmem_max */
#define CONTROL_ALIGN 8ul
#define HEADER        sizeof(struct abi_cmsghdr)

/* --- sending ----------------------------------------------------------------------------- */

/* One more of the program's files, by any descriptor. */
static int add_file(struct local_files *files, const char *at)
{
    int32_t fd;
    memcpy(&fd, at, sizeof(fd));
    struct file *f = args_file(fd);
    if (!f)
        return -EBADF;
    files->file[files->count++] = f;
    return 0;
}

static int read_rights(const char *data, size_t len, struct local_sending *how)
{
    size_t n = len / sizeof(int32_t);
    if (!n)
        return 0;
    if (n > LOCAL_FILES_MAX)
        return -EINVAL;
    if (!how->files)
        how->files = local_files_new(LOCAL_FILES_MAX);
    if (!how->files)
        return -ENOMEM;
    if (how->files->count + n > LOCAL_FILES_MAX)
        return -EINVAL;
    int err = 0;
    for (size_t i = 0; i < n && !err; i++)
        err = add_file(how->files, data + i * sizeof(int32_t));
    return err;
}

static int read_cred(const char *data, size_t len, struct local_sending *how,
                     struct local_cred *cred)
{
    struct local_cred given;
    if (len != sizeof(given))
        return -EINVAL;
    memcpy(&given, data, sizeof(given));
    if (!cred_may_claim(given.uid, given.gid) || (given.pid != PROCESS_PID && !cred_privileged()))
        return -EPERM;
    if (given.pid != PROCESS_PID)
        return -ESRCH;
    if (given.uid == UINT32_MAX || given.gid == UINT32_MAX)
        return -EINVAL;
    *cred = given;
    how->cred = cred;
    return 0;
}

static int read_one(const struct abi_cmsghdr *m, const char *data, struct local_sending *how,
                    struct local_cred *cred)
{
    size_t len = m->len - HEADER;
    if (m->level != SOL_SOCKET)
        return 0;
    switch (m->type) {
    case SCM_RIGHTS:
        return read_rights(data, len, how);
    case SCM_CREDENTIALS:
        return read_cred(data, len, how, cred);
    default:
        return -EINVAL;
    }
}

/* All that are in len bytes at buf. */
static int read_all(const char *buf, size_t len, struct local_sending *how, struct local_cred *cred)
{
    size_t at = 0;
    while (at <= len && len - at >= HEADER) {
        struct abi_cmsghdr m;
        memcpy(&m, buf + at, HEADER);
        if (m.len < HEADER || m.len > len - at)
            return -EINVAL;
        int err = read_one(&m, buf + at + HEADER, how, cred);
        if (err)
            return err;
        at += ALIGN_UP(m.len, CONTROL_ALIGN);
    }
    return 0;
}

int control_read(const struct abi_msghdr *h, struct local_sending *how, struct local_cred *cred)
{
    if (!h->controllen)
        return 0;
    if (h->controllen > CONTROL_MAX)
        return -ENOBUFS;
    char *buf = kmalloc(h->controllen);
    if (!buf)
        return -ENOBUFS;
    int err = uaccess_read(buf, h->control, h->controllen);
    if (!err)
        err = read_all(buf, h->controllen, how, cred);
    kfree(buf);
    return err;
}

/* --- receiving --------------------------------------------------------------------------- */

/* So much of the program's buffer is used. */
static void advance(struct abi_msghdr *h, size_t len)
{
    len = size_min(ALIGN_UP(len, CONTROL_ALIGN), h->controllen);
    h->control += len;
    h->controllen -= len;
}

static void write_cred(struct abi_msghdr *h, const struct local_cred *cred)
{
    struct {
        struct abi_cmsghdr m;
        struct local_cred  cred;
    } message = {{HEADER + sizeof(*cred), SOL_SOCKET, SCM_CREDENTIALS}, *cred};
    if (!h->control || h->controllen < HEADER) {
        h->flags |= MSG_CTRUNC;
        return;
    }
    if (h->controllen < message.m.len) {
        h->flags |= MSG_CTRUNC;
        message.m.len = h->controllen;
    }
    if (!uaccess_write(h->control, &message, message.m.len))
        advance(h, message.m.len);
}

/* A descriptor for f, told at va, before anybody can use it. False: there is none, or no way to tell. */
static bool give_file(struct file *f, vaddr_t va, bool cloexec)
{
    int32_t fd = fd_install_or_put(file_get(f), cloexec);
    if (fd < 0)
        return false;
    if (!uaccess_write(va, &fd, sizeof(fd)))
        return true;
    fd_close(&the_process.fds, fd);
    return false;
}

static void write_rights(struct abi_msghdr *h, const struct local_files *files, bool cloexec)
{
    bool     room = h->control && h->controllen > HEADER;
    size_t   most = room ? (h->controllen - HEADER) / sizeof(int32_t) : 0;
    unsigned n = 0;
    while (n < files->count && n < most &&
           give_file(files->file[n], h->control + HEADER + n * sizeof(int32_t), cloexec))
        n++;
    if (n < files->count)
        h->flags |= MSG_CTRUNC;
    const struct abi_cmsghdr m = {HEADER + n * sizeof(int32_t), SOL_SOCKET, SCM_RIGHTS};
    if (n && !uaccess_write(h->control, &m, HEADER))
        advance(h, m.len);
}

void control_write(struct abi_msghdr *h, struct local_received *r, bool pass_cred, unsigned flags)
{
    if (pass_cred)
        write_cred(h, &r->cred);
    if (r->files)
        write_rights(h, r->files, flags & MSG_CMSG_CLOEXEC);
    local_files_put(r->files);
    r->files = NULL;
}
