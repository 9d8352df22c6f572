# SPDX-License-Identifier: MIT
"""Turns a dump of the trace into the Trace Event Format, which Perfetto and chrome://tracing open, and
checks files of that format."""

from dump import text_of

CPUS, THREADS = 1, 2  # processes of the picture
FIRST_THREAD = 1000  # tracks of threads have numbers of their own
READY = 1  # enum thread_state
STATES = ("created", "ready", "running", "blocked", "sleeping", "suspended", "terminated")
IPIS = ("reschedule", "urgent", "call", "stop")
RESULTS = ("handled", "to user space", "fatal", "retry")
ACCESS = ("read", "write", "exec", "present", "user")


def pick(names, number):
    """The name of a number, which may be of a newer kernel."""
    return names[number] if number < len(names) else str(number)


def bits(names, mask):
    """The names of the bits that are set."""
    return " ".join(pick(names, i) for i in range(mask.bit_length()) if mask >> i & 1)


class Picture:
    """The events of a picture, as they come."""

    def __init__(self, dump):
        self.dump = dump
        self.events = []
        self.open = {cpu: [] for cpu in dump.written}  # names of slices that have not ended
        self.running = {}  # CPU -> (thread, since)
        self.ready = {}  # thread -> since when it waits for a CPU
        self.free = {}  # thread -> end of the last slice on its track
        self.woken = {}  # thread -> Record of its wake-up
        self.flows = 0

    def name(self, thread):
        """What a thread is called."""
        return self.dump.threads.get(thread) or f"thread {thread}"

    def add(self, phase, ns, pid, tid, **more):
        """An event; times of the format are microseconds."""
        self.events.append({"ph": phase, "ts": ns / 1000, "pid": pid, "tid": tid, **more})

    def begin(self, ns, cpu, name, **args):
        """A slice on a CPU's track, within those that are open."""
        self.open[cpu].append(name)
        self.add("B", ns, CPUS, cpu + 1, name=name, args=args)

    def end(self, ns, cpu, kind):
        """The end of the innermost slice of a kind, and of those within, whose end was not recorded."""
        names = self.open[cpu]
        if any(name.startswith(kind) for name in names):
            while True:
                name = names.pop()
                self.add("E", ns, CPUS, cpu + 1, name=name)
                if name.startswith(kind):
                    break

    def instant(self, record, name, **args):
        """A moment on a CPU's track."""
        self.add("i", record.ns, CPUS, record.cpu + 1, name=name, s="t", args=args)

    def thread_slice(self, thread, since, until, name, **args):
        """A slice on a thread's track, where one ends before the next begins."""
        since = max(since, self.free.get(thread, 0))
        if until >= since:
            self.free[thread] = until
            self.add("X", since, THREADS, FIRST_THREAD + thread, dur=(until - since) / 1000, name=name,
                     args=args)

    def start(self, ns, cpu, thread):
        """A CPU runs a thread."""
        self.running[cpu] = (thread, ns)
        self.begin(ns, cpu, self.name(thread), thread=thread)

    def stop(self, ns, cpu, state):
        """A CPU leaves what it runs."""
        thread, since = self.running.pop(cpu)
        while self.open[cpu]:
            self.add("E", ns, CPUS, cpu + 1, name=self.open[cpu].pop())
        self.thread_slice(thread, since, ns, f"CPU {cpu}", then=state)

    def arrow(self, wake, ns, cpu, thread):
        """From a wake-up to the thread's first step."""
        self.flows += 1
        flow = {"name": "wake", "cat": "wake", "id": self.flows}
        self.add("s", wake.ns, CPUS, wake.cpu + 1, **flow)
        self.add("f", ns, CPUS, cpu + 1, bp="e", **flow, args={"thread": self.name(thread)})

    # --- What becomes of each kind of record ---

    def switch(self, record):
        """From thread a to thread b."""
        if record.cpu in self.running:
            self.stop(record.ns, record.cpu, pick(STATES, record.arg))
        if record.arg == READY:
            self.ready[record.a] = record.ns
        wake = self.woken.pop(record.b, None)
        since = self.ready.pop(record.b, None)
        if since is not None:
            self.thread_slice(record.b, since, record.ns, "ready")
        self.start(record.ns, record.cpu, record.b)
        if wake:
            self.arrow(wake, record.ns, record.cpu, record.b)

    def wake(self, record):
        """Thread a is ready."""
        self.woken[record.a] = record
        self.ready[record.a] = record.ns
        self.instant(record, f"wake {self.name(record.a)}", thread=record.a, cpu=record.arg,
                     level=record.b)

    def migrate(self, record):
        """Thread a becomes another CPU's."""
        self.instant(record, f"migrate {self.name(record.a)}", thread=record.a, to=record.arg & 0xff,
                     come_from=record.arg >> 8)

    def thread_end(self, record):
        """A thread has ended; its name comes in parts."""
        if record.arg == 0:
            self.instant(record, f"end of {self.name(record.a)}", thread=record.a)

    def irq_enter(self, record):
        """An interrupt's handlers begin."""
        self.begin(record.ns, record.cpu, f"irq {text_of(record.a, record.b)}", line=record.arg)

    def irq_exit(self, record):
        """And end."""
        self.end(record.ns, record.cpu, "irq ")

    def ipi_send(self, record):
        """Other CPUs are asked for something."""
        self.instant(record, f"send {pick(IPIS, record.arg)}", cpus=f"{record.a:#x}")

    def ipi_enter(self, record):
        """What others have asked for begins."""
        self.begin(record.ns, record.cpu, f"ipi {bits(IPIS, record.a)}".strip())

    def ipi_exit(self, record):
        """And ends."""
        self.end(record.ns, record.cpu, "ipi")

    def fault(self, record):
        """An access to memory was not possible at first."""
        self.instant(record, "fault", address=f"{record.a:#x}", pc=f"{record.b:#x}",
                     access=bits(ACCESS, record.arg & 0xff), result=pick(RESULTS, record.arg >> 8))

    def timer_set(self, record):
        """A timer is to fire."""
        self.instant(record, "set timer", timer=f"{record.a:#x}", deadline_us=record.b / 1000)

    def timer_enter(self, record):
        """A timer's function begins."""
        function = self.dump.functions.get(record.b, f"{record.b:#x}").split("+")[0]
        self.begin(record.ns, record.cpu, f"timer {function}", timer=f"{record.a:#x}")

    def timer_exit(self, record):
        """And ends."""
        self.end(record.ns, record.cpu, "timer ")

    def tick(self, record):
        """The CPU's tick."""
        self.instant(record, "tick", ticks=record.a)

    def call(self, record):
        """A program's system call."""
        self.instant(record, f"call {text_of(record.a, record.b)}", number=record.arg)

    # --- The whole ---

    def first_threads(self):
        """What each CPU ran when its records begin: what its first switch left, or what it runs still."""
        switches = [record for record in self.dump.records if record.event == "switch"]
        if not switches:
            return {}
        return {**self.dump.current, **{record.cpu: record.a for record in reversed(switches)}}

    def draw(self):
        """All events, in the order of time."""
        first = self.first_threads()
        for record in self.dump.records:
            if record.cpu in first:
                self.start(record.ns, record.cpu, first.pop(record.cpu))
            handler = getattr(self, record.event, None)
            if handler:
                handler(record)
            else:
                self.instant(record, record.event, arg=record.arg, a=record.a, b=record.b)
        for cpu, names in self.open.items():
            if cpu in self.running:
                self.stop(self.dump.now, cpu, "runs on")
            while names:
                self.add("E", self.dump.now, CPUS, cpu + 1, name=names.pop())
        return names_of(self) + sorted(self.events, key=lambda event: event["ts"])


