/* SPDX-License-Identifier: MIT */
/* Exception syndromes in words (Arm ARM DDI 0487, D19.2.37 ESR_EL1 and D1.3.1 vectors). */
#include "trap.h"

#include <arch/trap.h>
#include <keel/compiler.h>

static const char *const class_names[64] = {
    [0x00] = "undefined instruction",
    [0x01] = "trapped WFI or WFE",
    [0x03] = "trapped MCR or MRC (cp15)",
    [0x04] = "trapped MCRR or MRRC (cp15)",
    [0x05] = "trapped MCR or MRC (cp14)",
    [0x06] = "trapped LDC or STC",
    [0x07] = "floating point or SIMD not enabled",
    [0x0a] = "trapped LD64B or ST64B",
    [0x0c] = "trapped MRRC (cp14)",
    [0x0d] = "branch target",
    [0x0e] = "illegal execution state",
    [0x11] = "SVC, 32-bit",
    [0x14] = "trapped 128-bit system register access",
    [0x15] = "SVC",
    [0x16] = "HVC",
    [0x17] = "SMC",
    [0x18] = "trapped system register or instruction",
    [0x19] = "SVE not enabled",
    [0x1b] = "transactional memory",
    [0x1c] = "pointer authentication",
    [0x1d] = "SME not enabled",
    [0x20] = "instruction abort from user mode",
    [0x21] = "instruction abort",
    [0x22] = "misaligned program counter",
    [0x24] = "data abort from user mode",
    [0x25] = "data abort",
    [0x26] = "misaligned stack pointer",
    [0x27] = "memory copy or set",
    [0x28] = "trapped floating point, 32-bit",
    [0x2c] = "trapped floating point",
    [0x2d] = "guarded control stack",
    [0x2f] = "system error",
    [0x30] = "breakpoint from user mode",
    [0x31] = "breakpoint",
    [0x32] = "single step from user mode",
    [0x33] = "single step",
    [0x34] = "watchpoint from user mode",
    [0x35] = "watchpoint",
    [0x38] = "BKPT, 32-bit",
    [0x3c] = "BRK instruction",
};

static const char *const status_names[64] = {
    [0x00] = "address size fault, level 0",
    [0x01] = "address size fault, level 1",
    [0x02] = "address size fault, level 2",
    [0x03] = "address size fault, level 3",
    [0x04] = "translation fault, level 0",
    [0x05] = "translation fault, level 1",
    [0x06] = "translation fault, level 2",
    [0x07] = "translation fault, level 3",
    [0x08] = "access flag fault, level 0",
    [0x09] = "access flag fault, level 1",
    [0x0a] = "access flag fault, level 2",
    [0x0b] = "access flag fault, level 3",
    [0x0c] = "permission fault, level 0",
    [0x0d] = "permission fault, level 1",
    [0x0e] = "permission fault, level 2",
    [0x0f] = "permission fault, level 3",
    [0x10] = "external abort",
    [0x11] = "tag check fault",
    [0x14] = "external abort on table walk, level 0",
    [0x15] = "external abort on table walk, level 1",
    [0x16] = "external abort on table walk, level 2",
    [0x17] = "external abort on table walk, level 3",
    [0x18] = "parity or ECC error",
    [0x1c] = "parity or ECC error on table walk, level 0",
    [0x1d] = "parity or ECC error on table walk, level 1",
    [0x1e] = "parity or ECC error on table walk, level 2",
    [0x1f] = "parity or ECC error on table walk, level 3",
    [0x21] = "misaligned access",
    [0x30] = "TLB conflict",
    [0x31] = "unsupported hardware update of a table",
    [0x34] = "lockdown (implementation defined)",
    [0x35] = "unsupported exclusive or atomic access",
};

static const char *const vector_names[16] = {
    "EL1t synchronous",        "EL1t IRQ",        "EL1t FIQ",        "EL1t SError",
    "EL1h synchronous",        "EL1h IRQ",        "EL1h FIQ",        "EL1h SError",
    "EL0 synchronous",         "EL0 IRQ",         "EL0 FIQ",         "EL0 SError",
    "EL0 AArch32 synchronous", "EL0 AArch32 IRQ", "EL0 AArch32 FIQ", "EL0 AArch32 SError",
};

static const char *pick(const char *const *names, size_t count, uint64_t index, const char *other)
{
    return index < count && names[index] != NULL ? names[index] : other;
}

const char *arm64_exception_class(uint64_t esr)
{
    return pick(class_names, ARRAY_SIZE(class_names), ESR_EC(esr), "unknown exception class");
}

const char *arm64_fault_status(uint64_t esr)
{
    return pick(status_names, ARRAY_SIZE(status_names), ESR_FSC(esr), "unknown fault status");
}

const char *arm64_vector_name(uint64_t vector)
{
    return pick(vector_names, ARRAY_SIZE(vector_names), vector, "unknown vector");
}
