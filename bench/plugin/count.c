/* SPDX-License-Identifier: GPL-2.0-or-later */
/* count.c - a QEMU TCG plugin: executed guest instructions, by firmware, kernel and program.
 *
 * A guest marks a moment by executing `slti x0, x0, N`, a no-op that compilers do not emit. At each
 * marker, and at the end, one line goes to the file given as out=FILE:
 *
 *     mark N firmware F kernel K user U
 *
 * Which is which is told by the address an instruction is executed at: the firmware's and the early
 * kernel's are physical, the kernel's are in the window (machine/layout.h), the rest is the program.
 * With profile=FILE that file gets, at the first marker (or the end), a line `ADDRESS COUNT` for every kernel
 * instruction executed until then, in window addresses; bench/profile.sh adds them up by function. With piece=K:N, too,
 * they are those executed in the N-th piece of kind K: between marker 2K, for the N-th time, and marker 2K + 1.
 *
 * Counts are exact and repeat; one hart. Plugin API version 1 (include/qemu/qemu-plugin.h).
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t           qemu_plugin_id_t;
typedef struct qemu_info_t qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

void   qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
                                             void (*cb)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void   qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*cb)(qemu_plugin_id_t, void *),
                                      void            *arg);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
const void              *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t                   qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t                 qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void                     qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn,
                                                                    enum qemu_plugin_op op, void *ptr, uint64_t add);
void                     qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
                                                                void (*cb)(unsigned, void *),
                                                                enum qemu_plugin_cb_flags flags, void *arg);

#define EXPORT __attribute__((visibility("default")))

EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv);

#define RAM_BASE    0x80000000u
#define KERNEL_LOAD 0x80200000u
#define EARLY_END   0x80400000u /* the kernel's image ends below */
#define WINDOW_BASE 0xf000000000u

enum part { FIRMWARE, KERNEL, USER, PARTS };

static uint64_t executed[PARTS];
static FILE    *out, *profile;
static uint64_t profiled[(EARLY_END - KERNEL_LOAD) / 2]; /* by address, 2 bytes apart */
static uint64_t before[(EARLY_END - KERNEL_LOAD) / 2];   /* the piece to be profiled began */
static unsigned piece_kind, piece_number;                /* 0: profile up to the first marker */

static enum part part_of(uint64_t va)
{
    if (va >= RAM_BASE && va < KERNEL_LOAD)
        return FIRMWARE;
    if ((va >= KERNEL_LOAD && va < EARLY_END) || va >= WINDOW_BASE)
        return KERNEL;
    return va < 0x2000 ? FIRMWARE : USER; /* the reset vector */
}

static void report(const char *what, unsigned n)
{
    fprintf(out, "%s %u firmware %" PRIu64 " kernel %" PRIu64 " user %" PRIu64 "\n", what, n,
            executed[FIRMWARE], executed[KERNEL], executed[USER]);
    fflush(out);
}

/* The counter of a kernel instruction, at its physical or its window address; NULL: none. */
static uint64_t *profile_slot(uint64_t va)
{
    uint64_t pa = va >= WINDOW_BASE ? va - WINDOW_BASE : va;
    return pa >= KERNEL_LOAD && pa < EARLY_END ? &profiled[(pa - KERNEL_LOAD) / 2] : NULL;
}

static void write_profile(void)
{
    if (!profile)
        return;
    for (size_t i = 0; i < sizeof(profiled) / sizeof(profiled[0]); i++)
        if (profiled[i] > before[i])
            fprintf(profile, "%" PRIx64 " %" PRIu64 "\n", WINDOW_BASE + KERNEL_LOAD + 2 * i,
                    profiled[i] - before[i]);
    fclose(profile);
    profile = NULL;
}

static void profile_marker(unsigned n)
{
    static unsigned begun;

    if (!piece_kind)
        write_profile();
    else if (n == 2 * piece_kind && ++begun == piece_number)
        memcpy(before, profiled, sizeof(before));
    else if (n == 2 * piece_kind + 1 && begun == piece_number)
        write_profile();
}

static void on_marker(unsigned vcpu, void *arg)
{
    unsigned n = (unsigned)(uintptr_t)arg;

    (void)vcpu;
    profile_marker(n);
    report("mark", n);
}

static void on_exit_(qemu_plugin_id_t id, void *arg)
{
    (void)id;
    (void)arg;
    if (!piece_kind)
        write_profile();
    report("exit", 0);
}

/* slti x0, x0, imm: opcode 0x13, funct3 2, rd = rs1 = x0; n is the immediate. */
static bool is_marker(struct qemu_plugin_insn *insn, unsigned *n)
{
    uint32_t word;
    if (qemu_plugin_insn_size(insn) != sizeof(word))
        return false;
    memcpy(&word, qemu_plugin_insn_data(insn), sizeof(word));
    *n = word >> 20;
    return (word & 0xfffff) == 0x02013;
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t                 va = qemu_plugin_insn_vaddr(insn);
        uint64_t                *slot = profile ? profile_slot(va) : NULL;
        unsigned                 n;
        qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64,
                                                   &executed[part_of(va)], 1);
        if (slot)
            qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, slot, 1);
        if (is_marker(insn, &n))
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_marker, QEMU_PLUGIN_CB_NO_REGS,
                                                   (void *)(uintptr_t)n);
    }
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    (void)info;
    out = stderr;
    for (int i = 0; i < argc; i++) {
        if (!strncmp(argv[i], "out=", 4) && !(out = fopen(argv[i] + 4, "w"))) {
            perror(argv[i] + 4);
            return 1;
        }
        if (!strncmp(argv[i], "profile=", 8) && !(profile = fopen(argv[i] + 8, "w"))) {
            perror(argv[i] + 8);
            return 1;
        }
        if (!strncmp(argv[i], "piece=", 6))
            sscanf(argv[i] + 6, "%u:%u", &piece_kind, &piece_number);
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
    qemu_plugin_register_atexit_cb(id, on_exit_, NULL);
    return 0;
}
