/* SPDX-License-Identifier: Apache-2.0 */
/* test_unwind.c - call chains without frame pointers: what src/riscv64/unwind.c reads in the linked kernels against
 * what the compiler wrote of the same code (.debug_frame, as readelf shows it, DWARF 4, 6.4), and
 * that no stack, however damaged, leads it astray. */
/* sources: src/riscv64/unwind.c */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine/cpu.h"
#include "riscv64/unwind.h"

/* Only where they are matters. */
__asm__(".text\n"
        ".globl trap_entry, cpu_user_enter\n"
        "trap_entry: .skip 64\n"
        "cpu_user_enter: .skip 8\n");

extern char trap_entry[];

/* --- a kernel's code, and what the compiler says of it --- */

#define MAX_ROWS  4096
#define MAX_TEXT  (1u << 20)
#define MAX_NAMES 8192

static _Alignas(4) unsigned char text[MAX_TEXT];
static uint64_t text_at, text_size;
static uint64_t names[MAX_NAMES]; /* addresses of functions, as the kernel's table has them */
static size_t   nnames;

static FILE *open_output(const char *platform, const char *file)
{
    char        name[512];
    const char *build = getenv("BUILD");

    assert_true(snprintf(name, sizeof(name), "%s/%s/%s", build ? build : "build", platform, file) <
                (int)sizeof(name));
    FILE *stream = fopen(name, "rb");
    if (!stream)
        fail_msg("%s: make kernels comes first", name);
    return stream;
}

static void read_at(FILE *stream, void *bytes, uint64_t offset, size_t size)
{
    assert_int_equal(fseek(stream, (long)offset, SEEK_SET), 0);
    assert_int_equal(fread(bytes, 1, size, stream), size);
}

/* The segment that is executed is the text. */
static void read_text(const char *platform)
{
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    FILE      *elf = open_output(platform, "kernel.elf");

    text_size = 0;
    read_at(elf, &header, 0, sizeof(header));
    for (unsigned i = 0; i < header.e_phnum; i++) {
        read_at(elf, &segment, header.e_phoff + i * sizeof(segment), sizeof(segment));
        if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X))
            continue;
        assert_in_range(segment.p_filesz, 0x10000, sizeof(text));
        text_at = segment.p_vaddr;
        text_size = segment.p_filesz;
        read_at(elf, text, segment.p_offset, text_size);
    }
    fclose(elf);
    assert_int_not_equal(text_size, 0);
}

static void read_names(const char *platform)
{
    unsigned long address;
    FILE         *nm = open_output(platform, "kernel.nm");

    nnames = 0;
    while (fscanf(nm, "%lx%*[^\n]", &address) == 1) {
        assert_in_range(nnames, 0, MAX_NAMES - 1);
        names[nnames++] = address;
    }
    fclose(nm);
    assert_in_range(nnames, 500, MAX_NAMES);
}

static uintptr_t here(uint64_t address)
{
    return (uintptr_t)text + (address - text_at);
}

static uint64_t name_at(const char *platform, const char *name)
{
    char          found[128];
    unsigned long address;
    FILE         *nm = open_output(platform, "kernel.nm");

    while (fscanf(nm, "%lx %*c %127s", &address, found) == 2)
        if (!strcmp(found, name)) {
            fclose(nm);
            return address;
        }
    fail_msg("the kernel has no %s", name);
    return 0;
}

/* From address on: */
struct row {
    uint64_t address;
    bool     by_sp;    /* the frame is counted from sp */
    long     frame;    /* the caller's sp less sp */
    long     ra_below; /* the return address is so far below the caller's sp; 0: in the register */
};

static struct function {
    uint64_t   start, end;
    struct row rows[MAX_ROWS];
    size_t     nrows;
    bool       ra_column;
} function;

static struct tally {
    size_t functions, calls, instructions, inexact;
} tally;

/* Lengths of instructions and what a call is: from the ISA's manual, not from the code under test. */
static unsigned insn_size(uint64_t address)
{
    return (text[address - text_at] & 3) == 3 ? 4 : 2;
}

static bool is_call(uint64_t address)
{
    const unsigned char *at = text + (address - text_at);
    unsigned             half = at[0] | (unsigned)at[1] << 8;

    if (insn_size(address) == 4)
        return (half & 0xfff) == 0x0ef || ((half & 0xfff) == 0x0e7); /* jal ra, jalr ra */
    return (half & 0xf07f) == 0x9002 && half != 0x9002; /* c.jalr; without a register c.ebreak */
}

