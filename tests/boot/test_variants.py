# SPDX-License-Identifier: MIT
"""Machines built differently: memory in nodes, no ACPI, no timer, more CPUs."""

import re

import pytest

from guest import BOARDS

NODES = ["-object", "memory-backend-ram,id=a,size=192M",
         "-object", "memory-backend-ram,id=b,size=320M",
         "-numa", "node,memdev=a,cpus=0", "-numa", "node,memdev=b,cpus=1"]


@pytest.mark.parametrize("board", BOARDS)
def test_nodes(boot, board):
    """Two nodes of memory: two banks that touch."""
    guest = boot(board, "--smp", "2", qemu=NODES)
    guest.prompt()
    found = re.search(r"RAM (\d+) KiB", guest.command("mem"))
    # A PC's firmware keeps a little.
    assert (511 if board == "qemu-q35" else 512) * 1024 <= int(found[1]) <= 512 * 1024
    guest.power_off()


@pytest.mark.parametrize("properties", ["acpi=off", "hpet=off", "smm=off", "i8042=off"])
def test_pc_without(boot, properties):
    """PCs that lack something."""
    guest = boot("qemu-q35", "--machine", properties)
    guest.prompt()
    assert "stdout-path" in guest.command("dt /chosen")
    guest.power_off(1)


@pytest.mark.parametrize("board,properties", [
    ("qemu-virt-arm64", "secure=on,gic-version=3"), ("qemu-virt-arm64", "highmem=off"),
    ("qemu-virt-arm64", "acpi=off,its=off,gic-version=3"), ("qemu-virt-riscv", "aia=aplic-imsic"),
    ("qemu-virt-riscv", "aia=aplic"), ("qemu-virt-riscv", "acpi=off")])
def test_virt(boot, board, properties):
    """Virtual machines with other properties."""
    guest = boot(board, "--machine", properties)
    guest.prompt()
    guest.power_off()


@pytest.mark.parametrize("board", BOARDS)
def test_eight_cpus(boot, board):
    """Twice as many CPUs as the other tests have."""
    guest = boot(board, "--smp", "8")
    guest.prompt()
    text = guest.command("cpus")
    assert len(re.findall(r"(?m)^cpu \d+:", text)) == 8, text
    guest.power_off()
