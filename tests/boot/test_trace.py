# SPDX-License-Identifier: MIT
"""The trace: `make trace` on every board, what the file looks like, and dumps that are no good."""

import base64
import collections
import json
import os
import re
import subprocess
import sys
import zlib

import pytest

from conftest import KERNELS
from guest import BOARDS, PATIENCE, TOP

sys.path.insert(0, os.path.join(TOP, "scripts", "trace"))

import chrome  # pylint: disable=wrong-import-position
import run as trace_run  # pylint: disable=wrong-import-position
import dump  # pylint: disable=wrong-import-position

ALL = pytest.mark.parametrize("board", BOARDS)
TOOL = os.path.join(TOP, "scripts", "trace", "run.py")


def run(command, **environment):
    """Runs a program; returns (exit status, all that it printed)."""
    env = {key: value for key, value in os.environ.items()
           if key not in ("MEM", "SMP", "CPU", "FIRMWARE", "APPEND", "DEBUG", "TRACE_CMD", "MAKEFLAGS")}
    done = subprocess.run(command, cwd=TOP, env={**env, **environment}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=3 * PATIENCE, check=False)
    return done.returncode, done.stdout


def named(document, phase):
    """How often each first word of a name comes among the events of a phase."""
    return collections.Counter(event["name"].split(" ")[0] for event in document["traceEvents"]
                               if event["ph"] == phase)


# --- On the boards ---

@ALL
@pytest.mark.parametrize("cpus", ["1", "4"])
def test_make_trace(builds, folder, board, cpus):
    """The file has all CPUs, their threads, what these did, and arrows; it is of the format."""
    out = builds(f"{board}-test")
    output = os.path.join(folder, "trace.json")
    if cpus == "1":
        status, text = run([TOOL, board, "--out", out, "--output", output], SMP="1")
    else:
        output = os.path.join(out, "trace.json")
        status, text = run(["make", f"O={out}", "trace"], SMP="4")
    assert status == 0, text
    assert f"written: {output}: " in text
    with open(output, encoding="utf-8") as file:
        document = json.load(file)
    assert not chrome.check(document)
    assert document["otherData"]["missed"] == 0
    begun, moments = named(document, "B"), named(document, "i")
    for cpu in range(int(cpus)):
        assert begun[f"work/{cpu}"] > 0 and begun[f"idle/{cpu}"] > 0, begun
    assert begun["irq"] and begun["timer"], begun
    assert moments["wake"] and moments["tick"] and moments["set"], moments
    if cpus != "1":
        assert named(document, "s")["wake"] >= 20 * int(cpus)
        assert begun["ipi"] and moments["send"]
        moves = [event["args"] for event in document["traceEvents"]
                 if event["name"] == "migrate wander"]
        assert {(move["come_from"], move["to"]) for move in moves} >= {(0, 1), (1, 2), (2, 3)}, moves
    tracks = {event["args"]["name"] for event in document["traceEvents"]
              if event["name"] == "thread_name"}
    assert {"CPU 0", f"CPU {int(cpus) - 1}", "boot", "work/0"} <= tracks, tracks


def test_make_trace_of_a_release(builds):
    """Where the configuration has no trace, a kernel that has it is built; commands are typed, and what
    one of them complains about is passed on."""
    out = builds("qemu-virt-arm64")
    status, text = run(["make", "-s", f"O={out}", "trace", "TRACE_CMD=trace clear; trace bad; cpus"])
    assert status == 0, text
    assert "trace: 'trace bad' says: trace failed: bad argument" in text
    status, text = run([TOOL, "--check", os.path.join(out, "trace.json")])
    assert status == 0, text


def test_kernel_without_trace(builds, folder):
    """Says what is missing."""
    status, text = run([TOOL, "qemu-virt-riscv", "--out", builds("qemu-virt-riscv"), "--output",
                        os.path.join(folder, "trace.json")])
    assert status == 1 and "is it built with TRACE?" in text, text


