/* SPDX-License-Identifier: MIT */
/* What address spaces stand on in host tests, and a CPU that walks their tables. */
#ifndef FAKE_VM_H
#define FAKE_VM_H

#include <keel/types.h>

/* Call first: all memory is free, and nothing is mapped. */
void fake_vm_init(void);

/* The CPU: walks the tables of the running space, faults until the access goes through. NULL: it was
 * refused. */
char *fake_touch(virt_addr_t va, bool write);

#endif
