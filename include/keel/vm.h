/* SPDX-License-Identifier: MIT */
/* The kernel's own address space: page-table writing, the direct map, device mappings. */
#ifndef KEEL_VM_H
#define KEEL_VM_H

#include <keel/types.h>

/* What a mapping allows and how its memory behaves. */
#define VM_READ          (1u << 0)
#define VM_WRITE         (1u << 1)
#define VM_EXEC          (1u << 2)
#define VM_USER          (1u << 3)
#define VM_GLOBAL        (1u << 4)
#define VM_MEM_MASK      (7u << 8)
#define VM_CACHED        (0u << 8)
#define VM_DEVICE        (1u << 8) /* strongly ordered, never cached, never speculated */
#define VM_UNCACHED      (2u << 8) /* normal memory past the caches */
#define VM_WRITE_COMBINE (3u << 8)
#define VM_WRITE_THROUGH \
    (4u << 8) /* cached, every write goes to memory; uncached where the CPU has none */

#define VM_KERNEL_RO (VM_READ | VM_GLOBAL)
#define VM_KERNEL_RW (VM_READ | VM_WRITE | VM_GLOBAL)
#define VM_KERNEL_RX (VM_READ | VM_EXEC | VM_GLOBAL)
#define VM_KERNEL_IO (VM_READ | VM_WRITE | VM_GLOBAL | VM_DEVICE)

/*
 * Where the image runs and lies. With the MMU off (the port's earliest code) image_virt equals
 * image_phys; both are set before the first page table is built.
 */
extern phys_addr_t image_phys;
extern virt_addr_t image_virt;

/*
 * Maps [va, va + size) to pa in the tables under `root` with the largest leaves that alignment and
 * the format allow. All page-aligned; present entries are not replaced. Table pages come from a pool
 * in the image until vm_init() has RAM. Works with the MMU off: it uses no absolute pointers.
 * 0, -EINVAL (alignment, overflow), -EEXIST, -ENOMEM; on error what was mapped so far stays.
 */
int pt_map(phys_addr_t root, virt_addr_t va, phys_addr_t pa, uint64_t size, uint32_t flags);

/* A zeroed page for a page table, or 0. */
phys_addr_t pt_alloc_page(void);

/* Walks to the leaf over va: its physical address to *pa and its VM_ flags to *flags; bytes the leaf
 * covers as the result, or 0 when nothing is mapped there. */
uint64_t pt_query(phys_addr_t root, virt_addr_t va, phys_addr_t *pa, uint32_t *flags);

/* The tables the kernel runs on. */
extern phys_addr_t kernel_root;

/*
 * Builds and switches to the final tables: text read-execute, rodata read-only, data no-execute,
 * the direct map of mappable RAM, device mappings carried over, no identity map, guard page under
 * the boot stack. 0 or -ENOMEM.
 */
int vm_init(void);

/* Makes the kernel's half part of an empty user root, where one root holds both. */
void vm_share_kernel_half(phys_addr_t root);

/*
 * Enters those pages of [pa, pa + size) that the direct map lacks into it, read-only: for what a boot
 * loader put outside of mappable RAM and the kernel goes on reading. After vm_init(). The range must
 * be one that the direct map can hold. 0 or -ENOMEM.
 */
int vm_map_unlisted(phys_addr_t pa, uint64_t size);

/*
 * Maps device registers (any alignment) into the mapping area; usable from kernel_main() on.
 * Returns the address of byte `pa`, or NULL: impossible range, no room, or RAM that the direct map
 * holds (two memory types for one page are never allowed). The same page asked for twice gives the
 * same mapping.
 */
void __iomem *vm_map_device(phys_addr_t pa, uint64_t size, uint32_t memory_type);

/* The direct map. Valid for mappable RAM after vm_init(); before it, for the device tree handed over
 * (arm64, riscv64) and for all below 4 GiB (x86_64). The first panics in debug builds for others. */
void *phys_to_virt(phys_addr_t pa);
phys_addr_t virt_to_phys(const void *va); /* direct map and image addresses */

#endif
