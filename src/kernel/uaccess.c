/* SPDX-License-Identifier: Apache-2.0 */
/* uaccess.c - user memory by physical runs: look up as the calling compartment, move, go on.
 *
 * vs->mutex is held from the look-up to the end of the move: nobody can unmap the run or let its
 * frames go meanwhile. A run that may be written counts as written since it became writable
 * (fault.c), so a copy to it leaves no other note.
 */
#include "kernel/uaccess.h"

#include <stdatomic.h>

#include "kernel/fault.h"
#include "kernel/frame.h"
#include "kernel/log.h"
#include "kernel/thread.h"
#include "kernel/vmspace.h"
#include "lib/errno.h"
#include "lib/string.h"

/* The address space of the calling thread, locked; NULL: it has none. */
static struct vmspace *user_lock(void)
{
    struct vmspace *vs = thread_self()->vmspace;

    if (vs)
        mutex_lock(&vs->mutex);
    return vs;
}

static bool lookup(struct vmspace *vs, const struct fault *want, struct pmap_run *run)
{
    vaddr_t page = ALIGN_DOWN(want->va, PAGE_SIZE);

    if (pmap_extract(vs->pmap, want->dom, page, run) || !(run->prot & want->access))
        return false;
    run->pa += want->va - page;
    run->len -= want->va - page;
    return true;
}

/* The program sees EFAULT for memory that it may use: say once why. */
static void tell_no_memory(vaddr_t va)
{
    static bool told; /* vs->mutex */

    if (!told)
        log_warn("no memory is left for the page at %#lx that a system call was given", va);
    told = true;
}

/* The run from va on that the caller may access, filled if need be. -EFAULT. */
static int user_run(struct vmspace *vs, vaddr_t va, unsigned access, struct pmap_run *run)
{
    struct fault want = {.kind = FAULT_PROTECTION,
                         .va = va,
                         .access = access,
                         .dom = (pmap_dom_t)thread_self()->tf->dom};

    if (va >= USER_END)
        return -EFAULT;
    if (lookup(vs, &want, run))
        return 0;
    int err = fault_resolve(vs, &want);
    if (err == -ENOMEM)
        tell_no_memory(va);
    return !err && lookup(vs, &want, run) ? 0 : -EFAULT;
}

/* --- copying ----------------------------------------------------------------------------- */

enum move { MOVE_IN, MOVE_OUT, MOVE_ZERO };

static inline unsigned access_for(enum move how)
{
    return how == MOVE_IN ? PMAP_R : PMAP_W;
}

typedef uint64_t __attribute__((may_alias)) word_t;
typedef uint32_t __attribute__((may_alias)) half_t;

/* What system calls move most often is a byte, a word, or two. Other threads may look at it meanwhile: what is an
 * object of the program's is moved at once, a thread's number for instance. */
static inline void copy(void *dst, const void *src, size_t len)
{
    word_t       *d = dst;
    const word_t *s = src;
    bool          aligned = !(((uintptr_t)dst | (uintptr_t)src) % sizeof(word_t));

    if (len == 1) {
        *(uint8_t *)dst = *(const uint8_t *)src;
    } else if (aligned && (len == sizeof(word_t) || len == 2 * sizeof(word_t))) {
        d[0] = s[0];
        if (len > sizeof(word_t))
            d[1] = s[1];
    } else if (len == sizeof(half_t) && !(((uintptr_t)dst | (uintptr_t)src) % sizeof(half_t))) {
        *(half_t *)dst = *(const half_t *)src;
    } else {
        memcpy(dst, src, len);
    }
}

static inline void move_bytes(enum move how, void *user, uint8_t *kernel, size_t len)
{
    if (how == MOVE_IN)
        copy(kernel, user, len);
    else if (how == MOVE_OUT)
        copy(user, kernel, len);
    else
        memset(user, 0, len);
}

/* What the caller may access from va on, and lies together, as far as it is there. */
static inline struct pmap_piece reach(struct vmspace *vs, vaddr_t va, unsigned access)
{
    return pmap_reach(vs->pmap, (pmap_dom_t)thread_self()->tf->dom, va, access);
}

