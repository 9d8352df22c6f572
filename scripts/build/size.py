#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The size of a kernel by kind: size.py [--tsv ARCH] NM KEEL_ELF KERNEL_FILE.

size.text    code and read-only data, once booted, without the symbol table
size.symtab  the symbol table
size.data    data that is written, and what the kernel relocates itself by
size.bss     data that starts as zero
size.image   what is loaded from the file
"""
import os
import struct
import subprocess
import sys

SHT_NOBITS = 8
SHF_ALLOC = 2
PT_LOAD, PF_W = 1, 2
LINKAGE = (".rela", ".dyn", ".hash", ".gnu.hash", ".got")


def segments(elf):
    """What a loader puts into memory as (flags, address, size in memory, size in the file)."""
    start, = struct.unpack_from("<Q", elf, 32)
    entry, count = struct.unpack_from("<HH", elf, 54)
    for i in range(count):
        kind, flags, _, address, _, stored, size, _ = struct.unpack_from("<IIQQQQQQ", elf,
                                                                         start + i * entry)
        if kind == PT_LOAD:
            yield flags, address, size, stored


def sections(elf):
    """The sections in memory as (name, type, whether they stay writable, size). Tables of pointers
    are written by relocation, and lie in a segment that is not writable."""
    table, entry, count, names = (struct.unpack_from("<Q", elf, 40)[0],
                                  *struct.unpack_from("<HHH", elf, 58))
    headers = [struct.unpack_from("<IIQQQQ", elf, table + i * entry) for i in range(count)]
    strings = headers[names][4]
    writable = [(at, at + size) for flags, at, size, _ in segments(elf) if flags & PF_W]
    for name, kind, flags, address, _, size in headers:
        if flags & SHF_ALLOC:
            start = strings + name
            yield (elf[start:elf.index(b"\0", start)].decode(), kind,
                   any(low <= address < high for low, high in writable), size)


def loaded(elf):
    """The bytes of the file that a loader reads."""
    return sum(stored for *_, stored in segments(elf))


def symtab_size(nm, path):
    """The size of the symbol table in the image."""
    text = subprocess.run([nm, path], check=True, capture_output=True, text=True).stdout
    at = {line.split()[-1]: int(line.split()[0], 16) for line in text.splitlines()
          if line.endswith((" ksyms_count", " ksyms_end"))}
    return at["ksyms_end"] - at["ksyms_count"]


def measure(nm, path, image):
    """The rows."""
    with open(path, "rb") as file:
        elf = file.read()
    rows = {"size.text": 0, "size.symtab": symtab_size(nm, path), "size.data": 0, "size.bss": 0}
    for name, kind, writable, size in sections(elf):
        if kind == SHT_NOBITS:
            rows["size.bss"] += size
        elif writable or name.startswith(LINKAGE):
            rows["size.data"] += size
        else:
            rows["size.text"] += size
    rows["size.text"] -= rows["size.symtab"]
    rows["size.image"] = loaded(elf) if path == image else os.path.getsize(image)
    return rows


def main(*args):
    arch = args[1] if args[0] == "--tsv" else None
    for name, value in measure(*args[2 if arch else 0:]).items():
        print(f"{name}\t{arch}\t{value}\tbytes" if arch else f"{name:12} {value:9,d}")


if __name__ == "__main__":
    main(*sys.argv[1:])
