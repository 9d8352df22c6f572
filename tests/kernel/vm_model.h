/* SPDX-License-Identifier: MIT */
/* Memory objects and address spaces under random operations, compared with a plain model after each: run by
 * the host tests and in the kernel. */
#ifndef TESTS_VM_MODEL_H
#define TESTS_VM_MODEL_H

#include <keel/types.h>

struct vm_model_host {
    /* Reads or writes `len` bytes of the user half as a program of the current space would, all within a
     * page: 0, or -EFAULT when the access is refused. */
    int (*access)(virt_addr_t va, void *buf, size_t len, bool write);
};

#define VM_MODEL_OPERATIONS 10000 /* by default; each kind has an effect then */

struct vm_model_result {
    uint64_t done;         /* operations */
    uint64_t by_kind[24];  /* of these, those that had an effect; in the order of the file */
    const char *complaint; /* what was not as in the model, NULL: nothing */
    unsigned line;
};

/* Runs so many operations and gives everything back. The same seed does the same. */
void vm_model_run(const struct vm_model_host *host, uint64_t seed, uint64_t operations,
                  struct vm_model_result *result);

#endif
