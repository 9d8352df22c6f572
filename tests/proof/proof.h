/* SPDX-License-Identifier: MIT */
/* What proofs are written with: values that may be anything, assumptions, claims. CBMC checks the claims
 * for all values that the assumptions allow. */
#ifndef PROOF_H
#define PROOF_H

#include <keel/types.h>

/* Any value of its type: that is what CBMC makes of functions with this prefix and no body. */
uint64_t nondet_u64(void);
uint32_t nondet_u32(void);
unsigned nondet_unsigned(void);
bool nondet_bool(void);

#define ASSUME(condition) __CPROVER_assume(condition)
#define CLAIM(condition)  __CPROVER_assert(condition, #condition)

#endif
