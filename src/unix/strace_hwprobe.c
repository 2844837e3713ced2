/* SPDX-License-Identifier: Apache-2.0 */
/* strace_hwprobe.c - what riscv_hwprobe() was asked and answers. */
#include "unix/abi.h"
#include "unix/strace_impl.h"
#include "unix/strace_table.h"

#define KEY(name)                                  \
    {                                              \
        HWPROBE_##name, "RISCV_HWPROBE_KEY_" #name \
    }
NAMES(hwprobe_keys, "RISCV_HWPROBE_KEY_???", KEY(MVENDORID), KEY(MARCHID), KEY(MIMPID),
      KEY(BASE_BEHAVIOR), KEY(IMA_EXT_0), KEY(CPUPERF_0), KEY(ZICBOZ_BLOCK_SIZE),
      KEY(HIGHEST_VIRT_ADDRESS), KEY(TIME_CSR_FREQ), KEY(MISALIGNED_SCALAR_PERF));

static void print_pair(struct text *t, const void *element, void *arg)
{
    const struct abi_hwprobe *pair = element;
    (void)arg;
    text_str(t, "{key=");
    if (pair->key == -1)
        text_str(t, "-1");
    else
        text_value(t, &names_hwprobe_keys, (uint64_t)pair->key);
    text_printf(t, ", value=%#lx}", (unsigned long)pair->value);
}

void strace_p_hwprobe(struct text *t, const struct strace_call *c, unsigned i)
{
    strace_array(t, c->a[i], c->a[i + 1], sizeof(struct abi_hwprobe), print_pair, NULL);
}
