#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes the ACPI fuzzer's first inputs: acpi_seeds.py FOLDER. Checksums are left to the fuzzer."""
import os
import struct
import sys

RSDP_AT = 0x10


def table(signature, body):
    """A table with a header in front."""
    return struct.pack("<4sIBB6s8sI4sI", signature, 36 + len(body), 3, 0, b"KEEL", b"SEED", 1,
                       b"SEED", 1) + body


def entry(kind, body):
    """One entry of a MADT or SRAT."""
    return bytes([kind, len(body) + 2]) + body


def madt():
    """CPUs, I/O APICs, overrides, NMI."""
    return table(b"APIC", struct.pack("<II", 0xfee00000, 1) + b"".join([
        entry(0, struct.pack("<BBI", 0, 0, 1)), entry(0, struct.pack("<BBI", 1, 4, 1)),
        entry(9, struct.pack("<HIII", 0, 256, 1, 9)),
        entry(1, struct.pack("<BBII", 7, 0, 0xfec00000, 0)),
        entry(1, struct.pack("<BBII", 8, 0, 0xfec01000, 24)),
        entry(2, struct.pack("<BBIH", 0, 9, 25, 15)), entry(2, struct.pack("<BBIH", 0, 0, 2, 0)),
        entry(4, struct.pack("<BHB", 255, 5, 1)), entry(10, struct.pack("<HIBBH", 5, 1, 1, 0, 0)),
        entry(5, struct.pack("<HQ", 0, 0xfee00000))]))


def srat():
    """CPUs and memory of two nodes."""
    return table(b"SRAT", bytes(12) + b"".join([
        entry(0, struct.pack("<BBIB3sI", 0, 0, 1, 0, bytes(3), 0)),
        entry(2, struct.pack("<HIIIII", 0, 1, 256, 1, 0, 0)),
        entry(1, struct.pack("<IHQQIIQ", 0, 0, 0, 0x10000000, 0, 1, 0)),
        entry(1, struct.pack("<IHQQIIQ", 1, 0, 0x10000000, 0x20000000, 0, 1, 0))]))


def fadt(dsdt):
    """Power control by ports."""
    body = bytearray(208)
    struct.pack_into("<I", body, 40 - 36, dsdt)
    struct.pack_into("<IB", body, 48 - 36, 0xb2, 2)
    struct.pack_into("<I", body, 64 - 36, 0x604)
    struct.pack_into("<I", body, 76 - 36, 0x608)
    struct.pack_into("<BHBI", body, 108 - 36, 0x32, 2, 0, 1 << 10)
    struct.pack_into("<BBBBQB", body, 116 - 36, 1, 8, 0, 0, 0xcf9, 15)
    return table(b"FACP", bytes(body))


def memory(revision):
    """Physical memory with everything in it."""
    dsdt = table(b"DSDT", b"\x10\x08_S5_\x12\x06\x04\x0a\x05\x0a\x05\x00\x00")
    tables = [madt(), srat(), table(b"MCFG", struct.pack("<QQHBBI", 0, 0xb0000000, 0, 0, 255, 0)),
              table(b"HPET", struct.pack("<IBBBBQBHB", 0, 0, 0, 0, 0, 0xfed00000, 0, 0, 0)),
              table(b"SLIT", struct.pack("<Q4B", 2, 10, 20, 20, 10)), fadt(0x50)]
    image = bytearray(0x50) + dsdt
    places = []
    for each in tables:
        places.append(len(image))
        image += each
    root = len(image)
    if revision >= 2:
        image += table(b"XSDT", struct.pack(f"<{len(places)}Q", *places))
    else:
        image += table(b"RSDT", struct.pack(f"<{len(places)}I", *places))
    struct.pack_into("<8sB6sBIIQI", image, RSDP_AT, b"RSD PTR ", 0, b"KEEL", revision,
                     0 if revision >= 2 else root, 36, root if revision >= 2 else 0, 0)
    image[0] = 1
    return image


def main(folder):
    """A file for each revision of the RSDP."""
    for revision in (0, 2):
        with open(os.path.join(folder, f"revision{revision}"), "wb") as file:
            file.write(memory(revision))


if __name__ == "__main__":
    main(sys.argv[1])
