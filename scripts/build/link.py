#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Links the kernel with a table of its own functions in it.

The names and addresses come from a link before, the first of them with an empty table. The table
stands behind the code, so mostly it moves no function; but it moves what lies behind it, and a linker
that shortens calls to what is near (RISC-V's) may then do so in more places or in fewer. As the size
of the table depends on the names alone, the link after that has everything where the one before had
it. Links go on until the table is true. Without --symtab it stays empty.

    ksyms_count          u32
    ksyms_offsets[]      u32, ascending, from _image_start
    ksyms_name_offsets[] u32, into ksyms_names
    ksyms_names[]        texts, each ended by a zero byte
    ksyms_end
"""
import argparse
import os
import shlex
import subprocess
import sys

SECTION = '.section .ksymtab,"a"'
LINKS_MAX = 5


def functions(nm, elf):
    """The functions of a linked kernel as sorted [(offset from _image_start, name)]."""
    text = subprocess.run([nm, elf], check=True, capture_output=True, text=True).stdout
    symbols = [line.split() for line in text.splitlines()]
    start = next(int(at, 16) for at, *_, name in (s for s in symbols if len(s) == 3)
                 if name == "_image_start")
    return sorted({(int(s[0], 16) - start, s[2]) for s in symbols
                   if len(s) == 3 and s[1] in "tTwW" and s[2][0] not in ".$"
                   and int(s[0], 16) >= start})


def table(symbols):
    """The assembly file of the table."""
    lines = [SECTION, ".balign 8"]

    def label(name):
        lines.extend([f".globl {name}", f".hidden {name}", f"{name}:"])

    label("ksyms_count")
    lines.append(f".long {len(symbols)}")
    label("ksyms_offsets")
    lines.extend(f".long {offset:#x}" for offset, _ in symbols)
    label("ksyms_name_offsets")
    at = 0
    for _, name in symbols:
        lines.append(f".long {at}")
        at += len(name) + 1
    label("ksyms_names")
    lines.extend(f'.asciz "{name}"' for _, name in symbols)
    label("ksyms_end")
    lines.append('.section .note.GNU-stack,"",%progbits')
    return "\n".join(lines) + "\n"


def run(command):
    """Runs a tool; its complaint is ours."""
    status = subprocess.run(command, check=False).returncode
    if status:
        sys.exit(status)


def link(args, out, symbols):
    """Links out with the table of these functions."""
    base = out + ".ksyms"
    with open(base + ".S", "w", encoding="utf-8") as file:
        file.write(table(symbols))
    run(shlex.split(args.assemble) + ["-o", base + ".o", base + ".S"])
    run(shlex.split(args.ld) + args.flags.split() +
        ["-T", args.script, "-o", out] + args.objects + [base + ".o"])


def link_with_table(args, out):
    """Links until the table says where the functions of that very link are."""
    symbols = []
    for _ in range(LINKS_MAX):
        link(args, out, symbols)
        found = functions(args.nm, out)
        if found == symbols:
            return
        symbols = found
    sys.exit(f"functions still move after {LINKS_MAX} links with the symbol table: does the linker "
             "script place .ksymtab behind all code?")


def main():
    parser = argparse.ArgumentParser()
    for name in ("ld", "nm", "assemble", "flags", "script", "out"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--symtab", action="store_true")
    parser.add_argument("--postlink", default="")
    parser.add_argument("objects", nargs="+")
    args = parser.parse_args()

    work = os.path.join(os.path.dirname(args.out), ".link")
    os.makedirs(work, exist_ok=True)
    final = os.path.join(work, "keel.elf")
    if args.symtab:
        link_with_table(args, final)
    else:
        link(args, final, [])
    if args.postlink:
        run(shlex.split(args.postlink) + [final])
    os.replace(final, args.out)


if __name__ == "__main__":
    main()
