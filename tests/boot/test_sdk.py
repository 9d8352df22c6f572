# SPDX-License-Identifier: MIT
"""Programs made with the SDK alone, as a machine's first: the example, and the library's own tests."""
import os
import re
import shutil
import subprocess

import pytest

from guest import BOARDS, PATIENCE, TOP


@pytest.fixture
def program(builds, folder):
    """program(board, source, ...) -> a boot file system with what a folder outside of the tree makes."""
    def make(board, source, *arguments):
        target = os.path.join(folder, "program")
        shutil.copytree(os.path.join(TOP, source), target, dirs_exist_ok=True)
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "O", "CC", "LD")}
        done = subprocess.run(["make", "-B", f"SDK={builds(board)}/sdk", "CFLAGS=-Werror", *arguments],
                              cwd=target, env=environment, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT, timeout=300, check=False)
        assert done.returncode == 0, done.stdout[-2000:]
        return os.path.join(target, "bootfs.cpio")
    return make


@pytest.mark.parametrize("board", BOARDS)
def test_example(boot, program, board):
    """It gets its arguments, and the machine goes off with the status it gives."""
    guest = boot(board, "--initrd", program(board, "user/example"), "--append",
                 "init=bin/example -- first second")
    text = guest.expect(r"example: 3 of 3 steps went well")
    for number, word in enumerate(("bin/example", "first", "second")):
        assert f"example: argument {number} is {word}" in text
    assert "example: straight to the debug log" in text
    assert guest.wait() == 0


@pytest.mark.parametrize("board", BOARDS)
def test_library(boot, program, board):
    """The library's own tests; the status is how many of them have failed."""
    guest = boot(board, "--smp", "4", "--initrd", program(board, "tests/boot/library"),
                 "--append", "init=bin/library")
    text = guest.expect(r"library: \d+ passed, \d+ failed", timeout=3 * PATIENCE)
    assert not re.findall(r"FAIL \w+|\.c:\d+: not .*", text)
    assert guest.wait() == 0