/* The same, filled; len 0: he may not. */
static __attribute__((noinline)) struct pmap_piece fill_piece(struct vmspace *vs, vaddr_t va,
                                                              unsigned access)
{
    struct pmap_run run;

    return user_run(vs, va, access, &run) ? (struct pmap_piece){.len = 0}
                                          : (struct pmap_piece){run.pa, run.len};
}

/* Piece by piece, each filled if need be. piece: the first one, as far as it is there. */
static __attribute__((noinline)) ssize_t move_pieces(struct vmspace *vs, enum move how, vaddr_t va,
                                                     uint8_t *kernel, size_t len,
                                                     struct pmap_piece piece)
{
    vaddr_t start = va, end = va + len;
    for (;;) {
        if (!piece.len)
            piece = fill_piece(vs, va, access_for(how));
        size_t n = size_min(piece.len, end - va);
        move_bytes(how, phys_ptr(piece.pa), kernel, n);
        va += n;
        kernel = kernel ? kernel + n : NULL;
        if (!n || va == end)
            return va != start ? (ssize_t)(va - start) : -EFAULT;
        piece = reach(vs, va, access_for(how));
    }
}

/* Many bytes, or what is not all there in one piece. */
static __attribute__((noinline)) ssize_t move_many(enum move how, vaddr_t va, uint8_t *kernel,
                                                   size_t len)
{
    if (!len)
        return 0;
    struct vmspace *vs = user_lock();
    if (!vs)
        return -EFAULT;

    ssize_t done = move_pieces(vs, how, va, kernel, len, reach(vs, va, access_for(how)));
    mutex_unlock(&vs->mutex);
    return done;
}

#define FEW 256u /* bytes that seldom lie in two pieces */

static inline __attribute__((always_inline)) ssize_t move_some(enum move how, vaddr_t va,
                                                               uint8_t *kernel, size_t len)
{
    struct vmspace *vs = thread_self()->vmspace;
    if (len > FEW || !vs)
        return move_many(how, va, kernel, len);

    pmap_dom_t dom = (pmap_dom_t)thread_self()->tf->dom;
    mutex_lock(&vs->mutex);
    void *user = pmap_window(vs->pmap, dom, va, len, access_for(how));
    if (user)
        move_bytes(how, user, kernel, len);
    mutex_unlock(&vs->mutex);
    return user ? (ssize_t)len : move_many(how, va, kernel, len);
}

ssize_t uaccess_read_some(void *dst, vaddr_t src, size_t len)
{
    return move_some(MOVE_IN, src, dst, len);
}

ssize_t uaccess_write_some(vaddr_t dst, const void *src, size_t len)
{
    return move_some(MOVE_OUT, dst, (uint8_t *)src, len); /* only read from */
}

ssize_t uaccess_zero_some(vaddr_t dst, size_t len)
{
    return move_some(MOVE_ZERO, dst, NULL, len);
}

int uaccess_read(void *dst, vaddr_t src, size_t len)
{
    return (size_t)uaccess_read_some(dst, src, len) == len ? 0 : -EFAULT;
}

int uaccess_write(vaddr_t dst, const void *src, size_t len)
{
    return (size_t)uaccess_write_some(dst, src, len) == len ? 0 : -EFAULT;
}

int uaccess_zero(vaddr_t dst, size_t len)
{
    return (size_t)uaccess_zero_some(dst, len) == len ? 0 : -EFAULT;
}

/* Up to and with the first NUL of max bytes, all of which are there: its place; max: there is none. */
static size_t copy_str(char *dst, const char *src, size_t max)
{
    size_t n = 0;
    while (n < max && (dst[n] = src[n]))
        n++;
    return n;
}

/* The short way: a string that ends within its first piece, which is there. Its length, or -1. */
static ssize_t read_short_str(struct vmspace *vs, char *dst, vaddr_t src, size_t max)
{
    struct pmap_piece piece = reach(vs, src, PMAP_R);
    if (!piece.len)
        return -1;
    size_t len = size_min(piece.len, max);
    size_t n = copy_str(dst, phys_ptr(piece.pa), len);
    return n < len ? (ssize_t)n : -1;
}

/* Strings are copied run by run up to their NUL, never past it. */
static ssize_t read_str_locked(struct vmspace *vs, char *dst, vaddr_t src, size_t max)
{
    struct pmap_run run;

    for (size_t done = 0; done < max; done += run.len) {
        if (user_run(vs, src + done, PMAP_R, &run))
            return -EFAULT;
        run.len = size_min(run.len, max - done);
        size_t n = copy_str(dst + done, phys_ptr(run.pa), run.len);
        if (n < run.len)
            return (ssize_t)(done + n);
    }
    return -ENAMETOOLONG;
}

