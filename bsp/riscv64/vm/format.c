/* SPDX-License-Identifier: MIT */
/* Sv39 and Sv48 as data (Privileged Architecture 10.4, 10.5). Accessed and dirty are always set, since
 * CPUs may fault where they are clear (Svade) and nothing says which do. */
#include "format.h"

#include "../include/arch/layout.h"
#include "../include/arch/pte.h"

#define SV_FORMAT(label, depth, bits)                                                              \
    {                                                                                              \
        .name = label, .levels = depth, .max_leaf = 2, .va_bits = bits, .pa_bits = 56,             \
        .sign_extended = true, .present_mask = PTE_V, .table_mask = PTE_V | PTE_R | PTE_W | PTE_X, \
        .table_value = PTE_V, .address_mask = PTE_PPN_MASK << PTE_PPN_SHIFT,                       \
        .address_shift = PAGE_SHIFT - PTE_PPN_SHIFT, .accessed_mask = PTE_A,                       \
        .dirty_mask = PTE_W | PTE_D, .dirty_value = PTE_W | PTE_D, .leaf = arch_pte_leaf,          \
        .table = arch_pte_table, .flags = arch_pte_flags,                                          \
    }

const struct pt_format pt_format_sv39 = SV_FORMAT("sv39", 3, 39);
const struct pt_format pt_format_sv48 = SV_FORMAT("sv48", 4, 48);
