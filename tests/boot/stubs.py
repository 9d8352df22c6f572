# SPDX-License-Identifier: MIT
"""Small programs that stand in for a boot loader and enter Keel with whatever a test wants."""

import struct

from guest import GuestError

PVH_MAGIC = 0x336EC578
MULTIBOOT2_MAGIC = 0x36D76289
XEN_PHYS32_ENTRY = 18
PT_LOAD, PT_NOTE = 1, 4
IMAGE_ARM64 = b"ARM\x64"
# Where the stubs are linked; above what any kernel of the tests occupies.
STUB_X86 = 0x7000000


def arm64(entry, x0):
    """A flat program that jumps to `entry` with x0, and x1 to x3 zero."""
    code = struct.pack("<8I",
                       0x58000100,  # ldr x0, =x0
                       0x58000130,  # ldr x16, =entry
                       0xAA1F03E1,  # mov x1, xzr
                       0xAA1F03E2,  # mov x2, xzr
                       0xAA1F03E3,  # mov x3, xzr
                       0xD61F0200,  # br x16
                       0xD503201F, 0xD503201F)  # the words below are aligned
    return code + struct.pack("<QQ", x0, entry)


def riscv64(entry, a1):
    """A flat program that jumps to `entry` with a1, leaving the hart number in a0."""
    code = struct.pack("<6I",
                       0x00000297,  # auipc t0, 0
                       0x0182B583,  # ld a1, 24(t0)
                       0x0202B303,  # ld t1, 32(t0)
                       0x00030067,  # jr t1
                       0x00000013, 0x00000013)
    return code + struct.pack("<QQ", a1, entry)


def elf_notes(elf):
    """The notes of an ELF64 file: (type, descriptor)."""
    phoff, = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    for index in range(count):
        kind, = struct.unpack_from("<I", elf, phoff + index * size)
        offset, = struct.unpack_from("<Q", elf, phoff + index * size + 8)
        length, = struct.unpack_from("<Q", elf, phoff + index * size + 32)
        end = offset + length
        while kind == PT_NOTE and offset + 12 <= end:
            namesz, descsz, ntype = struct.unpack_from("<III", elf, offset)
            offset += 12 + (namesz + 3) // 4 * 4
            yield ntype, elf[offset:offset + descsz]
            offset += (descsz + 3) // 4 * 4


def pvh_entry(elf):
    """The 32-bit entry point that the PVH note names."""
    for kind, data in elf_notes(elf):
        if kind == XEN_PHYS32_ENTRY:
            return int.from_bytes(data[:4], "little")
    raise GuestError("no PVH note in the kernel")


def physical(elf, address):
    """Where a virtual address of an ELF64 file is loaded, as GRUB finds the entry point."""
    phoff, = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    for index in range(count):
        at = phoff + index * size
        kind, = struct.unpack_from("<I", elf, at)
        vaddr, paddr, _filesz, memsz = struct.unpack_from("<QQQQ", elf, at + 16)
        if kind == PT_LOAD and vaddr <= address < vaddr + memsz:
            return address - vaddr + paddr
    raise GuestError("the entry point of the kernel is in no segment")


def multiboot2_entry(elf):
    """The entry point for a Multiboot2 loader: the header's entry tag, or the ELF entry."""
    at = elf.find(struct.pack("<I", 0xE85250D6))
    if at < 0 or at % 8 or at >= 32768:
        raise GuestError("no Multiboot2 header in the first 32 KiB of the kernel")
    tag, end = at + 16, at + struct.unpack_from("<I", elf, at + 8)[0]
    while tag < end:
        kind, _flags, size = struct.unpack_from("<HHI", elf, tag)
        if kind == 3:
            return struct.unpack_from("<I", elf, tag + 8)[0]
        tag += (size + 7) // 8 * 8
    return physical(elf, struct.unpack_from("<Q", elf, 24)[0])


def x86(entry, eax, ebx_offset, data):
    """An ELF32 file with a PVH note: jumps to `entry` with EAX = eax and EBX = data + offset."""
    base = STUB_X86
    note = struct.pack("<III4sI", 4, 4, XEN_PHYS32_ENTRY, b"Xen\0", base + 0x1000)
    code = (b"\xbb" + struct.pack("<I", base + 0x2000 + ebx_offset) +  # mov ebx, data
            b"\xb9" + struct.pack("<I", entry) +                      # mov ecx, entry
            b"\xb8" + struct.pack("<I", eax) +                        # mov eax, magic
            b"\xff\xe1")                                              # jmp ecx
    blob = code.ljust(0x1000, b"\0") + data
    header = b"\x7fELF\x01\x01\x01" + bytes(9)
    header += struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, base + 0x1000, 52, 0, 0, 52, 32, 2, 0, 0, 0)
    header += struct.pack("<8I", PT_LOAD, 0x1000, base + 0x1000, base + 0x1000, len(blob),
                          len(blob), 7, 0x1000)
    header += struct.pack("<8I", PT_NOTE, 0x100, base, base, len(note), len(note), 4, 4)
    return (header.ljust(0x100, b"\0") + note).ljust(0x1000, b"\0") + blob


DATA = STUB_X86 + 0x2000


def start_info(cmdline=b"", regions=(), modules=(), rsdp=0, **fields):
    """PVH start information at DATA. regions: (address, size, type); modules: (address, size)."""
    maps = 0x100
    mods = maps + 24 * len(regions)
    line = mods + 32 * len(modules)
    head = struct.pack("<IIIIQQQQII", PVH_MAGIC, fields.get("version", 1), 0, len(modules),
                       DATA + mods if modules else 0, DATA + line, rsdp,
                       DATA + fields.get("map_offset", maps),
                       fields.get("map_entries", len(regions)), 0)
    blob = head.ljust(maps, b"\0")
    blob += b"".join(struct.pack("<QQII", *region, 0) for region in regions)
    blob += b"".join(struct.pack("<QQQQ", *module, 0, 0) for module in modules)
    return blob + cmdline + b"\0"


def multiboot2_info(*tags, total=None):
    """Multiboot2 information of raw tags (type, payload), ended properly; total may lie."""
    body = b""
    for kind, payload in (*tags, (0, b"")):
        body += struct.pack("<II", kind, 8 + len(payload)) + payload
        body = body.ljust((len(body) + 7) // 8 * 8, b"\0")
    return struct.pack("<II", len(body) + 8 if total is None else total, 0) + body
