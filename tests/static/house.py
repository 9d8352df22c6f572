#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Keeps the house: what core/ may name, include and call, and what every file must carry.

house.py [--objects DIR...] prints a line `PASS rule` or `FAIL rule: why` for each rule; with folders
of built kernels it also reads which file calls which from their symbol tables.
"""
import argparse
import pathlib
import re
import subprocess
import sys

# core/'s floors from the ground up: a file uses its own floor and those below.
FLOORS = ["lib", "time", "debug", "sync", "mm", "device", "smp", "vm", "sched", "object", "ipc",
          "syscall", "boot"]
MACHINES = re.compile(r"\b(arm64|aarch64|riscv(32|64)?|x86(_64)?|amd64|q35|qemu|rpi4|raspi\w*|"
                      r"visionfive\w*|jh7110|bcm2711)\b", re.IGNORECASE)
# A name with a vendor's prefix; `linux,` begins property names that every loader writes.
COMPATIBLE = re.compile(r'"(?!linux,)[a-z0-9]+,[a-z0-9][a-z0-9._-]*"|"(ns16550a?|simple-bus)"')
NUMBER = re.compile(r"\b0x([0-9a-fA-F]{6,16})[uUlL]*\b")
# Round numbers that are codes of a format and no place in anybody's address space.
NO_ADDRESS = re.compile(r"MAGIC|MASK|PCI_SPACE")
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)
FREESTANDING = {"stdarg.h", "stdbool.h", "stddef.h", "stdint.h", "limits.h", "stdalign.h"}
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
LATER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
SPDX = "SPDX-License-Identifier: "
NO_SPDX = {".md", ".svg", ".tsv", ".json", ".dtb", ".bin"}
NO_SPDX_NAMES = {"LICENSE", ".gitignore"}
WEAK_EXCHANGE = re.compile(r"__atomic_compare_exchange(_n)?\([^;{]*?__ATOMIC_(ACQ_REL|RELEASE)")
MAX_LINES = 70
MAX_PROSE = 120
TEST = re.compile(r"^KTEST\((\w+)\)", re.MULTILINE)


def tracked():
    """The files of the tree, as git knows them; without git, all but output folders."""
    try:
        names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], check=True,
                               capture_output=True, text=True).stdout.split("\n")
        return [pathlib.Path(n) for n in sorted(filter(None, names)) if pathlib.Path(n).is_file()]
    except (OSError, subprocess.CalledProcessError):
        return sorted(p for p in pathlib.Path(".").rglob("*") if p.is_file()
                      and p.parts[0] not in ("build", ".cache", ".git"))


def blank_comments(text):
    """The text without comments, lines kept."""
    return COMMENT.sub(lambda m: "\n" * m.group(0).count("\n"), text)


def core_sources():
    return [p for p in tracked() if p.parts[0] == "core" and p.suffix in (".c", ".h")]


def lines_matching(paths, pattern, but=None):
    """`file:line: text` of code lines (comments apart) that match."""
    found = []
    for path in paths:
        for number, line in enumerate(blank_comments(path.read_text()).split("\n"), 1):
            if pattern.search(line) and not (but and but.search(line)):
                found.append(f"{path}:{number}: {line.strip()}")
    return found


def no_machine():
    """core/ names no architecture and no board, in its Makefiles neither."""
    makefiles = [p for p in tracked() if p.parts[0] == "core" and p.name == "Makefile"]
    return lines_matching(core_sources() + makefiles, MACHINES)


def no_compatible():
    return lines_matching(core_sources(), COMPATIBLE)


def no_address():
    """No number in core/ is a page's address of some machine."""
    found = []
    for path in core_sources():
        for number, line in enumerate(blank_comments(path.read_text()).split("\n"), 1):
            for digits in NUMBER.findall(line):
                if int(digits, 16) % 0x1000 == 0 and not NO_ADDRESS.search(line):
                    found.append(f"{path}:{number}: {line.strip()}")
    return found


def includes():
    """core/ includes <keel/>, <arch/>, generated and freestanding headers, and its own floor's."""
    found = []
    for path in core_sources():
        for kind, name in INCLUDE.findall(path.read_text()):
            local = kind == '"' and (path.parent / name).is_file() and ".." not in name
            system = kind == "<" and (name in FREESTANDING or name.startswith(
                ("keel/", "arch/", "generated/")))
            if not (local or system):
                found.append(f"{path}: {name}")
    return found


def spdx():
    return [str(p) for p in tracked() if p.suffix not in NO_SPDX and p.name not in NO_SPDX_NAMES
            and SPDX not in "\n".join(p.read_text(errors="replace").split("\n")[:3])]


