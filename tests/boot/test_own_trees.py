# SPDX-License-Identifier: MIT
"""The trees of dts/: each boots its machine, an overlay lies over one, ACPI completes the last."""

import os
import re
import subprocess

import pytest

NUMA = ["-object", "memory-backend-ram,id=a,size=256M", "-object",
        "memory-backend-ram,id=b,size=256M", "-numa", "node,nodeid=0,memdev=a,cpus=0-1",
        "-numa", "node,nodeid=1,memdev=b,cpus=2-3", "-numa", "dist,src=0,dst=1,val=17"]


def tree(kernel, board, name=None):
    """A tree that the build made."""
    return os.path.join(os.path.dirname(kernel(board)), name or board + ".dtb")


@pytest.mark.parametrize("board, ram", [("qemu-virt-arm64", "0x40000000"),
                                        ("qemu-virt-riscv", "0x80000000")])
def test_boots(boot, kernel, board, ram):
    """The machine as our tree describes it: one CPU, 128 MiB."""
    guest = boot(board, "--append", "init=none", "--smp", "1", "--mem", "128M", "--dtb",
                 tree(kernel, board))
    text = guest.prompt()
    assert f"RAM: {ram} to" in text
    assert len(re.findall(r"^cpu \d+:", guest.command("cpus"), re.M)) == 1
    guest.power_off(7)


def test_overlay(boot, kernel, folder):
    """Three CPUs more, by the sample overlay."""
    board = "qemu-virt-arm64"
    path = os.path.join(folder, "overlaid.dtb")
    subprocess.run(["fdtoverlay", "-i", tree(kernel, board), "-o", path,
                    tree(kernel, board, board + "-smp4.dtbo")], check=True, capture_output=True)
    guest = boot(board, "--append", "init=none", "--smp", "4", "--mem", "128M", "--dtb", path)
    guest.prompt()
    assert len(re.findall(r"^cpu \d+:", guest.command("cpus"), re.M)) == 4
    guest.power_off()


def test_acpi_completes_the_tree(boot):
    """A PC of four CPUs in two NUMA nodes: what SRAT, SLIT, MADT, MCFG, HPET and FADT say."""
    guest = boot("qemu-q35", "--append", "init=none", "--smp", "4", "--mem", "512M", qemu=NUMA)
    guest.prompt()
    for number in range(4):
        cpu = guest.command(f"dt /cpus/cpu@{number}")
        assert f"numa-node-id = <{number // 2:#x}>" in cpu
    assert "numa-node-id = <0x1>" in guest.command("dt /memory@10000000")
    assert "<0x0 0x0 0xa 0x0 0x1 0x11" in guest.command("dt /distance-map")
    assert "reg = <0x0 0xb0000000" in guest.command("dt /pcie")
    assert "reg = <0x0 0xfed00000" in guest.command("dt /soc/timer")
    assert "keel,gsi-base = <0x0>" in guest.command("dt /soc/interrupt-controller@fec00000")
    power = guest.command("dt /power")
    assert "keel,pm1-control-ports = <0x604>" in power and "status" not in power
    guest.power_off(5)


def test_no_hpet_no_keyboard(boot):
    """What ACPI denies is not in the tree."""
    guest = boot("qemu-q35", "--append", "init=none", "--machine", "hpet=off,i8042=off")
    guest.prompt()
    assert "timer@" not in guest.command("dt /soc")
    assert "keyboard" not in guest.command("dt /isa")
    guest.power_off()


def test_other_acpi(boot):
    """The firmware's own few tables: other ports, S5 in an SSDT."""
    guest = boot("qemu-q35", "--append", "init=none", "--machine", "acpi=off")
    assert "acpi-power failed" not in guest.prompt()
    power = guest.command("dt /power")
    assert "keel,pm1-control-ports = <0xb004>" in power and "keel,s5-sleep-types" in power
    guest.power_off()
