# SPDX-License-Identifier: MIT
"""gdb commands that know Keel's data: keel-log, keel-regions, keel-dt, keel-params, keel-subsys.

Sourced by scripts/debug; needs a kernel with debug information and past its own relocation.
"""

import os
import subprocess
import tempfile

import gdb  # pylint: disable=import-error

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MEMMAP_NOMAP = 1  # include/keel/memmap.h
LEVELS = ("debug", "info", "warn", "error", "fatal")
PARAM_TYPES = {0: "bool", 1: "int", 2: "string"}

# The build writes this in place of the path of the source tree.
gdb.execute(f"set substitute-path /keel {TOP}")


def static(name, file):
    """A variable of one file, wherever the program is stopped."""
    return gdb.parse_and_eval(f"'{file}'::{name}")


def memory(address, size):
    """Bytes of the machine."""
    return gdb.selected_inferior().read_memory(int(address), int(size)).tobytes()


def text(pointer):
    """A C string, or "" for NULL."""
    return pointer.string(errors="replace") if int(pointer) else ""


def table(name, kind):
    """The entries of a section table (include/keel/section.h)."""
    entry = gdb.lookup_type(kind)
    start = int(gdb.parse_and_eval(f"(unsigned long)&__start_{name}"))
    stop = int(gdb.parse_and_eval(f"(unsigned long)&__stop_{name}"))
    for address in range(start, stop, entry.sizeof):
        yield gdb.Value(address).cast(entry.pointer()).dereference()


class KeelCommand(gdb.Command):
    """A command of ours: complains in one line instead of with a traceback."""

    def __init__(self, name):
        super().__init__(name, gdb.COMMAND_USER)

    def invoke(self, argument, from_tty):
        """What gdb calls."""
        try:
            self.show(gdb.string_to_argv(argument))
        except gdb.error as error:
            raise gdb.GdbError(f"{error} (is this kernel running yet?)") from error

    def show(self, arguments):
        """Prints what the command is about."""
        raise NotImplementedError


class KeelLog(KeelCommand):
    """keel-log [LEVEL]: print the log ring, from a level on."""

    def show(self, arguments):
        ring = static("ring", "core/debug/log.c")
        least = LEVELS.index(arguments[0]) if arguments and arguments[0] in LEVELS else 0
        data = memory(ring["bytes"].address, ring["bytes"].type.sizeof)
        head = gdb.lookup_type("struct record")
        fields = {field.name: field.bitpos // 8 for field in head.fields()}
        position, end = int(ring["oldest"]), int(ring["end"])

        def take(start, size):
            first = start % len(data)
            return (data + data)[first:first + size]

        while position < end:
            record = take(position, head.sizeof)
            when = int.from_bytes(record[fields["ns"]:fields["ns"] + 8], "little")
            length = int.from_bytes(record[fields["len"]:fields["len"] + 2], "little")
            level = record[fields["level"]]
            tag = record[fields["tag"]:].split(b"\0")[0].decode(errors="replace")
            line = take(position + head.sizeof, length).decode(errors="replace")
            if level >= least:
                print(f"[{when / 1e9:12.6f}] {LEVELS[level % len(LEVELS)]:5} {tag}: {line}")
            position += head.sizeof + length


class KeelRegions(KeelCommand):
    """keel-regions: print RAM banks and reservations."""

    def show(self, arguments):
        file = "core/mm/memmap.c"
        banks, taken = static("ram", file), static("reservations", file)
        for index in range(int(static("ram_count", file))):
            bank = banks[index]
            print(f"RAM      {int(bank['base']):#014x} to {int(bank['end']) - 1:#014x}")
        for index in range(int(static("reservation_count", file))):
            region = taken[index]
            print(f"reserved {int(region['range']['base']):#014x} to "
                  f"{int(region['range']['end']) - 1:#014x} {text(region['why'])}"
                  f"{' (no map)' if int(region['flags']) & MEMMAP_NOMAP else ''}")


class KeelDt(KeelCommand):
    """keel-dt [FILE]: print the machine's device tree as source, or write the blob to FILE."""

    def show(self, arguments):
        tree = gdb.parse_and_eval("system_fdt")
        blob = memory(tree["blob"], tree["size"])
        if arguments:
            with open(arguments[0], "wb") as out:
                out.write(blob)
            return
        with tempfile.NamedTemporaryFile(suffix=".dtb") as file:
            file.write(blob)
            file.flush()
            print(subprocess.run(["dtc", "-q", "-q", "-q", "-I", "dtb", "-O", "dts", file.name],
                                 check=False, stdout=subprocess.PIPE, text=True).stdout)


class KeelParams(KeelCommand):
    """keel-params: print the kernel's parameters."""

    def show(self, arguments):
        for param in table("params", "struct param"):
            kind = PARAM_TYPES.get(int(param["type"]), "?")
            raw = memory(param["value"], param["size"])
            value = (raw.split(b"\0")[0].decode(errors="replace") if kind == "string"
                     else str(int.from_bytes(raw, "little", signed=True)))
            print(f"{text(param['name']):16} {kind:6} {value:16} {text(param['help'])}")


class KeelSubsys(KeelCommand):
    """keel-subsys: print the subsystems and what each needs."""

    def show(self, arguments):
        for entry in table("subsystems", "struct subsystem"):
            deps = entry["deps"]
            last = deps.type.range()[1]
            names = [text(deps[i]) for i in range(last + 1) if int(deps[i])]
            print(f"{text(entry['name']):24} needs {', '.join(names) or 'nothing'}")


for command, kind in (("keel-log", KeelLog), ("keel-regions", KeelRegions), ("keel-dt", KeelDt),
                      ("keel-params", KeelParams), ("keel-subsys", KeelSubsys)):
    kind(command)
print("Keel: keel-log, keel-regions, keel-dt, keel-params, keel-subsys; help NAME tells more")
