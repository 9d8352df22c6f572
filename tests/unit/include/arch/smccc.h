/* SPDX-License-Identifier: MIT */
/* The host tests' firmware: the test answers its calls. */
#ifndef ARCH_SMCCC_H
#define ARCH_SMCCC_H

#include <keel/types.h>

enum smccc_conduit {
    SMCCC_NONE,
    SMCCC_HVC,
    SMCCC_SMC,
};

enum smccc_conduit smccc_conduit_by_name(const char *method);
int64_t smccc_call(enum smccc_conduit conduit, uint32_t function, uint64_t a1, uint64_t a2,
                   uint64_t a3);

#endif