static bool agrees(const struct row *row, bool found, const struct unwind_rule *rule)
{
    int32_t ra = row->ra_below ? (int32_t)(row->frame - row->ra_below) : UNWIND_RA;
    return found && row->by_sp && rule->frame == row->frame && rule->ra == ra;
}

/* The compiler gathers what it says of several saves and says it behind the last. */
static bool agrees_later(const struct row *row, bool found, const struct unwind_rule *rule)
{
    const struct row *last = &function.rows[function.nrows];

    while (++row < last && !row->ra_below)
        ;
    struct row later = row < last ? (struct row){0, true, rule->frame, row->ra_below}
                                  : (struct row){0};
    return row < last && row->frame == rule->frame && agrees(&later, found, rule);
}

static void check_instruction(const struct row *row, uint64_t pc)
{
    struct unwind_rule rule;
    uintptr_t          start = here(function.start), end = here(function.end);

    if (is_call(pc)) {
        bool found = unwind_rule(start, end, here(pc) + insn_size(pc), true, &rule);
        if (!agrees(row, found, &rule) || !row->ra_below)
            fail_msg("the call at %#lx: %d %d, %d; the compiler: %ld, %ld", pc, found, rule.frame,
                     rule.ra, row->frame, row->frame - row->ra_below);
        tally.calls++;
    }
    bool found = unwind_rule(start, end, here(pc), false, &rule);
    if (row->by_sp && !agrees(row, found, &rule) && !agrees_later(row, found, &rule))
        tally.inexact++;
    tally.instructions++;
}

/* The kernel finds the function by its names, so there is one at its start and none within. */
static void check_names(void)
{
    size_t inside = 0, start = 0;

    for (size_t i = 0; i < nnames; i++) {
        start += names[i] == function.start;
        inside += names[i] > function.start && names[i] < function.end;
    }
    if (!start || inside)
        fail_msg("the code at %#lx has %zu names, and %zu inside", function.start, start, inside);
}

static void check_function(uint64_t trap_entry_at)
{
    if (!function.end || function.start == trap_entry_at)
        return;
    check_names();
    const struct row whole = {function.start, true, 0, 0}; /* if nothing changes, nothing is said */
    const struct row *row = function.nrows ? function.rows : &whole;
    const struct row *last = function.nrows ? &function.rows[function.nrows - 1] : row;

    for (uint64_t pc = function.start; pc < function.end; pc += insn_size(pc)) {
        while (row < last && row[1].address <= pc)
            row++;
        check_instruction(row, pc);
    }
    tally.functions++;
}

/* One row of the table; false: the line is none, or is the one that functions have in common. */
static bool parse_row(const char *line, struct row *row)
{
    char          cfa[16], ra[16] = "";
    unsigned long address;

    if (strlen(line) < 18 || line[16] != ' ' ||
        sscanf(line, "%16lx %15s %15s", &address, cfa, ra) < 2 || !address)
        return false;
    *row = (struct row){.address = address, .by_sp = !strncmp(cfa, "sp+", 3)};
    row->frame = row->by_sp ? atol(cfa + 3) : 0;
    row->ra_below = function.ra_column && ra[0] == 'c' ? -atol(ra + 1) : 0;
    return true;
}

static void check_kernel(const char *platform)
{
    char          command[640], line[512];
    const char   *build = getenv("BUILD");
    uint64_t      entry = name_at(platform, "trap_entry");
    unsigned long start, end;

    assert_true(
        snprintf(command, sizeof(command),
                 "riscv64-unknown-elf-readelf --debug-dump=frames-interp '%s/%s/kernel.elf'",
                 build ? build : "build", platform) < (int)sizeof(command));
    FILE *frames = popen(command, "r");
    assert_non_null(frames);
    tally = (struct tally){0};
    function.end = 0;
    while (fgets(line, sizeof(line), frames)) {
        const char *range = strstr(line, " FDE ") ? strstr(line, "pc=") : NULL;
        if (range) {
            check_function(entry);
            assert_int_equal(sscanf(range, "pc=%lx..%lx", &start, &end), 2);
            function.start = start;
            function.end = end;
            function.nrows = 0;
        } else if (strstr(line, "LOC ")) {
            function.ra_column = strstr(line, " ra ") != NULL;
        } else if (parse_row(line, &function.rows[function.nrows])) {
            function.nrows++;
            assert_in_range(function.nrows, 0, MAX_ROWS - 1);
        }
    }
    check_function(entry);
    assert_int_equal(pclose(frames), 0);
}

