#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Measures a kernel in instructions, which QEMU counts the same way on every run.

bench.py run    boots the kernel with `bench` on its command line, and with the program `bench` as its
                first one, merges their rows with the sizes, writes the table as bench.tsv (name, arch,
                value, unit) and shows it with goals; measures how costs grow, with more and more RAM
                too, into curves.tsv (axis, name, size, value) and a report with plots
bench.py check  compares bench.tsv with the committed baseline, 2% worse is a failure, and looks at the
                curves: growth beyond a logarithm is one too
bench.py boot   prints the instructions from entry to the prompt with --mem of RAM
bench.py peer   measures what programs pay, and the same on Linux, whose kernel --linux and whose program
                --linux-initrd are; writes --out (name, arch, Keel's, Linux's) and shows how they compare
"""
import argparse
import os
import re
import subprocess
import sys
import threading

import bench_report

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROMPT = b"keel> "
FLUSH = re.compile(r"(\d+) pages: one by one +(\d+) ns, all +(\d+) ns")
FLUSH_LIMIT = re.compile(r"all are forgotten beyond (\d+) pages")
ROW = re.compile(r"bench: (\S+) (\d+(?:\.\d+)?) (\S+)")
CURVE = re.compile(r"curve: (\S+) (\d+(?:\.\d+)?) instructions at (\d+) ([\w ]+)")
# What stands on the command line: for the kernel's own rows, and for those of user space.
KERNEL, USER = "bench init=none", "init=bin/bench panic=poweroff -- -p"
# Where Linux's console is, and the name that Debian has for the processor.
LINUX_CONSOLES = {"arm64": "ttyAMA0", "riscv64": "ttyS0", "x86_64": "ttyS0"}
LINUX_WORDS = "console={} quiet nokaslr panic=-1"
LINUX_END = "bench: done"
CPUS = {"arm64": "cortex-a72", "riscv64": "rv64", "x86_64": "qemu64"}
EXACT = ["-icount", "shift=0,sleep=off", "-seed", "1", "-rtc", "base=2024-01-01,clock=vm",
         "-nodefaults"]
TOLERANCE = 0.02
# Instructions to the prompt with much RAM, over those with little.
MEMORY_RATIO = 1.5
# An instruction takes a nanosecond of virtual time: finding the counter's rate takes half a
# millisecond at most.
CLOCK_MAX = 500_000
RAM_SIZES = {"128M": 128 << 20, "512M": 512 << 20, "2G": 2 << 30, "8G": 8 << 30, "64G": 64 << 30}
LEAST, LITTLE, MUCH = "64M", "128M", "64G"
RAM_AXIS = "bytes of RAM"
# What the kernel logs when something went wrong: figures beside it say nothing.
ERROR = re.compile(r"^\[ *\d+\.\d+\] (?:error|fatal) .*$", re.MULTILINE)
# Rows that are the same with little and much RAM, with a tenth and nine tenths of it in use.
FLAT = re.compile(r"(pmm\.(?:page|contig\.2m))(?:\.full\d+)?")
FLAT_TOLERANCE = 0.05


class BenchError(Exception):
    """A measurement that did not happen; the text says why."""


def launch_command(args, mem, words):
    """How the kernel is started on one CPU, its console here."""
    return [os.path.join(TOP, "scripts", "qemu", args.board), "--kernel", args.kernel, "--quiet",
            "--append", words, *(["--initrd", args.initrd] if words.startswith(USER) else []), "--mem", mem, "--smp", "1", "--cpu", CPUS[args.arch],
            "--firmware", "none", "--serial", "stdio"]


def boot(args, mem, words=KERNEL):
    """What the kernel says when it is started so that instructions are counted."""
    text = start(args, launch_command(args, mem, words), "keel: power off, status 0")
    complaint = ERROR.search(text)
    if complaint:
        raise BenchError(f"with {mem} of RAM the kernel logged: {complaint[0]}")
    return text


def start(args, command, end):
    """What a machine says that counts instructions, `end` being among it when all went well."""
    command = [*command, "--", *EXACT]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=args.timeout, check=False)
    except subprocess.TimeoutExpired as late:
        raise BenchError(f"no power off within {args.timeout} s:\n{tail(late.stdout)}") from late
    text = done.stdout.decode(errors="replace").replace("\r", "")
    if end not in text:
        raise BenchError(f"the kernel did not end well:\n{tail(done.stdout)}")
    return text


def tail(output):
    """The last lines of a console."""
    return "\n".join((output or b"").decode(errors="replace").splitlines()[-15:])


def kernel_rows(args, mem):
    """The rows that the kernel prints: {name: (value, unit)}."""
    return rows_of(boot(args, mem))


def all_rows(*texts):
    """Those that several runs have printed."""
    rows = {}
    for text in texts:
        for name, row in rows_of(text).items():
            if name in rows:
                raise BenchError(f"{name} is measured by the kernel and by the program")
            rows[name] = row
    return rows


def rows_of(text):
    """The rows in what a kernel has printed."""
    rows = {}
    for name, value, unit in ROW.findall(text):
        if name in rows:
            raise BenchError(f"the kernel printed {name} twice")
        rows[name] = (value, unit)
    if any(unit == "ns" for _, unit in rows.values()):
        raise BenchError("the emulator's clock counts no instructions")
    if not rows:
        raise BenchError("the kernel printed no row: is CONFIG_BENCH y?")
    return rows


def read_rows(path):
    """A file of rows: {name: (value, unit)}."""
    with open(path, encoding="utf-8") as file:
        fields = [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]
    return {name: (value, unit) for name, _, value, unit in fields}


def write_rows(path, arch, rows):
    """The same, written."""
    with open(path, "w", encoding="utf-8") as file:
        for name in sorted(rows):
            file.write(f"{name}\t{arch}\t{rows[name][0]}\t{rows[name][1]}\n")


def read_goals(arch):
    """{name: [(who, figure)]}, the goal under the name "goal"."""
    goals = {}
    column = 2 + list(CPUS).index(arch)
    with open(os.path.join(TOP, "tests", "bench", "goals.tsv"), encoding="utf-8") as file:
        for line in file:
            fields = line.rstrip("\n").split("\t")
            if not line.startswith("#") and fields[column] != "-":
                goals.setdefault(fields[0], []).append((fields[1], float(fields[column])))
    return goals


def number(value):
    """A figure for people."""
    value = float(value)
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def table(arch, rows):
    """The rows for people: name, value, goal, unit, others' figures, whether the goal is missed."""
    goals, out = read_goals(arch), []
    for name in sorted(rows):
        value, unit = rows[name]
        figures = dict(goals.get(name, []))
        goal = figures.pop("goal", None)
        others = "; ".join(f"{who} {number(figure)}" for who, figure in figures.items())
        out.append((name, number(value), number(goal) if goal else "-", unit, others,
                    goal is not None and float(value) > goal))
    return out


