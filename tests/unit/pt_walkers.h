/* SPDX-License-Identifier: MIT */
/* What the hardware would make of page tables, written from the manuals alone: shares no code and no
 * constant with the kernel's encoders. */
#ifndef PT_WALKERS_H
#define PT_WALKERS_H

#include <stdbool.h>
#include <stdint.h>

/* Memory types as the formats' own numbers mean them. */
enum hw_memory {
    HW_WRITE_BACK,
    HW_DEVICE,
    HW_NON_CACHEABLE, /* normal memory, uncached */
    HW_WRITE_COMBINING,
    HW_WRITE_THROUGH,
    HW_BY_PHYSICAL_ATTRIBUTES, /* RISC-V without Svpbmt */
};

struct hw_leaf {
    uint64_t pa;        /* of the first byte of the leaf */
    uint64_t size;      /* also of a missing one: what the absent entry would cover */
    uint64_t tables[4]; /* that the walk went through, the root first */
    unsigned depth;     /* how many */
    uint64_t *entry;
    bool read, write, exec; /* by whom it is for: user code when `user`, else the kernel */
    bool user, global;
    bool accessed, dirty;
    enum hw_memory memory;
};

enum hw_result {
    HW_FAULT, /* no translation */
    HW_LEAF,
    HW_MALFORMED, /* an entry that the manual forbids */
};

/* Reads 8 bytes of physical memory; gives where they are. */
typedef uint64_t *hw_read_fn(uint64_t pa);

typedef enum hw_result hw_walk_fn(uint64_t root, uint64_t va, hw_read_fn *read,
                                  struct hw_leaf *leaf);

hw_walk_fn hw_walk_arm64, hw_walk_sv39, hw_walk_sv48, hw_walk_x86_64, hw_walk_ept;

/* Whether sv39 and sv48 leaves may hold a Svpbmt type. */
extern bool hw_has_svpbmt;

#endif
