#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Gives the relocation section of a linked kernel the type of plain data.

The kernel applies its relocations itself. GRUB refuses an ELF file that has a section of relocations,
and no linker can be told to call one anything else.
"""
import struct
import sys

SHT_PROGBITS, SHT_RELA = 1, 4
SECTION_HEADERS_AT, SECTION_SIZE_AT = 40, 58  # e_shoff; e_shentsize, e_shnum
TYPE_AT, LINK_AT, ENTRY_SIZE_AT = 4, 40, 56   # sh_type; sh_link, sh_info; sh_entsize


def main():
    path = sys.argv[1]
    with open(path, "r+b") as file:
        elf = bytearray(file.read())
        start, = struct.unpack_from("<Q", elf, SECTION_HEADERS_AT)
        size, count = struct.unpack_from("<HH", elf, SECTION_SIZE_AT)
        for at in range(start, start + size * count, size):
            if struct.unpack_from("<I", elf, at + TYPE_AT)[0] == SHT_RELA:
                struct.pack_into("<I", elf, at + TYPE_AT, SHT_PROGBITS)
                struct.pack_into("<II", elf, at + LINK_AT, 0, 0)
                struct.pack_into("<Q", elf, at + ENTRY_SIZE_AT, 0)
        file.seek(0)
        file.write(elf)


if __name__ == "__main__":
    main()
