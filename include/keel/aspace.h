/* SPDX-License-Identifier: MIT */
/* Address spaces: a tree of regions that map memory objects (V10, V11), and page faults (V5). */
#ifndef KEEL_ASPACE_H
#define KEEL_ASPACE_H

#include <keel/fault.h>
#include <keel/pagetable.h>
#include <keel/types.h>
#include <keel/vmo.h>

struct aspace;
struct vm_region; /* a range of addresses that may be divided: Zircon's VMAR */

/* How to place and what to allow. */
#define ASPACE_SPECIFIC  (1u << 16) /* exactly at `offset` of the region; -EEXIST when taken */
#define ASPACE_OVERWRITE (1u << 17) /* with SPECIFIC: what is there is unmapped first */
#define ASPACE_MAP_RANGE (1u << 18) /* enter present pages at once */
#define ASPACE_CAN_READ  (1u << 19) /* for regions: the most its mappings may have */
#define ASPACE_CAN_WRITE (1u << 20)
#define ASPACE_CAN_EXEC  (1u << 21)
#define ASPACE_CAPPED    (1u << 22) /* for mappings: ASPACE_CAN_ is the most they may ever have */
#define ASPACE_FIXED \
    (1u << 23) /* for regions: nobody but who made it changes it or takes it away */

/* Readies what address spaces are made of; once, when there is a heap. -ENOMEM. */
int aspace_init(void);

/* An empty user address space of the CPU's format; its root region covers the user half but for the
 * first 64 KiB and the last page. */
int aspace_create(const char *name, struct aspace **out);
/* Unmaps everything and frees it; must not be active on any CPU. Does not recurse. */
void aspace_destroy(struct aspace *as);
/* Unmaps everything, some of it at a time; nothing is mapped any more. Threads; no lock held. */
void aspace_clear(struct aspace *as);
struct vm_region *aspace_root(struct aspace *as);

/* Makes it the user half that the calling thread runs with, on whatever CPU; NULL for none. */
void aspace_switch(struct aspace *as);
struct aspace *aspace_current(void);

/* For the scheduler, as it goes from a thread to one that runs with another space; either may be NULL.
 * Interrupts off. */
void aspace_load(struct aspace *before, struct aspace *as);

/* What a region covers; it never changes. */
void region_bounds(const struct vm_region *region, virt_addr_t *base, uint64_t *size);

/* A sub-region. Without SPECIFIC it is placed at random. -EINVAL, -EEXIST, -ENOMEM, -EACCES (more than
 * the parent allows). A FIXED one goes with its space: what would unmap or change any of it, by way of a region
 * above, is refused with -EACCES and changes nothing. */
int region_create(struct vm_region *parent, uint64_t offset, uint64_t size, uint32_t flags,
                  struct vm_region **out, virt_addr_t *base);
/* Unmaps all below it, some of it at a time, and takes it out of its parent; later use gives -EINVAL.
 * Threads; no lock held. */
int region_destroy(struct vm_region *region);
void region_ref(struct vm_region *region);
void region_unref(struct vm_region *region);

/* Maps [vmo_offset, + size) of an object with VM_READ/WRITE/EXEC of `flags`; write and execute together
 * are refused (-EACCES), as is what the region does not allow; write includes read. Without any of them
 * every access faults. -EINVAL: range, alignment, unknown flags; -EEXIST; -ENOMEM. */
int region_map(struct vm_region *region, uint64_t offset, struct vmo *vmo, uint64_t vmo_offset,
               uint64_t size, uint32_t flags, virt_addr_t *base);
/* Across any number of mappings, splitting at the ends; not through sub-regions partly covered
 * (-EINVAL). protect wants the whole range mapped (-ENOENT) and changes nothing on an error. */
int region_unmap(struct vm_region *region, virt_addr_t va, uint64_t size);
int region_protect(struct vm_region *region, virt_addr_t va, uint64_t size, uint32_t flags);

/* --- Faults --- */

struct fault_info {
    virt_addr_t address;
    virt_addr_t pc;
    uint32_t flags;
};

enum fault_result {
    FAULT_HANDLED,    /* resume */
    FAULT_USER_SPACE, /* deliver to user space's handler */
    FAULT_FATAL,      /* end the process; in the kernel: panic, or the access's fix-up */
    FAULT_RETRY, /* run the instruction again: somebody else did the work, or memory must come */
};

/* Resolves a fault in the user half of the current address space. Concurrent faults on one page do the
 * work once. */
enum fault_result vm_fault(const struct fault_info *info);

/* Prints mappings, one a line (V12), of one space or of all; how many there are. */
void aspace_print(struct aspace *as);
unsigned aspace_print_all(void);

/* Where an address of the space leads just now; -ENOENT: nowhere yet. */
int aspace_query(struct aspace *as, virt_addr_t va, struct pt_entry *out);

/* A mapping as it is now. */
struct aspace_place {
    virt_addr_t base;
    uint64_t size;
    uint32_t flags;  /* VM_READ, VM_WRITE, VM_EXEC */
    struct vmo *vmo; /* with a reference for the caller */
    uint64_t vmo_offset;
};

/* The first mapping that ends behind va; false: there is none. */
bool aspace_next(struct aspace *as, virt_addr_t va, struct aspace_place *out);

/* Bytes mapped. */
uint64_t aspace_mapped(struct aspace *as);

#endif
