# SPDX-License-Identifier: MIT
"""x86: the text screen and the emulator's debug port show what the serial console shows."""

import os
import re

VGA_BASE, VGA_SIZE, VGA_COLUMNS, VGA_ROWS = 0xB8000, 0x8000, 80, 25
CRTC, START_HIGH, START_LOW = 0x3D4, 0x0C, 0x0D


def monitor(guest, line):
    """Types a command at the emulator's monitor; returns what it said."""
    guest.send(line + "\r")
    return guest.expect(r"\(qemu\) ")


def crtc(guest, index):
    """A register of the screen's controller."""
    monitor(guest, f"o /b {CRTC:#x} {index:#x}")
    said = monitor(guest, f"i /b {CRTC + 1:#x}")
    return int(re.search(r"= (0x[0-9a-f]+)", said)[1], 16)


def screen(guest, folder):
    """The lines that the text screen shows, read through the emulator's monitor."""
    path = os.path.join(folder, "screen.bin")
    guest.send("\x01c")
    guest.expect(r"\(qemu\) ")
    monitor(guest, f'pmemsave {VGA_BASE:#x} {VGA_SIZE} "{path}"')
    start = crtc(guest, START_HIGH) << 8 | crtc(guest, START_LOW)
    guest.send("\x01c")
    with open(path, "rb") as file:
        text = file.read()[::2].decode("cp437")
    return [text[at:at + VGA_COLUMNS].rstrip()
            for at in range(start, start + VGA_ROWS * VGA_COLUMNS, VGA_COLUMNS)]


def test_vga(boot, folder):
    """The newest lines are at the bottom of the screen."""
    guest = boot("qemu-q35")
    guest.prompt()
    guest.command("version")
    lines = [line for line in screen(guest, folder) if line]
    assert lines[-1].startswith("keel>")
    assert any(line.startswith("Keel ") for line in lines), lines
    assert "keel> version" in lines
    guest.power_off()


def test_vga_by_grub(boot, folder, iso):
    """GRUB leaves a text screen too."""
    guest = boot("qemu-q35", "--firmware", "bios", qemu=["-cdrom", iso()])
    guest.prompt()
    assert any("keel>" in line for line in screen(guest, folder))
    guest.power_off()


def test_debugcon(boot, folder):
    """Port 0xe9 gets every line from the first to the last."""
    path = os.path.join(folder, "debugcon.txt")
    guest = boot("qemu-q35", qemu=["-debugcon", f"file:{path}"])
    guest.prompt()
    guest.power_off()
    with open(path, encoding="utf-8") as file:
        text = file.read()
    assert "boot: Keel" in text and "keel: power off, status 0" in text
