/* SPDX-License-Identifier: MIT */
/* VMSAv8-64 long descriptors as data (Arm ARM DDI 0487, D8.3). The access flag is always set: where
 * hardware could, we do not have it do so; a leaf that may be written counts as dirty. */
#include "format.h"

#include "../include/arch/pte.h"

const struct pt_format pt_format_arm64 = {
    .name = "arm64",
    .levels = 4,
    .max_leaf = 2,
    .va_bits = 48,
    .pa_bits = 48,
    .break_before_make = true,
    .present_mask = PTE_VALID,
    .table_mask = PTE_VALID | PTE_TABLE,
    .table_value = PTE_VALID | PTE_TABLE,
    .address_mask = PTE_ADDR_MASK,
    .leaf = arch_pte_leaf,
    .table = arch_pte_table,
    .flags = arch_pte_flags,
    .accessed_mask = PTE_AF,
    .dirty_mask = PTE_AP_RO,
};
