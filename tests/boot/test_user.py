# SPDX-License-Identifier: MIT
"""The first program, from the boot file system: its output, its mistakes, and what cannot run."""

import os
import re

import pytest

from guest import BOARDS


@pytest.fixture
def bootfs(builds):
    """bootfs(board) -> the boot file system that was built with the board's kernel."""
    return lambda board: os.path.join(builds(board), "bootfs.cpio")


@pytest.mark.parametrize("board", BOARDS)
def test_first_program(boot, bootfs, board):
    """Any program can be it, with arguments; the kernel's prompt is there beside it, and after it."""
    guest = boot(board, "--initrd", bootfs(board), "--append", "init=bin/echo -- two words")
    guest.expect("two words")
    guest.expect(r"the first program has ended with 0")
    guest.send("\r")
    guest.prompt()
    guest.power_off()


@pytest.mark.parametrize("board", BOARDS)
def test_fault_ends_the_program_alone(boot, bootfs, board):
    """Cause, address, registers and where it came from; then the prompt works."""
    guest = boot(board, "--initrd", bootfs(board), "--append", "init=bin/crash")
    guest.expect("crash: writes where nothing is")
    text = guest.expect("the first program was ended")
    assert re.search(r"fault: at [0-9a-f]{16} writing address 0000000000000018", text)
    assert len(re.findall(r"fault:   [0-9a-f]{16} image\+0x[0-9a-f]+", text)) >= 3
    guest.send("\r")
    guest.prompt()
    guest.power_off()


@pytest.mark.parametrize("board", BOARDS)
def test_no_program(boot, folder, bootfs, board):
    """None wanted, none there, no archive, no program."""
    guest = boot(board, "--initrd", bootfs(board), "--append", "init=none")
    assert "bin/init" not in guest.prompt()
    guest.power_off()
    guest = boot(board, "--initrd", bootfs(board), "--append", "init=bin/nothing")
    assert "bin/nothing cannot run: it is not in the boot file system" in guest.prompt()
    guest.power_off()
    guest = boot(board, "--append", "init=bin/init")
    assert "init=bin/init cannot run: the boot loader gave no boot file system" in guest.prompt()
    guest.power_off()
    path = os.path.join(folder, "half.cpio")
    with open(bootfs(board), "rb") as file, open(path, "wb") as out:
        out.write(file.read()[:5001])
    guest = boot(board, "--initrd", path)
    assert "bin/init cannot run: the initrd is no cpio archive, or a damaged one" in guest.prompt()
    guest.power_off()
