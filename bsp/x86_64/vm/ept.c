/* SPDX-License-Identifier: MIT */
/* Extended page tables as data (Intel SDM volume 3, 28.3.2), with accessed and dirty flags enabled in
 * the EPT pointer. */
#include "format.h"

/*
 *  63        55 54 53 52 51                      12 11 10 9 8   7   6    5..3  2 1 0
 * +------------+--+--+--+--------------------------+--+--+-+-+----+----+-----+-+-+-+
 * |  ignored   |G |US|NC|     physical address     | ign |D|A|size|IPAT| type|X|W|R|
 * +------------+--+--+--+--------------------------+--+--+-+-+----+----+-----+-+-+-+
 *
 * 52 to 54 are software's: they keep what this format has no bits for, so that it can be read back.
 */
#define EPT_R          (1ull << 0)
#define EPT_W          (1ull << 1)
#define EPT_X          (1ull << 2)
#define EPT_TYPE_SHIFT 3
#define EPT_TYPE_MASK  (7ull << EPT_TYPE_SHIFT)
#define EPT_SIZE       (1ull << 7) /* a leaf above level 0 */
#define EPT_A          (1ull << 8)
#define EPT_D          (1ull << 9)
#define EPT_ADDRESS    0x000ffffffffff000ull
#define EPT_NORMAL     (1ull << 52) /* uncacheable, but no device */
#define EPT_USER       (1ull << 53)
#define EPT_GLOBAL     (1ull << 54)

/* Memory types (Intel SDM volume 3, 11.3). */
enum ept_type {
    EPT_UNCACHEABLE = 0,
    EPT_WRITE_COMBINING = 1,
    EPT_WRITE_THROUGH = 4,
    EPT_WRITE_BACK = 6,
};

static enum ept_type type_of(uint32_t vm_flags)
{
    switch (vm_flags & VM_MEM_MASK) {
    case VM_DEVICE:
    case VM_UNCACHED:
        return EPT_UNCACHEABLE;
    case VM_WRITE_COMBINE:
        return EPT_WRITE_COMBINING;
    case VM_WRITE_THROUGH:
        return EPT_WRITE_THROUGH;
    default:
        return EPT_WRITE_BACK;
    }
}

/* Whatever can be written or executed can be read: write-only is a misconfiguration, execute-only
 * not every CPU has. */
static pte_t leaf(phys_addr_t pa, unsigned level, uint32_t vm_flags)
{
    pte_t pte = (pa & EPT_ADDRESS) | EPT_R | (pte_t)type_of(vm_flags) << EPT_TYPE_SHIFT;

    pte |= level > 0 ? EPT_SIZE : 0;
    pte |= (vm_flags & VM_WRITE) != 0 ? EPT_W : 0;
    pte |= (vm_flags & VM_EXEC) != 0 ? EPT_X : 0;
    pte |= (vm_flags & VM_MEM_MASK) == VM_UNCACHED ? EPT_NORMAL : 0;
    pte |= (vm_flags & VM_USER) != 0 ? EPT_USER : 0;
    pte |= (vm_flags & VM_GLOBAL) != 0 ? EPT_GLOBAL : 0;
    return pte;
}

static pte_t table(phys_addr_t pa)
{
    return (pa & EPT_ADDRESS) | EPT_R | EPT_W | EPT_X;
}

static uint32_t memory_of(pte_t entry)
{
    switch ((entry & EPT_TYPE_MASK) >> EPT_TYPE_SHIFT) {
    case EPT_WRITE_COMBINING:
        return VM_WRITE_COMBINE;
    case EPT_WRITE_THROUGH:
        return VM_WRITE_THROUGH;
    case EPT_WRITE_BACK:
        return VM_CACHED;
    default:
        return (entry & EPT_NORMAL) != 0 ? VM_UNCACHED : VM_DEVICE;
    }
}

static uint32_t flags(pte_t entry, unsigned level)
{
    uint32_t vm_flags = memory_of(entry);

    (void)level;
    vm_flags |= (entry & EPT_R) != 0 ? VM_READ : 0;
    vm_flags |= (entry & EPT_W) != 0 ? VM_WRITE : 0;
    vm_flags |= (entry & EPT_X) != 0 ? VM_EXEC : 0;
    vm_flags |= (entry & EPT_USER) != 0 ? VM_USER : 0;
    vm_flags |= (entry & EPT_GLOBAL) != 0 ? VM_GLOBAL : 0;
    return vm_flags;
}

const struct pt_format pt_format_ept = {
    .name = "ept",
    .levels = 4,
    .max_leaf = 2,
    .va_bits = 48,
    .pa_bits = 52,
    .present_mask = EPT_R | EPT_W | EPT_X,
    .table_mask = EPT_R | EPT_W | EPT_X | EPT_SIZE,
    .table_value = EPT_R | EPT_W | EPT_X,
    .address_mask = EPT_ADDRESS,
    .keep_mask = EPT_A | EPT_D,
    .leaf = leaf,
    .table = table,
    .flags = flags,
    .accessed_mask = EPT_A,
    .dirty_mask = EPT_D,
    .dirty_value = EPT_D,
};
