# SPDX-License-Identifier: MIT
"""CPUs that are stuck are found, by another one or by themselves, and shown."""

import os
import re

import pytest

KERNELS = {"qemu-virt-arm64": "Image", "qemu-virt-riscv": "Image", "qemu-q35": "keel.elf"}


def provoke(boot, builds, board, kind):
    """What the kernel says after `fault KIND`, until it is off."""
    guest = boot(board, "--kernel", os.path.join(builds(f"{board}-test"), KERNELS[board]), "--smp",
                 "3", "--append", "init=none panic=poweroff watchdog=2")
    guest.prompt()
    guest.send(f"fault {kind}\r")
    return guest.expect(r"keel: power off, status \d+\r*\n")


@pytest.mark.parametrize("board", list(KERNELS))
def test_interrupts_off(boot, builds, board):
    """One that has interrupts off for good is found by the one in front of it; where the hardware can
    interrupt it all the same it shows where it was, else the frames on its stack are shown."""
    text = provoke(boot, builds, board, "masked")
    assert re.search(r"panic: CPU 1 is stuck: no interrupt for \d{4} ms", text), text
    if board == "qemu-q35":
        assert re.search(r"CPU 1 was here:.*spin_masked\+0x", text, re.S), text
    else:
        assert re.search(r"CPU 1 does not stop.*frames on its stack.*call_serve\+0x.*smp_secondary_main\+0x",
                         text, re.S), text


@pytest.mark.parametrize("board", list(KERNELS))
def test_preemption_off(boot, builds, board):
    """One whose thread never lets others run finds that itself, and shows who and where."""
    text = provoke(boot, builds, board, "selfish")
    assert re.search(r"panic: CPU 0 is stuck: boot has had preemption off for \d{4} ms", text), text
    assert re.search(r"fault_selfish\+0x", text), text
