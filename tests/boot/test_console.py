# SPDX-License-Identifier: MIT
"""The console: its commands, its editing, the choice of it, and what outlives a reboot."""

import re

import pytest

from guest import BOARDS, PANIC

ALL = pytest.mark.parametrize("board", BOARDS)
COMMANDS = ("help", "dt", "mem", "cpus", "log", "params", "subsys", "drivers", "reboot",
            "poweroff", "panic", "peek", "vm")


@ALL
def test_commands(boot, board):
    """Each command that only looks answers, and help knows them all."""
    guest = boot(board, "--smp", "2")
    guest.prompt()
    text = guest.command("help")
    for name in COMMANDS:
        assert re.search(rf"(?m)^\s*{name}\b", text), f"help does not list {name}"
    for line in ("dt", "dt /chosen", "mem", "cpus", "log", "params", "subsys", "drivers"):
        text = guest.command(line)
        assert text.strip(), f"{line} prints nothing"
        assert "unknown" not in text.lower().split("\n")[0]
    assert re.search(r"(?i)unknown|not found|no such", guest.command("frobnicate"))
    assert re.search(r"(?i)(unknown|not found|no such|no node)", guest.command("dt /nope"))
    guest.power_off()


@ALL
def test_arguments(boot, board):
    """Arguments that mean nothing are an error; nothing is run, least of all an end."""
    guest = boot(board)
    guest.prompt()
    for line in ("reboot now", "mem x", "params x", "subsys 1", "drivers -v", "version x"):
        assert "takes no arguments" in guest.command(line), line
    for line in ("poweroff 3 4", "poweroff 256", "poweroff -1", "poweroff 0x", "dt / /", "log x",
                 "log error x", "log last x", "peek", "peek x", "peek 0 -1", "peek p: 1", "cpus 0",
                 "cpus off", "cpus off x", "cpus off 64", "cpus on -1", "cpus away 1"):
        assert "failed: bad argument" in guest.command(line), line
    guest.power_off()


@ALL
def test_peek(boot, board):
    """Memory of the kernel can be read; an address that is nowhere is an error, not a panic."""
    guest = boot(board)
    guest.prompt()
    text = guest.command("peek 0x10")
    assert re.search(r"(?i)(fault|bad|cannot|invalid|error|not mapped|unreadable)", text), text
    image = re.search(r"memory: image (0x[0-9a-f]+)", guest.command("log"))[1]
    assert re.search(r"(?m)^(0x)?[0-9a-f]+:? .*[0-9a-f]{2}", guest.command(f"peek {image}"))
    guest.power_off()


# Where the kernel is linked: a page of its text.
TEXT = {"qemu-virt-arm64": 0xffffffff80000000, "qemu-virt-riscv": 0xffffffff80000000,
        "qemu-q35": 0xffffff0000000000}


@ALL
def test_vm(boot, board):
    """The kernel's address space in words: areas, one address, entries."""
    guest = boot(board)
    guest.prompt()
    maps = guest.command("vm maps")
    assert re.search(r"direct map\s+rw- global", maps) and re.search(r"image\s+r-x global", maps)
    assert re.search(r"mapping area\s+rw- global device", maps) and "rwx" not in maps
    text = guest.command(f"vm translate {TEXT[board] + 0x1234:#x}")
    assert re.search(r"-> 0x[0-9a-f]*234, r-x global, accessed, in a page of \d+ KiB", text), text
    assert "not mapped" in guest.command("vm translate 0x1000")
    text = guest.command(f"vm dump {TEXT[board]:#x} 0x3000")
    assert "table" in text and re.search(r"(?m)-> [0-9a-f]{12} r-[x-] global accessed", text), text
    assert "usage" in guest.command("vm frobnicate")
    guest.power_off()