def names_of(picture):
    """Names and order of the tracks."""
    tracks = {(event["pid"], event["tid"]) for event in picture.events}
    found = []

    def meta(kind, pid, tid, **args):
        found.append({"ph": "M", "ts": 0, "pid": pid, "tid": tid, "name": kind, "args": args})

    for pid, name in ((CPUS, "CPUs"), (THREADS, "Threads")):
        meta("process_name", pid, 0, name=name)
        meta("process_sort_index", pid, 0, sort_index=pid)
    for pid, tid in sorted(tracks):
        name = f"CPU {tid - 1}" if pid == CPUS else picture.name(tid - FIRST_THREAD)
        meta("thread_name", pid, tid, name=name)
        meta("thread_sort_index", pid, tid, sort_index=tid)
    return found


def convert(dump):
    """The picture of a dump, to be written as JSON."""
    kept = len(dump.records)
    return {"traceEvents": Picture(dump).draw(), "displayTimeUnit": "ns",
            "otherData": {"records": kept, "overwritten": sum(dump.written.values()) - kept,
                          "missed": dump.missed}}


# --- The format ---

NUMBER = (int, float)
# What events of each phase must have, by the description of the Trace Event Format; all have ph, ts,
# pid and tid.
FIELDS = {"B": {"name": str}, "E": {}, "X": {"name": str, "dur": NUMBER},
          "i": {"name": str, "s": str}, "M": {"name": str, "args": dict},
          "s": {"name": str, "cat": str, "id": int}, "f": {"name": str, "cat": str, "id": int}}
