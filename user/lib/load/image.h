/* SPDX-License-Identifier: MIT */
/* Puts a program and its stack into the addresses of a process. */
#ifndef USER_IMAGE_H
#define USER_IMAGE_H

#include <keel/base.h>
#include <stddef.h>

struct lib_image {
    uintptr_t base, entry, stack; /* addresses there; the stack's end */
};

/* Memory of zeros, mapped at a place that the kernel chooses in `vmar` with an unmapped page before and behind it;
 * for reading and writing. 0 and its address, or a negative status. */
int lib_map_guarded(keel_handle_t vmar, size_t size, uintptr_t *at);

/* Loads an ELF file into `vmar`, the root of a process's addresses, and gives it a stack of so many bytes. 0, or a
 * negative status and *why in words. */
int lib_load_image(keel_handle_t vmar, const void *file, size_t size, size_t stack_size,
                   struct lib_image *out, const char **why);

#endif
