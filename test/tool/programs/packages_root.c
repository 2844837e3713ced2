/* SPDX-License-Identifier: Apache-2.0 */
/* packages_root.c - print the folder of a set of packages: packages-root LOCK NAME... */
#include <stdio.h>

#include "packages.h"

int main(int argc, char **argv)
{
    char *root = argc > 1 ? packages_root(argv + 2, argv[1]) : NULL;
    if (root)
        puts(root);
    return root ? 0 : 1;
}
