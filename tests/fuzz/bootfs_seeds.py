#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes the boot file system fuzzer's first inputs: bootfs_seeds.py FOLDER."""
import os
import struct
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def program(segments):
    """A position independent program of (flags, offset, address, bytes in the file, bytes) each."""
    head = b"\177ELF\2\1\1".ljust(16, b"\0") + struct.pack(
        "<HHIQQQIHHHHHH", 3, 62, 1, 0x1010, 64, 0, 0, 64, 56, len(segments), 0, 0, 0)
    for flags, offset, address, in_file, size in segments:
        head += struct.pack("<IIQQQQQQ", 1, flags, offset, address, address, in_file, size, 4096)
    return head.ljust(0x300, b"\xcc")


def main(folder):
    good = program([(4, 0, 0, 0x100, 0x100), (5, 0x100, 0x1000, 0x80, 0x80),
                    (6, 0x200, 0x3008, 0x10, 0x5000)])
    with tempfile.TemporaryDirectory() as root:
        os.mkdir(os.path.join(root, "bin"))
        for name, data in (("bin/init", good), ("bin/sh", good[:0x90]), ("readme", b"text\n")):
            with open(os.path.join(root, name), "wb") as file:
                file.write(data)
        subprocess.run([os.path.join(TOP, "scripts", "mkbootfs"), root,
                        os.path.join(folder, "archive")], check=True)
    with open(os.path.join(folder, "program"), "wb") as file:
        file.write(good)


if __name__ == "__main__":
    main(sys.argv[1])
