/* SPDX-License-Identifier: MIT */
/* The command `fault_arm64 KIND`, in test kernels only: exceptions that only arm64 has, from
 * each of its exception levels. */
#include <arch/sysreg.h>
#include <keel/command.h>
#include <keel/console.h>
#include <keel/errno.h>
#include <keel/string.h>

#define PSR_EL0T    0x0
#define PSR_EL0_A32 0x10

/* Goes to user mode at an address that is not mapped there. */
static void enter_user(uint64_t pstate)
{
    __asm__ volatile("msr ELR_EL1, %0\n msr SPSR_EL1, %1\n isb\n eret"
                     :
                     : "r"(0x1000ul), "r"(pstate | PSR_DAIF));
}

static void fault_user(void)
{
    enter_user(PSR_EL0T);
}

static void fault_user32(void)
{
    enter_user(PSR_EL0_A32);
}

static void fault_el1t(void)
{
    __asm__ volatile("mov x0, sp\n msr SPSel, #0\n mov sp, x0\n brk #1" : : : "x0");
}

static void fault_sp_wild(void)
{
    __asm__ volatile("mov x0, #64\n mov sp, x0\n ldr x0, [sp]" : : : "x0");
}

static void fault_pc(void)
{
    __asm__ volatile("adr x0, .\n add x0, x0, #2\n br x0" : : : "x0");
}

static void fault_udf(void)
{
    __asm__ volatile(".inst 0");
}

static void fault_fp(void)
{
    __asm__ volatile(".inst 0x1e604000"); /* fmov d0, d0 */
}

static const struct {
    const char *name;
    void (*run)(void);
} kinds[] = {
    {"user", fault_user},       {"user32", fault_user32}, {"el1t", fault_el1t}, {"pc", fault_pc},
    {"sp_wild", fault_sp_wild}, {"udf", fault_udf},       {"fp", fault_fp},
};

static int cmd_fault_arm64(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < ARRAY_SIZE(kinds); i++) {
        if (strcmp(kinds[i].name, argv[1]) == 0) {
            kinds[i].run();
            return -EIO;
        }
    }
    console_printf("kinds: user user32 el1t pc sp_wild udf fp\n");
    return -EINVAL;
}

COMMAND(fault_arm64, "KIND", "run into an exception of arm64 on purpose", cmd_fault_arm64);
