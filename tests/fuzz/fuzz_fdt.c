/* SPDX-License-Identifier: MIT */
/* Fuzzer of the device-tree reader: no input may make it leave the tree, and what libfdt accepts
 * too must be read alike. KEEL_LIBFDT names the library to compare with. */
#include "fdt_compare.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_SIZE 40

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *library = getenv("KEEL_LIBFDT");

    (void)argc;
    (void)argv;
    if (library == NULL || !fdt_compare_open(library)) {
        fprintf(stderr, "KEEL_LIBFDT must name libfdt.so.1 of version 1.7.2\n");
        exit(1);
    }
    return 0;
}

static void put(uint8_t *data, size_t offset, uint32_t value)
{
    data[offset] = (uint8_t)(value >> 24);
    data[offset + 1] = (uint8_t)(value >> 16);
    data[offset + 2] = (uint8_t)(value >> 8);
    data[offset + 3] = (uint8_t)value;
}

/* Half of the mutants change only what lies behind the header, and get one that fits: the check
 * of the header would stop most others. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    static const uint8_t start[] = {0xd0, 0x0d, 0xfe, 0xed};

    if (seed % 2 == 0 || size <= HEADER_SIZE || memcmp(data, start, sizeof(start)) != 0) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    size = HEADER_SIZE +
           LLVMFuzzerMutate(data + HEADER_SIZE, size - HEADER_SIZE, max_size - HEADER_SIZE);
    put(data, 4, (uint32_t)size);
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fdt_compare result;

    if (!fdt_compare(data, size, &result)) {
        fprintf(stderr, "%s\n", result.why);
        abort();
    }
    return 0;
}
