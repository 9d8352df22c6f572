/* SPDX-License-Identifier: MIT */
/* The types every part of the kernel speaks: sizes, physical addresses, byte-ordered integers. */
#ifndef KEEL_TYPES_H
#define KEEL_TYPES_H

#include <keel/compiler.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A physical address: 64 bits wide on every machine, never dereferenced. */
typedef uint64_t phys_addr_t;

/* A kernel or user virtual address held as a number. */
typedef uintptr_t virt_addr_t;

typedef ptrdiff_t ssize_t;

/* Integers stored in a fixed byte order; sparse keeps them apart from native ones. */
typedef uint16_t __bitwise le16_t;
typedef uint32_t __bitwise le32_t;
typedef uint64_t __bitwise le64_t;
typedef uint16_t __bitwise be16_t;
typedef uint32_t __bitwise be32_t;
typedef uint64_t __bitwise be64_t;

#endif
