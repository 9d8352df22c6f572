# SPDX-License-Identifier: MIT
"""Keel as QEMU loads it: CPUs, numbers of CPUs, interrupt controllers, sizes of memory."""

import re

import pytest

from guest import BOARDS

U74 = ("rv64,priv_spec=v1.12.0,sstc=off,svade=on,svadu=off,sv48=off,sv57=off,svpbmt=off,"
       "svinval=off,zicbom=off,zicboz=off,h=off,v=off,zfa=off,zawrs=off,svvptc=off")
MIB = 1 << 20
GIB = 1 << 30


def cpu_count(guest):
    """How many CPUs the command `cpus` lists."""
    lines = guest.command("cpus").splitlines()
    return len([line for line in lines if re.match(r"\s*(cpu)?\s*\d+\b", line)])


def check_session(guest, cpus):
    """The first things a user does."""
    banner = guest.prompt()
    assert "Keel" in banner
    assert cpu_count(guest) == cpus
    guest.power_off()


ARM64 = [
    # CPU, CPUs, machine properties
    ("cortex-a53", 4, ""),
    ("cortex-a72", 1, "gic-version=2"),
    ("cortex-a72", 4, "gic-version=3"),
    ("neoverse-n1", 4, "gic-version=3"),
    ("max", 4, "gic-version=3"),
    ("max", 1, "gic-version=2"),
    ("cortex-a53", 1, "virtualization=on"),
    ("cortex-a72", 4, "virtualization=on,gic-version=3"),
    ("neoverse-n1", 1, "virtualization=on,gic-version=2"),
    ("max", 4, "virtualization=on,gic-version=max"),
]


@pytest.mark.parametrize("cpu,cpus,properties", ARM64)
def test_arm64(boot, cpu, cpus, properties):
    """Entered at EL1, and at EL2 where virtualization is on."""
    guest = boot("qemu-virt-arm64", "--cpu", cpu, "--smp", str(cpus), "--machine", properties)
    check_session(guest, cpus)


RISCV64 = [
    ("rv64", 1, ""),
    ("rv64", 4, ""),
    ("rv64,sv57=off", 4, ""),
    ("rv64,sv57=off,sv48=off", 1, ""),
    ("rv64,sv57=off,sv48=off", 4, ""),
    (U74, 1, "aclint=off"),
    (U74, 4, "aclint=off"),
    ("max", 4, ""),
]


@pytest.mark.parametrize("cpu,cpus,properties", RISCV64,
                         ids=lambda value: "u74" if value == U74 else None)
def test_riscv64(boot, cpu, cpus, properties):
    """Under OpenSBI; which hart comes first is a lottery when there are several."""
    guest = boot("qemu-virt-riscv", "--cpu", cpu, "--smp", str(cpus), "--machine", properties)
    check_session(guest, cpus)


@pytest.mark.parametrize("cpu", ["qemu64", "Nehalem", "Skylake-Server", "max"])
@pytest.mark.parametrize("cpus", [1, 4])
def test_x86_64(boot, cpu, cpus):
    """By PVH."""
    guest = boot("qemu-q35", "--cpu", cpu, "--smp", str(cpus))
    check_session(guest, cpus)


def total_memory(guest):
    """The RAM that the command `mem` says there is, in bytes."""
    text = guest.command("mem")
    found = re.search(r"^RAM (\d+) KiB: ", text, re.MULTILINE)
    assert found, f"mem does not say how much RAM there is: {text}"
    return int(found[1]) << 10


@pytest.mark.parametrize("memory", ["64M", "128M", "2G", "5G", "64G"])
@pytest.mark.parametrize("board", BOARDS)
def test_memory(boot, board, memory):
    """From 64 MiB to more than the host has; the map is right, and nothing slows down."""
    guest = boot(board, "--mem", memory, "--smp", "1")
    guest.prompt()
    size = int(memory[:-1]) * (MIB if memory.endswith("M") else GIB)
    # Firmware keeps a little below the top of x86 memory.
    assert size - 4 * MIB <= total_memory(guest) <= size
    guest.power_off()


@pytest.mark.parametrize("board", BOARDS)
def test_initrd(boot, folder, board):
    """What the loader put into memory is there, where and as long as it says."""
    path = f"{folder}/initrd"
    with open(path, "wb") as out:
        out.write(b"keel initial disk" * 100000)
    guest = boot(board, "--initrd", path)
    text = guest.prompt()
    assert re.search(r"(?i)(initrd|module)", text), "the boot log does not mention the initrd"
    guest.power_off()


@pytest.mark.parametrize("board", BOARDS)
def test_command_line(boot, board):
    """Known parameters count, unknown ones are warned about."""
    guest = boot(board, "--append", "init=none frobnicate=7 panic=explode loglevel=9 selftest=maybe")
    text = guest.prompt()
    for word in ("panic=explode", "loglevel=9", "selftest=maybe"):
        assert re.search(rf"warn [^\n]*{word} is", text), word
    assert re.search(r"(?i)unknown[^\n]*frobnicate|frobnicate[^\n]*unknown", text)
    assert "init" in guest.command("params")
    guest.power_off()


@pytest.mark.parametrize("board", BOARDS)
def test_log_level_by_name(boot, board):
    """The level shown may be told by its name, as `log` takes it."""
    guest = boot(board, "--append", "loglevel=warn")
    assert " info " not in guest.prompt()
    assert "loglevel=2, warn" in guest.command("params")
    guest.power_off()


@pytest.mark.parametrize("board", BOARDS)
def test_no_tests(boot, board):
    """A run of tests that finds none has not succeeded."""
    guest = boot(board, "--append", "ktest=nothing_like_it")
    guest.expect(r"no test has such a name\s+0 passed, 0 failed\s")
    assert guest.wait() == 1


@pytest.mark.parametrize("board", BOARDS)
def test_exit_status(boot, board):
    """The status of poweroff is the launcher's, where the machine can carry it."""
    for status in (5, 1, 128, 255):
        guest = boot(board)
        guest.prompt()
        # A PC's goes up to 127.
        guest.power_off(status, min(status, 127) if board == "qemu-q35" else status)