ssize_t uaccess_read_str(char *dst, vaddr_t src, size_t max)
{
    struct vmspace *vs = user_lock();
    if (!vs)
        return -EFAULT;

    ssize_t n = read_short_str(vs, dst, src, max);
    if (n < 0)
        n = read_str_locked(vs, dst, src, max);
    mutex_unlock(&vs->mutex);
    return n;
}

/* [va, va + len) in the window, if all of it is there, in one piece; vs->mutex is held then. */
static inline __attribute__((always_inline)) void *begin(vaddr_t va, size_t len, unsigned access)
{
    struct vmspace *vs = user_lock();
    if (!vs)
        return NULL;

    void *user = pmap_window(vs->pmap, (pmap_dom_t)thread_self()->tf->dom, va, len, access);
    if (!user)
        mutex_unlock(&vs->mutex);
    return user;
}

/* --- words ------------------------------------------------------------------------------- */

/* The word at va, made accessible first; vs->mutex is held on success. */
static __attribute__((noinline)) void *fill_word(vaddr_t va, unsigned access)
{
    struct vmspace *vs = user_lock();
    if (!vs)
        return NULL;

    struct pmap_piece piece = fill_piece(vs, va, access);
    if (piece.len)
        return phys_ptr(piece.pa);
    mutex_unlock(&vs->mutex);
    return NULL;
}

_Atomic uint32_t *uaccess_word(vaddr_t va, unsigned access)
{
    if (va % sizeof(uint32_t))
        return NULL;
    void *word = begin(va, sizeof(uint32_t), access);
    return word ? word : fill_word(va, access);
}

int uaccess_read32(vaddr_t va, uint32_t *value)
{
    _Atomic uint32_t *word = uaccess_word(va, PMAP_R);
    if (!word)
        return -EFAULT;

    *value = atomic_load(word);
    uaccess_end();
    return 0;
}

int uaccess_cas32(vaddr_t va, uint32_t expected, uint32_t desired, uint32_t *found)
{
    _Atomic uint32_t *word = uaccess_word(va, PMAP_W);
    if (!word)
        return -EFAULT;

    atomic_compare_exchange_strong(word, &expected, desired);
    *found = expected;
    uaccess_end();
    return 0;
}

/* --- windows ----------------------------------------------------------------------------- */

int uaccess_window_open(vaddr_t va, size_t len, unsigned access, struct uaccess_window *w)
{
    struct pmap_run run;
    struct vmspace *vs = user_lock();
    if (!vs)
        return -EFAULT;

    int err = user_run(vs, va, access, &run);
    if (!err) {
        w->ptr = phys_ptr(run.pa);
        w->len = size_min(run.len, len);
        frame_get_run(ALIGN_DOWN(run.pa, PAGE_SIZE), pages_for((run.pa & PAGE_MASK) + w->len));
    }
    mutex_unlock(&vs->mutex);
    return err;
}

void uaccess_window_close(struct uaccess_window *w)
{
    paddr_t pa = phys_of(w->ptr);

    frame_put_run(ALIGN_DOWN(pa, PAGE_SIZE), pages_for((pa & PAGE_MASK) + w->len));
    w->ptr = NULL;
}

void *uaccess_begin(vaddr_t va, size_t len, unsigned access)
{
    return begin(va, len, access);
}

void uaccess_end(void)
{
    mutex_unlock(&thread_self()->vmspace->mutex);
}

#define IDENTITY_OF_FRAME (1ull << 63) /* no address has it */

int uaccess_identity(vaddr_t va, unsigned access, uint64_t *identity)
{
    struct pmap_run run;
    struct vmspace *vs = user_lock();
    if (!vs)
        return -EFAULT;

    int err = user_run(vs, va, access, &run);
    if (!err) {
        const struct area *area = area_find(&vs->areas, va);
        bool               shared = area && area->flags & AREA_SHARED; /* the file's own frame */
        *identity = shared ? run.pa | IDENTITY_OF_FRAME : va;
    }
    mutex_unlock(&vs->mutex);
    return err;
}
