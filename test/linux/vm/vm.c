/* SPDX-License-Identifier: Apache-2.0
 *
 * vm.c - a virtual machine with one processor on Linux's KVM, to see both stages of translation at work.
 *
 *   vm MODE...       a machine for each satp mode that its guest is to use: 0, 8, 9 or 10
 *
 * The guest (guest.c) is part of this program. It lies at the start of 8 MiB of memory, writes text to a
 * port, byte by byte, reads a number there, and ends by asking the SBI for a shutdown.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEMORY 0x80000000ull
#define SIZE   (8ull << 20)
#define PORT   0x10000000ull

extern const char guest_image[], guest_image_end[];
__asm__(".section .rodata\n"
        "guest_image: .incbin \"" GUEST "\"\n"
        "guest_image_end:\n"
        ".previous");

static int must(int result, const char *what)
{
    if (result < 0)
        err(1, "%s", what);
    return result;
}

static void *map(int fd, size_t size, int flags)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

    if (p == MAP_FAILED)
        err(1, "mmap");
    return p;
}

static void give_memory(int vm)
{
    char                              *memory = map(-1, SIZE, MAP_PRIVATE | MAP_ANONYMOUS);
    struct kvm_userspace_memory_region region = {
        .guest_phys_addr = MEMORY,
        .memory_size = SIZE,
        .userspace_addr = (uintptr_t)memory,
    };

    memcpy(memory, guest_image, (size_t)(guest_image_end - guest_image));
    must(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
}

#define CORE_REG(name)                                       \
    (KVM_REG_RISCV | KVM_REG_SIZE_U64 | KVM_REG_RISCV_CORE | \
     (offsetof(struct kvm_riscv_core, name) / sizeof(uint64_t)))

static void set_register(int cpu, uint64_t id, uint64_t value)
{
    struct kvm_one_reg reg = {.id = id, .addr = (uintptr_t)&value};

    must(ioctl(cpu, KVM_SET_ONE_REG, &reg), "KVM_SET_ONE_REG");
}

/* The guest's access to where it has no memory. */
static void serve(struct kvm_run *run)
{
    const uint32_t number = 0xcafe;

    if (run->mmio.is_write && run->mmio.phys_addr == PORT && run->mmio.len == 1)
        putchar(run->mmio.data[0]);
    else if (!run->mmio.is_write && run->mmio.phys_addr == PORT + 8 && run->mmio.len == 4)
        memcpy(run->mmio.data, &number, sizeof(number));
    else
        errx(1, "the guest accessed %#llx", run->mmio.phys_addr);
}

static void run_guest(int kvm, uint64_t mode)
{
    int    vm = must(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
    int    cpu = must(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
    size_t size = (size_t)must(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
    struct kvm_run *run = map(cpu, size, MAP_SHARED);

    give_memory(vm);
    set_register(cpu, CORE_REG(regs.pc), MEMORY);
    set_register(cpu, CORE_REG(regs.a0), mode);
    for (;;) {
        must(ioctl(cpu, KVM_RUN, 0), "KVM_RUN");
        if (run->exit_reason == KVM_EXIT_MMIO)
            serve(run);
        else
            break;
    }
    if (run->exit_reason != KVM_EXIT_SYSTEM_EVENT ||
        run->system_event.type != KVM_SYSTEM_EVENT_SHUTDOWN)
        errx(1, "the guest ended with exit reason %u", run->exit_reason);
    printf("shut down\n");
    munmap(run, size);
    close(cpu);
    close(vm);
}

int main(int argc, char **argv)
{
    int kvm = must(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");

    for (int i = 1; i < argc; i++) {
        printf("satp mode %s\n", argv[i]);
        run_guest(kvm, strtoull(argv[i], NULL, 10));
    }
    return 0;
}
