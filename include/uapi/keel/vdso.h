/* SPDX-License-Identifier: MIT */
/* The vDSO: a shared object that the kernel maps into every process, with the functions that make system calls.
 * Where it begins, a program is told in its second argument's register (KEEL_PROP_PROCESS_VDSO_BASE_ADDRESS). */
#ifndef KEEL_UAPI_VDSO_H
#define KEEL_UAPI_VDSO_H

/* Where struct keel_vdso lies, in bytes from the ELF header. */
#define KEEL_VDSO_TABLE        0x200

/* Where the table of sites lies in an image with so many calls, the same way. */
#define KEEL_VDSO_SITES(count) (KEEL_VDSO_TABLE + 16 + 4 * (count))

#define KEEL_VDSO_MAGIC        0x4f53446b /* "kDSO" */
#define KEEL_VDSO_VERSION      1

#ifndef __ASSEMBLER__
#include <stdint.h>

/* Offsets are in bytes from the ELF header. */
typedef struct keel_vdso {
    uint32_t magic;   /* KEEL_VDSO_MAGIC */
    uint32_t version; /* KEEL_VDSO_VERSION */
    uint32_t count;   /* one more than the highest number of a call */
    uint32_t
        clock; /* offset of the page with struct keel_vdso_clock, the kernel's and the vDSO's own affair */
    /* uint32_t calls[count]: offsets of the functions, by the numbers of the calls; 0: there is none. They take
     * arguments and give results as C has it. Then uint32_t sites[count]: offsets of the instructions behind
     * those that enter the kernel, the only ones of each call. */
    uint32_t calls[];
} keel_vdso_t;

/* How to tell the time from the CPU's counter: base_ns + (counter - base) * ns_per_tick / 2^32, as long as
 * `sequence` is odd and stays the same. */
struct keel_vdso_clock {
    uint32_t sequence;
    uint32_t reserved;
    uint64_t base;
    uint64_t base_ns;
    uint64_t ns_per_tick; /* 32 bits of it behind the point */
};

_Static_assert(sizeof(struct keel_vdso_clock) == 32, "as the vDSO knows it");
#endif

#endif