@ALL
def test_editing(boot, board):
    """Backspace, cursor keys, line kill, history. QEMU wants Ctrl-A typed twice."""
    guest = boot(board)
    guest.prompt()
    assert "physical memory" in guest.command("subsyx\x7fs")
    assert "physical memory" in guest.command("ubsys\x01\x01s\x05")
    assert "physical memory" in guest.command("nonsense\x15subsys")
    assert "physical memory" in guest.command("\x1b[A")
    assert "physical memory" in guest.command("sbsys\x1b[D\x1b[D\x1b[D\x1b[Du")
    assert guest.command("").strip() == ""
    guest.command("x" * 3000)
    guest.power_off()


ALIASES = {"qemu-virt-arm64": ("console=/pl011@9000000",), "qemu-virt-riscv":
           ("console=/soc/serial@10000000", "console=serial0"), "qemu-q35": ("console=serial0",)}


@pytest.mark.parametrize("board,line",
                         [(board, line) for board in BOARDS for line in ALIASES[board]])
def test_console_parameter(boot, board, line):
    """`console=` by alias and by path."""
    guest = boot(board, "--append", line)
    guest.prompt()
    guest.power_off()


@ALL
def test_unknown_console(boot, board):
    """A console that is not there is complained about, and the usual one is used."""
    guest = boot(board, "--append", "console=nowhere")
    assert re.search(r"(?i)console[^\n]*nowhere", guest.prompt())
    guest.power_off()


EARLYCON = {"qemu-virt-arm64": "pl011,0x9000000", "qemu-virt-riscv": "sbi",
            "qemu-q35": "uart8250,io,0x3f8"}


@ALL
def test_earlycon(boot, board):
    """The first line is on the console before the tree is read, and no line comes twice."""
    guest = boot(board, "--append", f"earlycon={EARLYCON[board]}")
    text = guest.prompt()
    lines = [line for line in text.splitlines() if "Keel" in line and "command line" not in line]
    assert len(lines) == 1, lines
    guest.power_off()


def long_line(length):
    """A command line of this many bytes, whose last word changes a parameter."""
    line, last = "init=none", " loglevel=0"
    while len(line) + 13 + len(last) < length:
        line += f" quiet{len(line):04d}=1"
    return line + " " * (length - len(line) - len(last)) + last


@ALL
@pytest.mark.parametrize("length", [2048, 4095])
def test_long_command_line(boot, board, length):
    """Up to 4 KiB with its final NUL a command line arrives whole."""
    line = long_line(length)
    assert len(line) == length
    guest = boot(board, "--append", line)
    assert "too long" not in guest.prompt()
    assert "loglevel=0, debug" in guest.command("params")


@ALL
@pytest.mark.parametrize("length", [4096, 6000])
def test_overlong_command_line(boot, board, length):
    """More than 4 KiB is cut with a warning, or refused where the emulator's own loader has let it
    run over what it hands on."""
    guest = boot(board, "--append", long_line(length))
    text = guest.expect([r"command line too long[^\n]*\n",
                         r"panic: a command line of more than 4 KiB[^\n]*\n"])
    if board != "qemu-q35" or "too long" in text:
        guest.prompt()


@ALL
def test_warm_reboot(boot, board):
    """`reboot` comes back to the prompt."""
    guest = boot(board)
    guest.prompt()
    guest.send("reboot\r")
    guest.prompt()
    guest.power_off()


@ALL
def test_last_panic(boot, board):
    """The text of a panic is there after the reboot."""
    guest = boot(board, "--append", "panic=reboot")
    guest.prompt()
    assert "no panic" in guest.command("log last")
    guest.send("panic everything\r")
    guest.expect("keel: reboot")
    guest.prompt()
    assert re.search(r"panic: everything\b", guest.command("log last"))
    guest.power_off()


@ALL
def test_panic_text(boot, board):
    """A panic shows its cause, a backtrace with names, and stops."""
    guest = boot(board)
    guest.prompt()
    guest.send("panic\r")
    text = guest.expect(PANIC)
    text = guest.expect(r"[a-z_]+\+0x[0-9a-f]+[^\n]*\n")
    assert text
