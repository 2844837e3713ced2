/* SPDX-License-Identifier: Apache-2.0 */
/* What the raw table allows, for the kernel's own map and for a program's: the kernel's rights are
 * W^X, it executes nothing but its text, and no right of a program reaches the kernel's image, the
 * window, or the table. */
#include "machine/layout.h"
#include "machine/pmap.h"
#include "test/kernel/ktest.h"

extern char _text_start[], _text_end[], _rodata_start[], _rodata_end[], _image_end[];

struct seen {
    size_t text, rodata, window, user; /* bytes */
};

static bool overlap(paddr_t a, size_t alen, paddr_t b, size_t blen)
{
    return a < b + blen && b < a + alen;
}

static bool shows(const struct ktest_mapping *m, const char *from, const char *to)
{
    return overlap(m->pa, m->len, phys_of(from), (size_t)(to - from));
}

static void check_piece(void *arg, paddr_t pa, size_t len)
{
    const struct ktest_mapping *m = arg;
    CHECK(!overlap(m->pa, m->len, pa, len));
}

static void check_user(struct ktest_mapping *m)
{
    CHECK(m->va >= USER_MIN && m->va + m->len <= USER_END);
    CHECK(!(m->kernel & PMAP_X));
    CHECK(!shows(m, _text_start, _image_end));
    ktest_table_pieces(check_piece, m);
}

static void check_kernel(const struct ktest_mapping *m)
{
    CHECK(m->va == m->pa + WINDOW_BASE && m->va + m->len <= WINDOW_BASE + WINDOW_SIZE);
    CHECK(!(m->kernel & PMAP_X) || !(m->kernel & PMAP_W));
    if (m->kernel & PMAP_X)
        CHECK(m->va >= (vaddr_t)_text_start && m->va + m->len <= (vaddr_t)_text_end);
    if (m->kernel & PMAP_W)
        CHECK(!shows(m, _text_start, _text_end) && !shows(m, _rodata_start, _rodata_end));
}

static void check(void *arg, const struct ktest_mapping *m)
{
    struct seen         *seen = arg;
    struct ktest_mapping copy = *m;

    if (m->va < USER_END) {
        check_user(&copy);
        seen->user += m->len;
        return;
    }
    CHECK(m->user == PMAP_NONE);
    check_kernel(m);
    seen->window += m->kernel & PMAP_W ? m->len : 0;
    seen->text += m->kernel == (PMAP_R | PMAP_X) ? m->len : 0;
    seen->rodata += m->kernel == PMAP_R ? m->len : 0;
}

/* The table in satp, and that the walk did see the kernel. */
static size_t check_table(void)
{
    struct seen seen = {0};

    ktest_walk(check, &seen);
    CHECK(seen.text == (size_t)(_text_end - _text_start));
    CHECK(seen.rodata == (size_t)(_rodata_end - _rodata_start));
    CHECK(seen.window > 100ul << 20);
    return seen.user;
}

static void add_area(struct vmspace *vs, unsigned prot)
{
    vaddr_t          va;
    struct area_spec spec = {.len = 5 * PAGE_SIZE, .prot = prot};

    CHECK(vmspace_map(vs, &spec, &va) == 0);
    CHECK(vmspace_populate(vs, va, spec.len, prot & PMAP_R ? PMAP_R : PMAP_X) == 0);
}

/* On the program's map now. Everything a program may ask for, writable and executable too. */
static void on_user_map(struct thread *t, struct trapframe *tf)
{
    (void)tf;
    add_area(t->vmspace, PMAP_R);
    add_area(t->vmspace, PMAP_R | PMAP_W);
    add_area(t->vmspace, PMAP_R | PMAP_W | PMAP_X);
    add_area(t->vmspace, PMAP_X);
    CHECK(check_table() >= 22 * PAGE_SIZE); /* those, code, data */
    ktest_pass();
}

static const struct thread_ops ops = {.syscall = on_user_map};

void boot_program(void *arg)
{
    (void)arg;
    CHECK(check_table() == 0);
    thread_start(ktest_user("user", ktest_vmspace(), user_call_forever, &ops, NULL));
}