META = {"process_name": "name", "thread_name": "name", "process_sort_index": "sort_index",
        "thread_sort_index": "sort_index"}


class Checker:
    """Finds what is wrong with the events of a file."""

    def __init__(self):
        self.wrong = []
        self.stacks = {}  # track -> names of open slices
        self.ends = {}  # track -> ends of complete slices around
        self.starts = {}  # flow -> its start
        self.named = set()
        self.used = set()
        self.last = 0

    def fields(self, event):
        """Whether an event has what its phase asks for."""
        wanted = FIELDS.get(event.get("ph"))
        if wanted is None:
            return False
        wanted = {**wanted, "ts": NUMBER, "pid": int, "tid": int}
        return all(isinstance(event.get(key), kind) and not isinstance(event.get(key), bool)
                   for key, kind in wanted.items()) and event["ts"] >= 0 and event.get("dur", 0) >= 0

    def meta(self, event):
        """A name or an order of a track."""
        key = META.get(event["name"])
        if key is None or not isinstance(event["args"].get(key), str if key == "name" else int):
            self.wrong.append(f"metadata: {event}")
        if event["name"] == "process_name":
            self.named.add(event["pid"])
        if event["name"] == "thread_name":
            self.named.add((event["pid"], event["tid"]))

    def nesting(self, event, track):
        """Slices lie within one another."""
        stack = self.stacks.setdefault(track, [])
        if event["ph"] == "B":
            stack.append(event["name"])
        elif event["ph"] == "E":
            if not stack or stack.pop() != event.get("name"):
                self.wrong.append(f"an end without its beginning: {event}")
        elif event["ph"] == "X":
            ends = self.ends.setdefault(track, [])
            until = round(event["ts"] + event["dur"], 3)
            while ends and ends[-1] <= event["ts"]:
                ends.pop()
            if ends and until > ends[-1]:
                self.wrong.append(f"slices that overlap: {event}")
            ends.append(until)

    def flow(self, event):
        """An arrow has one start, and one end later on, which binds to the slice around it."""
        key = event["cat"], event["id"]
        if event["ph"] == "s":
            if key in self.starts:
                self.wrong.append(f"an arrow that starts twice: {event}")
            self.starts[key] = event
        elif self.starts.pop(key, {}).get("name") != event["name"] or event.get("bp") != "e":
            self.wrong.append(f"an arrow without its start: {event}")

    def event(self, event):
        """One event."""
        if not isinstance(event, dict) or not self.fields(event):
            self.wrong.append(f"fields: {event}")
            return
        if event["ph"] == "M":
            self.meta(event)
            return
        if event["ts"] < self.last:
            self.wrong.append(f"not in the order of time: {event}")
        self.last = event["ts"]
        track = event["pid"], event["tid"]
        self.used |= {track, event["pid"]}
        if event["ph"] == "i" and event["s"] not in "gpt":
            self.wrong.append(f"scope: {event}")
        if event["ph"] in "sf":
            if event["pid"] == CPUS and not self.stacks.get(track):
                self.wrong.append(f"an arrow at no slice: {event}")
            self.flow(event)
        else:
            self.nesting(event, track)

    def finish(self):
        """What only the end shows."""
        self.wrong += [f"never ended on {track}: {names}" for track, names in self.stacks.items() if names]
        self.wrong += [f"an arrow without an end: {event}" for event in self.starts.values()]
        self.wrong += [f"no name for {track}" for track in self.used if track not in self.named]
        return self.wrong


def check(document):
    """What is wrong with a file's contents; nothing, if all is well."""
    if not isinstance(document, dict) or not isinstance(document.get("traceEvents"), list):
        return ["no list traceEvents"]
    if document.get("displayTimeUnit", "ms") not in ("ms", "ns"):
        return ["displayTimeUnit is neither ms nor ns"]
    checker = Checker()
    for event in document["traceEvents"]:
        checker.event(event)
    return checker.finish()
