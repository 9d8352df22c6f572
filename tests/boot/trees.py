# SPDX-License-Identifier: MIT
"""Device trees for the tests: the emulator's own, changed ones, and hostile ones."""

import os
import re
import struct
import subprocess

FDT_MAGIC = 0xD00DFEED
# What firmware keeps for itself, and adds to trees that pass through its hands.
FIRMWARE = {"qemu-virt-arm64": [], "qemu-virt-riscv": [(0x80000000, 0x200000)]}
QEMU = {"qemu-virt-arm64": ["qemu-system-aarch64", "-cpu", "cortex-a72"],
        "qemu-virt-riscv": ["qemu-system-riscv64"]}


def dump(board, path, memory="512M", cpus=1, properties=""):
    """Writes the tree that QEMU makes for a machine; returns the path."""
    command = [*QEMU[board], "-accel", "tcg", "-machine", f"virt{properties},dumpdtb={path}",
               "-m", memory, "-smp", str(cpus), "-display", "none", "-nic", "none"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return path


def source_of(dtb):
    """The source of a tree file."""
    return subprocess.run(["dtc", "-q", "-q", "-q", "-I", "dtb", "-O", "dts", dtb], check=True,
                          stdout=subprocess.PIPE, text=True).stdout


def compile_source(text, path):
    """Compiles tree source; returns the path."""
    subprocess.run(["dtc", "-q", "-q", "-q", "-f", "-I", "dts", "-O", "dtb", "-o", path, "-"],
                   check=True, input=text, text=True)
    return path


def changed(board, folder, nodes="", reserve=(), edit=None, **kwargs):
    """The tree as firmware hands it on, with nodes added, memory reserved, edit(source) applied."""
    path = dump(board, os.path.join(folder, "machine.dtb"), **kwargs)
    text = source_of(path)
    if edit:
        text = edit(text)
    lines = "".join(f"/memreserve/ {base:#x} {size:#x};\n"
                    for base, size in [*FIRMWARE[board], *reserve])
    text = re.sub(r"^/dts-v1/;\s*", lambda found: found[0] + lines, text)
    return compile_source(text + nodes, os.path.join(folder, "changed.dtb"))


def read(path):
    """The bytes of a tree, without what follows its total size."""
    with open(path, "rb") as file:
        data = file.read()
    return data[:struct.unpack_from(">I", data, 4)[0]]


def with_header(tree, **fields):
    """The tree with header fields replaced."""
    names = ("magic", "totalsize", "off_struct", "off_strings", "off_rsvmap", "version",
             "last_comp", "boot_cpu", "size_strings", "size_struct")
    values = list(struct.unpack_from(">10I", tree))
    for name, value in fields.items():
        values[names.index(name)] = value & 0xFFFFFFFF
    return struct.pack(">10I", *values) + tree[40:]


def hostile(tree):
    """Named trees that no reader may trust, made from a good one."""
    structure, = struct.unpack_from(">I", tree, 8)
    size, = struct.unpack_from(">I", tree, 36)
    nested = struct.pack(">II", 1, 0x61000000) * 20000
    deep = tree[:structure] + nested
    half = bytearray(tree)
    half[structure + size // 2:structure + size // 2 + 512] = b"\xff" * 512
    return {
        "wrong-magic": with_header(tree, magic=0xDEADBEEF),
        "zeroes": bytes(4096),
        "truncated": tree[:structure + size // 3],
        "header-only": tree[:40],
        "struct-outside": with_header(tree, off_struct=0xFFFFFF00),
        "strings-outside": with_header(tree, off_strings=0x7FFFFFFF),
        "size-huge": with_header(tree, totalsize=0xFFFFFFF0),
        "size-tiny": with_header(tree, totalsize=16),
        "version-old": with_header(tree, version=1, last_comp=1),
        "version-new": with_header(tree, version=99, last_comp=99),
        "garbage-inside": bytes(half),
        "endless-nesting": with_header(deep, totalsize=len(deep), size_struct=len(nested)),
        "no-end": with_header(tree, size_struct=size - 4)[:structure + size - 4],
    }
