/* SPDX-License-Identifier: Apache-2.0 */
/* test_tool_elffile.c - ELF files for the tool that builds images: what a good one says, and that no bad
 * one gets through or does harm. A small program with an interpreter and libraries is put together here
 * and then spoilt: other headers, cut at every length, every byte changed. */
/* sources: tools/cella/elffile.c tools/cella/words.c tools/cella/say.c */
/* flags: -Itools/cella */
/* libraries: -lelf */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "elffile.h"

#define BASE 0x10000

static const char strings[] = "\0libone.so.1\0libtwo.so.2\0$ORIGIN/../lib\0/opt/lib\0me.so.3";
enum { ONE = 1, TWO = 13, RUN = 25, R = 40, SONAME = 49 };

static struct image {
    Elf64_Ehdr header;
    Elf64_Phdr segments[3];
    char       interpreter[24];
    Elf64_Dyn  dynamic[9];
    char       strings[sizeof(strings)];
} image;

static char *path;

/* A position-independent program with two libraries. */
static void make_image(void)
{
    image = (struct image){
        .header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                   .e_type = ET_DYN,
                   .e_machine = EM_RISCV,
                   .e_version = EV_CURRENT,
                   .e_entry = BASE + 0x40,
                   .e_phoff = offsetof(struct image, segments),
                   .e_ehsize = sizeof(Elf64_Ehdr),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 3},
        .segments = {{.p_type = PT_LOAD,
                      .p_flags = PF_R | PF_X,
                      .p_vaddr = BASE,
                      .p_filesz = sizeof(image),
                      .p_memsz = sizeof(image) + 100},
                     {.p_type = PT_INTERP,
                      .p_offset = offsetof(struct image, interpreter),
                      .p_filesz = sizeof("/lib/ld.so")},
                     {.p_type = PT_DYNAMIC,
                      .p_offset = offsetof(struct image, dynamic),
                      .p_filesz = sizeof(image.dynamic)}},
        .interpreter = "/lib/ld.so",
        .dynamic = {{.d_tag = DT_NEEDED, .d_un.d_val = ONE},
                    {.d_tag = DT_STRTAB, .d_un.d_val = BASE + offsetof(struct image, strings)},
                    {.d_tag = DT_STRSZ, .d_un.d_val = sizeof(strings)},
                    {.d_tag = DT_NEEDED, .d_un.d_val = TWO},
                    {.d_tag = DT_RUNPATH, .d_un.d_val = RUN},
                    {.d_tag = DT_RPATH, .d_un.d_val = R},
                    {.d_tag = DT_SONAME, .d_un.d_val = SONAME},
                    {.d_tag = DT_NULL},
                    {.d_tag = DT_NEEDED, .d_un.d_val = 1u << 30}}, /* behind the end */
    };
    memcpy(image.strings, strings, sizeof(strings));
}

static void write_bytes(const void *bytes, size_t length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    close(fd);
}

static void refuse_file(const char *reason)
{
    struct elffile elf;
    char          *why = NULL;
    assert_int_equal(elffile_read(path, &elf, &why), -EINVAL);
    if (!strstr(why, reason))
        fail_msg("'%s' does not say '%s'", why, reason);
    free(why);
}

/* The image as it is now. */
static void refuse(const char *reason)
{
    write_bytes(&image, sizeof(image));
    refuse_file(reason);
    make_image();
}

static struct elffile accept(void)
{
    struct elffile elf;
    char          *why;
    write_bytes(&image, sizeof(image));
    if (elffile_read(path, &elf, &why))
        fail_msg("refused: %s", why);
    make_image();
    return elf;
}

static void all_that_a_program_says_is_read(void **state)
{
    (void)state;
    struct elffile elf = accept();
    assert_true(elf.position_independent);
    assert_true(elf.dynamic);
    assert_string_equal(elf.interpreter, "/lib/ld.so");
    assert_int_equal(elf.needed.count, 2);
    assert_string_equal(elf.needed.at[0], "libone.so.1");
    assert_string_equal(elf.needed.at[1], "libtwo.so.2");
    assert_string_equal(elf.runpath, "$ORIGIN/../lib");
    assert_string_equal(elf.rpath, "/opt/lib");
    assert_string_equal(elf.soname, "me.so.3");
    assert_int_equal(elf.entry, BASE + 0x40);
    assert_int_equal(elf.segment_count, 1);
    assert_int_equal(elf.segments[0].memory_size, sizeof(image) + 100);
    assert_true(elf.segments[0].executable);
    assert_false(elf.segments[0].writable);
    elffile_free(&elf);
}

static void kinds_are_told_apart(void **state)
{
    (void)state;
    struct elffile elf = accept();
    assert_string_equal(elffile_kind(&elf), "shared library");
    elffile_free(&elf);

    image.dynamic[6].d_tag = DT_DEBUG;
    elf = accept();
    assert_string_equal(elffile_kind(&elf), "position-independent program");
    elffile_free(&elf);

    image.dynamic[6].d_tag = DT_DEBUG;
    image.segments[1].p_type = PT_NULL;
    elf = accept();
    assert_string_equal(elffile_kind(&elf), "static position-independent program");
    elffile_free(&elf);

    image.header.e_type = ET_EXEC;
    image.segments[1].p_type = image.segments[2].p_type = PT_NULL;
    elf = accept();
    assert_string_equal(elffile_kind(&elf), "static program");
    elffile_free(&elf);
}

