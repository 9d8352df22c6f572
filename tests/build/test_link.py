# SPDX-License-Identifier: MIT
"""The symbol table stays true where putting it in makes the linker move functions."""
import os
import re
import struct
import subprocess
import sys

import pytest

from conftest import TOP

CROSS = "riscv64-linux-gnu-"
SOURCE = """
    .text
    .globl first
first:
    call beyond     # four bytes where `beyond` is less than 1 MiB away, else eight
    ret
    .globl second
second:
    ret
    .section .beyond, "ax"
    .globl beyond
beyond:
    ret
"""
# `beyond` is just in reach of `first` while the table is empty.
SCRIPT = """
ENTRY(first)
SECTIONS
{
    . = 0x80000000;
    _image_start = .;
    .text : { *(.text) }
    .rodata : { *(.ksymtab) }
    .beyond : ALIGN(8) { . += GAP; *(.beyond) }
    /DISCARD/ : { *(.riscv.attributes) *(.dynamic .dyn* .hash .gnu.hash .interp .note*) }
}
"""


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def functions(elf):
    listing = (line.split() for line in run(CROSS + "nm", elf).splitlines())
    return {name: int(at, 16) - 0x80000000 for at, kind, name in listing if kind in "tT"}


def table(elf):
    """What the table in the file says, by the addresses of its parts."""
    at = {name: int(address, 16) for address, _, name in
          (line.split() for line in run(CROSS + "nm", elf).splitlines())}
    headers = run(CROSS + "readelf", "-SW", elf)
    start, offset = (int(n, 16) for n in
                     re.search(r" \.rodata +PROGBITS +(\w+) +(\w+)", headers).groups())
    with open(elf, "rb") as file:
        file.seek(offset)
        part = file.read(at["ksyms_end"] - start)

    def words(name, count):
        return struct.unpack_from(f"<{count}I", part, at[name] - start)

    count, = words("ksyms_count", 1)
    names = [part[at["ksyms_names"] - start + n:].split(b"\0")[0].decode()
             for n in words("ksyms_name_offsets", count)]
    return dict(zip(names, words("ksyms_offsets", count)))


@pytest.fixture(name="link")
def fixture_link(tmp_path):
    """Links with so much room in front of `beyond`; returns the file and what the linker said."""
    source, code, out = (str(tmp_path / name) for name in ("code.S", "code.o", "out.elf"))
    with open(source, "w", encoding="utf-8") as file:
        file.write(SOURCE)
    run(CROSS + "gcc", "-c", "-o", code, source)

    def link(gap, *more):
        script = str(tmp_path / "lds")
        with open(script, "w", encoding="utf-8") as file:
            file.write(SCRIPT.replace("GAP", hex(gap)))
        command = [sys.executable, os.path.join(TOP, "scripts", "build", "link.py"), "--ld",
                   CROSS + "ld", "--nm", CROSS + "nm", "--assemble", CROSS + "gcc -c",
                   "--flags=--no-dynamic-linker", "--script", script, "--out", out, *more, code]
        return out, subprocess.run(command, capture_output=True, text=True, check=False)
    return link


def test_table_is_true_when_it_moves_functions(link):
    bare, _ = link(0xfffb0)
    before = functions(bare)
    assert before["second"] == 6, "the linker does not shorten the call"
    elf, done = link(0xfffb0, "--symtab")
    assert done.returncode == 0, done.stderr
    assert functions(elf)["second"] == 10, "the table moved nothing: the test tests nothing"
    assert table(elf) == functions(elf)


def test_table_is_true_when_nothing_moves(link):
    elf, done = link(0x1000, "--symtab")
    assert done.returncode == 0, done.stderr
    assert functions(elf)["second"] == 6 and table(elf) == functions(elf)


def test_functions_that_never_stand_still_are_refused(link, tmp_path):
    """A table among the code it describes, whose size follows from where the code is."""
    nm = tmp_path / "nm"
    nm.write_text("#!/bin/sh\n"
                  f"echo x >> {tmp_path}/count\n"
                  "printf '80000000 T _image_start\\n%x T moving\\n' "
                  f"$((0x80001000 + 4 * $(wc -l < {tmp_path}/count)))\n")
    nm.chmod(0o755)
    _, done = link(0x1000, "--symtab", "--nm", str(nm))
    assert done.returncode != 0 and "still move" in done.stderr
