# SPDX-License-Identifier: MIT
"""The front end of the measurements, with a launcher that plays the kernel."""
import importlib.util
import os
import shutil
import subprocess
import xml.etree.ElementTree

import pytest

from conftest import TOP

END = "keel: power off, status 0"
ROWS = ("bench: boot.prompt 1000 instructions", "bench: memcpy.4096 599.25 instructions")


# What the program prints.
USER = "init: bench: syscall.null 59.00 instructions"

LINUX = ("bench: boot.init 851564192.00 instructions", "bench: syscall.null 439.59 instructions",
         "bench: fault.zero 3390.87 instructions", "bench: done")

FLUSHES = """all are forgotten beyond 64 pages
   1 pages: one by one     100 ns, all    5000 ns
   2 pages: one by one     200 ns, all    5000 ns
 128 pages: one by one    5000 ns, all    5000 ns
1024 pages: one by one   90000 ns, all    5000 ns"""


@pytest.fixture
def bench(tmp_path):
    """bench(action, lines, ...): runs the front end; the machine prints the lines."""
    os.makedirs(tmp_path / "scripts" / "qemu")
    os.makedirs(tmp_path / "tests" / "bench")
    for script in ("bench.py", "bench_report.py"):
        shutil.copy(f"{TOP}/scripts/{script}", tmp_path / "scripts")
    shutil.copy(f"{TOP}/tests/bench/goals.tsv", tmp_path / "tests" / "bench")
    launcher = tmp_path / "scripts" / "qemu" / "board"

    def run(action, *lines, ok=True, mem_factor=1, user=(USER, END), linux=LINUX, extra=()):
        text, program = "\n".join(lines), "\n".join(user)
        other = "\n".join(linux)
        much = text.replace("prompt 1000 ", f"prompt {int(1000 * mem_factor)} ")
        launcher.write_text(f"#!/bin/sh\ncase \"$*\" in\n*--initrd*init=bin/bench*|*init=bin/bench*--initrd*)\n"
                            f"cat <<E\n{program}\nE\n;;\n*--kernel?vmlinux*console=ttyAMA0*--initrd*) cat <<E\n"
                            f"{other}\nE\n;;\n*64G*) cat <<E\n{much}\nE\n;;\n"
                            f"*bench*init=none*) cat <<E\n{text}\nE\n;;\n"
                            f"*) printf 'keel> '; cat > typed; cat <<E\n{FLUSHES}\nE\n;;\nesac\n")
        launcher.chmod(0o755)
        done = subprocess.run(
            ["/usr/bin/python3", "scripts/bench.py", action, "--board", "board", "--arch", "arm64",
             "--kernel", "k", "--out", "bench.tsv", "--baseline", "base.tsv", "--report",
             "out/report.html", "--initrd", "fs", *extra],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        assert (done.returncode == 0) == ok, done.stdout
        return done.stdout

    run.folder = tmp_path
    return run


def test_table_and_file(bench):
    said = bench("run", *ROWS, END, extra=["--sizes", "size.text\tarm64\t70000\tbytes"])
    assert (bench.folder / "bench.tsv").read_text() == (
        "boot.prompt\tarm64\t1000\tinstructions\n"
        "memcpy.4096\tarm64\t599.25\tinstructions\n"
        "size.text\tarm64\t70000\tbytes\n"
        "syscall.null\tarm64\t59.00\tinstructions\n")
    line = next(line for line in said.splitlines() if line.startswith("memcpy"))
    assert "660" in line and "Linux 6.12 674" in line


@pytest.mark.parametrize("lines, why", [
    (ROWS, "did not end well"),
    ((END,), "printed no row"),
    ((ROWS[0], ROWS[0], END), "twice"),
    ((*ROWS, "[    1.394534] error pmm: 512 pages at 0 are freed", END), "kernel logged"),
])
def test_measurement_that_fails(bench, lines, why):
    assert why in bench("run", *lines, ok=False)


@pytest.mark.parametrize("lines, why", [
    ((USER,), "did not end well"),
    (("init: bench: memcpy.4096 1 instructions", END), "by the kernel and by the program"),
    (("init: bench: syscall.null 59.00 ns", END), "counts no instructions"),
])
def test_program_that_fails(bench, lines, why):
    assert why in bench("run", *ROWS, END, user=lines, ok=False)


PEER = ("--linux", "vmlinux", "--linux-initrd", "other")


def test_peer(bench):
    """Rows that both have, in the other's order, and Keel's share of what Linux needs."""
    said = bench("peer", user=("init: bench: syscall.null 59.00 instructions",
                               "init: bench: irq.user 900.00 instructions",
                               "init: bench: boot.init 916640.00 instructions", END), extra=PEER)
    assert said.splitlines()[1:4] == [
        "instructions                     Keel          Linux  Keel/Linux",
        "boot.init                     916,640    851,564,192      0.0011",
        "syscall.null                       59          439.6        0.13"]
    assert "fault.zero" not in said and "irq.user" not in said
    assert (bench.folder / "bench.tsv").read_text() == (
        "boot.init\tarm64\t916640.00\t851564192.00\nsyscall.null\tarm64\t59.00\t439.59\n")


@pytest.mark.parametrize("linux, why", [
    (LINUX[:1], "did not end well"),
    (("bench: done",), "printed no row"),
    (("bench: pmm.page 1.00 instructions", "bench: done"), "no row is measured on both"),
])
def test_peer_that_fails(bench, linux, why):
    assert why in bench("peer", linux=linux, extra=PEER, ok=False)


def test_peer_that_is_not_known(tree):
    tree.make("qemu-virt-riscv_defconfig")
    assert "PEER=plan9 is not known" in tree.make("bench", "PEER=plan9", ok=False)


def test_baseline(bench):
    bench("run", *ROWS, END)
    assert "UPDATE=1 writes it" in bench("check", *ROWS, END, ok=False)
    bench("check", *ROWS, END, extra=["--update"])
    assert "3 rows compared" in bench("check", *ROWS, END)
    slower = [row.replace("599.25", "612") for row in ROWS]
    bench("run", *slower, END)
    assert "memcpy.4096: 612 instructions, was 599.2 (+2.1%)" in bench("check", *slower, END, ok=False)
    close = [row.replace("599.25", "611") for row in ROWS]
    bench("run", *close, END)
    bench("check", *close, END)
    bench("run", ROWS[0], END)
    assert "memcpy.4096: no longer measured" in bench("check", ROWS[0], END, ok=False)


def test_memory_growth(bench):
    bench("run", *ROWS, END, mem_factor=1.5)
    bench("check", *ROWS, END, extra=["--update"])
    bench("check", *ROWS, END)
    bench("run", *ROWS, END, mem_factor=1.6)
    assert "1.60 times" in bench("check", *ROWS, END, ok=False)


CURVE = [f"curve: vmo.read {{}} instructions at {size} bytes of the object"
         for size in (1 << 16, 1 << 20, 1 << 24, 1 << 30)]


def with_curve(*costs):
    return [*ROWS, *(line.format(cost) for line, cost in zip(CURVE, costs))]


def test_report(bench):
    """Rows and curves, each also as a plot of its own."""
    said = bench("run", *with_curve(100, 110, 120, 135), END)
    assert "with 4 curves" in said
    page = (bench.folder / "out" / "report.html").read_text()
    assert "<h2>By bytes of the object</h2>" in page and "<h2>By bytes of RAM</h2>" in page
    assert page.count("<svg") == 5 and "Linux 6.12 674" in page
    flushes = "one by one costs as much as all at once at 128 pages (host time); all are forgotten beyond 64"
    assert flushes in said and flushes in page
    assert (bench.folder / "typed").read_text() == "tlb\npoweroff\n"
    plots = sorted((bench.folder / "out" / "curves").iterdir())
    assert [path.name for path in plots] == [
        "boot.prompt-by-bytes-of-RAM.svg", "memcpy.4096-by-bytes-of-RAM.svg",
        "syscall.null-by-bytes-of-RAM.svg", "vmo.read-by-bytes-of-the-object.svg"]
    svg = xml.etree.ElementTree.parse(plots[3])
    points = svg.findall(".//{http://www.w3.org/2000/svg}circle")
    heights = [float(point.get("cy")) for point in points]
    assert len(points) == 4 and heights == sorted(heights, reverse=True)
    assert "16Mi: 120.00" in plots[3].read_text() and "1Gi" in plots[3].read_text()


def test_curves_that_grow(bench):
    """A cost that doubles with each 16-fold size is refused, one that rises by steps is not."""
    bench("run", *with_curve(100, 150, 150, 200), END)
    bench("check", *with_curve(100, 150, 150, 200), END, extra=["--update"])
    assert "4 curves, 0 worse" in bench("check", *ROWS, END)
    bench("run", *with_curve(100, 200, 420, 800), END)
    said = bench("check", *ROWS, END, ok=False)
    assert "vmo.read grows too fast with the bytes of the object: 420 at 16Mi" in said
    assert '<figcaption class="over">' in (bench.folder / "out" / "report.html").read_text()


COUNTS = (1, 10, 100, 1000, 10000)


@pytest.mark.parametrize("cost, steep", [
    (lambda n: 500, False),
    (lambda n: 500 + 90 * len(bin(n)), False),
    (lambda n: 500 + 400 * (n > 500), False),
    (lambda n: 500 + n, True),
    (lambda n: 500 + n / 4, True),
    (lambda n: 500 + n ** 0.5 * 10, True),
])
def test_what_a_logarithm_is(cost, steep):
    """Constants, logarithms and single steps pass; shares of the size and its root do not."""
    spec = importlib.util.spec_from_file_location("bench_report", f"{TOP}/scripts/bench_report.py")
    report = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(report)
    assert bool(report.too_steep([(count, cost(count)) for count in COUNTS])) == steep


def test_sizes_are_those_of_the_release(tree):
    tree.make("qemu-virt-riscv_defconfig", "debug.config", "release-kernel")
    folder = f"{tree.output}/bench/release"
    with open(f"{folder}/.config", encoding="utf-8") as config:
        assert "CONFIG_DEBUG=y" not in config.read()
    assert os.path.exists(f"{folder}/Image")
    assert not os.path.exists(f"{tree.output}/keel.elf")


def test_rows_that_stay_flat(bench):
    """Page frames cost the same however much RAM there is, or is in use."""
    rows = (*ROWS, "bench: pmm.page 54.00 instructions", "bench: pmm.page.full90 56.00 instructions")
    bench("run", *rows, END)
    bench("check", *rows, END, extra=["--update"])
    bench("check", *rows, END)
    steep = [row.replace("56.00", "57.00") for row in rows]
    bench("run", *steep, END)
    said = bench("check", *steep, END, ok=False)
    assert "pmm.page.full90 with 8Gi of RAM: 57, not 54" in said
