/* SPDX-License-Identifier: Apache-2.0 */
/* flags: -Wno-nonnull */
/* abi_hwprobe.c - riscv_hwprobe(): which keys are known, what is refused. What the CPU can do differs from machine to
 * machine; what every program for Linux relies on does not. */
#include "abi.h"

#include <stdint.h>

struct pair {
    int64_t  key;
    uint64_t value;
};

static long hwprobe(struct pair *pairs, size_t count, size_t set_size, void *set, unsigned flags)
{
    return syscall(258, pairs, count, set_size, set, flags);
}

static void keys(void)
{
    CLAIM("what each key of riscv_hwprobe says");
    for (int64_t key = -2; key < 9; key++) {
        struct pair p = {key, 0x1234567890abcdef};
        printf("key %ld\n", (long)key);
        SHOW(hwprobe(&p, 1, 0, NULL, 0));
        SHOW(p.key);
        if (p.key < 0)
            SHOW(p.value);
    }
    struct pair all[3] = {{3, 0}, {1000, 7}, {4, 0}};
    SHOW(hwprobe(all, 3, 0, NULL, 0));
    SHOW(all[0].value);
    SHOW(all[1].key);
    SHOW(all[1].value);
    SHOW(all[2].value & 3);
    struct pair frequency = {8, 0};
    hwprobe(&frequency, 1, 0, NULL, 0);
    SHOW(frequency.value);
    SHOW(hwprobe(NULL, 0, 0, NULL, 0));
}

static void refused(void)
{
    CLAIM("riscv_hwprobe refuses bad arguments");
    struct pair three = {3, 0};
    uint64_t    set[3] = {1, 0, 0}, other[2] = {2, 0}, none[2] = {0, 0}, both[2] = {3, 0};
    SHOW(hwprobe(&three, 1, 0, NULL, 2));
    SHOW(hwprobe(&three, 1, 0, NULL, 3));
    SHOW_POINTERS(syscall(258, p, 1, 0, NULL, 0));
    SHOW(hwprobe(&three, 1, 8, set, 0));
    SHOW(hwprobe(&three, 1, 24, set, 0));
    SHOW(hwprobe(&three, 1, 1, set, 0));
    SHOW(hwprobe(&three, 1, 0, set, 0));
    SHOW(hwprobe(&three, 1, 8, NULL, 0));
    SHOW(hwprobe(&three, 1, 8, none, 0));
    SHOW(hwprobe(&three, 1, 8, other, 0));
    SHOW(hwprobe(&three, 1, 8, both, 0));
    SHOW_POINTERS(hwprobe(&three, 1, 8, p, 0));
}

static void which(void)
{
    CLAIM("riscv_hwprobe names the processors that are so");
    struct pair p = {3, 1}, strange = {1000, 0}, more = {3, 1ul << 40};
    uint64_t    set[2] = {0, 0};
    SHOW(hwprobe(&p, 1, 8, set, 1));
    SHOW(set[0]);
    set[0] = 2;
    SHOW(hwprobe(&p, 1, 8, set, 1));
    SHOW(set[0]);
    set[0] = 3;
    SHOW(hwprobe(&p, 1, 16, set, 1));
    SHOW(set[0]);
    SHOW(hwprobe(&more, 1, 8, set, 1));
    SHOW(set[0]);
    SHOW(more.key);
    set[0] = 1;
    SHOW(hwprobe(&strange, 1, 8, set, 1));
    SHOW(set[0]);
    SHOW(strange.key);
    SHOW(hwprobe(&p, 1, 0, set, 1));
    SHOW(hwprobe(&p, 1, 8, NULL, 1));
    SHOW(hwprobe(&p, 1, 8, pointer(KERNEL), 1));
    SHOW(hwprobe(pointer(KERNEL), 1, 8, set, 1));
}

int main(void)
{
    buffer_output();
    keys();
    refused();
    which();
    return 0;
}