static void every_call_is_unwound(void **state)
{
    read_text(*state);
    read_names(*state);
    check_kernel(*state);
    assert_in_range(tally.functions, 500, 1000000); /* it did read something */
    assert_in_range(tally.calls, 2000, 1000000);
    /* Loops without a call and an end cannot all be followed. */
    if (tally.inexact * 2000 > tally.instructions)
        fail_msg("%zu of %zu instructions are unwound in another way than the compiler says",
                 tally.inexact, tally.instructions);
}

/* --- single functions --- */

enum { RET = 0x8082, C_EBREAK = 0x9002, NOP = 0x0001, C_JALR_A5 = 0x9782 };

static struct unwind_rule rule_of(const uint16_t *code, size_t nhalves, size_t half, bool called)
{
    struct unwind_rule rule = {-1, -1};
    uintptr_t          start = (uintptr_t)code;

    assert_true(unwind_rule(start, start + 2 * nhalves, start + 2 * half, called, &rule));
    return rule;
}

static void check_rule(const uint16_t *code, size_t nhalves, size_t half, int32_t frame, int32_t ra)
{
    struct unwind_rule rule = rule_of(code, nhalves, half, false);
    if (rule.frame != frame || rule.ra != ra)
        fail_msg("half word %zu: %d, %d", half, rule.frame, rule.ra);
}

static void each_instruction_of_a_small_function_is_exact(void **state)
{
    (void)state;
    static const uint16_t code[] = {
        0x1141,            /* addi sp, sp, -16 */
        0xe406,            /* sd ra, 8(sp) */
        C_JALR_A5, 0x60a2, /* ld ra, 8(sp) */
        0x0141,            /* addi sp, sp, 16 */
        RET,       NOP,    /* as the body, jumped to */
        C_JALR_A5,
    };
    static const struct unwind_rule rules[] = {{0, UNWIND_RA},  {16, UNWIND_RA}, {16, 8}, {16, 8},
                                               {16, UNWIND_RA}, {0, UNWIND_RA},  {16, 8}, {16, 8}};
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        check_rule(code, ARRAY_LEN(code), i, rules[i].frame, rules[i].ra);
}

static void long_forms_and_large_frames_are_read_too(void **state)
{
    (void)state;
    static const uint16_t code[] = {
        0x0113,    0x8101, /* addi sp, sp, -2032 */
        0x3423,    0x7e11, /* sd ra, 2024(sp) */
        0x7139,            /* addi sp, sp, -64 */
        C_JALR_A5,
    };
    check_rule(code, ARRAY_LEN(code), 2, 2032, UNWIND_RA);
    check_rule(code, ARRAY_LEN(code), 5, 2032 + 64, 2024 + 64);
}

static void a_register_used_for_something_else_once_it_is_saved_is_no_return_address(void **state)
{
    (void)state;
    static const uint16_t code[] = {
        0x1141, /* addi sp, sp, -16 */
        0xe406, /* sd ra, 8(sp) */
        0xe006, /* sd ra, 0(sp) */
        C_JALR_A5,
    };
    check_rule(code, ARRAY_LEN(code), 0, 0, UNWIND_RA);
    check_rule(code, ARRAY_LEN(code), 1, 16, UNWIND_RA);
    check_rule(code, ARRAY_LEN(code), 2, 16, 8);
    check_rule(code, ARRAY_LEN(code), 3, 16, 8);
}

static void a_frame_of_unknown_size_is_refused(void **state)
{
    (void)state;
    struct unwind_rule    rule;
    static const uint16_t code[] = {0x1141, 0xe406, 0x0133, 0x40f1, NOP}; /* sub sp, sp, a5 */
    uintptr_t             start = (uintptr_t)code;

    assert_false(unwind_rule(start, start + sizeof(code), start + 8, true, &rule));
}