@pytest.fixture
def traced(boot, builds):
    """traced(board, ...) -> Guest with a kernel that has the trace, at its prompt; what it said."""
    def start(board, *arguments):
        kernel = os.path.join(builds(f"{board}-test"), KERNELS[board])
        guest = boot(board, "--kernel", kernel, *arguments)
        return guest, guest.prompt()
    return start


@ALL
def test_parameter_and_command(traced, board):
    """`trace=` takes kinds; what is wrong is complained about; the command turns it on and off."""
    guest, _ = traced(board, "--append", "trace=switch,tick")
    assert guest.command("trace").startswith("recorded: switch tick\n")
    for kinds in ("sandwich", "off", "on", ",", "wake,", ",wake", "wake,,irq", "wake,on", "wake,off"):
        assert "failed" in guest.command(f"trace on {kinds}"), kinds
    assert guest.command("trace").startswith("recorded: switch tick\n")
    assert "failed" in guest.command("trace sandwich") and "failed" in guest.command("trace off now")
    guest.command("trace off")
    before = guest.command("trace")
    assert before.startswith("recorded: nothing\n") and re.search(r"cpu0 +[1-9]\d* records", before)
    assert guest.command("trace") == before
    guest.command("trace clear")
    assert re.search(r"cpu0 +0 records, 0 overwritten", guest.command("trace"))
    guest.command("trace on wake,switch")
    guest.command("trace work")
    guest.command("trace off")
    lines = guest.command("trace show 12").strip().splitlines()
    assert len(lines) == 12
    times = [float(line.split()[0]) for line in lines]
    assert times == sorted(times) and all(re.search(r"cpu\d+ +(switch|wake|thread_end) ", line)
                                          for line in lines), lines
    guest.power_off()


@ALL
def test_unknown_kind_at_boot(traced, board):
    """A word that is no kind is complained about, and nothing is recorded."""
    guest, text = traced(board, "--append", "trace=switch,sandwich")
    assert re.search(r"trace: trace= wants on, off, or some of switch", text)
    assert guest.command("trace").startswith("recorded: nothing\n")
    guest.power_off()


@ALL
def test_overwritten(traced, board):
    """A ring that runs over says how much is gone, and what is left still is a picture."""
    guest, _ = traced(board, "--append", "trace=on", "--smp", "2")
    for _ in range(40):
        guest.command("trace work")
        counts = re.findall(r"(\d+) overwritten", guest.command("trace"))
        if all(int(count) > 0 for count in counts):
            break
    guest.child.maxread, guest.child.searchwindowsize = 65536, 100
    picture = chrome.convert(dump.read(trace_run.fetch_dump(guest.command)))
    assert len(counts) == 2 and picture["otherData"]["overwritten"] >= sum(map(int, counts)) > 0
    assert not chrome.check(picture)
    guest.power_off()


# --- Made-up dumps ---

ENTER, EXIT, SWITCH, WAKE, IPI = 4, 5, 0, 1, 7


def records(cpu, *events):
    """A line of records (ticks, event, arg, a, b)."""
    data = b"".join(dump.RECORD.pack(ticks, number << 1 | 1, event | cpu << 8 | arg << 16, a, b)
                    for number, (ticks, event, arg, a, b) in enumerate(events))
    return "=" + base64.b64encode(data).decode()


def console(*lines, count=None, crc=None):
    """A console with a dump of these lines in the midst of others."""
    lines = ["keel-trace 1", *lines]
    text = "".join(line + "\n" for line in lines)
    crc = zlib.crc32(text.encode()) if crc is None else crc
    shown = [f"~ {line}\r\n" for line in [*lines, f"end {count or len(lines)} {crc:08x}"]]
    return "keel> trace dump\r\n" + "[    1.000000] info  a: between\r\n".join(shown) + "keel> "


CLOCK = "counter 1000 0 2000 1000000"  # a tick is a microsecond
THREADS = ("thread 1 idle/0", "thread 2 two words")


