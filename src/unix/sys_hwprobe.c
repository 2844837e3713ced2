/* SPDX-License-Identifier: Apache-2.0 */
/* sys_hwprobe.c - riscv_hwprobe(2): what the CPUs can do.
 *
 * Extensions are those that the device tree names and that need nothing of the kernel to be used. How fast the
 * CPU accesses what is not aligned is not measured: that is answered with "unknown", and C libraries then choose
 * what is right in either case.
 */
#include "kernel/devtree.h"
#include "kernel/time.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "machine/cpu.h"
#include "machine/layout.h"
#include "unix/abi.h"
#include "unix/syscall.h"

/* Harts that run programs: number 0. A set of them is as long as that of a Linux for up to 128. */
#define HARTS     1ul
#define SET_BYTES 16ul

/* Bits of HWPROBE_IMA_EXT_0. */
static const struct {
    const char *name;
    unsigned    bit;
} extensions[] = {
    {"zba", 3},          {"zbb", 4},   {"zbs", 5},   {"zbc", 7},    {"zbkb", 8},
    {"zbkc", 9},         {"zbkx", 10}, {"zknd", 11}, {"zkne", 12},  {"zknh", 13},
    {"zksed", 14},       {"zksh", 15}, {"zkt", 16},  {"zfh", 27},   {"zfhmin", 28},
    {"zihintntl", 29},   {"zfa", 32},  {"ztso", 33}, {"zacas", 34}, {"zicond", 35},
    {"zihintpause", 36},
};

/* The extension that isa[0, len) is the name of, as a bit; 0: another one. */
static uint64_t extension_bit(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(extensions); i++) {
        if (strlen(extensions[i].name) == len && !memcmp(extensions[i].name, name, len))
            return 1ul << extensions[i].bit;
    }
    return 0;
}

/* Names of several letters stand behind the single ones, each after an underscore. */
static uint64_t extensions_of(const char *isa)
{
    uint64_t set = HWPROBE_IMA_FD | HWPROBE_IMA_C; /* what AT_HWCAP says, too */
    for (const char *s = strchr(isa, '_'); s; s = strchr(s, '_')) {
        const char *name = ++s, *end = strchr(s, '_');
        set |= extension_bit(name, end ? (size_t)(end - name) : strlen(name));
    }
    return set;
}

static uint64_t identity(int64_t key)
{
    struct cpu_identity id;
    cpu_identify(&id);
    return key == HWPROBE_MVENDORID ? id.vendor
           : key == HWPROBE_MARCHID ? id.arch
                                    : id.implementation;
}

static struct abi_hwprobe probe(int64_t key)
{
    struct abi_hwprobe pair = {.key = key};
    switch (key) {
    case HWPROBE_MVENDORID:
    case HWPROBE_MARCHID:
    case HWPROBE_MIMPID:
        pair.value = identity(key);
        break;
    case HWPROBE_BASE_BEHAVIOR:
        pair.value = HWPROBE_BASE_IMA;
        break;
    case HWPROBE_IMA_EXT_0:
        pair.value = extensions_of(devtree_isa());
        break;
    case HWPROBE_HIGHEST_VIRT_ADDRESS:
        pair.value = USER_END - 1;
        break;
    case HWPROBE_TIME_CSR_FREQ:
        pair.value = time_hz();
        break;
    case HWPROBE_CPUPERF_0:              /* unknown */
    case HWPROBE_MISALIGNED_SCALAR_PERF: /* unknown */
    case HWPROBE_ZICBOZ_BLOCK_SIZE:      /* cbo.zero is not let through to programs */
        break;
    default:
        pair.key = -1;
    }
    return pair;
}

static int read_set(vaddr_t va, size_t size, uint64_t set[2])
{
    set[0] = set[1] = 0;
    return uaccess_read(set, va, size_min(size, SET_BYTES)) ? -EFAULT : 0;
}

/* Fill in the values of the keys, for harts of which one at least must run. */
static int get_values(vaddr_t pairs, size_t count, size_t set_size, vaddr_t set_va)
{
    uint64_t set[2] = {HARTS, 0};
    if ((set_size || set_va) && read_set(set_va, set_size, set))
        return -EFAULT;
    if (!(set[0] & HARTS))
        return -EINVAL;
    for (; count; count--, pairs += sizeof(struct abi_hwprobe)) {
        int64_t key;
        if (uaccess_read(&key, pairs, sizeof(key)))
            return -EFAULT;
        struct abi_hwprobe pair = probe(key);
        if (uaccess_write(pairs, &pair, sizeof(pair)))
            return -EFAULT;
    }
    return 0;
}

/* Whether the harts are as pair wants them: a set of abilities is to have at least those. */
static bool matches(const struct abi_hwprobe *pair)
{
    uint64_t value = probe(pair->key).value;
    bool     is_set = pair->key == HWPROBE_BASE_BEHAVIOR || pair->key == HWPROBE_IMA_EXT_0 ||
                  pair->key == HWPROBE_CPUPERF_0;
    return is_set ? (value & pair->value) == pair->value : value == pair->value;
}

/* Leave in the set, of those that run, the harts that are as all pairs
 * want them. An unknown key becomes -1, and then there
 * are none. */
static int which_harts(vaddr_t pairs, size_t count, size_t set_size, vaddr_t set_va)
{
    uint64_t set[2];
    if (!set_size || !set_va)
        return -EINVAL;
    if (read_set(set_va, set_size, set))
        return -EFAULT;
    set[0] = set[0] & HARTS ? set[0] & HARTS : HARTS; /* none that runs stands for all */
    set[1] = 0;
    for (; count; count--, pairs += sizeof(struct abi_hwprobe)) {
        struct abi_hwprobe pair;
        if (uaccess_read(&pair, pairs, sizeof(pair)))
            return -EFAULT;
        bool known = pair.key >= 0 && pair.key < HWPROBE_KEYS;
        if (known && matches(&pair))
            continue;
        set[0] = 0;
        pair = (struct abi_hwprobe){.key = -1};
        if (!known && uaccess_write(pairs, &pair, sizeof(pair)))
            return -EFAULT;
    }
    return uaccess_write(set_va, set, size_min(set_size, SET_BYTES)) ? -EFAULT : 0;
}

int64_t sys_riscv_hwprobe(const uint64_t *a)
{
    uint32_t flags = (uint32_t)a[4];
    if (flags & ~HWPROBE_WHICH_CPUS)
        return -EINVAL;
    return flags ? which_harts(a[0], a[1], a[2], a[3]) : get_values(a[0], a[1], a[2], a[3]);
}