static void programs_for_other_machines_are_named(void **state)
{
    (void)state;
    image.header.e_machine = EM_X86_64;
    refuse("for x86-64; Cella runs riscv64");
    image.header.e_machine = EM_AARCH64;
    refuse("for arm64; Cella runs riscv64");
    image.header.e_machine = 4711;
    refuse("for machine number 4711; Cella runs riscv64");
    image.header.e_type = ET_REL;
    refuse("is an object file; link it first");
    image.header.e_type = ET_CORE;
    refuse("is a core dump");
    image.header.e_type = 77;
    refuse("unknown type 77");
}

/* An ELF header of 32 bits is shorter. */
static void a_program_for_riscv32_is_named(void **state)
{
    (void)state;
    Elf32_Ehdr header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
                         .e_type = ET_EXEC,
                         .e_machine = EM_RISCV,
                         .e_version = EV_CURRENT,
                         .e_ehsize = sizeof(header)};
    write_bytes(&header, sizeof(header));
    refuse_file("for riscv32; Cella runs riscv64");
}

static void what_lies_outside_of_the_file_is_refused(void **state)
{
    (void)state;
    image.segments[0].p_filesz = sizeof(image) + 1;
    image.segments[0].p_memsz = sizeof(image) + 1;
    refuse("a segment reaches beyond its end");
    image.segments[0].p_offset = UINT64_MAX - 8;
    refuse("a segment reaches beyond its end");
    image.segments[0].p_memsz = 8;
    refuse("smaller in memory than in the file");
    image.segments[1].p_offset = sizeof(image);
    refuse("its interpreter outside of the file");
    image.segments[1].p_filesz = UINT64_MAX;
    refuse("its interpreter outside of the file");
    image.segments[2].p_offset = UINT64_MAX;
    refuse("its dynamic section is outside of the file");
    image.dynamic[2].d_un.d_val = sizeof(strings) + 100;
    refuse("the names of its dynamic section are not in the file");
    image.dynamic[1].d_un.d_ptr = BASE + sizeof(image);
    refuse("the names of its dynamic section are not in the file");
    image.dynamic[1].d_un.d_ptr = BASE - 1;
    refuse("the names of its dynamic section are not in the file");
    image.dynamic[0].d_un.d_val = sizeof(strings);
    refuse("a name in its dynamic section is outside of the names");
    image.dynamic[2].d_tag = DT_DEBUG;
    refuse("a name in its dynamic section is outside of the names");
}

static void an_interpreter_has_a_whole_absolute_name(void **state)
{
    (void)state;
    image.interpreter[0] = 'x';
    refuse("no absolute path");
    image.interpreter[4] = '\0';
    refuse("no absolute path");
    image.segments[1].p_filesz = 5; /* no NUL */
    refuse("no absolute path");
    image.segments[1].p_filesz = 0;
    refuse("no absolute path");
    image.segments[2] = image.segments[1];
    refuse("no absolute path"); /* a second one */
}

static void a_file_without_anything_to_load_is_refused(void **state)
{
    (void)state;
    image.segments[0].p_type = PT_NOTE;
    refuse("nothing to load");
    image.header.e_phnum = 0;
    refuse("no program headers");
}

/* A table of names in use, whose last has no NUL. */
static void the_last_name_ends_with_the_names(void **state)
{
    (void)state;
    image.dynamic[2].d_un.d_val = SONAME + 2;
    struct elffile elf = accept();
    assert_string_equal(elf.soname, "me");
    elffile_free(&elf);
}

static void judge(const void *bytes, size_t length)
{
    struct elffile elf;
    char          *why = NULL;
    write_bytes(bytes, length);
    if (elffile_read(path, &elf, &why) == 0) {
        elffile_free(&elf);
        return;
    }
    assert_non_null(why);
    free(why);
}

static void a_file_cut_anywhere_is_refused(void **state)
{
    (void)state;
    for (size_t length = 0; length < sizeof(image); length++) {
        write_bytes(&image, length);
        refuse_file("");
    }
}

static void a_file_with_any_byte_changed_is_judged(void **state)
{
    static const unsigned char masks[] = {0x01, 0x80, 0xff};
    (void)state;
    for (size_t i = 0; i < sizeof(image); i++) {
        for (size_t m = 0; m < sizeof(masks); m++) {
            ((unsigned char *)&image)[i] ^= masks[m];
            judge(&image, sizeof(image));
            make_image();
        }
    }
}

static void what_is_no_file_is_refused(void **state)
{
    (void)state;
    struct elffile elf;
    char          *why = NULL;
    assert_int_equal(elffile_read("/nowhere/at/all", &elf, &why), -EINVAL);
    assert_non_null(strstr(why, "No such file"));
    free(why);
    assert_int_equal(elffile_read("/", &elf, &why), -EINVAL);
    assert_non_null(strstr(why, "no regular file"));
    free(why);
    assert_false(elffile_is("/"));
    assert_false(elffile_is("/nowhere/at/all"));
}

static int set_up(void **state)
{
    static char name[] = "/tmp/cella-elffile.XXXXXX";
    int         fd = mkstemp(name);
    (void)state;
    path = name;
    make_image();
    return fd < 0 || close(fd);
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_a_program_says_is_read),
        cmocka_unit_test(kinds_are_told_apart),
        cmocka_unit_test(programs_for_other_machines_are_named),
        cmocka_unit_test(a_program_for_riscv32_is_named),
        cmocka_unit_test(what_lies_outside_of_the_file_is_refused),
        cmocka_unit_test(an_interpreter_has_a_whole_absolute_name),
        cmocka_unit_test(a_file_without_anything_to_load_is_refused),
        cmocka_unit_test(the_last_name_ends_with_the_names),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(a_file_with_any_byte_changed_is_judged),
        cmocka_unit_test(what_is_no_file_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
