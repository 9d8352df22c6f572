/* SPDX-License-Identifier: MIT */
/* Page tables (V1-V4) behind one interface: a walker, and formats as data with an encoder and a decoder
 * each. */
#ifndef KEEL_PAGETABLE_H
#define KEEL_PAGETABLE_H

#include <keel/types.h>
#include <keel/vm.h>

typedef uint64_t pte_t;

#define PT_LEVELS_MAX 5u
#define PT_INDEX_BITS 9u
#define PT_ENTRIES    512u

/*
 * A format. Level 0 holds the 4 KiB leaves; the root is level levels - 1. Every format here has 512
 * entries of 8 bytes a table; 0 is an absent entry, and so is a page-aligned number.
 *
 * What tells absent entries, tables and leaves apart is data, so that a walk calls nobody: an entry is
 * present when it has a bit of present_mask; above level 0 it leads to a table when its bits of
 * table_mask are table_value; every other present entry is a leaf.
 */
struct pt_format {
    const char *name; /* "arm64", "sv39", "sv48", "x86-64", "ept" */
    unsigned levels;
    unsigned max_leaf;      /* highest level that may hold a leaf (2: 1 GiB) */
    unsigned va_bits;       /* 48, 39 */
    unsigned pa_bits;       /* widest physical address an entry can hold */
    bool sign_extended;     /* addresses above va_bits repeat its top bit */
    bool break_before_make; /* a change of size or address goes through absent (arm64) */
    pte_t present_mask;
    pte_t table_mask;
    pte_t table_value;
    pte_t address_mask;     /* the bits of a leaf or table that hold its address, */
    unsigned address_shift; /* to be shifted left by this */
    pte_t keep_mask;        /* the bits of a leaf that hardware changes: accessed, dirty */
    pte_t (*leaf)(phys_addr_t pa, unsigned level, uint32_t vm_flags);
    pte_t (*table)(phys_addr_t pa);
    uint32_t (*flags)(pte_t entry, unsigned level); /* VM_ flags of a leaf */
    pte_t accessed_mask;                            /* a leaf is accessed with all of these */
    pte_t dirty_mask;                               /* and dirty when its bits of this mask */
    pte_t dirty_value;                              /* are these */
};

struct page_table;

/* A way to tables in use that is not pt_ops.virt(). */
struct pt_access {
    /* The table of `level` on the way to va, whose page this is. */
    pte_t *(*reach)(const struct page_table *pt, virt_addr_t va, unsigned level, phys_addr_t page);
    /* Around each operation in builds with CONFIG_PT_RECURSIVE: reach() works in between. `leave` gets
     * what `enter` gave. */
    uint64_t (*enter)(const struct page_table *pt);
    void (*leave)(uint64_t before);
};

/* What the tables stand on: where table pages come from, how they are reached, whose TLB to flush.
 * The host tests bring their own. */
struct pt_ops {
    phys_addr_t (*alloc)(void); /* a zeroed page, 0: none */
    void (*free)(phys_addr_t page);
    void *(*virt)(phys_addr_t page); /* a table page as a pointer; linear in its argument */
    const struct pt_access *access;  /* to tables in use; NULL: by virt() as well */
    /* The count of present entries of a table page, 0 when it is fresh; NULL for tables that are
     * never freed nor promoted. */
    uint32_t *(*used)(phys_addr_t page);
    /* Invalidates translations of [va, va + size) by leaves of `level` and larger, before memory
     * behind them is reused; `tables`: table pages on the way to them were taken out as well. */
    void (*flush)(void *ctx, virt_addr_t va, uint64_t size, unsigned level, bool tables);
    /* After absent entries became leaves in the range; `tables`: tables were put in as well, under
     * entries that cover more than the range. */
    void (*publish)(void *ctx, virt_addr_t va, uint64_t size, bool tables);
};

