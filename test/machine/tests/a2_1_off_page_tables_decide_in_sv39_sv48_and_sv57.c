/* SPDX-License-Identifier: Apache-2.0
 * qemu: -cpu rv64,h=off,seccells=off
 *
 * A.2.1, A.4.2: the same as a4_2_page_tables_..., without the extension.
 */
#include "lib/machine.h"
#include "lib/radix.h"

int main(void)
{
    for (progress = SV39; progress <= SV57; progress++)
        check_radix_mode(progress);
    return 0;
}
