# SPDX-License-Identifier: MIT
"""Where the image lies, what the machine announces as taken, and several banks of memory."""

import os
import re
import struct

import pytest

import stubs
import trees
from guest import BOARDS, PANIC

MIB = 1 << 20
RAM = {"qemu-virt-arm64": 0x40000000, "qemu-virt-riscv": 0x80000000}
STUB = {"qemu-virt-arm64": stubs.arm64, "qemu-virt-riscv": stubs.riscv64}
VIRT = pytest.mark.parametrize("board", list(RAM))
# Far from what the tests put elsewhere: the tree, in MiB from the start of RAM.
TREE_AT = 480


def write(folder, name, data):
    """Writes a file of the test; returns its path."""
    path = os.path.join(folder, name)
    with open(path, "wb") as out:
        out.write(data)
    return path


@pytest.fixture
def enter(boot, folder, kernel):
    """enter(board, at, tree, pointer) -> a machine whose loader put the Image `at` MiB into RAM,
    the tree's bytes at TREE_AT and `pointer` (the tree's address if not given) into the register."""
    def make(board, at=32, tree=None, pointer=None, memory="512M", cpus=1):
        base = RAM[board]
        address = base + TREE_AT * MIB
        qemu = ["-device", f"loader,file={kernel(board)},addr={base + at * MIB:#x},force-raw=on"]
        if tree is not None:
            qemu += ["-device", f"loader,file={write(folder, 'tree.dtb', tree)},"
                     f"addr={address:#x},force-raw=on"]
        stub = STUB[board](base + at * MIB, address if pointer is None else pointer)
        return boot(board, "--kernel", write(folder, "stub", stub), "--mem", memory,
                    "--smp", str(cpus), qemu=qemu)
    return make


def machine_tree(board, folder, **kwargs):
    """The bytes of the emulator's tree, as firmware would hand it on."""
    return trees.read(trees.changed(board, folder, **kwargs))


@VIRT
@pytest.mark.parametrize("at", [32, 66, 382])
def test_offset(enter, folder, board, at):
    """The Image runs from wherever it is, on a 2 MiB boundary."""
    guest = enter(board, at=at, tree=machine_tree(board, folder))
    text = guest.prompt()
    assert "Keel" in text
    assert f"{RAM[board] + at * MIB:x}" in text + guest.command("mem")
    guest.power_off()


def regions(guest):
    """The lines of `mem`."""
    return guest.command("mem")


@VIRT
def test_reserved(enter, folder, board):
    """/memreserve/, /reserved-memory with and without no-map, and a size-only node in it."""
    base = RAM[board]
    nodes = f"""
/ {{ reserved-memory {{
    #address-cells = <2>; #size-cells = <2>; ranges;
    secure@{base + 0x8000000:x} {{ reg = <0 {base + 0x8000000:#x} 0 0x300000>; no-map; }};
    buffer@{base + 0x9000000:x} {{ reg = <0 {base + 0x9000000:#x} 0 0x10000>; }};
    pool {{ size = <0 0x400000>; compatible = "shared-dma-pool"; reusable; }};
}}; }};
"""
    path = trees.changed(board, folder, nodes, reserve=[(base + 0xA000000, 0x5000)])
    guest = enter(board, tree=trees.read(path))
    guest.prompt()
    text = regions(guest)
    for address in (base + 0x8000000, base + 0x9000000, base + 0xA000000):
        assert f"{address:x}" in text.lower(), f"{address:#x} is not among the reserved: {text}"
    guest.power_off()


def banks(board, *pairs):
    """An edit of tree source that replaces the memory node's ranges."""
    cells = " ".join(f"{a >> 32:#x} {a & 0xffffffff:#x} {s >> 32:#x} {s & 0xffffffff:#x}"
                     for a, s in pairs)
    pattern = rf"(memory@{RAM[board]:x} \{{[^}}]*reg = <)[^>]*"
    return lambda text: re.sub(pattern, lambda found: found[1] + cells, text)


@VIRT
def test_banks(enter, folder, board):
    """Several banks with holes between them."""
    base = RAM[board]
    edit = banks(board, (base, 128 * MIB), (base + 192 * MIB, 64 * MIB),
                 (base + 448 * MIB, 64 * MIB))
    guest = enter(board, tree=trees.read(trees.changed(board, folder, edit=edit)))
    guest.prompt()
    text = regions(guest)
    for address in (base, base + 192 * MIB, base + 448 * MIB):
        assert f"{address:x}" in text.lower(), text
    guest.power_off()