def test_names():
    """No two tests in the kernel have one name: a pattern could not choose, and results are by name."""
    places = {}
    for path in tracked():
        if path.parts[:2] == ("tests", "kernel") and path.suffix == ".c":
            for name in TEST.findall(path.read_text()):
                places.setdefault(name, []).append(path.name)
    return [f"{name} in {' and '.join(files)}" for name, files in places.items() if len(files) > 1]


def long_prose():
    """Lines of running text in documents are as short as those of code, but for a word or two."""
    return [f"{path}:{number}" for path in tracked() if path.suffix == ".md"
            for number, line in enumerate(path.read_text().split("\n"), 1)
            if len(line) > MAX_PROSE and not line.startswith(("|", "    ")) and "](" not in line]


def nothing_left_for_later():
    code = [p for p in tracked() if p.suffix in (".c", ".h", ".S", ".py", ".sh", ".mk")
            and p != pathlib.Path("tests/static/house.py")]
    return [f"{p}:{n}" for p in code for n, line in enumerate(p.read_text().split("\n"), 1)
            if LATER.search(line)]


def ordered_compare_exchange():
    """GCC before 14 leaves the release out on RISC-V where failure asks for less than success."""
    files = [p for p in tracked()
             if p.suffix in (".c", ".h") and p.parts[0] in ("core", "drivers", "include")]
    return [str(p) for p in files if WEAK_EXCHANGE.search(blank_comments(p.read_text()))]


def short_functions():
    """No function in the kernel has more than MAX_LINES lines."""
    found = []
    for path in tracked():
        if path.suffix == ".c" and path.parts[0] in ("core", "drivers", "bsp", "user"):
            start = None
            for number, line in enumerate(path.read_text().split("\n"), 1):
                if line == "{":
                    start = number
                elif line == "}" and start is not None:
                    if number - start > MAX_LINES:
                        found.append(f"{path}:{start}: {number - start} lines")
                    start = None
    return found


def call_graph(build):
    """{object: set of objects it uses}, of core/ in one built kernel, by symbol tables."""
    objects = sorted((build / "core").rglob("*.o"))
    if not objects:
        raise FileNotFoundError(f"{build}: no objects of core")
    listing = subprocess.run(["nm", "-A", "--no-sort", *map(str, objects)], check=True,
                             capture_output=True, text=True).stdout
    defined, used = {}, []
    for line in listing.split("\n"):
        match = re.match(r"(.*?):(?:[0-9a-f]+)?\s+(\w) (\S+)$", line)
        if match:
            name = pathlib.Path(match[1]).relative_to(build).with_suffix(".c")
            if match[2] in "Uw":
                used.append((name, match[3]))
            elif match[2].isupper():
                defined[match[3]] = name
    graph = {pathlib.Path(o).relative_to(build).with_suffix(".c"): set() for o in objects}
    for name, symbol in used:
        if symbol in defined and defined[symbol] != name:
            graph[name].add(defined[symbol])
    return graph


def rings(graph):
    """Groups of files that call each other in a ring (Tarjan's strongly connected components)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for peer in sorted(graph[node]):
            if peer not in index:
                visit(peer)
                low[node] = min(low[node], low[peer])
            elif peer in stack:
                low[node] = min(low[node], index[peer])
        if low[node] == index[node]:
            at = stack.index(node)
            if len(stack) - at > 1:
                found.append(" and ".join(map(str, sorted(stack[at:]))))
            del stack[at:]

    for start in sorted(graph):
        if start not in index:
            visit(start)
    return found


def upward(graph):
    """Calls from a floor to one above it."""
    def floor(path):
        return FLOORS.index(path.parts[1])
    return [f"{a} uses {b}" for a in sorted(graph) for b in sorted(graph[a])
            if floor(b) > floor(a)]


def report(rule, found):
    if found:
        print(f"FAIL house/{rule}: {len(found)}: " + "; ".join(found[:12]))
    else:
        print(f"PASS house/{rule}")
    return bool(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", nargs="*", type=pathlib.Path, default=[])
    failed = False
    rules = [("core-names-no-machine", no_machine), ("core-names-no-compatible", no_compatible),
             ("core-names-no-address", no_address), ("core-includes", includes),
             ("licence-line", spdx), ("nothing-left-for-later", nothing_left_for_later),
             ("ordered-compare-exchange", ordered_compare_exchange),
             ("short-functions", short_functions), ("test-names", test_names),
             ("long-prose", long_prose)]
    for rule, check in rules:
        failed |= report(rule, check())
    for build in parser.parse_args().objects:
        graph = call_graph(build)
        failed |= report(f"no-ring ({build.name})", rings(graph))
        failed |= report(f"calls-point-down ({build.name})", upward(graph))
    return failed


if __name__ == "__main__":
    sys.exit(main())
