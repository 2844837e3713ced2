/* SPDX-License-Identifier: Apache-2.0 */
/* disk_tree.c - what tmpfs_tree.c does on /tmp, on the disk: absolute names are of other file systems here. */
#define main on_tmpfs
#include "tmpfs_tree.c"
#undef main

int main(void)
{
    SHOW(mkdir("/work", 0755));
    SHOW(chdir("/work"));
    making();
    opening();
    linking();
    removing();
    removed();
    renaming();
    return 0;
}
