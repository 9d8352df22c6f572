/* SPDX-License-Identifier: MIT */
/* What the firmware told: one structure whatever the boot protocol was (filled by the port). */
#ifndef KEEL_BOOT_INFO_H
#define KEEL_BOOT_INFO_H

#include <keel/types.h>

#define BOOT_CMDLINE_MAX 4096 /* bytes, terminating NUL included */
#define BOOT_REGIONS_MAX 256
#define BOOT_MODULES_MAX 8

enum boot_protocol {
    BOOT_LINUX_IMAGE, /* arm64 and riscv64 Image hand-off: a device tree in a register */
    BOOT_PVH,
    BOOT_MULTIBOOT2,
};

/* Kinds of physical memory, in rising order of precedence where regions overlap. */
enum mem_type {
    MEM_RAM,      /* ours to use */
    MEM_ACPI,     /* ACPI tables, reusable once they have been read */
    MEM_NVS,      /* firmware's, to be kept over sleep */
    MEM_RESERVED, /* firmware's or a device's */
    MEM_BAD,      /* announced as broken */
};

/* [base, base + size) in bytes; size 0 regions are ignored. */
struct mem_region {
    phys_addr_t base;
    uint64_t size;
    enum mem_type type;
};

/* A file that the boot loader placed in memory. */
struct boot_module {
    phys_addr_t base;
    uint64_t size;
    char name[64]; /* its command line, cut; "" when there is none */
};

enum fb_format {
    FB_NONE,
    FB_RGB,      /* packed pixel described by the masks */
    FB_EGA_TEXT, /* 80x25 character cells */
};

struct framebuffer_info {
    enum fb_format format;
    phys_addr_t base;
    uint32_t width, height; /* pixels, or cells for text */
    uint32_t pitch;         /* bytes from a line to the next */
    uint8_t bpp;            /* bits a pixel */
    uint8_t red_pos, red_size, green_pos, green_size, blue_pos, blue_size; /* bits */
};

/* Who the boot CPU is: MIDR_EL1 fields; mvendorid, marchid, mimpid; CPUID leaf 0 and 1. */
struct cpu_identity {
    char vendor[16];   /* in words where known, as "Arm" or "AuthenticAMD" */
    char name[48];     /* part or brand name, "" when unknown */
    uint64_t id;       /* MIDR_EL1; mvendorid; CPUID.1.EAX */
    uint32_t family;   /* arm64: implementer; riscv64: marchid; x86_64: family */
    uint32_t model;    /* arm64: part number; riscv64: mimpid; x86_64: model */
    uint32_t stepping; /* arm64: revision (variant << 4 | revision) */
    uint64_t hw_id;    /* MPIDR affinity, hart id or APIC id of the boot CPU */
};

struct boot_info {
    enum boot_protocol protocol;
    char loader[32];        /* the boot loader's name where it says one */
    phys_addr_t image_base; /* where the kernel image lies, headers included */
    uint64_t image_size;    /* bytes up to the end of .bss */
    phys_addr_t fdt_base;   /* device tree as handed over; 0 when there was none */
    phys_addr_t rsdp;       /* ACPI root pointer, 0 when unknown */
    struct framebuffer_info framebuffer;
    struct cpu_identity cpu;
    uint32_t region_count; /* memory map from the loader; 0 when the tree holds it */
    struct mem_region regions[BOOT_REGIONS_MAX];
    uint32_t regions_dropped; /* entries that did not fit */
    uint32_t module_count;
    struct boot_module modules[BOOT_MODULES_MAX];
    phys_addr_t initrd_base; /* initial ramdisk; size 0 when there is none */
    uint64_t initrd_size;
    uint32_t cmdline_dropped;       /* bytes cut from an overlong command line */
    char cmdline[BOOT_CMDLINE_MAX]; /* NUL-terminated */
};

/* The one instance; filled before kernel_main(), completed from the tree, constant afterwards. */
extern struct boot_info boot_info;

#endif
