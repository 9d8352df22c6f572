# SPDX-License-Identifier: MIT
"""x86: what PVH and Multiboot2 may hand over that no honest loader would."""

import os
import re
import struct

import pytest

import stubs
from guest import PANIC

MIB = 1 << 20
RAM_KIND, RESERVED = 1, 2
HONEST = ((0, 0x9F000, RAM_KIND), (MIB, 500 * MIB, RAM_KIND))
MESSAGE = [r"keel> ", PANIC]


@pytest.fixture
def enter(boot, folder, kernel):
    """enter(how, data) -> a machine whose loader entered the kernel with this information."""
    def make(how, data, cpus=1, qemu=()):
        path = kernel("qemu-q35")
        with open(path, "rb") as file:
            elf = file.read()
        if how == "pvh":
            stub = stubs.x86(stubs.pvh_entry(elf), 0, 0, data)
        else:
            stub = stubs.x86(stubs.multiboot2_entry(elf), stubs.MULTIBOOT2_MAGIC, 0, data)
        name = os.path.join(folder, "stub.elf")
        with open(name, "wb") as out:
            out.write(stub)
        return boot("qemu-q35", "--kernel", name, "--smp", str(cpus),
                    qemu=["-device", f"loader,file={path}", *qemu])
    return make


def mmap_tag(*regions):
    """A Multiboot2 memory map."""
    return (6, struct.pack("<II", 24, 0) +
            b"".join(struct.pack("<QQII", *region, 0) for region in regions))


def line_tag(text):
    """A Multiboot2 command line."""
    return (1, text.encode() + b"\0")


def test_pvh(enter):
    """The stub itself is honest first."""
    guest = enter("pvh", stubs.start_info(b"init=none frobnicate=pvh", HONEST))
    assert "frobnicate" in guest.prompt()
    guest.power_off()


def test_multiboot2(enter):
    """The same by Multiboot2."""
    data = stubs.multiboot2_info(line_tag("init=none frobnicate=mb2"), mmap_tag(*HONEST))
    guest = enter("multiboot2", data)
    assert "frobnicate" in guest.prompt()
    guest.power_off()


MAPS = {
    "empty": (),
    "no-ram": ((0, 512 * MIB, RESERVED),),
    "wraps": ((0xFFFFFFFFFFFF0000, 0x100000, RAM_KIND), *HONEST),
    "everything": ((0, 0xFFFFFFFFFFFFFFFF, RAM_KIND),),
    "overlapping": ((0, 512 * MIB, RAM_KIND), (16 * MIB, 16 * MIB, RESERVED),
                    (MIB, 64 * MIB, RAM_KIND)),
    "unknown-kinds": tuple((i * MIB, MIB, i) for i in range(100)) + HONEST,
    "too-many": tuple((i * 4096, 4096, 1 + i % 2) for i in range(300)) + HONEST,
    "tiny": ((0x1001, 0x10, RAM_KIND),),
}


@pytest.mark.parametrize("how", ["pvh", "multiboot2"])
@pytest.mark.parametrize("name", list(MAPS))
def test_impossible_map(enter, how, name):
    """Impossible memory maps: a message, then the prompt or the end."""
    if how == "pvh":
        data = stubs.start_info(b"init=none", MAPS[name])
    else:
        data = stubs.multiboot2_info(line_tag("init=none"), mmap_tag(*MAPS[name]))
    assert re.search("(?i)(RAM|memory|bank)", enter(how, data).expect(MESSAGE))


MODULES = {"outside": (0x7F00000000, MIB), "wraps": (0xFFFFFFFFFFFFF000, 0x10000),
           "end": (500 * MIB, 64 * MIB)}


@pytest.mark.parametrize("name", list(MODULES))
def test_pvh_module_outside(enter, name):
    """A module that is not in RAM is named and ignored."""
    guest = enter("pvh", stubs.start_info(b"init=none", HONEST, [MODULES[name]]))
    assert re.search(r"(?i)(module|initrd)[^\n]*(outside|impossible|ignored)", guest.prompt())
    guest.power_off()


def test_pvh_module_high(enter):
    """A module that lies above 4 GiB, where no boot page table reaches."""
    regions = (*HONEST, (4096 * MIB, 2048 * MIB, RAM_KIND))
    guest = enter("pvh", stubs.start_info(b"init=none", regions, [(5120 * MIB, MIB)]),
                  qemu=["-m", "6G"])
    assert re.search(r"initrd: 0x140000000, 1048576 bytes", guest.prompt())
    guest.power_off()


def test_multiboot2_module_outside(enter):
    """The same by Multiboot2, also with an end before its start."""
    tags = [(3, struct.pack("<II", *pair) + b"far\0")
            for pair in ((0xF0000000, 0xF0100000), (0x5000000, 0x4000000))]
    data = stubs.multiboot2_info(line_tag("init=none"), mmap_tag(*HONEST), *tags)
    guest = enter("multiboot2", data)
    assert re.search(r"(?i)module[^\n]*(outside|impossible|ignored|ends before)", guest.prompt())
    guest.power_off()


@pytest.mark.parametrize("field", ["magic", "pointers", "entries"])
def test_pvh_broken(enter, field):
    """Start information that points nowhere."""
    data = bytearray(stubs.start_info(b"init=none", HONEST))
    if field == "magic":
        data[0:4] = b"\0\0\0\0"
    elif field == "pointers":
        struct.pack_into("<QQQQ", data, 16, *[0xFFFFFFFFFFFF0000] * 4)
    else:
        struct.pack_into("<II", data, 48, 0xFFFFFFFF, 0)
    enter("pvh", bytes(data)).expect(MESSAGE)


