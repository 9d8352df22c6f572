/* SPDX-License-Identifier: MIT */
/* The vDSO (O13): what of the kernel's image is mapped into every process. <keel/vdso.h> tells what is in it. */
#ifndef KEEL_VDSO_IMAGE_H
#define KEEL_VDSO_IMAGE_H

#include <keel/types.h>

struct aspace;

/* Whole pages with the shared object, linked into the kernel (scripts/build/vdso.S). */
extern const uint8_t vdso_image[], vdso_image_end[];

/* Makes the memory objects that are mapped, which have names and koids, and no handle ever. Once, on the boot CPU,
 * when there are memory objects and a heap. -ENOMEM. */
int vdso_init(void);

/* Maps it at a random place of a new address space, to stay as long as that does: the shared object to be read and
 * executed, behind it the clock's page to be read. *base is where it begins. -ENOMEM. May sleep. */
int vdso_map(struct aspace *as, virt_addr_t *base);

#endif
