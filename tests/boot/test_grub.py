# SPDX-License-Identifier: MIT
"""Keel from a GRUB ISO on SeaBIOS, by Multiboot2."""

import re
import struct

import image
import pytest

HEADER_MAGIC, RELOCATABLE = 0xE85250D6, 10
LOWEST, HIGHEST = 1, 2


@pytest.fixture
def grub(boot, iso):
    """grub(append, modules, arguments) -> a machine that runs GRUB."""
    def make(append="", modules=(), arguments=()):
        return boot("qemu-q35", "--firmware", "bios", *arguments,
                    qemu=["-cdrom", iso(append, modules)])
    return make


@pytest.mark.parametrize("cpu,cpus", [("qemu64", 1), ("Nehalem", 4), ("Skylake-Server", 1),
                                      ("max", 4)])
def test_multiboot2(grub, cpu, cpus):
    """Every kind of CPU."""
    guest = grub(arguments=("--cpu", cpu, "--smp", str(cpus)))
    guest.prompt()
    guest.power_off()


def test_command_line(grub):
    """GRUB's command line arrives as it was written."""
    guest = grub("init=none frobnicate=grub")
    assert re.search(r"(?i)frobnicate", guest.prompt())
    guest.power_off()


def test_modules(grub, folder):
    """Modules arrive, with their command lines."""
    path = f"{folder}/module"
    with open(path, "wb") as out:
        out.write(b"module" * 30000)
    guest = grub(modules=[(path, "first thing"), (path, "second")])
    text = guest.prompt()
    assert re.search(r"(?i)module[^\n]*first", text), "the boot log does not name the module"
    assert re.search(r"(?i)module[^\n]*second", text)
    guest.power_off()


@pytest.mark.parametrize("memory", ["64M", "4G", "64G"])
def test_memory(grub, memory):
    """The memory map of the BIOS, from small to large."""
    guest = grub(arguments=("--mem", memory))
    guest.prompt()
    guest.power_off()


def placed(path, out, least, preference):
    """A copy of the kernel whose Multiboot2 header asks to be put elsewhere."""
    with open(path, "rb") as file:
        elf = bytearray(file.read())
    tag = elf.find(struct.pack("<I", HEADER_MAGIC)) + 16
    while struct.unpack_from("<H", elf, tag)[0] != RELOCATABLE:
        tag += (struct.unpack_from("<I", elf, tag + 4)[0] + 7) // 8 * 8
    struct.pack_into("<I", elf, tag + 8, least)
    struct.pack_into("<I", elf, tag + 20, preference)
    with open(out, "wb") as file:
        file.write(elf)


@pytest.mark.parametrize("least,preference", [(0x1235000, LOWEST), (0x8000000, LOWEST),
                                              (0x100000, HIGHEST)])
def test_placement(boot, folder, kernel, least, preference):
    """The kernel runs from any page."""
    elf, path = f"{folder}/keel.elf", f"{folder}/keel.iso"
    placed(kernel("qemu-q35"), elf, least, preference)
    image.make_iso(path, elf, "init=none")
    guest = boot("qemu-q35", "--firmware", "bios", qemu=["-cdrom", path])
    guest.prompt()
    base = int(re.search(r"0x([0-9a-f]+) to 0x[0-9a-f]+ +\d+ KiB kernel",
                         guest.command("mem"))[1], 16)
    assert base >= (0x10000000 if preference == HIGHEST else least)
    guest.power_off()
