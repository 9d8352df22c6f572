/* SPDX-License-Identifier: MIT */
/* For bsp/<arch>/asm-offsets.c alone: numbers of C that assembly uses by name. The build compiles
 * that
 * file to assembly and turns the lines that these macros leave there into
 * generated/asm-offsets.h. */
#ifndef KEEL_ASM_OFFSETS_H
#define KEEL_ASM_OFFSETS_H

#include <keel/types.h>

/* #define sym value */
#define DEFINE(sym, value)        __asm__ volatile("\n.ascii \"->" #sym " %0\"" : : "i"(value))

/* #define sym offsetof(type, member) */
#define OFFSET(sym, type, member) DEFINE(sym, offsetof(type, member))

#endif
