/* SPDX-License-Identifier: MIT */
/* Calls to the firmware above the kernel (SMC Calling Convention, DEN0028). */
#ifndef ARCH_SMCCC_H
#define ARCH_SMCCC_H

#include <keel/types.h>

#define SMCCC_NOT_SUPPORTED (-1)

/* Which instruction reaches the firmware: `method` of the tree's PSCI node (binding arm,psci). */
enum smccc_conduit {
    SMCCC_NONE,
    SMCCC_HVC,
    SMCCC_SMC,
};

/* The conduit called "hvc" or "smc"; SMCCC_NONE for any other name and NULL. */
enum smccc_conduit smccc_conduit_by_name(const char *method);

/* Calls `function` (SMC64 or SMC32, three arguments); x0 as the firmware left it.
 * SMCCC_NOT_SUPPORTED when there is no conduit or the CPU does not know the instruction. */
int64_t smccc_call(enum smccc_conduit conduit, uint32_t function, uint64_t a1, uint64_t a2,
                   uint64_t a3);

#endif
