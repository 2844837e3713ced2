/* SPDX-License-Identifier: Apache-2.0 */
/* own.c - a library for riscv64, libown.so.1, that greet.c may need. */
int own(void);

int own(void)
{
    return 42;
}
