# SPDX-License-Identifier: MIT
"""Machines whose console is disabled or unknown: the kernel runs on, its log stays in memory."""

import os
import re
import time

import trees

MIB = 1 << 20
IMAGE = 0x40200000  # where QEMU puts an Image with text offset 0


def without_uart(board, folder, path):
    """The emulator's tree with the node at `path` disabled."""
    name = path.rsplit("/", 1)[1]
    edit = (lambda text: re.sub(rf"({re.escape(name)} {{)", r'\1 status = "disabled";', text))
    return trees.changed(board, folder, edit=edit)


def memory(guest, folder, base, size):
    """A part of the guest's memory, read by the emulator's monitor."""
    path = os.path.join(folder, "memory.bin")
    guest.send("\x01c")
    guest.expect(r"\(qemu\) ")
    guest.send(f'pmemsave {base:#x} {size:#x} "{path}"\n')
    guest.expect(r"\(qemu\) ")
    with open(path, "rb") as file:
        return file.read()


def test_log_stays_in_memory(boot, folder):
    """No console at all: not a byte is sent, the kernel gets to where its prompt would be."""
    board = "qemu-virt-arm64"
    tree = without_uart(board, folder, "/pl011@9000000")
    guest = boot(board, qemu=["-dtb", tree])
    for _ in range(60):
        time.sleep(1)
        kept = memory(guest, folder, IMAGE, 2 * MIB)
        if b"no console can be read from: idle" in kept:
            break
        guest.send("\x01c")
    assert b"no console: the log stays in memory" in kept
    assert b"no console can be read from: idle" in kept
    assert "Keel" not in guest.console()


def test_firmware_console(boot, folder):
    """A UART whose registers are cut short is refused; the console of the firmware takes over."""
    board = "qemu-virt-riscv"
    pattern = r"(serial@10000000 \{[^}]*reg = <0x00 0x10000000 0x00) 0x100>"
    tree = trees.changed(board, folder, edit=lambda text: re.sub(pattern, r"\1 0x04>", text))
    guest = boot(board, "--append", "console=nowhere", qemu=["-dtb", tree])
    text = guest.prompt()
    assert re.search(r"console=nowhere: [^\n]*no such", text)
    assert re.search(r"serial@10000000: driver uart8250 failed", text)
    assert "sbi-console" in text
    guest.power_off()


def test_absent_port(boot):
    """`console=` names a port that this machine does not have: the other one is used."""
    guest = boot("qemu-q35", "--append", "console=serial1")
    assert "serial@i2f8 did not start" in guest.prompt()
    guest.power_off()
