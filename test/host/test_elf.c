/* SPDX-License-Identifier: Apache-2.0 */
/* test_elf.c - load plans from ELF headers: what compilers make is accepted and understood, every
 * hostile header is refused with its reason, and no plan breaks the promises of unix/elf.h. */
/* sources: src/unix/elf.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/errno.h"
#include "machine/layout.h"
#include "machine/pmap.h"
#include "unix/elf.h"

#define FILE_SIZE 0x100000u

/* A file in the form that the tests change: headers written out by hand, not shared with elf.c. */
struct ehdr {
    uint8_t  ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct phdr {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

enum { LOAD = 1, INTERP = 3, PHDR = 6, GNU_STACK = 0x6474e551 };
enum { X = 1, W = 2, R = 4 };

struct image {
    struct ehdr eh;
    struct phdr ph[80];
};

/* A static program: text at 0x10000, data with bss behind it. */
static struct image static_program(void)
{
    struct image img = {
        .eh = {.ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
               .type = 2,
               .machine = 243,
               .version = 1,
               .entry = 0x10400,
               .phoff = 64,
               .flags = 5,
               .ehsize = 64,
               .phentsize = 56,
               .phnum = 3},
        .ph =
            {
                {LOAD, R | X, 0, 0x10000, 0x10000, 0x5678, 0x5678, 0x1000},
                {LOAD, R | W, 0x5e00, 0x16e00, 0x16e00, 0x300, 0x2500, 0x1000},
                {GNU_STACK, R | W, 0, 0, 0, 0, 0, 16},
            },
    };
    return img;
}

static struct image dynamic_program(void)
{
    struct image img = static_program();
    img.eh.type = 3;
    img.eh.entry = 0x400;
    img.eh.phnum = 5;
    img.ph[0] = (struct phdr){PHDR, R, 64, 64, 64, 5 * 56, 5 * 56, 8};
    img.ph[1] = (struct phdr){INTERP, R, 0x200, 0x200, 0x200, 0x21, 0x21, 1};
    img.ph[2] = (struct phdr){LOAD, R | X, 0, 0, 0, 0x1000, 0x1000, 0x1000};
    img.ph[3] = (struct phdr){LOAD, R | W, 0x1000, 0x2000, 0x2000, 0x10, 0x1000, 0x1000};
    img.ph[4] = (struct phdr){GNU_STACK, R | W | X, 0, 0, 0, 0, 0, 16};
    return img;
}

/* Plan img as exec does; the headers lie in blocks of their exact size for the sanitizer's sake. */
static const char *plan_of(const struct image *img, uint64_t file_size, struct elf_plan *plan)
{
    const char       *why = "unset";
    struct elf_header hdr;
    void             *eh = malloc(sizeof(img->eh));
    memcpy(eh, &img->eh, sizeof(img->eh));
    int err = elf_read_header(eh, sizeof(img->eh), file_size, &hdr, &why);
    free(eh);
    if (!err) {
        size_t len = hdr.nphdrs * sizeof(struct phdr);
        void  *ph = malloc(len);
        memcpy(ph, img->ph, len);
        err = elf_read_segments(&hdr, ph, file_size, plan, &why);
        free(ph);
    }
    assert_int_equal(err, why ? -ENOEXEC : 0);
    return why;
}

static void accept(const struct image *img, struct elf_plan *plan)
{
    const char *why = plan_of(img, FILE_SIZE, plan);
    if (why)
        fail_msg("refused: %s", why);
}

static void refuse(const struct image *img, const char *part_of_reason)
{
    struct elf_plan plan;
    const char     *why = plan_of(img, FILE_SIZE, &plan);
    assert_non_null(why);
    if (!strstr(why, part_of_reason))
        fail_msg("'%s' does not say '%s'", why, part_of_reason);
}

/* --- what is accepted -------------------------------------------------------------------- */

static void a_static_program_is_planned_exactly(void **state)
{
    (void)state;
    struct image    img = static_program();
    struct elf_plan plan;
    accept(&img, &plan);
    assert_false(plan.position_independent);
    assert_int_equal(plan.entry, 0x10400);
    assert_int_equal(plan.lo, 0x10000);
    assert_int_equal(plan.hi, 0x1a000);
    assert_int_equal(plan.align, 0x1000);
    assert_int_equal(plan.phdr_va, 0x10040);
    assert_int_equal(plan.nphdrs, 3);
    assert_int_equal(plan.interp_len, 0);
    assert_false(plan.exec_stack);
    assert_int_equal(plan.nsegments, 2);
    const struct elf_segment *text = &plan.segments[0], *data = &plan.segments[1];
    assert_int_equal(text->start, 0x10000);
    assert_int_equal(text->mem_len, 0x6000);
    assert_int_equal(text->offset, 0);
    assert_int_equal(text->file_len, 0x5678);
    assert_int_equal(text->prot, PMAP_R | PMAP_X);
    assert_false(text->zero_tail);
    assert_int_equal(data->start, 0x16000);
    assert_int_equal(data->mem_len, 0x4000);
    assert_int_equal(data->offset, 0x5000);
    assert_int_equal(data->file_len, 0x1100);
    assert_int_equal(data->prot, PMAP_R | PMAP_W);
    assert_true(data->zero_tail);
}

static void a_dynamic_program_names_its_interpreter(void **state)
{
    (void)state;
    struct image    img = dynamic_program();
    struct elf_plan plan;
    accept(&img, &plan);
    assert_true(plan.position_independent);
    assert_int_equal(plan.lo, 0);
    assert_int_equal(plan.hi, 0x3000);
    assert_int_equal(plan.phdr_va, 64);
    assert_int_equal(plan.interp_offset, 0x200);
    assert_int_equal(plan.interp_len, 0x21);
    assert_true(plan.exec_stack);
}

static void a_segment_of_zeros_alone_needs_no_file(void **state)
{
    (void)state;
    struct image img = static_program();
    img.ph[1] = (struct phdr){LOAD, R | W, 0x5e00, 0x16e00, 0x16e00, 0, 0x1201, 0x1000};
    struct elf_plan plan;
    accept(&img, &plan);
    assert_int_equal(plan.segments[1].file_len, 0);
    assert_int_equal(plan.segments[1].mem_len, 0x3000);
    assert_false(plan.segments[1].zero_tail);
}

static void a_file_part_that_ends_with_its_page_leaves_no_tail(void **state)
{
    (void)state;
    struct image img = static_program();
    img.ph[1].filesz = 0x200;
    struct elf_plan plan;
    accept(&img, &plan);
    assert_int_equal(plan.segments[1].file_len, 0x1000);
    assert_false(plan.segments[1].zero_tail);
}

static void empty_segments_are_passed_over(void **state)
{
    (void)state;
    struct image img = static_program();
    img.ph[2] = (struct phdr){LOAD, R, 0, UINT64_MAX, 0, 0, 0, 3};
    struct elf_plan plan;
    accept(&img, &plan);
    assert_int_equal(plan.nsegments, 2);
}

static void the_largest_alignment_counts(void **state)
{
    (void)state;
    struct image img = dynamic_program();
    img.ph[3].align = 0x200000;
    struct elf_plan plan;
    accept(&img, &plan);
    assert_int_equal(plan.align, 0x200000);
}

static void the_highest_user_page_can_be_used(void **state)
{
    (void)state;
    struct image img = static_program();
    img.ph[1].vaddr = USER_END - 0x2200;
    img.ph[1].memsz = 0x2200;
    struct elf_plan plan;
    accept(&img, &plan);
    assert_int_equal(plan.hi, USER_END);
    img.ph[1].memsz++;
    refuse(&img, "outside the address space");
}

static void unmapped_program_headers_are_told(void **state)
{
    (void)state;
    struct image img = static_program();
    img.eh.phoff = 0x8000; /* behind what the segments hold of the file */
    struct elf_plan plan;
    accept(&img, &plan);
    assert_int_equal(plan.phdr_va, 0);
}

/* --- what is refused --------------------------------------------------------------------- */

static const char *header_reason(const void *bytes, size_t len)
{
    char *copy = malloc(len ? len : 1);
    memcpy(copy, bytes, len);
    struct elf_header hdr;
    const char       *why;
    assert_int_equal(elf_read_header(copy, len, len, &hdr, &why), -ENOEXEC);
    free(copy);
    return why;
}

static void files_that_are_no_elf_are_named(void **state)
{
    (void)state;
    assert_string_equal(header_reason("", 0), "the file is empty");
    assert_non_null(strstr(header_reason("#!/bin/sh\n", 10), "script"));
    assert_non_null(strstr(header_reason("#!", 2), "script"));
    assert_non_null(strstr(header_reason("#", 1), "no ELF"));
    assert_non_null(strstr(header_reason("\177EL", 3), "no ELF"));
    assert_non_null(strstr(header_reason("MZ\220\0aaaa", 8), "no ELF"));
    struct image img = static_program();
    for (size_t len = 4; len < ELF_HEADER_SIZE; len++)
        assert_string_equal(header_reason(&img.eh, len), "the file ends within its ELF header");
}

static void programs_of_other_machines_are_named(void **state)
{
    (void)state;
    struct image img = static_program();
    img.eh.machine = 62;
    refuse(&img, "this is an x86-64 program; Cella runs riscv64 programs");
    img.eh.machine = 183;
    refuse(&img, "arm64");
    img.eh.machine = 3;
    img.eh.ident[4] = 1;
    refuse(&img, "32-bit x86");
    img.eh.machine = 40;
    refuse(&img, "32-bit Arm");
    img.eh.machine = 0x1234;
    refuse(&img, "another machine");
    img.eh.machine = 243;
    refuse(&img, "32-bit RISC-V");
    img.eh.ident[5] = 2;
    refuse(&img, "big-endian");
}

static void every_field_of_the_header_is_checked(void **state)
{
    (void)state;
    struct image good = static_program();
    struct image img;
#define BAD(field, value, reason) (img = good, img.eh.field = (value), refuse(&img, reason))
    BAD(ident[4], 0, "class");
    BAD(ident[4], 3, "class");
    BAD(ident[5], 0, "big-endian");
    BAD(ident[6], 0, "version");
    BAD(ident[7], 9, "operating system");
    BAD(version, 2, "version");
    BAD(type, 0, "type");
    BAD(type, 1, "not linked");
    BAD(type, 4, "core dump");
    BAD(type, 0xfe00, "type");
    BAD(flags, 8, "RV64E");
    BAD(flags, 6, "quad");
    BAD(phentsize, 55, "wrong size");
    BAD(phentsize, 32, "wrong size");
    BAD(phentsize, 0, "wrong size");
    BAD(phnum, 0, "no program headers");
    BAD(phnum, ELF_PHDRS_MAX + 1, "too many");
    BAD(phnum, 0xffff, "too many");
    BAD(phoff, UINT64_MAX, "truncated");
    BAD(phoff, UINT64_MAX - 100, "truncated");
    BAD(phoff, FILE_SIZE, "truncated");
    BAD(phoff, FILE_SIZE - 3 * 56 + 1, "truncated");
    BAD(entry, 0, "entry point");
    BAD(entry, 0x10401, "entry point");
    BAD(entry, 0x16e00, "entry point");
    BAD(entry, 0x16000, "entry point");
    BAD(entry, UINT64_MAX - 1, "entry point");
#undef BAD
    good.eh.phoff = FILE_SIZE - 3 * 56;
    struct elf_plan plan;
    accept(&good, &plan);
}

static void every_field_of_a_segment_is_checked(void **state)
{
    (void)state;
    struct image good = static_program();
    struct image img;
#define BAD(field, value, reason) (img = good, img.ph[1].field = (value), refuse(&img, reason))
    BAD(filesz, 0x2501, "larger in the file");
    BAD(filesz, UINT64_MAX, "larger in the file");
    BAD(memsz, 0x2ff, "larger in the file");
    BAD(memsz, UINT64_MAX, "outside the address space");
    BAD(memsz, USER_END - 0x16e00 + 1, "outside the address space");
    BAD(offset, 0x5e01, "do not agree");
    BAD(offset, UINT64_MAX - 0x1ff, "truncated");
    BAD(offset, FILE_SIZE + 0xe00, "truncated");
    BAD(offset, FILE_SIZE - 0x200, "truncated");
    BAD(vaddr, 0x16e10, "do not agree");
    BAD(vaddr, UINT64_MAX - 0x1ff, "outside the address space");
    BAD(vaddr, USER_END + 0xe00, "outside the address space");
    BAD(vaddr, 0xe00, "ascending");
    BAD(vaddr, 0x15e00, "overlap");
    BAD(vaddr, 0x10e00, "overlap");
    BAD(align, 3, "power of two");
    BAD(align, UINT64_MAX, "power of two");
    BAD(align, 1ull << 63, "alignment is larger");
#undef BAD
    img = good;
    img.ph[0].vaddr = 0xf000;
    refuse(&img, "lowest address");
    img = good;
    img.ph[0].type = img.ph[1].type = 0;
    refuse(&img, "no loadable segment");
}

static void too_many_segments_are_refused(void **state)
{
    (void)state;
    struct image img = static_program();
    img.eh.phnum = ELF_SEGMENTS_MAX + 1;
    for (unsigned i = 1; i <= ELF_SEGMENTS_MAX; i++)
        img.ph[i] = (struct phdr){LOAD, R, 0, 0x20000 + 0x1000 * i, 0, 0, 0x1000, 0x1000};
    refuse(&img, "too many loadable");
    img.eh.phnum--;
    struct elf_plan plan;
    accept(&img, &plan);
}

static void hostile_interpreter_headers_are_refused(void **state)
{
    (void)state;
    struct image good = dynamic_program();
    struct image img;
#define BAD(field, value, reason) (img = good, img.ph[1].field = (value), refuse(&img, reason))
    BAD(filesz, 0, "impossible length");
    BAD(filesz, 1, "impossible length");
    BAD(filesz, ELF_INTERP_MAX + 1, "impossible length");
    BAD(filesz, UINT64_MAX, "impossible length");
    BAD(offset, FILE_SIZE, "truncated");
    BAD(offset, UINT64_MAX, "truncated");
    BAD(offset, FILE_SIZE - 0x20, "truncated");
#undef BAD
    img = good;
    img.ph[4] = img.ph[1];
    refuse(&img, "two interpreters");
}

static void an_interpreters_name_is_one_terminated_absolute_path(void **state)
{
    (void)state;
    const char *why;
    assert_int_equal(elf_check_interp("/lib/ld.so", 11, &why), 0);
    assert_null(why);
    assert_int_equal(elf_check_interp("/lib/ld.so", 10, &why), -ENOEXEC);
    assert_int_equal(elf_check_interp("/lib\0ld.so", 11, &why), -ENOEXEC);
    assert_int_equal(elf_check_interp("", 1, &why), -ENOEXEC);
    assert_int_equal(elf_check_interp("", 0, &why), -ENOEXEC);
    assert_int_equal(elf_check_interp("\0\0", 2, &why), -ENOEXEC);
    assert_int_equal(elf_check_interp("ld.so", 6, &why), -ENOEXEC);
    assert_non_null(strstr(why, "absolute"));
}

/* --- promises ---------------------------------------------------------------------------- */

static void check_promises(const struct elf_plan *plan, uint64_t file_size)
{
    vaddr_t end = plan->position_independent ? 0 : USER_MIN;
    assert_in_range(plan->nsegments, 1, ELF_SEGMENTS_MAX);
    assert_int_equal(plan->lo, plan->segments[0].start);
    assert_true(plan->align >= PAGE_SIZE && (plan->align & (plan->align - 1)) == 0);
    for (unsigned i = 0; i < plan->nsegments; i++) {
        const struct elf_segment *seg = &plan->segments[i];
        assert_true(seg->start >= end && seg->mem_len > 0);
        assert_true(seg->start <= USER_END && seg->mem_len <= USER_END - seg->start);
        assert_true(((seg->start | seg->mem_len) & PAGE_MASK) == 0);
        assert_true(seg->file_len <= seg->mem_len);
        assert_true((seg->offset & PAGE_MASK) == 0);
        if (seg->file_len)
            assert_true(seg->offset + seg->file_len <= file_size);
        end = seg->start + seg->mem_len;
    }
    assert_int_equal(plan->hi, end);
    assert_true(plan->interp_len <= ELF_INTERP_MAX);
    assert_true(plan->interp_len <= file_size &&
                plan->interp_offset <= file_size - plan->interp_len);
}

static uint64_t random_state = 88172645463325252ull;

static uint64_t random64(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* A number as attackers choose it. */
static uint64_t nasty(void)
{
    static const uint64_t edges[] = {0,         1,        56,         0xfff,     0x1000,    0x10000,
                                     FILE_SIZE, USER_END, UINT32_MAX, INT64_MAX, UINT64_MAX};
    uint64_t              r = random64();
    uint64_t              edge = edges[(r >> 8) % ARRAY_LEN(edges)];
    return r % 4 == 0 ? random64() : r % 4 == 1 ? edge : edge + (r >> 16) % 5 * 0x800 - 0x1000;
}

static void no_header_leads_to_a_plan_that_breaks_its_promises(void **state)
{
    (void)state;
    unsigned accepted = 0;
    for (unsigned round = 0; round < 200000; round++) {
        struct image img = round & 1 ? static_program() : dynamic_program();
        for (unsigned n = random64() % 4 + 1; n > 0; n--) {
            struct phdr *ph = &img.ph[random64() % 5];
            uint64_t    *fields[] = {&ph->offset, &ph->vaddr,    &ph->filesz,  &ph->memsz,
                                     &ph->align,  &img.eh.entry, &img.eh.phoff};
            *fields[random64() % ARRAY_LEN(fields)] = nasty();
        }
        if (random64() % 8 == 0)
            ((uint8_t *)&img)[random64() % (64 + 5 * 56)] = (uint8_t)random64();
        struct elf_plan plan;
        if (!plan_of(&img, FILE_SIZE, &plan)) {
            check_promises(&plan, FILE_SIZE);
            accepted++;
        }
    }
    assert_in_range(accepted, 2000, 198000); /* both outcomes were tried */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_static_program_is_planned_exactly),
        cmocka_unit_test(a_dynamic_program_names_its_interpreter),
        cmocka_unit_test(a_segment_of_zeros_alone_needs_no_file),
        cmocka_unit_test(a_file_part_that_ends_with_its_page_leaves_no_tail),
        cmocka_unit_test(empty_segments_are_passed_over),
        cmocka_unit_test(the_largest_alignment_counts),
        cmocka_unit_test(the_highest_user_page_can_be_used),
        cmocka_unit_test(unmapped_program_headers_are_told),
        cmocka_unit_test(files_that_are_no_elf_are_named),
        cmocka_unit_test(programs_of_other_machines_are_named),
        cmocka_unit_test(every_field_of_the_header_is_checked),
        cmocka_unit_test(every_field_of_a_segment_is_checked),
        cmocka_unit_test(too_many_segments_are_refused),
        cmocka_unit_test(hostile_interpreter_headers_are_refused),
        cmocka_unit_test(an_interpreters_name_is_one_terminated_absolute_path),
        cmocka_unit_test(no_header_leads_to_a_plan_that_breaks_its_promises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
