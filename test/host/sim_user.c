/* SPDX-License-Identifier: Apache-2.0 */
/* sim_user.c - user memory on the host: addresses are the host's, except those from sim_user_end on. */
#include "sim_user.h"

#include <string.h>

#include "kernel/uaccess.h"
#include "lib/errno.h"

vaddr_t sim_user_end = (vaddr_t)-1;

static size_t reachable(vaddr_t va, size_t len)
{
    return va >= sim_user_end ? 0 : size_min(len, sim_user_end - va);
}

static ssize_t answer(size_t moved, size_t len)
{
    return moved || !len ? (ssize_t)moved : -EFAULT;
}

ssize_t uaccess_read_some(void *dst, vaddr_t src, size_t len)
{
    size_t n = reachable(src, len);
    memcpy(dst, (const void *)src, n);
    return answer(n, len);
}

ssize_t uaccess_write_some(vaddr_t dst, const void *src, size_t len)
{
    size_t n = reachable(dst, len);
    memcpy((void *)dst, src, n);
    return answer(n, len);
}

ssize_t uaccess_zero_some(vaddr_t dst, size_t len)
{
    size_t n = reachable(dst, len);
    memset((void *)dst, 0, n);
    return answer(n, len);
}

int uaccess_read(void *dst, vaddr_t src, size_t len)
{
    return uaccess_read_some(dst, src, len) == (ssize_t)len ? 0 : -EFAULT;
}

int uaccess_write(vaddr_t dst, const void *src, size_t len)
{
    return uaccess_write_some(dst, src, len) == (ssize_t)len ? 0 : -EFAULT;
}