BROKEN_INFO = {
    "total-zero": stubs.multiboot2_info(mmap_tag(*HONEST), total=0),
    "total-huge": stubs.multiboot2_info(mmap_tag(*HONEST), total=0xFFFFFFFF),
    "tag-size-zero": struct.pack("<IIII", 64, 0, 6, 0) + bytes(48),
    "tag-size-huge": struct.pack("<IIII", 64, 0, 6, 0xFFFFFFF8) + bytes(48),
    "no-end": struct.pack("<II", 24, 0) + struct.pack("<II8s", 1, 16, b"endless\0"),
    "entry-size-zero": stubs.multiboot2_info((6, struct.pack("<II", 0, 0) + bytes(48))),
    "line-without-end": stubs.multiboot2_info((1, b"x" * 100), mmap_tag(*HONEST)),
}


@pytest.mark.parametrize("name", list(BROKEN_INFO))
def test_multiboot2_broken(enter, name):
    """Tags that lie about their sizes."""
    enter("multiboot2", BROKEN_INFO[name]).expect(MESSAGE)


def table(signature, body=b"", revision=1, length=None, checksum=True):
    """An ACPI table."""
    size = 36 + len(body)
    data = bytearray(struct.pack("<4sIBB6s8sI4sI", signature, size if length is None else length,
                                 revision, 0, b"KEEL  ", b"KEELTEST", 1, b"KEEL", 1) + body)
    data[9] = (-sum(data)) & 0xFF if checksum else 0x5A
    return bytes(data)


def root(address, size_offset=0):
    """An RSDP of revision 2 with an XSDT at this address."""
    data = bytearray(struct.pack("<8sB6sBIIQB3s", b"RSD PTR ", 0, b"KEEL  ", 2, 0, 36 + size_offset,
                                 address, 0, bytes(3)))
    data[8] = (-sum(data[:20])) & 0xFF
    data[32] = (-sum(data)) & 0xFF
    return bytes(data)


# Where the tables of a test lie, behind the start information.
TABLES = stubs.DATA + 0x4000


def tables(*items):
    """Start information with an RSDP and an XSDT of these tables; an int is a bare address."""
    blob, addresses, at = b"", [], TABLES + 0x1000
    for item in items:
        if isinstance(item, int):
            addresses.append(item)
            continue
        addresses.append(at + len(blob))
        blob += item.ljust((len(item) + 15) // 16 * 16, b"\0")
    xsdt = table(b"XSDT", b"".join(struct.pack("<Q", a) for a in addresses))
    head = stubs.start_info(b"init=none", HONEST, rsdp=TABLES).ljust(0x4000, b"\0")
    return head + (root(TABLES + 0x100).ljust(0x100, b"\0") + xsdt).ljust(0x1000, b"\0") + blob


LAPIC = struct.pack("<BBBBI", 0, 8, 0, 0, 1)
BROKEN_ACPI = {
    "rsdp-nowhere": stubs.start_info(b"init=none", HONEST, rsdp=0x7F00000000),
    "rsdp-garbage": stubs.start_info(b"init=none", HONEST, rsdp=stubs.DATA),
    "no-tables": tables(),
    "table-nowhere": tables(0x7F00000000, 0xFFFFFFFFFFFFFFF0, 0),
    "madt-short": tables(table(b"APIC", b"\0\0\0\xfe")),
    "madt-checksum": tables(table(b"APIC", struct.pack("<II", 0xFEE00000, 1) + LAPIC,
                                  checksum=False)),
    "madt-entry-zero": tables(table(b"APIC", struct.pack("<II", 0xFEE00000, 1) + b"\0\0" + LAPIC)),
    "madt-entry-long": tables(table(b"APIC", struct.pack("<II", 0xFEE00000, 1) + b"\0\xff\0\0")),
    "madt-length": tables(table(b"APIC", struct.pack("<II", 0xFEE00000, 1) + LAPIC,
                                length=0xFFFFFFF0)),
    "madt-tiny-length": tables(table(b"APIC", LAPIC, length=4)),
    "madt-many": tables(table(b"APIC", struct.pack("<II", 0xFEE00000, 1) + b"".join(
        struct.pack("<BBBBI", 0, 8, i % 256, i % 256, 1) for i in range(2000)))),
    "mcfg-nonsense": tables(table(b"MCFG", bytes(8) + struct.pack("<QHBBI", 0xFFFFFFFFFFFFFFFF,
                                                                  0, 255, 0, 0))),
    "fadt-short": tables(table(b"FACP", b"\xff" * 8)),
}


@pytest.mark.parametrize("name", list(BROKEN_ACPI))
def test_broken_acpi(enter, name):
    """The machine is still described: the prompt comes, with a word about what is wrong."""
    text = enter("pvh", BROKEN_ACPI[name]).prompt()
    if name != "madt-many":
        assert re.search(r"(?i)(acpi|rsdp|madt|mcfg|xsdt|fadt)", text), text


def test_extra_tables(boot, folder):
    """A second, broken MADT beside the emulator's own."""
    path = os.path.join(folder, "madt")
    with open(path, "wb") as out:
        out.write(b"\xff" * 64)
    guest = boot("qemu-q35", "--smp", "4", qemu=["-acpitable", f"sig=APIC,data={path}"])
    guest.prompt()
    guest.power_off()