struct page_table {
    const struct pt_format *format;
    const struct pt_ops *ops;
    void *ctx; /* handed to flush and publish: the address space */
    phys_addr_t root;
    uintptr_t window;  /* where virt() sees physical address 0 */
    virt_addr_t first; /* the addresses that may be mapped here, both ends included */
    virt_addr_t last;
    phys_addr_t pa_last;   /* the highest physical address */
    unsigned max_leaf;     /* as the format's, or lower where the CPU cannot */
    unsigned root_entries; /* entries of the root that are its own, from the first; what lies behind
                            * them is shared with another table (the kernel's half) */
    phys_addr_t spare;     /* an empty table kept for the next one that is wanted; 0: none */
    uint64_t table_pages;  /* root and spare included */
};

/* The kernel's own tables, from vm_init() on. <keel/kmap.h> alone changes them. */
extern struct page_table kernel_pt;

/* An empty table for the lower half of the format's addresses. -ENOMEM. Not locked: callers serialise
 * changes of one table, and look-ups against them. */
int pt_create(struct page_table *pt, const struct pt_format *format, const struct pt_ops *ops,
              void *ctx);

/* Makes tables that exist already, under `root`, manageable for [first, last]. */
void pt_adopt(struct page_table *pt, const struct pt_format *format, const struct pt_ops *ops,
              void *ctx, phys_addr_t root, virt_addr_t first, virt_addr_t last);

/* Frees all table pages, without recursion; memory that leaves point to is the caller's. */
void pt_destroy(struct page_table *pt);

/* One page, and a range with the largest leaves that alignment allows. -EINVAL: alignment, overflow,
 * no address of the table; -EEXIST: something is mapped there (nothing is changed then);
 * -ENOMEM: what was mapped by this call is unmapped again. A table that becomes full and uniform
 * is promoted to one large leaf. */
int pt_map_page(struct page_table *pt, virt_addr_t va, phys_addr_t pa, uint32_t flags);
int pt_map_range(struct page_table *pt, virt_addr_t va, phys_addr_t pa, uint64_t size,
                 uint32_t flags);

/* Removes whatever is mapped there; holes are fine. Large leaves that stick out are split (-ENOMEM when
 * there is no page for that: nothing is changed then). Empty tables are freed after the flush. */
int pt_unmap_page(struct page_table *pt, virt_addr_t va);
int pt_unmap_range(struct page_table *pt, virt_addr_t va, uint64_t size);

/* Changes flags of what is mapped there; holes are fine; splits as above. */
int pt_protect_range(struct page_table *pt, virt_addr_t va, uint64_t size, uint32_t flags);

struct pt_entry {
    phys_addr_t pa; /* of the byte asked for */
    uint32_t flags;
    unsigned level;
    uint64_t size; /* bytes the leaf covers */
    bool accessed, dirty;
};

/* The leaf over va. -ENOENT: none. */
int pt_query_entry(const struct page_table *pt, virt_addr_t va, struct pt_entry *out);
/* Its physical address. -ENOENT. */
int pt_translate(const struct page_table *pt, virt_addr_t va, phys_addr_t *pa);

/* Replaces the large leaf over va by a table of the next smaller ones (V2). 0 also when it is a
 * 4 KiB leaf already; -ENOENT, -ENOMEM. */
int pt_split_large_page(struct page_table *pt, virt_addr_t va);

/* The root's physical address. */
static inline phys_addr_t pt_phys(const struct page_table *pt)
{
    return pt->root;
}

/* The first leaf at or above va: its start to *va and the rest to *out. -ENOENT: none. */
int pt_next_leaf(const struct page_table *pt, virt_addr_t *va, struct pt_entry *out);

/* Calls `line` for every present entry that covers a part of va .. va + size, tables before what is
 * below them, with flags in words (V12). */
void pt_dump(const struct page_table *pt, virt_addr_t va, uint64_t size,
             void (*line)(void *arg, const char *text), void *arg);

/* VM_ flags in words: "rw- user global device". */
void vm_flags_text(uint32_t flags, char *buf, size_t size);

#endif
