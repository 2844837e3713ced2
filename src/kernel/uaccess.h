/* SPDX-License-Identifier: Apache-2.0 */
/* uaccess.h - the kernel's only way to user memory.
 *
 * Each call acts for the calling thread's compartment (thread_self()->tf->dom): what is checked is
 * that compartment's right, never the kernel's, at the time of the call. Pages that are not there
 * but legal are filled as a fault would fill them; writing to a private page of a file copies it
 * first, and writing to a shared one marks the file's page dirty. The bytes are then moved through
 * the kernel's window on RAM. Every kind of failure is -EFAULT. All calls may sleep.
 *
 * A call that fails may have moved a part: uaccess_read() then leaves dst undefined,
 * uaccess_write() has written a prefix. Callers that report partial progress, such as read(2), use
 * the _some forms.
 */
#ifndef KERNEL_UACCESS_H
#define KERNEL_UACCESS_H

#include "lib/types.h"
#include "machine/layout.h"

/* Could [va, va + len) be a program's at all? Linux asks this before anything else of many buffers,
 * also of those that are then not touched. */
static inline bool uaccess_range_ok(vaddr_t va, size_t len)
{
    return len <= USER_END && va <= USER_END - len;
}

/* len bytes from user address src; 0 or -EFAULT. len 0 is always fine. */
int uaccess_read(void *dst, vaddr_t src, size_t len);
int uaccess_write(vaddr_t dst, const void *src, size_t len);
int uaccess_zero(vaddr_t dst, size_t len);

/* As many bytes as can be moved before the first that cannot: 1..len, or -EFAULT if not even one
 * can; len 0 gives 0. */
ssize_t uaccess_read_some(void *dst, vaddr_t src, size_t len);
ssize_t uaccess_write_some(vaddr_t dst, const void *src, size_t len);
ssize_t uaccess_zero_some(vaddr_t dst, size_t len);

/* A NUL-terminated string into dst[max]. Its length without NUL, -EFAULT, or -ENAMETOOLONG: no
 * NUL within max bytes. */
ssize_t uaccess_read_str(char *dst, vaddr_t src, size_t max);

/* Aligned 32-bit words, atomic with respect to user code. -EFAULT (also if unaligned). */
int uaccess_read32(vaddr_t va, uint32_t *value);
int uaccess_cas32(vaddr_t va, uint32_t expected, uint32_t desired, uint32_t *found);

/* Such a word in place, for that access (PMAP_R or PMAP_W), until uaccess_end(); NULL: -EFAULT. In between, as with
 * uaccess_begin(). */
_Atomic uint32_t *uaccess_word(vaddr_t va, unsigned access);

/* User memory pinned for direct use: ptr[0, len) are the bytes from va on, as far as they are
 * physically contiguous. The frames stay until uaccess_window_close(), even if the program
 * unmaps them. */
struct uaccess_window {
    void  *ptr;
    size_t len; /* bytes; at least 1, at most what was asked for */
};

/* access: PMAP_R or PMAP_W; a window for writing counts as written at once. len > 0. -EFAULT. */
int  uaccess_window_open(vaddr_t va, size_t len, unsigned access, struct uaccess_window *w);
void uaccess_window_close(struct uaccess_window *w);

/* A few bytes of the program in place: [va, va + len) for that access, until uaccess_end(). NULL: they are not all there
 * in one piece, and the calls above are what is left; there is nothing to end then. In between the address space is
 * locked: no other call of these, and nothing that sleeps. The program's other threads see what is stored at once. len > 0. */
void *uaccess_begin(vaddr_t va, size_t len, unsigned access);
void  uaccess_end(void);

/* What va's word is, wherever it is seen (futexes between mappings): for shared memory a number that
 * every address which shows the word has, and nothing else; for private memory, whose frame may
 * change at any time, va. It is made accessible first. -EFAULT. */
int uaccess_identity(vaddr_t va, unsigned access, uint64_t *identity);

#endif