def test_times_and_slices():
    """Ticks become microseconds; threads, interrupts and arrows are where they should be."""
    picture = chrome.convert(dump.read(console(
        CLOCK, "missed 0", "cpu 0 6 1",
        records(0, (1100, ENTER, 9, int.from_bytes(b"uart", "little"), 0), (1110, WAKE, 0, 2, 4),
                (1120, EXIT, 9, 0, 0), (1130, SWITCH, 2, 1, 2), (1200, SWITCH, 3, 2, 1),
                (1250, IPI, 0, 5, 0)), *THREADS)))
    assert not chrome.check(picture)
    events = [(e["ph"], e["ts"], e["pid"], e.get("name")) for e in picture["traceEvents"]
              if e["ph"] != "M"]
    for wanted in (("B", 100, 1, "idle/0"), ("B", 100, 1, "irq uart"), ("E", 120, 1, "irq uart"),
                   ("s", 110, 1, "wake"), ("f", 130, 1, "wake"), ("B", 130, 1, "two words"),
                   ("E", 200, 1, "two words"), ("X", 130, 2, "CPU 0"), ("X", 110, 2, "ready"),
                   ("B", 250, 1, "ipi reschedule call"), ("E", 1000, 1, "ipi reschedule call")):
        assert wanted in events, (wanted, events)


def test_ends_without_beginnings():
    """What was begun before the oldest record, or never ended, does no harm; nor do unknown events."""
    picture = chrome.convert(dump.read(console(
        CLOCK, "cpu 1 9 7", records(1, (1100, EXIT, 9, 0, 0), (1110, 8, 0, 0, 0), (1120, 99, 1, 2, 3),
                                    (1130, ENTER, 9, 65, 0), (1140, IPI, 0, 1, 0),
                                    (1150, EXIT, 9, 0, 0)))))
    assert not chrome.check(picture)
    assert named(picture, "i")["event"] == 1 and picture["otherData"]["overwritten"] == 3


