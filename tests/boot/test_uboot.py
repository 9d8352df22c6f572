# SPDX-License-Identifier: MIT
"""Keel from U-Boot's prompt and from extlinux.conf, on both versions that Debian ships."""

import re

import pytest

BINARY = {"qemu-virt-arm64": "usr/lib/u-boot/qemu_arm64/u-boot.bin",
          "qemu-virt-riscv": "usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin"}
FW_JUMP = "usr/lib/riscv64-linux-gnu/opensbi/generic/fw_jump.bin"
FIRMWARE = {13: "uboot", 12: "uboot-2023.01"}
RELEASES = pytest.mark.parametrize("release", [13, 12], ids=["2025.01", "2023.01"])
VIRT = pytest.mark.parametrize("board", list(BINARY))
# Where U-Boot keeps the tree of the machine.
TREE = "${fdtcontroladdr}"


def start(boot, board, release, disk, *arguments, **kwargs):
    """A machine with this U-Boot and this disk."""
    return boot(board, "--firmware", FIRMWARE[release], "--disk", disk, *arguments, **kwargs)


@VIRT
@RELEASES
@pytest.mark.parametrize("kind", ["fat", "ext4"])
def test_booti(boot, disk, board, release, kind):
    """`booti` with an initrd, from either file system."""
    files = {"initrd": b"initial disk" * 50000}
    guest = start(boot, board, release, disk(board, files, kind=kind, extlinux=False))
    guest.uboot_prompt()
    guest.uboot("setenv bootargs init=none frobnicate=uboot")
    assert "bytes read" in guest.uboot("load virtio 0:1 ${kernel_addr_r} /Image")
    assert "bytes read" in guest.uboot("load virtio 0:1 ${ramdisk_addr_r} /initrd")
    guest.send(f"booti ${{kernel_addr_r}} ${{ramdisk_addr_r}}:${{filesize}} {TREE}\r")
    text = guest.prompt()
    assert "frobnicate" in text
    assert re.search(r"(?i)initrd", text)
    guest.power_off()


@VIRT
@RELEASES
def test_extlinux(boot, disk, board, release):
    """U-Boot finds the kernel by itself."""
    guest = start(boot, board, release, disk(board, append="init=none frobnicate=extlinux"))
    assert "frobnicate" in guest.prompt().split("Starting kernel", 1)[-1]
    guest.power_off()


@pytest.mark.parametrize("address", ["0x42000000", "0x48400000", "0x53e00000"])
def test_offset(boot, disk, address):
    """arm64: U-Boot runs the Image from wherever it was loaded, on a 2 MiB boundary."""
    board = "qemu-virt-arm64"
    guest = start(boot, board, 13, disk(board, extlinux=False))
    guest.uboot_prompt()
    guest.uboot(f"load virtio 0:1 {address} /Image")
    guest.send(f"booti {address} - {TREE}\r")
    guest.prompt()
    guest.power_off()


def test_moved(boot, disk):
    """arm64: U-Boot moves an Image that is not on a 2 MiB boundary."""
    board = "qemu-virt-arm64"
    guest = start(boot, board, 13, disk(board, extlinux=False))
    guest.uboot_prompt()
    guest.uboot("load virtio 0:1 0x46080000 /Image")
    guest.send(f"booti 0x46080000 - {TREE}\r")
    assert "Moving Image" in guest.prompt()
    guest.power_off()


def test_el2(boot, disk):
    """arm64: U-Boot enters at EL2 when the machine has it."""
    board = "qemu-virt-arm64"
    guest = start(boot, board, 13, disk(board), "--machine", "virtualization=on,gic-version=3")
    guest.prompt()
    guest.power_off()


@pytest.mark.parametrize("opensbi", ["default", FW_JUMP], ids=["qemu", "fw_jump"])
def test_opensbi(boot, firmware, opensbi):
    """riscv64: QEMU's own OpenSBI, and Debian's with a fixed address of the next stage."""
    bios = opensbi if opensbi == "default" else firmware(13, opensbi)
    guest = boot("qemu-virt-riscv", qemu=["-bios", bios])
    assert "OpenSBI" in guest.prompt()
    guest.power_off()


@VIRT
def test_version(firmware, board):
    """The two packages do hold the two versions."""
    for release, version in ((13, b"U-Boot 2025.01"), (12, b"U-Boot 2023.01")):
        with open(firmware(release, BINARY[board]), "rb") as file:
            assert version in file.read()
