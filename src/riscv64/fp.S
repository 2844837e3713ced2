/* SPDX-License-Identifier: Apache-2.0 */
/* fp.S - the floating point registers of user threads, saved and loaded (machine/cpu.h).
 *
 * sstatus.FS is not Off in the kernel, so these never trap. The kernel itself is compiled without
 * floating point.
 */
        .attribute arch, "rv64imafdc_zicsr_zifencei"
        .option arch, +d

        .macro  EACH_FREG op
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        \op     f\n, 8*\n(a0)
        .endr
        .endm

        .text
/* void cpu_fp_save(struct cpu_fp *fp) */
        .globl  cpu_fp_save
        .type   cpu_fp_save, @function
cpu_fp_save:
        EACH_FREG fsd
        csrr    t0, fcsr
        sd      t0, 256(a0)
        ret
        .size   cpu_fp_save, . - cpu_fp_save

/* void cpu_fp_restore(const struct cpu_fp *fp) */
        .globl  cpu_fp_restore
        .type   cpu_fp_restore, @function
cpu_fp_restore:
        EACH_FREG fld
        ld      t0, 256(a0)
        csrw    fcsr, t0
        ret
        .size   cpu_fp_restore, . - cpu_fp_restore

/* void cpu_fp_clear(void) */
        .globl  cpu_fp_clear
        .type   cpu_fp_clear, @function
cpu_fp_clear:
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        fmv.d.x f\n, zero
        .endr
        csrw    fcsr, zero
        ret
        .size   cpu_fp_clear, . - cpu_fp_clear