GOOD = console(CLOCK, "cpu 0 1 1", records(0, (1100, SWITCH, 1, 1, 2)), *THREADS)
BAD = {
    "nothing": ("", "there is no dump"),
    "noise": ("\x00\xff~ garbage\r\n~\r\n~ end 1 00000000\r\n", "there is no dump"),
    "cut": (GOOD[:GOOD.index("~ thread 2")], "cut off after"),
    "cut in the last line": (GOOD[:GOOD.index("~ end") + 8], "last line is damaged"),
    "line lost": (re.sub(r"~ thread 1.*\r\n", "", GOOD), "should have 6 lines, and has 5"),
    "letter changed": (GOOD.replace("two words", "two swords"), "checksum is wrong"),
    "record changed": (GOOD.replace("~ =T", "~ =U"), "checksum is wrong"),
    "end changed": (re.sub(r"end 6 .", "end 6 x", GOOD), "last line is damaged"),
    "other format": (console(CLOCK).replace("keel-trace 1", "keel-trace 9"), "checksum is wrong"),
    "no clock": (console("cpu 0 1 1", records(0, (1, SWITCH, 1, 1, 2))), "how fast the counter runs"),
    "clock stands": (console("counter 5 5 5 5", "cpu 0 1 1", records(0, (1, SWITCH, 1, 1, 2))),
                     "how fast the counter runs"),
    "half a record": (console(CLOCK, "cpu 0 1 1", "=AAAA"), "has 3 bytes"),
    "no base64": (console(CLOCK, "cpu 0 1 1", "=?"), "damaged"),
    "no CPU": (console(CLOCK, records(0, (1100, SWITCH, 1, 1, 2))), "misplaced"),
    "wrong CPU": (console(CLOCK, "cpu 1 1 1", records(0, (1100, SWITCH, 1, 1, 2))), "a record of CPU 0"),
    "strange line": (console(CLOCK, "cpus 3"), "not understood: 'cpus 3'"),
    "wrong numbers": (console("counter 1 2 3 -4"), "not understood"),
    "wrong thread": (console(CLOCK, "thread x y"), "not understood"),
    "no records": (console(CLOCK), "nothing was recorded"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_dump(folder, name):
    """One line says what is wrong, and nothing is written."""
    text, why = BAD[name]
    assert text != GOOD
    source, output = os.path.join(folder, "console"), os.path.join(folder, "out.json")
    with open(source, "w", encoding="utf-8") as file:
        file.write(text)
    status, said = run([TOOL, "--dump", source, "--output", output])
    assert status == 1 and not os.path.exists(output)
    assert said.startswith("trace: ") and len(said.splitlines()) == 1 and why in said, said


def test_no_dump_ends_in_a_traceback(folder):
    """Every cut and many changed letters of a dump give an error or a good file, never anything else."""
    document = console(CLOCK, "missed 0", "cpu 0 3 1", records(0, (1100, SWITCH, 1, 1, 2)), *THREADS)
    variants = [document[:at] for at in range(0, len(document), 7)]
    variants += [document[:at] + "7" + document[at + 1:] for at in range(0, len(document), 5)]
    good = 0
    for text in variants:
        try:
            assert not chrome.check(chrome.convert(dump.read(text)))
            good += 1
        except dump.TraceError as error:
            assert "\n" not in str(error)
    assert 0 < good < len(variants) / 2


# --- The format's checker ---

def event(phase, ts, name="n", tid=1, **more):
    """An event on a track of the CPUs."""
    return {"ph": phase, "ts": ts, "pid": 1, "tid": tid, "name": name, **more}


NAMES = [event("M", 0, "process_name", args={"name": "CPUs"}),
         event("M", 0, "thread_name", args={"name": "CPU 0"})]
FLOW = {"cat": "c", "id": 1}
AROUND = [event("B", 0), event("E", 9)]
WRONG = {
    "unknown phase": [event("Q", 1)],
    "no time": [{"ph": "B", "pid": 1, "tid": 1, "name": "n"}],
    "time before 0": [event("i", -1, s="t")],
    "name is no text": [event("B", 1, name=5), event("E", 2, name=5)],
    "track is no number": [event("i", 1, tid="1", s="t")],
    "unsorted": [event("i", 2, s="t"), event("i", 1, s="t")],
    "no beginning": [event("E", 1)],
    "no end": [event("B", 1)],
    "ends crossed": [event("B", 1, "a"), event("B", 2, "b"), event("E", 3, "a"), event("E", 4, "b")],
    "slices overlap": [event("X", 1, dur=5), event("X", 3, dur=5)],
    "negative length": [event("X", 1, dur=-1)],
    "no scope": [event("i", 1)],
    "wrong scope": [event("i", 1, s="x")],
    "track without name": [event("i", 1, tid=2, s="t")],
    "arrow without end": [AROUND[0], event("s", 1, **FLOW), AROUND[1]],
    "arrow without start": [AROUND[0], event("f", 1, bp="e", **FLOW), AROUND[1]],
    "arrow without id": [AROUND[0], event("s", 1, cat="c"), AROUND[1]],
    "arrow at no slice": [event("s", 1, **FLOW), event("f", 2, bp="e", **FLOW)],
    "strange metadata": [event("M", 0, "colour", args={"name": "red"})],
}


@pytest.mark.parametrize("name", WRONG)
def test_checker_finds(name):
    """Each mistake is found, and what is right is not complained about."""
    right = [*NAMES, AROUND[0], event("s", 1, **FLOW), event("i", 2, s="t"),
             event("f", 3, bp="e", **FLOW), AROUND[1], event("X", 10, dur=5), event("X", 11, dur=4)]
    assert not chrome.check({"traceEvents": right})
    assert chrome.check({"traceEvents": [*NAMES, *WRONG[name]]})


def test_check_reads_files(folder):
    """run.py --check on what is no JSON, and on JSON of another kind."""
    path = os.path.join(folder, "x.json")
    for text in ("{", "[]", '{"traceEvents": 5}'):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        status, said = run([TOOL, "--check", path])
        assert status == 1 and path in said and "Traceback" not in said
