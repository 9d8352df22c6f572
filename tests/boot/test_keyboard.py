# SPDX-License-Identifier: MIT
"""x86: keys pressed at the emulator's monitor are typed at the prompt."""

import re

import pytest

NAMES = {" ": "spc", "-": "minus", ".": "dot", "_": "shift-minus", "\n": "ret", ",": "comma",
         "/": "slash", "*": "shift-8", "?": "shift-slash"}


def key_name(letter):
    """What the emulator calls the key, with its shift."""
    return f"shift-{letter.lower()}" if letter.isupper() else NAMES.get(letter, letter)


def press(guest, *keys):
    """Presses keys one after the other, at the emulator's monitor."""
    guest.send("\x01c")
    guest.expect(r"\(qemu\) ")
    for key in keys:
        guest.send(f"sendkey {key} 20\r")
        guest.expect(r"\(qemu\) ")
    guest.send("\x01c")


def type_line(guest, line):
    press(guest, *map(key_name, line + "\n"))


@pytest.mark.parametrize("more", [[], ["--cpu", "qemu64"], ["--append", "apic=off"],
                                  ["--smp", "1"], ["--firmware", "grub"]],
                         ids=["x2apic", "xapic", "8259", "smp=1", "grub"])
def test_keys_reach_the_prompt(boot, more):
    """A whole command, with its output."""
    guest = boot("qemu-q35", *more)
    guest.prompt()
    type_line(guest, "version")
    guest.expect(r"Keel [^\n]*\n")
    guest.expect("keel> ")
    guest.power_off()


def test_editing_keys(boot):
    """Shift, control, capitals' lock, backspace and arrows do what a terminal's do."""
    guest = boot("qemu-q35")
    guest.prompt()
    press(guest, "x", "caps_lock", "shift-v", "caps_lock", "e", "r", "s", "i", "o", "m", "backspace", "n",
          "home", "delete", "ret")
    guest.expect(r"Keel [^\n]*\n")
    guest.expect("keel> ")
    press(guest, "up", "ret")
    guest.expect(r"Keel [^\n]*\n")
    guest.expect("keel> ")
    press(guest, "h", "shift-h", "ctrl-u", "v", "e", "r", "tab", "ret")
    guest.expect(r"Keel [^\n]*\n")
    guest.expect("keel> ")
    guest.power_off()


def test_keys_interrupt(boot):
    """Keys come by interrupts of line 1."""
    guest = boot("qemu-q35")
    guest.prompt()
    type_line(guest, "irqs")
    line = re.search(r"ioapic +1 +edge-rising +cpu0 +on +(\d+).* keyboard", guest.expect("keel> "))
    assert int(line[1]) >= len("irqs") * 2
    guest.power_off()
