/* SPDX-License-Identifier: Apache-2.0 */
/* fdt_assume.h - libfdt's checks, switched at run time.
 *
 * The kernel's libfdt checks the blob once, in fdt_check_full, and its readers are built without
 * checks (tools/make/libraries.mk). Included before everything else, this makes the two cases one
 * build: 0 for all checks, 0xff for none.
 */
#ifndef TEST_FDT_ASSUME_H
#define TEST_FDT_ASSUME_H

extern int fdt_assume_mask;
#define FDT_ASSUME_MASK fdt_assume_mask

#endif
