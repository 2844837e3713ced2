/* SPDX-License-Identifier: Apache-2.0
 *
 * cella/cells.h - the SecureCells instructions for programs, from C and from assembly.
 *
 * Needs nothing but a stock GNU toolchain for 64-bit RISC-V: instructions are given by .insn and
 * CSRs by number. In C each instruction is an inline function or macro of the name
 * cells_INSTRUCTION; in assembly, jals, jalrs, entry, prot, grant, tfer, recv, excl, inval and
 * reval are macros with the operands of the specification.
 *
 *   cell   a contiguous range of virtual memory. Any address in it names it.
 *   SD     a compartment, by its number. 0 is the kernel's and is never an operand.
 *   rights CELLS_R, CELLS_W, CELLS_X or'ed together. W without R can be passed around but no
 *          access succeeds with it.
 *
 * None of these instructions returns an error: what is not allowed is an exception (causes 24 to
 * 28, under Unix a signal) and has changed nothing. What succeeded is seen by this hart's next
 * instruction, and a right that was lost is lost on every hart.
 *
 * Under Cella, inval and reval are reserved to the kernel: see docs/debugging.md.
 *
 * Source: securecells.md, A.6, A.7 and A.11.
 */
#ifndef CELLA_CELLS_H
#define CELLA_CELLS_H

#define CELLS_R 0x2
#define CELLS_W 0x4
#define CELLS_X 0x8

/* CSRs: both are readable, urid is writable. */
#define CELLS_CSR_USID 0x082 /* the compartment that runs */
#define CELLS_CSR_URID 0x083 /* the one that switched here */

/* Exceptions, A.8 */
#define CELLS_CAUSE_ADDRESS 24 /* tval: the address that lies in no cell */
#define CELLS_CAUSE_RIGHTS  25 /* tval: type << 8 | rights */
#define CELLS_CAUSE_SD      26 /* tval: the SD */
#define CELLS_CAUSE_STATE   27 /* tval: 0 invalid, 1 valid, 2 held, 3 granted */
#define CELLS_CAUSE_TARGET  28 /* tval: the target of the switch */

#ifdef __ASSEMBLER__

/* clang-format off */
    /* rd: the SD to switch to on the way in, the return address on the way out. */
    .macro  jals rd, label
    .insn   j 0x2b, \rd, \label
    .endm
    .macro  jalrs rd, rs1, rs2
    .insn   r 0x0b, 0, 0x00, \rd, \rs1, \rs2
    .endm
    /* The only place that a switch can arrive at. What follows must look at urid first. */
    .macro  entry
    .insn   i 0x0b, 1, x0, x0, 0
    .endm
    .macro  inval rs1
    .insn   r 0x0b, 2, 0x40, x0, \rs1, x0
    .endm
    .macro  reval rs1, rs2
    .insn   r 0x0b, 2, 0x00, x0, \rs1, \rs2
    .endm
    .macro  prot rs1, rs2
    .insn   r 0x0b, 3, 0x00, x0, \rs1, \rs2
    .endm
    .macro  grant rs1, rs2, imm
    .insn   s 0x0b, 4, \rs2, \imm(\rs1)
    .endm
    .macro  tfer rs1, rs2, imm
    .insn   s 0x0b, 5, \rs2, \imm(\rs1)
    .endm
    .macro  recv rs1, rs2, imm
    .insn   s 0x0b, 6, \rs2, \imm(\rs1)
    .endm
    .macro  excl rd, rs1, rs2
    .insn   r 0x0b, 7, 0x00, \rd, \rs1, \rs2
    .endm
/* clang-format on */

#else

/* The compartment that runs. */
static inline unsigned long cells_usid(void)
{
    unsigned long sd;
    __asm__ volatile("csrr %0, 0x082" : "=r"(sd) : : "memory");
    return sd;
}

/* Who switched here. It is the hardware's word only between an entry and the first instruction
 * that may have changed it: the program itself can write it.
 */
static inline unsigned long cells_urid(void)
{
    unsigned long sd;
    __asm__ volatile("csrr %0, 0x083" : "=r"(sd) : : "memory");
    return sd;
}

static inline void cells_set_urid(unsigned long sd)
{
    __asm__ volatile("csrw 0x083, %0" : : "r"(sd) : "memory");
}

/* prot: keep only these rights on the cell, which must be a subset of those that the compartment
 * has. 0 gives all up.
 */
static inline void cells_prot(const volatile void *addr, unsigned long rights)
{
    __asm__ volatile(".insn r 0x0b, 3, 0x00, x0, %0, %1" : : "r"(addr), "r"(rights) : "memory");
}

/* excl: 1 if no other compartment has any of these rights on the cell and none is on offer, else
 * 0. The compartment must have them. True for the moment: only others without any way to get
 * them make it last.
 */
static inline int cells_excl(const volatile void *addr, unsigned long rights)
{
    unsigned long alone;
    __asm__ volatile(".insn r 0x0b, 7, 0x00, %0, %1, %2"
                     : "=r"(alone)
                     : "r"(addr), "r"(rights)
                     : "memory");
    return (int)alone;
}

/* inval: give up a cell that nobody else holds. It is not cleared: whoever revalidates it reads
 * what is left there.
 */
static inline void cells_inval(const volatile void *addr)
{
    __asm__ volatile(".insn r 0x0b, 2, 0x40, x0, %0, x0" : : "r"(addr) : "memory");
}

/* reval: take an invalid cell, with these rights. */
static inline void cells_reval(const volatile void *addr, unsigned long rights)
{
    __asm__ volatile(".insn r 0x0b, 2, 0x00, x0, %0, %1" : : "r"(addr), "r"(rights) : "memory");
}

/* grant, tfer, recv have their rights in the instruction: they are macros so that the rights may
 * be any constant expression without optimisation, too.
 *
 *   cells_grant(addr, sd, rights)  offer rights that the compartment has to sd. One offer per cell:
 *                                  a later one takes the place of the former.
 *   cells_tfer(addr, sd, rights)   the same, and give up all rights on the cell.
 *   cells_recv(addr, sd, rights)   take what sd offers, or part of it: the rest stays on offer.
 */
#define cells_grant(addr, sd, rights)                                                            \
    __asm__ volatile(".insn s 0x0b, 4, %1, %2(%0)"                                               \
                     :                                                                           \
                     : "r"((const volatile void *)(addr)), "r"((unsigned long)(sd)), "i"(rights) \
                     : "memory")
#define cells_tfer(addr, sd, rights)                                                             \
    __asm__ volatile(".insn s 0x0b, 5, %1, %2(%0)"                                               \
                     :                                                                           \
                     : "r"((const volatile void *)(addr)), "r"((unsigned long)(sd)), "i"(rights) \
                     : "memory")
#define cells_recv(addr, sd, rights)                                                             \
    __asm__ volatile(".insn s 0x0b, 6, %1, %2(%0)"                                               \
                     :                                                                           \
                     : "r"((const volatile void *)(addr)), "r"((unsigned long)(sd)), "i"(rights) \
                     : "memory")

#ifdef __riscv_flen
#define CELLS_FP_CLOBBERS                                                                          \
    , "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "ft8", "ft9", "ft10", "ft11", "fa0", \
        "fa1", "fa2", "fa3", "fa4", "fa5", "fa6", "fa7"
#else
#define CELLS_FP_CLOBBERS
#endif

/* jalrs: call the function at gate in compartment sd with one argument, and return what it leaves
 * in a0. gate begins with entry, and goes back with "jalrs zero, ra, REG", REG holding the urid
 * that it found; the entry that receives it stands behind the call.
 *
 * This is for callees that are believed to keep the calling convention: stack pointer, thread
 * pointer and saved registers are theirs to spoil. A gate towards anybody else saves and scrubs
 * its registers and finds its stack again by usid; that takes a few lines of assembly.
 */
static inline unsigned long cells_call(const void *gate, unsigned long sd, unsigned long arg)
{
    register unsigned long a0 __asm__("a0") = arg;
    register const void   *to __asm__("a1") = gate;
    register unsigned long in __asm__("a2") = sd;
    __asm__ volatile(".insn r 0x0b, 0, 0x00, ra, %1, %2\n\t"
                     ".insn i 0x0b, 1, x0, x0, 0"
                     : "+r"(a0), "+r"(to), "+r"(in)
                     :
                     : "memory", "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a3", "a4", "a5",
                       "a6", "a7" CELLS_FP_CLOBBERS);
    return a0;
}

/* jals: the same to a gate within 1 MiB, whose name is the first argument (a symbol, not a value).
 * The SD is taken from ra and the return address put there.
 */
#define cells_call_near(gate, sd, arg)                                                           \
    __extension__({                                                                              \
        register unsigned long cells_a0_ __asm__("a0") = (unsigned long)(arg);                   \
        register unsigned long cells_ra_ __asm__("ra") = (unsigned long)(sd);                    \
        __asm__ volatile(".insn j 0x2b, ra, " #gate "\n\t"                                       \
                         ".insn i 0x0b, 1, x0, x0, 0"                                            \
                         : "+r"(cells_a0_), "+r"(cells_ra_)                                      \
                         :                                                                       \
                         : "memory", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a1", "a2", "a3", \
                           "a4", "a5", "a6", "a7" CELLS_FP_CLOBBERS);                            \
        cells_a0_;                                                                               \
    })

#endif
#endif