static void a_function_cut_off_and_one_that_never_ends_are_survived(void **state)
{
    (void)state;
    struct unwind_rule rule;
    static uint16_t    cut[] = {0x1141, 0x0113};  /* half of a long instruction */
    static uint16_t    loop[] = {0x1141, 0xa001}; /* j . */
    uintptr_t          start = (uintptr_t)cut;

    assert_true(unwind_rule(start, start + sizeof(cut), start + sizeof(cut), true, &rule));
    start = (uintptr_t)loop;
    assert_true(unwind_rule(start, start + sizeof(loop), start + 2, false, &rule));
    assert_int_equal(rule.frame, 16);
    assert_false(unwind_rule(start, start + sizeof(loop), start + 1, false, &rule));
    assert_false(unwind_rule(start, start + sizeof(loop), start + 6, false, &rule));
}

/* --- chains --- */

static const uint16_t caller[] = {
    0x1141, /* addi sp, sp, -16 */
    0xe406, /* sd ra, 8(sp) */
    C_JALR_A5, NOP, NOP, C_EBREAK,
};

#define CALLER     ((uintptr_t)caller)
#define CALLER_END (CALLER + sizeof(caller))
#define AFTER_CALL (CALLER + 6)

static void a_chain_is_followed_to_where_nobody_called(void **state)
{
    (void)state;
    _Alignas(16) uintptr_t words[8] = {0, 1001, 0, 1002, 0, 1003};
    struct cpu_stack       stack = {(uintptr_t)words, (uintptr_t)(words + 6)};
    struct cpu_frame       frame = {.pc = AFTER_CALL, .sp = stack.lo};

    for (uintptr_t i = 1; i <= 3; i++) {
        frame.pc = AFTER_CALL;
        assert_true(cpu_unwind(&frame, CALLER, CALLER_END, &stack));
        assert_int_equal(frame.pc, 1000 + i);
        assert_int_equal(frame.sp, stack.lo + 16 * i);
        assert_false(frame.exact);
    }
    frame.pc = AFTER_CALL;
    assert_false(cpu_unwind(&frame, CALLER, CALLER_END, &stack)); /* the stack's end */
    assert_int_equal(frame.sp, stack.hi);
    frame = (struct cpu_frame){.pc = CALLER + 2, .sp = stack.lo, .ra = 5};
    assert_false(
        cpu_unwind(&frame, CALLER, CALLER_END, &stack)); /* called, but has saved nothing */
}

static void a_frame_of_no_size_that_makes_a_call_ends_the_chain(void **state)
{
    (void)state;
    static const uint16_t  code[] = {0xe406, C_JALR_A5, NOP}; /* sd ra, 8(sp) and no frame */
    _Alignas(16) uintptr_t words[4] = {0};
    struct cpu_stack       stack = {(uintptr_t)words, (uintptr_t)(words + 4)};
    uintptr_t              start = (uintptr_t)code;
    struct cpu_frame       frame = {.pc = start + 4, .sp = stack.lo};

    assert_false(cpu_unwind(&frame, start, start + sizeof(code), &stack));
}

static void only_the_innermost_function_returns_by_the_register(void **state)
{
    (void)state;
    _Alignas(16) uintptr_t words[8] = {0};
    struct cpu_stack       stack = {(uintptr_t)words, (uintptr_t)(words + 8)};
    struct cpu_frame       frame = {.pc = CALLER, .sp = stack.lo, .ra = 77, .exact = true};
    struct cpu_frame       wild = {.pc = 4, .sp = stack.lo, .ra = 78, .exact = true};

    assert_true(cpu_unwind(&frame, CALLER, CALLER_END, &stack));
    assert_int_equal(frame.pc, 77);
    assert_int_equal(frame.sp, stack.lo);
    assert_false(frame.exact);
    assert_true(cpu_unwind(&wild, 0, 0, &stack)); /* a call of what is no code */
    assert_int_equal(wild.pc, 78);
    assert_false(cpu_unwind(&wild, 0, 0, &stack));
}

static void a_trap_frame_leads_to_what_was_interrupted(void **state)
{
    (void)state;
    struct {
        struct trapframe tf;
        uintptr_t        above[4];
    } words = {0};
    struct cpu_stack       stack = {(uintptr_t)&words, (uintptr_t)(&words + 1)};
    const struct cpu_frame entry = {.pc = (uintptr_t)trap_entry + 8, .sp = stack.lo};
    struct cpu_frame       frame = entry;

    words.tf.sepc = 123;
    words.tf.ra = 45;
    words.tf.sp = stack.lo + sizeof(words.tf);
    words.tf.sstatus = SSTATUS_SPP;
    assert_true(cpu_unwind(&frame, 0, 0, &stack));
    assert_int_equal(frame.pc, 123);
    assert_int_equal(frame.ra, 45);
    assert_int_equal(frame.sp, words.tf.sp);
    assert_true(frame.exact);
}

