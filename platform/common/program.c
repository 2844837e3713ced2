/* SPDX-License-Identifier: Apache-2.0 */
/* program.c - what the first thread does: mount the root file system and start the program on it.
 *
 * Kernels that are linked for a test have another boot_program() instead (test/kernel).
 */
#include "fs/root.h"
#include "kernel/blk.h"
#include "kernel/devtree.h"
#include "kernel/log.h"
#include "kernel/machine.h"
#include "platform/common/platform.h"
#include "unix/unix.h"

/* Exit status when there was no program to take one from; as shells use it. */
#define STATUS_CANNOT_RUN 126

void boot_program(void *manifest)
{
    int err = root_mount(blk_root()); /* the root file system, /dev */
    if (!err)
        err = unix_start(manifest, devtree_bootargs()); /* the program; its threads take over */
    if (err)
        machine_exit(err > 0 ? err : STATUS_CANNOT_RUN); /* whoever failed has said why */
    log_info("%zu MiB free with the program loaded", platform_free_mib());
}
