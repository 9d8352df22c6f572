# SPDX-License-Identifier: MIT
"""The examples of the console in the documents, typed as they stand there, and the log in the README."""

import os
import re

import pytest

from guest import TOP

BLOCK = re.compile(r"^```keel\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"^keel> ([^\n]*)\n((?:(?!keel> ).*\n)*)", re.MULTILINE)


def examples():
    """(document, command, what it prints) for each, in order."""
    found = []
    for name in sorted(os.listdir(os.path.join(TOP, "docs"))):
        if name.endswith(".md"):
            with open(os.path.join(TOP, "docs", name), encoding="utf-8") as file:
                for block in BLOCK.findall(file.read()):
                    found += [(name, *example) for example in EXAMPLE.findall(block)]
    return found


def pattern(text):
    """What an example prints as an expression: a line of `...` is any lines, `...` in a line anything."""
    lines = [r"(?:.*\n)*?" if line == "..." else
             r"[^\n]*?".join(map(re.escape, line.split("..."))) + r"\n" for line in text.splitlines()]
    return re.compile("".join(lines))


def test_there_are_examples():
    assert len(examples()) > 5


@pytest.mark.parametrize("board", ["qemu-virt-arm64"])
def test_examples_of_the_console(boot, board):
    """Each prints what the document says, and nothing else."""
    guest = boot(board)
    guest.prompt()
    for document, command, expected in examples():
        said = guest.command(command).strip("\n") + "\n"
        assert pattern(expected).fullmatch(said), f"{document}: {command} says:\n{said}"
    guest.power_off()


def test_all_commands_are_told(boot):
    """The table of docs/console.md has whatever `help` lists."""
    guest = boot("qemu-virt-arm64")
    guest.prompt()
    with open(os.path.join(TOP, "docs", "console.md"), encoding="utf-8") as file:
        rows = "\n".join(line for line in file if line.startswith("| `"))
    names = re.findall(r"(?m)^(\w+)", guest.command("help"))
    assert len(names) > 15
    assert not [name for name in names if not re.search(rf"`{name}[ `]", rows)]
    guest.power_off()


def shape(line):
    """A line of a log as an expression: what has a digit in it may be anything."""
    return r"\s+".join(r"\S+" if re.search(r"\d", word) else re.escape(word) for word in line.split())


def test_log_in_the_readme(boot, builds):
    """The lines of the kernel come, in this order; there may be more."""
    with open(os.path.join(TOP, "README.md"), encoding="utf-8") as file:
        lines = [line.split("]", 1)[1] for line in file if re.match(r"\[ *\d+\.\d+\] ", line)]
    assert len(lines) > 20
    guest = boot("qemu-virt-arm64", "--initrd",
                 os.path.join(builds("qemu-virt-arm64"), "bootfs.cpio"), "--smp", "4")
    for line in lines:
        guest.expect(shape(line))
    guest.expect(r"\x1b\[K\$ ")
    guest.send("\x1d")  # to the kernel's own prompt
    guest.prompt()
    guest.power_off()
