/* SPDX-License-Identifier: MIT */
/* Reads what the device tree says of a hart's instruction set (bindings riscv/cpus.yaml and
 * riscv/extensions.yaml). Pure: nothing here asks the hart. A set has bit n for CPU_FEATURE_n. */
#ifndef CPU_ISA_H
#define CPU_ISA_H

#include <keel/fdt.h>
#include <keel/types.h>

/* The extension called by `len` bytes of `name`, as a set; empty when it is none of ours. */
uint64_t isa_extension(const char *name, size_t len);

/* The extensions in a `riscv,isa` string, as "rv64imafdc_zicbom1p0_sstc". */
uint64_t isa_parse(const char *isa);

/* What a hart, or all of them alike, can do. */
struct isa {
    uint64_t set;
    uint32_t cbom_size; /* bytes a cache-block operation works on, 0 where nothing is said of it */
    uint32_t cboz_size; /* bytes cbo.zero clears, likewise */
};

/* Reads a cpu node: `riscv,isa-extensions`, or else `riscv,isa`. False where the hart cannot run
 * the kernel: no cpu, not available, or without an MMU. */
bool isa_read_cpu(const struct fdt *fdt, int node, struct isa *out);

/* What all harts have in common that can run the kernel; nothing when there is none. */
void isa_read(const struct fdt *fdt, struct isa *out);

/* The name of a feature; "" for none. */
const char *isa_feature_name(unsigned feature);

#endif