def show(arch, rows):
    """The table, with goals and peers."""
    print(f"\n{'name':16} {'value':>12} {'goal':>12}  {'unit':13} others")
    for name, value, goal, unit, others, over in table(arch, rows):
        print(f"{name:16} {value:>12} {goal:>12}{' !' if over else '  '}{unit:13} {others}".rstrip())


def measure_curves(args, text):
    """{(axis, name): [(size, value)]}: those in what the kernel has printed, and all rows by RAM."""
    curves = {}
    for name, value, size, axis in CURVE.findall(text):
        curves.setdefault((axis.strip(), name), []).append((int(size), float(value)))
    for mem, size in RAM_SIZES.items():
        rows = all_rows(boot(args, mem), boot(args, mem, USER))
        for name, (value, unit) in rows.items():
            if unit == "instructions":
                curves.setdefault((RAM_AXIS, name), []).append((size, float(value)))
    return curves


def measure_flushes(args):
    """What the command `tlb` says, in host time: (pages beyond which the port forgets all translations,
    [(pages, one by one, all)])."""
    with subprocess.Popen(launch_command(args, args.mem, "loglevel=3 init=none"), stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
        late = threading.Timer(args.timeout, child.kill)
        late.start()
        said = b""
        while PROMPT not in said and (part := os.read(child.stdout.fileno(), 4096)):
            said += part
        # A prompt is not shown before its console listens.
        text = child.communicate(b"tlb\rpoweroff\r")[0].decode(errors="replace")
        late.cancel()
    limit, points = FLUSH_LIMIT.search(text), FLUSH.findall(text)
    if not limit or not points:
        raise BenchError(f"the command tlb says nothing of use:\n{tail((said + text.encode()))}")
    return int(limit[1]), [tuple(map(int, point)) for point in points]


def curves_file(args):
    return os.path.join(os.path.dirname(args.report), "curves.tsv")


def write_curves(args, curves):
    with open(curves_file(args), "w", encoding="utf-8") as file:
        for (axis, name), points in sorted(curves.items()):
            file.writelines(f"{axis}\t{name}\t{size}\t{value:.2f}\n" for size, value in points)


def read_curves(args):
    curves = {}
    with open(curves_file(args), encoding="utf-8") as file:
        for line in file:
            axis, name, size, value = line.rstrip("\n").split("\t")
            curves.setdefault((axis, name), []).append((int(size), float(value)))
    return curves


def run(args):
    """Measures, writes, shows."""
    texts = boot(args, args.mem, f"curves {KERNEL}"), boot(args, args.mem, f"{USER} -c")
    rows = all_rows(*texts)
    for line in args.sizes.splitlines():
        name, _, value, unit = line.split("\t")
        rows[name] = (value, unit)
    write_rows(args.out, args.arch, rows)
    show(args.arch, rows)
    print(f"\nwritten: {args.out}")
    if args.report:
        curves = measure_curves(args, "".join(texts))
        os.makedirs(os.path.dirname(args.report), exist_ok=True)
        write_curves(args, curves)
        limit, flushes = measure_flushes(args)
        print(bench_report.cut_over(limit, flushes))
        bench_report.write(os.path.dirname(args.report), f"{args.board}: instructions and sizes",
                           table(args.arch, rows), curves, (limit, flushes))
        print(f"written: {args.report}, with {len(curves)} curves")
    return 0


def linux_rows(args):
    """The rows that our program measures on Linux."""
    command = [os.path.join(TOP, "scripts", "qemu", args.board), "--kernel", args.linux, "--quiet",
               "--append", LINUX_WORDS.format(LINUX_CONSOLES[args.arch]), "--initrd", args.linux_initrd,
               "--mem", args.mem, "--smp", "1", "--cpu", CPUS[args.arch], "--firmware", "none",
               "--serial", "stdio"]
    return rows_of(start(args, command, LINUX_END))


def ratio(keel, linux):
    """How much of what Linux needs Keel does, with two digits that count."""
    part = float(keel) / float(linux)
    return f"{part:.4f}" if part < 0.01 else f"{part:.3f}" if part < 0.1 else f"{part:.2f}"


def peer(args):
    """Compares with Linux."""
    keel, linux = rows_of(boot(args, args.mem, USER)), linux_rows(args)
    names = [name for name in linux if name in keel]
    if not names:
        raise BenchError("no row is measured on both")
    print(f"\n{'instructions':22} {'Keel':>14} {'Linux':>14} {'Keel/Linux':>11}")
    for name in names:
        print(f"{name:22} {number(keel[name][0]):>14} {number(linux[name][0]):>14} "
              f"{ratio(keel[name][0], linux[name][0]):>11}")
    with open(args.out, "w", encoding="utf-8") as file:
        file.writelines(f"{name}\t{args.arch}\t{keel[name][0]}\t{linux[name][0]}\n" for name in names)
    print(f"\nwritten: {args.out}")
    return 0


def compare(rows, baseline):
    """What is worse than the baseline, and what of it is gone."""
    worse = []
    for name, (old, unit) in sorted(baseline.items()):
        if name not in rows:
            worse.append(f"{name}: no longer measured")
            continue
        new = rows[name][0]
        if float(new) > float(old) * (1 + TOLERANCE):
            worse.append(f"{name}: {number(new)} {unit}, was {number(old)} "
                         f"({float(new) / float(old) - 1:+.1%})" if float(old) else
                         f"{name}: {number(new)} {unit}, was 0")
    return worse


def flat_growth(by_ram):
    """Rows that must not depend on RAM, nor on how much of it is in use, and do."""
    worse = []
    for name in sorted(filter(FLAT.fullmatch, by_ram)):
        base = by_ram[FLAT.fullmatch(name)[1]][0][1]
        for size, value in by_ram[name]:
            if abs(value - base) > base * FLAT_TOLERANCE:
                worse.append(f"{name} with {bench_report.size_text(size)} of RAM: {number(value)}, "
                             f"not {number(base)}")
    return worse


def growth(curves):
    """What gets worse with RAM or with other sizes than it may."""
    by_ram = {name: points for (axis, name), points in curves.items() if axis == RAM_AXIS}
    figures = [by_ram["boot.prompt"][at][1] for at in (0, -1)]
    print(f"boot.prompt: {number(figures[0])} with {LITTLE}, {number(figures[1])} with {MUCH}")
    worse = flat_growth(by_ram)
    for (axis, name), points in sorted(curves.items()):
        why = bench_report.complaint(name, points)
        if why:
            worse.append(f"{name} grows too fast with the {axis}: {why}")
    if figures[1] > figures[0] * MEMORY_RATIO:
        worse.append(f"boot.prompt with {MUCH} is {figures[1] / figures[0]:.2f} times that with "
                     f"{LITTLE}, more than {MEMORY_RATIO}")
    return worse


def check(args):
    """Compares with the baseline, or rewrites it."""
    rows = read_rows(args.out)
    if args.update:
        write_rows(args.baseline, args.arch, rows)
        print(f"written: {args.baseline}")
        return 0
    if not os.path.exists(args.baseline):
        raise BenchError(f"there is no {args.baseline}: make bench-check UPDATE=1 writes it")
    baseline = read_rows(args.baseline)
    kernel_rows(args, LEAST)  # they need only be there
    curves = read_curves(args)
    worse = compare(rows, baseline) + growth(curves)
    if float(rows.get("boot.clock", (0, ""))[0]) > CLOCK_MAX:
        worse.append(f"boot.clock: over {number(CLOCK_MAX)} instructions")
    for line in worse:
        print(f"worse: {line}")
    print(f"{len(baseline)} rows compared with {os.path.basename(args.baseline)}, {len(curves)} curves, "
          f"{len(worse)} worse")
    return 1 if worse else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("run", "check", "boot", "peer"))
    parser.add_argument("--board", required=True)
    parser.add_argument("--arch", required=True, choices=CPUS)
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--initrd", help="the boot file system with the program")
    parser.add_argument("--linux", help="Linux's kernel")
    parser.add_argument("--linux-initrd", help="what it starts with")
    parser.add_argument("--mem", default="512M")
    parser.add_argument("--out", help="bench.tsv")
    parser.add_argument("--report", help="report.html; curves.tsv and plots come beside it")
    parser.add_argument("--sizes", default="", help="more rows, as lines of bench.tsv")
    parser.add_argument("--baseline")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--timeout", type=int, default=300)
    args = parser.parse_args()
    try:
        if args.action == "boot":
            print(kernel_rows(args, args.mem)["boot.prompt"][0])
            return 0
        return {"run": run, "check": check, "peer": peer}[args.action](args)
    except (BenchError, OSError, KeyError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
