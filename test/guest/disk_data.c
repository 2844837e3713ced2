/* SPDX-License-Identifier: Apache-2.0 */
/* disk_data.c - what tmpfs_data.c does on /tmp, on the disk. */
#define main on_tmpfs
#include "tmpfs_data.c"
#undef main

int main(void)
{
    on_disk = 1;
    SHOW(mkdir("/work", 0755));
    SHOW(chdir("/work"));
    writing();
    sizes();
    holes();
    mapping();
    mapping_what_is_cut();
    copying();
    return 0;
}
