/* SPDX-License-Identifier: MIT */
/* ELF files of 64 bits as they lie in memory (System V ABI, chapters 4 and 5). */
#ifndef KEEL_ELF_FILE_H
#define KEEL_ELF_FILE_H

#include <stdint.h>

#define ELFCLASS64  2
#define ELFDATA2LSB 1
#define EV_CURRENT  1
#define ET_DYN      3
#define PT_LOAD     1
#define PT_INTERP   3
#define PT_TLS      7
#define PF_X        1u
#define PF_W        2u
#define PF_R        4u

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
_Static_assert(sizeof(struct elf_header) == 64, "System V ABI, figure 4-3");

struct elf_phdr {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};
_Static_assert(sizeof(struct elf_phdr) == 56, "System V ABI, figure 5-1");

#endif
