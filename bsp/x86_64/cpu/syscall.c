/* SPDX-License-Identifier: MIT */
/* Where SYSCALL goes, and with which flags (Intel SDM volume 3, 5.8.8). */
#include <arch/cpuid.h>
#include <arch/gdt.h>
#include <arch/user.h>

#define MSR_STAR           0xc0000081
#define MSR_LSTAR          0xc0000082
#define MSR_CSTAR          0xc0000083
#define MSR_FMASK          0xc0000084
#define MSR_KERNEL_GS_BASE 0xc0000102

#define FLAGS_TF           (1u << 8)
#define FLAGS_IF           (1u << 9)
#define FLAGS_DF           (1u << 10)
#define FLAGS_NT           (1u << 14)
#define FLAGS_RF           (1u << 16)
#define FLAGS_AC           (1u << 18)

extern const char syscall_entry[];

/* SYSRET loads SS from 8 and CS from 16 above what STAR has for it. There is no 32-bit mode to come from. */
void syscall_start_cpu(void)
{
    msr_write(MSR_STAR, (uint64_t)(GDT_USER_DATA - 8) << 48 | (uint64_t)GDT_KERNEL_CODE << 32);
    msr_write(MSR_LSTAR, (virt_addr_t)syscall_entry);
    msr_write(MSR_CSTAR, 0);
    msr_write(MSR_FMASK, FLAGS_TF | FLAGS_IF | FLAGS_DF | FLAGS_NT | FLAGS_RF | FLAGS_AC);
    msr_write(MSR_KERNEL_GS_BASE, 0);
    msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_SCE);
}
