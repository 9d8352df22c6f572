/* SPDX-License-Identifier: MIT */
/* Completes the built-in tree of a PC by what the loader and ACPI tell of the machine at hand. */
#ifndef X86_64_ARCH_DESCRIBE_H
#define X86_64_ARCH_DESCRIBE_H

#include <arch/acpi.h>
#include <keel/boot_info.h>
#include <keel/fdt.h>

/* Room that any completed tree fits in, if the built-in one is at most half of it. */
#define DESCRIBE_SIZE (96u << 10)

/*
 * Writes the tree `builtin`, completed, into the `size` bytes at `buf` (8-byte aligned). From
 * `info`: /memory (its RAM regions, sorted and free of overlaps), /reserved-memory, bootargs and
 * initrd, a linear framebuffer. From `acpi`, or NULL without: CPUs, NUMA nodes and distances,
 * interrupt controllers and the ISA bus's interrupts, ECAM, HPET, power (dts/bindings). What ACPI
 * says not to be there is left out; without ACPI the tree's defaults stay, with the boot CPU alone.
 * Where CPUs have no local APIC, as where the command line says apic=off, interrupts are the 8259's.
 * 0 and the bytes used in *used; -ENOSPC.
 */
int describe_machine(const struct fdt *builtin, const struct boot_info *info,
                     const struct acpi_info *acpi, bool has_apic, void *buf, size_t size,
                     uint32_t *used);

#endif
