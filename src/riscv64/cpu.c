/* SPDX-License-Identifier: Apache-2.0 */
/* cpu.c - what machine/cpu.h promises, beside the assembly in trapentry.inc, switch.S and fp.S. */
#include "machine/cpu.h"

#include "machine/layout.h"
#include "riscv64/csr.h"
#include "riscv64/satp.h"
#include "riscv64/sbi.h"

extern char trap_entry[];       /* trapentry.inc */
extern char cpu_thread_start[]; /* switch.S */
extern char hart_entry[];       /* start.S */

struct hart  boot_hart; /* start.S points tp at it */
struct hart *cpu_harts[HARTS_MAX];
unsigned     cpu_nharts = 1;

bool cpu_irq_enabled(void)
{
    return csr_read(sstatus) & SSTATUS_SIE;
}

void cpu_wait(void)
{
    __asm__ volatile("wfi" : : : "memory");
}

void cpu_context_init(struct cpu_context *ctx, void *stack_top, void (*entry)(void *), void *arg)
{
    *ctx = (struct cpu_context){
        .ra = (uint64_t)cpu_thread_start,
        .sp = (uint64_t)stack_top,
    };
    ctx->s[1] = (uint64_t)entry;
    ctx->s[2] = (uint64_t)arg;
}

void cpu_trapframe_init(struct trapframe *tf, vaddr_t pc, vaddr_t sp)
{
    *tf = (struct trapframe){
        .sepc = pc,
        /* To user mode, interrupts on there. */
        .sstatus = SSTATUS_SPIE | SSTATUS_FS_INITIAL,
    };
    tf->sp = sp;
}

/* "Never" masks the interrupt and leaves stimecmp alone: a deadline at the end of time is one that an
 * emulator which skips idle time would jump to. */
void cpu_timer_arm(uint64_t deadline)
{
    hart_self()->timer_at = deadline;
    if (deadline == UINT64_MAX) {
        csr_clear(sie, SIE_STIE);
        return;
    }
    csr_write(0x14d /* stimecmp */, deadline);
    csr_set(sie, SIE_STIE);
}

/* Read by a hart that does not translate yet (start.S). */
paddr_t hart_starting;

/* Everything in the window is the same distance from where it is in memory. */
long cpu_hart_start(struct hart *h)
{
    h->satp = satp_read();
    hart_starting = phys_of(h);
    /* What the hart reads of memory is there: before the firmware is told of it. */
    atomic_thread_fence(memory_order_seq_cst);
    return sbi_hart_start(h->id, phys_of(hart_entry), hart_starting);
}

/* The fence orders what was stored, memory, before the request, which is a device's. */
void cpu_ipi(const struct hart *h)
{
    __asm__ volatile("fence rw, iorw" : : : "memory");
    sbi_send_ipi(h->id);
}

/* The other way round: what is looked at next was stored before the request. */
void cpu_ipi_clear(void)
{
    csr_clear(sip, SIE_SSIE);
    __asm__ volatile("fence iorw, rw" : : : "memory");
}

void cpu_drop_translations(void)
{
    sfence_vma_all();
}

/* The kernel leaves sstatus.FS on (fp.S) and SUM off: user memory is reached through the window only. */
void cpu_trap_init(void)
{
    csr_write(sie, SIE_SSIE);
    hart_self()->timer_at = UINT64_MAX;
    csr_write(stvec, (uint64_t)trap_entry);
    csr_set(sstatus, SSTATUS_FS);
}

void cpu_identify(struct cpu_identity *out)
{
    out->vendor = sbi_identity(SBI_MVENDORID);
    out->arch = sbi_identity(SBI_MARCHID);
    out->implementation = sbi_identity(SBI_MIMPID);
}

void cpu_external_enable(void)
{
    csr_set(sie, SIE_SEIE);
}

void cpu_icache_sync(void)
{
    __asm__ volatile("fence.i" : : : "memory");
}

void cpu_early_putc(char c)
{
    sbi_putchar(c);
}

void cpu_halt(void)
{
    csr_clear(sstatus, SSTATUS_SIE);
    sbi_shutdown();
    for (;;)
        cpu_wait();
}

/* This function's frame address is its caller's sp. */
__attribute__((noinline)) struct cpu_frame cpu_frame_here(void)
{
    return (struct cpu_frame){.pc = (uintptr_t)__builtin_return_address(0),
                              .sp = (uintptr_t)__builtin_frame_address(0)};
}