static void a_trap_frame_that_makes_no_sense_ends_the_chain(void **state)
{
    (void)state;
    struct trapframe tf = {.sstatus = 0, .sepc = 123};
    struct cpu_stack stack = {(uintptr_t)&tf, (uintptr_t)(&tf + 1)};
    struct cpu_frame frame = {.pc = (uintptr_t)trap_entry + 8, .sp = stack.lo};

    tf.sp = stack.hi;
    assert_false(cpu_unwind(&frame, 0, 0, &stack)); /* from user mode */
    tf.sstatus = SSTATUS_SPP;
    tf.sp = stack.lo; /* further down */
    assert_false(cpu_unwind(&frame, 0, 0, &stack));
    tf.sp = stack.hi;
    stack.hi -= 8; /* not all of it is on the stack */
    assert_false(cpu_unwind(&frame, 0, 0, &stack));
    stack.hi += 8;
    frame.exact = true; /* a trap within the entry: nothing is known of sp */
    assert_false(cpu_unwind(&frame, 0, 0, &stack));
    frame.exact = false;
    assert_true(cpu_unwind(&frame, 0, 0, &stack));
}

/* Addresses of code, of the stack and of neither. */
static uintptr_t damaged_word(const struct cpu_stack *stack)
{
    uintptr_t choice[] = {AFTER_CALL,
                          CALLER + (uintptr_t)rand() % sizeof(caller),
                          (uintptr_t)trap_entry + 8,
                          stack->lo + (uintptr_t)rand() % (stack->hi - stack->lo + 16),
                          (uintptr_t)rand(),
                          UINTPTR_MAX - (uintptr_t)rand() % 64};
    return choice[(size_t)rand() % ARRAY_LEN(choice)];
}

static void no_stack_however_damaged_is_left_or_walked_without_end(void **state)
{
    (void)state;
    enum { WORDS = 256 };
    size_t steps = 0;

    srand(1);
    for (unsigned round = 0; round < 20000; round++) {
        size_t     nwords = 1 + (size_t)rand() % WORDS;
        uintptr_t *words = malloc(nwords * sizeof(*words)); /* the sanitizer guards its ends */
        struct cpu_stack stack = {(uintptr_t)words, (uintptr_t)(words + nwords)};
        for (size_t i = 0; i < nwords; i++)
            words[i] = damaged_word(&stack);
        struct cpu_frame frame = {damaged_word(&stack), stack.lo, damaged_word(&stack), rand() & 1};
        if (rand() % 8 == 0)
            frame.sp = damaged_word(&stack);
        for (size_t n = 0;; n++) {
            bool in = frame.pc - !frame.exact >= CALLER && frame.pc - !frame.exact < CALLER_END;
            if (!cpu_unwind(&frame, in ? CALLER : 0, in ? CALLER_END : 0, &stack))
                break;
            assert_in_range(n, 0, nwords);
            steps++;
        }
        free(words);
    }
    assert_in_range(steps, 10000, SIZE_MAX); /* they did lead somewhere */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"every_call_of_the_cells_kernel_is_unwound_as_its_compiler_says", every_call_is_unwound,
         NULL, NULL, "riscv64-cells"},
        {"every_call_of_the_virt_kernel_is_unwound_as_its_compiler_says", every_call_is_unwound,
         NULL, NULL, "riscv64-virt"},
        cmocka_unit_test(each_instruction_of_a_small_function_is_exact),
        cmocka_unit_test(long_forms_and_large_frames_are_read_too),
        cmocka_unit_test(a_register_used_for_something_else_once_it_is_saved_is_no_return_address),
        cmocka_unit_test(a_frame_of_unknown_size_is_refused),
        cmocka_unit_test(a_function_cut_off_and_one_that_never_ends_are_survived),
        cmocka_unit_test(a_chain_is_followed_to_where_nobody_called),
        cmocka_unit_test(a_frame_of_no_size_that_makes_a_call_ends_the_chain),
        cmocka_unit_test(only_the_innermost_function_returns_by_the_register),
        cmocka_unit_test(a_trap_frame_leads_to_what_was_interrupted),
        cmocka_unit_test(a_trap_frame_that_makes_no_sense_ends_the_chain),
        cmocka_unit_test(no_stack_however_damaged_is_left_or_walked_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