@VIRT
@pytest.mark.parametrize("hidden", ["bank", "no-map"])
def test_tree_outside_ram(enter, folder, board, hidden):
    """A tree that lies where it announces no RAM, or none to be mapped, is read all the same."""
    nodes, edit = "", banks(board, (RAM[board], 128 * MIB))
    if hidden == "no-map":
        where = RAM[board] + TREE_AT * MIB
        nodes, edit = f"""
/ {{ reserved-memory {{
    #address-cells = <2>; #size-cells = <2>; ranges;
    held@{where:x} {{ reg = <0 {where:#x} 0 0x1000000>; no-map; }};
}}; }};
""", None
    guest = enter(board, tree=trees.read(trees.changed(board, folder, nodes, edit=edit)))
    guest.prompt()
    assert "memory@" in guest.command("dt /")
    guest.power_off()


IMPOSSIBLE = {
    "none": (),
    "empty": ((0, 0),),
    "wraps": ((0xFFFFFFFFFFFF0000, 0x100000),),
    "everything": ((0, 0xFFFFFFFFFFFFF000),),
    "without end": ((0, 0xFFFFFFFFFFFFFFFF),),
    "elsewhere": ((0x7000000000, 0x10000000),),
    "tiny": ((0x40000123, 0x10), (0x80000123, 0x10)),
    "overlapping": ((0x40000000, 0x20000000), (0x48000000, 0x18000000),
                    (0x80000000, 0x20000000), (0x88000000, 0x18000000)),
}


@VIRT
@pytest.mark.parametrize("name", list(IMPOSSIBLE))
def test_impossible_banks(enter, folder, board, name):
    """A memory map that cannot be: either a message and the prompt, or a message and the end."""
    tree = trees.changed(board, folder, edit=banks(board, *IMPOSSIBLE[name]))
    guest = enter(board, tree=trees.read(tree))
    text = guest.expect([r"keel> ", PANIC])
    assert re.search(r"(?i)(RAM|memory|bank)", text)
    if re.search(PANIC, text):
        assert re.search(r"panic: .*(RAM|memory map)", text), text


@VIRT
def test_everything_reserved(enter, folder, board):
    """A reservation of all there is leaves nothing: that is said."""
    tree = trees.changed(board, folder, reserve=((0, 0xFFFFFFFFFFFFFFFF),))
    guest = enter(board, tree=trees.read(tree))
    guest.expect("all RAM is reserved")


@VIRT
@pytest.mark.parametrize("pointer", [0, 0x1000, 0xFFFFFFFFFFFFF000], ids=hex)
def test_no_tree(enter, board, pointer):
    """No tree where the loader says there is one: said on whatever console there is."""
    guest = enter(board, pointer=pointer)
    if board == "qemu-virt-arm64":
        # Without a tree nothing says where a console is; the machine must not be killed by us.
        guest.expect_quiet()
        return
    guest.expect(r"(?i)no usable device tree[^\n]*\n")


HOSTILE = list(trees.hostile(struct.pack(">10I", trees.FDT_MAGIC, 64, 40, 40, 40, 17, 16, 0, 0, 24)
                             + bytes(24)))


@VIRT
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_tree(enter, folder, board, name):
    """Trees that lie about themselves."""
    guest = enter(board, tree=trees.hostile(machine_tree(board, folder))[name])
    guest.expect([r"(?i)no usable device tree[^\n]*\n", r"keel> ", PANIC])


@VIRT
def test_initrd_outside(enter, folder, board):
    """An initrd that is not in RAM is refused with a message."""
    nodes = """
/ { chosen { linux,initrd-start = <0x70 0x0>; linux,initrd-end = <0x70 0x100000>; }; };
"""
    guest = enter(board, tree=trees.read(trees.changed(board, folder, nodes)))
    assert re.search(r"(?i)initrd[^\n]*outside RAM", guest.prompt())
    guest.power_off()


@pytest.mark.parametrize("variant", ["", "-test"])
@pytest.mark.parametrize("board", BOARDS)
def test_numbers_add_up(boot, builds, kernel, board, variant):
    """What `mem` and `pmm` print, in a release build and in one with the tests in."""
    path = os.path.join(builds(board + variant), os.path.basename(kernel(board)))
    guest = boot(board, "--kernel", path, "--append", "init=none")
    guest.prompt()
    total, taken, frames, free = map(int, re.search(
        r"RAM (\d+) KiB: taken for good (\d+), page frames (\d+) of which (\d+) are free",
        guest.command("mem")).groups())
    assert total == taken + frames and 0 < free < frames and taken > 0
    text = guest.command("pmm")
    managed, free = map(int, re.search(r"frames: (\d+) total, (\d+) free", text).groups())
    assert managed * 4 == frames
    used, uses = re.search(r"used: (\d+): (.*)", text).groups()
    parts = {name: int(count) for name, count in re.findall(r"([A-Za-z][A-Za-z ]+) (\d+)", uses)}
    assert set(parts) == {"kernel", "heap", "page tables", "KASAN shadow", "memory objects",
                          "page records"}
    assert int(used) == sum(parts.values()) == managed - free
    guest.power_off()
