/* SPDX-License-Identifier: MIT */
/* 4-level paging as data (Intel SDM volume 3, 4.5). The CPU sets accessed and dirty; pages of the
 * kernel, which nobody evicts, start with both. */
#include "format.h"

#include "../include/arch/pte.h"

#define X86_64_FORMAT(label, highest)                                                             \
    {                                                                                             \
        .name = label, .levels = 4, .max_leaf = highest, .va_bits = 48, .pa_bits = 52,            \
        .sign_extended = true, .present_mask = PTE_P, .table_mask = PTE_P | PTE_PS,               \
        .table_value = PTE_P, .address_mask = PTE_ADDRESS, .keep_mask = PTE_A | PTE_D,            \
        .accessed_mask = PTE_A, .dirty_mask = PTE_D, .dirty_value = PTE_D, .leaf = arch_pte_leaf, \
        .table = arch_pte_table, .flags = arch_pte_flags,                                         \
    }

const struct pt_format pt_format_x86_64 = X86_64_FORMAT("x86-64", 2);
const struct pt_format pt_format_x86_64_2m = X86_64_FORMAT("x86-64 without 1 GiB pages", 1);
