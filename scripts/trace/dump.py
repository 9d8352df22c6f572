# SPDX-License-Identifier: MIT
"""Reads what the console command `trace dump` prints. docs/tracing.md describes the lines."""

import base64
import binascii
import dataclasses
import re
import struct
import zlib

FORMAT = 1
RECORD = struct.Struct("<QIIQQ")  # struct trace_record of include/keel/trace.h
LINE = re.compile(r"^(?:keel> )?~ (.*?)\r*$", re.MULTILINE)

# enum trace_event
EVENTS = ("switch", "wake", "migrate", "thread_end", "irq_enter", "irq_exit", "ipi_send", "ipi_enter",
          "ipi_exit", "fault", "timer_set", "timer_enter", "timer_exit", "tick", "call")
NAME_BYTES = 8


class TraceError(Exception):
    """The dump cannot be used; the text says why, in one line."""


@dataclasses.dataclass
class Record:
    """What happened once on a CPU."""

    ns: int  # since time started
    cpu: int
    number: int  # in the order of the CPU's records
    event: str
    arg: int
    a: int
    b: int


@dataclasses.dataclass
class Dump:
    """All that one dump tells."""

    now: int = 0  # ns, when it was made
    missed: int = 0
    written: dict = dataclasses.field(default_factory=dict)  # CPU -> records ever, cleared ones apart
    current: dict = dataclasses.field(default_factory=dict)  # CPU -> id of the thread it ran
    threads: dict = dataclasses.field(default_factory=dict)  # id -> name
    functions: dict = dataclasses.field(default_factory=dict)  # address -> name
    records: list = dataclasses.field(default_factory=list)  # Record, in the order of time


def text_of(*words):
    """The bytes of a name that stand in words, the first one lowest."""
    data = b"".join(word.to_bytes(NAME_BYTES, "little") for word in words)
    return data.rstrip(b"\0").decode(errors="replace")


def lines_of(console):
    """The lines of the last dump in the text of a console, checked to be all there and unharmed."""
    lines = LINE.findall(console)
    starts = [i for i, line in enumerate(lines) if line.startswith("keel-trace ")]
    if not starts:
        raise TraceError("there is no dump: no line '~ keel-trace'")
    lines = lines[starts[-1]:]
    ends = [i for i, line in enumerate(lines) if line.startswith("end ")]
    if not ends:
        raise TraceError(f"the dump is cut off after {len(lines)} lines: there is no line '~ end'")
    lines, end = lines[:ends[0]], lines[ends[0]]
    match = re.fullmatch(r"end (\d+) ([0-9a-f]{8})", end)
    if not match:
        raise TraceError(f"the dump's last line is damaged: '{end[:40]}'")
    if int(match[1]) != len(lines):
        raise TraceError(f"the dump should have {match[1]} lines, and has {len(lines)}")
    if zlib.crc32("".join(line + "\n" for line in lines).encode()) != int(match[2], 16):
        raise TraceError("the dump is damaged: its checksum is wrong")
    if lines[0] != f"keel-trace {FORMAT}":
        raise TraceError(f"the dump is of another format than {FORMAT}: '{lines[0][:40]}'")
    return lines


def numbers(line, count):
    """The numbers of a line after its first word."""
    words = line.split(" ")[1:]
    if len(words) != count or not all(word.isdigit() for word in words):
        raise TraceError(f"a line is not understood: '{line[:60]}'")
    return list(map(int, words))


class Reader:
    """Takes the lines of a dump one after the other."""

    def __init__(self):
        self.dump = Dump()
        self.clock = None  # counter and ns, at boot and now
        self.cpu = None
        self.parts = {}  # id of an ended thread -> {part: text}

    def ns_at(self, ticks):
        """When the counter had that value, by what it was at boot and at the dump."""
        if not self.clock or self.clock[2] <= self.clock[0]:
            raise TraceError("the dump does not tell how fast the counter runs")
        ticks0, ns0, ticks1, ns1 = self.clock
        return ns0 + (ticks - ticks0) * (ns1 - ns0) // (ticks1 - ticks0)

    def records(self, text):
        """A line of records."""
        try:
            data = base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise TraceError(f"a line of records is damaged: {error}") from None
        if self.cpu is None or len(data) % RECORD.size:
            raise TraceError(f"a line of records is misplaced or has {len(data)} bytes")
        for ticks, stamp, what, a, b in RECORD.iter_unpack(data):
            event, cpu = what & 0xff, what >> 8 & 0xff
            if cpu != self.cpu:
                raise TraceError(f"a record of CPU {cpu} stands among those of CPU {self.cpu}")
            name = EVENTS[event] if event < len(EVENTS) else f"event {event}"
            record = Record(self.ns_at(ticks), cpu, stamp >> 1, name, what >> 16, a, b)
            self.dump.records.append(record)
            if name == "thread_end":
                self.parts.setdefault(a, {})[record.arg] = text_of(b)

    def line(self, line):
        """Any line."""
        kind, _, rest = line.partition(" ")
        if line.startswith("="):
            self.records(line[1:])
        elif kind == "counter":
            self.clock = numbers(line, 4)
            self.dump.now = self.clock[3]
        elif kind == "missed":
            self.dump.missed = numbers(line, 1)[0]
        elif kind == "cpu":
            self.cpu, written, current = numbers(line, 3)
            self.dump.written[self.cpu] = written
            self.dump.current[self.cpu] = current
        elif kind in ("thread", "function"):
            number, _, name = rest.partition(" ")
            names = self.dump.threads if kind == "thread" else self.dump.functions
            try:
                names[int(number, 0)] = name
            except ValueError:
                raise TraceError(f"a line is not understood: '{line[:60]}'") from None
        else:
            raise TraceError(f"a line is not understood: '{line[:60]}'")

    def finish(self):
        """The whole, in the order of time."""
        for number, parts in self.parts.items():
            name = "".join(parts.get(part, "") for part in range(4))
            self.dump.threads.setdefault(number, name)
        self.dump.records.sort(key=lambda r: (r.ns, r.cpu, r.number))
        return self.dump


def read(console):
    """The last dump in the text of a console."""
    reader = Reader()
    for line in lines_of(console)[1:]:
        reader.line(line)
    return reader.finish()
