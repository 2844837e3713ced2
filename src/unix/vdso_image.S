/* SPDX-License-Identifier: Apache-2.0 */
/* vdso_image.S - the shared object that is built of src/unix/vdso, as data: see vdso.h. */
    .section .rodata.vdso_image, "a"
    .globl  vdso_image, vdso_image_end
    .balign 8
vdso_image:
    .incbin "vdso.so"
vdso_image_end:
